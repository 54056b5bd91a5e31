use super::function::Func;
use crate::dtype::Scalar;
use crate::kernel::agg::Agg;
use std::fmt;

/// An operator between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    Lt,
    Le,
    Eq,
    Ne,
    Ge,
    Gt,
    And,
    Or,
}

impl BinaryOp {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::FloorDiv => "//",
            BinaryOp::Mod => "%",
            BinaryOp::Pow => "**",
            BinaryOp::Lt => "<",
            BinaryOp::Le => "<=",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::Ge => ">=",
            BinaryOp::Gt => ">",
            BinaryOp::And => "and",
            BinaryOp::Or => "or",
        }
    }

    /// Whether it compares.
    pub fn is_comparison(self) -> bool {
        use BinaryOp::*;
        matches!(self, Lt | Le | Eq | Ne | Ge | Gt)
    }

    /// How tightly it binds, as in Python.
    pub(super) fn binding(self) -> u8 {
        use BinaryOp::*;
        match self {
            Or => 1,
            And => 2,
            Lt | Le | Eq | Ne | Ge | Gt => 4,
            Add | Sub => 5,
            Mul | Div | FloorDiv | Mod => 6,
            Pow => 8,
        }
    }
}

/// An expression over the columns of a table or the variables of a cube, by name. It knows no data: [`super::resolve()`] looks names
/// and types up in a schema.
///
/// # Examples
/// ```
/// use hpda_data::plan::{col, lit, parse};
/// let built = col("Age").lt(12).and(col("Sex").eq("male"));
/// assert_eq!(built, parse("Age < 12 and Sex == 'male'")?);
/// assert_eq!((col("v") * 2 + 1).to_string(), "v * 2 + 1");
/// # Ok::<(), hpda_data::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A column, variable or coordinate.
    Col(String),
    /// A value.
    Lit(Scalar),
    /// `not x`
    Not(Box<Expr>),
    /// `-x`
    Neg(Box<Expr>),
    /// `a + b` and so on.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `x in [a, b]`
    In(Box<Expr>, Vec<Expr>),
    /// `time.month`
    Part(Box<Expr>, String),
    /// `sqrt(x)`
    Call(Func, Vec<Expr>),
    /// `mean(x)`, on cubes `mean(x, 'time')`
    Agg(Agg, Vec<Expr>),
}

/// The column of this name.
///
/// # Examples
/// ```
/// use hpda_data::{Column, DataFrame, plan::col};
/// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?;
/// assert_eq!(df.eval(col("x") * 2)?, Column::from(vec![Some(2i64), None]));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn col(name: impl Into<String>) -> Expr {
    Expr::Col(name.into())
}

/// A value.
///
/// # Examples
/// ```
/// use hpda_data::plan::{col, lit, parse};
/// assert_eq!(lit(1) - col("x"), parse("1 - x")?);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn lit(value: impl Into<Scalar>) -> Expr {
    Expr::Lit(value.into())
}

/// `if(condition, yes, no)`; where the condition is missing, so is the result.
///
/// # Examples
/// ```
/// use hpda_data::{Column, DataFrame, plan::{col, when}};
/// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
/// assert_eq!(df.eval(when(col("x").gt(1), 10, 0))?, Column::from(vec![Some(0i64), None, Some(10)]));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn when(condition: impl Into<Expr>, yes: impl Into<Expr>, no: impl Into<Expr>) -> Expr {
    Expr::Call(Func::If, vec![condition.into(), yes.into(), no.into()])
}

