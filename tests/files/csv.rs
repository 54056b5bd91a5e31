//! CSV and TSV: ugly files, types, errors, and the way back.

use hpda_data::error::{Error, Notices};
use hpda_data::io::csv::*;
use hpda_data::io::text::{TextInput, TextTarget};
use hpda_data::io::{Output, Overwrite};
use hpda_data::store::{Batch, Budget, ScanRequest, TableSink, TableSource};
use hpda_data::{Column, DType, Scalar};
use proptest::prelude::*;
use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};

fn input(bytes: &[u8]) -> TextInput {
    TextInput::Reader("t.csv".into(), Box::new(Cursor::new(bytes.to_vec())))
}

fn open(bytes: impl AsRef<[u8]>, options: &CsvReadOptions) -> Result<CsvSource, Error> {
    CsvSource::open(vec![input(bytes.as_ref())], options, &Budget::unlimited())
}

fn collect(source: &CsvSource) -> Batch {
    let request = ScanRequest::all(&Budget::unlimited());
    let batches: Vec<Batch> = (0..source.parts()).flat_map(|p| source.scan(p, &request).unwrap().map(|b| b.unwrap())).collect();
    let all = Batch::concat(source.schema(), &batches).unwrap();
    assert_eq!(source.rows(), Some(all.rows() as u64));
    all
}

fn read(bytes: impl AsRef<[u8]>, options: &CsvReadOptions) -> Batch {
    collect(&open(bytes, options).unwrap())
}

/// The table as `name:dtype` and one text per row; missing is `-`, text is quoted.
fn shown(batch: &Batch) -> Vec<String> {
    let names: Vec<String> = batch.schema.fields.iter().map(|f| format!("{}:{}", f.name, f.dtype)).collect();
    let cell = |c: &Column, row| match c.scalar(row) {
        Scalar::Str(s) => format!("{s:?}"),
        other => other.to_string(),
    };
    let rows = (0..batch.rows()).map(|r| batch.columns.iter().map(|c| cell(c, r)).collect::<Vec<_>>().join(" "));
    std::iter::once(names.join(" ")).chain(rows).collect()
}

fn plain() -> CsvReadOptions {
    CsvReadOptions::default()
}

fn names(list: &[&str]) -> Option<Vec<String>> {
    Some(list.iter().map(|s| s.to_string()).collect())
}

fn refused(bytes: impl AsRef<[u8]>, options: &CsvReadOptions) -> String {
    open(bytes, options).map(|s| panic!("read as {:?}", shown(&collect(&s)))).unwrap_err().to_string()
}

/// A stream whose bytes can be looked at afterwards.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn write(batch: &Batch, options: &CsvWriteOptions) -> (String, Notices) {
    let out = Shared::default();
    let (sink, notices) = CsvSink::create(TextTarget::Stream(Box::new(out.clone())), batch.schema.clone(), options).unwrap();
    let mut sink: Box<dyn TableSink> = Box::new(sink);
    sink.write(batch).unwrap();
    sink.finish().unwrap();
    (String::from_utf8(out.0.lock().unwrap().clone()).unwrap(), notices)
}

#[test]
fn table_of_every_inferred_type_has_its_values() {
    let text = "i,u,f,b,d,t,z,s,e\n\
        1,18446744073709551615,1.5,true,2020-01-31,2020-01-31T06:00:00,2020-01-31T06:00:00+01:00,\"a,b\",\n\
        -2,1,,False,,2020-02-01,,\"\",NA\n";
    assert_eq!(
        shown(&read(text, &plain())),
        [
            "i:i64 u:u64 f:f64 b:bool d:date t:datetime z:datetime[UTC] s:str e:f64",
            "1 18446744073709551615 1.5 true 2020-01-31 2020-01-31T06:00:00 2020-01-31T05:00:00Z \"a,b\" -",
            "-2 1 - false - 2020-02-01T00:00:00 - \"\" -",
        ]
    );
}

