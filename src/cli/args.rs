//! Groups of options that commands share, named once. Values stay text here; [`super::options`] reads them.

use crate::io::Format;
use crate::plan::Agg;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// A line of help with the names of formats.
fn of_formats(text: &str, wanted: impl Fn(Format) -> bool) -> String {
    let names: Vec<&str> = Format::all().filter(|f| f.is_here() && wanted(*f)).map(Format::name).collect();
    format!("{text} ({})", names.join(" "))
}

/// The help of an option that takes an aggregation.
pub fn of_aggregations(text: &str) -> String {
    let names: Vec<&str> = Agg::ALL.iter().map(|(_, name, _)| *name).collect();
    format!("{text}: {} (q0.9 is a quantile)", names.join(" "))
}

/// How the inputs are read, whatever their format.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Reading")]
pub struct ReadArgs {
    // Made of the table of formats.
    #[arg(long, value_name = "FORMAT", help = of_formats("Format of the input, if its name and first bytes do not tell", |_| true))]
    pub from: Option<String>,
    /// Only this group of a NetCDF file
    #[arg(long, value_name = "NAME")]
    pub group: Option<String>,
    /// Raw input: the type of its elements, such as f64
    #[arg(long, value_name = "TYPE")]
    pub dtype: Option<String>,
    /// Raw input: its shape, such as 40000,40000
    #[arg(long, value_name = "N,N", allow_hyphen_values = true)]
    pub shape: Option<String>,
    /// Raw input: C has the last dimension vary fastest, F the first
    #[arg(long, value_name = "C|F", allow_hyphen_values = true)]
    pub order: Option<String>,
    /// Raw input: bytes before the first element
    #[arg(long, value_name = "N")]
    pub offset: Option<u64>,
    /// Raw input: bytes of elements in big-endian order
    #[arg(long)]
    pub big_endian: bool,
}

/// How text is read.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Reading text")]
pub struct CsvArgs {
    /// The character between cells
    #[arg(long, value_name = "C", allow_hyphen_values = true)]
    pub delimiter: Option<String>,
    /// The first line is data
    #[arg(long)]
    pub no_header: bool,
    /// Names of the columns
    #[arg(long, value_name = "A,B")]
    pub names: Option<String>,
    /// Lines to leave out before the header
    #[arg(long, value_name = "N")]
    pub skip_rows: Option<usize>,
    /// Lines that start with this are comments
    #[arg(long, value_name = "C", allow_hyphen_values = true)]
    pub comment: Option<String>,
    /// The quote character
    #[arg(long, value_name = "C")]
    pub quote: Option<String>,
    /// What means missing, in place of the usual list
    #[arg(long, value_name = "A,B", allow_hyphen_values = true)]
    pub missing: Option<String>,
    /// Types of columns: id=str,x=f64
    #[arg(long, value_name = "NAME=TYPE")]
    pub dtypes: Option<String>,
    /// Columns that are dates or times
    #[arg(long, value_name = "A,B")]
    pub parse_dates: Option<String>,
    /// How dates are written, such as %d.%m.%Y
    #[arg(long, value_name = "FORMAT")]
    pub date_format: Option<String>,
    /// Dates stay text unless asked for
    #[arg(long)]
    pub no_infer_dates: bool,
    /// The decimal point
    #[arg(long, value_name = "C")]
    pub decimal: Option<String>,
    /// The mark between groups of three digits
    #[arg(long, value_name = "C")]
    pub thousands: Option<String>,
    /// Cells are separated by blanks
    #[arg(long)]
    pub whitespace: bool,
    /// The encoding of the text, by its WHATWG name
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// What to do with lines of too many cells: error, skip or report
    #[arg(long, value_name = "ACTION")]
    pub bad_lines: Option<String>,
}

/// What is done to every table or cube before the command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Before the command")]
pub struct ExprArgs {
    /// Keep the rows, or of a cube the labels and values, where this is true (repeatable; acts with --with in the order written)
    #[arg(long = "where", id = "where", value_name = "EXPR", allow_hyphen_values = true)]
    pub filters: Vec<String>,
    /// Add or replace a column or variable (repeatable)
    #[arg(long = "with", id = "with", value_name = "NAME = EXPR", allow_hyphen_values = true)]
    pub columns: Vec<String>,
    /// Leave out the labels of a cube at which --where has left nothing
    #[arg(long, requires = "where")]
    pub drop_labels: bool,
}

/// Where the result goes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Writing")]
pub struct OutputArgs {
    /// Write to this file (- is standard output)
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub write: WriteArgs,
}

/// How the result is written.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Writing")]
pub struct WriteArgs {
    // Made of the table of formats.
    #[arg(long, value_name = "FORMAT", help = of_formats("Format of the output, if its name does not tell", |f| f.holds().written))]
    pub to: Option<String>,
    /// Replace an existing output
    #[arg(long)]
    pub overwrite: bool,
    /// Write although values, types or structure come out different
    #[arg(long, conflicts_with = "strict")]
    pub allow_loss: bool,
    /// Refuse every loss and every warning
    #[arg(long)]
    pub strict: bool,
    /// Note the command, the version and hashes of the inputs in the output's attributes: `replay` runs it again
    #[arg(long)]
    pub history: bool,
    /// Compression: zstd:3, deflate:4, snappy, lz4, none, as the format has it; of text gzip:6, zstd:3, bzip2:9, xz:6
    #[arg(long, value_name = "NAME[:LEVEL]")]
    pub compress: Option<String>,
    /// Chunk lengths by dimension: time=12,lat=180
    #[arg(long, value_name = "DIM=N")]
    pub chunks: Option<String>,
    /// Lengths of shards by dimension: so much of a Zarr array is one file
    #[arg(long, value_name = "DIM=N")]
    pub shards: Option<String>,
    /// Pack floats into this integer type
    #[arg(long, value_name = "TYPE")]
    pub pack: Option<String>,
    /// Rows in a row group of Parquet
    #[arg(long, value_name = "N")]
    pub row_group: Option<usize>,
    /// Text without the line of names
    #[arg(long)]
    pub no_header_out: bool,
    /// How floats are written in text, such as %.3f
    #[arg(long, value_name = "FORMAT")]
    pub float_format: Option<String>,
    /// What missing values are written as
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub missing_as: Option<String>,
    /// What NaN is written as
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub nan_as: Option<String>,
}

/// How the work is run.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Running")]
pub struct RunArgs {
    /// Threads (default: one per core)
    #[arg(short = 'j', long = "threads", value_name = "N")]
    pub threads: Option<usize>,
    /// The most memory for data, such as 512MB (default: a quarter of this machine's)
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
    /// No progress bar
    #[arg(long)]
    pub no_progress: bool,
    /// No progress bar and no warnings
    #[arg(long)]
    pub quiet: bool,
}
