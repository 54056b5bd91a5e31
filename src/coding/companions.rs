//! Which variables are coordinates, and which only accompany another.

use crate::array::{Dataset, Role, Variable, companions};
use crate::error::Result;
use crate::store::Attrs;
use indexmap::{IndexMap, IndexSet};

/// For each variable of bounds its parent.
pub(super) fn bounds_of(variables: &IndexMap<String, Variable>) -> IndexMap<String, String> {
    let mut out = IndexMap::new();
    for (parent, v) in variables {
        for role in [Role::Bounds, Role::Climatology] {
            if let Some(name) = v.attrs.text(role.attribute()).map(str::trim).filter(|n| variables.contains_key(*n) && n != parent) {
                out.entry(name.to_string()).or_insert(parent.clone());
            }
        }
    }
    out
}

/// A dataset without its variables, and the variables in order.
pub(super) fn split(raw: Dataset) -> (Dataset, IndexMap<String, Variable>) {
    let variables = raw.coords.iter().map(|(n, v)| (n.to_string(), v.clone())).chain(raw.vars).collect();
    let rest = Dataset {
        attrs: raw.attrs,
        encoding: raw.encoding,
        dims: raw.dims,
        unlimited: raw.unlimited,
        groups: raw.groups,
        ..Dataset::default()
    };
    (rest, variables)
}

fn words(attrs: &Attrs) -> impl Iterator<Item = &str> {
    attrs.text("coordinates").into_iter().flat_map(str::split_whitespace)
}

/// Sorts variables into coordinates and data, as names, dimensions and `coordinates` attributes say.
pub(super) fn place(out: &mut Dataset, mut variables: IndexMap<String, Variable>, by_attribute: bool) -> Result<()> {
    let mut names: IndexSet<String> = IndexSet::new();
    names.extend(variables.iter().filter(|(n, v)| v.dims().len() == 1 && *v.dims()[0] == **n).map(|(n, _)| n.clone()));
    if by_attribute {
        for v in variables.values_mut() {
            names.extend(words(&v.attrs).map(String::from));
            if v.attrs.text("coordinates").is_some() {
                super::consume(v, &["coordinates"]);
            }
        }
        names.extend(words(&out.attrs).map(String::from));
        if out.attrs.text("coordinates").is_some()
            && let Some(value) = out.attrs.remove("coordinates")
        {
            out.encoding.set("coordinates", value);
        }
    }
    for (name, v) in variables {
        if names.contains(&name) { out.insert_coord(name, v)? } else { out.insert(name, v)? }
    }
    Ok(())
}

/// The inverse of [`place`]: all variables, with `coordinates` attributes that name every coordinate that needs naming.
///
/// A coordinate that no attribute names yet is added to the data variables that have its dimensions, or to the file's attribute
/// where there are none.
pub(super) fn unplace(dataset: &Dataset) -> (Dataset, IndexMap<String, Variable>) {
    let accompany = companions(dataset);
    let mut mentioned: IndexSet<&str> = words(&dataset.encoding).chain(words(&dataset.attrs)).collect();
    for (_, v) in dataset.coords.iter().chain(dataset.vars.iter().map(|(n, v)| (n.as_str(), v))) {
        mentioned.extend(words(&v.encoding.attrs).chain(words(&v.attrs)));
    }
    let is_index = |n: &str, v: &Variable| v.dims().len() == 1 && *v.dims()[0] == *n;
    // A name with a space cannot stand in the attribute.
    let needs = |n: &str, v: &Variable| !(is_index(n, v) || mentioned.contains(n) || n.contains(' '));
    let orphans: Vec<(&str, &Variable)> = dataset.coords.iter().filter(|(n, v)| needs(n, v)).collect();
    let (mut out, mut variables) = split(Dataset { groups: IndexMap::new(), ..dataset.clone() });
    for (k, value) in std::mem::take(&mut out.encoding).iter() {
        out.attrs.set(k, value.clone());
    }
    for (name, coordinate) in orphans {
        let mut placed = false;
        for n in dataset.vars.keys().filter(|n| !accompany.contains_key(*n)) {
            let Some(v) = variables.get_mut(n) else { continue };
            if coordinate.dims().iter().all(|d| v.dims().contains(d)) {
                let attrs = if v.attrs.contains("coordinates") { &mut v.attrs } else { &mut v.encoding.attrs };
                append(attrs, name);
                placed = true;
            }
        }
        if !placed {
            append(&mut out.attrs, name);
        }
    }
    (out, variables)
}

fn append(attrs: &mut Attrs, name: &str) {
    let text = match attrs.text("coordinates") {
        Some(old) if !old.is_empty() => format!("{old} {name}"),
        _ => name.to_string(),
    };
    attrs.set("coordinates", text);
}
