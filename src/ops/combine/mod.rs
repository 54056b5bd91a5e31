//! Several cubes as one: laid end to end along a dimension, or merged by coordinates. Nothing is read but coordinates and what
//! must be equal.

mod agree;
mod align;
mod complete;
mod policy;
mod source;
mod stacked;

pub use align::align;
pub use policy::{CombineAttrs, CombineOptions, Compat, ConcatOptions, Join, MergeOptions, Spread};

pub(crate) use agree::{equal, same_labels};
use agree::{identical, known};
use source::{Joined, Rescale, Widen};

use crate::array::{Data, Dataset, Encoding, LazyArray, Variable, companions};
use crate::dtype::{Calendar, DType, promote};
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::kernel::units;
use crate::label::Index;
use crate::store::Attrs;
use indexmap::IndexMap;
use rayon::prelude::*;
use std::sync::Arc;

/// Cubes as one, in the order given. Lazy: values are read when they are asked for.
///
/// * Variables with the dimension are laid end to end, companions such as bounds too; the others must be equal, and the first
///   counts (see [`Compat`] and [`Spread`]). Without `dim`, cubes that hold different variables over the same labels are merged.
/// * Other dimensions must have the same labels (see [`Join`]). Unless they must (an exact join), a variable that some cubes lack is missing
///   there, with a notice.
/// * Times with different units come out right; different calendars are refused. Numbers whose `units` differ are converted to
///   those of the first cube where they can be.
/// * Attributes are those of the first cube (see [`CombineAttrs`]). Its encoding stays where all cubes are packed alike; else packing goes, with a
///   notice. Types that differ widen.
///
/// xarray's counterpart is `open_mfdataset(data_vars="minimal", coords="minimal")`, which sorts by the coordinate and does not
/// compare what it does not join.
///
/// # Errors
/// Invalid, where no dimension or several differ; shape, where labels or variables disagree; type, for different calendars.
pub fn concat(datasets: Vec<Dataset>, options: &ConcatOptions) -> Result<(Dataset, Notices)> {
    let mut notices = Notices::new();
    let out = match datasets.len() {
        0 => return Err(Error::invalid("there is nothing to join")),
        1 if options.dim.as_ref().is_none_or(|d| datasets[0].dims.contains_key(d.as_str())) => {
            datasets.into_iter().next().unwrap_or_default()
        }
        _ => join(datasets, options, &mut notices)?,
    };
    Ok((out, notices))
}

fn join(mut datasets: Vec<Dataset>, options: &ConcatOptions, notices: &mut Notices) -> Result<Dataset> {
    let dims: Vec<Arc<str>> = datasets[0].dims.keys().cloned().collect();
    let labels: Vec<IndexMap<Arc<str>, Arc<Index>>> = datasets.par_iter().map(|d| indexes(d, &dims)).collect::<Result<_>>()?;
    let differs = |d: &Arc<str>| {
        datasets.iter().zip(&labels).skip(1).any(|(other, l)| {
            // A cube without the dim lacks variables, not labels.
            if options.join != Join::Exact && !other.dims.contains_key(d) {
                return false;
            }
            let lengths = other.dims.get(d) != datasets[0].dims.get(d);
            lengths || !same_labels(labels[0].get(d), l.get(d))
        })
    };
    let different: Vec<Arc<str>> = dims.iter().filter(|d| differs(d)).cloned().collect();
    let dim = match merges(&datasets, options) {
        true => None,
        false => choose(&datasets, options, &different)?,
    };
    let others: Vec<&Arc<str>> = different.iter().filter(|d| Some(*d) != dim.as_ref()).collect();
    match options.join {
        Join::Exact => others.first().map_or(Ok(()), |d| Err(disagreement(&datasets, &labels, d)))?,
        how => {
            for d in others {
                datasets = brought(datasets, &labels, d, dim.as_ref(), how)?;
            }
        }
    }
    match dim {
        Some(dim) if options.join == Join::Exact => along(&datasets, &dim, options, notices),
        Some(dim) => along(&complete::completed(datasets, &dim, options, notices)?, &dim, options, notices),
        None => merge(datasets, notices),
    }
}

