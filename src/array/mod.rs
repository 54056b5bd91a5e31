//! Cubes: N-d variables with named dimensions, coordinates, attributes and encoding.

mod axes;
mod companions;
mod data_array;
mod dataset;
mod encoding;
mod lazy;
mod variable;

pub use axes::{is_latitude, is_longitude};
pub use companions::{Companion, Role, companions};
pub use data_array::DataArray;
pub use dataset::{Coords, Dataset};
pub use encoding::{Codecs, Encoding, Enumeration, Filter};
pub use lazy::{Data, DecodeStep, LazyArray};
pub use variable::Variable;
