//! Writing a store of version 3: metadata at the end, chunks as they come, encoded by all threads.

use super::codecs::ZarrCodec;
use super::encode::Encoders;
use super::json;
use super::plan::{Planned, plan};
use crate::array::{Dataset, Enumeration, Variable};
use crate::dtype::DType;
use crate::error::{Error, IoResultExt, Level, Notices, Place, Result, quoted_list};
use crate::io::OutputFolder;
use crate::store::{Budget, ChunkGrid, ChunkSink, NdArray, Selection};
use arrow::array::Array as _;
use indexmap::IndexMap;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fs::File;
use std::io::Write;
use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Arc;
use zarrs::array::{ArrayBytes, ArrayBytesOffsets, ArrayToBytesCodecTraits, CodecOptions};

/// Chunks of this many bytes do not wait for a thread.
const LARGE: usize = 16 << 20;

/// How a store is written. What a variable's encoding says holds where nothing is said here.
#[derive(Clone, Debug)]
pub struct ZarrWriteOptions {
    /// Chunk lengths by dimension, for every variable that has it.
    pub chunks: Vec<(String, usize)>,
    /// Shard lengths by dimension: so much of an array is one file, made of many chunks.
    pub shards: Vec<(String, usize)>,
    /// Codecs of every variable, in place of those of its encoding.
    pub codecs: Option<Vec<ZarrCodec>>,
    /// Where chunks on their way are booked.
    pub budget: Budget,
}

impl Default for ZarrWriteOptions {
    fn default() -> ZarrWriteOptions {
        ZarrWriteOptions { chunks: Vec::new(), shards: Vec::new(), codecs: None, budget: Budget::unlimited() }
    }
}

/// Writes a cube, see [`ChunkSink`]. The same input gives the same bytes, whatever the number of threads.
pub struct ZarrSink {
    // Before the folder, which is removed when the work is at rest.
    encoders: Encoders,
    output: OutputFolder,
    targets: IndexMap<String, Arc<Planned>>,
    /// Attributes of the groups by path, the root first.
    groups: IndexMap<String, Map<String, Value>>,
    budget: Budget,
}

impl ZarrSink {
    /// Plans the arrays of an encoded cube (numbers, booleans, texts). Storage is what each encoding says; where it says nothing,
    /// chunks of some megabytes in blosc (zstd, bytes shuffled).
    ///
    /// # Errors
    /// Loss, for names that a store does not allow; type, for a variable that is not encoded.
    pub fn create(output: OutputFolder, dataset: &Dataset, options: &ZarrWriteOptions) -> Result<(ZarrSink, Notices)> {
        let mut sink = ZarrSink {
            encoders: Encoders::default(),
            output,
            targets: IndexMap::new(),
            groups: IndexMap::new(),
            budget: options.budget.clone(),
        };
        let mut notices = Notices::new();
        let place = Place::file(sink.output.target());
        sink.add_group(dataset, "", options, &mut notices).map_err(|e| e.at(place))?;
        Ok((sink, notices))
    }

