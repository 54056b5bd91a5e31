//! What the metadata of an array says: its type, its chunks, and how their bytes are made.

use super::steps::Step;
use super::tree::{Node, Version};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::io::guard::guarded;
use serde_json::{Map, Value};
use zarrs::array::{Array, ArrayMetadata};

/// How an array is stored.
#[derive(Debug)]
pub(super) struct Layout {
    pub shape: Vec<usize>,
    /// The chunks that files hold.
    pub chunk: Vec<usize>,
    /// The chunks that are decoded: those of files, or those inside shards.
    pub tile: Vec<usize>,
    pub stored: Stored,
    pub chain: Chain,
    pub shard: Option<Shard>,
    /// The element of chunks that are not there, in native byte order.
    pub fill: Vec<u8>,
    /// Units of the numbers of a `datetime64`.
    pub times: Option<String>,
    /// The same array as the `zarrs` crate sees it: keys of chunks, codecs that are not undone here.
    pub array: Array<()>,
    /// The codecs, where the crate does not know them.
    codecs: Option<Value>,
}

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// A number of this many bytes.
    Number(Number),
    /// Half precision, read as f32.
    Half,
    /// Text of so many UTF-32 characters.
    Utf32(usize),
    /// Text of so many bytes, padded with zeros.
    Bytes(usize),
    /// Text of any length.
    Text,
}

/// The types of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum Number {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
}

impl Stored {
    /// The type that it is read as.
    pub fn dtype(self) -> DType {
        match self {
            Stored::Number(n) => match n {
                Number::Bool => DType::Bool,
                Number::I8 => DType::I8,
                Number::I16 => DType::I16,
                Number::I32 => DType::I32,
                Number::I64 => DType::I64,
                Number::U8 => DType::U8,
                Number::U16 => DType::U16,
                Number::U32 => DType::U32,
                Number::U64 => DType::U64,
                Number::F32 => DType::F32,
                Number::F64 => DType::F64,
            },
            Stored::Half => DType::F32,
            Stored::Utf32(_) | Stored::Bytes(_) | Stored::Text => DType::Str,
        }
    }

    /// Bytes of an element in a chunk; none for text of any length.
    pub fn width(self) -> Option<usize> {
        match self {
            Stored::Number(n) => Some(match n {
                Number::Bool | Number::I8 | Number::U8 => 1,
                Number::I16 | Number::U16 => 2,
                Number::I32 | Number::U32 | Number::F32 => 4,
                Number::I64 | Number::U64 | Number::F64 => 8,
            }),
            Stored::Half => Some(2),
            Stored::Utf32(n) => n.checked_mul(4),
            Stored::Bytes(n) => Some(n),
            Stored::Text => None,
        }
    }

    fn of_name(name: &str) -> Option<Stored> {
        let number = match name {
            "bool" => Number::Bool,
            "int8" => Number::I8,
            "int16" => Number::I16,
            "int32" => Number::I32,
            "int64" => Number::I64,
            "uint8" => Number::U8,
            "uint16" => Number::U16,
            "uint32" => Number::U32,
            "uint64" => Number::U64,
            "float32" => Number::F32,
            "float64" => Number::F64,
            "float16" => return Some(Stored::Half),
            "string" => return Some(Stored::Text),
            _ => return None,
        };
        Some(Stored::Number(number))
    }
}

/// How the bytes of a chunk become its elements.
#[derive(Debug)]
pub(super) enum Chain {
    /// Here.
    Ours {
        /// Axes of the decoded chunk in the order in which the bytes have them.
        order: Vec<usize>,
        big_endian: bool,
        steps: Vec<Step>,
    },
    /// By the `zarrs` crate.
    Theirs,
}

/// Chunks in chunks.
#[derive(Debug)]
pub(super) struct Shard {
    /// How many chunks along each dimension.
    pub counts: Vec<usize>,
    /// The index stands before the chunks, not after them.
    pub index_first: bool,
    pub index_checked: bool,
}