#[test]
fn line_ends_of_every_kind_and_none_at_the_end_read_the_same() {
    let want = ["a:i64 b:str", "1 \"x\"", "2 \"y\""];
    for text in ["a,b\n1,x\n2,y\n", "a,b\r\n1,x\r\n2,y\r\n", "a,b\r1,x\r2,y", "a,b\n1,x\n2,y", "\u{feff}a,b\n\n1,x\n  \n2,y\n\n"] {
        assert_eq!(shown(&read(text, &plain())), want, "{text:?}");
    }
}

#[test]
fn blank_line_is_a_row_only_in_a_one_column_file() {
    assert_eq!(shown(&read("a\n1\n\n3\n", &plain())), ["a:i64", "1", "-", "3"]);
    assert_eq!(shown(&read("a,b\n1,2\n\n3,4\n", &plain())), ["a:i64 b:i64", "1 2", "3 4"]);
}

#[test]
fn short_lines_are_filled_and_long_ones_are_bad() {
    assert_eq!(shown(&read("a,b,c\n1,2\n3\n", &plain())), ["a:i64 b:i64 c:f64", "1 2 -", "3 - -"]);
    let long = "a,b\n1,2\n1,2,3\n4,5\n6,7,8,9\n";
    assert_eq!(
        refused(long, &plain()),
        "error[parse]: 3 cells in a table of 2 columns (1 more line has too many)\n   where: t.csv, line 3\n   help:  --bad-lines skip leaves such lines out, \
         --bad-lines report lists them too; see --delimiter and --quote"
    );
    let skip = open(long, &CsvReadOptions { bad_lines: BadLines::Skip, ..plain() }).unwrap();
    assert_eq!(shown(&collect(&skip)), ["a:i64 b:i64", "1 2", "4 5"]);
    let said: Vec<String> = skip.notices().iter().map(|n| n.to_string()).collect();
    assert_eq!(said, ["warning: 2 lines with more than 2 cells left out (t.csv)"]);
    let report = open(long, &CsvReadOptions { bad_lines: BadLines::Report, ..plain() }).unwrap();
    let said: Vec<String> = report.notices().iter().map(|n| n.to_string()).collect();
    assert_eq!(
        said,
        ["warning: line left out: 3 cells instead of 2 (t.csv, line 3)", "warning: line left out: 4 cells instead of 2 (t.csv, line 5)"]
    );
}

#[test]
fn names_are_made_unique_and_never_empty() {
    let header = |text: &str| read(text, &plain()).schema.names().map(str::to_string).collect::<Vec<_>>();
    assert_eq!(header("a,a,,a\n"), ["a", "a.1", "column_3", "a.2"]);
    assert_eq!(header("a,a,a.1\n"), ["a", "a.2", "a.1"]);
    assert_eq!(header("\"x\"\"y\",\"p\nq\"\n"), ["x\"y", "p\nq"]);
    let none = CsvReadOptions { header: Header::None, ..plain() };
    assert_eq!(shown(&read("1,2\n3,4\n", &none)), ["column_1:i64 column_2:i64", "1 2", "3 4"]);
    assert_eq!(shown(&read("1,2\n", &CsvReadOptions { names: names(&["x", "y", "z"]), ..none })), ["x:i64 y:i64 z:f64", "1 2 -"]);
    assert_eq!(shown(&read("a,b\n1,2\n", &CsvReadOptions { names: names(&["x", "y"]), ..plain() })), ["x:i64 y:i64", "1 2"]);
    let few = refused("1,2\n", &CsvReadOptions { names: names(&["x"]), ..plain() });
    assert!(few.starts_with("error[invalid]: 1 names for 2 columns\n   where: t.csv"), "{few}");
}

