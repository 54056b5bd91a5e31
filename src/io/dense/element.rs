use crate::dtype::{Calendar, DType, Phys, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::calendar;
use crate::store::NdArray;
use arrow::array::StringViewBuilder;
use arrow::buffer::Buffer;

/// numpy's "not a time", in instants and durations.
pub const NAT: i64 = i64::MIN;

/// How one element stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// What it is.
    pub stored: Stored,
    /// The most significant byte first.
    pub big_endian: bool,
}

/// What an element is, up to the order of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A number, held as memory holds it.
    Plain(DType),
    /// A byte; 0 is false, anything else true.
    Bool,
    /// A float of 16 bits; f32 here.
    Half,
    /// So many bytes of UTF-8, padded with zeros.
    Bytes(usize),
    /// So many code points of four bytes, padded with zeros.
    Points(usize),
    /// A count of units, of this logical type; [`NAT`] is missing.
    Time(DType, Unit),
}

/// What the counts of a time become when read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// So many of the units of the logical type.
    Times(i64),
    /// So many calendar months since 1970-01, in microseconds.
    Months(i64),
}

impl Element {
    /// An element of a plain type; `None` for text and for types that arrays do not hold.
    pub fn plain(dtype: &DType, big_endian: bool) -> Option<Element> {
        let stored = match dtype {
            DType::Bool => Stored::Bool,
            DType::Instant { .. } | DType::Duration { .. } => Stored::Time(dtype.clone(), Unit::Times(1)),
            DType::Categorical { .. } => return None,
            t => {
                t.phys().and_then(Phys::width)?;
                Stored::Plain(t.clone())
            }
        };
        Some(Element { stored, big_endian })
    }

    /// The name of the type in the file, where none here is the same and the values are.
    pub fn stored_as(&self) -> Option<&'static str> {
        (self.stored == Stored::Half).then_some("f16")
    }

    /// Bytes in the file.
    pub fn size(&self) -> usize {
        match &self.stored {
            Stored::Plain(t) => t.phys().and_then(Phys::width).unwrap_or(1),
            Stored::Bool => 1,
            Stored::Half => 2,
            Stored::Bytes(n) => *n,
            Stored::Points(n) => n.saturating_mul(4),
            Stored::Time(..) => 8,
        }
    }

    /// The type in memory.
    pub fn dtype(&self) -> DType {
        match &self.stored {
            Stored::Plain(t) | Stored::Time(t, _) => t.clone(),
            Stored::Bool => DType::Bool,
            Stored::Half => DType::F32,
            Stored::Bytes(_) | Stored::Points(_) => DType::Str,
        }
    }

    /// Whether the bytes of the file are the bytes of memory.
    fn is_native(&self) -> bool {
        self.size() == 1 || self.big_endian == cfg!(target_endian = "big")
    }

    /// The type under which bytes of the file may be looked at where they are, if they are aligned.
    pub fn in_place(&self) -> Option<DType> {
        match &self.stored {
            _ if !self.is_native() => None,
            Stored::Plain(t) | Stored::Time(t, Unit::Times(1)) => Some(t.clone()),
            Stored::Bool => Some(DType::U8),
            _ => None,
        }
    }

    /// What is still to be done with values that were taken as [`Element::in_place`] says.
    pub fn refine(&self, view: NdArray) -> Result<NdArray> {
        match &self.stored {
            Stored::Bool => match view.as_slice::<u8>() {
                Some(bytes) if bytes.iter().any(|&b| b > 1) => {
                    let bytes: Vec<u8> = bytes.iter().map(|&b| (b != 0) as u8).collect();
                    NdArray::from_buffer(Buffer::from_vec(bytes), DType::Bool, view.shape())
                }
                _ => view.reinterpret(DType::Bool),
            },
            Stored::Time(dtype, _) => match view.as_slice::<i64>() {
                Some(counts) if counts.contains(&NAT) => times(counts.to_vec(), dtype, view.shape()),
                _ => Ok(view),
            },
            _ => Ok(view),
        }
    }

    /// Elements that stand side by side, as an array in C order.
    ///
    /// # Errors
    /// Parse, for text that is none; overflow, for times beyond what microseconds reach.
    pub fn decode(&self, bytes: &[u8], shape: &[usize]) -> Result<NdArray> {
        let count = shape.iter().product();
        match &self.stored {
            Stored::Plain(t) => {
                let buffer = match self.size() {
                    1 => Buffer::from_slice_ref(bytes),
                    2 => Buffer::from_vec(self.words(bytes, u16::from_be_bytes, u16::from_le_bytes)),
                    4 => Buffer::from_vec(self.words(bytes, u32::from_be_bytes, u32::from_le_bytes)),
                    _ => Buffer::from_vec(self.words(bytes, u64::from_be_bytes, u64::from_le_bytes)),
                };
                NdArray::from_buffer(buffer, t.clone(), shape)
            }
            Stored::Bool => {
                let bytes: Vec<u8> = bytes.iter().map(|&b| (b != 0) as u8).collect();
                NdArray::from_buffer(Buffer::from_vec(bytes), DType::Bool, shape)
            }
            Stored::Half => {
                let bits = self.words(bytes, u16::from_be_bytes, u16::from_le_bytes);
                NdArray::from_vec(bits.into_iter().map(|b| half::f16::from_bits(b).to_f32()).collect(), shape)
            }
            Stored::Time(dtype, unit) => {
                let mut counts = self.words(bytes, i64::from_be_bytes, i64::from_le_bytes);
                if *unit != Unit::Times(1) {
                    for x in counts.iter_mut().filter(|x| **x != NAT) {
                        *x = unit.apply(*x).ok_or_else(|| {
                            Error::overflow(format!("the time {x} of the file's unit does not fit 64 bits of {dtype}"))
                                .help("`x.astype('datetime64[s]')` in numpy shows it; years beyond 292000 are not held here")
                        })?;
                    }
                }
                times(counts, dtype, shape)
            }
            Stored::Bytes(_) | Stored::Points(_) => self.texts(bytes, count, shape),
        }
    }

    fn words<const N: usize, T>(&self, bytes: &[u8], big: fn([u8; N]) -> T, little: fn([u8; N]) -> T) -> Vec<T> {
        let read = if self.big_endian { big } else { little };
        bytes.as_chunks::<N>().0.iter().map(|b| read(*b)).collect()
    }

    fn texts(&self, bytes: &[u8], count: usize, shape: &[usize]) -> Result<NdArray> {
        let size = self.size();
        let mut out = StringViewBuilder::with_capacity(count);
        let mut text = String::new();
        for i in 0..count {
            let cell = &bytes[i * size..(i + 1) * size];
            if let Stored::Bytes(_) = self.stored {
                let cell = trim_zeros(cell, 1);
                let text = std::str::from_utf8(cell).map_err(|e| {
                    Error::parse(format!("element {i} of this block holds bytes that are no UTF-8: {:?}", String::from_utf8_lossy(cell)))
                        .help("decode them in numpy first, such as `numpy.char.decode(x, 'latin-1')`")
                        .because(e)
                })?;
                out.append_value(text);
                continue;
            }
            text.clear();
            for point in self.words(trim_zeros(cell, 4), u32::from_be_bytes, u32::from_le_bytes) {
                text.push(char::from_u32(point).ok_or_else(|| {
                    Error::parse(format!("element {i} of this block holds {point:#x}, which is no Unicode character"))
                        .help("the file is damaged, or its byte order is not what its header says")
                })?);
            }
            out.append_value(&text);
        }
        NdArray::from_texts(out.finish(), shape)
    }
}

