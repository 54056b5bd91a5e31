//! A table in one or several JSON texts.

use super::JsonReadOptions;
use super::build::{JsonBuilder, cell_of};
use super::cut::{Form, NO_TABLE, cut, next_record};
use super::keys::Keys;
use super::scan::{Fault, Scanner, unescape};
use super::shape::Mode;
use super::survey::{Block, ColumnSurvey, Part, ROWS, Reading, SPAN, Trouble};
use crate::dtype::DType;
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::io::csv::CsvReadOptions;
use crate::io::csv::columns::{Chunk, default_moment};
use crate::io::csv::infer::{Seen, Spelling};
use crate::io::csv::source::wrong_cell;
use crate::io::csv::survey::{Want, not_utf8};
use crate::io::csv::tokenize::{Cell, Cells, Escapes};
use crate::io::text::{Text, TextInput};
use crate::store::{Batch, BatchIter, Budget, Field, ScanRequest, Schema, TableSource};
use hashbrown::HashMap;
use indexmap::{IndexMap, IndexSet};
use rayon::prelude::*;
use std::sync::Arc;

/// JSON texts as one table: their records one after the other, columns matched by name, types of all of them together.
///
/// Opening reads every text once, in parallel: columns (in order of first appearance), types and the number of rows are known from
/// then on. Members of objects in objects are columns `a.b`; lists of one type are lists; objects in lists, and lists beside other
/// values, stay JSON text; values of several types are text. Scanning a part reads it again and holds nothing but its columns.
#[derive(Debug)]
pub struct JsonSource {
    files: Vec<OneFile>,
    how: Arc<Reading>,
    names: IndexSet<String>,
    modes: Vec<Mode>,
    /// Which columns are read with the format that the user gives for dates.
    formatted: Vec<bool>,
    schema: Arc<Schema>,
    /// Which file, and which part of it.
    parts: Vec<(usize, Part)>,
    notices: Notices,
}

#[derive(Debug)]
struct OneFile {
    text: Text,
    form: Form,
    /// In an object of arrays, which of them holds each column of the table.
    columns: Vec<Option<usize>>,
}

impl JsonSource {
    /// Opens the texts and makes the first pass over them.
    ///
    /// # Errors
    /// What the system refuses; not found, for a column that options name; parse, for what is no JSON or no table, and for values that
    /// do not read as options say, with file, line and byte.
    pub fn open(inputs: Vec<TextInput>, options: &JsonReadOptions, budget: &Budget) -> Result<JsonSource> {
        let how = Arc::new(reading(options)?);
        let step = options.part_bytes.unwrap_or_else(|| (budget.limit() / 64).clamp(256 * 1024, 4 << 20));
        let mut all: IndexMap<String, ColumnSurvey> = IndexMap::new();
        let (mut files, mut parts) = (Vec::new(), Vec::new());
        for (i, input) in inputs.into_iter().enumerate() {
            let text = Text::open(input, options.encoding.as_deref(), options.sample.unwrap_or(usize::MAX))?;
            let bytes = text.bytes();
            let cuts = cut(bytes, options.layout, text.whole, step).map_err(|f| told(&text, f))?;
            let blocks: Vec<Result<Block, Trouble>> = match &cuts.form {
                Form::Columns(columns) => vec![survey_columns(&text, columns, &how)],
                form => cuts.blocks.par_iter().map(|&block| how.survey(bytes, form, block)).collect(),
            };
            for block in blocks {
                let block = block.map_err(|e| troubled(&text, e))?;
                for (name, survey) in block.columns {
                    if let Some(wrong) = survey.wrong {
                        return Err(refuse_wrong(&text, &name, wrong, &how, options));
                    }
                    match all.get_mut(&name) {
                        Some(known) => known.add(&survey),
                        None => {
                            all.insert(name, survey);
                        }
                    }
                }
                parts.extend(block.parts.into_iter().filter(|p| p.rows > 0).map(|p| (i, p)));
            }
            files.push(OneFile { text, form: cuts.form, columns: Vec::new() });
        }
        let Some(first) = files.first() else { return Err(Error::invalid("no input")) };
        let place = if files.len() == 1 { Place::file(&first.text.name) } else { Place::default() };
        for name in options.parse_dates.iter().chain(options.dtypes.iter().map(|(n, _)| n)) {
            if !all.contains_key(name) {
                return Err(Error::not_found("column", name, all.keys().map(String::as_str)).at(place));
            }
        }
        let (mut fields, mut modes, mut formatted, mut notices) = (Vec::new(), Vec::new(), Vec::new(), Notices::new());
        for (name, survey) in &all {
            let (dtype, mode) = typed(name, survey, how.wants.get(name), &place, &mut notices)?;
            fields.push(Field::new(name.clone(), dtype));
            modes.push(mode);
            formatted.push(how.wants.contains_key(name));
        }
        let names: IndexSet<String> = all.into_keys().collect();
        for file in &mut files {
            if let Form::Columns(columns) = &file.form {
                let there: Vec<Option<usize>> =
                    columns.iter().map(|(key, escaped, _)| names.get_index_of(&name_of(&file.text, key, *escaped))).collect();
                file.columns = (0..names.len()).map(|c| there.iter().position(|t| *t == Some(c))).collect();
            }
        }
        Ok(JsonSource { files, how, names, modes, formatted, schema: Arc::new(Schema::new(fields)), parts, notices })
    }

