//! What two tables or two cubes differ in, level by level, and whether they do: files of any format, or what is in memory.

mod assert;
mod cube;
mod encoding;
mod report;
mod same;
mod side;
mod table;
mod verify;

pub use crate::kernel::compare::Tolerance;
pub use assert::{assert_close, assert_identical};
pub use side::{Comparable, Side};
pub use verify::{can_verify, verify};

use crate::dtype::Scalar;
use crate::error::{Error, Result};
use crate::exec::ExecOptions;
use crate::kernel::compare::Differing;
use crate::open::Scanned;

/// What a difference is about, from the outside in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Columns, variables, groups and dims that are there, their order, lengths and shapes.
    Structure,
    /// Labels of rows and coordinates.
    Labels,
    /// Types of columns and variables, calendars among them.
    Dtype,
    /// Values of columns and data variables.
    Values,
    /// Attributes.
    Attributes,
    /// How a file holds what it holds: packing, fill values, chunks, filters.
    Encoding,
}

impl Level {
    /// Every one of them, in order.
    pub const ALL: [Level; 6] = [Level::Structure, Level::Labels, Level::Dtype, Level::Values, Level::Attributes, Level::Encoding];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Structure => "structure",
            Level::Labels => "labels",
            Level::Dtype => "dtype",
            Level::Values => "values",
            Level::Attributes => "attributes",
            Level::Encoding => "encoding",
        }
    }
}

/// What is not compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ignore {
    /// Attributes.
    pub attrs: bool,
    /// How files hold what they hold. Across formats that is never compared.
    pub encoding: bool,
    /// The order of columns. That of variables and attributes, which are found by name, never counts.
    pub order: bool,
}

impl Ignore {
    /// Sets what a word names: `attrs`, `encoding` or `order`.
    ///
    /// # Errors
    /// Not found, with the nearest word.
    pub fn set(&mut self, word: &str) -> Result<()> {
        match word {
            "attrs" => self.attrs = true,
            "encoding" => self.encoding = true,
            "order" => self.order = true,
            other => return Err(Error::not_found("level", other, ["attrs", "encoding", "order"])),
        }
        Ok(())
    }
}

/// How two things are compared.
#[derive(Clone, Debug, Default)]
pub struct DiffOptions {
    /// How far numbers may be apart: not at all, where nothing is said.
    pub tolerance: Tolerance,
    /// What is not compared.
    pub ignore: Ignore,
    /// Threads and memory.
    pub exec: ExecOptions,
}

/// Where in a table or a variable a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Position {
    /// The row, from 0.
    Row(u64),
    /// Dims with the positions along them, from 0, and the labels there, where the dims have some.
    Index(Vec<(String, usize, Option<Scalar>)>),
}

/// Values that differ.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueDifference {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub total: u64,
    /// The largest distance of two numbers, of times in seconds; `None` where no two numbers differ.
    pub max_abs: Option<f64>,
    /// Where the first is.
    pub first: Position,
}

/// One thing in which two sides differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What it is about.
    pub level: Level,
    /// The kind of thing that it is said of, where the name alone does not tell: `column`, `dim`, `variable`, `group`, `shape`.
    pub what: &'static str,
    /// The name of what differs: a column, a variable (`tas`, `/ocean/tas`), an attribute or encoding (`tas:units`, `:title`).
    pub place: String,
    /// What it is on the first side; `None` where it is not there.
    pub a: Option<Scalar>,
    /// What it is on the second side.
    pub b: Option<Scalar>,
    /// Of values and labels: how many, how far, where first. `a` and `b` are then the first values that differ.
    pub values: Option<ValueDifference>,
}

/// In what two sides differ: by level, in the order of the first side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// All differences.
    pub differences: Vec<Difference>,
    /// Columns and variables whose values could not be compared, because of their types or shapes, which then differ.
    pub not_compared: Vec<String>,
}

impl Diff {
    /// Whether there is no difference.
    pub fn is_same(&self) -> bool {
        self.differences.is_empty()
    }

    /// The differences of one level.
    pub fn level(&self, level: Level) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(move |d| d.level == level)
    }

    fn push(&mut self, level: Level, what: &'static str, place: impl Into<String>, a: Option<Scalar>, b: Option<Scalar>) {
        self.differences.push(Difference { level, what, place: place.into(), a, b, values: None });
    }

    /// In the order of levels; what stands together stays together.
    fn sorted(mut self) -> Diff {
        self.differences.sort_by_key(|d| d.level);
        self
    }
}

/// Counts of a column or variable, put together of its parts in any order.
#[derive(Clone, Debug, Default)]
struct Tally {
    count: u64,
    most: Option<f64>,
    /// The position of the first, and its values.
    first: Option<(u64, Scalar, Scalar)>,
}

impl Tally {
    fn add(&mut self, found: &Differing, first: (u64, Scalar, Scalar)) {
        self.count += found.count;
        if let Some(gap) = found.most {
            self.most = Some(self.most.map_or(gap, |most| most.max(gap)));
        }
        if self.first.as_ref().is_none_or(|f| first.0 < f.0) {
            self.first = Some(first);
        }
    }
}

/// What two tables or two cubes differ in: names, labels, types, values, attributes and, of files of one format, encodings.
///
/// Both are read block by block in parallel, within the budget. Columns and variables are found by name. Values are compared by
/// value, also where types differ (`i32` with `f64`, text with categories); NaN equals NaN, and a missing value equals a missing one
/// but not a NaN.
///
/// # Errors
/// Invalid, for a table and a cube; what the readers say.
///
/// # Examples
/// ```
/// use hpda_data::diff::{DiffOptions, Level, diff};
/// let found = diff("data/stations.csv", "data/stations.parquet", &DiffOptions::default())?;
/// assert_eq!(found.level(Level::Values).count(), 0);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn diff<A, B>(a: &A, b: &B, options: &DiffOptions) -> Result<Diff>
where
    A: Comparable + ?Sized,
    B: Comparable + ?Sized,
{
    let (a, b) = (a.side(&options.exec)?, b.side(&options.exec)?);
    let found = match (&a.content, &b.content) {
        (Scanned::Table(x), Scanned::Table(y)) => table::diff(x, y, a.is_like(&b), options)?,
        (Scanned::Cube(x), Scanned::Cube(y)) => cube::diff(x, y, a.is_like(&b), options)?,
        (Scanned::Table(_), _) => return Err(kinds("A", "B")),
        (Scanned::Cube(_), _) => return Err(kinds("B", "A")),
    };
    let mut found = found;
    if a.is_like(&b) && !options.ignore.encoding {
        encoding::facts(&a.facts, &b.facts, &mut found);
    }
    Ok(found.sorted())
}

/// Two values of which one is an f32 with the digits of an f64, where they would look the same otherwise.
fn told_apart(a: Scalar, b: Scalar) -> (Option<Scalar>, Option<Scalar>) {
    let wide = |v: Scalar| match v {
        Scalar::F32(x) => Scalar::F64(x.into()),
        other => other,
    };
    match (&a, &b) {
        (Scalar::F32(_), Scalar::F64(_)) | (Scalar::F64(_), Scalar::F32(_)) => (Some(wide(a)), Some(wide(b))),
        _ => (Some(a), Some(b)),
    }
}

fn kinds(table: &str, cube: &str) -> Error {
    Error::invalid(format!("a table and a cube are not compared: {table} is a table, {cube} a cube"))
        .help("`hpda-data convert` makes a table of a cube, and with --index a cube of a table")
}
