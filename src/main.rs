//! The `hpda-data` command.

fn main() {}
