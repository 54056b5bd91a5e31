use crate::error::{Error, Place, Result};

const MAGIC: &[u8] = b"\x93NUMPY";

/// What stands before the elements of an npy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The type as numpy describes it: `<f8`, or the text of a list for structured types.
    pub descr: String,
    /// Whether the first index runs fastest.
    pub fortran: bool,
    /// The shape.
    pub shape: Vec<usize>,
    /// Bytes of all that stands before the elements.
    pub length: usize,
}

impl Header {
    /// No header is longer. numpy reads headers of up to 10000 bytes unless told otherwise; only structured types need more.
    pub(in crate::io) const LONGEST: usize = 1 << 20;

    /// Reads the header at the beginning of a file.
    ///
    /// # Errors
    /// Format, with the byte.
    pub fn parse(file: &[u8]) -> Result<Header> {
        let cut = || Error::format(format!("the file ends within its npy header, after {} bytes", file.len()));
        if file.is_empty() {
            return Err(Error::format("the file is empty"));
        }
        if !file.starts_with(&MAGIC[..file.len().min(MAGIC.len())]) {
            return Err(Error::format("this is no npy file: it does not begin with \"\\x93NUMPY\"")
                .help("--from FORMAT says what it is; --from raw reads plain bytes"));
        }
        let version = *file.get(MAGIC.len()..MAGIC.len() + 2).and_then(|v| v.first_chunk::<2>()).ok_or_else(cut)?;
        let (length, first) = match version {
            [1, 0] => (file.get(8..10).and_then(|b| b.first_chunk()).map(|b| u16::from_le_bytes(*b) as usize), 10),
            [2 | 3, 0] => (file.get(8..12).and_then(|b| b.first_chunk()).map(|b| u32::from_le_bytes(*b) as usize), 12),
            [major, minor] => {
                return Err(Error::format(format!("this is npy of version {major}.{minor}; known are 1.0, 2.0 and 3.0")));
            }
        };
        let length = length.ok_or_else(cut)?;
        if length > Header::LONGEST {
            return Err(Error::format(format!("the npy header says that it is {length} bytes long, which cannot be")));
        }
        let text = file.get(first..first + length).ok_or_else(cut)?;
        let mut header = Scan { text, at: 0 }.header().map_err(|(at, what)| {
            let place = Place { byte: Some((first + at) as u64), ..Place::default() };
            Error::format(format!("the npy header cannot be read: {what}")).at(place)
        })?;
        header.length = first + length;
        Ok(header)
    }
}

/// A walk over the Python dict of a header. It does not recurse and takes time in proportion to the length.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

type Found<T> = std::result::Result<T, (usize, String)>;

impl<'a> Scan<'a> {
    fn header(mut self) -> Found<Header> {
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        self.expect(b'{')?;
        while self.peek() != Some(b'}') {
            let key = self.quoted()?;
            self.expect(b':')?;
            match key.as_str() {
                "descr" => descr = Some(if matches!(self.peek(), Some(b'\'' | b'"')) { self.quoted()? } else { self.bracketed()? }),
                "fortran_order" => {
                    fortran = Some(match self.word() {
                        "True" => true,
                        "False" => false,
                        other => return self.fail(format!("\"fortran_order\" is {other:?}, neither True nor False")),
                    })
                }
                "shape" => shape = Some(self.shape()?),
                other => return self.fail(format!("the key {other:?} is not known")),
            }
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {}
                _ => return self.fail("a comma or \"}\" is expected".into()),
            }
        }
        self.at += 1;
        if self.peek().is_some() {
            return self.fail("something stands after the \"}\"".into());
        }
        match (descr, fortran, shape) {
            (Some(descr), Some(fortran), Some(shape)) => Ok(Header { descr, fortran, shape, length: 0 }),
            (None, ..) => self.fail("\"descr\" is not there".into()),
            (_, None, _) => self.fail("\"fortran_order\" is not there".into()),
            _ => self.fail("\"shape\" is not there".into()),
        }
    }

    fn fail<T>(&self, what: String) -> Found<T> {
        Err((self.at, what))
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Found<()> {
        if self.peek() != Some(byte) {
            return self.fail(format!("{:?} is expected", byte as char));
        }
        self.at += 1;
        Ok(())
    }

    /// Letters and digits.
    fn word(&mut self) -> &'a str {
        self.peek();
        let rest = &self.text[self.at..];
        let n = rest.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        self.at += n;
        std::str::from_utf8(&rest[..n]).unwrap_or_default()
    }

    /// A text in single or double quotes.
    fn quoted(&mut self) -> Found<String> {
        let Some(quote @ (b'\'' | b'"')) = self.peek() else { return self.fail("a text in quotes is expected".into()) };
        let rest = &self.text[self.at + 1..];
        let Some(n) = rest.iter().position(|&b| b == quote) else { return self.fail("a text in quotes does not end".into()) };
        self.at += n + 2;
        Ok(String::from_utf8_lossy(&rest[..n]).into_owned())
    }

    /// A list, tuple or dict as its text: only its end is looked for.
    fn bracketed(&mut self) -> Found<String> {
        let start = self.at;
        let (mut depth, mut quote) = (0usize, None);
        while let Some(&b) = self.text.get(self.at) {
            match (quote, b) {
                (Some(q), b) if q == b => quote = None,
                (Some(_), _) => {}
                (None, b'\'' | b'"') => quote = Some(b),
                (None, b'[' | b'(' | b'{') => depth += 1,
                (None, b']' | b')' | b'}') => depth = depth.saturating_sub(1),
                (None, _) if depth == 0 => break,
                _ => {}
            }
            self.at += 1;
            if depth == 0 && quote.is_none() {
                return Ok(String::from_utf8_lossy(&self.text[start..self.at]).into_owned());
            }
        }
        self.fail("\"descr\" is neither a text nor a list".into())
    }

    /// `()`, `(3,)`, `(3, 4)`, with Python 2's `3L` too.
    fn shape(&mut self) -> Found<Vec<usize>> {
        self.expect(b'(')?;
        let mut shape = Vec::new();
        while self.peek() != Some(b')') {
            let word = self.word();
            let digits = word.strip_suffix('L').unwrap_or(word);
            match digits.parse() {
                Ok(n) => shape.push(n),
                Err(_) => return self.fail(format!("\"shape\" has {word:?} where a length is expected")),
            }
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b')') => {}
                _ => return self.fail("\"shape\" is no tuple of lengths".into()),
            }
        }
        self.at += 1;
        // numpy's own bound on dimensions; a name for each would have to be made.
        if shape.len() > 64 {
            return self.fail(format!("\"shape\" has {} dimensions", shape.len()));
        }
        Ok(shape)
    }
}

