//! The metadata of an array that is written.

use super::codecs::{ZarrCodec, kept};
use super::json::{self, object};
use super::write::{ZarrWriteOptions, asked};
use crate::array::{Filter, Variable};
use crate::dtype::DType;
use crate::error::{Error, Notices, Place, Result};
use crate::store::AttrValue;
use serde_json::{Map, Value, json};
use zarrs::array::{Array, ArrayMetadata};

/// An array as it is written.
#[derive(Debug)]
pub(super) struct Planned {
    pub shape: Vec<usize>,
    /// What one file holds: a chunk, or a shard of them.
    pub unit: Vec<usize>,
    pub dtype: DType,
    pub metadata: Map<String, Value>,
    pub array: Array<()>,
    /// Nothing but zstd at this level is done to the bytes.
    pub zstd: Option<i32>,
    pub place: Place,
}

/// A chunk has about this many bytes where nothing is said.
const CHUNK: usize = 4 << 20;
/// Chunks that come from other formats and are smaller than this are joined: each is a file here.
const LEAST: usize = 1 << 20;
/// Blosc counts bytes of a chunk in 31 bits, and adds a few.
const BLOSC_MOST: usize = i32::MAX as usize - 64;

/// The compression where nothing is said. Floats of a field take three tenths less room when their bytes are brought together first, and then the
/// lowest level of zstd is as good as higher ones.
fn usual(dtype: &DType, width: usize, chunk: &[usize]) -> ZarrCodec {
    let bytes = chunk.iter().fold(width, |n, &c| n.saturating_mul(c));
    if *dtype == DType::Str || bytes > BLOSC_MOST { ZarrCodec::Zstd(3) } else { ZarrCodec::Blosc("zstd", 1) }
}

pub(super) fn plan(path: &str, variable: &Variable, options: &ZarrWriteOptions, place: &Place, notices: &mut Notices) -> Result<Planned> {
    let (dtype, shape) = (variable.dtype().clone(), variable.shape().to_vec());
    let not_encoded = || Error::wrong_type(format!("{dtype} is not held as it is in a Zarr store"));
    let name = type_name(&dtype).ok_or_else(not_encoded)?;
    let width = dtype.phys().and_then(|p| p.width()).unwrap_or(16);
    let storage = storage(variable, width, options);
    let big = variable.encoding.big_endian && width > 1 && dtype != DType::Str;
    let bytes = match (&dtype, width) {
        (DType::Str, _) => json!({"name": "vlen-utf8"}),
        (_, 1) => json!({"name": "bytes"}),
        _ => json!({"name": "bytes", "configuration": {"endian": if big { "big" } else { "little" }}}),
    };
    let attempt = |storage: &Storage| {
        let metadata = metadata(variable, name, &shape, storage, &bytes);
        let parsed = serde_json::from_value(Value::Object(metadata.clone())).map_err(|e| e.to_string());
        let array = parsed.and_then(|m| {
            Array::new_with_metadata(std::sync::Arc::new(()), &format!("/{path}"), ArrayMetadata::V3(m)).map_err(|e| e.to_string())
        });
        array.map(|a| (metadata, a))
    };
    let (storage, (metadata, array)) = match attempt(&storage) {
        Ok(made) => (storage, made),
        Err(e) => {
            let after = vec![usual(&dtype, width, &storage.chunk).to_json(width)];
            let plain = Storage { before: Vec::new(), after, shard: None, ..storage };
            let made = attempt(&plain).map_err(|e| Error::unsupported(format!("the array cannot be written: {e}")))?;
            notices.warn(format!("written with other codecs than it had: {e}"), place.clone());
            (plain, made)
        }
    };
    let zstd = match storage.after.as_slice() {
        [only] if storage.before.is_empty() && storage.shard.is_none() && !big && dtype != DType::Str => level_of_zstd(only),
        _ => None,
    };
    let unit = storage.shard.unwrap_or(storage.chunk);
    Ok(Planned { shape, unit, dtype, metadata, array, zstd, place: place.clone() })
}

fn level_of_zstd(codec: &Value) -> Option<i32> {
    let c = codec.get("configuration").filter(|_| codec.get("name").and_then(Value::as_str) == Some("zstd"))?;
    let checksum = c.get("checksum").and_then(Value::as_bool).unwrap_or(false);
    c.get("level").and_then(Value::as_i64).filter(|_| !checksum).map(|l| l as i32)
}

fn type_name(dtype: &DType) -> Option<&'static str> {
    Some(match dtype {
        DType::Bool => "bool",
        DType::I8 => "int8",
        DType::I16 => "int16",
        DType::I32 => "int32",
        DType::I64 => "int64",
        DType::U8 => "uint8",
        DType::U16 => "uint16",
        DType::U32 => "uint32",
        DType::U64 => "uint64",
        DType::F32 => "float32",
        DType::F64 => "float64",
        DType::Str => "string",
        _ => return None,
    })
}

/// Chunks and codecs of an array.
struct Storage {
    chunk: Vec<usize>,
    shard: Option<Vec<usize>>,
    /// Codecs before and after the one that makes bytes.
    before: Vec<Value>,
    after: Vec<Value>,
}