impl Unit {
    fn apply(self, count: i64) -> Option<i64> {
        match self {
            Unit::Times(n) => count.checked_mul(n),
            Unit::Months(n) => {
                let months = count.checked_mul(n)?;
                let year = months.div_euclid(12).checked_add(1970).filter(|y| y.abs() < 400_000)?;
                let days = calendar::to_days(Calendar::ProlepticGregorian, year, months.rem_euclid(12) as u8 + 1, 1);
                days.checked_mul(86_400 * TimeUnit::Us.per_second())
            }
        }
    }
}

/// The cell without the padding at its end.
fn trim_zeros(cell: &[u8], width: usize) -> &[u8] {
    let mut end = cell.len();
    while end >= width && cell[end - width..end].iter().all(|&b| b == 0) {
        end -= width;
    }
    &cell[..end]
}

/// Counts as times, [`NAT`] marked as missing.
fn times(mut counts: Vec<i64>, dtype: &DType, shape: &[usize]) -> Result<NdArray> {
    let valid = counts.contains(&NAT).then(|| counts.iter().map(|&x| (x != NAT) as u8).collect::<Vec<u8>>());
    if valid.is_some() {
        counts.iter_mut().filter(|x| **x == NAT).for_each(|x| *x = 0);
    }
    NdArray::from_buffer(Buffer::from_vec(counts), dtype.clone(), shape)?.with_valid(valid.map(Buffer::from_vec))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::Scalar;

    #[test]
    fn months_before_1970_are_first_days() {
        // numpy.datetime64('1969-11', 'M').astype('datetime64[us]').astype(int)
        assert_eq!(Unit::Months(1).apply(-2), Some(-5_270_400_000_000));
        // numpy.datetime64('2000', 'Y')
        assert_eq!(Unit::Months(12).apply(30), Some(946_684_800_000_000));
        assert_eq!(Unit::Months(12).apply(i64::MAX), None);
    }

    #[test]
    fn bytes_beyond_one_are_true_and_nat_is_missing() {
        let bool = Element::plain(&DType::Bool, false).unwrap();
        assert_eq!(bool.decode(&[0, 1, 7], &[3]).unwrap().as_slice::<u8>().unwrap(), [0, 1, 1]);
        let time = Element::plain(&DType::datetime(), false).unwrap();
        let bytes: Vec<u8> = [5i64, NAT].iter().flat_map(|x| x.to_le_bytes()).collect();
        let t = time.decode(&bytes, &[2]).unwrap();
        assert_eq!((t.valid().unwrap(), t.scalar(1)), ([1, 0].as_slice(), Scalar::Null));
    }

    #[test]
    fn text_with_impossible_points_is_an_error() {
        let points = Element { stored: Stored::Points(1), big_endian: false };
        assert!(points.decode(&0xD800u32.to_le_bytes(), &[1]).is_err());
        let swapped = Element { stored: Stored::Points(2), big_endian: true };
        let bytes: Vec<u8> = ['a', '\u{20ac}'].iter().flat_map(|&c| (c as u32).to_be_bytes()).collect();
        assert_eq!(swapped.decode(&bytes, &[1]).unwrap().scalar(0), "a\u{20ac}".into());
    }
}
