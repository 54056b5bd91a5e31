//! The table of formats: names, endings, first bytes, what each can do. Everything that asks about a format asks here.

use super::text::{Packing, first_bytes_inside};
use crate::error::{Error, IoResultExt, Place, Result};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Format {
    Csv,
    Tsv,
    Jsonl,
    Json,
    Parquet,
    Arrow,
    Nc,
    Nc3,
    H5,
    Npy,
    Npz,
    Zarr,
    Raw,
}

/// Whether a format holds tables or cubes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Table,
    Cube,
}

struct Row {
    format: Format,
    name: &'static str,
    kind: Kind,
    endings: &'static [&'static str],
    magic: &'static [&'static [u8]],
    here: bool,
}

const fn row(
    format: Format,
    name: &'static str,
    kind: Kind,
    endings: &'static [&'static str],
    magic: &'static [&'static [u8]],
    here: bool,
) -> Row {
    Row { format, name, kind, endings, magic, here }
}

/// One row per format. `here`: this build reads and writes it.
const TABLE: [Row; 13] = [
    row(Format::Csv, "csv", Kind::Table, &["csv", "txt"], &[], true),
    row(Format::Tsv, "tsv", Kind::Table, &["tsv", "tab"], &[], true),
    row(Format::Jsonl, "jsonl", Kind::Table, &["jsonl", "ndjson"], &[], true),
    row(Format::Json, "json", Kind::Table, &["json"], &[], true),
    row(Format::Parquet, "parquet", Kind::Table, &["parquet", "pq"], &[b"PAR1"], true),
    row(Format::Arrow, "arrow", Kind::Table, &["arrow", "feather", "ipc", "arrows"], &[b"ARROW1", b"\xff\xff\xff\xff"], true),
    row(Format::Nc, "nc", Kind::Cube, &["nc", "nc4", "cdf"], &[b"\x89HDF\r\n\x1a\n"], true),
    row(Format::Nc3, "nc3", Kind::Cube, &["nc3"], &[b"CDF\x01", b"CDF\x02", b"CDF\x05"], true),
    row(Format::H5, "h5", Kind::Cube, &["h5", "hdf5", "he5", "hdf"], &[], true),
    row(Format::Npy, "npy", Kind::Cube, &["npy"], &[b"\x93NUMPY"], true),
    row(Format::Npz, "npz", Kind::Cube, &["npz"], &[b"PK\x03\x04", b"PK\x05\x06"], true),
    row(Format::Zarr, "zarr", Kind::Cube, &["zarr"], &[], cfg!(feature = "zarr")),
    row(Format::Raw, "raw", Kind::Cube, &["raw", "bin", "dat"], &[], true),
];

/// Formats that are refused by name, with what does them.
const ELSEWHERE: [(&[&str], &str); 3] = [
    (&["grib", "grb", "grib2", "grb2"], "GRIB is not read here: `cdo -f nc4 copy IN OUT.nc` or cfgrib converts it"),
    (&["xls", "xlsx", "ods"], "spreadsheets are not read here: save the sheet as CSV"),
    (&["pkl", "pickle"], "pickle is not read here: write Parquet with `df.to_parquet` in pandas"),
];

/// Whether first bytes are too much of a format to be text or numbers that happen to start so.
fn is_no_chance(file: &mut std::fs::File, first: &[u8], format: Format) -> bool {
    match format {
        Format::Nc | Format::Nc3 | Format::Npy => true,
        Format::Arrow => first == b"ARROW1\0\0",
        Format::Parquet => {
            let mut last = [0u8; 4];
            file.seek(SeekFrom::End(-4)).and_then(|_| file.read_exact(&mut last)).is_ok() && &last == b"PAR1"
        }
        _ => false,
    }
}

