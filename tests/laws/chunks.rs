//! Whatever the C library writes, the chunk path reads as the C library does, bit for bit.

use arrow::buffer::Buffer;
use hdf5_metno_sys::h5::{H5open, hsize_t};
use hdf5_metno_sys::h5i::hid_t;
use hdf5_metno_sys::{LOCK, h5d, h5f, h5p, h5s, h5t};
use hpda_data::dtype::Phys;
use hpda_data::io::chunked::{ChunkedArray, DataFile};
use hpda_data::store::{ChunkSource, Selection, Selector};
use hpda_data::{DType, NdArray, Place};
use libdeflater::{CompressionLvl, Compressor};
use proptest::prelude::*;
use std::ffi::CString;
use std::path::Path;
use std::ptr::null;
use std::sync::Arc;

#[derive(Clone, Debug)]
struct Case {
    phys: Phys,
    big_endian: bool,
    /// For each dimension its length, chunk length and whether it can grow.
    dims: Vec<(usize, usize, bool)>,
    layout: Layout,
    filters: Vec<Filter>,
    fill: Fill,
    /// Which chunks are written, and which of these are stored without some of their filters (bits of the mask).
    written: Vec<(bool, Option<u32>)>,
    newest: bool,
    plain_edges: bool,
    user_block: bool,
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Layout {
    Chunks,
    Contiguous,
    Compact,
}

#[derive(Clone, Copy, Debug)]
enum Filter {
    Shuffle,
    Deflate(u32),
    Fletcher32,
}

#[derive(Clone, Copy, Debug)]
enum Fill {
    Default,
    Value(u8),
    Never,
}

fn case() -> impl Strategy<Value = Case> {
    use Phys::*;
    let phys = prop::sample::select(vec![I8, I16, I32, I64, U8, U16, U32, U64, F32, F64]);
    let dims = prop::collection::vec((0usize..14, 1usize..9, any::<bool>()), 0..4);
    let layout = prop_oneof![6 => Just(Layout::Chunks), 2 => Just(Layout::Contiguous), 1 => Just(Layout::Compact)];
    let filters = prop::sample::subsequence(vec![Filter::Fletcher32, Filter::Shuffle, Filter::Deflate(4)], 0..=3).prop_shuffle();
    let fill = prop_oneof![Just(Fill::Default), (1u8..255).prop_map(Fill::Value), Just(Fill::Never)];
    let written = prop::collection::vec((prop::bool::weighted(0.8), prop::option::weighted(0.2, 0u32..8)), 1..40);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<u64>());
    (phys, dims, layout, filters, fill, written, flags).prop_map(|(phys, dims, layout, filters, fill, written, flags)| {
        let (big_endian, newest, plain_edges, user_block, seed) = flags;
        let layout = if dims.is_empty() && layout == Layout::Chunks { Layout::Contiguous } else { layout };
        Case { phys, big_endian, dims, layout, filters, fill, written, newest, plain_edges, user_block, seed }
    })
}

