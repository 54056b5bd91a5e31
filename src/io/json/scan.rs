//! Bytes to JSON values (RFC 8259, strictly): where each stands and what it is. Nothing is copied.

/// What is wrong with a text, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub at: usize,
    pub what: &'static str,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool,
    /// A number without point and exponent.
    Integer,
    /// A number with a point or an exponent.
    Float,
    Text,
    List,
    Object,
}

/// A value: its first byte and the byte behind its last, of a text those between the quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
    /// A text with backslashes in it.
    pub escaped: bool,
}

/// Values may nest as deep as this: enough for data, and for the stack.
pub(super) const DEEPEST: usize = 128;

/// Goes through a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scanner<'a> {
    pub bytes: &'a [u8],
    pub pos: usize,
    /// Line breaks end a record, rather than being blanks.
    pub lines: bool,
}

impl Scanner<'_> {
    /// The next byte; 0 at the end, which no text holds outside of quotes.
    #[inline]
    pub fn peek(&self) -> u8 {
        self.bytes.get(self.pos).copied().unwrap_or(0)
    }

    #[cold]
    pub fn fault<T>(&self, what: &'static str) -> Result<T, Fault> {
        let what = match self.bytes.get(self.pos) {
            None => "the text ends inside a value",
            Some(b'\n' | b'\r') if self.lines => "a record does not end on its line",
            Some(_) => what,
        };
        Err(Fault { at: self.pos, what })
    }

    #[inline]
    pub fn skip_blank(&mut self) {
        while let Some(&b) = self.bytes.get(self.pos) {
            match b {
                b' ' | b'\t' => {}
                b'\n' | b'\r' if !self.lines => {}
                _ => return,
            }
            self.pos += 1;
        }
    }

    /// Passes this byte and the blanks behind it.
    #[inline]
    pub fn pass(&mut self, byte: u8, what: &'static str) -> Result<(), Fault> {
        if self.peek() != byte {
            return self.fault(what);
        }
        self.pos += 1;
        self.skip_blank();
        Ok(())
    }

    /// The next value, checked to its end.
    pub fn value(&mut self, depth: usize) -> Result<Value, Fault> {
        let start = self.pos;
        let kind = match self.peek() {
            b'"' => return self.text(),
            b'-' | b'0'..=b'9' => self.number()?,
            b'n' => self.word(b"null", Kind::Null)?,
            b't' => self.word(b"true", Kind::Bool)?,
            b'f' => self.word(b"false", Kind::Bool)?,
            b'[' => self.list(depth)?,
            b'{' => self.object(depth)?,
            b'N' | b'I' => return self.fault("NaN and Infinity are no JSON: null stands for missing"),
            _ => return self.fault("a value is expected"),
        };
        Ok(Value { kind, start, end: self.pos, escaped: false })
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Result<Kind, Fault> {
        if !self.bytes[self.pos..].starts_with(word) {
            return self.fault("a value is expected");
        }
        self.pos += word.len();
        Ok(kind)
    }

    /// How many digits come next.
    #[inline]
    fn digits(&mut self) -> usize {
        let start = self.pos;
        while self.peek().is_ascii_digit() {
            self.pos += 1;
        }
        self.pos - start
    }

    #[inline]
    fn number(&mut self) -> Result<Kind, Fault> {
        if self.peek() == b'-' {
            self.pos += 1;
        }
        let first = self.peek();
        match self.digits() {
            0 => return self.fault("a digit is expected"),
            n if n > 1 && first == b'0' => return self.fault("numbers do not begin with 0"),
            _ => {}
        }
        let mut kind = Kind::Integer;
        if self.peek() == b'.' {
            self.pos += 1;
            kind = Kind::Float;
            if self.digits() == 0 {
                return self.fault("a digit is expected");
            }
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.pos += 1;
            kind = Kind::Float;
            if matches!(self.peek(), b'+' | b'-') {
                self.pos += 1;
            }
            if self.digits() == 0 {
                return self.fault("a digit is expected");
            }
        }
        Ok(kind)
    }

    /// A text in quotes.
    #[inline]
    pub fn text(&mut self) -> Result<Value, Fault> {
        let open = self.pos;
        if self.peek() != b'"' {
            return self.fault("a name in quotes is expected");
        }
        let start = open + 1;
        let (mut i, mut escaped) = (start, false);
        loop {
            // Eight bytes at a time that are neither quotes, backslashes nor control characters.
            while let Some(eight) = self.bytes.get(i..).and_then(|b| b.first_chunk::<8>()) {
                match first_special(u64::from_le_bytes(*eight)) {
                    8 => i += 8,
                    n => {
                        i += n;
                        break;
                    }
                }
            }
            match self.bytes.get(i) {
                Some(b'"') => {
                    self.pos = i + 1;
                    return Ok(Value { kind: Kind::Text, start, end: i, escaped });
                }
                Some(b'\\') => {
                    escaped = true;
                    i = self.escape(i)?;
                }
                Some(0..0x20) => return Err(Fault { at: i, what: "a line break or control character in a text" }),
                Some(_) => i += 1,
                None => return Err(Fault { at: open, what: "quotes open and do not close" }),
            }
        }
    }

    /// The position behind the escape that begins here.
    fn escape(&self, at: usize) -> Result<usize, Fault> {
        let wrong = |what| Err(Fault { at, what });
        match self.bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
            Some(b'u') => match unit(self.bytes, at) {
                None => wrong("four hexadecimal digits are expected behind \\u"),
                Some(0xD800..0xDC00) => match unit(self.bytes, at + 6) {
                    Some(0xDC00..0xE000) => Ok(at + 12),
                    _ => wrong("half of a pair of surrogates, which is no character"),
                },
                Some(0xDC00..0xE000) => wrong("half of a pair of surrogates, which is no character"),
                Some(_) => Ok(at + 6),
            },
            _ => wrong("a backslash stands before what is no escape"),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Kind, Fault> {
        if depth >= DEEPEST {
            return self.fault("values nested more than 128 deep");
        }
        self.pass(b'[', "a list is expected")?;
        if self.peek() != b']' {
            loop {
                self.value(depth + 1)?;
                self.skip_blank();
                if self.peek() != b',' {
                    break;
                }
                self.pass(b',', "")?;
            }
        }
        if self.peek() != b']' {
            return self.fault("a comma or the end of the list is expected");
        }
        self.pos += 1;
        Ok(Kind::List)
    }

    fn object(&mut self, depth: usize) -> Result<Kind, Fault> {
        if depth >= DEEPEST {
            return self.fault("values nested more than 128 deep");
        }
        self.pass(b'{', "an object is expected")?;
        if self.peek() != b'}' {
            loop {
                self.text()?;
                self.skip_blank();
                self.pass(b':', "a colon is expected")?;
                self.value(depth + 1)?;
                self.skip_blank();
                if self.peek() != b',' {
                    break;
                }
                self.pass(b',', "")?;
            }
        }
        if self.peek() != b'}' {
            return self.fault("a comma or the end of the object is expected");
        }
        self.pos += 1;
        Ok(Kind::Object)
    }
}

/// Which of eight bytes (the first in the lowest place) is the first that is a quote, a backslash or below a blank; 8 if none.
#[inline]
fn first_special(word: u64) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // The lowest mark is right: borrows reach only bytes above one that is marked itself.
    let zero = |x: u64| x.wrapping_sub(ONES) & !x;
    let low = word.wrapping_sub(ONES * 0x20) & !word;
    let found = (zero(word ^ (ONES * b'"' as u64)) | zero(word ^ (ONES * b'\\' as u64)) | low) & HIGH;
    (found.trailing_zeros() / 8) as usize
}

