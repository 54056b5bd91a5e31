//! What Parquet and Arrow files share: our [`Schema`] as an arrow schema and back, with attributes, calendars, ordered categories,
//! row labels and pandas' metadata.

mod attrs;
mod convert;
mod merge;
mod pandas;

pub(crate) use convert::{Categories, array_for_encoder, array_for_file, column_from_file};

pub(crate) use merge::Merged;

use crate::dtype::{Calendar, DType, TimeUnit};
use crate::error::{Level, Notices, Place, Result};
use crate::store::{Field, Schema};
use arrow::datatypes::{DataType, Field as ArrowField, Schema as ArrowSchema};
use hashbrown::HashSet;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Key of the field metadata that names an extension type.
const EXTENSION: &str = "ARROW:extension:name";
/// Key of the field metadata that carries an extension type's parameters.
const EXTENSION_METADATA: &str = "ARROW:extension:metadata";
/// Instants of a calendar that arrow has no type for: an Int64 with the calendar in the extension metadata.
const INSTANT: &str = "hpda.instant";
/// Key of the schema metadata with the table's attributes in their exact types.
const ATTRS: &str = "hpda.attrs";

/// A file's columns as ours.
#[derive(Debug)]
pub(crate) struct FileColumns {
    /// Our schema; index levels lead.
    pub schema: Arc<Schema>,
    /// Our column `i` is the file's column `order[i]`.
    pub order: Vec<usize>,
    /// Oddities.
    pub notices: Notices,
}

/// Our schema of an arrow schema. `extra` is key-value metadata that stands beside it; `rows` lets a stored range index be checked.
pub(crate) fn read_schema(arrow: &ArrowSchema, extra: &BTreeMap<String, String>, rows: Option<u64>) -> Result<FileColumns> {
    let mut notices = Notices::new();
    let mut metadata: BTreeMap<String, String> = arrow.metadata().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    metadata.extend(extra.iter().map(|(k, v)| (k.clone(), v.clone())));
    metadata.remove("ARROW:schema");
    let exact_attrs = metadata.remove(ATTRS);

    for half in arrow.fields().iter().filter(|f| *f.data_type() == DataType::Float16) {
        let message = format!("column {:?}: it is f16 in its file, and is read as f32", half.name());
        notices.push(Level::Omitted, message, Place { column: Some(half.name().clone()), ..Place::default() });
    }
    let mut fields: Vec<Field> = arrow.fields().iter().map(|f| read_field(f)).collect();
    let pandas = metadata.get("pandas").map(|text| pandas::read(text, &fields, rows));
    let pandas = match pandas {
        Some(Err(e)) => {
            notices.warn(format!("the pandas metadata is not understood: {}", e.message()), Place::default());
            None
        }
        Some(Ok(p)) => Some(p),
        None => None,
    };
    let mut order: Vec<usize> = (0..fields.len()).collect();
    let mut schema = Schema::default();
    if let Some(p) = pandas {
        order.sort_by_key(|i| p.levels.iter().position(|l| l == i).unwrap_or(p.levels.len()));
        for (position, name) in p.level_names {
            fields[position].name = name;
        }
        schema.index = p.index;
        schema.labels = p.labels;
        schema.attrs = p.attrs;
    }
    if let Some(text) = metadata.get("PANDAS_ATTRS") {
        match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(map)) => schema.attrs = map.iter().map(|(k, v)| (k.clone(), attrs::from_natural(v))).collect(),
            _ => notices.warn("the attributes written by pandas are not understood", Place::default()),
        }
    }
    if let Some(text) = exact_attrs {
        match serde_json::from_str::<Value>(&text) {
            Ok(Value::Object(map)) => schema.attrs = map.iter().map(|(k, v)| (k.clone(), attrs::from_exact(v))).collect(),
            _ => notices.warn("the attributes of the table are not understood", Place::default()),
        }
    }
    schema.fields = order.iter().map(|&i| fields[i].clone()).collect();
    make_unique(&mut schema.fields, &mut notices);
    schema.metadata = metadata;
    Ok(FileColumns { schema: Arc::new(schema), order, notices })
}

fn read_field(field: &ArrowField) -> Field {
    let mut metadata: BTreeMap<&String, &String> = field.metadata().iter().collect();
    let mut dtype = DType::from_arrow(field.data_type());
    #[allow(deprecated)]
    let ordered = field.dict_is_ordered() == Some(true);
    match dtype {
        DType::Categorical { .. } => dtype = DType::Categorical { ordered },
        DType::I64 if field.metadata().get(EXTENSION).is_some_and(|n| n == INSTANT) => {
            if let Some(t) = field.metadata().get(EXTENSION_METADATA).and_then(|text| instant_of(text)) {
                dtype = t;
                metadata.retain(|k, _| *k != EXTENSION && *k != EXTENSION_METADATA);
            }
        }
        _ => {}
    }
    let attrs = metadata.into_iter().map(|(k, v)| (k.clone(), attrs::from_text(v))).collect();
    Field { name: field.name().clone(), dtype, nullable: field.is_nullable(), attrs }
}

