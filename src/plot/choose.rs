//! Which picture suits a table, where nothing or not all is said.

use super::values::{is_name, is_time, scale};
use super::{Kind, PlotOptions};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::exec::ExecOptions;
use crate::kernel::agg::Agg;
use crate::plan::{LazyFrame, col, lit};
use crate::store::{Field, TableSource};
use std::sync::Arc;

/// What is drawn of a table.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// `None`: each column by itself.
    pub(super) kind: Option<Kind>,
    pub(super) x: Option<String>,
    pub(super) y: Vec<String>,
}

/// The picture that was asked for, with what was not said filled in.
pub(super) fn choose(source: &Arc<dyn TableSource>, o: &PlotOptions, exec: &ExecOptions) -> Result<Choice> {
    let schema = source.schema();
    // Names are checked before a row is read.
    for name in o.x.iter().chain(&o.y).chain(&o.by).chain(&o.color) {
        schema.position(name)?;
    }
    let field = |name: &String| schema.position(name).map(|i| &schema.fields[i]);
    let taken = |f: &Field| [&o.by, &o.color, &o.x].into_iter().flatten().any(|n| *n == f.name);
    let numeric = |f: &&Field| (f.dtype.is_numeric() || matches!(f.dtype, DType::Duration { .. })) && !taken(f);
    let list = |f: &dyn Fn(&&Field) -> bool, most: usize| -> Vec<String> {
        schema.fields.iter().filter(|c| f(c)).take(most).map(|c| c.name.clone()).collect()
    };
    // Amounts that a line may join: no identifiers, unless there is nothing else.
    let amounts = |f: &dyn Fn(&&Field) -> bool| -> Vec<String> {
        let found = list(&|c: &&Field| f(c) && !identifies(c), 6);
        if found.is_empty() { list(f, 6) } else { found }
    };
    let choice = |kind: Kind, x: Option<String>, y: Vec<String>| Ok(Choice { kind: Some(kind), x, y });
    let no = |what: &str| {
        let known: Vec<&str> = schema.names().collect();
        Error::invalid(format!("this table has no {what}")).help(format!("its columns are {}", crate::error::quoted_list(&known, 8)))
    };
    let time = list(&|f: &&Field| is_time(&f.dtype), 1).pop();
    match o.kind {
        Some(Kind::Hist) => {
            let mut of: Vec<String> = o.x.iter().cloned().chain(o.y.iter().cloned()).collect();
            if of.is_empty() {
                of = list(&numeric, if o.by.is_some() { 1 } else { 12 });
            }
            if of.is_empty() {
                return Err(no("numeric column to count"));
            }
            if let [one] = &of[..]
                && is_name(&field(one)?.dtype)
                && o.by.is_none()
            {
                return choice(Kind::Bar, Some(one.clone()), Vec::new());
            }
            choice(Kind::Hist, None, of)
        }
        Some(Kind::Bar) => {
            let x = match &o.x {
                Some(x) => x.clone(),
                None => list(&|f: &&Field| is_name(&f.dtype) && !taken(f), 1).pop().ok_or_else(|| no("column of names for bars"))?,
            };
            choice(Kind::Bar, Some(x), o.y.clone())
        }
        Some(Kind::Box) => {
            let y = if o.y.is_empty() { list(&numeric, if o.x.is_some() || o.by.is_some() { 1 } else { 6 }) } else { o.y.clone() };
            if y.is_empty() {
                return Err(no("numeric column for boxes"));
            }
            choice(Kind::Box, o.x.clone(), y)
        }
        Some(Kind::Line) => {
            let x = o.x.clone().or(time);
            let y = if o.y.is_empty() { amounts(&|f: &&Field| numeric(f) && Some(&f.name) != x.as_ref()) } else { o.y.clone() };
            if y.is_empty() {
                return Err(no("numeric column for lines"));
            }
            choice(Kind::Line, x, y)
        }
        Some(Kind::Scatter) => {
            let mut rest = list(&numeric, 2).into_iter();
            let x = o.x.clone().or_else(|| rest.find(|n| !o.y.contains(n))).ok_or_else(|| no("second numeric column"))?;
            let y = o.y.first().cloned().or_else(|| rest.find(|n| *n != x)).ok_or_else(|| no("second numeric column"))?;
            choice(Kind::Scatter, Some(x), vec![y])
        }
        Some(Kind::Map) => {
            let (lon, lat) = places(&schema.fields);
            let x = o.x.clone().or(lon).ok_or_else(|| no("longitude; name it with --x"))?;
            let y = o.y.first().cloned().or(lat).ok_or_else(|| no("latitude; name it with --y"))?;
            choice(Kind::Map, Some(x), vec![y])
        }
        Some(Kind::Heatmap) => {
            if o.x.is_some() == o.y.is_empty() {
                return Err(Error::invalid("a heatmap of a table has --x and --y, or neither (correlations of the numeric columns)"));
            }
            choice(Kind::Heatmap, o.x.clone(), o.y.clone())
        }
        None => match (&o.x, &o.y[..]) {
            (Some(x), []) => match &field(x)?.dtype {
                d if is_name(d) => choice(Kind::Bar, Some(x.clone()), Vec::new()),
                d if scale(d).is_some() => choice(Kind::Hist, None, vec![x.clone()]),
                other => Err(Error::wrong_type(format!("column {x:?} is {other}, which cannot be drawn"))),
            },
            (Some(x), y) => {
                let dtype = &field(x)?.dtype;
                if is_time(dtype) {
                    choice(Kind::Line, Some(x.clone()), y.to_vec())
                } else if is_name(dtype) {
                    let repeats = y.len() == 1 && o.agg.is_none() && field(&y[0])?.dtype != DType::Bool && repeats(source, x, o, exec)?;
                    choice(if repeats { Kind::Box } else { Kind::Bar }, Some(x.clone()), y.to_vec())
                } else if y.len() > 1 {
                    choice(Kind::Line, Some(x.clone()), y.to_vec())
                } else if is_name(&field(&y[0])?.dtype) {
                    choice(Kind::Heatmap, Some(x.clone()), y.to_vec())
                } else {
                    choice(Kind::Scatter, Some(x.clone()), y.to_vec())
                }
            }
            (None, [_, ..]) => match time {
                Some(t) if !o.y.contains(&t) => choice(Kind::Line, Some(t), o.y.clone()),
                _ => choice(Kind::Hist, None, o.y.clone()),
            },
            (None, []) => {
                let y = list(&numeric, 6);
                if let Some(t) = time.filter(|_| !y.is_empty()) {
                    return choice(Kind::Line, Some(t), amounts(&numeric));
                }
                if let (Some(lon), Some(lat)) = places(&schema.fields) {
                    return choice(Kind::Map, Some(lon), vec![lat]);
                }
                let first_is_name = schema.fields.first().is_some_and(|f| is_name(&f.dtype) && f.dtype != DType::Bool);
                if first_is_name && !y.is_empty() && source.rows().is_none_or(|r| r <= 60) {
                    let first = &schema.fields[0].name;
                    if !repeats(source, first, o, exec)? {
                        return choice(Kind::Bar, Some(first.clone()), y);
                    }
                }
                let only_numbers = schema.fields.iter().all(|f| f.dtype.is_numeric());
                if only_numbers && y.len() == 2 && o.by.is_none() {
                    return choice(Kind::Scatter, Some(y[0].clone()), vec![y[1].clone()]);
                }
                Ok(Choice { kind: None, x: None, y: schema.names().map(str::to_string).collect() })
            }
        },
    }
}

