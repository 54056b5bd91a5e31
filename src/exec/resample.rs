//! Rows in bins of time: each row gets the number of its bin, the engine of groups does the rest, and bins without rows are added.

use super::frame::{answered, asked, positions, union};
use super::gather::gather;
use super::{ExecOptions, MemSource};
use crate::dtype::{Calendar, DType, Scalar, TimeUnit};
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::kernel::agg::Agg;
use crate::kernel::text::Zone;
use crate::kernel::time::Bins;
use crate::plan::{GroupKey, LazyFrame, ResamplePlan, col};
use crate::store::{Batch, BatchIter, Column, Field, ScanRequest, Schema, TableSource};
use arrow::array::{Array, Int64Array};
use std::sync::Arc;

/// The column of the bins' numbers: no file has this name.
const BIN: &str = "\u{0}bin";
const DAY: i64 = 86_400_000_000;

/// Dates as instants, and instants as they are.
fn instants(column: &Column) -> Result<Int64Array> {
    let values = column.to_i64()?;
    let beyond = || Error::overflow("a date beyond what times can tell");
    if *column.dtype() == DType::Date { values.try_unary(|d| d.checked_mul(DAY).ok_or_else(beyond)) } else { Ok(values) }
}

pub(super) fn resampled(input: &Arc<dyn TableSource>, plan: &ResamplePlan, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    let lazy = LazyFrame::scan(input.clone());
    let on = &input.schema().fields[plan.on];
    let ends = [("first", col(&*on.name).agg(Agg::Min)), ("last", col(&*on.name).agg(Agg::Max))];
    let ends = lazy.aggregate(ends, options)?;
    let end = |i: usize| instants(&ends.columns()[i]).map(|v| v.is_valid(0).then(|| v.value(0)));
    let (calendar, unit) = match &on.dtype {
        DType::Instant { calendar, unit, .. } => (*calendar, *unit),
        _ => (Calendar::ProlepticGregorian, TimeUnit::Us),
    };
    let Some(range) = end(0)?.zip(end(1)?) else {
        return Ok(Arc::new(MemSource::new(plan.schema.clone(), Vec::new())));
    };
    let b = plan.bins;
    let zone = match &on.dtype {
        DType::Instant { tz: Some(tz), .. } => {
            let known = Zone::parse(tz).ok_or_else(|| Error::not_found("time zone", tz, ["UTC", "Europe/Paris", "America/New_York"]));
            Some(known.at(|| Place::column(&on.name))?)
        }
        _ => None,
    };
    let bins = Arc::new(b.between(zone, range, calendar, unit.per_second())?);
    let mut fields = input.schema().fields.clone();
    fields.push(Field::new(BIN, DType::I64));
    let numbered = Arc::new(Schema { labels: None, ..Schema::new(fields) });
    let source = Arc::new(BinSource { input: input.clone(), on: plan.on, bins: bins.clone(), schema: numbered.clone() });
    let keys = [GroupKey::new(&*on.name, col(BIN))];
    let grouped = LazyFrame::scan(source).groupby(keys).ddof(plan.ddof).agg(plan.aggregates.clone())?;
    let mut whole = gather(&grouped.source(options)?, None, "resample", options)?;
    // What aggregates of nothing are: for bins without rows.
    let nothing = LazyFrame::scan(Arc::new(MemSource::new(numbered, Vec::new()))).aggregate(plan.aggregates.clone(), options)?;
    let met = whole.batch.columns[0].to_i64()?;
    let mut rows = vec![met.len() as u64; bins.labels.len()];
    met.values().iter().enumerate().for_each(|(row, &bin)| rows[bin as usize] = row as u64);
    let rows = rows.into();
    let labels: Vec<Option<i64>> = bins.labels.iter().map(|&l| Some(l)).collect();
    let labels = match &plan.schema.fields[0].dtype {
        DType::Date => {
            let days: Vec<Scalar> = bins.labels.iter().map(|l| Scalar::Date(l.div_euclid(DAY) as i32)).collect();
            Column::from_scalars(&DType::Date, &days)?
        }
        t => Column::from_i64(t.clone(), labels)?,
    };
    let mut columns = vec![labels];
    for (column, nothing) in whole.batch.columns[1..].iter().zip(nothing.columns()) {
        columns.push(Column::concat(&[column.clone(), nothing.cast(column.dtype())?])?.take(&rows)?);
    }
    let batch = Batch::with_rows(plan.schema.clone(), columns, bins.labels.len())?;
    if !whole.booked.try_grow(batch.bytes()) {
        return Err(super::gather::too_large("resample", batch.rows(), batch.bytes(), options));
    }
    Ok(Arc::new(Told { inner: MemSource::new(plan.schema.clone(), vec![batch]), notices: whole.notices }))
}

/// Rows with the number of their bin.
#[derive(Debug)]
struct BinSource {
    input: Arc<dyn TableSource>,
    on: usize,
    bins: Arc<Bins>,
    schema: Arc<Schema>,
}

impl TableSource for BinSource {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
    fn rows(&self) -> Option<u64> {
        self.input.rows()
    }
    fn parts(&self) -> usize {
        self.input.parts()
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.input.part_bytes(part)
    }
    fn notices(&self) -> Notices {
        self.input.notices()
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let wanted = asked(request, &self.schema);
        let last = self.schema.fields.len() - 1;
        let plain: Vec<usize> = wanted.iter().copied().filter(|&c| c != last).collect();
        let needed = union(&plain, &[self.on]);
        let at = positions(&needed);
        let on = at(self.on);
        let sources: Vec<Option<usize>> = wanted.iter().map(|&c| (c != last).then(|| at(c))).collect();
        let schema = answered(request, &self.schema);
        let bins = self.bins.clone();
        let mut inner = ScanRequest { columns: Some(needed), ..request.clone() };
        inner.predicates.retain(|p| p.column != last);
        Ok(Box::new(self.input.scan(part, &inner)?.map(move |batch| {
            let batch = batch?;
            // Neighbours are mostly in one bin.
            let mut known: Option<usize> = None;
            let numbers: Vec<Option<i64>> = instants(&batch.columns[on])?
                .iter()
                .map(|t| {
                    let t = t?;
                    let same = known.filter(|&b| bins.edges[b] <= t && t < bins.edges[b + 1]);
                    known = same.or_else(|| bins.of(t));
                    known.map(|b| b as i64)
                })
                .collect();
            let numbers = Column::from(numbers);
            let columns = sources.iter().map(|s| s.map_or_else(|| numbers.clone(), |i| batch.columns[i].clone())).collect();
            Batch::with_rows(schema.clone(), columns, batch.rows())
        })))
    }
}

/// A table in memory with what was noticed while it was made.
#[derive(Debug)]
struct Told {
    inner: MemSource,
    notices: Notices,
}

impl TableSource for Told {
    fn schema(&self) -> &Arc<Schema> {
        self.inner.schema()
    }
    fn rows(&self) -> Option<u64> {
        self.inner.rows()
    }
    fn parts(&self) -> usize {
        self.inner.parts()
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.inner.part_bytes(part)
    }
    fn notices(&self) -> Notices {
        self.notices.clone()
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        self.inner.scan(part, request)
    }
}
