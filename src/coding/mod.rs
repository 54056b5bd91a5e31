//! CF conventions: what files hold becomes what it means, and back. Not input or output: variables in, variables out.
//!
//! One ordered list of coders is run forward to decode and backward to encode. What a coder takes out of the attributes it
//! keeps, exactly as it was, in [`Encoding::attrs`](crate::array::Encoding); values are decoded when they are read. A variable
//! whose values and encoding nobody has touched is encoded by taking the decoding steps away again, so that what is copied from
//! file to file comes out bit for bit.

mod chars;
mod choose;
mod companions;
mod flags;
mod numbers;
mod times;

pub(crate) use chars::utf8_or_latin1;

pub use crate::array::{Companion, Role, companions};
pub use times::{TimeRange, time_range};

use crate::array::{Data, Dataset, DecodeStep, LazyArray, Variable};
use crate::dtype::{Calendar, DType};
use crate::error::{Notices, Place, Result, ResultExt};
use indexmap::IndexMap;
use std::sync::Arc;

/// What [`decode`] does.
#[derive(Clone, Copy, Debug)]
pub struct DecodeOptions {
    /// Fill values become missing, packed numbers are unpacked, `_Unsigned` is heeded.
    pub mask_and_scale: bool,
    /// Values outside `valid_min`, `valid_max`, `valid_range` are missing too (netCDF4-python does so, xarray does not).
    pub valid_range: bool,
    /// Numbers with units `.. since ..` become instants.
    pub times: bool,
    /// Arrays of characters become text.
    pub chars: bool,
    /// Variables named by `coordinates` attributes become coordinates.
    pub coordinates: bool,
}

impl Default for DecodeOptions {
    fn default() -> DecodeOptions {
        DecodeOptions { mask_and_scale: true, valid_range: false, times: true, chars: true, coordinates: true }
    }
}

/// How [`encode_with`] holds variables other than they were held.
#[derive(Clone, Debug, Default)]
pub struct EncodeOptions {
    /// Float data variables are packed in this integer type, with a scale and offset that span their values.
    pub pack: Option<DType>,
}

/// What a coder knows beside the variable.
struct Context<'a> {
    name: &'a str,
    options: DecodeOptions,
    /// Units and calendar that a bounds variable takes from its parent.
    inherited: Option<&'a TimeAttrs>,
    /// The last dimension of a char array is only a dimension of characters.
    joins_chars: bool,
    /// How long the dimensions of characters are.
    char_widths: &'a IndexMap<String, usize>,
    notices: &'a mut Notices,
}

impl Context<'_> {
    fn warn(&mut self, message: String) {
        self.notices.warn(message, Place::variable(self.name));
    }
}

/// Units and calendar of a time variable as text, and its calendar with `standard` resolved.
#[derive(Clone, Debug)]
struct TimeAttrs {
    units: String,
    calendar: Option<String>,
    resolved: Option<Calendar>,
}

/// One convention, in both directions.
trait Coder: Sync {
    fn decode(&self, variable: Variable, context: &mut Context) -> Result<Variable>;
    fn encode(&self, variable: Variable, context: &mut Context) -> Result<Variable>;
}

/// In the order of decoding.
const CODERS: [&dyn Coder; 4] = [&chars::Chars, &numbers::Numbers, &times::Times, &flags::Flags];

/// Makes clean variables of raw ones, groups included.
///
/// * `_FillValue` and `missing_value`: floats become NaN, integers stay integers with missing marked beside them.
/// * `scale_factor`, `add_offset`, `_Unsigned`: the result is f32 or f64 as in xarray.
/// * Times: `units` of the form `.. since ..` in any calendar; bounds of times take the units of their parent. A `standard`
///   calendar without dates before 1582-10-15 is `proleptic_gregorian`. Units that do not read leave numbers, with a notice.
/// * Arrays of characters become text; `dtype = "bool"` makes booleans.
/// * 1-D variables named as their dimension, and those that `coordinates` attributes name, become coordinates.
///
/// Values are decoded when they are read; only times whose calendar is `standard` are looked at.
///
/// # Errors
/// What the file's reader says when the values of a time coordinate are looked at.
pub fn decode(raw: Dataset, options: &DecodeOptions) -> Result<(Dataset, Notices)> {
    let mut notices = Notices::new();
    let dataset = decode_group(raw, options, &mut notices)?;
    Ok((dataset, notices))
}

