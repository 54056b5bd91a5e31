//! A store as a cube whose values are still in it.

use super::array::ZarrArray;
use super::json;
use super::layout::{Layout, Number, Stored};
use super::shards::Shards;
use super::store::Store;
use super::tree::{self, Group, Node, SINGLE, Version};
use crate::array::{Data, Dataset, Encoding, LazyArray, Variable};
use crate::dtype::DType;
use crate::error::{Error, Level, Notices, Place, Result, ResultExt, quoted_list};
use crate::store::{AttrValue, Attrs, Budget};
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::Arc;

/// How a store is read.
#[derive(Clone, Debug)]
pub struct ZarrReadOptions {
    /// Only this group (`/ocean/deep`) and those below it, as if it were the store.
    pub group: Option<String>,
    /// Where chunks on their way are booked.
    pub budget: Budget,
}

impl Default for ZarrReadOptions {
    fn default() -> ZarrReadOptions {
        ZarrReadOptions { group: None, budget: Budget::new(512 << 20) }
    }
}

/// Opens a store of version 2 or 3: metadata only, values stay in it until they are asked for. Nothing is decoded.
///
/// * Dimensions are named by `_ARRAY_DIMENSIONS` (v2) or `dimension_names` (v3); those without a name are `dim_0`, `dim_1` and so on.
/// * The fill value of an array of version 2 is its `_FillValue`; that of version 3 only stands for chunks that are not there, and
///   the attribute `_FillValue` says which values are missing. xarray reads both so.
/// * Arrays of types or codecs that are not read are left out with a notice of level [`Level::Changed`].
///
/// # Errors
/// Io; format, for what is no store or is damaged; not found, for a group that is not there.
pub fn open(path: &Path, options: &ZarrReadOptions) -> Result<(Dataset, Notices)> {
    let store = Arc::new(Store::open(path)?);
    let tree = tree::read(&store)?;
    let mut notices = Notices::new();
    let (mut group, mut at) = (&tree.root, String::new());
    for part in options.group.as_deref().unwrap_or("").split('/').filter(|p| !p.is_empty()) {
        let Some(below) = group.groups.get(part) else {
            let known = group.groups.keys().map(String::as_str);
            return Err(Error::not_found("group", part, known).at(Place { group: Some(format!("/{at}")), ..Place::file(path) }));
        };
        at = if at.is_empty() { part.to_string() } else { format!("{at}/{part}") };
        group = below;
    }
    let reader = Reader { store: &store, budget: &options.budget, single: tree.is_array };
    let dataset = reader.group(group, &at, &mut notices).at_file(path)?;
    Ok((dataset, notices))
}

/// What a store says of itself.
#[derive(Clone, Debug)]
pub struct ZarrFacts {
    /// 2 or 3.
    pub version: u8,
    /// All metadata stand in one file.
    pub consolidated: bool,
}

/// The version of a store, and whether its metadata stand in one file.
///
/// # Errors
/// As [`open`].
pub fn facts(path: &Path) -> Result<ZarrFacts> {
    let tree = tree::read(&Store::open(path)?)?;
    Ok(ZarrFacts { version: if tree.version == Version::V2 { 2 } else { 3 }, consolidated: tree.consolidated })
}

struct Reader<'a> {
    store: &'a Arc<Store>,
    budget: &'a Budget,
    single: bool,
}

