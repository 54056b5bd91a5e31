//! Lists of codecs: in words, as filters of other formats, and as options name them.

use super::json::object;
use super::layout::Layout;
use crate::array::{Codecs, Filter};
use crate::error::{Error, Result};
use serde_json::{Value, json};

/// A list of codecs as it is kept with a variable, and the filters that come closest to it in NetCDF files.
pub(super) fn described(codecs: &Value, layout: &Layout) -> Option<(Codecs, Vec<Filter>)> {
    let list = codecs.as_array()?;
    let inner = match list.as_slice() {
        [only] if name(only) == "sharding_indexed" => get(only, "codecs")?.as_array()?,
        _ => list,
    };
    let words = inner.iter().filter_map(in_words).collect();
    let shards = layout.shard.is_some().then(|| layout.chunk.clone());
    Some((Codecs { json: codecs.to_string(), words, shards }, inner.iter().flat_map(filters).collect()))
}

fn name(codec: &Value) -> &str {
    codec.as_str().or_else(|| codec.get("name").and_then(Value::as_str)).unwrap_or("")
}

fn get<'a>(codec: &'a Value, key: &str) -> Option<&'a Value> {
    codec.get("configuration")?.get(key)
}

fn whole(codec: &Value, key: &str) -> i64 {
    get(codec, key).and_then(Value::as_i64).unwrap_or(0)
}

fn text<'a>(codec: &'a Value, key: &str) -> &'a str {
    get(codec, key).and_then(Value::as_str).unwrap_or("")
}

/// What `info` says of a codec; nothing of those that every array has.
fn in_words(codec: &Value) -> Option<String> {
    let short = name(codec).trim_start_matches("numcodecs.").trim_start_matches("zarrs.");
    Some(match short {
        "bytes" | "vlen-utf8" => return None,
        "zstd" | "gzip" | "zlib" | "bz2" => format!("{short} {}", whole(codec, "level")),
        "blosc" => {
            let shuffle = match text(codec, "shuffle") {
                "" | "noshuffle" => String::new(),
                shuffle => format!(" {shuffle}"),
            };
            format!("blosc {} {}{shuffle}", text(codec, "cname"), whole(codec, "clevel"))
        }
        "transpose" => {
            let order = get(codec, "order").map(Value::to_string).unwrap_or_default();
            format!("transpose {}", order.trim_matches(['[', ']']))
        }
        other => other.to_string(),
    })
}

/// The filters of HDF5 that every NetCDF library reads and that come closest.
fn filters(codec: &Value) -> Vec<Filter> {
    let level = |key: &str| whole(codec, key).clamp(1, 9) as u32;
    match name(codec).trim_start_matches("numcodecs.").trim_start_matches("zarrs.") {
        "zstd" | "gzip" | "zlib" => vec![Filter::Shuffle, Filter::Deflate(if name(codec) == "zstd" { 4 } else { level("level") })],
        "bz2" => vec![Filter::Shuffle, Filter::Deflate(level("level"))],
        "lz4" | "lzma" => vec![Filter::Shuffle, Filter::Deflate(4)],
        "blosc" => vec![Filter::Shuffle, Filter::Deflate(level("clevel"))],
        "crc32c" | "fletcher32" | "adler32" => vec![Filter::Fletcher32],
        _ => Vec::new(),
    }
}

/// Compression that is asked for: the codecs after `bytes`. `none`, `zstd:3`, `gzip:5`, `blosc:5` (LZ4 and byte shuffle),
/// `blosc-zstd:5` and its siblings; zstd and gzip as in every Zarr library.
///
/// # Errors
/// Not found, for another name; invalid, for a level out of range.
pub fn parse_compress(text: &str) -> Result<Vec<ZarrCodec>> {
    let (name, level) = match text.split_once(':') {
        Some((name, level)) => (name.trim(), Some(level.trim())),
        None => (text.trim(), None),
    };
    let within = |default: i64, low: i64, high: i64| match level {
        None => Ok(default),
        Some(l) => l.parse().ok().filter(|n| (low..=high).contains(n)).ok_or_else(|| {
            Error::invalid(format!("{name} has no compression level {l:?}")).help(format!("levels of {name} go from {low} to {high}"))
        }),
    };
    let lower = name.to_ascii_lowercase();
    Ok(match lower.as_str() {
        "none" if level.is_none() => Vec::new(),
        "zstd" => vec![ZarrCodec::Zstd(within(3, 0, 22)? as i32)],
        "gzip" | "deflate" | "zlib" => vec![ZarrCodec::Gzip(within(5, 0, 9)? as u32)],
        blosc if blosc == "blosc" || blosc.starts_with("blosc-") => {
            let cname = match blosc.trim_start_matches("blosc").trim_start_matches('-') {
                "" | "lz4" => "lz4",
                "lz4hc" => "lz4hc",
                "zstd" => "zstd",
                "zlib" => "zlib",
                "blosclz" => "blosclz",
                other => return Err(Error::not_found("compressor of blosc", other, ["lz4", "lz4hc", "zstd", "zlib", "blosclz"])),
            };
            vec![ZarrCodec::Blosc(cname, within(5, 0, 9)? as u32)]
        }
        _ => return Err(Error::not_found("compression", name, ["none", "zstd", "gzip", "blosc", "blosc-zstd"])),
    })
}

