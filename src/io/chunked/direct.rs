//! Finished chunks to datasets of an HDF5 file that is being written.

use super::encode::Encoder;
use super::hdf5::{Dataset, Handle, open_dataset};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::store::EncodedChunk;
use hdf5_metno_sys::h5::{H5open, hsize_t};
use hdf5_metno_sys::h5i::{H5Iinc_ref, hid_t};
use hdf5_metno_sys::h5p::H5P_DEFAULT;
use hdf5_metno_sys::{LOCK, h5d, h5f, h5p, h5s};
use std::ffi::{CString, c_int};
use std::mem::ManuallyDrop;
use std::path::Path;
use std::ptr::null_mut;
use std::sync::Arc;

/// A second handle on a file that is open for writing: the library gives out the file that it has open already.
pub(in crate::io) struct DirectFile(ManuallyDrop<Handle>);

/// A dataset that takes finished chunks.
pub(in crate::io) struct DirectDataset {
    id: ManuallyDrop<Handle>,
    encoder: Arc<Encoder>,
}

impl DirectFile {
    /// The file of this path, which is open for writing through the HDF5 or NetCDF library.
    ///
    /// # Errors
    /// Why it cannot be, in words.
    pub fn open(path: &Path) -> Result<DirectFile, String> {
        let path = std::path::absolute(path).map_err(|e| e.to_string())?;
        #[cfg(unix)]
        let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec();
        #[cfg(not(unix))]
        let bytes = path.to_string_lossy().into_owned().into_bytes();
        let path = CString::new(bytes).map_err(|_| "the path has a zero byte in it".to_string())?;
        let _guard = LOCK.lock();
        // SAFETY: the lock is held and the path is a C text. The defaults fit whatever the file was opened with.
        let id = unsafe {
            H5open();
            h5f::H5Fopen(path.as_ptr(), h5f::H5F_ACC_RDWR, H5P_DEFAULT)
        };
        Handle::new(id, h5f::H5Fclose).map(|h| DirectFile(ManuallyDrop::new(h))).ok_or("the file is not open for writing".to_string())
    }

    /// A dataset by its path, as one of values of this type and shape.
    ///
    /// # Errors
    /// As [`DirectDataset::new`].
    pub fn dataset(&self, object: &str, dtype: &DType, shape: &[usize]) -> Result<DirectDataset, String> {
        let _guard = LOCK.lock();
        DirectDataset::of(open_dataset(&self.0, object)?, dtype, shape)
    }
}

impl Drop for DirectFile {
    fn drop(&mut self) {
        let _guard = LOCK.lock();
        // SAFETY: dropped once, here, under the lock.
        unsafe { ManuallyDrop::drop(&mut self.0) };
    }
}

impl DirectDataset {
    /// A chunked dataset that is open for writing, as one of values of this type; it is made as long as this shape where it can
    /// grow. The caller keeps its own handle.
    ///
    /// # Errors
    /// Why only the library can write it, in words: no chunks, another type, filters that this crate does not apply.
    pub fn new(dataset: hid_t, dtype: &DType, shape: &[usize]) -> Result<DirectDataset, String> {
        let _guard = LOCK.lock();
        // SAFETY: the lock is held; a number that is not open is refused.
        if unsafe { H5Iinc_ref(dataset) } < 0 {
            return Err("the dataset is not open".to_string());
        }
        DirectDataset::of(Handle::new(dataset, h5d::H5Dclose).ok_or("the dataset is not open")?, dtype, shape)
    }

    /// With the lock held.
    fn of(id: Handle, dtype: &DType, shape: &[usize]) -> Result<DirectDataset, String> {
        extend(&id, shape)?;
        let dataset = Dataset::new(id, dtype, shape)?;
        // SAFETY: the lock is held, the properties are open; the list has one number per dimension.
        let chunk = unsafe {
            if h5p::H5Pget_layout(dataset.creation.0) != h5d::H5D_CHUNKED {
                return Err("the dataset has no chunks".to_string());
            }
            let mut options = 0;
            if h5p::H5Pget_chunk_opts(dataset.creation.0, &mut options) >= 0 && options != 0 {
                return Err("its chunks at the edge are kept in another way".to_string());
            }
            let mut chunk = vec![0 as hsize_t; shape.len()];
            if h5p::H5Pget_chunk(dataset.creation.0, shape.len() as c_int, chunk.as_mut_ptr()) as usize != shape.len() {
                return Err("the chunks have no shape".to_string());
            }
            chunk.into_iter().map(|n| n as usize).collect::<Vec<_>>()
        };
        let encoder = Encoder::new(dtype, (shape, &chunk), dataset.big_endian, dataset.fill()?, &dataset.filters()?)?;
        Ok(DirectDataset { id: ManuallyDrop::new(dataset.id), encoder: Arc::new(encoder) })
    }

    /// What makes its chunks, on any thread.
    pub fn encoder(&self) -> &Arc<Encoder> {
        &self.encoder
    }

    /// Writes a chunk.
    ///
    /// # Errors
    /// Io, where the library refuses it.
    pub fn write(&self, chunk: &EncodedChunk) -> Result<()> {
        let start: Vec<hsize_t> = chunk.start.iter().map(|&n| n as hsize_t).collect();
        let _guard = LOCK.lock();
        // SAFETY: the lock is held and the dataset is open; the list has one number per dimension, the bytes are as many as are said.
        let code = unsafe {
            h5d::H5Dwrite_chunk(self.id.0, H5P_DEFAULT, chunk.mask, start.as_ptr(), chunk.bytes.len(), chunk.bytes.as_ptr().cast())
        };
        if code >= 0 {
            return Ok(());
        }
        let os = std::io::Error::last_os_error();
        Err(match os.kind() {
            std::io::ErrorKind::StorageFull => Error::new(ErrorKind::Io, "no space left on the device").because(os),
            _ => Error::new(ErrorKind::Io, format!("the HDF5 library cannot write the chunk at {:?}", chunk.start)),
        })
    }
}

impl Drop for DirectDataset {
    fn drop(&mut self) {
        let _guard = LOCK.lock();
        // SAFETY: dropped once, here, under the lock.
        unsafe { ManuallyDrop::drop(&mut self.id) };
    }
}

impl std::fmt::Debug for DirectDataset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirectDataset").field("encoder", &self.encoder).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for DirectFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirectFile").finish_non_exhaustive()
    }
}

/// Makes a dataset that can grow as long as this shape. The lock is held.
fn extend(dataset: &Handle, shape: &[usize]) -> Result<(), String> {
    // SAFETY: the lock is held and the dataset is open; lists have one number per dimension.
    unsafe {
        let space = Handle::new(h5d::H5Dget_space(dataset.0), h5s::H5Sclose).ok_or("the dataset has no shape")?;
        let rank = h5s::H5Sget_simple_extent_ndims(space.0);
        if rank as usize != shape.len() {
            return Err(format!("the dataset has {rank} dimensions, the variable {}", shape.len()));
        }
        let mut now = vec![0 as hsize_t; shape.len()];
        h5s::H5Sget_simple_extent_dims(space.0, now.as_mut_ptr(), null_mut());
        let want: Vec<hsize_t> = shape.iter().map(|&n| n as hsize_t).collect();
        if now != want && h5d::H5Dset_extent(dataset.0, want.as_ptr()) < 0 {
            return Err("the dataset cannot grow".to_string());
        }
    }
    Ok(())
}
