//! Two cubes together: arithmetic on common labels, one merged into the other, covariance.

use super::Settled;
use crate::array::{DataArray, Dataset, Variable, companions};
use crate::dtype::Scalar;
use crate::error::{Error, Place, Result, ResultExt};
use crate::exec::reduce::{descriptive, encoding};
use crate::exec::{ExecOptions, cube};
use crate::kernel::agg::Agg;
use crate::ops::combine::{Compat, Join, MergeOptions, equal, spread_over};
use crate::plan::{BinaryOp, Expr, Func, col, resolve};
use crate::store::Selection;
use rayon::prelude::*;
use std::sync::Arc;

fn missing(x: Expr) -> Expr {
    Expr::Call(Func::IsMissing, vec![x])
}

fn not(x: Expr) -> Expr {
    Expr::Not(Box::new(x))
}

fn choose(condition: Expr, then: Expr, other: Expr) -> Expr {
    Expr::Call(Func::If, vec![condition, then, other])
}

/// The covariance or correlation of two variables over dims as an expression of their aggregates: over the places where both are there.
pub(super) fn moments(func: Func, args: &[Expr]) -> Result<Expr> {
    let [a, b, dims @ ..] = args else {
        return Err(Error::invalid(format!("{} takes two variables and dims", func.name())).help("corr(tas, pr, 'time')"));
    };
    let both = || not(missing(a.clone())).binary(BinaryOp::And, not(missing(b.clone())));
    let over = |agg: Agg, x: Expr| Expr::Agg(agg, std::iter::once(x).chain(dims.iter().cloned()).collect());
    let part = |x: &Expr| choose(both(), x.clone(), Expr::Lit(Scalar::Null));
    let (a, b) = (part(a), part(b));
    let away = |x: &Expr| x.clone().binary(BinaryOp::Sub, over(Agg::Mean, x.clone()));
    let products = over(Agg::Sum, away(&a).binary(BinaryOp::Mul, away(&b)));
    let count = over(Agg::Count, a.clone());
    Ok(match func {
        Func::Cov => {
            let least = count.clone().binary(BinaryOp::Gt, Expr::Lit(Scalar::I64(1)));
            choose(least, products.binary(BinaryOp::Div, count.binary(BinaryOp::Sub, Expr::Lit(Scalar::I64(1)))), Expr::Lit(Scalar::Null))
        }
        _ => {
            let spread = |x: &Expr| over(Agg::Std, x.clone());
            products.binary(BinaryOp::Div, count).binary(BinaryOp::Div, spread(&a).binary(BinaryOp::Mul, spread(&b)))
        }
    })
}

