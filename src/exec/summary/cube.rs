//! Statistics of the variables of a cube, block by block.

use super::spelled;
use crate::array::{Dataset, Variable};
use crate::dtype::{DType, Scalar};
use crate::error::{Result, ResultExt};
use crate::exec::ExecOptions;
use crate::exec::cube::{Whole, whole};
use crate::frame::DataFrame;
use crate::store::Column;

/// Statistics of a variable. What is not meant for its type is `None` or [`Scalar::Null`].
#[derive(Clone, Debug, PartialEq)]
pub struct VariableSummary {
    /// Its path: `tas`, `/ocean/tas`.
    pub variable: String,
    /// Its type.
    pub dtype: DType,
    /// Its dimensions.
    pub dims: Vec<String>,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Values that are there (NaN is not).
    pub count: u64,
    /// Missing values, NaN among them.
    pub missing: u64,
    /// The mean of numbers.
    pub mean: Option<f64>,
    /// The standard deviation of numbers, with `n`.
    pub std: Option<f64>,
    /// The smallest number, time or text.
    pub min: Scalar,
    /// The largest.
    pub max: Scalar,
}

/// Statistics of a cube.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CubeSummary {
    /// Data variables, then coordinates, groups after their parent.
    pub variables: Vec<VariableSummary>,
    /// Variables that belong to others (bounds, grid mappings and the like).
    pub companions: Vec<VariableSummary>,
}

impl CubeSummary {
    /// One row per variable: `variable,dtype,dims,shape,count,missing,mean,std,min,max`; companions are left out.
    ///
    /// # Errors
    /// Shape, never in practice.
    pub fn to_frame(&self) -> Result<DataFrame> {
        let v = &self.variables;
        let text = |f: fn(&VariableSummary) -> String| Column::from_texts(v.iter().map(|v| Some(f(v))));
        let spelled = |f: fn(&VariableSummary) -> &Scalar| Column::from_texts(v.iter().map(|v| spelled(f(v))));
        let count = |f: fn(&VariableSummary) -> u64| Column::from(v.iter().map(|v| f(v) as i64).collect::<Vec<_>>());
        let number = |f: fn(&VariableSummary) -> Option<f64>| Column::from(v.iter().map(f).collect::<Vec<_>>());
        let shape = |v: &VariableSummary| v.shape.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        DataFrame::new([
            ("variable", text(|v| v.variable.clone())),
            ("dtype", text(|v| v.dtype.to_string())),
            ("dims", text(|v| v.dims.join(","))),
            ("shape", text(shape)),
            ("count", count(|v| v.count)),
            ("missing", count(|v| v.missing)),
            ("mean", number(|v| v.mean)),
            ("std", number(|v| v.std)),
            ("min", spelled(|v| &v.min)),
            ("max", spelled(|v| &v.max)),
        ])
    }
}

/// Statistics of every variable and coordinate of a decoded dataset, groups included; `companions` are the paths of the variables
/// to be listed apart.
///
/// Blocks are read in parallel and put together in order, so the result is the same bits for any number of threads and any budget.
///
/// # Errors
/// What the readers say, with the variable.
pub fn cube_summary(ds: &Dataset, companions: &[String], options: &ExecOptions) -> Result<CubeSummary> {
    let mut out = CubeSummary::default();
    group(ds, "", companions, options, &mut out)?;
    Ok(out)
}

fn group(ds: &Dataset, prefix: &str, companions: &[String], options: &ExecOptions, out: &mut CubeSummary) -> Result<()> {
    for (name, variable) in ds.vars.iter().map(|(n, v)| (n.as_str(), v)).chain(ds.coords.iter()) {
        let path = format!("{prefix}{name}");
        if let Some(progress) = &options.progress {
            progress.message(&path);
        }
        let shown = if prefix.is_empty() { path.clone() } else { format!("/{path}") };
        let summary = one(&shown, variable, options).at_variable(&path)?;
        if companions.contains(&path) { out.companions.push(summary) } else { out.variables.push(summary) }
    }
    for (name, inner) in &ds.groups {
        group(inner, &format!("{prefix}{name}/"), companions, options, out)?;
    }
    Ok(())
}

fn one(path: &str, variable: &Variable, options: &ExecOptions) -> Result<VariableSummary> {
    let dtype = variable.dtype().clone();
    let Whole { size, count, moments, min, max, .. } = whole(variable, options)?;
    Ok(VariableSummary {
        variable: path.into(),
        dims: variable.dims().iter().map(|d| d.to_string()).collect(),
        shape: variable.shape().to_vec(),
        count,
        missing: size - count,
        mean: moments.filter(|_| dtype.is_numeric()).and_then(|m| m.mean()),
        std: moments.filter(|_| dtype.is_numeric()).and_then(|m| m.std(0)),
        min,
        max,
        dtype,
    })
}
