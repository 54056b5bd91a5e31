//! The first pass: records, bad lines and what columns look like, in parallel blocks.
//!
//! A block cannot know whether it begins inside quotes. It guesses where its first record begins; afterwards the end of each
//! block is compared with the beginning of the next, and a block that guessed wrong is surveyed again from the right place. So
//! the result is exact, and the guess only decides how long it takes.

use super::columns::{Builder, Chunk, Wrong};
use super::infer::{Seen, Spelling, classify_moment, is_short_integer};
use super::tokenize::{BadLine, Cells, Dialect, Escapes, Stop, Tokenizer, pass_line_break};
use crate::dtype::DType;
use crate::error::{Error, Place, Result};
use crate::io::text::{Text, line_breaks};
use memchr::{memchr, memchr2};
use rayon::prelude::*;

/// What is wanted of a column.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::io) enum Want {
    /// The type of its cells.
    Infer,
    /// Dates or times, whichever they are.
    Dates,
    /// This type.
    Type(DType),
}

/// What one input is cut by.
pub(super) struct Plan<'a> {
    pub text: &'a Text,
    pub dialect: Dialect,
    pub spelling: &'a Spelling,
    /// One per column of the file.
    pub wants: &'a [Want],
    /// Where the first record behind the header begins.
    pub start: usize,
    pub part_bytes: usize,
}

/// Some whole records.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub start: usize,
    pub end: usize,
    pub rows: u64,
}

/// What is known of an input after the first pass.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub parts: Vec<Part>,
    pub seen: Vec<Seen>,
    pub wrong: Vec<Option<Wrong>>,
    pub bad: Vec<BadLine>,
    /// Bad lines beyond those listed.
    pub more_bad: u64,
}

/// As many bad lines as are listed one by one.
const LISTED: usize = 100;

struct Block {
    part: Part,
    stop: Stop,
    seen: Vec<Seen>,
    wrong: Vec<Option<Wrong>>,
    bad: Vec<BadLine>,
    more_bad: u64,
    /// The first byte that is no UTF-8.
    broken: Option<usize>,
}