impl Reader<'_> {
    fn group(&self, group: &Group, path: &str, notices: &mut Notices) -> Result<Dataset> {
        let place = Place { group: (!path.is_empty()).then(|| format!("/{path}")), ..Place::file(self.store.path()) };
        let mut dataset = Dataset { attrs: attrs_of(&group.attrs), ..Dataset::new() };
        changed_attrs(&group.attrs, &place, notices);
        // Names that arrays give come before those that are made up.
        let (named, nameless): (Vec<_>, Vec<_>) = group.arrays.iter().partition(|(_, node)| names(node).iter().all(Option::is_some));
        let mut variables: Vec<(&String, Result<Variable>)> = Vec::new();
        for (name, node) in named.into_iter().chain(nameless) {
            let place = Place { variable: Some(name.clone()), ..place.clone() };
            let variable = self.variable(name, node, path, &mut dataset, &place);
            variables.push((name, variable));
        }
        variables.sort_by_key(|(name, _)| group.arrays.get_index_of(*name));
        for (name, variable) in variables {
            let place = Place { variable: Some(name.clone()), ..place.clone() };
            if let (Ok(_), Some(node)) = (&variable, group.arrays.get(name)) {
                changed_attrs(&node.attrs, &place, notices);
            }
            let put = variable.and_then(|v| {
                let coordinate = v.dims().len() == 1 && *v.dims()[0] == **name;
                if coordinate { dataset.insert_coord(name.clone(), v) } else { dataset.insert(name.clone(), v) }
            });
            if let Err(e) = put {
                notices.push(Level::Changed, format!("variable {name:?} is left out: {}", e.message()), place);
            }
        }
        for (name, below) in &group.groups {
            let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            dataset.groups.insert(name.clone(), self.group(below, &path, notices)?);
        }
        Ok(dataset)
    }

    fn variable(&self, name: &str, node: &Node, group: &str, dataset: &mut Dataset, place: &Place) -> Result<Variable> {
        let path = match (self.single && name == SINGLE, group) {
            (true, _) => String::new(),
            (false, "") => name.to_string(),
            (false, group) => format!("{group}/{name}"),
        };
        let layout = Layout::of(&path, node)?;
        let dims = dims(&names(node), &layout.shape, dataset);
        let mut attrs = attrs_of(&node.attrs);
        attrs.remove("_ARRAY_DIMENSIONS");
        let dtype = layout.stored.dtype();
        match node.version {
            // As xarray: the fill value says what is missing, whoever set it.
            Version::V2 if !node.metadata.get("fill_value").is_none_or(Value::is_null) => set_fill(&mut attrs, fill_attr(&layout)),
            Version::V2 => (),
            Version::V3 => {
                if let Some(value) = node.attrs.get("_FillValue") {
                    set_fill(&mut attrs, v3_fill(value, &dtype));
                } else if dtype == DType::Str
                    && let Some(text) = node.metadata.get("fill_value").and_then(Value::as_str).filter(|t| !t.is_empty())
                {
                    set_fill(&mut attrs, Some(AttrValue::Text(text.into())));
                }
            }
        }
        in_type(&mut attrs, &dtype);
        if let Some(units) = layout.times.as_ref().filter(|_| !attrs.contains("units")) {
            attrs.set("units", units.as_str());
            if units.contains("since") {
                attrs.set("calendar", "proleptic_gregorian");
            }
            // NaT.
            attrs.set("_FillValue", AttrValue::I64(vec![i64::MIN]));
        }
        let encoding = encoding(&layout, dtype.clone());
        let source = ZarrArray {
            store: self.store.clone(),
            layout,
            shards: Shards::default(),
            dtype,
            budget: self.budget.clone(),
            place: place.clone(),
        };
        let variable = Variable::new(dims, Data::Lazy(LazyArray::new(Arc::new(source))))?;
        Ok(variable.with_attrs(attrs).with_encoding(encoding))
    }
}

fn attrs_of(map: &Map<String, Value>) -> Attrs {
    map.iter().map(|(name, value)| (name.as_str(), json::to_attr(value))).collect()
}

/// The names of the dimensions, as far as there are any.
fn names(node: &Node) -> Vec<Option<String>> {
    let rank = node.metadata.get("shape").and_then(Value::as_array).map_or(0, Vec::len);
    let list = match node.version {
        Version::V2 => {
            let nczarr =
                || ["_NCZARR_ARRAY", "_nczarr_array"].iter().find_map(|k| node.metadata.get(*k).or(node.attrs.get(*k))?.get("dimrefs"));
            node.attrs.get("_ARRAY_DIMENSIONS").or_else(nczarr)
        }
        Version::V3 => node.metadata.get("dimension_names"),
    };
    let list = list.and_then(Value::as_array).filter(|l| l.len() == rank);
    let last = |s: &str| s.rsplit('/').next().unwrap_or(s).to_string();
    match list {
        Some(list) => list.iter().map(|v| v.as_str().map(last).filter(|s| !s.is_empty())).collect(),
        None => vec![None; rank],
    }
}

/// Dimensions by name; those without one are called `dim_0`, `dim_1`, by the first number that is free or has the right length.
fn dims(names: &[Option<String>], shape: &[usize], dataset: &mut Dataset) -> Vec<Arc<str>> {
    let mut out: Vec<Arc<str>> = Vec::new();
    for (d, (name, &length)) in names.iter().zip(shape).enumerate() {
        let name = match name {
            Some(name) => Arc::from(name.as_str()),
            None => {
                let numbered = (d..).map(|i| Arc::<str>::from(format!("dim_{i}")));
                let fits = |n: &Arc<str>| !out.contains(n) && dataset.dims.get(n).is_none_or(|&l| l == length);
                let name = numbered.into_iter().find(fits).unwrap_or_else(|| "dim".into());
                dataset.dims.insert(name.clone(), length);
                name
            }
        };
        out.push(name);
    }
    out
}

/// Says which attributes are of types of JSON that attributes do not have.
fn changed_attrs(map: &Map<String, Value>, place: &Place, notices: &mut Notices) {
    let odd = |v: &Value| !v.is_string() && matches!(json::to_attr(v), AttrValue::Text(_));
    let names: Vec<&str> = map.iter().filter(|(k, v)| *k != "_ARRAY_DIMENSIONS" && odd(v)).map(|(k, _)| k.as_str()).collect();
    if !names.is_empty() {
        let said = format!("attributes of JSON are read as texts (null, objects, lists of several types): {}", quoted_list(&names, 5));
        notices.push(Level::Omitted, said, place.clone());
    }
}

