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
pub fn col(name: impl Into<String>) -> Expr {
    Expr::Col(name.into())
}

/// A value.
pub fn lit(value: impl Into<Scalar>) -> Expr {
    Expr::Lit(value.into())
}

/// `if(condition, yes, no)`
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
    pub fn binary(self, op: BinaryOp, other: impl Into<Expr>) -> Expr {
        Expr::Binary(op, Box::new(self), Box::new(other.into()))
    }

    comparisons! {
        /// `self < other`
        lt Lt;
        /// `self <= other`
        le Le;
        /// `self == other`
        eq Eq;
        /// `self != other`
        ne Ne;
        /// `self >= other`
        ge Ge;
        /// `self > other`
        gt Gt;
        /// `self and other`
        and And;
        /// `self or other`
        or Or;
        /// `self ** other`
        pow Pow;
        /// `self // other`
        floor_div FloorDiv;
    }

    /// `self in [..]`
    pub fn is_in<E: Into<Expr>>(self, values: impl IntoIterator<Item = E>) -> Expr {
        Expr::In(Box::new(self), values.into_iter().map(Into::into).collect())
    }

    /// A part of a date or time: `year`, `month`, `season`.
    pub fn part(self, name: impl Into<String>) -> Expr {
        Expr::Part(Box::new(self), name.into())
    }

    /// `func(self)`
    pub fn call(self, func: Func) -> Expr {
        Expr::Call(func, vec![self])
    }

    /// `func(self, others..)`
    pub fn call_with<E: Into<Expr>>(self, func: Func, others: impl IntoIterator<Item = E>) -> Expr {
        Expr::Call(func, std::iter::once(self).chain(others.into_iter().map(Into::into)).collect())
    }

    /// The aggregate over all rows.
    pub fn agg(self, agg: Agg) -> Expr {
        Expr::Agg(agg, vec![self])
    }

    /// Whether it is missing or NaN.
    pub fn is_missing(self) -> Expr {
        self.call(Func::IsMissing)
    }

    /// This, or `value` where it is missing.
    pub fn fill(self, value: impl Into<Expr>) -> Expr {
        self.call_with(Func::Fill, [value.into()])
    }

    /// The expressions right below this one.
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

impl fmt::Display for Expr {
    /// As text that parses to the same expression.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Col(name) if super::parse::is_plain_name(name) => f.write_str(name),
            Expr::Col(name) => write!(f, "`{}`", name.replace('`', "``")),
            Expr::Lit(Scalar::Null) => f.write_str("missing"),
            Expr::Lit(Scalar::Str(s)) => write!(f, "'{}'", s.replace('\\', "\\\\").replace('\'', "\\'")),
            Expr::Lit(Scalar::F64(x)) if x.is_finite() => write!(f, "{x:?}"),
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
            Expr::Part(x, part) => {
                x.operand(f, 9)?;
                write!(f, ".{part}")
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
