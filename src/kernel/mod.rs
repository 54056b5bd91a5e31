//! Pure functions on slices: no names, no labels, no files.

pub mod calendar;
mod display;
pub mod text;
pub mod pack;
pub mod time;
