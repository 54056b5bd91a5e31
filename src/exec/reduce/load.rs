//! Values of a block as accumulators take them.

use crate::kernel::cells::Run;
use crate::store::NdArray;
use crate::with_phys;
use std::cell::RefCell;

/// A block that has been read.
pub(super) struct Loaded {
    array: NdArray,
    whole: bool,
    turned: bool,
}

thread_local! {
    static FLOATS: RefCell<Vec<f64>> = const { RefCell::new(Vec::new()) };
    static WHOLES: RefCell<Vec<i64>> = const { RefCell::new(Vec::new()) };
}

const HALF: u64 = 1 << 63;

/// An unsigned number of 64 bits from the signed one of the same rank.
pub(super) fn turn_back(x: i64) -> u64 {
    (x as u64) ^ HALF
}

impl Loaded {
    /// A block in C order. `whole` keeps whole numbers whole, `turned` maps unsigned ones of 64 bits to signed ones of the same rank.
    pub(super) fn new(array: NdArray, whole: bool, turned: bool) -> Loaded {
        Loaded { array, whole, turned }
    }

    /// The block.
    pub(super) fn array(&self) -> &NdArray {
        &self.array
    }

    pub(super) fn bytes(&self) -> usize {
        self.array.bytes()
    }

    /// Brings mapped pages of the file to memory: who accumulates need not wait for them.
    pub(super) fn touch(&self) {
        const PAGE: usize = 4096;
        if let (Some((buffer, at)), Some(width)) = (self.array.buffer(), self.array.phys().width()) {
            let bytes = &buffer.as_slice()[(at * width).min(buffer.len())..];
            let bytes = &bytes[..self.array.bytes().min(bytes.len())];
            std::hint::black_box(bytes.iter().step_by(PAGE).fold(0u8, |a, b| a ^ b));
        }
    }

    /// Calls `f` with the values `at .. at + length`.
    pub(super) fn with_run(&self, at: usize, length: usize, f: impl FnOnce(Run)) {
        let valid = self.array.valid().map(|v| &v[at..at + length]);
        if self.whole {
            return WHOLES.with_borrow_mut(|out| {
                out.clear();
                with_phys!(self.array.phys(), T => {
                    if let Some(x) = self.array.as_slice::<T>() {
                        out.extend(x[at..at + length].iter().map(|&x| x.whole()));
                    }
                }, text => ());
                if self.turned {
                    out.iter_mut().for_each(|x| *x = ((*x as u64) ^ HALF) as i64);
                }
                f(Run::Whole(out, valid))
            });
        }
        if let (Some(x), None) = (self.array.as_slice::<f64>(), valid) {
            return f(Run::Float(&x[at..at + length]));
        }
        FLOATS.with_borrow_mut(|out| {
            out.clear();
            with_phys!(self.array.phys(), T => {
                if let Some(x) = self.array.as_slice::<T>() {
                    out.extend(x[at..at + length].iter().map(|&x| x.float()));
                }
            }, text => ());
            if let Some(valid) = valid {
                out.iter_mut().zip(valid).filter(|(_, v)| **v == 0).for_each(|(x, _)| *x = f64::NAN);
            }
            f(Run::Float(out))
        })
    }
}

/// The conversion that `as f64` is, for all types of elements.
pub(super) trait Number: Copy {
    fn float(self) -> f64;
    fn whole(self) -> i64;
}

macro_rules! number {
    ($($t:ty),*) => { $( impl Number for $t {
        #[allow(clippy::unnecessary_cast)]
        fn float(self) -> f64 { self as f64 }
        #[allow(clippy::unnecessary_cast)]
        fn whole(self) -> i64 { self as i64 }
    } )* };
}
number!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
