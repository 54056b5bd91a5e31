//! Inputs that can be read only once: standard input, named pipes, what `<(command)` in a shell stands for.

use crate::error::{Error, IoResultExt, Place, Result};
use crate::io::Format;
use crate::io::text::{TextInput, first_bytes_inside};
use std::fs::File;
use std::io::{BufRead, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Bytes that are looked at to find the format.
const FIRST: u64 = 4096;

/// A pipe whose first bytes were looked at.
struct Begun {
    path: PathBuf,
    first: Vec<u8>,
    rest: File,
}

/// What [`format_of`] has begun to read and [`reader`] has not taken: opened again, a pipe would go on behind the first bytes or wait for
/// another writer.
static BEGUN: Mutex<Vec<Begun>> = Mutex::new(Vec::new());

pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Whether this is read from its beginning to its end, once: neither a file nor a folder.
pub(crate) fn is_stream(path: &Path) -> bool {
    is_stdin(path) || std::fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir())
}

/// What messages call it.
pub(super) fn name(path: &Path) -> &Path {
    if is_stdin(path) { Path::new("standard input") } else { path }
}

/// What its name says, else its first bytes, else CSV. The first bytes are still there for [`reader`].
pub(super) fn format_of(path: &Path) -> Result<Format> {
    if is_stdin(path) {
        // They stay in the buffer that every reader of standard input shares.
        return Ok(std::io::stdin().lock().fill_buf().map_or(Format::Csv, of_first_bytes));
    }
    if let Some(format) = Format::of_name(path)? {
        return Ok(format);
    }
    let mut begun = BEGUN.lock().unwrap_or_else(|e| e.into_inner());
    if let Some(known) = begun.iter().find(|b| b.path == path) {
        return Ok(of_first_bytes(&known.first));
    }
    let (mut first, mut rest) = (Vec::new(), File::open(path).io_at(path)?);
    rest.by_ref().take(FIRST).read_to_end(&mut first).io_at(path)?;
    let format = of_first_bytes(&first);
    begun.push(Begun { path: path.to_path_buf(), first, rest });
    Ok(format)
}

/// A binary format by its first bytes (a text may begin with `PAR1`, but it has no zeros), JSON, else CSV.
fn of_first_bytes(first: &[u8]) -> Format {
    let binary = Format::of_first_bytes(first).filter(|_| first.contains(&0) || first.starts_with(b"\xff\xff\xff\xff"));
    binary.or_else(|| Format::of_text(&first_bytes_inside(first))).unwrap_or(Format::Csv)
}

/// All of it.
pub(super) fn reader(path: &Path) -> Result<Box<dyn Read + Send>> {
    if is_stdin(path) {
        return Ok(Box::new(std::io::stdin()));
    }
    let mut begun = BEGUN.lock().unwrap_or_else(|e| e.into_inner());
    if let Some(i) = begun.iter().position(|b| b.path == path) {
        let Begun { first, rest, .. } = begun.swap_remove(i);
        return Ok(Box::new(Cursor::new(first).chain(rest)));
    }
    Ok(Box::new(File::open(path).io_at(path)?))
}

/// As an input of text.
pub(super) fn text(path: &Path) -> Result<TextInput> {
    Ok(match path {
        _ if is_stdin(path) => TextInput::Stdin,
        _ if is_stream(path) => TextInput::Reader(path.to_path_buf(), reader(path)?),
        _ => TextInput::Path(path.to_path_buf()),
    })
}

/// Refuses a format that is read here and there, not from its beginning to its end.
pub(super) fn refuse(path: &Path, format: Format) -> Result<()> {
    if !is_stream(path) {
        return Ok(());
    }
    let (from, place) = match is_stdin(path) {
        true => ("standard input", Place::default()),
        false => ("a pipe or device", Place::file(path)),
    };
    Err(Error::unsupported(format!("{} is not read from {from}", format.name())).help("write it to a file first").at(place))
}
