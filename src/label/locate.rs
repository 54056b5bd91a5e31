//! From a label to positions: exact, slices, nearest, pad and backfill.

use super::key::{Key, Loc};
use super::period::period;
use super::{FlatIndex, Index};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, ErrorKind, Result, nearest};
use crate::store::Column;
use arrow::array::{AsArray, make_comparator};
use arrow::compute::SortOptions;
use std::cmp::Ordering;
use std::ops::Range;

/// Which label counts when the one asked for is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// None: it must be there.
    Exact,
    /// The closest; of two as close, the larger as in pandas.
    Nearest,
    /// The last one before it.
    Pad,
    /// The first one after it.
    Backfill,
}

/// Positions that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hits {
    /// A run of them: what it selects is a view.
    Span(Range<usize>),
    /// These, in this order.
    List(Vec<usize>),
}

impl Hits {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Hits::Span(r) => r.len(),
            Hits::List(l) => l.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As a list.
    pub fn to_vec(&self) -> Vec<usize> {
        match self {
            Hits::Span(r) => r.clone().collect(),
            Hits::List(l) => l.clone(),
        }
    }
}

impl Index {
    /// All positions of a label, in order. The label is of the labels' own type (one row).
    ///
    /// # Errors
    /// Type, where it is not; unsupported, for several levels.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// let index = Index::flat(None, Column::from(vec!["a", "b", "a"]));
    /// assert_eq!(index.positions(&Column::from(vec!["a"]))?, [0, 2]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn positions(&self, label: &Column) -> Result<Vec<usize>> {
        match self {
            Index::Range { start, step, len, .. } => {
                let Scalar::I64(x) = label.scalar(0) else { return Err(wrong_label(label.dtype(), self)) };
                let i = (x - start).checked_div(*step).filter(|i| *i >= 0 && (*i as usize) < *len && start + step * i == x);
                Ok(i.map(|i| i as usize).into_iter().collect())
            }
            Index::Flat(f) if f.values().dtype() == label.dtype() => {
                let lookup = self.lookup()?;
                Ok(lookup.all(&lookup.keys_of(std::slice::from_ref(label))?, 0))
            }
            Index::Flat(_) => Err(wrong_label(label.dtype(), self)),
            Index::Multi(_) => Err(Error::unsupported("a single label for an index of several levels")),
        }
    }

    /// Every position of a label, ascending; perhaps none. Text finds times by the day, month or year that it names; of several
    /// levels the key names the first ones.
    ///
    /// # Errors
    /// Type, for a label of another kind than the index; invalid, for more values than levels.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index, Scalar};
    /// let index = Index::flat(None, Column::from(vec![Some("a"), None, Some("a")]));
    /// assert_eq!(index.find(&"a".into())?, [0, 2]);
    /// assert_eq!(index.find(&Scalar::Null.into())?, [1]);
    /// assert!(index.find(&"c".into())?.is_empty());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn find(&self, key: &Key) -> Result<Vec<usize>> {
        let levels = self.names().len();
        if key.0.is_empty() || key.0.len() > levels {
            return Err(Error::invalid(format!("the label {} has {} values, the index {levels} levels", key.text(), key.0.len())));
        }
        if let Index::Multi(m) = self {
            let mut wanted = Vec::new();
            for (level, value) in key.0.iter().enumerate() {
                wanted.push(m.codes_of(level, value)?);
            }
            return Ok((0..m.len()).filter(|&i| wanted.iter().enumerate().all(|(l, w)| w[(m.codes(l)[i] + 1) as usize])).collect());
        }
        let dtype = self.dtype(0);
        if let (Scalar::Str(text), Index::Flat(f)) = (&key.0[0], self)
            && dtype.is_temporal()
        {
            let (first, last) = period(text, &dtype)?;
            let values = f.values().to_i64()?;
            let hit = |i: &usize| arrow::array::Array::is_valid(&values, *i) && (first..=last).contains(&values.value(*i));
            return Ok((0..values.len()).filter(hit).collect());
        }
        match fit(&key.0[0], &dtype) {
            Fit::Fits(value) => self.positions(&Column::from_scalars(&dtype, &[value])?),
            Fit::Never => Ok(Vec::new()),
            Fit::Wrong => Err(wrong_label(&key.0[0].dtype().unwrap_or(DType::F64), self)),
        }
    }

    /// The positions of what is asked for.
    ///
    /// A slice has both ends; its ends need not be there where the labels are in order, else each must stand in one place.
    ///
    /// # Errors
    /// Not found, for a label that is not there; type, for one of another kind; shape, for a mask of another length.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// let index = Index::flat(None, Column::from(vec![10i64, 20, 30]));
    /// assert_eq!(index.locate(&(15..=30).into())?.to_vec(), [1, 2]);
    /// assert!(index.locate(&25.into()).is_err());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn locate(&self, loc: &Loc) -> Result<Hits> {
        Ok(match loc {
            Loc::All => Hits::Span(0..self.len()),
            Loc::One(key) => {
                let hits = self.find(key)?;
                if hits.is_empty() {
                    return Err(self.absent(key));
                }
                run(hits)
            }
            Loc::Many(keys) => {
                let mut out = Vec::new();
                for key in keys {
                    let hits = self.find(key)?;
                    if hits.is_empty() {
                        return Err(self.absent(key));
                    }
                    out.extend(hits);
                }
                Hits::List(out)
            }
            Loc::Mask(mask) => {
                if *mask.dtype() != DType::Bool {
                    return Err(Error::wrong_type(format!("a mask is bool, this is {}", mask.dtype())));
                }
                if mask.len() != self.len() {
                    return Err(Error::shape(format!("a mask of {} rows for {}", mask.len(), self.len())));
                }
                let bits = mask.values().as_boolean();
                Hits::List(bits.iter().enumerate().filter(|(_, b)| *b == Some(true)).map(|(i, _)| i).collect())
            }
            Loc::Slice(from, to) => Hits::Span(self.slice_of(from.as_ref(), to.as_ref())?),
        })
    }

    fn slice_of(&self, from: Option<&Key>, to: Option<&Key>) -> Result<Range<usize>> {
        let direction = self.direction()?;
        let start = from.map_or(Ok(0), |k| self.edge(k, direction, false))?;
        let end = to.map_or(Ok(self.len()), |k| self.edge(k, direction, true))?;
        Ok(start.min(self.len())..end.max(start).min(self.len()))
    }

    /// Where a slice begins (or ends, `last`).
    fn edge(&self, key: &Key, direction: Option<Ordering>, last: bool) -> Result<usize> {
        if let (Some(direction), [value]) = (direction, &key.0[..])
            && !matches!(self, Index::Multi(_))
        {
            let dtype = self.dtype(0);
            let ascending = direction != Ordering::Greater;
            let bound = match value {
                Scalar::Str(text) if dtype.is_temporal() => {
                    let (first, after) = period(text, &dtype)?;
                    let value = if last == ascending { after } else { first };
                    if dtype == DType::Date { vec![value as i32].into() } else { Column::from_i64(DType::I64, vec![Some(value)])? }
                }
                value => match fit(value, &dtype) {
                    Fit::Fits(v) => Column::from_scalars(&dtype, &[v])?,
                    // A bound between two whole numbers is a bound all the same.
                    Fit::Never => Column::from(vec![value.as_f64().unwrap_or(f64::NAN)]),
                    Fit::Wrong => return Err(wrong_label(&value.dtype().unwrap_or(DType::F64), self)),
                },
            };
            let own = self.columns().swap_remove(0);
            let own = match (bound.dtype(), &dtype) {
                (DType::F64, t) if *t != DType::F64 => own.cast(&DType::F64)?,
                (DType::I64 | DType::I32, t) if t.is_temporal() => {
                    let plain = own.to_i64()?;
                    let (_, values, nulls) = plain.into_parts();
                    let plain = Column::from_i64_parts(DType::I64, values, nulls)?;
                    if *t == DType::Date { plain.cast(&DType::I32)? } else { plain }
                }
                _ => own,
            };
            let compare = make_comparator(&super::lookup::canonical(&own), &super::lookup::canonical(&bound), SortOptions::default())?;
            // Before the bound are labels that are less (greater, where labels fall); a last one takes its equals along.
            let before = |i: usize| {
                let c = if ascending { compare(i, 0) } else { compare(i, 0).reverse() };
                c == Ordering::Less || last && c == Ordering::Equal
            };
            let (mut low, mut high) = (0, self.len());
            while low < high {
                let middle = (low + high) / 2;
                if before(middle) { low = middle + 1 } else { high = middle }
            }
            return Ok(low);
        }
        let hits = self.find(key)?;
        match (hits.first(), hits.last()) {
            (Some(&a), Some(&b)) if b - a + 1 == hits.len() => Ok(if last { b + 1 } else { a }),
            (Some(_), _) => Err(Error::invalid(format!("the label {} stands in several places, a slice cannot end there", key.text()))
                .help("sort_index brings equal labels together")),
            _ => Err(self.absent(key)),
        }
    }

    /// How the labels go: `Less` (ascending), `Greater` (descending), `None` (neither, or a missing one).
    pub(super) fn direction(&self) -> Result<Option<Ordering>> {
        Ok(match self {
            Index::Range { step, .. } => Some(if *step < 0 { Ordering::Greater } else { Ordering::Less }),
            Index::Multi(_) => None,
            Index::Flat(f) => {
                let values = super::lookup::canonical(f.values());
                if values.logical_null_count() > 0 {
                    return Ok(None);
                }
                let Ok(compare) = make_comparator(&values, &values, SortOptions::default()) else { return Ok(None) };
                let run = |d: Ordering| (1..f.values().len()).all(|i| compare(i - 1, i) != d.reverse());
                [Ordering::Less, Ordering::Greater].into_iter().find(|&d| run(d))
            }
        })
    }

    /// Whether labels never fall (ascending) from row to row. Missing labels have no order.
    ///
    /// # Errors
    /// Unsupported, for labels that do not compare.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// assert!(Index::flat(None, Column::from(vec![1i64, 1, 2])).is_monotonic()?);
    /// assert!(!Index::flat(None, Column::from(vec![Some(1i64), None])).is_monotonic()?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn is_monotonic(&self) -> Result<bool> {
        if let Index::Multi(m) = self {
            let order = super::lookup::order(&m.columns(), &[])?;
            return Ok(order.is_sorted());
        }
        Ok(self.direction()? == Some(Ordering::Less))
    }

    /// The error for a label that is not there, with near ones.
    #[cold]
    pub fn absent(&self, key: &Key) -> Error {
        let e = Error::new(ErrorKind::NotFound, format!("the label {:?} is not in the index", key.text()));
        if let (Index::Flat(f), [Scalar::Str(wanted)]) = (self, &key.0[..])
            && *f.values().dtype() == DType::Str
            && f.values().len() <= 10_000
        {
            let all: Vec<&str> = f.values().values().as_string_view().iter().flatten().collect();
            if let Some(near) = nearest(wanted, &all) {
                return e.help(format!("did you mean {near:?}?"));
            }
        }
        match self.len() {
            0 => e.help("the index is empty"),
            n => e.help(format!("{n} labels, from {} to {}", Key(self.label(0)).text(), Key(self.label(n - 1)).text())),
        }
    }

    /// The position that counts for a number by this method, and the distance to its label.
    ///
    /// Labels must be numbers in ascending or descending order for `Pad` and `Backfill`; `Nearest` takes any order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index, label::Method};
    /// let index = Index::flat(None, Column::from(vec![10.0, 20.0, 30.0]));
    /// assert_eq!(index.nearest(24.0, Method::Nearest), Some((1, 4.0)));
    /// assert_eq!(index.nearest(24.0, Method::Backfill), Some((2, 6.0)));
    /// assert_eq!(index.nearest(5.0, Method::Pad), None);
    /// ```
    pub fn nearest(&self, label: f64, method: Method) -> Option<(usize, f64)> {
        let number = |i: usize| match self.label(i).first() {
            Some(Scalar::Instant { value, .. }) | Some(Scalar::Duration { value, .. }) => Some(*value as f64),
            Some(Scalar::Date(d)) => Some(*d as f64),
            Some(s) => s.as_f64(),
            None => None,
        };
        (0..self.len())
            .filter_map(|i| number(i).map(|x| (i, x)))
            .filter(|(_, x)| match method {
                Method::Exact => *x == label,
                Method::Nearest => !x.is_nan(),
                Method::Pad => *x <= label,
                Method::Backfill => *x >= label,
            })
            .map(|(i, x)| (i, (x - label).abs(), x))
            .min_by(|a, b| a.1.total_cmp(&b.1).then(b.2.total_cmp(&a.2)))
            .map(|(i, distance, _)| (i, distance))
    }

    /// Whether no label stands twice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// assert!(Index::range(3).is_unique());
    /// assert!(!Index::flat(None, Column::from(vec![None::<&str>, None])).is_unique());
    /// ```
    pub fn is_unique(&self) -> bool {
        match self {
            Index::Range { step, len, .. } => *step != 0 || *len <= 1,
            _ => self.lookup().is_ok_and(|l| l.distinct() == self.len()),
        }
    }

    /// For each row whether its label stood before. Of type bool; missing labels are the same.
    ///
    /// # Errors
    /// Unsupported, for labels that do not compare.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// let index = Index::flat(None, Column::from(vec![Some("a"), None, Some("a"), None]));
    /// assert_eq!(index.duplicated()?, Column::from(vec![false, false, true, true]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn duplicated(&self) -> Result<Column> {
        Ok(match self {
            Index::Range { .. } if self.is_unique() => vec![false; self.len()].into(),
            _ => self.lookup()?.repeated().into(),
        })
    }
}