    fn add_group(&mut self, dataset: &Dataset, path: &str, options: &ZarrWriteOptions, notices: &mut Notices) -> Result<()> {
        let attrs = dataset.attrs.iter().map(|(k, v)| (k.to_string(), json::of_attr(v))).collect();
        self.groups.insert(path.to_string(), attrs);
        if !dataset.unlimited.is_empty() {
            let group = (!path.is_empty()).then(|| format!("/{path}"));
            let dims: Vec<&str> = dataset.unlimited.iter().map(|d| &**d).collect();
            let said = format!("a Zarr store does not say that a dim is unlimited: {}", quoted_list(&dims, 5));
            notices.push(Level::Omitted, said, Place { group, ..Place::default() });
        }
        let unused: Vec<&str> = dataset.dims.keys().filter(|d| !uses(dataset, d)).map(|d| &**d).collect();
        if !unused.is_empty() {
            let group = (!path.is_empty()).then(|| format!("/{path}"));
            let said = format!("a Zarr store has no place for a dim that no variable has: {}", quoted_list(&unused, 5));
            notices.push(Level::Omitted, said, Place { group, ..Place::default() });
        }
        let variables = dataset.coords.iter().chain(dataset.vars.iter().map(|(n, v)| (n.as_str(), v)));
        for (name, variable) in variables {
            if let Some((e, _)) = Enumeration::of(&variable.encoding, variable.dtype(), &variable.attrs) {
                let group = (!path.is_empty()).then(|| format!("/{path}"));
                notices.push(Level::Omitted, e.lost_in(name, variable.dtype()), Place { group, ..Place::variable(name) });
            }
            let place = Place { variable: Some(name.into()), group: (!path.is_empty()).then(|| format!("/{path}")), ..Place::default() };
            let below = below(path, name).map_err(|e| e.at(place.clone()))?;
            let planned = plan(&below, variable, options, &place, notices).map_err(|e| e.at(place.clone()))?;
            self.targets.insert(below, Arc::new(planned));
        }
        for (name, group) in &dataset.groups {
            let below = below(path, name).map_err(|e| e.at(Place { group: Some(name.clone()), ..Place::default() }))?;
            if self.targets.contains_key(&below) {
                return Err(Error::loss(format!("a group and a variable are both named {name:?}")).help("rename one of them"));
            }
            self.add_group(group, &below, options, notices)?;
        }
        Ok(())
    }

    /// Hands a chunk to the threads that encode.
    fn give(&self, target: Arc<Planned>, start: Vec<usize>, part: NdArray, place: Place) -> Result<()> {
        // A chunk takes its own bytes, and at most as many encoded, unless these go to the file as they come.
        let bytes = part.bytes() * if target.zstd.is_some() { 1 } else { 2 };
        let mut booked = self.budget.try_reserve(bytes);
        if booked.is_none() {
            self.encoders.finish()?;
            booked = self.budget.try_reserve(bytes);
        }
        // One thread is left to read the next chunk, so that of large ones no more are held than there are threads.
        let threads = rayon::current_num_threads();
        let ahead = if part.bytes() >= LARGE { threads - 1 } else { threads };
        let most = if booked.is_some() { ahead } else { 0 };
        let (folder, shown) = (self.output.path().to_path_buf(), self.output.target().to_path_buf());
        self.encoders.give(most, move || {
            let _booked = booked;
            target.write(&folder, &shown, &start, &part).map_err(|e| e.at(place))
        })
    }

    /// The path and content of every file of metadata; those of the root hold all others.
    fn metadata(&self) -> Vec<(String, Value)> {
        let group = |attrs: &Map<String, Value>| {
            json::object([("attributes", Value::Object(attrs.clone())), ("zarr_format", 3.into()), ("node_type", "group".into())])
        };
        let mut files = Vec::new();
        let mut all = Map::new();
        for (path, attrs) in self.groups.iter().filter(|(p, _)| !p.is_empty()) {
            files.push((path.clone(), Value::Object(group(attrs))));
        }
        for (path, target) in &self.targets {
            files.push((path.clone(), Value::Object(target.metadata.clone())));
        }
        // zarr-python builds its tree from neighbours: what is in a group stands together, in the order of the cube.
        let ranks: IndexMap<String, ()> = files.iter().map(|(path, _)| (path.clone(), ())).collect();
        let ends = |path: &str| path.match_indices('/').map(|(at, _)| at).chain([path.len()]).collect::<Vec<_>>();
        files.sort_by_cached_key(|(path, _)| ends(path).into_iter().map(|end| ranks.get_index_of(&path[..end])).collect::<Vec<_>>());
        for (path, node) in &files {
            all.insert(path.clone(), node.clone());
        }
        let mut root = group(self.groups.get("").unwrap_or(&Map::new()));
        let inline = json::object([("kind", "inline".into()), ("must_understand", false.into()), ("metadata", Value::Object(all))]);
        root.insert("consolidated_metadata".into(), Value::Object(inline));
        files.push((String::new(), Value::Object(root)));
        files
    }
}

/// Whether a variable of this group, or of one below, has the dim.
fn uses(dataset: &Dataset, dim: &Arc<str>) -> bool {
    let mut all = dataset.coords.iter().map(|(_, v)| v).chain(dataset.vars.values());
    all.any(|v| v.dims().contains(dim)) || dataset.groups.values().any(|g| uses(g, dim))
}

