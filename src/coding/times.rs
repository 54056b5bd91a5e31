//! Times: numbers with units `.. since ..` as instants, and back.

use super::numbers::{default_fill, sibling};
use super::{Coder, Context, TimeAttrs, consume, then, undone};
use crate::array::{Data, Dataset, DecodeStep, Variable, companions};
use crate::dtype::{Calendar, DType, Scalar, TimeUnit};
use crate::error::{Error, ErrorKind, Level, Place, Result};
use crate::kernel::calendar;
use crate::kernel::pack;
use crate::kernel::time::{Step, TimeAxis, TimeUnits};
use crate::store::{AttrValue, NdArray, Selection, Selector};
use crate::with_phys;
use arrow::buffer::Buffer;
use std::any::Any;

pub(super) struct Times;

/// More values than this are not looked at whole, only the first and the last.
const SMALL: usize = 4 << 20;

/// The first day of the Gregorian calendar, 1582-10-15, in days since 1970-01-01.
const REFORM: i64 = -141_427;

/// Numbers to instants.
#[derive(Clone, Debug, PartialEq)]
struct ToInstants {
    axis: TimeAxis,
    numbers: DType,
    /// The calendar of the result: the axis's, `standard` resolved.
    label: Calendar,
}

/// Instants to numbers.
#[derive(Clone, Debug)]
struct ToNumbers {
    forward: ToInstants,
    units: String,
    name: String,
}

/// The same bits under another type.
#[derive(Clone, Debug)]
struct Reread(DType);

impl DecodeStep for ToInstants {
    fn dtype(&self, _from: &DType) -> DType {
        DType::Instant { unit: self.axis.resolution(), tz: None, calendar: self.label }
    }

    fn apply(&self, block: NdArray) -> Result<NdArray> {
        let block = block.to_contiguous()?;
        let axis = &self.axis;
        let (mut out, mut valid) = (Vec::with_capacity(block.len()), block.valid().map(<[u8]>::to_vec));
        let refusal = |at: usize| {
            let value = block.scalar(at);
            Error::overflow(match value.as_f64() {
                Some(x) if axis.counts_months() && x.fract() != 0.0 => {
                    format!("the time {value} is no whole number, and fractions of months are not counted")
                }
                _ => format!("the time {value} is no instant that 64 bits hold"),
            })
        };
        with_phys!(block.phys(), T => {
            for (i, &x) in block.as_slice::<T>().unwrap_or(&[]).iter().enumerate() {
                let x64 = pack::Raw::to_f64(x);
                // The smallest i64 is numpy's NaT, which xarray writes without a word.
                let nat = <T as pack::Raw>::INTEGER && pack::Raw::to_i128(x) == i64::MIN as i128;
                if x64.is_nan() || nat {
                    valid.get_or_insert_with(|| vec![1; block.len()])[i] = 0;
                }
                if valid.as_ref().is_some_and(|v| v[i] == 0) {
                    out.push(0);
                    continue;
                }
                let instant = if <T as pack::Raw>::INTEGER {
                    i64::try_from(pack::Raw::to_i128(x)).ok().and_then(|x| axis.instant_of_int(x))
                } else {
                    axis.instant_of_float(x64)
                };
                out.push(instant.ok_or_else(|| refusal(i))?);
            }
        }, text => return Err(Error::internal("times that are text")));
        let instants = NdArray::from_vec(out, block.shape())?.reinterpret(self.dtype(block.dtype()))?;
        instants.with_valid(valid.map(Buffer::from_vec))
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
    fn same(&self, other: &dyn DecodeStep) -> bool {
        other.as_any().and_then(|o| o.downcast_ref()) == Some(self)
    }
}

impl DecodeStep for ToNumbers {
    fn dtype(&self, _from: &DType) -> DType {
        self.forward.numbers.clone()
    }

