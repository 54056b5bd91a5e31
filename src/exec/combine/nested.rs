//! Cubes in the order in which they are listed.

use super::merge;
use crate::array::Dataset;
use crate::error::{Error, Notices, Result};
use crate::exec::ExecOptions;
use crate::ops::combine::{CombineOptions, concat};

/// A list, or a list of lists, as deep as there are dims to join along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nest<T> {
    /// One piece.
    One(T),
    /// Several, in order.
    Many(Vec<Nest<T>>),
}

impl<T> From<Vec<T>> for Nest<T> {
    fn from(all: Vec<T>) -> Nest<T> {
        Nest::Many(all.into_iter().map(Nest::One).collect())
    }
}

impl<T> From<Vec<Vec<T>>> for Nest<T> {
    fn from(all: Vec<Vec<T>>) -> Nest<T> {
        Nest::Many(all.into_iter().map(Nest::from).collect())
    }
}

impl<T> Nest<T> {
    /// All pieces, in order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::Nest;
    /// let nest: Nest<i32> = vec![vec![1, 2], vec![3]].into();
    /// assert_eq!(nest.pieces(), [&1, &2, &3]);
    /// ```
    pub fn pieces(&self) -> Vec<&T> {
        match self {
            Nest::One(piece) => vec![piece],
            Nest::Many(all) => all.iter().flat_map(Nest::pieces).collect(),
        }
    }

    /// The same lists of other pieces, which come in the same order.
    pub(crate) fn filled<U>(&self, with: &mut impl Iterator<Item = U>) -> Option<Nest<U>> {
        Some(match self {
            Nest::One(_) => Nest::One(with.next()?),
            Nest::Many(all) => Nest::Many(all.iter().map(|n| n.filled(with)).collect::<Option<_>>()?),
        })
    }
}

/// Cubes as one in the order in which they are listed: the outer list along the first dim, the lists in it along the second. Cubes of a
/// list without a dim (`None`) are merged.
///
/// # Errors
/// Invalid, where lists are deeper or less deep than there are dims, or lists of one level are not equally long; what [`concat()`] and [`merge()`](super::merge()) say.
///
/// # Examples
/// ```
/// use hpda_data::{exec::{ExecOptions, combine_nested}, ops::combine::CombineOptions, store::Selector};
/// let ds = hpda_data::open_dataset("data/climate.nc")?;
/// let part = |lat, lon| ds.isel(&[("lat", Selector::span(lat, 6)), ("lon", Selector::span(lon, 9))]);
/// let tiles = vec![vec![part(0, 0)?, part(0, 9)?], vec![part(6, 0)?, part(6, 9)?]];
/// let dims = [Some("lat"), Some("lon")];
/// let (whole, _) = combine_nested(tiles, &dims, &CombineOptions::default(), &ExecOptions::default())?;
/// assert_eq!(whole.variable("tas")?.shape(), [120, 12, 18]);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn combine_nested(
    datasets: impl Into<Nest<Dataset>>,
    dims: &[Option<&str>],
    how: &CombineOptions,
    options: &ExecOptions,
) -> Result<(Dataset, Notices)> {
    let nest = datasets.into();
    even(&nest)?;
    combine_listed(nest, dims, how, options)
}

/// The same, of lists that need not be of one length.
pub(super) fn combine_listed(
    nest: Nest<Dataset>,
    dims: &[Option<&str>],
    how: &CombineOptions,
    options: &ExecOptions,
) -> Result<(Dataset, Notices)> {
    let mut notices = Notices::new();
    let out = one(nest, dims, how, options, &mut notices)?;
    Ok((out, notices))
}

/// The lengths of the lists on every level, which must be the same for all lists of a level.
fn even(nest: &Nest<Dataset>) -> Result<Vec<usize>> {
    let Nest::Many(all) = nest else { return Ok(Vec::new()) };
    let mut below: Option<Vec<usize>> = None;
    for (i, one) in all.iter().enumerate() {
        let own = even(one)?;
        match &below {
            None => below = Some(own),
            Some(first) if *first == own => {}
            Some(first) if first.len() != own.len() => {
                return Err(Error::invalid(format!("the lists of cubes are not equally deep: list 1 and list {} differ", i + 1))
                    .help("a list for each dim, one in the other"));
            }
            Some(first) => {
                let what = format!("the lists of cubes do not fill a grid: list 1 has {} and list {} has {}", first[0], i + 1, own[0]);
                return Err(Error::invalid(what).help("combine_by_coords finds places by labels and leaves missing what no cube has"));
            }
        }
    }
    Ok(std::iter::once(all.len()).chain(below.unwrap_or_default()).collect())
}

fn one(nest: Nest<Dataset>, dims: &[Option<&str>], how: &CombineOptions, options: &ExecOptions, notices: &mut Notices) -> Result<Dataset> {
    let deep = |what: &str| {
        Error::invalid(format!("the lists of cubes are {what} than there are dims"))
            .help("name a dim for each level: one for a list, two for a list of lists")
    };
    match (nest, dims) {
        (Nest::One(ds), []) => Ok(ds),
        (Nest::One(_), _) => Err(deep("less deep")),
        (Nest::Many(_), []) => Err(deep("deeper")),
        (Nest::Many(all), [dim, rest @ ..]) => {
            let parts: Vec<Dataset> = all.into_iter().map(|n| one(n, rest, how, options, notices)).collect::<Result<_>>()?;
            if parts.is_empty() {
                return Err(Error::invalid("there is nothing to combine"));
            }
            along(parts, *dim, how, options, notices)
        }
    }
}

/// Some cubes along a dim, or merged.
pub(super) fn along(
    parts: Vec<Dataset>,
    dim: Option<&str>,
    how: &CombineOptions,
    options: &ExecOptions,
    notices: &mut Notices,
) -> Result<Dataset> {
    match dim {
        None => merge(parts, &how.merge(), options),
        Some(dim) => {
            let (out, more) = concat(parts, &how.concat(dim))?;
            notices.extend(more);
            Ok(out)
        }
    }
}
