//! What several cubes are asked to agree in, and what happens where they do not.

use crate::error::{Error, Result};
use crate::store::{AttrValue, Attrs};

/// What happens where the labels of a dimension differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Join {
    /// It is an error that names the first difference.
    #[default]
    Exact,
    /// Labels that all cubes have, in the order of the first.
    Inner,
    /// Labels that any cube has, ascending; what a cube lacks is missing.
    Outer,
    /// The labels of the first.
    Left,
    /// The labels of the last.
    Right,
    /// The labels of the first take the place of the others, which must be as many: positions meet, whatever they are called.
    Override,
}

impl Join {
    /// Every one, with its name.
    pub const ALL: [(Join, &'static str); 6] = [
        (Join::Exact, "exact"),
        (Join::Inner, "inner"),
        (Join::Outer, "outer"),
        (Join::Left, "left"),
        (Join::Right, "right"),
        (Join::Override, "override"),
    ];

    /// The way of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn parse(name: &str) -> Result<Join> {
        named("join", name, &Join::ALL)
    }
}

/// What happens where several cubes have a variable of a name that is not joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compat {
    /// They must be equal where both have a value; what one lacks comes from the other.
    #[default]
    NoConflicts,
    /// They must be equal, missing values included.
    Equals,
    /// They must be equal when one of them is repeated along the dims that only the other has.
    BroadcastEquals,
    /// They must be equal, attributes included.
    Identical,
    /// The first counts, and they are not compared.
    Override,
}

impl Compat {
    /// Every one, with its name.
    pub const ALL: [(Compat, &'static str); 5] = [
        (Compat::NoConflicts, "no_conflicts"),
        (Compat::Equals, "equals"),
        (Compat::BroadcastEquals, "broadcast_equals"),
        (Compat::Identical, "identical"),
        (Compat::Override, "override"),
    ];

    /// The one of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn parse(name: &str) -> Result<Compat> {
        named("compat", name, &Compat::ALL)
    }
}

/// What becomes of the attributes of several cubes, and of a variable in several cubes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CombineAttrs {
    /// Those of the first.
    #[default]
    Override,
    /// None.
    Drop,
    /// They must be the same everywhere.
    Identical,
    /// All of them; where two have a name, they must have the same value.
    NoConflicts,
    /// All of them but those that have different values.
    DropConflicts,
}

impl CombineAttrs {
    /// Every one, with its name.
    pub const ALL: [(CombineAttrs, &'static str); 5] = [
        (CombineAttrs::Override, "override"),
        (CombineAttrs::Drop, "drop"),
        (CombineAttrs::Identical, "identical"),
        (CombineAttrs::NoConflicts, "no_conflicts"),
        (CombineAttrs::DropConflicts, "drop_conflicts"),
    ];

    /// The one of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn parse(name: &str) -> Result<CombineAttrs> {
        named("attribute policy", name, &CombineAttrs::ALL)
    }

    /// The attributes of several as one.
    ///
    /// # Errors
    /// Invalid, where they differ and may not, with the first name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Attrs, ops::combine::CombineAttrs};
    /// let a: Attrs = [("units", "K"), ("run", "1")].into_iter().collect();
    /// let b: Attrs = [("units", "K"), ("run", "2")].into_iter().collect();
    /// let both = CombineAttrs::DropConflicts.of(&[&a, &b])?;
    /// assert_eq!((both.len(), both.text("units")), (1, Some("K")));
    /// assert!(CombineAttrs::NoConflicts.of(&[&a, &b]).is_err());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn of(self, all: &[&Attrs]) -> Result<Attrs> {
        let [first, rest @ ..] = all else { return Ok(Attrs::new()) };
        let refusal = |name: &str, a: Option<&AttrValue>, b: Option<&AttrValue>| {
            let text = |v: Option<&AttrValue>| match v.map(AttrValue::scalars) {
                None => "not there".to_string(),
                Some(v) => v.iter().map(|s| format!("{:?}", s.to_string())).collect::<Vec<_>>().join(", "),
            };
            Err(Error::invalid(format!("the attribute {name:?} is {} in one cube and {} in another", text(a), text(b)))
                .help("attributes drop_conflicts leaves it out, override takes that of the first"))
        };
        match self {
            CombineAttrs::Override => Ok((*first).clone()),
            CombineAttrs::Drop => Ok(Attrs::new()),
            CombineAttrs::Identical => {
                for other in rest {
                    if let Some((name, v)) = first.iter().find(|(n, v)| other.get(n) != Some(v)) {
                        return refusal(name, Some(v), other.get(name));
                    }
                    if let Some((name, v)) = other.iter().find(|(n, _)| !first.contains(n)) {
                        return refusal(name, None, Some(v));
                    }
                }
                Ok((*first).clone())
            }
            CombineAttrs::NoConflicts => {
                let mut out = (*first).clone();
                for (name, v) in rest.iter().flat_map(|a| a.iter()) {
                    match out.get(name) {
                        Some(own) if own != v => return refusal(name, Some(own), Some(v)),
                        Some(_) => {}
                        None => out.set(name, v.clone()),
                    }
                }
                Ok(out)
            }
            CombineAttrs::DropConflicts => {
                let mut out = (*first).clone();
                let mut gone: Vec<&str> = Vec::new();
                for (name, v) in rest.iter().flat_map(|a| a.iter()) {
                    match out.get(name) {
                        Some(own) if own != v => {
                            out.remove(name);
                            gone.push(name);
                        }
                        None if !gone.contains(&name) => out.set(name, v.clone()),
                        _ => {}
                    }
                }
                Ok(out)
            }
        }
    }
}

