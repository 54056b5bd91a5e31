//! From states to columns: the groups in order, as a source of batches.

use super::groups::{Groups, Spec};
use super::held::{Held, Numbers, per_group};
use super::keys::{Decoder, Layout};
use super::state::{Need, State, is_text};
use super::texts::Texts;
use super::{All, Asked, KEYS, Wanted};
use crate::dtype::DType;
use crate::error::{Error, Notices, Place, Result};
use crate::exec::eval::evaluate;
use crate::exec::key::{float_of_key, number_of_key};
use crate::exec::spilled::numbered;
use crate::kernel::agg::Agg;
use crate::kernel::order::take;
use crate::plan::{Func, GroupOrder, Node, Typed};
use crate::store::{Batch, BatchIter, Column, Field, Reservation, ScanRequest, Schema, TableSource};
use arrow::array::{BooleanArray, Decimal128Array, PrimitiveArray};
use arrow::datatypes as at;
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Rows of a part of the result.
const PART: usize = 64 * 1024;
/// Bits of the number of a group in its partition.
const GROUP_BITS: u32 = 26;

/// The groups of a table: one row each, made of the states when it is read.
#[derive(Clone, Debug)]
pub struct Grouped(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    schema: Arc<Schema>,
    /// The numbers of the rows in a larger table, of which these are a part.
    numbers: Option<Numbers>,
    layout: Layout,
    decoder: Decoder,
    partitions: Vec<Groups>,
    /// Partition and number of each group in order; as they are, where `None`.
    order: Option<Vec<u32>>,
    rows: usize,
    keys: usize,
    results: Vec<(Typed, Place)>,
    wanted: Vec<Wanted>,
    /// What took all values of a group, per wanted aggregate and partition.
    held: Vec<Vec<Held>>,
    known: Vec<Option<usize>>,
    arguments: Vec<DType>,
    ddof: f64,
    dropped: u64,
    notices: Notices,
    _booked: Reservation,
}

/// `numbers` are those of the rows in a larger table; the number of each group's first row is then a column more. `found` has what was made of
/// all values of a group elsewhere, per wanted aggregate and partition.
pub(super) fn finish(
    asked: &Asked,
    spec: &Spec,
    all: All,
    texts: Vec<Texts>,
    numbers: Option<Numbers>,
    found: Vec<Vec<Held>>,
) -> Result<Grouped> {
    let Asked { plan, wanted, results, notices } = asked;
    let All { mut partitions, rows: input_rows, dropped, dictionaries, mut booked } = all;
    let sorted = plan.order == GroupOrder::Sorted;
    let mut ranked = vec![false; spec.known];
    for f in spec.layout.fields.iter().filter(|_| sorted) {
        f.known.iter().for_each(|&k| ranked[k] = true);
    }
    for w in *wanted {
        if let Wanted::Of { agg: Agg::Mode, argument, .. } = w {
            spec.arguments[*argument].known.iter().for_each(|&k| ranked[k] = true);
        }
    }
    // Categories that are only counted have dictionaries too.
    let dictionaries: Vec<_> = dictionaries.into_iter().collect();
    let decoder = Decoder::new(texts, &spec.layout, &ranked, &dictionaries);
    let known: Vec<Option<usize>> = spec.arguments.iter().map(|a| a.known).collect();
    let mut held = found;
    held.resize_with(wanted.len(), Vec::new);
    for p in &mut partitions {
        for (argument, a) in spec.arguments.iter().enumerate() {
            for (state, need) in a.needs.iter().enumerate() {
                if !matches!(need, Need::Hold | Need::HoldNumbers) {
                    continue;
                }
                let asked: Vec<(usize, Agg)> = wanted
                    .iter()
                    .enumerate()
                    .filter_map(|(i, w)| match w {
                        Wanted::Of { agg, argument: x, state: s, .. } if (*x, *s) == (argument, state) => Some((i, *agg)),
                        _ => None,
                    })
                    .collect();
                let ranks = a.known.map(|k| &decoder.ranks[k][..]).filter(|r| !r.is_empty());
                let aggs: Vec<Agg> = asked.iter().map(|a| a.1).collect();
                let values = std::mem::replace(&mut p.arguments[argument].states[state], State::Nothing);
                let made = match values {
                    State::Hold(h) => {
                        let (mut values, starts) = h.gathered();
                        drop(h);
                        per_group(&mut values, &starts, &aggs, |k| number_of_key(k, &a.dtype), ranks, Held::Keys)
                    }
                    State::HoldNumbers(h) => {
                        let (mut values, starts) = h.gathered();
                        drop(h);
                        per_group(&mut values, &starts, &aggs, float_of_key, None, Held::Keys)
                    }
                    State::WideHold(h) => {
                        let (mut values, starts) = h.gathered();
                        drop(h);
                        per_group(&mut values, &starts, &aggs, |_| f64::NAN, None, Held::Wide)
                    }
                    _ => return Err(Error::internal("values that were not held")),
                };
                asked.iter().zip(made).for_each(|((i, _), h)| held[*i].push(h));
            }
        }
    }
    let rows: usize = partitions.iter().map(Groups::len).sum();
    if partitions.iter().any(|p| p.len() >> GROUP_BITS > 0) {
        return Err(Error::unsupported("more than 4 billion groups"));
    }
    let more = rows * 4 + decoder.bytes();
    if !booked.try_grow(more.saturating_sub(booked.bytes() / 2)) {
        return Err(
            Error::budget(format!("the order of {rows} groups needs {more} bytes more than allowed")).help("give more with --memory SIZE")
        );
    }
    let order = match plan.order {
        GroupOrder::Appearance if partitions.len() == 1 => None,
        GroupOrder::Appearance => Some(by_appearance(&partitions, input_rows)),
        GroupOrder::Sorted => Some(by_key(&partitions, &spec.layout, &decoder)),
    };
    Ok(Grouped(Arc::new(Inner {
        schema: if numbers.is_some() { numbered(&plan.schema) } else { plan.schema.clone() },
        numbers,
        layout: spec.layout.clone(),
        decoder,
        partitions,
        order,
        rows,
        keys: plan.keys.len(),
        results: results.to_vec(),
        wanted: wanted.to_vec(),
        held,
        known,
        arguments: spec.arguments.iter().map(|a| a.dtype.clone()).collect(),
        ddof: plan.ddof as f64,
        dropped,
        notices: notices.clone(),
        _booked: booked,
    })))
}

