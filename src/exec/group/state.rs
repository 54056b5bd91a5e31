//! What is added up per group, for one argument of the aggregates.

use super::keys::number_texts;
use super::texts::{Known, Texts};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::exec::key::{Ordered, with_numbers};
use crate::kernel::agg::Agg;
use crate::kernel::group::{CoMoments, Extreme, FloatSums, Hold, MomentStates, Order, Products, WholeProducts, WholeSums};
use crate::store::Column;
use arrow::array::{Array, AsArray};
use arrow::datatypes as at;

/// One thing that is added up per group. Several aggregates may be made of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Only how many values are there.
    Nothing,
    FloatSum,
    WholeSum,
    WideSum,
    Product,
    WholeProduct,
    Moments,
    HigherMoments,
    Extreme(Extreme, bool),
    /// All values.
    Hold,
    /// All values as numbers (of decimals).
    HoldNumbers,
    Truth,
}

/// Whether values of this type are known by number.
pub(super) fn is_text(dtype: &DType) -> bool {
    matches!(dtype, DType::Str | DType::Categorical { .. } | DType::Binary)
}

impl Need {
    /// What an aggregate of values of this type is made of.
    ///
    /// # Errors
    /// Unsupported, for values that cannot be held here.
    pub(super) fn of(agg: Agg, dtype: &DType) -> Result<Need> {
        let decimal = matches!(dtype, DType::Decimal { .. });
        let whole = dtype.is_integer() || *dtype == DType::Bool || matches!(dtype, DType::Duration { .. });
        if matches!(dtype, DType::List(_) | DType::Opaque(_)) && !matches!(agg, Agg::Count | Agg::Size) {
            return Err(Error::unsupported(format!("{agg} of {dtype} in groups")));
        }
        Ok(match agg {
            Agg::Count | Agg::Size => Need::Nothing,
            Agg::Sum if decimal || *dtype == DType::U64 => Need::WideSum,
            Agg::Sum | Agg::Mean if whole && *dtype != DType::U64 => Need::WholeSum,
            Agg::Sum | Agg::Mean => Need::FloatSum,
            Agg::Prod if whole => Need::WholeProduct,
            Agg::Prod => Need::Product,
            Agg::Std | Agg::Var | Agg::Sem => Need::Moments,
            Agg::Skew | Agg::Kurt => Need::HigherMoments,
            Agg::Min => Need::Extreme(Extreme::Min, is_text(dtype)),
            Agg::Max => Need::Extreme(Extreme::Max, is_text(dtype)),
            Agg::Argmin => Need::Extreme(Extreme::Min, true),
            Agg::Argmax => Need::Extreme(Extreme::Max, true),
            Agg::First => Need::Extreme(Extreme::First, true),
            Agg::Last => Need::Extreme(Extreme::Last, true),
            Agg::Median | Agg::Quantile(_) if decimal => Need::HoldNumbers,
            Agg::Median | Agg::Quantile(_) | Agg::Nunique | Agg::Mode => Need::Hold,
            Agg::Any | Agg::All => Need::Truth,
        })
    }
}

/// The state of a [`Need`], one entry per group.
#[derive(Clone, Debug)]
pub(super) enum State {
    Nothing,
    FloatSums(FloatSums),
    WholeSums(WholeSums),
    WideSums(WholeSums),
    Products(Products),
    WholeProducts(WholeProducts),
    Moments(MomentStates<false>),
    HigherMoments(MomentStates<true>),
    Order(Order<u64>),
    WideOrder(Order<u128>),
    /// Smallest or largest texts, by number; `u32::MAX` where there is none.
    TextOrder(Extreme, Vec<u32>),
    Hold(Hold<u64>),
    WideHold(Hold<u128>),
    HoldNumbers(Hold<u64>),
    /// Whether any is true, whether any is false.
    Truth(Vec<[bool; 2]>),
}

