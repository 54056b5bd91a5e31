//! Text as bags of lines.

use crate::error::{Place, Result};
use crate::exec::{Bag, BagSource, guarded};
use crate::io::text::TextBlocks;
use rayon::prelude::*;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// The lines of files, as a bag: one file after the other, in blocks that are worked on in parallel.
///
/// Lines come without what ends them (`\n`, `\r\n` or `\r`). Files may be compressed (gzip, bzip2, xz, zstd); these are unpacked into
/// temporary files first. Nothing of the text is held but the lines that are being worked on. dask: `db.read_text(paths)`, which leaves
/// the line's end at each line.
///
/// # Errors
/// What the system refuses; format, for binary data and damaged streams; when the bag is run, parse, for bytes that are no UTF-8, with
/// the line.
///
/// # Examples
/// ```
/// let lines = hpda_data::open::read_text(["data/passengers.csv"])?;
/// assert_eq!(lines.filter(|line| line.contains(",female,")).count()?, 447);
/// assert!(lines.take(1)?[0].starts_with("PassengerId,"));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn read_text<P: Into<PathBuf>>(paths: impl IntoIterator<Item = P>) -> Result<Bag<String>> {
    lines(paths.into_iter().map(Into::into).collect(), None)
}

/// As [`read_text`], of text in an encoding by its WHATWG name.
///
/// # Errors
/// As [`read_text`]; not found, for the encoding; parse, for bytes that are none of it.
///
/// # Examples
/// ```
/// let file = tempfile::NamedTempFile::new().map_err(|e| hpda_data::Error::io(e, "."))?;
/// std::fs::write(file.path(), b"na\xefve").map_err(|e| hpda_data::Error::io(e, file.path()))?;
/// assert_eq!(hpda_data::open::read_text_in([file.path()], "windows-1252")?.collect()?, ["naïve"]);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn read_text_in<P: Into<PathBuf>>(paths: impl IntoIterator<Item = P>, encoding: &str) -> Result<Bag<String>> {
    lines(paths.into_iter().map(Into::into).collect(), Some(encoding))
}

fn lines(paths: Vec<PathBuf>, encoding: Option<&str>) -> Result<Bag<String>> {
    // Compressed files are unpacked side by side.
    let open = |path: &PathBuf| -> Result<File> { Ok(File { text: TextBlocks::open(path, encoding)?, path: path.clone() }) };
    let files: Vec<Result<File>> = paths.par_iter().map(open).collect();
    let files: Vec<File> = files.into_iter().collect::<Result<_>>()?;
    let parts = files.iter().enumerate().flat_map(|(f, file)| (0..file.text.count()).map(move |b| (f, b))).collect();
    Ok(Bag::new(Files { files, parts }))
}

struct File {
    text: TextBlocks,
    path: PathBuf,
}

/// Blocks of files.
struct Files {
    files: Vec<File>,
    /// The file and block of each part.
    parts: Vec<(usize, usize)>,
}

impl BagSource<String> for Files {
    fn parts(&self) -> usize {
        self.parts.len()
    }

    fn each(&self, part: usize, take: &mut dyn FnMut(String) -> Result<ControlFlow<()>>) -> Result<ControlFlow<()>> {
        let (file, block) = self.parts[part];
        let File { text, path } = &self.files[file];
        // A function that panics is told with the line.
        text.each_line(block, &mut |line| guarded(Place::default, || take(line))).map_err(|e| e.at(Place::file(path)))
    }

    fn part_bytes(&self, part: usize) -> u64 {
        let (file, block) = self.parts[part];
        self.files[file].text.bytes(block) as u64
    }
}
