//! Pages looked at before the `parquet` crate decodes them: it makes room for as many delta-coded texts as a page says that it holds, and
//! a number that no machine has room for would end the process.

use parquet::arrow::arrow_reader::RowGroups;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;
use std::sync::Arc;

/// One row group of a file in memory.
pub(super) struct CheckedGroup {
    pub bytes: Arc<bytes::Bytes>,
    pub metadata: Arc<ParquetMetaData>,
    pub index: usize,
}

impl RowGroups for CheckedGroup {
    fn num_rows(&self) -> usize {
        self.metadata.row_group(self.index).num_rows() as usize
    }

    fn column_chunks(&self, i: usize) -> Result<Box<dyn PageIterator>> {
        let group = self.metadata.row_group(self.index);
        let column = group.column(i);
        let places = self.metadata.offset_index().and_then(|all| all.get(self.index)?.get(i)).map(|c| c.page_locations.clone());
        let inner = SerializedPageReader::new(self.bytes.clone(), column, group.num_rows() as usize, places)?;
        let levels = [column.column_descr().max_rep_level(), column.column_descr().max_def_level()];
        let checked: Box<dyn PageReader> = Box::new(Checked { inner: Box::new(inner), levels });
        Ok(Box::new(One(Some(checked))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.metadata.row_group(self.index)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// The pages of one column of one row group.
struct One(Option<Box<dyn PageReader>>);

impl Iterator for One {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(Ok)
    }
}

impl PageIterator for One {}

struct Checked {
    inner: Box<dyn PageReader>,
    /// The highest levels of repetition and of definition.
    levels: [i16; 2],
}

impl Iterator for Checked {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Checked {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.inner.get_next_page()?;
        match page.as_ref().is_none_or(|page| fits(page, self.levels)) {
            true => Ok(page),
            false => Err(ParquetError::General("a page says that it holds more texts than values".into())),
        }
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.inner.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.inner.at_record_boundary()
    }
}

/// Whether lists of lengths in a page are no longer than the page has values. What is damaged otherwise the decoder sees itself.
fn fits(page: &Page, levels: [i16; 2]) -> bool {
    let (values, encoding, count) = match page {
        Page::DataPage { buf, num_values, encoding, rep_level_encoding, def_level_encoding, .. } => {
            let mut rest: &[u8] = buf;
            for (most, how) in levels.into_iter().zip([rep_level_encoding, def_level_encoding]).filter(|(most, _)| *most > 0) {
                #[expect(deprecated, reason = "old files have it")]
                let length = match how {
                    Encoding::BIT_PACKED => (*num_values as usize * (16 - most.leading_zeros() as usize)).div_ceil(8),
                    _ => rest.first_chunk().map_or(usize::MAX, |n| u32::from_le_bytes(*n) as usize).saturating_add(4),
                };
                rest = rest.get(length..).unwrap_or_default();
            }
            (rest, encoding, *num_values)
        }
        Page::DataPageV2 { buf, num_values, encoding, def_levels_byte_len, rep_levels_byte_len, .. } => {
            let levels = *def_levels_byte_len as usize + *rep_levels_byte_len as usize;
            (buf.get(levels..).unwrap_or_default(), encoding, *num_values)
        }
        Page::DictionaryPage { .. } => return true,
    };
    let most = u64::from(count);
    match encoding {
        Encoding::DELTA_LENGTH_BYTE_ARRAY => Deltas::read(values).is_none_or(|d| d.total <= most),
        Encoding::DELTA_BYTE_ARRAY => match Deltas::read(values) {
            Some(prefixes) if prefixes.total > most => false,
            Some(prefixes) => prefixes.behind(values).and_then(Deltas::read).is_none_or(|d| d.total <= most),
            None => true,
        },
        _ => true,
    }
}

/// The header of delta-coded integers. Layout: Parquet's `Encodings.md`, "Delta Encoding".
struct Deltas {
    /// Integers that the data of one width has.
    each: u64,
    widths: usize,
    total: u64,
    length: usize,
}

/// A number in seven bits a byte, and what is behind it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let end = bytes.iter().take(10).position(|b| b & 0x80 == 0)? + 1;
    let value = bytes[..end].iter().rev().fold(0u64, |n, b| n << 7 | u64::from(b & 0x7f));
    Some((value, &bytes[end..]))
}

impl Deltas {
    fn read(bytes: &[u8]) -> Option<Deltas> {
        let (block, rest) = varint(bytes)?;
        let (widths, rest) = varint(rest)?;
        let (total, rest) = varint(rest)?;
        let (_, rest) = varint(rest)?;
        Some(Deltas { each: block.checked_div(widths)?, widths: widths.try_into().ok()?, total, length: bytes.len() - rest.len() })
    }

    /// What stands behind the integers: blocks of a least difference, widths, and the bits of so many integers for each width.
    fn behind<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let mut rest = bytes.get(self.length..)?;
        let mut left = self.total.saturating_sub(1);
        while left > 0 {
            (_, rest) = varint(rest)?;
            let (widths, data) = rest.split_at_checked(self.widths)?;
            rest = data;
            for &width in widths {
                if left == 0 {
                    break;
                }
                let bits = self.each.checked_mul(u64::from(width))?;
                rest = rest.get(usize::try_from(bits / 8).ok()?..)?;
                left = left.saturating_sub(self.each.max(1));
            }
            if self.widths == 0 {
                return None;
            }
        }
        Some(rest)
    }
}
