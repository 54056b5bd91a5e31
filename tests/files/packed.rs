//! Compressed text: read as other tools write it, written so that they read it, the same bytes whatever the threads.

use hpda_data::io::csv::{CsvReadOptions, CsvSink, CsvSource, CsvWriteOptions};
use hpda_data::io::text::{Packing, TextInput, TextTarget};
use hpda_data::io::{Format, Output, Overwrite};
use hpda_data::store::{Batch, Budget, Field, Schema, TableSink, TableSource};
use hpda_data::{Column, DType};
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::sync::Arc;

const ALL: [Packing; 4] = [Packing::Gzip(6), Packing::Zstd(3), Packing::Bzip2(9), Packing::Xz(6)];

fn pack(packing: Packing, text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match packing {
        Packing::None => out.extend_from_slice(text),
        Packing::Gzip(level) => {
            let mut e = flate2::write::GzEncoder::new(&mut out, flate2::Compression::new(level));
            e.write_all(text).unwrap();
            e.finish().unwrap();
        }
        Packing::Zstd(level) => out = zstd::encode_all(text, level).unwrap(),
        Packing::Bzip2(level) => {
            bzip2::read::BzEncoder::new(text, bzip2::Compression::new(level)).read_to_end(&mut out).unwrap();
        }
        Packing::Xz(level) => {
            liblzma::read::XzEncoder::new(text, level).read_to_end(&mut out).unwrap();
        }
    }
    out
}

fn unpack(packing: Packing, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match packing {
        Packing::None => Ok(out.write(bytes).unwrap()),
        // One member, one frame, one stream: readers that stop behind the first read all.
        Packing::Gzip(_) => flate2::read::GzDecoder::new(bytes).read_to_end(&mut out),
        Packing::Zstd(_) => zstd::stream::read::Decoder::new(bytes).unwrap().single_frame().read_to_end(&mut out),
        Packing::Bzip2(_) => bzip2::read::MultiBzDecoder::new(bytes).read_to_end(&mut out),
        Packing::Xz(_) => liblzma::read::XzDecoder::new(bytes).read_to_end(&mut out),
    }
    .unwrap();
    out
}

fn open(bytes: Vec<u8>) -> hpda_data::Result<CsvSource> {
    let input = TextInput::Reader("t.csv".into(), Box::new(Cursor::new(bytes)));
    CsvSource::open(vec![input], &CsvReadOptions::default(), &Budget::unlimited())
}

#[test]
fn members_one_after_the_other_are_one_text() {
    for packing in ALL {
        let bytes = [pack(packing, b"a,b\n1,x\n"), pack(packing, b""), pack(packing, b"2,y\n3")].concat();
        let source = open(bytes).unwrap();
        assert_eq!(source.rows(), Some(3), "{packing:?}");
    }
}

#[test]
fn cut_or_changed_streams_are_one_error_with_the_byte() {
    let text: Vec<u8> = (0..5000).flat_map(|i: u32| format!("{i},{}\n", i.wrapping_mul(2_654_435_761)).into_bytes()).collect();
    for packing in ALL {
        let whole = pack(packing, &text);
        for cut in [whole.len() / 2, whole.len() - 1, 12] {
            let e = open(whole[..cut].to_vec()).unwrap_err();
            assert_eq!(e.message(), format!("the {} stream ends early", packing.name()), "{packing:?} at {cut}");
            assert_eq!(e.place().byte, Some(cut as u64), "{packing:?}");
        }
        let mut changed = whole.clone();
        let middle = whole.len() / 2;
        changed[middle..middle + 40].iter_mut().for_each(|b| *b ^= 0x5a);
        // Zstd frames have no sum unless asked for, so that other numbers may come out: then some line is no longer as before.
        if let Err(e) = open(changed) {
            assert!(e.place().file.is_some(), "{e}");
        } else {
            assert_eq!(packing, Packing::Zstd(3));
        }
    }
}

fn table(rows: usize) -> Batch {
    let schema = Schema::new(vec![Field::new("i", DType::I64), Field::new("t", DType::Str)]);
    let texts = (0..rows).map(|i| Some(format!("text {}", i.wrapping_mul(2_654_435_761) % 1_000_003)));
    Batch::new(Arc::new(schema), vec![Column::from((0..rows as i64).collect::<Vec<_>>()), Column::from_texts(texts)]).unwrap()
}

fn write(path: &Path, packing: Packing, batch: &Batch, threads: usize, step: usize) -> Vec<u8> {
    let options = CsvWriteOptions { packing, ..CsvWriteOptions::default() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let target = TextTarget::File(Output::create(path, Overwrite::Yes).unwrap());
        let (mut sink, _) = CsvSink::create(target, batch.schema.clone(), &options).unwrap();
        for at in (0..batch.rows()).step_by(step) {
            sink.write(&batch.slice(at, step.min(batch.rows() - at))).unwrap();
        }
        Box::new(sink).finish().unwrap();
    });
    std::fs::read(path).unwrap()
}

#[test]
fn written_bytes_do_not_depend_on_threads_or_batches() {
    let folder = tempfile::tempdir().unwrap();
    // Low levels are fast, and bzip2's has short blocks.
    let levels = [Packing::Gzip(1), Packing::Zstd(1), Packing::Bzip2(1), Packing::Xz(0)];
    for (packing, rows) in levels.into_iter().map(|p| (p, 60_000)).chain(ALL.map(|p| (p, 0))) {
        let batch = table(rows);
        let plain = write(&folder.path().join("plain"), Packing::None, &batch, 1, 30_000);
        let one = write(&folder.path().join("one"), packing, &batch, 1, 30_000);
        let many = write(&folder.path().join("many"), packing, &batch, 3, 9_999);
        assert!(one == many, "{packing:?}");
        assert!(unpack(packing, &one) == plain, "{packing:?} of {rows} rows");
    }
}

#[test]
fn names_say_format_and_packing() {
    assert_eq!(Format::of_name(Path::new("a.csv.gz")).unwrap(), Some(Format::Csv));
    assert_eq!(Format::of_name(Path::new("a.JSONL.Zst")).unwrap(), Some(Format::Jsonl));
    assert_eq!(Format::of_name(Path::new("a.gz")).unwrap(), None);
    let e = Format::of_name(Path::new("a.nc.gz")).unwrap_err();
    assert_eq!(e.message(), "only text is read and written compressed as a whole, not nc");
}

#[test]
fn gzip_with_zeros_behind_is_read_to_its_end() {
    let member = pack(Packing::Gzip(6), b"a,b\n1,x\n");
    let zeros = vec![0; 700_000];
    let source = open([&member[..], &zeros].concat()).unwrap();
    assert_eq!(source.rows(), Some(1));
    let source = open([&member[..], &zeros, &pack(Packing::Gzip(6), b"2,y\n")].concat()).unwrap();
    assert_eq!(source.rows(), Some(2));
    // Anything else there is damage.
    assert!(open([&member[..], &zeros, b"garbage that is no gzip"].concat()).is_err());
}

#[test]
fn zstd_may_begin_with_a_frame_to_be_skipped() {
    let skipped = b"\x50\x2a\x4d\x18\x04\0\0\0abcd";
    let source = open([&skipped[..], &pack(Packing::Zstd(3), b"a,b\n1,x\n")].concat()).unwrap();
    assert_eq!(source.rows(), Some(1));
}