    fn apply(&self, block: NdArray) -> Result<NdArray> {
        let block = block.to_contiguous()?;
        let axis = &self.forward.axis;
        let values = block.as_slice::<i64>().ok_or_else(|| Error::internal("instants that are no i64"))?;
        let refusal = |at: usize| {
            let what = format!("the time {} is no number of {} as {}", block.scalar(at), self.units, self.forward.numbers);
            Error::overflow(what).help("set finer units, or a float type").at(Place::variable(&self.name))
        };
        if self.forward.numbers.is_float() {
            let floats = pack::try_map(values, |i, t| match block.valid() {
                Some(v) if v[i] == 0 => Some(f64::NAN),
                _ => axis.float_of_instant(t),
            });
            let floats = NdArray::from_vec(floats.map_err(refusal)?, block.shape())?;
            return match self.forward.numbers {
                DType::F32 => {
                    let narrow = pack::map(floats.as_slice::<f64>().unwrap_or(&[]), |x| x as f32);
                    NdArray::from_vec(narrow, block.shape())
                }
                _ => Ok(floats),
            };
        }
        let phys = self.forward.numbers.phys().ok_or_else(|| Error::internal("times as no number"))?;
        let out = with_phys!(phys, T => {
            let numbers = pack::try_map(values, |i, t| match block.valid() {
                Some(v) if v[i] == 0 => Some(T::default()),
                _ => axis.int_of_instant(t).and_then(|x| <T as pack::Raw>::of_i128(x as i128)),
            });
            NdArray::from_vec(numbers.map_err(refusal)?, block.shape())?
        }, text => return Err(Error::internal("times as text")));
        out.with_valid(block.valid().map(|v| Buffer::from_vec(v.to_vec())))
    }
}

impl DecodeStep for Reread {
    fn dtype(&self, _from: &DType) -> DType {
        self.0.clone()
    }
    fn apply(&self, block: NdArray) -> Result<NdArray> {
        block.reinterpret(self.0.clone())
    }
}

/// Units and calendar of a variable that holds instants.
pub(super) fn attrs_of(v: &Variable) -> Option<TimeAttrs> {
    let DType::Instant { calendar, .. } = v.dtype() else { return None };
    let text = |name| v.attrs.text(name).filter(|t| name != "units" || TimeUnits::looks_like(t)).or(v.encoding.attrs.text(name));
    Some(TimeAttrs { units: text("units")?.into(), calendar: text("calendar").map(Into::into), resolved: Some(*calendar) })
}

impl Coder for Times {
    fn decode(&self, mut v: Variable, cx: &mut Context) -> Result<Variable> {
        let number = v.dtype().is_integer() || v.dtype().is_float();
        if !cx.options.times || !number {
            return Ok(v);
        }
        let own = v.attrs.text("units").map(String::from);
        let (units, name, resolved) = match (&own, cx.inherited) {
            (Some(u), _) if TimeUnits::looks_like(u) => {
                (u.clone(), v.attrs.text("calendar").map(String::from), cx.inherited.and_then(|t| t.resolved))
            }
            (None, Some(t)) => (t.units.clone(), t.calendar.clone(), t.resolved),
            _ => return Ok(v),
        };
        let (calendar, axis) = match axis(&units, name.as_deref()) {
            Ok(found) => found,
            Err(e) => {
                cx.warn(format!("{}; the numbers are left as they are", e.message()));
                return Ok(v);
            }
        };
        let mut step = ToInstants { axis, numbers: v.dtype().clone(), label: calendar };
        let looks = calendar == Calendar::Standard || counts_months(&units);
        if let (Calendar::Standard, Some(parent)) = (calendar, resolved) {
            step.label = parent;
        } else if looks {
            match earliest(&v, &step) {
                Ok(first) if calendar == Calendar::Standard => {
                    let reform = REFORM * 86_400 * step.axis.resolution().per_second();
                    if first.is_none_or(|t| t >= reform) {
                        step.label = Calendar::ProlepticGregorian;
                    }
                }
                Ok(_) => {}
                Err(e) if e.kind() == ErrorKind::Overflow => {
                    cx.warn(format!("{}, counted in {units:?}; the numbers are left as they are", e.message()));
                    return Ok(v);
                }
                Err(e) => return Err(e),
            }
        }
        v.encoding.calendar = Some(calendar);
        if own.is_some() {
            consume(&mut v, &["units", "calendar"]);
        }
        then(&v, step)
    }

