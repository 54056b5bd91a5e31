//! A table in one or several CSV files.

use super::columns::{Builder, Chunk, Wrong, default_moment};
use super::infer::{Seen, Spelling};
use super::survey::{Part, Plan, Survey, Want, not_utf8};
use super::tokenize::{Cells, Dialect, Escapes, Stop, Tokenizer, pass_line_break, unescape};
use super::{BadLines, CsvReadOptions, Header};
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::io::text::{Text, TextInput};
use crate::store::{Batch, BatchIter, Budget, Column, Field, ScanRequest, Schema, TableSource};
use hashbrown::{HashMap, HashSet};
use indexmap::IndexSet;
use std::sync::Arc;

/// Text files as one table: their rows one after the other, columns matched by name, types of all of them together.
///
/// Opening reads every file once, in parallel: types, the number of rows, bad lines and cells that do not read as they should
/// are known from then on. [`CsvReadOptions::sample`] bounds that. Scanning a part reads it again and holds nothing but its
/// columns; files are mapped, not held.
#[derive(Debug)]
pub struct CsvSource {
    files: Vec<Arc<OneFile>>,
    schema: Arc<Schema>,
    /// Which file, and which part of it.
    parts: Vec<(usize, Part)>,
    notices: Notices,
}

#[derive(Debug)]
struct OneFile {
    text: Text,
    dialect: Dialect,
    spelling: Spelling,
    names: Vec<String>,
    /// Where each column of the table is in the file.
    columns: Vec<Option<usize>>,
    /// Which columns of the table are read with the format that the user gives for dates.
    formatted: Vec<bool>,
}

impl CsvSource {
    /// Opens the files and makes the first pass over them.
    ///
    /// # Errors
    /// What the system refuses; invalid options; not found, for a column that options name; format, for a file that is empty or
    /// binary; parse, for wrong encodings, open quotes, bad lines and cells that do not read as options say, with file and line.
    pub fn open(inputs: Vec<TextInput>, options: &CsvReadOptions, budget: &Budget) -> Result<CsvSource> {
        options.check()?;
        let spelling = Spelling::new(options)?;
        let dialect = Dialect::new(options);
        let part_bytes = options.part_bytes.unwrap_or_else(|| (budget.limit() / 64).clamp(256 * 1024, 4 << 20));
        let mut opened = Vec::new();
        for input in inputs {
            let text = Text::open(input, options.encoding.as_deref(), options.sample.unwrap_or(usize::MAX))?;
            let (names, start) = header(&text, dialect, options)?;
            opened.push((text, names, start));
        }
        if opened.is_empty() {
            return Err(Error::invalid("no input"));
        }
        // Columns in order of first appearance.
        let all: IndexSet<String> = opened.iter().flat_map(|(_, names, _)| names.iter().cloned()).collect();
        let wants = wants(&all, options).map_err(|e| match opened.as_slice() {
            [(text, ..)] => e.at(Place::file(&text.name)),
            _ => e,
        })?;
        let mut seen = vec![Seen::NOTHING; all.len()];
        let (mut files, mut parts, mut notices) = (Vec::new(), Vec::new(), Notices::new());
        for (i, (text, names, start)) in opened.into_iter().enumerate() {
            let positions: Vec<usize> = names.iter().filter_map(|n| all.get_index_of(n)).collect();
            let file_wants: Vec<Want> = positions.iter().map(|&p| wants[p].clone()).collect();
            let plan = Plan { text: &text, dialect, spelling: &spelling, wants: &file_wants, start, part_bytes };
            let survey = plan.survey()?;
            refuse_bad_lines(&survey, &text, names.len(), options.bad_lines, &mut notices)?;
            refuse_wrong_cells(&survey, &text, &names, &file_wants, options)?;
            positions.iter().zip(&survey.seen).for_each(|(&p, s)| seen[p].add(*s));
            parts.extend(survey.parts.into_iter().map(|p| (i, p)));
            let mut columns = vec![None; all.len()];
            positions.iter().enumerate().for_each(|(i, &p)| columns[p] = Some(i));
            let formatted = wants.iter().map(|w| *w != Want::Infer).collect();
            files.push(Arc::new(OneFile { text, dialect, spelling: spelling.clone(), names, columns, formatted }));
        }
        let mut fields = Vec::new();
        for ((name, want), seen) in all.into_iter().zip(&wants).zip(seen) {
            let dtype = match want {
                Want::Infer => seen.dtype(),
                Want::Type(dtype) => dtype.clone(),
                Want::Dates if seen == Seen::NOTHING => default_moment(),
                Want::Dates => seen.moment_dtype().ok_or_else(|| {
                    Error::parse("times with and without a zone, or nanoseconds beyond their range, in one column")
                        .help("read the column as str")
                        .at(Place::column(&name))
                })?,
            };
            fields.push(Field::new(name, dtype));
        }
        Ok(CsvSource { files, schema: Arc::new(Schema::new(fields)), parts, notices })
    }

