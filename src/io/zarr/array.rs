//! The values of an array: selections become chunks, which all threads read and decode.

use super::layout::{Chain, Layout, Number, Stored};
use super::shards::Shards;
use super::steps::{Between, Scratch, decode, decode_any, with_scratch};
use super::store::Store;
use crate::dtype::DType;
use crate::error::{Error, IoResultExt, Place, Result};
use crate::io::chunked::copy::{Target, Walk, fill, gather, swap};
use crate::io::chunked::pieces::Axis;
use crate::io::guard::guarded;
use crate::store::{Budget, ChunkGrid, ChunkSource, NdArray, NdBuilder, ReadCost, Selection, Selector, zeroed};
use arrow::array::StringViewBuilder;
use arrow::buffer::Buffer;
use rayon::prelude::*;
use std::io::Read;
use std::num::NonZeroU64;
use std::sync::Arc;
use zarrs::array::{ArrayBytes, ArrayToBytesCodecTraits, CodecOptions};

/// An array of a store, read chunk by chunk, each chunk decoded once in a read.
#[derive(Debug)]
pub(super) struct ZarrArray {
    pub store: Arc<Store>,
    pub layout: Layout,
    pub shards: Shards,
    pub dtype: DType,
    pub budget: Budget,
    pub place: Place,
}

/// A result of fewer bytes is not worth waking other threads.
const SMALL: usize = 32 << 10;

impl ZarrArray {
    /// The file of a chunk.
    pub fn key(&self, chunk: &[u64]) -> String {
        let key = self.layout.array.chunk_key(chunk);
        key.as_str().trim_start_matches('/').to_string()
    }

    /// Where a chunk is, for messages.
    pub fn at_chunk(&self, key: &str) -> Place {
        Place { file: Some(self.store.shown(key)), ..self.place.clone() }
    }

    fn read_all(&self, selection: &Selection) -> Result<NdArray> {
        let layout = &self.layout;
        selection.check(&layout.shape)?;
        let axes = selection.selectors().iter().enumerate().map(|(d, s)| Axis::new(s, layout.shape[d], layout.tile[d]));
        let axes: Vec<Axis> = axes.collect();
        let tiles = axes.iter().try_fold(1usize, |n, a| n.checked_mul(a.tiles())).ok_or_else(too_large)?;
        let tile_bytes = layout.tile_bytes().ok_or_else(too_large)?;
        if self.dtype == DType::Str {
            return self.texts(&axes, tiles, tile_bytes, &selection.shape(&layout.shape));
        }
        let width = self.dtype.phys().and_then(|p| p.width()).ok_or_else(|| Error::internal("no width"))?;
        let counts: Vec<usize> = axes.iter().map(|a| a.count).collect();
        let bytes =
            counts.iter().try_fold(width, |n, &c| n.checked_mul(c)).filter(|&b| b < isize::MAX as usize / 2).ok_or_else(too_large)?;
        let mut out = zeroed(bytes)?;
        if bytes > 0 {
            let job = Numbers { array: self, axes: &axes, from: self.strides(width)?, to: c_strides(&counts, width)?, width, tile_bytes };
            let target = Target::new(&mut bytemuck::cast_slice_mut(&mut out)[..bytes]);
            let run = |i: usize| with_scratch(|scratch| job.tile(i, &target, scratch)).err();
            // The first error in order is told, whoever meets which first.
            let error = if tiles == 1 || bytes < SMALL { (0..tiles).find_map(run) } else { (0..tiles).into_par_iter().find_map_first(run) };
            if let Some(e) = error {
                return Err(e);
            }
        }
        if self.dtype == DType::Bool {
            bytemuck::cast_slice_mut::<u64, u8>(&mut out).iter_mut().for_each(|b| *b = (*b != 0) as u8);
        }
        let buffer = Buffer::from_vec(out).slice_with_length(0, bytes);
        NdArray::from_buffer(buffer, self.dtype.clone(), &selection.shape(&layout.shape))
    }

    /// Bytes from one position to the next in a decoded chunk.
    fn strides(&self, width: usize) -> Result<Vec<usize>> {
        let tile = &self.layout.tile;
        let Chain::Ours { order, .. } = &self.layout.chain else { return c_strides(tile, width) };
        let stored: Vec<usize> = order.iter().map(|&a| tile[a]).collect();
        let mut strides = vec![0; tile.len()];
        for (&axis, stride) in order.iter().zip(c_strides(&stored, width)?) {
            strides[axis] = stride;
        }
        Ok(strides)
    }

