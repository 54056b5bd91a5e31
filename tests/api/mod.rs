mod bridge;
mod coding;
mod combine;
mod core;
mod expr;
mod summary;
