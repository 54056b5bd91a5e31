//! Reductions of whole datasets.

use super::methods::{attributes, encoding};
use super::source::How;
use super::weighted::takes_weights;
use super::{Groups, Weights, keys, reduce_variable, result_type};
use crate::array::{Companion, Dataset, Role, Variable, companions};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::exec::reshape::Cut;
use crate::frame::Series;
use crate::kernel::agg::Agg;
use crate::label::Index;
use crate::plan::{Expr, parse};
use crate::store::{Column, NdArray};
use arrow::array::{AsArray, UInt64Array};
use std::sync::Arc;

/// An aggregation over dimensions: which, and how.
///
/// Missing values are skipped and one that is there is enough, unless told otherwise; `ddof` is 0 as in xarray.
#[derive(Clone, Debug)]
pub struct Reduction {
    /// The aggregation.
    pub agg: Agg,
    /// Over these dimensions; over all where there are none.
    pub dims: Vec<String>,
    /// Delta degrees of freedom of variances.
    pub ddof: u64,
    /// Whether missing values are left out; otherwise one makes the result missing.
    pub skip_missing: bool,
    /// With fewer values the result is missing.
    pub min_count: u64,
    /// Weights; those of missing cells are left out.
    pub weights: Option<Weights>,
}

impl Reduction {
    /// An aggregation over all dimensions.
    pub fn new(agg: Agg) -> Reduction {
        Reduction { agg, dims: Vec::new(), ddof: 0, skip_missing: true, min_count: 0, weights: None }
    }

    /// The aggregation of this name: `mean`, `q0.9`.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn named(name: &str) -> Result<Reduction> {
        Agg::parse(name).map(Reduction::new)
    }

    /// The same over these dimensions.
    pub fn over<S: Into<String>>(mut self, dims: impl IntoIterator<Item = S>) -> Reduction {
        self.dims = dims.into_iter().map(Into::into).collect();
        self
    }
}

/// A dataset with one dimension in groups.
#[derive(Clone, Debug)]
pub struct DatasetGroupBy {
    pub(super) ds: Dataset,
    pub(super) dim: Arc<str>,
    pub(super) groups: Arc<Groups>,
    /// The keys that were put together to one, with their labels.
    pub(super) levels: Vec<(String, Column)>,
    /// Dims that were put together to the grouped one, because the key has several.
    pub(super) stacked: Vec<String>,
    /// The cube before that, if they were.
    pub(super) before: Option<Box<Dataset>>,
    /// Groups of other dimensions, by keys along them.
    pub(super) more: Vec<DatasetGroupBy>,
}

/// A dimension and its groups.
pub(super) type Grouped = (Arc<str>, Arc<Groups>);

/// What several dims of a key are called while they are one.
const STACKED: &str = "stacked dims";