/// The type in the file and the one of the machine.
fn types(phys: Phys, big_endian: bool) -> (hid_t, hid_t) {
    let pick = |little: hid_t, big: hid_t| if big_endian { big } else { little };
    match phys {
        Phys::I8 => (pick(*h5t::H5T_STD_I8LE, *h5t::H5T_STD_I8BE), *h5t::H5T_NATIVE_INT8),
        Phys::I16 => (pick(*h5t::H5T_STD_I16LE, *h5t::H5T_STD_I16BE), *h5t::H5T_NATIVE_INT16),
        Phys::I32 => (pick(*h5t::H5T_STD_I32LE, *h5t::H5T_STD_I32BE), *h5t::H5T_NATIVE_INT32),
        Phys::I64 => (pick(*h5t::H5T_STD_I64LE, *h5t::H5T_STD_I64BE), *h5t::H5T_NATIVE_INT64),
        Phys::U16 => (pick(*h5t::H5T_STD_U16LE, *h5t::H5T_STD_U16BE), *h5t::H5T_NATIVE_UINT16),
        Phys::U32 => (pick(*h5t::H5T_STD_U32LE, *h5t::H5T_STD_U32BE), *h5t::H5T_NATIVE_UINT32),
        Phys::U64 => (pick(*h5t::H5T_STD_U64LE, *h5t::H5T_STD_U64BE), *h5t::H5T_NATIVE_UINT64),
        Phys::F32 => (pick(*h5t::H5T_IEEE_F32LE, *h5t::H5T_IEEE_F32BE), *h5t::H5T_NATIVE_FLOAT),
        Phys::F64 => (pick(*h5t::H5T_IEEE_F64LE, *h5t::H5T_IEEE_F64BE), *h5t::H5T_NATIVE_DOUBLE),
        _ => (pick(*h5t::H5T_STD_U8LE, *h5t::H5T_STD_U8BE), *h5t::H5T_NATIVE_UINT8),
    }
}

/// Smooth here and noisy there, so that filters have something to do; the same for the same seed.
fn bytes(n: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 56) as u8
    };
    (0..n).map(|i| if i % 3 == 0 { next() } else { (i / 7) as u8 }).collect()
}

/// A chunk as the library would filter it, without the filters of the mask.
fn filtered(filters: &[Filter], mask: u32, width: usize, mut data: Vec<u8>) -> Vec<u8> {
    for (_, filter) in filters.iter().enumerate().filter(|(i, _)| mask >> i & 1 == 0) {
        data = match filter {
            Filter::Shuffle => {
                let n = data.len() / width;
                let mut out: Vec<u8> = (0..n * width).map(|i| data[i % n * width + i / n]).collect();
                out.extend(&data[n * width..]);
                out
            }
            Filter::Deflate(level) => {
                let mut compressor = Compressor::new(CompressionLvl::new(*level as i32).unwrap());
                let mut out = vec![0; compressor.zlib_compress_bound(data.len())];
                let n = compressor.zlib_compress(&data, &mut out).unwrap();
                out.truncate(n);
                out
            }
            Filter::Fletcher32 => {
                let (mut first, mut second) = (0u64, 0u64);
                for pair in data.chunks(2) {
                    first += u64::from(pair[0]) << 8 | u64::from(pair.get(1).copied().unwrap_or(0));
                    second += first;
                }
                // Modulo 65535, with 65535 for 0 unless all words are 0.
                let fold = |x: u64| if x == 0 { 0 } else { (x - 1) % 65535 + 1 };
                data.extend(((fold(second) << 16 | fold(first)) as u32).to_le_bytes());
                data
            }
        };
    }
    data
}

