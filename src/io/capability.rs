//! What each format can hold: what the checks before writing ask, and what `docs/formats.md` says.

use super::text::Packing;
use super::{Format, Kind};
use std::fmt::Write;

/// What a format can hold. Words are what the manual says; marks are what the code asks as well.
#[derive(Clone, Copy, Debug)]
pub struct Holds {
    /// Whether this version writes it.
    pub written: bool,
    /// Types of values, in words.
    pub types: &'static str,
    /// How a missing value is told from others, in words.
    pub missing: &'static str,
    /// More than one variable of a cube.
    pub several: bool,
    /// Attributes of the file, of variables and columns.
    pub attributes: bool,
    /// Coordinates of a cube, and names of dimensions.
    pub coordinates: bool,
    /// Groups.
    pub groups: bool,
    /// Floats packed into integers: `--pack`.
    pub packing: bool,
    /// Chunks: `--chunks`.
    pub chunks: bool,
    /// Shards, files that hold many chunks: `--shards`.
    pub shards: bool,
    /// Dimensions that can grow.
    pub unlimited: bool,
    /// Calendars other than the Gregorian.
    pub calendars: bool,
    /// Labels of rows, and names of columns that are no text.
    pub labels: bool,
    /// Groups of rows: `--row-group`.
    pub row_groups: bool,
    /// Names that `--compress` takes.
    pub compressions: &'static [&'static str],
    /// What is left out with a warning.
    pub warned: &'static str,
    /// What is refused without `--allow-loss`.
    pub refused: &'static str,
}

const NOTHING: Holds = Holds {
    written: true,
    types: "",
    missing: "",
    several: false,
    attributes: false,
    coordinates: false,
    groups: false,
    packing: false,
    chunks: false,
    shards: false,
    unlimited: false,
    calendars: false,
    labels: false,
    row_groups: false,
    compressions: &[],
    warned: "",
    refused: "",
};

const TEXT: &[&str] = &["gzip", "zstd", "bzip2", "xz"];

const CSV: Holds = Holds {
    types: "bool, integers, floats, text, dates, times, durations, decimals (read as f64), categories (read as text)",
    missing: "an empty cell; text in quotes is text",
    compressions: TEXT,
    warned: "attributes, calendars, NaN beside missing, types that reading infers differently",
    refused: "lists, bytes, structs and other nested types (as text)",
    ..NOTHING
};

const JSON: Holds = Holds {
    types: "bool, integers, floats, text, dates and times (as text, recognised when read), lists; objects become columns `a.b`",
    missing: "`null`, or no member",
    compressions: TEXT,
    warned: "attributes, calendars, columns of a table without rows",
    refused: "NaN and infinities (as null), bytes and types that are neither lists nor structs (as text)",
    ..NOTHING
};

const NC: Holds = Holds {
    types: "bool (as i8), integers, floats, text, times by units and calendar, enumerations",
    missing: "`_FillValue`; NaN in floats",
    several: true,
    attributes: true,
    coordinates: true,
    groups: true,
    packing: true,
    chunks: true,
    unlimited: true,
    calendars: true,
    compressions: &["deflate", "zstd", "none"],
    warned: "what attributes of NetCDF lack (shapes of several dims, truth values), fill values that HDF5 gives to datasets, f16 (as f32)",
    refused: "values beyond a packing that was asked for, types without a place, text behind a zero byte",
    ..NOTHING
};

const NPY: Holds = Holds {
    types: "bool, integers, floats",
    missing: "NaN in floats; none in integers (`--missing-as N`)",
    warned: "attributes, coordinates, names",
    refused: "integers with missing, text, times, every variable but one",
    ..NOTHING
};

impl Format {
    /// What it can hold.
    pub fn holds(self) -> Holds {
        match self {
            Format::Csv | Format::Tsv => CSV,
            Format::Jsonl | Format::Json => JSON,
            Format::Parquet => Holds {
                types: "all; every other arrow type is carried unchanged",
                missing: "a bit of its own, beside NaN",
                attributes: true,
                calendars: true,
                labels: true,
                row_groups: true,
                compressions: &["snappy", "zstd", "lz4", "gzip", "brotli", "none"],
                ..NOTHING
            },
            Format::Arrow => Holds {
                types: "all; every other arrow type is carried unchanged",
                missing: "a bit of its own, beside NaN",
                attributes: true,
                calendars: true,
                labels: true,
                compressions: &["lz4", "zstd", "none"],
                ..NOTHING
            },
            Format::Nc => NC,
            Format::Nc3 => Holds {
                types: "bool and i8 to i32 (written; CDF-5 is read with all integers), floats, text as characters, times by units and calendar",
                groups: false,
                chunks: false,
                compressions: &[],
                warned: "as NetCDF-4; 64-bit integers (as i32) that all fit 32 bits, enumerations (as numbers with `flag_meanings`)",
                refused: "64-bit integers (as f64) that do not, groups, dims of length 0 but one, text behind a zero byte",
                ..NC
            },
            Format::H5 => Holds {
                types: "as NetCDF-4; booleans as h5py's enums, bits, arrays, references (as paths), records (as groups)",
                warned: "f16 (as f32)",
                refused: "what is read with a loss: lists, opaque bytes, complex numbers, datasets without values, links to other files",
                ..NC
            },
            Format::Npy => NPY,
            Format::Npz => Holds {
                types: "bool, integers, floats, text, dates, times",
                missing: "NaN in floats, NaT in times; none in integers (`--missing-as N`)",
                several: true,
                groups: true,
                compressions: &["deflate", "none"],
                warned: "attributes, names of dims",
                refused: "integers with missing, calendars (as dates of the common one), zero bytes at the end of text",
                ..NPY
            },
            Format::Zarr => Holds {
                shards: true,
                types: "bool, integers, floats, text, times by units and calendar",
                warned: "unlimited dims, dims that no variable has, enumerations (as numbers with `flag_meanings`), fill values that HDF5 gives to datasets, f16 (as f32)",
                refused: "values beyond a packing that was asked for, types without a place",
                unlimited: false,
                compressions: &["zstd", "gzip", "blosc", "none"],
                ..NC
            },
            Format::Raw => Holds { types: "bool, integers, floats; what is said on the command line is all that is known", ..NPY },
        }
    }

