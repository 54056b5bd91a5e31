use crate::error::{Error, Result};
use std::mem::MaybeUninit;

/// Memory for a result that is written once, all of it, perhaps by several threads.
pub(crate) struct Unwritten {
    words: Vec<MaybeUninit<u64>>,
    bytes: usize,
}

/// From so many bytes on the system is asked for large pages: bringing in small ones one by one costs as much as decoding.
#[cfg(target_os = "linux")]
const LARGE: usize = 16 << 20;

impl Unwritten {
    /// Room for this many bytes, aligned for every type.
    ///
    /// # Errors
    /// Budget, where the system does not give it.
    pub fn new(bytes: usize) -> Result<Unwritten> {
        let count = bytes.div_ceil(8);
        let mut words: Vec<MaybeUninit<u64>> = Vec::new();
        words.try_reserve_exact(count).map_err(|_| {
            Error::budget(format!("{bytes} bytes are more than the system gives")).help("select a part, or work block by block")
        })?;
        #[cfg(target_os = "linux")]
        if bytes >= LARGE {
            const PAGE: usize = 4096;
            let start = words.as_mut_ptr() as usize;
            let (first, end) = (start.next_multiple_of(PAGE), (start + bytes) / PAGE * PAGE);
            // SAFETY: the pages lie within the memory just got; the advice changes nothing of what is in them. Refusal is no harm.
            unsafe { libc::madvise(first as *mut libc::c_void, end.saturating_sub(first), libc::MADV_HUGEPAGE) };
        }
        // The last word may be longer than the result.
        words.extend(std::iter::repeat_n(MaybeUninit::uninit(), count));
        if let Some(last) = words.last_mut() {
            *last = MaybeUninit::new(0);
        }
        Ok(Unwritten { words, bytes })
    }

    /// The bytes to write.
    pub fn bytes_mut(&mut self) -> &mut [MaybeUninit<u8>] {
        // SAFETY: that many bytes are there; bytes that are not known have no alignment and no values that they may not have.
        unsafe { std::slice::from_raw_parts_mut(self.words.as_mut_ptr().cast(), self.bytes) }
    }

    /// The words, the last of which may be filled up with zeros.
    ///
    /// # Safety
    /// Every byte of [`bytes_mut`](Unwritten::bytes_mut) has been written.
    pub unsafe fn written(self) -> Vec<u64> {
        let mut words = std::mem::ManuallyDrop::new(self.words);
        // SAFETY: the parts of the vector itself; all bytes are written by the caller's word, those after them were in `new`.
        unsafe { Vec::from_raw_parts(words.as_mut_ptr().cast(), words.len(), words.capacity()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_there_and_the_rest_of_the_last_word_is_zero() {
        for bytes in [0usize, 1, 8, 13, 40 << 20] {
            let mut room = Unwritten::new(bytes).unwrap();
            room.bytes_mut().fill(MaybeUninit::new(7));
            // SAFETY: all was written.
            let words = unsafe { room.written() };
            let got = bytemuck::cast_slice::<u64, u8>(&words);
            assert!(got[..bytes].iter().all(|&b| b == 7) && got[bytes..].iter().all(|&b| b == 0));
        }
        assert!(Unwritten::new(usize::MAX / 2).is_err());
    }
}
