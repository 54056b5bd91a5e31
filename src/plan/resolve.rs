//! Expressions against a schema: names become positions, types are checked and found, literals fitted.

use super::expr::{BinaryOp, Expr};
use super::function::{Func, TimePart};
use super::literal::{Meeting, duration, fit};
use crate::dtype::{DType, Scalar, TimeUnit, promote};
use crate::error::{Error, Place, Result};
use crate::kernel::agg::Agg;
use crate::kernel::window::{Running, running_dtype};
use crate::store::Schema;
use regex::Regex;

/// An expression whose names and types are settled.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The type of its values.
    pub dtype: DType,
    /// What it does.
    pub node: Node,
}

/// What a settled expression does. The operands of an operator have one type, except where told.
#[derive(Clone, Debug)]
pub enum Node {
    /// The column at this position.
    Col(usize),
    /// A value of the type.
    Lit(Scalar),
    /// The same values in this wider type.
    Cast(Box<Typed>),
    /// Three-valued not.
    Not(Box<Typed>),
    /// The negative.
    Neg(Box<Typed>),
    /// Arithmetic; times and durations as their i64s.
    Arith(BinaryOp, Box<Typed>, Box<Typed>),
    /// A comparison; missing and NaN give missing.
    Compare(BinaryOp, Box<Typed>, Box<Typed>),
    /// Three-valued and, or.
    Logic(BinaryOp, Box<Typed>, Box<Typed>),
    /// Membership.
    In(Box<Typed>, Vec<Scalar>),
    /// A part of a time.
    Part(TimePart, Box<Typed>),
    /// A function.
    Call(Func, Vec<Typed>),
    /// What a pattern matches.
    Extract(Box<Typed>, Regex),
    /// Whether, how often or what else a pattern matches.
    Pattern(Pattern, Box<Typed>, Regex),
    /// An aggregate over all rows.
    Agg(Agg, Box<Typed>),
    /// The correlation or covariance of two columns of f64, over all rows.
    Pair(Func, Box<Typed>, Box<Typed>),
}

/// What is done with the matches of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Whether there is one.
    Any,
    /// How many there are.
    Count,
    /// Each is replaced.
    Replace(String),
}

/// Looks up names and types; `expr` is not evaluated and no data is read.
///
/// # Errors
/// Not found, with the nearest name; type, for operands that do not go together; overflow, for a literal that does not fit; unsupported,
/// for functions that need the order of rows.
///
/// # Examples
/// ```
/// use hpda_data::{Column, DataFrame, DType, plan::{col, resolve}};
/// let df = DataFrame::new([("x", Column::from(vec![1i64]))])?;
/// assert_eq!(resolve(&(col("x") / 2), df.lazy()?.schema())?.dtype, DType::F64);
/// assert!(resolve(&col("y"), df.lazy()?.schema()).is_err());
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn resolve(expr: &Expr, schema: &Schema) -> Result<Typed> {
    node(expr, schema).map_err(|e| e.at(Place { expr: Some(expr.to_string()), ..Place::default() }))
}

/// The same for a condition.
///
/// # Errors
/// As [`resolve`]; type, where the result is not a truth value.
///
/// # Examples
/// ```
/// use hpda_data::{Column, DataFrame, plan::{col, resolve_condition}};
/// let df = DataFrame::new([("x", Column::from(vec![1i64]))])?;
/// assert!(resolve_condition(&col("x").gt(1), df.lazy()?.schema()).is_ok());
/// assert!(resolve_condition(&col("x"), df.lazy()?.schema()).is_err());
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn resolve_condition(expr: &Expr, schema: &Schema) -> Result<Typed> {
    let typed = resolve(expr, schema)?;
    if typed.dtype != DType::Bool {
        let e = Error::wrong_type(format!("a condition is true or false, this is {}", typed.dtype));
        return Err(e.help("compare it with something: x > 0").at(Place { expr: Some(expr.to_string()), ..Place::default() }));
    }
    Ok(typed)
}

impl Typed {
    pub(crate) fn new(dtype: DType, node: Node) -> Typed {
        Typed { dtype, node }
    }

    fn is_literal(&self) -> bool {
        matches!(self.node, Node::Lit(_))
    }

    /// Whether it is computed from literals alone.
    fn is_constant(&self) -> bool {
        !matches!(self.node, Node::Col(_) | Node::Agg(..) | Node::Pair(..)) && self.children().into_iter().all(Typed::is_constant)
    }

    /// In a wider type; the same if it has it.
    fn cast(self, dtype: &DType) -> Result<Typed> {
        match self.node {
            _ if self.dtype == *dtype => Ok(self),
            Node::Lit(value) => {
                let (value, dtype) = fit(&value, dtype, Meeting::Compute)?;
                Ok(Typed::new(dtype, Node::Lit(value)))
            }
            _ => Ok(Typed::new(dtype.clone(), Node::Cast(Box::new(self)))),
        }
    }

