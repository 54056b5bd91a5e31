//! What the values of a column look like, and the type that holds them.

use super::scan::{Kind, Scanner, Value};
use crate::dtype::DType;
use crate::io::csv::infer::{Seen, Spelling, classify_integer, classify_moment};
use crate::kernel::text::moment::parse_moment;
use crate::kernel::text::scan::is_float;

/// What was seen in a column.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    seen: Seen,
    /// What was seen in its lists.
    items: Option<Box<Shape>>,
    /// There are objects where no columns can be made of them: in lists.
    objects: bool,
}

/// How the values of a column become cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// A text is what it says.
    Values,
    /// Every value is its JSON text.
    Raw,
}

impl Shape {
    /// Notes a value.
    #[inline]
    pub fn look(&mut self, bytes: &[u8], value: &Value, spelling: &Spelling) {
        let text = &bytes[value.start..value.end];
        let seen = match value.kind {
            Kind::Null => Seen::MISSING,
            Kind::Bool => Seen::BOOL,
            Kind::Integer => {
                let (negative, digits) = if text[0] == b'-' { (true, &text[1..]) } else { (false, text) };
                match (negative, digits.len()) {
                    (false, ..16) => Seen::INT,
                    _ => classify_integer(negative, digits),
                }
            }
            // Text, as in CSV: no float is that large.
            Kind::Float if may_be_far(text) && !is_float(text) => Seen::TEXT,
            Kind::Float => Seen::FLOAT,
            Kind::Text => match () {
                () if self.seen.is_text() || !spelling.infer_dates || value.escaped || text.len() < 10 => Seen::TEXT,
                () => parse_moment(text).map_or(Seen::TEXT, |m| classify_moment(&m)),
            },
            Kind::List => return self.look_into(bytes, value, spelling),
            Kind::Object => {
                self.objects = true;
                return;
            }
        };
        self.seen.add(seen);
    }

    fn look_into(&mut self, bytes: &[u8], list: &Value, spelling: &Spelling) {
        let shape = self.items.get_or_insert_default();
        items(bytes, list.start, list.end, |item| shape.look(bytes, &item, spelling));
    }

    /// Adds what another part of the column showed.
    pub fn add(&mut self, other: &Shape) {
        self.seen.add(other.seen);
        self.objects |= other.objects;
        if let Some(theirs) = &other.items {
            self.items.get_or_insert_default().add(theirs);
        }
    }

    /// Whether only JSON text holds the values: objects in lists, lists beside other values.
    pub fn is_raw(&self) -> bool {
        self.objects || self.items.as_ref().is_some_and(|items| !self.seen.is_missing() || items.is_raw())
    }

    /// Whether values of several kinds are read as text.
    pub fn is_mixed(&self) -> bool {
        self.seen.is_mixed() || self.items.as_ref().is_some_and(|items| items.is_mixed())
    }

    /// The type of the column.
    pub fn dtype(&self) -> DType {
        match &self.items {
            _ if self.is_raw() => DType::Str,
            Some(items) => DType::List(Box::new(items.dtype())),
            None => self.seen.dtype(),
        }
    }
}

/// Whether a number has an exponent, or so many digits, that it may be beyond f64.
#[inline]
fn may_be_far(text: &[u8]) -> bool {
    text.len() > 4 && (text.len() > 300 || memchr::memchr2(b'e', b'E', text).is_some())
}

/// Hands over the values of a list that the scanner has been over.
pub(super) fn items(bytes: &[u8], start: usize, end: usize, mut take: impl FnMut(Value)) {
    let mut s = Scanner { bytes: &bytes[..end.min(bytes.len())], pos: start + 1, lines: false };
    loop {
        s.skip_blank();
        let Ok(value) = s.value(0) else { return };
        take(value);
        s.skip_blank();
        if s.peek() != b',' {
            return;
        }
        s.pos += 1;
    }
}