/// A list that is a run, as one.
fn run(hits: Vec<usize>) -> Hits {
    match (hits.first(), hits.last()) {
        (Some(&a), Some(&b)) if b - a + 1 == hits.len() => Hits::Span(a..b + 1),
        _ => Hits::List(hits),
    }
}

/// How a value goes with labels of a type.
pub(super) enum Fit {
    Fits(Scalar),
    /// Of the right kind, but no label of this type has the value: 1.5 among integers.
    Never,
    Wrong,
}

/// A value as a label of this type, by value.
pub(super) fn fit(value: &Scalar, dtype: &DType) -> Fit {
    match (value, dtype) {
        (Scalar::Null, _) => Fit::Fits(Scalar::Null),
        (Scalar::F32(x), t) if t.is_integer() => fit(&Scalar::F64(*x as f64), t),
        (Scalar::F64(x), t) if t.is_integer() => {
            if x.fract() == 0.0 && x.abs() < 9e15 {
                fit(&Scalar::I64(*x as i64), t)
            } else {
                Fit::Never
            }
        }
        (Scalar::I64(_) | Scalar::U64(_), t) if t.is_integer() => match Column::from_scalars(t, std::slice::from_ref(value)) {
            Ok(c) => Fit::Fits(c.scalar(0)),
            Err(_) => Fit::Never,
        },
        (Scalar::Bool(_), t) if *t != DType::Bool => Fit::Wrong,
        (s, t) if t.is_float() && s.as_f64().is_some() => Fit::Fits(value.clone()),
        (s, t) => match Column::from_scalars(t, std::slice::from_ref(s)) {
            Ok(c) => Fit::Fits(c.scalar(0)),
            Err(_) => Fit::Wrong,
        },
    }
}