    /// Whether all of every input was looked at: no [`CsvReadOptions::sample`] ended before the end.
    pub fn is_whole(&self) -> bool {
        self.files.iter().all(|f| f.text.whole)
    }
}

/// A line of names may be this long.
const LONGEST_HEADER: usize = 16 << 20;

/// The columns' names, and where the first record behind them begins.
fn header(text: &Text, dialect: Dialect, options: &CsvReadOptions) -> Result<(Vec<String>, usize)> {
    let bytes = text.bytes();
    let mut pos = 0;
    for _ in 0..options.skip_rows {
        let line = memchr::memchr2(b'\n', b'\r', &bytes[pos..]).map_or(bytes.len(), |i| pos + i);
        pos = pass_line_break(bytes, line);
    }
    // What is no table may have no line break at all; its cells are not gathered.
    let view = bytes.len().min(pos.saturating_add(LONGEST_HEADER));
    let tokenizer = Tokenizer { bytes: &bytes[..view], whole: text.whole && view == bytes.len(), dialect };
    let mut cells = Cells::new(0);
    let next = match tokenizer.chunk(pos, bytes.len(), 1, &mut cells) {
        Stop::Full(p) | Stop::Limit(p) => p,
        Stop::Cut(p) if cells.rows > 0 => p,
        Stop::Cut(p) => {
            let message = format!("the first line is longer than {} bytes", view - p);
            return Err(Error::format(message).help("this may be no table, or --delimiter and --quote are others").at(text.place(p)));
        }
        Stop::Unclosed(p) => return Err(Error::parse("quotes open and do not close").at(text.place(p))),
    };
    if cells.rows == 0 {
        let what = if bytes.is_empty() { "the file is empty" } else { "the file has no line with columns" };
        let help = "a table needs at least a line with the names of its columns";
        return Err(Error::format(what).help(help).at(Place::file(&text.name)));
    }
    let count = cells.cells.len();
    let mut names = Vec::with_capacity(count);
    if options.header == Header::FirstLine {
        for cell in &cells.cells {
            let raw = &bytes[cells.base + cell.start()..cells.base + cell.end()];
            let mut name = Vec::new();
            if cell.is_escaped() {
                unescape(raw, dialect.quote, &mut name)
            } else {
                name.extend_from_slice(raw)
            }
            let name = String::from_utf8(name).map_err(|e| {
                let at = cells.base + cell.start() + e.utf8_error().valid_up_to();
                not_utf8(text, at)
            })?;
            names.push(name);
        }
    } else {
        names.resize(count, String::new());
    }
    if let Some(given) = &options.names {
        if given.len() < count {
            let message = format!("{} names for {count} columns", given.len());
            return Err(Error::invalid(message).help("--names needs a name for every column").at(Place::file(&text.name)));
        }
        names = given.clone();
    }
    // One record was cut to see how many columns there are; it is data if there is no header.
    Ok((unique(names), if options.header == Header::FirstLine { next } else { pos }))
}

