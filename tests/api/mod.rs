mod bridge;
mod coding;
mod combine;
mod core;
mod exec;
mod expr;
mod formats;
mod summary;