impl Format {
    fn row(self) -> &'static Row {
        TABLE.iter().find(|r| r.format == self).expect("every format has a row")
    }

    /// Every format.
    pub fn all() -> impl Iterator<Item = Format> {
        TABLE.iter().map(|r| r.format)
    }

    /// Its name, as `--from` and `--to` take it.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Endings of names of its files, without the point.
    pub fn endings(self) -> &'static [&'static str] {
        self.row().endings
    }

    /// What it holds.
    pub fn kind(self) -> Kind {
        self.row().kind
    }

    /// Whether it is text: compressed as a whole, written to standard output, without attributes.
    pub fn is_text(self) -> bool {
        matches!(self, Format::Csv | Format::Tsv | Format::Jsonl | Format::Json)
    }

    /// Whether it can go to standard output.
    pub fn is_stream(self) -> bool {
        self.is_text() || self == Format::Arrow
    }

    /// Whether this build reads and writes it.
    pub fn is_here(self) -> bool {
        self.row().here
    }

    /// The format of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn parse(name: &str) -> Result<Format> {
        let found = TABLE.iter().find(|r| r.name.eq_ignore_ascii_case(name));
        found.map(|r| r.format).ok_or_else(|| Error::not_found("format", name, TABLE.iter().map(|r| r.name)))
    }

    /// The format that a file's name says, if it says one.
    ///
    /// # Errors
    /// Unsupported, for formats and places that are refused by name.
    pub fn of_name(path: &Path) -> Result<Option<Format>> {
        let text = path.to_string_lossy();
        if text.contains("://") {
            return Err(Error::unsupported("URLs and object stores are not read here")
                .help("fetch the file first, with curl or the store's own tool")
                .at(Place::file(path)));
        }
        let (packing, bare) = Packing::of_name(path);
        let ending = bare.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        if let Some((_, help)) = ELSEWHERE.iter().find(|(endings, _)| endings.contains(&ending.as_str())) {
            return Err(Error::unsupported(format!("files named .{ending} are not handled")).help(*help).at(Place::file(path)));
        }
        let found = TABLE.iter().find(|r| r.endings.contains(&ending.as_str())).map(|r| r.format);
        match found {
            Some(format) if packing != Packing::None && !format.is_text() => {
                Err(Error::unsupported(format!("only text is read and written compressed as a whole, not {}", format.name()))
                    .help(format!("unpack it first, or leave .{} out of the name: {} compresses inside", packing.ending(), format.name()))
                    .at(Place::file(path)))
            }
            found => Ok(found),
        }
    }

    /// The binary format whose files begin so.
    pub fn of_first_bytes(first: &[u8]) -> Option<Format> {
        TABLE.iter().find(|r| r.magic.iter().any(|m| first.starts_with(m))).map(|r| r.format)
    }

    /// What a text that begins so is, if that tells: an object is a record of JSON lines, an array JSON. The first line of a CSV
    /// file could in principle begin as such; that would be an odd name of a column.
    pub fn of_text(first: &[u8]) -> Option<Format> {
        let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
        let next = text.get(1..)?.trim_ascii_start().first()?;
        match (text[0], next) {
            (b'{', b'"') => Some(Format::Jsonl),
            (b'[', b'{') => Some(Format::Json),
            _ => None,
        }
    }

    /// The format of an existing file: from its name, else from its first bytes.
    ///
    /// A NetCDF or HDF5 name with classic content is classic, and a raw one with the first bytes of another format is that format; any other
    /// contradiction is left to the reader to report.
    ///
    /// # Errors
    /// Io; unsupported; format, where neither tells.
    pub fn of_file(path: &Path) -> Result<Format> {
        let named = Format::of_name(path)?;
        if path.is_dir() {
            // A store says what it is by what stands in it, whatever its name.
            let marks = ["zarr.json", ".zgroup", ".zarray", ".zmetadata"];
            let is_store = named == Some(Format::Zarr) || marks.iter().any(|m| path.join(m).is_file());
            return if is_store { Ok(Format::Zarr) } else { Err(Error::io(std::io::ErrorKind::IsADirectory.into(), path)) };
        }
        let mut first = [0u8; 4096];
        let mut file = std::fs::File::open(path).io_at(path)?;
        let n = file.read(&mut first).io_at(path)?;
        let says = Format::of_first_bytes(&first[..n]);
        match (named, says) {
            (Some(Format::Nc | Format::Nc3), Some(f @ (Format::Nc | Format::Nc3))) => Ok(f),
            (Some(Format::H5), Some(Format::Nc3)) => Ok(Format::Nc3),
            // Such a name says nothing of what is inside; first bytes that are no chance say more.
            (Some(Format::Raw), Some(f)) if is_no_chance(&mut file, &first[..n.min(8)], f) => Ok(f),
            (Some(f), _) => Ok(f),
            (None, Some(f)) => Ok(f),
            (None, None) => Format::of_text(&first_bytes_inside(&first[..n])).ok_or_else(|| {
                Error::format("neither its name nor its first bytes tell the format")
                    .help("say it with --from FORMAT")
                    .at(Place::file(path))
            }),
        }
    }
}