impl Dataset {
    /// Aggregates of every data variable over dimensions. Variables without any of them stay as they are, those that the aggregation
    /// is not meant for are left out with a notice. Lazy: values are computed when the result is read.
    ///
    /// Coordinates along a dimension that goes, go with it; a time axis with bounds leaves a scalar coordinate with the bounds of the
    /// whole. Attributes stay, `cell_methods` tells what was done, and `units` go where the result has none.
    ///
    /// # Errors
    /// Not found, for a dimension; what the weights say.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::{ExecOptions, reduce::Reduction}, kernel::agg::Agg};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (mean, _) = ds.reduce(&Reduction::new(Agg::Mean).over(["time"]), &ExecOptions::default())?;
    /// assert_eq!(mean.variable("tas")?.dims().iter().map(|d| &**d).collect::<Vec<_>>(), ["lat", "lon"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reduce(&self, how: &Reduction, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        for d in &how.dims {
            if !self.has_dim(d) {
                return Err(Error::not_found("dim", d, self.dims.keys().map(|d| &**d)));
            }
        }
        let dims: Vec<Arc<str>> = match how.dims.is_empty() {
            true => self.all_dims(),
            false => how.dims.iter().map(|d| d.as_str().into()).collect(),
        };
        let mut notices = Notices::new();
        let out = reduce(self, &dims, &[], how, options, "", &mut notices)?;
        Ok((out, notices))
    }

    /// Groups the positions of a dimension: by a coordinate (`"region"`), a part of a time (`"time.month"`) or an expression over
    /// coordinates of one dimension (`"decade = time.year // 10"`).
    ///
    /// # Errors
    /// Parse; not found, for a name; what the expression says.
    pub fn groupby(&self, key: &str) -> Result<DatasetGroupBy> {
        let named = key.split_once('=').filter(|(n, rest)| !rest.starts_with('=') && !n.ends_with(['!', '<', '>']));
        let (name, text) = named.map_or((None, key), |(n, t)| (Some(n.trim().to_string()), t));
        let expr = parse(text)?;
        self.groupby_expr(name.as_deref().unwrap_or(&key_name(&expr)), &expr)
    }

    /// As [`Dataset::groupby`], with the key as an expression and the name of the new dimension. A key that varies along several dims
    /// (a 2-D coordinate) groups the cells of all of them.
    ///
    /// # Errors
    /// As [`Dataset::groupby`].
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let pairs = ds.groupby_expr("pair", &hpda_data::plan::parse("time.year // 2")?)?;
    /// assert_eq!((pairs.dim(), pairs.groups().count()), ("time", 5));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn groupby_expr(&self, name: &str, key: &Expr) -> Result<DatasetGroupBy> {
        let dims: Vec<String> = match key.names().iter().find_map(|n| self.variable(n).ok().filter(|v| v.dims().len() > 1)) {
            Some(v) => v.dims().iter().map(|d| d.to_string()).collect(),
            None => Vec::new(),
        };
        let names: Vec<&str> = dims.iter().map(String::as_str).collect();
        let ds = if dims.is_empty() { self.clone() } else { self.stack(&names, STACKED)? };
        let before = (!dims.is_empty()).then(|| Box::new(self.clone()));
        let (dim, groups) = keys::groups(&ds, name, key)?;
        Ok(DatasetGroupBy { ds, dim, groups: Arc::new(groups), levels: Vec::new(), stacked: dims, before, more: Vec::new() })
    }

    /// Groups by several keys: every combination of their values is a group, missing where no position has it. Each grouped dimension is
    /// replaced by one for each of its keys. A variable without a grouped dimension is reduced over those that it has.
    ///
    /// # Errors
    /// As [`Dataset::groupby`]; unsupported, for a key along several dimensions (2-D) beside another along one of them.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::{ExecOptions, reduce::Reduction};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (means, _) = ds.groupby_all(&["time.year", "time.season"])?.reduce(&Reduction::named("mean")?, &ExecOptions::default())?;
    /// assert_eq!(means.variable("tas")?.shape(), [10, 4, 12, 18]);
    /// let bands = ds.groupby_all(&["time.month", "band = lat // 30"])?;
    /// let (means, _) = bands.reduce(&Reduction::named("mean")?, &ExecOptions::default())?;
    /// assert_eq!(means.variable("tas")?.shape(), [12, 6, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn groupby_all(&self, keys: &[&str]) -> Result<DatasetGroupBy> {
        let parts: Vec<DatasetGroupBy> = keys.iter().map(|k| self.groupby(k)).collect::<Result<_>>()?;
        let mut along: Vec<Vec<DatasetGroupBy>> = Vec::new();
        for part in parts {
            match along.iter_mut().find(|a| a[0].dim == part.dim && a[0].stacked == part.stacked) {
                Some(same) => same.push(part),
                None => along.push(vec![part]),
            }
        }
        // A key along several dims has made one of them; no other key may be along these.
        let planes: Vec<&DatasetGroupBy> = along.iter().map(|a| &a[0]).filter(|a| !a.stacked.is_empty()).collect();
        let within = |d: &str| planes.iter().any(|p| p.stacked.iter().any(|s| s == d));
        if planes.len() > 1 || along.iter().any(|a| within(&a[0].dim)) {
            let e = Error::unsupported("a key along several dimensions beside another one along one of them");
            return Err(e.help("group by one after the other"));
        }
        let stacked = planes.first().map(|p| (p.ds.clone(), p.before.clone()));
        let mut all = along.into_iter().map(combined);
        let mut first = all.next().ok_or_else(|| Error::invalid("no key to group by"))??;
        first.more = all.collect::<Result<_>>()?;
        if let Some((ds, before)) = stacked {
            (first.ds, first.before) = (ds, before);
        }
        Ok(first)
    }

    /// Groups by the bins in which a coordinate lies; bins without positions are missing. The labels are intervals (`(0, 30]`) unless the
    /// bins have names. The new dimension is called `NAME_bins`.
    ///
    /// # Errors
    /// As [`Dataset::groupby`]; what [`crate::Series::cut`] says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::{Cut, ExecOptions, reduce::Reduction};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let bands = ds.groupby_bins("lat", &Cut::new(vec![-90.0, -30.0, 30.0, 90.0]))?;
    /// let (means, _) = bands.reduce(&Reduction::named("mean")?, &ExecOptions::default())?;
    /// assert_eq!(means.variable("tas")?.shape(), [120, 3, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn groupby_bins(&self, key: &str, bins: &Cut) -> Result<DatasetGroupBy> {
        let plain = self.groupby(key)?;
        let (dim, values) = keys::values(&plain.ds, &parse(key)?)?;
        let found = Series::new(None, values.clone(), Index::range(values.len()).into())?.cut(bins)?;
        let codes = found.data().values().as_any_dictionary_opt().ok_or_else(|| Error::internal("bins that are no categories"))?;
        let labels = Column::new(DType::Str, arrow::compute::cast(codes.values(), &arrow::datatypes::DataType::Utf8View)?)?;
        let keys = codes.normalized_keys();
        let of = (0..values.len()).map(|i| codes.is_valid(i).then(|| keys[i]));
        let groups = Groups::new(format!("{}_bins", plain.groups.name), labels, of);
        Ok(DatasetGroupBy { groups: Arc::new(groups), dim, ..plain })
    }

    fn has_dim(&self, dim: &str) -> bool {
        self.dims.contains_key(dim) || self.groups.values().any(|g| g.has_dim(dim))
    }

    fn all_dims(&self) -> Vec<Arc<str>> {
        let mut dims: Vec<Arc<str>> = self.dims.keys().cloned().collect();
        for g in self.groups.values() {
            dims.extend(g.all_dims());
        }
        dims
    }
}

