//! Categories as a column chunk of their own making: the dictionary page holds every category in its order, used or not, and the
//! codes are written as they are. (Parquet's own encoder hashes the texts again and orders them by appearance, which would change
//! what an ordered category means.)

use crate::error::{Error, Result};
use crate::io::Codec;
use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::Int32Type;
use bytes::Bytes;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::file::metadata::{ColumnChunkMetaData, OffsetIndexBuilder};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

/// Rows of a data page.
const PAGE_ROWS: usize = 128 * 1024;
/// Bytes of a text that stands in the statistics.
const MOST_BOUND: usize = 64;

/// The chunk of these codes (Int32 arrays, one after the other) into these texts.
pub(super) fn chunk(descr: ColumnDescPtr, texts: &StringArray, codes: &[ArrayRef], codec: Codec) -> Result<(Bytes, ColumnCloseResult)> {
    let rows: usize = codes.iter().map(|c| c.len()).sum();
    let codec = if matches!(codec, Codec::Snappy | Codec::Zstd(_)) { codec } else { Codec::None };
    let mut sink = TrackedWrite::new(Vec::new());
    let (mut uncompressed, mut data_offset) = (0usize, 0i64);
    let offsets;
    {
        let mut pages = SerializedPageWriter::new(&mut sink);
        let mut dictionary = Vec::with_capacity(texts.values().len() + 4 * texts.len());
        for text in texts.iter() {
            let text = text.unwrap_or_default().as_bytes();
            dictionary.extend_from_slice(&(text.len() as u32).to_le_bytes());
            dictionary.extend_from_slice(text);
        }
        let buf = compress(&dictionary, codec)?;
        let page = Page::DictionaryPage { buf, num_values: texts.len() as u32, encoding: Encoding::PLAIN, is_sorted: false };
        let spec = pages.write_page(CompressedPage::new(page, dictionary.len()))?;
        uncompressed += spec.uncompressed_size;
        data_offset += spec.bytes_written as i64;

        let width = (u32::BITS - (texts.len().saturating_sub(1) as u32).leading_zeros()).max(1);
        let mut writer = PageBuilder {
            width,
            optional: descr.max_def_level() > 0,
            present: Vec::new(),
            codes: Vec::new(),
            index: OffsetIndexBuilder::new(),
        };
        for array in codes {
            let array = array.as_primitive_opt::<Int32Type>().ok_or_else(|| Error::internal("codes that are no i32"))?;
            for code in array.iter() {
                writer.present.push(code.is_some() as u32);
                writer.codes.extend(code.map(|c| c as u32));
                if writer.present.len() == PAGE_ROWS {
                    uncompressed += writer.write(&mut pages, codec)?;
                }
            }
        }
        if !writer.present.is_empty() || rows == 0 {
            uncompressed += writer.write(&mut pages, codec)?;
        }
        pages.close()?;
        offsets = writer.index.build();
    }
    let compressed = sink.bytes_written();
    let compression = match codec {
        Codec::Snappy => Compression::SNAPPY,
        Codec::Zstd(level) => Compression::ZSTD(ZstdLevel::try_new(level)?),
        _ => Compression::UNCOMPRESSED,
    };
    let metadata = ColumnChunkMetaData::builder(descr)
        .set_compression(compression)
        .set_encodings(vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY])
        .set_total_compressed_size(compressed as i64)
        .set_total_uncompressed_size(uncompressed as i64)
        .set_num_values(rows as i64)
        .set_dictionary_page_offset(Some(0))
        .set_data_page_offset(data_offset)
        .set_statistics(statistics(texts, codes))
        .build()?;
    let close = ColumnCloseResult {
        bytes_written: compressed as u64,
        rows_written: rows as u64,
        metadata,
        bloom_filter: None,
        column_index: None,
        offset_index: Some(offsets),
    };
    Ok((Bytes::from(sink.into_inner()?), close))
}

/// Missing count, and the least and largest text that occurs.
fn statistics(texts: &StringArray, codes: &[ArrayRef]) -> Statistics {
    let mut used = vec![false; texts.len()];
    for array in codes {
        for code in array.as_primitive::<Int32Type>().iter().flatten() {
            if let Some(u) = used.get_mut(code as usize) {
                *u = true;
            }
        }
    }
    let missing: usize = codes.iter().map(|c| c.null_count()).sum();
    let occurring = || used.iter().enumerate().filter(|(_, u)| **u).map(|(i, _)| texts.value(i).as_bytes());
    let bounds = occurring().min().zip(occurring().max()).filter(|(a, b)| a.len().max(b.len()) <= MOST_BOUND);
    let (low, high) = bounds.map(|(a, b)| (ByteArray::from(a.to_vec()), ByteArray::from(b.to_vec()))).unzip();
    Statistics::ByteArray(ValueStatistics::new(low, high, None, Some(missing as u64), false))
}

/// A data page in the making.
struct PageBuilder {
    width: u32,
    optional: bool,
    /// 1 where there is a value, 0 where it is missing.
    present: Vec<u32>,
    codes: Vec<u32>,
    /// Where the pages are: a file has this for all of its columns or for none.
    index: OffsetIndexBuilder,
}

