//! What a query says, before it is known what its names mean.

use crate::dtype::Scalar;
use crate::plan::{BinaryOp, JoinHow};

/// So large may an expression be that stands once in a query and several times in what it means.
pub(super) const REPEATED: usize = 200;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sql {
    /// A column, with its table where that is said.
    Name(Option<String>, String),
    Value(Scalar),
    Not(Box<Sql>),
    Neg(Box<Sql>),
    Binary(BinaryOp, Box<Sql>, Box<Sql>),
    /// `a || b`
    Chain(Box<Sql>, Box<Sql>),
    IsNull(Box<Sql>),
    In(Box<Sql>, Vec<Sql>),
    InQuery(Box<Sql>, Box<Query>),
    /// A text, what it is to be like, and whether capitals are as small letters.
    Like(Box<Sql>, Box<Sql>, bool),
    Case(Vec<(Sql, Sql)>, Option<Box<Sql>>),
    Cast(Box<Sql>, String),
    Call(Call),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    /// In small letters.
    pub(super) name: String,
    pub(super) args: Vec<Sql>,
    /// `count(*)`
    pub(super) star: bool,
    pub(super) distinct: bool,
    pub(super) filter: Option<Box<Sql>>,
}

impl Call {
    pub(super) fn of(name: impl Into<String>, args: Vec<Sql>) -> Call {
        Call { name: name.into(), args, star: false, distinct: false, filter: None }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    /// All columns, or those of a table.
    Star(Option<String>),
    /// An expression, its name, and its text.
    Value(Sql, Option<String>, String),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Table {
    Named(String, Option<String>),
    Query(Box<Query>, Option<String>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum On {
    Condition(Sql),
    Using(Vec<String>),
    /// Every pair; after a comma, what `WHERE` leaves of them.
    Nothing,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct From {
    pub(super) first: Table,
    pub(super) joins: Vec<(JoinHow, Table, On)>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Select {
    pub(super) distinct: bool,
    pub(super) items: Vec<Item>,
    pub(super) from: Option<From>,
    pub(super) filter: Option<Sql>,
    pub(super) group: Vec<Sql>,
    pub(super) having: Option<Sql>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Query {
    /// `WITH name AS (...)`
    pub(super) with: Vec<(String, Query)>,
    pub(super) select: Select,
    /// Each with whether the largest comes first.
    pub(super) order: Vec<(Sql, bool)>,
    pub(super) limit: Option<u64>,
    pub(super) offset: u64,
}

impl Sql {
    /// The parts of a condition that all must hold.
    pub(super) fn conjuncts(&self) -> Vec<&Sql> {
        match self {
            Sql::Binary(BinaryOp::And, a, b) => [a.conjuncts(), b.conjuncts()].concat(),
            other => vec![other],
        }
    }

    /// Of how many parts it is made.
    pub(super) fn size(&self) -> usize {
        let mut left = vec![self];
        let mut n = 0;
        while let Some(one) = left.pop() {
            n += 1;
            left.extend(one.children());
        }
        n
    }

    /// What it is made of.
    pub(super) fn children(&self) -> Vec<&Sql> {
        match self {
            Sql::Name(..) | Sql::Value(_) => Vec::new(),
            Sql::Not(x) | Sql::Neg(x) | Sql::IsNull(x) | Sql::Cast(x, _) | Sql::InQuery(x, _) => vec![x],
            Sql::Binary(_, a, b) | Sql::Chain(a, b) | Sql::Like(a, b, _) => vec![a, b],
            Sql::In(x, list) => std::iter::once(&**x).chain(list).collect(),
            Sql::Case(whens, other) => whens.iter().flat_map(|w| [&w.0, &w.1]).chain(other.as_deref()).collect(),
            Sql::Call(call) => call.args.iter().chain(call.filter.as_deref()).collect(),
        }
    }
}