impl Dataset {
    /// The variables that both have, one operated with the other: cell by cell where both have the labels (`join`), by the names of dims.
    /// Attributes of the first stay as in [`Dataset::assign`]; units stay for sums and differences of equal ones. Lazy, but for small variables
    /// that are repeated along a dim of the other: they are computed once, now.
    ///
    /// # Errors
    /// Invalid, where no variable is in both; type, for operands that do not go together.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::{ExecOptions, reduce::Reduction}, kernel::agg::Agg, ops::combine::Join, plan::BinaryOp};
    /// let (ds, exec) = (hpda_data::open_dataset("data/climate.nc")?, ExecOptions::default());
    /// let (mean, _) = ds.reduce(&Reduction::new(Agg::Mean).over(["time"]), &exec)?;
    /// let away = ds.operate(BinaryOp::Sub, &mean, Join::Inner, &exec)?;
    /// assert_eq!(away.variable("tas")?.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn operate(&self, op: BinaryOp, other: &Dataset, join: Join, options: &ExecOptions) -> Result<Dataset> {
        let (a, b) = self.align(other, join)?;
        let beside = companions(&a);
        let mut out = a.clone();
        out.vars.retain(|n, _| beside.contains_key(n) || b.vars.contains_key(n));
        let gone: Vec<&str> = a.vars.keys().map(String::as_str).filter(|n| !out.vars.contains_key(*n)).collect();
        for (name, v) in b.coords.iter().filter(|(n, _)| a.variable(n).is_err()) {
            out.insert_coord(name, v.clone())?;
        }
        // Coordinates that say different things of the same cell say nothing of the result.
        for (name, v) in b.coords.iter().filter(|(n, _)| !a.dims.contains_key(*n)) {
            if a.coords.get(name).is_some_and(|own| equal(name, own, v).is_err()) {
                out.coords.remove(name);
            }
        }
        let mut any = false;
        for (name, x) in a.vars.iter().filter(|(n, _)| !beside.contains_key(*n)) {
            let Some(y) = b.vars.get(name) else { continue };
            any = true;
            let made = a.joined(col("left").binary(op, col("right")), x, y, options).at_variable(name)?;
            let same_units = matches!(op, BinaryOp::Add | BinaryOp::Sub) && x.attrs.get("units") == y.attrs.get("units");
            let attrs = descriptive(&x.attrs, same_units);
            let encoding = encoding(x, made.dims(), made.shape());
            out.insert(name, made.with_attrs(attrs).with_encoding(encoding))?;
        }
        if !any {
            return Err(Error::invalid("the cubes have no variable in common"));
        }
        out.forget(&gone);
        Ok(out)
    }

    /// An expression over `left` and `right`.
    fn joined(&self, expr: Expr, left: &Variable, right: &Variable, options: &ExecOptions) -> Result<Variable> {
        let (mut known, mut booked) = (Vec::new(), Vec::new());
        for (name, own, other) in [("left", left, right), ("right", right, left)] {
            // One that is repeated along a dim of the other would be read, or computed, again for each block along it.
            let repeated = other.dims().iter().any(|d| !own.dims().contains(d));
            let (own, held) = if repeated { cube::read_once(own, options)? } else { (own.clone(), None) };
            known.push((name.to_string(), own));
            booked.extend(held.map(Arc::new));
        }
        let leading: Vec<Arc<str>> = left.dims().to_vec();
        self.computed(&Settled { expr, known, booked }, &leading, resolve, options)
    }

    /// The variables and coordinates of both (see [`merge()`](crate::exec::merge)): attributes of the first count.
    ///
    /// # Errors
    /// Invalid, where a variable of both differs (see [`Compat`]), with the first place.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::ExecOptions, ops::combine::{Compat, Join}};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let other = ds.rename(&[("tas".into(), "t2m".into())])?;
    /// let both = ds.merge(&other, Join::Exact, Compat::Equals, &ExecOptions::default())?;
    /// assert!(both.vars.contains_key("tas") && both.vars.contains_key("t2m"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn merge(&self, other: &Dataset, join: Join, compat: Compat, options: &ExecOptions) -> Result<Dataset> {
        let how = MergeOptions { join, compat, ..MergeOptions::default() };
        crate::exec::merge(vec![self.clone(), other.clone()], &how, options)
    }

    /// A variable of both.
    pub(in crate::exec) fn met(&self, name: &str, x: &Variable, y: &Variable, compat: Compat, options: &ExecOptions) -> Result<Variable> {
        if compat == Compat::Override {
            return Ok(x.clone());
        }
        let refuse = |what: String| {
            let e = Error::invalid(format!("{name:?} {what}")).help("rename one, or let the first count: compat override");
            e.at(Place::variable(name))
        };
        let wide;
        let (x, y) = match compat {
            Compat::BroadcastEquals => {
                wide = spread_over(x, y).at_variable(name)?;
                (&wide.0, &wide.1)
            }
            _ => (x, y),
        };
        let mut dims: Vec<&Arc<str>> = x.dims().iter().collect();
        let mut others: Vec<&Arc<str>> = y.dims().iter().collect();
        dims.sort();
        others.sort();
        if dims != others {
            return Err(refuse(format!("has dims {:?} in one cube and {:?} in the other", x.dims(), y.dims())));
        }
        let (left, right) = (|| col("left"), || col("right"));
        let both = not(missing(left())).binary(BinaryOp::And, not(missing(right())));
        let mut unlike = left().binary(BinaryOp::Ne, right()).binary(BinaryOp::And, both);
        if compat != Compat::NoConflicts {
            unlike = unlike.binary(BinaryOp::Or, missing(left()).binary(BinaryOp::Ne, missing(right())));
        }
        // Block by block, as the files have them: one that differs is enough.
        let unlike = self.joined(unlike, x, y, options).at_variable(name)?;
        let grid = unlike.grid();
        let find = |i: usize| -> Option<Result<String>> {
            let (start, shape) = grid.block(i);
            let found = match unlike.read(&Selection::hyperslab(&start, &shape)).and_then(|b| b.to_contiguous()) {
                Ok(found) => found,
                Err(e) => return Some(Err(e)),
            };
            let mut rest = (0..found.len()).find(|&i| found.scalar(i) == Scalar::Bool(true))?;
            let mut place: Vec<String> = Vec::new();
            for ((d, n), s) in unlike.dims().iter().zip(&shape).zip(&start).rev() {
                place.insert(0, format!("{d}={}", s + rest % n));
                rest /= n;
            }
            Some(Ok(place.join(",")))
        };
        if let Some(place) = (0..grid.count()).into_par_iter().find_map_first(find) {
            return Err(refuse(format!("differs between the cubes, first at position {}", place.at_variable(name)?)));
        }
        if compat != Compat::NoConflicts {
            return Ok(x.clone());
        }
        self.filled(name, x, y, options)
    }

    /// The values of the first, and where they are missing those of the second.
    fn filled(&self, name: &str, x: &Variable, y: &Variable, options: &ExecOptions) -> Result<Variable> {
        let filled = self.joined(Expr::Call(Func::Fill, vec![col("left"), col("right")]), x, y, options).at_variable(name)?;
        Ok(filled.with_attrs(x.attrs.clone()).with_encoding(encoding(x, x.dims(), x.shape())))
    }

    /// The values of this cube, and where they are missing those of the other, over the labels of both.
    ///
    /// # Errors
    /// As [`Dataset::operate`].
    pub fn combine_first(&self, other: &Dataset, options: &ExecOptions) -> Result<Dataset> {
        let (a, b) = self.align(other, Join::Outer)?;
        let mut out = a.clone();
        for (name, y) in b.coords.iter().filter(|(n, _)| a.coords.get(n).is_none()) {
            out.insert_coord(name, y.clone())?;
        }
        for (name, y) in &b.vars {
            let made = match a.vars.get(name) {
                None => y.clone(),
                Some(x) => a.filled(name, x, y, options)?,
            };
            out.insert(name.as_str(), made)?;
        }
        Ok(out)
    }
}

