//! Keys as a few words of 64 bits: numbers by their bits, texts by the number of the text.

use super::texts::{Frozen, Known, Texts};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::exec::key::{Ordered, with_numbers};
use crate::store::Column;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, DictionaryArray, PrimitiveArray, UInt32Array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{self as at};
use std::sync::Arc;

/// Whole numbers of 64 bits below this stand for themselves where keys are packed tightly; others get a number.
const PLAIN: u64 = 1 << 24;

/// How one column of the key stands in the words.
#[derive(Clone, Debug)]
pub(super) struct KeyField {
    pub(super) dtype: DType,
    kind: Kind,
    word: usize,
    shift: u32,
    /// Which collection of texts it uses.
    pub(super) known: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Bytes,
    Category,
    Bool,
    /// Integers and times by their bits.
    Whole(u32),
    /// The same in 32 bits: small ones as they are, others by number.
    Coded,
    F32,
    F64,
    Decimal,
}

impl Kind {
    fn bits(self) -> u32 {
        match self {
            Kind::Bool => 8,
            Kind::Whole(bits) => bits,
            Kind::Text | Kind::Bytes | Kind::Category | Kind::Coded | Kind::F32 => 32,
            Kind::F64 => 64,
            Kind::Decimal => 128,
        }
    }

    fn of(dtype: &DType) -> Result<Kind> {
        Ok(match dtype {
            DType::Str => Kind::Text,
            DType::Binary => Kind::Bytes,
            DType::Categorical { .. } => Kind::Category,
            DType::Bool => Kind::Bool,
            DType::I8 | DType::U8 => Kind::Whole(8),
            DType::I16 | DType::U16 => Kind::Whole(16),
            DType::I32 | DType::U32 | DType::Date => Kind::Whole(32),
            DType::I64 | DType::U64 | DType::Time { .. } | DType::Instant { .. } | DType::Duration { .. } => Kind::Whole(64),
            DType::F32 => Kind::F32,
            DType::F64 => Kind::F64,
            DType::Decimal { .. } => Kind::Decimal,
            DType::List(_) | DType::Opaque(_) => {
                return Err(Error::unsupported(format!("rows cannot be grouped by {dtype}"))
                    .help("group by numbers, text, dates, booleans or categories"));
            }
        })
    }
}

/// How all columns of the key stand in the words.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) fields: Vec<KeyField>,
    pub(super) words: usize,
    /// Word and place of the bits that say which columns are missing, where missing keys are kept.
    mask: Option<(usize, u32)>,
}

impl Layout {
    /// For columns of these types; `known` counts the collections of texts.
    ///
    /// # Errors
    /// Unsupported, for types that are no keys.
    pub(super) fn new(dtypes: &[DType], keep_missing: bool, known: &mut usize) -> Result<Layout> {
        let mut kinds = dtypes.iter().map(Kind::of).collect::<Result<Vec<Kind>>>()?;
        let mask_bits = if keep_missing { (dtypes.len() as u32).next_power_of_two().max(8) } else { 0 };
        if mask_bits > 64 {
            return Err(Error::unsupported(format!("{} keys with missing ones kept", dtypes.len())).help("64 is the most"));
        }
        if kinds.iter().map(|k| k.bits()).sum::<u32>() + mask_bits > 128 {
            kinds.iter_mut().filter(|k| **k == Kind::Whole(64)).for_each(|k| *k = Kind::Coded);
        }
        // The widest first, so that none lies across two words.
        let mut order: Vec<(u32, Option<usize>)> = kinds.iter().enumerate().map(|(i, k)| (k.bits(), Some(i))).collect();
        if keep_missing {
            order.push((mask_bits, None));
        }
        order.sort_by_key(|(bits, _)| std::cmp::Reverse(*bits));
        let mut places = vec![(0, 0); kinds.len()];
        let (mut at, mut mask) = (0u32, None);
        for (bits, column) in order {
            let place = ((at / 64) as usize, at % 64);
            match column {
                Some(i) => places[i] = place,
                None => mask = Some(place),
            }
            at += bits;
        }
        let fields = dtypes.iter().zip(kinds).zip(places).map(|((dtype, kind), (word, shift))| {
            let texts = matches!(kind, Kind::Text | Kind::Bytes | Kind::Category | Kind::Coded);
            let number = texts.then_some(*known);
            *known += texts as usize;
            KeyField { dtype: dtype.clone(), kind, word, shift, known: number }
        });
        Ok(Layout { fields: fields.collect(), words: at.div_ceil(64).max(1) as usize, mask })
    }

