//! Cubes in the order of their labels.

use super::merge;
use super::nested::{Nest, combine_listed};
use crate::array::Dataset;
use crate::dtype::Scalar;
use crate::error::{Error, Notices, Place, Result};
use crate::exec::ExecOptions;
use crate::label::Index;
use crate::ops::combine::{CombineOptions, Join, same_labels};
use crate::store::{ChunkGrid, Column};
use indexmap::IndexMap;
use std::sync::Arc;

/// Cubes as one by what their coordinates say, in whatever order they come: cubes with the same variables are laid end to end along the
/// dims whose labels differ, in the order of the labels; what comes of that is merged. Where the cubes do not fill the whole, what no cube has
/// is missing (join outer), or is left out as the join says; an exact join refuses it.
///
/// # Errors
/// Invalid, where no labels differ, labels do not go one way within a cube or after joining, two cubes begin at the same labels, or
/// pieces do not fill the whole of an exact join; what
/// [`combine_nested()`](super::combine_nested()) and [`merge()`](super::merge()) say.
///
/// # Examples
/// ```
/// use hpda_data::{exec::{ExecOptions, combine_by_coords}, ops::combine::CombineOptions, store::Selector};
/// let ds = hpda_data::open_dataset("data/climate.nc")?;
/// let part = |start, n| ds.isel(&[("time", Selector::span(start, n))]);
/// let (whole, _) = combine_by_coords(vec![part(60, 60)?, part(0, 60)?], &CombineOptions::default(), &ExecOptions::default())?;
/// assert_eq!(whole.variable("tas")?.shape(), [120, 12, 18]);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn combine_by_coords(datasets: Vec<Dataset>, how: &CombineOptions, options: &ExecOptions) -> Result<(Dataset, Notices)> {
    if datasets.is_empty() {
        return Err(Error::invalid("there is nothing to combine"));
    }
    let mut groups: IndexMap<Vec<String>, Vec<Dataset>> = IndexMap::new();
    for ds in datasets {
        let mut names: Vec<String> = ds.vars.keys().cloned().collect();
        names.sort_unstable();
        groups.entry(names).or_default().push(ds);
    }
    let mut notices = Notices::new();
    let mut parts = Vec::with_capacity(groups.len());
    for (_, group) in groups {
        parts.push(hypercube(group, how, options, &mut notices)?);
    }
    let out = if parts.len() == 1 { parts.remove(0) } else { merge(parts, &how.merge(), options)? };
    Ok((out, notices))
}

