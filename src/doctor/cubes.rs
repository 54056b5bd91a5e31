//! Cubes that are to be joined along a dim, or merged.

use super::times::{self, numbers};
use super::{Report, Severity, Topic};
use crate::array::{Data, Dataset, Variable, companions};
use crate::dtype::{DType, promote};
use crate::error::{Result, quoted_list};
use crate::kernel::units;
use crate::label::Index;
use crate::store::{Attrs, NdBuilder};
use rayon::prelude::*;
use std::path::Path;
use std::sync::Arc;

/// Attributes of the encoding that say how numbers are packed.
const PACKING: [&str; 4] = ["scale_factor", "add_offset", "_FillValue", "missing_value"];

/// The cube without its file: labels are read, and of other values type and shape stay. A file that is open takes the library most of a
/// megabyte, and there may be thousands.
///
/// # Errors
/// What reading the labels says.
pub(super) fn closed(ds: &Dataset) -> Result<Dataset> {
    let held = |name: &str, v: &Variable| {
        let labels = v.dims().len() == 1 && *v.dims()[0] == *name;
        let one = || NdBuilder::new(v.dtype().clone(), &vec![1; v.shape().len()])?.finish()?.broadcast(v.shape());
        v.with_data(Data::Memory(if labels { v.load()? } else { one()? }))
    };
    let mut out = ds.clone();
    for (name, v) in ds.coords.iter() {
        out.coords.insert(name.to_string(), held(name, v)?);
    }
    out.vars.iter_mut().try_for_each(|(name, v)| held(name, v).map(|h| *v = h))?;
    out.groups.values_mut().try_for_each(|group| closed(group).map(|c| *group = c))?;
    Ok(out)
}

pub(super) fn look(cubes: &[(&Path, Dataset)], dim: Option<&str>, report: &mut Report) -> Result<()> {
    let (_, first) = &cubes[0];
    let dims: Vec<Arc<str>> = first.dims.keys().cloned().collect();
    // Labels are read in parallel, file by file.
    let labels: Vec<Vec<Option<Arc<Index>>>> =
        cubes.par_iter().map(|(_, ds)| dims.iter().map(|d| ds.coords.index(d)).collect::<Result<_>>()).collect::<Result<_>>()?;
    let same = |a: &Option<Arc<Index>>, b: &Option<Arc<Index>>| match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.same_labels(b),
        _ => false,
    };
    let different: Vec<usize> = (0..dims.len())
        .filter(|&d| {
            let long = |ds: &Dataset| ds.dims.get(&dims[d]).copied();
            cubes.iter().zip(&labels).any(|((_, ds), l)| long(ds) != long(first) || !same(&l[d], &labels[0][d]))
        })
        .collect();
    let temporal = |d: &usize| labels[0][*d].as_ref().is_some_and(|i| matches!(i.dtype(0), DType::Instant { .. } | DType::Date));
    let joined = match dim {
        Some(dim) => dims.iter().position(|d| **d == *dim),
        None => different.iter().copied().find(temporal).or_else(|| different.first().copied().filter(|_| different.len() == 1)),
    };
    report.dim = joined.map(|d| dims[d].to_string()).or(dim.map(Into::into));
    for ((file, ds), l) in cubes.iter().zip(&labels).skip(1) {
        for d in (0..dims.len()).filter(|d| Some(*d) != joined) {
            of_dim(file, &dims[d], (first, ds), (&labels[0][d], &l[d]), report);
        }
        inside(file, "", first, ds, report);
    }
    if let Some(d) = joined {
        let there: Vec<(&Path, &Index)> = cubes.iter().zip(&labels).filter_map(|((f, _), l)| Some((*f, l[d].as_deref()?))).collect();
        times::look(&dims[d], &there, report);
    }
    if cubes.len() > 1 && joined.is_none() && different.is_empty() {
        let alike = cubes[1..].iter().filter(|(_, ds)| ds.vars.keys().eq(first.vars.keys()));
        for (file, _) in alike {
            let what = "the same variables over the same labels as the first file: nothing says how to join them".to_string();
            report.add(file, Severity::Refused, Topic::Dims, what, &["--dim NAME joins along a new dim"]);
        }
    }
    Ok(())
}

type Labels<'a> = (&'a Option<Arc<Index>>, &'a Option<Arc<Index>>);

