//! Where the bytes come from: a map of the file where it can be mapped and is UTF-8, else a copy in an unlinked temporary file.

use super::CsvReadOptions;
use crate::error::{Error, ErrorKind, IoResultExt, Place, Result};
use encoding_rs::{DecoderResult, Encoding, UTF_8};
use memmap2::Mmap;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One input of a table.
pub enum CsvInput {
    /// A file.
    Path(PathBuf),
    /// The standard input.
    Stdin,
    /// Anything that can be read, under a name for messages.
    Reader(PathBuf, Box<dyn Read + Send>),
}

impl std::fmt::Debug for CsvInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CsvInput").field(&self.name()).finish()
    }
}

impl CsvInput {
    /// The name that messages use.
    pub fn name(&self) -> &Path {
        match self {
            CsvInput::Path(p) | CsvInput::Reader(p, _) => p,
            CsvInput::Stdin => Path::new("standard input"),
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
pub(super) struct Text {
    pub name: PathBuf,
    backing: Backing,
    /// What is looked at: without a byte order mark, and within the sample.
    view: Range<usize>,
    /// Whether the view ends where the input ends.
    pub whole: bool,
}

impl Text {
    pub fn open(input: CsvInput, options: &CsvReadOptions) -> Result<Text> {
        let name = input.name().to_path_buf();
        let most = options.sample.unwrap_or(usize::MAX);
        let (file, mut whole) = match input {
            CsvInput::Path(path) => {
                let file = File::open(&path).io_at(&path)?;
                let about = file.metadata().io_at(&path)?;
                if about.is_dir() {
                    return Err(Error::io(std::io::ErrorKind::IsADirectory.into(), &path));
                }
                match about.is_file() {
                    true => (file, true),
                    false => spool(file, most, &name)?,
                }
            }
            CsvInput::Stdin => spool(std::io::stdin(), most, &name)?,
            CsvInput::Reader(_, reader) => spool(reader, most, &name)?,
        };
        let mut backing = map(&file, &name)?;
        let first = &backing.bytes()[..backing.bytes().len().min(4096)];
        refuse_archives(first, &name)?;
        let mut encoding = match &options.encoding {
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
                return Err(Error::format("is binary data, not text")
                    .help("say what it is with --from FORMAT, or its encoding with --encoding utf-16le")
                    .at(Place::file(&name)));
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
pub(super) fn line_breaks(bytes: &[u8]) -> u64 {
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

/// A copy in a temporary file that has no name: it goes when we go. Returns whether all was copied.
fn spool(mut from: impl Read, most: usize, name: &Path) -> Result<(File, bool)> {
    let mut file = tempfile::tempfile().io_at(std::env::temp_dir())?;
    let copied = std::io::copy(&mut from.by_ref().take(most as u64), &mut file).io_at(name)?;
    let whole = copied < most as u64 || from.read(&mut [0]).io_at(name)? == 0;
    Ok((file, whole))
}

/// Compressed and packed data are told by their first bytes.
fn refuse_archives(first: &[u8], name: &Path) -> Result<()> {
    let kinds: [(&[u8], &str, &str); 4] = [
        (b"\x1f\x8b", "gzip", "gunzip -c FILE | hpda-data ... -"),
        (b"\x28\xb5\x2f\xfd", "zstd", "zstd -dc FILE | hpda-data ... -"),
        (b"BZh", "bzip2", "bzip2 -dc FILE | hpda-data ... -"),
        (b"\xfd7zXZ\0", "xz", "xz -dc FILE | hpda-data ... -"),
    ];
    match kinds.iter().find(|(magic, ..)| first.starts_with(magic)) {
        // "BZh" could begin a text.
        Some((_, kind, way)) if std::str::from_utf8(first).is_err() => {
            Err(Error::unsupported(format!("is compressed with {kind}, which is not read here yet"))
                .help(format!("unpack it first: {way}"))
                .at(Place::file(name)))
        }
        _ => Ok(()),
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