    /// The expressions right below.
    pub fn children(&self) -> Vec<&Typed> {
        match &self.node {
            Node::Col(_) | Node::Lit(_) => Vec::new(),
            Node::Cast(x)
            | Node::Not(x)
            | Node::Neg(x)
            | Node::In(x, _)
            | Node::Part(_, x)
            | Node::Extract(x, _)
            | Node::Pattern(_, x, _)
            | Node::Agg(_, x) => {
                vec![x]
            }
            Node::Arith(_, a, b) | Node::Compare(_, a, b) | Node::Logic(_, a, b) | Node::Pair(_, a, b) => vec![a, b],
            Node::Call(_, args) => args.iter().collect(),
        }
    }

    pub(crate) fn children_mut(&mut self) -> Vec<&mut Typed> {
        match &mut self.node {
            Node::Col(_) | Node::Lit(_) => Vec::new(),
            Node::Cast(x)
            | Node::Not(x)
            | Node::Neg(x)
            | Node::In(x, _)
            | Node::Part(_, x)
            | Node::Extract(x, _)
            | Node::Pattern(_, x, _)
            | Node::Agg(_, x) => {
                vec![x]
            }
            Node::Arith(_, a, b) | Node::Compare(_, a, b) | Node::Logic(_, a, b) | Node::Pair(_, a, b) => vec![a, b],
            Node::Call(_, args) => args.iter_mut().collect(),
        }
    }

    /// The columns that it reads, ascending.
    pub fn columns(&self) -> Vec<usize> {
        let mut out = Vec::new();
        let mut left = vec![self];
        while let Some(t) = left.pop() {
            if let Node::Col(i) = t.node {
                out.push(i);
            }
            left.extend(t.children());
        }
        out.sort_unstable();
        out.dedup();
        out
    }

    /// With other positions of the columns.
    pub(crate) fn with_columns(mut self, position: &impl Fn(usize) -> usize) -> Typed {
        fn walk(t: &mut Typed, position: &impl Fn(usize) -> usize) {
            if let Node::Col(i) = &mut t.node {
                *i = position(*i);
            }
            t.children_mut().into_iter().for_each(|c| walk(c, position));
        }
        walk(&mut self, position);
        self
    }

    /// Calls `f` on every aggregate that has no aggregate inside.
    pub(crate) fn inner_aggregates(&mut self, f: &mut impl FnMut(&mut Typed)) -> bool {
        let mut any = false;
        for c in self.children_mut() {
            any |= c.inner_aggregates(f);
        }
        if !any && matches!(self.node, Node::Agg(..) | Node::Pair(..)) {
            f(self);
            return true;
        }
        any
    }

    /// Whether there is an aggregate in it.
    pub fn has_aggregates(&self) -> bool {
        matches!(self.node, Node::Agg(..) | Node::Pair(..)) || self.children().into_iter().any(Typed::has_aggregates)
    }

    /// Whether it is a function of the order of rows itself.
    pub(crate) fn is_order(&self) -> bool {
        use Func::{Cummax, Cummin, Cumprod, Cumsum, Rank, Shift};
        matches!(self.node, Node::Call(Shift | Cumsum | Cumprod | Cummin | Cummax | Rank, _))
    }

    /// Whether a function of the order of rows (`shift`, `cumsum`, `rank`) is in it: whole columns are needed for it.
    pub fn has_order(&self) -> bool {
        self.is_order() || self.children().into_iter().any(Typed::has_order)
    }

    /// How many nodes it has.
    pub(crate) fn size(&self) -> usize {
        1 + self.children().into_iter().map(Typed::size).sum::<usize>()
    }
}

fn literal(value: &Scalar) -> Typed {
    Typed::new(value.dtype().unwrap_or(DType::F64), Node::Lit(value.clone()))
}

fn is_number(t: &DType) -> bool {
    t.is_numeric() || *t == DType::Bool
}

fn needs_number(what: &str, t: &Typed) -> Result<()> {
    if is_number(&t.dtype) { Ok(()) } else { Err(Error::wrong_type(format!("{what} is for numbers, not for {}", t.dtype))) }
}

fn needs_text(what: &str, t: &Typed) -> Result<()> {
    if matches!(t.dtype, DType::Str | DType::Categorical { .. }) {
        Ok(())
    } else {
        Err(Error::wrong_type(format!("{what} is for text, not for {}", t.dtype)).help("`str(x)` gives the text of a value"))
    }
}

