mod csv;
mod json;
mod pandas;
mod reduce;
mod xarray;
