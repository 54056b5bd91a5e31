//! Expressions from text.

use super::expr::{BinaryOp, Expr};
use super::function::{Func, check_arity, unknown};
use crate::dtype::Scalar;
use crate::error::{Error, Place, Result};
use crate::kernel::agg::Agg;

/// Reads an expression: `Age < 12 and Sex == 'male'`.
///
/// The language is close to Python: `+ - * / // % **`, comparisons that chain, `and or not`, `in [..]`, `'text'` and `"text"`, numbers,
/// `true false missing`, names (`` `a name` `` for odd ones), `time.month`, functions and aggregations.
///
/// # Errors
/// Parse, with the position and what was expected there; not found, for an unknown function; invalid, for a wrong number of arguments.
///
/// # Examples
/// ```
/// use hpda_data::{Column, DataFrame, plan::parse};
/// let df = DataFrame::new([("age", Column::from(vec![Some(36i64), None, Some(8)]))])?;
/// assert_eq!(df.eval(parse("6 < age <= 12")?)?, Column::from(vec![Some(false), None, Some(true)]));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn parse(text: &str) -> Result<Expr> {
    let inner = || {
        let mut p = Parser { tokens: tokens(text)?, at: 0, depth: 0, operators: 0 };
        let e = p.expression(0)?;
        p.end()?;
        Ok(e)
    };
    inner().map_err(|e: Error| e.at(Place { expr: Some(text.into()), ..Place::default() }))
}

/// Reads `NAME = EXPR`, as `--with` takes it.
///
/// # Errors
/// As [`parse`].
///
/// # Examples
/// ```
/// use hpda_data::plan::{parse, parse_assignment};
/// assert_eq!(parse_assignment("double = 2 * x")?, ("double".to_string(), parse("2 * x")?));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn parse_assignment(text: &str) -> Result<(String, Expr)> {
    let inner = || {
        let mut p = Parser { tokens: tokens(text)?, at: 0, depth: 0, operators: 0 };
        let name = match p.next() {
            Token::Name(n) => n,
            other => return Err(p.unexpected(&other, "a name and `=`")),
        };
        match p.next() {
            Token::Op("=") => {}
            other => return Err(p.unexpected(&other, "`=`").help("write NAME = EXPR")),
        }
        let e = p.expression(0)?;
        p.end()?;
        Ok((name, e))
    };
    inner().map_err(|e: Error| e.at(Place { expr: Some(text.into()), ..Place::default() }))
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Word(&'static str),
    Value(Scalar),
    Op(&'static str),
    End,
}

const WORDS: [&str; 9] = ["and", "or", "not", "in", "true", "false", "missing", "True", "False"];
const OPS: [&str; 26] = [
    "**", "//", "<=", ">=", "==", "!=", "<>", "&&", "||", "+", "-", "*", "/", "%", "<", ">", "(", ")", "[", "]", ",", ".", "=", "!", "&",
    "|",
];

/// Whether a name can stand without backticks.
pub(super) fn is_plain_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_') && chars.all(|c| c.is_alphanumeric() || c == '_') && !WORDS.contains(&name)
}

fn fault(position: usize, message: impl std::fmt::Display) -> Error {
    Error::parse(format!("{message} at character {}", position + 1))
}