    /// Whether all of every input was looked at: no [`JsonReadOptions::sample`] ended before the end.
    pub fn is_whole(&self) -> bool {
        self.files.iter().all(|f| f.text.whole)
    }
}

fn reading(options: &JsonReadOptions) -> Result<Reading> {
    let csv = CsvReadOptions {
        missing: Some(Vec::new()),
        date_format: options.date_format.clone(),
        infer_dates: options.infer_dates,
        ..CsvReadOptions::default()
    };
    let spelling = Spelling::new(&csv)?;
    let given = options.missing.as_ref().map(|words| Spelling::new(&CsvReadOptions { missing: Some(words.clone()), ..csv }));
    let mut wants: HashMap<String, Want> = options.parse_dates.iter().map(|name| (name.clone(), Want::Dates)).collect();
    for (name, dtype) in &options.dtypes {
        JsonBuilder::new(dtype, false, 0).at_column(name)?;
        wants.insert(name.clone(), Want::Type(dtype.clone()));
    }
    Ok(Reading { spelling, given: given.transpose()?, wants })
}

/// The type of a column, and how its values become cells.
fn typed(name: &str, survey: &ColumnSurvey, want: Option<&Want>, place: &Place, notices: &mut Notices) -> Result<(DType, Mode)> {
    let mode = if survey.shape.is_raw() { Mode::Raw } else { Mode::Values };
    let here = || Place { column: Some(name.into()), ..place.clone() };
    Ok(match want {
        Some(Want::Type(dtype @ (DType::Str | DType::Categorical { .. }))) => (dtype.clone(), mode),
        Some(Want::Type(dtype)) => (dtype.clone(), Mode::Values),
        Some(Want::Dates) if survey.dates == Seen::NOTHING => (default_moment(), Mode::Values),
        Some(Want::Dates) => {
            let dtype = survey.dates.moment_dtype().ok_or_else(|| {
                Error::parse("times with and without a zone, or nanoseconds beyond their range, in one column")
                    .help("read the column as str")
                    .at(here())
            })?;
            (dtype, Mode::Values)
        }
        Some(Want::Infer) | None => {
            if mode == Mode::Raw {
                notices.warn("objects in lists, or lists beside other values, are kept as JSON text", here());
            } else if survey.shape.is_mixed() {
                notices.warn("values of several types are read as text", here());
            }
            (survey.shape.dtype(), mode)
        }
    })
}