#[test]
fn options_of_the_dialect_are_followed() {
    let semicolon = CsvReadOptions { separator: Separator::Char(b';'), decimal: b',', thousands: Some(b'.'), ..plain() };
    assert_eq!(shown(&read("a;b;c\n1,5;1.000;2020-01-31\n", &semicolon)), ["a:f64 b:i64 c:date", "1.5 1000 2020-01-31"]);
    let spaces = CsvReadOptions { separator: Separator::Whitespace, ..plain() };
    assert_eq!(shown(&read("  a   b\t c\n1 2  3 \n\n 4\t\"x y\" 5\n", &spaces)), ["a:i64 b:str c:i64", "1 \"2\" 3", "4 \"x y\" 5"]);
    let comment = CsvReadOptions { comment: Some(b'#'), skip_rows: 1, ..plain() };
    assert_eq!(shown(&read("title, and more\n# x\na,b\n#1,2\n3,#4\n", &comment)), ["a:i64 b:str", "3 \"#4\""]);
    let single = CsvReadOptions { quote: Some(b'\''), ..plain() };
    assert_eq!(shown(&read("a,b\n'x,y',\"z\"\n", &single)), ["a:str b:str", "\"x,y\" \"\\\"z\\\"\""]);
    let none = CsvReadOptions { quote: None, ..plain() };
    assert_eq!(shown(&read("a,b\n\"x,y\"\n", &none)), ["a:str b:str", "\"\\\"x\" \"y\\\"\""]);
    assert_eq!(shown(&read("a\tb\n1\t2\n\t3\n", &CsvReadOptions::tsv())), ["a:i64 b:i64", "1 2", "- 3"]);
    let same = refused("a", &CsvReadOptions { quote: Some(b','), ..plain() });
    assert_eq!(same, "error[invalid]: the delimiter and the quote are the same character");
}

#[test]
fn missing_list_given_replaces_ours() {
    let digits = CsvReadOptions { missing: names(&["99", "0"]), ..plain() };
    assert_eq!(shown(&read("a,b\n99,1.5\n1,0\n100,99\n", &digits)), ["a:i64 b:f64", "- 1.5", "1 -", "100 -"]);
    let ours = CsvReadOptions { missing: names(&["-9999", "?"]), ..plain() };
    assert_eq!(shown(&read("a,b,c\n1,NA,1.5\n-9999,?,nan\n,x,?\n", &ours)), ["a:i64 b:str c:f64", "1 \"NA\" 1.5", "- - NaN", "- \"x\" -"]);
}

#[test]
fn dtypes_given_are_kept_or_refused_with_line_and_column() {
    let dtypes = |list: &[(&str, &str)]| CsvReadOptions {
        dtypes: list.iter().map(|(n, t)| (n.to_string(), DType::parse(t).unwrap())).collect(),
        ..plain()
    };
    let text = "id,x,c,t,k,m\n007,1,1.25,2000-02-30T12:00:00,red,01:30:00\n008,,2,2001-01-01,blue,\n";
    let all =
        dtypes(&[("id", "str"), ("x", "f32"), ("c", "decimal(5,2)"), ("t", "datetime[360_day]"), ("k", "category"), ("m", "duration")]);
    assert_eq!(
        shown(&read(text, &all)),
        [
            "id:str x:f32 c:decimal(5,2) t:datetime[360_day] k:category m:duration",
            "\"007\" 1.0 1.25 2000-02-30T12:00:00 \"red\" 0 days 01:30:00",
            "\"008\" - 2.00 2001-01-01T00:00:00 \"blue\" -",
        ]
    );
    assert_eq!(
        refused("a,b\n1,2\nx,3\n4,5\n300,6\ny,7\n", &dtypes(&[("a", "u8")])),
        "error[parse]: \"x\" does not read as u8\n   where: t.csv, column \"a\", line 3\n   help:  neither do 2 other cells of the column; name what is \
         missing with --missing, or read the column as str"
    );
    let unknown = refused("temperature\n1\n", &dtypes(&[("temprature", "f64")]));
    assert!(unknown.contains("column \"temprature\" does not exist") && unknown.contains("did you mean \"temperature\"?"), "{unknown}");
    assert!(refused("a\n1\n", &dtypes(&[("a", "list[i64]")])).contains("text is not read as list[i64]"));
}

