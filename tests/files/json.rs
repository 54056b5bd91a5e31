//! JSON lines and JSON: shapes, types, faults, and the way back.

use hpda_data::error::{Error, Level, Notices};
use hpda_data::io::json::*;
use hpda_data::io::text::{TextInput, TextTarget};
use hpda_data::store::{Batch, Budget, Field, ScanRequest, Schema, TableSink, TableSource};
use hpda_data::{Column, DType, Scalar};
use proptest::prelude::*;
use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};

fn lines() -> JsonReadOptions {
    JsonReadOptions::default()
}

fn document() -> JsonReadOptions {
    JsonReadOptions { layout: JsonLayout::Document, ..lines() }
}

fn input(text: &[u8]) -> TextInput {
    TextInput::Reader("t.json".into(), Box::new(Cursor::new(text.to_vec())))
}

fn open(text: impl AsRef<[u8]>, options: &JsonReadOptions) -> Result<JsonSource, Error> {
    JsonSource::open(vec![input(text.as_ref())], options, &Budget::unlimited())
}

fn collect(source: &JsonSource) -> Batch {
    let request = ScanRequest::all(&Budget::unlimited());
    let batches: Vec<Batch> = (0..source.parts()).flat_map(|p| source.scan(p, &request).unwrap().map(|b| b.unwrap())).collect();
    let all = Batch::concat(source.schema(), &batches).unwrap();
    assert_eq!(source.rows(), Some(all.rows() as u64));
    all
}

