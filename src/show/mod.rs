//! Text layout of tables and cubes.
