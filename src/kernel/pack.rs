//! Packed numbers: `packed * scale + offset` with fill values, there and back.

use crate::dtype::{Element, Scalar};
use rayon::prelude::*;

/// Values that one thread takes at a time; below it, one thread does it all.
const RUN: usize = 128 * 1024;

/// Values that are compared before it is asked whether one was found.
const LINE: usize = 1024;

/// A number type that a file may hold.
pub trait Raw: Element {
    /// Whether it is an integer type.
    const INTEGER: bool;
    /// As f32, rounded.
    fn to_f32(self) -> f32;
    /// As f64; integers beyond 53 bits are rounded.
    fn to_f64(self) -> f64;
    /// As a wide integer; floats are cut.
    fn to_i128(self) -> i128;
    /// The value of this type, rounded half to even for integers; `None` where it is outside.
    fn of_f64(x: f64) -> Option<Self>;
    /// The value of this type; `None` where it is outside.
    fn of_i128(x: i128) -> Option<Self>;
    /// A number of an attribute in this type; `None` where it is outside, no integer for an integer type, or no number.
    fn of_scalar(x: &Scalar) -> Option<Self> {
        match x {
            Scalar::I64(x) => Self::of_i128(*x as i128),
            Scalar::U64(x) => Self::of_i128(*x as i128),
            Scalar::F32(x) => Self::of_f64(*x as f64).filter(|y| !Self::INTEGER || y.to_f64() == *x as f64),
            Scalar::F64(x) => Self::of_f64(*x).filter(|y| !Self::INTEGER || y.to_f64() == *x),
            _ => None,
        }
    }
}

