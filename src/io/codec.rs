use crate::error::{Error, Result};

/// How Parquet pages and Arrow buffers are compressed: `--compress zstd:3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// As they are.
    None,
    /// Snappy: fast, Parquet's usual choice.
    Snappy,
    /// LZ4: fast.
    Lz4,
    /// Zstandard, level 1 to 22.
    Zstd(i32),
    /// Gzip, level 0 to 9.
    Gzip(u32),
    /// Brotli, level 0 to 11.
    Brotli(u32),
}

impl Codec {
    /// The codec of this name, as `--compress` takes it: `none`, `snappy`, `lz4`, `zstd`, `zstd:3`, `gzip:6`, `brotli:4`.
    ///
    /// # Errors
    /// Not found, with the nearest name; invalid, for a level that the codec does not have.
    pub fn parse(text: &str) -> Result<Codec> {
        let (name, level) = match text.split_once(':') {
            Some((name, level)) => (name.trim(), Some(level.trim())),
            None => (text.trim(), None),
        };
        let number = |default: i64, low: i64, high: i64| match level {
            None => Ok(default),
            Some(l) => l.parse().ok().filter(|n| (low..=high).contains(n)).ok_or_else(|| {
                Error::invalid(format!("{name} has no compression level {l:?}")).help(format!("levels of {name} go from {low} to {high}"))
            }),
        };
        let without_level = |codec| match level {
            None => Ok(codec),
            Some(_) => Err(Error::invalid(format!("{name} has no compression levels")).help(format!("write `--compress {name}`"))),
        };
        match name.to_ascii_lowercase().as_str() {
            "none" | "uncompressed" => without_level(Codec::None),
            "snappy" => without_level(Codec::Snappy),
            "lz4" => without_level(Codec::Lz4),
            "zstd" => Ok(Codec::Zstd(number(3, 1, 22)? as i32)),
            "gzip" => Ok(Codec::Gzip(number(6, 0, 9)? as u32)),
            "brotli" => Ok(Codec::Brotli(number(4, 0, 11)? as u32)),
            _ => Err(Error::not_found("codec", name, ["none", "snappy", "lz4", "zstd", "gzip", "brotli"])),
        }
    }

    /// Its name, without the level.
    pub fn name(self) -> &'static str {
        match self {
            Codec::None => "none",
            Codec::Snappy => "snappy",
            Codec::Lz4 => "lz4",
            Codec::Zstd(_) => "zstd",
            Codec::Gzip(_) => "gzip",
            Codec::Brotli(_) => "brotli",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codec_text_is_understood_or_refused_with_the_way_out() {
        assert_eq!(Codec::parse("zstd:7").unwrap(), Codec::Zstd(7));
        assert_eq!(Codec::parse("Snappy").unwrap(), Codec::Snappy);
        assert_eq!(Codec::parse("zstd:99").unwrap_err().remedy(), Some("levels of zstd go from 1 to 22"));
        assert!(Codec::parse("zsdt").unwrap_err().remedy().unwrap().contains("zstd"));
        assert!(Codec::parse("snappy:3").is_err());
    }
}
