//! Raw binary: numbers and nothing else.
