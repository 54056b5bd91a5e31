//! Rows put in bins of time: `resample`.

use super::group::aggregate_all;
use super::{LazyFrame, Plan};
use crate::dtype::{Calendar, DType};
use crate::error::{Error, Place, Result};
use crate::kernel::agg::Agg;
use crate::kernel::text::Zone;
use crate::kernel::time::{Bins, Frequency, Origin, Side};
use crate::plan::expr::Expr;
use crate::store::Schema;
use std::sync::Arc;

/// Bins of time.
#[derive(Clone, Copy, Debug)]
pub struct TimeBins {
    /// How far bins are apart.
    pub frequency: Frequency,
    /// The side of a bin that belongs to it; as pandas has it for the frequency when `None`.
    pub closed: Option<Side>,
    /// The side that names it.
    pub label: Option<Side>,
    /// Where bins of seconds to days are counted from.
    pub origin: Origin,
}

impl TimeBins {
    /// Bins of a frequency as pandas spells it, sides and origin as pandas has them.
    ///
    /// # Errors
    /// Parse, with the units there are.
    pub fn new(frequency: &str) -> Result<TimeBins> {
        Ok(TimeBins { frequency: Frequency::parse(frequency)?, closed: None, label: None, origin: Origin::default() })
    }

    /// The bins from the first time to the last, on the clocks of a zone where times have one.
    ///
    /// # Errors
    /// Overflow, where there would be too many.
    pub fn between(&self, zone: Option<Zone>, ends: (i64, i64), calendar: Calendar, per_second: i64) -> Result<Bins> {
        match zone {
            None => self.frequency.bins(ends, calendar, per_second, self.closed, self.label, self.origin),
            Some(zone) => self.frequency.bins_in(zone, ends, per_second, self.closed, self.label, self.origin),
        }
    }
}

/// Aggregates of the rows in each bin.
#[derive(Clone, Debug)]
pub struct ResamplePlan {
    /// Whose rows.
    pub input: Arc<Plan>,
    /// The column of times.
    pub on: usize,
    /// The bins.
    pub bins: TimeBins,
    /// Names and aggregates.
    pub aggregates: Vec<(String, Expr)>,
    /// What is taken from the count below the line of `std var sem`.
    pub ddof: u32,
    /// The columns of the result: the labels of the bins, then the aggregates.
    pub schema: Arc<Schema>,
}

impl ResamplePlan {
    pub(super) fn explain(&self) -> String {
        let list: Vec<String> = self.aggregates.iter().map(|(n, e)| format!("{n} = {e}")).collect();
        format!("resample {}: {}", self.schema.fields[0].name, list.join(", "))
    }
}

/// A lazy table in bins of time, waiting for what is to be computed of each.
#[derive(Clone, Debug)]
pub struct LazyResample {
    input: LazyFrame,
    on: usize,
    bins: TimeBins,
    ddof: u32,
}

impl LazyFrame {
    /// Puts rows in bins by a column of times: every bin from the first time to the last, those without rows too. Rows without a
    /// time are left out, with a warning.
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for what are no times.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::ExecOptions, open::{OpenOptions, Scanned, scan}, plan::{LazyFrame, TimeBins, parse}};
    /// let (Scanned::Table(source), _) = scan(&["data/lake.csv".into()], &OpenOptions::default())? else { panic!() };
    /// let months = LazyFrame::scan(source).resample("day", TimeBins::new("MS")?)?.agg([("rain", parse("sum(rain)")?)])?;
    /// let months = months.collect(&ExecOptions::default())?;
    /// assert_eq!((months.height(), months.column("day")?.scalar(0).to_string()), (4, "2023-12-01".to_string()));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn resample(&self, on: &str, bins: TimeBins) -> Result<LazyResample> {
        let at = self.schema().position(on)?;
        let wrong = |e: Error| Err(e.at(Place { column: Some(on.into()), ..Place::default() }));
        match &self.schema().fields[at].dtype {
            DType::Date | DType::Instant { .. } => {}
            t => {
                return wrong(
                    Error::wrong_type(format!("bins are of times, this is {t}")).help("--parse-dates or datetime(x) reads times"),
                );
            }
        }
        Ok(LazyResample { input: self.clone(), on: at, bins, ddof: 1 })
    }
}

impl LazyResample {
    /// Whose rows, the name of their times, and the bins.
    pub(crate) fn settled(&self) -> (&LazyFrame, &str, TimeBins) {
        (&self.input, &self.input.schema().fields[self.on].name, self.bins)
    }

    /// What is taken from the count below the line of `std var sem`: 1 where nothing is said.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, frame::date_range_n, plan::{TimeBins, parse}};
    /// let df = DataFrame::new([("t", date_range_n("2024-01-01", 3, "D")?), ("x", Column::from(vec![1i64, 2, 5]))])?;
    /// let bins = df.lazy()?.resample("t", TimeBins::new("2D")?)?.ddof(0);
    /// let found = bins.agg([("var", parse("var(x)")?)])?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("var")?, &Column::from(vec![0.25, 0.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ddof(mut self, ddof: u32) -> LazyResample {
        self.ddof = ddof;
        self
    }

    /// One row per bin: its label under the name of the times, then the aggregates. Of a bin without rows `sum` and `count` are 0,
    /// other aggregates missing.
    ///
    /// # Errors
    /// As [`super::LazyGroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, frame::date_range_n, plan::{TimeBins, parse}};
    /// let df = DataFrame::new([("t", date_range_n("2024-01-01", 2, "2D")?), ("x", Column::from(vec![1i64, 5]))])?;
    /// let days = df.lazy()?.resample("t", TimeBins::new("D")?)?.agg([("sum", parse("sum(x)")?), ("mean", parse("mean(x)")?)])?;
    /// let days = days.collect(&ExecOptions::default())?;
    /// assert_eq!(days.column("sum")?, &Column::from(vec![1i64, 0, 5]));
    /// assert_eq!(days.column("mean")?, &Column::from(vec![Some(1.0), None, Some(5.0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn agg<S: Into<String>>(&self, aggregates: impl IntoIterator<Item = (S, Expr)>) -> Result<LazyFrame> {
        let aggregates: Vec<(String, Expr)> = aggregates.into_iter().map(|(n, e)| (n.into(), e)).collect();
        let on = self.input.schema().fields[self.on].name.clone();
        let grouped = self.input.groupby([on]).agg(aggregates.clone())?;
        let mut schema = (**grouped.schema()).clone();
        if schema.fields[0].dtype == DType::Date && self.bins.frequency.within_day() {
            schema.fields[0].dtype = DType::datetime();
        }
        let plan = ResamplePlan {
            input: self.input.plan.clone(),
            on: self.on,
            bins: self.bins,
            aggregates,
            ddof: self.ddof,
            schema: Arc::new(schema),
        };
        Ok(self.input.then(Plan::Resample(Arc::new(plan))))
    }

    /// This aggregate of every column that it is meant for, under the column's name.
    ///
    /// # Errors
    /// Type, where it is meant for none.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, frame::date_range_n, plan::{Agg, TimeBins}};
    /// let df = DataFrame::new([("t", date_range_n("2024-01-01", 3, "D")?), ("x", Column::from(vec![1i64, 2, 5]))])?;
    /// let found = df.lazy()?.resample("t", TimeBins::new("2D")?)?.op(Agg::Max)?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![2i64, 5]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn op(&self, agg: Agg) -> Result<LazyFrame> {
        let on = self.input.schema().fields[self.on].name.clone();
        self.agg(aggregate_all(agg, self.input.schema(), &[&on])?)
    }
}