/// Whether the cubes hold nothing in common but coordinates, and a join of labels was asked for: then they are merged.
fn merges(datasets: &[Dataset], options: &ConcatOptions) -> bool {
    let beside = companions(&datasets[0]);
    let own = |n: &&String| !beside.contains_key(*n);
    let apart = |d: &Dataset| !datasets[0].vars.keys().filter(own).any(|n| d.vars.contains_key(n));
    options.dim.is_none() && options.join != Join::Exact && datasets[1..].iter().all(apart)
}

/// The labels of those dimensions that have a coordinate of their own name.
fn indexes(dataset: &Dataset, dims: &[Arc<str>]) -> Result<IndexMap<Arc<str>, Arc<Index>>> {
    let mut out = IndexMap::new();
    for d in dims {
        if let Some(index) = dataset.coords.index(d).at(|| place(dataset))? {
            out.insert(d.clone(), index);
        }
    }
    Ok(out)
}

/// The file that a dataset comes from.
fn place(dataset: &Dataset) -> Place {
    let all = dataset.vars.values().chain(dataset.coords.iter().map(|(_, v)| v));
    let lazy = all.filter_map(|v| if let Data::Lazy(l) = v.data() { Some(l.source().place()) } else { None });
    Place { file: lazy.filter_map(|p| p.file).next(), ..Place::default() }
}

/// The dimension to join along; `None` to merge.
fn choose(datasets: &[Dataset], options: &ConcatOptions, different: &[Arc<str>]) -> Result<Option<Arc<str>>> {
    if let Some(dim) = &options.dim {
        return Ok(Some(dim.as_str().into()));
    }
    match different {
        [one] => Ok(Some(one.clone())),
        [] if datasets.iter().any(|d| !d.vars.keys().eq(datasets[0].vars.keys())) => Ok(None),
        [] => Err(Error::invalid("the inputs have the same labels along every dimension, so nothing says how to join them")
            .help("--dim NAME joins along a dimension, a new one too")
            .at(place(&datasets[1]))),
        several => {
            let names: Vec<&str> = several.iter().map(|d| &**d).collect();
            Err(Error::invalid(format!("the inputs differ along {}", crate::error::quoted_list(&names, 5)))
                .help("--dim NAME says along which to join; the others must then agree"))
        }
    }
}

#[cold]
fn disagreement(datasets: &[Dataset], labels: &[IndexMap<Arc<str>, Arc<Index>>], dim: &Arc<str>) -> Error {
    let first = labels[0].get(dim);
    for (d, l) in datasets.iter().zip(labels).skip(1) {
        let other = l.get(dim);
        if d.dims.get(dim) == datasets[0].dims.get(dim) && same_labels(first, other) {
            continue;
        }
        let (n, m) = (datasets[0].dims.get(dim).copied().unwrap_or(0), d.dims.get(dim).copied().unwrap_or(0));
        let what = match (first, other) {
            _ if n != m => format!("dimension {dim:?} is {n} long in the first input and {m} here"),
            (Some(a), Some(b)) => {
                let at = (0..n).find(|&i| a.label(i) != b.label(i)).unwrap_or(0);
                let text = |i: &Index| i.label(at).first().map_or(String::new(), |s| s.to_string());
                format!("labels of {dim:?} differ from the first input: {} is {} here, at position {at}", text(a), text(b))
            }
            _ => format!("dimension {dim:?} has labels in one input and none in another"),
        };
        return Error::shape(what).help("the labels must agree; --dim NAME joins along another dimension").at(place(d));
    }
    Error::internal("inputs that differ and do not")
}

