//! Expressions of a query as expressions of a plan.

use super::scope::Scope;
use super::syntax::{Call, REPEATED, Sql};
use crate::dtype::Scalar;
use crate::error::{Error, Place, Result};
use crate::plan::{Agg, BinaryOp, Expr, Func, LazyFrame, col, lit, resolve, when};

/// What aggregates of a query are computed of, and what stands for them afterwards.
#[derive(Default)]
pub(super) struct Groups {
    /// The keys, and their columns among the groups.
    pub(super) keys: Vec<(Expr, String)>,
    /// The aggregates, and their columns.
    pub(super) aggregates: Vec<(Expr, String)>,
}

impl Groups {
    /// The column of an aggregate.
    fn add(&mut self, aggregate: Expr) -> Expr {
        if let Some((_, name)) = self.aggregates.iter().find(|a| a.0 == aggregate) {
            return col(name);
        }
        let name = format!("\u{1}{}", self.aggregates.len());
        self.aggregates.push((aggregate, name.clone()));
        col(name)
    }
}

/// Where names and aggregates of an expression are looked up.
pub(super) struct Values<'a> {
    pub(super) scope: &'a Scope,
    /// The rows that names are columns of.
    pub(super) rows: &'a LazyFrame,
    pub(super) groups: Option<&'a mut Groups>,
}

/// Aggregates of one argument that are the same here.
const AGGREGATES: [(&str, Agg); 20] = [
    ("avg", Agg::Mean),
    ("mean", Agg::Mean),
    ("min", Agg::Min),
    ("max", Agg::Max),
    ("median", Agg::Median),
    ("mode", Agg::Mode),
    ("stddev", Agg::Std),
    ("stddev_samp", Agg::Std),
    ("std", Agg::Std),
    ("variance", Agg::Var),
    ("var_samp", Agg::Var),
    ("sem", Agg::Sem),
    ("skewness", Agg::Skew),
    ("any_value", Agg::First),
    ("bool_or", Agg::Any),
    ("bool_and", Agg::All),
    ("sum", Agg::Sum),
    ("product", Agg::Prod),
    ("count", Agg::Count),
    ("quantile_cont", Agg::Median),
];

/// Those of two columns.
const OF_TWO: [(&str, Func); 2] = [("corr", Func::Corr), ("covar_samp", Func::Cov)];

pub(super) fn is_aggregate(name: &str) -> bool {
    AGGREGATES.iter().any(|a| a.0 == name) || OF_TWO.iter().any(|a| a.0 == name)
}

/// Whether an expression has an aggregate in it.
pub(super) fn has_aggregate(value: &Sql) -> bool {
    matches!(value, Sql::Call(c) if is_aggregate(&c.name)) || value.children().into_iter().any(has_aggregate)
}

/// Functions that only have other names here.
const FUNCTIONS: [(&str, Func); 36] = [
    ("abs", Func::Abs),
    ("sqrt", Func::Sqrt),
    ("exp", Func::Exp),
    ("ln", Func::Log),
    ("log", Func::Log10),
    ("log10", Func::Log10),
    ("sin", Func::Sin),
    ("cos", Func::Cos),
    ("tan", Func::Tan),
    ("asin", Func::Asin),
    ("acos", Func::Acos),
    ("atan", Func::Atan),
    ("atan2", Func::Atan2),
    ("floor", Func::Floor),
    ("ceil", Func::Ceil),
    ("ceiling", Func::Ceil),
    ("round", Func::Round),
    ("least", Func::Least),
    ("greatest", Func::Greatest),
    ("length", Func::Len),
    ("len", Func::Len),
    ("lower", Func::Lower),
    ("lcase", Func::Lower),
    ("upper", Func::Upper),
    ("ucase", Func::Upper),
    ("trim", Func::Strip),
    ("replace", Func::Replace),
    ("contains", Func::Contains),
    ("starts_with", Func::StartsWith),
    ("ends_with", Func::EndsWith),
    ("suffix", Func::EndsWith),
    ("prefix", Func::StartsWith),
    ("regexp_matches", Func::Matches),
    ("isnan", Func::IsNan),
    ("if", Func::If),
    ("iif", Func::If),
];

/// Parts of times.
const PARTS: [(&str, &str); 13] = [
    ("year", "year"),
    ("month", "month"),
    ("day", "day"),
    ("dayofmonth", "day"),
    ("hour", "hour"),
    ("minute", "minute"),
    ("second", "second"),
    ("quarter", "quarter"),
    ("week", "week"),
    ("dayofyear", "dayofyear"),
    ("doy", "dayofyear"),
    ("dayname", "day_name"),
    ("monthname", "month_name"),
];

