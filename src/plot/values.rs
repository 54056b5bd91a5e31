//! Columns as numbers and as names, and what their axes say.

use super::figure::Scale;
use crate::dtype::{Calendar, DType};
use crate::error::{Error, Result};
use crate::exec::{ExecOptions, stream};
use crate::store::{Attrs, Column, TableSource};
use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes as at;
use std::sync::Arc;

/// What the numbers of a type mean; `None` where it has none.
pub(super) fn scale(dtype: &DType) -> Option<Scale> {
    match dtype {
        DType::Date => Some(Scale::Time(Calendar::ProlepticGregorian)),
        DType::Instant { calendar, .. } => Some(Scale::Time(*calendar)),
        DType::Bool | DType::Duration { .. } | DType::Time { .. } => Some(Scale::Number),
        d if d.is_numeric() => Some(Scale::Number),
        _ => None,
    }
}

/// Whether values of this type are names rather than amounts.
pub(super) fn is_name(dtype: &DType) -> bool {
    matches!(dtype, DType::Str | DType::Categorical { .. } | DType::Bool)
}

/// Whether it is a point in time.
pub(super) fn is_time(dtype: &DType) -> bool {
    matches!(dtype, DType::Date | DType::Instant { .. })
}

/// The values as numbers, missing ones NaN: times in seconds since 1970, lengths of time in seconds, true as 1.
pub(super) fn floats(column: &Column) -> Result<Vec<f64>> {
    let wide = |values: Vec<Option<i64>>, k: f64| values.into_iter().map(|x| x.map_or(f64::NAN, |x| x as f64 * k)).collect();
    let whole = |column: &Column| -> Result<Vec<Option<i64>>> {
        let numbers = match column.dtype() {
            DType::Date => cast(&cast(column.values(), &at::DataType::Int32)?, &at::DataType::Int64)?,
            _ => cast(column.values(), &at::DataType::Int64)?,
        };
        Ok(numbers.as_primitive::<at::Int64Type>().iter().collect())
    };
    match column.dtype() {
        DType::Date => Ok(wide(whole(column)?, 86_400.0)),
        DType::Instant { unit, .. } | DType::Duration { unit } | DType::Time { unit } => {
            Ok(wide(whole(column)?, 1.0 / unit.per_second() as f64))
        }
        d if d.is_numeric() || *d == DType::Bool => {
            let numbers = cast(column.values(), &at::DataType::Float64)?;
            let numbers = numbers.as_primitive::<at::Float64Type>();
            Ok(if numbers.null_count() == 0 { numbers.values().to_vec() } else { numbers.iter().map(|x| x.unwrap_or(f64::NAN)).collect() })
        }
        other => {
            Err(Error::wrong_type(format!("{other} is no amount that can be drawn")).help("it can be named by --x of bars, or by --by"))
        }
    }
}

/// The values as names; missing ones are `None`.
pub(super) fn names(column: &Column) -> Vec<Option<String>> {
    if let DType::Str = column.dtype() {
        return column.values().as_string_view().iter().map(|t| t.map(str::to_string)).collect();
    }
    (0..column.len()).map(|i| name(&column.scalar(i))).collect()
}

/// A value as a name.
pub(super) fn name(value: &crate::dtype::Scalar) -> Option<String> {
    match value {
        crate::dtype::Scalar::Str(text) => Some(text.to_string()),
        value => crate::show::scalar(value),
    }
}

/// Brings the columns at these positions to `take`, batch by batch.
pub(super) fn each(
    source: &Arc<dyn TableSource>,
    columns: &[usize],
    exec: &ExecOptions,
    mut take: impl FnMut(&[Column]) -> Result<()>,
) -> Result<()> {
    // A column is read once however often it is asked for.
    let mut once: Vec<usize> = columns.to_vec();
    once.sort_unstable();
    once.dedup();
    let place: Vec<usize> = columns.iter().map(|c| once.binary_search(c).unwrap_or(0)).collect();
    for batch in stream(source, Some(once), exec) {
        let batch = batch?;
        let columns: Vec<Column> = place.iter().map(|&i| batch.columns[i].clone()).collect();
        take(&columns)?;
    }
    Ok(())
}

/// What is measured, in words, with its units: `near-surface air temperature (K)`.
pub(super) fn label(name: &str, attrs: &Attrs) -> String {
    let said = attrs.text("long_name").or_else(|| attrs.text("standard_name")).filter(|t| !t.trim().is_empty());
    let said = said.map_or_else(|| name.to_string(), |t| t.replace('_', " "));
    match attrs.text("units").map(units).filter(|u| !u.is_empty()) {
        Some(units) => format!("{said} ({units})"),
        None => said,
    }
}

/// Units as they are printed: `W m-2` is W m⁻², `degC` is °C, `1` says nothing.
pub(super) fn units(text: &str) -> String {
    let text = text.trim();
    match text {
        "1" | "" => return String::new(),
        "degC" | "degree_Celsius" | "degrees_Celsius" | "celsius" | "Celsius" => return "°C".into(),
        "degF" => return "°F".into(),
        "degrees_north" | "degrees_east" | "degree_north" | "degree_east" | "degree" | "degrees" => return "°".into(),
        t if t.contains(" since ") => return String::new(),
        _ => {}
    }
    let one = |word: &str| {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let stem =
            letters.strip_suffix('-').or_else(|| letters.strip_suffix("^-")).or_else(|| letters.strip_suffix('^')).unwrap_or(letters);
        let digits = &word[letters.len()..];
        let plain =
            stem.is_empty() || digits.is_empty() || digits.len() > 2 || !stem.chars().all(|c| c.is_alphabetic() || c == '/' || c == 'µ');
        if plain {
            return word.to_string();
        }
        let up = |c: char| match c {
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            c => c.to_digit(10).and_then(|d| char::from_u32(0x2070 + d)).unwrap_or(c),
        };
        let sign = if letters.ends_with('-') { "⁻" } else { "" };
        format!("{stem}{sign}{}", digits.chars().map(up).collect::<String>())
    };
    text.split(' ').map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_printed_as_people_write_them() {
        assert_eq!(
            ["W m-2", "kg m-2 s-1", "degC", "1", "K", "days since 1850-01-01"].map(units),
            ["W m⁻²", "kg m⁻² s⁻¹", "°C", "", "K", ""]
        );
    }

    #[test]
    fn times_are_seconds_and_missing_is_nan() {
        let dates = Column::from(vec![Some(1i64), None]);
        let seen = floats(&dates).unwrap();
        assert!(seen[0] == 1.0 && seen[1].is_nan());
        let times = Column::datetimes(vec![Some(1_500_000)]);
        assert_eq!(floats(&times).unwrap(), [1.5]);
    }
}