/// A dim that is not joined must have the same labels everywhere.
fn of_dim(file: &Path, dim: &str, (first, ds): (&Dataset, &Dataset), (a, b): Labels, report: &mut Report) {
    let (n, m) = match (first.dims.get(dim), ds.dims.get(dim)) {
        (Some(n), Some(m)) => (*n, *m),
        (Some(_), None) => {
            let choices = ["variables without it must be equal in all files"];
            return report.add(file, Severity::Refused, Topic::Dims, format!("dim {dim:?} of the first file is not there"), &choices);
        }
        _ => return,
    };
    let (a, b) = match (a, b) {
        (Some(a), Some(b)) if !a.same_labels(b) => (a, b),
        (Some(_), None) | (None, Some(_)) => {
            let what = format!("dim {dim:?} has labels in one file and none in the other");
            return report.add(file, Severity::Refused, Topic::Labels, what, &["set them in the file that lacks them"]);
        }
        _ if n != m => {
            let what = format!("dim {dim:?} has {n} positions in the first file and {m} here, and no labels to join by");
            return report.add(file, Severity::Refused, Topic::Dims, what, &["--isel cuts the longer ones"]);
        }
        _ => return,
    };
    let common = a.intersection(b).map_or(0, |i| i.len());
    let all = a.union(b).map_or(0, |i| i.len());
    let inner = format!("--join inner keeps {common} of {n} labels");
    let outer = format!("--join outer has {all} labels, missing where a file lacks one");
    let exact = "exact (what concat does) refuses";
    if let (Some(x), Some(y)) = (numbers(a), numbers(b))
        && x.len() == y.len()
    {
        let apart = x.iter().zip(&y).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
        let step = x.windows(2).map(|w| (w[1] - w[0]).abs()).fold(f64::INFINITY, f64::min);
        if apart <= step * 1e-3 {
            let what = format!("labels of {dim:?} almost match: they are at most {apart:e} apart, neighbours {step}");
            let near = "DIM labels of one file for all: reindex with Method::Nearest in the library";
            return report.add(file, Severity::Refused, Topic::Labels, what, &[exact, &inner, &outer, near]);
        }
        if x.iter().rev().eq(y.iter()) {
            let what = format!("labels of {dim:?} run the other way");
            return report.add(file, Severity::Refused, Topic::Labels, what, &[exact, "sort FILE --by DIM turns them", &inner, &outer]);
        }
        if y.iter().all(|y| x.iter().any(|x| (x - y).abs() == 360.0 || x == y)) && common < n {
            let what = format!("labels of {dim:?} count longitudes from another meridian");
            return report.add(file, Severity::Refused, Topic::Labels, what, &[exact, &inner, &outer]);
        }
    }
    let what = format!("labels of {dim:?} differ: {n} in the first file, {m} here, {common} in both");
    report.add(file, Severity::Refused, Topic::Labels, what, &[exact, &inner, &outer]);
}

/// Variables, attributes and groups; `group` is the path before their names, empty for the file itself.
fn inside(file: &Path, group: &str, first: &Dataset, ds: &Dataset, report: &mut Report) {
    variables(file, group, first, ds, report);
    let owner = if group.is_empty() { "the file".to_string() } else { format!("group {:?}", group.trim_end_matches('/')) };
    attributes(file, &owner, &first.attrs, &ds.attrs, report);
    for (name, a) in &first.groups {
        let path = format!("{group}{name}");
        match ds.groups.get(name) {
            Some(b) => inside(file, &format!("{path}/"), a, b, report),
            None => {
                let what = format!("group {path:?} of the first file is not there");
                report.add(file, Severity::Refused, Topic::Groups, what, &["--group NAME takes one that all files have"]);
            }
        }
    }
    let more: Vec<String> = ds.groups.keys().filter(|n| !first.groups.contains_key(*n)).map(|n| format!("{group}{n}")).collect();
    if !more.is_empty() {
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        let what = format!("groups that the first file lacks: {}", quoted_list(&more, 8));
        report.add(file, Severity::Changes, Topic::Groups, what, &["concat leaves them out", "name a file that has them first"]);
    }
}

/// Attributes by name: those of the first file are taken. Units have findings of their own.
fn attributes(file: &Path, owner: &str, a: &Attrs, b: &Attrs, report: &mut Report) {
    let differ = a.iter().filter(|(n, v)| b.get(n) != Some(*v)).map(|(n, _)| n);
    let names: Vec<&str> = differ.chain(b.iter().map(|(n, _)| n).filter(|n| !a.contains(n))).filter(|n| *n != "units").collect();
    if !names.is_empty() {
        let what = format!("attributes of {owner} differ from those of the first file: {}", quoted_list(&names, 8));
        report.add(file, Severity::Note, Topic::Attributes, what, &["concat takes those of the first file"]);
    }
}