fn read(text: impl AsRef<[u8]>, options: &JsonReadOptions) -> Batch {
    collect(&open(text, options).unwrap())
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

fn refused(text: impl AsRef<[u8]>, options: &JsonReadOptions) -> String {
    open(text, options).unwrap_err().to_string()
}

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

fn write(batch: &Batch, layout: JsonLayout) -> (String, Notices) {
    let out = Shared::default();
    let options = JsonWriteOptions { layout, ..JsonWriteOptions::default() };
    let (mut sink, mut notices) = JsonSink::create(TextTarget::Stream(Box::new(out.clone())), batch.schema.clone(), &options).unwrap();
    let half = batch.rows() / 2;
    sink.write(&batch.slice(0, half)).unwrap();
    sink.write(&batch.slice(half, batch.rows() - half)).unwrap();
    notices.extend(sink.notices());
    Box::new(sink).finish().unwrap();
    (String::from_utf8(out.0.lock().unwrap().clone()).unwrap(), notices)
}

#[test]
fn records_of_every_inferred_type_have_their_values() {
    let text = r#"{"i":1,"u":18446744073709551615,"f":1.5,"b":true,"d":"2020-01-31","t":"2020-01-31T06:00:00","z":"2020-01-31T06:00:00+01:00","s":"a,b"}
{"s":"","i":-2,"u":1,"f":2,"b":null,"t":"2020-02-01","e":null,"s2":"é\u00e9\ud83d\ude00\n\"\\\/"}
"#;
    let want = [
        "i:i64 u:u64 f:f64 b:bool d:date t:datetime z:datetime[UTC] s:str e:f64 s2:str",
        "1 18446744073709551615 1.5 true 2020-01-31 2020-01-31T06:00:00 2020-01-31T05:00:00Z \"a,b\" - -",
        "-2 1 2.0 - - 2020-02-01T00:00:00 - \"\" - \"éé😀\\n\\\"\\\\/\"",
    ];
    assert_eq!(shown(&read(text, &lines())), want);
    let array = format!("\u{feff} [{}]\r\n", text.trim().replace('\n', " ,\n"));
    assert_eq!(shown(&read(array, &document())), want);
    // A .json file of lines is common; it is what it is.
    assert_eq!(shown(&read(text, &document())), want);
}

#[test]
fn lines_end_in_any_way_and_blank_ones_are_passed() {
    for text in ["{\"a\":1}\n{\"a\":2}", "\n{\"a\":1}\r\n\r\n \t{ \"a\" : 2 } \n\n", "\u{feff}{\"a\":1}\n{\"a\":2}\n"] {
        assert_eq!(shown(&read(text, &lines())), ["a:i64", "1", "2"], "{text:?}");
    }
    for text in ["", "\n \n", "[]", " [ ] "] {
        let options = if text.contains('[') { document() } else { lines() };
        let batch = read(text, &options);
        assert_eq!((batch.rows(), batch.columns.len()), (0, 0), "{text:?}");
    }
}

#[test]
fn object_of_arrays_is_a_table() {
    let text = "{\"a\": [1, null, 3], \"b\" : [\"x\",\"y\",\"\"], \"c\\u0031\":[[1],[],null]}";
    assert_eq!(shown(&read(text, &document())), ["a:i64 b:str c1:list[i64]", "1 \"x\" [1]", "- \"y\" []", "3 \"\" -"]);
    let long: String = (0..70_000).map(|i| format!("{},", i * 3)).collect();
    let source = open(format!("{{\"a\":[{}0],\"b\":[{}1.5]}}", long, long), &document()).unwrap();
    assert_eq!((source.parts(), source.rows()), (3, Some(70_001)));
    let all = collect(&source);
    assert_eq!((all.columns[0].scalar(65_537), all.columns[1].scalar(70_000)), (Scalar::I64(196_611), Scalar::F64(1.5)));
    let request = ScanRequest { columns: Some(vec![1]), ..ScanRequest::all(&Budget::unlimited()) };
    let one = source.scan(2, &request).unwrap().next().unwrap().unwrap();
    assert_eq!((one.rows(), one.columns.len(), one.columns[0].scalar(0)), (4465, 1, Scalar::F64(196_608.0)));
    let uneven = refused("{\"a\":[1,2],\"b\":[1]}", &document());
    assert!(uneven.starts_with("error[shape]: \"a\" has 2 values, \"b\" has 1\n   where: t.json, line 1"), "{uneven}");
}

#[test]
fn objects_in_objects_are_columns_and_lists_are_lists() {
    let text = r#"{"p":{"x":1,"q":{"y":"2020-01-31"}},"l":[1,2.5,null],"t":["a"],"ll":[[1],[2,3],null]}
{"p":{"q":{"y":null},"x":2,"z":{}},"l":[],"t":null,"ll":[]}
{"p":null,"l":[4],"p.x":7}"#;
    assert_eq!(
        shown(&read(text, &lines())),
        [
            "p.x:i64 p.q.y:date l:list[f64] t:list[str] ll:list[list[i64]] p:f64",
            "1 2020-01-31 [1.0, 2.5, -] [a] [[1], [2, 3], -] -",
            "2 - [] - [] -",
            "7 - [4.0] - - -",
        ]
    );
}

#[test]
fn what_no_type_holds_is_text_with_a_warning() {
    let text = "{\"a\":[{\"x\":1}, {\"x\": \"}\"}],\"m\":1.50,\"k\":\"t\",\"n\":[1],\"big\":18446744073709551616}\n\
        {\"a\":[],\"m\":\"1.50\",\"k\":true,\"n\":\"s\",\"big\":1}\n";
    let source = open(text, &lines()).unwrap();
    assert_eq!(
        shown(&collect(&source)),
        [
            "a:str m:str k:str n:str big:str",
            r#""[{\"x\":1}, {\"x\": \"}\"}]" "1.50" "t" "[1]" "18446744073709551616""#,
            r#""[]" "1.50" "true" "\"s\"" "1""#,
        ]
    );
    let told: Vec<String> = source.notices().iter().map(ToString::to_string).collect();
    assert_eq!(told[0], "warning: objects in lists, or lists beside other values, are kept as JSON text (t.json, column \"a\")");
    assert_eq!(told[1], "warning: values of several types are read as text (t.json, column \"m\")");
}

#[test]
fn options_say_types_dates_and_missing() {
    let text =
        "{\"a\":\"007\",\"x\":\"1.5\",\"d\":\"31.01.2020\",\"m\":-999,\"l\":[1,-999]}\n{\"a\":8,\"x\":2,\"d\":null,\"m\":4,\"l\":null}\n";
    let options = JsonReadOptions {
        dtypes: vec![("a".into(), DType::Str), ("x".into(), DType::F32), ("l".into(), DType::parse("list[i16]").unwrap())],
        parse_dates: vec!["d".into()],
        date_format: Some("%d.%m.%Y".into()),
        missing: Some(vec!["-999".into()]),
        ..lines()
    };
    assert_eq!(
        shown(&read(text, &options)),
        ["a:str x:f32 d:date m:i64 l:list[i16]", "\"007\" 1.5 2020-01-31 - [1, -]", "\"8\" 2.0 - 4 -"]
    );
    let wrong = JsonReadOptions { dtypes: vec![("d".into(), DType::I64)], ..lines() };
    let e = refused(text, &wrong);
    assert!(e.starts_with("error[parse]: \"31.01.2020\" does not read as i64\n   where: t.json, column \"d\", line 1"), "{e}");
    let unknown = JsonReadOptions { parse_dates: vec!["dd".into()], ..lines() };
    assert!(refused(text, &unknown).contains("column \"dd\" does not exist"));
    let plain = JsonReadOptions { infer_dates: false, ..lines() };
    assert_eq!(shown(&read("{\"d\":\"2020-01-31\"}", &plain)), ["d:str", "\"2020-01-31\""]);
}

#[test]
fn several_inputs_have_the_types_of_all_of_them() {
    let inputs = vec![input(b"{\"a\":1,\"b\":\"x\"}\n"), input(b"{\"b\":\"y\",\"c\":\"2020-01-31\",\"a\":1.5}\n")];
    let source = JsonSource::open(inputs, &lines(), &Budget::unlimited()).unwrap();
    assert_eq!(shown(&collect(&source)), ["a:f64 b:str c:date", "1.0 \"x\" -", "1.5 \"y\" 2020-01-31"]);
}

#[test]
fn faults_name_line_and_byte() {
    for (text, options, what, line, byte) in [
        ("{\"a\":1}\n{\"a\":}\n", lines(), "a value is expected", 2, 13),
        ("{\"a\":1}\n{\"a\":1", lines(), "the text ends inside a value", 2, 14),
        ("{\"a\":1\n}\n", lines(), "a record does not end on its line", 1, 6),
        ("{\"a\":1} x\n", lines(), "text behind the record", 1, 8),
        ("{\"a\":1}{\"a\":2}\n", lines(), "text behind the record", 1, 7),
        ("[{\"a\":1}]", lines(), "a record in braces is expected", 1, 0),
        ("{\"a\":1}\n[1]\n", lines(), "a record in braces is expected", 2, 8),
        ("{\"a\":1,\"b\":2,\"a\":3}", lines(), "a name stands twice in one record", 1, 14),
        ("{\"a\":NaN}", lines(), "NaN and Infinity are no JSON: null stands for missing", 1, 5),
        ("{\"a\":\"\\ud800x\"}", lines(), "half of a pair of surrogates, which is no character", 1, 6),
        ("[{\"a\":1},\n{\"a\":2},\n]", document(), "a record in braces is expected", 3, 19),
        ("[{\"a\":1} {\"a\":2}]", document(), "a comma or the end of the array is expected", 1, 9),
        ("[{\"a\":1}] x", document(), "text behind the end of the array", 1, 10),
        ("[{\"a\":1}", document(), "a bracket opens and does not close", 1, 0),
        ("[{\"a\":\"1}]", document(), "quotes open and do not close", 1, 6),
        ("[1,2]", document(), "a record in braces is expected", 1, 1),
        ("{\"a\":{\"0\":1}}", document(), "the text is one object, and this value in it is no array", 1, 5),
        ("17", document(), "neither an array of records nor an object of arrays", 1, 0),
    ] {
        let e = open(text, &options).unwrap_err();
        assert_eq!((e.message(), e.place().line, e.place().byte), (what, Some(line), Some(byte)), "{text}");
    }
    let e = refused(b"{\"a\":\"\xff\"}\n", &lines());
    assert!(e.starts_with("error[parse]: the byte 0xff is no UTF-8 text\n   where: t.json, line 1"), "{e}");
    let deep = format!("{{\"a\":{}1{}}}", "{\"a\":".repeat(200_000), "}".repeat(200_000));
    assert!(refused(deep, &lines()).contains("nested more than 128 deep"));
    let wide: String = (0..100_002).map(|i| format!("\"{i}\":1,")).collect();
    let columns = open(format!("{{{wide}\"x\":1}}"), &lines());
    assert!(columns.is_ok() || columns.unwrap_err().message().contains("names"));
}

#[test]
fn written_records_are_json_and_read_back() {
    let schema = Schema::new(vec![
        Field::new("a \"b\"", DType::Str),
        Field::new("i", DType::I64),
        Field::new("f", DType::F64),
        Field::new("d", DType::Date),
        Field::new("l", DType::List(Box::new(DType::F64))),
    ]);
    let columns = read(
        "{\"s\":\"x\\u0001\\\"\\\\é\\n\",\"i\":9007199254740993,\"f\":0.1,\"d\":\"2020-01-31\",\"l\":[1.5,null]}\n{\"s\":null,\"f\":1e300}\n",
        &lines(),
    );
    let batch = Batch::new(Arc::new(schema), columns.columns).unwrap();
    let (text, notices) = write(&batch, JsonLayout::Lines);
    assert!(notices.is_empty());
    let first = "{\"a \\\"b\\\"\":\"x\\u0001\\\"\\\\é\\n\",\"i\":9007199254740993,\"f\":0.1,\"d\":\"2020-01-31\",\"l\":[1.5,null]}";
    let second = "{\"a \\\"b\\\"\":null,\"i\":null,\"f\":1e300,\"d\":null,\"l\":null}";
    assert_eq!(text.replace("e+", "e"), format!("{first}\n{second}\n"));
    assert_eq!(read(&text, &lines()).columns, batch.columns);
    let (array, _) = write(&batch, JsonLayout::Document);
    assert_eq!(array.replace("e+", "e"), format!("[\n{first},\n{second}\n]\n"));
    assert_eq!(read(&array, &document()).columns, batch.columns);
    let (empty, notices) = write(&batch.slice(0, 0), JsonLayout::Document);
    assert_eq!((empty.as_str(), notices.iter().next().map(|n| n.level)), ("[]\n", Some(Level::Omitted)));
}

#[test]
fn nan_and_infinities_are_loss() {
    let schema = Schema::new(vec![Field::new("x", DType::F64)]);
    let batch = Batch::new(Arc::new(schema), vec![Column::from(vec![Some(f64::NAN), None, Some(f64::NEG_INFINITY), Some(-0.0)])]).unwrap();
    let (text, notices) = write(&batch, JsonLayout::Lines);
    assert_eq!(text, "{\"x\":null}\n{\"x\":null}\n{\"x\":null}\n{\"x\":-0.0}\n");
    let told: Vec<_> = notices.iter().map(|n| (n.level, n.message.as_str())).collect();
    assert_eq!(told, [(Level::Changed, "column \"x\": 2 values that are NaN or infinite become null")]);
}

/// What stands in lists and structs of arrow goes as it is.
#[test]
fn structs_are_written_as_objects() {
    use arrow::array::{ArrayRef, Int64Array, StringArray, StructArray};
    let field = |name: &str, t| Arc::new(arrow::datatypes::Field::new(name, t, true));
    let array = StructArray::from(vec![
        (field("n", arrow::datatypes::DataType::Int64), Arc::new(Int64Array::from(vec![Some(1), None])) as ArrayRef),
        (field("s", arrow::datatypes::DataType::Utf8), Arc::new(StringArray::from(vec!["a", "b\""])) as ArrayRef),
    ]);
    let column = Column::from_arrow(Arc::new(array)).unwrap();
    let schema = Schema::new(vec![Field::new("o", column.dtype().clone())]);
    let (text, notices) = write(&Batch::new(Arc::new(schema), vec![column]).unwrap(), JsonLayout::Lines);
    assert!(notices.is_empty());
    assert_eq!(text, "{\"o\":{\"n\":1,\"s\":\"a\"}}\n{\"o\":{\"n\":null,\"s\":\"b\\\"\"}}\n");
}

fn records() -> impl Strategy<Value = Vec<Vec<(String, String)>>> {
    let value = prop_oneof![
        Just("null".to_string()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|i| i.to_string()),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(|f| format!("{f:e}")),
        "[a-zé \\[\\]{},:]{0,20}".prop_map(|s| serde_json::to_string(&s).unwrap()),
        Just("\"2020-01-31\"".to_string()),
        Just("\"q\\\"\\n\\u0041\"".to_string()),
        Just("[1,null,2]".to_string()),
        Just("{\"x\":1,\"y\":{}}".to_string()),
    ];
    let record = prop::collection::btree_map("[a-d]", value, 0..5).prop_map(|m| m.into_iter().collect::<Vec<_>>());
    prop::collection::vec(record, 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Where a text is cut, and which way its records stand, changes nothing.
    #[test]
    fn cuts_and_layouts_change_nothing(records in records(), part in 1usize..200) {
        let objects: Vec<String> = records
            .iter()
            .map(|r| format!("{{{}}}", r.iter().map(|(k, v)| format!("\"{k}\": {v}")).collect::<Vec<_>>().join(", ")))
            .collect();
        let text = objects.join("\n");
        let whole = shown(&read(&text, &lines()));
        prop_assert_eq!(&shown(&read(&text, &JsonReadOptions { part_bytes: Some(part), ..lines() })), &whole);
        let array = format!("[{}]", objects.join(" ,\n "));
        prop_assert_eq!(&shown(&read(&array, &JsonReadOptions { part_bytes: Some(part), ..document() })), &whole);
    }

    /// No bytes make it panic.
    #[test]
    fn any_text_is_read_or_refused(text in "[\\[\\]{}\":,0-9a\\\\ \n.eE-]{0,60}") {
        for options in [lines(), document()] {
            if let Ok(source) = open(&text, &options) {
                collect(&source);
            }
        }
    }
}

#[test]
fn numbers_beyond_f64_are_text_as_in_csv() {
    for (text, how) in [("{\"a\": 1.5}\n{\"a\": -1e400}\n", lines()), ("[{\"a\": 1.5},\n{\"a\": -1e400}]", document())] {
        assert_eq!(shown(&read(text, &how)), ["a:str", "\"1.5\"", "\"-1e400\""]);
        let e = refused(text, &JsonReadOptions { dtypes: vec![("a".into(), DType::F64)], ..how });
        assert!(e.contains("1e400") && e.contains("line 2"), "{e}");
    }
    assert_eq!(shown(&read("{\"a\": 1e300}\n{\"a\": [1e400]}", &lines()))[0], "a:str");
}
