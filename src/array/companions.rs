use super::{Dataset, Variable};
use indexmap::IndexMap;

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
    pub fn names(self, text: &str) -> Vec<&str> {
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

impl Dataset {
    /// Takes away what attributes say of companions that are no longer here.
    pub(crate) fn forget(&mut self, gone: &[&str]) {
        if gone.is_empty() {
            return;
        }
        let clean = |v: &mut Variable| {
            for role in Role::ALL {
                let names = |t: &str| role.names(t).iter().any(|n| gone.contains(n));
                for attrs in [&mut v.attrs, &mut v.encoding.attrs] {
                    if attrs.text(role.attribute()).is_some_and(names) {
                        attrs.remove(role.attribute());
                    }
                }
            }
        };
        self.vars.values_mut().for_each(clean);
        let coords: Vec<(String, Variable)> = self.coords.iter().map(|(n, c)| (n.to_string(), c.clone())).collect();
        for (name, mut c) in coords {
            clean(&mut c);
            self.coords.insert(name, c);
        }
    }
}
