use crate::error::{Error, Result};

/// Words of zeros for at least this many bytes; the system brings in the pages as they are touched.
pub(crate) fn zeroed(bytes: usize) -> Result<Vec<u64>> {
    let words = bytes.div_ceil(8);
    if words == 0 {
        return Ok(Vec::new());
    }
    let refusal = || Error::budget(format!("{bytes} bytes are more than the system gives")).help("select a part, or work block by block");
    let layout = std::alloc::Layout::array::<u64>(words).map_err(|_| refusal())?;
    // SAFETY: the layout has a size above zero; a null pointer is not used.
    let start = unsafe { std::alloc::alloc_zeroed(layout) };
    if start.is_null() {
        return Err(refusal());
    }
    // SAFETY: allocated just above by the global allocator with the layout of `words` words, all zero, which are valid numbers.
    Ok(unsafe { Vec::from_raw_parts(start.cast(), words, words) })
}