impl Layout {
    pub fn of(path: &str, node: &Node) -> Result<Layout> {
        let list = |name: &str| node.metadata.get(name).and_then(sizes);
        let shape = list("shape").ok_or_else(|| Error::format("\"shape\" is no list of lengths"))?;
        let (stored, big, times) = match node.version {
            Version::V2 => v2_type(&node.metadata)?,
            Version::V3 => v3_type(&node.metadata)?,
        };
        let chunk = match node.version {
            Version::V2 => list("chunks"),
            Version::V3 => v3_chunk(&node.metadata)?,
        };
        let chunk = chunk.ok_or_else(|| Error::format("the lengths of chunks are no list of lengths"))?;
        if chunk.len() != shape.len() || chunk.contains(&0) {
            return Err(Error::format(format!("chunks of {chunk:?} do not fit shape {shape:?}")));
        }
        if shape.iter().try_fold(16usize, |n, &s| n.checked_mul(s)).is_none() {
            return Err(Error::format(format!("shape {shape:?} has too many elements")));
        }
        let rank = shape.len();
        let parsed = match node.version {
            Version::V2 => v2_chain(&node.metadata, rank, big, stored).map(|c| (c, None)),
            Version::V3 => node.metadata.get("codecs").and_then(Value::as_array).and_then(|c| v3_chain(c, &chunk, stored)),
        };
        let (chain, shard) = parsed.unwrap_or((Chain::Theirs, None));
        // Objects of the crate are made of metadata that nobody has checked.
        let stand_in = stand_in(node.version, stored, big, times.is_some());
        let whole = guarded(|| zarrs_array(path, node, stand_in, false));
        let (array, codecs) = match (whole, &chain) {
            // The crate need not know codecs that are undone here.
            (Err(e), Chain::Ours { .. }) => match guarded(|| zarrs_array(path, node, stand_in, true)) {
                Ok(array) => (array, Some(codecs_of(node))),
                Err(_) => return Err(e),
            },
            (array, _) => (array?, None),
        };
        let (tile, shard) = match shard {
            Some((tile, shard)) => (tile, Some(shard)),
            None => (chunk.clone(), None),
        };
        if matches!(chain, Chain::Theirs) && matches!(stored, Stored::Text | Stored::Bytes(_)) {
            return Err(Error::unsupported("texts behind these codecs are not read here"));
        }
        let fill = match stored {
            // The padding.
            Stored::Bytes(n) => vec![0; n],
            _ => array.fill_value().as_ne_bytes().to_vec(),
        };
        if stored.width().is_some_and(|w| w != fill.len()) {
            return Err(Error::format(format!("the fill value has {} bytes, an element {}", fill.len(), stored.width().unwrap_or(0))));
        }
        Ok(Layout { shape, chunk, tile, stored, chain, shard, fill, times, array, codecs })
    }

    /// Bytes of a decoded chunk; for texts of any length those of their views.
    pub fn tile_bytes(&self) -> Option<usize> {
        self.tile.iter().try_fold(self.stored.width().unwrap_or(16), |n, &t| n.checked_mul(t))
    }

    /// The codecs as Zarr v3 spells them.
    pub fn codecs(&self) -> Option<Value> {
        if self.codecs.is_some() {
            return self.codecs.clone();
        }
        match self.array.metadata() {
            ArrayMetadata::V3(m) => serde_json::to_value(&m.codecs).ok(),
            ArrayMetadata::V2(m) => serde_json::to_value(&zarrs::convert::array_metadata_v2_to_v3(m).ok()?.codecs).ok(),
        }
    }
}

/// The type that the crate is shown in place of one that it does not know: bytes for texts of bytes (it is then asked for the names
/// of chunks only), whole numbers for times.
fn stand_in(version: Version, stored: Stored, big: bool, times: bool) -> Option<&'static str> {
    match (version, stored) {
        (Version::V2, Stored::Bytes(_)) => Some("|u1"),
        (Version::V3, Stored::Bytes(_)) => Some("uint8"),
        (Version::V2, _) if times => Some(if big { ">i8" } else { "<i8" }),
        (Version::V3, _) if times => Some("int64"),
        _ => None,
    }
}

