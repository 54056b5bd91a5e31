//! Functions of the caller along several dims of several cubes.

mod cubes;
mod source;

pub use cubes::MissingCoreDim;

use crate::array::{Data, DataArray, Dataset, LazyArray, Variable};
use crate::dtype::DType;
use crate::error::{Error, Place, Result};
use crate::exec::ExecOptions;
use crate::ops::bridge::enter;
use crate::ops::combine::{CombineAttrs, Join, align, equal};
use crate::store::{Attrs, Column};
use source::{Input, Shared, UfuncSource};
use std::sync::Arc;

/// The values of one input at one place of the other dims: all that stands along its core dims, in C order; NaN where missing.
#[derive(Clone, Copy, Debug)]
pub struct Core<'a> {
    values: &'a [f64],
    shape: &'a [usize],
}

impl Core<'_> {
    /// The lengths of the core dims.
    pub fn shape(&self) -> &[usize] {
        self.shape
    }
}

impl std::ops::Deref for Core<'_> {
    type Target = [f64];
    fn deref(&self) -> &[f64] {
        self.values
    }
}

/// What a function is told of its inputs and says of its outputs: the dims that it works on at once, the core dims. It is called for every
/// place of all other dims.
///
/// # Examples
/// ```
/// use hpda_data::{exec::{ExecOptions, Ufunc, apply_ufunc}, open_dataset};
/// let ds = open_dataset("data/climate.nc")?;
/// let (tas, lat) = (ds.array("tas")?, ds.array("lat")?);
/// // The temperature of the map at each time, each cell by the cosine of its latitude.
/// let how = Ufunc::new().input(&["lat", "lon"]).input(&["lat"]);
/// let mean = apply_ufunc(&how, &[&tas, &lat], |of, out| {
///     let width = of[0].shape()[1];
///     let weight = |i: usize| of[1][i / width].to_radians().cos();
///     let all: f64 = (0..of[0].len()).map(weight).sum();
///     out[0][0] = of[0].iter().enumerate().map(|(i, x)| x * weight(i)).sum::<f64>() / all;
///     Ok(())
/// }, &ExecOptions::default())?;
/// assert_eq!(mean[0].variable.shape(), [120]);
/// # Ok::<(), hpda_data::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Ufunc {
    inputs: Vec<Vec<String>>,
    outputs: Vec<(DType, Vec<String>)>,
    sizes: Vec<(String, usize)>,
    labels: Vec<(String, Column)>,
    exclude: Vec<String>,
    join: Join,
    attrs: CombineAttrs,
    lacking: MissingCoreDim,
}

impl Ufunc {
    /// A function of nothing yet.
    pub fn new() -> Ufunc {
        Ufunc::default()
    }

    /// One input more, with its core dims in the order in which the function gets them; none for single values.
    pub fn input(mut self, core: &[&str]) -> Ufunc {
        self.inputs.push(core.iter().map(|d| d.to_string()).collect());
        self
    }

    /// One output more, of f64, with its core dims; none for single values. A function without any has one of single values.
    pub fn output(self, core: &[&str]) -> Ufunc {
        self.output_of(DType::F64, core)
    }

    /// One output more of another type of numbers, into which values are cast as in tables; NaN is missing in it.
    pub fn output_of(mut self, dtype: DType, core: &[&str]) -> Ufunc {
        self.outputs.push((dtype, core.iter().map(|d| d.to_string()).collect()));
        self
    }

    /// How long a core dim of outputs is that no input has, or that the function changes ([`Ufunc::exclude`]).
    pub fn size(mut self, dim: &str, length: usize) -> Ufunc {
        self.sizes.push((dim.into(), length));
        self
    }

    /// The same, with the labels that it has.
    pub fn labels(mut self, dim: &str, labels: Column) -> Ufunc {
        self.sizes.push((dim.into(), labels.len()));
        self.labels.push((dim.into(), labels));
        self
    }

    /// A core dim along which inputs may differ, and which may have another length in the outputs; its coordinates go.
    pub fn exclude(mut self, dim: &str) -> Ufunc {
        self.exclude.push(dim.into());
        self
    }

    /// What happens where the labels of inputs differ: nothing said, they may not.
    pub fn join(mut self, join: Join) -> Ufunc {
        self.join = join;
        self
    }

    /// The attributes of the outputs, of those of the inputs: nothing said, those of the first.
    pub fn attrs(mut self, attrs: CombineAttrs) -> Ufunc {
        self.attrs = attrs;
        self
    }

    /// What becomes of variables of a cube that lack a core dim: nothing said, they are an error.
    pub fn on_missing_core_dim(mut self, lacking: MissingCoreDim) -> Ufunc {
        self.lacking = lacking;
        self
    }

    fn core_of_any(&self, dim: &str) -> bool {
        self.inputs.iter().any(|i| i.iter().any(|d| d == dim))
    }
}

