//! Where a text can be cut into runs of records, without looking at what they say.

use super::scan::{Fault, Scanner};
use super::{JsonLayout, keys::MOST_COLUMNS};
use memchr::{memchr, memchr2, memrchr};

/// How records stand in a text, as found.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    /// One per line.
    Lines,
    /// One after the other in an array.
    Array,
    /// An array per column: its name's range in the text, whether that has escapes, and where the array begins.
    Columns(Vec<(std::ops::Range<usize>, bool, usize)>),
}

/// A text in blocks of whole records.
#[derive(Debug)]
pub(super) struct Cuts {
    pub form: Form,
    /// Where each block begins and ends.
    pub blocks: Vec<(usize, usize)>,
}

/// Finds the form of a text and cuts it into blocks of about `step` bytes. `whole`: the text is not cut off.
pub(super) fn cut(bytes: &[u8], layout: JsonLayout, whole: bool, step: usize) -> Result<Cuts, Fault> {
    let mut s = Scanner { bytes, pos: 0, lines: false };
    s.skip_blank();
    match (layout, bytes.get(s.pos)) {
        (_, None) => Ok(Cuts { form: Form::Lines, blocks: Vec::new() }),
        (JsonLayout::Lines, _) => Ok(lines(bytes, whole, step)),
        (JsonLayout::Document, Some(b'[')) => array(bytes, s.pos, whole, step),
        (JsonLayout::Document, Some(b'{')) => {
            let open = s.pos;
            let Some(end) = pass_nested(bytes, open) else {
                return Err(Fault { at: open, what: "a brace opens and does not close" });
            };
            s.pos = end;
            s.skip_blank();
            match s.pos < bytes.len() {
                true if memchr(b'\n', &bytes[open..end]).is_none() => Ok(lines(bytes, whole, step)),
                true => Err(Fault { at: s.pos, what: "a second value in one JSON text" }),
                false if !whole => Err(Fault { at: end, what: "an object is read as a whole" }),
                false => columns(bytes, open),
            }
        }
        _ => Err(Fault { at: s.pos, what: "neither an array of records nor an object of arrays" }),
    }
}

/// Lines break nowhere inside a record.
fn lines(bytes: &[u8], whole: bool, step: usize) -> Cuts {
    let end = if whole { bytes.len() } else { memrchr(b'\n', bytes).map_or(0, |i| i + 1) };
    let (mut blocks, mut start) = (Vec::new(), 0);
    while start < end {
        let from = start.saturating_add(step.max(1)).min(end);
        let next = memchr(b'\n', &bytes[from..end]).map_or(end, |i| from + i + 1);
        blocks.push((start, next));
        start = next;
    }
    Cuts { form: Form::Lines, blocks }
}

/// The position behind the text in quotes that opens here.
#[inline]
fn pass_text(bytes: &[u8], open: usize) -> Option<usize> {
    let mut i = open + 1;
    loop {
        i += memchr2(b'"', b'\\', bytes.get(i..)?)?;
        if bytes[i] == b'"' {
            return Some(i + 1);
        }
        i += 2;
    }
}

/// The position behind the list or object that opens here, by its brackets alone.
fn pass_nested(bytes: &[u8], open: usize) -> Option<usize> {
    let (mut i, mut depth) = (open, 0usize);
    loop {
        match bytes.get(i)? {
            b'"' => {
                i = pass_text(bytes, i)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(i + 1);
                }
            }
            _ => {}
        }
        i += 1;
    }
}

/// The array whose bracket is at `open`. The last block holds the closing bracket, others end behind a comma.
fn array(bytes: &[u8], open: usize, whole: bool, step: usize) -> Result<Cuts, Fault> {
    let mut blocks = Vec::new();
    let (mut i, mut depth, mut start, mut comma) = (open + 1, 0usize, open + 1, None);
    loop {
        let Some(&b) = bytes.get(i) else {
            // Cut off: what stands before the last comma is whole.
            if whole {
                return Err(Fault { at: open, what: "a bracket opens and does not close" });
            }
            blocks.extend(comma.filter(|&c| c > start).map(|c| (start, c)));
            return Ok(Cuts { form: Form::Array, blocks });
        };
        match b {
            b'"' => {
                match pass_text(bytes, i) {
                    Some(next) => i = next,
                    None if whole => return Err(Fault { at: i, what: "quotes open and do not close" }),
                    None => i = bytes.len(),
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b']' if depth == 0 => break,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                comma = Some(i + 1);
                if i + 1 - start >= step {
                    blocks.push((start, i + 1));
                    start = i + 1;
                }
            }
            _ => {}
        }
        i += 1;
    }
    // A block before this one ends behind a comma.
    if start > open + 1 && bytes[start..i].trim_ascii().is_empty() {
        return Err(Fault { at: i, what: "a record in braces is expected" });
    }
    blocks.push((start, i + 1));
    let mut s = Scanner { bytes, pos: i + 1, lines: false };
    s.skip_blank();
    match s.pos < bytes.len() {
        true => Err(Fault { at: s.pos, what: "text behind the end of the array" }),
        false => Ok(Cuts { form: Form::Array, blocks }),
    }
}

/// The arrays of an object of arrays.
fn columns(bytes: &[u8], open: usize) -> Result<Cuts, Fault> {
    let mut s = Scanner { bytes, pos: open, lines: false };
    s.pass(b'{', "an object is expected")?;
    let mut found = Vec::new();
    if s.peek() != b'}' {
        loop {
            let key = s.text()?;
            s.skip_blank();
            s.pass(b':', "a colon is expected")?;
            if s.peek() != b'[' {
                return Err(Fault { at: s.pos, what: NO_TABLE });
            }
            if found.len() >= MOST_COLUMNS {
                return Err(Fault { at: key.start, what: "more than 100000 names: they are data rather than names of columns" });
            }
            found.push((key.start..key.end, key.escaped, s.pos));
            s.pos = pass_nested(bytes, s.pos).unwrap_or(bytes.len());
            s.skip_blank();
            if s.peek() != b',' {
                break;
            }
            s.pass(b',', "")?;
        }
    }
    if s.peek() != b'}' {
        return s.fault("a comma or the end of the object is expected");
    }
    Ok(Cuts { form: Form::Columns(found), blocks: Vec::new() })
}

/// An object that is no object of arrays.
pub(super) const NO_TABLE: &str = "the text is one object, and this value in it is no array";

/// Moves to where the next record of a block begins; false at the end of the block.
pub(super) fn next_record(s: &mut Scanner, form: &Form, first: bool) -> Result<bool, Fault> {
    if *form == Form::Lines {
        let mut fresh = first;
        loop {
            s.skip_blank();
            match s.bytes.get(s.pos) {
                None => return Ok(false),
                Some(b'\n' | b'\r') => fresh = true,
                Some(_) if fresh => return Ok(true),
                Some(_) => return Err(Fault { at: s.pos, what: "text behind the record" }),
            }
            s.pos += 1;
        }
    }
    s.skip_blank();
    if !first && s.pos < s.bytes.len() {
        if s.peek() == b']' {
            return Ok(false);
        }
        s.pass(b',', "a comma or the end of the array is expected")?;
        return Ok(s.pos < s.bytes.len());
    }
    Ok(s.pos < s.bytes.len() && s.peek() != b']')
}
