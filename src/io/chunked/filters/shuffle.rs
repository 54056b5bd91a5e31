//! Byte shuffle: all first bytes of the elements, then all second ones, and so on. What is left at the end stays as it is.

use std::mem::MaybeUninit;

/// Undoes it for elements of this width. Both slices have one length.
pub(in crate::io::chunked) fn undo(width: usize, input: &[u8], out: &mut [u8]) {
    if width < 2 || input.len() < width {
        out.copy_from_slice(input);
        return;
    }
    let n = input.len() / width;
    let (planes, rest) = input.split_at(n * width);
    let (whole, tail) = out.split_at_mut(n * width);
    tail.copy_from_slice(rest);
    if matches!(width, 2 | 4 | 8) {
        // SAFETY: bytes that are known are as good as bytes that are not; only known ones are written to them.
        let whole = unsafe { &mut *(std::ptr::from_mut(whole) as *mut [MaybeUninit<u8>]) };
        elements(width, planes, 0, false, whole);
    } else {
        scatter(width, n, planes, whole);
    }
}

/// Writes the elements from number `first` on, as many as fill `out`, from shuffled bytes of width 1, 2, 4 or 8; `swap`: their
/// bytes the other way round.
///
/// # Panics
/// Where there are not so many elements.
pub(in crate::io::chunked) fn elements(width: usize, planes: &[u8], first: usize, swap: bool, out: &mut [MaybeUninit<u8>]) {
    match width {
        2 => weave::<2>(planes, first, swap, out),
        4 => weave::<4>(planes, first, swap, out),
        8 => weave::<8>(planes, first, swap, out),
        _ => weave::<1>(planes, first, swap, out),
    }
}

/// Does it for elements of this width. Both slices have one length.
pub(in crate::io::chunked) fn apply(width: usize, input: &[u8], out: &mut [u8]) {
    if width < 2 || input.len() < width {
        out.copy_from_slice(input);
        return;
    }
    let n = input.len() / width;
    let (whole, rest) = input.split_at(n * width);
    let (planes, tail) = out.split_at_mut(n * width);
    tail.copy_from_slice(rest);
    match width {
        2 => part::<2>(n, whole, planes),
        4 => part::<4>(n, whole, planes),
        8 => part::<8>(n, whole, planes),
        _ => {
            for (j, plane) in planes.chunks_exact_mut(n).enumerate() {
                plane.iter_mut().zip(whole.chunks_exact(width)).for_each(|(byte, element)| *byte = element[j]);
            }
        }
    }
}

/// Sixteen elements at a time, then the rest one by one.
fn part<const W: usize>(n: usize, input: &[u8], planes: &mut [u8]) {
    let whole = n - n % 16;
    for (i, block) in input[..whole * W].chunks_exact(16 * W).enumerate() {
        let rows = part16::<W>(block);
        for (j, row) in rows.iter().enumerate() {
            planes[j * n + 16 * i..][..16].copy_from_slice(row);
        }
    }
    for (i, element) in input[whole * W..].chunks_exact(W).enumerate() {
        for j in 0..W {
            planes[j * n + whole + i] = element[j];
        }
    }
}

/// The bytes of 16 elements apart. One round of [`weave16`] moves the byte at place `i` to the place of which the bits are those
/// of `i` turned by one; where `log2 W` rounds weave, four more bring every byte back to where it was, and so undo them.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn part16<const W: usize>(block: &[u8]) -> [[u8; 16]; W] {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_storeu_si128, _mm_unpackhi_epi8, _mm_unpacklo_epi8};
    let rows = block.as_chunks::<16>().0;
    let mut out = [[0u8; 16]; W];
    // SAFETY: SSE2 is part of every x86-64; each load reads and each store writes an array of 16 bytes.
    unsafe {
        let mut now: [__m128i; W] = std::array::from_fn(|j| _mm_loadu_si128(rows[j].as_ptr().cast()));
        for _ in 0..4 {
            let before = now;
            for k in 0..W / 2 {
                now[2 * k] = _mm_unpacklo_epi8(before[k], before[k + W / 2]);
                now[2 * k + 1] = _mm_unpackhi_epi8(before[k], before[k + W / 2]);
            }
        }
        for (row, values) in out.iter_mut().zip(now) {
            _mm_storeu_si128(row.as_mut_ptr().cast(), values);
        }
    }
    out
}