/// The path of a name in a group, where a store allows that name.
fn below(path: &str, name: &str) -> Result<String> {
    let bad = name.is_empty()
        || name.contains(['/', '\\', '\0'])
        || name.chars().all(|c| c == '.')
        || name.starts_with("__")
        || name == "zarr.json";
    if bad {
        return Err(Error::loss(format!("a Zarr store cannot hold the name {name:?}")).help("rename it: --rename old=new of `select`"));
    }
    Ok(if path.is_empty() { name.to_string() } else { format!("{path}/{name}") })
}

impl ChunkSink for ZarrSink {
    fn grid(&self, variable: &str) -> Option<ChunkGrid> {
        self.targets.get(variable).map(|t| ChunkGrid::new(&t.shape, &t.unit))
    }

    fn order(&self, _variable: &str) -> crate::store::WriteOrder {
        crate::store::WriteOrder::Chunks
    }

    fn write(&mut self, variable: &str, start: &[usize], block: &NdArray) -> Result<()> {
        let target =
            self.targets.get(variable).ok_or_else(|| Error::internal(format!("variable {variable:?} is not in the store")))?.clone();
        let place = Place { file: Some(self.output.target().to_path_buf()), ..target.place.clone() };
        if *block.dtype() != target.dtype {
            return Err(Error::internal(format!("a block of {} for a variable of {}", block.dtype(), target.dtype)).at(place));
        }
        let (shape, unit) = (&target.shape, &target.unit);
        let whole = |d: usize| {
            let end = start[d].saturating_add(block.shape()[d]);
            start[d].is_multiple_of(unit[d]) && (end == shape[d] || end < shape[d] && end.is_multiple_of(unit[d]))
        };
        if start.len() != shape.len() || block.rank() != shape.len() || !(0..start.len()).all(whole) {
            return Err(
                Error::shape(format!("a block of shape {:?} at {start:?} is not made of chunks of {unit:?}", block.shape())).at(place)
            );
        }
        let inner = ChunkGrid { shape: block.shape().to_vec(), chunk: unit.clone() };
        for i in 0..inner.count() {
            let (at, size) = inner.block(i);
            let part = block.select(&Selection::hyperslab(&at, &size))?;
            let start: Vec<usize> = start.iter().zip(&at).map(|(s, a)| s + a).collect();
            self.give(target.clone(), start, part, place.clone())?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.encoders.finish()?;
        let metadata = self.metadata();
        let ZarrSink { output, encoders, .. } = *self;
        drop(encoders);
        for (path, node) in metadata {
            let folder = output.path().join(path);
            std::fs::create_dir_all(&folder).io_at(output.target())?;
            std::fs::write(folder.join("zarr.json"), json::text(&node)).io_at(output.target())?;
        }
        output.commit()
    }
}

impl Planned {
    /// Encodes a chunk (cut off at the end of the array) and writes its file; one that holds nothing but the fill value has none.
    fn write(&self, folder: &Path, target: &Path, start: &[usize], block: &NdArray) -> Result<()> {
        let block = block.to_contiguous()?;
        if block.valid().is_some_and(|v| v.contains(&0)) {
            return Err(Error::overflow(format!("a missing value cannot be held as {}", self.dtype)).help("give the variable a _FillValue"));
        }
        let index: Vec<u64> = start.iter().zip(&self.unit).map(|(&s, &u)| (s / u) as u64).collect();
        let key = self.array.chunk_key(&index);
        let path = folder.join(key.as_str());
        if self.dtype == DType::Str {
            return self.write_texts(&path, target, &block);
        }
        let width = block.phys().width().unwrap_or(1);
        let (buffer, offset) = block.buffer().ok_or_else(|| Error::internal("numbers are not numbers"))?;
        let bytes = &buffer.as_slice()[offset * width..][..block.len() * width];
        let fill = self.array.fill_value().as_ne_bytes();
        if bytes.chunks_exact(width).all(|e| e == fill) {
            return Ok(());
        }
        let whole =
            if block.shape() == self.unit { Cow::Borrowed(bytes) } else { Cow::Owned(padded(bytes, block.shape(), &self.unit, fill)) };
        if let Some(level) = self.zstd.filter(|_| cfg!(target_endian = "little")) {
            // Straight into the file: the whole of an encoded chunk is never in memory.
            let file = create(&path).io_at(target)?;
            let write = || -> std::io::Result<()> {
                let mut encoder = zstd::stream::write::Encoder::new(file, level)?;
                encoder.set_pledged_src_size(Some(whole.len() as u64))?;
                encoder.write_all(&whole)?;
                encoder.finish()?;
                Ok(())
            };
            return write().io_at(target);
        }
        self.encode(&path, target, ArrayBytes::new_flen(whole))
    }

