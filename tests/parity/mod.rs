mod csv;
mod frames;
mod json;
mod orders;
mod pandas;
mod reduce;
mod resample;
mod xarray;