    /// The bytes of a chunk as they stand in the file go to `scratch.file`; false where there is no such chunk.
    fn fetch(&self, tile: &[u64], scratch: &mut Scratch) -> Result<(bool, String)> {
        let Some(shard) = &self.layout.shard else {
            let key = self.key(tile);
            let Some((file, length)) = self.store.file(&key)? else { return Ok((false, key)) };
            let most = self.most(length);
            let _booked = self.budget.reserve(length as usize, "a chunk")?;
            scratch.file.clear();
            scratch.file.reserve(length as usize);
            file.take(most).read_to_end(&mut scratch.file).io_at(self.store.shown(&key))?;
            return Ok((true, key));
        };
        let number: Vec<u64> = tile.iter().zip(&shard.counts).map(|(&t, &c)| t / c as u64).collect();
        let key = self.key(&number);
        let inner = tile.iter().zip(&shard.counts).fold(0usize, |n, (&t, &c)| n * c + (t % c as u64) as usize);
        Ok((self.shards.read(self, shard, &key, number, inner, &mut scratch.file)?, key))
    }

    /// A file that grows while it is read is read so far.
    fn most(&self, length: u64) -> u64 {
        length.saturating_add(1 << 16)
    }

    /// Decodes what `fetch` brought into bytes of exactly the right length.
    fn decode(&self, file: &[u8], out: &mut [u8], between: &mut Between) -> Result<()> {
        match &self.layout.chain {
            Chain::Ours { steps, .. } => decode(steps, file, out, between),
            Chain::Theirs => {
                let layout = &self.layout;
                let shape: Option<Vec<NonZeroU64>> = layout.tile.iter().map(|&t| NonZeroU64::new(t as u64)).collect();
                let shape = shape.ok_or_else(too_large)?;
                let array = &layout.array;
                let bytes = guarded(|| {
                    let options = CodecOptions::default().with_concurrent_target(1);
                    let decoded = array.codecs().decode(file.into(), &shape, array.data_type(), array.fill_value(), &options);
                    decoded
                        .map_err(|e| Error::format(format!("it cannot be decoded: {e}")).help("the chunk is damaged: copy the store again"))
                })?;
                match bytes {
                    ArrayBytes::Fixed(bytes) if bytes.len() == out.len() => out.copy_from_slice(&bytes),
                    ArrayBytes::Fixed(bytes) => return Err(Error::format(format!("{} bytes instead of {}", bytes.len(), out.len()))),
                    _ => return Err(Error::unsupported("values of varying length behind these codecs are not read here")),
                }
                Ok(())
            }
        }
    }

    fn swaps(&self) -> bool {
        matches!(self.layout.chain, Chain::Ours { big_endian, .. } if big_endian != cfg!(target_endian = "big"))
    }

    fn texts(&self, axes: &[Axis], tiles: usize, tile_bytes: usize, shape: &[usize]) -> Result<NdArray> {
        let counts: Vec<usize> = axes.iter().map(|a| a.count).collect();
        let mut out = NdBuilder::new(DType::Str, &counts)?;
        // As many at a time as there are threads: what is decoded waits to be copied.
        let step = rayon::current_num_threads().max(1);
        for first in (0..tiles).step_by(step) {
            let some: Vec<Result<NdArray>> = (first..tiles.min(first + step))
                .into_par_iter()
                .map(|i| with_scratch(|scratch| self.text_tile(&place_of(axes, i), axes, tile_bytes, scratch)))
                .collect();
            for (i, tile) in some.into_iter().enumerate() {
                put_runs(&mut out, axes, &place_of(axes, first + i), &tile?)?;
            }
        }
        out.finish()?.reshape(shape)
    }

    fn text_tile(&self, at: &[usize], axes: &[Axis], tile_bytes: usize, scratch: &mut Scratch) -> Result<NdArray> {
        let tile: Vec<u64> = at.iter().zip(axes).map(|(&i, a)| a.tile(i) as u64).collect();
        let (there, key) = self.fetch(&tile, scratch).map_err(|e| e.at(self.place()))?;
        let decoded = self.decode_texts(there, tile_bytes, scratch);
        let texts = decoded.map_err(|e| e.at(self.at_chunk(&key)))?;
        let Chain::Ours { order, .. } = &self.layout.chain else { return Ok(texts) };
        let mut back = vec![0; order.len()];
        order.iter().enumerate().for_each(|(i, &axis)| back[axis] = i);
        texts.transpose(&back)
    }

