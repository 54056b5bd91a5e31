//! What is read off the values of large groups: sorted in a temporary file, group by group, so that equal values stand side by side.

use super::All;
use super::held::Held;
use super::numbering::Numbering;
use super::on_disk::List;
use super::rows::{NONE, numbers};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::exec::key::{Ordered, float_of_key, number_of_key, with_numbers};
use crate::exec::order::Sorter;
use crate::exec::spilled::Blocks;
use crate::exec::{ExecOptions, stream};
use crate::kernel::agg::{Agg, between, quantile_ranks};
use crate::kernel::order::{Direction, take};
use crate::store::{Batch, Column, Field, ScanRequest, Schema, TableSource};
use arrow::array::{Array, AsArray, BinaryViewArray, DictionaryArray, UInt32Array};
use arrow::datatypes::{Decimal128Type, UInt32Type, UInt64Type};
use hashbrown::HashMap;
use std::sync::Arc;

type Table = Arc<dyn TableSource>;

/// The values of one argument, group by group.
pub(super) struct Values<'a> {
    pub(super) blocks: &'a Blocks,
    /// How many columns the key has; they come first.
    pub(super) keys: usize,
    pub(super) column: usize,
    pub(super) keep_missing: bool,
    pub(super) options: &'a ExecOptions,
}

/// What the rows of a part say before they are sorted; one entry for each group, in the order of their first rows.
struct Seen<V> {
    /// The group's first row in the part.
    rows: Vec<u64>,
    counts: Vec<u64>,
    firsts: Vec<Option<V>>,
    lasts: Vec<Option<V>>,
}

/// The two values that a quantile lies between, their ranks, and how near it is to the second.
struct Quantile<V> {
    ranks: [u64; 2],
    values: [Option<V>; 2],
    weight: f64,
}

/// What was read off the sorted values of a group.
struct Tally<V> {
    quantiles: Vec<Quantile<V>>,
    values: u64,
    runs: u64,
    best: Option<(u64, V)>,
    least: Option<V>,
    most: Option<V>,
}

/// How values are sorted and read again.
struct Form<'a, V> {
    /// The types of the columns that are sorted.
    dtypes: Vec<DType>,
    columns: &'a dyn Fn(&Column) -> Result<Vec<Column>>,
    value: &'a dyn Fn(&[Column], usize) -> V,
}