/// Keys along the same dimension as one.
fn combined(parts: Vec<DatasetGroupBy>) -> Result<DatasetGroupBy> {
    let [first, rest @ ..] = &parts[..] else { return Err(Error::invalid("no key to group by")) };
    if rest.is_empty() {
        return Ok(first.clone());
    }
    let count = parts.iter().try_fold(1usize, |all, p| all.checked_mul(p.groups.count()));
    let count = count.filter(|n| *n < u32::MAX as usize).ok_or_else(|| Error::overflow("there are too many combinations of the keys"))?;
    let code = |position: usize| parts.iter().try_fold(0, |code, p| Some(code * p.groups.count() + p.groups.of(position)?));
    let name = parts.iter().map(|p| p.groups.name.as_str()).collect::<Vec<_>>().join(",");
    let groups = Groups::new(name, (0..count as i64).collect::<Vec<i64>>().into(), (0..first.groups.len()).map(code));
    let levels = parts.iter().map(|p| (p.groups.name.clone(), p.groups.labels.clone())).collect();
    Ok(DatasetGroupBy { groups: Arc::new(groups), levels, ..first.clone() })
}

/// What a key without a name is called: the column, or the part of the time.
fn key_name(key: &Expr) -> String {
    match key {
        Expr::Col(name) => name.clone(),
        Expr::Part(_, part) => part.clone(),
        other => other.to_string(),
    }
}

impl DatasetGroupBy {
    /// The labels of the groups; with keys along several dimensions those of the first of them.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// assert_eq!(ds.groupby("time.season")?.groups().labels.scalar(0), "DJF".into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// The dimension that is grouped.
    pub fn dim(&self) -> &str {
        &self.dim
    }