/// A function of the caller, along the core dims of its inputs ([`Ufunc`]) at every place of all their other dims, which meet by name. It gets
/// the values of each input and fills those of each output (NaN before), and is called from all threads, block by block, when a result is
/// read; each output is computed by itself. Dims of the results are the others in the order in which inputs have them, then the core dims of
/// the output. Coordinates stay as far as their dims do and inputs agree on them.
///
/// # Errors
/// Invalid, for as many inputs as the function does not have, a core dim that stands at another input as a plain dim, or one of unknown
/// length; not found, for a core dim that an input lacks; type, for what are no numbers; shape, for labels or lengths that do not go
/// together. When a result is read: what the function says, and invalid where it panics, both with the place.
///
/// # Examples
/// ```
/// use hpda_data::{Column, exec::{ExecOptions, Ufunc, apply_ufunc}, open_dataset};
/// let (ds, exec) = (open_dataset("data/climate.nc")?, ExecOptions::default());
/// let tas = ds.array("tas")?;
/// // The coldest and the warmest value, and when it was warmest.
/// let how = Ufunc::new().input(&["time"]).output(&["end"]).output(&[]).labels("end", Column::from(vec!["least", "most"]));
/// let made = apply_ufunc(&how, &[&tas], |of, out| {
///     out[0][0] = of[0].iter().copied().fold(f64::INFINITY, f64::min);
///     out[0][1] = of[0].iter().copied().fold(f64::NEG_INFINITY, f64::max);
///     out[1][0] = of[0].iter().position(|x| *x == out[0][1]).map_or(f64::NAN, |i| i as f64);
///     Ok(())
/// }, &exec)?;
/// assert_eq!((made[0].variable.shape(), made[1].variable.shape()), (&[12, 18, 2][..], &[12, 18][..]));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn apply_ufunc(
    how: &Ufunc,
    inputs: &[&DataArray],
    function: impl Fn(&[Core<'_>], &mut [&mut [f64]]) -> Result<()> + Send + Sync + 'static,
    options: &ExecOptions,
) -> Result<Vec<DataArray>> {
    applied(how, inputs, Arc::new(function), options)
}

/// A function of the caller.
type OfCores = dyn Fn(&[Core<'_>], &mut [&mut [f64]]) -> Result<()> + Send + Sync;

/// What an array is called while it is a cube.
const VALUES: &str = "values of an array";

fn applied(how: &Ufunc, inputs: &[&DataArray], function: Arc<OfCores>, options: &ExecOptions) -> Result<Vec<DataArray>> {
    if inputs.len() != how.inputs.len() || inputs.is_empty() {
        return Err(Error::invalid(format!("the function has {} inputs, and {} are given", how.inputs.len(), inputs.len()))
            .help("Ufunc::new().input(&[\"time\"]) tells of one, with its core dims"));
    }
    let cubes: Vec<Dataset> = inputs.iter().map(|a| a.to_dataset(Some(VALUES))).collect::<Result<_>>()?;
    let except: Vec<&str> = how.exclude.iter().map(String::as_str).collect();
    let cubes = align(cubes, how.join, &except)?;
    // Every dim that is no core dim, and its length, in the order of the inputs.
    let mut loops: Vec<(Arc<str>, usize)> = Vec::new();
    let mut lengths: Vec<(Arc<str>, usize)> = Vec::new();
    for ((cube, core), array) in cubes.iter().zip(&how.inputs).zip(inputs) {
        let name = array.name.clone();
        let at = |dim: &str| Place { variable: name.clone(), dim: Some(dim.into()), ..Place::default() };
        let v = &cube.vars[VALUES];
        if !(v.dtype().is_numeric() || *v.dtype() == DType::Bool) {
            let e = Error::wrong_type(format!("this is for numbers, not for {}", v.dtype()));
            return Err(e.at(Place { variable: name.clone(), ..Place::default() }));
        }
        for d in core {
            v.axis(d).map_err(|e| e.at(at(d)))?;
        }
        for (d, &n) in v.dims().iter().zip(v.shape()) {
            let own = core.iter().any(|c| **c == **d);
            if !own && (how.core_of_any(d) || how.outputs.iter().any(|o| o.1.iter().any(|c| **c == **d))) {
                let e = Error::invalid(format!("{d:?} is a core dim of the function, and not of this input")).at(at(d));
                return Err(e.help("name it among the core dims of the input, or rename the dim"));
            }
            if own && how.exclude.iter().any(|x| **x == **d) {
                continue;
            }
            match lengths.iter().find(|(l, _)| l == d) {
                Some((_, m)) if *m != n => {
                    return Err(Error::shape(format!("{d:?} is {m} long in one input and {n} here")).at(at(d)));
                }
                Some(_) => {}
                None => lengths.push((d.clone(), n)),
            }
            if !own && !loops.iter().any(|(l, _)| l == d) {
                loops.push((d.clone(), n));
            }
        }
    }
    let outputs = if how.outputs.is_empty() { vec![(DType::F64, Vec::new())] } else { how.outputs.clone() };
    let length = |dim: &String| -> Result<usize> {
        let place = || Place { dim: Some(dim.clone()), ..Place::default() };
        let said = how.sizes.iter().find(|(d, _)| d == dim).map(|(_, n)| *n);
        let known = lengths.iter().find(|(d, _)| **d == **dim).map(|(_, n)| *n);
        match (said, known) {
            (Some(n), Some(m)) if n != m => Err(Error::shape(format!("{dim:?} is {m} long in the inputs, and was to be {n}"))
                .help("exclude it, where the function changes it")
                .at(place())),
            (Some(n), _) | (None, Some(n)) => Ok(n),
            (None, None) => Err(Error::invalid(format!("how long {dim:?} is in the output is not known"))
                .help("Ufunc::size or Ufunc::labels say it")
                .at(place())),
        }
    };
    let shapes: Vec<Vec<usize>> = outputs.iter().map(|(_, core)| core.iter().map(&length).collect()).collect::<Result<_>>()?;
    if let Some((t, _)) = outputs.iter().find(|(t, _)| !(t.is_numeric() || *t == DType::Bool)) {
        return Err(Error::wrong_type(format!("a function gives numbers, not {t}")));
    }
    let variables = cubes.iter().zip(&how.inputs).map(|(c, core)| Input::new(&c.vars[VALUES], &loops, core)).collect::<Result<_>>()?;
    let name = inputs[0].name.clone().filter(|n| inputs.iter().all(|a| a.name.as_ref() == Some(n)));
    let shared = Arc::new(Shared::new(variables, loops, shapes, function, options, ("apply_ufunc", name.clone())));
    let attrs: Vec<&Attrs> = cubes.iter().map(|c| &c.vars[VALUES].attrs).collect();
    let attrs = how.attrs.of(&attrs)?;
    let coords = agreed(&cubes, &how.exclude)?;
    let mut made = Vec::with_capacity(outputs.len());
    for (which, (dtype, core)) in outputs.into_iter().enumerate() {
        let dims: Vec<Arc<str>> = shared.dims().cloned().chain(core.iter().map(|d| d.as_str().into())).collect();
        let source = UfuncSource::new(shared.clone(), which, dtype)?;
        let v = Variable::new(dims.iter().cloned(), Data::Lazy(LazyArray::new(Arc::new(source))))?.with_attrs(attrs.clone());
        let mut out = DataArray { name: name.clone(), variable: v, coords: Default::default() };
        let fits = |c: &Variable| c.dims().iter().all(|d| dims.contains(d));
        for (n, c) in coords.iter().filter(|(n, c)| fits(c) && !how.labels.iter().any(|(l, _)| l == n)) {
            out.coords.insert(n.as_str(), c.clone());
        }
        for (dim, labels) in how.labels.iter().filter(|(d, _)| core.contains(d)) {
            out.coords.insert(dim.as_str(), Variable::from_array([dim.as_str()], enter(labels, &[labels.len()])?)?);
        }
        made.push(out);
    }
    Ok(made)
}

/// A function of all that stands along an axis of a variable, of a lane into one of `length` values along the dim `into`, which comes in the
/// place of the axis.
pub(in crate::exec) fn of_lanes(
    (name, v): (&str, &Variable),
    axis: usize,
    (into, length): (&str, usize),
    function: Arc<OfLane>,
    options: &ExecOptions,
) -> Result<Variable> {
    let mut dims = v.dims().to_vec();
    let dim = std::mem::replace(&mut dims[axis], into.into());
    let loops: Vec<(Arc<str>, usize)> = v.dims().iter().cloned().zip(v.shape().iter().copied()).filter(|(d, _)| *d != dim).collect();
    let input = Input::new(v, &loops, &[dim.to_string()])?;
    let call = move |of: &[Core<'_>], out: &mut [&mut [f64]]| {
        function(&of[0], &mut *out[0]);
        Ok(())
    };
    let others: Vec<Arc<str>> = loops.iter().map(|(d, _)| d.clone()).chain([into.into()]).collect();
    let said = ("apply_along", Some(name.to_string()));
    let shared = Shared::new(vec![input], loops, vec![vec![length]], Arc::new(call), options, said);
    let source = UfuncSource::new(Arc::new(shared), 0, DType::F64)?;
    let made = Variable::new(others, Data::Lazy(LazyArray::new(Arc::new(source))))?;
    made.transpose(&dims.iter().map(|d| &**d).collect::<Vec<_>>())
}

/// From one lane into another.
pub(in crate::exec) type OfLane = dyn Fn(&[f64], &mut [f64]) + Send + Sync;

/// The coordinates that inputs have, but for those along some dims and those that they do not agree on.
fn agreed(cubes: &[Dataset], except: &[String]) -> Result<Vec<(String, Variable)>> {
    let mut out: Vec<(String, Variable)> = Vec::new();
    let mut gone: Vec<String> = Vec::new();
    for (name, v) in cubes.iter().flat_map(|c| c.coords.iter()) {
        if v.dims().iter().any(|d| except.iter().any(|x| **x == **d)) {
            continue;
        }
        match out.iter().find(|(n, _)| n == name) {
            None => out.push((name.into(), v.clone())),
            // Labels are the same by now.
            Some(_) if v.dims().len() == 1 && *v.dims()[0] == *name => {}
            Some((_, own)) if equal(name, own, v).is_err() => gone.push(name.into()),
            Some(_) => {}
        }
    }
    out.retain(|(n, _)| !gone.contains(n));
    Ok(out)
}