/// A compression or checksum of chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZarrCodec {
    /// Zstandard at this level.
    Zstd(i32),
    /// Gzip at this level.
    Gzip(u32),
    /// Blosc: the compressor inside, its level; with byte shuffle.
    Blosc(&'static str, u32),
    /// A checksum.
    Crc32c,
}

impl ZarrCodec {
    /// The codec of elements of this many bytes as Zarr v3 spells it.
    pub(super) fn to_json(self, width: usize) -> Value {
        let named = |name: &str, configuration: Value| Value::Object(object([("name", name.into()), ("configuration", configuration)]));
        match self {
            ZarrCodec::Zstd(level) => named("zstd", json!({"level": level, "checksum": false})),
            ZarrCodec::Gzip(level) => named("gzip", json!({"level": level})),
            ZarrCodec::Blosc(cname, level) => {
                let shuffle = if width > 1 { "shuffle" } else { "noshuffle" };
                named("blosc", json!({"typesize": width, "cname": cname, "clevel": level, "shuffle": shuffle, "blocksize": 0}))
            }
            ZarrCodec::Crc32c => Value::Object(object([("name", "crc32c".into())])),
        }
    }
}

/// The codecs of a list that are written again, before and after the one that makes bytes, with the names that zarr-python knows;
/// none where one of them is not among those that every library has, or says something of other dimensions.
pub(super) fn kept(json: &str, rank: usize, width: usize, text: bool) -> Option<(Vec<Value>, Vec<Value>)> {
    let list: Value = serde_json::from_str(json).ok()?;
    let list = list.as_array()?;
    let inner = match list.as_slice() {
        [only] if name(only) == "sharding_indexed" => get(only, "codecs")?.as_array()?,
        _ => list,
    };
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for codec in inner {
        let short = name(codec).trim_start_matches("numcodecs.").trim_start_matches("zarrs.");
        match short {
            "bytes" | "vlen-utf8" => (),
            "transpose" if text => (),
            "transpose" if get(codec, "order")?.as_array()?.len() == rank => before.push(codec.clone()),
            "zstd" => {
                let checksum = get(codec, "checksum").and_then(Value::as_bool).unwrap_or(false);
                after.push(json!({"name": "zstd", "configuration": {"level": whole(codec, "level"), "checksum": checksum}}));
            }
            "gzip" => after.push(ZarrCodec::Gzip(whole(codec, "level").clamp(0, 9) as u32).to_json(width)),
            // Lists may have the bare name.
            "crc32c" => after.push(ZarrCodec::Crc32c.to_json(width)),
            "blosc" => {
                let mut codec = codec.clone();
                // The type may be another one by now.
                let width = if text { 1 } else { width };
                let c = codec.get_mut("configuration")?.as_object_mut()?;
                c.insert("typesize".into(), width.into());
                after.push(codec);
            }
            // Zlib in version 3 is nobody's standard; gzip is the same with another header.
            "zlib" => after.push(ZarrCodec::Gzip(whole(codec, "level").clamp(0, 9) as u32).to_json(width)),
            "bz2" => after.push(json!({"name": "numcodecs.bz2", "configuration": {"level": whole(codec, "level")}})),
            "shuffle" if !text => after.push(json!({"name": "numcodecs.shuffle", "configuration": {"elementsize": width}})),
            "shuffle" => (),
            _ => return None,
        }
    }
    Some((before, after))
}