    fn encode(&self, mut v: Variable, cx: &mut Context) -> Result<Variable> {
        match v.dtype().clone() {
            DType::Instant { unit, tz, calendar } => {
                if tz.is_some() {
                    cx.notices.push(Level::Omitted, "the time zone is not kept; times are written as UTC", Place::variable(cx.name));
                }
                encode_instants(v, unit, calendar, cx)
            }
            DType::Date => {
                missing_lowest(&mut v, AttrValue::I32(vec![i32::MIN]));
                v.attrs.set("units", "days since 1970-01-01");
                v.attrs.set("calendar", Calendar::ProlepticGregorian.name());
                cx.notices.push(Level::Omitted, "dates are read back as times at midnight", Place::variable(cx.name));
                reread(&v, DType::I32)
            }
            DType::Duration { unit } | DType::Time { unit } => {
                missing_lowest(&mut v, AttrValue::I64(vec![i64::MIN]));
                v.attrs.set("units", if unit == TimeUnit::Ns { "nanoseconds" } else { "microseconds" });
                cx.notices.push(
                    Level::Changed,
                    format!("{} is read back as a number, its unit as the attribute \"units\"", v.dtype()),
                    Place::variable(cx.name),
                );
                reread(&v, DType::I64)
            }
            _ => Ok(v),
        }
    }
}

/// Gives counts a value for missing, numpy's NaT, unless it is known that none is.
fn missing_lowest(v: &mut Variable, lowest: AttrValue) {
    let whole = matches!(v.data(), Data::Memory(a) if !a.has_valid());
    if !whole && !v.attrs.contains("_FillValue") && !v.attrs.contains("missing_value") {
        v.attrs.set("_FillValue", lowest);
    }
}

/// At once where the values are here, so that missing ones are seen.
fn reread(v: &Variable, dtype: DType) -> Result<Variable> {
    match v.data() {
        Data::Memory(a) => v.with_data(Data::Memory(a.clone().reinterpret(dtype)?)),
        Data::Lazy(_) => then(v, Reread(dtype)),
    }
}

fn axis(units: &str, calendar: Option<&str>) -> Result<(Calendar, TimeAxis)> {
    let calendar = calendar.map_or(Ok(Calendar::Standard), |c| {
        Calendar::parse(c.trim()).map_err(|_| Error::parse(format!("the calendar {c:?} is none of CF's")))
    })?;
    Ok((calendar, TimeAxis::parse(units, calendar)?))
}

fn counts_months(units: &str) -> bool {
    let unit = units.split_whitespace().next().unwrap_or("");
    matches!(Step::parse(unit), Some(Step::Months(_)))
}

/// The earliest instant; of very many values, that of the first and the last.
fn earliest(v: &Variable, step: &ToInstants) -> Result<Option<i64>> {
    let blocks = if v.len() <= SMALL { vec![v.load()?] } else { vec![v.read(&end(v, 0))?, v.read(&end(v, 1))?] };
    let mut first: Option<i64> = None;
    for block in blocks {
        let instants = step.apply(block)?;
        let valid = instants.valid();
        let there = |i: usize| valid.is_none_or(|v| v[i] != 0);
        let values = instants.as_slice::<i64>().unwrap_or(&[]).iter().enumerate();
        first = values.filter(|(i, _)| there(*i)).map(|(_, &t)| t).chain(first).min();
    }
    Ok(first)
}

/// The first or last element, as an array of one.
fn end(v: &Variable, last: usize) -> Selection {
    Selection::new(v.shape().iter().map(|&n| Selector::span(last * n.saturating_sub(1), n.min(1))).collect())
}

fn encode_instants(mut v: Variable, unit: TimeUnit, label: Calendar, cx: &mut Context) -> Result<Variable> {
    let own = v.attrs.text("units").filter(|u| TimeUnits::looks_like(u)).map(String::from);
    let inherits = own.is_none() && cx.inherited.is_some();
    let (units, name) = match (own, cx.inherited) {
        (Some(u), _) => (u, v.attrs.text("calendar").map(String::from)),
        (None, Some(t)) => (t.units.clone(), t.calendar.clone()),
        (None, None) => {
            let units = fitting_units(&v, unit, label)?;
            v.attrs.set("units", units.as_str());
            v.attrs.set("calendar", label.name());
            (units, Some(label.name().into()))
        }
    };
    let (calendar, axis) = match axis(&units, name.as_deref()) {
        // A `standard` axis without old dates is proleptic Gregorian here.
        Ok((c, a)) if c == label || c == Calendar::Standard && label == Calendar::ProlepticGregorian => (c, a),
        _ => {
            v.attrs.set("calendar", label.name());
            (label, TimeAxis::parse(&units, label)?)
        }
    };
    let _ = calendar;
    let axis = axis.with_resolution(unit).ok_or_else(|| Error::overflow(format!("the reference of {units:?} does not fit 64 bits")))?;
    let number = |t: &DType| t.is_integer() || t.is_float();
    let packed = v.attrs.contains("scale_factor") || v.attrs.contains("add_offset");
    let stored = v.encoding.dtype.clone().filter(number).unwrap_or(DType::I64);
    let numbers = if packed { DType::F64 } else { unsigned(&v, &stored) };
    v.encoding.dtype = Some(stored.clone());
    let mut step = ToInstants { axis, numbers, label };
    if let Some(raw) = undone(&v, &step)? {
        return Ok(raw);
    }
    // A packed time may have been f32.
    if packed && let Some(raw) = undone(&v, &ToInstants { numbers: DType::F32, ..step.clone() })? {
        return Ok(raw);
    }
    let mut units = units;
    if v.len() <= SMALL {
        let values = v.load()?.to_contiguous()?;
        if values.has_valid() && stored.is_integer() && !v.attrs.contains("_FillValue") && !v.attrs.contains("missing_value") {
            // 64-bit times have numpy's NaT, so that what came with it goes out with it.
            v.attrs.set("_FillValue", if stored == DType::I64 { i64::MIN.into() } else { default_fill(&stored) });
        }
        let trial = |s: &ToInstants| ToNumbers { forward: s.clone(), units: units.clone(), name: String::new() }.apply(values.clone());
        if trial(&step).is_err() {
            if inherits {
                // Its units are its parent's, so it takes a type that holds fractions.
                step.numbers = DType::F64;
                v.encoding.dtype = Some(DType::F64);
                if !v.attrs.get("_FillValue").is_none_or(|f| f.dtype().is_float()) {
                    v.attrs.remove("_FillValue");
                }
            } else if let Some((finer, axis)) =
                finer_units(&units, step.axis.calendar(), unit, |a| trial(&ToInstants { axis: a.clone(), ..step.clone() }).is_ok())
            {
                cx.warn(format!("times do not fit {units:?} as {}; written as {finer:?}", step.numbers));
                v.attrs.set("units", finer.as_str());
                (units, step.axis) = (finer, axis);
            }
        }
        v = v.with_data(Data::Memory(values))?;
    }
    then(&v, ToNumbers { forward: step, units, name: cx.name.into() })
}

/// The stored type with `_Unsigned` heeded.
fn unsigned(v: &Variable, stored: &DType) -> DType {
    v.attrs.text("_Unsigned").map_or_else(|| stored.clone(), |w| sibling(stored, w.eq_ignore_ascii_case("true")))
}

const UNITS: [(&str, i64); 6] = [
    ("days", 86_400_000_000_000),
    ("hours", 3_600_000_000_000),
    ("minutes", 60_000_000_000),
    ("seconds", 1_000_000_000),
    ("milliseconds", 1_000_000),
    ("microseconds", 1_000),
];

/// The same reference with the coarsest unit that `fits`.
fn finer_units(units: &str, calendar: Calendar, unit: TimeUnit, fits: impl Fn(&TimeAxis) -> bool) -> Option<(String, TimeAxis)> {
    let at = units.to_ascii_lowercase().find("since")?;
    UNITS.iter().map(|(n, _)| *n).chain((unit == TimeUnit::Ns).then_some("nanoseconds")).find_map(|n| {
        let text = format!("{n} {}", &units[at..]);
        let axis = TimeAxis::parse(&text, calendar).ok()?.with_resolution(unit)?;
        fits(&axis).then_some((text, axis))
    })
}

/// Units for times that come from nowhere: whole ones since the first time.
fn fitting_units(v: &Variable, unit: TimeUnit, label: Calendar) -> Result<String> {
    let values = if v.len() <= SMALL { v.load()?.to_contiguous()? } else { v.read(&end(v, 0))?.to_contiguous()? };
    let valid = values.valid();
    let there: Vec<i64> = (0..values.len())
        .filter(|&i| valid.is_none_or(|v| v[i] != 0))
        .filter_map(|i| values.as_slice::<i64>().and_then(|v| v.get(i)).copied())
        .collect();
    let per = unit.per_second();
    let first = there.first().copied().unwrap_or(0).div_euclid(per) * per;
    let per_nano = 1_000_000_000 / per;
    let whole = |nanos: i64| there.iter().all(|t| t.checked_sub(first).is_some_and(|d| d % (nanos / per_nano).max(1) == 0));
    let name = if v.len() > SMALL {
        "microseconds"
    } else {
        UNITS.iter().find(|(_, n)| whole(*n)).map_or(if unit == TimeUnit::Ns { "nanoseconds" } else { "microseconds" }, |(n, _)| n)
    };
    let c = calendar::civil(label, first, per);
    let seconds = c.nanos / 1_000_000_000;
    // cftime's years of the calendars with a history have no 0.
    let year = if matches!(label, Calendar::Standard | Calendar::Julian) && c.year <= 0 { c.year - 1 } else { c.year };
    let sign = if year < 0 { "-" } else { "" };
    Ok(format!(
        "{name} since {sign}{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        year.abs(),
        c.month,
        c.day,
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    ))
}

/// The times that a cube spans.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeRange {
    /// The coordinate.
    pub name: String,
    /// Its first value (missing in an empty one).
    pub first: Scalar,
    /// Its last value.
    pub last: Scalar,
    /// The calendar as the file names it (`standard` where it says nothing).
    pub calendar: Calendar,
}

