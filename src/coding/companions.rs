//! Which variables are coordinates, and which only accompany another.

use crate::array::{Dataset, Variable};
use crate::error::Result;
use crate::store::Attrs;
use indexmap::{IndexMap, IndexSet};

/// What a companion is to its parent: the attribute that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The edges of its cells.
    Bounds,
    /// The edges of its climatological periods.
    Climatology,
    /// The projection of its coordinates.
    GridMapping,
    /// Areas or volumes of its cells.
    CellMeasures,
    /// Quality flags, errors and the like.
    Ancillary,
    /// A term of the formula of a vertical coordinate.
    FormulaTerms,
}

impl Role {
    /// Every one of them.
    pub const ALL: [Role; 6] =
        [Role::Bounds, Role::Climatology, Role::GridMapping, Role::CellMeasures, Role::Ancillary, Role::FormulaTerms];

    /// CF's attribute.
    pub fn attribute(self) -> &'static str {
        match self {
            Role::Bounds => "bounds",
            Role::Climatology => "climatology",
            Role::GridMapping => "grid_mapping",
            Role::CellMeasures => "cell_measures",
            Role::Ancillary => "ancillary_variables",
            Role::FormulaTerms => "formula_terms",
        }
    }

    /// The variables that an attribute of this kind names.
    fn names(self, text: &str) -> Vec<&str> {
        let words = text.split_whitespace();
        match self {
            Role::Bounds | Role::Climatology | Role::Ancillary => words.collect(),
            // `crs`, or `crs: x y other: lat lon`, where the keys are the variables.
            Role::GridMapping if text.contains(':') => words.filter_map(|w| w.strip_suffix(':')).collect(),
            Role::GridMapping => words.collect(),
            // `area: areacella`, where the keys say what it is.
            Role::CellMeasures | Role::FormulaTerms => words.filter(|w| !w.ends_with(':')).collect(),
        }
    }
}

/// A variable that accompanies another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Companion {
    /// The variables that name it.
    pub parents: Vec<String>,
    /// As what the first of them does.
    pub role: Role,
}

/// Variables that others name by `bounds`, `climatology`, `grid_mapping`, `cell_measures`, `ancillary_variables` or
/// `formula_terms`, as far as they are here and are no coordinates. They follow their parents through selections and joins, are
/// listed apart and are left out of tables.
pub fn companions(dataset: &Dataset) -> IndexMap<String, Companion> {
    let mut out: IndexMap<String, Companion> = IndexMap::new();
    let all = dataset.vars.iter().map(|(n, v)| (n.as_str(), v)).chain(dataset.coords.iter());
    for (parent, v) in all {
        for role in Role::ALL {
            let text = v.attrs.text(role.attribute()).or(v.encoding.attrs.text(role.attribute()));
            for name in text.map(|t| role.names(t)).unwrap_or_default() {
                if name != parent && dataset.vars.contains_key(name) {
                    let entry = out.entry(name.into()).or_insert(Companion { parents: Vec::new(), role });
                    if !entry.parents.iter().any(|p| p == parent) {
                        entry.parents.push(parent.into());
                    }
                }
            }
        }
    }
    out
}

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
