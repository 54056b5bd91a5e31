//! How a file was made: a line of `history` for people, and a record from which it can be made again.

use super::Scanned;
use crate::error::{Error, IoResultExt, Level, Notices, Place, Result};
use crate::exec::ExecOptions;
use crate::io::Format;
use crate::plan::LazyFrame;
use crate::store::{AttrValue, Attrs};
use rayon::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The attribute of the lines, newest first, as CF, NCO and CDO have it.
const LINES: &str = "history";
/// The attribute of the record, as JSON.
const RECORD: &str = "hpda_replay";
/// The shape of the record; later ones have higher numbers.
const SHAPE: u64 = 1;

/// How a file was made: the command with all its words, the version that ran it, when, and of what.
///
/// As attributes of a cube or table these are a line in front of `history` and the record `hpda_replay`, which
/// [`History::of`] reads again.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// The words of the command, the program's name first.
    pub command: Vec<String>,
    /// The output as the command names it; `None` is standard output.
    pub output: Option<String>,
    /// The program and its version.
    pub program: String,
    /// When, as ISO 8601 in UTC.
    pub time: String,
    /// What was read, in the order in which it was opened.
    pub inputs: Vec<Input>,
}

/// A file that a command has read.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its name, as the command has it.
    pub path: String,
    /// The SHA-256 of its bytes in hexadecimal digits, as `sha256sum` prints it; `None` for what can be read only once. That of a
    /// folder (a Zarr store) is of the lines that `sha256sum` prints for its files, in the order of their names.
    pub sha256: Option<String>,
    /// How many bytes those are.
    pub bytes: u64,
}

/// What has become of an input since.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// Its bytes are the same.
    Same,
    /// They are others.
    Changed,
    /// It is not there, or cannot be read.
    Gone,
    /// It was a stream, of which nothing is known.
    Unknown,
}

