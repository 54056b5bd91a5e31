//! Expressions over the variables of a cube: new variables, and conditions that select or mask.

mod missing;
mod pairs;
mod source;

use crate::array::{Data, Dataset, LazyArray, Variable, companions};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Place, Result, ResultExt};
use crate::exec::lanes::{Along, along};
use crate::exec::reduce::{Reduction, descriptive, encoding};
use crate::exec::{ExecOptions, cube};
use crate::kernel::{units, window::Running};
use crate::plan::{BinaryOp, Expr, Func, Node, Typed, col, resolve, resolve_condition};
use crate::store::{Field, Reservation, Schema, Selector};
use source::ExprSource;
use std::sync::Arc;

/// An expression without aggregates, and what it speaks of.
struct Settled {
    expr: Expr,
    /// Aggregates that have been computed, under the text that they were.
    known: Vec<(String, Variable)>,
    /// What they take.
    booked: Vec<Arc<Reservation>>,
}

impl Dataset {
    /// The cube with a variable more, or another in the place of one of this name. Variables meet by the names of their dims: those of the
    /// first one come first. Aggregates take dims (`mean(tas, 'time')`; none: all) and are computed now, the rest when it is read.
    ///
    /// Descriptive attributes of the one data variable that is spoken of are kept; `units`, `standard_name`, `valid_*` and `cell_methods`
    /// go, unless it is a bare name. `convert_units(tas, 'degC')` as a whole sets the units.
    ///
    /// # Errors
    /// Not found, for a name; type, for operands that do not go together; invalid, for functions of the order (`shift`, `cumsum`, `rank`)
    /// that name no dim; what the readers say, of aggregates.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::ExecOptions, plan::parse};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let ds = ds.assign("anomaly", &parse("tas - mean(tas, 'time')")?, &ExecOptions::default())?;
    /// assert_eq!(ds.variable("anomaly")?.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn assign(&self, name: &str, values: &Expr, options: &ExecOptions) -> Result<Dataset> {
        let made = match values {
            Expr::Col(other) => self.variable(other)?.clone(),
            _ => {
                let settled = self.settle(values, options)?;
                let made = self.computed(&settled, &[], resolve, options)?;
                self.described(made, values, &settled)
            }
        };
        let mut out = self.clone();
        if out.coords.contains(name) {
            out.insert_coord(name, made)?;
        } else {
            out.insert(name, made)?;
        }
        Ok(out)
    }

    /// An expression of every data variable in its place, as [`Dataset::assign`] has it: the function gets the name of each. Companions such as
    /// bounds stay as they are.
    ///
    /// # Errors
    /// As [`Dataset::assign`], with the variable.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::ExecOptions, plan::Func};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let within = ds.map(|x| x.call_with(Func::Clip, [250.0, 300.0]), &ExecOptions::default())?;
    /// assert_eq!(within.variable("tas")?.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn map(&self, function: impl Fn(Expr) -> Expr, options: &ExecOptions) -> Result<Dataset> {
        let beside = companions(self);
        let mut out = self.clone();
        for name in self.vars.keys().filter(|n| !beside.contains_key(*n)) {
            let made = self.assign(name, &function(col(name)), options).at_variable(name)?;
            out.vars.insert(name.clone(), made.variable(name)?.clone());
        }
        Ok(out)
    }

    /// What of the cube fulfils a condition. Parts (between `and`) that speak of coordinates along one dim only select along it; the others
    /// make values missing where they do not hold, in all variables that have their dims, and keep the shape.
    ///
    /// # Errors
    /// As [`Dataset::assign`]; invalid, where no variable has the dims of the condition.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::ExecOptions, plan::parse};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let warm = ds.filter(&parse("time.month == 7 and tas > 280")?, &ExecOptions::default())?;
    /// assert_eq!(warm.variable("tas")?.shape(), [10, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn filter(&self, condition: &Expr, options: &ExecOptions) -> Result<Dataset> {
        let mut parts = Vec::new();
        conjuncts(condition, &mut parts);
        let (along, masks): (Vec<&Expr>, Vec<&Expr>) = parts.into_iter().partition(|e| self.axis_of(e).is_some());
        let mask = masks.into_iter().cloned().reduce(|a, b| a.binary(BinaryOp::And, b));
        let mut out = match mask {
            Some(mask) => self.masked(&mask, options)?,
            None => self.clone(),
        };
        for part in along {
            let settled = Settled { expr: part.clone(), known: Vec::new(), booked: Vec::new() };
            let kept = out.computed(&settled, &[], resolve_condition, options)?;
            let array = kept.load()?.to_contiguous()?;
            let bits = array.as_slice::<u8>().ok_or_else(|| Error::internal("a condition that is not of bytes"))?;
            let there = |i: usize| bits[i] != 0 && array.valid().is_none_or(|v| v[i] != 0);
            let found: Vec<usize> = (0..bits.len()).filter(|&i| there(i)).collect();
            let straight = found.windows(2).all(|w| w[1] == w[0] + 1);
            let selector = match found.first() {
                None => Selector::span(0, 0),
                Some(&first) if straight => Selector::span(first, found.len()),
                _ => Selector::Take(found.into()),
            };
            out = out.isel(&[(&kept.dims()[0], selector)])?;
        }
        Ok(out)
    }

    /// The one dim that an expression is along, where it speaks of nothing but 1-D coordinates.
    fn axis_of(&self, e: &Expr) -> Option<&Arc<str>> {
        let names = e.names();
        let mut dims = names.iter().map(|n| match self.coords.get(n).map(Variable::dims) {
            Some([d]) => Some(d),
            _ => None,
        });
        let first = dims.next()??;
        (dims.all(|d| d == Some(first)) && !looks_beyond(e)).then_some(first)
    }

    fn masked(&self, mask: &Expr, options: &ExecOptions) -> Result<Dataset> {
        let settled = self.settle(mask, options)?;
        let condition = self.computed(&settled, &[], resolve_condition, options)?;
        let beside = companions(self);
        let mut out = self.clone();
        let mut any = false;
        for (name, v) in self.vars.iter().filter(|(n, _)| !beside.contains_key(*n)) {
            if !condition.dims().iter().all(|d| v.dims().contains(d)) {
                continue;
            }
            any = true;
            let either = Expr::Call(Func::If, vec![settled.expr.clone(), col(name), Expr::Lit(Scalar::Null)]);
            let either = Settled { expr: either, known: settled.known.clone(), booked: settled.booked.clone() };
            let made = self.computed(&either, v.dims(), resolve, options).at_variable(name)?;
            let made = made.with_attrs(v.attrs.clone()).with_encoding(encoding(v, v.dims(), v.shape()));
            out.vars.insert(name.clone(), made);
        }
        if !any {
            let e = Error::invalid("no variable has all the dims of the condition, so there is nothing to mask");
            return Err(e.at(Place { expr: Some(mask.to_string()), ..Place::default() }));
        }
        Ok(out)
    }

    /// Aggregates and units of an expression, looked up or computed, in the place of what names them.
    fn settle(&self, e: &Expr, options: &ExecOptions) -> Result<Settled> {
        let mut settled = Settled { expr: e.clone(), known: Vec::new(), booked: Vec::new() };
        settled.expr = self.replaced(e, &mut settled, options)?;
        Ok(settled)
    }

    fn replaced(&self, e: &Expr, found: &mut Settled, options: &ExecOptions) -> Result<Expr> {
        let mut again = |x: &Expr| self.replaced(x, found, options);
        let boxed = |x: Result<Expr>| x.map(Box::new);
        Ok(match e {
            Expr::Col(_) | Expr::Lit(_) => e.clone(),
            Expr::Not(x) => Expr::Not(boxed(again(x))?),
            Expr::Neg(x) => Expr::Neg(boxed(again(x))?),
            Expr::Part(x, part) => Expr::Part(boxed(again(x))?, part.clone()),
            Expr::Binary(op, a, b) => Expr::Binary(*op, boxed(again(a))?, boxed(again(b))?),
            Expr::In(x, list) => Expr::In(boxed(again(x))?, list.iter().map(again).collect::<Result<_>>()?),
            Expr::Call(Func::ConvertUnits, args) => {
                let [x, Expr::Lit(Scalar::Str(to))] = &args[..] else {
                    return Err(Error::invalid("convert_units takes a variable and the units as text").help("convert_units(tas, 'degC')"));
                };
                let Expr::Col(name) = x else {
                    return Err(
                        Error::unsupported(format!("units of `{x}` are not known")).help("convert_units takes the name of a variable")
                    );
                };
                let from = self.variable(name)?.attrs.text("units");
                let from = from.ok_or_else(|| Error::invalid(format!("{name:?} has no units")).help("--attr NAME:units=K says them"))?;
                let (factor, offset) = units::convert(from, to).ok_or_else(|| {
                    Error::unsupported(format!("{from:?} does not convert to {to:?}")).help("write the formula: tas - 273.15")
                })?;
                let scaled = if factor == 1.0 { x.clone() } else { x.clone() * factor };
                if offset == 0.0 { scaled } else { scaled + offset }
            }
            Expr::Call(func @ (Func::Corr | Func::Cov), args) => again(&pairs::moments(*func, args)?)?,
            Expr::Call(func, args) if func.is_ordered() => {
                let name = e.to_string();
                if !found.known.iter().any(|(n, _)| *n == name) {
                    let made = self.in_order(e, *func, args, options)?;
                    found.known.push((name.clone(), made));
                }
                Expr::Col(name)
            }
            Expr::Call(func, args) => Expr::Call(*func, args.iter().map(again).collect::<Result<_>>()?),
            Expr::Agg(agg, args) => {
                let name = e.to_string();
                if !found.known.iter().any(|(n, _)| *n == name) {
                    let [x, dims @ ..] = &args[..] else { return Err(Error::invalid(format!("`{agg}` takes a variable"))) };
                    let dim = |d: &Expr| match d {
                        Expr::Lit(Scalar::Str(d)) => Ok(d.to_string()),
                        Expr::Col(d) => Ok(d.clone()),
                        other => Err(Error::invalid(format!("`{other}` names no dim")).help(format!("{agg}(tas, 'time')"))),
                    };
                    let dims: Vec<String> = dims.iter().map(dim).collect::<Result<_>>()?;
                    let inner = self.settle(x, options)?;
                    let of = self.computed(&inner, &[], resolve, options)?;
                    let mut alone = Dataset::new();
                    let all = of.dims().is_empty();
                    alone.insert("x", of)?;
                    let (reduced, notices) = match all {
                        true => (alone, crate::error::Notices::new()),
                        false => alone.reduce(&Reduction::new(*agg).over(dims), options)?,
                    };
                    let result = reduced.vars.get("x").ok_or_else(|| {
                        let why = notices.iter().next().map(|n| n.to_string()).unwrap_or_default();
                        Error::wrong_type(format!("`{e}` is not meant for this variable: {why}"))
                    })?;
                    // Computed once, not for each block that it stands beside.
                    let (array, booked) = cube::persist(result, options)?;
                    found.booked.push(Arc::new(booked));
                    found.known.push((name.clone(), Variable::from_array(result.dims().iter().cloned(), array)?));
                }
                Expr::Col(name)
            }
        })
    }

    /// A function of the order along a dim: `shift(tas, 'time')`, `diff(tas, 'time', 12)`.
    fn in_order(&self, e: &Expr, func: Func, args: &[Expr], options: &ExecOptions) -> Result<Variable> {
        let usage = || Error::invalid(format!("`{e}` names no dim")).help(format!("{}(tas, 'time')", func.name()));
        let [x, rest @ ..] = args else { return Err(usage()) };
        let (mut dim, mut by) = (None, 1);
        for arg in rest {
            match arg {
                Expr::Lit(Scalar::Str(d)) if dim.is_none() => dim = Some(d.to_string()),
                Expr::Lit(Scalar::I64(n)) => by = *n,
                Expr::Neg(n) => match **n {
                    Expr::Lit(Scalar::I64(n)) => by = -n,
                    _ => return Err(usage()),
                },
                Expr::Col(d) if dim.is_none() => dim = Some(d.clone()),
                _ => return Err(usage()),
            }
        }
        let dim = dim.ok_or_else(usage)?;
        if rest.len() > 1 && !matches!(func, Func::Shift | Func::Diff) {
            return Err(Error::invalid(format!("`{}` takes a variable and a dim", func.name())));
        }
        let inner = self.settle(x, options)?;
        let of = self.computed(&inner, &[], resolve, options)?;
        let dim = self.dim_named(&dim)?;
        let axis = of.axis(dim)?;
        let what = match func {
            Func::Diff if of.dtype().is_float() => Along::Diff(by),
            Func::Shift | Func::Diff => Along::Shift(by),
            Func::Cumsum => Along::Run(Running::Sum),
            Func::Cumprod => Along::Run(Running::Prod),
            Func::Cummin => Along::Run(Running::Min),
            Func::Cummax => Along::Run(Running::Max),
            _ => Along::Rank(false),
        };
        let made = along(&of, axis, what, options)?;
        if func != Func::Diff || of.dtype().is_float() {
            return Ok(made);
        }
        let less = Settled {
            expr: col("now").binary(BinaryOp::Sub, col("before")),
            known: vec![("now".into(), of), ("before".into(), made)],
            booked: inner.booked,
        };
        self.computed(&less, &[], resolve, options)
    }

    /// The variable that an expression without aggregates is; dims in the order of `leading`, then of the first appearance.
    fn computed(
        &self,
        settled: &Settled,
        leading: &[Arc<str>],
        settle: impl Fn(&Expr, &Schema) -> Result<Typed>,
        options: &ExecOptions,
    ) -> Result<Variable> {
        let (mut fields, mut inputs) = (Vec::new(), Vec::new());
        for name in settled.expr.names() {
            let known = settled.known.iter().find(|(n, _)| n == name).map(|(_, v)| v);
            let v = known.map_or_else(|| self.variable(name), Ok)?;
            fields.push(Field::new(name, v.dtype().clone()));
            inputs.push(v.clone());
        }
        let schema = Schema { fields, ..Schema::default() };
        let mut typed = settle(&settled.expr, &schema)?;
        as_ieee(&mut typed);
        let mut dims: Vec<Arc<str>> = leading.to_vec();
        for d in inputs.iter().flat_map(|v| v.dims()) {
            if !dims.contains(d) {
                dims.push(d.clone());
            }
        }
        let source =
            ExprSource::new(typed, Arc::new(schema), inputs, &dims, options)?.holding(settled.booked.clone(), settled.expr.to_string());
        Variable::new(dims, Data::Lazy(LazyArray::new(Arc::new(source))))
    }

    /// With the attributes and chunks of the variable that it was made of.
    fn described(&self, made: Variable, values: &Expr, settled: &Settled) -> Variable {
        let of: Vec<&Variable> = values.names().into_iter().filter_map(|n| self.vars.get(n)).collect();
        let [old] = of[..] else { return made };
        let mut attrs = descriptive(&old.attrs, false);
        if let (Expr::Call(Func::ConvertUnits, args), Expr::Binary(..) | Expr::Col(_)) = (values, &settled.expr)
            && let Some(Expr::Lit(Scalar::Str(to))) = args.get(1)
        {
            attrs = old.attrs.clone();
            attrs.set("units", &**to);
        }
        let encoding = encoding(old, made.dims(), made.shape());
        made.with_attrs(attrs).with_encoding(encoding)
    }
}

