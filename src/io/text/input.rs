//! Where the bytes come from: a map of the file where it can be mapped and is UTF-8, else a copy in an unlinked temporary file:
//! of standard input, of text in other encodings, and of what compressed text says. Text is read more than once, and by several
//! threads, and unpacking it each time would take longer than writing it down.

use super::Packing;
use super::unpack::Unpack;
use crate::error::{Error, ErrorKind, IoResultExt, Place, Result};
use encoding_rs::{DecoderResult, Encoding, UTF_8};
use memmap2::Mmap;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One input of a table.
pub enum TextInput {
    /// A file.
    Path(PathBuf),
    /// The standard input.
    Stdin,
    /// Anything that can be read, under a name for messages.
    Reader(PathBuf, Box<dyn Read + Send>),
}

impl std::fmt::Debug for TextInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("TextInput").field(&self.name()).finish()
    }
}

impl TextInput {
    /// The name that messages use.
    pub fn name(&self) -> &Path {
        match self {
            TextInput::Path(p) | TextInput::Reader(p, _) => p,
            TextInput::Stdin => Path::new("standard input"),
        }
    }
}

#[derive(Debug)]
enum Backing {
    Map(Mmap),
    Empty,
}

/// The bytes of an input, in UTF-8 unless they are not (which the survey finds out).
#[derive(Debug)]
pub(in crate::io) struct Text {
    pub name: PathBuf,
    backing: Backing,
    /// What is looked at: without a byte order mark, and within the sample.
    view: Range<usize>,
    /// Whether the view ends where the input ends.
    pub whole: bool,
}

impl Text {
    /// Opens an input, of which at most so many bytes are looked at (in UTF-8, unpacked).
    ///
    /// # Errors
    /// What the system refuses; not found, for an encoding; format, for what is binary or a damaged stream; parse, for bytes that
    /// are none of the encoding.
    pub fn open(input: TextInput, encoding: Option<&str>, most: usize) -> Result<Text> {
        let name = input.name().to_path_buf();
        let (file, mut whole) = match input {
            TextInput::Path(path) => {
                let mut file = File::open(&path).io_at(&path)?;
                let about = file.metadata().io_at(&path)?;
                if about.is_dir() {
                    return Err(Error::io(std::io::ErrorKind::IsADirectory.into(), &path));
                }
                match about.is_file() {
                    true => {
                        let first = peek(&mut file, &name)?;
                        file.rewind().io_at(&path)?;
                        if Packing::of_name(&path).0.is_cut_off(&first) {
                            let e = Error::format("the file ends before it says what it is: it is cut off");
                            return Err(e.help("copy the file again").at(Place::file(&path)));
                        }
                        match Packing::of_first_bytes(&first) {
                            Packing::None => (file, true),
                            packing => spool(packing, file, most, &name)?,
                        }
                    }
                    false => spool_any(file, most, &name, encoding)?,
                }
            }
            TextInput::Stdin => spool_any(std::io::stdin(), most, &name, encoding)?,
            TextInput::Reader(_, reader) => spool_any(reader, most, &name, encoding)?,
        };
        let mut backing = map(&file, &name)?;
        let first = &backing.bytes()[..backing.bytes().len().min(4096)];
        let mut encoding = match encoding {
            None => UTF_8,
            Some(label) => Encoding::for_label(label.as_bytes()).ok_or_else(|| {
                Error::new(ErrorKind::NotFound, format!("encoding {label:?} does not exist"))
                    .help("encodings go by their WHATWG names, such as utf-8, windows-1252, iso-8859-2, shift_jis, utf-16le")
            })?,
        };
        let mut skip = 0;
        if let Some((marked, length)) = Encoding::for_bom(first) {
            (encoding, skip) = (marked, length);
        }
        if encoding == UTF_8 {
            if first.contains(&0) {
                return Err(binary(&name));
            }
        } else {
            let bytes = &backing.bytes()[skip..];
            let cut = bytes.len().min(most);
            whole &= cut == bytes.len();
            let utf8 = transcode(&bytes[..cut], whole, encoding, &name)?;
            backing = map(&utf8, &name)?;
            skip = 0;
        }
        let length = backing.bytes().len();
        let end = length.min(skip.saturating_add(most));
        Ok(Text { name, backing, view: skip..end.max(skip), whole: whole && end == length })
    }

    /// What is looked at.
    pub fn bytes(&self) -> &[u8] {
        &self.backing.bytes()[self.view.clone()]
    }

    /// The line, from 1, on which a byte stands.
    pub fn line(&self, offset: usize) -> u64 {
        1 + line_breaks(&self.bytes()[..offset.min(self.bytes().len())])
    }