    /// Aggregates of each group, over the grouped dimension and those named. The grouped dimension is replaced by one with the labels
    /// of the groups.
    ///
    /// # Errors
    /// As [`Dataset::reduce`].
    pub fn reduce(&self, how: &Reduction, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        for d in &how.dims {
            if !self.ds.has_dim(d) {
                return Err(Error::not_found("dim", d, self.ds.dims.keys().map(|d| &**d)));
            }
        }
        let grouped: Vec<Grouped> = self.all().map(|g| (g.dim.clone(), g.groups.clone())).collect();
        let dims: Vec<Arc<str>> = how.dims.iter().filter(|d| !grouped.iter().any(|g| ***d == *g.0)).map(|d| d.as_str().into()).collect();
        let mut notices = Notices::new();
        let mut out = reduce(&self.ds, &dims, &grouped, how, options, "", &mut notices)?;
        for part in self.all() {
            if !part.levels.is_empty() && out.dims.contains_key(part.groups.name.as_str()) {
                out = part.parted(out)?;
            }
        }
        Ok((out, notices))
    }

    /// This and the groups of other dimensions.
    pub(super) fn all(&self) -> impl Iterator<Item = &DatasetGroupBy> {
        std::iter::once(self).chain(&self.more)
    }

    /// The dim of all combinations of keys as one dim for each key.
    pub(super) fn parted(&self, mut ds: Dataset) -> Result<Dataset> {
        let all = self.groups.name.as_str();
        ds.coords.remove(all);
        let mut inner = self.groups.count();
        for (name, labels) in &self.levels {
            inner /= labels.len().max(1);
            let rows: UInt64Array = (0..self.groups.count()).map(|i| Some((i / inner.max(1) % labels.len().max(1)) as u64)).collect();
            let column = labels.take(&rows)?;
            let array = crate::ops::bridge::enter(&column, &[column.len()])?;
            ds.insert_coord(name.as_str(), Variable::from_array([all], array)?)?;
        }
        let names: Vec<&str> = self.levels.iter().map(|(n, _)| n.as_str()).collect();
        ds.unstack(all, &names)
    }
}

fn reduce(
    ds: &Dataset,
    dims: &[Arc<str>],
    group: &[Grouped],
    how: &Reduction,
    options: &ExecOptions,
    path: &str,
    notices: &mut Notices,
) -> Result<Dataset> {
    let goes = |d: &Arc<str>| dims.contains(d) || group.iter().any(|g| g.0 == *d);
    if let Some(weights) = how.weights.as_ref().filter(|_| !takes_weights(how.agg)) {
        let over = weights.dims().iter().map(|d| format!("{d:?}")).collect::<Vec<_>>().join(", ");
        let e = Error::unsupported(format!("{} with weights along {over}", how.agg));
        return Err(e.help("weights go with mean, sum, std, var, median and quantiles"));
    }
    let accompanying = companions(ds);
    let mut out = Dataset { attrs: ds.attrs.clone(), encoding: ds.encoding.clone(), ..Dataset::new() };
    for (d, &n) in &ds.dims {
        match group.iter().find(|g| g.0 == *d) {
            Some((_, groups)) => drop(out.dims.insert(groups.name.as_str().into(), groups.count())),
            None if dims.contains(d) => (),
            None => drop(out.dims.insert(d.clone(), n)),
        }
    }
    out.unlimited = ds.unlimited.iter().filter(|d| out.dims.contains_key(*d)).cloned().collect();
    coordinates(ds, &mut out, group, &goes)?;
    let mut gone: Vec<&str> = Vec::new();
    for (name, variable) in &ds.vars {
        let mine: Vec<&str> = variable.dims().iter().filter(|d| goes(d)).map(|d| &**d).collect();
        if mine.is_empty() {
            out.insert(name.clone(), variable.clone())?;
            continue;
        }
        if accompanying.contains_key(name) {
            match outer_bounds(ds, name, &accompanying[name], dims, group)? {
                Some(v) => out.insert(name.clone(), v)?,
                None => gone.push(name),
            }
            continue;
        }
        let place = Place { variable: Some(format!("{path}{name}")), ..Place::default() };
        if result_type(how.agg, variable.dtype()).is_none() {
            notices.warn(format!("left out: {} is not meant for {}", how.agg, variable.dtype()), place);
            continue;
        }
        // Weights along dimensions that the variable lacks do not concern it.
        let weights = how.weights.clone().filter(|w| w.dims().iter().any(|d| variable.dims().contains(d)));
        let settled = How { agg: how.agg, ddof: how.ddof, skip_missing: how.skip_missing, min_count: how.min_count, weights };
        if let Some(result) = reduce_variable(variable, dims, group, &settled, options).at_variable(name)? {
            let attrs = attributes(variable, how.agg, &mine);
            let encoding = encoding(variable, result.dims(), result.shape());
            out.insert(name.clone(), result.with_attrs(attrs).with_encoding(encoding))?;
        }
    }
    out.forget(&gone);
    for (name, inner) in &ds.groups {
        out.groups.insert(name.clone(), reduce(inner, dims, group, how, options, &format!("{path}{name}/"), notices)?);
    }
    Ok(out)
}

