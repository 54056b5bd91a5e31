//! Looking at tables in memory: statistics, counts of values, samples, sizes.

use crate::dtype::{DType, Scalar};
use crate::error::{Error, Place, Result};
use crate::frame::{DataFrame, Series};
use crate::kernel::agg::Agg;
use crate::kernel::order::{KeyColumn, row_codes, row_count};
use crate::label::{Index, Labels};
use crate::store::Column;
use std::sync::Arc;

/// What a description tells, each with its name.
pub(super) fn described(quantiles: &[f64]) -> Result<Vec<(String, Agg)>> {
    if let Some(q) = quantiles.iter().find(|q| !(0.0..=1.0).contains(*q)) {
        return Err(Error::invalid(format!("a quantile of {q}")).help("probabilities are from 0 to 1"));
    }
    let mut rows = vec![("count".to_string(), Agg::Count), ("mean".into(), Agg::Mean), ("std".into(), Agg::Std), ("min".into(), Agg::Min)];
    rows.extend(quantiles.iter().map(|&q| (format!("{}%", (q * 1e6).round() / 1e4), Agg::Quantile(q))));
    rows.push(("max".into(), Agg::Max));
    Ok(rows)
}

impl DataFrame {
    /// Count, mean, standard deviation, smallest, quantiles and largest of every numeric column, as rows. Missing values are skipped;
    /// all results are f64.
    ///
    /// # Errors
    /// Invalid, for a probability outside 0 to 1, and where no column is numeric.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 6])), ("s", Column::from(vec!["a", "b", "c"]))])?;
    /// let about = df.describe(&[0.5])?;
    /// assert_eq!((about.at("mean", "x")?, about.at("50%", "x")?, about.width()), (3.0.into(), 2.0.into(), 1));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn describe(&self, quantiles: &[f64]) -> Result<DataFrame> {
        let rows = described(quantiles)?;
        let numbers = self.select_dtypes(DType::is_numeric)?;
        if numbers.width() == 0 {
            return Err(Error::invalid("no column is numeric").help("value_counts tells of text"));
        }
        let mut columns = Vec::with_capacity(numbers.width());
        for column in numbers.columns() {
            let series = Series::new(None, column.clone(), numbers.index().clone())?;
            let found = rows.iter().map(|(_, agg)| Ok(series.reduce(*agg)?.as_f64())).collect::<Result<Vec<Option<f64>>>>()?;
            columns.push(Column::from(found));
        }
        let index = Index::flat(None, Column::from(rows.into_iter().map(|(n, _)| n).collect::<Vec<String>>()));
        DataFrame::with_index(numbers.labels().clone(), columns, index)
    }

    /// How many different values every column has; missing ones do not count.
    ///
    /// Numbers of type i64 under the names of the columns.
    ///
    /// # Errors
    /// Type, for columns that are only carried.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(1)])), ("s", vec!["a", "b", "c"].into())])?;
    /// assert_eq!(df.nunique()?.data(), &Column::from(vec![1i64, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nunique(&self) -> Result<Series> {
        self.reduce(Agg::Nunique)
    }

    /// Bytes held by every column.
    ///
    /// Numbers of type i64 under the names of the columns; row labels do not count.
    ///
    /// # Errors
    /// Shape, never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// assert_eq!(df.memory_usage()?.data(), &Column::from(vec![24i64]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn memory_usage(&self) -> Result<Series> {
        let bytes: Vec<i64> = self.columns().iter().map(|c| c.bytes() as i64).collect();
        Series::new(None, bytes.into(), Arc::new(self.labels().to_index()?))
    }

    /// Columns, their types and how many values are there, as a table.
    ///
    /// A row for each column, labelled by its name: `dtype`, `count` and `bytes`.
    ///
    /// # Errors
    /// Shape, never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None])), ("s", vec!["a", "b"].into())])?;
    /// assert_eq!(df.info()?.column("dtype")?, &Column::from(vec!["i64", "str"]));
    /// assert_eq!(df.info()?.column("count")?, &Column::from(vec![1i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn info(&self) -> Result<DataFrame> {
        let texts = |f: &dyn Fn(&Column) -> String| self.columns().iter().map(f).collect::<Vec<String>>();
        let there: Vec<i64> = self.columns().iter().map(|c| (c.len() - c.missing_count()) as i64).collect();
        let bytes: Vec<i64> = self.columns().iter().map(|c| c.bytes() as i64).collect();
        let columns = vec![texts(&|c| c.dtype().to_string()).into(), there.into(), bytes.into()];
        let index = self.labels().to_index()?;
        DataFrame::with_index(Labels::new(["dtype", "count", "bytes"]), columns, index)
    }

    /// `n` rows by chance, without repetition, in the order in which they stand; the same seed gives the same rows.
    ///
    /// Rows keep their labels.
    ///
    /// # Errors
    /// Invalid, for more rows than there are.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
    /// assert_eq!(df.sample(2, 7)?.column("x")?, df.sample(2, 7)?.column("x")?);
    /// assert_eq!(df.sample(3, 7)?.column("x")?, &Column::from(vec![Some(1i64), None, Some(3)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sample(&self, n: usize, seed: u64) -> Result<DataFrame> {
        if n > self.height() {
            return Err(Error::invalid(format!("a sample of {n} from {} rows", self.height())).help("rows are not repeated"));
        }
        let mut chance = Chance(seed);
        self.take(&chance.some(n, self.height()).into())
    }

    /// Rows chosen by chance, the same for the same seed: a number or a share of them, weighted by a column, with or without
    /// repetition. Without repetition rows keep their order. Not the rows that pandas chooses: its chance is another.
    ///
    /// # Errors
    /// Not found, for the column of weights; type, where it has no numbers; invalid, for weights below 0, infinite or all 0, for more
    /// rows than there are (of weights above 0) without repetition, and for a share below 0.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::Sample};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3])), ("w", vec![Some(0.0), Some(2.0), None].into())])?;
    /// let twice = df.sample_with(&Sample::rows(2).weights("w").repeat(), 7)?;
    /// assert_eq!(twice.column("x")?, &Column::from(vec![2i64, 2]));
    /// assert_eq!(df.sample_with(&Sample::share(2.0 / 3.0), 7)?.height(), 2);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sample_with(&self, how: &Sample, seed: u64) -> Result<DataFrame> {
        let height = self.height();
        let n = match how.size {
            SampleSize::Rows(n) => n,
            SampleSize::Share(share) if share >= 0.0 && share.is_finite() => (share * height as f64).round_ties_even() as usize,
            SampleSize::Share(share) => return Err(Error::invalid(format!("a share of {share} of the rows"))),
        };
        let mut chance = Chance(seed);
        let Some(name) = &how.weights else {
            if !how.repeat {
                return self.sample(n, seed);
            }
            if height == 0 && n > 0 {
                return Err(Error::invalid(format!("a sample of {n} from 0 rows")));
            }
            let rows: Vec<u64> = (0..n).map(|_| ((chance.next() * height as f64) as u64).min(height as u64 - 1)).collect();
            return self.take(&rows.into());
        };
        let weights = self.weights(name)?;
        let possible = weights.iter().filter(|w| **w > 0.0).count();
        if n > 0 && possible == 0 {
            return Err(Error::invalid("no row has a weight above 0").at(Place::column(name)));
        }
        if !how.repeat && n > possible {
            return Err(Error::invalid(format!("a sample of {n} from {possible} rows with weights above 0")).help("Sample::repeat"));
        }
        let mut rows: Vec<u64> = if how.repeat {
            let mut sums = Vec::with_capacity(height);
            let mut sum = 0.0;
            sums.extend(weights.iter().map(|w| {
                sum += w;
                sum
            }));
            let drawn = |x: f64| sums.partition_point(|s| *s <= x * sum).min(height - 1) as u64;
            (0..n).map(|_| drawn(chance.next())).collect()
        } else {
            // The largest of chances to the power of 1 / weight (Efraimidis and Spirakis): as if drawn one after the other.
            let mut keys: Vec<(f64, u64)> = weights
                .iter()
                .enumerate()
                .filter(|(_, w)| **w > 0.0)
                .map(|(row, w)| ((1.0 - chance.next()).ln() / w, row as u64))
                .collect();
            keys.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            keys.truncate(n);
            keys.into_iter().map(|(_, row)| row).collect()
        };
        if !how.repeat {
            rows.sort_unstable();
        }
        self.take(&rows.into())
    }

    /// The weights of rows; missing is 0.
    fn weights(&self, name: &str) -> Result<Vec<f64>> {
        let column = self.column(name)?;
        if !column.dtype().is_numeric() {
            return Err(Error::wrong_type(format!("weights are numbers, this is {}", column.dtype())).at(Place::column(name)));
        }
        let weights: Vec<f64> = column.to_f64()?.into_iter().map(|w| if w.is_nan() { 0.0 } else { w }).collect();
        match weights.iter().position(|w| *w < 0.0 || w.is_infinite()) {
            None => Ok(weights),
            Some(row) => {
                let place = Place { row: Some(row as u64), ..Place::column(name) };
                Err(Error::invalid(format!("a weight of {}", weights[row])).at(place))
            }
        }
    }
}