/// Tokens with their positions in characters.
fn tokens(text: &str) -> Result<Vec<(Token, usize)>> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        let start = i;
        if c.is_whitespace() {
            i += 1;
            continue;
        }
        let token = if c.is_ascii_digit() || c == '.' && chars.get(i + 1).is_some_and(char::is_ascii_digit) {
            number(&chars, &mut i)?
        } else if c.is_alphabetic() || c == '_' {
            while chars.get(i).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
                i += 1;
            }
            // `q0.9` is one name where a call follows.
            if chars[start] == 'q' && chars[start + 1..i].iter().all(char::is_ascii_digit) && i > start + 1 && chars.get(i) == Some(&'.') {
                let mut j = i + 1;
                while chars.get(j).is_some_and(char::is_ascii_digit) {
                    j += 1;
                }
                if j > i + 1 && chars.get(j) == Some(&'(') {
                    i = j;
                }
            }
            let word: String = chars[start..i].iter().collect();
            match WORDS.iter().find(|w| **w == word) {
                Some(&"true" | &"True") => Token::Value(true.into()),
                Some(&"false" | &"False") => Token::Value(false.into()),
                Some(&"missing") => Token::Value(Scalar::Null),
                Some(w) => Token::Word(w),
                None => Token::Name(word),
            }
        } else if c == '`' {
            Token::Name(quoted(&chars, &mut i)?)
        } else if c == '\'' || c == '"' {
            Token::Value(quoted(&chars, &mut i)?.into())
        } else {
            let rest: String = chars[i..chars.len().min(i + 2)].iter().collect();
            let Some(op) = OPS.iter().find(|o| rest.starts_with(**o)) else {
                return Err(fault(i, format!("{c:?} has no meaning")));
            };
            i += op.len();
            Token::Op(op)
        };
        out.push((token, start));
    }
    out.push((Token::End, chars.len()));
    Ok(out)
}

fn number(chars: &[char], i: &mut usize) -> Result<Token> {
    let start = *i;
    let digits = |i: &mut usize| {
        while chars.get(*i).is_some_and(char::is_ascii_digit) {
            *i += 1;
        }
    };
    digits(i);
    let mut whole = true;
    // A point followed by a letter would be a part of a number, which there is not: `1.year` is refused below.
    if chars.get(*i) == Some(&'.') {
        whole = false;
        *i += 1;
        digits(i);
    }
    if matches!(chars.get(*i), Some('e' | 'E')) {
        let sign = matches!(chars.get(*i + 1), Some('+' | '-')) as usize;
        if chars.get(*i + 1 + sign).is_some_and(char::is_ascii_digit) {
            whole = false;
            *i += 1 + sign;
            digits(i);
        }
    }
    let text: String = chars[start..*i].iter().collect();
    if let Some(c) = chars.get(*i).filter(|c| c.is_alphanumeric() || **c == '_') {
        return Err(fault(*i, format!("{c:?} behind the number {text}")).help("names that begin with a digit stand in backticks"));
    }
    let value = if !whole {
        text.parse::<f64>().ok().map(Scalar::F64)
    } else {
        text.parse::<i64>().map(Scalar::I64).or_else(|_| text.parse::<u64>().map(Scalar::U64)).ok()
    };
    value.map(Token::Value).ok_or_else(|| fault(start, format!("{text} fits no integer of 64 bits")).help("write it with a point: 1e20"))
}

/// What stands between quotes. In backticks a doubled one stands for itself; in texts `\n \t \\ \' \"`.
fn quoted(chars: &[char], i: &mut usize) -> Result<String> {
    let (start, quote) = (*i, chars[*i]);
    let mut out = String::new();
    *i += 1;
    loop {
        let Some(&c) = chars.get(*i) else { return Err(fault(start, format!("no closing {quote} for the one"))) };
        *i += 1;
        if c == quote {
            if quote != '`' || chars.get(*i) != Some(&'`') {
                return Ok(out);
            }
            *i += 1;
        } else if c == '\\' && quote != '`' {
            // Other backslashes stay: regular expressions are full of them.
            let next = chars.get(*i).copied();
            let known = match next {
                Some('n') => '\n',
                Some('t') => '\t',
                Some(c @ ('\\' | '\'' | '"')) => c,
                _ => {
                    out.push('\\');
                    continue;
                }
            };
            *i += 1;
            out.push(known);
            continue;
        }
        out.push(c);
    }
}

/// Deeper nesting than this is refused, before the stack ends.
const DEEPEST: usize = 128;
/// So many operators and no more, for the same reason: `a + b + c` is as deep as it is long.
const MOST_OPERATORS: usize = 500;

