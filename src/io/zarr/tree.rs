//! The hierarchy of a store: groups and arrays with their metadata, from consolidated metadata where there is some.

use super::json;
use super::store::{Store, check_key};
use crate::error::{Error, Place, Result};
use indexmap::IndexMap;
use serde_json::{Map, Value};

/// A group: its attributes, arrays and groups below.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub attrs: Map<String, Value>,
    pub arrays: IndexMap<String, Node>,
    pub groups: IndexMap<String, Group>,
}

/// The metadata of an array.
#[derive(Debug)]
pub(super) struct Node {
    pub version: Version,
    /// The object of `zarr.json` or `.zarray`.
    pub metadata: Map<String, Value>,
    pub attrs: Map<String, Value>,
}

/// The version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V2,
    V3,
}

/// What a store holds.
#[derive(Debug)]
pub(super) struct Tree {
    pub root: Group,
    pub version: Version,
    pub consolidated: bool,
    /// The store is one array, not a group.
    pub is_array: bool,
}

/// Groups deeper than this are the mark of a damaged store.
const DEEPEST: usize = 64;

/// The name of the array of a store that is nothing but one array.
pub(super) const SINGLE: &str = "data";

/// Reads all metadata.
pub(super) fn read(store: &Store) -> Result<Tree> {
    let not_there = || {
        Error::format("the folder is no Zarr store: it has none of zarr.json, .zgroup, .zarray")
            .help("name the folder that holds one of these")
            .at(Place::file(store.path()))
    };
    let plain = |root: Group, version| Tree { root, version, consolidated: false, is_array: false };
    if let Some(mut object) = object(store, "zarr.json")? {
        if object.get("zarr_format").and_then(Value::as_u64) != Some(3) {
            return Err(Error::unsupported(format!("the Zarr format {} is not read here", shown(object.get("zarr_format"))))
                .at(Place::file(store.shown("zarr.json"))));
        }
        if is_array(&object) {
            return Ok(single(v3_array(object), Version::V3));
        }
        if let Some(all) = consolidated(&mut object) {
            let mut root = Group { attrs: attributes(&mut object), ..Group::default() };
            for (path, node) in all {
                let Value::Object(node) = node else { continue };
                place_v3(&mut root, &path, node).map_err(|e| e.at(Place::file(store.shown("zarr.json"))))?;
            }
            return Ok(Tree { root, version: Version::V3, consolidated: true, is_array: false });
        }
        return Ok(plain(walk_v3(store, "", object, 0)?, Version::V3));
    }
    if let Some(object) = object(store, ".zmetadata")? {
        let place = || Place::file(store.shown(".zmetadata"));
        let Some(Value::Object(all)) = object.get("metadata").cloned() else {
            return Err(Error::format("consolidated metadata without \"metadata\"").at(place()));
        };
        let root = consolidated_v2(all).map_err(|e| e.at(place()))?;
        return Ok(Tree { root, version: Version::V2, consolidated: true, is_array: false });
    }
    if let Some(metadata) = object(store, ".zarray")? {
        let attrs = object_or_empty(store, ".zattrs")?;
        return Ok(single(Node { version: Version::V2, metadata, attrs }, Version::V2));
    }
    if object(store, ".zgroup")?.is_some() {
        return Ok(plain(walk_v2(store, "", 0)?, Version::V2));
    }
    Err(not_there())
}

fn single(node: Node, version: Version) -> Tree {
    let root = Group { arrays: IndexMap::from([(SINGLE.to_string(), node)]), ..Group::default() };
    Tree { root, version, consolidated: false, is_array: true }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "without a number".into(), Value::to_string)
}

fn is_array(object: &Map<String, Value>) -> bool {
    object.get("node_type").and_then(Value::as_str) == Some("array")
}

/// The JSON object of a key; none where there is no such file.
fn object(store: &Store, key: &str) -> Result<Option<Map<String, Value>>> {
    let Some(bytes) = store.text(key)? else { return Ok(None) };
    let place = || Place::file(store.shown(key));
    match json::parse(&bytes) {
        Ok(Value::Object(object)) => Ok(Some(object)),
        Ok(_) => Err(Error::format("the metadata is no JSON object").at(place())),
        Err(e) => Err(Error::format(format!("the metadata is no JSON: {e}")).at(place())),
    }
}