impl History {
    /// What runs now, of these inputs; their bytes are read once for their hashes.
    ///
    /// # Errors
    /// What the system refuses.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::open::{Fate, History};
    /// let words = ["hpda-data", "convert", "data/stations.csv", "out.parquet", "--history"].map(String::from);
    /// let history = History::now(words.to_vec(), Some("out.parquet".into()), &["data/stations.csv".into()])?;
    /// assert!(history.line().ends_with("Z: hpda-data convert data/stations.csv out.parquet --history"));
    /// assert_eq!(history.inputs[0].fate(), Fate::Same);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn now(command: Vec<String>, output: Option<String>, inputs: &[PathBuf]) -> Result<History> {
        let inputs = inputs.par_iter().map(|path| Input::new(path)).collect::<Result<_>>()?;
        let time = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
        Ok(History { command, output, program: format!("hpda-data {}", env!("CARGO_PKG_VERSION")), time, inputs })
    }

    /// The line of `history`: the time, then the command as a shell takes it.
    pub fn line(&self) -> String {
        format!("{}: {}", self.time, self.shell())
    }

    /// The command as a shell takes it. What would break a line is a blank: the record has every word as it was.
    pub fn shell(&self) -> String {
        let words: Vec<String> = self.command.iter().map(|w| quoted(w)).collect();
        words.join(" ").chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    }

    /// The record that attributes of a table or cube hold; `None` where there is none.
    ///
    /// # Errors
    /// Format, for a record that is damaged or of a later version.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::open::{History, OpenOptions, scan};
    /// let (cube, _) = scan(&["data/climate.nc".into()], &OpenOptions::default())?;
    /// assert_eq!(History::of(&cube)?, None);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn of(scanned: &Scanned) -> Result<Option<History>> {
        let attrs = match scanned {
            Scanned::Table(source) => &source.schema().attrs,
            Scanned::Cube(ds) => &ds.attrs,
        };
        let Some(record) = attrs.get(RECORD) else { return Ok(None) };
        let damaged = || Error::format(format!("the record {RECORD:?} of how the file was made is damaged"));
        let record: Value = record.as_str().and_then(|t| serde_json::from_str(t).ok()).ok_or_else(damaged)?;
        if record.get("record").and_then(Value::as_u64).ok_or_else(damaged)? > SHAPE {
            return Err(Error::format(format!("the record {RECORD:?} of how the file was made is of a later version of this program")));
        }
        History::from_json(&record).ok_or_else(damaged).map(Some)
    }

    fn from_json(record: &Value) -> Option<History> {
        let text = |v: &Value, name: &str| v.get(name)?.as_str().map(str::to_string);
        let list = |name: &str| record.get(name)?.as_array();
        let input = |v: &Value| {
            Some(Input { path: text(v, "path")?, sha256: text(v, "sha256"), bytes: v.get("bytes").and_then(Value::as_u64).unwrap_or(0) })
        };
        Some(History {
            command: list("command")?.iter().map(|w| w.as_str().map(str::to_string)).collect::<Option<_>>()?,
            output: text(record, "output"),
            program: text(record, "program")?,
            time: text(record, "time")?,
            inputs: list("inputs")?.iter().map(input).collect::<Option<_>>()?,
        })
    }

    fn to_json(&self) -> Value {
        let input = |i: &Input| match &i.sha256 {
            Some(hash) => json!({"path": i.path, "sha256": hash, "bytes": i.bytes}),
            None => json!({"path": i.path}),
        };
        json!({
            "record": SHAPE,
            "program": self.program,
            "time": self.time,
            "command": self.command,
            "output": self.output,
            "inputs": self.inputs.iter().map(input).collect::<Vec<_>>(),
        })
    }

    /// Notes it in the attributes of a table or cube that is about to be written; what the format has no place for is told.
    pub(crate) fn note(&self, scanned: Scanned, format: Format, exec: &ExecOptions, notices: &mut Notices) -> Result<Scanned> {
        if !format.holds().attributes {
            let help = Format::names_where(|h| h.attributes && h.written);
            let text = format!("{} has no place for the history of a file ({help} have)", format.name());
            notices.push(Level::Omitted, text, Place::default());
            return Ok(scanned);
        }
        with_attrs(scanned, exec, |attrs| {
            let line = self.line();
            let lines = match attrs.get(LINES) {
                Some(AttrValue::Texts(old)) if old.len() == 1 => AttrValue::Texts(vec![format!("{line}\n{}", old[0])]),
                Some(AttrValue::Text(old)) if !old.is_empty() => format!("{line}\n{old}").into(),
                None | Some(AttrValue::Text(_)) => line.into(),
                Some(_) => {
                    notices.push(Level::Omitted, "the attribute \"history\" is no text and is replaced", Place::default());
                    line.into()
                }
            };
            attrs.set(LINES, lines);
            attrs.set(RECORD, self.to_json().to_string());
        })
    }
}

