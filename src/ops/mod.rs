//! The eager verbs.
