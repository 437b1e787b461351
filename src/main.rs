//! The manyhart command.
fn main() {}
