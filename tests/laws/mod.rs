mod chunks;
mod coding;
mod expr;
mod store;
