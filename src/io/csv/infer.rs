//! What cells look like, and the type that a column of such cells has.

use super::{CsvReadOptions, MISSING};
use crate::dtype::{Calendar, DType, TimeUnit};
use crate::kernel::calendar::{Civil, is_valid};
use crate::kernel::text::dates::DateReader;
use crate::kernel::text::moment::{Moment, parse_moment};
use crate::kernel::text::scan::{self, eight_digits, is_float, run_of_digits, split_sign};
use std::borrow::Cow;

/// What was seen in the cells of a column, as bits: parts of files are put together by `|`, in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::io) struct Seen(u16);

impl Seen {
    pub const NOTHING: Seen = Seen(0);
    pub const MISSING: Seen = Seen(1);
    /// `""`, or a word for missing in quotes: text where the column is not of another type.
    const EMPTY_TEXT: Seen = Seen(1 << 1);
    /// Any integer that i64 or u64 holds.
    pub const INT: Seen = Seen(1 << 2);
    pub const NEGATIVE: Seen = Seen(1 << 3);
    /// An integer beyond i64.
    const BIG: Seen = Seen(1 << 4);
    /// An integer that no f64 is.
    const INEXACT: Seen = Seen(1 << 5);
    pub const FLOAT: Seen = Seen(1 << 6);
    pub const BOOL: Seen = Seen(1 << 7);
    /// A date or a time without a zone.
    const NAIVE: Seen = Seen(1 << 8);
    /// A date with a time of day.
    const TIMED: Seen = Seen(1 << 9);
    const ZONED: Seen = Seen(1 << 10);
    /// A time that microseconds do not hold.
    const NANOS: Seen = Seen(1 << 11);
    /// A time that i64 nanoseconds do not reach.
    const FAR: Seen = Seen(1 << 12);
    pub const TEXT: Seen = Seen(1 << 13);

    #[inline]
    pub fn add(&mut self, other: Seen) {
        self.0 |= other.0;
    }

    #[inline]
    fn has(self, other: Seen) -> bool {
        self.0 & other.0 != 0
    }

    #[inline]
    pub const fn and(self, other: Seen) -> Seen {
        Seen(self.0 | other.0)
    }

    /// Nothing that comes can change the type any more.
    #[inline]
    pub fn is_text(self) -> bool {
        self.has(Seen::TEXT)
    }

    /// Whether values of several kinds were seen, which only text holds together.
    pub fn is_mixed(self) -> bool {
        let number = self.has(Seen::INT) || self.has(Seen::FLOAT);
        let text = self.has(Seen::NAIVE) || self.has(Seen::ZONED) || self.has(Seen::TEXT);
        number as u8 + text as u8 + self.has(Seen::BOOL) as u8 > 1
    }

    /// Whether no value was seen.
    pub fn is_missing(self) -> bool {
        self.0 & !Seen::MISSING.0 == 0
    }

    /// The type of the column.
    pub fn dtype(self) -> DType {
        let number = self.has(Seen::INT) || self.has(Seen::FLOAT);
        let moment = self.has(Seen::NAIVE) || self.has(Seen::ZONED);
        let kinds = number as u8 + moment as u8 + self.has(Seen::BOOL) as u8;
        if self.has(Seen::TEXT) || kinds > 1 || kinds == 0 && self.has(Seen::EMPTY_TEXT) {
            return DType::Str;
        }
        if moment {
            return self.moment_dtype().unwrap_or(DType::Str);
        }
        if self.has(Seen::BOOL) {
            return DType::Bool;
        }
        if !self.has(Seen::INT) || self.has(Seen::FLOAT) {
            return DType::F64;
        }
        match (self.has(Seen::BIG), self.has(Seen::NEGATIVE)) {
            (false, _) => DType::I64,
            (true, false) => DType::U64,
            (true, true) if self.has(Seen::INEXACT) => DType::Str,
            (true, true) => DType::F64,
        }
    }

