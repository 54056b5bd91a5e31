mod csv;
mod pandas;
mod reduce;
mod xarray;