fn set_fill(attrs: &mut Attrs, value: Option<AttrValue>) {
    attrs.remove("_FillValue");
    if let Some(value) = value {
        attrs.set("_FillValue", value);
    }
}

/// The fill value of an array as an attribute of its type; none for booleans, of which no value is missing.
fn fill_attr(layout: &Layout) -> Option<AttrValue> {
    let b = layout.fill.as_slice();
    macro_rules! number {
        ($t:ty, $v:ident) => {
            AttrValue::$v(vec![<$t>::from_ne_bytes(b.try_into().ok()?)])
        };
    }
    Some(match layout.stored {
        Stored::Number(n) => match n {
            Number::Bool => return None,
            Number::I8 => number!(i8, I8),
            Number::I16 => number!(i16, I16),
            Number::I32 => number!(i32, I32),
            Number::I64 => number!(i64, I64),
            Number::U8 => number!(u8, U8),
            Number::U16 => number!(u16, U16),
            Number::U32 => number!(u32, U32),
            Number::U64 => number!(u64, U64),
            Number::F32 => number!(f32, F32),
            Number::F64 => number!(f64, F64),
        },
        Stored::Half => AttrValue::F32(vec![half::f16::from_ne_bytes(b.try_into().ok()?).to_f32()]),
        Stored::Text => AttrValue::Text(String::from_utf8(b.to_vec()).ok()?),
        // The padding of texts.
        Stored::Utf32(_) | Stored::Bytes(_) => return None,
    })
}

/// The attribute `_FillValue` as xarray writes it in version 3: floats as base64 of their eight bytes.
fn v3_fill(value: &Value, dtype: &DType) -> Option<AttrValue> {
    use base64::Engine;
    if *dtype == DType::Bool {
        return None;
    }
    let packed = value.as_str().filter(|_| dtype.is_float()).and_then(|s| base64::engine::general_purpose::STANDARD.decode(s).ok());
    let number = packed.and_then(|b| Some(f64::from_le_bytes(b.try_into().ok()?)));
    match (number, dtype) {
        (Some(x), DType::F32) => Some(AttrValue::F32(vec![x as f32])),
        (Some(x), _) => Some(AttrValue::F64(vec![x])),
        (None, _) => Some(json::to_attr(value)),
    }
}

/// Attributes that CF wants in the type of the values, of which JSON knows nothing, are brought to it where that changes no number.
fn in_type(attrs: &mut Attrs, dtype: &DType) {
    const NAMES: [&str; 7] = ["_FillValue", "missing_value", "valid_min", "valid_max", "valid_range", "flag_values", "flag_masks"];
    // Of packed values scale and offset tell the type of the others.
    for name in NAMES {
        let Some(value) = attrs.get(name) else { continue };
        macro_rules! number {
            ($t:ty, $v:ident) => {
                match value {
                    AttrValue::I64(x) => x.iter().map(|&x| <$t>::try_from(x).ok()).collect::<Option<Vec<$t>>>().map(AttrValue::$v),
                    _ => None,
                }
            };
        }
        let better = match dtype {
            DType::I8 => number!(i8, I8),
            DType::I16 => number!(i16, I16),
            DType::I32 => number!(i32, I32),
            DType::U8 => number!(u8, U8),
            DType::U16 => number!(u16, U16),
            DType::U32 => number!(u32, U32),
            DType::U64 => number!(u64, U64),
            DType::F32 | DType::F64 => value.as_f64s().and_then(|v| match dtype {
                DType::F64 => Some(AttrValue::F64(v)),
                _ => {
                    let small: Vec<f32> = v.iter().map(|&x| x as f32).collect();
                    let same = small.iter().zip(&v).all(|(&s, &x)| s as f64 == x || x.is_nan());
                    same.then_some(AttrValue::F32(small))
                }
            }),
            _ => None,
        };
        if let Some(better) = better {
            attrs.set(name, better);
        }
    }
}

fn encoding(layout: &Layout, dtype: DType) -> Encoding {
    let (codecs, filters) = layout.codecs().as_ref().and_then(|c| super::codecs::described(c, layout)).unzip();
    let big_endian = matches!(layout.chain, super::layout::Chain::Ours { big_endian: true, .. });
    Encoding {
        dtype: Some(dtype),
        chunks: (!layout.tile.is_empty()).then(|| layout.tile.clone()),
        filters: filters.unwrap_or_default(),
        codecs: codecs.map(Arc::new),
        big_endian,
        stored_as: (layout.stored == Stored::Half).then_some("f16"),
        ..Encoding::default()
    }
}