/// Whether a column numbers things rather than measuring them, by its name: `id`, `station_id`, `PassengerId`.
fn identifies(f: &Field) -> bool {
    let before = f.name.strip_suffix("id").or_else(|| f.name.strip_suffix("Id")).or_else(|| f.name.strip_suffix("ID"));
    let apart = |b: &str| {
        b.is_empty()
            || b.ends_with(['_', '-', ' ', '.'])
            || f.name.ends_with('d') && b.ends_with(char::is_lowercase) && !f.name.ends_with("id")
    };
    f.dtype.is_integer() && before.is_some_and(apart)
}

/// Whether a value of the column stands in more than one row (of its group).
fn repeats(source: &Arc<dyn TableSource>, column: &str, o: &PlotOptions, exec: &ExecOptions) -> Result<bool> {
    let keys: Vec<&str> = std::iter::once(column).chain(o.by.as_deref()).collect();
    let counted = LazyFrame::scan(source.clone()).groupby(keys).agg([("\u{1}", lit(1).agg(Agg::Size))])?;
    let most = counted.aggregate([("most", col("\u{1}").agg(Agg::Max))], exec)?;
    Ok(most.columns()[0].scalar(0).as_f64().is_some_and(|n| n > 1.0))
}

/// The columns of longitude and latitude, by their names.
fn places(fields: &[Field]) -> (Option<String>, Option<String>) {
    let find = |names: &[&str]| {
        fields.iter().find(|f| f.dtype.is_numeric() && names.contains(&f.name.to_lowercase().as_str())).map(|f| f.name.clone())
    };
    (find(&["lon", "longitude", "lng", "long"]), find(&["lat", "latitude"]))
}

/// Upper ends of bands of numbers, and their names.
pub(super) type Bands = (Vec<f64>, Vec<String>);

/// Numbers of many values as groups: their quarters.
pub(super) fn bands(source: &Arc<dyn TableSource>, column: &str, exec: &ExecOptions) -> Result<Option<Bands>> {
    let schema = source.schema();
    if !schema.fields[schema.position(column)?].dtype.is_numeric() {
        return Ok(None);
    }
    let v = || col(column);
    let wanted = [
        ("n", v().agg(Agg::Nunique)),
        ("a", v().agg(Agg::Quantile(0.25))),
        ("b", v().agg(Agg::Median)),
        ("c", v().agg(Agg::Quantile(0.75))),
        ("d", v().agg(Agg::Max)),
    ];
    let row = LazyFrame::scan(source.clone()).aggregate(wanted, exec)?;
    let found: Vec<f64> = row.columns().iter().map(|c| c.scalar(0).as_f64().unwrap_or(f64::NAN)).collect();
    if found[0] <= 8.0 || found.iter().any(|x| x.is_nan()) {
        return Ok(None);
    }
    let mut ends = found[1..].to_vec();
    ends.dedup();
    let text = |x: f64| {
        let digits = (2 - x.abs().max(1e-9).log10().floor() as i32).clamp(0, 6) as usize;
        let text = format!("{x:.digits$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
    };
    let n = ends.len();
    let name = |i: usize| match i {
        0 => format!("{column} ≤ {}", text(ends[0])),
        i if i + 1 == n => format!("> {}", text(ends[i - 1])),
        i => format!("{} – {}", text(ends[i - 1]), text(ends[i])),
    };
    let names = (0..n).map(name).collect();
    Ok(Some((ends, names)))
}
