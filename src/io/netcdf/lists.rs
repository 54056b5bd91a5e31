//! Attributes and fill values that are texts or lists of any length, in the bytes of an HDF5 file.
//!
//! Each element is its length, then where it is. The library asks for memory for all of it before it looks, so a damaged length takes any
//! amount. Layout: HDF5 File Format Specification, IV.A.2.b (dataspace), d (datatype) and m (attribute).

/// Bytes of the description of a type, of which each byte but two is known: class 9, and elements of 16 bytes.
const KIND: usize = 8;
/// The last of them: the size of an element.
const SIZE: [u8; 4] = [16, 0, 0, 0];
/// Bytes of an element: how long it is, and where.
const ELEMENT: usize = 16;
/// The message with the fill value of a dataset begins so many bytes behind its type, at most.
const FILL_WITHIN: usize = 128;
/// Longer names are not looked at.
const LONGEST_NAME: usize = 256;
/// A list of references names the scales of a dimension: it has one, seldom two or three.
const MOST_SCALES: u64 = 1 << 16;
/// Of an attribute with more elements the first are looked at.
const MOST_ELEMENTS: u64 = 4096;

/// Where an attribute or a fill value stands that has a text or a list longer than the whole file, of `size` bytes, can have.
pub(super) fn too_long(bytes: &[u8], size: u64) -> Option<usize> {
    let kinds = memchr::memmem::find_iter(bytes, &SIZE).filter_map(|at| at.checked_sub(KIND - SIZE.len()));
    let mut lists = kinds.filter(|&at| bytes[at] & 15 == 9 && (1..=5).contains(&(bytes[at] >> 4)) && bytes[at + 3] == 0);
    lists.find_map(|kind| match Attribute::with_kind(bytes, kind) {
        Some(attribute) => attribute.is_too_long(bytes, size).then_some(attribute.begin),
        None => fill_too_long(bytes, kind, size),
    })
}

/// Where the fill value of a dataset stands that is longer than `size`: its message comes behind the one with the type. Layout: IV.A.2.f.
fn fill_too_long(bytes: &[u8], kind: usize, size: u64) -> Option<usize> {
    let near = bytes.get(kind + KIND..(kind + FILL_WITHIN).min(bytes.len()))?;
    memchr::memmem::find_iter(near, &SIZE).map(|at| kind + KIND + at).find(|&at| {
        let before = &bytes[..at];
        // Version 3 and flags, of which one says that there is a value; version 2, when, when, and whether; the old message, by its header.
        let is_fill = matches!(before, [.., 3, flags] if flags & 0xe0 == 0x20)
            || matches!(before, [.., 2, 1..=3, 0..=2, 1] | [.., 4, 0, _, 0, _, 0, 0, 0]);
        is_fill && length(bytes, at + SIZE.len()).is_some_and(|n| n > size)
    })
}

fn length(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes).map(u64::from)
}

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..at + 2).map(|b| u16::from_le_bytes([b[0], b[1]]) as usize)
}

/// Where the parts of an attribute's message stand.
struct Attribute {
    begin: usize,
    kind: usize,
    space: usize,
    data: usize,
}

impl Attribute {
    /// The attribute whose type is described here: its message begins with a version and the lengths of its parts, the name comes between.
    fn with_kind(bytes: &[u8], kind: usize) -> Option<Attribute> {
        (kind.saturating_sub(LONGEST_NAME)..kind.saturating_sub(KIND)).rev().find_map(|begin| {
            // The message of version 3 says the characters of names too; that of version 1 fills its parts up to eight bytes.
            let (header, part) = match bytes[begin] {
                1 => (8, 8),
                2 => (8, 1),
                3 => (9, 1),
                _ => return None,
            };
            let [name, of_kind, of_space] = [2, 4, 6].map(|i| short(bytes, begin + i));
            let (name, of_kind, of_space) = (name?, of_kind?, of_space?);
            let fits = begin + header + name.next_multiple_of(part) == kind && of_kind > KIND && of_space >= 4;
            let named = name > 0 && bytes.get(begin + header + name - 1) == Some(&0);
            let space = kind + of_kind.next_multiple_of(part);
            (fits && named).then(|| Attribute { begin, kind, space, data: space + of_space.next_multiple_of(part) })
        })
    }

    /// How many elements it has.
    fn elements(&self, bytes: &[u8]) -> Option<u64> {
        let space = bytes.get(self.space..)?;
        let lengths = match space.first()? {
            1 => 8,
            2 => 4,
            _ => return None,
        };
        let rank = *space.get(1)? as usize;
        let lengths = space.get(lengths..lengths + 8 * rank)?.chunks_exact(8);
        lengths.map(|b| b.try_into().ok().map(u64::from_le_bytes)).try_fold(1u64, |n, length| n.checked_mul(length?))
    }

    fn is_too_long(&self, bytes: &[u8], size: u64) -> bool {
        let Some(elements) = self.elements(bytes) else { return false };
        let references = bytes.get(self.kind + KIND).is_some_and(|class| class & 15 == 7);
        let most = if references { (size / 8).min(MOST_SCALES) } else { size };
        (0..elements.min(MOST_ELEMENTS) as usize).any(|i| length(bytes, self.data + i * ELEMENT).is_some_and(|n| n > most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An attribute "a" with one element of a text of any length, in the message of a version.
    fn message(version: u8, length: u32) -> Vec<u8> {
        let parts = |bytes: &[u8]| if version == 1 { bytes.len().next_multiple_of(8) } else { bytes.len() };
        let kind = [0x19, 1, 0, 0, 16, 0, 0, 0, 0x13, 0, 0, 0, 1, 0, 0, 0];
        let space: &[u8] = if version == 1 { &[1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0] } else { &[2, 0, 0, 0] };
        let mut out = vec![0xee; 11];
        out.extend([version, 0, 2, 0, kind.len() as u8, 0, space.len() as u8, 0]);
        out.extend((version == 3).then_some(0));
        for part in [b"a\0", &kind[..], space] {
            out.extend(part);
            out.resize(out.len() + parts(part) - part.len(), 0);
        }
        out.extend(length.to_le_bytes());
        out.extend([0; 12]);
        out
    }

    #[test]
    fn fill_value_longer_than_the_file_is_seen_behind_its_type_alone() {
        let kind = [0x19, 1, 0, 0, 16, 0, 0, 0, 0x13, 0, 0, 0, 1, 0, 0, 0];
        let fill = |header: &[u8], n: u32| [&kind[..], &[5, 0, 24, 0, 1, 0, 0, 0], header, &SIZE, &n.to_le_bytes(), &[0; 12]].concat();
        for header in [&[3, 0x2a][..], &[2, 2, 2, 1], &[4, 0, 24, 0, 1, 0, 0, 0]] {
            assert_eq!(too_long(&fill(header, 500), 500), None);
            assert_eq!(too_long(&fill(header, 501), 500), Some(24 + header.len()));
            // Sixteen bytes of another type.
            assert_eq!(too_long(&fill(header, 501)[16..], 500), None);
        }
        assert_eq!(too_long(&fill(&[3, 0x0a], 501), 500), None);
    }

    #[test]
    fn text_longer_than_the_file_is_seen_in_every_message() {
        for version in 1..=3 {
            assert_eq!(too_long(&message(version, 500), 500), None, "{version}");
            assert_eq!(too_long(&message(version, 501), 500), Some(11), "{version}");
            // Whatever is cut off, nothing is looked at behind the end.
            let whole = message(version, 501);
            (0..whole.len()).for_each(|n| _ = too_long(&whole[..n], 500));
        }
    }
}
