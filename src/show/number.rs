//! Numbers rounded for reading.

use crate::dtype::{DType, Scalar};
use crate::error::escape;
use crate::store::Column;

/// Significant digits that people are shown.
const DIGITS: i32 = 6;

/// The cells of a column: floats of one column with the same number of decimals, at most six significant digits where that loses
/// nothing of interest; missing cells are `None`.
pub fn column_texts(column: &Column) -> Vec<Option<String>> {
    let scalars: Vec<Scalar> = (0..column.len()).map(|i| column.scalar(i)).collect();
    texts(&scalars, column.dtype())
}

/// The same for values at hand.
pub(super) fn texts(scalars: &[Scalar], dtype: &DType) -> Vec<Option<String>> {
    if dtype.is_float() {
        let values: Vec<f64> = scalars.iter().map(|s| s.as_f64().unwrap_or(f64::NAN)).collect();
        return floats(&values, *dtype == DType::F32);
    }
    let text = |s: &Scalar| match s {
        s if s.is_missing() => None,
        // An empty text is not a missing one.
        Scalar::Str(t) if t.is_empty() => Some("\"\"".to_string()),
        s => Some(escape(&s.to_string())),
    };
    let all: Vec<Option<String>> = scalars.iter().map(text).collect();
    // Midnights only: the days say it all.
    if matches!(dtype, DType::Instant { .. }) && all.iter().flatten().all(|t| t.ends_with("T00:00:00")) {
        return all.into_iter().map(|t| t.map(|t| t.trim_end_matches("T00:00:00").to_string())).collect();
    }
    all
}

/// Floats as they stand in one column.
fn floats(values: &[f64], single: bool) -> Vec<Option<String>> {
    let finite = || values.iter().copied().filter(|x| x.is_finite() && *x != 0.0);
    let largest = finite().map(f64::abs).fold(0.0, f64::max);
    let smallest = finite().map(f64::abs).fold(f64::INFINITY, f64::min);
    let scientific = largest >= 1e12 || smallest < 1e-4 && smallest.is_finite() && largest < 1e-2;
    // As many decimals as the value that needs most, but no more than make six significant digits of the largest one (and two
    // of any: 1234567.89 is worth its cents).
    let most = (DIGITS - 1 - magnitude(largest)).clamp(2, 12) as usize;
    let decimals = if scientific { 0 } else { finite().map(|x| needed(x, most, single)).max().unwrap_or(0) };
    let text = |x: f64| match x {
        x if x.is_nan() => None,
        x if x.is_infinite() => Some(if x > 0.0 { "inf" } else { "-inf" }.to_string()),
        x if scientific && x != 0.0 => Some(exponential(x)),
        x => Some(format!("{x:.decimals$}")),
    };
    values.iter().map(|&x| text(x)).collect()
}

/// The power of ten of the first digit.
fn magnitude(x: f64) -> i32 {
    if x == 0.0 { 0 } else { x.log10().floor() as i32 }
}

/// Decimals without which `x` rounded to `most` decimals cannot be written.
fn needed(x: f64, most: usize, single: bool) -> usize {
    let shortest = if single { format!("{}", x as f32) } else { format!("{x}") };
    let exact = shortest.split_once('.').map_or(0, |(_, d)| d.len());
    if exact <= most {
        return exact;
    }
    let rounded = format!("{x:.most$}");
    rounded.trim_end_matches('0').split_once('.').map_or(0, |(_, d)| d.len())
}

/// A number by itself: at most eight significant digits, no trailing zeros; whole numbers in full.
pub fn number(x: f64) -> String {
    if !x.is_finite() {
        return if x.is_nan() { "-".into() } else { format!("{x}") };
    }
    if x == x.trunc() && x.abs() < 1e12 {
        return format!("{x}");
    }
    if x.abs() >= 1e12 || x.abs() < 1e-4 {
        return exponential(x);
    }
    let decimals = (DIGITS + 1 - magnitude(x.abs())).clamp(2, 12) as usize;
    let text = format!("{x:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// A value by itself, for reading: numbers as [`number`] has them.
pub fn scalar(value: &Scalar) -> Option<String> {
    match value {
        v if v.is_missing() => None,
        Scalar::F32(_) | Scalar::F64(_) => value.as_f64().map(number),
        v => Some(escape(v.to_string().trim_end_matches("T00:00:00"))),
    }
}

fn exponential(x: f64) -> String {
    let text = format!("{x:.5e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    format!("{mantissa}e{exponent}")
}

/// `1 row`, `12 rows`, `1 234 567 rows`: groups of three from five digits on.
pub fn count(n: u64, what: &str) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && digits.len() > 4 && (digits.len() - i).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(c);
    }
    match what {
        "" => text,
        what if n == 1 => format!("{text} {what}"),
        what => format!("{text} {what}s"),
    }
}

/// `512 B`, `1.5 kB`, `2.3 MB`: powers of 1000.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let mut x = n as f64 / 1000.0;
    let mut unit = 0;
    while x >= 999.5 && unit + 1 < UNITS.len() {
        x /= 1000.0;
        unit += 1;
    }
    let decimals = if x < 9.95 { 1 } else { 0 };
    format!("{x:.decimals$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(values: Vec<f64>) -> Vec<String> {
        column_texts(&Column::from(values)).into_iter().map(|t| t.unwrap_or("-".into())).collect()
    }

    #[test]
    fn floats_share_their_decimals() {
        assert_eq!(shown(vec![1.0, 22.5, f64::NAN]), ["1.0", "22.5", "-"]);
        assert_eq!(shown(vec![1.0, 2.0]), ["1", "2"]);
        assert_eq!(shown(vec![29.69911764705882, 80.0]), ["29.6991", "80.0000"]);
        assert_eq!(shown(vec![0.1 + 0.2]), ["0.3"]);
        assert_eq!(shown(vec![1e20, 0.0]), ["1e20", "0"]);
        assert_eq!(shown(vec![1.5e-7]), ["1.5e-7"]);
        assert_eq!(shown(vec![f64::INFINITY, 1.25]), ["inf", "1.25"]);
    }

    #[test]
    fn number_by_itself_has_eight_digits() {
        let shown: Vec<String> = [29.69911764705882, 0.3838383838, 446.0, 512.3292, 1234567.891, 1e-7, 2.5].map(number).to_vec();
        assert_eq!(shown, ["29.699118", "0.38383838", "446", "512.3292", "1234567.89", "1e-7", "2.5"]);
    }

    #[test]
    fn single_precision_shows_no_digits_it_lacks() {
        assert_eq!(column_texts(&Column::from(vec![0.1f32]))[0].as_deref(), Some("0.1"));
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!((bytes(999), bytes(1500), bytes(999_999)), ("999 B".into(), "1.5 kB".into(), "1.0 MB".into()));
        assert_eq!((count(1, "row"), count(1234567, "row")), ("1 row".into(), "1 234 567 rows".into()));
    }
}
