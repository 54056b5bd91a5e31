use crate::io::arrow_schema::FileColumns;
use parquet::file::metadata::ParquetMetaData;

/// What a Parquet footer says, without a look at the values.
#[derive(Clone, Debug, PartialEq)]
pub struct ParquetInfo {
    /// Bytes of the file.
    pub bytes: u64,
    /// Rows.
    pub rows: u64,
    /// The program that wrote it.
    pub created_by: Option<String>,
    /// The row groups in order.
    pub row_groups: Vec<RowGroup>,
    /// The columns, in the order of the schema.
    pub columns: Vec<ParquetColumn>,
}

/// A row group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowGroup {
    /// Rows.
    pub rows: u64,
    /// Bytes in the file.
    pub compressed: u64,
    /// Bytes uncompressed (still encoded).
    pub uncompressed: u64,
}

/// A column over all row groups.
#[derive(Clone, Debug, PartialEq)]
pub struct ParquetColumn {
    /// Its name in our schema.
    pub name: String,
    /// Bytes in the file.
    pub compressed: u64,
    /// Bytes uncompressed (still encoded).
    pub uncompressed: u64,
    /// Codecs, each once: `SNAPPY`.
    pub compression: Vec<String>,
    /// Encodings of pages, each once: `RLE_DICTIONARY`.
    pub encodings: Vec<String>,
    /// Rows without a value, where every row group says so. NaN is a value here.
    pub missing: Option<u64>,
}

impl ParquetInfo {
    pub(super) fn of(metadata: &ParquetMetaData, columns: &FileColumns, bytes: u64) -> ParquetInfo {
        let row_groups = metadata
            .row_groups()
            .iter()
            .map(|g| RowGroup {
                rows: g.num_rows() as u64,
                compressed: g.columns().iter().map(|c| c.compressed_size() as u64).sum(),
                uncompressed: g.columns().iter().map(|c| c.uncompressed_size() as u64).sum(),
            })
            .collect();
        let file = metadata.file_metadata();
        let descr = file.schema_descr();
        let columns = columns.schema.fields.iter().zip(&columns.order).map(|(field, &root)| {
            let leaves: Vec<usize> = (0..descr.num_columns()).filter(|&l| descr.get_column_root_idx(l) == root).collect();
            let mut column = ParquetColumn {
                name: field.name.clone(),
                compressed: 0,
                uncompressed: 0,
                compression: Vec::new(),
                encodings: Vec::new(),
                missing: None,
            };
            for group in metadata.row_groups() {
                for &leaf in &leaves {
                    let chunk = group.column(leaf);
                    column.compressed += chunk.compressed_size() as u64;
                    column.uncompressed += chunk.uncompressed_size() as u64;
                    add(&mut column.compression, codec_name(&format!("{:?}", chunk.compression())));
                    for encoding in chunk.encodings() {
                        add(&mut column.encodings, format!("{encoding:?}"));
                    }
                }
            }
            if let [leaf] = leaves[..] {
                let max_def = descr.column(leaf).max_def_level();
                let nested = descr.column(leaf).max_rep_level() > 0 || descr.column(leaf).path().parts().len() > 1;
                let counts = metadata.row_groups().iter().map(|g| g.column(leaf).statistics().and_then(|s| s.null_count_opt()));
                column.missing = match (nested, max_def) {
                    (true, _) => None,
                    (false, 0) => Some(0),
                    (false, _) => counts.sum(),
                };
            }
            column
        });
        ParquetInfo {
            bytes,
            rows: file.num_rows() as u64,
            created_by: file.created_by().map(Into::into),
            row_groups,
            columns: columns.collect(),
        }
    }
}

/// `ZSTD(ZstdLevel(1))` says a level that the file does not know.
fn codec_name(text: &str) -> String {
    text.split('(').next().unwrap_or(text).to_string()
}

fn add(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
}
