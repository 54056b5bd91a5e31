mod csv;
mod json;
mod pandas;
mod reduce;
mod resample;
mod xarray;
