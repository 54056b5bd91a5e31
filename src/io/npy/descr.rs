use crate::dtype::{Calendar, DType, TimeUnit};
use crate::error::{Error, Result};
use crate::io::dense::{Element, Stored, Unit};

/// The element that a type description such as `<f8` speaks of.
///
/// # Errors
/// Unsupported, by name and with what to do; format, for what numpy does not write.
pub fn element(descr: &str) -> Result<Element> {
    if descr.starts_with(['[', '(', '{']) {
        return Err(Error::unsupported("a structured array holds several columns, which a cube does not")
            .help("in numpy: save one field, `numpy.save('x.npy', a['x'])`, or the table, `pandas.DataFrame(a).to_parquet(..)`"));
    }
    let damaged = || Error::format(format!("the header gives the type {descr:?}, which numpy does not write"));
    let (order, rest) = match descr.as_bytes().first() {
        Some(b'<' | b'>' | b'=' | b'|') => descr.split_at(1),
        Some(_) => ("=", descr),
        None => return Err(damaged()),
    };
    let big_endian = order == ">" || (order != "<" && cfg!(target_endian = "big"));
    let (Some(kind), Some(size)) = (rest.chars().next(), rest.get(1..)) else { return Err(damaged()) };
    let (size, unit) = match size.split_once('[') {
        Some((s, u)) => (s, Some(u.strip_suffix(']').ok_or_else(damaged)?)),
        None => (size, None),
    };
    let stored = match (kind, size) {
        ('b', "1") | ('?', "") => Stored::Bool,
        ('i', "1") => Stored::Plain(DType::I8),
        ('i', "2") => Stored::Plain(DType::I16),
        ('i', "4") => Stored::Plain(DType::I32),
        ('i', "8") => Stored::Plain(DType::I64),
        ('u', "1") => Stored::Plain(DType::U8),
        ('u', "2") => Stored::Plain(DType::U16),
        ('u', "4") => Stored::Plain(DType::U32),
        ('u', "8") => Stored::Plain(DType::U64),
        ('f', "2") => Stored::Half,
        ('f', "4") => Stored::Plain(DType::F32),
        ('f', "8") => Stored::Plain(DType::F64),
        ('M' | 'm', "8") => time(kind, unit.unwrap_or("generic"), descr)?,
        ('U' | 'S' | 'a', n) => {
            let n: usize = n.parse().map_err(|_| damaged())?;
            // A file of no bytes would stand for as many texts as its header likes.
            if n == 0 || n > 1 << 26 {
                return Err(Error::format(format!("the header gives texts of {n} characters each")));
            }
            if kind == 'U' { Stored::Points(n) } else { Stored::Bytes(n) }
        }
        ('f', "12" | "16") => {
            return Err(Error::unsupported(format!("{descr:?}: floats of extended precision are not read"))
                .help("in numpy: `numpy.save('x.npy', a.astype('f8'))`"));
        }
        ('c', _) => {
            return Err(Error::unsupported(format!("{descr:?}: complex numbers are not read"))
                .help("in numpy: save the parts, `numpy.save('re.npy', a.real)` and `numpy.save('im.npy', a.imag)`"));
        }
        ('O', _) => {
            return Err(Error::unsupported("an array of Python objects is pickled, which is not read here").help(
                "in numpy: give it a type, `numpy.save('x.npy', a.astype('f8'))` or `.astype('U')`; a table goes with `to_parquet`",
            ));
        }
        ('V', _) => {
            return Err(Error::unsupported(format!("{descr:?}: raw bytes without a meaning are not read"))
                .help("in numpy: give them a type, `numpy.save('x.npy', a.view('u1'))`"));
        }
        _ => return Err(damaged()),
    };
    Ok(Element { stored, big_endian })
}

