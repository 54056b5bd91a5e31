//! Cubes: groups and variables by name, values block by block.

use super::encoding::{self, attributes};
use super::table::word;
use super::{Diff, DiffOptions, Difference, Level, Position, Tally, ValueDifference, told_apart};
use crate::array::{Dataset, Variable};
use crate::dtype::Scalar;
use crate::error::{Result, ResultExt};
use crate::exec::cube::pairs;
use crate::kernel::compare::{Differing, comparable, differing};
use crate::store::{Column, NdArray, Selection, Selector};

/// Compares two cubes, groups included; `alike` are those of one format.
pub(super) fn diff(a: &Dataset, b: &Dataset, alike: bool, options: &DiffOptions) -> Result<Diff> {
    let mut found = Diff::default();
    group("", a, b, alike, options, &mut found)?;
    Ok(found)
}

/// Variables with what they are: coordinates of a group, and data.
fn variables(ds: &Dataset) -> impl Iterator<Item = (&str, &Variable, bool)> {
    ds.coords.iter().map(|(n, v)| (n, v, true)).chain(ds.vars.iter().map(|(n, v)| (n.as_str(), v, false)))
}

fn shape(v: &Variable) -> String {
    v.dims().iter().zip(v.shape()).map(|(d, n)| format!("{d}={n}")).collect::<Vec<_>>().join(",")
}

/// A group by its path, empty for the whole file.
fn group(path: &str, a: &Dataset, b: &Dataset, alike: bool, options: &DiffOptions, found: &mut Diff) -> Result<()> {
    let full = |name: &str| if path.is_empty() { name.to_string() } else { format!("{path}/{name}") };
    for (dim, &n) in &a.dims {
        match b.dims.get(dim) {
            Some(&m) if m == n => {}
            other => found.push(Level::Structure, "dim", full(dim), Some((n as u64).into()), other.map(|&m| (m as u64).into())),
        }
    }
    for (dim, &n) in b.dims.iter().filter(|(d, _)| !a.dims.contains_key(*d)) {
        found.push(Level::Structure, "dim", full(dim), None, Some((n as u64).into()));
    }
    for (name, x, _) in variables(a).filter(|(n, ..)| b.variable(n).is_err()) {
        found.push(Level::Structure, "variable", full(name), word(shape(x)), None);
    }
    for (name, y, _) in variables(b).filter(|(n, ..)| a.variable(n).is_err()) {
        found.push(Level::Structure, "variable", full(name), None, word(shape(y)));
    }
    if !options.ignore.attrs {
        attributes(path, &a.attrs, &b.attrs, alike, found);
    }
    if alike && !options.ignore.encoding {
        encoding::group(path, a, b, found);
    }
    for (name, x, is_coord) in variables(a) {
        let Ok(y) = b.variable(name) else { continue };
        let path = full(name);
        if let Some(progress) = &options.exec.progress {
            progress.message(&path);
        }
        if is_coord != b.coords.contains(name) {
            let said = |coord: bool| word(if coord { "a coordinate" } else { "a data variable" });
            found.push(Level::Structure, "variable", &*path, said(is_coord), said(!is_coord));
        }
        if !options.ignore.attrs {
            attributes(&path, &x.attrs, &y.attrs, alike, found);
        }
        if alike && !options.ignore.encoding {
            encoding::variable(&path, x, y, found);
        }
        let level = if is_coord { Level::Labels } else { Level::Values };
        variable(&path, a, (x, y), level, options, found).at_variable(&path)?;
    }
    for (name, x) in &a.groups {
        match b.groups.get(name) {
            Some(y) => group(&full_group(path, name), x, y, alike, options, found)?,
            None => found.push(Level::Structure, "group", full_group(path, name), word("a group"), None),
        }
    }
    for name in b.groups.keys().filter(|n| !a.groups.contains_key(*n)) {
        found.push(Level::Structure, "group", full_group(path, name), None, word("a group"));
    }
    Ok(())
}

fn full_group(path: &str, name: &str) -> String {
    format!("{path}/{name}")
}

/// Shape, type and values of a variable that both have.
fn variable(path: &str, ds: &Dataset, (x, y): (&Variable, &Variable), level: Level, options: &DiffOptions, found: &mut Diff) -> Result<()> {
    if x.dtype() != y.dtype() {
        found.push(Level::Dtype, "", path, word(x.dtype().to_string()), word(y.dtype().to_string()));
    }
    if x.dims() != y.dims() || x.shape() != y.shape() {
        // Of other lengths the dims have told already.
        if x.dims() != y.dims() {
            found.push(Level::Structure, "shape of", path, word(shape(x)), word(shape(y)));
        }
        found.not_compared.push(path.to_string());
        return Ok(());
    }
    if !comparable(x.dtype(), y.dtype()) {
        found.not_compared.push(path.to_string());
        return Ok(());
    }
    let mut tally = Tally::default();
    let tolerance = options.tolerance;
    let whole = x.shape().to_vec();
    type Found = Option<(Differing, (u64, Scalar, Scalar))>;
    let make = move |start: &[usize], a: NdArray, b: NdArray| -> Result<Found> {
        let (c, d) = (Column::from_nd(&a)?, Column::from_nd(&b)?);
        let Some(found) = differing(&c, &d, &tolerance)? else { return Ok(None) };
        // The C order of a block is that of the whole.
        let inner = unravel(found.first as u64, a.shape());
        let at = inner.iter().zip(start).zip(&whole).fold(0u64, |at, ((i, s), n)| at * *n as u64 + (i + s) as u64);
        Ok(Some((found, (at, c.scalar(found.first), d.scalar(found.first)))))
    };
    for block in pairs(x, y, &options.exec, make) {
        if let Some((found, first)) = block? {
            tally.add(&found, first);
        }
    }
    let Some((at, first, second)) = tally.first else { return Ok(()) };
    let mut index = Vec::with_capacity(x.dims().len());
    for (dim, i) in x.dims().iter().zip(unravel(at, x.shape())) {
        // The label of a position along a dim, not of a coordinate on itself.
        let label = ds.coords.get(dim).filter(|c| level == Level::Values && c.dims().len() == 1 && c.dims()[0] == *dim);
        let label = label.map(|c| c.read(&Selection::new(vec![Selector::At(i)]))).transpose()?.map(|v| v.scalar(0));
        index.push((dim.to_string(), i, label));
    }
    let values = ValueDifference { count: tally.count, total: x.len() as u64, max_abs: tally.most, first: Position::Index(index) };
    let place = path.to_string();
    let (a, b) = told_apart(first, second);
    found.differences.push(Difference { level, what: "", place, a, b, values: Some(values) });
    Ok(())
}

/// The position along each dim of an element in C order.
fn unravel(mut at: u64, shape: &[usize]) -> Vec<usize> {
    let mut out = vec![0; shape.len()];
    for (i, &n) in out.iter_mut().zip(shape).rev() {
        *i = (at % n.max(1) as u64) as usize;
        at /= n.max(1) as u64;
    }
    out
}