/// Other functions, which are made of several.
const MADE: [&str; 12] =
    ["coalesce", "ifnull", "nullif", "mod", "pow", "power", "substr", "substring", "concat", "date_part", "isodow", "strpos"];

impl Values<'_> {
    /// A value of each row, or where there are groups of each group.
    pub(super) fn of(&mut self, value: &Sql) -> Result<Expr> {
        if self.groups.is_some() {
            if let Some(key) = self.key(value) {
                return Ok(key);
            }
            if let Sql::Call(call) = value
                && is_aggregate(&call.name)
            {
                return self.aggregate(call);
            }
        }
        match value {
            Sql::Name(table, name) => {
                let found = self.scope.column(table.as_deref(), name)?;
                match self.groups {
                    None => Ok(found),
                    Some(_) => Err(Error::invalid(format!("column {name:?} stands outside an aggregate"))
                        .help(format!("write GROUP BY {name}, or any_value({name}) or the like"))),
                }
            }
            Sql::Value(value) => Ok(lit(value.clone())),
            Sql::Not(x) => Ok(!self.of(x)?),
            Sql::Neg(x) => Ok(-self.of(x)?),
            Sql::IsNull(x) => Ok(self.of(x)?.is_missing()),
            Sql::Binary(op, a, b) => self.binary(*op, a, b),
            Sql::Chain(a, b) => Ok(self.text(a)? + self.text(b)?),
            Sql::In(x, list) => {
                let list = list.iter().map(|v| self.of(v)).collect::<Result<Vec<_>>>()?;
                Ok(self.of(x)?.is_in(list))
            }
            Sql::InQuery(..) => Err(Error::unsupported("IN (SELECT ...) inside another condition")
                .help("it may stand by itself in WHERE, or between ANDs; SEMI JOIN and ANTI JOIN do the same")),
            Sql::Like(x, pattern, any_case) => {
                let Sql::Value(Scalar::Str(pattern)) = &**pattern else {
                    return Err(Error::unsupported("LIKE takes a text in quotes").help("contains(text, part) takes any"));
                };
                let x = self.of(x)?;
                Ok(x.call_with(Func::Matches, [lit(like(pattern, *any_case).as_str())]))
            }
            Sql::Case(whens, other) => {
                let mut found = match other {
                    Some(other) => self.of(other)?,
                    None => lit(Scalar::Null),
                };
                for (condition, then) in whens.iter().rev() {
                    found = when(self.of(condition)?.fill(false), self.of(then)?, found);
                }
                Ok(found)
            }
            Sql::Cast(x, to) => {
                let x = self.of(x)?;
                self.cast(x, to)
            }
            Sql::Call(call) => self.call(call),
        }
    }

    /// The column of the groups that has the values of this key.
    fn key(&mut self, value: &Sql) -> Option<Expr> {
        let groups = self.groups.as_deref()?;
        if matches!(value, Sql::Value(_)) || has_aggregate(value) {
            return None;
        }
        let plain = Values { scope: self.scope, rows: self.rows, groups: None }.of(value).ok()?;
        groups.keys.iter().find(|k| k.0 == plain).map(|k| col(&k.1))
    }

    fn binary(&mut self, op: BinaryOp, a: &Sql, b: &Sql) -> Result<Expr> {
        let null = |x: &Sql| matches!(x, Sql::Value(Scalar::Null));
        if op.is_comparison() && (null(a) || null(b)) {
            return Err(Error::invalid("nothing is equal to NULL, larger or smaller").help("x IS NULL, x IS NOT NULL"));
        }
        let (a, b) = (self.of(a)?, self.of(b)?);
        if op == BinaryOp::Mod { remainder(a, b) } else { Ok(a.binary(op, b)) }
    }

    /// A value as text.
    fn text(&mut self, value: &Sql) -> Result<Expr> {
        Ok(self.of(value)?.call(Func::Str))
    }

    fn cast(&self, x: Expr, to: &str) -> Result<Expr> {
        match to {
            "int" | "integer" | "bigint" | "int8" | "int64" | "long" | "smallint" | "tinyint" => {
                // To the nearest, as queries have it.
                let float = resolve(&x, self.rows.schema()).map_or(self.groups.is_some(), |x| x.dtype.is_float());
                Ok(if float { x.call(Func::Round).call(Func::Int) } else { x.call(Func::Int) })
            }
            "double" | "float" | "real" | "float8" => Ok(x.call(Func::Float)),
            "varchar" | "text" | "string" | "char" => Ok(x.call(Func::Str)),
            "date" => Ok(x.call(Func::Date)),
            "timestamp" | "datetime" => Ok(x.call(Func::Datetime)),
            other => Err(Error::not_found("type", other, ["bigint", "double", "varchar", "date", "timestamp"])),
        }
    }

    fn call(&mut self, call: &Call) -> Result<Expr> {
        let name = call.name.as_str();
        if is_aggregate(name) {
            let e = Error::invalid(format!("{name:?} stands where each row has one value"));
            return Err(e.help("conditions on groups stand in HAVING; aggregates of aggregates are made of a query in FROM"));
        }
        if call.star || call.distinct || call.filter.is_some() {
            return Err(Error::invalid(format!("{name:?} is no aggregate, and takes no *, DISTINCT or FILTER")));
        }
        let args = call.args.iter().map(|a| self.of(a)).collect::<Result<Vec<_>>>()?;
        let takes = |least: usize, most: usize| match (least..=most).contains(&args.len()) {
            true => Ok(()),
            false => Err(Error::invalid(format!("{name:?} takes {}, {} given", crate::show::count(least as u64, "argument"), args.len()))),
        };
        if let Some((_, func)) = FUNCTIONS.iter().find(|f| f.0 == name) {
            let (least, most) = func.arity();
            takes(least, most)?;
            let mut args = args;
            if *func == Func::If {
                args[0] = args[0].clone().fill(false);
            }
            return Ok(Expr::Call(*func, args));
        }
        if let Some((_, part)) = PARTS.iter().find(|p| p.0 == name) {
            takes(1, 1)?;
            return Ok(args[0].clone().part(*part));
        }
        match name {
            "coalesce" | "ifnull" => {
                takes(1, 50)?;
                let mut rest = args.into_iter().rev();
                let last = rest.next().unwrap_or(lit(Scalar::Null));
                Ok(rest.fold(last, |other, x| x.fill(other)))
            }
            "nullif" => {
                takes(2, 2)?;
                repeats(&args[0])?;
                let same = args[0].clone().eq(args[1].clone()).fill(false);
                Ok(when(same, lit(Scalar::Null), args[0].clone()))
            }
            "mod" => {
                takes(2, 2)?;
                remainder(args[0].clone(), args[1].clone())
            }
            "pow" | "power" => {
                takes(2, 2)?;
                Ok(args[0].clone().call(Func::Float).pow(args[1].clone()))
            }
            "concat" => {
                takes(1, 50)?;
                let texts = args.into_iter().map(|x| x.call(Func::Str).fill(""));
                Ok(texts.reduce(|a, b| a + b).unwrap_or(lit("")))
            }
            "substr" | "substring" => {
                takes(2, 3)?;
                let number = |x: &Expr| match x {
                    Expr::Lit(Scalar::I64(n)) if *n > 0 => Ok(*n),
                    _ => Err(Error::unsupported("substr takes places and lengths from 1, as numbers")),
                };
                let from = number(&args[1])? - 1;
                let ends = match args.get(2) {
                    Some(long) => vec![lit(from), lit(from.saturating_add(number(long)?))],
                    None => vec![lit(from)],
                };
                Ok(args[0].clone().call_with(Func::Slice, ends))
            }
            "strpos" => {
                takes(2, 2)?;
                Ok(args[0].clone().call_with(Func::Find, [args[1].clone()]) + lit(1))
            }
            "isodow" => {
                takes(1, 1)?;
                Ok(args[0].clone().part("weekday") + lit(1))
            }
            "date_part" => {
                takes(2, 2)?;
                let Expr::Lit(Scalar::Str(part)) = &args[0] else {
                    return Err(Error::invalid("date_part takes the name of a part in quotes").help("date_part('year', t)"));
                };
                let part = part.to_lowercase();
                let found = PARTS.iter().find(|p| p.0 == part).ok_or_else(|| Error::not_found("time part", &part, PARTS.map(|p| p.0)))?;
                Ok(args[1].clone().part(found.1))
            }
            _ => {
                let known = FUNCTIONS.iter().map(|f| f.0).chain(AGGREGATES.iter().map(|a| a.0)).chain(OF_TWO.iter().map(|a| a.0));
                Err(Error::not_found("function", name, known.chain(PARTS.iter().map(|p| p.0)).chain(MADE)))
            }
        }
    }

    /// What stands for an aggregate behind the groups.
    fn aggregate(&mut self, call: &Call) -> Result<Expr> {
        let name = call.name.as_str();
        let mut plain = Values { scope: self.scope, rows: self.rows, groups: None };
        let mut args = call.args.iter().map(|a| plain.of(a)).collect::<Result<Vec<_>>>()?;
        let filter = call.filter.as_deref().map(|f| plain.of(f)).transpose()?;
        let Some(groups) = self.groups.as_deref_mut() else { return Err(Error::internal("an aggregate without groups")) };
        let only = |x: Expr| match &filter {
            Some(f) => when(f.clone().fill(false), x, lit(Scalar::Null)),
            None => x,
        };
        if call.star {
            return match (name, &filter) {
                ("count", None) => Ok(groups.add(lit(1).agg(Agg::Size))),
                ("count", Some(_)) => Ok(groups.add(only(lit(1)).agg(Agg::Count))),
                _ => Err(Error::invalid(format!("{name:?} takes a column, not *"))),
            };
        }
        let of_two = OF_TWO.iter().find(|a| a.0 == name);
        let quantile = name == "quantile_cont";
        let wanted = if of_two.is_some() || quantile { 2 } else { 1 };
        if args.len() != wanted {
            return Err(Error::invalid(format!("{name:?} takes {}, {} given", crate::show::count(wanted as u64, "argument"), args.len())));
        }
        if call.distinct && !matches!(name, "count" | "min" | "max") {
            return Err(Error::unsupported(format!("{name} of different values")).help("SELECT DISTINCT in a query in FROM"));
        }
        if let Some((_, func)) = of_two {
            let both = args.into_iter().map(only).collect();
            return Ok(groups.add(Expr::Call(*func, both)));
        }
        let agg = match AGGREGATES.iter().find(|a| a.0 == name) {
            _ if quantile => match args.pop() {
                Some(Expr::Lit(q)) if q.as_f64().is_some_and(|q| (0.0..=1.0).contains(&q)) => Agg::Quantile(q.as_f64().unwrap_or(0.5)),
                _ => return Err(Error::invalid("quantile_cont takes a number from 0 to 1").help("quantile_cont(x, 0.9)")),
            },
            Some(_) if name == "count" && call.distinct => Agg::Nunique,
            Some((_, agg)) => *agg,
            None => return Err(Error::internal("an unknown aggregate")),
        };
        let x = only(args.remove(0));
        let found = groups.add(x.clone().agg(agg));
        // What nothing is there for is missing, not 0, 1, true or false.
        if matches!(agg, Agg::Sum | Agg::Prod | Agg::Any | Agg::All) {
            let count = groups.add(x.agg(Agg::Count));
            return Ok(when(count.eq(0), lit(Scalar::Null), found));
        }
        Ok(found)
    }
}

