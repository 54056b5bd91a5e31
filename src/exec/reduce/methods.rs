//! What a reduction does to attributes and encoding.

use crate::array::{Encoding, Variable};
use crate::kernel::agg::Agg;
use crate::store::Attrs;
use std::sync::Arc;

/// CF's word for an aggregation in `cell_methods`.
fn method(agg: Agg) -> Option<&'static str> {
    Some(match agg {
        Agg::Mean => "mean",
        Agg::Sum => "sum",
        Agg::Std => "standard_deviation",
        Agg::Var => "variance",
        Agg::Min => "minimum",
        Agg::Max => "maximum",
        Agg::Median => "median",
        Agg::Mode => "mode",
        _ => return None,
    })
}

/// The attributes of a result: units go where it has none, and `cell_methods` says what was done over which dimensions.
pub(super) fn attributes(input: &Variable, agg: Agg, dims: &[&str]) -> Attrs {
    let mut attrs = input.attrs.clone();
    match agg {
        Agg::Count | Agg::Size | Agg::Nunique | Agg::Any | Agg::All | Agg::Argmin | Agg::Argmax | Agg::Skew | Agg::Kurt => {
            for gone in ["units", "standard_name", "valid_min", "valid_max", "valid_range", "flag_values", "flag_meanings", "flag_masks"] {
                attrs.remove(gone);
            }
        }
        Agg::Var | Agg::Prod => {
            // A variance has squared units, a product of many values none that could be written.
            match attrs.text("units").filter(|u| agg == Agg::Var && u.chars().all(|c| c.is_ascii_alphabetic())).map(|u| format!("{u}2")) {
                Some(squared) => attrs.set("units", squared.as_str()),
                None => drop(attrs.remove("units")),
            }
        }
        _ => (),
    }
    if let (Some(word), false) = (method(agg), dims.is_empty()) {
        let new = format!("{} {word}", dims.iter().map(|d| format!("{d}:")).collect::<Vec<_>>().join(" "));
        let all = attrs.text("cell_methods").filter(|t| !t.trim().is_empty()).map_or(new.clone(), |old| format!("{old} {new}"));
        attrs.set("cell_methods", all.as_str());
    }
    attrs
}

/// The attributes that are still true of what an expression made of the values, the units among them where they are.
pub(in crate::exec) fn descriptive(attrs: &Attrs, same_units: bool) -> Attrs {
    let mut attrs = attrs.clone();
    if !same_units {
        attrs.remove("units");
    }
    for gone in ["standard_name", "valid_min", "valid_max", "valid_range", "cell_methods"] {
        attrs.remove(gone);
    }
    attrs
}

/// The encoding of a result: chunks and filters stay, what speaks of the stored numbers goes.
pub(in crate::exec) fn encoding(input: &Variable, dims: &[Arc<str>], shape: &[usize]) -> Encoding {
    let old = &input.encoding;
    let chunks = old.chunks.as_ref().filter(|_| !dims.is_empty()).map(|chunks| {
        let of = |d: &Arc<str>| input.dims().iter().position(|x| x == d).and_then(|i| chunks.get(i)).copied();
        dims.iter().zip(shape).map(|(d, &n)| of(d).unwrap_or(n).clamp(1, n.max(1))).collect()
    });
    Encoding { filters: if chunks.is_some() { old.filters.clone() } else { Vec::new() }, chunks, ..Encoding::default() }
}
