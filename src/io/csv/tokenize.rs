//! Bytes to cells: where each begins and ends, and whether it was quoted.

use super::{CsvReadOptions, Separator};
use memchr::{memchr, memchr2, memchr3};

/// The characters that cut a file into cells.
#[derive(Clone, Copy, Debug)]
pub(in crate::io) struct Dialect {
    pub separator: Separator,
    /// A byte that no text holds (0xFF is in no UTF-8) where there is no quote.
    pub quote: u8,
    pub comment: Option<u8>,
}

impl Dialect {
    pub fn new(options: &CsvReadOptions) -> Dialect {
        let separator = if options.separator == Separator::Usual { Separator::Char(b',') } else { options.separator };
        Dialect { separator, quote: options.quote.unwrap_or(0xFF), comment: options.comment }
    }
}

/// A cell: its first byte and the byte behind its last, counted from the base of its [`Cells`]. The top bits are marks.
#[derive(Clone, Copy, Debug)]
pub(in crate::io) struct Cell {
    start: u32,
    end: u32,
}

const MARK: u32 = 1 << 31;
/// A chunk of cells spans less than this, so that positions fit beside the marks.
const SPAN: usize = MARK as usize - 1;

impl Cell {
    /// A cell of these bytes, counted from the base.
    #[inline]
    pub fn new(start: usize, end: usize, quoted: bool, escaped: bool) -> Cell {
        let mark = |yes: bool| if yes { MARK } else { 0 };
        Cell { start: start as u32 | mark(quoted), end: end as u32 | mark(escaped) }
    }
    #[inline]
    pub fn start(self) -> usize {
        (self.start & !MARK) as usize
    }
    #[inline]
    pub fn end(self) -> usize {
        (self.end & !MARK) as usize
    }
    /// It stood in quotes.
    #[inline]
    pub fn is_quoted(self) -> bool {
        self.start & MARK != 0
    }
    /// It has to go through [`unescape`].
    #[inline]
    pub fn is_escaped(self) -> bool {
        self.end & MARK != 0
    }
}

/// A line with too many cells.
#[derive(Clone, Copy, Debug)]
pub(in crate::io) struct BadLine {
    pub offset: usize,
    pub cells: usize,
}

/// Rows of cells, row by row.
#[derive(Debug, Default)]
pub(in crate::io) struct Cells {
    /// Where positions count from.
    pub base: usize,
    pub cells: Vec<Cell>,
    pub rows: usize,
    /// Cells per row; 0 takes any number.
    pub width: usize,
    pub bad: Vec<BadLine>,
}

impl Cells {
    pub fn new(width: usize) -> Cells {
        Cells { width, ..Cells::default() }
    }

    /// How many rows to cut at a time: what the second cache level holds.
    pub fn rows_at_a_time(width: usize) -> usize {
        (32 * 1024 / width.max(1)).clamp(1, 4096)
    }

    /// Ends the row that began at cell `row`.
    #[inline]
    fn finish_row(&mut self, row: usize, record: usize, end: usize) {
        let count = self.cells.len() - row;
        if count != self.width && self.width != 0 {
            if count > self.width {
                self.cells.truncate(row);
                self.bad.push(BadLine { offset: record, cells: count });
                return;
            }
            let at = (end - self.base) as u32;
            self.cells.resize(row + self.width, Cell { start: at, end: at });
        }
        self.rows += 1;
    }
}

/// Why cutting stopped, and where the next record begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::io) enum Stop {
    /// The rows asked for are there.
    Full(usize),
    /// The next record begins at or behind the limit, or the text is at its end.
    Limit(usize),
    /// The view ends inside the record that begins here.
    Cut(usize),
    /// The text ends inside the quotes that open here.
    Unclosed(usize),
}

/// Cuts a view of a text into cells.
#[derive(Clone, Copy, Debug)]
pub(in crate::io) struct Tokenizer<'a> {
    /// The text, or its beginning.
    pub bytes: &'a [u8],
    /// Whether the text ends where the view ends.
    pub whole: bool,
    pub dialect: Dialect,
}