/// Both in one type: a literal takes the other's, two columns widen.
fn unify(a: Typed, b: Typed, meeting: Meeting) -> Result<(Typed, Typed)> {
    let null = |t: &Typed| matches!(t.node, Node::Lit(Scalar::Null));
    match (&a.node, &b.node) {
        (Node::Lit(_), Node::Lit(_)) if null(&a) => Ok((Typed::new(b.dtype.clone(), Node::Lit(Scalar::Null)), b)),
        (Node::Lit(_), Node::Lit(_)) if null(&b) => Ok((a.clone(), Typed::new(a.dtype, Node::Lit(Scalar::Null)))),
        (_, Node::Lit(value)) => {
            let (value, dtype) = fit(value, &a.dtype, meeting)?;
            Ok((a.cast(&dtype)?, Typed::new(dtype, Node::Lit(value))))
        }
        (Node::Lit(_), _) => unify(b, a, meeting).map(|(b, a)| (a, b)),
        // What is computed from literals alone (1 / 3) is as weak as a literal.
        _ if meeting == Meeting::Compute && b.is_constant() && !a.is_constant() && takes(&a.dtype, &b.dtype) => {
            let dtype = a.dtype.clone();
            Ok((a, b.cast(&dtype)?))
        }
        _ if meeting == Meeting::Compute && a.is_constant() && !b.is_constant() && takes(&b.dtype, &a.dtype) => {
            unify(b, a, meeting).map(|(b, a)| (a, b))
        }
        _ => {
            let mut dtype = promote(&a.dtype, &b.dtype)?;
            // Categories of two columns are two lists.
            if matches!(dtype, DType::Categorical { .. }) {
                dtype = DType::Str;
            }
            Ok((a.cast(&dtype)?, b.cast(&dtype)?))
        }
    }
}

/// Whether a column of this type takes a weak value of that type as its own.
fn takes(column: &DType, weak: &DType) -> bool {
    let whole = weak.is_integer() || *weak == DType::Bool;
    column.is_float() && (weak.is_float() || whole) || column.is_integer() && whole
}

fn unify_all(args: Vec<Typed>) -> Result<Vec<Typed>> {
    let mut args = args.into_iter();
    let Some(mut first) = args.next() else { return Ok(Vec::new()) };
    let mut rest: Vec<Typed> = args.collect();
    // Columns first settle the type, then the literals take it.
    for other in &rest {
        let (a, _) = unify(first.clone(), other.clone(), Meeting::Compute)?;
        first = if first.is_literal() && !other.is_literal() { Typed::new(a.dtype.clone(), a.node) } else { a };
    }
    for other in &mut rest {
        *other = unify(first.clone(), other.clone(), Meeting::Compute)?.1;
    }
    Ok(std::iter::once(first).chain(rest).collect())
}

fn node(expr: &Expr, schema: &Schema) -> Result<Typed> {
    match expr {
        Expr::Col(name) => column(name, schema),
        Expr::Lit(value) => Ok(literal(value)),
        Expr::Not(x) => {
            let x = condition("not", node(x, schema)?)?;
            Ok(Typed::new(DType::Bool, Node::Not(Box::new(x))))
        }
        Expr::Neg(x) => negative(node(x, schema)?),
        Expr::Binary(op @ (BinaryOp::And | BinaryOp::Or), a, b) => {
            let a = condition(op.symbol(), node(a, schema)?)?;
            let b = condition(op.symbol(), node(b, schema)?)?;
            Ok(Typed::new(DType::Bool, Node::Logic(*op, Box::new(a), Box::new(b))))
        }
        Expr::Binary(op, a, b) if op.is_comparison() => compare(*op, node(a, schema)?, node(b, schema)?),
        Expr::Binary(op, a, b) => arithmetic(*op, node(a, schema)?, node(b, schema)?),
        Expr::In(x, items) => membership(node(x, schema)?, items, schema),
        Expr::Part(x, part) => {
            // `Sepal.Length` may be a column.
            if let Some(name) = dotted(expr)
                && let Ok(i) = schema.position(&name)
            {
                return Ok(Typed::new(schema.fields[i].dtype.clone(), Node::Col(i)));
            }
            let x = node(x, schema)?;
            let part = TimePart::parse(part)?;
            time_part(part, x)
        }
        Expr::Agg(agg, args) => aggregate(*agg, args, schema),
        Expr::Call(func, args) => {
            let args = args.iter().map(|a| node(a, schema)).collect::<Result<Vec<_>>>()?;
            call(*func, args)
        }
    }
}

fn column(name: &str, schema: &Schema) -> Result<Typed> {
    let i = schema.position(name)?;
    Ok(Typed::new(schema.fields[i].dtype.clone(), Node::Col(i)))
}

/// `a.b.c` as one name.
fn dotted(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Col(n) => Some(n.clone()),
        Expr::Part(x, part) => Some(format!("{}.{part}", dotted(x)?)),
        _ => None,
    }
}