fn pack(partition: usize, group: usize) -> u32 {
    (partition as u32) << GROUP_BITS | group as u32
}

fn unpack(place: u32) -> (usize, usize) {
    ((place >> GROUP_BITS) as usize, (place & ((1 << GROUP_BITS) - 1)) as usize)
}

/// Places of the groups in the order of their first rows, of so many.
fn by_appearance(partitions: &[Groups], rows: u64) -> Vec<u32> {
    let groups: usize = partitions.iter().map(Groups::len).sum();
    if rows <= 8 * groups as u64 {
        // One place for each row is less than what sorting moves.
        let places: Vec<AtomicU32> = (0..rows).map(|_| AtomicU32::new(u32::MAX)).collect();
        partitions.par_iter().enumerate().for_each(|(p, groups)| {
            groups.first.iter().enumerate().for_each(|(g, &row)| places[row as usize].store(pack(p, g), Relaxed));
        });
        return places.into_iter().map(AtomicU32::into_inner).filter(|place| *place != u32::MAX).collect();
    }
    let mut all: Vec<(u64, u32)> = Vec::with_capacity(groups);
    for (p, groups) in partitions.iter().enumerate() {
        all.extend(groups.first.iter().enumerate().map(|(g, &row)| (row, pack(p, g))));
    }
    all.par_sort_unstable();
    all.into_iter().map(|(_, place)| place).collect()
}