fn wrong_label(label: &DType, index: &Index) -> Error {
    Error::wrong_type(format!("a label of {label} in an index of {}", index.dtype(0)))
}

impl PartialEq for FlatIndex {
    fn eq(&self, other: &FlatIndex) -> bool {
        self.name == other.name && self.values() == other.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicate_labels_are_found_all() {
        let index = Index::flat(Some("k"), Column::from(vec!["a", "b", "a"]));
        assert_eq!(index.positions(&Column::from(vec!["a"])).unwrap(), [0, 2]);
        assert!(!index.is_unique());
        assert!(index.positions(&Column::from(vec!["c"])).unwrap().is_empty());
    }

    #[test]
    fn nearest_pad_and_backfill_choose_as_pandas() {
        let index = Index::flat(None, Column::from(vec![10.0, 20.0, 30.0]));
        assert_eq!(index.nearest(25.0, Method::Nearest), Some((2, 5.0)));
        assert_eq!(index.nearest(25.0, Method::Pad), Some((1, 5.0)));
        assert_eq!(index.nearest(31.0, Method::Backfill), None);
    }

    #[test]
    fn slice_of_sorted_labels_takes_both_ends() {
        let index = Index::flat(None, Column::from(vec![1.0, 2.0, 2.0, 4.0]));
        let span = |from, to| index.slice_of(Some(&Key::from(from)), Some(&Key::from(to))).unwrap();
        assert_eq!(span(2.0, 3.0), 1..3);
        assert_eq!(span(0.5, 9.0), 0..4);
        assert_eq!(span(3.0, 2.0), 3..3);
        let falling = Index::flat(None, Column::from(vec![30i64, 20, 10]));
        assert_eq!(falling.slice_of(Some(&Key::from(25)), Some(&Key::from(10))).unwrap(), 1..3);
        let texts = Index::flat(None, Column::from(vec!["b", "é", "a"]));
        assert_eq!(texts.slice_of(Some(&Key::from("é")), None).unwrap(), 1..3);
        assert!(texts.slice_of(Some(&Key::from("x")), None).is_err());
    }

    #[test]
    fn text_finds_times_by_the_month() {
        let days = Column::from_i64(DType::datetime(), [0i64, 31, 32, 400].map(|d| Some(d * 86_400_000_000)).to_vec()).unwrap();
        let index = Index::flat(None, days);
        assert_eq!(index.find(&Key::from("1970-02")).unwrap(), [1, 2]);
        assert_eq!(index.slice_of(Some(&Key::from("1970-02-02")), Some(&Key::from("1971"))).unwrap(), 2..4);
    }
}