/// Which variables are laid end to end along the joined dimension, of those that do not have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// None: they are compared.
    #[default]
    Minimal,
    /// Those that differ.
    Different,
    /// All.
    All,
}

impl Spread {
    /// Every one, with its name.
    pub const ALL: [(Spread, &'static str); 3] = [(Spread::Minimal, "minimal"), (Spread::Different, "different"), (Spread::All, "all")];

    /// The one of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn parse(name: &str) -> Result<Spread> {
        named("choice of variables", name, &Spread::ALL)
    }
}

fn named<T: Copy, const N: usize>(what: &str, name: &str, all: &[(T, &'static str); N]) -> Result<T> {
    let found = all.iter().find(|(_, n)| *n == name).map(|(t, _)| *t);
    found.ok_or_else(|| Error::not_found(what, name, all.map(|(_, n)| n)))
}

/// How [`concat()`](super::concat()) joins.
#[derive(Clone, Debug)]
pub struct ConcatOptions {
    /// The dimension along which cubes are laid end to end; the one that differs when `None`. A name that is no dimension yet
    /// makes a new one.
    pub dim: Option<String>,
    /// What happens to other dimensions.
    pub join: Join,
    /// How variables that are not joined are compared: they must be equal, where nothing is said.
    pub compat: Compat,
    /// What becomes of attributes.
    pub attrs: CombineAttrs,
    /// Which data variables without the dimension get it.
    pub data_vars: Spread,
    /// Which coordinates without the dimension get it.
    pub coords: Spread,
}

impl Default for ConcatOptions {
    fn default() -> ConcatOptions {
        ConcatOptions {
            dim: None,
            join: Join::Exact,
            compat: Compat::Equals,
            attrs: CombineAttrs::Override,
            data_vars: Spread::Minimal,
            coords: Spread::Minimal,
        }
    }
}

impl ConcatOptions {
    /// Along this dimension.
    pub fn along(dim: impl Into<String>) -> ConcatOptions {
        ConcatOptions { dim: Some(dim.into()), ..ConcatOptions::default() }
    }
}

/// How several cubes are merged: variables of different names side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergeOptions {
    /// What happens where labels differ: all of them, where nothing is said.
    pub join: Join,
    /// What happens to variables that several have.
    pub compat: Compat,
    /// What becomes of attributes.
    pub attrs: CombineAttrs,
}

impl Default for MergeOptions {
    fn default() -> MergeOptions {
        MergeOptions { join: Join::Outer, compat: Compat::NoConflicts, attrs: CombineAttrs::Override }
    }
}

/// How cubes that are pieces of one are put together, along dimensions and by their variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CombineOptions {
    /// What happens where labels of dimensions that are not joined differ: all of them, where nothing is said.
    pub join: Join,
    /// What happens to variables that several have and that are not joined.
    pub compat: Compat,
    /// What becomes of attributes.
    pub attrs: CombineAttrs,
    /// Which data variables without a joined dimension get it.
    pub data_vars: Spread,
    /// Which coordinates without a joined dimension get it.
    pub coords: Spread,
}

impl Default for CombineOptions {
    fn default() -> CombineOptions {
        let MergeOptions { join, compat, attrs } = MergeOptions::default();
        CombineOptions { join, compat, attrs, data_vars: Spread::Minimal, coords: Spread::Minimal }
    }
}

impl CombineOptions {
    /// Of what is joined along a dimension.
    pub fn concat(&self, dim: &str) -> ConcatOptions {
        let CombineOptions { join, compat, attrs, data_vars, coords } = *self;
        ConcatOptions { dim: Some(dim.into()), join, compat, attrs, data_vars, coords }
    }

    /// Of what is merged.
    pub fn merge(&self) -> MergeOptions {
        MergeOptions { join: self.join, compat: self.compat, attrs: self.attrs }
    }
}
