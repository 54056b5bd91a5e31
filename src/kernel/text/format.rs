//! Values to bytes: the text that CSV files and the screen show.
//!
//! Per type: [`push_f64`], [`push_date`], ... For a column: [`TextColumn`], which looks at the type once.

use super::Zone;
use crate::dtype::{Calendar, DType, TimeUnit};
use crate::kernel::calendar::{Civil, civil, from_days};
use crate::store::Column;
use arrow::array::{Array, ArrayRef, AsArray, BinaryViewArray, BooleanArray, LargeListArray, PrimitiveArray, StringViewArray, UInt32Array};
use arrow::buffer::NullBuffer;
use arrow::datatypes as at;
use std::io::Write;
use std::sync::Arc;

/// How floats are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FloatFormat {
    /// The fewest digits that read back the same; `1.0` keeps its point.
    #[default]
    Shortest,
    /// So many decimals: `%.3f`.
    Fixed(usize),
    /// So many decimals and an exponent: `%.3e`.
    Exponent(usize),
    /// So many significant digits: `%.3g`.
    General(usize),
}

impl FloatFormat {
    /// `%.3f`, `%.3e`, `%.3g`, with or without the `%`.
    pub fn parse(text: &str) -> Option<FloatFormat> {
        let body = text.strip_prefix('%').unwrap_or(text);
        let (digits, kind) = body.split_at_checked(body.len().checked_sub(1)?)?;
        let digits = match digits.strip_prefix('.') {
            Some(d) => d.parse().ok().filter(|&d| d <= 100)?,
            None if digits.is_empty() => 6,
            None => return None,
        };
        Some(match kind {
            "f" => FloatFormat::Fixed(digits),
            "e" => FloatFormat::Exponent(digits),
            "g" => FloatFormat::General(digits),
            _ => return None,
        })
    }

    /// Appends a number in this form; infinities are `inf` and `-inf`, NaN `NaN`.
    pub fn push(self, out: &mut Vec<u8>, x: f64) {
        if !x.is_finite() {
            return push_f64(out, x);
        }
        // Writing to a vector cannot fail.
        let _ = match self {
            FloatFormat::Shortest => {
                push_f64(out, x);
                Ok(())
            }
            FloatFormat::Fixed(n) => write!(out, "{x:.n$}"),
            FloatFormat::Exponent(n) => write_exponent(out, x, n),
            FloatFormat::General(n) => write_general(out, x, n.max(1)),
        };
    }
}

/// C's `%e`: at least two digits in the exponent, and its sign.
fn write_exponent(out: &mut Vec<u8>, x: f64, decimals: usize) -> std::io::Result<()> {
    let text = format!("{x:.decimals$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |d| ('-', d));
    write!(out, "{mantissa}e{sign}{digits:0>2}")
}

/// C's `%g`: an exponent where it is below -4 or not below the digits asked for; no trailing zeros.
fn write_general(out: &mut Vec<u8>, x: f64, digits: usize) -> std::io::Result<()> {
    let text = format!("{x:.*e}", digits - 1);
    let exponent: i32 = text.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let from = out.len();
    if exponent < -4 || exponent >= digits as i32 {
        write_exponent(out, x, digits - 1)?;
        let e = out[from..].iter().position(|&b| b == b'e').map_or(out.len(), |i| from + i);
        let tail = out.split_off(e);
        trim_zeros(out, from);
        out.extend_from_slice(&tail);
    } else {
        write!(out, "{x:.*}", (digits as i32 - 1 - exponent).max(0) as usize)?;
        trim_zeros(out, from);
    }
    Ok(())
}

/// Takes zeros off the end of decimals, and the point with the last of them.
fn trim_zeros(out: &mut Vec<u8>, from: usize) {
    if out[from..].contains(&b'.') {
        while out.last() == Some(&b'0') {
            out.pop();
        }
        if out.last() == Some(&b'.') {
            out.pop();
        }
    }
}

/// Appends an integer.
#[inline]
pub fn push_int(out: &mut Vec<u8>, x: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(x).as_bytes());
}