    fn write_texts(&self, path: &Path, target: &Path, block: &NdArray) -> Result<()> {
        let texts = block.as_texts().ok_or_else(|| Error::internal("texts are not texts"))?;
        let count: usize = self.unit.iter().product();
        let (mut bytes, mut offsets) = (Vec::new(), Vec::with_capacity(count + 1));
        // The number of the text at each position of the chunk; beyond the array it is empty.
        let numbers: Vec<u64> = (1..=texts.len() as u64).collect();
        let numbers = padded(bytemuck::cast_slice(&numbers), block.shape(), &self.unit, &0u64.to_ne_bytes());
        for number in numbers.as_chunks::<8>().0 {
            offsets.push(bytes.len());
            if let Some(i) = u64::from_ne_bytes(*number).checked_sub(1) {
                bytes.extend_from_slice(texts.value(i as usize).as_bytes());
            }
        }
        offsets.push(bytes.len());
        if bytes.is_empty() && self.metadata.get("fill_value").and_then(Value::as_str) == Some("") {
            return Ok(());
        }
        let wrong = |e: String| Error::internal(e);
        let offsets = ArrayBytesOffsets::new(offsets).map_err(|e| wrong(e.to_string()))?;
        let bytes = ArrayBytes::new_vlen(bytes, offsets).map_err(|e| wrong(e.to_string()))?;
        self.encode(path, target, bytes)
    }

    fn encode(&self, path: &Path, target: &Path, bytes: ArrayBytes) -> Result<()> {
        let shape: Option<Vec<NonZeroU64>> = self.unit.iter().map(|&n| NonZeroU64::new(n as u64)).collect();
        let shape = shape.ok_or_else(|| Error::internal("a chunk of length 0"))?;
        let (array, options) = (&self.array, CodecOptions::default().with_concurrent_target(1));
        let encoded = array.codecs().encode(bytes, &shape, array.data_type(), array.fill_value(), &options);
        let encoded = encoded.map_err(|e| Error::unsupported(format!("a chunk cannot be encoded: {e}")))?;
        create(path).and_then(|mut file| file.write_all(&encoded)).io_at(target)
    }
}

/// A new file; its folder is made on the way.
fn create(path: &Path) -> std::io::Result<File> {
    match File::create(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            File::create(path)
        }
        other => other,
    }
}

/// The elements of a block at the beginning of a chunk that is larger.
fn padded(bytes: &[u8], shape: &[usize], chunk: &[usize], fill: &[u8]) -> Vec<u8> {
    let width = fill.len();
    let mut out: Vec<u8> =
        if fill.iter().all(|&b| b == 0) { vec![0; chunk.iter().product::<usize>() * width] } else { fill.repeat(chunk.iter().product()) };
    let Some((&last, outer)) = shape.split_last() else {
        out.copy_from_slice(bytes);
        return out;
    };
    let rows: usize = outer.iter().product();
    for row in 0..rows {
        let (mut rest, mut at, mut stride) = (row, 0, chunk[outer.len()]);
        for d in (0..outer.len()).rev() {
            at += rest % outer[d] * stride;
            rest /= outer[d];
            stride *= chunk[d];
        }
        out[at * width..][..last * width].copy_from_slice(&bytes[row * last * width..][..last * width]);
    }
    out
}

/// A variable's chunk lengths as its dims are called.
pub(super) fn asked(list: &[(String, usize)], variable: &Variable) -> Vec<Option<usize>> {
    variable.dims().iter().map(|d| list.iter().find(|(n, _)| **n == **d).map(|(_, c)| (*c).max(1))).collect()
}