    /// The type of a column of dates and times; `None` where no one type holds them all.
    pub fn moment_dtype(self) -> Option<DType> {
        let unit = if self.has(Seen::NANOS) { TimeUnit::Ns } else { TimeUnit::Us };
        let mixed = self.has(Seen::NAIVE) && self.has(Seen::ZONED);
        if mixed || unit == TimeUnit::Ns && self.has(Seen::FAR) {
            return None;
        }
        let tz = self.has(Seen::ZONED).then(|| "UTC".into());
        let timed = self.has(Seen::TIMED) || !self.has(Seen::NAIVE);
        Some(if timed { DType::Instant { unit, tz, calendar: Calendar::ProlepticGregorian } } else { DType::Date })
    }
}

/// The spellings of missing.
#[derive(Clone, Debug)]
pub(in crate::io) struct Missing {
    first: [bool; 256],
    words: Vec<Vec<u8>>,
    longest: usize,
}

impl Missing {
    pub fn new(list: Option<&[String]>) -> Missing {
        let words: Vec<Vec<u8>> = match list {
            Some(list) => list.iter().map(|w| w.as_bytes().to_vec()).collect(),
            None => MISSING.iter().map(|w| w.as_bytes().to_vec()).collect(),
        };
        let mut first = [false; 256];
        for w in &words {
            if let Some(&b) = w.first() {
                first[b as usize] = true;
            }
        }
        Missing { first, longest: words.iter().map(Vec::len).max().unwrap_or(0), words }
    }

    /// Whether any of them begins with a digit, so that an integer may be one.
    #[inline]
    pub fn may_be_integers(&self) -> bool {
        self.first[b'0' as usize..=b'9' as usize].contains(&true)
    }

    /// Whether any of them begins with this.
    #[inline]
    pub fn may_begin(&self, byte: u8) -> bool {
        self.first[byte as usize]
    }

    /// Whether a cell is empty or one of them.
    #[inline]
    pub fn has(&self, text: &[u8]) -> bool {
        match text.first() {
            Some(&b) => self.first[b as usize] && text.len() <= self.longest && self.words.iter().any(|w| w == text),
            None => true,
        }
    }
}

/// How numbers are spelled.
#[derive(Clone, Copy, Debug)]
pub(in crate::io) struct Numbers {
    decimal: u8,
    thousands: Option<u8>,
}

impl Numbers {
    /// Whether they are spelled as `kernel::text` reads them.
    #[inline]
    pub fn are_plain(self) -> bool {
        self.decimal == b'.' && self.thousands.is_none()
    }

    /// The number as `kernel::text` reads it: without the marks between groups of digits, with a point.
    #[inline]
    pub fn plain<'a>(self, text: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        if self.are_plain() {
            return Some(Cow::Borrowed(text));
        }
        self.rewrite(text).map(Cow::Owned)
    }

    fn rewrite(self, text: &[u8]) -> Option<Vec<u8>> {
        if text.len() > 400 {
            return None;
        }
        let mut out = Vec::with_capacity(text.len());
        let mut before_point = true;
        for (i, &b) in text.iter().enumerate() {
            if b == self.decimal {
                before_point = false;
                out.push(b'.');
            } else if Some(b) == self.thousands {
                let between = i > 0 && text[i - 1].is_ascii_digit() && text.get(i + 1).is_some_and(u8::is_ascii_digit);
                if !(between && before_point) {
                    return None;
                }
            } else if b == b'.' {
                return None;
            } else {
                out.push(b);
            }
        }
        Some(out)
    }
}

/// What is known of how cells are spelled.
#[derive(Clone, Debug)]
pub(in crate::io) struct Spelling {
    pub missing: Missing,
    pub numbers: Numbers,
    pub infer_dates: bool,
    pub dates: DateReader,
}

impl Spelling {
    pub fn new(options: &CsvReadOptions) -> crate::error::Result<Spelling> {
        Ok(Spelling {
            missing: Missing::new(options.missing.as_deref()),
            numbers: Numbers { decimal: options.decimal, thousands: options.thousands },
            infer_dates: options.infer_dates,
            dates: DateReader::new(options.date_format.as_deref())?,
        })
    }