impl Values<'_> {
    /// For each aggregate what it is in the groups of all partitions.
    pub(super) fn made(&self, dtype: &DType, as_numbers: bool, aggs: &[Agg], all: &All) -> Result<Vec<Vec<Held>>> {
        let word = |columns: &[Column], row: usize| columns[0].values().as_primitive::<UInt64Type>().value(row);
        match dtype {
            DType::Str | DType::Binary => {
                let form = Form {
                    dtypes: vec![dtype.clone()],
                    columns: &|c| Ok(vec![c.clone()]),
                    value: &|columns, row| match columns[0].dtype() {
                        DType::Str => columns[0].values().as_string_view().value(row).as_bytes().to_vec(),
                        _ => columns[0].values().as_binary_view().value(row).to_vec(),
                    },
                };
                self.read(&form, aggs, all, |_| f64::NAN, |values| texts(dtype, values))
            }
            DType::Categorical { .. } => {
                let mut list = List::default();
                for block in 0..self.blocks.parts() {
                    list.add(&self.some(block, vec![self.column])?.columns[0]);
                }
                let form = Form {
                    dtypes: vec![DType::U64],
                    columns: &|c| Ok(vec![list.codes(c).iter().map(|k| k.map(u64::from)).collect::<Vec<_>>().into()]),
                    value: &word,
                };
                let column = |values: Vec<Option<u64>>| {
                    let codes: UInt32Array = values.into_iter().map(|v| v.map(|v| v as u32)).collect();
                    let array = DictionaryArray::<UInt32Type>::try_new(codes, list.array())?;
                    Ok(Held::Values(Column::new(dtype.clone(), Arc::new(array))?))
                };
                self.read(&form, aggs, all, |_| f64::NAN, column)
            }
            DType::Decimal { .. } if !as_numbers => {
                let form = Form {
                    dtypes: vec![DType::U64; 2],
                    columns: &|c| {
                        let keys = || c.values().as_primitive::<Decimal128Type>().iter().map(|x| x.map(Ordered::key));
                        let high: Vec<Option<u64>> = keys().map(|k: Option<u128>| k.map(|k| (k >> 64) as u64)).collect();
                        let low: Vec<Option<u64>> = keys().map(|k: Option<u128>| k.map(|k| k as u64)).collect();
                        Ok(vec![high.into(), low.into()])
                    },
                    value: &|columns, row| (word(columns, row) as u128) << 64 | word(&columns[1..], row) as u128,
                };
                let keys = |values: Vec<Option<u128>>| Ok(Held::Wide(values.into_iter().map(Option::unwrap_or_default).collect()));
                self.read(&form, aggs, all, |_| f64::NAN, keys)
            }
            _ => {
                let form = Form { dtypes: vec![DType::U64], columns: &|c| words(c, as_numbers), value: &word };
                let number = |k: &u64| if as_numbers { float_of_key(*k) } else { number_of_key(*k, dtype) };
                let keys = |values: Vec<Option<u64>>| Ok(Held::Keys(values.into_iter().map(Option::unwrap_or_default).collect()));
                self.read(&form, aggs, all, number, keys)
            }
        }
    }

    fn some(&self, block: usize, columns: Vec<usize>) -> Result<Batch> {
        self.blocks.read(block, Some(&ScanRequest { columns: Some(columns), ..ScanRequest::all(&self.options.budget) }))
    }

    fn read<V: Clone + PartialEq>(
        &self,
        form: &Form<V>,
        aggs: &[Agg],
        all: &All,
        number: impl Fn(&V) -> f64,
        column: impl Fn(Vec<Option<V>>) -> Result<Held>,
    ) -> Result<Vec<Vec<Held>>> {
        let (seen, sorted) = self.sorted(form, aggs)?;
        let asked: Vec<f64> = aggs.iter().filter_map(|a| a.probability()).collect();
        let tally = |&n: &u64| {
            let quantile = |&p: &f64| {
                let (low, high, weight) = quantile_ranks(p, n);
                Quantile { ranks: [low, high], values: [None, None], weight }
            };
            Tally { quantiles: asked.iter().map(quantile).collect(), values: 0, runs: 0, best: None, least: None, most: None }
        };
        let mut tallies: Vec<Tally<V>> = seen.counts.iter().map(tally).collect();
        let mut run: Option<(u32, V, u64)> = None;
        for batch in sorted.iter().flat_map(|s| stream(s, None, self.options)) {
            let batch = batch?;
            let codes = batch.columns[0].values().as_primitive::<UInt32Type>().values();
            for row in 0..batch.rows() {
                let (code, value) = (codes[row], (form.value)(&batch.columns[1..], row));
                match &mut run {
                    Some((c, v, n)) if *c == code && *v == value => *n += 1,
                    _ => {
                        if let Some((c, v, n)) = run.replace((code, value, 1)) {
                            tallies[c as usize].run(v, n);
                        }
                    }
                }
            }
        }
        if let Some((c, v, n)) = run {
            tallies[c as usize].run(v, n);
        }
        let place: HashMap<u64, usize> = seen.rows.iter().enumerate().map(|(code, row)| (*row, code)).collect();
        let lost = || Error::internal("a group went away");
        let mut out: Vec<Vec<Held>> = aggs.iter().map(|_| Vec::new()).collect();
        for groups in &all.partitions {
            let codes = groups.first.iter().map(|row| place.get(row).copied().ok_or_else(lost)).collect::<Result<Vec<usize>>>()?;
            let mut quantile = 0;
            for (agg, out) in aggs.iter().zip(&mut out) {
                let some = |f: &dyn Fn(usize) -> Option<V>| column(codes.iter().map(|&c| f(c)).collect());
                out.push(match agg {
                    Agg::Nunique => Held::Numbers(codes.iter().map(|&c| tallies[c].runs as f64).collect()),
                    Agg::Mode => some(&|c| tallies[c].best.as_ref().map(|b| b.1.clone()))?,
                    Agg::Min => some(&|c| tallies[c].least.clone())?,
                    Agg::Max => some(&|c| tallies[c].most.clone())?,
                    Agg::First => some(&|c| seen.firsts[c].clone())?,
                    Agg::Last => some(&|c| seen.lasts[c].clone())?,
                    agg if agg.probability().is_some() => {
                        quantile += 1;
                        let one = |&c: &usize| match &tallies[c].quantiles[quantile - 1] {
                            Quantile { values: [Some(a), Some(b)], weight, .. } => between(number(a), number(b), *weight),
                            _ => f64::NAN,
                        };
                        Held::Numbers(codes.iter().map(one).collect())
                    }
                    other => return Err(Error::internal(format!("{other} of sorted values"))),
                });
            }
        }
        Ok(out)
    }

    /// What the rows say as they come, and the groups' values in order, where that is needed.
    fn sorted<V: Clone + PartialEq>(&self, form: &Form<V>, aggs: &[Agg]) -> Result<(Seen<V>, Option<Table>)> {
        let fields = [DType::U32].into_iter().chain(form.dtypes.clone()).enumerate().map(|(i, t)| Field::new(i.to_string(), t));
        let schema = Arc::new(Schema::new(fields.collect()));
        let by: Vec<(usize, Direction)> = (0..schema.fields.len()).map(|c| (c, Direction::Ascending)).collect();
        let mut sorter = Sorter::new(&schema, &by, self.options)?;
        let in_order = aggs.iter().any(|a| !matches!(a, Agg::First | Agg::Last));
        let ends = aggs.iter().any(|a| matches!(a, Agg::First | Agg::Last));
        let mut seen = Seen { rows: Vec::new(), counts: Vec::new(), firsts: Vec::new(), lasts: Vec::new() };
        let (mut numbering, mut start) = (Numbering::default(), 0);
        for block in 0..self.blocks.parts() {
            let mut batch = self.some(block, (0..self.keys).chain([self.column]).collect())?;
            let rows = batch.rows();
            let Some(column) = batch.columns.pop() else { continue };
            let codes = if self.keys == 0 { vec![0; rows] } else { numbering.codes(&batch.columns, self.keep_missing)? };
            for (row, &c) in codes.iter().enumerate() {
                // Groups are numbered as they come.
                if c as usize == seen.rows.len() {
                    seen.rows.push(start + row as u64);
                }
            }
            start += rows as u64;
            seen.counts.resize(seen.rows.len(), 0);
            seen.firsts.resize(seen.rows.len(), None);
            seen.lasts.resize(seen.rows.len(), None);
            let there = column.present();
            let stay: Vec<u32> = there.set_indices().filter(|&row| codes[row] != NONE).map(|row| row as u32).collect();
            stay.iter().for_each(|&row| seen.counts[codes[row as usize] as usize] += 1);
            let mut columns = vec![Column::from(codes)];
            columns.extend((form.columns)(&column)?);
            let columns = take(&columns, &stay.into())?;
            let n = columns[0].len();
            if ends {
                let codes = columns[0].values().as_primitive::<UInt32Type>().values();
                let mut last: HashMap<u32, usize> = HashMap::new();
                for (row, &c) in codes.iter().enumerate() {
                    if seen.firsts[c as usize].is_none() {
                        seen.firsts[c as usize] = Some((form.value)(&columns[1..], row));
                    }
                    last.insert(c, row);
                }
                last.into_iter().for_each(|(c, row)| seen.lasts[c as usize] = Some((form.value)(&columns[1..], row)));
            }
            if in_order {
                sorter.push(Batch::with_rows(schema.clone(), columns, n)?)?;
            }
        }
        let sorted = if in_order { Some(sorter.finish(schema, Default::default())?) } else { None };
        Ok((seen, sorted))
    }
}