/// Every dataset with the labels of a join.
fn brought(
    datasets: Vec<Dataset>,
    labels: &[IndexMap<Arc<str>, Arc<Index>>],
    dim: &Arc<str>,
    joined: Option<&Arc<str>>,
    how: Join,
) -> Result<Vec<Dataset>> {
    // Cubes without the dim are given its labels with the variables that they lack.
    let has = |d: &Dataset| d.dims.contains_key(dim);
    let found: Option<Vec<&Arc<Index>>> = datasets.iter().zip(labels).filter(|(d, _)| has(d)).map(|(_, l)| l.get(dim)).collect();
    let found = found.ok_or_else(|| Error::shape(format!("dimension {dim:?} has no labels to join by in every input")))?;
    let all = align::labels(dim, &found, how)?;
    let one = |(d, l): (&Dataset, &IndexMap<Arc<str>, Arc<Index>>)| match has(d) {
        true => align::brought(d, l.get(dim), dim, &all, how).at(|| place(d)),
        false => Ok(d.clone()),
    };
    let mut out: Vec<Dataset> = datasets.iter().zip(labels).map(one).collect::<Result<_>>()?;
    if how == Join::Override {
        // The edges of cells go with the labels.
        let edges = companions(&out[0]).into_iter().filter(|(_, c)| c.parents.iter().any(|p| **p == **dim));
        let edges: Vec<(String, Variable)> = edges.filter_map(|(n, _)| Some((n.clone(), out[0].vars.get(&n)?.clone()))).collect();
        for d in &mut out[1..] {
            edges.iter().try_for_each(|(n, v)| d.insert(n.as_str(), v.clone()))?;
        }
    }
    if matches!(how, Join::Inner | Join::Override) {
        return Ok(out);
    }
    // Coordinates and companions that are not joined have the values of those that know them.
    let beside = companions(&out[0]);
    let fixed = |v: &Variable| v.dims().contains(dim) && joined.is_none_or(|j| !v.dims().contains(j));
    let names = |d: &Dataset| d.coords.iter().map(|(n, _)| n.to_string()).chain(beside.keys().cloned()).collect::<Vec<_>>();
    for name in names(&out[0]).into_iter().filter(|n| *n != **dim) {
        let there: Vec<&Variable> = out.iter().filter_map(|d| d.variable(&name).ok()).filter(|v| fixed(v)).collect();
        if there.len() < out.len() || there.iter().any(|v| v.dims() != there[0].dims() || v.shape() != there[0].shape()) {
            continue;
        }
        let (made, own) = known(&there)?;
        let values = made.load()?;
        // Where two know it and differ, the comparison that follows says so.
        for (d, own) in out.iter_mut().zip(&own) {
            let mine = (0..values.len()).map(|i| Some(own.scalar(i)).filter(|x| !x.is_missing()));
            if mine.enumerate().all(|(i, x)| x.is_none_or(|x| x == values.scalar(i))) {
                match d.coords.contains(&name) {
                    true => d.insert_coord(name.as_str(), made.clone())?,
                    false => d.insert(name.as_str(), made.clone())?,
                }
            }
        }
    }
    Ok(out)
}

/// Different variables over the same labels.
fn merge(datasets: Vec<Dataset>, _notices: &mut Notices) -> Result<Dataset> {
    let mut rest = datasets.into_iter();
    let mut out = rest.next().unwrap_or_default();
    for d in rest {
        let at = place(&d);
        for (name, v) in d.coords.iter() {
            match out.coords.get(name) {
                Some(mine) => equal(name, mine, v).at(|| at.clone())?,
                None => out.insert_coord(name, v.clone()).at(|| at.clone())?,
            }
        }
        for (name, v) in &d.vars {
            match out.vars.get(name) {
                Some(mine) => equal(name, mine, v).at(|| at.clone())?,
                None => out.insert(name.as_str(), v.clone()).at(|| at.clone())?,
            }
        }
        for u in d.unlimited {
            if !out.unlimited.contains(&u) {
                out.unlimited.push(u);
            }
        }
    }
    Ok(out)
}

