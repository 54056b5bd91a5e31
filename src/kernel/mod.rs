//! Pure functions on slices: no names, no labels, no files.

pub mod agg;
pub mod calendar;
pub mod cells;
pub mod compare;
pub mod correlate;
mod display;
pub mod fill;
pub mod group;
pub mod lane;
pub mod order;
pub mod pack;
pub mod sphere;
pub mod text;
pub mod time;
pub mod units;
pub mod window;