fn name_of(text: &Text, key: &std::ops::Range<usize>, escaped: bool) -> String {
    let raw = &text.bytes()[key.clone()];
    let mut plain = Vec::new();
    if escaped {
        unescape(raw, &mut plain)
    } else {
        plain.extend_from_slice(raw)
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// Surveys an object of arrays.
fn survey_columns(text: &Text, columns: &[(std::ops::Range<usize>, bool, usize)], how: &Reading) -> Result<Block, Trouble> {
    let surveys: Vec<_> = columns
        .par_iter()
        .map(|(key, escaped, open)| {
            let name = name_of(text, key, *escaped);
            let survey = how.survey_column(text.bytes(), &name, *open);
            (name, survey)
        })
        .collect();
    let mut block = Block { parts: Vec::new(), columns: IndexMap::new() };
    let mut first: Option<(String, u64)> = None;
    for ((name, survey), (key, ..)) in surveys.into_iter().zip(columns) {
        let (survey, starts, rows) = survey?;
        let (other, count) = first.get_or_insert_with(|| (name.clone(), rows));
        if *count != rows {
            let message = format!("{other:?} has {count} values, {name:?} has {rows}");
            return Err(Trouble::Other(Error::shape(message).help(HOW_TABLES_LOOK).at(text.place(key.start))));
        }
        for (i, start) in starts.into_iter().enumerate() {
            if i == block.parts.len() {
                let rows = (rows - (i * ROWS) as u64).min(ROWS as u64);
                block.parts.push(Part { start, end: start, rows, starts: Vec::new() });
            }
            block.parts[i].starts.push(start);
        }
        if block.columns.insert(name, survey).is_some() {
            return Err(Fault { at: key.start, what: "a name stands twice in one record" }.into());
        }
    }
    // About how many bytes each part is.
    let all = text.bytes().len() / block.parts.len().max(1);
    block.parts.iter_mut().for_each(|p| p.end = p.start + all);
    Ok(block)
}

const HOW_TABLES_LOOK: &str = "a table is an array of records, [{\"a\": 1}, ..], or an object of arrays of one length, {\"a\": [1, ..]}; \
     pandas writes it with df.to_json(orient=\"records\")";

/// A fault as an error, with line and byte.
fn told(text: &Text, fault: Fault) -> Error {
    let place = Place { byte: Some(fault.at as u64), ..text.place(fault.at) };
    let e = Error::parse(fault.what).at(place);
    match fault.what {
        "a record does not end on its line" | "text behind the record" => {
            e.help("each line holds one record; --from json reads records over several lines, in one array")
        }
        "a record in braces is expected" if fault.at == blanks(text) && text.bytes().get(fault.at) == Some(&b'[') => {
            e.help("--from json reads an array of records")
        }
        "neither an array of records nor an object of arrays" | "a record in braces is expected" => e.help(HOW_TABLES_LOOK),
        NO_TABLE => e.help(format!("{HOW_TABLES_LOOK}; --from jsonl reads one object as one record")),
        "a second value in one JSON text" => e.help("write the records in one array, or one on each line (jsonl)"),
        "a name stands twice in one record" => e.help("name the members of a record differently: only one of them could be kept"),
        _ => e,
    }
}

/// How many blanks the text begins with.
fn blanks(text: &Text) -> usize {
    text.bytes().len() - text.bytes().trim_ascii_start().len()
}

fn troubled(text: &Text, trouble: Trouble) -> Error {
    match trouble {
        Trouble::Fault(fault) => told(text, fault),
        Trouble::Bytes(at) => not_utf8(text, at),
        Trouble::Other(e) => e.at(Place::file(&text.name)),
    }
}

fn refuse_wrong(text: &Text, name: &str, wrong: crate::io::csv::columns::Wrong, how: &Reading, options: &JsonReadOptions) -> Error {
    let what = match (how.wants.get(name), &options.date_format) {
        (Some(Want::Type(dtype)), None) => dtype.to_string(),
        (Some(Want::Type(dtype)), _) if !dtype.is_temporal() => dtype.to_string(),
        (_, Some(format)) => format!("a date like {format:?}"),
        _ => "a date or time".to_string(),
    };
    let help = "name what is missing with --missing, or read the column as str";
    wrong_cell(text, wrong, &what).help(help).at(Place::column(name))
}

impl TableSource for JsonSource {
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

    fn part_rows(&self, part: usize) -> Option<u64> {
        self.parts.get(part).map(|(_, p)| p.rows)
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
        // Values are at most about as wide as a view for each value and row, and texts are copied.
        let values = (part.rows as usize).saturating_mul(columns.len()).saturating_mul(17);
        let booked = request.budget.reserve(values.saturating_add(part.end - part.start), "a part of a JSON text")?;
        let file = &self.files[*file];
        let batch = self.read(file, part, &columns, &schema)?;
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

/// A missing value.
const NOTHING: fn() -> Cell = || Cell::new(0, 0, false, false);

impl JsonSource {
    fn read(&self, file: &OneFile, part: &Part, columns: &[usize], schema: &Arc<Schema>) -> Result<Batch> {
        let mut builders = Vec::with_capacity(columns.len());
        for (&c, field) in columns.iter().zip(&schema.fields) {
            builders.push(JsonBuilder::new(&field.dtype, self.formatted[c], part.rows as usize)?);
        }
        let rows = match &file.form {
            Form::Columns(arrays) => self.read_columns(file, arrays, part, columns, &mut builders),
            form => self.read_records(file, form, part, columns, &mut builders),
        };
        let changed = "the file was changed while it was read";
        if rows.map_err(|f| told(&file.text, f).help(changed))? != part.rows {
            return Err(Error::format("another number of rows than before").help(changed).at(Place::file(&file.text.name)));
        }
        let mut out = Vec::with_capacity(columns.len());
        for (builder, field) in builders.into_iter().zip(&schema.fields) {
            if let Some(wrong) = builder.wrong() {
                return Err(wrong_cell(&file.text, wrong, &field.dtype.to_string()).help(changed).at(Place::column(&field.name)));
            }
            out.push(builder.finish().at(|| Place { column: Some(field.name.clone()), ..Place::file(&file.text.name) })?);
        }
        Batch::with_rows(schema.clone(), out, part.rows as usize)
    }

    fn chunk<'a>(&'a self, bytes: &'a [u8], cells: &'a Cells) -> Chunk<'a> {
        Chunk { bytes, cells, spelling: &self.how.spelling, escapes: Escapes::Json }
    }

    fn read_records(
        &self,
        file: &OneFile,
        form: &Form,
        part: &Part,
        columns: &[usize],
        builders: &mut [JsonBuilder],
    ) -> Result<u64, Fault> {
        let bytes = file.text.bytes();
        let given = self.how.given.as_ref();
        let mut s = Scanner { bytes: &bytes[..part.end], pos: part.start, lines: *form == Form::Lines };
        let mut keys = Keys::known(&self.names);
        let mut slots: Vec<Option<usize>> = vec![None; self.names.len()];
        columns.iter().enumerate().for_each(|(slot, &c)| slots[c] = Some(slot));
        let width = columns.len();
        let at_a_time = Cells::rows_at_a_time(width);
        let mut cells = Cells::new(width);
        let mut rows = 0;
        let mut fill = |cells: &mut Cells| {
            builders.iter_mut().enumerate().for_each(|(i, builder)| builder.fill(&self.chunk(bytes, cells), i, given));
            cells.cells.clear();
            cells.rows = 0;
        };
        while next_record(&mut s, form, rows == 0)? {
            if cells.rows == at_a_time || s.pos - cells.base > SPAN {
                fill(&mut cells);
            }
            if cells.rows == 0 {
                cells.base = s.pos;
            }
            let (row, base) = (cells.cells.len(), cells.base);
            cells.cells.resize(row + width, NOTHING());
            let mut long = None;
            keys.record(&mut s, &mut |column, _, value| {
                if let Some(slot) = slots[column] {
                    match value.end - base < 2 * SPAN - 1 {
                        true => cells.cells[row + slot] = cell_of(bytes, &value, base, self.modes[column], given),
                        false => long = Some(Fault { at: base, what: "a record longer than 1 GB" }),
                    }
                }
            })?;
            if let Some(fault) = long {
                return Err(fault);
            }
            cells.rows += 1;
            rows += 1;
        }
        fill(&mut cells);
        Ok(rows)
    }

    fn read_columns(
        &self,
        file: &OneFile,
        arrays: &[(std::ops::Range<usize>, bool, usize)],
        part: &Part,
        columns: &[usize],
        builders: &mut [JsonBuilder],
    ) -> Result<u64, Fault> {
        let bytes = file.text.bytes();
        let given = self.how.given.as_ref();
        let mut cells = Cells::new(1);
        for (&c, builder) in columns.iter().zip(builders) {
            let start = file.columns[c].filter(|&i| i < arrays.len()).and_then(|i| part.starts.get(i).copied());
            let mut s = Scanner { bytes, pos: start.unwrap_or(0), lines: false };
            let mut fill = |cells: &mut Cells| {
                cells.rows = cells.cells.len();
                builder.fill(&self.chunk(bytes, cells), 0, given);
                cells.cells.clear();
            };
            for row in 0..part.rows {
                if cells.cells.len() == 4096 || !cells.cells.is_empty() && s.pos - cells.base > SPAN {
                    fill(&mut cells);
                }
                if cells.cells.is_empty() {
                    cells.base = s.pos;
                }
                if start.is_none() {
                    cells.cells.push(NOTHING());
                    continue;
                }
                if row > 0 {
                    s.skip_blank();
                    s.pass(b',', "a comma is expected")?;
                }
                let value = s.value(1)?;
                if value.end - cells.base >= 2 * SPAN - 1 {
                    return Err(Fault { at: value.start, what: "a value longer than 1 GB" });
                }
                cells.cells.push(cell_of(bytes, &value, cells.base, self.modes[c], given));
            }
            fill(&mut cells);
        }
        Ok(part.rows)
    }
}