impl State {
    fn new(need: Need, dtype: &DType) -> State {
        let wide = matches!(dtype, DType::Decimal { .. });
        match need {
            Need::Nothing => State::Nothing,
            Need::FloatSum => State::FloatSums(FloatSums::default()),
            Need::WholeSum => State::WholeSums(WholeSums::default()),
            Need::WideSum => State::WideSums(WholeSums::default()),
            Need::Product => State::Products(Products::default()),
            Need::WholeProduct => State::WholeProducts(WholeProducts::default()),
            Need::Moments => State::Moments(Vec::new()),
            Need::HigherMoments => State::HigherMoments(Vec::new()),
            Need::Extreme(e @ (Extreme::Min | Extreme::Max), _) if is_text(dtype) => State::TextOrder(e, Vec::new()),
            Need::Extreme(e, rows) if wide => State::WideOrder(Order::new(e, rows)),
            Need::Extreme(e, rows) => State::Order(Order::new(e, rows)),
            Need::Hold if wide => State::WideHold(Hold::default()),
            Need::Hold => State::Hold(Hold::default()),
            Need::HoldNumbers => State::HoldNumbers(Hold::default()),
            Need::Truth => State::Truth(Vec::new()),
        }
    }

    fn resize(&mut self, groups: usize) {
        match self {
            State::Nothing => {}
            State::FloatSums(s) => s.resize(groups),
            State::WholeSums(s) | State::WideSums(s) => s.resize(groups),
            State::Products(s) => s.resize(groups),
            State::WholeProducts(s) => s.resize(groups),
            State::Moments(s) => s.resize_with(groups, Default::default),
            State::HigherMoments(s) => s.resize_with(groups, Default::default),
            State::Order(s) => s.resize(groups),
            State::WideOrder(s) => s.resize(groups),
            State::TextOrder(_, s) => s.resize(groups, u32::MAX),
            State::Hold(s) | State::HoldNumbers(s) => s.resize(groups),
            State::WideHold(s) => s.resize(groups),
            State::Truth(s) => s.resize(groups, [false; 2]),
        }
    }

    /// Makes room for so many more groups at once.
    fn reserve(&mut self, more: usize) {
        match self {
            State::Nothing | State::Hold(_) | State::HoldNumbers(_) | State::WideHold(_) => {}
            State::FloatSums(s) => s.reserve(more),
            State::WholeSums(s) | State::WideSums(s) => s.reserve(more),
            State::Products(s) => s.reserve(more),
            State::WholeProducts(s) => s.reserve(more),
            State::Moments(s) => s.reserve_exact(more),
            State::HigherMoments(s) => s.reserve_exact(more),
            State::Order(s) => s.reserve(more),
            State::WideOrder(s) => s.reserve(more),
            State::TextOrder(_, s) => s.reserve_exact(more),
            State::Truth(s) => s.reserve_exact(more),
        }
    }

    fn update(&mut self, groups: &[u32], lanes: &Lanes, texts: Option<&Texts>) -> Result<()> {
        match self {
            State::Nothing => {}
            State::FloatSums(s) => s.update(groups, &lanes.numbers),
            State::WholeSums(s) => s.update(groups, &lanes.wholes),
            State::WideSums(s) => {
                if !s.update_wide(groups, &lanes.wide) {
                    return Err(too_wide());
                }
            }
            State::Products(s) => s.update(groups, &lanes.numbers),
            State::WholeProducts(s) => s.update(groups, lanes.wide.iter().copied()),
            State::Moments(s) => groups.iter().zip(&lanes.numbers).for_each(|(&g, &x)| s[g as usize].add(x)),
            State::HigherMoments(s) => groups.iter().zip(&lanes.numbers).for_each(|(&g, &x)| s[g as usize].add(x)),
            State::Order(s) => s.update(groups, &lanes.keys, &lanes.rows),
            State::WideOrder(s) => s.update(groups, &lanes.wide_keys, &lanes.rows),
            State::TextOrder(which, s) => {
                let Some(texts) = texts else { return Err(Error::internal("texts without their collection")) };
                for (&g, &n) in groups.iter().zip(&lanes.keys) {
                    let old = &mut s[g as usize];
                    *old = better_text(*which, *old, n as u32, texts);
                }
            }
            State::Hold(s) => s.update(groups, &lanes.keys),
            State::WideHold(s) => s.update(groups, &lanes.wide_keys),
            State::HoldNumbers(s) => {
                let keys: Vec<u64> = lanes.numbers.iter().map(|x| x.key()).collect();
                s.update(groups, &keys);
            }
            State::Truth(s) => groups.iter().zip(&lanes.numbers).for_each(|(&g, &x)| s[g as usize][(x == 0.0) as usize] = true),
        }
        Ok(())
    }

