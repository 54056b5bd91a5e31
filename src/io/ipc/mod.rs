//! Arrow IPC: the file (Feather v2), mapped and read in place where it is not compressed, and the stream.

mod layout;
mod read;
mod write;

pub use read::{IpcInfo, IpcSource};
pub use write::{IpcSink, IpcWriteOptions};
