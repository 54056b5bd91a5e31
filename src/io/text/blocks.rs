//! Text in blocks of whole lines, of which each can be gone through from any thread.

use super::{Text, TextInput};
use crate::error::{Error, Place, Result};
use std::ops::ControlFlow;
use std::path::Path;

/// Bytes of a block: large enough to make the cost per block small, small enough for a small file to keep several threads busy.
const BLOCK: usize = 1 << 20;

/// A file of text, unpacked if it is compressed.
#[derive(Debug)]
pub struct TextBlocks {
    text: Text,
    /// Where blocks begin, and the end.
    cuts: Vec<usize>,
}

impl TextBlocks {
    /// Opens a file; the encoding by its WHATWG name, UTF-8 where none is said.
    ///
    /// # Errors
    /// What the system refuses; not found, for an encoding; format, for what is binary or a damaged stream; parse, for bytes that are
    /// none of an encoding other than UTF-8.
    pub fn open(path: &Path, encoding: Option<&str>) -> Result<TextBlocks> {
        let text = Text::open(TextInput::Path(path.to_path_buf()), encoding, usize::MAX)?;
        let bytes = text.bytes();
        let mut cuts = vec![0];
        let mut at = 0;
        while bytes.len() - at > BLOCK {
            let Some(line) = memchr::memchr(b'\n', &bytes[at + BLOCK..]) else { break };
            at += BLOCK + line + 1;
            cuts.push(at);
        }
        if at < bytes.len() {
            cuts.push(bytes.len());
        }
        Ok(TextBlocks { text, cuts })
    }

    /// How many blocks.
    pub fn count(&self) -> usize {
        self.cuts.len() - 1
    }

    /// How many bytes a block has.
    pub fn bytes(&self, block: usize) -> usize {
        self.cuts[block + 1] - self.cuts[block]
    }

    /// Hands over the lines of a block without what ends them (`\n`, `\r\n` or `\r`), until `take` has enough, which the answer says.
    ///
    /// # Errors
    /// Parse, for bytes that are no UTF-8, with the line; what `take` says, with the line.
    pub fn each_line(&self, block: usize, take: &mut dyn FnMut(String) -> Result<ControlFlow<()>>) -> Result<ControlFlow<()>> {
        let bytes = &self.text.bytes()[self.cuts[block]..self.cuts[block + 1]];
        let mut at = 0;
        while at < bytes.len() {
            let end = memchr::memchr2(b'\n', b'\r', &bytes[at..]).map_or(bytes.len(), |i| at + i);
            let line = String::from_utf8(bytes[at..end].to_vec())
                .map_err(|_| Error::parse("is not UTF-8").help("say what the text is written in: read_text_in(paths, \"windows-1252\")"));
            let taken = line.and_then(&mut *take).map_err(|e| if e.place().line.is_some() { e } else { e.at(self.place(block, at)) })?;
            if taken.is_break() {
                return Ok(taken);
            }
            at = end + if bytes[end..].starts_with(b"\r\n") { 2 } else { 1 };
        }
        Ok(ControlFlow::Continue(()))
    }

    fn place(&self, block: usize, at: usize) -> Place {
        self.text.place(self.cuts[block] + at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_whole_lines_of_all_kinds() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let long = "x".repeat(3 * BLOCK / 2);
        std::fs::write(file.path(), format!("a\r\nb\rc\n\n{long}\nlast é")).unwrap();
        let text = TextBlocks::open(file.path(), None).unwrap();
        assert_eq!((text.count(), text.bytes(1)), (2, "last é".len()));
        let mut lines = Vec::new();
        for block in 0..2 {
            let _ = text.each_line(block, &mut |line| {
                lines.push(line);
                Ok(ControlFlow::Continue(()))
            });
        }
        assert_eq!(lines, ["a", "b", "c", "", &long, "last é"]);
        std::fs::write(file.path(), b"fine\nbad \xff").unwrap();
        let text = TextBlocks::open(file.path(), None).unwrap();
        let e = text.each_line(0, &mut |_| Ok(ControlFlow::Continue(()))).unwrap_err();
        assert_eq!((e.message(), e.place().line), ("is not UTF-8", Some(2)));
        std::fs::write(file.path(), "").unwrap();
        assert_eq!(TextBlocks::open(file.path(), None).unwrap().count(), 0);
    }
}
