//! Cubes as tables and tables as cubes.
