mod pandas;
mod xarray;
