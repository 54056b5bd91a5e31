//! Aggregates over all rows of a table, as states that take batches in row order.

use super::eval::evaluate;
use super::key::{Ordered, scalar_of_key};
use super::spill::Spill;
use super::summary::ColumnState;
use super::{ExecOptions, stream};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use crate::kernel::agg::{Agg, Extremes, Moments};
use crate::kernel::group::CoMoment;
use crate::plan::{Func, Node, Typed};
use crate::store::{Batch, Budget, Column, TableSource};
use arrow::array::{Array, AsArray};
use rayon::prelude::*;
use std::sync::Arc;

/// The values of aggregates (nodes [`Node::Agg`] without aggregates inside), all in one pass.
pub(super) fn aggregates(wanted: &[Typed], source: &Arc<dyn TableSource>, options: &ExecOptions) -> Result<Vec<Scalar>> {
    let mut columns: Vec<usize> = wanted.iter().flat_map(Typed::columns).collect();
    columns.sort_unstable();
    columns.dedup();
    let at = |c: usize| columns.iter().position(|&x| x == c).unwrap_or(0);
    let spill = Spill::new();
    let heavy = wanted.iter().filter(|t| matches!(&t.node, Node::Agg(a, _) if is_heavy(*a))).count();
    let held = if heavy == 0 { 0 } else { options.budget.free().min(1 << 40) / 2 };
    let _booked = options.budget.reserve(held, "aggregates")?;
    let pool = Budget::new(held / 2);
    let own = held / 2 / heavy.max(1);
    let mut states = Vec::with_capacity(wanted.len());
    for t in wanted {
        if let Node::Pair(func, x, y) = &t.node {
            let [x, y] = [x, y].map(|x| (**x).clone().with_columns(&at));
            states.push(State {
                agg: Agg::Mean,
                x,
                dtype: t.dtype.clone(),
                rows: 0,
                kind: Kind::Pair { func: *func, y, found: CoMoment::default() },
            });
            continue;
        }
        let Node::Agg(agg, x) = &t.node else { return Err(Error::internal("no aggregate")) };
        let x = (**x).clone().with_columns(&at);
        let kind = Kind::new(*agg, &x.dtype, own, &pool, &spill)?;
        states.push(State { agg: *agg, x, dtype: t.dtype.clone(), rows: 0, kind });
    }
    for batch in stream(source, Some(columns.clone()), options) {
        let batch = batch?;
        states.par_iter_mut().with_max_len(1).try_for_each(|s| s.update(&batch))?;
    }
    states.into_par_iter().with_max_len(1).map(State::finish).collect()
}

/// Puts its value in an aggregate's place.
pub(super) fn substitute(t: &mut Typed, value: Scalar) {
    t.node = Node::Lit(value);
}

/// Whether all different values have to be held.
fn is_heavy(agg: Agg) -> bool {
    matches!(agg, Agg::Nunique | Agg::Median | Agg::Quantile(_) | Agg::Mode)
}

struct State {
    agg: Agg,
    x: Typed,
    dtype: DType,
    rows: u64,
    kind: Kind,
}

enum Kind {
    Count(u64),
    Size,
    Moments(Box<Moments>),
    Whole { sum: i128 },
    Product(f64),
    WholeProduct(Option<i128>),
    Extremes(Extremes<u64>),
    WideExtremes(Extremes<i128>),
    Texts(Option<(String, String)>),
    First(Scalar),
    Last(Scalar),
    Truth { any: bool, all: bool },
    Tally(Box<ColumnState>),
    Pair { func: Func, y: Typed, found: CoMoment },
}

impl Kind {
    fn new(agg: Agg, x: &DType, own: usize, pool: &Budget, spill: &Spill) -> Result<Kind> {
        let decimal = matches!(x, DType::Decimal { .. });
        let whole = x.is_integer() || *x == DType::Bool || matches!(x, DType::Duration { .. }) || decimal;
        Ok(match agg {
            Agg::Count => Kind::Count(0),
            Agg::Size => Kind::Size,
            Agg::Sum if whole => Kind::Whole { sum: 0 },
            Agg::Prod if whole && !decimal => Kind::WholeProduct(Some(1)),
            Agg::Prod => Kind::Product(1.0),
            Agg::Sum | Agg::Mean | Agg::Std | Agg::Var | Agg::Sem => Kind::Moments(Box::new(Moments::new(false))),
            Agg::Skew | Agg::Kurt => Kind::Moments(Box::new(Moments::new(true))),
            Agg::Min | Agg::Max if *x == DType::Str => Kind::Texts(None),
            Agg::Min | Agg::Max | Agg::Argmin | Agg::Argmax if decimal => Kind::WideExtremes(Extremes::default()),
            Agg::Min | Agg::Max | Agg::Argmin | Agg::Argmax => Kind::Extremes(Extremes::default()),
            Agg::First => Kind::First(Scalar::Null),
            Agg::Last => Kind::Last(Scalar::Null),
            Agg::Any | Agg::All => Kind::Truth { any: false, all: true },
            Agg::Nunique | Agg::Median | Agg::Quantile(_) | Agg::Mode => Kind::Tally(Box::new(ColumnState::new(x, own, pool, spill)?)),
        })
    }
}

