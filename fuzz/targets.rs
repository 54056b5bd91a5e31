//! What is fuzzed: each takes any bytes and must come back without a panic, soon, and without taking memory that the bytes do not call for.
//!
//! `cargo fuzz run NAME` (in `fuzz/`) drives them with coverage; `tests/errors/fuzzed.rs` runs them over the seeds and over mutations of
//! them that are the same every time, as part of the ordinary tests.

use hpda_data::io::chunked::undo_filter;
use hpda_data::io::csv::{BadLines, CsvReadOptions, CsvSource, Header, Separator};
use hpda_data::io::ipc::IpcSource;
use hpda_data::io::json::{JsonLayout, JsonReadOptions, JsonSource};
use hpda_data::io::netcdf::{self, NetcdfReadOptions};
use hpda_data::io::npz::{self, NpzReadOptions};
use hpda_data::io::parquet::ParquetSource;
use hpda_data::io::text::TextInput;
use hpda_data::io::{hdf5, npy};
use hpda_data::kernel::text::dates::DateReader;
use hpda_data::kernel::text::format::FloatFormat;
use hpda_data::kernel::text::{moment, scan};
use hpda_data::kernel::time::{Frequency, Offset, TimeUnits};
use hpda_data::ops::select::{parse_isel, parse_sel};
use hpda_data::store::{Budget, ScanRequest, TableSource};
use hpda_data::{DType, Dataset, Result};
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// Every target by the name of its folder of seeds.
pub const TARGETS: [(&str, Target); 17] = [
    ("csv", csv),
    ("types", types),
    ("jsonl", jsonl),
    ("json", json),
    ("expressions", expressions),
    ("sql", sql),
    ("scalars", scalars),
    ("units", units),
    ("selections", selections),
    ("arguments", arguments),
    ("npy", npy_file),
    ("npz", npz_file),
    ("arrow", arrow),
    ("parquet", parquet),
    ("classic", classic),
    ("filters", filters),
    ("hdf5", hdf5_file),
];

/// More than enough for inputs of some kB.
fn budget() -> Budget {
    Budget::new(256 << 20)
}

/// A file of these bytes, in memory where the system has such a place.
struct Temporary(PathBuf);