#[test]
fn dates_said_to_be_dates_are_or_are_refused() {
    let dates = CsvReadOptions { parse_dates: vec!["d".into()], ..plain() };
    assert_eq!(shown(&read("d,x\n2020-01-31,1\n,2\n", &dates)), ["d:date x:i64", "2020-01-31 1", "- 2"]);
    assert_eq!(shown(&read("d,x\n,1\n", &dates)), ["d:datetime x:i64", "- 1"]);
    let bad = refused("d,x\n2020-01-31,1\nsoon,2\n", &dates);
    assert!(bad.starts_with("error[parse]: \"soon\" does not read as a date or time\n   where: t.csv, column \"d\", line 3"), "{bad}");
    let format = CsvReadOptions { date_format: Some("%d.%m.%Y".into()), ..dates };
    assert_eq!(shown(&read("d,iso\n31.01.2020,2020-01-31\n", &format)), ["d:date iso:date", "2020-01-31 2020-01-31"]);
    assert!(refused("d\n2020-01-31\n", &format).contains("does not read as a date like \"%d.%m.%Y\""));
    assert_eq!(shown(&read("d\n2020-01-31\n", &CsvReadOptions { infer_dates: false, ..plain() })), ["d:str", "\"2020-01-31\""]);
}

#[test]
fn encodings_go_by_name_or_byte_order_mark() {
    let latin = CsvReadOptions { encoding: Some("windows-1252".into()), ..plain() };
    assert_eq!(shown(&read(b"a\ncaf\xe9 \x80\n", &latin)), ["a:str", "\"café €\""]);
    let utf16: Vec<u8> = "\u{feff}a,b\r\né,1\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(shown(&read(&utf16, &plain())), ["a:str b:i64", "\"é\" 1"]);
    let big: Vec<u8> = "a,b\né,1\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(shown(&read(&big, &CsvReadOptions { encoding: Some("utf-16be".into()), ..plain() })), ["a:str b:i64", "\"é\" 1"]);
    assert_eq!(
        refused(b"a,b\n1,x\n2,caf\xe9\n", &plain()),
        "error[parse]: the byte 0xe9 is no UTF-8 text\n   where: t.csv, line 3\n   help:  say the encoding with --encoding, such as --encoding windows-1252"
    );
    let jis = refused(b"a\nb\n\xff\xff\n", &CsvReadOptions { encoding: Some("shift_jis".into()), ..plain() });
    assert!(jis.starts_with("error[parse]: bytes that are no Shift_JIS\n   where: t.csv, line 3"), "{jis}");
    assert!(
        refused("a", &CsvReadOptions { encoding: Some("latin9000".into()), ..plain() }).contains("encoding \"latin9000\" does not exist")
    );
}

#[test]
fn file_that_is_no_table_is_one_clear_error() {
    assert!(refused("", &plain()).starts_with("error[format]: the file is empty\n   where: t.csv"));
    assert!(refused("\n\n", &plain()).starts_with("error[format]: the file has no line with columns"));
    assert!(refused(b"PAR1\0\0\x15", &plain()).starts_with("error[format]: is binary data, not text\n   where: t.csv"));
    assert!(refused(b"\x1f\x8b\x08\0\0", &plain()).starts_with("error[format]: the gzip stream ends early\n   where: t.csv, byte 5"));
    let open_quote = refused("a,b\n1,2\n3,\"x\n5,6\n", &plain());
    assert!(open_quote.starts_with("error[parse]: quotes open and do not close\n   where: t.csv, line 3"), "{open_quote}");
    let gone = CsvSource::open(vec![TextInput::Path("/no/such.csv".into())], &plain(), &Budget::unlimited()).unwrap_err();
    assert!(gone.to_string().starts_with("error[not-found]: no such file"), "{gone}");
}

#[test]
fn header_alone_is_a_table_without_rows() {
    let source = open("a,b\n", &plain()).unwrap();
    assert_eq!((source.rows(), shown(&collect(&source))), (Some(0), vec!["a:f64 b:f64".to_string()]));
}