/// Appends the fewest digits that read back the same: `1.0`, `0.1`, `1e300`, `inf`, `-inf`, `NaN`.
#[inline]
pub fn push_f64(out: &mut Vec<u8>, x: f64) {
    match x.is_finite() {
        true => out.extend_from_slice(zmij::Buffer::new().format_finite(x).as_bytes()),
        false => out.extend_from_slice(special(x)),
    }
}

/// As [`push_f64`], with the fewest digits of an f32.
#[inline]
pub fn push_f32(out: &mut Vec<u8>, x: f32) {
    match x.is_finite() {
        true => out.extend_from_slice(zmij::Buffer::new().format_finite(x).as_bytes()),
        false => out.extend_from_slice(special(x as f64)),
    }
}

fn special(x: f64) -> &'static [u8] {
    if x.is_nan() {
        b"NaN"
    } else if x > 0.0 {
        b"inf"
    } else {
        b"-inf"
    }
}

/// Appends `true` or `false`.
#[inline]
pub fn push_bool(out: &mut Vec<u8>, x: bool) {
    out.extend_from_slice(if x { b"true" } else { b"false" });
}

/// Appends `2020-01-31`. Years outside 0 to 9999 have a sign.
#[inline]
pub fn push_date(out: &mut Vec<u8>, calendar: Calendar, days: i64) {
    let (year, month, day) = from_days(calendar, days);
    push_ymd(out, year, month, day);
}

#[inline]
fn push_ymd(out: &mut Vec<u8>, year: i64, month: u8, day: u8) {
    let [m1, m2] = two(month as u64);
    let [d1, d2] = two(day as u64);
    if (0..=9999).contains(&year) {
        let [y1, y2] = two(year as u64 / 100);
        let [y3, y4] = two(year as u64 % 100);
        out.extend_from_slice(&[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2]);
    } else {
        let _ = write!(out, "{}{:04}", if year < 0 { '-' } else { '+' }, year.unsigned_abs());
        out.extend_from_slice(&[b'-', m1, m2, b'-', d1, d2]);
    }
}

#[inline]
fn two(x: u64) -> [u8; 2] {
    [b'0' + (x / 10) as u8, b'0' + (x % 10) as u8]
}

/// Appends `06:00:00`, with three, six or nine decimals of a second if they are not all zero.
#[inline]
pub fn push_clock(out: &mut Vec<u8>, nanos: i64) {
    let (seconds, fraction) = ((nanos / 1_000_000_000) as u64, (nanos % 1_000_000_000) as u64);
    push_hms(out, seconds);
    push_fraction(out, fraction);
}

#[inline]
fn push_hms(out: &mut Vec<u8>, seconds: u64) {
    let ([h1, h2], [m1, m2], [s1, s2]) = (two(seconds / 3600), two(seconds / 60 % 60), two(seconds % 60));
    out.extend_from_slice(&[h1, h2, b':', m1, m2, b':', s1, s2]);
}

#[inline]
fn push_fraction(out: &mut Vec<u8>, nanos: u64) {
    if nanos == 0 {
        return;
    }
    let digits: [[u8; 3]; 3] = [nanos / 1_000_000, nanos / 1000 % 1000, nanos % 1000].map(|x| {
        let [b, c] = two(x % 100);
        [b'0' + (x / 100) as u8, b, c]
    });
    let groups = if !nanos.is_multiple_of(1000) {
        3
    } else if !nanos.is_multiple_of(1_000_000) {
        2
    } else {
        1
    };
    out.push(b'.');
    for group in &digits[..groups] {
        out.extend_from_slice(group);
    }
}

/// Appends a time of day.
pub fn push_time(out: &mut Vec<u8>, value: i64, unit: TimeUnit) {
    let nanos = value.rem_euclid(unit.per_second() * 86_400) * (1_000_000_000 / unit.per_second());
    push_clock(out, nanos);
}