/// The codecs of an array in the spelling of version 3.
fn codecs_of(node: &Node) -> Value {
    if node.version == Version::V3 {
        return node.metadata.get("codecs").cloned().unwrap_or_default();
    }
    let null = Value::Null;
    let filters = node.metadata.get("filters").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let compressor = Some(node.metadata.get("compressor").unwrap_or(&null)).filter(|c| !c.is_null());
    let spelled = |codec: &Value| {
        let mut configuration = codec.as_object().cloned().unwrap_or_default();
        let id = configuration.remove("id");
        serde_json::json!({"name": id.as_ref().and_then(Value::as_str).unwrap_or(""), "configuration": configuration})
    };
    Value::Array(filters.iter().chain(compressor).map(spelled).collect())
}

/// The object of the crate; without codecs, where it is asked for the names of chunks only.
fn zarrs_array(path: &str, node: &Node, stand_in: Option<&str>, bare: bool) -> Result<Array<()>> {
    let unfit = |e: &dyn std::fmt::Display| Error::format(format!("the metadata is not understood: {e}"));
    let mut metadata = node.metadata.clone();
    // zarr-python writes null or 0 for texts where the crate wants a text.
    let is_text = metadata.get("dtype").and_then(Value::as_str).is_some_and(|t| t.get(1..2).is_some_and(|k| ["S", "U", "O"].contains(&k)));
    if node.version == Version::V2 && is_text && !metadata.get("fill_value").is_some_and(Value::is_string) {
        metadata.insert("fill_value".into(), "".into());
    }
    if let Some(name) = stand_in {
        let fill = match metadata.get("fill_value") {
            Some(Value::String(s)) if s == "NaT" => i64::MIN.into(),
            Some(Value::Number(n)) if name.contains('i') && !name.starts_with('u') => Value::Number(n.clone()),
            _ => Value::from(0),
        };
        metadata.insert("fill_value".into(), fill);
        metadata.insert(if node.version == Version::V2 { "dtype" } else { "data_type" }.into(), name.into());
    }
    match node.version {
        Version::V2 if bare => ["filters", "compressor"].into_iter().for_each(|k| drop(metadata.insert(k.into(), Value::Null))),
        Version::V3 if bare => {
            let bytes = serde_json::json!([{"name": "bytes", "configuration": {"endian": "little"}}]);
            metadata.insert("codecs".into(), bytes);
        }
        _ => {}
    }
    let value = Value::Object(metadata);
    let metadata = match node.version {
        Version::V2 => ArrayMetadata::V2(serde_json::from_value(value).map_err(|e| unfit(&e))?),
        Version::V3 => ArrayMetadata::V3(serde_json::from_value(value).map_err(|e| unfit(&e))?),
    };
    Array::new_with_metadata(std::sync::Arc::new(()), &format!("/{path}"), metadata)
        .map_err(|e| Error::unsupported(format!("the array is of a kind that is not read here: {e}")))
}

/// Lengths of dimensions or chunks.
fn sizes(value: &Value) -> Option<Vec<usize>> {
    value.as_array()?.iter().map(|v| v.as_u64().and_then(|n| usize::try_from(n).ok())).collect()
}

fn unknown_type(name: &str) -> Error {
    Error::unsupported(format!("values of type {name:?} are not read here")).help("numbers, booleans, times and texts are")
}

fn configuration(value: &Value) -> Option<&Value> {
    value.get("configuration")
}

/// A name, plain or in an object.
fn name_of(value: &Value) -> &str {
    value.as_str().or_else(|| value.get("name").and_then(Value::as_str)).unwrap_or("")
}

type Typed = (Stored, bool, Option<String>);

