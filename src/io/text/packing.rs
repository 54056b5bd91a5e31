use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// How a text file is compressed as a whole: `x.csv.gz`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// As it is.
    #[default]
    None,
    /// Gzip, level 0 to 9.
    Gzip(u32),
    /// Zstandard, level 1 to 22.
    Zstd(i32),
    /// Bzip2, level 1 to 9.
    Bzip2(u32),
    /// Xz, level 0 to 9.
    Xz(u32),
}

/// A kind of compression: its usual level, the ending of names, first bytes, and the levels there are.
struct Kind {
    usual: Packing,
    ending: &'static str,
    magic: &'static [u8],
    levels: std::ops::RangeInclusive<i64>,
}

const KINDS: [Kind; 4] = [
    Kind { usual: Packing::Gzip(6), ending: "gz", magic: b"\x1f\x8b", levels: 0..=9 },
    Kind { usual: Packing::Zstd(3), ending: "zst", magic: b"\x28\xb5\x2f\xfd", levels: 1..=22 },
    Kind { usual: Packing::Bzip2(9), ending: "bz2", magic: b"BZh", levels: 1..=9 },
    Kind { usual: Packing::Xz(6), ending: "xz", magic: b"\xfd7zXZ\0", levels: 0..=9 },
];

impl Packing {
    /// Endings of names that say how a text is compressed.
    pub fn endings() -> impl Iterator<Item = &'static str> {
        KINDS.iter().map(|k| k.ending)
    }

    /// What a file's name says, and the name without that: `x.csv.gz` is gzip and `x.csv`.
    pub fn of_name(path: &Path) -> (Packing, PathBuf) {
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        match KINDS.iter().find(|k| k.ending == ending) {
            Some(kind) => (kind.usual, path.with_extension("")),
            None => (Packing::None, path.to_path_buf()),
        }
    }

    /// What first bytes say. A text may begin with `BZh`; what follows in a bzip2 file is no text.
    pub fn of_first_bytes(first: &[u8]) -> Packing {
        let found = KINDS.iter().find(|k| first.starts_with(k.magic)).map_or(Packing::None, |k| k.usual);
        match found {
            Packing::Bzip2(_) if !matches!(first.get(4..10), Some(b"1AY&SY" | b"\x17rE8P\x90")) => Packing::None,
            // A zstd file may begin with frames to be skipped, as pzstd writes them.
            Packing::None if matches!(first, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]) => Packing::Zstd(3),
            found => found,
        }
    }

    /// Whether these are all bytes of a file of this compression that was cut off before it says what it is.
    pub fn is_cut_off(self, all: &[u8]) -> bool {
        let of = |k: &&Kind| k.usual.name() == self.name();
        KINDS.iter().find(of).is_some_and(|k| !all.is_empty() && all.len() < k.magic.len() && k.magic.starts_with(all))
    }

    /// The compression of this name and level, as `--compress` takes it: `none`, `gzip`, `gzip:6`, `zstd:3`, `bzip2:9`, `xz:6`.
    ///
    /// # Errors
    /// Not found, with the nearest name; invalid, for a level that it does not have.
    pub fn parse(text: &str) -> Result<Packing> {
        let (name, level) = match text.split_once(':') {
            Some((name, level)) => (name.trim(), Some(level.trim())),
            None => (text.trim(), None),
        };
        if name == "none" && level.is_none() {
            return Ok(Packing::None);
        }
        let known = || KINDS.iter().map(|k| k.usual.name());
        let kind = KINDS.iter().find(|k| k.usual.name() == name || k.ending == name);
        let kind = kind.ok_or_else(|| Error::not_found("compression", name, known().chain(["none"])))?;
        let Some(level) = level else { return Ok(kind.usual) };
        let number = level.parse::<i64>().ok().filter(|n| kind.levels.contains(n)).ok_or_else(|| {
            let (low, high) = (kind.levels.start(), kind.levels.end());
            Error::invalid(format!("{name} has no compression level {level:?}")).help(format!("levels of {name} go from {low} to {high}"))
        })?;
        Ok(match kind.usual {
            Packing::Gzip(_) => Packing::Gzip(number as u32),
            Packing::Zstd(_) => Packing::Zstd(number as i32),
            Packing::Bzip2(_) => Packing::Bzip2(number as u32),
            Packing::Xz(_) | Packing::None => Packing::Xz(number as u32),
        })
    }

    /// Its name, without the level.
    pub fn name(self) -> &'static str {
        match self {
            Packing::None => "none",
            Packing::Gzip(_) => "gzip",
            Packing::Zstd(_) => "zstd",
            Packing::Bzip2(_) => "bzip2",
            Packing::Xz(_) => "xz",
        }
    }

    /// The ending of names, without its point; empty for none.
    pub fn ending(self) -> &'static str {
        KINDS.iter().find(|k| k.usual.name() == self.name()).map_or("", |k| k.ending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_first_bytes_and_options_say_the_packing() {
        assert_eq!(Packing::of_name(Path::new("a/x.csv.GZ")), (Packing::Gzip(6), "a/x.csv".into()));
        assert_eq!(Packing::of_name(Path::new("x.csv")), (Packing::None, "x.csv".into()));
        assert_eq!(Packing::of_first_bytes(b"BZh91AY&SY..."), Packing::Bzip2(9));
        assert_eq!(Packing::of_first_bytes(b"\x50\x2a\x4d\x18\x04\0\0\0"), Packing::Zstd(3));
        assert_eq!(Packing::of_first_bytes(b"BZh,a\n1,2\n"), Packing::None);
        assert_eq!(Packing::parse("zstd:19").unwrap(), Packing::Zstd(19));
        assert_eq!(Packing::parse("none").unwrap(), Packing::None);
        assert_eq!(Packing::parse("xz:10").unwrap_err().remedy(), Some("levels of xz go from 0 to 9"));
        assert!(Packing::parse("gzp").is_err());
    }
}
