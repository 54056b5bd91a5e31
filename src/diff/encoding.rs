//! Attributes, and how files hold variables.

use super::table::word;
use super::{Diff, Level};
use crate::array::{Dataset, Encoding, Filter, Variable};
use crate::dtype::{DType, Scalar};
use crate::show;
use crate::store::{AttrValue, Attrs, nested};

/// Compares attributes of a variable, a column, or (without a name) of a group or file. Of one format, their types count as well;
/// else their values: formats differ in the types of attributes that they have.
pub(super) fn attributes(name: &str, a: &Attrs, b: &Attrs, alike: bool, found: &mut Diff) {
    compare(Level::Attributes, name, a, b, alike, &[], found);
}

fn compare(level: Level, name: &str, a: &Attrs, b: &Attrs, alike: bool, skip: &[&str], found: &mut Diff) {
    let first = a.iter().map(|(n, v)| (n, Some(v), b.get(n)));
    let second = b.iter().filter(|(n, _)| !a.contains(n)).map(|(n, v)| (n, None, Some(v)));
    for (attr, x, y) in first.chain(second).filter(|(n, ..)| !skip.contains(n)) {
        let same = match (x, y) {
            (Some(x), Some(y)) => same(x, y, alike),
            _ => false,
        };
        if !same {
            // Two that look alike are told apart by their types.
            let typed = x.zip(y).is_some_and(|(x, y)| x.dtype() != y.dtype() && shown(x) == shown(y));
            let said = |v: &AttrValue| if typed { Scalar::from(format!("{} ({})", show::attribute(v), v.dtype())) } else { shown(v) };
            found.push(level, "", format!("{name}:{attr}"), x.map(said), y.map(said));
        }
    }
}

/// One value plain, several as a list.
fn shown(value: &AttrValue) -> Scalar {
    let mut all = value.scalars();
    if let Some(shape) = value.shape() {
        return nested(shape, all, &Scalar::List);
    }
    if all.len() == 1 { all.remove(0) } else { Scalar::List(all) }
}

/// NaN equals NaN. A text and one string are the same, whatever a file calls them.
fn same(a: &AttrValue, b: &AttrValue, alike: bool) -> bool {
    if a == b {
        return true;
    }
    if let (Some(x), Some(y)) = (a.as_str(), b.as_str()) {
        return x == y;
    }
    if alike && (a.dtype() != b.dtype() || a.shape() != b.shape()) {
        return false;
    }
    let (x, y) = (a.scalars(), b.scalars());
    x.len() == y.len() && x.iter().zip(&y).all(|(x, y)| equal(x, y))
}

fn equal(x: &Scalar, y: &Scalar) -> bool {
    match (x, y) {
        (Scalar::I64(x), Scalar::U64(y)) | (Scalar::U64(y), Scalar::I64(x)) => i128::from(*x) == i128::from(*y),
        // The digits that an f32 is written with are those of another f64.
        (Scalar::F32(x), Scalar::F64(y)) | (Scalar::F64(y), Scalar::F32(x)) => {
            f64::from(*x) == *y || *x == *y as f32 || x.is_nan() && y.is_nan()
        }
        _ => x == y || x.as_f64().zip(y.as_f64()).is_some_and(|(x, y)| x == y || x.is_nan() && y.is_nan()),
    }
}

/// What files say of themselves: compression, row groups.
pub(super) fn facts(a: &[(String, String)], b: &[(String, String)], found: &mut Diff) {
    // Who wrote a file says nothing of what is in it.
    let counts = |name: &str| name != "created by";
    let get = |list: &[(String, String)], name: &str| list.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    let names = a.iter().chain(b.iter().filter(|(n, _)| get(a, n).is_none())).map(|(n, _)| n.as_str());
    for name in names.filter(|n| counts(n)) {
        let (x, y) = (get(a, name), get(b, name));
        if x != y {
            found.push(Level::Encoding, "", format!(":{name}"), x.map(Into::into), y.map(Into::into));
        }
    }
}