    /// The texts of a chunk in the order of its bytes.
    fn decode_texts(&self, there: bool, tile_bytes: usize, scratch: &mut Scratch) -> Result<NdArray> {
        let layout = &self.layout;
        let shape: Vec<usize> = match &layout.chain {
            Chain::Ours { order, .. } => order.iter().map(|&a| layout.tile[a]).collect(),
            Chain::Theirs => layout.tile.clone(),
        };
        let count: usize = shape.iter().product();
        let _booked = self.budget.reserve(count.saturating_mul(16).max(tile_bytes), "a chunk of texts")?;
        let mut texts = StringViewBuilder::with_capacity(count);
        if !there {
            let fill = match layout.stored {
                Stored::Utf32(_) => utf32(&layout.fill, false)?,
                Stored::Bytes(_) => padded(&layout.fill),
                _ => String::from_utf8_lossy(&layout.fill).into_owned(),
            };
            (0..count).for_each(|_| texts.append_value(&fill));
            return NdArray::from_texts(texts.finish(), &shape);
        }
        let (file, _, between) = scratch.parts();
        match layout.stored {
            Stored::Text => {
                let Chain::Ours { steps, .. } = &layout.chain else { return Err(Error::internal("texts of another chain")) };
                let bytes = decode_any(steps, file, self.budget.free() / 4, between)?;
                let _booked = self.budget.reserve(bytes.len(), "a chunk of texts")?;
                vlen_utf8(&bytes, count, &mut texts)?;
            }
            stored => {
                let width = stored.width().unwrap_or(0);
                let mut bytes = vec![0; tile_bytes];
                self.decode(file, &mut bytes, between)?;
                for i in 0..count {
                    let element = &bytes[i * width..][..width];
                    match stored {
                        Stored::Utf32(_) => texts.append_value(utf32(element, self.swaps())?),
                        _ => texts.append_value(padded(element)),
                    }
                }
            }
        }
        NdArray::from_texts(texts.finish(), &shape)
    }
}

#[cold]
fn too_large() -> Error {
    Error::overflow("a chunk or selection has too many bytes")
}

fn c_strides(shape: &[usize], width: usize) -> Result<Vec<usize>> {
    let mut strides = vec![width; shape.len()];
    for d in (1..shape.len()).rev() {
        strides[d - 1] = strides[d].checked_mul(shape[d].max(1)).ok_or_else(too_large)?;
    }
    Ok(strides)
}

/// For each axis the number of the piece of the `i`-th tile of a selection.
fn place_of(axes: &[Axis], mut i: usize) -> Vec<usize> {
    let mut at = vec![0; axes.len()];
    for d in (0..at.len()).rev() {
        let n = axes[d].tiles();
        (at[d], i) = (i % n, i / n);
    }
    at
}

/// Copies what is wanted of a chunk of texts to where it goes.
fn put_runs(out: &mut NdBuilder, axes: &[Axis], at: &[usize], tile: &NdArray) -> Result<()> {
    let runs: Vec<_> = axes.iter().zip(at).map(|(a, &i)| a.runs(i)).collect();
    let boxes: usize = runs.iter().map(|r| r.len()).product();
    for mut k in 0..boxes {
        let (mut selectors, mut start) = (Vec::new(), Vec::new());
        for r in runs.iter().rev() {
            let run = r[k % r.len()];
            k /= r.len();
            selectors.push(Selector::Range { start: run.from, count: run.count, step: run.step });
            start.push(run.to);
        }
        selectors.reverse();
        start.reverse();
        out.put(&start, &tile.select(&Selection::new(selectors))?)?;
    }
    Ok(())
}

/// Texts one after the other: their number, then each with its length in bytes.
fn vlen_utf8(bytes: &[u8], count: usize, texts: &mut StringViewBuilder) -> Result<()> {
    let short = || Error::format("the chunk ends before its texts").help("the chunk is damaged or cut off: copy the store again");
    let (number, mut rest) = bytes.split_first_chunk::<4>().ok_or_else(short)?;
    if u32::from_le_bytes(*number) as usize != count {
        return Err(Error::format(format!("{} texts instead of {count}", u32::from_le_bytes(*number))));
    }
    for i in 0..count {
        let (length, after) = rest.split_first_chunk::<4>().ok_or_else(short)?;
        let (text, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(short)?;
        texts.append_value(std::str::from_utf8(text).map_err(|e| Error::format(format!("text number {i} is not UTF-8")).because(e))?);
        rest = after;
    }
    Ok(())
}

/// Text of UTF-32 characters, zeros at its end left out.
fn utf32(bytes: &[u8], swap: bool) -> Result<String> {
    let word = |b: &[u8; 4]| if swap { u32::from_ne_bytes(*b).swap_bytes() } else { u32::from_ne_bytes(*b) };
    let words: Vec<u32> = bytes.as_chunks::<4>().0.iter().map(word).collect();
    let end = words.iter().rposition(|&w| w != 0).map_or(0, |p| p + 1);
    let wrong = |w: u32| Error::format(format!("{w:#x} is no character"));
    words[..end].iter().map(|&w| char::from_u32(w).ok_or_else(|| wrong(w))).collect()
}

/// Text of bytes, zeros at its end left out; Latin-1 where it is no UTF-8.
fn padded(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|&b| b != 0).map_or(0, |p| p + 1);
    let bytes = &bytes[..end];
    std::str::from_utf8(bytes).map_or_else(|_| encoding_rs::mem::decode_latin1(bytes).into_owned(), str::to_string)
}