macro_rules! integers {
    ($($t:ty),*) => { $( impl Raw for $t {
        const INTEGER: bool = true;
        fn to_f32(self) -> f32 { self as f32 }
        fn to_f64(self) -> f64 { self as f64 }
        fn to_i128(self) -> i128 { self as i128 }
        fn of_f64(x: f64) -> Option<$t> {
            let r = x.round_ties_even();
            // The upper bound of 64-bit types is no f64: the comparison is with the power of two above it.
            (r >= <$t>::MIN as f64 && r < (<$t>::MAX as f64) + if size_of::<$t>() < 8 { 1.0 } else { 0.0 }).then_some(r as $t)
        }
        fn of_i128(x: i128) -> Option<$t> { x.try_into().ok() }
    } )* };
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Raw for f32 {
    const INTEGER: bool = false;
    fn to_f32(self) -> f32 {
        self
    }
    fn to_f64(self) -> f64 {
        self as f64
    }
    fn to_i128(self) -> i128 {
        self as i128
    }
    fn of_f64(x: f64) -> Option<f32> {
        let y = x as f32;
        (y.is_finite() || !x.is_finite()).then_some(y)
    }
    fn of_i128(x: i128) -> Option<f32> {
        Some(x as f32)
    }
}

impl Raw for f64 {
    const INTEGER: bool = false;
    fn to_f32(self) -> f32 {
        self as f32
    }
    fn to_f64(self) -> f64 {
        self
    }
    fn to_i128(self) -> i128 {
        self as i128
    }
    fn of_f64(x: f64) -> Option<f64> {
        Some(x)
    }
    fn of_i128(x: i128) -> Option<f64> {
        Some(x as f64)
    }
}

/// The two types that unpacked values have.
pub trait Real: Raw + std::ops::Mul<Output = Self> + std::ops::Add<Output = Self> {
    /// Not a number.
    const NAN: Self;
    /// A raw value in this type.
    fn of_raw<T: Raw>(x: T) -> Self;
}

impl Real for f32 {
    const NAN: f32 = f32::NAN;
    fn of_raw<T: Raw>(x: T) -> f32 {
        x.to_f32()
    }
}

impl Real for f64 {
    const NAN: f64 = f64::NAN;
    fn of_raw<T: Raw>(x: T) -> f64 {
        x.to_f64()
    }
}

/// What counts as missing among raw values.
#[derive(Clone, Debug)]
pub struct Missing<T> {
    /// Each of these.
    pub fills: Vec<T>,
    /// What lies outside.
    pub range: Option<(T, T)>,
}

impl<T: Raw> Missing<T> {
    fn holds(&self, x: T) -> bool {
        self.fills.contains(&x) || self.range.is_some_and(|(low, high)| x < low || x > high)
    }

    /// The one fill value, where that is all there is.
    fn single(&self) -> Option<T> {
        match (&self.fills[..], self.range) {
            ([one], None) => Some(*one),
            _ => None,
        }
    }

    fn is_nothing(&self) -> bool {
        self.fills.is_empty() && self.range.is_none()
    }
}

/// Each value through `f`, on several threads where there are many.
pub fn map<T: Sync + Copy, O: Send + Default + Clone>(values: &[T], f: impl Fn(T) -> O + Sync) -> Vec<O> {
    if values.len() <= RUN {
        return values.iter().map(|&x| f(x)).collect();
    }
    let mut out = vec![O::default(); values.len()];
    out.par_chunks_mut(RUN).zip(values.par_chunks(RUN)).for_each(|(o, v)| o.iter_mut().zip(v).for_each(|(o, &x)| *o = f(x)));
    out
}

/// Each value through `f`; `Err` with the first position where it gives nothing.
pub fn try_map<T: Sync + Copy, O: Send + Default + Clone>(values: &[T], f: impl Fn(usize, T) -> Option<O> + Sync) -> Result<Vec<O>, usize> {
    let mut out = vec![O::default(); values.len()];
    let run = |(k, (o, v)): (usize, (&mut [O], &[T]))| -> Option<usize> {
        for (i, (o, &x)) in o.iter_mut().zip(v).enumerate() {
            match f(k * RUN + i, x) {
                Some(y) => *o = y,
                None => return Some(k * RUN + i),
            }
        }
        None
    };
    let bad = if values.len() <= RUN {
        out.chunks_mut(RUN).zip(values.chunks(RUN)).enumerate().find_map(run)
    } else {
        out.par_chunks_mut(RUN).zip(values.par_chunks(RUN)).enumerate().filter_map(run).min()
    };
    bad.map_or(Ok(out), Err)
}

/// Each value through `f`, which also says whether it went well; `Err` with the first position where not. Nothing in between: so
/// many values go through at once.
fn try_map_all<T: Sync + Copy, O: Send + Default + Clone>(values: &[T], f: impl Fn(usize, T) -> (O, bool) + Sync) -> Result<Vec<O>, usize> {
    let mut out = vec![O::default(); values.len()];
    let run = |(k, (o, v)): (usize, (&mut [O], &[T]))| -> Option<usize> {
        let mut good = true;
        for (i, (o, &x)) in o.iter_mut().zip(v).enumerate() {
            let (y, well) = f(k * RUN + i, x);
            *o = y;
            good &= well;
        }
        if good { None } else { v.iter().enumerate().map(|(i, &x)| (k * RUN + i, x)).find(|&(i, x)| !f(i, x).1).map(|(i, _)| i) }
    };
    let bad = if values.len() <= RUN {
        out.chunks_mut(RUN).zip(values.chunks(RUN)).enumerate().find_map(run)
    } else {
        out.par_chunks_mut(RUN).zip(values.par_chunks(RUN)).enumerate().filter_map(run).min()
    };
    bad.map_or(Ok(out), Err)
}

/// Raw values as floats: missing is NaN, the others are multiplied and shifted in the type of the result, as numpy does.
pub fn unpack<T: Raw, O: Real + Default>(values: &[T], missing: &Missing<T>, scale: Option<O>, offset: Option<O>) -> Vec<O> {
    let with = |f: &(dyn Fn(T) -> bool + Sync)| match (scale, offset) {
        (Some(s), Some(a)) => map(values, |x| if f(x) { O::NAN } else { O::of_raw(x) * s + a }),
        (Some(s), None) => map(values, |x| if f(x) { O::NAN } else { O::of_raw(x) * s }),
        (None, Some(a)) => map(values, |x| if f(x) { O::NAN } else { O::of_raw(x) + a }),
        (None, None) => map(values, |x| if f(x) { O::NAN } else { O::of_raw(x) }),
    };
    match (missing.single(), scale, offset) {
        // The common cases without a call per value.
        (Some(fill), Some(s), Some(a)) => map(values, |x| if x == fill { O::NAN } else { O::of_raw(x) * s + a }),
        (Some(fill), Some(s), None) => map(values, |x| if x == fill { O::NAN } else { O::of_raw(x) * s }),
        (Some(fill), None, None) => map(values, |x| if x == fill { O::NAN } else { O::of_raw(x) }),
        (None, Some(s), Some(a)) if missing.is_nothing() => map(values, |x| O::of_raw(x) * s + a),
        (None, Some(s), None) if missing.is_nothing() => map(values, |x| O::of_raw(x) * s),
        (None, None, None) if missing.is_nothing() => map(values, O::of_raw),
        _ => with(&|x| missing.holds(x)),
    }
}

/// Whether any value is missing.
pub fn any_missing<T: Raw>(values: &[T], missing: &Missing<T>) -> bool {
    let found = |run: &[T]| match missing.single() {
        // All of a run, without a way out, so that many are compared at once.
        Some(fill) => run.chunks(LINE).any(|line| line.iter().fold(false, |any, &x| any | (x == fill))),
        None => run.iter().any(|&x| missing.holds(x)),
    };
    !missing.is_nothing() && if values.len() <= RUN { found(values) } else { values.par_chunks(RUN).any(found) }
}

/// Validity bytes (1: there), or `None` where nothing is missing.
pub fn validity<T: Raw>(values: &[T], missing: &Missing<T>) -> Option<Vec<u8>> {
    any_missing(values, missing).then(|| match missing.single() {
        Some(fill) => map(values, |x| (x != fill) as u8),
        None => map(values, |x| !missing.holds(x) as u8),
    })
}

/// Floats as raw values: `(x - offset) / scale`, rounded for integer types. NaN and what `valid` marks missing become the fill.
///
/// # Errors
/// The first position that does not fit: a value outside the type, one that would read back as missing, or a missing one where
/// the type has no place for it.
pub fn pack<S: Real, T: Raw + Default>(
    values: &[S],
    valid: Option<&[u8]>,
    fill: Option<T>,
    scale: f64,
    offset: f64,
) -> Result<Vec<T>, usize> {
    let nan = T::of_f64(f64::NAN).filter(|_| !T::INTEGER);
    let gap = fill.or(nan);
    try_map(values, |i, x| {
        let x = x.to_f64();
        if x.is_nan() || valid.is_some_and(|v| v[i] == 0) {
            return gap;
        }
        let y = T::of_f64((x - offset) / scale)?;
        (Some(y) != fill).then_some(y)
    })
}

/// Wide integers as those of a type; what `valid` marks missing becomes the fill.
///
/// # Errors
/// As [`pack`].
pub fn narrow<T: Raw + Default>(values: &[i128], valid: Option<&[u8]>, fill: Option<T>) -> Result<Vec<T>, usize> {
    try_map(values, |i, x| {
        if valid.is_some_and(|v| v[i] == 0) {
            return fill;
        }
        let y = T::of_i128(x)?;
        (Some(y) != fill).then_some(y)
    })
}

/// Numbers of their own type with the fill where `valid` marks missing, and where NaN is.
///
/// # Errors
/// As [`pack`].
pub fn refill<T: Raw + Default>(values: &[T], valid: Option<&[u8]>, fill: Option<T>) -> Result<Vec<T>, usize> {
    let gap = fill.or(T::of_f64(f64::NAN).filter(|_| !T::INTEGER));
    let (no_fill, no_gap, stands_in) = (fill.is_none(), gap.is_none(), gap.unwrap_or_default());
    try_map_all(values, |i, x| {
        // Only NaN is not itself.
        #[allow(clippy::eq_op)]
        let there = valid.is_none_or(|v| v[i] != 0) & (x == x);
        (if there { x } else { stands_in }, if there { no_fill | (x != stands_in) } else { !no_gap })
    })
}

/// Whether [`refill`] would change nothing: neither NaN nor the fill is among the values.
pub fn is_packed<T: Raw>(values: &[T], fill: Option<T>) -> bool {
    #[allow(clippy::eq_op)]
    let line = |line: &[T]| match fill {
        Some(fill) => line.iter().fold(true, |all, &x| all & (x == x) & (x != fill)),
        None => T::INTEGER || line.iter().fold(true, |all, &x| all & (x == x)),
    };
    let run = |run: &[T]| run.chunks(LINE).all(line);
    if values.len() <= RUN { run(values) } else { values.par_chunks(RUN).all(run) }
}

/// Any numbers as wide integers; floats are cut.
pub fn wide<T: Raw>(values: &[T]) -> Vec<i128> {
    map(values, Raw::to_i128)
}

/// Any numbers as f64.
pub fn floats<T: Raw>(values: &[T]) -> Vec<f64> {
    map(values, Raw::to_f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_values_come_back_and_fill_is_nan() {
        let raw = [-32768i16, 0, 1, 32767];
        let missing = Missing { fills: vec![-32768], range: None };
        let x: Vec<f32> = unpack(&raw, &missing, Some(0.01), Some(273.15));
        assert!(x[0].is_nan());
        assert_eq!(x[2], 1.0f32 * 0.01 + 273.15);
        assert_eq!(pack(&x, None, Some(-32768i16), 0.01f32 as f64, 273.15f32 as f64).unwrap(), raw);
    }

    #[test]
    fn values_that_do_not_fit_are_named_by_position() {
        assert_eq!(pack::<f64, i8>(&[1.0, 128.0], None, None, 1.0, 0.0), Err(1));
        assert_eq!(pack::<f64, i8>(&[f64::NAN], None, None, 1.0, 0.0), Err(0));
        assert_eq!(pack::<f64, i8>(&[-1.0], None, Some(-1), 1.0, 0.0), Err(0));
        assert_eq!(narrow::<u8>(&[255, 256], None, None), Err(1));
        assert_eq!(refill::<u8>(&[7, 8], Some(&[1, 0]), Some(9)), Ok(vec![7, 9]));
        assert_eq!(refill(&[1.5f32, f32::NAN, -0.0], None, Some(9.0)), Ok(vec![1.5, 9.0, -0.0]));
        assert_eq!(refill(&[1.5f32, f32::NAN, 9.0], None, Some(9.0)), Err(2));
        assert!(refill(&[1.5f32, f32::NAN], None, None).unwrap()[1].is_nan());
        assert_eq!(refill::<u8>(&[7, 8], Some(&[1, 0]), None), Err(1));
        assert!(is_packed(&[1.5f32, f32::INFINITY], Some(9.0)) && is_packed(&[1i8], None));
        assert!(!is_packed(&[f32::NAN], None) && !is_packed(&[9u8], Some(9)));
        assert_eq!(pack::<f64, f32>(&[1e300], None, None, 1.0, 0.0), Err(0));
        assert_eq!(u64::of_f64(18446744073709551616.0), None);
        assert_eq!(i64::of_f64(9223372036854775808.0), None);
        assert_eq!(i8::of_f64(127.4), Some(127));
    }

    #[test]
    fn several_fills_and_a_range_mark_missing() {
        let missing = Missing { fills: vec![9u8, 8], range: Some((1, 100)) };
        assert_eq!(validity(&[1, 9, 8, 0, 101], &missing), Some(vec![1, 0, 0, 0, 0]));
        assert_eq!(validity(&[1, 2], &missing), None);
    }

    #[test]
    fn every_way_to_unpack_multiplies_and_shifts() {
        let none = Missing::<i16> { fills: vec![7, 9], range: None };
        assert_eq!(unpack(&[1i16, 2], &none, Some(0.5f64), Some(10.0)), [10.5, 11.0]);
        assert_eq!(unpack(&[1i16, 2], &none, None, Some(10.0f64)), [11.0, 12.0]);
        assert_eq!(unpack(&[1i16, 2], &none, Some(0.5f32), None), [0.5, 1.0]);
        assert_eq!(wide(&[1.9f64, -3.0]), [1, -3]);
        assert_eq!(wide(&[u64::MAX]), [u64::MAX as i128]);
        assert_eq!(<f64 as Raw>::of_i128(7), Some(7.0));
    }
}