/// How many rows a sample has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SampleSize {
    /// So many.
    Rows(usize),
    /// This share of all.
    Share(f64),
}

/// Options of [`DataFrame::sample_with`].
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// How many rows.
    pub size: SampleSize,
    /// Whether a row may be chosen again.
    pub repeat: bool,
    /// The column of weights; all rows weigh the same, when `None`.
    pub weights: Option<String>,
}

impl Sample {
    /// So many rows, none of them twice.
    pub fn rows(n: usize) -> Sample {
        Sample { size: SampleSize::Rows(n), repeat: false, weights: None }
    }

    /// This share of the rows, none of them twice.
    pub fn share(share: f64) -> Sample {
        Sample { size: SampleSize::Share(share), repeat: false, weights: None }
    }

    /// A row may be chosen again.
    pub fn repeat(mut self) -> Sample {
        self.repeat = true;
        self
    }

    /// Rows weigh what stands in this column; missing weighs nothing.
    pub fn weights(mut self, column: &str) -> Sample {
        self.weights = Some(column.into());
        self
    }
}

/// Chance that is the same for the same seed: splitmix64.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    /// From 0 to below 1.
    pub(super) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// `n` of so many, in order: selection sampling (Knuth, volume 2, algorithm S).
    fn some(&mut self, n: usize, of: usize) -> Vec<u64> {
        let mut rows = Vec::with_capacity(n);
        for i in 0..of {
            if self.next() * ((of - i) as f64) < (n - rows.len()) as f64 {
                rows.push(i as u64);
            }
        }
        rows
    }
}