impl Tokenizer<'_> {
    /// Cuts records from `pos`, where one begins, until one begins at or behind `limit` or there are `max_rows`.
    pub fn chunk(&self, pos: usize, limit: usize, max_rows: usize, out: &mut Cells) -> Stop {
        out.base = pos;
        out.rows = 0;
        out.cells.clear();
        out.bad.clear();
        let farthest = pos.saturating_add(SPAN);
        let near = match farthest < self.bytes.len() {
            true => Tokenizer { bytes: &self.bytes[..farthest], whole: false, ..*self },
            false => *self,
        };
        match self.dialect.separator {
            Separator::Char(c) => near.chunk_by_char(c, pos, limit, max_rows, out),
            Separator::Whitespace => near.chunk_by_whitespace(pos, limit, max_rows, out),
            Separator::Usual => near.chunk_by_char(b',', pos, limit, max_rows, out),
        }
    }

    /// 64 bytes at a time become a mask of the characters that matter; the loop then visits those only.
    fn chunk_by_char(&self, delimiter: u8, mut pos: usize, limit: usize, max_rows: usize, out: &mut Cells) -> Stop {
        let (bytes, n, quote) = (self.bytes, self.bytes.len(), self.dialect.quote);
        let needles = [delimiter, quote, b'\n', b'\r'];
        let base = out.base;
        let (mut window, mut mask) = (pos, mask_at(bytes, pos, needles));
        loop {
            pos = match self.next_record(pos, Some(delimiter), limit, out.rows == max_rows, out.width == 1) {
                Ok(pos) => pos,
                Err(stop) => return stop,
            };
            if pos - window < 64 {
                mask &= u64::MAX << (pos - window);
            } else {
                (window, mask) = (pos, mask_at(bytes, pos, needles));
            }
            let (row, record) = (out.cells.len(), pos);
            let mut field = pos;
            loop {
                while mask == 0 && window < n {
                    window += 64;
                    mask = mask_at(bytes, window, needles);
                }
                let mut i = match mask {
                    0 => n,
                    _ => window + mask.trailing_zeros() as usize,
                };
                mask &= mask.wrapping_sub(1);
                let mut start = (field - base) as u32;
                let mut end = (i - base) as u32;
                if i < n && bytes[i] == quote {
                    if i != field {
                        continue;
                    }
                    let Some(q) = self.quoted(i, delimiter) else {
                        out.cells.truncate(row);
                        return if self.whole { Stop::Unclosed(i) } else { Stop::Cut(record) };
                    };
                    start = (field + 1 - base) as u32 | MARK;
                    end = (q.end - base) as u32 | if q.escaped { MARK } else { 0 };
                    i = q.next;
                    if i + 1 - window < 64 {
                        mask &= u64::MAX << (i + 1 - window);
                    } else {
                        (window, mask) = (i + 1, mask_at(bytes, i + 1, needles));
                    }
                }
                out.cells.push(Cell { start, end });
                let Some(&b) = bytes.get(i) else {
                    if !self.whole {
                        out.cells.truncate(row);
                        return Stop::Cut(record);
                    }
                    out.finish_row(row, record, n);
                    return Stop::Limit(n);
                };
                if b == delimiter {
                    field = i + 1;
                    continue;
                }
                pos = i + 1;
                if b == b'\r' {
                    match bytes.get(pos) {
                        Some(b'\n') => pos += 1,
                        None if !self.whole => {
                            out.cells.truncate(row);
                            return Stop::Cut(record);
                        }
                        _ => {}
                    }
                }
                out.finish_row(row, record, i);
                break;
            }
        }
    }

    /// The same for cells between runs of spaces and tabs, one byte after the other.
    fn chunk_by_whitespace(&self, mut pos: usize, limit: usize, max_rows: usize, out: &mut Cells) -> Stop {
        let (bytes, n) = (self.bytes, self.bytes.len());
        let is_space = |i: usize| matches!(bytes.get(i), Some(b' ' | b'\t'));
        let is_end = |i: usize| matches!(bytes.get(i), None | Some(b'\n' | b'\r'));
        loop {
            pos = match self.next_record(pos, None, limit, out.rows == max_rows, false) {
                Ok(pos) => pos,
                Err(stop) => return stop,
            };
            let (row, record) = (out.cells.len(), pos);
            loop {
                while is_space(pos) {
                    pos += 1;
                }
                if is_end(pos) {
                    break;
                }
                let (start, mut end, mut marks) = (pos, pos, (0, 0));
                if bytes[pos] == self.dialect.quote {
                    let Some(q) = self.quoted(pos, b' ') else {
                        out.cells.truncate(row);
                        return if self.whole { Stop::Unclosed(pos) } else { Stop::Cut(record) };
                    };
                    marks = (MARK, if q.escaped { MARK } else { 0 });
                    (end, pos) = (q.end, q.next);
                } else {
                    while !is_space(end) && !is_end(end) {
                        end += 1;
                    }
                    pos = end;
                }
                let start = start + (marks.0 != 0) as usize;
                out.cells.push(Cell { start: (start - out.base) as u32 | marks.0, end: (end - out.base) as u32 | marks.1 });
            }
            if pos >= n && !self.whole {
                out.cells.truncate(row);
                return Stop::Cut(record);
            }
            out.finish_row(row, record, pos);
            pos += if bytes[pos.min(n)..].starts_with(b"\r\n") { 2 } else { 1 };
            pos = pos.min(n);
        }
    }

    /// Where the next record begins, unless it is time to stop.
    #[inline]
    fn next_record(&self, before: usize, delimiter: Option<u8>, limit: usize, full: bool, one_column: bool) -> Result<usize, Stop> {
        if before >= limit {
            return Err(Stop::Limit(before));
        }
        let pos = self.skip_idle(before, delimiter, one_column);
        if pos >= self.bytes.len() && !self.whole {
            return Err(Stop::Cut(before));
        }
        if pos >= limit || pos >= self.bytes.len() {
            return Err(Stop::Limit(pos));
        }
        if full { Err(Stop::Full(pos)) } else { Ok(pos) }
    }

    /// Passes comments and, but in a one-column file, blank lines.
    #[inline]
    fn skip_idle(&self, mut pos: usize, delimiter: Option<u8>, one_column: bool) -> usize {
        let bytes = self.bytes;
        while let Some(&b) = bytes.get(pos) {
            if b > b' ' && self.dialect.comment != Some(b) {
                break;
            }
            if self.dialect.comment == Some(b) {
                pos += memchr2(b'\n', b'\r', &bytes[pos..]).map_or(bytes.len() - pos, |i| i);
                // In a one-column file the line break itself would be a blank line.
                pos = pass_line_break(bytes, pos);
            } else if one_column {
                break;
            } else if b == b'\n' || b == b'\r' {
                pos += 1;
            } else if (b == b' ' || b == b'\t') && Some(b) != delimiter {
                let blank = bytes[pos..].iter().take_while(|&&c| (c == b' ' || c == b'\t') && Some(c) != delimiter).count();
                match bytes.get(pos + blank) {
                    Some(b'\n' | b'\r') => pos += blank,
                    None if self.whole => pos += blank,
                    _ => break,
                }
            } else {
                break;
            }
        }
        pos
    }

    /// The cell whose quotes open at `open`; `None` where they do not close.
    #[inline]
    fn quoted(&self, open: usize, delimiter: u8) -> Option<Quoted> {
        let (bytes, quote) = (self.bytes, self.dialect.quote);
        let mut from = open + 1;
        let mut escaped = false;
        loop {
            let q = from + memchr(quote, &bytes[from..])?;
            match bytes.get(q + 1) {
                Some(&b) if b == quote => {
                    escaped = true;
                    from = q + 2;
                }
                Some(&b) if b != delimiter && b != b'\n' && b != b'\r' && !(delimiter == b' ' && b == b'\t') => {
                    // Text behind the closing quote belongs to the cell.
                    let rest = &bytes[q + 1..];
                    let mut t = memchr3(delimiter, b'\n', b'\r', rest).unwrap_or(rest.len());
                    if self.dialect.separator == Separator::Whitespace {
                        t = memchr(b'\t', &rest[..t]).unwrap_or(t);
                    }
                    return Some(Quoted { end: q + 1 + t, escaped: true, next: q + 1 + t });
                }
                _ => return Some(Quoted { end: q, escaped, next: q + 1 }),
            }
        }
    }
}