fn product(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// Writes the case with the library and reads it back with it: the bytes of the whole array in the machine's order.
fn by_library(path: &Path, case: &Case) -> Vec<u8> {
    let _lock = LOCK.lock();
    let ok = |code: i32| assert!(code >= 0);
    let shape: Vec<usize> = case.dims.iter().map(|d| d.0).collect();
    let extent: Vec<hsize_t> = shape.iter().map(|&n| n as hsize_t).collect();
    let chunk: Vec<usize> = case.dims.iter().map(|d| if d.2 { d.1 } else { d.1.min(d.0.max(1)) }).collect();
    let chunked = case.layout == Layout::Chunks;
    // SAFETY: the lock is held; lists have one number per dimension, buffers the bytes of what is read or written.
    unsafe {
        H5open();
        let width = case.phys.width().unwrap();
        let (file_type, native) = types(case.phys, case.big_endian);
        let access = h5p::H5Pcreate(*h5p::H5P_CLS_FILE_ACCESS);
        if case.newest {
            ok(h5p::H5Pset_libver_bounds(access, h5f::H5F_LIBVER_V110, h5f::H5F_LIBVER_V110));
        }
        let creation = h5p::H5Pcreate(*h5p::H5P_CLS_FILE_CREATE);
        if case.user_block {
            ok(h5p::H5Pset_userblock(creation, 512));
        }
        let path = CString::new(path.to_str().unwrap()).unwrap();
        let file = h5f::H5Fcreate(path.as_ptr(), h5f::H5F_ACC_TRUNC, creation, access);
        assert!(file >= 0);
        let most: Vec<hsize_t> = case.dims.iter().map(|d| if d.2 && chunked { h5s::H5S_UNLIMITED } else { d.0 as hsize_t }).collect();
        let space = match shape.len() {
            0 => h5s::H5Screate(h5s::H5S_SCALAR),
            rank => h5s::H5Screate_simple(rank as i32, extent.as_ptr(), most.as_ptr()),
        };
        let how = h5p::H5Pcreate(*h5p::H5P_CLS_DATASET_CREATE);
        match case.layout {
            Layout::Compact => ok(h5p::H5Pset_layout(how, h5d::H5D_COMPACT)),
            Layout::Contiguous => ok(h5p::H5Pset_layout(how, h5d::H5D_CONTIGUOUS)),
            Layout::Chunks => {
                let dims: Vec<hsize_t> = chunk.iter().map(|&n| n as hsize_t).collect();
                ok(h5p::H5Pset_chunk(how, dims.len() as i32, dims.as_ptr()));
                for f in &case.filters {
                    ok(match f {
                        Filter::Shuffle => h5p::H5Pset_shuffle(how),
                        Filter::Deflate(level) => h5p::H5Pset_deflate(how, *level),
                        Filter::Fletcher32 => h5p::H5Pset_fletcher32(how),
                    });
                }
                if case.plain_edges && case.newest {
                    ok(h5p::H5Pset_chunk_opts(how, h5d::H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS));
                }
            }
        }
        match case.fill {
            Fill::Default => (),
            Fill::Value(v) => ok(h5p::H5Pset_fill_value(how, native, [v; 8].as_ptr().cast())),
            Fill::Never if case.layout != Layout::Compact => ok(h5p::H5Pset_fill_time(how, h5d::H5D_FILL_TIME_NEVER)),
            Fill::Never => (),
        }
        let dataset = h5d::H5Dcreate2(file, c"x".as_ptr(), file_type, space, 0, how, 0);
        assert!(dataset >= 0);
        // Chunk by chunk (other layouts: all or nothing), some not at all, some past the filters.
        let piece = if chunked { chunk.clone() } else { shape.clone() };
        let counts: Vec<usize> = shape.iter().zip(&piece).map(|(&n, &p)| n.div_ceil(p.max(1))).collect();
        for i in 0..product(&counts) {
            let (write, past) = case.written[i % case.written.len()];
            if !write {
                continue;
            }
            let mut rest = i;
            let mut start = vec![0 as hsize_t; shape.len()];
            for d in (0..shape.len()).rev() {
                start[d] = (rest % counts[d] * piece[d]) as hsize_t;
                rest /= counts[d];
            }
            let data = bytes(product(&piece).max(1) * width + 8, case.seed ^ i as u64);
            if let (Some(mask), true, false) = (past, chunked, case.plain_edges && case.newest) {
                let mask = mask & ((1u32 << case.filters.len()) - 1);
                let stored = filtered(&case.filters, mask, width, data[..product(&piece) * width].to_vec());
                ok(h5d::H5Dwrite_chunk(dataset, 0, mask, start.as_ptr(), stored.len(), stored.as_ptr().cast()));
                continue;
            }
            if shape.is_empty() {
                ok(h5d::H5Dwrite(dataset, native, h5s::H5S_ALL, h5s::H5S_ALL, 0, data.as_ptr().cast()));
                continue;
            }
            let count: Vec<hsize_t> = (0..shape.len()).map(|d| (extent[d] - start[d]).min(piece[d] as hsize_t)).collect();
            let memory = h5s::H5Screate_simple(shape.len() as i32, count.as_ptr(), null());
            ok(h5s::H5Sselect_hyperslab(space, h5s::H5S_SELECT_SET, start.as_ptr(), null(), count.as_ptr(), null()));
            ok(h5d::H5Dwrite(dataset, native, memory, space, 0, data.as_ptr().cast()));
            ok(h5s::H5Sclose(memory));
        }
        ok(h5d::H5Dclose(dataset));
        ok(h5f::H5Fclose(file));
        for list in [how, creation, access] {
            ok(h5p::H5Pclose(list));
        }
        ok(h5s::H5Sclose(space));

        let file = h5f::H5Fopen(path.as_ptr(), h5f::H5F_ACC_RDONLY, 0);
        let dataset = h5d::H5Dopen2(file, c"x".as_ptr(), 0);
        let mut out = vec![0u8; product(&shape) * width];
        ok(h5d::H5Dread(dataset, native, h5s::H5S_ALL, h5s::H5S_ALL, 0, out.as_mut_ptr().cast()));
        ok(h5d::H5Dclose(dataset));
        ok(h5f::H5Fclose(file));
        out
    }
}

/// A selection of this shape, made from numbers.
fn selection(shape: &[usize], mut seed: u64) -> Selection {
    let mut next = |n: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1);
        (seed >> 33) as usize % n.max(1)
    };
    let one = |n: usize, next: &mut dyn FnMut(usize) -> usize| match next(5) {
        0 => Selector::All,
        1 if n > 0 => Selector::At(next(n)),
        2 if n > 0 => {
            let step = 1 + next(4);
            let start = next(n);
            Selector::Range { start, count: (n - 1 - start) / step + 1, step: step as isize }
        }
        3 if n > 0 => {
            let (step, start) = (1 + next(4), next(n));
            Selector::Range { start, count: start / step + 1, step: -(step as isize) }
        }
        4 if n > 0 => Selector::Take((0..next(9)).map(|_| next(n)).collect()),
        _ => Selector::All,
    };
    Selection::new(shape.iter().map(|&n| one(n, &mut next)).collect())
}

