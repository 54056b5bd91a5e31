//! Types of values: the logical [`DType`] of a column or variable, the physical [`Phys`] that kernels see, their promotion
//! and the [`Scalar`].

mod arrow_type;
#[macro_use]
mod dispatch;
mod promote;
mod scalar;

pub use dispatch::Element;
pub use promote::promote;
pub use scalar::Scalar;

use crate::error::{Error, Result};
use std::fmt;
use std::sync::Arc;

/// What a kernel sees: the twelve kinds of value that memory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Phys {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    Str,
}

impl Phys {
    /// Every one of them.
    pub const ALL: [Phys; 12] =
        [Phys::Bool, Phys::I8, Phys::I16, Phys::I32, Phys::I64, Phys::U8, Phys::U16, Phys::U32, Phys::U64, Phys::F32, Phys::F64, Phys::Str];

    /// Bytes per value in a cube; text has no fixed width and answers `None`.
    pub fn width(self) -> Option<usize> {
        Some(match self {
            Phys::Bool | Phys::I8 | Phys::U8 => 1,
            Phys::I16 | Phys::U16 => 2,
            Phys::I32 | Phys::U32 | Phys::F32 => 4,
            Phys::I64 | Phys::U64 | Phys::F64 => 8,
            Phys::Str => return None,
        })
    }
}

/// The resolution of times. Microseconds unless the source is finer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimeUnit {
    /// Microseconds.
    Us,
    /// Nanoseconds.
    Ns,
}

impl TimeUnit {
    /// How many make a second.
    pub fn per_second(self) -> i64 {
        match self {
            TimeUnit::Us => 1_000_000,
            TimeUnit::Ns => 1_000_000_000,
        }
    }
}

/// The calendars of the CF conventions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Calendar {
    /// Gregorian at all times, also before 1582: what ISO 8601 and arrow mean.
    ProlepticGregorian,
    /// CF's `standard` (`gregorian`) with dates before 1582-10-15, which are Julian. A `standard` axis without such dates is
    /// [`Calendar::ProlepticGregorian`]; the name it had stays in the encoding.
    Standard,
    /// Julian at all times.
    Julian,
    /// 365 days in every year.
    NoLeap,
    /// 366 days in every year.
    AllLeap,
    /// Twelve months of 30 days.
    Day360,
}

impl Calendar {
    /// Every one of them.
    pub const ALL: [Calendar; 6] =
        [Calendar::ProlepticGregorian, Calendar::Standard, Calendar::Julian, Calendar::NoLeap, Calendar::AllLeap, Calendar::Day360];

    /// CF's name.
    pub fn name(self) -> &'static str {
        match self {
            Calendar::ProlepticGregorian => "proleptic_gregorian",
            Calendar::Standard => "standard",
            Calendar::Julian => "julian",
            Calendar::NoLeap => "noleap",
            Calendar::AllLeap => "all_leap",
            Calendar::Day360 => "360_day",
        }
    }

    /// The calendar of this name, CF's synonyms included, in any case.
    pub fn parse(name: &str) -> Result<Calendar> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "proleptic_gregorian" => Calendar::ProlepticGregorian,
            "standard" | "gregorian" => Calendar::Standard,
            "julian" => Calendar::Julian,
            "noleap" | "365_day" => Calendar::NoLeap,
            "all_leap" | "366_day" => Calendar::AllLeap,
            "360_day" => Calendar::Day360,
            _ => return Err(Error::not_found("calendar", name, Calendar::ALL.map(Calendar::name))),
        })
    }
}

/// The logical type of a column or variable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum DType {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    /// UTF-8 text.
    Str,
    /// A civil day, days since 1970-01-01 in an i32.
    Date,
    /// A time of day, in an i64 since midnight.
    Time {
        unit: TimeUnit,
    },
    /// A point in time: i64 units since 1970-01-01T00:00 in its own calendar (with a zone: UTC).
    Instant {
        unit: TimeUnit,
        tz: Option<Arc<str>>,
        calendar: Calendar,
    },
    /// A length of time, in an i64.
    Duration {
        unit: TimeUnit,
    },
    /// Text from a list of categories, as u32 codes.
    Categorical {
        ordered: bool,
    },
    /// A decimal number of up to 38 digits, in an i128.
    Decimal {
        precision: u8,
        scale: i8,
    },
    /// Bytes.
    Binary,
    /// A list of values of one type in each row.
    List(Box<DType>),
    /// Any other arrow type: carried, shown and written back, never computed with.
    Opaque(arrow::datatypes::DataType),
}