/// A quoted cell: where its content ends, and where the character behind it stands.
struct Quoted {
    end: usize,
    escaped: bool,
    next: usize,
}

/// The position behind the line break at `pos`, if there is one.
pub(in crate::io) fn pass_line_break(bytes: &[u8], pos: usize) -> usize {
    match bytes.get(pos..) {
        Some([b'\r', b'\n', ..]) => pos + 2,
        Some([b'\r' | b'\n', ..]) => pos + 1,
        _ => pos,
    }
}

/// How characters that mean something else are escaped in cells.
#[derive(Clone, Copy, Debug)]
pub(in crate::io) enum Escapes {
    /// The quote is doubled.
    Doubled(u8),
    /// By backslashes, as in JSON.
    Json,
}

impl Escapes {
    /// Appends what a cell says.
    pub fn undo(self, raw: &[u8], out: &mut Vec<u8>) {
        match self {
            Escapes::Doubled(quote) => unescape(raw, quote, out),
            Escapes::Json => crate::io::json::unescape(raw, out),
        }
    }
}

/// What a cell says: doubled quotes become one; from a lone quote on everything is taken as it stands.
pub(in crate::io) fn unescape(raw: &[u8], quote: u8, out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(i) = memchr(quote, rest) {
        out.extend_from_slice(&rest[..i]);
        if rest.get(i + 1) != Some(&quote) {
            rest = &rest[i + 1..];
            break;
        }
        out.push(quote);
        rest = &rest[i + 2..];
    }
    out.extend_from_slice(rest);
}