/// End to end along a dimension.
fn along(datasets: &[Dataset], dim: &Arc<str>, options: &ConcatOptions, notices: &mut Notices) -> Result<Dataset> {
    let first = &datasets[0];
    let is_new = !first.dims.contains_key(dim);
    let accompany = companions(first);
    let all: Vec<&Attrs> = datasets.iter().map(|d| &d.attrs).collect();
    if options.compat == Compat::Identical {
        CombineAttrs::Identical.of(&all)?;
    }
    let attrs = options.attrs.of(&all)?;
    let mut out = Dataset { attrs, encoding: first.encoding.clone(), unlimited: first.unlimited.clone(), ..Dataset::default() };
    let total: usize = datasets.iter().map(|d| if is_new { 1 } else { d.dims.get(dim).copied().unwrap_or(0) }).sum();
    if is_new {
        out.dims.insert(dim.clone(), total);
    }
    for (d, &n) in &first.dims {
        out.dims.insert(d.clone(), if d == dim { total } else { n });
    }
    for (i, d) in datasets.iter().enumerate().skip(1) {
        let extra = d.vars.keys().map(String::as_str).chain(d.coords.iter().map(|(n, _)| n)).find(|n| first.variable(n).is_err());
        if let Some(name) = extra {
            let what = format!("variable {name:?} is in input {} and not in the first", i + 1);
            return Err(lacking(what, options).at(place(d)));
        }
    }
    let one = |name: &str, v: &Variable, is_coord: bool, notices: &mut Notices| -> Result<Variable> {
        let pieces: Vec<&Variable> = datasets
            .iter()
            .map(|d| {
                d.variable(name).map_err(|_| lacking(format!("variable {name:?} is in the first input and not here"), options).at(place(d)))
            })
            .collect::<Result<_>>()?;
        // A scalar coordinate named as the new dimension becomes its labels; data get the new dimension in front.
        let grows = is_new && (name == &**dim && v.dims().is_empty() || !is_coord && !accompany.contains_key(name));
        if grows {
            let pieces: Vec<Variable> = pieces.iter().map(|p| raised(p, dim)).collect::<Result<_>>()?;
            return end_to_end(name, &pieces.iter().collect::<Vec<_>>(), dim, datasets, notices);
        }
        let has = |p: &&Variable| p.dims().contains(dim);
        if pieces.iter().all(has) {
            return end_to_end(name, &pieces, dim, datasets, notices);
        }
        let which = if is_coord { options.coords } else { options.data_vars };
        let label = is_coord && v.dims().len() == 1 && *v.dims()[0] == *name;
        let spread = !label
            && !accompany.contains_key(name)
            && match which {
                Spread::Minimal => false,
                Spread::All => true,
                Spread::Different => pieces[1..].iter().any(|p| equal(name, v, p).is_err()),
            };
        if spread || pieces.iter().any(has) {
            let pieces: Vec<Variable> = pieces.iter().zip(datasets).map(|(p, d)| repeated(p, v, dim, d)).collect::<Result<_>>()?;
            return end_to_end(name, &pieces.iter().collect::<Vec<_>>(), dim, datasets, notices);
        }
        let places: Vec<Place> = datasets.iter().map(place).collect();
        match options.compat {
            Compat::Override => {}
            Compat::NoConflicts => return filled(name, &pieces, &places),
            compat => pieces[1..].par_iter().zip(&places[1..]).try_for_each(|(p, at)| {
                let (a, b) = if compat == Compat::BroadcastEquals { spread_over(v, p)? } else { (v.clone(), (*p).clone()) };
                equal(name, &a, &b).at(|| at.clone())?;
                if compat == Compat::Identical { identical(name, v, p).at(|| at.clone()) } else { Ok(()) }
            })?,
        }
        Ok(v.clone())
    };
    let policy = |name: &str, made: Variable| -> Result<Variable> {
        let all: Vec<&Attrs> = datasets.iter().filter_map(|d| d.variable(name).ok()).map(|v| &v.attrs).collect();
        Ok(made.with_attrs(options.attrs.of(&all).at_variable(name)?))
    };
    for (name, v) in first.coords.iter() {
        out.insert_coord(name, policy(name, one(name, v, true, notices)?)?)?;
    }
    for (name, v) in &first.vars {
        out.insert(name.as_str(), policy(name, one(name, v, false, notices)?)?)?;
    }
    for (name, group) in &first.groups {
        let groups: Option<Vec<Dataset>> = datasets.iter().map(|d| d.groups.get(name).cloned()).collect();
        let groups = groups.ok_or_else(|| Error::shape(format!("group {name:?} is not in every input")))?;
        let joined = if group.dims.contains_key(dim) { along(&groups, dim, options, notices)? } else { group.clone() };
        out.groups.insert(name.clone(), joined);
    }
    warn_of_order(&out, dim, notices)?;
    Ok(out)
}

