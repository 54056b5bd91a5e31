use crate::dtype::{DType, TimeUnit, promote};
use crate::error::{Error, Result};
use crate::store::Column;
use arrow::array::{Array, ArrowPrimitiveType, AsArray, BinaryViewArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{self as at, DataType, TimeUnit as ArrowUnit};
use rayon::prelude::*;
use std::cmp::Ordering;

/// The values of a column as keys: numbers in which order and equality are those of the values, or bytes. Missing (and NaN) is
/// told apart.
#[derive(Clone, Debug)]
pub enum KeyColumn {
    /// Numbers. What stands in a missing place means nothing.
    Words {
        /// One per row, in the order of the values.
        words: Vec<u64>,
        /// Rows that are there; all, when `None`.
        valid: Option<NullBuffer>,
    },
    /// Numbers of 128 bits.
    Wide {
        /// One per row, in the order of the values.
        words: Vec<u128>,
        /// Rows that are there; all, when `None`.
        valid: Option<NullBuffer>,
    },
    /// Text or bytes, in the order of their bytes (which for text is that of code points).
    Bytes(BinaryViewArray),
}

/// Rows in one piece of parallel work.
const PIECE: usize = 64 * 1024;

/// A float as a number in the same order; both zeros are one value.
#[inline]
fn float_word(x: f64) -> u64 {
    let bits = (x + 0.0).to_bits();
    bits ^ (((bits as i64 >> 63) as u64) | 1 << 63)
}

#[inline]
fn signed_word(x: i64) -> u64 {
    x as u64 ^ 1 << 63
}

fn map_words<T: Copy + Send + Sync, W: Copy + Send + Sync + Default>(values: &[T], f: impl Fn(T) -> W + Send + Sync) -> Vec<W> {
    let mut out = vec![W::default(); values.len()];
    out.par_chunks_mut(PIECE).zip(values.par_chunks(PIECE)).for_each(|(o, v)| o.iter_mut().zip(v).for_each(|(o, &v)| *o = f(v)));
    out
}

/// Words of an arrow array of numbers.
fn primitive<T: ArrowPrimitiveType>(column: &Column, f: impl Fn(T::Native) -> u64 + Send + Sync) -> KeyColumn
where
    T::Native: Send + Sync,
{
    let array = column.values().as_primitive::<T>();
    KeyColumn::Words { words: map_words(array.values(), f), valid: nulls(array.nulls()) }
}

fn nulls(of: Option<&NullBuffer>) -> Option<NullBuffer> {
    of.filter(|n| n.null_count() > 0).cloned()
}

/// Words of floats; NaN is missing.
fn floats<T: ArrowPrimitiveType>(column: &Column, number: impl Fn(T::Native) -> f64 + Send + Sync + Copy) -> KeyColumn
where
    T::Native: Send + Sync,
{
    let array = column.values().as_primitive::<T>();
    let words = map_words(array.values(), |x| float_word(number(x)));
    let nan = array.values().par_chunks(PIECE).any(|v| v.iter().any(|&x| number(x).is_nan()));
    let valid = match (nan, nulls(array.nulls())) {
        (false, valid) => valid,
        (true, valid) => {
            let there = BooleanBuffer::collect_bool(array.len(), |i| !number(array.values()[i]).is_nan());
            NullBuffer::union(Some(&NullBuffer::new(there)), valid.as_ref())
        }
    };
    KeyColumn::Words { words, valid }
}

impl KeyColumn {
    /// The keys of a column. Categories count by their text, ordered ones by their place in the list.
    ///
    /// # Errors
    /// Type, for lists and types that are only carried.
    pub fn new(column: &Column) -> Result<KeyColumn> {
        let values = column.values();
        let signed = |x: i64| signed_word(x);
        Ok(match column.dtype() {
            DType::Bool => {
                let array = values.as_boolean();
                KeyColumn::Words { words: array.values().iter().map(u64::from).collect(), valid: nulls(array.nulls()) }
            }
            DType::I8 => primitive::<at::Int8Type>(column, |x| signed_word(x as i64)),
            DType::I16 => primitive::<at::Int16Type>(column, |x| signed_word(x as i64)),
            DType::I32 => primitive::<at::Int32Type>(column, |x| signed_word(x as i64)),
            DType::I64 => primitive::<at::Int64Type>(column, signed),
            DType::U8 => primitive::<at::UInt8Type>(column, u64::from),
            DType::U16 => primitive::<at::UInt16Type>(column, u64::from),
            DType::U32 => primitive::<at::UInt32Type>(column, u64::from),
            DType::U64 => primitive::<at::UInt64Type>(column, |x| x),
            DType::F32 => floats::<at::Float32Type>(column, f64::from),
            DType::F64 => floats::<at::Float64Type>(column, |x| x),
            DType::Date => primitive::<at::Date32Type>(column, |x| signed_word(x as i64)),
            DType::Time { .. } | DType::Instant { .. } | DType::Duration { .. } => match values.data_type() {
                DataType::Int64 => primitive::<at::Int64Type>(column, signed),
                DataType::Timestamp(ArrowUnit::Nanosecond, _) => primitive::<at::TimestampNanosecondType>(column, signed),
                DataType::Timestamp(_, _) => primitive::<at::TimestampMicrosecondType>(column, signed),
                DataType::Duration(ArrowUnit::Nanosecond) => primitive::<at::DurationNanosecondType>(column, signed),
                DataType::Duration(_) => primitive::<at::DurationMicrosecondType>(column, signed),
                DataType::Time64(ArrowUnit::Nanosecond) => primitive::<at::Time64NanosecondType>(column, signed),
                _ => primitive::<at::Time64MicrosecondType>(column, signed),
            },
            DType::Str => KeyColumn::Bytes(values.as_string_view().clone().to_binary_view()),
            DType::Binary => KeyColumn::Bytes(values.as_binary_view().clone()),
            DType::Categorical { ordered } => categories(column, *ordered)?,
            DType::Decimal { precision, .. } => {
                let array = values.as_primitive::<at::Decimal128Type>();
                let valid = nulls(array.nulls());
                if *precision <= 18 {
                    KeyColumn::Words { words: map_words(array.values(), |x| signed_word(x as i64)), valid }
                } else {
                    KeyColumn::Wide { words: map_words(array.values(), |x| x as u128 ^ 1 << 127), valid }
                }
            }
            other @ (DType::List(_) | DType::Opaque(_)) => {
                return Err(Error::wrong_type(format!("values of type {other} have no order and are no keys")));
            }
        })
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        match self {
            KeyColumn::Words { words, .. } => words.len(),
            KeyColumn::Wide { words, .. } => words.len(),
            KeyColumn::Bytes(array) => array.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rows that are there; all, when `None`.
    pub fn valid(&self) -> Option<&NullBuffer> {
        match self {
            KeyColumn::Words { valid, .. } | KeyColumn::Wide { valid, .. } => valid.as_ref(),
            KeyColumn::Bytes(array) => array.nulls().filter(|n| n.null_count() > 0),
        }
    }

    /// Whether the key of a row is there.
    #[inline]
    pub fn is_valid(&self, row: u32) -> bool {
        self.valid().is_none_or(|v| v.is_valid(row as usize))
    }

    /// Bytes held beyond the column.
    pub fn bytes(&self) -> usize {
        match self {
            KeyColumn::Words { words, .. } => words.len() * 8,
            KeyColumn::Wide { words, .. } => words.len() * 16,
            KeyColumn::Bytes(_) => 0,
        }
    }

    /// Whether two keys that are there are the same. Both sides must have been made comparable.
    #[inline]
    pub fn same(&self, row: u32, other: &KeyColumn, with: u32) -> bool {
        match (self, other) {
            (KeyColumn::Words { words: a, .. }, KeyColumn::Words { words: b, .. }) => a[row as usize] == b[with as usize],
            (KeyColumn::Wide { words: a, .. }, KeyColumn::Wide { words: b, .. }) => a[row as usize] == b[with as usize],
            (KeyColumn::Bytes(a), KeyColumn::Bytes(b)) => same_bytes(a, row as usize, b, with as usize),
            _ => false,
        }
    }

    /// Whether two rows have the same key; missing is the same as missing.
    #[inline]
    pub fn same_or_missing(&self, a: u32, b: u32) -> bool {
        match (self.is_valid(a), self.is_valid(b)) {
            (true, true) => self.same(a, self, b),
            (a, b) => a == b,
        }
    }

    /// The order of two keys that are there.
    #[inline]
    pub fn compare(&self, a: u32, b: u32) -> Ordering {
        match self {
            KeyColumn::Words { words, .. } => words[a as usize].cmp(&words[b as usize]),
            KeyColumn::Wide { words, .. } => words[a as usize].cmp(&words[b as usize]),
            KeyColumn::Bytes(array) => array.value(a as usize).cmp(array.value(b as usize)),
        }
    }
}

/// Equality of two values: length and first bytes stand in the views, so that most differences show without a look at the text.
#[inline]
fn same_bytes(a: &BinaryViewArray, i: usize, b: &BinaryViewArray, j: usize) -> bool {
    let (x, y) = (a.views()[i], b.views()[j]);
    if x as u64 != y as u64 {
        return false;
    }
    if x as u32 <= 12 { x == y } else { a.value(i) == b.value(j) }
}

fn categories(column: &Column, ordered: bool) -> Result<KeyColumn> {
    let codes = column.values().as_dictionary::<at::UInt32Type>();
    let list = Column::new(DType::Str, codes.values().clone())?;
    let valid = codes.logical_nulls().filter(|n| n.null_count() > 0);
    if ordered {
        return Ok(KeyColumn::Words { words: map_words(codes.keys().values(), u64::from), valid });
    }
    // The place of each category among the texts; the same text twice has one place.
    let keys = KeyColumn::new(&list)?;
    let mut order: Vec<u32> = (0..list.len() as u32).filter(|&i| keys.is_valid(i)).collect();
    order.sort_by(|&a, &b| keys.compare(a, b));
    let mut place = vec![0u64; list.len()];
    let mut next = 0;
    for pair in 0..order.len() {
        if pair > 0 && keys.compare(order[pair - 1], order[pair]) != Ordering::Equal {
            next += 1;
        }
        place[order[pair] as usize] = next;
    }
    let words = codes.keys().values().iter().map(|&c| place.get(c as usize).copied().unwrap_or(0)).collect();
    Ok(KeyColumn::Words { words, valid })
}

/// In what two columns of keys are compared by value, across number types: 1 is 1.0, and -1 is no u64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Domain {
    /// Both have the same type.
    Own,
    /// Text and categories.
    Text,
    /// Floats (and decimals among floats).
    Float,
    /// Whole numbers and floats that are whole.
    Signed,
    /// Decimals and whole numbers, with so many decimals.
    Scaled(i8),
    /// Dates, times and durations.
    Ticks(TimeUnit),
}

impl Domain {
    /// Where values of the two types meet.
    ///
    /// # Errors
    /// Type, where values of the two types are never the same (text and numbers).
    pub fn of(x: &DType, y: &DType) -> Result<Domain> {
        use DType::{Bool, Categorical, Date, Decimal, Duration, Instant, Str, Time};
        let whole = |t: &DType| t.is_integer() || *t == Bool;
        let refused = || Error::wrong_type(format!("keys of type {x} never match keys of type {y}"));
        Ok(match (x, y) {
            (Categorical { .. } | Str, Categorical { .. } | Str) => Domain::Text,
            _ if x == y => Domain::Own,
            (Decimal { .. }, t) | (t, Decimal { .. }) => {
                let scale = |t: &DType| if let Decimal { scale, .. } = t { *scale } else { 0 };
                match t {
                    t if t.is_float() => Domain::Float,
                    t if whole(t) || matches!(t, Decimal { .. }) => Domain::Scaled(scale(x).max(scale(y))),
                    _ => return Err(refused()),
                }
            }
            _ if x.is_float() && y.is_float() => Domain::Float,
            _ if (whole(x) || x.is_float()) && (whole(y) || y.is_float()) => Domain::Signed,
            (Date | Instant { .. }, Date | Instant { .. }) | (Duration { .. }, Duration { .. }) | (Time { .. }, Time { .. }) => {
                match promote(x, y) {
                    Ok(Instant { unit, .. } | Duration { unit } | Time { unit }) => Domain::Ticks(unit),
                    Ok(_) => Domain::Own,
                    Err(e) => return Err(e.remedy().map_or_else(refused, |help| refused().help(help))),
                }
            }
            _ => return Err(refused()),
        })
    }

    /// The keys of a column. A value that no column of the other type can have is marked missing: it matches nothing.
    ///
    /// # Errors
    /// As [`KeyColumn::new`].
    pub fn keys(&self, column: &Column) -> Result<KeyColumn> {
        match self {
            Domain::Own => KeyColumn::new(column),
            Domain::Text => KeyColumn::new(&as_text(column)?),
            Domain::Float if column.dtype().is_float() => KeyColumn::new(column),
            Domain::Float => KeyColumn::new(&as_float(column)?),
            Domain::Signed => signed_words(column),
            Domain::Scaled(scale) => scaled(column, *scale),
            Domain::Ticks(unit) => ticks(column, *unit),
        }
    }
}

fn as_text(column: &Column) -> Result<Column> {
    if *column.dtype() == DType::Str {
        return Ok(column.clone());
    }
    Column::new(DType::Str, arrow::compute::cast(column.values(), &DataType::Utf8View)?)
}

fn as_float(column: &Column) -> Result<Column> {
    Column::new(DType::F64, arrow::compute::cast(column.values(), &DataType::Float64)?)
}

/// Integers and decimals as 128-bit numbers of so many decimals.
fn scaled(column: &Column, scale: i8) -> Result<KeyColumn> {
    let (numbers, own): (Vec<Option<i128>>, i8) = match column.dtype() {
        DType::Decimal { scale, .. } => (column.values().as_primitive::<at::Decimal128Type>().iter().collect(), *scale),
        DType::U64 => (column.values().as_primitive::<at::UInt64Type>().iter().map(|x| x.map(i128::from)).collect(), 0),
        _ => {
            let plain = arrow::compute::cast(column.values(), &DataType::Int64)?;
            (plain.as_primitive::<at::Int64Type>().iter().map(|x| x.map(i128::from)).collect(), 0)
        }
    };
    let factor = 10i128.checked_pow((scale - own).max(0) as u32);
    let words: Vec<Option<u128>> = numbers.into_iter().map(|x| x?.checked_mul(factor?).map(|x| x as u128 ^ 1 << 127)).collect();
    let valid = NullBuffer::from(words.iter().map(Option::is_some).collect::<Vec<_>>());
    Ok(KeyColumn::Wide {
        words: words.into_iter().map(Option::unwrap_or_default).collect(),
        valid: Some(valid).filter(|v| v.null_count() > 0),
    })
}

/// Numbers as i64; what is none is missing.
fn signed_words(column: &Column) -> Result<KeyColumn> {
    if column.dtype().is_integer() && *column.dtype() != DType::U64 || *column.dtype() == DType::Bool {
        let plain = arrow::compute::cast(column.values(), &DataType::Int64)?;
        return KeyColumn::new(&Column::new(DType::I64, plain)?);
    }
    let words: Vec<Option<u64>> = match column.dtype() {
        DType::U64 => column.values().as_primitive::<at::UInt64Type>().iter().map(|x| i64::try_from(x?).ok().map(signed_word)).collect(),
        _ => {
            let floats = as_float(column)?;
            let whole =
                |x: f64| (x.fract() == 0.0 && (-9223372036854775808.0..9223372036854775808.0).contains(&x)).then(|| signed_word(x as i64));
            floats.values().as_primitive::<at::Float64Type>().iter().map(|x| whole(x?)).collect()
        }
    };
    let valid = NullBuffer::from(words.iter().map(Option::is_some).collect::<Vec<_>>());
    Ok(KeyColumn::Words {
        words: words.into_iter().map(Option::unwrap_or_default).collect(),
        valid: Some(valid).filter(|v| v.null_count() > 0),
    })
}

/// Dates, times and durations in one unit; what does not fit it is missing.
fn ticks(column: &Column, unit: TimeUnit) -> Result<KeyColumn> {
    let (factor, plain) = match column.dtype() {
        DType::Date => {
            let days = arrow::compute::cast(column.values(), &DataType::Int32)?;
            (86_400 * unit.per_second(), arrow::compute::cast(&days, &DataType::Int64)?)
        }
        DType::Instant { unit: own, .. } | DType::Duration { unit: own } | DType::Time { unit: own } => {
            (unit.per_second() / own.per_second(), arrow::compute::cast(column.values(), &DataType::Int64)?)
        }
        other => return Err(Error::internal(format!("ticks of {other}"))),
    };
    let words: Vec<Option<u64>> = plain.as_primitive::<at::Int64Type>().iter().map(|x| x?.checked_mul(factor).map(signed_word)).collect();
    let valid = NullBuffer::from(words.iter().map(Option::is_some).collect::<Vec<_>>());
    Ok(KeyColumn::Words {
        words: words.into_iter().map(Option::unwrap_or_default).collect(),
        valid: Some(valid).filter(|v| v.null_count() > 0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(a: &Column, b: &Column) -> bool {
        let domain = Domain::of(a.dtype(), b.dtype()).unwrap();
        let (x, y) = (domain.keys(a).unwrap(), domain.keys(b).unwrap());
        x.is_valid(0) && y.is_valid(0) && x.same(0, &y, 0)
    }

    #[test]
    fn keys_of_different_number_types_meet_by_value() {
        assert!(matches(&Column::from(vec![1i8]), &Column::from(vec![1.0f64])));
        assert!(matches(&Column::from(vec![true]), &Column::from(vec![1u64])));
        assert!(!matches(&Column::from(vec![-1i64]), &Column::from(vec![u64::MAX])));
        assert!(!matches(&Column::from(vec![1i64]), &Column::from(vec![1.5f32])));
        assert!(!matches(&Column::from(vec![(1i64 << 53) + 1]), &Column::from(vec![(1i64 << 53) as f64])));
        assert!(matches(&Column::from(vec![-0.0f64]), &Column::from(vec![0i32])));
        assert!(!matches(&Column::from(vec![f64::NAN]), &Column::from(vec![f64::NAN])));
        assert!(Domain::of(&DType::Str, &DType::I64).is_err());
    }

    #[test]
    fn long_texts_are_compared_beyond_their_views() {
        let a = Column::from(vec!["a long text that ends in x", "a long text that ends in y"]);
        let keys = KeyColumn::new(&a).unwrap();
        assert!(!keys.same(0, &keys, 1) && keys.same(1, &keys, 1));
    }
}