/// The same for any machine.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn part16<const W: usize>(block: &[u8]) -> [[u8; 16]; W] {
    std::array::from_fn(|j| std::array::from_fn(|i| block[i * W + j]))
}

/// Any width.
fn scatter(width: usize, n: usize, planes: &[u8], out: &mut [u8]) {
    for (j, plane) in planes.chunks_exact(n).enumerate() {
        for (element, &byte) in out.chunks_exact_mut(width).zip(plane) {
            element[j] = byte;
        }
    }
}

/// Sixteen elements at a time, then the rest one by one.
fn weave<const W: usize>(planes: &[u8], first: usize, swap: bool, out: &mut [MaybeUninit<u8>]) {
    let (n, count) = (planes.len() / W, out.len() / W);
    let plane: [&[u8]; W] = std::array::from_fn(|j| &planes[if swap { W - 1 - j } else { j } * n + first..][..count]);
    let whole = count - count % 16;
    for (i, block) in out[..whole * W].chunks_exact_mut(16 * W).enumerate() {
        let rows: [[u8; 16]; W] = std::array::from_fn(|j| plane[j].get(16 * i..).and_then(|p| p.first_chunk()).copied().unwrap_or([0; 16]));
        weave16(&rows, block);
    }
    for (i, element) in out[whole * W..].as_chunks_mut::<W>().0.iter_mut().enumerate() {
        *element = std::array::from_fn(|j| MaybeUninit::new(plane[j][whole + i]));
    }
}

/// Weaves `W` rows of 16 bytes to 16 elements: in `log2 W` rounds, each of which weaves a row of the first half with one of the
/// second half, byte by byte.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn weave16<const W: usize>(rows: &[[u8; 16]; W], out: &mut [MaybeUninit<u8>]) {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_storeu_si128, _mm_unpackhi_epi8, _mm_unpacklo_epi8};
    // SAFETY: SSE2 is part of every x86-64; each load reads 16 bytes of an array of 16, each store writes 16 bytes of a slice of 16.
    unsafe {
        let mut now: [__m128i; W] = std::array::from_fn(|j| _mm_loadu_si128(rows[j].as_ptr().cast()));
        let mut round = 1;
        while round < W {
            let before = now;
            for k in 0..W / 2 {
                now[2 * k] = _mm_unpacklo_epi8(before[k], before[k + W / 2]);
                now[2 * k + 1] = _mm_unpackhi_epi8(before[k], before[k + W / 2]);
            }
            round *= 2;
        }
        for (part, row) in out.as_chunks_mut::<16>().0.iter_mut().zip(now) {
            _mm_storeu_si128(part.as_mut_ptr().cast(), row);
        }
    }
}

/// The same for any machine.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn weave16<const W: usize>(rows: &[[u8; 16]; W], out: &mut [MaybeUninit<u8>]) {
    for (i, element) in out.as_chunks_mut::<W>().0.iter_mut().enumerate() {
        *element = std::array::from_fn(|j| MaybeUninit::new(rows[j][i]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_in_order_for_every_width_and_length() {
        for width in [1usize, 2, 3, 4, 5, 8, 16] {
            for length in [0, 1, 7, width * 15, width * 16, width * 33 + width / 2, width * 1000 + 1] {
                let data: Vec<u8> = (0..length).map(|i| (i * 31 % 251) as u8).collect();
                let n = length / width;
                let mut shuffled: Vec<u8> = (0..n * width).map(|i| data[i % n * width + i / n]).collect();
                shuffled.extend(&data[n * width..]);
                let mut out = vec![0; length];
                undo(width, &shuffled, &mut out);
                assert_eq!(out, data, "width {width}, {length} bytes");
                apply(width, &data, &mut out);
                assert_eq!(out, shuffled, "width {width}, {length} bytes");
            }
        }
    }
}