/// Empty names become `column_3`, repeated ones `a.1`, `a.2`, without taking a name that another column has.
fn unique(names: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(names.len());
    let given: HashSet<&String> = names.iter().collect();
    let mut taken: HashSet<String> = HashSet::new();
    let mut next: HashMap<String, usize> = HashMap::new();
    for (i, name) in names.iter().enumerate() {
        let wanted = if name.is_empty() { format!("column_{}", i + 1) } else { name.clone() };
        let mut free = wanted.clone();
        let count = next.entry(wanted.clone()).or_insert(0);
        let invented = name.is_empty() && given.contains(&free);
        while taken.contains(&free) || (*count > 0 || invented) && given.contains(&free) {
            *count += 1;
            free = format!("{wanted}.{count}");
        }
        taken.insert(free.clone());
        out.push(free);
    }
    out
}

/// What options say of each column.
fn wants(names: &IndexSet<String>, options: &CsvReadOptions) -> Result<Vec<Want>> {
    let position =
        |name: &str| names.iter().position(|n| n == name).ok_or_else(|| Error::not_found("column", name, names.iter().map(String::as_str)));
    let mut wants = vec![Want::Infer; names.len()];
    for name in &options.parse_dates {
        wants[position(name)?] = Want::Dates;
    }
    for (name, dtype) in &options.dtypes {
        Builder::new(dtype, false, 0).at_column(name)?;
        wants[position(name)?] = Want::Type(dtype.clone());
    }
    Ok(wants)
}

fn lines(count: u64) -> String {
    format!("{count} {}", if count == 1 { "line" } else { "lines" })
}

fn refuse_bad_lines(survey: &Survey, text: &Text, width: usize, policy: BadLines, notices: &mut Notices) -> Result<()> {
    let Some(first) = survey.bad.first() else { return Ok(()) };
    let count = survey.bad.len() as u64 + survey.more_bad;
    match policy {
        BadLines::Error => {
            let more = match count - 1 {
                0 => String::new(),
                1 => " (1 more line has too many)".to_string(),
                n => format!(" ({n} more lines have too many)"),
            };
            return Err(Error::parse(format!("{} cells in a table of {width} columns{more}", first.cells))
                .help("--bad-lines skip leaves such lines out, --bad-lines report lists them too; see --delimiter and --quote")
                .at(text.place(first.offset)));
        }
        BadLines::Skip => notices.warn(format!("{} with more than {width} cells left out", lines(count)), Place::file(&text.name)),
        BadLines::Report => {
            for (bad, line) in survey.bad.iter().zip(survey.bad_lines(text)) {
                let place = Place { line: Some(line), ..Place::file(&text.name) };
                notices.warn(format!("line left out: {} cells instead of {width}", bad.cells), place);
            }
            if survey.more_bad > 0 {
                let message = format!("and {} with more than {width} cells left out", lines(survey.more_bad));
                notices.warn(message, Place::file(&text.name));
            }
        }
    }
    Ok(())
}

fn refuse_wrong_cells(survey: &Survey, text: &Text, names: &[String], wants: &[Want], options: &CsvReadOptions) -> Result<()> {
    let first = survey.wrong.iter().enumerate().filter_map(|(c, w)| w.map(|w| (c, w))).min_by_key(|(_, w)| w.offset);
    let Some((column, wrong)) = first else { return Ok(()) };
    let what = match (&wants[column], &options.date_format) {
        (Want::Type(dtype), None) => dtype.to_string(),
        (Want::Type(dtype), _) if !dtype.is_temporal() => dtype.to_string(),
        (_, Some(format)) => format!("a date like {format:?}"),
        _ => "a date or time".to_string(),
    };
    let others = match wrong.count - 1 {
        0 => "no other cell of the column does that".to_string(),
        1 => "neither does 1 other cell of the column".to_string(),
        n => format!("neither do {n} other cells of the column"),
    };
    let help = format!("{others}; name what is missing with --missing, or read the column as str");
    Err(wrong_cell(text, wrong, &what).help(help).at(Place::column(&names[column])))
}