fn object_or_empty(store: &Store, key: &str) -> Result<Map<String, Value>> {
    Ok(object(store, key)?.unwrap_or_default())
}

fn attributes(object: &mut Map<String, Value>) -> Map<String, Value> {
    match object.shift_remove("attributes") {
        Some(Value::Object(attrs)) => attrs,
        _ => Map::new(),
    }
}

fn consolidated(object: &mut Map<String, Value>) -> Option<Map<String, Value>> {
    match object.shift_remove("consolidated_metadata")? {
        Value::Object(mut c) => match c.shift_remove("metadata") {
            Some(Value::Object(all)) => Some(all),
            _ => None,
        },
        _ => None,
    }
}

fn v3_array(mut metadata: Map<String, Value>) -> Node {
    let attrs = attributes(&mut metadata);
    Node { version: Version::V3, metadata, attrs }
}

/// The group of a path, made where it is not there.
fn group_at<'a>(root: &'a mut Group, path: &str) -> Result<&'a mut Group> {
    let mut at = root;
    for (depth, part) in path.split('/').filter(|p| !p.is_empty()).enumerate() {
        too_deep(depth)?;
        at = at.groups.entry(part.to_string()).or_default();
    }
    Ok(at)
}

fn too_deep(depth: usize) -> Result<()> {
    if depth > DEEPEST { Err(Error::format(format!("groups are more than {DEEPEST} deep"))) } else { Ok(()) }
}

fn place_v3(root: &mut Group, path: &str, mut node: Map<String, Value>) -> Result<()> {
    let path = path.trim_matches('/');
    check_key(path)?;
    if is_array(&node) {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        group_at(root, above)?.arrays.insert(name.to_string(), v3_array(node));
    } else {
        group_at(root, path)?.attrs = attributes(&mut node);
    }
    Ok(())
}

fn consolidated_v2(mut all: Map<String, Value>) -> Result<Group> {
    let mut root = Group::default();
    let keys: Vec<String> = all.keys().cloned().collect();
    let mut take = |key: &str| match all.shift_remove(key) {
        Some(Value::Object(object)) => Some(object),
        _ => None,
    };
    for key in keys {
        check_key(&key)?;
        let (path, file) = key.rsplit_once('/').unwrap_or(("", &key));
        let attrs = if path.is_empty() { ".zattrs".to_string() } else { format!("{path}/.zattrs") };
        match file {
            ".zgroup" => group_at(&mut root, path)?.attrs = take(&attrs).unwrap_or_default(),
            ".zarray" if !path.is_empty() => {
                let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
                let Some(metadata) = take(&key) else { continue };
                let node = Node { version: Version::V2, metadata, attrs: take(&attrs).unwrap_or_default() };
                group_at(&mut root, above)?.arrays.insert(name.to_string(), node);
            }
            _ => (),
        }
    }
    Ok(root)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_string() } else { format!("{path}/{name}") }
}

fn walk_v3(store: &Store, path: &str, mut own: Map<String, Value>, depth: usize) -> Result<Group> {
    too_deep(depth).map_err(|e| e.at(Place::file(store.path())))?;
    let mut group = Group { attrs: attributes(&mut own), ..Group::default() };
    for name in store.folders(path)? {
        let below = join(path, &name);
        let Some(node) = object(store, &format!("{below}/zarr.json"))? else { continue };
        if is_array(&node) {
            group.arrays.insert(name, v3_array(node));
        } else {
            group.groups.insert(name, walk_v3(store, &below, node, depth + 1)?);
        }
    }
    Ok(group)
}

fn walk_v2(store: &Store, path: &str, depth: usize) -> Result<Group> {
    too_deep(depth).map_err(|e| e.at(Place::file(store.path())))?;
    let mut group = Group { attrs: object_or_empty(store, &join(path, ".zattrs"))?, ..Group::default() };
    for name in store.folders(path)? {
        let below = join(path, &name);
        if let Some(metadata) = object(store, &format!("{below}/.zarray"))? {
            let attrs = object_or_empty(store, &format!("{below}/.zattrs"))?;
            group.arrays.insert(name, Node { version: Version::V2, metadata, attrs });
        } else if object(store, &format!("{below}/.zgroup"))?.is_some() {
            group.groups.insert(name, walk_v2(store, &below, depth + 1)?);
        }
    }
    Ok(group)
}
