//! Missing values of a cube: put something in their place, or leave out the labels that have them.

use super::Settled;
use crate::array::{Dataset, companions};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::exec::reduce::{Reduction, encoding};
use crate::kernel::agg::Agg;
use crate::ops::reshape::holds;
use crate::plan::{DropRows, Expr, Func, col, resolve};
use crate::store::{Column, Selector};

impl Dataset {
    /// A value in the place of the missing ones of every data variable that can hold it; the others stay as they are.
    ///
    /// # Errors
    /// Type, where no variable can hold it.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::ExecOptions, open_dataset};
    /// let ds = open_dataset("data/climate.nc")?.fillna(0.0.into(), &ExecOptions::default())?;
    /// assert_eq!(ds.variable("tas")?.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn fillna(&self, value: Scalar, options: &ExecOptions) -> Result<Dataset> {
        let beside = companions(self);
        let mut out = self.clone();
        let mut any = self.vars.is_empty();
        for (name, v) in self.vars.iter().filter(|(n, v)| !beside.contains_key(*n) && holds(v.dtype(), &value)) {
            any = true;
            let expr = Expr::Call(Func::Fill, vec![col(name), Expr::Lit(value.clone())]);
            let settled = Settled { expr, known: Vec::new(), booked: Vec::new() };
            let made = self.computed(&settled, v.dims(), resolve, options).at_variable(name)?;
            let made = made.with_attrs(v.attrs.clone()).with_encoding(encoding(v, v.dims(), v.shape()));
            out.vars.insert(name.clone(), made);
        }
        match any {
            true => Ok(out),
            false => Err(Error::wrong_type(format!("no variable can hold {value}"))),
        }
    }

    /// Without the labels of a dimension for which any value (or all) of the variables that have the dimension is missing; a pass over the
    /// values. `names` says which variables count.
    ///
    /// # Errors
    /// Not found, for the dimension or a variable; what the readers say.
    pub fn dropna(&self, dim: &str, how: DropRows, names: Option<&[&str]>, options: &ExecOptions) -> Result<Dataset> {
        let length = self.dim_length(dim)?;
        let beside = companions(self);
        for name in names.unwrap_or_default() {
            self.variable(name)?;
        }
        let counts = |name: &str| names.is_none_or(|n| n.contains(&name)) && !beside.contains_key(name);
        let (mut there, mut all, mut along) = (vec![0u64; length], 0u64, false);
        for (name, v) in self.vars.iter().filter(|(n, _)| counts(n)) {
            if !v.dims().iter().any(|d| **d == *dim) {
                continue;
            }
            let others: Vec<String> = v.dims().iter().filter(|d| ***d != *dim).map(|d| d.to_string()).collect();
            let present = Expr::Call(Func::IsMissing, vec![col(name)]);
            let settled = Settled { expr: Expr::Not(Box::new(present)), known: Vec::new(), booked: Vec::new() };
            let mut alone = Dataset::new();
            alone.insert("x", self.computed(&settled, &[], resolve, options).at_variable(name)?)?;
            if !others.is_empty() {
                alone = alone.reduce(&Reduction::new(Agg::Sum).over(others), options)?.0;
            }
            let found = Column::from_nd(&alone.variable("x")?.load()?.to_contiguous()?)?.cast(&DType::I64)?.to_i64()?;
            there.iter_mut().zip(found.iter()).for_each(|(t, f)| *t += f.unwrap_or(0) as u64);
            all += (v.len() / length.max(1)) as u64;
            along = true;
        }
        let keep: Vec<usize> = match how {
            DropRows::Any => (0..length).filter(|&i| there[i] == all).collect(),
            DropRows::All => (0..length).filter(|&i| there[i] > 0 || !along).collect(),
        };
        if keep.len() == length {
            return Ok(self.clone());
        }
        self.isel(&[(dim, Selector::Take(keep.into()))])
    }

    /// Without the labels at which all variables that have the most dims are missing, along every dim that has labels: what a condition
    /// has left. A pass over the values per dim.
    ///
    /// # Errors
    /// What the readers say.
    pub fn drop_labels(&self, options: &ExecOptions) -> Result<Dataset> {
        let beside = companions(self);
        let own = || self.vars.iter().filter(|(n, _)| !beside.contains_key(*n));
        let rank = own().map(|(_, v)| v.dims().len()).max().unwrap_or(0);
        let names: Vec<&str> = own().filter(|(_, v)| v.dims().len() == rank).map(|(n, _)| n.as_str()).collect();
        let named = |d: &&str| self.coords.contains(d) && names.iter().any(|n| self.vars[*n].axis(d).is_ok());
        let dims: Vec<&str> = self.dims.keys().map(|d| &**d).filter(named).collect();
        dims.iter().try_fold(self.clone(), |ds, dim| ds.dropna(dim, DropRows::All, Some(&names), options))
    }
}