    /// The keys of some rows, `words` for each; `missing` is empty, or tells for each row whether a key is missing that must not be.
    pub(super) fn encode(&self, columns: &[Column], known: &mut [Known], out: &mut Vec<u64>, missing: &mut Vec<bool>) -> Result<()> {
        let rows = columns.first().map_or(0, Column::len);
        out.clear();
        out.resize(rows * self.words, 0);
        missing.clear();
        for (i, (field, column)) in self.fields.iter().zip(columns).enumerate() {
            let mut write = Write { out, width: self.words, at: field.word, shift: field.shift, nulls: Vec::new() };
            write.field(field, column, known)?;
            let nulls = write.nulls;
            match self.mask {
                Some((word, shift)) => nulls.iter().for_each(|&row| out[row as usize * self.words + word] |= 1 << (shift + i as u32)),
                None if !nulls.is_empty() => {
                    missing.resize(rows, false);
                    nulls.iter().for_each(|&row| missing[row as usize] = true);
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Whether a key is the number of one text, in the lower half of one word, and nothing else but whether it is missing.
    pub(super) fn is_one_text(&self) -> bool {
        matches!(&self.fields[..], [f] if matches!(f.kind, Kind::Text | Kind::Bytes | Kind::Category))
    }

    /// Whether keys hold numbers of texts.
    pub(super) fn has_texts(&self) -> bool {
        self.fields.iter().any(|f| f.known.is_some())
    }

    /// Replaces a worker's own numbers of texts by those that all know.
    pub(super) fn share(&self, words: &mut [u64], known: &[Known]) {
        for f in &self.fields {
            let Some(k) = f.known else { continue };
            let shared = &known[k].shared;
            let (i, bit) = self.mask.map_or((0, 0), |(w, s)| (w, 1u64 << (s as usize + self.position(f))));
            for key in words.chunks_exact_mut(self.words) {
                if bit != 0 && key[i] & bit != 0 {
                    continue;
                }
                let code = key[f.word] >> f.shift & 0xffff_ffff;
                let new = match f.kind {
                    Kind::Coded if code < PLAIN => code,
                    Kind::Coded => PLAIN + shared[(code - PLAIN) as usize] as u64,
                    _ => shared[code as usize] as u64,
                };
                key[f.word] = key[f.word] & !(0xffff_ffff << f.shift) | new << f.shift;
            }
        }
    }

    fn position(&self, field: &KeyField) -> usize {
        self.fields.iter().position(|f| std::ptr::eq(f, field)).unwrap_or(0)
    }

    fn is_missing(&self, field: usize, key: &[u64]) -> bool {
        self.mask.is_some_and(|(w, s)| key[w] >> (s + field as u32) & 1 == 1)
    }

    /// One column of the keys, as values.
    pub(super) fn column<'a>(&self, field: usize, keys: impl Iterator<Item = &'a [u64]> + Clone, texts: &Decoder) -> Result<Column> {
        let f = &self.fields[field];
        let nulls = self.mask.and_then(|_| {
            let valid: Vec<bool> = keys.clone().map(|k| !self.is_missing(field, k)).collect();
            valid.contains(&false).then(|| NullBuffer::from(valid))
        });
        let bits = f.kind.bits();
        let raw = |k: &[u64]| if bits >= 64 { k[f.word] } else { k[f.word] >> f.shift & ((1 << bits) - 1) };
        let there = |k: &[u64]| !self.is_missing(field, k);
        let array: ArrayRef = match f.kind {
            Kind::Text | Kind::Bytes => {
                let numbers = keys.map(|k| if there(k) { raw(k) as u32 } else { u32::MAX });
                texts.frozen[f.known.unwrap_or(0)].arrow(numbers, f.kind == Kind::Bytes)
            }
            Kind::Category => texts.category(f.known.unwrap_or(0), keys.map(|k| there(k).then(|| raw(k) as u32)))?,
            Kind::Bool => Arc::new(BooleanArray::new(keys.map(|k| raw(k) != 0).collect(), nulls)),
            Kind::F32 => Arc::new(PrimitiveArray::<at::Float32Type>::new(keys.map(|k| f32::from_bits(raw(k) as u32)).collect(), nulls)),
            Kind::F64 => Arc::new(PrimitiveArray::<at::Float64Type>::new(keys.map(|k| f64::from_bits(raw(k))).collect(), nulls)),
            Kind::Decimal => {
                let values = keys.map(|k| (k[f.word] as u128 | (k[f.word + 1] as u128) << 64) as i128).collect();
                Arc::new(Decimal128Array::new(values, nulls).with_data_type(f.dtype.to_arrow()))
            }
            Kind::Whole(_) | Kind::Coded => {
                let value = |k: &[u64]| if f.kind == Kind::Coded { texts.whole(f, raw(k)) } else { raw(k) };
                macro_rules! whole {
                    ($t:ty, $native:ty) => {
                        Arc::new(PrimitiveArray::<$t>::new(keys.map(|k| value(k) as $native).collect(), nulls))
                    };
                }
                match &f.dtype {
                    DType::I8 => whole!(at::Int8Type, i8),
                    DType::I16 => whole!(at::Int16Type, i16),
                    DType::I32 => whole!(at::Int32Type, i32),
                    DType::U8 => whole!(at::UInt8Type, u8),
                    DType::U16 => whole!(at::UInt16Type, u16),
                    DType::U32 => whole!(at::UInt32Type, u32),
                    DType::U64 => whole!(at::UInt64Type, u64),
                    DType::Date => whole!(at::Date32Type, i32),
                    dtype => return Column::from_i64_parts(dtype.clone(), keys.map(|k| value(k) as i64).collect(), nulls),
                }
            }
        };
        Column::new(f.dtype.clone(), array)
    }

    /// A number for a key's column in the order of its values; missing comes last.
    pub(super) fn order_key(&self, field: usize, key: &[u64], texts: &Decoder) -> u128 {
        if self.is_missing(field, key) {
            return u128::MAX;
        }
        let f = &self.fields[field];
        let bits = f.kind.bits();
        let raw = if bits >= 64 { key[f.word] } else { key[f.word] >> f.shift & ((1 << bits) - 1) };
        let signed = |x: i64| (x as u64 ^ 1 << 63) as u128;
        match f.kind {
            Kind::Text | Kind::Bytes | Kind::Category => texts.ranks[f.known.unwrap_or(0)][raw as usize] as u128,
            Kind::Bool => raw as u128,
            Kind::F32 => f32::from_bits(raw as u32).key() as u128,
            Kind::F64 => f64::from_bits(raw).key() as u128,
            // One less at the top than there is, for missing.
            Kind::Decimal => (((key[f.word] as u128) | (key[f.word + 1] as u128) << 64) ^ 1 << 127).min(u128::MAX - 1),
            Kind::Whole(_) | Kind::Coded => {
                let value = if f.kind == Kind::Coded { texts.whole(f, raw) } else { raw };
                match &f.dtype {
                    DType::U8 | DType::U16 | DType::U32 | DType::U64 => value as u128,
                    DType::I8 => signed(value as i8 as i64),
                    DType::I16 => signed(value as i16 as i64),
                    DType::I32 | DType::Date => signed(value as i32 as i64),
                    _ => signed(value as i64),
                }
            }
        }
    }
}

struct Write<'a> {
    out: &'a mut [u64],
    width: usize,
    at: usize,
    shift: u32,
    nulls: Vec<u32>,
}

impl Write<'_> {
    #[inline(always)]
    fn put(&mut self, row: usize, bits: u64) {
        self.out[row * self.width + self.at] |= bits << self.shift;
    }

    fn field(&mut self, field: &KeyField, column: &Column, known: &mut [Known]) -> Result<()> {
        let values = column.values();
        let nulls = values.logical_nulls().filter(|n| n.null_count() > 0);
        if let Some(n) = &nulls {
            self.nulls.extend((0..n.len()).filter(|&i| n.is_null(i)).map(|i| i as u32));
        }
        let there = |i: usize| nulls.as_ref().is_none_or(|n| n.is_valid(i));
        let mut nan = Vec::new();
        match field.kind {
            Kind::Text | Kind::Bytes | Kind::Category => {
                let known = &mut known[field.known.unwrap_or(0)];
                let rows = values.len();
                number_texts(column, known, |i, n| {
                    debug_assert!(i < rows);
                    self.put(i, n as u64)
                })?;
            }
            Kind::Bool => {
                let flags = values.as_boolean();
                (0..flags.len()).filter(|&i| there(i)).for_each(|i| self.put(i, flags.value(i) as u64));
            }
            Kind::Decimal => {
                let numbers = values.as_primitive::<at::Decimal128Type>();
                for i in (0..numbers.len()).filter(|&i| there(i)) {
                    let bits = numbers.value(i) as u128;
                    self.out[i * self.width + self.at] = bits as u64;
                    self.out[i * self.width + self.at + 1] = (bits >> 64) as u64;
                }
            }
            Kind::F64 | Kind::F32 => with_numbers!(column, array => {
                for (i, &x) in array.values().iter().enumerate() {
                    let x = x.number();
                    if x.is_nan() {
                        if there(i) {
                            nan.push(i as u32);
                        }
                    } else if there(i) {
                        // Both zeros are one key.
                        let x = x + 0.0;
                        self.put(i, if field.kind == Kind::F64 { x.to_bits() } else { (x as f32).to_bits() as u64 });
                    }
                }
                Ok(())
            })?,
            Kind::Whole(bits) => with_numbers!(column, array => {
                let low = u64::MAX >> (64 - bits);
                if nulls.is_none() {
                    array.values().iter().enumerate().for_each(|(i, &x)| self.put(i, x.whole() as u64 & low));
                } else {
                    let present = array.values().iter().enumerate().filter(|(i, _)| there(*i));
                    present.for_each(|(i, &x)| self.put(i, x.whole() as u64 & low));
                }
                Ok(())
            })?,
            Kind::Coded => {
                let known = &mut known[field.known.unwrap_or(0)];
                with_numbers!(column, array => {
                    for (i, &x) in array.values().iter().enumerate() {
                        if there(i) {
                            let x = x.whole() as u64;
                            let code = if x < PLAIN { x } else { PLAIN + known.texts.number_of_bytes(&x.to_le_bytes()) as u64 };
                            self.put(i, code);
                        }
                    }
                    Ok(())
                })?;
            }
        }
        self.nulls.extend(nan);
        Ok(())
    }
}

/// Calls `f` with the row and the number of each text (or bytes, or category) that is there.
pub(super) fn number_texts(column: &Column, known: &mut Known, mut f: impl FnMut(usize, u32)) -> Result<()> {
    let values = column.values();
    macro_rules! views {
        ($array:expr) => {{
            let array = $array;
            let nulls = array.nulls().filter(|n| n.null_count() > 0);
            let texts = &mut known.texts;
            if nulls.is_none() {
                let mut numbers = Vec::with_capacity(array.len());
                texts.numbers(array.views(), &mut numbers, |i| AsRef::<[u8]>::as_ref(array.value(i)));
                numbers.iter().enumerate().for_each(|(i, &n)| f(i, n));
                return Ok(());
            }
            for (i, &view) in array.views().iter().enumerate() {
                if nulls.is_none_or(|n| n.is_valid(i)) {
                    f(i, texts.number(view, || AsRef::<[u8]>::as_ref(array.value(i))));
                }
            }
        }};
    }
    match column.dtype() {
        DType::Str => views!(values.as_string_view()),
        DType::Binary => views!(values.as_binary_view()),
        DType::Categorical { .. } => {
            let dictionary = values.as_dictionary::<at::UInt32Type>();
            let same = known.dictionary.as_ref().is_some_and(|(d, _)| Arc::ptr_eq(d, dictionary.values()));
            if !same {
                let texts = dictionary.values().as_string_view();
                let numbers =
                    texts.views().iter().enumerate().map(|(i, &view)| {
                        if texts.is_valid(i) { known.texts.number(view, || texts.value(i).as_bytes()) } else { u32::MAX }
                    });
                let numbers = numbers.collect();
                known.dictionary = Some((dictionary.values().clone(), numbers));
            }
            let Some((_, numbers)) = &known.dictionary else { return Ok(()) };
            let nulls = dictionary.logical_nulls().filter(|n| n.null_count() > 0);
            for (i, &code) in dictionary.keys().values().iter().enumerate() {
                if nulls.as_ref().is_none_or(|n| n.is_valid(i)) {
                    f(i, numbers[code as usize]);
                }
            }
        }
        other => return Err(Error::internal(format!("{other} taken for text"))),
    }
    Ok(())
}

/// What is needed to turn keys and numbers of texts back into values.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    pub(super) frozen: Vec<Frozen>,
    /// For each collection the order of its texts, where keys are sorted or a text is chosen by order; empty elsewhere.
    pub(super) ranks: Vec<Vec<u32>>,
    /// The whole numbers of [`Kind::Coded`].
    wholes: Vec<Vec<u64>>,
    /// For each collection of categories: their list, and for each number the place in it.
    categories: Vec<Option<(ArrayRef, Vec<u32>)>>,
}