/// Appends `2020-01-31T06:00:00`; with a zone the local time and its offset (`Z`, `+01:00`).
#[inline]
pub fn push_instant(out: &mut Vec<u8>, value: i64, unit: TimeUnit, zone: Option<Zone>, calendar: Calendar) {
    let Some(zone) = zone else { return push_local(out, value, unit, calendar) };
    let offset = zone.offset(value.div_euclid(unit.per_second()));
    push_local(out, value.saturating_add(offset as i64 * unit.per_second()), unit, calendar);
    if zone == Zone::Utc {
        return out.push(b'Z');
    }
    let minutes = offset.unsigned_abs() as u64 / 60;
    let ([h1, h2], [m1, m2]) = (two(minutes / 60), two(minutes % 60));
    out.extend_from_slice(&[if offset < 0 { b'-' } else { b'+' }, h1, h2, b':', m1, m2]);
}

#[inline]
fn push_local(out: &mut Vec<u8>, value: i64, unit: TimeUnit, calendar: Calendar) {
    let Civil { year, month, day, nanos } = civil(calendar, value, unit.per_second());
    push_ymd(out, year, month, day);
    out.push(b'T');
    push_clock(out, nanos);
}

/// Appends `1 days 02:00:00`, as pandas does; a negative length has its sign before the whole: `-1 days 02:00:00`.
pub fn push_duration(out: &mut Vec<u8>, value: i64, unit: TimeUnit) {
    if value < 0 {
        out.push(b'-');
    }
    let (per_second, value) = (unit.per_second() as u64, value.unsigned_abs());
    push_int(out, value / (per_second * 86_400));
    out.extend_from_slice(b" days ");
    push_hms(out, value / per_second % 86_400);
    push_fraction(out, value % per_second * (1_000_000_000 / per_second));
}

/// Appends a decimal number exactly: `scale` digits behind the point.
pub fn push_decimal(out: &mut Vec<u8>, value: i128, scale: i8) {
    if value < 0 {
        out.push(b'-');
    }
    let digits = value.unsigned_abs().to_string();
    if scale <= 0 {
        out.extend_from_slice(digits.as_bytes());
        if value != 0 {
            out.resize(out.len() + scale.unsigned_abs() as usize, b'0');
        }
        return;
    }
    let scale = scale as usize;
    let whole = digits.len().saturating_sub(scale);
    out.extend_from_slice(if whole == 0 { b"0" } else { &digits.as_bytes()[..whole] });
    out.push(b'.');
    out.resize(out.len() + scale.saturating_sub(digits.len()), b'0');
    out.extend_from_slice(&digits.as_bytes()[whole..]);
}

/// What [`TextColumn::push`] met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// A missing value; nothing was appended.
    Missing,
    /// A NaN; nothing was appended.
    Nan,
    /// A number, boolean, date or time: digits, letters and `+-.: ` only.
    Plain,
    /// Text of any content.
    Text,
}

/// A column whose rows are to be written as text.
#[derive(Debug)]
pub struct TextColumn {
    kind: Kind,
    values: ArrayRef,
    floats: FloatFormat,
    /// Where values are missing, also those that the array's type or dictionary says.
    nulls: Option<NullBuffer>,
}

/// The typed arrays: the type is looked at once.
#[derive(Debug)]
enum Kind {
    Bool(BooleanArray),
    I8(PrimitiveArray<at::Int8Type>),
    I16(PrimitiveArray<at::Int16Type>),
    I32(PrimitiveArray<at::Int32Type>),
    I64(PrimitiveArray<at::Int64Type>),
    U8(PrimitiveArray<at::UInt8Type>),
    U16(PrimitiveArray<at::UInt16Type>),
    U32(PrimitiveArray<at::UInt32Type>),
    U64(PrimitiveArray<at::UInt64Type>),
    F32(PrimitiveArray<at::Float32Type>),
    F64(PrimitiveArray<at::Float64Type>),
    Str(StringViewArray),
    Date(PrimitiveArray<at::Date32Type>),
    Time(PrimitiveArray<at::Int64Type>, TimeUnit),
    Instant(PrimitiveArray<at::Int64Type>, TimeUnit, Option<Zone>, Calendar),
    Duration(PrimitiveArray<at::Int64Type>, TimeUnit),
    Category(UInt32Array, Box<TextColumn>),
    Plain(Box<TextColumn>),
    Decimal(PrimitiveArray<at::Decimal128Type>, i8),
    Binary(BinaryViewArray),
    List(LargeListArray, DType),
    Opaque,
}