fn condition(what: &str, x: Typed) -> Result<Typed> {
    match (&x.dtype, &x.node) {
        (DType::Bool, _) => Ok(x),
        (_, Node::Lit(Scalar::Null)) => Ok(Typed::new(DType::Bool, Node::Lit(Scalar::Null))),
        (t, _) => Err(Error::wrong_type(format!("`{what}` is for true and false, not for {t}")).help("compare it with something: x != 0")),
    }
}

fn negative(x: Typed) -> Result<Typed> {
    let dtype = match &x.dtype {
        t if t.is_float() || matches!(t, DType::Duration { .. } | DType::I8 | DType::I16 | DType::I32 | DType::I64) => t.clone(),
        DType::Bool | DType::U64 => DType::I64,
        DType::Decimal { .. } => DType::F64,
        t if t.is_integer() => promote(t, &DType::I8)?,
        t => return Err(Error::wrong_type(format!("`-` is for numbers, not for {t}"))),
    };
    let x = x.cast(&dtype)?;
    Ok(Typed::new(dtype, Node::Neg(Box::new(x))))
}

fn compare(op: BinaryOp, a: Typed, b: Typed) -> Result<Typed> {
    if [&a, &b].iter().any(|x| matches!(x.node, Node::Lit(Scalar::Null))) {
        let not = if op == BinaryOp::Ne { "not " } else { "" };
        return Err(Error::invalid("nothing is equal to missing").help(format!("write {not}is_missing(x)")));
    }
    // Ordered categories go by their list; beside a text that is one of them, and beside categories of the same list.
    let ordered = |t: &Typed| matches!(t.dtype, DType::Categorical { ordered: true });
    if !matches!(op, BinaryOp::Eq | BinaryOp::Ne) && (ordered(&a) || ordered(&b)) {
        let text = |t: &Typed| ordered(t) || matches!(t.node, Node::Lit(Scalar::Str(_)));
        if !(text(&a) && text(&b)) {
            let e = Error::wrong_type(format!("ordered categories are compared with {}", if ordered(&a) { &b.dtype } else { &a.dtype }));
            return Err(e.help(format!("str(x) {} .. compares them as text", op.symbol())));
        }
        return Ok(Typed::new(DType::Bool, Node::Compare(op, Box::new(a), Box::new(b))));
    }
    let (a, b) = unify(a, b, Meeting::Compare)?;
    let plain = |t: &DType| is_number(t) || t.is_temporal() || matches!(t, DType::Str | DType::Categorical { .. } | DType::Binary);
    if !plain(&a.dtype) {
        return Err(Error::wrong_type(format!("{} cannot be compared", a.dtype)));
    }
    let text = |t: Typed| if matches!(t.dtype, DType::Categorical { .. }) { t.cast(&DType::Str) } else { Ok(t) };
    Ok(Typed::new(DType::Bool, Node::Compare(op, Box::new(text(a)?), Box::new(text(b)?))))
}

fn membership(x: Typed, items: &[Expr], schema: &Schema) -> Result<Typed> {
    let mut values = Vec::with_capacity(items.len());
    let mut x = x;
    for item in items {
        let Node::Lit(value) = node(item, schema)?.node else {
            return Err(Error::invalid("a list after `in` holds values only").help("write x == a or x == b"));
        };
        if value == Scalar::Null {
            return Err(Error::invalid("missing cannot stand in a list").help("write is_missing(x) or x in [..]"));
        }
        let (_, dtype) = fit(&value, &x.dtype, Meeting::Compare)?;
        x = x.cast(&dtype)?;
        values.push(value);
    }
    // Once the type is settled: values that came before it grew are fitted again.
    let values = values.iter().map(|v| fit(v, &x.dtype, Meeting::Compare).map(|f| f.0)).collect::<Result<_>>()?;
    Ok(Typed::new(DType::Bool, Node::In(Box::new(x), values)))
}

fn arithmetic(op: BinaryOp, a: Typed, b: Typed) -> Result<Typed> {
    let arith = |dtype: DType, a: Typed, b: Typed| Ok(Typed::new(dtype, Node::Arith(op, Box::new(a), Box::new(b))));
    let text = |t: &DType| matches!(t, DType::Str | DType::Categorical { .. });
    if a.dtype.is_temporal() || b.dtype.is_temporal() {
        return time_arithmetic(op, a, b);
    }
    if op == BinaryOp::Add && text(&a.dtype) && text(&b.dtype) {
        return arith(DType::Str, a.cast(&DType::Str)?, b.cast(&DType::Str)?);
    }
    for x in [&a, &b] {
        if !is_number(&x.dtype) && !matches!(x.node, Node::Lit(Scalar::Null)) {
            let e = Error::wrong_type(format!("`{}` is not for {}", op.symbol(), x.dtype));
            return Err(if op == BinaryOp::Add && text(&x.dtype) { e.help("`str(x)` makes text, `float(x)` a number") } else { e });
        }
    }
    let literal_of = |x: &Typed| if let Node::Lit(v) = &x.node { v.as_f64() } else { None };
    let negative_power = op == BinaryOp::Pow && literal_of(&b).is_some_and(|p| p < 0.0);
    let to_float = op == BinaryOp::Div || negative_power;
    let float = |x: Typed| if to_float && !x.dtype.is_float() { x.cast(&DType::F64) } else { Ok(x) };
    let (a, b) = if a.is_literal() == b.is_literal() {
        (float(a)?, float(b)?)
    } else if a.is_literal() {
        (a, float(b)?)
    } else {
        (float(a)?, b)
    };
    let (a, b) = unify(a, b, Meeting::Compute)?;
    let dtype = match &a.dtype {
        DType::Bool => DType::I64,
        DType::Decimal { .. } => DType::F64,
        t if to_float && !t.is_float() => DType::F64,
        t => t.clone(),
    };
    let (a, b) = (a.cast(&dtype)?, b.cast(&dtype)?);
    arith(dtype, a, b)
}

