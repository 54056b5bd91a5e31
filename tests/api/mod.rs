mod arrays;
mod bags;
mod bridge;
mod categories;
mod chunked;
mod coding;
mod combine;
mod core;
mod cubes;
mod datasets;
mod diff;
mod exec;
mod expr;
mod formats;
mod frame;
mod orders;
#[cfg(feature = "plot")]
mod page;
mod pipe;
#[cfg(feature = "plot")]
mod plot;
#[cfg(feature = "plot")]
mod plot_log;
mod reads;
mod shell;
mod sql;
mod summary;
mod table_formats;
mod tree;
mod ufunc;
mod verbs;
mod verify;