    /// What a cell is.
    #[inline]
    pub fn classify(&self, text: &[u8], quoted: bool) -> Seen {
        if self.missing.has(text) {
            return if quoted { Seen::EMPTY_TEXT } else { Seen::MISSING };
        }
        match text[0] {
            b'0'..=b'9' | b'+' | b'-' | b'.' | b',' => self.classify_number(text),
            b't' | b'T' | b'f' | b'F' if scan::parse_bool(text).is_some() => Seen::BOOL,
            // Written by ourselves with --nan-as; as a missing mark it never comes here.
            b'i' | b'I' | b'n' | b'N' if scan::is_infinity(text) || text.eq_ignore_ascii_case(b"nan") => Seen::FLOAT,
            _ => Seen::TEXT,
        }
    }

    fn classify_number(&self, text: &[u8]) -> Seen {
        let (negative, digits) = split_sign(text);
        if run_of_digits(digits) == digits.len() {
            return classify_integer(negative, digits);
        }
        if self.infer_dates
            && let Some(moment) = parse_moment(text)
        {
            return classify_moment(&moment);
        }
        match self.numbers.plain(text) {
            Some(number) if is_float(&number) => Seen::FLOAT,
            Some(Cow::Owned(number)) => {
                let (negative, digits) = split_sign(&number);
                let whole = run_of_digits(digits) == digits.len();
                if whole { classify_integer(negative, digits) } else { Seen::TEXT }
            }
            _ => Seen::TEXT,
        }
    }
}

/// An integer of these digits (all are).
pub(in crate::io) fn classify_integer(negative: bool, digits: &[u8]) -> Seen {
    if digits.is_empty() || digits[0] == b'0' && digits.len() > 1 {
        return Seen::TEXT;
    }
    let sign = if negative { Seen::NEGATIVE } else { Seen::NOTHING };
    if digits.len() <= 15 {
        return Seen::INT.and(sign);
    }
    let Some(magnitude) = scan::parse_digits(digits) else { return Seen::TEXT };
    let mut seen = Seen::INT.and(sign);
    // Beyond the smallest i64 nothing holds a negative integer.
    if magnitude > 1 << 63 && negative {
        return Seen::TEXT;
    }
    if magnitude > i64::MAX as u64 && !negative {
        seen.add(Seen::BIG);
    }
    if magnitude as f64 as u128 != magnitude as u128 {
        seen.add(Seen::INEXACT);
    }
    seen
}

/// The i64 nanoseconds reach from 1677 to 2262; whole years inside are safe.
pub(in crate::io) fn classify_moment(moment: &Moment) -> Seen {
    let Civil { year, month, day, .. } = moment.civil;
    // i64 microseconds reach more than 290 000 years to both sides.
    if !is_valid(Calendar::ProlepticGregorian, year, month, day) || year.abs() > 290_000 {
        return Seen::TEXT;
    }
    let mut seen = if moment.offset.is_some() { Seen::ZONED } else { Seen::NAIVE };
    if moment.timed {
        seen.add(Seen::TIMED);
    }
    if moment.needs_nanos() {
        seen.add(Seen::NANOS);
    }
    if !(1678..2262).contains(&year) {
        seen.add(Seen::FAR);
    }
    seen
}

/// The commonest integers without looking at each byte: one to eight digits, not beginning with a zero unless alone.
/// `tail` is the text from the cell's first byte to the end of what may be read.
#[inline]
pub(in crate::io) fn is_short_integer(tail: &[u8], length: usize) -> bool {
    short_digits(tail, length).is_some() && (tail[0] != b'0' || length == 1)
}

