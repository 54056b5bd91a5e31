//! Arrow IPC: Feather files and streams.
