//! Verbs on tables and cubes.

pub mod bridge;
pub mod combine;
pub mod order;
pub mod reshape;
pub mod select;
pub mod tables;
pub mod window;
