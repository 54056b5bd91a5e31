mod csv;
mod frames;
mod json;
mod pandas;
mod reduce;
mod resample;
mod xarray;