/// How a group is held: dims that can grow, and attributes that decoding took out.
pub(super) fn group(name: &str, a: &Dataset, b: &Dataset, found: &mut Diff) {
    let list = |ds: &Dataset| {
        let mut dims: Vec<&str> = ds.unlimited.iter().map(|d| &**d).collect();
        dims.sort_unstable();
        dims.join(",")
    };
    if list(a) != list(b) {
        found.push(Level::Encoding, "", format!("{name}:unlimited"), word(list(a)), word(list(b)));
    }
    compare(Level::Encoding, name, &a.encoding, &b.encoding, true, &[], found);
}

/// How a variable is held.
pub(super) fn variable(name: &str, a: &Variable, b: &Variable, found: &mut Diff) {
    let (x, y) = (&a.encoding, &b.encoding);
    let stored = |v: &Variable| match &v.encoding {
        e if e.char_dim.is_some() => "char".to_string(),
        Encoding { stored_as: Some(name), .. } => name.to_string(),
        e => e.dtype.as_ref().unwrap_or(v.dtype()).to_string(),
    };
    let mut say = |what: &str, p: String, q: String| {
        if p != q {
            let some = |text: String| if text.is_empty() { None } else { word(text) };
            found.push(Level::Encoding, "", format!("{name}:{what}"), some(p), some(q));
        }
    };
    // What is held as it is has its difference of types already.
    let plain = |v: &Variable| v.encoding.dtype.as_ref().is_none_or(|t| t == v.dtype());
    if !(plain(a) && plain(b) && a.dtype() != b.dtype()) {
        say("dtype", stored(a), stored(b));
    }
    if a.shape() == b.shape() {
        say("chunks", chunks(x, a.shape()), chunks(y, b.shape()));
    }
    say("filters", filters(x), filters(y));
    if filters(x) == filters(y)
        && let (Some(p), Some(q)) = (&x.codecs, &y.codecs)
    {
        say("codecs", p.json.clone(), q.json.clone());
    }
    say("shards", shards(x), shards(y));
    let yes = |set: bool| if set { "yes".to_string() } else { "no".into() };
    say("big_endian", yes(x.big_endian), yes(y.big_endian));
    say("no_fill", yes(x.no_fill), yes(y.no_fill));
    let members = |e: &Encoding| e.enumeration.as_ref().map(|e| e.names.join(",")).unwrap_or_default();
    say("enumeration", members(x), members(y));
    let unwritten = |e: &Encoding| e.unwritten.as_ref().map(show::attribute).unwrap_or_default();
    say("unwritten", unwritten(x), unwritten(y));
    say("char_dim", x.char_dim.clone().unwrap_or_default(), y.char_dim.clone().unwrap_or_default());
    let length = |e: &Encoding| e.char_len.map(|n| n.to_string()).unwrap_or_default();
    say("char_len", length(x), length(y));
    // Another calendar is another type.
    let calendars = matches!((a.dtype(), b.dtype()), (DType::Instant { calendar: p, .. }, DType::Instant { calendar: q, .. }) if p != q);
    let skip: &[&str] = if calendars { &["calendar"] } else { &[] };
    compare(Level::Encoding, name, &x.attrs, &y.attrs, true, skip, found);
}

/// The shape of chunks.
fn chunks(e: &Encoding, shape: &[usize]) -> String {
    match &e.chunks {
        _ if e.contiguous => "contiguous".into(),
        Some(c) => c.iter().map(usize::to_string).collect::<Vec<_>>().join(","),
        None if shape.is_empty() => "contiguous".into(),
        None => String::new(),
    }
}

/// The filters with all their parameters.
fn filters(e: &Encoding) -> String {
    let numbers = |list: &[u32]| list.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    let one = |filter: &Filter| match filter {
        Filter::Szip { options, .. } => format!("{} (options {options})", show::filter(filter)),
        Filter::Other { parameters, .. } if !parameters.is_empty() => format!("{} ({})", show::filter(filter), numbers(parameters)),
        plain => show::filter(plain),
    };
    match &e.codecs {
        Some(codecs) => codecs.words.join(", "),
        None => e.filters.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

fn shards(e: &Encoding) -> String {
    let shards = e.codecs.as_ref().and_then(|c| c.shards.as_ref());
    shards.map(|s| s.iter().map(usize::to_string).collect::<Vec<_>>().join(",")).unwrap_or_default()
}