/// A variable is not in all inputs.
#[cold]
fn lacking(what: String, options: &ConcatOptions) -> Error {
    Error::shape(what).help(match options.join {
        Join::Exact => "--var names the variables that all inputs have; --join outer puts missing values in the place of the others",
        _ => "--var names the variables that all inputs have",
    })
}

/// A piece with the dims of the first one and the joined dimension, along which it is repeated where it lacks it.
fn repeated(piece: &Variable, first: &Variable, dim: &Arc<str>, ds: &Dataset) -> Result<Variable> {
    let mut out = piece.clone();
    if !piece.dims().contains(dim) {
        out = piece.broadcast(&[(dim.clone(), ds.dims.get(dim).copied().unwrap_or(1))])?;
    }
    let mut order: Vec<&str> = first.dims().iter().map(|d| &**d).collect();
    if !first.dims().contains(dim) {
        order.insert(0, dim);
    }
    if order.len() == out.dims().len() { out.transpose(&order) } else { Ok(out) }
}

/// Two variables with the dims of both.
pub(crate) fn spread_over(a: &Variable, b: &Variable) -> Result<(Variable, Variable)> {
    let mut dims: Vec<(Arc<str>, usize)> = Vec::new();
    for (d, &n) in a.dims().iter().zip(a.shape()).chain(b.dims().iter().zip(b.shape())) {
        if !dims.iter().any(|(x, _)| x == d) {
            dims.push((d.clone(), n));
        }
    }
    let names: Vec<&str> = dims.iter().map(|(d, _)| &**d).collect();
    Ok((a.broadcast(&dims)?.transpose(&names)?, b.broadcast(&dims)?.transpose(&names)?))
}

/// The values of the first cube that has one; where two have, they must be equal.
fn filled(name: &str, pieces: &[&Variable], places: &[Place]) -> Result<Variable> {
    let first = pieces[0];
    if pieces[1..].iter().any(|p| p.dims() != first.dims() || p.shape() != first.shape() || p.dtype() != first.dtype()) {
        pieces[1..].iter().zip(&places[1..]).try_for_each(|(p, at)| equal(name, first, p).at(|| at.clone()))?;
    }
    let (made, own) = known(pieces)?;
    let values = made.load()?;
    for (own, at) in own.iter().zip(places) {
        if let Some(i) = (0..values.len()).find(|&i| !own.scalar(i).is_missing() && own.scalar(i) != values.scalar(i)) {
            let what = format!("variable {name:?} differs: {} in one input and {} here", values.scalar(i), own.scalar(i));
            return Err(Error::shape(what)
                .help("compat override takes the first")
                .at(Place { file: at.file.clone(), ..Place::variable(name) }));
        }
    }
    if pieces[1..].iter().all(|p| equal(name, first, p).is_ok()) { Ok(first.clone()) } else { Ok(made) }
}

/// The variable with a new first dimension of length 1.
fn raised(v: &Variable, dim: &Arc<str>) -> Result<Variable> {
    let dims = std::iter::once(dim.clone()).chain(v.dims().iter().cloned());
    let shape: Vec<usize> = std::iter::once(1).chain(v.shape().iter().copied()).collect();
    let data = source::raised(lazy(v), shape);
    let mut out = Variable::new(dims, Data::Lazy(data))?.with_attrs(v.attrs.clone()).with_encoding(v.encoding.clone());
    if let Some(chunks) = &mut out.encoding.chunks {
        chunks.insert(0, 1);
    }
    Ok(out)
}

fn lazy(v: &Variable) -> LazyArray {
    match v.data() {
        Data::Lazy(l) => l.clone(),
        Data::Memory(a) => LazyArray::from_array(a.clone()),
    }
}