fn storage(variable: &Variable, width: usize, options: &ZarrWriteOptions) -> Storage {
    let (encoding, shape) = (&variable.encoding, variable.shape());
    let rank = shape.len();
    let text = *variable.dtype() == DType::Str;
    let kept = encoding.codecs.as_ref().and_then(|c| kept(&c.json, rank, width, text));
    let said = encoding.chunks.clone().filter(|c| c.len() == rank && !c.contains(&0));
    let mut chunk = match (said, &kept) {
        (Some(chunk), Some(_)) => chunk,
        (Some(chunk), None) => joined(&chunk, shape, width),
        (None, _) => halved(shape, width),
    };
    let asked_chunks = asked(&options.chunks, variable);
    chunk.iter_mut().zip(&asked_chunks).zip(shape).for_each(|((c, a), &n)| *c = a.map_or(*c, |a| a.min(n.max(1))));
    let asked_shards = asked(&options.shards, variable);
    let old_shards = encoding.codecs.as_ref().and_then(|c| c.shards.clone()).filter(|s| s.len() == rank);
    let shard = if asked_shards.iter().any(Option::is_some) {
        // Whole chunks, as many as come closest from above.
        Some(chunk.iter().zip(&asked_shards).map(|(&c, a)| a.unwrap_or(c).div_ceil(c).max(1) * c).collect())
    } else {
        old_shards.filter(|s| asked_chunks.iter().all(Option::is_none) && s.iter().zip(&chunk).all(|(s, c)| s % c == 0))
    };
    let checksum = encoding.codecs.is_none() && encoding.filters.contains(&Filter::Fletcher32);
    let (before, mut after) = kept.unwrap_or_else(|| (Vec::new(), vec![usual(variable.dtype(), width, &chunk).to_json(width)]));
    if let Some(codecs) = &options.codecs {
        after = codecs.iter().map(|c| c.to_json(if text { 1 } else { width })).collect();
    }
    if checksum {
        after.push(ZarrCodec::Crc32c.to_json(width));
    }
    Storage { chunk, shard, before, after }
}

/// Chunks of another format, joined to chunks of some megabytes: whole ones, longest along the last dimensions.
fn joined(chunk: &[usize], shape: &[usize], width: usize) -> Vec<usize> {
    let mut out: Vec<usize> = chunk.iter().zip(shape).map(|(&c, &n)| c.min(n.max(1))).collect();
    let bytes = |c: &[usize]| c.iter().fold(width, |n, &c| n.saturating_mul(c));
    if bytes(&out) >= LEAST {
        return out;
    }
    for d in (0..out.len()).rev() {
        let more = CHUNK / bytes(&out).max(1);
        out[d] = out[d].saturating_mul(more.max(1)).min(shape[d].max(1));
        if out[d] < shape[d] {
            break;
        }
    }
    out
}

/// The whole array, its longest dimension halved until it is small enough.
fn halved(shape: &[usize], width: usize) -> Vec<usize> {
    let mut chunk: Vec<usize> = shape.iter().map(|&n| n.max(1)).collect();
    while chunk.iter().fold(width, |n, &c| n.saturating_mul(c)) > CHUNK {
        let longest = chunk.iter().copied().max().unwrap_or(1);
        match chunk.iter_mut().find(|c| **c == longest && longest > 1) {
            Some(c) => *c = c.div_ceil(2),
            None => break,
        }
    }
    chunk
}

fn metadata(variable: &Variable, name: &str, shape: &[usize], storage: &Storage, bytes: &Value) -> Map<String, Value> {
    let fill = match variable.dtype() {
        DType::F32 | DType::F64 => Value::from("NaN"),
        DType::Bool => Value::from(false),
        // xarray opens no store that has a text with an attribute `_FillValue`.
        DType::Str => variable.attrs.text("_FillValue").unwrap_or_default().into(),
        _ => Value::from(0),
    };
    let mut codecs = storage.before.clone();
    codecs.push(bytes.clone());
    codecs.extend(storage.after.iter().cloned());
    if storage.shard.is_some() {
        let index = json!([{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]);
        let inner = json!({"chunk_shape": storage.chunk, "codecs": codecs, "index_codecs": index, "index_location": "end"});
        codecs = vec![json!({"name": "sharding_indexed", "configuration": inner})];
    }
    let attributes = variable.attrs.iter().filter(|(k, _)| *variable.dtype() != DType::Str || *k != "_FillValue");
    let attributes: Map<String, Value> = attributes.map(|(k, v)| (k.to_string(), attribute(k, v, variable.dtype()))).collect();
    let unit = storage.shard.as_ref().unwrap_or(&storage.chunk);
    object([
        ("shape", json!(shape)),
        ("data_type", name.into()),
        ("chunk_grid", json!({"name": "regular", "configuration": {"chunk_shape": unit}})),
        ("chunk_key_encoding", json!({"name": "default", "configuration": {"separator": "/"}})),
        ("fill_value", fill),
        ("codecs", Value::Array(codecs)),
        ("attributes", Value::Object(attributes)),
        ("dimension_names", variable.dims().iter().map(|d| Value::from(&**d)).collect()),
        ("zarr_format", 3.into()),
        ("node_type", "array".into()),
        ("storage_transformers", Value::Array(Vec::new())),
    ])
}

/// The fill value of floats stands as xarray writes it: base64 of its eight bytes.
fn attribute(name: &str, value: &AttrValue, dtype: &DType) -> Value {
    use base64::Engine;
    match value.as_f64().filter(|_| name == "_FillValue" && dtype.is_float()) {
        Some(x) => base64::engine::general_purpose::STANDARD.encode(x.to_le_bytes()).into(),
        None => json::of_attr(value),
    }
}
