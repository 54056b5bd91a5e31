//! Functions of the caller on every variable of cubes.

use super::{Core, Ufunc};
use crate::array::{DataArray, Dataset, companions};
use crate::error::{Error, Place, Result, ResultExt};
use crate::exec::ExecOptions;
use std::sync::Arc;

/// What becomes of variables that lack a core dim of a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingCoreDim {
    /// They are an error.
    #[default]
    Raise,
    /// That of the first cube stays as it is.
    Copy,
    /// They are left out.
    Drop,
}

impl MissingCoreDim {
    /// Every one, with its name.
    pub const ALL: [(MissingCoreDim, &'static str); 3] =
        [(MissingCoreDim::Raise, "raise"), (MissingCoreDim::Copy, "copy"), (MissingCoreDim::Drop, "drop")];
}

impl Dataset {
    /// A function of the caller on every variable that this cube and the others have, as [`apply_ufunc`](super::apply_ufunc): the first input is
    /// that of this cube. One cube for each output. Companions such as bounds are left out.
    ///
    /// # Errors
    /// As [`apply_ufunc`](super::apply_ufunc), with the variable; shape, where the cubes have different variables.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::{ExecOptions, Ufunc};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// // The range over the map, at each time.
    /// let how = Ufunc::new().input(&["lat", "lon"]);
    /// let range = |of: &[hpda_data::exec::Core], out: &mut [&mut [f64]]| {
    ///     let ends = of[0].iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (x.min(a), x.max(b)));
    ///     out[0][0] = ends.1 - ends.0;
    ///     Ok(())
    /// };
    /// let made = ds.apply_ufunc(&how, &[], range, &ExecOptions::default())?;
    /// assert_eq!(made[0].variable("tas")?.shape(), [120]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn apply_ufunc(
        &self,
        how: &Ufunc,
        others: &[&Dataset],
        function: impl Fn(&[Core<'_>], &mut [&mut [f64]]) -> Result<()> + Send + Sync + 'static,
        options: &ExecOptions,
    ) -> Result<Vec<Dataset>> {
        let function: Arc<super::OfCores> = Arc::new(function);
        let all: Vec<&Dataset> = std::iter::once(self).chain(others.iter().copied()).collect();
        let own = |ds: &Dataset| -> Vec<String> {
            let beside = companions(ds);
            ds.vars.keys().filter(|n| !beside.contains_key(*n)).cloned().collect()
        };
        let names = own(self);
        for (i, other) in others.iter().enumerate() {
            let theirs = own(other);
            let lone = names.iter().find(|n| !theirs.contains(n)).or_else(|| theirs.iter().find(|n| !names.contains(n)));
            if let Some(name) = lone {
                let what = format!("variable {name:?} is not in all cubes: input 1 and input {} have different ones", i + 2);
                return Err(Error::shape(what).help("take the same of each, or single arrays"));
            }
        }
        let mut made = vec![Dataset { attrs: Default::default(), ..Dataset::new() }; how.outputs.len().max(1)];
        for name in &names {
            let arrays: Vec<DataArray> = all.iter().map(|ds| ds.array(name)).collect::<Result<_>>()?;
            let lacks = arrays.iter().zip(&how.inputs).any(|(a, core)| core.iter().any(|d| a.variable.axis(d).is_err()));
            if lacks && how.lacking != MissingCoreDim::Raise {
                if how.lacking == MissingCoreDim::Copy {
                    for out in &mut made {
                        put(out, name, arrays[0].clone())?;
                    }
                }
                continue;
            }
            let place = || Place { variable: Some(name.clone()), ..Place::default() };
            let outputs = super::applied(how, &arrays.iter().collect::<Vec<_>>(), function.clone(), options).at(place)?;
            for (out, array) in made.iter_mut().zip(outputs) {
                put(out, name, array)?;
            }
        }
        Ok(made)
    }
}

fn put(out: &mut Dataset, name: &str, array: DataArray) -> Result<()> {
    for (n, c) in array.coords.iter().filter(|(n, _)| *n != name) {
        if !out.coords.contains(n) {
            out.insert_coord(n, c.clone())?;
        }
    }
    out.insert(name, array.variable)
}