#[test]
fn several_inputs_have_the_types_of_all_of_them() {
    let inputs = vec![input(b"a,b\n1,x\n"), input(b"b,c,a\ny,2020-01-31,1.5\n")];
    let source = CsvSource::open(inputs, &plain(), &Budget::unlimited()).unwrap();
    assert_eq!(shown(&collect(&source)), ["a:f64 b:str c:date", "1.0 \"x\" -", "1.5 \"y\" 2020-01-31"]);
}

#[test]
fn sample_ends_with_its_last_whole_record() {
    let text = "a,b\n1,2\n3,4\n5,x\n";
    let source = open(text, &CsvReadOptions { sample: Some(13), ..plain() }).unwrap();
    assert_eq!((source.is_whole(), shown(&collect(&source))), (false, vec!["a:i64 b:i64".into(), "1 2".into(), "3 4".into()]));
    let source = open(text, &CsvReadOptions { sample: Some(100), ..plain() }).unwrap();
    assert_eq!((source.is_whole(), source.rows()), (true, Some(3)));
}

/// Cuts fell into runs of spaces, comments, quotes and line breaks of two bytes.
#[test]
fn cuts_anywhere_change_nothing() {
    let text = "# head\na,b\r\n\"\n\",1\r\n , x\n  \n# c, c, c\n\"\"\"\n,\n\"\"\",\"\"\n\n\n\"a,1\na,1\na,1\n\",2\r\r\n # d,3\nlast,\"4\"";
    let options = CsvReadOptions { comment: Some(b'#'), ..plain() };
    let want = [
        "a:str b:str",
        "\"\\n\" \"1\"",
        "\" \" \" x\"",
        "\"\\\"\\n,\\n\\\"\" \"\"",
        "\"a,1\\na,1\\na,1\\n\" \"2\"",
        "\" # d\" \"3\"",
        "\"last\" \"4\"",
    ];
    for part in 1..=text.len() {
        assert_eq!(shown(&read(text, &CsvReadOptions { part_bytes: Some(part), ..options.clone() })), want, "parts of {part} bytes");
    }
}

#[test]
fn projection_reads_the_columns_asked_for_in_their_order() {
    let source = open("a,b,c\n1,x,2.5\n", &plain()).unwrap();
    let request = ScanRequest { columns: Some(vec![2, 0]), ..ScanRequest::all(&Budget::unlimited()) };
    let batch = source.scan(0, &request).unwrap().next().unwrap().unwrap();
    assert_eq!(shown(&batch), ["c:f64 a:i64", "2.5 1"]);
}

#[test]
fn writer_spells_values_as_settled() {
    let text = "i,f,b,d,t,z,s\n\
        1,1.0,true,2020-01-31,2020-01-31T06:00:00,2020-01-31T06:00:00Z,\"a,\"\"b\"\"\"\n\
        ,,,,2020-01-31T06:00:00.500,,\"\"\n\
        -3,-inf,false,0001-01-01,2020-01-31T00:00:00,2020-01-31T06:00:00Z,\"x\ny\"\n\
        4,1e+300,false,3000-12-31,2020-01-31T00:00:00,,\n";
    let batch = read(text, &plain());
    let (out, notices) = write(&batch, &CsvWriteOptions::default());
    assert!(notices.is_empty());
    assert_eq!(out, text);
    let tsv = CsvWriteOptions { header: Header::None, missing_as: "NA".into(), ..CsvWriteOptions::tsv() };
    let (out, _) = write(&batch, &tsv);
    assert_eq!(out.lines().nth(1), Some("NA\tNA\tNA\tNA\t2020-01-31T06:00:00.500\tNA\t\"\""));
    let fixed = CsvWriteOptions { float_format: hpda_data::kernel::text::format::FloatFormat::Fixed(2), ..CsvWriteOptions::default() };
    assert!(write(&batch, &fixed).0.contains("\n1,1.00,true"));
    let space = CsvWriteOptions { delimiter: b'-', ..CsvWriteOptions::default() };
    assert!(write(&batch, &space).0.contains("\n\"-3\"-\"-inf\"-false-\"0001-01-01\""));
}