impl Decoder {
    /// Takes the texts; `ranked` tells which are needed in order, `dictionaries` which categories there are, in order.
    pub(super) fn new(texts: Vec<Texts>, layout: &Layout, ranked: &[bool], dictionaries: &[Vec<ArrayRef>]) -> Decoder {
        let mut out = Decoder::default();
        for (k, mut texts) in texts.into_iter().enumerate() {
            let coded = layout.fields.iter().any(|f| f.known == Some(k) && f.kind == Kind::Coded);
            out.wholes.push(if coded {
                (0..texts.len() as u32).map(|n| u64::from_le_bytes(texts.get(n).try_into().unwrap_or_default())).collect()
            } else {
                Vec::new()
            });
            let category = dictionaries.get(k).filter(|d| !d.is_empty()).map(|list| {
                // The categories in the order of the dictionaries, the first one's first.
                let mut all: indexmap::IndexSet<u32> = indexmap::IndexSet::new();
                for d in list {
                    for text in d.as_string_view().iter().flatten() {
                        all.insert(texts.number_of_bytes(text.as_bytes()));
                    }
                }
                let mut place = vec![u32::MAX; texts.len()];
                all.iter().enumerate().for_each(|(i, &n)| place[n as usize] = i as u32);
                (all, place)
            });
            let ranks = match &category {
                Some((_, place)) => place.clone(),
                None if ranked.get(k) == Some(&true) => texts.ranks(),
                None => Vec::new(),
            };
            out.ranks.push(ranks);
            let frozen = texts.freeze();
            out.categories.push(category.map(|(all, place)| (frozen.arrow(all.into_iter(), false), place)));
            out.frozen.push(frozen);
        }
        out
    }

    fn whole(&self, field: &KeyField, code: u64) -> u64 {
        if code < PLAIN { code } else { self.wholes[field.known.unwrap_or(0)][(code - PLAIN) as usize] }
    }

    /// Categories by number.
    pub(super) fn category(&self, known: usize, numbers: impl Iterator<Item = Option<u32>>) -> Result<ArrayRef> {
        let Some((list, place)) = &self.categories[known] else {
            // No row ever had one.
            let codes = UInt32Array::from_iter(numbers.map(|_| None::<u32>));
            return Ok(Arc::new(DictionaryArray::new(codes, Arc::new(arrow::array::StringViewArray::from(Vec::<&str>::new())))));
        };
        let codes = UInt32Array::from_iter(numbers.map(|n| n.map(|n| place[n as usize])));
        Ok(Arc::new(DictionaryArray::try_new(codes, list.clone())?))
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        let lists = self.ranks.iter().map(|r| r.capacity() * 4).chain(self.wholes.iter().map(|w| w.capacity() * 8));
        lists.sum::<usize>() + self.frozen.iter().map(Frozen::bytes).sum::<usize>()
    }
}
