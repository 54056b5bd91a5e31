use crate::error::{Error, Result};

/// Verifies the checksum in the last four bytes; how many bytes stand before it.
pub(in crate::io::chunked) fn check(input: &[u8]) -> Result<usize> {
    let Some((data, stored)) = input.split_last_chunk::<4>() else {
        return Err(Error::format("the chunk is too short for its checksum"));
    };
    let [a, b, c, d] = *stored;
    let sum = fletcher32(data).to_le_bytes();
    // Files before HDF5 1.6.3 from little-endian machines have the bytes of both halves exchanged.
    if sum != [a, b, c, d] && sum != [b, a, d, c] {
        return Err(Error::format("the checksum (fletcher32) of the chunk does not agree: its bytes are damaged"));
    }
    Ok(data.len())
}

/// Sums of big-endian 16-bit words and of their running sums, both modulo 65535 with 65535 for 0 (unless all words are 0).
pub(in crate::io::chunked) fn fletcher32(data: &[u8]) -> u32 {
    // A block of this many words keeps the sums within 32 bits, so that the lanes are narrow.
    const WORDS: usize = 256;
    let fold = |x: u64| (x & 0xffff) + (x >> 16);
    let (mut first, mut second) = (0u64, 0u64);
    for block in data.chunks(2 * WORDS) {
        let words = block.len().div_ceil(2) as u64;
        let (mut sum, mut weighted) = (0u32, 0u32);
        let (pairs, odd) = block.as_chunks::<2>();
        for (i, &pair) in pairs.iter().enumerate() {
            let word = u32::from(u16::from_be_bytes(pair));
            sum += word;
            weighted += (words as u32 - i as u32) * word;
        }
        if let [last] = odd {
            let word = u32::from(*last) << 8;
            sum += word;
            weighted += word;
        }
        second = fold(fold(second + words * first + u64::from(weighted)));
        first = fold(fold(first + u64::from(sum)));
    }
    let (first, second) = (fold(fold(first)), fold(fold(fold(second))));
    (second as u32) << 16 | first as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Word by word, by the definition.
    fn slow(data: &[u8]) -> u32 {
        let (mut a, mut b) = (0u64, 0u64);
        for w in data.chunks(2) {
            a += (w[0] as u64) << 8 | *w.get(1).unwrap_or(&0) as u64;
            b += a;
            (a, b) = ((a & 0xffff) + (a >> 16), (b & 0xffff) + (b >> 16));
        }
        (a, b) = ((a & 0xffff) + (a >> 16), (b & 0xffff) + (b >> 16));
        (b as u32) << 16 | a as u32
    }

    #[test]
    fn checksum_equals_the_definition_at_every_length() {
        let data: Vec<u8> = (0..3000u32).map(|i| (i * i / 7) as u8).collect();
        for n in [0, 1, 2, 3, 511, 512, 513, 1024, 2047, 3000] {
            assert_eq!(fletcher32(&data[..n]), slow(&data[..n]), "{n} bytes");
        }
        assert_eq!(fletcher32(&[0xff; 4096]), slow(&[0xff; 4096]));
        assert_eq!(fletcher32(&[0; 4096]), 0);
    }

    #[test]
    fn damage_is_found() {
        let mut data = b"some bytes of a chunk".to_vec();
        let n = data.len();
        data.extend(fletcher32(&data).to_le_bytes());
        assert_eq!(check(&data).unwrap(), n);
        data[3] ^= 1;
        assert!(check(&data).is_err());
        assert!(check(b"abc").is_err());
    }
}
