//! Cells to typed columns: one loop per column and chunk of rows, the type looked at once.

use super::infer::{Spelling, short_digits};
use super::tokenize::{Cell, Cells, Escapes};
use crate::dtype::{Calendar, DType, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::text::dates::DateReader;
use crate::kernel::text::{moment, scan};
use crate::store::Column;
use arrow::array::{ArrayData, ArrayRef, DictionaryArray, StringViewArray, UInt32Array, make_array, make_view};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow::datatypes::{ArrowNativeType, UInt32Type};
use hashbrown::HashMap;
use std::sync::Arc;

/// Which rows hold a value, as bits.
#[derive(Debug, Default)]
struct Bits {
    words: Vec<u64>,
    current: u64,
    length: usize,
    zeros: usize,
}

impl Bits {
    #[inline]
    fn push(&mut self, bit: bool) {
        self.current |= (bit as u64) << (self.length % 64);
        self.zeros += !bit as usize;
        self.length += 1;
        if self.length.is_multiple_of(64) {
            self.words.push(self.current);
            self.current = 0;
        }
    }

    fn finish(mut self) -> (BooleanBuffer, usize) {
        self.words.push(self.current);
        (BooleanBuffer::new(Buffer::from_vec(self.words), 0, self.length), self.zeros)
    }

    fn into_nulls(self) -> Option<NullBuffer> {
        let (bits, zeros) = self.finish();
        (zeros > 0).then(|| NullBuffer::new(bits))
    }
}

/// Texts as views: up to twelve bytes stand in the view itself, longer ones in one buffer.
#[derive(Debug)]
struct Texts {
    views: Vec<u128>,
    bytes: Vec<u8>,
    /// Where texts met lately stand, by a hash: columns of few different texts store each about once.
    recent: Box<[u128; 64]>,
    /// A text begins inside a character, or there is too much.
    broken: bool,
}

impl Texts {
    fn new(rows: usize) -> Texts {
        Texts { views: Vec::with_capacity(rows), bytes: Vec::new(), recent: Box::new([0; 64]), broken: false }
    }

    #[inline]
    fn push(&mut self, text: &[u8]) {
        if text.len() <= 12 {
            return self.views.push(make_view(text, 0, 0));
        }
        let view = self.long(text);
        self.views.push(view);
    }

    fn long(&mut self, text: &[u8]) -> u128 {
        let ends = [text.first_chunk::<8>(), text.last_chunk::<8>()].map(|e| e.map_or(0, |e| u64::from_le_bytes(*e)));
        let hash = (ends[0] ^ ends[1].rotate_left(23) ^ text.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58;
        let known = &mut self.recent[hash as usize];
        // A view is length, first four bytes, buffer and offset, from the low end.
        let (length, offset) = (*known as u32 as usize, (*known >> 96) as usize);
        if length == text.len() && self.bytes[offset..offset + length] == *text {
            return *known;
        }
        // The texts of a chunk span less than 2 GB, those of a part not much more than a part.
        let Ok(at) = u32::try_from(self.bytes.len()) else {
            self.broken = true;
            return 0;
        };
        self.broken |= text[0] & 0xC0 == 0x80;
        let view = make_view(text, 0, at);
        self.bytes.extend_from_slice(text);
        *known = view;
        view
    }

    /// The texts as an array. Checked here, where they can no longer change: the map that they came from could have.
    fn finish(self, valid: Bits) -> Result<StringViewArray> {
        let nulls = valid.into_nulls();
        let short = |v: &u128| {
            let length = *v as u32 as usize;
            length > 12 || (*v >> 32) & HIGH_BITS == 0 || std::str::from_utf8(&v.to_le_bytes()[4..4 + length]).is_ok()
        };
        if self.broken || simdutf8::basic::from_utf8(&self.bytes).is_err() || !self.views.iter().all(short) {
            return Err(Error::parse("bytes that are no UTF-8"));
        }
        let buffers = if self.bytes.is_empty() { vec![] } else { vec![Buffer::from_vec(self.bytes)] };
        // SAFETY: every view was made by `make_view` and holds its text itself or points to it in the one buffer. Short texts have
        // just been checked to be UTF-8. So has the buffer as a whole; each text in it is a run of whole characters, because none
        // begins with a continuation byte (`broken`), so none ends inside a character either.
        Ok(unsafe { StringViewArray::new_unchecked(ScalarBuffer::from(self.views), buffers, nulls) })
    }
}

/// The high bits of the twelve bytes that a short view holds.
const HIGH_BITS: u128 = 0x8080_8080_8080_8080_8080_8080;

/// The first cell of a column that does not read as its type, and how many such there are.
#[derive(Clone, Copy, Debug)]
pub(in crate::io) struct Wrong {
    /// In the text.
    pub offset: usize,
    /// In bytes, with what quotes hold.
    pub length: usize,
    pub count: u64,
}

/// Where the cells of a chunk are, and how they are spelled.
#[derive(Clone, Copy)]
pub(in crate::io) struct Chunk<'a> {
    /// The whole text, in which the cells' positions count from the chunk's base.
    pub bytes: &'a [u8],
    pub cells: &'a Cells,
    pub spelling: &'a Spelling,
    pub escapes: Escapes,
}

impl<'a> Chunk<'a> {
    /// The cells of a column.
    #[inline]
    pub fn column(&self, column: usize) -> impl Iterator<Item = Cell> + 'a {
        let width = self.cells.width;
        self.cells.cells.get(column..).unwrap_or_default().iter().step_by(width).copied()
    }

    /// The bytes from the chunk's base.
    #[inline]
    pub fn text(&self) -> &'a [u8] {
        &self.bytes[self.cells.base..]
    }
}