fn v3_type(metadata: &Map<String, Value>) -> Result<Typed> {
    let value = metadata.get("data_type").unwrap_or(&Value::Null);
    let name = name_of(value);
    let length = |unit: u64| {
        let bytes = configuration(value).and_then(|c| c.get("length_bytes")).and_then(Value::as_u64);
        bytes.filter(|b| b % unit == 0).and_then(|b| usize::try_from(b / unit).ok())
    };
    let stored = match name {
        "fixed_length_utf32" => length(4).map(Stored::Utf32),
        "null_terminated_bytes" => length(1).map(Stored::Bytes),
        "numpy.datetime64" | "numpy.timedelta64" => {
            let get = |key: &str| configuration(value).and_then(|c| c.get(key));
            let unit = get("unit").and_then(Value::as_str).unwrap_or("");
            let factor = get("scale_factor").and_then(Value::as_u64).unwrap_or(1);
            return time_type(unit, factor, name == "numpy.datetime64", false, name);
        }
        plain => Stored::of_name(plain),
    };
    Ok((stored.ok_or_else(|| unknown_type(name))?, false, None))
}

fn v2_type(metadata: &Map<String, Value>) -> Result<Typed> {
    let value = metadata.get("dtype").unwrap_or(&Value::Null);
    let Some(text) = value.as_str() else { return Err(Error::unsupported("records are not read here")) };
    let mut chars = text.chars();
    let (order, kind) = (chars.next().unwrap_or(' '), chars.next().unwrap_or(' '));
    let rest = chars.as_str();
    let big = order == '>';
    let size = || rest.parse::<usize>().ok();
    let stored = match (kind, rest) {
        ('b', "1") => Some(Stored::Number(Number::Bool)),
        ('i', _) => Stored::of_name(&format!("int{}", size().unwrap_or(0).saturating_mul(8))),
        ('u', _) => Stored::of_name(&format!("uint{}", size().unwrap_or(0).saturating_mul(8))),
        ('f', _) => Stored::of_name(&format!("float{}", size().unwrap_or(0).saturating_mul(8))),
        ('S', _) => size().map(Stored::Bytes),
        ('U', _) => size().map(Stored::Utf32),
        ('O', "") => Some(Stored::Text),
        ('M' | 'm', _) if rest.starts_with("8[") => {
            let inner = rest[2..].trim_end_matches(']');
            let digits = inner.chars().take_while(char::is_ascii_digit).count();
            let factor = if digits == 0 { Some(1) } else { inner[..digits].parse().ok() };
            return time_type(&inner[digits..], factor.unwrap_or(0), kind == 'M', big, text);
        }
        _ => None,
    };
    Ok((stored.ok_or_else(|| unknown_type(text))?, big, None))
}

/// numpy's times: whole numbers with units of their own.
fn time_type(unit: &str, factor: u64, absolute: bool, big: bool, name: &str) -> Result<Typed> {
    let word = match unit {
        "D" => "days",
        "h" => "hours",
        "m" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" | "μs" => "microseconds",
        "ns" => "nanoseconds",
        _ => return Err(unknown_type(&format!("{name} {unit}"))),
    };
    if factor != 1 {
        return Err(unknown_type(&format!("{name} {factor}{unit}")));
    }
    let units = if absolute { format!("{word} since 1970-01-01") } else { word.to_string() };
    Ok((Stored::Number(Number::I64), big, Some(units)))
}

fn v3_chunk(metadata: &Map<String, Value>) -> Result<Option<Vec<usize>>> {
    let grid = metadata.get("chunk_grid").unwrap_or(&Value::Null);
    match name_of(grid) {
        "regular" => Ok(configuration(grid).and_then(|c| c.get("chunk_shape")).and_then(sizes)),
        other => Err(Error::unsupported(format!("chunks of the grid {other:?} are not read here"))),
    }
}