/// Cubes with the same variables.
fn hypercube(all: Vec<Dataset>, how: &CombineOptions, options: &ExecOptions, notices: &mut Notices) -> Result<Dataset> {
    if all.len() == 1 {
        return all.into_iter().next().ok_or_else(|| Error::internal("no cube in a group"));
    }
    let mut dims: Vec<Arc<str>> = Vec::new();
    let mut places: Vec<Vec<usize>> = vec![Vec::new(); all.len()];
    for dim in all[0].dims.keys() {
        let Some(first) = all[0].coords.index(dim)? else { continue };
        let at = || Place { dim: Some(dim.to_string()), ..Place::default() };
        let lacks = || Error::invalid(format!("{dim:?} has labels in some cubes and not in others")).at(at());
        let found: Vec<Arc<Index>> = all.iter().map(|d| d.coords.index(dim)?.ok_or_else(lacks)).collect::<Result<_>>()?;
        if found.iter().all(|i| same_labels(Some(&first), Some(i))) {
            continue;
        }
        if let Some(i) = found.iter().position(|i| i.is_empty()) {
            return Err(Error::invalid(format!("cube {} has no labels along {dim:?}, so it has no place among the others", i + 1)).at(at()));
        }
        let rises = way(&found).ok_or_else(|| {
            Error::invalid(format!("labels of {dim:?} do not go one way in every cube, so they have no order"))
                .help("combine_nested takes them as they are listed")
                .at(at())
        })?;
        let firsts = Column::concat(&found.iter().map(|i| i.columns().swap_remove(0).slice(0, 1)).collect::<Vec<_>>())?;
        let firsts = Index::flat(None, firsts);
        // The rank of the first label of each cube; the same label is the same place.
        let order = firsts.order(&[!rises])?;
        let mut rank = 0;
        for (i, &row) in order.values().iter().enumerate() {
            let row = row as usize;
            if i > 0 && firsts.label(row) != firsts.label(order.value(i - 1) as usize) {
                rank += 1;
            }
            places[row].push(rank);
        }
        dims.push(dim.clone());
    }
    if dims.is_empty() {
        return Err(Error::invalid("the cubes have the same labels along every dimension, so nothing says in which order they come")
            .help("combine_nested takes them as they are listed"));
    }
    // The first dim is joined first, as in xarray: where there are gaps, it tells whose attributes count.
    dims.reverse();
    places.iter_mut().for_each(|p| p.reverse());
    let mut tiles: Vec<(Vec<usize>, Dataset)> = places.into_iter().zip(all).collect();
    tiles.sort_by(|a, b| a.0.cmp(&b.0));
    let label = |d: usize, cube: usize| -> Result<String> {
        let index = tiles[cube].1.coords.index(&dims[d])?.ok_or_else(|| Error::internal("labels went while cubes were sorted"))?;
        Ok(format!("{}={}", dims[d], index.label(0).first().map_or(String::new(), Scalar::to_string)))
    };
    if let Some(i) = (1..tiles.len()).find(|&i| tiles[i].0 == tiles[i - 1].0) {
        let place = (0..dims.len()).map(|d| label(d, i)).collect::<Result<Vec<_>>>()?.join(", ");
        return Err(
            Error::invalid(format!("two cubes begin at the same labels: {place}")).help("leave one of them out, or merge them first")
        );
    }
    let lengths: Vec<usize> = (0..dims.len()).map(|d| tiles.iter().map(|(p, _)| p[d]).max().unwrap_or(0) + 1).collect();
    let count = lengths.iter().fold(1usize, |all, n| all.saturating_mul(*n));
    if count != tiles.len() {
        // The first place without a cube, said by the labels at which others begin there.
        let places = ChunkGrid::new(&lengths, &vec![1; lengths.len()]);
        let mut empty = (0..count).map(|i| places.block(i).0).filter(|p| !tiles.iter().any(|(t, _)| t == p));
        let mut text = Vec::new();
        if let Some(place) = empty.next() {
            for (d, at) in place.iter().enumerate() {
                let there = tiles.iter().position(|(t, _)| t[d] == *at);
                text.extend(there.map(|cube| label(d, cube)).transpose()?);
            }
        }
        let names: Vec<&str> = dims.iter().map(|d| &**d).collect();
        let what = format!("{} cubes do not fill the {count} places along {}", tiles.len(), crate::error::quoted_list(&names, 5));
        let what = format!("{what}: none begins at {}", text.join(", "));
        match how.join {
            Join::Exact => return Err(Error::invalid(what).help("join outer leaves missing what no cube has")),
            Join::Outer => notices.warn(format!("{what}; what no cube has is missing"), Place::default()),
            _ => notices.warn(what, Place::default()),
        }
    }
    let names: Vec<Option<&str>> = dims.iter().map(|d| Some(&**d)).collect();
    let (out, more) = combine_listed(nest(tiles, 0, dims.len()), &names, how, options)?;
    for dim in &dims {
        let index = out.coords.index(dim)?.ok_or_else(|| Error::internal("labels went while cubes were joined"))?;
        if way(&[index]).is_none() {
            return Err(Error::invalid(format!("labels of {dim:?} do not go one way after joining: the cubes overlap"))
                .help("combine_nested takes them as they are listed")
                .at(Place { dim: Some(dim.to_string()), ..Place::default() }));
        }
    }
    notices.extend(more);
    Ok(out)
}

/// Tiles in the order of their places as lists of lists.
fn nest(tiles: Vec<(Vec<usize>, Dataset)>, level: usize, depth: usize) -> Nest<Dataset> {
    let mut rest = tiles.into_iter().peekable();
    let mut out = Vec::new();
    while let Some((place, ds)) = rest.next() {
        if level + 1 == depth {
            out.push(Nest::One(ds));
            continue;
        }
        let at = place[level];
        let mut same = vec![(place, ds)];
        while let Some(next) = rest.next_if(|(p, _)| p[level] == at) {
            same.push(next);
        }
        out.push(nest(same, level + 1, depth));
    }
    Nest::Many(out)
}

/// Whether labels rise (or fall) in every one of these; `None` where they do neither.
fn way(all: &[Arc<Index>]) -> Option<bool> {
    let number = |s: &Scalar| match s {
        Scalar::Instant { value, .. } | Scalar::Duration { value, .. } => Some(*value as f64),
        Scalar::Date(d) => Some(f64::from(*d)),
        s => s.as_f64(),
    };
    let goes = |rises: bool| {
        all.iter().all(|index| {
            let labels: Vec<Vec<Scalar>> = (0..index.len()).map(|i| index.label(i)).collect();
            labels.windows(2).all(|w| match (&w[0][..], &w[1][..]) {
                ([Scalar::Str(a)], [Scalar::Str(b)]) => {
                    if rises {
                        a <= b
                    } else {
                        a >= b
                    }
                }
                ([a], [b]) => number(a).zip(number(b)).is_some_and(|(a, b)| if rises { a <= b } else { a >= b }),
                _ => false,
            })
        })
    };
    if goes(true) {
        Some(true)
    } else if goes(false) {
        Some(false)
    } else {
        None
    }
}