/// Times, dates and durations: what can be added and subtracted, and durations by numbers.
fn time_arithmetic(op: BinaryOp, a: Typed, b: Typed) -> Result<Typed> {
    use BinaryOp::{Add, Div, Mul, Sub};
    let refusal = |a: &Typed, b: &Typed| Error::wrong_type(format!("`{}` of {} and {} has no meaning", op.symbol(), a.dtype, b.dtype));
    let unit = |t: &DType| match t {
        DType::Instant { unit, .. } | DType::Duration { unit } | DType::Time { unit } => *unit,
        _ => TimeUnit::Us,
    };
    // Dates count as midnight.
    let timed = |t: Typed| if t.dtype == DType::Date { t.cast(&DType::datetime()) } else { Ok(t) };
    let (a, b) = (timed(a)?, timed(b)?);
    // Text beside a time is a duration where it reads as one, else a time.
    let read = |x: Typed, other: &DType| match &x.node {
        Node::Lit(Scalar::Str(text)) => match duration(text, unit(other)) {
            Some(d) => Ok(literal(&d)),
            None => fit(&Scalar::Str(text.clone()), other, Meeting::Compute).map(|(v, t)| Typed::new(t, Node::Lit(v))),
        },
        _ => Ok(x),
    };
    let (a, b) = (read(a.clone(), &b.dtype)?, read(b, &a.dtype)?);
    let finer = unit(&a.dtype).max(unit(&b.dtype));
    let with_unit = |t: Typed| {
        let dtype = match &t.dtype {
            DType::Instant { tz, calendar, .. } => DType::Instant { unit: finer, tz: tz.clone(), calendar: *calendar },
            DType::Duration { .. } => DType::Duration { unit: finer },
            other => other.clone(),
        };
        if t.dtype == dtype { t } else { Typed::new(dtype, Node::Cast(Box::new(t))) }
    };
    let arith = |dtype: DType, a: Typed, b: Typed| Ok(Typed::new(dtype, Node::Arith(op, Box::new(a), Box::new(b))));
    use DType::{Duration, Instant};
    match (op, &a.dtype, &b.dtype) {
        (Sub, Instant { .. }, Instant { .. }) => {
            promote(&a.dtype, &b.dtype)?;
            arith(Duration { unit: finer }, with_unit(a), with_unit(b))
        }
        (Add | Sub, Instant { .. }, Duration { .. }) => {
            let a = with_unit(a);
            arith(a.dtype.clone(), a, with_unit(b))
        }
        (Add, Duration { .. }, Instant { .. }) => {
            let b = with_unit(b);
            arith(b.dtype.clone(), with_unit(a), b)
        }
        (Add | Sub, Duration { .. }, Duration { .. }) => arith(Duration { unit: finer }, with_unit(a), with_unit(b)),
        (Div, Duration { .. }, Duration { .. }) => {
            let (a, b) = (with_unit(a), with_unit(b));
            arith(DType::F64, a, b)
        }
        (Mul, Duration { .. }, t) if t.is_integer() => {
            let b = b.cast(&DType::I64)?;
            arith(a.dtype.clone(), a, b)
        }
        (Mul, t, Duration { .. }) if t.is_integer() => {
            let a = a.cast(&DType::I64)?;
            arith(b.dtype.clone(), b, a)
        }
        _ => Err(refusal(&a, &b)),
    }
}

fn time_part(part: TimePart, x: Typed) -> Result<Typed> {
    let clock = matches!(part, TimePart::Hour | TimePart::Minute | TimePart::Second | TimePart::Microsecond);
    match &x.dtype {
        DType::Date | DType::Instant { .. } => {}
        DType::Time { .. } if clock => {}
        t => {
            let e = Error::wrong_type(format!("a part of a date is asked of {t}"));
            return Err(if *t == DType::Str { e.help("read it first: datetime(x).month") } else { e });
        }
    }
    let dtype = match part {
        TimePart::Season | TimePart::DayName | TimePart::MonthName => DType::Str,
        TimePart::Date => DType::Date,
        _ => DType::I64,
    };
    Ok(Typed::new(dtype, Node::Part(part, Box::new(x))))
}