/// First and last of the time coordinate: the 1-D coordinate of instants that is named as its dimension, else any 1-D variable
/// of instants. Reads two values.
///
/// # Errors
/// What the file's reader says.
pub fn time_range(dataset: &Dataset) -> Result<Option<TimeRange>> {
    let bounds = companions(dataset);
    let candidates = || dataset.coords.iter().chain(dataset.vars.iter().map(|(n, v)| (n.as_str(), v)));
    let is_time = |v: &Variable| matches!(v.dtype(), DType::Instant { .. }) && v.dims().len() <= 1;
    let own = candidates().find(|(n, v)| is_time(v) && v.dims().len() == 1 && &*v.dims()[0] == *n);
    let Some((name, v)) = own.or_else(|| candidates().find(|(n, v)| is_time(v) && !bounds.contains_key(*n))) else { return Ok(None) };
    let DType::Instant { calendar, .. } = v.dtype() else { return Ok(None) };
    let calendar = v.encoding.calendar.unwrap_or(*calendar);
    let one = |last: usize| -> Result<Scalar> { Ok(if v.is_empty() { Scalar::Null } else { v.read(&end(v, last))?.scalar(0) }) };
    Ok(Some(TimeRange { name: name.into(), first: one(0)?, last: one(1)?, calendar }))
}