impl<T: Into<Scalar>> From<T> for Expr {
    fn from(value: T) -> Expr {
        Expr::Lit(value.into())
    }
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident $op:ident;)*) => {
        $($(#[$doc])* pub fn $name(self, other: impl Into<Expr>) -> Expr { self.binary(BinaryOp::$op, other) })*
    };
}

impl Expr {
    /// An operator between this and another.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::plan::{BinaryOp, col};
    /// assert_eq!(col("x").binary(BinaryOp::Add, 1), col("x") + 1);
    /// ```
    pub fn binary(self, op: BinaryOp, other: impl Into<Expr>) -> Expr {
        Expr::Binary(op, Box::new(self), Box::new(other.into()))
    }

    comparisons! {
        /// `self < other`, missing where either is
        ///
        /// # Examples
        /// ```
        /// use hpda_data::{Column, DataFrame, plan::col};
        /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
        /// assert_eq!(df.eval(col("x").lt(2))?, Column::from(vec![Some(true), None, Some(false)]));
        /// # Ok::<(), hpda_data::Error>(())
        /// ```
        lt Lt;
        /// `self <= other`, missing where either is
        ///
        /// # Examples
        /// ```
        /// use hpda_data::{Column, DataFrame, plan::col};
        /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
        /// assert_eq!(df.eval(col("x").le(1))?, Column::from(vec![Some(true), None, Some(false)]));
        /// # Ok::<(), hpda_data::Error>(())
        /// ```
        le Le;
        /// `self == other`, missing where either is
        ///
        /// # Examples
        /// ```
        /// use hpda_data::{Column, DataFrame, plan::col};
        /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
        /// assert_eq!(df.eval(col("x").eq(3))?, Column::from(vec![Some(false), None, Some(true)]));
        /// # Ok::<(), hpda_data::Error>(())
        /// ```
        eq Eq;
        /// `self != other`, missing where either is
        ///
        /// # Examples
        /// ```
        /// use hpda_data::{Column, DataFrame, plan::col};
        /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
        /// assert_eq!(df.eval(col("x").ne(3))?, Column::from(vec![Some(true), None, Some(false)]));
        /// # Ok::<(), hpda_data::Error>(())
        /// ```
        ne Ne;
        /// `self >= other`, missing where either is
        ///
        /// # Examples
        /// ```
        /// use hpda_data::{Column, DataFrame, plan::col};
        /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
        /// assert_eq!(df.eval(col("x").ge(3))?, Column::from(vec![Some(false), None, Some(true)]));
        /// # Ok::<(), hpda_data::Error>(())
        /// ```
        ge Ge;
        /// `self > other`, missing where either is
        ///
        /// # Examples
        /// ```
        /// use hpda_data::{Column, DataFrame, plan::col};
        /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
        /// assert_eq!(df.eval(col("x").gt(1))?, Column::from(vec![Some(false), None, Some(true)]));
        /// # Ok::<(), hpda_data::Error>(())
        /// ```
        gt Gt;
        /// `self and other`; where one is missing, false if the other is, else missing
        ///
        /// # Examples
        /// ```
        /// use hpda_data::{Column, DataFrame, plan::col};
        /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
        /// assert_eq!(df.eval(col("x").gt(0).and(col("x").lt(3)))?, Column::from(vec![Some(true), None, Some(false)]));
        /// # Ok::<(), hpda_data::Error>(())
        /// ```
        and And;
        /// `self or other`; where one is missing, true if the other is, else missing
        ///
        /// # Examples
        /// ```
        /// use hpda_data::{Column, DataFrame, plan::col};
        /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
        /// assert_eq!(df.eval(col("x").lt(3).or(col("x").is_missing()))?, Column::from(vec![Some(true), Some(true), Some(false)]));
        /// # Ok::<(), hpda_data::Error>(())
        /// ```
        or Or;
        /// `self ** other`, missing where either is
        ///
        /// # Examples
        /// ```
        /// use hpda_data::{Column, DataFrame, plan::col};
        /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
        /// assert_eq!(df.eval(col("x").pow(2))?, Column::from(vec![Some(1i64), None, Some(9)]));
        /// # Ok::<(), hpda_data::Error>(())
        /// ```
        pow Pow;
        /// `self // other`, missing where either is
        ///
        /// # Examples
        /// ```
        /// use hpda_data::{Column, DataFrame, plan::col};
        /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
        /// assert_eq!(df.eval(col("x").floor_div(2))?, Column::from(vec![Some(0i64), None, Some(1)]));
        /// # Ok::<(), hpda_data::Error>(())
        /// ```
        floor_div FloorDiv;
    }

    /// `self in [..]`, of type bool; missing stays missing (pandas: false).
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::col};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
    /// assert_eq!(df.eval(col("x").is_in([1, 2]))?, Column::from(vec![Some(true), None, Some(false)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn is_in<E: Into<Expr>>(self, values: impl IntoIterator<Item = E>) -> Expr {
        Expr::In(Box::new(self), values.into_iter().map(Into::into).collect())
    }

    /// A part of a date or time: `year`, `month`, `season`. Missing stays missing.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, frame::date_range_n, plan::col};
    /// let df = DataFrame::new([("t", date_range_n("2024-01-31", 2, "D")?)])?;
    /// assert_eq!(df.eval(col("t").part("month"))?, Column::from(vec![1i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn part(self, name: impl Into<String>) -> Expr {
        Expr::Part(Box::new(self), name.into())
    }

    /// `func(self)`
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::{Func, col}};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(4i64), None]))])?;
    /// assert_eq!(df.eval(col("x").call(Func::Sqrt))?, Column::from(vec![Some(2.0), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn call(self, func: Func) -> Expr {
        Expr::Call(func, vec![self])
    }

    /// `func(self, others..)`
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::{Func, col}};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2]))])?;
    /// assert_eq!(df.eval(col("x").call_with(Func::Shift, [1]))?, Column::from(vec![None, Some(1i64)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn call_with<E: Into<Expr>>(self, func: Func, others: impl IntoIterator<Item = E>) -> Expr {
        Expr::Call(func, std::iter::once(self).chain(others.into_iter().map(Into::into)).collect())
    }

    /// The aggregate over all rows.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::{Agg, col}};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(4)]))])?;
    /// assert_eq!(df.eval(col("x") - col("x").agg(Agg::Mean))?, Column::from(vec![Some(-1.5), None, Some(1.5)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn agg(self, agg: Agg) -> Expr {
        Expr::Agg(agg, vec![self])
    }

    /// Whether it is missing or NaN.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::col};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1.0), None, Some(f64::NAN)]))])?;
    /// assert_eq!(df.eval(col("x").is_missing())?, Column::from(vec![false, true, true]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn is_missing(self) -> Expr {
        self.call(Func::IsMissing)
    }

    /// This, or `value` where it is missing.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::col};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?;
    /// assert_eq!(df.eval(col("x").fill(0))?, Column::from(vec![1i64, 0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn fill(self, value: impl Into<Expr>) -> Expr {
        self.call_with(Func::Fill, [value.into()])
    }

    /// The expressions right below this one.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::plan::col;
    /// assert_eq!((col("x") + 1).children(), [&col("x"), &1.into()]);
    /// ```
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Expr::Col(_) | Expr::Lit(_) => Vec::new(),
            Expr::Not(x) | Expr::Neg(x) | Expr::Part(x, _) => vec![x],
            Expr::Binary(_, a, b) => vec![a, b],
            Expr::In(x, list) => std::iter::once(&**x).chain(list).collect(),
            Expr::Call(_, args) | Expr::Agg(_, args) => args.iter().collect(),
        }
    }

    /// The names that it speaks of, in order, each once.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::plan::col;
    /// assert_eq!((col("x") * 2 + col("y") + col("x")).names(), ["x", "y"]);
    /// ```
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        let mut left = vec![self];
        while let Some(e) = left.pop() {
            if let Expr::Col(n) = e
                && !names.contains(&n.as_str())
            {
                names.push(n);
            }
            left.extend(e.children().into_iter().rev());
        }
        names
    }

    fn binding(&self) -> u8 {
        match self {
            Expr::Binary(op, ..) => op.binding(),
            Expr::Not(_) => 3,
            Expr::In(..) => 4,
            Expr::Neg(_) => 7,
            Expr::Lit(Scalar::I64(x)) if *x < 0 => 7,
            Expr::Lit(Scalar::F64(x)) if *x < 0.0 => 7,
            _ => 9,
        }
    }

    /// This as an operand of something that binds so tightly.
    fn operand(&self, f: &mut fmt::Formatter<'_>, binding: u8) -> fmt::Result {
        if self.binding() < binding { write!(f, "({self})") } else { write!(f, "{self}") }
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $op:ident),*) => { $(
        impl<T: Into<Expr>> std::ops::$trait<T> for Expr {
            type Output = Expr;
            fn $method(self, other: T) -> Expr {
                self.binary(BinaryOp::$op, other)
            }
        }
    )* };
}
operators!(Add add Add, Sub sub Sub, Mul mul Mul, Div div Div, Rem rem Mod);