/// Reads a cell as a value; the text goes on behind the cell.
trait Read<T> {
    fn read(&self, cell: &[u8]) -> Option<T>;
    /// A way that may look behind the cell; `None` says nothing.
    #[inline]
    fn read_fast(&self, _tail: &[u8], _length: usize) -> Option<T> {
        None
    }
}

impl<T, F: Fn(&[u8]) -> Option<T>> Read<T> for F {
    #[inline]
    fn read(&self, cell: &[u8]) -> Option<T> {
        self(cell)
    }
}

/// Plain integers.
struct Integers;

impl Read<i64> for Integers {
    #[inline]
    fn read(&self, cell: &[u8]) -> Option<i64> {
        scan::parse_i64(cell)
    }
    #[inline]
    fn read_fast(&self, tail: &[u8], length: usize) -> Option<i64> {
        short_digits(tail, length).map(|word| scan::eight_value(word) as i64)
    }
}

/// Values of one width.
#[derive(Debug)]
pub(in crate::io) struct Fixed<T> {
    values: Vec<T>,
    valid: Bits,
}

impl<T: ArrowNativeType> Fixed<T> {
    fn new(rows: usize) -> Fixed<T> {
        Fixed { values: Vec::with_capacity(rows), valid: Bits::default() }
    }

    fn fill(&mut self, chunk: &Chunk, column: usize, wrong: &mut Option<Wrong>, read: impl Read<T>) {
        let text = chunk.text();
        self.values.reserve(chunk.cells.rows);
        let mut scratch = Vec::new();
        let fast = !chunk.spelling.missing.may_be_integers();
        for cell in chunk.column(column) {
            let length = cell.end() - cell.start();
            let tail = &text[cell.start()..];
            if fast && let Some(x) = read.read_fast(tail, length) {
                self.values.push(x);
                self.valid.push(true);
                continue;
            }
            let mut plain = &tail[..length];
            if cell.is_escaped() {
                scratch.clear();
                chunk.escapes.undo(plain, &mut scratch);
                plain = &scratch;
            }
            let value = if chunk.spelling.missing.has(plain) { None } else { Some(read.read(plain)) };
            if value == Some(None) {
                note(wrong, chunk.cells.base + cell.start(), length);
            }
            let value = value.flatten();
            self.valid.push(value.is_some());
            self.values.push(value.unwrap_or_default());
        }
    }

    fn finish(self, dtype: &DType) -> Result<ArrayRef> {
        let data = ArrayData::builder(dtype.to_arrow())
            .len(self.values.len())
            .add_buffer(Buffer::from_vec(self.values))
            .nulls(self.valid.into_nulls())
            .build()?;
        Ok(make_array(data))
    }
}

#[cold]
pub(in crate::io) fn note(wrong: &mut Option<Wrong>, offset: usize, length: usize) {
    match wrong {
        Some(w) => w.count += 1,
        None => *wrong = Some(Wrong { offset, length, count: 1 }),
    }
}

/// A column that grows by chunks.
#[derive(Debug)]
pub(in crate::io) struct Builder {
    dtype: DType,
    values: Values,
    /// Whether dates are in the format that the user gives; else ISO 8601.
    formatted: bool,
    /// Cells that do not read as the type.
    pub wrong: Option<Wrong>,
}

#[derive(Debug)]
enum Values {
    Bool(Bits, Bits),
    I8(Fixed<i8>),
    I16(Fixed<i16>),
    I32(Fixed<i32>),
    I64(Fixed<i64>),
    U8(Fixed<u8>),
    U16(Fixed<u16>),
    U32(Fixed<u32>),
    U64(Fixed<u64>),
    F32(Fixed<f32>),
    F64(Fixed<f64>),
    I128(Fixed<i128>),
    Str(Texts, Bits),
    Category(Fixed<u32>, HashMap<Vec<u8>, u32>, Texts),
}