/// The one to eight digits that `tail` begins with, in one register, filled with zeros in front.
#[inline]
pub(in crate::io) fn short_digits(tail: &[u8], length: usize) -> Option<u64> {
    let eight = tail.first_chunk::<8>()?;
    if length.wrapping_sub(1) > 7 {
        return None;
    }
    let zeros = 0x3030_3030_3030_3030u64.checked_shr(8 * length as u32).unwrap_or(0);
    let word = u64::from_le_bytes(*eight) << (64 - 8 * length as u32) | zeros;
    eight_digits(word).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dtype(cells: &[&str]) -> String {
        let spelling = Spelling::new(&CsvReadOptions::default()).unwrap();
        let mut seen = Seen::NOTHING;
        for c in cells {
            match c.strip_prefix('"') {
                Some(inner) => seen.add(spelling.classify(inner.trim_end_matches('"').as_bytes(), true)),
                None => seen.add(spelling.classify(c.as_bytes(), false)),
            }
        }
        seen.dtype().to_string()
    }

    #[test]
    fn columns_have_the_type_that_holds_every_cell() {
        for (cells, want) in [
            (&[][..], "f64"),
            (&["", "NA"], "f64"),
            (&["1", "", "-2"], "i64"),
            (&["1", "\"2\""], "i64"),
            (&["1", "\"\""], "i64"),
            (&["\"\"", ""], "str"),
            (&["\"NA\"", ""], "str"),
            (&["\"NA\"", "1"], "i64"),
            (&["9223372036854775808", "1"], "u64"),
            (&["9223372036854775808", "-1"], "f64"),
            (&["9223372036854775809", "-1"], "str"),
            (&["9223372036854775808", "9007199254740993", "-1"], "str"),
            (&["18446744073709551616"], "str"),
            (&["18446744073709551616", "1.5"], "str"),
            (&["-9223372036854775808"], "i64"),
            (&["-9223372036854775809"], "str"),
            (&["1", "1.5"], "f64"),
            (&["1e5"], "f64"),
            (&["1."], "f64"),
            (&[".5"], "f64"),
            (&["inf", "-inf", "Infinity", "NaN"], "f64"),
            (&["1", "x"], "str"),
            (&["007"], "str"),
            (&["-07"], "str"),
            (&["0", "-0", "+5"], "i64"),
            (&["00.5"], "f64"),
            (&["-"], "str"),
            (&["."], "str"),
            (&["1e"], "str"),
            (&["1 "], "str"),
            (&["1_000"], "str"),
            (&["0x10"], "str"),
            (&["true", "FALSE", "False"], "bool"),
            (&["true", "1"], "str"),
            (&["tRue"], "str"),
            (&["t"], "str"),
            (&["2020-01-31"], "date"),
            (&["2020-01-31", "2020-01-31T06:00"], "datetime"),
            (&["2020-01-31 06:00:00.123456"], "datetime"),
            (&["2020-01-31 06:00:00.123456789"], "datetime[ns]"),
            (&["2020-01-31 06:00:00.123456789", "1066-01-01"], "str"),
            (&["2020-01-31T06:00:00Z", "2020-01-31T06:00:00+01:00"], "datetime[UTC]"),
            (&["2020-01-31T06:00:00Z", "2020-01-31T06:00:00"], "str"),
            (&["2020-02-30"], "str"),
            (&["2020-01-31", "1"], "str"),
            (&["1:30"], "str"),
            (&["2020-01"], "str"),
            (&["0001-01-01", "3000-12-31"], "date"),
        ] {
            assert_eq!(dtype(cells), want, "{cells:?}");
        }
    }

    #[test]
    fn numbers_with_marks_are_rewritten_or_none() {
        let options = CsvReadOptions { decimal: b',', thousands: Some(b'.'), ..CsvReadOptions::default() };
        let s = Spelling::new(&options).unwrap();
        for (text, want) in
            [("1.234,5", "f64"), ("1.234", "i64"), ("1,5", "f64"), (",5", "f64"), ("1..2", "str"), ("1,5.0", "str"), ("2020-01-31", "date")]
        {
            assert_eq!(s.classify(text.as_bytes(), false).dtype().to_string(), want, "{text}");
        }
    }

    #[test]
    fn short_integers_are_found_in_one_register() {
        for (text, length, want) in [("12345678,", 8, true), ("1,xxxxxxx", 1, true), ("01,xxxxxx", 2, false), ("0,xxxxxx", 1, true)] {
            assert_eq!(is_short_integer(text.as_bytes(), length), want, "{text}");
        }
        assert!(!is_short_integer(b"12a,xxxxx", 3) && !is_short_integer(b"1", 1) && !is_short_integer(b"123456789", 9));
        assert!(!is_short_integer(b"123456789", 0));
    }
}