/// A table or cube with changed attributes as a whole.
fn with_attrs(scanned: Scanned, exec: &ExecOptions, change: impl FnOnce(&mut Attrs)) -> Result<Scanned> {
    Ok(match scanned {
        Scanned::Cube(mut ds) => {
            change(&mut ds.attrs);
            Scanned::Cube(ds)
        }
        Scanned::Table(source) => {
            let lazy = LazyFrame::scan(source).with_attrs(None, |attrs| {
                change(attrs);
                Ok(())
            })?;
            Scanned::Table(lazy.source(exec)?)
        }
    })
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_string() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

impl Input {
    /// A file or folder with its hash; what can be read only once, by its name alone.
    ///
    /// # Errors
    /// What the system refuses.
    fn new(path: &Path) -> Result<Input> {
        let name = path.to_str().ok_or_else(|| Error::invalid("the name of an input is no UTF-8 text").at(Place::file(path)))?;
        let mut input = Input { path: name.to_string(), sha256: None, bytes: 0 };
        if name == "-" {
            return Ok(input);
        }
        let facts = std::fs::metadata(path).io_at(path)?;
        if facts.is_file() {
            let (hash, bytes) = hash_file(path)?;
            (input.sha256, input.bytes) = (Some(hash), bytes);
        } else if facts.is_dir() {
            let (hash, bytes) = hash_folder(path)?;
            (input.sha256, input.bytes) = (Some(hash), bytes);
        }
        Ok(input)
    }

    /// What has become of it since.
    pub fn fate(&self) -> Fate {
        match (&self.sha256, Input::new(Path::new(&self.path))) {
            (None, _) => Fate::Unknown,
            (Some(_), Err(_)) => Fate::Gone,
            (Some(_), Ok(now)) if now.sha256 == self.sha256 => Fate::Same,
            _ => Fate::Changed,
        }
    }
}

fn hex(hash: &[u8]) -> String {
    hash.iter().fold(String::new(), |mut out, b| {
        // Writing to a text cannot fail.
        let _ = write!(out, "{b:02x}");
        out
    })
}

fn hash_file(path: &Path) -> Result<(String, u64)> {
    let mut file = std::fs::File::open(path).io_at(path)?;
    let (mut hash, mut bytes, mut block) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let n = match file.read(&mut block) {
            Ok(0) => return Ok((hex(&hash.finalize()), bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            other => other.io_at(path)?,
        };
        hash.update(&block[..n]);
        bytes += n as u64;
    }
}

/// The files of a folder and of those inside, as names from it; links are not followed.
fn files_of(folder: &Path, below: &str, into: &mut Vec<String>) -> Result<()> {
    for entry in std::fs::read_dir(folder).io_at(folder)? {
        let entry = entry.io_at(folder)?;
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        match entry.file_type().io_at(folder)? {
            t if t.is_dir() => files_of(&entry.path(), &format!("{name}/"), into)?,
            t if t.is_file() => into.push(name),
            _ => {}
        }
    }
    Ok(())
}

fn hash_folder(folder: &Path) -> Result<(String, u64)> {
    let mut names = Vec::new();
    files_of(folder, "", &mut names)?;
    names.sort_unstable();
    let hashes = names.par_iter().map(|name| hash_file(&folder.join(name))).collect::<Result<Vec<_>>>()?;
    let lines = hashes.iter().zip(&names).map(|((hash, _), name)| format!("{hash}  {name}\n")).collect::<String>();
    Ok((hex(&Sha256::digest(lines)), hashes.iter().map(|(_, bytes)| bytes).sum()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_split_them() {
        for (word, wanted) in [("a.nc", "a.nc"), ("x > 3", "'x > 3'"), ("", "''"), ("it's", "'it'\\''s'"), ("[", "'['")] {
            assert_eq!(quoted(word), wanted);
        }
    }

    #[test]
    fn hash_is_that_of_sha256sum() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("b")).unwrap();
        std::fs::write(folder.path().join("a"), "abc").unwrap();
        std::fs::write(folder.path().join("b/c"), "").unwrap();
        // From the standard, and `find * -type f | sort | xargs sha256sum | sha256sum`.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash_file(&folder.path().join("a")).unwrap(), (abc.into(), 3));
        let both = "6eba35d7428180154eea7332bad049a6c0105a4bbd23c3a7542600305d2cbedb";
        assert_eq!(hash_folder(folder.path()).unwrap(), (both.into(), 3));
    }

    #[test]
    fn record_of_a_file_is_what_was_noted() {
        let words = ["hpda-data", "select", "a b", "--where", "x\n> 3"].map(String::from).to_vec();
        let history = History::now(words, None, &["-".into()]).unwrap();
        assert!(history.line().ends_with("Z: hpda-data select 'a b' --where 'x > 3'"), "{}", history.line());
        assert_eq!(History::from_json(&history.to_json()), Some(history.clone()));
        let mut notices = Notices::new();
        let mut ds = crate::array::Dataset::new();
        ds.attrs.set("history", "older");
        let exec = ExecOptions::default();
        let noted = history.note(Scanned::Cube(ds.clone()), Format::Nc, &exec, &mut notices).unwrap();
        assert_eq!(History::of(&noted).unwrap(), Some(history.clone()));
        let Scanned::Cube(noted) = noted else { panic!("a cube") };
        assert_eq!(noted.attrs.text("history"), Some(format!("{}\nolder", history.line()).as_str()));
        assert!(notices.is_empty());
        ds.attrs.set(RECORD, "{");
        assert!(History::of(&Scanned::Cube(ds)).is_err());
    }
}