#[test]
fn nan_and_missing_can_be_told_apart_if_asked() {
    let batch = read("x\n1.5\nNaN\n\n", &CsvReadOptions { missing: names(&["NA"]), ..plain() });
    assert_eq!(write(&batch, &CsvWriteOptions::default()).0, "x\n1.5\n\n\n");
    let (out, _) = write(&batch, &CsvWriteOptions { nan_as: "NaN".into(), missing_as: "NA".into(), ..CsvWriteOptions::default() });
    assert_eq!(out, "x\n1.5\nNaN\nNA\n");
}

#[test]
fn writer_says_what_text_cannot_hold() {
    let dtype = DType::parse("datetime[noleap]").unwrap();
    let times = Column::from_i64(dtype.clone(), vec![Some(0), None]).unwrap();
    let list =
        Arc::new(arrow::array::LargeListArray::from_iter_primitive::<arrow::datatypes::Int64Type, _, _>([Some(vec![Some(1), None]), None]));
    let list = Column::from_arrow(list).unwrap();
    let fields = vec![hpda_data::store::Field::new("t", dtype), hpda_data::store::Field::new("l", list.dtype().clone())];
    let batch = Batch::new(Arc::new(hpda_data::store::Schema::new(fields)), vec![times, list]).unwrap();
    let (out, notices) = write(&batch, &CsvWriteOptions::default());
    assert_eq!(out, "t,l\n1970-01-01T00:00:00,\"[1, missing]\"\n,\n");
    let said: Vec<String> = notices.iter().map(|n| n.to_string()).collect();
    assert!(said[0].starts_with("warning[loss]: column \"t\": the calendar noleap is not kept"), "{said:?}");
    assert!(said[1].starts_with("loss: column \"l\": lists become text"), "{said:?}");
}

#[test]
fn file_appears_only_when_finished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    let batch = read("a\n1\n", &plain());
    let make = || {
        let output = Output::create(&path, Overwrite::No).unwrap();
        let (mut sink, _) = CsvSink::create(TextTarget::File(output), batch.schema.clone(), &CsvWriteOptions::default()).unwrap();
        sink.write(&batch).unwrap();
        Box::new(sink)
    };
    drop(make());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    make().finish().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a\n1\n");
}

#[test]
fn real_passenger_list_has_its_missing_cells() {
    let Some(folder) = std::env::var_os("HPDA_REAL_DATA") else { return };
    let path = std::path::Path::new(&folder).join("titanic.csv");
    let source = CsvSource::open(vec![TextInput::Path(path)], &plain(), &Budget::unlimited()).unwrap();
    let batch = collect(&source);
    let missing = |name: &str| batch.columns[batch.schema.position(name).unwrap()].missing_count();
    assert_eq!((batch.rows(), missing("Age"), missing("Cabin"), missing("Embarked")), (891, 177, 687, 2));
}

/// Cells of any text, some of them numbers, some missing.
fn cells() -> impl Strategy<Value = Vec<Vec<Option<String>>>> {
    let cell = prop_oneof![
        3 => "[a-c,\"\n\ré ]{0,5}".prop_map(Some),
        1 => "[a-z\"\n,]{10,40}".prop_map(Some),
        1 => Just(None),
    ];
    prop::collection::vec(prop::collection::vec(cell, 3), 0..40)
}