    /// Formats of which this holds, by name: `parquet, arrow`.
    pub fn names_where(mut holds: impl FnMut(&Holds) -> bool) -> String {
        let names: Vec<&str> = Format::all().filter(|f| f.is_here() && holds(&f.holds())).map(Format::name).collect();
        names.join(", ")
    }
}

/// The table of formats in Markdown: `docs/formats.md` is this text.
pub fn support_matrix() -> String {
    let mut out = String::from(INTRODUCTION);
    let mark = |yes: bool| if yes { "yes" } else { "-" };
    let mut row = |cells: Vec<String>| {
        // Writing to a text cannot fail.
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    };
    let text = |cells: &[&str]| cells.iter().map(ToString::to_string).collect::<Vec<_>>();
    row(text(&["format", "holds", "names end in", "read", "written", "standard input", "standard output", "compression inside"]));
    row(text(&["---"; 8]));
    for format in Format::all() {
        let holds = format.holds();
        let endings: Vec<String> = format.endings().iter().map(|e| format!("`.{e}`")).collect();
        let compressions = if format.is_text() { "as a whole".to_string() } else { holds.compressions.join(" ") };
        row(vec![
            format!("`{}`", format.name()),
            if format.kind() == Kind::Table { "a table" } else { "a cube" }.into(),
            endings.join(" "),
            mark(format.is_here()).into(),
            mark(format.is_here() && holds.written).into(),
            mark(format.is_stream()).into(),
            mark(format.is_stream() && holds.written).into(),
            if compressions.is_empty() { "-".into() } else { compressions },
        ]);
    }
    out.push_str(&format!(
        "\nText may be compressed as a whole: a name ends in {} behind its own ending (`x.csv.gz`), and first bytes tell, also on standard\
         \x20input.\nWhat is read from standard input is read from any pipe as well (`<(command)` in a shell).\n",
        Packing::endings().map(|e| format!("`.{e}`")).collect::<Vec<_>>().join(", ")
    ));
    out.push_str("\n## What each can hold\n\n");
    let mut row = |cells: Vec<String>| {
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    };
    row(text(&[
        "format",
        "several variables",
        "attributes",
        "coordinates",
        "groups",
        "packing",
        "chunks",
        "unlimited dims",
        "other calendars",
        "row labels",
    ]));
    row(text(&["---"; 10]));
    for format in Format::all() {
        let h = format.holds();
        let table = format.kind() == Kind::Table;
        let of_cubes = |yes: bool| if table { "" } else { mark(yes) };
        row(text(&[
            &format!("`{}`", format.name()),
            of_cubes(h.several),
            mark(h.attributes),
            of_cubes(h.coordinates),
            of_cubes(h.groups),
            of_cubes(h.packing),
            of_cubes(h.chunks),
            of_cubes(h.unlimited),
            mark(h.calendars),
            if table { mark(h.labels) } else { "" },
        ]));
    }
    out.push_str("\n## Values, and what is lost\n\n");
    let mut row = |cells: Vec<String>| {
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    };
    row(text(&["format", "types", "missing", "left out with a warning", "refused without `--allow-loss`"]));
    row(text(&["---"; 5]));
    for format in Format::all() {
        let h = format.holds();
        let or_none = |words: &'static str| if words.is_empty() { "nothing" } else { words };
        row(text(&[&format!("`{}`", format.name()), h.types, h.missing, or_none(h.warned), or_none(h.refused)]));
    }
    out.push_str(NOTES);
    out
}

const INTRODUCTION: &str = "\
# Formats

This file is made from the table that the program itself uses (`src/io/format.rs`, `src/io/capability.rs`);
`HPDA_OVERWRITE=1 cargo test --test all formats` writes it anew.

The format of a file is what its name says, else what its first bytes say; `--from` and `--to` overrule both.

";

const NOTES: &str = "
What the target has no place for by its nature is left out with a warning, and the program ends well. What would come out different - values,
missing places, types, structure - is refused, and nothing is written, unless `--allow-loss` is given. `--strict` refuses both.

* **Row labels** become leading columns where a format has no place for them; an unnamed range vanishes.
* **A cube as a table** is long: a column per dimension, coordinate and variable. **A table as a cube** needs `--index`.
* **JSON** is an array of records, or an object of arrays of one length (`{\"a\": [1, 2], \"b\": [3, 4]}`). **JSON lines** hold a record per line.
  Types are those of the whole text: `i64`, then `u64`, then `f64` where there is a point or an exponent, `bool`, ISO dates and times, else text.
  Objects in objects become columns (`{\"a\": {\"b\": 1}}` is the column `a.b`), lists of one type become lists; objects in lists, and lists
  beside other values, are kept as their JSON text, and values of several types are read as text, both with a warning. A name that stands
  twice in a record is an error.
* **Compressed text** may be several members, frames or streams one after the other. What is written is one gzip member, one zstd frame,
  one xz stream, or bzip2 streams of a block each, and its bytes do not depend on the number of threads.
";
