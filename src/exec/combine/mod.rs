//! Many cubes as one: merged by their variables, put together by their labels or as they are listed.

mod coords;
mod nested;
mod split;

pub use coords::combine_by_coords;
pub use nested::{Nest, combine_nested};

use crate::array::Dataset;
use crate::error::{Error, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::ops::combine::{Compat, MergeOptions, align};
use crate::store::Attrs;

/// The variables and coordinates of many cubes side by side, over the labels of a join. A variable that several have is compared, and
/// filled where it may be (see [`Compat`]). What a cube lacks at a label is missing. Lazy, but for what is compared.
///
/// # Errors
/// Invalid, where a variable differs, with the first place, or attributes do that may not; what
/// [`align()`](crate::ops::combine::align()) says.
///
/// # Examples
/// ```
/// use hpda_data::{exec::{ExecOptions, merge}, ops::combine::MergeOptions, store::Selector};
/// let ds = hpda_data::open_dataset("data/climate.nc")?;
/// let part = |start| ds.isel(&[("lat", Selector::span(start, 6))]);
/// let whole = merge(vec![part(6)?, part(0)?], &MergeOptions::default(), &ExecOptions::default())?;
/// assert_eq!(whole.variable("tas")?.shape(), [120, 12, 18]);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn merge(datasets: Vec<Dataset>, how: &MergeOptions, options: &ExecOptions) -> Result<Dataset> {
    let all = align(datasets, how.join, &[])?;
    let [first, rest @ ..] = &all[..] else { return Err(Error::invalid("there is nothing to merge")) };
    let mut out = first.clone();
    for ds in rest {
        for (name, y) in ds.coords.iter() {
            let kept = out.coords.get(name).or_else(|| out.vars.get(name));
            let made = match kept {
                None => y.clone(),
                // Labels are the same by now.
                Some(x) if y.dims().len() == 1 && *y.dims()[0] == *name => x.clone(),
                Some(x) => out.met(name, x, y, how.compat, options)?,
            };
            // A coordinate in one is a coordinate of all.
            out.vars.shift_remove(name);
            out.insert_coord(name, made)?;
        }
        for (name, y) in &ds.vars {
            match out.coords.get(name) {
                Some(x) => {
                    let made = out.met(name, x, y, how.compat, options)?;
                    out.insert_coord(name.as_str(), made)?;
                }
                None => {
                    let made = match out.vars.get(name) {
                        None => y.clone(),
                        Some(x) => out.met(name, x, y, how.compat, options)?,
                    };
                    out.insert(name.as_str(), made)?;
                }
            }
        }
        for (d, &n) in &ds.dims {
            out.dims.entry(d.clone()).or_insert(n);
        }
        for d in &ds.unlimited {
            if !out.unlimited.contains(d) {
                out.unlimited.push(d.clone());
            }
        }
        for (name, group) in &ds.groups {
            if !out.groups.contains_key(name) {
                out.groups.insert(name.clone(), group.clone());
            }
        }
    }
    attributes(&mut out, &all, how)?;
    Ok(out)
}

/// The attributes of a merged cube and of its variables, as the policy says.
fn attributes(out: &mut Dataset, all: &[Dataset], how: &MergeOptions) -> Result<()> {
    let of = |name: &str| -> Result<Attrs> {
        let found: Vec<&Attrs> = all.iter().filter_map(|d| d.variable(name).ok()).map(|v| &v.attrs).collect();
        if how.compat == Compat::Identical {
            crate::ops::combine::CombineAttrs::Identical.of(&found).at_variable(name)?;
        }
        how.attrs.of(&found).at_variable(name)
    };
    out.attrs = how.attrs.of(&all.iter().map(|d| &d.attrs).collect::<Vec<_>>())?;
    for (name, v) in &mut out.vars {
        v.attrs = of(name)?;
    }
    let coords: Vec<(String, crate::array::Variable)> = out.coords.iter().map(|(n, v)| (n.to_string(), v.clone())).collect();
    for (name, mut v) in coords {
        let attrs = of(&name)?;
        // Labels are read once; they stay as they are.
        if attrs != v.attrs {
            v.attrs = attrs;
            out.coords.insert(name, v);
        }
    }
    Ok(())
}
