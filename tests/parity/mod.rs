mod csv;
mod pandas;
mod xarray;
