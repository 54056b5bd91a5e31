//! Row groups that cannot hold a wanted row, by their statistics.

use crate::dtype::{Scalar, TimeUnit};
use crate::io::arrow_schema::{FileColumns, column_from_file};
use crate::io::guard::guarded;
use crate::store::{Compare, Predicate};
use arrow::datatypes::Schema as ArrowSchema;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::file::metadata::ParquetMetaData;
use std::cmp::Ordering;

/// The one leaf of a flat column.
fn leaf(metadata: &ParquetMetaData, root: usize) -> Option<usize> {
    let descr = metadata.file_metadata().schema_descr();
    let mut leaves = (0..descr.num_columns()).filter(|&l| descr.get_column_root_idx(l) == root);
    let first = leaves.next().filter(|&l| descr.column(l).path().parts().len() == 1)?;
    leaves.next().is_none().then_some(first)
}

/// Whether any row group has statistics for the column.
pub(super) fn has_statistics(metadata: &ParquetMetaData, columns: &FileColumns, predicate: &Predicate) -> bool {
    let leaf = columns.order.get(predicate.column).and_then(|&root| leaf(metadata, root));
    leaf.is_some_and(|l| metadata.row_groups().iter().any(|g| g.column(l).statistics().is_some()))
}

/// Whether no row of the row group can fulfil the predicate.
pub(super) fn rules_out(
    arrow: &ArrowSchema,
    metadata: &ParquetMetaData,
    columns: &FileColumns,
    group: usize,
    predicate: &Predicate,
) -> bool {
    let bounds = guarded(|| Ok(bounds(arrow, metadata, columns, group, predicate.column)));
    let Ok(Some((low, high, exact))) = bounds else { return false };
    if low.is_missing() || high.is_missing() {
        return false;
    }
    let (Some(low), Some(high)) = (order(&low, &predicate.value), order(&high, &predicate.value)) else { return false };
    match predicate.compare {
        Compare::Lt => low != Ordering::Less,
        Compare::Le => low == Ordering::Greater,
        Compare::Gt => high != Ordering::Greater,
        Compare::Ge => high == Ordering::Less,
        Compare::Eq => low == Ordering::Greater || high == Ordering::Less,
        Compare::Ne => exact && low == Ordering::Equal && high == Ordering::Equal,
    }
}

/// The least and the largest value of a column in a row group, and whether both occur.
fn bounds(
    arrow: &ArrowSchema,
    metadata: &ParquetMetaData,
    columns: &FileColumns,
    group: usize,
    column: usize,
) -> Option<(Scalar, Scalar, bool)> {
    let root = *columns.order.get(column)?;
    let statistics = metadata.row_group(group).column(leaf(metadata, root)?).statistics()?;
    let descr = metadata.file_metadata().schema_descr();
    let converter = StatisticsConverter::try_new(arrow.field(root).name(), arrow, descr).ok()?;
    // Names may repeat; the converter finds the first.
    if converter.parquet_column_index() != leaf(metadata, root) {
        return None;
    }
    let groups = [metadata.row_group(group)];
    let dtype = &columns.schema.fields[column].dtype;
    let low = column_from_file(converter.row_group_mins(groups).ok()?, dtype).ok()?.scalar(0);
    let high = column_from_file(converter.row_group_maxes(groups).ok()?, dtype).ok()?.scalar(0);
    // A float's statistics leave NaN out, and so do comparisons.
    Some((low, high, statistics.min_is_exact() && statistics.max_is_exact()))
}

/// How two values compare, if they are of one family.
fn order(a: &Scalar, b: &Scalar) -> Option<Ordering> {
    use Scalar::*;
    let micros = |v: i64, unit: TimeUnit| v as i128 * if unit == TimeUnit::Us { 1000 } else { 1 };
    Some(match (a, b) {
        (I64(x), I64(y)) => x.cmp(y),
        (U64(x), U64(y)) => x.cmp(y),
        (I64(x), U64(y)) => (*x as i128).cmp(&(*y as i128)),
        (U64(x), I64(y)) => (*x as i128).cmp(&(*y as i128)),
        (F64(_) | F32(_), F64(_) | F32(_)) => a.as_f64()?.partial_cmp(&b.as_f64()?)?,
        // An integer that a float cannot hold exactly decides nothing near its bounds.
        (F64(_) | F32(_), I64(n)) | (I64(n), F64(_) | F32(_)) if n.unsigned_abs() <= 1 << 53 => a.as_f64()?.partial_cmp(&b.as_f64()?)?,
        (Bool(x), Bool(y)) => x.cmp(y),
        (Str(x), Str(y)) => x.as_bytes().cmp(y.as_bytes()),
        (Date(x), Date(y)) => x.cmp(y),
        (Time { value: x, unit: u }, Time { value: y, unit: v }) => micros(*x, *u).cmp(&micros(*y, *v)),
        (Duration { value: x, unit: u }, Duration { value: y, unit: v }) => micros(*x, *u).cmp(&micros(*y, *v)),
        (Instant { value: x, unit: u, tz: s, calendar: c }, Instant { value: y, unit: v, tz: t, calendar: d })
            if c == d && s.is_some() == t.is_some() =>
        {
            micros(*x, *u).cmp(&micros(*y, *v))
        }
        _ => return None,
    })
}