/// One read of numbers.
struct Numbers<'a> {
    array: &'a ZarrArray,
    axes: &'a [Axis],
    from: Vec<usize>,
    to: Vec<usize>,
    /// Bytes of an element as it is read.
    width: usize,
    /// Bytes of a chunk as it is stored.
    tile_bytes: usize,
}

impl Numbers<'_> {
    /// Brings the `i`-th chunk of the selection to its place.
    fn tile(&self, i: usize, target: &Target, scratch: &mut Scratch) -> Result<()> {
        let array = self.array;
        let at = place_of(self.axes, i);
        let tile: Vec<u64> = at.iter().zip(self.axes).map(|(&i, a)| a.tile(i) as u64).collect();
        let walk = Walk::new(self.axes, &at, &self.from, &self.to, self.width);
        let (there, key) = array.fetch(&tile, scratch).map_err(|e| e.at(array.place()))?;
        if !there {
            return self.fill(&walk, target);
        }
        self.decode(&walk, target, scratch).map_err(|e| e.at(array.at_chunk(&key)))
    }

    fn decode(&self, walk: &Walk, target: &Target, scratch: &mut Scratch) -> Result<()> {
        let array = self.array;
        let half = array.layout.stored == Stored::Half;
        let (file, tile, between) = scratch.parts();
        if let Some((0, to, bytes)) = walk.one_row()
            && bytes == self.tile_bytes
            && !half
        {
            // SAFETY: the result outlives the job, and every position of it belongs to one chunk.
            let out = unsafe { target.part(to, bytes) };
            array.decode(file, out, between)?;
            self.swap(out);
            return Ok(());
        }
        let _booked = array.budget.reserve(self.tile_bytes.saturating_mul(1 + 2 * half as usize), "a chunk")?;
        let words = self.tile_bytes.div_ceil(8);
        if tile.len() < words {
            tile.clear();
            tile.resize(words, 0);
        }
        let decoded = &mut bytemuck::cast_slice_mut::<u64, u8>(tile)[..self.tile_bytes];
        array.decode(file, decoded, between)?;
        if half {
            swap(if array.swaps() { 2 } else { 1 }, decoded);
            let floats: Vec<f32> = decoded.as_chunks::<2>().0.iter().map(|b| half::f16::from_ne_bytes(*b).to_f32()).collect();
            return self.copy(walk, bytemuck::cast_slice(&floats), target, false);
        }
        self.copy(walk, decoded, target, true)
    }

    fn copy(&self, walk: &Walk, tile: &[u8], target: &Target, stored: bool) -> Result<()> {
        if walk.window().1 > tile.len() {
            return Err(Error::internal("a chunk that is too short"));
        }
        walk.rows(&mut |from, to, count, step| {
            // SAFETY: as in `decode`.
            let out = unsafe { target.part(to, count * self.width) };
            gather(tile, from, step, self.width, out);
            if stored {
                self.swap(out);
            }
            Ok(())
        })
    }

    fn fill(&self, walk: &Walk, target: &Target) -> Result<()> {
        let value = match self.array.layout.stored {
            Stored::Half => {
                let bytes = self.array.layout.fill.first_chunk::<2>().copied().unwrap_or_default();
                half::f16::from_ne_bytes(bytes).to_f32().to_ne_bytes().to_vec()
            }
            _ => self.array.layout.fill.clone(),
        };
        if value.iter().all(|&b| b == 0) {
            return Ok(());
        }
        walk.rows(&mut |_, to, count, _| {
            // SAFETY: as in `decode`.
            fill(&value, unsafe { target.part(to, count * self.width) });
            Ok(())
        })
    }

    fn swap(&self, out: &mut [u8]) {
        if self.array.swaps() && self.array.layout.stored != Stored::Number(Number::Bool) {
            swap(self.width, out);
        }
    }
}

impl ChunkSource for ZarrArray {
    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.layout.shape
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(&self.layout.shape, &self.layout.tile)
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        self.read_all(selection).map_err(|e| e.at(self.place()))
    }

    fn cost(&self) -> ReadCost {
        let tile = self.layout.tile_bytes().unwrap_or(usize::MAX);
        // Texts are decoded chunk by chunk before they are put together.
        ReadCost { pieces: Some(self.grid().chunk), in_place: self.dtype != DType::Str, scratch: tile.saturating_mul(2) }
    }

    fn place(&self) -> Place {
        self.place.clone()
    }
}