fn variables(file: &Path, group: &str, first: &Dataset, ds: &Dataset, report: &mut Report) {
    let beside = companions(first);
    let own = |n: &&String| !beside.contains_key(*n);
    let path = |n: &String| format!("{group}{n}");
    let lacks: Vec<String> = first.vars.keys().filter(own).filter(|n| !ds.vars.contains_key(*n)).map(path).collect();
    let has: Vec<String> = ds.vars.keys().filter(own).filter(|n| !first.vars.contains_key(*n)).map(path).collect();
    let (lacks, has): (Vec<&str>, Vec<&str>) = (lacks.iter().map(String::as_str).collect(), has.iter().map(String::as_str).collect());
    let apart = lacks.len() == first.vars.keys().filter(own).count();
    if apart && !has.is_empty() {
        let what = format!("other variables: {}", quoted_list(&has, 8));
        report.add(file, Severity::Note, Topic::Variables, what, &["concat merges them where the labels agree"]);
        return;
    }
    if !lacks.is_empty() {
        let what = format!("variables of the first file that are not there: {}", quoted_list(&lacks, 8));
        report.add(file, Severity::Refused, Topic::Variables, what, &["--vars names those that all files have"]);
    }
    if !has.is_empty() {
        let what = format!("variables that the first file lacks: {}", quoted_list(&has, 8));
        report.add(file, Severity::Refused, Topic::Variables, what, &["--vars names those that all files have"]);
    }
    for (name, a) in first.vars.iter().map(|(n, v)| (n.as_str(), v)).chain(first.coords.iter()) {
        if let Ok(b) = ds.variable(name) {
            let name = format!("{group}{name}");
            of_variable(file, &name, a, b, report);
            attributes(file, &format!("{name:?}"), &a.attrs, &b.attrs, report);
        }
    }
}

fn of_variable(file: &Path, name: &str, a: &Variable, b: &Variable, report: &mut Report) {
    if a.dims() != b.dims() {
        let what = format!("{name:?} has dims {:?} in the first file and {:?} here", a.dims(), b.dims());
        report.add(file, Severity::Refused, Topic::Dims, what, &["the order of dims must be the same"]);
    }
    if let (DType::Instant { calendar: x, .. }, DType::Instant { calendar: y, .. }) = (a.dtype(), b.dtype())
        && x != y
    {
        let what = format!("{name:?} counts in the calendar {} in the first file and {} here", x.name(), y.name());
        report.add(file, Severity::Refused, Topic::Calendar, what, &["convert one of them first; dates of both do not exist in either"]);
    } else if a.dtype() != b.dtype() {
        let what = format!("{name:?} is {} in the first file and {} here", a.dtype(), b.dtype());
        match promote(a.dtype(), b.dtype()) {
            Ok(both) => report.add(file, Severity::Changes, Topic::Types, what, &[&format!("concat makes it {both}")]),
            Err(_) => report.add(file, Severity::Refused, Topic::Types, what, &["--vars leaves it out"]),
        }
    }
    let unit = |v: &Variable| v.attrs.text("units").map(str::to_string);
    match (unit(a), unit(b)) {
        (Some(x), Some(y)) if x != y && !a.dtype().is_temporal() => {
            let what = format!("{name:?} is in {x:?} in the first file and in {y:?} here");
            match units::convert(&y, &x) {
                Some(_) => report.add(file, Severity::Changes, Topic::Units, what, &[&format!("concat converts it to {x:?}")]),
                None => report.add(file, Severity::Refused, Topic::Units, what, &["attrs --set NAME:units=.. says that they are the same"]),
            }
        }
        (x, y) if x.is_some() != y.is_some() && !a.dtype().is_temporal() => {
            let what = format!("{name:?} has units in one file and none in the other");
            report.add(file, Severity::Note, Topic::Units, what, &["concat takes those of the first file, if it has some"]);
        }
        _ => {}
    }
    let packed = |v: &Variable| PACKING[..2].iter().any(|p| v.encoding.attrs.contains(p));
    let differ: Vec<&str> = PACKING.iter().copied().filter(|p| a.encoding.attrs.get(p) != b.encoding.attrs.get(p)).collect();
    let stored = a.encoding.dtype != b.encoding.dtype && (packed(a) || packed(b));
    if !a.dtype().is_temporal() && (packed(a) || packed(b)) && (stored || !differ.is_empty()) {
        let what = format!(
            "{name:?} is packed otherwise than in the first file: {}",
            if stored { "another type".into() } else { quoted_list(&differ, 4) }
        );
        let choices = ["concat unpacks it, without loss", "--pack i16 packs the result anew"];
        report.add(file, Severity::Changes, Topic::Packing, what, &choices);
    }
}
