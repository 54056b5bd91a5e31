//! numpy's npy.