/// The i64s behind a time, instant or duration, whatever arrow calls them; `None` where the array is none of that.
fn as_i64(values: &ArrayRef) -> Option<PrimitiveArray<at::Int64Type>> {
    let data = values.to_data().into_builder().data_type(at::DataType::Int64).build().ok()?;
    Some(PrimitiveArray::from(data))
}

impl TextColumn {
    /// Looks at the column's type.
    pub fn new(column: &Column) -> TextColumn {
        TextColumn::with_floats(column, FloatFormat::Shortest)
    }

    /// The same, with floats in a form of their own.
    pub fn with_floats(column: &Column, floats: FloatFormat) -> TextColumn {
        let values = column.values().clone();
        macro_rules! primitive {
            ($variant:ident, $t:ty) => {
                values.as_primitive_opt::<$t>().cloned().map(Kind::$variant)
            };
        }
        let kind = match column.dtype() {
            DType::Bool => values.as_boolean_opt().cloned().map(Kind::Bool),
            DType::I8 => primitive!(I8, at::Int8Type),
            DType::I16 => primitive!(I16, at::Int16Type),
            DType::I32 => primitive!(I32, at::Int32Type),
            DType::I64 => primitive!(I64, at::Int64Type),
            DType::U8 => primitive!(U8, at::UInt8Type),
            DType::U16 => primitive!(U16, at::UInt16Type),
            DType::U32 => primitive!(U32, at::UInt32Type),
            DType::U64 => primitive!(U64, at::UInt64Type),
            DType::F32 => primitive!(F32, at::Float32Type),
            DType::F64 => primitive!(F64, at::Float64Type),
            DType::Str => values.as_string_view_opt().cloned().map(Kind::Str),
            DType::Date => primitive!(Date, at::Date32Type),
            DType::Time { unit } => as_i64(&values).map(|v| Kind::Time(v, *unit)),
            DType::Instant { unit, tz, calendar } => {
                // A zone that nobody knows is written in UTC, which is what is stored.
                let zone = tz.as_ref().map(|tz| Zone::parse(tz).unwrap_or(Zone::Utc));
                as_i64(&values).map(|v| Kind::Instant(v, *unit, zone, *calendar))
            }
            DType::Duration { unit } => as_i64(&values).map(|v| Kind::Duration(v, *unit)),
            DType::Categorical { .. } => values.as_dictionary_opt::<at::UInt32Type>().and_then(|d| {
                let labels = Column::new(DType::Str, d.values().clone()).ok()?;
                Some(Kind::Category(d.keys().clone(), Box::new(TextColumn::new(&labels))))
            }),
            DType::Decimal { scale, .. } => values.as_primitive_opt().cloned().map(|v| Kind::Decimal(v, *scale)),
            DType::Binary => values.as_binary_view_opt().cloned().map(Kind::Binary),
            DType::List(inner) => values.as_list_opt::<i64>().cloned().map(|v| Kind::List(v, (**inner).clone())),
            // Codes into numbers, dates and so on stand for these.
            DType::Opaque(at::DataType::Dictionary(_, inner)) => arrow::compute::cast(&values, inner)
                .ok()
                .and_then(|plain| Column::from_arrow(plain).ok())
                .map(|plain| Kind::Plain(Box::new(TextColumn::with_floats(&plain, floats)))),
            DType::Opaque(_) => None,
        };
        let nulls = values.logical_nulls().filter(|n| n.null_count() > 0);
        TextColumn { kind: kind.unwrap_or(Kind::Opaque), values, floats, nulls }
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends the value of a row. Missing values and NaN append nothing: how they look is the caller's to say.
    ///
    /// # Panics
    /// Where there is no such row.
    #[inline]
    pub fn push(&self, row: usize, out: &mut Vec<u8>) -> Pushed {
        if self.nulls.as_ref().is_some_and(|n| n.is_null(row)) {
            return Pushed::Missing;
        }
        match &self.kind {
            Kind::Bool(v) => push_bool(out, v.value(row)),
            Kind::I8(v) => push_int(out, v.value(row)),
            Kind::I16(v) => push_int(out, v.value(row)),
            Kind::I32(v) => push_int(out, v.value(row)),
            Kind::I64(v) => push_int(out, v.value(row)),
            Kind::U8(v) => push_int(out, v.value(row)),
            Kind::U16(v) => push_int(out, v.value(row)),
            Kind::U32(v) => push_int(out, v.value(row)),
            Kind::U64(v) => push_int(out, v.value(row)),
            Kind::F32(v) => {
                let x = v.value(row);
                if x.is_nan() {
                    return Pushed::Nan;
                }
                match self.floats {
                    FloatFormat::Shortest => push_f32(out, x),
                    other => other.push(out, x as f64),
                }
            }
            Kind::F64(v) => {
                let x = v.value(row);
                if x.is_nan() {
                    return Pushed::Nan;
                }
                match self.floats {
                    FloatFormat::Shortest => push_f64(out, x),
                    other => other.push(out, x),
                }
            }
            Kind::Str(v) => {
                out.extend_from_slice(v.value(row).as_bytes());
                return Pushed::Text;
            }
            Kind::Date(v) => push_date(out, Calendar::ProlepticGregorian, v.value(row) as i64),
            Kind::Time(v, unit) => push_time(out, v.value(row), *unit),
            Kind::Instant(v, unit, zone, calendar) => push_instant(out, v.value(row), *unit, *zone, *calendar),
            Kind::Duration(v, unit) => push_duration(out, v.value(row), *unit),
            Kind::Category(codes, labels) => return labels.push(codes.value(row) as usize, out),
            Kind::Plain(values) => return values.push(row, out),
            Kind::Decimal(v, scale) => push_decimal(out, v.value(row), *scale),
            Kind::Binary(v) => {
                for byte in v.value(row) {
                    let _ = write!(out, "{byte:02x}");
                }
            }
            Kind::List(v, inner) => {
                push_list(out, v.value(row), inner, self.floats);
                return Pushed::Text;
            }
            Kind::Opaque => {
                let text = arrow::util::display::array_value_to_string(&self.values, row).unwrap_or_default();
                out.extend_from_slice(text.as_bytes());
                return Pushed::Text;
            }
        }
        Pushed::Plain
    }
}

/// `[1, 2, missing]`.
fn push_list(out: &mut Vec<u8>, items: ArrayRef, inner: &DType, floats: FloatFormat) {
    out.push(b'[');
    if let Ok(column) = Column::new(inner.clone(), items.clone()).or_else(|_| Column::from_arrow(Arc::clone(&items))) {
        let text = TextColumn::with_floats(&column, floats);
        for i in 0..text.len() {
            if i > 0 {
                out.extend_from_slice(b", ");
            }
            match text.push(i, out) {
                Pushed::Missing => out.extend_from_slice(b"missing"),
                Pushed::Nan => out.extend_from_slice(b"NaN"),
                _ => {}
            }
        }
    }
    out.push(b']');
}

/// Appends one value of a column; for many rows make a [`TextColumn`] once.
pub fn push_value(column: &Column, row: usize, out: &mut Vec<u8>) -> Pushed {
    TextColumn::new(column).push(row, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::text::moment;

    fn text(push: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        push(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn floats_are_short_and_keep_their_point() {
        for (x, want) in [(1.0, "1.0"), (0.1, "0.1"), (1e300, "1e300"), (-0.0, "-0.0"), (123456.789, "123456.789"), (1e-7, "1e-7")] {
            let got = text(|o| push_f64(o, x));
            assert_eq!(got.replace("e+", "e"), want);
            assert_eq!(got.parse::<f64>().unwrap().to_bits(), x.to_bits());
        }
        assert_eq!(text(|o| push_f64(o, f64::NEG_INFINITY)), "-inf");
        assert_eq!(text(|o| push_f32(o, 0.1)), "0.1");
    }

    /// The right-hand sides are what C's printf (Python's `%`) gives.
    #[test]
    fn float_format_writes_as_c_does() {
        for (format, x, want) in [
            ("%.2f", 2.0 / 3.0, "0.67"),
            (".3e", 12345.678, "1.235e+04"),
            ("%.3g", 12345.678, "1.23e+04"),
            ("%.6g", 0.0001, "0.0001"),
            ("%.6g", 100000.0, "100000"),
            ("%.6g", 1000000.0, "1e+06"),
            ("%.3g", 0.00001234, "1.23e-05"),
            ("%f", 1.5, "1.500000"),
        ] {
            assert_eq!(text(|o| FloatFormat::parse(format).unwrap().push(o, x)), want, "{format} {x}");
        }
        for bad in ["", "%", "3f", "%.f3", "%d", "é"] {
            assert_eq!(FloatFormat::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_are_iso_with_a_fraction_only_if_not_zero() {
        let (us, noleap) = (TimeUnit::Us, Calendar::NoLeap);
        let greg = Calendar::ProlepticGregorian;
        assert_eq!(text(|o| push_instant(o, 0, us, None, greg)), "1970-01-01T00:00:00");
        assert_eq!(text(|o| push_instant(o, -1, us, None, greg)), "1969-12-31T23:59:59.999999");
        assert_eq!(text(|o| push_instant(o, 500_000, us, Some(Zone::Utc), greg)), "1970-01-01T00:00:00.500Z");
        let paris = Zone::parse("Europe/Paris");
        assert_eq!(text(|o| push_instant(o, 1_593_561_600_000_000, us, paris, greg)), "2020-07-01T02:00:00+02:00");
        assert_eq!(text(|o| push_date(o, noleap, 365 * 2 + 59)), "1972-03-01");
        assert_eq!(text(|o| push_date(o, greg, 4_000_000)), "+12921-08-18");
        assert_eq!(text(|o| push_duration(o, -90_000_000_000, us)), "-1 days 01:00:00");
        assert_eq!(moment::parse_duration(b"-1 days 01:00:00"), Some(-90_000_000_000_000));
    }

    #[test]
    fn decimals_are_exact() {
        for (value, scale, want) in
            [(-5, 2, "-0.05"), (12345, 2, "123.45"), (7, 0, "7"), (7, -2, "700"), (0, -2, "0"), (0, 2, "0.00"), (100, 2, "1.00")]
        {
            assert_eq!(text(|o| push_decimal(o, value, scale)), want);
        }
    }

    #[test]
    fn nothing_and_codes_into_numbers_are_their_values() {
        let shown = |array: ArrayRef| {
            let t = TextColumn::new(&Column::from_arrow(array).unwrap());
            let cell = |i| {
                let mut out = Vec::new();
                (t.push(i, &mut out) != Pushed::Missing).then(|| String::from_utf8(out).unwrap())
            };
            (0..t.len()).map(cell).collect::<Vec<_>>()
        };
        assert_eq!(shown(Arc::new(arrow::array::NullArray::new(2))), [None, None]);
        let keys = arrow::array::Int8Array::from(vec![Some(1), None, Some(0)]);
        let codes = arrow::array::DictionaryArray::new(keys, Arc::new(arrow::array::Int64Array::from(vec![7, -3])));
        assert_eq!(shown(Arc::new(codes)), [Some("-3".into()), None, Some("7".into())]);
    }

    #[test]
    fn column_rows_say_what_they_are() {
        let c = Column::from(vec![Some(1.5), None, Some(f64::NAN)]);
        let t = TextColumn::new(&c);
        let mut out = Vec::new();
        assert_eq!([t.push(0, &mut out), t.push(1, &mut out), t.push(2, &mut out)], [Pushed::Plain, Pushed::Missing, Pushed::Nan]);
        assert_eq!(out, b"1.5");
        assert_eq!(push_value(&Column::from(vec!["a,b"]), 0, &mut out), Pushed::Text);
    }
}
