//! Values and conditions.

use super::super::syntax::{Call, REPEATED, Sql};
use super::query::said;
use super::{Reader, no, none_of};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::plan::BinaryOp;
use sqlparser::ast::{self, Expr, FunctionArguments, Spanned, Value};

impl Reader<'_> {
    pub(super) fn value(&self, value: &Expr) -> Result<Sql> {
        self.deeper(|| value.span().start, || self.chain(value))
    }

    /// `a + b + c`, which leans to the left and is as long as there may be operators, however deep values may be.
    fn chain(&self, value: &Expr) -> Result<Sql> {
        let (mut first, mut rest) = (value, Vec::new());
        while let Expr::BinaryOp { left, op, right } = first {
            rest.push((op, right));
            first = left;
        }
        let mut found = self.operand(first)?;
        for (op, right) in rest.into_iter().rev() {
            let (left, right) = (Box::new(found), Box::new(self.value(right)?));
            found = match binary(op)? {
                Some(op) => Sql::Binary(op, left, right),
                None => Sql::Chain(left, right),
            };
        }
        Ok(found)
    }

    fn boxed(&self, value: &Expr) -> Result<Box<Sql>> {
        Ok(Box::new(self.value(value)?))
    }

    /// What stands before an operator.
    fn left(&self, value: &Expr) -> Result<Box<Sql>> {
        Ok(Box::new(self.chain(value)?))
    }

    fn values<'a>(&self, values: impl IntoIterator<Item = &'a Expr>) -> Result<Vec<Sql>> {
        values.into_iter().map(|v| self.value(v)).collect()
    }

    fn operand(&self, value: &Expr) -> Result<Sql> {
        Ok(match value {
            Expr::Nested(inner) => self.value(inner)?,
            Expr::Value(value) => Sql::Value(self.scalar(value)?),
            Expr::Identifier(name) => Sql::Name(None, self.name(name, "a value")?),
            Expr::CompoundIdentifier(parts) => match &parts[..] {
                [table, column] => Sql::Name(Some(self.name(table, "a value")?), self.name(column, "a column")?),
                _ => return Err(no(&format!("the name {value} of several parts")).help("names with points stand in double quotes")),
            },
            Expr::UnaryOp { op, expr } => self.unary(*op, expr)?,
            Expr::IsNull(x) => Sql::IsNull(self.left(x)?),
            Expr::IsNotNull(x) => not(Sql::IsNull(self.left(x)?)),
            Expr::IsTrue(x) => or_false(self.chain(x)?),
            Expr::IsNotTrue(x) => not(or_false(self.chain(x)?)),
            Expr::IsFalse(x) => or_false(not(self.chain(x)?)),
            Expr::IsNotFalse(x) => not(or_false(not(self.chain(x)?))),
            Expr::InList { expr, list, negated } => negated_if(*negated, Sql::In(self.left(expr)?, self.values(list)?)),
            Expr::InSubquery { expr, subquery, negated } => {
                negated_if(*negated, Sql::InQuery(self.left(expr)?, Box::new(self.query(subquery)?)))
            }
            Expr::Between { expr, negated, low, high } => {
                let x = self.repeated(self.chain(expr)?, expr)?;
                let from = Sql::Binary(BinaryOp::Ge, Box::new(x.clone()), self.boxed(low)?);
                let to = Sql::Binary(BinaryOp::Le, Box::new(x), self.boxed(high)?);
                negated_if(*negated, Sql::Binary(BinaryOp::And, Box::new(from), Box::new(to)))
            }
            Expr::Like { negated, any, expr, pattern, escape_char } => {
                self.like(*any, escape_char.is_some())?;
                negated_if(*negated, Sql::Like(self.left(expr)?, self.boxed(pattern)?, false))
            }
            Expr::ILike { negated, any, expr, pattern, escape_char } => {
                self.like(*any, escape_char.is_some())?;
                negated_if(*negated, Sql::Like(self.left(expr)?, self.boxed(pattern)?, true))
            }
            Expr::Case { case_token: _, end_token: _, operand, conditions, else_result } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())?
            }
            Expr::Cast { kind, expr, data_type, format } => {
                none_of([(matches!(kind, ast::CastKind::TryCast | ast::CastKind::SafeCast), "TRY_CAST"), (format.is_some(), "FORMAT")])?;
                Sql::Cast(self.left(expr)?, data_type.to_string().to_lowercase())
            }
            // `DATE '2020-01-31'`
            Expr::TypedString(ast::TypedString { data_type, value, uses_odbc_syntax }) => {
                none_of([(*uses_odbc_syntax, "{ }")])?;
                Sql::Cast(Box::new(Sql::Value(self.scalar(value)?)), data_type.to_string().to_lowercase())
            }
            _ => self.called(value)?,
        })
    }

    /// Calls, of which many have a syntax of their own, and what is refused.
    fn called(&self, value: &Expr) -> Result<Sql> {
        match value {
            Expr::Function(function) => self.function(function),
            Expr::Extract { field, syntax: ast::ExtractSyntax::From, expr } => {
                Ok(call("date_part", vec![Sql::Value(field.to_string().as_str().into()), self.value(expr)?]))
            }
            Expr::Ceil { expr, field } => self.rounded("ceil", expr, field),
            Expr::Floor { expr, field } => self.rounded("floor", expr, field),
            Expr::Position { expr, r#in } => Ok(call("strpos", vec![self.value(r#in)?, self.value(expr)?])),
            Expr::Substring { expr, substring_from, substring_for, special: _, shorthand } => {
                let mut args = vec![self.value(expr)?];
                match (substring_from, substring_for) {
                    (None, None) => {}
                    (None, Some(long)) => args.extend([Sql::Value(1i64.into()), self.value(long)?]),
                    (Some(from), long) => {
                        args.push(self.value(from)?);
                        args.extend(long.as_ref().map(|l| self.value(l)).transpose()?);
                    }
                }
                Ok(call(if *shorthand { "substr" } else { "substring" }, args))
            }
            Expr::Trim { trim_where, trim_what, expr, trim_characters } => {
                none_of([(trim_where.is_some() || trim_what.is_some(), "TRIM of a side or of letters")])?;
                let letters = trim_characters.iter().flatten();
                Ok(call("trim", self.values(std::iter::once(&**expr).chain(letters))?))
            }
            Expr::Subquery(_) => Err(no("a query as a value")),
            Expr::Exists { .. } => Err(no("EXISTS")),
            Expr::Rollup(_) => Err(no("ROLLUP")),
            Expr::Cube(_) => Err(no("CUBE")),
            Expr::GroupingSets(_) => Err(no("GROUPING SETS")),
            Expr::Tuple(_) => Err(no("a row of several values")),
            Expr::IsUnknown(_) | Expr::IsNotUnknown(_) => Err(no("IS UNKNOWN").help("IS NULL")),
            Expr::IsDistinctFrom(..) | Expr::IsNotDistinctFrom(..) => Err(no("IS DISTINCT FROM")),
            Expr::AtTimeZone { .. } => Err(no("AT TIME ZONE")),
            Expr::SimilarTo { .. } => Err(no("SIMILAR TO").help("regexp_matches(text, pattern)")),
            Expr::RLike { .. } => Err(no("RLIKE").help("regexp_matches(text, pattern)")),
            Expr::AnyOp { .. } => Err(no("ANY")),
            Expr::AllOp { .. } => Err(no("ALL")),
            other => Err(no(&said(other))),
        }
    }

    fn like(&self, any: bool, escape: bool) -> Result<()> {
        none_of([(any, "LIKE ANY"), (escape, "ESCAPE")])
    }

    fn unary(&self, op: ast::UnaryOperator, x: &Expr) -> Result<Sql> {
        let x = self.value(x)?;
        Ok(match op {
            ast::UnaryOperator::Plus => x,
            ast::UnaryOperator::Not => not(x),
            ast::UnaryOperator::Minus => match x {
                Sql::Value(Scalar::I64(x)) if x != i64::MIN => Sql::Value(Scalar::I64(-x)),
                Sql::Value(Scalar::U64(x)) if x == i64::MIN.unsigned_abs() => Sql::Value(Scalar::I64(i64::MIN)),
                Sql::Value(Scalar::F64(x)) => Sql::Value(Scalar::F64(-x)),
                other => Sql::Neg(Box::new(other)),
            },
            other => return Err(no(&format!("the operator {other}"))),
        })
    }

    /// What is to be written out several times, and so may not be large.
    fn repeated(&self, found: Sql, value: &Expr) -> Result<Sql> {
        if found.size() > REPEATED {
            return Err(self
                .words
                .fault(value.span().start, "what is compared is too long")
                .help("name it in a query of its own: WITH name AS (...)"));
        }
        Ok(found)
    }

    fn case(&self, operand: Option<&Expr>, conditions: &[ast::CaseWhen], other: Option<&Expr>) -> Result<Sql> {
        let of = operand.map(|of| self.repeated(self.value(of)?, of)).transpose()?;
        let mut whens = Vec::new();
        for ast::CaseWhen { condition, result } in conditions {
            let when = self.value(condition)?;
            let when = match &of {
                Some(of) => Sql::Binary(BinaryOp::Eq, Box::new(of.clone()), Box::new(when)),
                None => when,
            };
            whens.push((when, self.value(result)?));
        }
        Ok(Sql::Case(whens, other.map(|o| self.boxed(o)).transpose()?))
    }

    fn rounded(&self, name: &str, x: &Expr, field: &ast::CeilFloorKind) -> Result<Sql> {
        let mut args = vec![self.value(x)?];
        match field {
            ast::CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime) => {}
            ast::CeilFloorKind::DateTimeField(_) => return Err(no(&format!("{name} TO"))),
            ast::CeilFloorKind::Scale(digits) => args.push(Sql::Value(self.scalar(digits)?)),
        }
        Ok(call(name, args))
    }

    fn function(&self, function: &ast::Function) -> Result<Sql> {
        let ast::Function { name, uses_odbc_syntax, parameters, args, within_group, filter, null_treatment, over } = function;
        none_of([
            (over.is_some(), "OVER"),
            (*uses_odbc_syntax, "{ }"),
            (!matches!(parameters, FunctionArguments::None), "a second pair of brackets"),
            (!within_group.is_empty(), "WITHIN GROUP"),
            (null_treatment.is_some(), "IGNORE NULLS"),
        ])?;
        let mut call = Call::of(self.one_name(name, "a value")?.to_lowercase(), Vec::new());
        call.filter = filter.as_deref().map(|f| self.boxed(f)).transpose()?;
        let ast::FunctionArgumentList { duplicate_treatment, args, clauses } = match args {
            FunctionArguments::None => return Ok(Sql::Call(call)),
            FunctionArguments::Subquery(_) => return Err(no("a query as a value")),
            FunctionArguments::List(list) => list,
        };
        if let Some(clause) = clauses.first() {
            return Err(no(&format!("{clause} inside brackets")));
        }
        call.distinct = matches!(duplicate_treatment, Some(ast::DuplicateTreatment::Distinct));
        for arg in args {
            match arg {
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(value)) => call.args.push(self.value(value)?),
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Wildcard) if args.len() == 1 && duplicate_treatment.is_none() => {
                    call.star = true
                }
                ast::FunctionArg::Unnamed(_) => return Err(no("* beside other words in brackets").help("count(*) counts rows")),
                ast::FunctionArg::Named { .. } | ast::FunctionArg::ExprNamed { .. } => return Err(no("a name of an argument")),
            }
        }
        Ok(Sql::Call(call))
    }

    fn scalar(&self, value: &ast::ValueWithSpan) -> Result<Scalar> {
        let ast::ValueWithSpan { value, span } = value;
        let found = match value {
            Value::Number(text, false) => number(text),
            Value::SingleQuotedString(text) => Some(text.as_str().into()),
            Value::Boolean(b) => Some((*b).into()),
            Value::Null => Some(Scalar::Null),
            other => return Err(no(&said(other))),
        };
        found.ok_or_else(|| self.words.fault(span.start, "no number that can be read"))
    }
}