    fn merge(&mut self, to: &[u32], other: &State, from: &[u32], offset: u64, texts: Option<&Texts>) -> Result<()> {
        match (self, other) {
            (State::Nothing, State::Nothing) => {}
            (State::FloatSums(s), State::FloatSums(o)) => s.merge(to, o, from),
            (State::WholeSums(s), State::WholeSums(o)) | (State::WideSums(s), State::WideSums(o)) => {
                if !s.merge(to, o, from) {
                    return Err(too_wide());
                }
            }
            (State::Products(s), State::Products(o)) => s.merge(to, o, from),
            (State::WholeProducts(s), State::WholeProducts(o)) => s.merge(to, o, from),
            (State::Moments(s), State::Moments(o)) => to.iter().zip(from).for_each(|(&t, &f)| s[t as usize].merge(&o[f as usize])),
            (State::HigherMoments(s), State::HigherMoments(o)) => {
                to.iter().zip(from).for_each(|(&t, &f)| s[t as usize].merge(&o[f as usize]))
            }
            (State::Order(s), State::Order(o)) => s.merge(to, o, from, offset),
            (State::WideOrder(s), State::WideOrder(o)) => s.merge(to, o, from, offset),
            (State::TextOrder(which, s), State::TextOrder(_, o)) => {
                let Some(texts) = texts else { return Err(Error::internal("texts without their collection")) };
                for (&t, &f) in to.iter().zip(from) {
                    let new = o[f as usize];
                    if new != u32::MAX {
                        s[t as usize] = better_text(*which, s[t as usize], new, texts);
                    }
                }
            }
            (State::Hold(s), State::Hold(o)) | (State::HoldNumbers(s), State::HoldNumbers(o)) => s.merge(to, o, from),
            (State::WideHold(s), State::WideHold(o)) => s.merge(to, o, from),
            (State::Truth(s), State::Truth(o)) => {
                for (&t, &f) in to.iter().zip(from) {
                    let (a, b) = (&mut s[t as usize], o[f as usize]);
                    *a = [a[0] | b[0], a[1] | b[1]];
                }
            }
            _ => return Err(Error::internal("states of different aggregates")),
        }
        Ok(())
    }

    /// Replaces a worker's own numbers of texts by those that all know.
    fn share(&mut self, shared: &[u32]) {
        match self {
            State::Order(s) => s.map(|n| shared[n as usize] as u64),
            State::TextOrder(_, s) => s.iter_mut().filter(|n| **n != u32::MAX).for_each(|n| *n = shared[*n as usize]),
            State::Hold(s) => s.map(|n| shared[n as usize] as u64),
            _ => {}
        }
    }

    /// Puts held values in the order of groups.
    fn settle(&mut self) {
        match self {
            State::Hold(s) | State::HoldNumbers(s) => s.settle(),
            State::WideHold(s) => s.settle(),
            _ => {}
        }
    }

    fn bytes(&self) -> usize {
        match self {
            State::Nothing => 0,
            State::FloatSums(s) => s.bytes(),
            State::WholeSums(s) | State::WideSums(s) => s.bytes(),
            State::Products(s) => s.bytes(),
            State::WholeProducts(s) => s.bytes(),
            State::Moments(s) => size_of_val(&s[..]),
            State::HigherMoments(s) => size_of_val(&s[..]),
            State::Order(s) => s.bytes(),
            State::WideOrder(s) => s.bytes(),
            State::TextOrder(_, s) => size_of_val(&s[..]),
            State::Hold(s) | State::HoldNumbers(s) => s.bytes(),
            State::WideHold(s) => s.bytes(),
            State::Truth(s) => size_of_val(&s[..]),
        }
    }
}

fn too_wide() -> Error {
    Error::overflow("a sum beyond 38 digits")
}

fn better_text(which: Extreme, old: u32, new: u32, texts: &Texts) -> u32 {
    if old == new {
        return old;
    }
    if old == u32::MAX {
        return new;
    }
    let (a, b) = (texts.get(new), texts.get(old));
    if if which == Extreme::Min { a < b } else { a > b } { new } else { old }
}

/// Values of a stretch of rows that are there, in the forms that the states take.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    numbers: Vec<f64>,
    wholes: Vec<i64>,
    wide: Vec<i128>,
    keys: Vec<u64>,
    wide_keys: Vec<u128>,
    rows: Vec<u64>,
    /// Positions of the values in the stretch, and their groups; unused where all rows count.
    positions: Vec<u32>,
    groups: Vec<u32>,
}

/// The values of one argument: what is asked of it.
#[derive(Clone, Debug)]
pub(super) struct ArgumentSpec {
    pub(super) dtype: DType,
    pub(super) needs: Vec<Need>,
    /// Which collection of texts it uses.
    pub(super) known: Option<usize>,
}

