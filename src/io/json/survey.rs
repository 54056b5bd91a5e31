//! The first pass: columns, types and faults, block by block in parallel.

use super::build::{JsonBuilder, cell_of};
use super::cut::{Form, next_record};
use super::keys::Keys;
use super::scan::{Fault, Kind, Scanner, Value, unescape};
use super::shape::{Mode, Shape};
use crate::dtype::DType;
use crate::error::Result;
use crate::io::csv::columns::{Chunk, Wrong, note};
use crate::io::csv::infer::{Seen, Spelling, classify_moment};
use crate::io::csv::survey::Want;
use crate::io::csv::tokenize::{Cells, Escapes};
use hashbrown::HashMap;
use indexmap::IndexMap;

/// How values are read, whatever the column.
#[derive(Debug)]
pub(super) struct Reading {
    /// Dates; nothing is missing but the empty cell.
    pub spelling: Spelling,
    /// Words that mean missing, where the user gives some.
    pub given: Option<Spelling>,
    /// What options say of columns.
    pub wants: HashMap<String, Want>,
}

/// What is known of a column after the first pass.
#[derive(Debug, Default)]
pub(super) struct ColumnSurvey {
    pub shape: Shape,
    /// What was seen in a column that is said to be dates.
    pub dates: Seen,
    pub wrong: Option<Wrong>,
    /// Only dates and times are meant.
    dates_only: bool,
    check: Option<Check>,
}

/// Cells of a column whose type is given, read to see whether they can be.
#[derive(Debug)]
struct Check {
    dtype: DType,
    cells: Cells,
}

/// Some whole records.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub start: usize,
    pub end: usize,
    pub rows: u64,
    /// In an object of arrays, where the first of the values stands in each.
    pub starts: Vec<usize>,
}

/// What a block holds.
#[derive(Debug)]
pub(super) struct Block {
    pub parts: Vec<Part>,
    pub columns: IndexMap<String, ColumnSurvey>,
}

/// What can be wrong with a block.
#[derive(Debug)]
pub(super) enum Trouble {
    Fault(Fault),
    /// The first byte that is no UTF-8.
    Bytes(usize),
    Other(crate::error::Error),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Trouble {
        Trouble::Fault(fault)
    }
}

/// Values that are checked at a time.
const CHECKED: usize = 4096;
/// Rows of a part of an object of arrays.
pub(super) const ROWS: usize = 32 * 1024;
/// Positions in a chunk of cells count in less than 31 bits.
pub(super) const SPAN: usize = 1 << 30;

impl Reading {
    /// Surveys the records of a block.
    pub fn survey(&self, bytes: &[u8], form: &Form, (start, end): (usize, usize)) -> Result<Block, Trouble> {
        let mut s = Scanner { bytes: &bytes[..end], pos: start, lines: *form == Form::Lines };
        check_utf8(bytes, start, end)?;
        let mut keys = Keys::new();
        let mut columns: Vec<ColumnSurvey> = Vec::new();
        let mut rows = 0;
        while next_record(&mut s, form, rows == 0)? {
            let record = s.pos;
            let mut trouble = None;
            keys.record(&mut s, &mut |column, name, value| {
                if column >= columns.len() {
                    columns.push(ColumnSurvey::new(self.wants.get(name)));
                }
                if let Err(e) = columns[column].look(bytes, &value, record, self) {
                    trouble.get_or_insert(e);
                }
            })?;
            if let Some(e) = trouble {
                return Err(Trouble::Other(e));
            }
            rows += 1;
        }
        for column in &mut columns {
            column.check(bytes, self).map_err(Trouble::Other)?;
        }
        let part = Part { start, end, rows, starts: Vec::new() };
        Ok(Block { parts: vec![part], columns: keys.names.into_iter().zip(columns).collect() })
    }