impl<V: Clone> Tally<V> {
    /// Takes a value that stands so often, and is larger than those before.
    fn run(&mut self, value: V, n: u64) {
        let here = self.values..self.values + n;
        for quantile in &mut self.quantiles {
            for (rank, found) in quantile.ranks.iter().zip(&mut quantile.values) {
                if here.contains(rank) {
                    *found = Some(value.clone());
                }
            }
        }
        self.values += n;
        self.runs += 1;
        // Of values that are equally frequent the first counts.
        if self.best.as_ref().is_none_or(|b| n > b.0) {
            self.best = Some((n, value.clone()));
        }
        if self.least.is_none() {
            self.least = Some(value.clone());
        }
        self.most = Some(value);
    }
}

/// The keys of numbers, times and booleans; of decimals those of their numbers.
fn words(column: &Column, as_numbers: bool) -> Result<Vec<Column>> {
    if as_numbers {
        return Ok(vec![numbers(column)?.into_iter().map(|x| x.key()).collect::<Vec<u64>>().into()]);
    }
    if let Some(flags) = column.values().as_boolean_opt() {
        return Ok(vec![flags.values().iter().map(u64::from).collect::<Vec<u64>>().into()]);
    }
    with_numbers!(column, array => Ok(vec![array.values().iter().map(|x| x.key()).collect::<Vec<u64>>().into()]))
}

fn texts(dtype: &DType, values: Vec<Option<Vec<u8>>>) -> Result<Held> {
    if *dtype == DType::Binary {
        return Ok(Held::Values(Column::new(DType::Binary, Arc::new(values.iter().map(|v| v.as_deref()).collect::<BinaryViewArray>()))?));
    }
    let texts = values.into_iter().map(|v| v.map(|v| String::from_utf8(v).map_err(|_| Error::internal("a text that is none"))).transpose());
    Ok(Held::Values(Column::from_texts(texts.collect::<Result<Vec<_>>>()?)))
}