/// The parts between `and`.
fn conjuncts<'a>(e: &'a Expr, out: &mut Vec<&'a Expr>) {
    match e {
        Expr::Binary(BinaryOp::And, a, b) => {
            conjuncts(a, out);
            conjuncts(b, out);
        }
        other => out.push(other),
    }
}

/// Whether an element of it depends on others of the operands.
fn looks_beyond(e: &Expr) -> bool {
    let far = matches!(e, Expr::Agg(..)) || matches!(e, Expr::Call(func, _) if func.is_ordered());
    far || e.children().into_iter().any(looks_beyond)
}

/// In float cubes NaN compares as IEEE says: it is unlike everything.
fn as_ieee(t: &mut Typed) {
    t.children_mut().into_iter().for_each(as_ieee);
    let unlike = match &t.node {
        Node::Compare(op, a, _) if a.dtype.is_float() => *op == BinaryOp::Ne,
        Node::In(x, _) if x.dtype.is_float() => false,
        _ => return,
    };
    let inner = std::mem::replace(t, Typed::new(DType::Bool, Node::Lit(Scalar::Null)));
    let answer = Typed::new(DType::Bool, Node::Lit(Scalar::Bool(unlike)));
    *t = Typed::new(DType::Bool, Node::Call(Func::Fill, vec![inner, answer]));
}