/// The values of one argument: what was added up.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    pub(super) states: Vec<State>,
    /// Rows of each group without a value; empty while there are none.
    missing: Vec<u64>,
}

impl Argument {
    pub(super) fn new(spec: &ArgumentSpec) -> Argument {
        Argument { states: spec.needs.iter().map(|n| State::new(*n, &spec.dtype)).collect(), missing: Vec::new() }
    }

    pub(super) fn resize(&mut self, groups: usize) {
        self.states.iter_mut().for_each(|s| s.resize(groups));
        if !self.missing.is_empty() {
            self.missing.resize(groups, 0);
        }
    }

    pub(super) fn reserve(&mut self, more: usize) {
        self.states.iter_mut().for_each(|s| s.reserve(more));
    }

    /// Rows of a group without a value.
    pub(super) fn missing(&self, group: usize) -> u64 {
        self.missing.get(group).copied().unwrap_or(0)
    }

    /// Takes a stretch of rows: `groups` of the rows `selected` (all where `None`), the first at `row`.
    #[expect(clippy::too_many_arguments, reason = "the inner loop's arguments, from one place")]
    pub(super) fn update(
        &mut self,
        spec: &ArgumentSpec,
        column: &Column,
        groups: &[u32],
        selected: Option<&[u32]>,
        row: u64,
        total: usize,
        lanes: &mut Lanes,
        known: &mut [Known],
    ) -> Result<()> {
        let here = present(column, selected, lanes);
        if let Some(all) = here {
            // Some rows have no value: the others are picked out.
            self.missing.resize(total, 0);
            lanes.groups.clear();
            let mut at = 0;
            for (i, &g) in groups.iter().enumerate() {
                let position = selected.map_or(i as u32, |s| s[i]);
                if at < all && lanes.positions[at] == position {
                    lanes.groups.push(g);
                    at += 1;
                } else {
                    self.missing[g as usize] += 1;
                }
            }
        }
        let picked = std::mem::take(&mut lanes.groups);
        let groups = if here.is_some() { &picked[..] } else { groups };
        let positions = std::mem::take(&mut lanes.positions);
        let positions_here = if here.is_some() { Some(&positions[..]) } else { selected };
        fill(spec, column, positions_here, row, &self.states, lanes, known)?;
        let texts = spec.known.map(|k| &known[k].texts);
        for s in &mut self.states {
            s.update(groups, lanes, texts)?;
        }
        (lanes.groups, lanes.positions) = (picked, positions);
        Ok(())
    }

    pub(super) fn merge(
        &mut self,
        to: &[u32],
        other: &Argument,
        from: &[u32],
        offset: u64,
        total: usize,
        texts: Option<&Texts>,
    ) -> Result<()> {
        if !other.missing.is_empty() {
            self.missing.resize(total, 0);
            to.iter().zip(from).for_each(|(&t, &f)| self.missing[t as usize] += other.missing[f as usize]);
        }
        self.states.iter_mut().zip(&other.states).try_for_each(|(s, o)| s.merge(to, o, from, offset, texts))
    }

