//! NetCDF-4 and classic.
