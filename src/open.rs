//! The facade: open, scan, save.