    /// The file, and the line on which a byte stands.
    pub fn place(&self, offset: usize) -> Place {
        Place { line: Some(self.line(offset)), ..Place::file(&self.name) }
    }
}

/// Line breaks of all three kinds.
pub(in crate::io) fn line_breaks(bytes: &[u8]) -> u64 {
    let lone = memchr::memchr_iter(b'\r', bytes).filter(|&i| bytes.get(i + 1).is_some_and(|&b| b != b'\n')).count();
    (memchr::memchr_iter(b'\n', bytes).count() + lone) as u64
}

impl Backing {
    fn bytes(&self) -> &[u8] {
        match self {
            Backing::Map(m) => m,
            Backing::Empty => &[],
        }
    }
}

fn map(file: &File, name: &Path) -> Result<Backing> {
    if file.metadata().io_at(name)?.len() == 0 {
        return Ok(Backing::Empty);
    }
    // SAFETY: the map is read only and is seen as bytes of any value; nothing is assumed to stay the same between two looks (text
    // is checked to be UTF-8 in the copy that is kept). That another process may change or cut the file while we read is the known
    // hazard of every memory map; a cut ends the process by a signal, it does not corrupt.
    let map = unsafe { Mmap::map(file) }.io_at(name)?;
    #[cfg(unix)]
    let _ = map.advise(memmap2::Advice::Sequential);
    Ok(Backing::Map(map))
}

/// First bytes, enough to tell whether they are compressed.
fn peek(from: &mut impl Read, name: &Path) -> Result<Vec<u8>> {
    let mut first = Vec::with_capacity(16);
    from.take(16).read_to_end(&mut first).io_at(name)?;
    Ok(first)
}

fn binary(name: &Path) -> Error {
    Error::format("is binary data, not text")
        .help("say what it is with --from FORMAT, or its encoding with --encoding utf-16le")
        .at(Place::file(name))
}

/// A copy of a stream, unpacked if it is compressed. What is seen to be binary is not copied: a device may have no end.
fn spool_any(mut from: impl Read, most: usize, name: &Path, encoding: Option<&str>) -> Result<(File, bool)> {
    let first = peek(&mut from, name)?;
    let packing = Packing::of_first_bytes(&first);
    if packing == Packing::None && encoding.is_none() && Encoding::for_bom(&first).is_none() && first.contains(&0) {
        return Err(binary(name));
    }
    spool(packing, std::io::Cursor::new(first).chain(from), most, name)
}

/// A copy in a temporary file that has no name: it goes when we go. Returns whether all was copied. It grows with what the
/// stream holds, block by block: a stream that unpacks to more than the disk takes ends with the system's refusal.
fn spool(packing: Packing, from: impl Read, most: usize, name: &Path) -> Result<(File, bool)> {
    let folder = std::env::temp_dir();
    let mut file = tempfile::tempfile().io_at(&folder)?;
    let mut from = Unpack::new(packing, from).io_at(name)?;
    let mut buffer = vec![0; 256 * 1024];
    let mut copied = 0;
    loop {
        let n = from.next(&mut buffer, name)?;
        if n == 0 {
            return Ok((file, true));
        }
        let room = n.min(most - copied);
        file.write_all(&buffer[..room]).map_err(|e| Error::io(e, &folder).help("TMPDIR names another folder for temporary files"))?;
        copied += room;
        if room < n {
            return Ok((file, false));
        }
    }
}

/// The text in UTF-8.
fn transcode(bytes: &[u8], whole: bool, encoding: &'static Encoding, name: &Path) -> Result<File> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut file = tempfile::tempfile().io_at(std::env::temp_dir())?;
    let mut out = BufWriter::with_capacity(1 << 20, &mut file);
    let mut buffer = vec![0; 256 * 1024];
    let (mut rest, mut lines) = (bytes, 1);
    loop {
        let (result, read, written) = decoder.decode_to_utf8_without_replacement(rest, &mut buffer, whole);
        out.write_all(&buffer[..written]).io_at(name)?;
        lines += line_breaks(&buffer[..written]);
        rest = &rest[read..];
        match result {
            DecoderResult::InputEmpty => break,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => {
                return Err(Error::parse(format!("bytes that are no {}", encoding.name()))
                    .help("say the right encoding with --encoding")
                    .at(Place { line: Some(lines), ..Place::file(name) }));
            }
        }
    }
    out.flush().io_at(name)?;
    drop(out);
    file.rewind().io_at(name)?;
    Ok(file)
}
