mod coding;
mod expr;
mod store;