/// The code unit of an escape `\u1234` that begins here.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let [b'\\', b'u', digits @ ..] = bytes.get(at..at + 6)? else { return None };
    digits.iter().try_fold(0, |sum, &b| Some(sum * 16 + (b as char).to_digit(16)?))
}

/// Appends what a text between quotes says; the scanner has been over it.
pub(in crate::io) fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let mut i = 0;
    while let Some(n) = memchr::memchr(b'\\', &raw[i..]) {
        out.extend_from_slice(&raw[i..i + n]);
        i += n;
        let (byte, used) = match raw.get(i + 1) {
            Some(b'b') => (8, 2),
            Some(b'f') => (12, 2),
            Some(b'n') => (b'\n', 2),
            Some(b'r') => (b'\r', 2),
            Some(b't') => (b'\t', 2),
            Some(b'u') => {
                let (c, used) = match (unit(raw, i), unit(raw, i + 6)) {
                    (Some(high @ 0xD800..0xDC00), Some(low @ 0xDC00..0xE000)) => {
                        (char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), 12)
                    }
                    (unit, _) => (unit.and_then(char::from_u32), 6),
                };
                let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                i = raw.len().min(i + used);
                continue;
            }
            Some(&b) => (b, 2),
            None => (b'\\', 1),
        };
        out.push(byte);
        i += used;
    }
    out.extend_from_slice(&raw[i..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scan(text: &[u8]) -> Result<Value, Fault> {
        let mut s = Scanner { bytes: text, pos: 0, lines: false };
        s.skip_blank();
        let value = s.value(0)?;
        s.skip_blank();
        if s.pos == text.len() { Ok(value) } else { s.fault("trailing") }
    }

    #[test]
    fn faults_are_found_where_they_are() {
        for (text, at) in [
            ("[1,]", 3),
            ("{\"a\" 1}", 5),
            ("01", 2),
            ("1.", 2),
            ("-", 1),
            ("\"a\nb\"", 2),
            ("\"\\x\"", 1),
            ("\"\\ud800\"", 1),
            ("tru", 0),
            ("[1 2]", 3),
            ("{a:1}", 1),
            ("\"abc", 0),
            ("NaN", 0),
            ("[", 1),
        ] {
            assert_eq!(scan(text.as_bytes()).unwrap_err().at, at, "{text}");
        }
        let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(scan(deep(128).as_bytes()).is_ok());
        assert_eq!(scan(deep(129).as_bytes()).unwrap_err().what, "values nested more than 128 deep");
        assert!(scan(deep(1_000_000).as_bytes()).is_err());
    }

    proptest! {
        /// serde_json takes the same texts, and reads the same characters. (It lets numbers beyond f64 go.)
        #[test]
        fn texts_are_those_of_serde_json(
            text in "([\\[\\]{},:\" \\\\n0-9eE.+u-]|true|null|\"a\":|\\\\u00e9|\\\\ud83d|\\\\ude00|\"[a-zé\\\\]{0,12}\"|[0-9]{1,3}|\u{1}){0,24}",
        ) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            let range = theirs.as_ref().is_err_and(|e| e.to_string().contains("out of range"));
            prop_assume!(!range);
            let ours = scan(text.as_bytes());
            prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?} {:?} {:?}", text, ours, theirs);
            if let (Ok(Value { kind: Kind::Text, start, end, .. }), Ok(serde_json::Value::String(s))) = (ours, theirs) {
                let mut out = Vec::new();
                unescape(&text.as_bytes()[start..end], &mut out);
                prop_assert_eq!(out, s.into_bytes());
            }
        }

        #[test]
        fn special_bytes_are_found(bytes: [u8; 8]) {
            let want = bytes.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20).unwrap_or(8);
            prop_assert_eq!(first_special(u64::from_le_bytes(bytes)), want);
        }
    }
}