/// Calls `f` with position, key and number of each value of a plain column that is there, NaN left out.
fn each_number(column: &Column, mut f: impl FnMut(u64, u64, f64, i128)) -> Result<()> {
    if let Some(flags) = column.values().as_boolean_opt() {
        for (i, x) in flags.iter().enumerate().filter_map(|(i, x)| Some((i, x?))) {
            f(i as u64, x as u64, x as u8 as f64, x as i128);
        }
        return Ok(());
    }
    super::key::with_numbers!(column, array => {
        let nulls = array.nulls().filter(|n| n.null_count() > 0);
        for (i, &x) in array.values().iter().enumerate() {
            let number = x.number();
            if !number.is_nan() && nulls.is_none_or(|n| n.is_valid(i)) {
                f(i as u64, x.key(), number, x.whole());
            }
        }
        Ok(())
    })
}

impl State {
    fn update(&mut self, batch: &Batch) -> Result<()> {
        let column = evaluate(&self.x, batch)?;
        let before = self.rows;
        self.rows += batch.rows() as u64;
        let decimal = if let DType::Decimal { scale, .. } = column.dtype() { Some(*scale) } else { None };
        let decimals = || {
            let array = column.values().as_primitive::<arrow::datatypes::Decimal128Type>();
            array.iter().enumerate().filter_map(|(i, x)| Some((i as u64, x?)))
        };
        match &mut self.kind {
            Kind::Count(n) => *n += (column.len() - column.missing_count()) as u64,
            Kind::Size => {}
            Kind::Moments(moments) => {
                let mut numbers = Vec::with_capacity(column.len());
                match decimal {
                    Some(scale) => {
                        let unit = 10f64.powi(scale as i32);
                        numbers.extend(decimals().map(|(_, x)| x as f64 / unit));
                    }
                    None => each_number(&column, |_, _, x, _| numbers.push(x))?,
                }
                moments.update(&numbers);
            }
            Kind::Whole { sum } => {
                let mut here = 0i128;
                let mut too_large = false;
                match decimal {
                    Some(_) => decimals().for_each(|(_, x)| match here.checked_add(x) {
                        Some(s) => here = s,
                        None => too_large = true,
                    }),
                    None => each_number(&column, |_, _, _, x| here += x)?,
                }
                *sum = sum.checked_add(here).filter(|_| !too_large).ok_or_else(|| Error::overflow("a sum beyond 38 digits"))?;
            }
            Kind::Product(p) => match decimal {
                Some(scale) => decimals().for_each(|(_, x)| *p *= x as f64 / 10f64.powi(scale as i32)),
                None => each_number(&column, |_, _, x, _| *p *= x)?,
            },
            // Too large at one place may be zero at the end: only the end is judged, where 0 wins.
            Kind::WholeProduct(p) => {
                each_number(&column, |_, _, _, x| *p = if x == 0 { Some(0) } else { p.and_then(|p| p.checked_mul(x)) })?
            }
            Kind::Extremes(e) => {
                let mut here = Extremes::default();
                each_number(&column, |i, key, _, _| here.put(key, before + i))?;
                e.merge(here);
            }
            Kind::WideExtremes(e) => decimals().for_each(|(i, x)| e.put(x, before + i)),
            Kind::Texts(found) => {
                let texts = column.values().as_string_view();
                if let (Some(low), Some(high)) = (texts.iter().flatten().min(), texts.iter().flatten().max()) {
                    match found {
                        Some((a, b)) => {
                            if low < a.as_str() {
                                *a = low.into();
                            }
                            if high > b.as_str() {
                                *b = high.into();
                            }
                        }
                        none => *none = Some((low.into(), high.into())),
                    }
                }
            }
            Kind::First(value) if *value == Scalar::Null => {
                let found = (0..column.len()).map(|i| column.scalar(i)).find(|s| !s.is_missing());
                *value = found.unwrap_or(Scalar::Null);
            }
            Kind::First(_) => {}
            Kind::Last(value) => {
                if let Some(found) = (0..column.len()).rev().map(|i| column.scalar(i)).find(|s| !s.is_missing()) {
                    *value = found;
                }
            }
            Kind::Truth { any, all } => {
                let mut take = |x: bool| {
                    *any |= x;
                    *all &= x;
                };
                match decimal {
                    Some(_) => decimals().for_each(|(_, x)| take(x != 0)),
                    None => each_number(&column, |_, _, x, _| take(x != 0.0))?,
                }
            }
            Kind::Tally(tally) => tally.update(&column)?,
            Kind::Pair { y, found, .. } => {
                let y = evaluate(y, batch)?;
                let float = |c: &Column| c.values().as_primitive::<arrow::datatypes::Float64Type>().clone();
                for (x, y) in float(&column).iter().zip(&float(&y)) {
                    if let (Some(x), Some(y)) = (x, y)
                        && !x.is_nan()
                        && !y.is_nan()
                    {
                        found.add(x, y);
                    }
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Scalar> {
        let State { agg, x, dtype, rows, kind } = self;
        let float = |x: Option<f64>| match x {
            None => Scalar::Null,
            Some(x) if dtype == DType::F32 => Scalar::F32(x as f32),
            Some(x) => Scalar::F64(x),
        };
        let position = |i: u64| Scalar::I64(i as i64);
        let too_large = |x: Option<i128>| {
            let what = x.map_or("the product".into(), |x| format!("the {agg} {x}"));
            Error::overflow(format!("{what} does not fit {dtype}")).help(format!("`{agg}(float(x))` computes in f64"))
        };
        let whole = |sum: i128| match &dtype {
            DType::U64 => u64::try_from(sum).map(Scalar::U64).map_err(|_| too_large(Some(sum))),
            DType::Duration { unit } => {
                i64::try_from(sum).map(|value| Scalar::Duration { value, unit: *unit }).map_err(|_| too_large(Some(sum)))
            }
            DType::Decimal { precision, scale } => Ok(Scalar::Decimal { value: sum, precision: *precision, scale: *scale }),
            _ => i64::try_from(sum).map(Scalar::I64).map_err(|_| too_large(Some(sum))),
        };
        Ok(match kind {
            Kind::Count(n) => position(n),
            Kind::Pair { func, found, .. } => float(if func == Func::Corr { found.corr() } else { found.cov() }),
            Kind::Size => position(rows),
            Kind::Whole { sum } => whole(sum)?,
            Kind::Product(p) => float(Some(p)),
            Kind::WholeProduct(None) => return Err(too_large(None)),
            Kind::WholeProduct(Some(p)) => whole(p)?,
            Kind::Moments(m) => {
                let m = m.finish();
                float(match agg {
                    Agg::Sum => Some(m.sum),
                    Agg::Mean => m.mean(),
                    Agg::Var => m.var(1),
                    Agg::Std => m.std(1),
                    Agg::Sem => m.sem(1),
                    Agg::Skew => m.skew(),
                    _ => m.kurt(),
                })
            }
            Kind::Extremes(e) => {
                let found = if matches!(agg, Agg::Min | Agg::Argmin) { e.min() } else { e.max() };
                match (found, agg) {
                    (None, _) => Scalar::Null,
                    (Some((_, i)), Agg::Argmin | Agg::Argmax) => position(i),
                    (Some((key, _)), _) if dtype == DType::Bool => Scalar::Bool(key != 0),
                    (Some((key, _)), _) => scalar_of_key(key, &dtype),
                }
            }
            Kind::WideExtremes(e) => {
                let found = if matches!(agg, Agg::Min | Agg::Argmin) { e.min() } else { e.max() };
                match (found, &dtype) {
                    (Some((value, _)), DType::Decimal { precision, scale }) => {
                        Scalar::Decimal { value, precision: *precision, scale: *scale }
                    }
                    (Some((_, i)), _) => position(i),
                    (None, _) => Scalar::Null,
                }
            }
            Kind::Texts(found) => found.map_or(Scalar::Null, |(low, high)| if agg == Agg::Min { low.into() } else { high.into() }),
            Kind::First(value) | Kind::Last(value) => value,
            Kind::Truth { any, all } => Scalar::Bool(if agg == Agg::Any { any } else { all }),
            Kind::Tally(tally) => {
                let probability = agg.probability().unwrap_or(0.5);
                let (found, mode) = tally.finish_with_mode("", &x.dtype, rows, &[probability])?;
                match agg {
                    Agg::Nunique => position(found.unique.unwrap_or(0)),
                    Agg::Mode => mode,
                    _ => float(found.quantiles.first().copied().flatten()),
                }
            }
        })
    }
}
