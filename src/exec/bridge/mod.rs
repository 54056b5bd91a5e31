//! Cubes as tables and tables as cubes: the verbs. Tables of cubes are read by `ops/bridge`, block by block; cubes are filled here.

mod cube;
mod fill;
mod frame;

pub use cube::{CubeOptions, LabelOrder, Repeats};
