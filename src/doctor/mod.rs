//! What would go wrong when files are combined, from their headers and labels alone.

mod cubes;
mod tables;
mod times;

use crate::error::{Error, Result, ResultExt, escape};
use crate::open::{OpenOptions, Scanned, scan};
use rayon::prelude::*;
use std::fmt;
use std::path::{Path, PathBuf};

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// A file that does not open, or is of another kind than the first.
    File,
    /// Variables or columns that some lack.
    Variables,
    /// Dims and their order.
    Dims,
    /// Labels of dims that are not joined.
    Labels,
    /// Types.
    Types,
    /// Units.
    Units,
    /// Calendars.
    Calendar,
    /// How numbers are stored.
    Packing,
    /// Order, gaps and overlaps along the joined dim.
    Time,
    /// Groups that some lack.
    Groups,
    /// Attributes of files and variables.
    Attributes,
}

impl Topic {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Topic::File => "file",
            Topic::Variables => "variables",
            Topic::Dims => "dims",
            Topic::Labels => "labels",
            Topic::Types => "types",
            Topic::Units => "units",
            Topic::Calendar => "calendar",
            Topic::Packing => "packing",
            Topic::Time => "time",
            Topic::Groups => "groups",
            Topic::Attributes => "attributes",
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Joining refuses it, unless told otherwise.
    Refused,
    /// It comes out otherwise than it stood in some file.
    Changes,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Refused => "refused",
            Severity::Changes => "changes",
            Severity::Note => "note",
        }
    }
}

/// Something that differs between files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub topic: Topic,
    /// What differs.
    pub what: String,
    /// What each choice does about it.
    pub choices: Vec<String>,
    /// The files that differ from the first one.
    pub files: Vec<PathBuf>,
}

/// What [`doctor`] found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many files.
    pub files: usize,
    /// The dim along which cubes would be joined.
    pub dim: Option<String>,
    /// The findings, the worst first.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Notes a finding; the same one of another file is put to it.
    fn add(&mut self, file: &Path, severity: Severity, topic: Topic, what: String, choices: &[&str]) {
        let same = |f: &&mut Finding| f.topic == topic && f.what == what;
        match self.findings.iter_mut().find(same) {
            Some(found) => found.files.push(file.to_path_buf()),
            None => {
                let choices = choices.iter().map(|c| c.to_string()).collect();
                self.findings.push(Finding { severity, topic, what, choices, files: vec![file.to_path_buf()] });
            }
        }
    }
}

/// Looks at files that are to be read as one: cubes by their headers and labels, tables by their columns. Files are opened in parallel; no
/// values but labels are read (of text the whole file, for its types).
///
/// # Errors
/// What the first file's reader says, and where the system allows no more open files; other files that do not open are findings.
///
/// # Examples
/// ```
/// use hpda_data::{doctor::doctor, open::OpenOptions};
/// let report = doctor(&["data/climate.nc".into(), "data/climate_packed.nc".into()], &OpenOptions::default())?;
/// assert!(report.findings.iter().any(|f| f.topic.name() == "packing"));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn doctor(files: &[PathBuf], options: &OpenOptions) -> Result<Report> {
    let Some((first, rest)) = files.split_first() else { return Err(Error::invalid("no files to look at")) };
    let open = |file: &PathBuf| match scan(std::slice::from_ref(file), options)?.0 {
        Scanned::Cube(ds) => cubes::closed(&ds).map(Scanned::Cube),
        table => Ok(table),
    };
    let first_scanned = open(first).at_file(first)?;
    let mut others: Vec<Result<Scanned>> = rest.par_iter().map(open).collect();
    // A file that there was no handle for is not one to be left out.
    if let Some(i) = others.iter().position(|o| o.as_ref().is_err_and(Error::lacks_handles)) {
        others.swap_remove(i)?;
    }
    let mut report = Report { files: files.len(), ..Report::default() };
    match first_scanned {
        Scanned::Cube(ds) => {
            let cube = |s| if let Scanned::Cube(ds) = s { Some(ds) } else { None };
            let mut cubes = vec![(first.as_path(), ds)];
            cubes.extend(of_one_kind(rest, others, "a table among cubes", cube, &mut report));
            cubes::look(&cubes, options.dim.as_deref(), &mut report)?;
        }
        Scanned::Table(source) => {
            let table = |s| if let Scanned::Table(source) = s { Some(source) } else { None };
            let mut tables = vec![(first.as_path(), source)];
            tables.extend(of_one_kind(rest, others, "a cube among tables", table, &mut report));
            tables::look(&tables, &mut report);
        }
    }
    report.findings.sort_by_key(|f| (f.severity, f.topic));
    Ok(report)
}

/// The files that are of the kind of the first; of the others, findings.
fn of_one_kind<'a, T>(
    files: &'a [PathBuf],
    scanned: Vec<Result<Scanned>>,
    other_kind: &str,
    pick: impl Fn(Scanned) -> Option<T>,
    report: &mut Report,
) -> Vec<(&'a Path, T)> {
    let mut out = Vec::with_capacity(files.len());
    for (file, scanned) in files.iter().zip(scanned) {
        let what = match scanned.map(&pick) {
            Ok(Some(found)) => {
                out.push((file.as_path(), found));
                continue;
            }
            Ok(None) => other_kind.to_string(),
            Err(e) => escape(e.message()),
        };
        report.add(file, Severity::Refused, Topic::File, what, &["leave it out"]);
    }
    out
}

/// Files are named up to this many.
const NAMED: usize = 3;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{} ({}): {}", finding.topic.name(), finding.severity.name(), finding.what)?;
            let names: Vec<String> = finding.files.iter().take(NAMED).map(|p| p.display().to_string()).collect();
            let more = finding.files.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            writeln!(f, "  in {}{more}", names.join(", "))?;
            for choice in &finding.choices {
                writeln!(f, "  {choice}")?;
            }
        }
        let along = self.dim.as_ref().map(|d| format!(", joined along {d:?}")).unwrap_or_default();
        let files = if self.files == 1 { "1 file".to_string() } else { format!("{} files", self.files) };
        match self.findings.iter().filter(|f| f.severity == Severity::Refused).count() {
            _ if self.findings.is_empty() => writeln!(f, "{files}{along}: nothing stands in the way"),
            0 => writeln!(f, "{files}{along}: they join"),
            n => writeln!(f, "{files}{along}: {n} {} in the way", if n == 1 { "thing stands" } else { "things stand" }),
        }
    }
}
