//! The only place where a list of types is spelled out for code.

use super::Phys;

/// A value of fixed width that a buffer can hold: what [`Phys`] but for text is in Rust. Booleans of cubes are bytes (`u8`).
pub trait Element: arrow::datatypes::ArrowNativeType + bytemuck::Pod + PartialOrd {
    /// Its physical type.
    const PHYS: Phys;
}

macro_rules! elements {
    ($($t:ty => $phys:ident),*) => { $( impl Element for $t { const PHYS: Phys = Phys::$phys; } )* };
}
elements!(i8 => I8, i16 => I16, i32 => I32, i64 => I64, u8 => U8, u16 => U16, u32 => U32, u64 => U64, f32 => F32, f64 => F64);

/// Runs `$body` with `$T` standing for the Rust type of a fixed-width [`Phys`]; text runs `$text`. Booleans are `u8`.
///
/// `with_phys!(phys, T => body, text => other)`
#[macro_export]
#[doc(hidden)]
macro_rules! with_phys {
    ($phys:expr, $T:ident => $body:expr, text => $text:expr) => {
        match $phys {
            $crate::dtype::Phys::Bool | $crate::dtype::Phys::U8 => {
                type $T = u8;
                $body
            }
            $crate::dtype::Phys::I8 => {
                type $T = i8;
                $body
            }
            $crate::dtype::Phys::I16 => {
                type $T = i16;
                $body
            }
            $crate::dtype::Phys::I32 => {
                type $T = i32;
                $body
            }
            $crate::dtype::Phys::I64 => {
                type $T = i64;
                $body
            }
            $crate::dtype::Phys::U16 => {
                type $T = u16;
                $body
            }
            $crate::dtype::Phys::U32 => {
                type $T = u32;
                $body
            }
            $crate::dtype::Phys::U64 => {
                type $T = u64;
                $body
            }
            $crate::dtype::Phys::F32 => {
                type $T = f32;
                $body
            }
            $crate::dtype::Phys::F64 => {
                type $T = f64;
                $body
            }
            $crate::dtype::Phys::Str => $text,
        }
    };
}