fn aggregate(agg: Agg, args: &[Expr], schema: &Schema) -> Result<Typed> {
    let [x] = args else {
        return Err(Error::invalid(format!("in a table `{agg}` takes one argument, {} given", args.len())).help("dims are for cubes"));
    };
    let mut x = node(x, schema)?;
    if x.dtype == DType::Bool && !matches!(agg, Agg::Min | Agg::Max | Agg::First | Agg::Last | Agg::Mode | Agg::Any | Agg::All) {
        x = x.cast(&DType::I64)?;
    }
    let dtype = aggregate_dtype(agg, &x.dtype)?;
    Ok(Typed::new(dtype, Node::Agg(agg, Box::new(x))))
}

/// The type of an aggregate of values of this type.
///
/// # Errors
/// Type, where it is not meant for the type.
///
/// # Examples
/// ```
/// use hpda_data::{DType, plan::{Agg, aggregate_dtype}};
/// assert_eq!(aggregate_dtype(Agg::Mean, &DType::I64)?, DType::F64);
/// assert!(aggregate_dtype(Agg::Mean, &DType::Str).is_err());
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn aggregate_dtype(agg: Agg, t: &DType) -> Result<DType> {
    let refusal = || Error::wrong_type(format!("{agg} is not meant for {t}"));
    let float = || if *t == DType::F32 { DType::F32 } else { DType::F64 };
    let plain = is_number(t) || t.is_temporal() || matches!(t, DType::Str);
    Ok(match agg {
        Agg::Count | Agg::Size => DType::I64,
        Agg::Nunique if !matches!(t, DType::Opaque(_)) => DType::I64,
        Agg::Argmin | Agg::Argmax if plain && *t != DType::Str => DType::I64,
        Agg::Min | Agg::Max | Agg::Mode if plain => t.clone(),
        Agg::First | Agg::Last => t.clone(),
        Agg::Any | Agg::All if is_number(t) => DType::Bool,
        Agg::Sum if matches!(t, DType::Duration { .. }) => t.clone(),
        Agg::Sum | Agg::Prod if is_number(t) => match t {
            DType::U8 | DType::U16 | DType::U32 | DType::U64 => DType::U64,
            t if t.is_integer() || *t == DType::Bool => DType::I64,
            DType::Decimal { scale, .. } if agg == Agg::Sum => DType::Decimal { precision: 38, scale: *scale },
            _ => float(),
        },
        Agg::Mean | Agg::Std | Agg::Var | Agg::Sem | Agg::Median | Agg::Quantile(_) | Agg::Skew | Agg::Kurt if is_number(t) => float(),
        _ => return Err(refusal()),
    })
}