struct Parser {
    tokens: Vec<(Token, usize)>,
    at: usize,
    depth: usize,
    operators: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)].0
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn skip(&mut self, op: &str) -> bool {
        let there = matches!(self.peek(), Token::Op(o) if *o == op);
        self.at += there as usize;
        there
    }

    fn expect(&mut self, op: &'static str) -> Result<()> {
        if self.skip(op) {
            return Ok(());
        }
        let found = self.next();
        Err(self.unexpected(&found, &format!("`{op}`")))
    }

    fn end(&mut self) -> Result<()> {
        match self.next() {
            Token::End => Ok(()),
            other => Err(self.unexpected(&other, "an operator or the end")),
        }
    }

    /// The error for the token that was just taken.
    fn unexpected(&self, found: &Token, wanted: &str) -> Error {
        let position = self.tokens[(self.at.max(1) - 1).min(self.tokens.len() - 1)].1;
        let shown = match found {
            Token::Name(n) => format!("the name `{n}`"),
            Token::Word(w) => format!("`{w}`"),
            Token::Value(v) => format!("the value {}", Expr::Lit(v.clone())),
            Token::Op(o) => format!("`{o}`"),
            Token::End => "the end".into(),
        };
        let e = fault(position, format!("{wanted} expected, not {shown},"));
        match found {
            Token::Op("=") => e.help("equal is `==`"),
            Token::Op("&&" | "&") => e.help("write `and`"),
            Token::Op("||" | "|") => e.help("write `or`"),
            Token::Op("!") => e.help("write `not`"),
            Token::Op("<>") => e.help("not equal is `!=`"),
            _ => e,
        }
    }

    /// Everything that binds at least so tightly.
    fn expression(&mut self, least: u8) -> Result<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Error::parse(format!("the expression is nested more than {DEEPEST} deep")));
        }
        let mut left = self.unary(least)?;
        loop {
            if let Some(op) = self.comparison(least) {
                self.count()?;
                left = self.chain(left, op)?;
                continue;
            }
            if least <= 4
                && let Some(negated) = self.in_operator()
            {
                self.count()?;
                let found = Expr::In(Box::new(left), self.list()?);
                left = if negated { Expr::Not(Box::new(found)) } else { found };
                continue;
            }
            let Some(op) = self.operator().filter(|op| op.binding() >= least) else { break };
            self.at += 1;
            self.count()?;
            // `**` binds to the right, and less tightly than a sign on its right.
            let right = if op == BinaryOp::Pow { self.expression(7)? } else { self.expression(op.binding() + 1)? };
            left = left.binary(op, right);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn count(&mut self) -> Result<()> {
        self.operators += 1;
        if self.operators <= MOST_OPERATORS {
            return Ok(());
        }
        Err(Error::parse(format!("the expression has more than {MOST_OPERATORS} operators"))
            .help("`x in [a, b, ..]` takes any number of values"))
    }

    fn operator(&self) -> Option<BinaryOp> {
        Some(match self.peek() {
            Token::Op("+") => BinaryOp::Add,
            Token::Op("-") => BinaryOp::Sub,
            Token::Op("*") => BinaryOp::Mul,
            Token::Op("/") => BinaryOp::Div,
            Token::Op("//") => BinaryOp::FloorDiv,
            Token::Op("%") => BinaryOp::Mod,
            Token::Op("**") => BinaryOp::Pow,
            Token::Word("and") => BinaryOp::And,
            Token::Word("or") => BinaryOp::Or,
            _ => return None,
        })
    }

    fn comparison(&mut self, least: u8) -> Option<BinaryOp> {
        let op = match self.peek() {
            Token::Op("<") => BinaryOp::Lt,
            Token::Op("<=") => BinaryOp::Le,
            Token::Op("==") => BinaryOp::Eq,
            Token::Op("!=") => BinaryOp::Ne,
            Token::Op(">=") => BinaryOp::Ge,
            Token::Op(">") => BinaryOp::Gt,
            _ => return None,
        };
        if least > 4 {
            return None;
        }
        self.at += 1;
        Some(op)
    }

    /// `a < b < c` is `a < b and b < c`.
    fn chain(&mut self, left: Expr, op: BinaryOp) -> Result<Expr> {
        let mut middle = self.expression(5)?;
        let mut all = left.binary(op, middle.clone());
        while let Some(op) = self.comparison(4) {
            self.count()?;
            let right = self.expression(5)?;
            all = all.and(middle.binary(op, right.clone()));
            middle = right;
        }
        Ok(all)
    }

    /// `in` or `not in`; whether it was negated.
    fn in_operator(&mut self) -> Option<bool> {
        let negated = *self.peek() == Token::Word("not");
        let next = &self.tokens[(self.at + negated as usize).min(self.tokens.len() - 1)].0;
        if *next != Token::Word("in") {
            return None;
        }
        self.at += 1 + negated as usize;
        Some(negated)
    }

    fn list(&mut self) -> Result<Vec<Expr>> {
        if !self.skip("[") {
            let found = self.next();
            return Err(self.unexpected(&found, "a list `[..]`"));
        }
        self.items("]")
    }

    /// Expressions between commas, up to the closing bracket.
    fn items(&mut self, close: &'static str) -> Result<Vec<Expr>> {
        let mut items = Vec::new();
        if self.skip(close) {
            return Ok(items);
        }
        loop {
            items.push(self.expression(0)?);
            if self.skip(",") {
                if self.skip(close) {
                    return Ok(items);
                }
                continue;
            }
            self.expect(close)?;
            return Ok(items);
        }
    }

    fn unary(&mut self, least: u8) -> Result<Expr> {
        if *self.peek() == Token::Word("not") && least <= 3 {
            self.at += 1;
            return Ok(Expr::Not(Box::new(self.expression(3)?)));
        }
        if self.skip("-") {
            let x = self.expression(7)?;
            return Ok(match x {
                Expr::Lit(Scalar::I64(v)) => Expr::Lit(Scalar::I64(-v)),
                Expr::Lit(Scalar::U64(v)) if v == i64::MIN.unsigned_abs() => Expr::Lit(Scalar::I64(i64::MIN)),
                Expr::Lit(Scalar::F64(v)) => Expr::Lit(Scalar::F64(-v)),
                x => Expr::Neg(Box::new(x)),
            });
        }
        if self.skip("+") {
            return self.expression(7);
        }
        let mut x = self.primary()?;
        while self.skip(".") {
            match self.next() {
                Token::Name(_) if matches!(&x, Expr::Part(inner, _) if matches!(**inner, Expr::Part(..))) => {
                    return Err(fault(self.tokens[self.at - 1].1, "a part of a part of a part"));
                }
                Token::Name(part) => x = x.part(part),
                other => return Err(self.unexpected(&other, "a part such as `month`")),
            }
        }
        Ok(x)
    }

    fn primary(&mut self) -> Result<Expr> {
        match self.next() {
            Token::Value(v) => Ok(Expr::Lit(v)),
            Token::Op("(") => {
                let x = self.expression(0)?;
                self.expect(")")?;
                Ok(x)
            }
            Token::Name(name) if self.skip("(") => {
                let args = self.items(")")?;
                call(&name, args)
            }
            Token::Name(name) => Ok(Expr::Col(name)),
            other => Err(self.unexpected(&other, "a value, a name or `(`")),
        }
    }
}

