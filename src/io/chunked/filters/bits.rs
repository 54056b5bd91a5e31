//! Bit shuffle: the lowest bits of the first bytes of all elements, then the second ones, and so on. Elements come in eights.

use super::shuffle;

/// Undoes it for elements of this width; what is left at the end, fewer than eight elements, stays as it is. All three slices
/// have one length, `planes` is room to work in.
pub(in crate::io::chunked) fn undo(width: usize, input: &[u8], planes: &mut [u8], out: &mut [u8]) {
    let width = width.max(1);
    let whole = input.len() / (8 * width) * (8 * width);
    out[whole..].copy_from_slice(&input[whole..]);
    if whole == 0 {
        return;
    }
    // Of each byte of the elements there are eight rows of bits. Woven byte by byte they are squares of eight by eight bits, which
    // turned around are eight of these bytes.
    let n = whole / width;
    for (rows, plane) in input[..whole].chunks_exact(n).zip(planes.chunks_exact_mut(n)) {
        shuffle::undo(8, rows, plane);
        for square in plane.as_chunks_mut::<8>().0 {
            *square = turn(u64::from_le_bytes(*square)).to_le_bytes();
        }
    }
    shuffle::undo(width, &planes[..whole], &mut out[..whole]);
}

/// Exchanges bit `i` of byte `j` with bit `j` of byte `i`.
fn turn(mut x: u64) -> u64 {
    for (by, mask) in [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0x0000_0000_f0f0_f0f0)] {
        let t = (x ^ (x >> by)) & mask;
        x ^= t ^ (t << by);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_back_in_order_for_every_width_and_length() {
        for width in [1usize, 2, 3, 4, 8] {
            for elements in [0usize, 5, 8, 40, 136, 1029] {
                let data: Vec<u8> = (0..elements * width).map(|i| (i * 37 % 251) as u8).collect();
                let n = elements / 8 * 8;
                let mut shuffled = vec![0u8; data.len()];
                for e in 0..n {
                    for b in 0..8 * width {
                        let bit = data[e * width + b / 8] >> (b % 8) & 1;
                        shuffled[b * (n / 8) + e / 8] |= bit << (e % 8);
                    }
                }
                shuffled[n * width..].copy_from_slice(&data[n * width..]);
                let (mut planes, mut out) = (vec![0; data.len()], vec![0; data.len()]);
                undo(width, &shuffled, &mut planes, &mut out);
                assert_eq!(out, data, "width {width}, {elements} elements");
            }
        }
    }
}
