mod chunks;
mod coding;
mod expr;
mod group;
mod lazy;
mod store;
