//! Cubes brought to the same labels.

use super::agree::same_labels;
use super::{Join, place};
use crate::array::Dataset;
use crate::error::{Error, Place, Result, ResultExt};
use crate::label::{Index, Method};
use crate::ops::reshape::relabelled;
use crate::store::{Column, Selector};
use std::sync::Arc;

/// Cubes with the same labels along every dim that several have labels for, but for some dims. What comes in is missing.
///
/// # Errors
/// Shape, with [`Join::Exact`] where labels differ, with [`Join::Override`] where lengths do, and for dims without labels of different
/// lengths; invalid, where a label stands twice; type, for labels that do not compare.
///
/// # Examples
/// ```
/// use hpda_data::{ops::combine::{Join, align}, store::Selector};
/// let ds = hpda_data::open_dataset("data/climate.nc")?;
/// let part = |start| ds.isel(&[("lat", Selector::span(start, 8))]);
/// let both = align(vec![part(0)?, part(4)?], Join::Inner, &[])?;
/// assert_eq!(both[1].variable("tas")?.shape(), [120, 4, 18]);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn align(mut datasets: Vec<Dataset>, how: Join, except: &[&str]) -> Result<Vec<Dataset>> {
    let mut dims: Vec<Arc<str>> = Vec::new();
    for d in datasets.iter().flat_map(|ds| ds.dims.keys()).filter(|d| !except.contains(&&***d)) {
        if !dims.contains(d) {
            dims.push(d.clone());
        }
    }
    for dim in &dims {
        let indexes: Vec<Option<Arc<Index>>> = datasets.iter().map(|ds| ds.coords.index(dim).at(|| place(ds))).collect::<Result<_>>()?;
        let there: Vec<&Arc<Index>> = indexes.iter().flatten().collect();
        let bare: Vec<usize> = (0..datasets.len()).filter(|&i| indexes[i].is_none() && datasets[i].dims.contains_key(dim)).collect();
        if there.windows(2).any(|w| !same_labels(Some(w[0]), Some(w[1]))) {
            let labels = labels(dim, &there, how)?;
            for (ds, index) in datasets.iter_mut().zip(&indexes).filter(|(_, i)| i.is_some()) {
                *ds = brought(ds, index.as_ref(), dim, &labels, how).at(|| place(ds))?;
            }
        }
        let lengths = |ds: &Dataset| ds.dims.get(dim).copied();
        let wanted = datasets.iter().find_map(lengths).unwrap_or(0);
        if let Some(&i) = bare.iter().find(|_| datasets.iter().filter_map(lengths).any(|n| n != wanted)) {
            let at = Place { dim: Some(dim.to_string()), ..place(&datasets[i]) };
            return Err(Error::shape(format!(
                "{dim:?} has no labels here, and its lengths differ: cubes cannot be brought together along it"
            ))
            .at(at));
        }
    }
    Ok(datasets)
}

/// The labels that cubes meet in along a dim.
pub(super) fn labels(dim: &str, found: &[&Arc<Index>], how: Join) -> Result<Column> {
    let at = || Place { dim: Some(dim.to_string()), ..Place::default() };
    let (Some(first), Some(last)) = (found.first(), found.last()) else {
        return Err(Error::shape(format!("dimension {dim:?} has no labels to join by")));
    };
    let column = |index: &Index| index.columns().swap_remove(0);
    Ok(match how {
        Join::Left => column(first),
        Join::Right => column(last),
        Join::Override => match found.iter().find(|i| i.len() != first.len()) {
            None => column(first),
            Some(other) => {
                let what = format!(
                    "dimension {dim:?} is {} long in one cube and {} in another, so labels cannot be taken over",
                    first.len(),
                    other.len()
                );
                return Err(Error::shape(what).help("join outer or inner goes by the labels").at(at()));
            }
        },
        Join::Inner => column(&found[1..].iter().try_fold((***first).clone(), |all, index| all.intersection(index)).at(at)?),
        Join::Outer => column(&found[1..].iter().try_fold(first.unique()?, |all, index| all.union(index)).at(at)?),
        Join::Exact => {
            let other = found.iter().find(|i| !same_labels(Some(first), Some(i))).unwrap_or(last);
            let what = match (0..first.len().min(other.len())).find(|&i| first.label(i) != other.label(i)) {
                _ if first.len() != other.len() => format!("{} labels and {}", first.len(), other.len()),
                Some(i) => {
                    let text = |x: &Index| x.label(i).first().map_or(String::new(), ToString::to_string);
                    format!("{} and {} at position {i}", text(first), text(other))
                }
                None => format!("types {} and {}", first.dtype(0), other.dtype(0)),
            };
            return Err(Error::shape(format!("labels of {dim:?} differ: {what}"))
                .help("join inner keeps those of all, outer those of any, left and right those of one side")
                .at(at()));
        }
    })
}

/// A cube under the labels that were found.
pub(super) fn brought(ds: &Dataset, index: Option<&Arc<Index>>, dim: &str, labels: &Column, how: Join) -> Result<Dataset> {
    let wanted = Arc::new(Index::flat(Some(dim), labels.clone()));
    if how == Join::Override {
        let mut out = ds.clone();
        if let Some(old) = ds.coords.get(dim) {
            out.insert_coord(dim, relabelled(dim, labels, old)?)?;
        }
        return Ok(out);
    }
    match index {
        Some(index) if same_labels(Some(index), Some(&wanted)) => Ok(ds.clone()),
        Some(index) if how == Join::Inner => {
            let rows = index.indexer(&wanted).at(|| Place { dim: Some(dim.to_string()), ..Place::default() })?;
            ds.isel(&[(dim, Selector::of(rows.values().iter().map(|&i| i as usize).collect()))])
        }
        Some(_) => ds.reindex(dim, labels, Method::Exact, None),
        None => Ok(ds.clone()),
    }
}