/// Coordinates that stay, those of the groups, and what is left of a time axis with bounds.
fn coordinates(ds: &Dataset, out: &mut Dataset, group: &[Grouped], goes: &dyn Fn(&Arc<str>) -> bool) -> Result<()> {
    for (name, c) in ds.coords.iter() {
        if let Some((_, groups)) = group.iter().find(|(d, _)| **d == *name && c.dims().len() == 1) {
            let labels = label_array(groups)?;
            let mut v = Variable::from_array([groups.name.as_str()], labels)?;
            if groups.name == name {
                v = v.with_attrs(c.attrs.clone()).with_encoding(c.encoding.clone());
            }
            out.insert_coord(groups.name.clone(), v)?;
        } else if !c.dims().iter().any(goes) {
            out.insert_coord(name, c.clone())?;
        } else if c.dims().len() == 1
            && &*c.dims()[0] == name
            && group.iter().all(|g| &*g.0 != name)
            && is_time(c)
            && let Some(middle) = middle(ds, name, c)?
        {
            let mut v = Variable::from_array(Vec::<Arc<str>>::new(), middle)?.with_attrs(c.attrs.clone()).with_encoding(c.encoding.clone());
            v.encoding.chunks = None;
            out.insert_coord(name, v)?;
        }
    }
    for (_, groups) in group {
        if out.coords.contains(&groups.name) || !out.dims.contains_key(groups.name.as_str()) {
            continue;
        }
        out.insert_coord(groups.name.clone(), Variable::from_array([groups.name.as_str()], label_array(groups)?)?)?;
    }
    Ok(())
}

fn is_time(v: &Variable) -> bool {
    matches!(v.dtype(), DType::Instant { .. })
}

fn label_array(groups: &Groups) -> Result<NdArray> {
    crate::ops::bridge::enter(&groups.labels, &[groups.count()])
}

/// The bounds variable of a coordinate.
fn bounds_of<'a>(ds: &'a Dataset, coord: &Variable) -> Option<&'a Variable> {
    let name = coord.attrs.text("bounds").or(coord.encoding.attrs.text("bounds"))?;
    ds.vars.get(name).filter(|b| b.dims().len() == 2 && b.shape()[1] == 2 && b.dims()[0] == coord.dims()[0] && is_time(b))
}

/// First lower and last upper bound among some positions.
fn span(bounds: &NdArray, positions: impl Iterator<Item = usize>) -> Option<(i64, i64)> {
    let b = bounds.as_slice::<i64>()?;
    positions.map(|i| (b[2 * i].min(b[2 * i + 1]), b[2 * i].max(b[2 * i + 1]))).reduce(|x, y| (x.0.min(y.0), x.1.max(y.1)))
}