    pub(super) fn close(&mut self, shared: Option<&[u32]>) {
        for s in &mut self.states {
            if let Some(shared) = shared {
                s.share(shared);
            }
            s.settle();
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.missing.capacity() * 8 + self.states.iter().map(State::bytes).sum::<usize>()
    }
}

/// Finds the rows that have a value; `None`, and nothing noted, where all have.
fn present(column: &Column, selected: Option<&[u32]>, lanes: &mut Lanes) -> Option<usize> {
    let values = column.values();
    let nulls = values.logical_nulls().filter(|n| n.null_count() > 0);
    let nan = match column.dtype() {
        DType::F64 => values.as_primitive::<at::Float64Type>().values().iter().any(|x| x.is_nan()),
        DType::F32 => values.as_primitive::<at::Float32Type>().values().iter().any(|x| x.is_nan()),
        _ => false,
    };
    if nulls.is_none() && !nan {
        return None;
    }
    let there = |i: usize| {
        nulls.as_ref().is_none_or(|n| n.is_valid(i))
            && match column.dtype() {
                DType::F64 => !values.as_primitive::<at::Float64Type>().value(i).is_nan(),
                DType::F32 => !values.as_primitive::<at::Float32Type>().value(i).is_nan(),
                _ => true,
            }
    };
    lanes.positions.clear();
    match selected {
        Some(rows) => lanes.positions.extend(rows.iter().filter(|&&i| there(i as usize))),
        None => lanes.positions.extend((0..values.len() as u32).filter(|&i| there(i as usize))),
    }
    let all = selected.map_or(values.len(), <[u32]>::len);
    (lanes.positions.len() < all).then_some(lanes.positions.len())
}

fn picked<T: Copy, U>(values: &[T], positions: Option<&[u32]>, out: &mut Vec<U>, f: impl Fn(T) -> U) {
    out.clear();
    match positions {
        None => out.extend(values.iter().map(|&x| f(x))),
        Some(p) => out.extend(p.iter().map(|&i| f(values[i as usize]))),
    }
}

/// Puts the values in the forms that the states take.
fn fill(
    spec: &ArgumentSpec,
    column: &Column,
    positions: Option<&[u32]>,
    row: u64,
    states: &[State],
    lanes: &mut Lanes,
    known: &mut [Known],
) -> Result<()> {
    use State as S;
    let any = |f: fn(&State) -> bool| states.iter().any(f);
    let numbers =
        any(|s| matches!(s, S::FloatSums(_) | S::Products(_) | S::Moments(_) | S::HigherMoments(_) | S::HoldNumbers(_) | S::Truth(_)));
    let wholes = any(|s| matches!(s, S::WholeSums(_)));
    let wide = any(|s| matches!(s, S::WideSums(_) | S::WholeProducts(_)));
    let keys = any(|s| matches!(s, S::Order(_) | S::Hold(_) | S::TextOrder(..)));
    let wide_keys = any(|s| matches!(s, S::WideOrder(_) | S::WideHold(_)));
    let rows = any(|s| match s {
        S::Order(o) => o.needs_rows(),
        S::WideOrder(o) => o.needs_rows(),
        _ => false,
    });
    if rows {
        let all: Vec<u64> = (row..row + column.len() as u64).collect();
        picked(&all, positions, &mut lanes.rows, |x| x);
    }
    if let Some(k) = spec.known {
        if keys {
            let mut all = vec![0u64; column.len()];
            number_texts(column, &mut known[k], |i, n| all[i] = n as u64)?;
            picked(&all, positions, &mut lanes.keys, |x| x);
        }
        return Ok(());
    }
    if !(numbers || wholes || wide || keys || wide_keys) {
        return Ok(());
    }
    if let DType::Decimal { scale, .. } = column.dtype() {
        let unit = 10f64.powi(*scale as i32);
        let values: &[i128] = column.values().as_primitive::<at::Decimal128Type>().values();
        if numbers {
            picked(values, positions, &mut lanes.numbers, |x| x as f64 / unit);
        }
        if wide {
            picked(values, positions, &mut lanes.wide, |x| x);
        }
        if wide_keys {
            picked(values, positions, &mut lanes.wide_keys, Ordered::key);
        }
        return Ok(());
    }
    if let Some(flags) = column.values().as_boolean_opt() {
        let values: Vec<u8> = flags.values().iter().map(u8::from).collect();
        picked(&values, positions, &mut lanes.numbers, f64::from);
        picked(&values, positions, &mut lanes.wholes, i64::from);
        picked(&values, positions, &mut lanes.wide, i128::from);
        picked(&values, positions, &mut lanes.keys, u64::from);
        return Ok(());
    }
    with_numbers!(column, array => {
        let values = array.values();
        if numbers {
            picked(values, positions, &mut lanes.numbers, |x| x.number());
        }
        if wholes {
            picked(values, positions, &mut lanes.wholes, |x| x.whole() as i64);
        }
        if wide {
            picked(values, positions, &mut lanes.wide, |x| x.whole());
        }
        if keys {
            picked(values, positions, &mut lanes.keys, |x| x.key());
        }
        Ok(())
    })
}

/// Takes pairs of numbers, where both are there.
pub(super) fn update_pairs(states: &mut CoMoments, x: &Column, y: &Column, groups: &[u32], selected: Option<&[u32]>) {
    let (x, y) = (x.values().as_primitive::<at::Float64Type>(), y.values().as_primitive::<at::Float64Type>());
    let there = |a: &arrow::array::Float64Array, i: usize| a.is_valid(i) && !a.value(i).is_nan();
    for (i, &g) in groups.iter().enumerate() {
        let row = selected.map_or(i, |s| s[i] as usize);
        if there(x, row) && there(y, row) {
            states[g as usize].add(x.value(row), y.value(row));
        }
    }
}
