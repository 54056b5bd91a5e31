mod chunks;
mod coding;
mod cubes;
mod expr;
mod group;
mod lazy;
mod spill;
mod store;