fn call(func: Func, mut args: Vec<Typed>) -> Result<Typed> {
    use Func::*;
    let name = format!("`{}`", func.name());
    let made = |dtype: DType, args: Vec<Typed>| Ok(Typed::new(dtype, Node::Call(func, args)));
    match func {
        Sqrt | Exp | Log | Log10 | Sin | Cos | Tan | Asin | Acos | Atan | Atan2 => {
            for a in &args {
                needs_number(&name, a)?;
            }
            let dtype = if args.iter().all(|a| a.dtype == DType::F32 || a.is_literal()) && !args.iter().all(Typed::is_literal) {
                DType::F32
            } else {
                DType::F64
            };
            let args = args.into_iter().map(|a| a.cast(&dtype)).collect::<Result<_>>()?;
            made(dtype, args)
        }
        Abs | Floor | Ceil | Round => {
            if !(func == Abs && matches!(args[0].dtype, DType::Duration { .. })) {
                needs_number(&name, &args[0])?;
            }
            let dtype = match &args[0].dtype {
                DType::Bool => DType::I64,
                DType::Decimal { .. } => DType::F64,
                t => t.clone(),
            };
            args[0] = args[0].clone().cast(&dtype)?;
            if func == Round && args.len() == 2 {
                let Node::Lit(Scalar::I64(digits)) = args[1].node else {
                    return Err(Error::invalid("`round` takes a whole number of decimals"));
                };
                if !(-300..=300).contains(&digits) {
                    return Err(Error::invalid("`round` takes -300 to 300 decimals"));
                }
            }
            made(dtype, args)
        }
        Clip | Least | Greatest => {
            let args = unify_all(args)?;
            let dtype = args[0].dtype.clone();
            if !(is_number(&dtype) || dtype.is_temporal() || dtype == DType::Str && func != Clip) {
                return Err(Error::wrong_type(format!("{name} is for numbers and times, not for {dtype}")));
            }
            made(dtype, args)
        }
        Cut => {
            needs_number(&name, &args[0])?;
            let mut edges = Vec::with_capacity(args.len() - 1);
            for edge in &mut args[1..] {
                // -5 is the negative of 5.
                let (negative, inner) = match &edge.node {
                    Node::Neg(x) => (true, &**x),
                    _ => (false, &*edge),
                };
                let Node::Lit(value @ (Scalar::I64(_) | Scalar::U64(_) | Scalar::F64(_))) = &inner.node else {
                    return Err(Error::invalid("`cut` takes numbers as the edges of its bins"));
                };
                let value = match value {
                    Scalar::I64(x) if negative => Scalar::I64(x.wrapping_neg()),
                    Scalar::F64(x) if negative => Scalar::F64(-x),
                    v => v.clone(),
                };
                edges.push(value.as_f64().unwrap_or(f64::NAN));
                *edge = literal(&value);
            }
            if !edges.windows(2).all(|w| w[0] < w[1]) {
                return Err(Error::invalid("the edges of bins ascend"));
            }
            made(DType::Categorical { ordered: true }, args)
        }
        IsMissing => made(DType::Bool, args),
        IsNan => {
            needs_number(&name, &args[0])?;
            made(DType::Bool, args)
        }
        Fill => {
            let (a, b) = unify(args[0].clone(), args[1].clone(), Meeting::Compute)?;
            made(a.dtype.clone(), vec![a, b])
        }
        If => {
            let c = condition("if", args[0].clone())?;
            let (a, b) = unify(args[1].clone(), args[2].clone(), Meeting::Compute)?;
            made(a.dtype.clone(), vec![c, a, b])
        }
        Len if matches!(args[0].dtype, DType::List(_)) => made(DType::I64, args),
        Split => {
            for a in &mut args {
                needs_text(&name, a)?;
                *a = a.clone().cast(&DType::Str)?;
            }
            if args.get(1).is_some_and(|a| !matches!(&a.node, Node::Lit(Scalar::Str(s)) if !s.is_empty())) {
                return Err(Error::invalid("`split` cuts at a text in quotes that is not empty"));
            }
            made(DType::List(Box::new(DType::Str)), args)
        }
        Get => {
            if !args[1].dtype.is_integer() {
                return Err(Error::wrong_type(format!("{name} takes a whole number as position, not {}", args[1].dtype)));
            }
            args[1] = args[1].clone().cast(&DType::I64)?;
            let dtype = match &args[0].dtype {
                DType::List(inner) => (**inner).clone(),
                _ => {
                    needs_text(&name, &args[0])?;
                    args[0] = args[0].clone().cast(&DType::Str)?;
                    DType::Str
                }
            };
            made(dtype, args)
        }
        Join => {
            if !matches!(&args[0].dtype, DType::List(inner) if **inner == DType::Str) {
                return Err(Error::wrong_type(format!("{name} is for lists of texts, not for {}", args[0].dtype)));
            }
            needs_text(&name, &args[1])?;
            args[1] = args[1].clone().cast(&DType::Str)?;
            made(DType::Str, args)
        }
        Pad => {
            needs_text(&name, &args[0])?;
            args[0] = args[0].clone().cast(&DType::Str)?;
            let text = |i: usize| match args.get(i).map(|a| &a.node) {
                None => Some(None),
                Some(Node::Lit(Scalar::Str(s))) => Some(Some(s.clone())),
                _ => None,
            };
            if !matches!(args[1].node, Node::Lit(Scalar::I64(0..=1_000_000))) {
                return Err(Error::invalid("`pad` takes a number of characters up to a million"));
            }
            if !matches!(text(2), Some(None)) && !matches!(text(2), Some(Some(s)) if ["left", "right", "both"].contains(&&*s)) {
                return Err(Error::invalid("`pad` fills on the 'left', on the 'right', or on 'both' sides"));
            }
            if !matches!(text(3), Some(None)) && !matches!(text(3), Some(Some(s)) if s.chars().count() == 1) {
                return Err(Error::invalid("`pad` fills with one character"));
            }
            made(DType::Str, args)
        }
        Matches | CountMatches | ReplaceMatches => {
            needs_text(&name, &args[0])?;
            let Node::Lit(Scalar::Str(pattern)) = &args[1].node else {
                return Err(Error::invalid(format!("{name} takes a pattern in quotes")));
            };
            let regex = Regex::new(pattern).map_err(|e| Error::parse(format!("{pattern:?} is no regular expression")).because(e))?;
            let (verb, dtype) = match (func, args.get(2).map(|a| &a.node)) {
                (Matches, _) => (Pattern::Any, DType::Bool),
                (CountMatches, _) => (Pattern::Count, DType::I64),
                (_, Some(Node::Lit(Scalar::Str(to)))) => (Pattern::Replace(to.to_string()), DType::Str),
                _ => return Err(Error::invalid(format!("{name} puts a text in quotes in place of each match"))),
            };
            let x = args.swap_remove(0).cast(&DType::Str)?;
            Ok(Typed::new(dtype, Node::Pattern(verb, Box::new(x), regex)))
        }
        Len | Lower | Upper | Strip | Title | Find | Contains | StartsWith | EndsWith | Replace | Slice => {
            let texts = if func == Slice { 1 } else { args.len() };
            for (i, a) in args.iter_mut().enumerate() {
                if i < texts {
                    needs_text(&name, a)?;
                    *a = a.clone().cast(&DType::Str)?;
                } else {
                    if !(a.dtype.is_integer() || matches!(a.node, Node::Lit(Scalar::Null))) {
                        return Err(Error::wrong_type(format!("{name} takes whole numbers as positions, not {}", a.dtype)));
                    }
                    *a = a.clone().cast(&DType::I64)?;
                }
            }
            let dtype = match func {
                Len | Find => DType::I64,
                Contains | StartsWith | EndsWith => DType::Bool,
                _ => DType::Str,
            };
            made(dtype, args)
        }
        Extract => {
            needs_text(&name, &args[0])?;
            let Node::Lit(Scalar::Str(pattern)) = &args[1].node else { return Err(Error::invalid("`extract` takes a pattern in quotes")) };
            let regex = Regex::new(pattern).map_err(|e| Error::parse(format!("{pattern:?} is no regular expression")).because(e))?;
            let x = args.swap_remove(0).cast(&DType::Str)?;
            Ok(Typed::new(DType::Str, Node::Extract(Box::new(x), regex)))
        }
        Int | Float => {
            if !is_number(&args[0].dtype) {
                needs_text(&name, &args[0])?;
                args[0] = args[0].clone().cast(&DType::Str)?;
            }
            made(if func == Int { DType::I64 } else { DType::F64 }, args)
        }
        Str => made(DType::Str, args),
        Date | Datetime => {
            let result = match &args[0].dtype {
                DType::Str | DType::Categorical { .. } => {
                    args[0] = args[0].clone().cast(&DType::Str)?;
                    DType::datetime()
                }
                DType::Instant { .. } if func == Datetime => return Ok(args.swap_remove(0)),
                DType::Date if func == Date => return Ok(args.swap_remove(0)),
                DType::Date => return args.swap_remove(0).cast(&DType::datetime()),
                DType::Instant { .. } => DType::Date,
                t => return Err(Error::wrong_type(format!("{name} is for text and times, not for {t}"))),
            };
            if func == Date && args[0].dtype != DType::Str {
                return time_part(TimePart::Date, args.swap_remove(0));
            }
            made(if func == Date { DType::Date } else { result }, args)
        }
        ConvertUnits => Err(Error::unsupported("convert_units is not done yet")),
        Shift | Diff => {
            let by = match args.get(1).map(|a| &a.node) {
                None => 1,
                Some(Node::Lit(Scalar::I64(n))) if args.len() == 2 => *n,
                _ => {
                    return Err(
                        Error::invalid(format!("in a table {name} takes a column and a whole number of rows")).help("dims are for cubes")
                    );
                }
            };
            let x = args.swap_remove(0);
            let dtype = x.dtype.clone();
            let back = vec![x.clone(), Typed::new(DType::I64, Node::Lit(Scalar::I64(by)))];
            let shifted = Typed::new(dtype, Node::Call(Shift, back));
            if func == Shift { Ok(shifted) } else { arithmetic(BinaryOp::Sub, x, shifted) }
        }
        Cumsum | Cumprod | Cummin | Cummax | Rank => {
            if args.len() > 1 {
                return Err(
                    Error::invalid(format!("in a table {name} takes one argument, {} given", args.len())).help("dims are for cubes")
                );
            }
            let dtype = match func {
                Cumsum => running_dtype(Running::Sum, &args[0].dtype)?,
                Cumprod => running_dtype(Running::Prod, &args[0].dtype)?,
                Cummin => running_dtype(Running::Min, &args[0].dtype)?,
                Cummax => running_dtype(Running::Max, &args[0].dtype)?,
                _ => DType::F64,
            };
            made(dtype, args)
        }
        Corr | Cov => {
            for a in &args {
                needs_number(&name, a)?;
            }
            let args = args.into_iter().map(|a| a.cast(&DType::F64)).collect::<Result<Vec<_>>>()?;
            let [x, y] = <[Typed; 2]>::try_from(args)
                .map_err(|_| Error::invalid(format!("in a table {name} takes two columns")).help("dims are for cubes"))?;
            Ok(Typed::new(DType::F64, Node::Pair(func, Box::new(x), Box::new(y))))
        }
    }
}