proptest! {
    /// Whatever the text holds and wherever it is cut into parts, it comes back.
    #[test]
    fn texts_written_and_read_are_the_same(rows in cells(), part in 1usize..200) {
        let columns: Vec<Column> = (0..3).map(|c| Column::from_texts(rows.iter().map(|r| r[c].as_deref()))).collect();
        let fields = ["x", "y", "z"].map(|n| hpda_data::store::Field::new(n, DType::Str)).to_vec();
        let batch = Batch::with_rows(Arc::new(hpda_data::store::Schema::new(fields)), columns, rows.len()).unwrap();
        let (text, _) = write(&batch, &CsvWriteOptions::default());
        let dtypes = ["x", "y", "z"].map(|n| (n.to_string(), DType::Str)).to_vec();
        let back = read(&text, &CsvReadOptions { dtypes, part_bytes: Some(part), ..plain() });
        for (a, b) in batch.columns.iter().zip(&back.columns) {
            prop_assert!(a == b, "{text:?}\n{:?}", shown(&back));
        }
    }

    /// Parts of any size see the same table, types and errors, as one part.
    #[test]
    fn parts_of_any_size_give_the_same(text in "(a,b\n)([0-9a\",\n.]|\"\"|\r\n|\"[a,\n]{1,20}\"){0,60}", part in 1usize..50) {
        let one = open(&text, &CsvReadOptions { bad_lines: BadLines::Skip, ..plain() });
        let many = open(&text, &CsvReadOptions { bad_lines: BadLines::Skip, part_bytes: Some(part), ..plain() });
        match (one, many) {
            (Ok(a), Ok(b)) => {
                prop_assert_eq!(shown(&collect(&a)), shown(&collect(&b)));
                prop_assert_eq!(a.notices(), b.notices());
            }
            (Err(a), Err(b)) => prop_assert_eq!(a.to_string(), b.to_string()),
            (a, b) => prop_assert!(false, "{:?} {:?}", a, b),
        }
    }

    /// No bytes make it panic.
    #[test]
    fn any_bytes_read_or_are_refused(bytes: Vec<u8>, part in 1usize..50) {
        if let Ok(source) = open(&bytes, &CsvReadOptions { part_bytes: Some(part), ..plain() }) {
            collect(&source);
        }
    }

    /// Numbers come back bit for bit.
    #[test]
    fn numbers_written_and_read_are_the_same(floats: Vec<f64>, ints: Vec<i64>) {
        let n = floats.len().min(ints.len());
        let columns = vec![Column::from(floats[..n].to_vec()), Column::from(ints[..n].to_vec())];
        let fields = vec![hpda_data::store::Field::new("f", DType::F64), hpda_data::store::Field::new("i", DType::I64)];
        let batch = Batch::new(Arc::new(hpda_data::store::Schema::new(fields)), columns).unwrap();
        let (text, _) = write(&batch, &CsvWriteOptions { nan_as: "nan".into(), ..CsvWriteOptions::default() });
        let dtypes = vec![("i".into(), DType::I64), ("f".into(), DType::F64)];
        let back = read(&text, &CsvReadOptions { dtypes, missing: Some(vec![]), ..plain() });
        for (a, b) in batch.columns.iter().zip(&back.columns) {
            prop_assert!(a == b, "{}", text);
        }
    }
}

#[test]
fn quoted_word_for_missing_is_text_in_text_columns_only() {
    let table = read("t,n,q\n\"NA\",\"NA\",\"nan\"\nNA,1,\nx,2,\"NA\"\n", &plain());
    assert_eq!(shown(&table), ["t:str n:i64 q:str", "\"NA\" - \"nan\"", "- 1 -", "\"x\" 2 \"NA\""]);
    let text = Shared::default();
    let (mut sink, _) =
        CsvSink::create(TextTarget::Stream(Box::new(text.clone())), table.schema.clone(), &CsvWriteOptions::default()).unwrap();
    sink.write(&table).unwrap();
    Box::new(sink).finish().unwrap();
    let text = String::from_utf8(text.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text, "t,n,q\n\"NA\",,\"nan\"\n,1,\nx,2,\"NA\"\n");
    assert_eq!(shown(&read(&text, &plain())), shown(&table));
}

#[test]
fn numbers_beyond_f64_are_text_or_an_error_where_a_type_is_given() {
    let text = "a,b\n1.5,inf\n1e400,-inf\n";
    assert_eq!(shown(&read(text, &plain())), ["a:str b:f64", "\"1.5\" inf", "\"1e400\" -inf"]);
    for dtype in [DType::F64, DType::F32] {
        let e = refused(text, &CsvReadOptions { dtypes: vec![("a".into(), dtype)], ..plain() });
        assert!(e.contains("1e400") && e.contains("line 3") && e.contains("\"a\""), "{e}");
    }
}