fn raw(array: &NdArray) -> Vec<u8> {
    let array = array.to_contiguous().unwrap();
    let width = array.phys().width().unwrap();
    let (buffer, offset) = array.buffer().unwrap();
    buffer[offset * width..][..array.len() * width].to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chunk_path_equals_the_library_bit_for_bit(case in case()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("case.h5");
        let want = by_library(&path, &case);
        let shape: Vec<usize> = case.dims.iter().map(|d| d.0).collect();
        let dtype = DType::from_phys(case.phys);
        let file = Arc::new(DataFile::open(&path).unwrap());
        let array = ChunkedArray::hdf5(&file, "/x", dtype.clone(), &shape, Place::default()).unwrap();
        // The one case in which the library cannot be asked: it is left to the library.
        let growing: Vec<usize> = (0..shape.len()).filter(|&d| case.dims[d].2).collect();
        let mistold = case.newest && case.layout == Layout::Chunks && growing.len() == 1 && growing[0] > 0;
        if array.prepare().is_err() {
            prop_assert!(mistold, "{:?}", array.prepare());
            return Ok(());
        }
        let got = array.read(&Selection::all(shape.len())).unwrap();
        prop_assert_eq!(got.shape(), &shape[..]);
        prop_assert_eq!(raw(&got), want.clone());
        let whole = NdArray::from_buffer(Buffer::from_vec(want), dtype, &shape).unwrap();
        for k in 0..4 {
            let part = selection(&shape, case.seed ^ k);
            let (got, want) = (array.read(&part).unwrap(), whole.select(&part).unwrap());
            prop_assert_eq!(got.shape(), want.shape());
            prop_assert_eq!(raw(&got), raw(&want), "{:?}", part);
        }
    }
}