/// A bit for each of 64 bytes from `at` that is one of the needles; bytes behind the end are none.
#[inline]
fn mask_at(bytes: &[u8], at: usize, needles: [u8; 4]) -> u64 {
    match bytes.get(at..).and_then(|b| b.first_chunk::<64>()) {
        Some(block) => mask64(block, needles),
        None => {
            let rest = bytes.get(at..).unwrap_or_default();
            let mut block = [0; 64];
            block[..rest.len()].copy_from_slice(rest);
            mask64(&block, needles)
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn mask64(block: &[u8; 64], needles: [u8; 4]) -> u64 {
    // SAFETY: what it needs, SSE2, belongs to every x86-64.
    unsafe { mask64_sse2(block, needles) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn mask64_sse2(block: &[u8; 64], needles: [u8; 4]) -> u64 {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8};
    let splat = |n: u8| _mm_set1_epi8(n as i8);
    let (a, b, c, d) = (splat(needles[0]), splat(needles[1]), splat(needles[2]), splat(needles[3]));
    let mut mask = 0;
    for (i, quarter) in block.as_chunks::<16>().0.iter().enumerate() {
        // SAFETY: sixteen bytes are there, and the load asks for no alignment.
        let x = unsafe { _mm_loadu_si128(quarter.as_ptr().cast()) };
        let ab = _mm_or_si128(_mm_cmpeq_epi8(x, a), _mm_cmpeq_epi8(x, b));
        let cd = _mm_or_si128(_mm_cmpeq_epi8(x, c), _mm_cmpeq_epi8(x, d));
        mask |= (_mm_movemask_epi8(_mm_or_si128(ab, cd)) as u16 as u64) << (16 * i);
    }
    mask
}

/// Eight bytes at a time in a plain register.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn mask64(block: &[u8; 64], needles: [u8; 4]) -> u64 {
    const LOW: u64 = 0x7F7F_7F7F_7F7F_7F7F;
    let mut mask = 0;
    for (i, eight) in block.as_chunks::<8>().0.iter().enumerate() {
        let x = u64::from_le_bytes(*eight);
        let mut found = 0;
        for n in needles {
            let t = x ^ (n as u64 * 0x0101_0101_0101_0101);
            // The top bit of each byte is set where the byte is zero: no carry crosses a byte.
            found |= !(((t & LOW) + LOW) | t | LOW);
        }
        mask |= ((found >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every record, its cells unescaped, with any width.
    fn records(text: &[u8], whole: bool) -> (Vec<Vec<Vec<u8>>>, Stop) {
        let dialect = Dialect::new(&CsvReadOptions::default());
        let t = Tokenizer { bytes: text, whole, dialect };
        let (mut out, mut pos, mut cells) = (Vec::new(), 0, Cells::new(0));
        loop {
            let stop = t.chunk(pos, text.len(), 1, &mut cells);
            if cells.rows == 1 {
                out.push(
                    cells
                        .cells
                        .iter()
                        .map(|c| {
                            let raw = &text[cells.base + c.start()..cells.base + c.end()];
                            let mut cell = Vec::new();
                            if c.is_escaped() {
                                unescape(raw, b'"', &mut cell)
                            } else {
                                cell.extend_from_slice(raw)
                            }
                            cell
                        })
                        .collect(),
                );
            }
            match stop {
                Stop::Full(p) => pos = p,
                _ => return (out, stop),
            }
        }
    }

    fn texts(text: &str) -> Vec<Vec<String>> {
        let (records, _) = records(text.as_bytes(), true);
        records.into_iter().map(|r| r.into_iter().map(|c| String::from_utf8(c).unwrap()).collect()).collect()
    }

    #[test]
    fn quotes_hold_separators_line_breaks_and_quotes() {
        assert_eq!(texts("a,\"b,\nc\",\"d\"\"e\"\r\nx,y\"z,\"p\"q\n"), [["a", "b,\nc", "d\"e"], ["x", "y\"z", "pq"]]);
        assert_eq!(texts("a\r\rb\n\n c"), [["a"], ["b"], [" c"]]);
        assert_eq!(records(b"a,\"b", true).1, Stop::Unclosed(2));
        assert_eq!(records(b"a\nb,\"c", false).1, Stop::Cut(2));
    }

    #[test]
    fn masks_find_every_needle() {
        for at in 0..64 {
            for n in [b',', b'"', b'\n', b'\r', 0x80, 0xFF] {
                let mut block = [b'-'; 64];
                block[at] = n;
                assert_eq!(mask64(&block, [n, b';', b';', b';']), 1 << at);
            }
        }
    }

    proptest! {
        /// The csv crate cuts the same records, blank lines and lines of spaces apart, which it counts differently.
        #[test]
        fn records_are_those_of_the_csv_crate(text in "([ab,\"\n\r]|\"\"|\r\n|[a-z]{1,70}|é){0,60}") {
            let blank = text.split(['\n', '\r']).any(|l| !l.is_empty() && l.trim().is_empty());
            let (ours, stop) = records(text.as_bytes(), true);
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let theirs: Vec<Vec<Vec<u8>>> =
                reader.byte_records().map(|r| r.unwrap().iter().map(<[u8]>::to_vec).collect()).collect();
            // The csv crate closes open quotes at the end, we say so.
            if !blank && !matches!(stop, Stop::Unclosed(_)) {
                prop_assert_eq!(ours, theirs, "{:?}", text);
            }
        }

        /// Wherever a view is cut, what comes before the cut is the same.
        #[test]
        fn cut_views_give_a_prefix(text in "([ab,\"\n\r]|\"\"){0,40}", cut in 0usize..40) {
            let cut = cut.min(text.len());
            let (all, _) = records(text.as_bytes(), true);
            let (some, _) = records(&text.as_bytes()[..cut], false);
            prop_assert!(all.starts_with(&some) , "{:?} {:?}", all, some);
        }
    }
}
