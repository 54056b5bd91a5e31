//! A wall around decoders of other crates. They check what they read, but not everywhere: a damaged file may meet an assertion.
//! Such a panic becomes a format error here, and nothing is printed.

use crate::error::{Error, Result, panic_text};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static INSIDE: Cell<u32> = const { Cell::new(0) };
}

/// Runs a decoder on untrusted bytes. Only for code without shared state that a panic could leave half changed.
pub(crate) fn guarded<T>(decode: impl FnOnce() -> Result<T>) -> Result<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if INSIDE.get() == 0 {
                before(info);
            }
        }));
    });
    INSIDE.set(INSIDE.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(decode));
    INSIDE.set(INSIDE.get() - 1);
    result.unwrap_or_else(|panic| {
        let first = panic_text(&*panic).unwrap_or("no reason given").lines().next().unwrap_or("").to_string();
        Err(Error::format(format!("the file is damaged: the decoder stopped ({first})")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_of_a_decoder_is_a_format_error() {
        let e = guarded::<()>(|| panic!("index out of bounds")).unwrap_err();
        assert_eq!(e.kind(), crate::ErrorKind::Format);
        assert!(e.message().contains("index out of bounds"));
        assert_eq!(guarded(|| Ok(1)).unwrap(), 1);
    }
}