pub(in crate::io) fn wrong_cell(text: &Text, wrong: Wrong, what: &str) -> Error {
    let cell = String::from_utf8_lossy(&text.bytes()[wrong.offset..wrong.offset + wrong.length]);
    let short: String = cell.chars().take(40).collect();
    let dots = if short.len() < cell.len() { "..." } else { "" };
    Error::parse(format!("{short:?}{dots} does not read as {what}")).at(text.place(wrong.offset))
}

impl TableSource for CsvSource {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.parts.iter().map(|(_, p)| p.rows).sum())
    }

    fn parts(&self) -> usize {
        self.parts.len()
    }

    fn part_bytes(&self, part: usize) -> u64 {
        self.parts.get(part).map_or(0, |(_, p)| (p.end - p.start) as u64)
    }

    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let Some((file, part)) = self.parts.get(part) else { return Err(Error::internal(format!("there is no part {part}"))) };
        let columns: Vec<usize> = match &request.columns {
            Some(columns) => columns.clone(),
            None => (0..self.schema.fields.len()).collect(),
        };
        let schema = match &request.columns {
            Some(columns) => Arc::new(self.schema.project(columns)),
            None => self.schema.clone(),
        };
        // Values are at most about as wide as a view for each cell, and texts are copied.
        let booked = request.budget.reserve(3 * (part.end - part.start), "a part of a text file")?;
        let batch = self.files[*file].read(part, &columns, &schema)?;
        let (rows, step) = (batch.rows(), request.batch_rows.max(1));
        let slices = (0..rows).step_by(step).map(move |at| {
            let _booked = &booked;
            Ok(batch.slice(at, step.min(rows - at)))
        });
        Ok(Box::new(slices))
    }

    fn notices(&self) -> Notices {
        self.notices.clone()
    }
}

impl OneFile {
    /// The rows of a part as columns.
    fn read(&self, part: &Part, columns: &[usize], schema: &Arc<Schema>) -> Result<Batch> {
        let bytes = self.text.bytes();
        let tokenizer = Tokenizer { bytes, whole: self.text.whole, dialect: self.dialect };
        let mut cells = Cells::new(self.names.len());
        let rows = Cells::rows_at_a_time(self.names.len());
        let mut builders = Vec::with_capacity(columns.len());
        for (&c, field) in columns.iter().zip(&schema.fields) {
            builders.push(match self.columns[c] {
                Some(position) => Some((position, Builder::new(&field.dtype, self.formatted[c], part.rows as usize)?)),
                None => None,
            });
        }
        let (mut pos, mut count) = (part.start, 0);
        loop {
            let stop = tokenizer.chunk(pos, part.end, rows, &mut cells);
            count += cells.rows;
            let chunk = Chunk { bytes, cells: &cells, spelling: &self.spelling, escapes: Escapes::Doubled(self.dialect.quote) };
            for (position, builder) in builders.iter_mut().flatten() {
                builder.fill(&chunk, *position);
            }
            match stop {
                Stop::Full(p) => pos = p,
                _ => break,
            }
        }
        let mut out = Vec::with_capacity(columns.len());
        for (builder, field) in builders.into_iter().zip(&schema.fields) {
            out.push(match builder {
                Some((_, builder)) => {
                    if let Some(wrong) = builder.wrong {
                        // The first pass has seen that this cannot be, so the file is not what it was.
                        let help = "the file was changed while it was read";
                        return Err(wrong_cell(&self.text, wrong, &field.dtype.to_string()).help(help).at(Place::column(&field.name)));
                    }
                    builder.finish().at(|| Place { column: Some(field.name.clone()), ..Place::file(&self.text.name) })?
                }
                None => Column::missing(field.dtype.clone(), count),
            });
        }
        Batch::with_rows(schema.clone(), out, count)
    }
}