fn end_to_end(name: &str, pieces: &[&Variable], dim: &Arc<str>, datasets: &[Dataset], notices: &mut Notices) -> Result<Variable> {
    let first = pieces[0];
    let axis = first.axis(dim).at_variable(name)?;
    for (p, d) in pieces.iter().zip(datasets) {
        let fits = p.dims() == first.dims() && p.shape().iter().zip(first.shape()).enumerate().all(|(i, (a, b))| i == axis || a == b);
        if !fits {
            let names = |v: &Variable| v.dims().iter().map(|d| d.to_string()).collect::<Vec<_>>().join(",");
            let what =
                format!("dims ({}) of shape {:?} do not follow ({}) of shape {:?}", names(p), p.shape(), names(first), first.shape());
            return Err(Error::shape(what).at(Place { file: place(d).file, ..Place::variable(name) }));
        }
    }
    let dtype = common_type(pieces).at_variable(name)?;
    let arrays: Vec<LazyArray> = pieces.iter().map(|p| lazy(p)).collect();
    let scales = pieces.iter().zip(datasets).map(|(p, d)| rescale(name, first, p).at(|| place(d))).collect::<Result<Vec<_>>>()?;
    let alike = pieces.iter().all(|p| p.encoding.dtype == first.encoding.dtype && p.encoding.attrs == first.encoding.attrs);
    let enumerations = pieces.iter().all(|p| p.encoding.enumeration == first.encoding.enumeration);
    let plain = scales.iter().all(Option::is_none);
    let mut encoding = first.encoding.clone();
    let data = if plain && alike && same_steps(&arrays) {
        // What is stored is joined, and decoded after that: it can go back to a file as it is.
        let steps = arrays[0].steps().to_vec();
        let stored = arrays.iter().map(|a| a.with_steps(0)).collect();
        steps.into_iter().fold(LazyArray::new(Arc::new(Joined::new(stored, axis)?)), LazyArray::then)
    } else {
        if !alike || !plain {
            encoding = common_encoding(name, pieces, &dtype, notices);
        }
        let widened = arrays.into_iter().zip(scales).map(|(a, scale)| {
            let a = match scale {
                Some((factor, offset)) => a.then(Arc::new(Rescale { factor, offset })),
                None => a,
            };
            if *a.dtype() == dtype { a } else { a.then(Arc::new(Widen { to: dtype.clone() })) }
        });
        LazyArray::new(Arc::new(Joined::new(widened.collect(), axis)?))
    };
    if !enumerations {
        encoding.enumeration = None;
    }
    Ok(Variable::new(first.dims().iter().cloned(), Data::Lazy(data))?.with_attrs(first.attrs.clone()).with_encoding(encoding))
}

fn same_steps(arrays: &[LazyArray]) -> bool {
    arrays.iter().all(|a| {
        let (mine, first) = (a.steps(), arrays[0].steps());
        a.source().dtype() == arrays[0].source().dtype() && mine.len() == first.len() && mine.iter().zip(first).all(|(x, y)| y.same(&**x))
    })
}

/// The type that all pieces meet in. `standard` with dates before the reform takes in `standard` without.
fn common_type(pieces: &[&Variable]) -> Result<DType> {
    let mixed = |v: &&Variable| matches!(v.dtype(), DType::Instant { calendar: Calendar::Standard, .. });
    let is_standard = |v: &&Variable| mixed(v) || v.encoding.calendar == Some(Calendar::Standard);
    let unify = pieces.iter().any(mixed) && pieces.iter().all(is_standard);
    let of = |v: &Variable| match v.dtype() {
        DType::Instant { unit, tz, .. } if unify => DType::Instant { unit: *unit, tz: tz.clone(), calendar: Calendar::Standard },
        t => t.clone(),
    };
    pieces[1..].iter().try_fold(of(pieces[0]), |t, v| promote(&t, &of(v)))
}