impl Plan<'_> {
    /// Goes through the whole text.
    ///
    /// # Errors
    /// Parse, for bytes that are no UTF-8 and for quotes that do not close.
    pub fn survey(&self) -> Result<Survey> {
        let n = self.text.bytes().len();
        let step = self.part_bytes.max(1);
        let count = (n - self.start.min(n)).div_ceil(step);
        let limit = |k: usize| if k + 1 == count { n } else { self.start + (k + 1) * step };
        let guess = |k: usize| if k == 0 { self.start } else { self.guess(self.start + k * step) };
        let blocks: Result<Vec<Block>> = (0..count)
            .into_par_iter()
            .map(|k| {
                // A wrong guess could run to the end of the file; it is given up not far behind the block.
                let view = if k == 0 { n } else { n.min(limit(k).saturating_add(4 * step)) };
                self.block(guess(k), limit(k), view)
            })
            .collect();
        let mut survey = Survey { seen: vec![Seen::NOTHING; self.wants.len()], wrong: vec![None; self.wants.len()], ..Survey::default() };
        let mut expected = self.start;
        for (k, block) in blocks?.into_iter().enumerate() {
            let fits = block.part.start == expected && matches!(block.stop, Stop::Limit(_));
            let block = if fits { block } else { self.block(expected, limit(k), n)? };
            expected = block.part.end;
            survey.add(block, self.text)?;
            if expected >= n {
                break;
            }
        }
        Ok(survey)
    }

    fn tokenizer(&self, view: usize) -> Tokenizer<'_> {
        let bytes = self.text.bytes();
        Tokenizer { bytes: &bytes[..view], whole: view == bytes.len() && self.text.whole, dialect: self.dialect }
    }

    /// Surveys the records that begin in `start .. limit`.
    fn block(&self, start: usize, limit: usize, view: usize) -> Result<Block> {
        let width = self.wants.len();
        let tokenizer = self.tokenizer(view);
        let bytes = tokenizer.bytes;
        let mut cells = Cells::new(width);
        let mut block = Block {
            part: Part { start, end: start, rows: 0 },
            stop: Stop::Limit(start),
            seen: vec![Seen::NOTHING; width],
            wrong: vec![None; width],
            bad: Vec::new(),
            more_bad: 0,
            broken: None,
        };
        if start >= limit {
            return Ok(block);
        }
        let mut checks = Vec::with_capacity(width);
        for want in self.wants {
            checks.push(match want {
                // Any text is text.
                Want::Type(DType::Str | DType::Categorical { .. }) | Want::Infer | Want::Dates => None,
                Want::Type(dtype) => Some(Builder::new(dtype, true, 0)?),
            });
        }
        let rows = Cells::rows_at_a_time(width);
        let mut pos = start;
        loop {
            let stop = tokenizer.chunk(pos, limit, rows, &mut cells);
            block.part.rows += cells.rows as u64;
            let room = LISTED.saturating_sub(block.bad.len()).min(cells.bad.len());
            block.bad.extend_from_slice(&cells.bad[..room]);
            block.more_bad += (cells.bad.len() - room) as u64;
            let chunk = Chunk { bytes, cells: &cells, spelling: self.spelling, escapes: Escapes::Doubled(self.dialect.quote) };
            for (c, check) in checks.iter_mut().enumerate() {
                match (&self.wants[c], check) {
                    (Want::Infer, _) if !block.seen[c].is_text() => look(&chunk, c, &mut block.seen[c]),
                    (Want::Dates, _) => look_for_dates(&chunk, c, &mut block.seen[c], &mut block.wrong[c]),
                    (_, Some(builder)) => {
                        builder.fill(&chunk, c);
                        builder.clear()?;
                    }
                    _ => {}
                }
            }
            (pos, block.stop) = match stop {
                Stop::Full(p) => (p, stop),
                // Where the text itself is cut, a sample, what is cut off is not there.
                Stop::Cut(p) if view == self.text.bytes().len() && !self.text.whole => (p, Stop::Limit(p)),
                Stop::Limit(p) | Stop::Cut(p) | Stop::Unclosed(p) => (p, stop),
            };
            block.part.end = pos;
            if !matches!(stop, Stop::Full(_)) {
                break;
            }
        }
        for (wrong, check) in block.wrong.iter_mut().zip(checks) {
            if let Some(check) = check {
                *wrong = check.wrong;
            }
        }
        let seen = &bytes[start.min(view)..block.part.end.min(view)];
        if simdutf8::basic::from_utf8(seen).is_err() {
            let valid = std::str::from_utf8(seen).map_or_else(|e| e.valid_up_to(), str::len);
            block.broken = Some(start + valid);
        }
        Ok(block)
    }

    /// Where the first record at or behind `at` probably begins.
    fn guess(&self, at: usize) -> usize {
        let bytes = self.text.bytes();
        let outside = self.next_line(at - 1);
        if self.dialect.separator == super::Separator::Whitespace || self.looks_right(outside) {
            return outside;
        }
        // Perhaps `at` is inside quotes: look for where they close.
        let mut from = at;
        for _ in 0..4 {
            let Some(q) = bytes.get(from..).and_then(|b| memchr(self.dialect.quote, b)).map(|i| from + i) else { break };
            let closes = match (self.dialect.separator, bytes.get(q + 1)) {
                (super::Separator::Char(c), Some(&b)) => b == c || b == b'\n' || b == b'\r',
                _ => false,
            };
            if closes {
                // The rest of the record, from the separator on, is cut as if it were a record.
                let mut cells = Cells::new(0);
                if let Stop::Full(p) | Stop::Limit(p) = self.tokenizer(bytes.len()).chunk(q + 1, bytes.len(), 1, &mut cells)
                    && self.looks_right(p)
                {
                    return p;
                }
            }
            from = q + if bytes.get(q + 1) == Some(&self.dialect.quote) { 2 } else { 1 };
        }
        outside
    }

    fn next_line(&self, from: usize) -> usize {
        let bytes = self.text.bytes();
        match memchr2(b'\n', b'\r', &bytes[from..]) {
            Some(i) => pass_line_break(bytes, from + i),
            None => bytes.len(),
        }
    }

    /// Whether some records from here have as many cells as there are columns.
    fn looks_right(&self, at: usize) -> bool {
        let n = self.text.bytes().len();
        let mut cells = Cells::new(0);
        let view = n.min(at + 64 * 1024);
        self.tokenizer(view).chunk(at, view, 4, &mut cells);
        cells.rows > 0 && cells.cells.len() == cells.rows * self.wants.len()
    }
}

