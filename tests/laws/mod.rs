mod chunks;
mod coding;
mod expr;
mod group;
mod store;