/// Factor and offset from the units of a piece to those of the first.
fn rescale(name: &str, first: &Variable, piece: &Variable) -> Result<Option<(f64, f64)>> {
    let number = |v: &Variable| v.dtype().is_integer() || v.dtype().is_float();
    let (Some(to), Some(from)) = (first.attrs.text("units"), piece.attrs.text("units")) else { return Ok(None) };
    if from == to || !number(first) || !number(piece) {
        return Ok(None);
    }
    match units::convert(from, to) {
        Some((1.0, 0.0)) => Ok(None),
        Some(found) => Ok(Some(found)),
        None => Err(Error::invalid(format!("units {from:?} do not convert to {to:?}, the units in the first input"))
            .help("where they are only spelled otherwise, set the attribute in the file")
            .at(Place::variable(name))),
    }
}

/// The encoding of the first without what holds only for its values.
fn common_encoding(name: &str, pieces: &[&Variable], dtype: &DType, notices: &mut Notices) -> Encoding {
    const PACKING: [&str; 6] = ["scale_factor", "add_offset", "_Unsigned", "valid_min", "valid_max", "valid_range"];
    const FILLS: [&str; 2] = ["_FillValue", "missing_value"];
    let first = pieces[0];
    let mut out = first.encoding.clone();
    // Times are written in the units of the first: whether they fit is seen when they are written.
    if dtype.is_temporal() {
        return out;
    }
    let differ = |n: &str| pieces.iter().any(|p| p.encoding.attrs.get(n) != first.encoding.attrs.get(n));
    let stored = pieces.iter().any(|p| p.encoding.dtype != first.encoding.dtype);
    let packed = pieces.iter().any(|p| PACKING.iter().any(|n| p.encoding.attrs.contains(n)));
    let converted = pieces.iter().any(|p| p.attrs.get("units") != first.attrs.get("units"));
    if stored || PACKING.iter().any(|n| differ(n)) || packed && (converted || FILLS.iter().any(|n| differ(n))) {
        for n in PACKING.iter().chain(&FILLS) {
            out.attrs.remove(n);
        }
        out.dtype = Some(dtype.clone()).filter(|t| *t != DType::Str);
        if *dtype == DType::Str {
            out.dtype = first.encoding.dtype.clone();
        }
        // Integers need a value for missing; one that a piece of the same type has is as good as any.
        let fill = pieces.iter().filter(|p| p.encoding.dtype.as_ref() == Some(dtype)).find_map(|p| p.encoding.fill_value());
        if let Some(fill) = fill.filter(|_| dtype.is_integer()) {
            out.attrs.set("_FillValue", fill.clone());
        }
        if packed || stored {
            notices.warn(format!("the inputs hold it differently; it is written as {dtype}, without packing"), Place::variable(name));
        }
    } else if !FILLS.iter().any(|n| out.attrs.contains(n))
        && let Some(fill) = pieces.iter().find_map(|p| p.encoding.fill_value())
    {
        out.attrs.set("_FillValue", fill.clone());
    }
    out
}

/// Labels that go back and forth are legal, and most often a mistake.
fn warn_of_order(out: &Dataset, dim: &Arc<str>, notices: &mut Notices) -> Result<()> {
    let Some(index) = out.coords.index(dim)? else { return Ok(()) };
    let column = index.columns().swap_remove(0);
    if let DType::Str | DType::Bool = column.dtype() {
        return Ok(());
    }
    let mut turns = (false, false);
    let number = |i: usize| match column.scalar(i) {
        crate::dtype::Scalar::Instant { value, .. } => Some(value as f64),
        s => s.as_f64(),
    };
    for i in 1..column.len() {
        match (number(i - 1), number(i)) {
            (Some(a), Some(b)) if a < b => turns.0 = true,
            (Some(a), Some(b)) if a > b => turns.1 = true,
            (Some(_), Some(_)) => turns = (true, true),
            _ => {}
        }
        if turns == (true, true) {
            let place = Place { dim: Some(dim.to_string()), ..Place::default() };
            notices.warn(format!("labels of {dim:?} are not in order after joining: the inputs overlap or are not in order"), place);
            break;
        }
    }
    Ok(())
}