impl PageBuilder {
    /// Writes the page; its uncompressed size.
    fn write(&mut self, pages: &mut SerializedPageWriter<'_, Vec<u8>>, codec: Codec) -> Result<usize> {
        let mut page = Vec::with_capacity(self.codes.len() * self.width as usize / 8 + 64);
        if self.optional {
            page.extend_from_slice(&[0; 4]);
            hybrid(&self.present, 1, &mut page);
            let length = (page.len() - 4) as u32;
            page[..4].copy_from_slice(&length.to_le_bytes());
        }
        page.push(self.width as u8);
        hybrid(&self.codes, self.width, &mut page);
        let page_size = page.len();
        let data = Page::DataPage {
            buf: compress(&page, codec)?,
            num_values: self.present.len() as u32,
            encoding: Encoding::RLE_DICTIONARY,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let spec = pages.write_page(CompressedPage::new(data, page_size))?;
        self.index.append_row_count(self.present.len() as i64);
        self.index.append_offset_and_size(spec.offset as i64, spec.compressed_size as i32);
        self.present.clear();
        self.codes.clear();
        Ok(spec.uncompressed_size)
    }
}

fn compress(bytes: &[u8], codec: Codec) -> Result<Bytes> {
    let failed = |e: &dyn std::fmt::Display| Error::internal(format!("compression failed: {e}"));
    Ok(match codec {
        Codec::Snappy => snap::raw::Encoder::new().compress_vec(bytes).map_err(|e| failed(&e))?.into(),
        Codec::Zstd(level) => zstd::bulk::compress(bytes, level).map_err(|e| failed(&e))?.into(),
        _ => Bytes::copy_from_slice(bytes),
    })
}

/// Parquet's hybrid of runs and bit-packed groups of eight.
fn hybrid(values: &[u32], width: u32, out: &mut Vec<u8>) {
    let run_at = |at: usize| values[at..].iter().take_while(|&&v| v == values[at]).count();
    let mut at = 0;
    while at < values.len() {
        let run = run_at(at);
        if run >= 8 {
            varint((run as u64) << 1, out);
            out.extend_from_slice(&values[at].to_le_bytes()[..width.div_ceil(8) as usize]);
            at += run;
            continue;
        }
        let start = at;
        while at < values.len() && (at == start || !is_run(values, at)) {
            at = (at + 8).min(values.len());
        }
        varint(((at - start).div_ceil(8) as u64) << 1 | 1, out);
        pack(&values[start..at], width, out);
    }
}

/// Whether eight equal values begin here.
fn is_run(values: &[u32], at: usize) -> bool {
    values.get(at..at + 8).is_some_and(|w| w.iter().all(|v| *v == w[0]))
}

/// Bits of each value, the lowest first, filled up to a multiple of eight values.
fn pack(values: &[u32], width: u32, out: &mut Vec<u8>) {
    let (mut bits, mut held) = (0u64, 0u32);
    let padding = values.len().next_multiple_of(8) - values.len();
    for v in values.iter().copied().chain(std::iter::repeat_n(0, padding)) {
        bits |= (v as u64) << held;
        held += width;
        while held >= 8 {
            out.push(bits as u8);
            bits >>= 8;
            held -= 8;
        }
    }
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference reading of the format's own text.
    fn unpack(bytes: &[u8], width: u32, count: usize) -> Vec<u32> {
        let (mut at, mut values) = (0, Vec::new());
        while values.len() < count {
            let (mut header, mut shift) = (0u64, 0);
            loop {
                header |= ((bytes[at] & 0x7f) as u64) << shift;
                shift += 7;
                at += 1;
                if bytes[at - 1] & 0x80 == 0 {
                    break;
                }
            }
            if header & 1 == 0 {
                let size = width.div_ceil(8) as usize;
                let mut word = [0; 4];
                word[..size].copy_from_slice(&bytes[at..at + size]);
                at += size;
                values.extend(std::iter::repeat_n(u32::from_le_bytes(word), (header >> 1) as usize));
            } else {
                let groups = (header >> 1) as usize;
                for i in 0..groups * 8 {
                    let bit = |b: usize| (bytes[at + b / 8] >> (b % 8) & 1) as u32;
                    values.push((0..width as usize).map(|b| bit(i * width as usize + b) << b).sum());
                }
                at += groups * width as usize;
            }
        }
        values.truncate(count);
        values
    }

    #[test]
    fn hybrid_runs_and_groups_are_read_back() {
        let mut values: Vec<u32> = (0..50).map(|i| i * 7 % 13).collect();
        values.extend([5; 20]);
        values.extend([1, 2, 3]);
        values.extend([9; 8]);
        values.extend([0, 1]);
        for width in [4, 7, 9, 17] {
            let mut out = Vec::new();
            hybrid(&values, width, &mut out);
            assert_eq!(unpack(&out, width, values.len()), values, "width {width}");
        }
        let mut out = Vec::new();
        hybrid(&[1; 1000], 1, &mut out);
        assert_eq!(out, [0xd0, 0x0f, 1]);
    }
}