impl Builder {
    /// An empty column of this type.
    ///
    /// # Errors
    /// Unsupported, for types that no cell holds.
    pub fn new(dtype: &DType, formatted: bool, rows: usize) -> Result<Builder> {
        let values = match dtype {
            DType::Bool => Values::Bool(Bits::default(), Bits::default()),
            DType::I8 => Values::I8(Fixed::new(rows)),
            DType::I16 => Values::I16(Fixed::new(rows)),
            DType::I32 | DType::Date => Values::I32(Fixed::new(rows)),
            DType::I64 | DType::Time { .. } | DType::Instant { .. } | DType::Duration { .. } => Values::I64(Fixed::new(rows)),
            DType::U8 => Values::U8(Fixed::new(rows)),
            DType::U16 => Values::U16(Fixed::new(rows)),
            DType::U32 => Values::U32(Fixed::new(rows)),
            DType::U64 => Values::U64(Fixed::new(rows)),
            DType::F32 => Values::F32(Fixed::new(rows)),
            DType::F64 => Values::F64(Fixed::new(rows)),
            DType::Decimal { .. } => Values::I128(Fixed::new(rows)),
            DType::Str => Values::Str(Texts::new(rows), Bits::default()),
            DType::Categorical { .. } => Values::Category(Fixed::new(rows), HashMap::new(), Texts::new(rows)),
            DType::Binary | DType::List(_) | DType::Opaque(_) => {
                return Err(Error::unsupported(format!("text is not read as {dtype}")).help("read it as str"));
            }
        };
        Ok(Builder { dtype: dtype.clone(), values, formatted, wrong: None })
    }

    /// Appends the cells of a column of a chunk.
    pub fn fill(&mut self, chunk: &Chunk, column: usize) {
        let Builder { dtype, values, wrong, formatted } = self;
        let numbers = chunk.spelling.numbers;
        let dates = if *formatted { &chunk.spelling.dates } else { &DateReader::ISO };
        macro_rules! number {
            ($fixed:ident, $parse:expr) => {
                match numbers.are_plain() {
                    true => $fixed.fill(chunk, column, wrong, $parse),
                    false => $fixed.fill(chunk, column, wrong, |t: &[u8]| $parse(&numbers.plain(t)?)),
                }
            };
        }
        macro_rules! narrow {
            ($fixed:ident, $parse:expr, $t:ty) => {
                number!($fixed, |t: &[u8]| <$t>::try_from($parse(t)?).ok())
            };
        }
        match (values, &*dtype) {
            (Values::Bool(bits, valid), _) => fill_bool(bits, valid, chunk, column, wrong),
            (Values::I8(f), _) => narrow!(f, scan::parse_i64, i8),
            (Values::I16(f), _) => narrow!(f, scan::parse_i64, i16),
            (Values::I32(f), DType::Date) => f.fill(chunk, column, wrong, |t: &[u8]| dates.read(t)?.to_date()),
            (Values::I32(f), _) => narrow!(f, scan::parse_i64, i32),
            (Values::I64(f), DType::Time { unit }) => {
                let divisor = 1_000_000_000 / unit.per_second();
                f.fill(chunk, column, wrong, |t: &[u8]| {
                    moment::parse_clock(t).filter(|nanos| nanos % divisor == 0).map(|nanos| nanos / divisor)
                });
            }
            (Values::I64(f), DType::Duration { unit }) => {
                let divisor = 1_000_000_000 / unit.per_second() as i128;
                f.fill(chunk, column, wrong, |t: &[u8]| {
                    i64::try_from(moment::parse_duration(t).filter(|n| n % divisor == 0)? / divisor).ok()
                });
            }
            (Values::I64(f), DType::Instant { unit, tz, calendar }) => {
                let (unit, zoned, calendar) = (*unit, tz.is_some(), *calendar);
                // Times with and without a zone are not the same kind of thing, and nothing is cut off.
                let fits = |m: &moment::Moment| m.offset.is_some() == zoned && (unit == TimeUnit::Ns || !m.needs_nanos());
                let read = |t: &[u8]| dates.read(t).filter(fits)?.to_instant(calendar, unit);
                f.fill(chunk, column, wrong, read);
            }
            (Values::I64(f), _) => match numbers.are_plain() {
                true => f.fill(chunk, column, wrong, Integers),
                false => f.fill(chunk, column, wrong, |t: &[u8]| scan::parse_i64(&numbers.plain(t)?)),
            },
            (Values::U8(f), _) => narrow!(f, scan::parse_u64, u8),
            (Values::U16(f), _) => narrow!(f, scan::parse_u64, u16),
            (Values::U32(f), _) => narrow!(f, scan::parse_u64, u32),
            (Values::U64(f), _) => number!(f, scan::parse_u64),
            (Values::F32(f), _) => number!(f, scan::parse_f32),
            (Values::F64(f), _) => number!(f, scan::parse_f64),
            (Values::I128(f), DType::Decimal { precision, scale }) => {
                let (precision, scale) = (*precision, *scale);
                number!(f, |t: &[u8]| scan::parse_decimal(t, precision, scale))
            }
            (Values::I128(_), _) => {}
            (Values::Str(texts, valid), _) => fill_text(texts, valid, chunk, column),
            (Values::Category(codes, known, labels), _) => {
                let codes_of = |t: &[u8]| known.get(t).copied();
                // Two steps: first the labels that are new, then the codes of all.
                let mut fresh: Vec<Vec<u8>> = Vec::new();
                for_each_text(chunk, column, |text| {
                    if let Some(t) = text
                        && codes_of(t).is_none()
                        && !fresh.iter().any(|f| f == t)
                    {
                        fresh.push(t.to_vec());
                    }
                });
                for f in fresh {
                    labels.push(&f);
                    let code = known.len() as u32;
                    known.insert(f, code);
                }
                for_each_text(chunk, column, |text| {
                    let code = text.and_then(|t| known.get(t).copied());
                    codes.valid.push(code.is_some());
                    codes.values.push(code.unwrap_or_default());
                });
            }
        }
    }