/// Places of the groups in the order of their keys.
fn by_key(partitions: &[Groups], layout: &Layout, decoder: &Decoder) -> Vec<u32> {
    let fields = layout.fields.len();
    let places = || partitions.iter().enumerate().flat_map(|(p, groups)| (0..groups.len()).map(move |g| pack(p, g)));
    let key = |place: u32| {
        let (p, g) = unpack(place);
        partitions[p].key(g)
    };
    // How far the values of each column reach: what is left of their bits is often little.
    let reach = partitions.par_iter().map(|groups| {
        let mut reach = vec![(u128::MAX, 0u128, false); fields];
        for g in 0..groups.len() {
            for (f, r) in reach.iter_mut().enumerate() {
                let k = layout.order_key(f, groups.key(g), decoder);
                if k == u128::MAX {
                    r.2 = true;
                } else {
                    *r = (r.0.min(k), r.1.max(k), r.2);
                }
            }
        }
        reach
    });
    let reach = reach.reduce(
        || vec![(u128::MAX, 0, false); fields],
        |mut a, b| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a = (a.0.min(b.0), a.1.max(b.1), a.2 | b.2));
            a
        },
    );
    let bits: Vec<u32> = reach
        .iter()
        .map(|&(low, high, missing)| if low > high { 0 } else { 128 - (high - low).leading_zeros() + missing as u32 })
        .collect();
    let total: u32 = bits.iter().sum();
    let packed = |place: u32| {
        let words = key(place);
        let mut out = 0u128;
        for (f, (&bits, &(low, ..))) in bits.iter().zip(&reach).enumerate() {
            if bits > 0 {
                let k = layout.order_key(f, words, decoder);
                // Missing is all ones: beyond every value, by the bit more that there then is.
                let k = if k == u128::MAX { u128::MAX >> (128 - bits) } else { k - low };
                out = if bits == 128 { k } else { out << bits | k };
            }
        }
        out
    };
    let all: Vec<u32> = places().collect();
    if total <= 64 {
        let mut keyed: Vec<(u64, u32)> = all.into_par_iter().map(|p| (packed(p) as u64, p)).collect();
        keyed.par_sort_unstable();
        keyed.into_iter().map(|k| k.1).collect()
    } else if total <= 128 && bits.iter().all(|b| *b <= 128) {
        let mut keyed: Vec<(u128, u32)> = all.into_par_iter().map(|p| (packed(p), p)).collect();
        keyed.par_sort_unstable();
        keyed.into_iter().map(|k| k.1).collect()
    } else {
        let mut all = all;
        all.par_sort_unstable_by(|&a, &b| {
            let (a, b) = (key(a), key(b));
            (0..fields)
                .map(|f| layout.order_key(f, a, decoder).cmp(&layout.order_key(f, b, decoder)))
                .find(|o| o.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        all
    }
}

/// Some groups in their order.
struct Rows<'a> {
    /// Partition and number of each.
    places: &'a [(usize, usize)],
    /// The words of their keys, one key after the other.
    words: &'a [u64],
}

impl Grouped {
    /// How many groups.
    #[allow(dead_code)]
    pub fn groups(&self) -> usize {
        self.0.rows
    }
}

impl Inner {
    fn batch(&self, start: usize, length: usize, columns: &[usize], schema: Arc<Schema>) -> Result<Batch> {
        let places: Vec<(usize, usize)> = match &self.order {
            Some(order) => order[start..start + length].iter().map(|&p| unpack(p)).collect(),
            None => (start..start + length).map(|g| (0, g)).collect(),
        };
        let mut made: Vec<Option<Column>> = vec![None; self.wanted.len() + self.keys];
        // The keys side by side: each column of theirs is then made in one pass over them.
        let mut words = Vec::new();
        if self.keys > 0 {
            words.reserve_exact(length * self.layout.words);
            places.iter().for_each(|&(p, g)| words.extend_from_slice(self.partitions[p].key(g)));
        }
        let rows = Rows { places: &places, words: &words };
        let mut out = Vec::with_capacity(columns.len());
        for &c in columns {
            if c < self.keys {
                out.push(self.made(&mut made, self.wanted.len() + c, &rows)?);
                continue;
            }
            let Some((typed, place)) = self.results.get(c - self.keys) else {
                out.push(places.iter().map(|&(p, g)| self.number_of(self.partitions[p].first[g])).collect::<Vec<u64>>().into());
                continue;
            };
            let position = |x: usize| if x >= KEYS { self.wanted.len() + (x - KEYS) } else { x };
            let needed: Vec<usize> = typed.columns().into_iter().map(position).collect();
            let columns = needed.iter().map(|&x| self.made(&mut made, x, &rows)).collect::<Result<Vec<_>>>()?;
            if let Node::Col(_) = typed.node {
                out.extend(columns);
                continue;
            }
            let fields = columns.iter().enumerate().map(|(i, c)| Field::new(i.to_string(), c.dtype().clone())).collect();
            let batch = Batch::with_rows(Arc::new(Schema::new(fields)), columns, length)?;
            let typed = typed.clone().with_columns(&|x| needed.iter().position(|&n| n == position(x)).unwrap_or(0));
            out.push(evaluate(&typed, &batch).map_err(|e| e.at(place.clone()))?);
        }
        Batch::with_rows(schema, out, length)
    }

    fn made(&self, made: &mut [Option<Column>], at: usize, rows: &Rows) -> Result<Column> {
        if let Some(c) = &made[at] {
            return Ok(c.clone());
        }
        let column = match at.checked_sub(self.wanted.len()) {
            Some(k) => self.layout.column(k, rows.words.chunks_exact(self.layout.words), &self.decoder)?,
            None => self.value(at, rows.places)?,
        };
        made[at] = Some(column.clone());
        Ok(column)
    }

    fn value(&self, at: usize, places: &[(usize, usize)]) -> Result<Column> {
        let (agg, argument, state, dtype) = match &self.wanted[at] {
            Wanted::Size => {
                return Ok(places.iter().map(|&(p, g)| self.partitions[p].sizes[g] as i64).collect::<Vec<i64>>().into());
            }
            Wanted::Pair { func, pair } => {
                let one = |&(p, g): &(usize, usize)| {
                    let c = &self.partitions[p].pairs[*pair][g];
                    if *func == Func::Corr { c.corr() } else { c.cov() }
                };
                return Ok(places.iter().map(one).collect::<Vec<Option<f64>>>().into());
            }
            Wanted::Of { agg, argument, state, dtype } => (*agg, *argument, *state, dtype),
        };
        let count = |p: usize, g: usize| self.partitions[p].sizes[g] - self.partitions[p].arguments[argument].missing(g);
        let floats = |f: &dyn Fn(usize, usize) -> Option<f64>| -> Column {
            if *dtype == DType::F32 {
                places.iter().map(|&(p, g)| f(p, g).map(|x| x as f32)).collect::<Vec<Option<f32>>>().into()
            } else {
                places.iter().map(|&(p, g)| f(p, g)).collect::<Vec<Option<f64>>>().into()
            }
        };
        macro_rules! state {
            ($variant:ident, $p:expr) => {
                match &self.partitions[$p].arguments[argument].states[state] {
                    State::$variant(s) => s,
                    _ => unreachable!("every partition has the same states"),
                }
            };
        }
        let first = &self.partitions[0].arguments[argument].states[state];
        let some = |p: usize, g: usize| count(p, g) > 0;
        let too_large =
            |what: String| Error::overflow(format!("{what} does not fit {dtype}")).help(format!("`{agg}(float(x))` computes in f64"));
        let whole = |f: &dyn Fn(usize, usize) -> Result<i128>| -> Result<Column> {
            let values = places.iter().map(|&(p, g)| f(p, g));
            let refused = |x: i128| too_large(format!("the {agg} {x}"));
            Ok(match dtype {
                DType::U64 => {
                    values.map(|x| x.and_then(|x| u64::try_from(x).map_err(|_| refused(x)))).collect::<Result<Vec<u64>>>()?.into()
                }
                DType::Decimal { .. } => {
                    let array: Decimal128Array = values.collect::<Result<Vec<i128>>>()?.into();
                    Column::new(dtype.clone(), Arc::new(array.with_data_type(dtype.to_arrow())))?
                }
                _ => {
                    let values = values.map(|x| x.and_then(|x| i64::try_from(x).map_err(|_| refused(x)))).collect::<Result<Vec<i64>>>()?;
                    Column::from_i64_parts(dtype.clone(), values.into(), None)?
                }
            })
        };
        if !self.held[at].is_empty() {
            let kind = &self.arguments[argument];
            return match (&self.held[at][0], agg) {
                (Held::Numbers(_), Agg::Nunique) => {
                    Ok(places.iter().map(|&(p, g)| self.number(at, p, g) as i64).collect::<Vec<i64>>().into())
                }
                (Held::Numbers(_), _) => Ok(floats(&|p, g| some(p, g).then(|| self.number(at, p, g)))),
                (Held::Keys(_), _) => {
                    let key = |p: usize, g: usize| if let Held::Keys(k) = &self.held[at][p] { k[g] } else { 0 };
                    self.of_keys(kind, argument, places.iter().map(|&(p, g)| some(p, g).then(|| key(p, g))))
                }
                (Held::Wide(_), _) => {
                    let key = |p: usize, g: usize| if let Held::Wide(k) = &self.held[at][p] { k[g] } else { 0 };
                    decimals(dtype, places.iter().map(|&(p, g)| some(p, g).then(|| key(p, g))))
                }
                (Held::Values(_), _) => {
                    let mut starts = vec![0];
                    let all = self.held[at].iter().filter_map(|h| if let Held::Values(c) = h { Some(c.clone()) } else { None });
                    let all: Vec<Column> = all.inspect(|c| starts.push(starts[starts.len() - 1] + c.len() as u32)).collect();
                    let rows: Vec<u32> = places.iter().map(|&(p, g)| starts[p] + g as u32).collect();
                    Ok(take(&[Column::concat(&all)?], &rows.into())?.swap_remove(0))
                }
            };
        }
        Ok(match first {
            State::Nothing => places.iter().map(|&(p, g)| count(p, g) as i64).collect::<Vec<i64>>().into(),
            State::FloatSums(_) if agg == Agg::Sum && *dtype == DType::F64 => {
                places.iter().map(|&(p, g)| state!(FloatSums, p).value(g)).collect::<Vec<f64>>().into()
            }
            State::FloatSums(_) if agg == Agg::Sum => floats(&|p, g| Some(state!(FloatSums, p).value(g))),
            State::FloatSums(_) => floats(&|p, g| some(p, g).then(|| state!(FloatSums, p).value(g) / count(p, g) as f64)),
            State::WholeSums(_) if agg == Agg::Sum => whole(&|p, g| Ok(state!(WholeSums, p).value(g)))?,
            State::WholeSums(_) => floats(&|p, g| some(p, g).then(|| state!(WholeSums, p).value(g) as f64 / count(p, g) as f64)),
            State::WideSums(_) => whole(&|p, g| Ok(state!(WideSums, p).value(g)))?,
            State::Products(_) => floats(&|p, g| Some(state!(Products, p).value(g))),
            State::WholeProducts(_) => whole(&|p, g| state!(WholeProducts, p).value(g).ok_or_else(|| too_large("the product".into())))?,
            State::Moments(_) => floats(&|p, g| {
                let m = state!(Moments, p)[g];
                match agg {
                    Agg::Var => m.var(self.ddof),
                    Agg::Std => m.var(self.ddof).map(f64::sqrt),
                    _ => m.sem(self.ddof),
                }
            }),
            State::HigherMoments(_) => floats(&|p, g| {
                let m = state!(HigherMoments, p)[g];
                if agg == Agg::Skew { m.skew() } else { m.kurt() }
            }),
            State::Order(_) if matches!(agg, Agg::Argmin | Agg::Argmax) => {
                places.iter().map(|&(p, g)| state!(Order, p).row(g).map(|r| self.number_of(r) as i64)).collect::<Vec<Option<i64>>>().into()
            }
            State::WideOrder(_) if matches!(agg, Agg::Argmin | Agg::Argmax) => places
                .iter()
                .map(|&(p, g)| state!(WideOrder, p).row(g).map(|r| self.number_of(r) as i64))
                .collect::<Vec<Option<i64>>>()
                .into(),
            State::Order(_) => {
                let keys = places.iter().map(|&(p, g)| some(p, g).then(|| state!(Order, p).key(g)));
                self.of_keys(&self.arguments[argument], argument, keys)?
            }
            State::WideOrder(_) => decimals(dtype, places.iter().map(|&(p, g)| some(p, g).then(|| state!(WideOrder, p).key(g))))?,
            State::TextOrder(..) => {
                let number = |p: usize, g: usize| match &self.partitions[p].arguments[argument].states[state] {
                    State::TextOrder(_, s) => s[g] as u64,
                    _ => 0,
                };
                let keys = places.iter().map(|&(p, g)| some(p, g).then(|| number(p, g)));
                self.of_keys(&self.arguments[argument], argument, keys)?
            }
            State::Truth(_) => {
                let one = |&(p, g): &(usize, usize)| {
                    let [any, not_all] = state!(Truth, p)[g];
                    if agg == Agg::Any { any } else { !not_all }
                };
                places.iter().map(one).collect::<Vec<bool>>().into()
            }
            State::Hold(_) | State::WideHold(_) | State::HoldNumbers(_) => return Err(Error::internal("values that nobody asked for")),
        })
    }

    /// The number of a row in the whole table.
    fn number_of(&self, row: u64) -> u64 {
        self.numbers.as_ref().map_or(row, |n| n.of(row))
    }

    fn number(&self, at: usize, p: usize, g: usize) -> f64 {
        if let Held::Numbers(n) = &self.held[at][p] { n[g] } else { f64::NAN }
    }

    /// Values of a type from their keys, or texts from their numbers.
    fn of_keys(&self, dtype: &DType, argument: usize, keys: impl Iterator<Item = Option<u64>>) -> Result<Column> {
        if is_text(dtype) {
            let Some(k) = self.known[argument] else { return Err(Error::internal("texts without their collection")) };
            let array = match dtype {
                DType::Categorical { .. } => self.decoder.category(k, keys.map(|n| n.map(|n| n as u32)))?,
                _ => self.decoder.frozen[k].arrow(keys.map(|n| n.map_or(u32::MAX, |n| n as u32)), *dtype == DType::Binary),
            };
            return Column::new(dtype.clone(), array);
        }
        column_of_keys(dtype, keys)
    }
}

/// Values of a type from their keys.
pub(super) fn column_of_keys(dtype: &DType, keys: impl Iterator<Item = Option<u64>>) -> Result<Column> {
    let signed = |k: u64| (k ^ 1 << 63) as i64;
    macro_rules! numbers {
        ($t:ty, $f:expr) => {
            Column::new(dtype.clone(), Arc::new(PrimitiveArray::<$t>::from_iter(keys.map(|k| k.map($f)))))
        };
    }
    match dtype {
        DType::Bool => Column::new(DType::Bool, Arc::new(BooleanArray::from_iter(keys.map(|k| k.map(|k| k != 0))))),
        DType::I8 => numbers!(at::Int8Type, |k| signed(k) as i8),
        DType::I16 => numbers!(at::Int16Type, |k| signed(k) as i16),
        DType::I32 => numbers!(at::Int32Type, |k| signed(k) as i32),
        DType::I64 => numbers!(at::Int64Type, signed),
        DType::U8 => numbers!(at::UInt8Type, |k| k as u8),
        DType::U16 => numbers!(at::UInt16Type, |k| k as u16),
        DType::U32 => numbers!(at::UInt32Type, |k| k as u32),
        DType::U64 => numbers!(at::UInt64Type, |k| k),
        DType::F32 => numbers!(at::Float32Type, |k| float_of_key(k) as f32),
        DType::F64 => numbers!(at::Float64Type, float_of_key),
        DType::Date => numbers!(at::Date32Type, |k| signed(k) as i32),
        DType::Time { .. } | DType::Instant { .. } | DType::Duration { .. } => {
            Column::from_i64(dtype.clone(), keys.map(|k| k.map(signed)).collect())
        }
        other => Err(Error::internal(format!("keys of {other}"))),
    }
}

fn decimals(dtype: &DType, keys: impl Iterator<Item = Option<u128>>) -> Result<Column> {
    let array: Decimal128Array = keys.map(|k| k.map(|k| (k ^ 1 << 127) as i128)).collect();
    Column::new(dtype.clone(), Arc::new(array.with_data_type(dtype.to_arrow())))
}

impl TableSource for Grouped {
    fn schema(&self) -> &Arc<Schema> {
        &self.0.schema
    }
    fn rows(&self) -> Option<u64> {
        Some(self.0.rows as u64)
    }
    fn parts(&self) -> usize {
        self.0.rows.div_ceil(PART)
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.part_rows(part).unwrap_or(0) * 8 * self.0.schema.fields.len() as u64
    }
    fn part_rows(&self, part: usize) -> Option<u64> {
        Some(self.0.rows.saturating_sub(part * PART).min(PART) as u64)
    }
    fn notices(&self) -> Notices {
        let mut notices = self.0.notices.clone();
        super::warn_dropped(&mut notices, self.0.dropped);
        notices
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let columns = request.columns.clone().unwrap_or_else(|| (0..self.0.schema.fields.len()).collect());
        let schema = match &request.columns {
            None => self.0.schema.clone(),
            Some(c) => Arc::new(self.0.schema.project(c)),
        };
        let (start, end) = (part * PART, ((part + 1) * PART).min(self.0.rows));
        let step = request.batch_rows.max(1);
        let inner = self.0.clone();
        let starts = (start..end).step_by(step);
        Ok(Box::new(starts.map(move |s| inner.batch(s, step.min(end - s), &columns, schema.clone()))))
    }
}
