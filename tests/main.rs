//! All integration tests in one program: one link step.

mod api;
mod architecture;
mod errors;
mod files;
mod golden;
mod laws;
mod parity;
mod slow;
