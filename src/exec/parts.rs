//! The parts in which a plan over tables is run: how many, fewer or more of them, and functions of the caller for each piece.

use super::apply::guarded;
use super::frame::answered;
use super::{ExecOptions, MemSource};
use crate::error::{Error, Notices, Place, Result};
use crate::frame::DataFrame;
use crate::plan::LazyFrame;
use crate::store::{Batch, BatchIter, IndexSpec, ScanRequest, Schema, TableSource};
use std::fmt;
use std::sync::Arc;

impl LazyFrame {
    /// In how many parts the plan is run: those of the files for what goes row by row, and those of the result for what has to be run before
    /// that is known. dask: `ddf.npartitions`.
    ///
    /// # Errors
    /// What running the plan says, where it has to be run.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let plan = DataFrame::new([("x", Column::from(vec![1i64; 200_000]))])?.lazy()?;
    /// assert_eq!(plan.npartitions(&ExecOptions::default())?, 4);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn npartitions(&self, options: &ExecOptions) -> Result<usize> {
        Ok(self.source(options)?.parts())
    }

    /// The same rows in `n` parts of about one length. Fewer parts than there are hold several each and nothing is read; for more of them the
    /// plan is run and its rows are held. dask: `ddf.repartition(npartitions=n)`.
    ///
    /// # Errors
    /// Invalid, for 0 parts; what running the plan says, where it has to be run.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let options = ExecOptions::default();
    /// let plan = DataFrame::new([("x", Column::from((0..200_000i64).collect::<Vec<_>>()))])?.lazy()?;
    /// for n in [1, 3, 40] {
    ///     let parts = plan.repartition(n, &options)?;
    ///     assert_eq!((parts.npartitions(&options)?, parts.collect(&options)?.height()), (n, 200_000));
    /// }
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn repartition(&self, n: usize, options: &ExecOptions) -> Result<LazyFrame> {
        if n == 0 {
            return Err(Error::invalid("a table cut into no parts"));
        }
        let source = self.source(options)?;
        let parts = source.parts();
        if n <= parts {
            let firsts = (0..=n).map(|i| i * parts / n).collect();
            return Ok(LazyFrame::scan(Arc::new(Together { source, firsts })));
        }
        let frame = self.collect(options)?;
        let rows = frame.height();
        let batches = (0..n).map(|i| frame.slice(i * rows / n, (i + 1) * rows / n - i * rows / n).to_batch());
        let batches = batches.collect::<Result<Vec<Batch>>>()?;
        let schema = batches.first().map_or_else(|| self.schema().clone(), |b| b.schema.clone());
        Ok(LazyFrame::scan(Arc::new(MemSource::new(schema, batches))))
    }

    /// What a function of the caller makes of the rows, some tens of thousands at a time, in parallel, without holding the table. The columns
    /// of the result are those that it gives for no rows, for which it is called first. dask: `ddf.map_partitions(f)`.
    ///
    /// # Errors
    /// What running the plan says; when it is run, the error of `f` for the first piece that has one, with the part; invalid, where `f` panics;
    /// shape, where it gives other columns than for no rows.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let options = ExecOptions::default();
    /// let plan = DataFrame::new([("x", Column::from(vec![3i64, 1, 2]))])?.lazy()?;
    /// let made = plan.map_batches(&options, |rows| rows.add(10))?.collect(&options)?;
    /// assert_eq!(made.column("x")?, &Column::from(vec![13i64, 11, 12]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn map_batches(
        &self,
        options: &ExecOptions,
        f: impl Fn(&DataFrame) -> Result<DataFrame> + Send + Sync + 'static,
    ) -> Result<LazyFrame> {
        let source = self.source(options)?;
        let f = Arc::new(f);
        let none = Batch::concat(source.schema(), &[])?;
        let schema = made(&none, &*f, || "map_batches of no rows".into())?.schema;
        Ok(LazyFrame::scan(Arc::new(Mapped { source, f, schema })))
    }
}

/// What a function makes of rows.
fn made(rows: &Batch, f: &OfRows, place: impl Fn() -> String) -> Result<Batch> {
    let frame = DataFrame::from_batch(rows)?;
    let made = guarded(|| Place { op: Some(place()), ..Place::default() }, || f(&frame))?;
    // Rows that were only numbered are numbered anew.
    let numbered = !matches!(rows.schema.index, IndexSpec::Levels(_));
    if numbered { made.drop_index() } else { made }.to_batch()
}

/// Several parts of a source as one.
#[derive(Debug)]
struct Together {
    source: Arc<dyn TableSource>,
    /// The first part of each, and the end.
    firsts: Vec<usize>,
}

impl Together {
    fn of(&self, part: usize) -> std::ops::Range<usize> {
        self.firsts[part]..self.firsts[part + 1]
    }
}

impl TableSource for Together {
    fn schema(&self) -> &Arc<Schema> {
        self.source.schema()
    }
    fn rows(&self) -> Option<u64> {
        self.source.rows()
    }
    fn parts(&self) -> usize {
        self.firsts.len() - 1
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.of(part).map(|p| self.source.part_bytes(p)).sum()
    }
    fn part_rows(&self, part: usize) -> Option<u64> {
        self.of(part).map(|p| self.source.part_rows(p)).sum()
    }
    fn accepts(&self, predicate: &crate::store::Predicate) -> crate::store::Pushdown {
        self.source.accepts(predicate)
    }
    fn notices(&self) -> Notices {
        self.source.notices()
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let (source, request) = (self.source.clone(), request.clone());
        // One part is opened when the one before is at its end.
        Ok(Box::new(self.of(part).flat_map(move |p| match source.scan(p, &request) {
            Ok(batches) => batches,
            Err(e) => Box::new(std::iter::once(Err(e))) as BatchIter,
        })))
    }
}

type OfRows = dyn Fn(&DataFrame) -> Result<DataFrame> + Send + Sync;

/// Rows through a function of the caller.
struct Mapped {
    source: Arc<dyn TableSource>,
    f: Arc<OfRows>,
    schema: Arc<Schema>,
}

impl fmt::Debug for Mapped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Mapped").field("source", &self.source).field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl TableSource for Mapped {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
    fn rows(&self) -> Option<u64> {
        None
    }
    fn parts(&self) -> usize {
        self.source.parts()
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.source.part_bytes(part)
    }
    fn notices(&self) -> Notices {
        self.source.notices()
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        // What is asked of the result need not hold of what it is made of.
        let inner = ScanRequest { columns: None, predicates: Vec::new(), ..request.clone() };
        let (f, schema, columns) = (self.f.clone(), self.schema.clone(), request.columns.clone());
        let wanted = answered(request, &self.schema);
        Ok(Box::new(self.source.scan(part, &inner)?.map(move |batch| {
            let rows = made(&batch?, &*f, || format!("map_batches of part {part}"))?;
            let rows = super::lazy::fit(rows, &schema)?;
            Ok(match &columns {
                None => rows,
                Some(columns) => rows.project(columns, wanted.clone()),
            })
        })))
    }
}
