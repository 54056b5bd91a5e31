//! Cubes that lack variables of the others.

use super::{ConcatOptions, Spread};
use crate::array::{Dataset, Variable, companions};
use crate::error::{Error, Notices, Place, Result};
use crate::ops::reshape::absent;
use std::sync::Arc;

/// Every cube with the variables of all: those that are joined are missing in cubes that lack them; of the others, which are the same
/// everywhere, each cube has what one of them has. Coordinates along the joined dim must be in all.
pub(super) fn completed(
    mut datasets: Vec<Dataset>,
    dim: &Arc<str>,
    options: &ConcatOptions,
    notices: &mut Notices,
) -> Result<Vec<Dataset>> {
    // Names in the order in which they first stand, with the first variable of each.
    let mut all: Vec<(String, bool, bool, Variable)> = Vec::new();
    for ds in &datasets {
        let beside = companions(ds);
        let coords = ds.coords.iter().map(|(n, v)| (n, true, v));
        let vars = ds.vars.iter().map(|(n, v)| (n.as_str(), false, v));
        for (name, coord, v) in coords.chain(vars) {
            match all.iter().find(|(n, ..)| n == name) {
                None => all.push((name.into(), coord, beside.contains_key(name), v.clone())),
                Some((_, c, ..)) if *c != coord => {
                    return Err(Error::shape(format!("{name:?} is a coordinate in one input and a variable in another"))
                        .help("make it one in all: set_coords, reset_coords"));
                }
                Some(_) => {}
            }
        }
    }
    let count = datasets.len();
    let mut lacks = vec![0usize; all.len()];
    let is_new = datasets.iter().all(|d| !d.dims.contains_key(dim));
    for ds in &mut datasets {
        let n = if is_new { 1 } else { ds.dims.get(dim).copied().unwrap_or(0) };
        for ((name, coord, beside, v), lacks) in all.iter().zip(&mut lacks) {
            let along = v.dims().contains(dim);
            if ds.variable(name).is_ok() || *coord && along {
                continue;
            }
            let joined = along || !beside && (is_new || options.data_vars == Spread::All);
            let made = if *coord || !joined {
                v.clone()
            } else {
                *lacks += 1;
                absent(v, dim, n)?
            };
            match coord {
                true => ds.insert_coord(name.as_str(), made)?,
                false => ds.insert(name.as_str(), made)?,
            }
        }
    }
    for ((name, ..), lacks) in all.iter().zip(lacks).filter(|(_, lacks)| *lacks > 0) {
        notices.warn(format!("{lacks} of {count} inputs do not have it: it is missing there"), Place::variable(name));
    }
    Ok(datasets)
}