/// Instants and durations: microseconds, or nanoseconds where the file has those.
fn time(kind: char, unit: &str, descr: &str) -> Result<Stored> {
    let damaged = || Error::format(format!("the header gives the type {descr:?}, which numpy does not write"));
    let digits = unit.len() - unit.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let many: i64 = if digits == 0 { 1 } else { unit[..digits].parse().ok().filter(|&n| n > 0).ok_or_else(damaged)? };
    let name = &unit[digits..];
    let months = |n: i64| many.checked_mul(n).map(Unit::Months).ok_or_else(damaged);
    let micros = |n: i64| many.checked_mul(n).map(Unit::Times).ok_or_else(damaged);
    let unit = match name {
        "M" if kind == 'M' => months(1)?,
        "Y" if kind == 'M' => months(12)?,
        "M" | "Y" => {
            return Err(Error::unsupported(format!("{descr:?}: months and years have no fixed length"))
                .help("in numpy: choose one, `a.astype('timedelta64[D]')`"));
        }
        "W" => micros(7 * 86_400_000_000)?,
        "D" => micros(86_400_000_000)?,
        "h" => micros(3_600_000_000)?,
        "m" => micros(60_000_000)?,
        "s" => micros(1_000_000)?,
        "ms" => micros(1_000)?,
        "us" | "μs" => micros(1)?,
        "ns" => Unit::Times(many),
        "ps" | "fs" | "as" | "generic" => {
            return Err(Error::unsupported(format!("{descr:?}: times of this unit are not read"))
                .help(format!("in numpy: `a.astype('{}64[ns]')`", if kind == 'M' { "datetime" } else { "timedelta" })));
        }
        _ => return Err(damaged()),
    };
    let scale = if name == "ns" { TimeUnit::Ns } else { TimeUnit::Us };
    let dtype = match kind {
        'M' => DType::Instant { unit: scale, tz: None, calendar: Calendar::ProlepticGregorian },
        _ => DType::Duration { unit: scale },
    };
    Ok(Stored::Time(dtype, unit))
}

/// The description of an element that we write.
///
/// # Errors
/// Unsupported, for types that npy does not hold.
pub fn text(element: &Element) -> Result<String> {
    let unit = |u: &TimeUnit| if *u == TimeUnit::Ns { "ns" } else { "us" };
    Ok(match &element.stored {
        Stored::Bool => "|b1".into(),
        Stored::Half => "<f2".into(),
        Stored::Bytes(n) => format!("|S{n}"),
        Stored::Points(n) => format!("<U{n}"),
        Stored::Time(DType::Date, _) => "<M8[D]".into(),
        Stored::Time(DType::Duration { unit: u }, _) => format!("<m8[{}]", unit(u)),
        Stored::Time(DType::Instant { unit: u, .. }, _) => format!("<M8[{}]", unit(u)),
        Stored::Plain(DType::I8) => "|i1".into(),
        Stored::Plain(DType::U8) => "|u1".into(),
        Stored::Plain(t @ (DType::I16 | DType::I32 | DType::I64)) => format!("<i{}", element_size(t)),
        Stored::Plain(t @ (DType::U16 | DType::U32 | DType::U64)) => format!("<u{}", element_size(t)),
        Stored::Plain(t @ (DType::F32 | DType::F64)) => format!("<f{}", element_size(t)),
        Stored::Plain(t) | Stored::Time(t, _) => {
            return Err(Error::unsupported(format!("npy does not hold {t}")).help("write it as NetCDF or Parquet instead"));
        }
    })
}

fn element_size(dtype: &DType) -> usize {
    dtype.phys().and_then(crate::dtype::Phys::width).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn types_that_are_no_arrays_of_values_are_refused_by_name() {
        for descr in ["[('a', '<i4')]", "('<f8', (2,))", "<c16", "|O", "|V8", "<f16", "<m8[Y]", "<M8[ps]", "<M8"] {
            let e = element(descr).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Unsupported, "{descr}");
            assert!(e.remedy().unwrap().starts_with("in numpy:"), "{descr}");
        }
        for descr in ["", "<", "f9", "<i3", "<M8[x]", "<M8[s", "<M8[0s]", "<U0", "<U99999999999", "<Ux", "\u{20ac}8"] {
            assert_eq!(element(descr).unwrap_err().kind(), ErrorKind::Format, "{descr}");
        }
    }

    #[test]
    fn time_with_a_multiple_counts_it() {
        assert_eq!(element("<M8[25s]").unwrap().stored, Stored::Time(DType::datetime(), Unit::Times(25_000_000)));
        assert!(element(">i2").unwrap().big_endian);
    }
}