impl Temporary {
    fn new(bytes: &[u8], ending: &str) -> Temporary {
        let folder = Path::new("/dev/shm");
        let folder = if folder.is_dir() { folder.to_path_buf() } else { std::env::temp_dir() };
        let thread = format!("{:?}", std::thread::current().id());
        let number: String = thread.chars().filter(char::is_ascii_digit).collect();
        let path = folder.join(format!("hpda-fuzz-{}-{number}.{ending}", std::process::id()));
        std::fs::write(&path, bytes).expect("a temporary file");
        Temporary(path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Reads all rows; what is wrong with them is an error, which is well.
fn rows(source: Result<impl TableSource>) -> Option<usize> {
    let (source, budget) = (source.ok()?, budget());
    let request = ScanRequest::all(&budget);
    let mut rows = 0;
    for part in 0..source.parts() {
        for batch in source.scan(part, &request).ok()? {
            rows += batch.ok()?.rows();
        }
    }
    let told = source.rows();
    assert!(told.is_none_or(|told| told == rows as u64), "{told:?} rows were told, {rows} came");
    Some(rows)
}

fn load(ds: &Dataset) {
    for (_, v) in ds.coords.iter().chain(ds.vars.iter().map(|(n, v)| (n.as_str(), v))) {
        // A header may call for more than there is memory.
        if v.shape().iter().try_fold(8usize, |n, &m| n.checked_mul(m)).is_some_and(|bytes| bytes < 64 << 20) {
            let _ = v.load();
        }
    }
    ds.groups.values().for_each(load);
}

fn input(bytes: &[u8]) -> Vec<TextInput> {
    vec![TextInput::Reader("fuzz".into(), Box::new(Cursor::new(bytes.to_vec())))]
}

/// The first byte chooses the options, the rest is the text. Read in one part and in many, it is the same number of rows.
fn csv(data: &[u8]) {
    let Some((&how, text)) = data.split_first() else { return };
    let mut options = CsvReadOptions {
        separator: [Separator::Char(b','), Separator::Char(b';'), Separator::Char(b'\t'), Separator::Whitespace][how as usize & 3],
        ..CsvReadOptions::default()
    };
    if how & 4 != 0 {
        options.header = Header::None;
    }
    if how & 8 != 0 {
        options.comment = Some(b'#');
    }
    if how & 16 != 0 {
        options.quote = None;
    }
    if how & 32 != 0 {
        options.bad_lines = BadLines::Skip;
    }
    if how & 64 != 0 {
        options.encoding = Some("windows-1252".into());
    }
    if how & 128 != 0 {
        (options.skip_rows, options.thousands) = (1, Some(b'_'));
    }
    let whole = rows(CsvSource::open(input(text), &options, &budget()));
    options.part_bytes = Some(16);
    let parts = rows(CsvSource::open(input(text), &options, &budget()));
    assert_eq!(whole, parts, "rows of one part and of parts of 16 bytes");
}

/// One column whose type is found, then read as every type that can be asked for.
fn types(data: &[u8]) {
    let mut text = b"x\n".to_vec();
    text.extend_from_slice(data);
    for dtype in ["", "bool", "i8", "u64", "f32", "f64", "str", "date", "datetime", "datetime[noleap]", "duration", "category"] {
        let mut options = CsvReadOptions::default();
        if let Ok(dtype) = DType::parse(dtype) {
            options.dtypes.push(("x".into(), dtype));
        }
        rows(CsvSource::open(input(&text), &options, &budget()));
    }
}

fn json_as(data: &[u8], layout: JsonLayout) {
    let mut options = JsonReadOptions { layout, ..JsonReadOptions::default() };
    let whole = rows(JsonSource::open(input(data), &options, &budget()));
    options.part_bytes = Some(16);
    let parts = rows(JsonSource::open(input(data), &options, &budget()));
    assert_eq!(whole, parts, "rows of one part and of parts of 16 bytes");
}

fn jsonl(data: &[u8]) {
    json_as(data, JsonLayout::Lines);
}

fn json(data: &[u8]) {
    json_as(data, JsonLayout::Document);
}

/// What reads as an expression is printed as one that reads as the same.
fn expressions(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = hpda_data::plan::parse_assignment(text);
    if let Ok(expr) = hpda_data::plan::parse(text) {
        let printed = expr.to_string();
        let again = hpda_data::plan::parse(&printed).unwrap_or_else(|e| panic!("{text:?} is printed as {printed:?}: {e}"));
        assert_eq!(again.to_string(), printed, "{text:?}");
    }
}

/// Queries over tables of one row, so that joins stay small.
fn sql(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let table = || hpda_data::DataFrame::new([("x", vec![1i64].into()), ("y", vec![2.5].into()), ("s", vec!["a"].into())])?.lazy();
    let Ok(table) = table() else { return };
    let _ = hpda_data::sql::sql(text, [("t", table.clone()), ("u", table)], &Default::default());
}

/// Numbers, times and lengths of time in text.
fn scalars(data: &[u8]) {
    let _ = (scan::parse_i64(data), scan::parse_u64(data), scan::parse_f64(data), scan::parse_f32(data), scan::parse_bool(data));
    for (precision, scale) in [(38, 10), (9, 9), (5, 0)] {
        let _ = scan::parse_decimal(data, precision, scale);
    }
    let _ = (moment::parse_moment(data), moment::parse_clock(data), moment::parse_offset(data), moment::parse_duration(data));
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = (Frequency::parse(text), Offset::parse(text), FloatFormat::parse(text), DType::parse(text));
    if let Some((format, value)) = text.split_once('\n')
        && let Ok(reader) = DateReader::new(Some(format))
    {
        let _ = reader.read(value.as_bytes());
    }
}

/// Units of time, in every calendar.
fn units(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for calendar in hpda_data::dtype::Calendar::ALL {
        let _ = TimeUnits::parse(text, calendar);
    }
    let (from, to) = text.split_once('\n').unwrap_or((text, "K"));
    let _ = hpda_data::kernel::units::convert(from, to);
}

fn selections(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = (parse_isel(text), parse_sel(text));
}

/// Words of a command line, a line each.
fn arguments(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let words = std::iter::once("hpda-data").chain(text.split('\n')).map(std::ffi::OsString::from);
    let _ = hpda_data::cli::check(words);
}

fn npy_file(data: &[u8]) {
    let file = Temporary::new(data, "npy");
    if let Ok(ds) = npy::open(&file.0) {
        load(&ds);
    }
}

fn npz_file(data: &[u8]) {
    let file = Temporary::new(data, "npz");
    if let Ok((ds, _)) = npz::open(&file.0, &NpzReadOptions { budget: budget() }) {
        load(&ds);
    }
}

fn arrow(data: &[u8]) {
    let file = Temporary::new(data, "arrow");
    rows(IpcSource::open(&file.0));
    rows(IpcSource::spool(Cursor::new(data), "fuzz"));
}

fn parquet(data: &[u8]) {
    let file = Temporary::new(data, "parquet");
    rows(ParquetSource::open(&file.0));
}

/// Classic NetCDF, which never touches the C library.
fn classic(data: &[u8]) {
    let mut bytes = b"CDF".to_vec();
    bytes.extend_from_slice(data.get(3..).unwrap_or_default());
    let file = Temporary::new(&bytes, "nc");
    if let Ok((ds, _)) = netcdf::open(&file.0, &NetcdfReadOptions::default()) {
        load(&ds);
    }
}

/// Chunks of HDF5: the first bytes choose the filter and the size that is expected.
fn filters(data: &[u8]) {
    const IDS: [i32; 11] = [1, 2, 3, 4, 307, 32000, 32001, 32004, 32008, 32015, 32026];
    let Some((&[which, width, low, high], chunk)) = data.split_first_chunk::<4>() else { return };
    let want = u16::from_le_bytes([low, high]) as usize;
    let parameters: &[u32] = match IDS[which as usize % IDS.len()] {
        // Options, pixels in a block, bits of a pixel, pixels in a line.
        4 => &[141, 8, 32, 16],
        32008 => &[0, 4, 4, 0, [0, 2, 3][width as usize % 3]],
        _ => &[],
    };
    let _ = undo_filter(IDS[which as usize % IDS.len()], parameters, 1 << (width & 3), chunk, want);
}

/// Whole HDF5 files, the C library included.
fn hdf5_file(data: &[u8]) {
    let file = Temporary::new(data, "h5");
    if let Ok((ds, _)) = hdf5::open(&file.0, &Default::default()) {
        load(&ds);
    }
}
