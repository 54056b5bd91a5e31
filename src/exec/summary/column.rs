//! The state of one column while its summary is made.

use super::ColumnSummary;
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::exec::key::{Ordered, number_of_key, scalar_of_key, with_numbers};
use crate::exec::spill::Spill;
use crate::exec::tally::{Key, Share, Tally, TextTally};
use crate::kernel::agg::{Moments, between, quantile_ranks};
use crate::store::{Budget, Column};
use arrow::array::{Array, AsArray, PrimitiveArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{self as at, ArrowPrimitiveType};
use arrow::row::{RowConverter, SortField};

/// What is counted of a column, by the kind of its type.
pub(crate) enum ColumnState {
    /// Integers, floats, times: keys in the order of the values.
    Number { tally: Tally<u64>, moments: Option<Moments>, buffers: Buffers<u64> },
    /// Decimals.
    Decimal { tally: Tally<u128>, moments: Moments, scale: i8, buffers: Buffers<u128> },
    /// False, true.
    Bool([u64; 2]),
    /// Text, by its bytes.
    Text { tally: TextTally, count: u64 },
    /// Categories: codes are counted in a batch, then their texts.
    Category { tally: TextTally, count: u64 },
    /// Anything else that can be compared, through arrow's row format.
    Rows { tally: TextTally, count: u64, converter: RowConverter },
    /// What cannot even be compared.
    Opaque { count: u64 },
}

/// Values of a stretch of rows, gathered before they are counted.
pub(crate) struct Buffers<K> {
    keys: Vec<K>,
    numbers: Vec<f64>,
}

/// So many values are gathered at a time: they stay in the first-level cache.
const STRETCH: usize = 2048;

impl ColumnState {
    pub(crate) fn new(dtype: &DType, own: usize, pool: &Budget, spill: &Spill) -> Result<ColumnState> {
        let text = || TextTally::new(own, pool, spill);
        Ok(match dtype {
            DType::Bool => ColumnState::Bool([0; 2]),
            DType::Str => ColumnState::Text { tally: text(), count: 0 },
            DType::Categorical { .. } => ColumnState::Category { tally: text(), count: 0 },
            DType::Decimal { scale, .. } => ColumnState::Decimal {
                tally: Tally::new(Share::new(own, pool), spill),
                moments: Moments::new(false),
                scale: *scale,
                buffers: Buffers::new(),
            },
            DType::Binary | DType::List(_) | DType::Opaque(_) => {
                let field = SortField::new(dtype.to_arrow());
                if RowConverter::supports_fields(std::slice::from_ref(&field)) {
                    ColumnState::Rows { tally: text(), count: 0, converter: RowConverter::new(vec![field])? }
                } else {
                    ColumnState::Opaque { count: 0 }
                }
            }
            _ => ColumnState::Number {
                tally: Tally::new(Share::new(own, pool), spill),
                moments: dtype.is_numeric().then(|| Moments::new(false)),
                buffers: Buffers::new(),
            },
        })
    }

    pub(crate) fn update(&mut self, column: &Column) -> Result<()> {
        let values = column.values();
        match self {
            ColumnState::Number { tally, moments, buffers } => {
                let moments = moments.as_mut();
                with_numbers!(column, array => buffers.feed(array, tally, moments, 0))
            }
            ColumnState::Decimal { tally, moments, scale, buffers } => {
                buffers.feed(values.as_primitive::<at::Decimal128Type>(), tally, Some(moments), *scale)
            }
            ColumnState::Bool(counts) => {
                let array = values.as_boolean();
                let (all, yes) = (array.len() - array.null_count(), array.true_count());
                counts[0] += (all - yes) as u64;
                counts[1] += yes as u64;
                Ok(())
            }
            ColumnState::Text { tally, count } => {
                let array = values.as_string_view();
                *count += (array.len() - array.null_count()) as u64;
                if array.null_count() == 0 {
                    tally.update((0..array.len()).map(|i| array.value(i).as_bytes()))
                } else {
                    tally.update(array.iter().flatten().map(str::as_bytes))
                }
            }
            ColumnState::Category { tally, count } => {
                let array = values.as_dictionary::<at::UInt32Type>();
                let mut counts = vec![0u64; array.values().len()];
                for code in array.keys().iter().flatten() {
                    counts[code as usize] += 1;
                }
                let texts = array.values().as_string_view();
                for (i, &n) in counts.iter().enumerate().filter(|(i, n)| **n > 0 && texts.is_valid(*i)) {
                    tally.add(texts.value(i).as_bytes(), n)?;
                    *count += n;
                }
                Ok(())
            }
            ColumnState::Rows { tally, count, converter } => {
                let nulls = values.logical_nulls();
                let rows = converter.convert_columns(std::slice::from_ref(values))?;
                let there = (0..values.len()).filter(|&i| nulls.as_ref().is_none_or(|n| n.is_valid(i)));
                for i in there {
                    tally.add(rows.row(i).as_ref(), 1)?;
                    *count += 1;
                }
                Ok(())
            }
            ColumnState::Opaque { count } => {
                *count += (values.len() - values.logical_null_count()) as u64;
                Ok(())
            }
        }
    }

    pub(crate) fn finish(self, name: &str, dtype: &DType, rows: u64, quantiles: &[f64]) -> Result<ColumnSummary> {
        self.finish_with_mode(name, dtype, rows, quantiles).map(|f| f.0)
    }

    /// The summary, and the smallest of the commonest values whatever the type.
    pub(crate) fn finish_with_mode(self, name: &str, dtype: &DType, rows: u64, quantiles: &[f64]) -> Result<(ColumnSummary, Scalar)> {
        let mut mode = Scalar::Null;
        let mut out = ColumnSummary {
            name: name.into(),
            dtype: dtype.clone(),
            count: 0,
            missing: 0,
            unique: None,
            mean: None,
            std: None,
            min: Scalar::Null,
            quantiles: vec![None; quantiles.len()],
            max: Scalar::Null,
            top: Scalar::Null,
            freq: None,
        };
        match self {
            ColumnState::Number { tally, moments, .. } => {
                out.count = tally.total();
                let found = Walk::new(if moments.is_some() { quantiles } else { &[] }, tally)?;
                out.unique = Some(found.unique);
                out.min = found.min.map_or(Scalar::Null, |k| scalar_of_key(k, dtype));
                out.max = found.max.map_or(Scalar::Null, |k| scalar_of_key(k, dtype));
                mode = found.top.map_or(Scalar::Null, |(k, _)| scalar_of_key(k, dtype));
                if let Some(moments) = moments {
                    let moments = moments.finish();
                    (out.mean, out.std) = (moments.mean(), moments.std(1));
                    out.quantiles = found.quantiles(quantiles.len(), |k| number_of_key(k, dtype));
                }
            }
            ColumnState::Decimal { tally, moments, scale, .. } => {
                out.count = tally.total();
                let found = Walk::new(quantiles, tally)?;
                out.unique = Some(found.unique);
                let value = |key: u128| (key ^ 1 << 127) as i128;
                let precision = if let DType::Decimal { precision, .. } = dtype { *precision } else { 38 };
                let scalar = |k: Option<u128>| k.map_or(Scalar::Null, |k| Scalar::Decimal { value: value(k), precision, scale });
                (out.min, out.max) = (scalar(found.min), scalar(found.max));
                mode = scalar(found.top.map(|t| t.0));
                let moments = moments.finish();
                (out.mean, out.std) = (moments.mean(), moments.std(1));
                out.quantiles = found.quantiles(quantiles.len(), |k| value(k) as f64 / 10f64.powi(scale as i32));
            }
            ColumnState::Bool([no, yes]) => {
                out.count = no + yes;
                out.unique = Some((no > 0) as u64 + (yes > 0) as u64);
                if out.count > 0 {
                    (out.top, out.freq) = (Scalar::Bool(yes > no), Some(yes.max(no)));
                }
            }
            ColumnState::Text { tally, count } | ColumnState::Category { tally, count } => {
                out.count = count;
                let found = tally.finish()?;
                let text = |t: Option<&[u8]>| t.map_or(Scalar::Null, |t| String::from_utf8_lossy(t).into_owned().into());
                out.unique = Some(found.unique);
                if *dtype == DType::Str {
                    (out.min, out.max) = (text(found.min.as_deref()), text(found.max.as_deref()));
                }
                out.top = text(found.top.as_ref().map(|(t, _)| &**t));
                out.freq = found.top.map(|(_, n)| n);
            }
            ColumnState::Rows { tally, count, .. } => {
                out.count = count;
                out.unique = Some(tally.finish()?.unique);
            }
            ColumnState::Opaque { count } => out.count = count,
        }
        out.missing = rows - out.count;
        if mode == Scalar::Null {
            mode = out.top.clone();
        }
        Ok((out, mode))
    }
}

impl<K: Key> Buffers<K> {
    fn new() -> Buffers<K> {
        Buffers { keys: Vec::with_capacity(STRETCH), numbers: Vec::with_capacity(STRETCH) }
    }

    /// Counts the values of an array, those that are missing or NaN left out.
    fn feed<T>(&mut self, array: &PrimitiveArray<T>, tally: &mut Tally<K>, mut moments: Option<&mut Moments>, scale: i8) -> Result<()>
    where
        T: ArrowPrimitiveType,
        T::Native: Ordered<Key = K>,
    {
        let nulls: Option<&NullBuffer> = array.nulls().filter(|n| n.null_count() > 0);
        let unit = 10f64.powi(scale as i32);
        for (i, stretch) in array.values().chunks(STRETCH).enumerate() {
            self.keys.clear();
            self.numbers.clear();
            match nulls {
                None if !T::DATA_TYPE.is_floating() => {
                    self.keys.extend(stretch.iter().map(|x| x.key()));
                    self.numbers.extend(stretch.iter().map(|x| x.number()));
                }
                nulls => {
                    for (j, &x) in stretch.iter().enumerate() {
                        let number = x.number();
                        if !number.is_nan() && nulls.is_none_or(|n| n.is_valid(i * STRETCH + j)) {
                            self.keys.push(x.key());
                            self.numbers.push(number);
                        }
                    }
                }
            }
            tally.update(&self.keys)?;
            if let Some(moments) = moments.as_deref_mut() {
                if scale != 0 {
                    self.numbers.iter_mut().for_each(|x| *x /= unit);
                }
                moments.update(&self.numbers);
            }
        }
        Ok(())
    }
}

/// What one walk through the sorted counts finds.
struct Walk<K> {
    unique: u64,
    min: Option<K>,
    max: Option<K>,
    top: Option<(K, u64)>,
    /// Lower key, upper key and weight of each quantile.
    found: Vec<(Option<K>, Option<K>, f64)>,
}

impl<K: Key> Walk<K> {
    fn new(quantiles: &[f64], tally: Tally<K>) -> Result<Walk<K>> {
        let ranks: Vec<(u64, u64, f64)> = quantiles.iter().map(|&q| quantile_ranks(q, tally.total())).collect();
        // Every rank that is wanted, ascending: the walk looks only at the next one.
        let mut wanted: Vec<(u64, usize, bool)> =
            ranks.iter().enumerate().flat_map(|(i, &(low, high, _))| [(low, i, false), (high, i, true)]).collect();
        wanted.sort_unstable();
        let mut out = Walk { unique: 0, min: None, max: None, top: None, found: ranks.iter().map(|r| (None, None, r.2)).collect() };
        let (mut seen, mut next) = (0u64, 0usize);
        let mut next_rank = wanted.first().map_or(u64::MAX, |w| w.0);
        tally.finish(|key, count| {
            out.unique += 1;
            out.min.get_or_insert(key);
            out.max = Some(key);
            if out.top.is_none_or(|(_, n)| count > n) {
                out.top = Some((key, count));
            }
            seen += count;
            while next_rank < seen {
                let (_, i, upper) = wanted[next];
                if upper {
                    out.found[i].1 = Some(key)
                } else {
                    out.found[i].0 = Some(key)
                }
                next += 1;
                next_rank = wanted.get(next).map_or(u64::MAX, |w| w.0);
            }
            Ok(())
        })?;
        Ok(out)
    }

    fn quantiles(&self, n: usize, value: impl Fn(K) -> f64) -> Vec<Option<f64>> {
        let one = |(low, high, weight): &(Option<K>, Option<K>, f64)| Some(between(value((*low)?), value((*high)?), *weight));
        if self.found.is_empty() { vec![None; n] } else { self.found.iter().map(one).collect() }
    }
}