impl DType {
    /// Microseconds in the proleptic Gregorian calendar without a zone: what a date-time in a table is.
    pub fn datetime() -> DType {
        DType::Instant { unit: TimeUnit::Us, tz: None, calendar: Calendar::ProlepticGregorian }
    }

    /// What holds the values in memory; `None` for types that have no plain values (decimals, bytes, lists, opaque).
    pub fn phys(&self) -> Option<Phys> {
        Some(match self {
            DType::Bool => Phys::Bool,
            DType::I8 => Phys::I8,
            DType::I16 => Phys::I16,
            DType::I32 | DType::Date => Phys::I32,
            DType::I64 | DType::Time { .. } | DType::Instant { .. } | DType::Duration { .. } => Phys::I64,
            DType::U8 => Phys::U8,
            DType::U16 => Phys::U16,
            DType::U32 | DType::Categorical { .. } => Phys::U32,
            DType::U64 => Phys::U64,
            DType::F32 => Phys::F32,
            DType::F64 => Phys::F64,
            DType::Str => Phys::Str,
            DType::Decimal { .. } | DType::Binary | DType::List(_) | DType::Opaque(_) => return None,
        })
    }

    /// The plain type of this physical one.
    pub fn from_phys(phys: Phys) -> DType {
        match phys {
            Phys::Bool => DType::Bool,
            Phys::I8 => DType::I8,
            Phys::I16 => DType::I16,
            Phys::I32 => DType::I32,
            Phys::I64 => DType::I64,
            Phys::U8 => DType::U8,
            Phys::U16 => DType::U16,
            Phys::U32 => DType::U32,
            Phys::U64 => DType::U64,
            Phys::F32 => DType::F32,
            Phys::F64 => DType::F64,
            Phys::Str => DType::Str,
        }
    }

    /// Whether it is an integer type (dates, times and booleans are not).
    pub fn is_integer(&self) -> bool {
        matches!(self, DType::I8 | DType::I16 | DType::I32 | DType::I64 | DType::U8 | DType::U16 | DType::U32 | DType::U64)
    }

    /// Whether it is f32 or f64.
    pub fn is_float(&self) -> bool {
        matches!(self, DType::F32 | DType::F64)
    }

    /// Whether means and sums are meant for it: integers, floats, decimals.
    pub fn is_numeric(&self) -> bool {
        self.is_integer() || self.is_float() || matches!(self, DType::Decimal { .. })
    }

    /// Whether it tells a time: date, time, instant, duration.
    pub fn is_temporal(&self) -> bool {
        matches!(self, DType::Date | DType::Time { .. } | DType::Instant { .. } | DType::Duration { .. })
    }

    /// The type of this name, as [`fmt::Display`] writes it and as `--dtypes` takes it: `i64`, `f32`, `str`, `date`, `datetime`,
    /// `datetime[noleap]`, `datetime[ns]`, `datetime[us, Europe/Paris]`, `duration`, `category`, `decimal(10,2)`, `list[i64]`.
    /// numpy's long names (`int64`, `float32`, `float64`, `string`, `object` excepted) are understood.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn parse(name: &str) -> Result<DType> {
        let text = name.trim();
        let (head, arguments) = match text.find(['[', '(']) {
            Some(i) if text.ends_with([']', ')']) => (&text[..i], text[i + 1..text.len() - 1].trim()),
            _ => (text, ""),
        };
        Ok(match (head.to_ascii_lowercase().as_str(), arguments) {
            ("bool" | "boolean", "") => DType::Bool,
            ("i8" | "int8", "") => DType::I8,
            ("i16" | "int16", "") => DType::I16,
            ("i32" | "int32", "") => DType::I32,
            ("i64" | "int64" | "int", "") => DType::I64,
            ("u8" | "uint8", "") => DType::U8,
            ("u16" | "uint16", "") => DType::U16,
            ("u32" | "uint32", "") => DType::U32,
            ("u64" | "uint64", "") => DType::U64,
            ("f32" | "float32", "") => DType::F32,
            ("f64" | "float64" | "float", "") => DType::F64,
            ("str" | "string" | "text", "") => DType::Str,
            ("date", "") => DType::Date,
            ("time", "") => DType::Time { unit: TimeUnit::Us },
            ("duration", a) => DType::Duration { unit: parse_unit(a).ok_or_else(|| unknown(name))? },
            ("category", "") => DType::Categorical { ordered: false },
            ("category", "ordered") => DType::Categorical { ordered: true },
            ("binary", "") => DType::Binary,
            ("decimal", a) => {
                let (p, s) = a.split_once(',').ok_or_else(|| unknown(name))?;
                DType::Decimal {
                    precision: p.trim().parse().map_err(|_| unknown(name))?,
                    scale: s.trim().parse().map_err(|_| unknown(name))?,
                }
            }
            ("list", a) if !a.is_empty() => DType::List(Box::new(DType::parse(a)?)),
            ("datetime", a) => {
                let (mut unit, mut tz, mut calendar) = (TimeUnit::Us, None, Calendar::ProlepticGregorian);
                for part in a.split(',').map(str::trim).filter(|p| !p.is_empty()) {
                    if let Some(u) = parse_unit(part) {
                        unit = u;
                    } else if let Ok(c) = Calendar::parse(part) {
                        calendar = c;
                    } else {
                        tz = Some(Arc::from(part));
                    }
                }
                DType::Instant { unit, tz, calendar }
            }
            _ => return Err(unknown(name)),
        })
    }
}