    /// Forgets the values, keeps what was wrong.
    pub fn clear(&mut self) -> Result<()> {
        self.values = Builder::new(&self.dtype, self.formatted, 0)?.values;
        Ok(())
    }

    /// The column.
    ///
    /// # Errors
    /// Parse, where text is no UTF-8.
    pub fn finish(self) -> Result<Column> {
        let dtype = &self.dtype;
        let array: ArrayRef = match self.values {
            Values::Bool(bits, valid) => Arc::new(arrow::array::BooleanArray::new(bits.finish().0, valid.into_nulls())),
            Values::I8(f) => f.finish(dtype)?,
            Values::I16(f) => f.finish(dtype)?,
            Values::I32(f) => f.finish(dtype)?,
            Values::I64(f) => f.finish(dtype)?,
            Values::U8(f) => f.finish(dtype)?,
            Values::U16(f) => f.finish(dtype)?,
            Values::U32(f) => f.finish(dtype)?,
            Values::U64(f) => f.finish(dtype)?,
            Values::F32(f) => f.finish(dtype)?,
            Values::F64(f) => f.finish(dtype)?,
            Values::I128(f) => f.finish(dtype)?,
            Values::Str(texts, valid) => Arc::new(texts.finish(valid)?),
            Values::Category(codes, known, labels) => {
                let mut all = Bits::default();
                (0..known.len()).for_each(|_| all.push(true));
                let codes = UInt32Array::new(ScalarBuffer::from(codes.values), codes.valid.into_nulls());
                Arc::new(DictionaryArray::<UInt32Type>::try_new(codes, Arc::new(labels.finish(all)?))?)
            }
        };
        Column::new(self.dtype, array)
    }
}

fn fill_bool(bits: &mut Bits, valid: &mut Bits, chunk: &Chunk, column: usize, wrong: &mut Option<Wrong>) {
    let mut fixed = Fixed::<u8>::new(chunk.cells.rows);
    fixed.fill(chunk, column, wrong, |t: &[u8]| match t {
        b"1" => Some(1),
        b"0" => Some(0),
        _ => scan::parse_bool(t).map(u8::from),
    });
    let (known, _) = fixed.valid.finish();
    for (&x, known) in fixed.values.iter().zip(known.iter()) {
        bits.push(x != 0);
        valid.push(known);
    }
}

/// Each cell of a column as text, `None` where it is missing; what stands in quotes is text, whatever it says.
#[inline]
fn for_each_text(chunk: &Chunk, column: usize, mut take: impl FnMut(Option<&[u8]>)) {
    let text = chunk.text();
    let mut scratch = Vec::new();
    for cell in chunk.column(column) {
        let mut plain = &text[cell.start()..cell.end()];
        if cell.is_escaped() {
            scratch.clear();
            chunk.escapes.undo(plain, &mut scratch);
            plain = &scratch;
        }
        let missing = !cell.is_quoted() && chunk.spelling.missing.has(plain);
        take((!missing).then_some(plain));
    }
}

fn fill_text(texts: &mut Texts, valid: &mut Bits, chunk: &Chunk, column: usize) {
    texts.views.reserve(chunk.cells.rows);
    for_each_text(chunk, column, |text| {
        texts.push(text.unwrap_or_default());
        valid.push(text.is_some());
    });
}

/// The type of columns that are dates where nothing says which: times without a zone.
pub(in crate::io) fn default_moment() -> DType {
    DType::Instant { unit: TimeUnit::Us, tz: None, calendar: Calendar::ProlepticGregorian }
}
