//! Which variables a cube keeps, and what they are called.

use crate::array::{Dataset, Role, Variable};
use crate::error::{Error, Result};
use crate::store::{AttrValue, Attrs};
use std::sync::Arc;

/// New names by old ones, all given at once, so that two names can change places.
struct Names<'a>(&'a [(String, String)]);

impl Names<'_> {
    fn of<'b>(&'b self, name: &'b str) -> &'b str {
        self.0.iter().find(|(old, _)| old == name).map_or(name, |(_, new)| new)
    }

    /// The words of an attribute that names variables or dims, those that change in their new form; `keys` for words with a colon.
    fn words(&self, text: &str, keys: bool, others: bool) -> String {
        let word = |w: &str| match w.strip_suffix(':') {
            Some(key) if keys => format!("{}:", self.of(key)),
            None if others => self.of(w).to_string(),
            _ => w.to_string(),
        };
        text.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
    }

    /// Attributes in which others are named.
    fn attrs(&self, attrs: &mut Attrs) {
        let named = Role::ALL.into_iter().map(|r| match r {
            Role::GridMapping => (r.attribute(), true, true),
            _ => (r.attribute(), false, true),
        });
        for (attribute, keys, others) in named.chain([("coordinates", false, true), ("cell_methods", true, false)]) {
            let Some(old) = attrs.text(attribute) else { continue };
            let changes = old.split_whitespace().any(|w| self.0.iter().any(|(o, _)| w.strip_suffix(':').unwrap_or(w) == o));
            if changes {
                let new = self.words(old, keys, others);
                attrs.set(attribute, AttrValue::from(new));
            }
        }
    }

    fn variable(&self, v: &Variable, dims: &Names) -> Result<Variable> {
        let names: Vec<Arc<str>> = v.dims().iter().map(|d| dims.of(d).into()).collect();
        let mut out = Variable::new(names, v.data().clone())?.with_attrs(v.attrs.clone()).with_encoding(v.encoding.clone());
        self.attrs(&mut out.attrs);
        self.attrs(&mut out.encoding.attrs);
        Ok(out)
    }

    /// A dataset in which variables have these names and dims those.
    fn apply(&self, ds: &Dataset, dims: &Names) -> Result<Dataset> {
        let mut out = Dataset { attrs: ds.attrs.clone(), encoding: ds.encoding.clone(), groups: ds.groups.clone(), ..Dataset::new() };
        self.attrs(&mut out.encoding);
        for (d, &n) in &ds.dims {
            let name = dims.of(d);
            if out.dims.insert(name.into(), n).is_some() {
                return Err(Error::invalid(format!("two dims would be called {name:?}")).help("--drop or rename the other one as well"));
            }
        }
        out.unlimited = ds.unlimited.iter().map(|d| dims.of(d).into()).collect();
        let all = || ds.vars.keys().map(String::as_str).chain(ds.coords.iter().map(|(n, _)| n));
        for (i, name) in all().enumerate() {
            if all().take(i).any(|other| self.of(other) == self.of(name)) {
                let e = Error::invalid(format!("two variables would be called {:?}", self.of(name)));
                return Err(e.help("--drop or rename the other one as well"));
            }
        }
        let mut risen = Vec::new();
        for (name, v) in ds.coords.iter() {
            out.insert_coord(self.of(name), self.variable(v, dims)?)?;
        }
        for (name, v) in &ds.vars {
            let v = self.variable(v, dims)?;
            // What has the name of its dim labels it.
            match v.dims() {
                [d] if **d == *self.of(name) => risen.push((self.of(name).to_string(), v)),
                _ => out.insert(self.of(name), v)?,
            }
        }
        risen.into_iter().try_for_each(|(name, v)| out.insert_coord(name, v))?;
        Ok(out)
    }
}

impl Dataset {
    /// All variables and coordinates but these. Dims that only they had go with them, and so does what attributes say of them.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?.drop_vars(&["tas"])?;
    /// assert!(ds.variable("tas").is_err() && ds.variable("time").is_ok());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn drop_vars<S: AsRef<str>>(&self, names: &[S]) -> Result<Dataset> {
        let mut out = self.clone();
        let mut used: Vec<Arc<str>> = Vec::new();
        for name in names {
            let name = name.as_ref();
            used.extend(self.variable(name)?.dims().iter().cloned());
            if out.vars.shift_remove(name).is_none() {
                out.coords.remove(name);
            }
        }
        let held = |d: &Arc<str>| out.vars.values().chain(out.coords.iter().map(|(_, c)| c)).any(|v| v.dims().contains(d));
        let gone: Vec<Arc<str>> = used.into_iter().filter(|d| !held(d)).collect();
        out.dims.retain(|d, _| !gone.contains(d));
        out.unlimited.retain(|d| !gone.contains(d));
        out.forget(&names.iter().map(AsRef::as_ref).collect::<Vec<_>>());
        Ok(out)
    }

    /// Other names for variables, coordinates and dims; a dim and its coordinate change theirs together. Attributes that name them
    /// (`bounds`, `coordinates`, `cell_methods` and the like) are brought up to date.
    ///
    /// # Errors
    /// Not found, with the nearest name; invalid, where two would have the same name.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?.rename(&[("tas".into(), "t2m".into()), ("lon".into(), "x".into())])?;
    /// assert_eq!(ds.variable("t2m")?.dims().last().map(|d| &**d), Some("x"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rename(&self, names: &[(String, String)]) -> Result<Dataset> {
        for (old, _) in names {
            if !self.dims.contains_key(old.as_str()) {
                self.variable(old)?;
            }
        }
        Names(names).apply(self, &Names(names))
    }

    /// Other names for dims only: a coordinate keeps its name and no longer labels the dim; one that has the new name does from now on.
    ///
    /// # Errors
    /// Not found, for a dim; invalid, where two would have the same name, or a variable of that name is not along the dim alone.
    pub fn rename_dims(&self, names: &[(String, String)]) -> Result<Dataset> {
        for (old, new) in names {
            if !self.dims.contains_key(old.as_str()) {
                return Err(Error::not_found("dim", old, self.dims.keys().map(|d| &**d)));
            }
            if let Ok(v) = self.variable(new)
                && !matches!(v.dims(), [d] if **d == **old)
            {
                let e = Error::invalid(format!("{old:?} cannot be called {new:?}: there is a variable of this name"));
                return Err(e.help("rename that variable first, or --rename both"));
            }
        }
        let mut out = Names(&[]).apply(self, &Names(names))?;
        // Cells are spoken of by the names of dims.
        let methods = |v: &mut Variable| {
            if let Some(new) = v.attrs.text("cell_methods").map(|t| Names(names).words(t, true, false)) {
                v.attrs.set("cell_methods", AttrValue::from(new));
            }
        };
        out.vars.values_mut().for_each(methods);
        Ok(out)
    }
}