fn parse_unit(text: &str) -> Option<TimeUnit> {
    match text {
        "" | "us" => Some(TimeUnit::Us),
        "ns" => Some(TimeUnit::Ns),
        _ => None,
    }
}

fn unknown(name: &str) -> Error {
    let known = [
        "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "str", "date", "time", "datetime", "duration",
        "category",
    ];
    let e = Error::not_found("dtype", name, known);
    let help = format!("types are named {}", known.join(" "));
    match e.remedy() {
        Some(r) if r.starts_with("did you") => e,
        _ => Error::new(e.kind(), e.message()).help(help),
    }
}

/// Arrow's other types in our words: `struct{a: i64, b: str}`, `map[str, f64]`, `category of i64`.
fn write_opaque(f: &mut fmt::Formatter<'_>, t: &arrow::datatypes::DataType) -> fmt::Result {
    use arrow::datatypes::DataType as A;
    let of = |field: &arrow::datatypes::Field| DType::from_arrow(field.data_type());
    match t {
        A::Null => f.write_str("null"),
        A::Struct(fields) => {
            let members: Vec<String> = fields.iter().map(|m| format!("{}: {}", m.name(), of(m))).collect();
            write!(f, "struct{{{}}}", members.join(", "))
        }
        A::List(item) | A::LargeList(item) | A::ListView(item) | A::LargeListView(item) => write!(f, "list[{}]", of(item)),
        A::FixedSizeList(item, n) => write!(f, "list[{}; {n}]", of(item)),
        A::Map(entries, _) => match entries.data_type() {
            A::Struct(pair) if pair.len() == 2 => write!(f, "map[{}, {}]", of(&pair[0]), of(&pair[1])),
            other => write!(f, "map[{other}]"),
        },
        A::Dictionary(_, values) => write!(f, "category of {}", DType::from_arrow(values)),
        A::RunEndEncoded(_, values) => write!(f, "runs of {}", of(values)),
        A::FixedSizeBinary(n) => write!(f, "binary[{n}]"),
        A::Decimal256(precision, scale) => write!(f, "decimal({precision},{scale})"),
        other => write!(f, "{}", other.to_string().to_lowercase()),
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = match self {
            DType::Bool => "bool",
            DType::I8 => "i8",
            DType::I16 => "i16",
            DType::I32 => "i32",
            DType::I64 => "i64",
            DType::U8 => "u8",
            DType::U16 => "u16",
            DType::U32 => "u32",
            DType::U64 => "u64",
            DType::F32 => "f32",
            DType::F64 => "f64",
            DType::Str => "str",
            DType::Date => "date",
            DType::Time { unit: TimeUnit::Us } => "time",
            DType::Time { unit: TimeUnit::Ns } => "time[ns]",
            DType::Duration { unit: TimeUnit::Us } => "duration",
            DType::Duration { unit: TimeUnit::Ns } => "duration[ns]",
            DType::Categorical { ordered: false } => "category",
            DType::Categorical { ordered: true } => "category[ordered]",
            DType::Binary => "binary",
            DType::Decimal { precision, scale } => return write!(f, "decimal({precision},{scale})"),
            DType::List(inner) => return write!(f, "list[{inner}]"),
            DType::Opaque(t) => return write_opaque(f, t),
            DType::Instant { unit, tz, calendar } => {
                let mut parts = Vec::new();
                if *unit == TimeUnit::Ns {
                    parts.push("ns");
                }
                if let Some(tz) = tz {
                    parts.push(tz);
                }
                if *calendar != Calendar::ProlepticGregorian {
                    parts.push(calendar.name());
                }
                return if parts.is_empty() { f.write_str("datetime") } else { write!(f, "datetime[{}]", parts.join(", ")) };
            }
        };
        f.write_str(plain)
    }
}