/// The middle of the time that the bounds of an axis cover, without dimensions.
fn middle(ds: &Dataset, name: &str, coord: &Variable) -> Result<Option<NdArray>> {
    let Some(bounds) = bounds_of(ds, coord) else { return Ok(None) };
    let values = bounds.load().at_variable(name)?.to_contiguous()?;
    let Some((low, high)) = span(&values, 0..bounds.shape()[0]) else { return Ok(None) };
    NdArray::from_number(low + (high - low) / 2).reinterpret(values.dtype().clone()).map(Some)
}

/// Bounds of what is left of a time axis: from the first lower to the last upper one. Other companions have nothing that is left.
fn outer_bounds(ds: &Dataset, name: &str, companion: &Companion, dims: &[Arc<str>], group: &[Grouped]) -> Result<Option<Variable>> {
    let Some(parent) = companion.parents.iter().find_map(|p| ds.coords.get(p)).filter(|_| companion.role == Role::Bounds) else {
        return Ok(None);
    };
    let Some(bounds) = bounds_of(ds, parent).filter(|_| ds.vars.contains_key(name)) else { return Ok(None) };
    let dim = &bounds.dims()[0];
    let values = || bounds.load().at_variable(name).and_then(|b| b.to_contiguous());
    let plain = |edges: Vec<i64>, shape: &[usize]| NdArray::from_vec(edges, shape)?.reinterpret(bounds.dtype().clone());
    if dims.contains(dim) {
        let Some((low, high)) = span(&values()?, 0..bounds.shape()[0]) else { return Ok(None) };
        let v = Variable::from_array([bounds.dims()[1].clone()], plain(vec![low, high], &[2])?)?;
        return Ok(Some(v.with_attrs(bounds.attrs.clone()).with_encoding(without_chunks(bounds))));
    }
    // Groups that keep the axis are stretches of it; others (all Januaries) have no plain bounds.
    let Some((_, groups)) = group.iter().find(|(d, g)| d == dim && g.name == **dim) else { return Ok(None) };
    let values = values()?;
    let mut edges = Vec::with_capacity(2 * groups.count());
    for g in 0..groups.count() {
        let Some((low, high)) = span(&values, (0..groups.len()).filter(|&p| groups.of(p) == Some(g))) else { return Ok(None) };
        edges.extend([low, high]);
    }
    let v = Variable::from_array(bounds.dims().iter().cloned(), plain(edges, &[groups.count(), 2])?)?;
    Ok(Some(v.with_attrs(bounds.attrs.clone()).with_encoding(without_chunks(bounds))))
}

fn without_chunks(v: &Variable) -> crate::array::Encoding {
    crate::array::Encoding { chunks: None, filters: Vec::new(), ..v.encoding.clone() }
}

/// An aggregate of all elements of a variable, in the type that it has for values of this type: sums of integers are i64 or u64, the
/// mean of f32 is f32. The same bits for any number of threads and any budget.
///
/// # Errors
/// Type, for an aggregate that is not meant for the values; overflow, of a sum of integers; what the reader says.
///
/// # Examples
/// ```
/// use hpda_data::{exec::{ExecOptions, Random, reduce::{Reduction, of_all}}, kernel::agg::Agg};
/// let x = Random::seeded(1).normal(10.0, 0.1, &[("i", 1_000_000)])?;
/// let mean = of_all(&x.variable, &Reduction::new(Agg::Mean), &ExecOptions::default())?;
/// assert!((mean.as_f64().unwrap_or(0.0) - 10.0).abs() < 0.001);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn of_all(variable: &Variable, how: &Reduction, options: &ExecOptions) -> Result<Scalar> {
    const NAME: &str = "values";
    if result_type(how.agg, variable.dtype()).is_none() {
        return Err(Error::wrong_type(format!("{} is not meant for {}", how.agg, variable.dtype())));
    }
    let mut all = Dataset::new();
    all.insert(NAME, variable.clone())?;
    let (made, _) = all.reduce(&Reduction { dims: Vec::new(), ..how.clone() }, options)?;
    Ok(made.variable(NAME)?.load()?.scalar(0))
}