/// What is left of a division towards zero: it has the sign of what is divided.
fn remainder(a: Expr, b: Expr) -> Result<Expr> {
    repeats(&a)?;
    repeats(&b)?;
    let m = a.clone().binary(BinaryOp::Mod, b.clone());
    let other = m.clone().ne(0).and(a.lt(0).ne(b.clone().lt(0)));
    Ok(when(other.fill(false), m.clone() - b, m))
}

/// Refuses to compute what is too large several times.
fn repeats(value: &Expr) -> Result<()> {
    let mut left = vec![value];
    let mut size = 0;
    while let Some(one) = left.pop() {
        size += 1;
        left.extend(one.children());
    }
    match size > REPEATED {
        true => Err(Error::unsupported("an expression that is too large to be used several times")
            .help("name it in a query of its own: WITH name AS (...)")),
        false => Ok(()),
    }
}

/// The regular expression of a pattern of LIKE.
fn like(pattern: &str, any_case: bool) -> String {
    let mut out = String::from(if any_case { "(?si)^" } else { "(?s)^" });
    for c in pattern.chars() {
        match c {
            '%' => out += ".*",
            '_' => out.push('.'),
            c => out += &regex::escape(c.encode_utf8(&mut [0; 4])),
        }
    }
    out + "$"
}

/// The place of an error in a query.
pub(super) fn place(query: &str) -> Place {
    Place { expr: Some(query.into()), ..Place::default() }
}