fn not(x: Sql) -> Sql {
    Sql::Not(Box::new(x))
}

fn negated_if(negated: bool, x: Sql) -> Sql {
    if negated { not(x) } else { x }
}

fn call(name: &str, args: Vec<Sql>) -> Sql {
    Sql::Call(Call::of(name, args))
}

/// A condition, and false where it is not known.
fn or_false(x: Sql) -> Sql {
    call("coalesce", vec![x, Sql::Value(false.into())])
}

/// What an operator means; none for the one that chains texts.
fn binary(op: &ast::BinaryOperator) -> Result<Option<BinaryOp>> {
    use ast::BinaryOperator as B;
    Ok(Some(match op {
        B::StringConcat => return Ok(None),
        B::Or => BinaryOp::Or,
        B::And => BinaryOp::And,
        B::Eq => BinaryOp::Eq,
        B::NotEq => BinaryOp::Ne,
        B::Lt => BinaryOp::Lt,
        B::LtEq => BinaryOp::Le,
        B::Gt => BinaryOp::Gt,
        B::GtEq => BinaryOp::Ge,
        B::Plus => BinaryOp::Add,
        B::Minus => BinaryOp::Sub,
        B::Multiply => BinaryOp::Mul,
        B::Divide => BinaryOp::Div,
        B::Modulo => BinaryOp::Mod,
        other => return Err(no(&format!("the operator {other}"))),
    }))
}

/// Whole numbers as such, as far as they fit 64 bits.
fn number(text: &str) -> Option<Scalar> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().map(Scalar::I64).or_else(|_| text.parse().map(Scalar::U64)).ok();
    }
    text.parse().ok().map(Scalar::F64)
}