    /// Surveys one array of an object of arrays. A part begins at every [`ROWS`]-th value.
    pub fn survey_column(&self, bytes: &[u8], name: &str, open: usize) -> Result<(ColumnSurvey, Vec<usize>, u64), Trouble> {
        let mut s = Scanner { bytes, pos: open, lines: false };
        let mut column = ColumnSurvey::new(self.wants.get(name));
        let (mut starts, mut rows) = (Vec::new(), 0);
        s.pass(b'[', "an array is expected")?;
        if s.peek() != b']' {
            loop {
                if rows % ROWS as u64 == 0 {
                    starts.push(s.pos);
                }
                let start = s.pos;
                let value = s.value(1)?;
                column.look(bytes, &value, start, self).map_err(Trouble::Other)?;
                rows += 1;
                s.skip_blank();
                if s.peek() != b',' {
                    break;
                }
                s.pass(b',', "")?;
            }
        }
        if s.peek() != b']' {
            s.fault("a comma or the end of the array is expected")?;
        }
        check_utf8(bytes, open, s.pos)?;
        column.check(bytes, self).map_err(Trouble::Other)?;
        Ok((column, starts, rows))
    }
}

fn check_utf8(bytes: &[u8], start: usize, end: usize) -> Result<(), Trouble> {
    match simdutf8::basic::from_utf8(&bytes[start..end]) {
        Ok(_) => Ok(()),
        Err(_) => Err(Trouble::Bytes(start + std::str::from_utf8(&bytes[start..end]).map_or_else(|e| e.valid_up_to(), str::len))),
    }
}

impl ColumnSurvey {
    fn new(want: Option<&Want>) -> ColumnSurvey {
        let check = match want {
            // Any value is text.
            None | Some(Want::Infer | Want::Dates | Want::Type(DType::Str | DType::Categorical { .. })) => None,
            Some(Want::Type(dtype)) => Some(Check { dtype: dtype.clone(), cells: Cells::new(1) }),
        };
        ColumnSurvey { dates_only: matches!(want, Some(Want::Dates)), check, ..ColumnSurvey::default() }
    }

    /// Notes a value of the record that begins at `record`.
    #[inline]
    fn look(&mut self, bytes: &[u8], value: &Value, record: usize, how: &Reading) -> Result<()> {
        if how.given.as_ref().is_some_and(|s| value.start < value.end && s.missing.has(&bytes[value.start..value.end])) {
            self.shape.look(bytes, &Value { kind: Kind::Null, ..*value }, &how.spelling);
            return Ok(());
        }
        if self.dates_only {
            self.look_for_dates(bytes, value, how);
        } else if let Some(check) = &mut self.check {
            let full = check.cells.cells.len() >= CHECKED || value.end.saturating_sub(check.cells.base) > SPAN;
            if full {
                self.check(bytes, how)?;
            }
            if let Some(Check { cells, .. }) = &mut self.check {
                if cells.cells.is_empty() {
                    cells.base = record;
                }
                cells.cells.push(cell_of(bytes, value, cells.base, Mode::Values, None));
            }
        }
        self.shape.look(bytes, value, &how.spelling);
        Ok(())
    }

    #[cold]
    fn look_for_dates(&mut self, bytes: &[u8], value: &Value, how: &Reading) {
        let mut text = Vec::new();
        match value.kind {
            Kind::Null => return,
            Kind::Text => unescape(&bytes[value.start..value.end], &mut text),
            _ => text.extend_from_slice(&bytes[value.start..value.end]),
        }
        let what = how.spelling.dates.read(&text).map(|m| classify_moment(&m)).filter(|s| !s.is_text());
        match what {
            Some(seen) => self.dates.add(seen),
            None => note(&mut self.wrong, value.start, value.end - value.start),
        }
    }

    /// Reads the cells gathered as the type that is wanted.
    fn check(&mut self, bytes: &[u8], how: &Reading) -> Result<()> {
        let Some(Check { dtype, cells }) = &mut self.check else { return Ok(()) };
        cells.rows = cells.cells.len();
        let mut builder = JsonBuilder::new(dtype, true, cells.rows)?;
        builder.fill(&Chunk { bytes, cells, spelling: &how.spelling, escapes: Escapes::Json }, 0, how.given.as_ref());
        cells.cells.clear();
        self.add_wrong(builder.wrong());
        Ok(())
    }

    fn add_wrong(&mut self, other: Option<Wrong>) {
        match (&mut self.wrong, other) {
            (Some(a), Some(b)) => a.count += b.count,
            (None, b) => self.wrong = b,
            _ => {}
        }
    }

    /// Adds what a later block showed.
    pub fn add(&mut self, other: &ColumnSurvey) {
        self.shape.add(&other.shape);
        self.dates.add(other.dates);
        self.add_wrong(other.wrong);
    }
}