fn instant_of(text: &str) -> Option<DType> {
    let v: Value = serde_json::from_str(text).ok()?;
    let unit = if v["unit"] == "ns" { TimeUnit::Ns } else { TimeUnit::Us };
    let tz = v["timezone"].as_str().map(Arc::from);
    Some(DType::Instant { unit, tz, calendar: Calendar::parse(v["calendar"].as_str()?).ok()? })
}

/// Arrow allows two columns of one name, we do not: the second becomes `a.1`.
fn make_unique(fields: &mut [Field], notices: &mut Notices) {
    let mut seen: HashSet<String> = HashSet::with_capacity(fields.len());
    let all: HashSet<String> = fields.iter().map(|f| f.name.clone()).collect();
    for field in fields {
        if seen.insert(field.name.clone()) {
            continue;
        }
        let free = (1..).map(|i| format!("{}.{i}", field.name)).find(|n| !seen.contains(n) && !all.contains(n));
        let free = free.unwrap_or_else(|| field.name.clone());
        notices.warn(format!("there are several columns {:?}: one of them is called {free:?} here", field.name), Place::default());
        field.name = free;
        seen.insert(field.name.clone());
    }
}

/// The arrow schema that a file declares for ours: plain text and lists, which every reader knows, and all metadata. `rows` is
/// needed for a range index.
pub(crate) fn declared(schema: &Schema, rows: Option<u64>) -> ArrowSchema {
    let names = pandas::file_names(schema);
    let fields: Vec<ArrowField> = schema.fields.iter().zip(&names).map(|(f, name)| declared_field(f, name)).collect();
    ArrowSchema::new(fields).with_metadata(schema_metadata(schema, rows).into_iter().collect())
}

/// The names over the types of the arrays that Parquet's encoders take: as they are held in memory, but for dictionaries of views.
pub(crate) fn encodable(schema: &Schema) -> ArrowSchema {
    let names = pandas::file_names(schema);
    let fields = schema.fields.iter().zip(&names).map(|(f, name)| ArrowField::new(name, convert::encodable_type(&f.dtype), f.nullable));
    ArrowSchema::new(fields.collect::<Vec<_>>())
}

fn declared_field(field: &Field, name: &str) -> ArrowField {
    let mut metadata: BTreeMap<String, String> = field.attrs.iter().map(|(k, v)| (k.to_string(), attrs::to_text(v))).collect();
    if let DType::Instant { unit, tz, calendar } = &field.dtype
        && *calendar != Calendar::ProlepticGregorian
    {
        let unit = if *unit == TimeUnit::Ns { "ns" } else { "us" };
        let mut parameters = json!({"calendar": calendar.name(), "unit": unit});
        if let Some(tz) = tz {
            parameters["timezone"] = tz.as_ref().into();
        }
        metadata.insert(EXTENSION.into(), INSTANT.into());
        metadata.insert(EXTENSION_METADATA.into(), parameters.to_string());
    }
    let t = convert::declared_type(&field.dtype);
    #[allow(deprecated)]
    let f = match (&t, &field.dtype) {
        (DataType::Dictionary(..), DType::Categorical { ordered }) => ArrowField::new_dict(name, t, field.nullable, 0, *ordered),
        _ => ArrowField::new(name, t, field.nullable),
    };
    f.with_metadata(metadata.into_iter().collect())
}

/// Key-value metadata of a file: what is carried, and what is said of attributes, labels and row labels.
pub(crate) fn schema_metadata(schema: &Schema, rows: Option<u64>) -> BTreeMap<String, String> {
    let mut metadata: BTreeMap<String, String> = schema.metadata.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    let mut json = |key: &str| metadata.remove(key).and_then(|t| serde_json::from_str::<Value>(&t).ok());
    let (before, pandas) = (json("PANDAS_ATTRS"), json("pandas"));
    let before = before.or_else(|| pandas?.get_mut("attributes").map(Value::take));
    let mut natural = serde_json::Map::new();
    if !schema.attrs.is_empty() {
        for (k, v) in schema.attrs.iter() {
            // What pandas wrote comes back as it was, as long as it still means the same (nested values, true, null).
            let same = before.as_ref().and_then(|b| b.get(k)).filter(|b| attrs::from_natural(b) == *v);
            natural.insert(k.to_string(), same.cloned().unwrap_or_else(|| attrs::to_natural(v)));
        }
        let exact: serde_json::Map<String, Value> = schema.attrs.iter().map(|(k, v)| (k.to_string(), attrs::to_exact(v))).collect();
        metadata.insert(ATTRS.into(), Value::Object(exact).to_string());
        metadata.insert("PANDAS_ATTRS".into(), Value::Object(natural.clone()).to_string());
    }
    if let Some(text) = pandas::write(schema, natural, rows) {
        metadata.insert("pandas".into(), text);
    }
    metadata
}