fn call(name: &str, args: Vec<Expr>) -> Result<Expr> {
    if let Some(func) = Func::of_name(name) {
        let (least, most) = func.arity();
        check_arity(name, args.len(), least, most)?;
        return Ok(Expr::Call(func, args));
    }
    let agg = Agg::of_name(name).ok_or_else(|| unknown(name))?;
    check_arity(name, args.len(), 1, 255)?;
    Ok(Expr::Agg(agg, args))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written on the left is Python's grouping of what is on the right.
    #[test]
    fn operators_bind_as_in_python() {
        for (text, grouped) in [
            ("1 + 2 * 3", "1 + (2 * 3)"),
            ("-2**2", "-(2**2)"),
            ("2**3**2", "2**(3**2)"),
            ("2**-1", "2**(-1)"),
            ("a - b - c", "(a - b) - c"),
            ("not a == b and c or d", "((not (a == b)) and c) or d"),
            ("1 < x <= 5", "(1 < x) and (x <= 5)"),
            ("a not in [1, 2,]", "not (a in [1, 2])"),
            ("-x.month", "-(x.month)"),
            ("a * -b", "a * (-b)"),
            ("- a * b", "(-a) * b"),
            ("a == b + 1", "a == (b + 1)"),
            ("not not a", "not (not a)"),
            ("q0.9(x) + q1(x)", "(q0.9(x)) + (q1(x))"),
            ("x.`a.b`.`and`", "(x.`a.b`).`and`"),
            ("1 .`a``b`", "(1).`a``b`"),
        ] {
            assert_eq!(parse(text).unwrap(), parse(grouped).unwrap(), "{text}");
            let e = parse(text).unwrap();
            assert_eq!(parse(&e.to_string()).unwrap(), e, "{text} written as {e}");
        }
    }

    #[test]
    fn errors_tell_where_and_what_was_expected() {
        for (text, message) in [
            ("Age <", "a value, a name or `(` expected, not the end, at character 6"),
            ("Age = 3", "an operator or the end expected, not `=`, at character 5"),
            ("(Age", "`)` expected, not the end, at character 5"),
            ("'abc", "no closing ' for the one at character 1"),
            ("a # b", "'#' has no meaning at character 3"),
            ("3abc", "'a' behind the number 3 at character 2"),
            ("x in 3", "a list `[..]` expected, not the value 3, at character 6"),
            ("sqrt(1, 2)", "\"sqrt\" takes 1 argument, 2 given"),
            ("sqrtt(1)", "function \"sqrtt\" does not exist"),
            ("a b", "an operator or the end expected, not the name `b`, at character 3"),
        ] {
            assert_eq!(parse(text).unwrap_err().message(), message, "{text}");
        }
        assert_eq!(parse("a && b").unwrap_err().remedy(), Some("write `and`"));
        assert!(parse(&"(".repeat(100_000)).is_err());
        assert!(parse(&"-".repeat(100_000)).is_err());
        assert!(parse(&"not ".repeat(100_000)).is_err());
        assert!(parse(&"1+".repeat(100_000)).is_err());
        assert!(parse(&format!("x{}", ".y".repeat(100_000))).is_err());
    }

    #[test]
    fn assignment_gives_name_and_expression() {
        let (name, e) = parse_assignment("`the sum` = a + b").unwrap();
        assert_eq!((name.as_str(), e.to_string().as_str()), ("the sum", "a + b"));
        assert!(parse_assignment("a == b").is_err());
    }

    #[test]
    fn numbers_and_texts_are_read_exactly() {
        let value = |t: &str| match parse(t).unwrap() {
            Expr::Lit(v) => v,
            e => panic!("{e}"),
        };
        assert_eq!(value("-9223372036854775808"), Scalar::I64(i64::MIN));
        assert_eq!(value("18446744073709551615"), Scalar::U64(u64::MAX));
        assert_eq!(value(".5e1"), Scalar::F64(5.0));
        assert_eq!(value("1."), Scalar::F64(1.0));
        assert_eq!(value(r"'it\'s \d'"), Scalar::from(r"it's \d"));
        assert_eq!(value("\"it's\""), Scalar::from("it's"));
        assert!(parse("99999999999999999999").is_err());
    }
}