impl Series {
    /// How often each value stands, the most frequent first, equally frequent ones as they first stood; missing values do not count.
    /// Values are the labels, the name is `count`.
    ///
    /// # Errors
    /// Type, for values that do not compare.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("b"), Some("a"), None, Some("a")]))])?.series("x")?;
    /// let counts = s.value_counts()?;
    /// assert_eq!(counts.data(), &Column::from(vec![2i64, 1]));
    /// assert_eq!(counts.index().columns()[0], Column::from(vec!["a", "b"]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn value_counts(&self) -> Result<Series> {
        let rows = row_count(self.len())?;
        let (codes, firsts) = row_codes(&[KeyColumn::new(self.data())?], rows);
        let present = self.data().present();
        let mut counts = vec![0i64; firsts.len()];
        codes.iter().enumerate().filter(|(i, _)| present.value(*i)).for_each(|(_, &c)| counts[c as usize] += 1);
        let mut order: Vec<usize> = (0..firsts.len()).filter(|&c| counts[c] > 0).collect();
        order.sort_by_key(|&c| std::cmp::Reverse(counts[c]));
        let values = self.data().take(&order.iter().map(|&c| firsts[c] as u64).collect::<Vec<_>>().into())?;
        let counts: Vec<i64> = order.iter().map(|&c| counts[c]).collect();
        Series::new(Some("count".into()), counts.into(), Arc::new(Index::flat(self.name(), values)))
    }

    /// Count, mean, standard deviation, smallest, quantiles and largest.
    ///
    /// Floats under `count mean std min 50% max`, the quantiles as they are asked for; missing values are skipped.
    ///
    /// # Errors
    /// As [`DataFrame::describe`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?.series("x")?;
    /// let about = s.describe(&[0.25])?;
    /// assert_eq!((about.at("count")?, about.at("mean")?, about.at("25%")?), (2.0.into(), 2.0.into(), 1.5.into()));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn describe(&self, quantiles: &[f64]) -> Result<Series> {
        let frame = self.to_frame()?.describe(quantiles)?;
        Series::new(self.name().map(Into::into), frame.columns()[0].clone(), frame.index().clone())
    }

    /// How many different values; missing ones do not count.
    ///
    /// # Errors
    /// Type, for values that are only carried.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("a"), None, Some("a")]))])?.series("x")?;
    /// assert_eq!(s.nunique()?, 1);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nunique(&self) -> Result<u64> {
        match self.reduce(Agg::Nunique)? {
            Scalar::I64(n) => Ok(n as u64),
            _ => Err(Error::internal("a count that is no number")),
        }
    }
}
