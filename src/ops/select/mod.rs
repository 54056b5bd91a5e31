//! Selections of cubes by label and by position, as people write them.

mod label;
mod names;
mod pick;
mod points;
mod spots;
mod text;
mod when;

pub use label::{Labels, SelectOptions};
pub(crate) use spots::{Curved, Spot, spots};
pub use text::{parse_isel, parse_sel};

use crate::array::{Dataset, Variable, is_latitude, is_longitude};
use crate::dtype::DType;
use crate::error::{Error, Place, Result};
use crate::store::Selector;

/// Positions as they are asked for, before the length of the dimension is known; negative ones count from the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Positions {
    /// One; the dimension goes.
    One(i64),
    /// `start:stop:step`, the stop not included.
    Slice(Option<i64>, Option<i64>, Option<i64>),
    /// These, in this order.
    List(Vec<i64>),
}

impl Positions {
    /// The selector for a dimension of this length.
    ///
    /// # Errors
    /// Shape, for a position outside; invalid, for a step of 0.
    pub fn selector(&self, dim: &str, length: usize) -> Result<Selector> {
        let n = length as i64;
        let one = |i: i64| {
            let at = if i < 0 { i + n } else { i };
            if (0..n).contains(&at) {
                return Ok(at as usize);
            }
            Err(Error::shape(format!("position {i} is outside the dimension {dim:?} of length {length}"))
                .help(format!("positions go from 0 to {}, or from -1 back to -{length}", n - 1)))
        };
        match self {
            Positions::One(i) => one(*i).map(Selector::At),
            Positions::List(list) => Ok(Selector::Take(list.iter().map(|&i| one(i)).collect::<Result<Vec<_>>>()?.into())),
            Positions::Slice(start, stop, step) => {
                let step = step.unwrap_or(1);
                if step == 0 {
                    return Err(Error::invalid(format!("a step of 0 along {dim:?}")));
                }
                // As Python has it: bounds beyond the ends are the ends.
                let clip = |i: i64, low: i64, high: i64| (if i < 0 { i + n } else { i }).clamp(low, high);
                let (first, last) = if step > 0 {
                    (start.map_or(0, |i| clip(i, 0, n)), stop.map_or(n, |i| clip(i, 0, n)))
                } else {
                    (start.map_or(n - 1, |i| clip(i, -1, n - 1)), stop.map_or(-1, |i| clip(i, -1, n - 1)))
                };
                let span = if step > 0 { last - first } else { first - last };
                let count = if span <= 0 { 0 } else { (span + step.abs() - 1) / step.abs() };
                Ok(Selector::Range { start: if count == 0 { 0 } else { first as usize }, count: count as usize, step: step as isize })
            }
        }
    }
}

impl Dataset {
    /// Selects by position along dimensions, as they are written: negative positions, slices, lists. Lazy stays lazy.
    ///
    /// # Errors
    /// Not found, for a dimension; shape, for a position outside.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::ops::select::parse_isel;
    /// let ds = hpda_data::open_dataset("data/climate.nc")?.isel_at(&parse_isel("time=-1,lat=0:10:2")?)?;
    /// assert_eq!(ds.variable("tas")?.shape(), [5, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn isel_at(&self, wanted: &[(String, Positions)]) -> Result<Dataset> {
        let mut selectors = Vec::with_capacity(wanted.len());
        for (dim, positions) in wanted {
            let dim = self.dim_named(dim)?;
            let length = self.dims[dim];
            selectors.push((dim, positions.selector(dim, length)?));
        }
        Dataset::once(&selectors)?;
        self.isel(&selectors)
    }

    /// Selects by label along dimensions. A single label leaves a scalar coordinate, a partial date (`1850-01`) is a slice of all that it
    /// covers, both ends of a slice are included. Lazy stays lazy.
    ///
    /// A dimension may also be named as CF finds it: by the `standard_name` or `axis` of its coordinate, `latitude` by its units. A
    /// longitude that is not there is looked for a whole circle away: -74 finds 286.
    ///
    /// # Errors
    /// Not found, for a dimension or a label that is not there, with the nearest ones; type, for a label of another type.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::ops::select::{SelectOptions, parse_sel};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let year = ds.sel(&parse_sel("time=1851")?, &SelectOptions::default())?;
    /// assert_eq!(year.variable("tas")?.shape(), [12, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sel(&self, wanted: &[(String, Labels)], options: &SelectOptions) -> Result<Dataset> {
        let mut selectors: Vec<(&str, Selector)> = Vec::with_capacity(wanted.len());
        for (name, labels) in wanted {
            let dim = self.dim_named(name)?;
            let index = self.coords.index(dim)?.ok_or_else(|| {
                Error::not_found("coordinate along", dim, self.coords.iter().map(|(n, _)| n))
                    .help("a dimension without labels is selected by position: --isel")
            })?;
            let coord = self.variable(dim)?;
            let place = || Place { dim: Some(dim.to_string()), ..Place::default() };
            selectors.push((dim, label::selector(dim, coord, &index, labels, options).map_err(|e| e.at(place()))?));
        }
        Dataset::once(&selectors)?;
        self.isel(&selectors)
    }

    /// The dimension of this name; or of the coordinate that CF calls so: by its `standard_name`, as `latitude` or `longitude` by its
    /// units, by its `axis` (`X`, `Y`, `Z`, `T`), or as `time` because it is the only one with times.
    pub(crate) fn dim_named(&self, name: &str) -> Result<&str> {
        if let Some((d, _)) = self.dims.get_key_value(name) {
            return Ok(d);
        }
        let axes = || self.coords.iter().filter(|(n, c)| c.dims().len() == 1 && &*c.dims()[0] == *n);
        let only = |fits: &dyn Fn(&str, &Variable) -> bool| {
            let mut found = axes().filter(|(n, c)| fits(n, c)).map(|(n, _)| n);
            found.next().filter(|_| found.next().is_none())
        };
        let found = only(&|_, c| c.attrs.text("standard_name") == Some(name)).or_else(|| match name {
            "latitude" | "lat" => only(&is_latitude),
            "longitude" | "lon" => only(&is_longitude),
            "X" | "Y" | "Z" | "T" => only(&|_, c| c.attrs.text("axis") == Some(name)),
            "time" => only(&|_, c| matches!(c.dtype(), DType::Instant { .. } | DType::Date)),
            _ => None,
        });
        found.ok_or_else(|| Error::not_found("dim", name, self.dims.keys().map(|d| &**d)))
    }

    /// Refuses a dimension that is named twice.
    fn once(selectors: &[(&str, Selector)]) -> Result<()> {
        match selectors.iter().enumerate().find(|(i, (d, _))| selectors[..*i].iter().any(|(e, _)| e == d)) {
            Some((_, (d, _))) => Err(Error::invalid(format!("the dim {d:?} is selected twice at once")).help("in two steps: --sel twice")),
            None => Ok(()),
        }
    }
}