impl std::ops::Neg for Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        Expr::Neg(Box::new(self))
    }
}

impl std::ops::Not for Expr {
    type Output = Expr;
    fn not(self) -> Expr {
        Expr::Not(Box::new(self))
    }
}

fn list(f: &mut fmt::Formatter<'_>, items: &[Expr]) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if i > 0 { ", " } else { "" })?;
    }
    Ok(())
}

/// A name, in backticks where it could not stand without.
fn write_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    match super::parse::is_plain_name(name) {
        true => f.write_str(name),
        false => write!(f, "`{}`", name.replace('`', "``")),
    }
}

impl fmt::Display for Expr {
    /// As text that parses to the same expression.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Col(name) => write_name(f, name),
            Expr::Lit(Scalar::Null) => f.write_str("missing"),
            Expr::Lit(Scalar::Str(s)) => write!(f, "'{}'", s.replace('\\', "\\\\").replace('\'', "\\'")),
            Expr::Lit(Scalar::F64(x)) if x.is_finite() => write!(f, "{x:?}"),
            // A name of its own would be that of a column.
            Expr::Lit(Scalar::F64(x)) if *x == f64::INFINITY => f.write_str("1e999"),
            Expr::Lit(value) => write!(f, "{value}"),
            Expr::Not(x) => {
                f.write_str("not ")?;
                x.operand(f, 3)
            }
            Expr::Neg(x) => {
                f.write_str("-")?;
                x.operand(f, 7)
            }
            Expr::Binary(op, a, b) => {
                let binding = op.binding();
                // `**` binds to the right, comparisons would chain, the rest binds to the left.
                let (left, right) = match op {
                    BinaryOp::Pow => (9, 7),
                    op if op.is_comparison() => (5, 5),
                    _ => (binding, binding + 1),
                };
                a.operand(f, left)?;
                write!(f, " {} ", op.symbol())?;
                b.operand(f, right)
            }
            Expr::In(x, items) => {
                x.operand(f, 5)?;
                f.write_str(" in [")?;
                list(f, items)?;
                f.write_str("]")
            }
            // The point behind a number would be its own.
            Expr::Part(x, part) if matches!(**x, Expr::Lit(_)) => {
                write!(f, "({x}).")?;
                write_name(f, part)
            }
            Expr::Part(x, part) => {
                x.operand(f, 9)?;
                f.write_str(".")?;
                write_name(f, part)
            }
            Expr::Call(func, args) => {
                write!(f, "{}(", func.name())?;
                list(f, args)?;
                f.write_str(")")
            }
            Expr::Agg(agg, args) => {
                write!(f, "{agg}(")?;
                list(f, args)?;
                f.write_str(")")
            }
        }
    }
}
