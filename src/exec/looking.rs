//! Looking at tables in memory: statistics, counts of values, samples, sizes.

use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use crate::frame::{DataFrame, Series};
use crate::kernel::agg::Agg;
use crate::kernel::order::{KeyColumn, row_codes, row_count};
use crate::label::{Index, Labels};
use crate::store::Column;
use std::sync::Arc;

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
        if let Some(q) = quantiles.iter().find(|q| !(0.0..=1.0).contains(*q)) {
            return Err(Error::invalid(format!("a quantile of {q}")).help("probabilities are from 0 to 1"));
        }
        let numbers = self.select_dtypes(DType::is_numeric)?;
        if numbers.width() == 0 {
            return Err(Error::invalid("no column is numeric").help("value_counts tells of text"));
        }
        let mut rows =
            vec![("count".to_string(), Agg::Count), ("mean".into(), Agg::Mean), ("std".into(), Agg::Std), ("min".into(), Agg::Min)];
        rows.extend(quantiles.iter().map(|&q| (format!("{}%", (q * 1e6).round() / 1e4), Agg::Quantile(q))));
        rows.push(("max".into(), Agg::Max));
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
        // Selection sampling (Knuth, volume 2, algorithm S), with splitmix64 for the chance.
        let mut state = seed;
        let mut chance = move || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        };
        let mut rows = Vec::with_capacity(n);
        for i in 0..self.height() {
            if chance() * ((self.height() - i) as f64) < (n - rows.len()) as f64 {
                rows.push(i as u64);
            }
        }
        self.take(&rows.into())
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