fn v2_chain(metadata: &Map<String, Value>, rank: usize, big_endian: bool, stored: Stored) -> Option<Chain> {
    let mut steps = Vec::new();
    let mut texts = false;
    let null = Value::Null;
    let filters = match metadata.get("filters").unwrap_or(&null) {
        Value::Null => &[][..],
        Value::Array(list) => list,
        _ => return None,
    };
    let compressor = Some(metadata.get("compressor").unwrap_or(&null)).filter(|c| !c.is_null());
    for codec in filters.iter().chain(compressor) {
        let id = codec.get("id").and_then(Value::as_str)?;
        match id {
            "vlen-utf8" if stored == Stored::Text && steps.is_empty() && !texts => texts = true,
            _ => steps.push(Step::of(id, Some(codec))?),
        }
    }
    if texts != (stored == Stored::Text) || steps.iter().any(|s| s.misfits(stored.width())) {
        return None;
    }
    let mut order: Vec<usize> = (0..rank).collect();
    if metadata.get("order").and_then(Value::as_str) == Some("F") {
        order.reverse();
    }
    Some(Chain::Ours { order, big_endian, steps })
}

/// The chain of the chunks, and the shape of chunks within a shard, where there are shards.
type Codecs = (Chain, Option<(Vec<usize>, Shard)>);

fn v3_chain(codecs: &[Value], chunk: &[usize], stored: Stored) -> Option<Codecs> {
    if let [only] = codecs
        && name_of(only) == "sharding_indexed"
    {
        let (tile, shard, inner) = sharding(configuration(only)?, chunk)?;
        return Some((plain_chain(inner, chunk.len(), stored)?, Some((tile, shard))));
    }
    Some((plain_chain(codecs, chunk.len(), stored)?, None))
}

fn sharding<'a>(c: &'a Value, chunk: &[usize]) -> Option<(Vec<usize>, Shard, &'a [Value])> {
    let tile = c.get("chunk_shape").and_then(sizes)?;
    if tile.len() != chunk.len() || tile.iter().zip(chunk).any(|(&t, &c)| t == 0 || c % t != 0) {
        return None;
    }
    let index = c.get("index_codecs")?.as_array()?;
    let index_checked = match index.as_slice() {
        [bytes] if name_of(bytes) == "bytes" => false,
        [bytes, sum] if name_of(bytes) == "bytes" && name_of(sum) == "crc32c" => true,
        _ => return None,
    };
    if is_big(&index[0]) {
        return None;
    }
    let index_first = match c.get("index_location").and_then(Value::as_str) {
        None | Some("end") => false,
        Some("start") => true,
        _ => return None,
    };
    let counts = chunk.iter().zip(&tile).map(|(c, t)| c / t).collect();
    Some((tile, Shard { counts, index_first, index_checked }, c.get("codecs")?.as_array()?))
}

fn is_big(codec: &Value) -> bool {
    configuration(codec).and_then(|c| c.get("endian")).and_then(Value::as_str) == Some("big")
}

fn plain_chain(codecs: &[Value], rank: usize, stored: Stored) -> Option<Chain> {
    let mut order: Vec<usize> = (0..rank).collect();
    let mut at = 0;
    let mut first = None;
    while let Some(codec) = codecs.get(at) {
        if name_of(codec) == "numcodecs.delta" && at == 0 {
            first = Some(Step::of("delta", configuration(codec))?);
            at += 1;
            continue;
        }
        // What differences of a transposed array are, depends on how that is held.
        if name_of(codec) != "transpose" || first.is_some() {
            break;
        }

        let axes = configuration(&codecs[at])?.get("order").and_then(sizes)?;
        let mut seen = vec![false; rank];
        if axes.len() != rank || axes.iter().any(|&a| a >= rank || std::mem::replace(&mut seen[a], true)) {
            return None;
        }
        order = axes.iter().map(|&a| order[a]).collect();
        at += 1;
    }
    let serializer = codecs.get(at)?;
    let big_endian = match (name_of(serializer), stored) {
        ("bytes", s) if s != Stored::Text => is_big(serializer),
        ("vlen-utf8", Stored::Text) => false,
        _ => return None,
    };
    let rest = codecs[at + 1..].iter().map(|c| Step::of(name_of(c), configuration(c)));
    let steps = first.map(|s| Some(s.in_order(big_endian))).into_iter().chain(rest).collect::<Option<Vec<_>>>()?;
    let misfits = steps.iter().any(|s| s.misfits(stored.width()));
    (!misfits).then_some(Chain::Ours { order, big_endian, steps })
}