fn decode_group(raw: Dataset, options: &DecodeOptions, notices: &mut Notices) -> Result<Dataset> {
    let (mut out, variables) = companions::split(raw);
    let joins: Vec<bool> = variables.iter().map(|(n, v)| chars::joins(n, v, &variables)).collect();
    let parents = companions::bounds_of(&variables);
    let mut known: IndexMap<String, TimeAttrs> = IndexMap::new();
    let mut decoded: Vec<Option<Variable>> = vec![None; variables.len()];
    // Parents first: their bounds take over units and calendar.
    for bounds in [false, true] {
        for (i, (name, variable)) in variables.iter().enumerate() {
            let parent = parents.get(name.as_str());
            if parent.is_some() != bounds {
                continue;
            }
            let mut context = Context {
                name,
                options: *options,
                inherited: parent.and_then(|p| known.get(p.as_str())),
                joins_chars: joins[i],
                char_widths: &IndexMap::new(),
                notices,
            };
            let mut v = variable.clone();
            if v.encoding.dtype.is_none() {
                v.encoding.dtype = Some(v.dtype().clone());
            }
            if joins[i]
                && let Some(dim) = v.dims().last().filter(|_| options.chars)
            {
                out.dims.shift_remove(dim);
                out.unlimited.retain(|d| d != dim);
            }
            for coder in CODERS {
                v = coder.decode(v, &mut context).at_variable(name)?;
            }
            if let Some(t) = times::attrs_of(&v) {
                known.insert(name.clone(), t);
            }
            decoded[i] = Some(v);
        }
    }
    let variables = variables.into_keys().zip(decoded.into_iter().flatten());
    companions::place(&mut out, variables.collect(), options.coordinates)?;
    for (name, group) in std::mem::take(&mut out.groups) {
        out.groups.insert(name, decode_group(group, options, notices)?);
    }
    Ok(out)
}

/// Makes raw variables of clean ones: the inverse of [`decode`], as [`Variable::encoding`] says.
///
/// Without an encoding floats are written as they are, times as whole units since the first one, booleans as i8 marked
/// `dtype = "bool"`, and integers with missing values get the default fill value of their type.
///
/// # Errors
/// None at once but what reading times says. Reading the result: overflow, for a value that its packing cannot hold.
pub fn encode(dataset: &Dataset) -> Result<(Dataset, Notices)> {
    encode_with(dataset, &EncodeOptions::default())
}

/// [`encode`] with changes to how variables are held.
///
/// # Errors
/// As [`encode`]; type, for a packing in no integer type.
pub fn encode_with(dataset: &Dataset, options: &EncodeOptions) -> Result<(Dataset, Notices)> {
    let mut notices = Notices::new();
    let raw = encode_group(dataset, options, &mut notices)?;
    Ok((raw, notices))
}

fn encode_group(dataset: &Dataset, options: &EncodeOptions, notices: &mut Notices) -> Result<Dataset> {
    let dataset = match &options.pack {
        Some(dtype) => &choose::packed(dataset, dtype)?,
        None => dataset,
    };
    let (mut out, mut variables) = companions::unplace(dataset);
    let widths = chars::widths(&variables)?;
    let parents = companions::bounds_of(&variables);
    let mut known: IndexMap<String, TimeAttrs> = IndexMap::new();
    for bounds in [false, true] {
        for (name, variable) in &mut variables {
            let parent = parents.get(name.as_str());
            if parent.is_some() != bounds {
                continue;
            }
            let mut context = Context {
                name,
                options: DecodeOptions::default(),
                inherited: parent.and_then(|p| known.get(p.as_str())),
                joins_chars: true,
                char_widths: &widths,
                notices,
            };
            let mut v = variable.clone();
            let resolved = times::attrs_of(&v).and_then(|t| t.resolved);
            for (k, value) in std::mem::take(&mut v.encoding.attrs).iter() {
                if !v.attrs.contains(k) {
                    v.attrs.set(k, value.clone());
                }
            }
            for coder in CODERS.iter().rev() {
                v = coder.encode(v, &mut context).at_variable(name)?;
            }
            v.encoding.calendar = None;
            if let Some(units) = v.attrs.text("units").filter(|u| crate::kernel::time::TimeUnits::looks_like(u)) {
                let calendar = v.attrs.text("calendar").map(Into::into);
                known.insert(name.clone(), TimeAttrs { units: units.into(), calendar, resolved });
            }
            *variable = v;
        }
    }
    for (name, v) in variables {
        out.insert(name, v)?;
    }
    for (name, group) in &dataset.groups {
        out.groups.insert(name.clone(), encode_group(group, options, notices)?);
    }
    Ok(out)
}

/// The values behind one more step.
fn then<S: DecodeStep + 'static>(variable: &Variable, step: S) -> Result<Variable> {
    let lazy = match variable.data() {
        Data::Lazy(l) => l.clone(),
        Data::Memory(a) => LazyArray::from_array(a.clone()),
    };
    variable.with_data(Data::Lazy(lazy.then(Arc::new(step))))
}

/// The values before this step, where it is the last one.
fn undone<S: DecodeStep + PartialEq + 'static>(variable: &Variable, step: &S) -> Result<Option<Variable>> {
    let Data::Lazy(lazy) = variable.data() else { return Ok(None) };
    let last = lazy.steps().last().and_then(|s| s.as_any()).and_then(|s| s.downcast_ref::<S>());
    if last != Some(step) {
        return Ok(None);
    }
    let before = lazy.with_steps(lazy.steps().len() - 1);
    Ok(Some(variable.with_data(Data::Lazy(before))?))
}

/// Moves attributes to the encoding.
fn consume(variable: &mut Variable, names: &[&str]) {
    for name in names {
        if let Some(value) = variable.attrs.remove(name) {
            variable.encoding.attrs.set(*name, value);
        }
    }
}