/// The header that `numpy.save` writes for an array in C order: room for the first axis to grow, then spaces to a multiple of 64.
///
/// # Errors
/// Invalid, for more dimensions than numpy has.
pub fn format(descr: &str, shape: &[usize]) -> Result<Vec<u8>> {
    if shape.len() > 64 {
        return Err(Error::invalid(format!("npy holds up to 64 dimensions, and there are {}", shape.len())));
    }
    let tuple = match shape {
        [n] => format!("({n},)"),
        many => format!("({})", many.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    };
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {tuple}, }}");
    if let Some(first) = shape.first() {
        text.extend(std::iter::repeat_n(' ', 21usize.saturating_sub(first.to_string().len())));
    }
    text.extend(std::iter::repeat_n(' ', 64 - (MAGIC.len() + 4 + text.len() + 1) % 64));
    text.push('\n');
    // 64 lengths of 20 digits are far from the 65535 bytes that version 1 allows.
    let mut out = Vec::with_capacity(MAGIC.len() + 4 + text.len());
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&[1, 0]);
    out.extend_from_slice(&(text.len() as u16).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dict: &str) -> Result<Header> {
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend((dict.len() as u16).to_le_bytes());
        file.extend(dict.as_bytes());
        Header::parse(&file)
    }

    #[test]
    fn headers_of_old_and_odd_writers_read() {
        let h = read("{'shape': (3L, 4L), 'fortran_order': True, 'descr': '>i2'}\n").unwrap();
        assert_eq!((h.descr.as_str(), h.fortran, h.shape.as_slice()), (">i2", true, [3, 4].as_slice()));
        let h = read("{\"descr\": [('a', '<i4'), (('t]', 'b'), '<f8', (2,))], 'fortran_order': False, 'shape': (), }").unwrap();
        assert!(h.descr.starts_with("[(") && h.descr.ends_with(")]"));
        assert_eq!(h.shape, [0usize; 0]);
    }

    #[test]
    fn header_that_is_no_dict_of_three_is_an_error_with_its_byte() {
        for dict in [
            "",
            "{",
            "{'descr': '<f8'}",
            "{'descr': '<f8', 'fortran_order': 1, 'shape': ()}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1 2)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} x",
            "{'descr': [[[[[[", // does not end
            "{'descr': ]",
            "{'what': 3}",
        ] {
            let e = read(dict).unwrap_err();
            assert!(e.place().byte.is_some(), "{dict}: {e}");
        }
        let deep = format!("{{'descr': {}", "[".repeat(60_000));
        assert!(read(&deep).is_err());
    }

    #[test]
    fn header_is_what_numpy_writes() {
        let h = format("<f8", &[3, 4]).unwrap();
        assert_eq!(h.len(), 128);
        assert!(h.starts_with(b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }  "));
        assert_eq!(Header::parse(&h).unwrap(), Header { descr: "<f8".into(), fortran: false, shape: vec![3, 4], length: 128 });
    }
}