impl Survey {
    fn add(&mut self, block: Block, text: &Text) -> Result<()> {
        if let Some(at) = block.broken {
            return Err(not_utf8(text, at));
        }
        match block.stop {
            Stop::Unclosed(quote) => {
                return Err(Error::parse("quotes open and do not close")
                    .help("mend the line, or read quotes as plain characters with --quote ''")
                    .at(text.place(quote)));
            }
            Stop::Cut(p) => return Err(Error::unsupported("a record longer than 2 GB").at(text.place(p))),
            Stop::Full(_) | Stop::Limit(_) => {}
        }
        self.seen.iter_mut().zip(&block.seen).for_each(|(a, b)| a.add(*b));
        for (all, new) in self.wrong.iter_mut().zip(block.wrong) {
            match (all.as_mut(), new) {
                (Some(a), Some(b)) => a.count += b.count,
                (None, b) => *all = b,
                _ => {}
            }
        }
        let room = LISTED.saturating_sub(self.bad.len()).min(block.bad.len());
        self.more_bad += block.more_bad + (block.bad.len() - room) as u64;
        self.bad.extend_from_slice(&block.bad[..room]);
        if block.part.rows > 0 {
            self.parts.push(block.part);
        }
        Ok(())
    }

    /// The lines of the bad ones that are listed.
    pub fn bad_lines(&self, text: &Text) -> Vec<u64> {
        let (mut line, mut from) = (1, 0);
        let lines = self.bad.iter().map(|b| {
            line += line_breaks(&text.bytes()[from..b.offset]);
            from = b.offset;
            line
        });
        lines.collect()
    }
}

/// The error for a byte that is no UTF-8.
pub(in crate::io) fn not_utf8(text: &Text, at: usize) -> Error {
    let byte = text.bytes().get(at).copied().unwrap_or_default();
    Error::parse(format!("the byte 0x{byte:02x} is no UTF-8 text"))
        .help("say the encoding with --encoding, such as --encoding windows-1252")
        .at(Place { byte: None, ..text.place(at) })
}

/// Notes what the cells of a column are, until one is text.
fn look(chunk: &Chunk, column: usize, seen: &mut Seen) {
    let text = chunk.text();
    let mut any_short = false;
    let mut scratch = Vec::new();
    for cell in chunk.column(column) {
        let length = cell.end() - cell.start();
        let tail = &text[cell.start()..];
        if is_short_integer(tail, length) && !chunk.spelling.missing.may_begin(tail[0]) {
            any_short = true;
            continue;
        }
        let mut plain = &tail[..length];
        if cell.is_escaped() {
            scratch.clear();
            chunk.escapes.undo(plain, &mut scratch);
            plain = &scratch;
        }
        seen.add(chunk.spelling.classify(plain, cell.is_quoted()));
        if seen.is_text() {
            return;
        }
    }
    if any_short {
        seen.add(Seen::INT);
    }
}

/// The same for a column that is said to be dates.
fn look_for_dates(chunk: &Chunk, column: usize, seen: &mut Seen, wrong: &mut Option<Wrong>) {
    let text = chunk.text();
    for cell in chunk.column(column) {
        let plain = &text[cell.start()..cell.end()];
        if chunk.spelling.missing.has(plain) {
            continue;
        }
        let what = chunk.spelling.dates.read(plain).map(|m| classify_moment(&m)).filter(|s| !s.is_text());
        match what {
            Some(s) => seen.add(s),
            None => super::columns::note(wrong, chunk.cells.base + cell.start(), plain.len()),
        }
    }
}