impl DataArray {
    /// One array operated with another: cell by cell where both have the labels (`join`), by the names of dims; a dim that only one has is
    /// repeated for the other. The name stays where both have it; coordinates that differ go. Lazy, but for a small array that is repeated: it is
    /// computed once, now.
    ///
    /// # Errors
    /// Shape, for labels that differ with [`Join::Exact`] or lengths that do; type, for operands that do not go together.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::ExecOptions, ops::combine::Join, plan::BinaryOp};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (tas, lat) = (ds.array("tas")?, ds.array("lat")?);
    /// let product = tas.operate(BinaryOp::Mul, &lat, Join::Exact, &ExecOptions::default())?;
    /// assert_eq!(product.variable.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn operate(&self, op: BinaryOp, other: &DataArray, join: Join, options: &ExecOptions) -> Result<DataArray> {
        const VALUES: &str = "values of an array";
        let whole = |a: &DataArray| a.to_dataset(Some(VALUES));
        let made = whole(self)?.operate(op, &whole(other)?, join, options).map_err(|e| {
            let name = self.name.as_deref().or(other.name.as_deref());
            if let Some(name) = name { e.at(Place::variable(name)) } else { e }
        })?;
        let array = made.array(VALUES)?;
        let name = self.name.clone().filter(|n| other.name.as_ref() == Some(n));
        Ok(DataArray { name, ..array })
    }
}
