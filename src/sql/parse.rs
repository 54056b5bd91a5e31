//! A query from text.

use super::syntax::{Call, From, Item, On, Query, Select, Sql, Table};
use super::tokens::{Token, fault, tokens};
use crate::dtype::Scalar;
use crate::error::{Error, Result};
use crate::plan::{BinaryOp, JoinHow};

/// So deep may brackets and queries be nested.
const DEEPEST: usize = 60;
/// So many operators and no more may a query have, those of queries inside it aside: `a + b + c` is as deep as it is long.
const MOST_OPERATORS: usize = 200;
/// So many words may a query have.
const LONGEST: usize = 4000;
/// So large may an expression be that stands once in a query and several times in what it means.
pub(super) const REPEATED: usize = 200;

pub(super) fn parse(text: &str) -> Result<Query> {
    let mut p = Parser { text, tokens: tokens(text)?, at: 0, depth: 0, operators: 0 };
    if p.tokens.len() > LONGEST {
        return Err(fault(text, p.tokens[LONGEST].1, format!("a query of more than {LONGEST} words")));
    }
    let query = p.query()?;
    p.sign(";");
    match p.peek() {
        Token::End => Ok(query),
        _ => Err(p.unexpected("the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Token, usize, usize)>,
    at: usize,
    depth: usize,
    operators: usize,
}

/// Words that end what stands before them, and so are no names without quotes.
const RESERVED: [&str; 41] = [
    "select",
    "from",
    "where",
    "group",
    "having",
    "order",
    "limit",
    "offset",
    "union",
    "intersect",
    "except",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "outer",
    "cross",
    "natural",
    "semi",
    "anti",
    "on",
    "using",
    "as",
    "and",
    "or",
    "not",
    "in",
    "is",
    "null",
    "like",
    "ilike",
    "between",
    "case",
    "when",
    "then",
    "else",
    "end",
    "distinct",
    "asc",
    "desc",
];

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)].0
    }

    fn ahead(&self, n: usize) -> &Token {
        &self.tokens[(self.at + n).min(self.tokens.len() - 1)].0
    }

    fn unexpected(&self, wanted: &str) -> Error {
        let found = match self.peek() {
            Token::End => "the end".to_string(),
            Token::Word(w) | Token::Quoted(w) => format!("{w:?}"),
            Token::Value(v) => format!("{v}"),
            Token::Sign(s) => format!("`{s}`"),
        };
        let place = self.tokens[self.at.min(self.tokens.len() - 1)].1;
        let e = fault(self.text, place, format!("{wanted} was expected, and {found} stands"));
        match self.peek() {
            Token::Word(w) if ["union", "intersect", "except"].contains(&w.to_lowercase().as_str()) => {
                e.help("one SELECT is run at a time; `hpda-data concat` puts tables one below the other")
            }
            Token::Word(w) if w.eq_ignore_ascii_case("over") => {
                e.help("there are no windows in queries; `hpda-data rolling` and `groupby --transform` have them")
            }
            Token::Word(w) if RESERVED.contains(&w.to_lowercase().as_str()) => e.help("a column of such a name stands in double quotes"),
            _ => e,
        }
    }

    /// Takes this keyword, if it stands here.
    fn word(&mut self, word: &str) -> bool {
        let there = matches!(self.peek(), Token::Word(w) if w.eq_ignore_ascii_case(word));
        self.at += there as usize;
        there
    }

    fn words(&mut self, first: &str, second: &str) -> bool {
        let there = matches!(self.peek(), Token::Word(w) if w.eq_ignore_ascii_case(first))
            && matches!(self.ahead(1), Token::Word(w) if w.eq_ignore_ascii_case(second));
        self.at += 2 * there as usize;
        there
    }

    fn sign(&mut self, sign: &str) -> bool {
        let there = matches!(self.peek(), Token::Sign(s) if *s == sign);
        self.at += there as usize;
        there
    }

    fn needs_word(&mut self, word: &str) -> Result<()> {
        if self.word(word) { Ok(()) } else { Err(self.unexpected(&word.to_uppercase())) }
    }

    fn needs(&mut self, sign: &str) -> Result<()> {
        if self.sign(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn is_name(&self) -> bool {
        match self.peek() {
            Token::Quoted(_) => true,
            Token::Word(w) => !RESERVED.contains(&w.to_lowercase().as_str()),
            _ => false,
        }
    }

    fn name(&mut self, what: &str) -> Result<String> {
        let name = match self.peek() {
            Token::Quoted(w) | Token::Word(w) if self.is_name() => w.clone(),
            _ => return Err(self.unexpected(what)),
        };
        self.at += 1;
        Ok(name)
    }

    /// `AS name`, or a name by itself.
    fn alias(&mut self) -> Result<Option<String>> {
        if self.word("as") || self.is_name() { self.name("a name").map(Some) } else { Ok(None) }
    }

    fn deeper<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(fault(self.text, self.tokens[self.at].1, format!("more than {DEEPEST} brackets inside each other")));
        }
        let found = f(self);
        self.depth -= 1;
        found
    }

    /// Counts an operator.
    fn operator(&mut self) -> Result<()> {
        self.operators += 1;
        match self.operators > MOST_OPERATORS {
            true => Err(fault(self.text, self.tokens[self.at].1, format!("more than {MOST_OPERATORS} operators"))
                .help("x IN (..) stands for many comparisons; parts stand in queries of their own: WITH name AS (...)")),
            false => Ok(()),
        }
    }

    /// Refuses to write out what is too large several times.
    fn repeats(&self, value: &Sql) -> Result<()> {
        if value.size() > REPEATED {
            return Err(fault(self.text, self.tokens[self.at].1, "what is compared here is too long")
                .help("name it in a query of its own: WITH name AS (...)"));
        }
        Ok(())
    }

    fn several<T>(&mut self, mut one: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut all = vec![one(self)?];
        while self.sign(",") {
            all.push(one(self)?);
        }
        Ok(all)
    }

    fn query(&mut self) -> Result<Query> {
        self.deeper(|p| {
            let outside = std::mem::take(&mut p.operators);
            let mut query = Query::default();
            if p.word("with") {
                query.with = p.several(|p| {
                    let name = p.name("a name")?;
                    p.needs_word("as")?;
                    p.needs("(")?;
                    let inner = p.query()?;
                    p.needs(")")?;
                    Ok((name, inner))
                })?;
            }
            query.select = p.select()?;
            if p.words("order", "by") {
                query.order = p.several(Self::order)?;
            }
            if p.word("limit") {
                query.limit = Some(p.count()?);
            }
            if p.word("offset") {
                query.offset = p.count()?;
            }
            p.operators = outside;
            Ok(query)
        })
    }

    fn order(&mut self) -> Result<(Sql, bool)> {
        let by = self.expression(0)?;
        let down = !self.word("asc") && self.word("desc");
        if self.word("nulls") && !self.word("last") {
            return Err(self.unexpected("LAST").help("missing values come last in every order"));
        }
        Ok((by, down))
    }

    fn count(&mut self) -> Result<u64> {
        let Token::Value(Scalar::I64(n)) = *self.peek() else { return Err(self.unexpected("a whole number")) };
        self.at += 1;
        Ok(n.unsigned_abs())
    }

    fn select(&mut self) -> Result<Select> {
        self.needs_word("select")?;
        let mut select = Select { distinct: self.word("distinct"), ..Select::default() };
        select.items = self.several(Self::item)?;
        if self.word("from") {
            select.from = Some(self.from()?);
        }
        if self.word("where") {
            select.filter = Some(self.expression(0)?);
        }
        if self.words("group", "by") {
            select.group = self.several(|p| p.expression(0))?;
        }
        if self.word("having") {
            select.having = Some(self.expression(0)?);
        }
        Ok(select)
    }

    fn item(&mut self) -> Result<Item> {
        if self.sign("*") {
            return Ok(Item::Star(None));
        }
        if self.is_name() && *self.ahead(1) == Token::Sign(".") && *self.ahead(2) == Token::Sign("*") {
            let table = self.name("a table")?;
            self.at += 2;
            return Ok(Item::Star(Some(table)));
        }
        let start = self.tokens[self.at].1;
        let value = self.expression(0)?;
        let text = self.text[start..self.tokens[self.at.saturating_sub(1)].2].split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Item::Value(value, self.alias()?, text))
    }

    fn from(&mut self) -> Result<From> {
        let first = self.table()?;
        let mut joins = Vec::new();
        loop {
            if self.sign(",") {
                joins.push((JoinHow::Inner, self.table()?, On::Nothing));
                continue;
            }
            let kinds = [
                ("inner", JoinHow::Inner),
                ("left", JoinHow::Left),
                ("right", JoinHow::Right),
                ("full", JoinHow::Outer),
                ("cross", JoinHow::Cross),
                ("semi", JoinHow::Semi),
                ("anti", JoinHow::Anti),
            ];
            let said = kinds.into_iter().find(|(word, _)| self.word(word)).map(|k| k.1);
            if said.is_some_and(|k| matches!(k, JoinHow::Left | JoinHow::Right | JoinHow::Outer)) {
                self.word("outer");
            }
            if !self.word("join") {
                if said.is_some() {
                    return Err(self.unexpected("JOIN"));
                }
                return Ok(From { first, joins });
            }
            let how = said.unwrap_or(JoinHow::Inner);
            let table = self.table()?;
            let on = if how == JoinHow::Cross {
                On::Nothing
            } else if self.word("using") {
                self.needs("(")?;
                let names = self.several(|p| p.name("a column"))?;
                self.needs(")")?;
                On::Using(names)
            } else {
                self.needs_word("on")?;
                On::Condition(self.expression(0)?)
            };
            joins.push((how, table, on));
        }
    }

    fn table(&mut self) -> Result<Table> {
        if self.sign("(") {
            let query = self.query()?;
            self.needs(")")?;
            return Ok(Table::Query(Box::new(query), self.alias()?));
        }
        // Files stand in quotes of either kind.
        if let Token::Value(Scalar::Str(file)) = self.peek() {
            let file = file.to_string();
            self.at += 1;
            return Ok(Table::Named(file, self.alias()?));
        }
        let name = self.name("a table")?;
        Ok(Table::Named(name, self.alias()?))
    }

    /// Operators that bind more tightly than `least`.
    fn expression(&mut self, least: u8) -> Result<Sql> {
        self.deeper(|p| {
            let mut left = p.prefix()?;
            while let Some(next) = p.infix(&left, least)? {
                left = next;
                p.operator()?;
            }
            Ok(left)
        })
    }

    fn prefix(&mut self) -> Result<Sql> {
        if self.word("not") {
            return Ok(Sql::Not(Box::new(self.expression(2)?)));
        }
        if self.sign("-") {
            return Ok(match self.expression(7)? {
                Sql::Value(Scalar::I64(x)) => Sql::Value(Scalar::I64(x.wrapping_neg())),
                Sql::Value(Scalar::F64(x)) => Sql::Value(Scalar::F64(-x)),
                other => Sql::Neg(Box::new(other)),
            });
        }
        if self.sign("+") {
            return self.expression(7);
        }
        self.operand()
    }

    /// What stands behind an operand, if it binds more tightly.
    fn infix(&mut self, left: &Sql, least: u8) -> Result<Option<Sql>> {
        use BinaryOp::*;
        let left = || Box::new(left.clone());
        let binds = |binding: u8| binding > least;
        if let Token::Word(word) = self.peek() {
            let word = word.to_lowercase();
            let negated = word == "not";
            let verb = match (negated, self.ahead(1)) {
                (true, Token::Word(next)) => next.to_lowercase(),
                _ => word.clone(),
            };
            let found = match verb.as_str() {
                "or" if binds(1) => {
                    self.at += 1;
                    return Ok(Some(Sql::Binary(Or, left(), Box::new(self.expression(1)?))));
                }
                "and" if binds(2) && !negated => {
                    self.at += 1;
                    // As tightly as NOT, which stands above AND.
                    return Ok(Some(Sql::Binary(And, left(), Box::new(self.expression(2)?))));
                }
                "is" if binds(4) && !negated => {
                    self.at += 1;
                    let not = self.word("not");
                    let surely = |x: Sql| Sql::Call(Call::of("coalesce", vec![x, Sql::Value(false.into())]));
                    let found = if self.word("null") {
                        Sql::IsNull(left())
                    } else if self.word("true") {
                        surely(*left())
                    } else if self.word("false") {
                        surely(Sql::Not(left()))
                    } else {
                        return Err(self.unexpected("NULL"));
                    };
                    return Ok(Some(if not { Sql::Not(Box::new(found)) } else { found }));
                }
                "in" if binds(4) => {
                    self.at += 1 + negated as usize;
                    self.needs("(")?;
                    let is_query =
                        matches!(self.peek(), Token::Word(w) if w.eq_ignore_ascii_case("select") || w.eq_ignore_ascii_case("with"));
                    let found = if is_query {
                        Sql::InQuery(left(), Box::new(self.query()?))
                    } else {
                        Sql::In(left(), self.several(|p| p.expression(0))?)
                    };
                    self.needs(")")?;
                    found
                }
                "like" | "ilike" if binds(4) => {
                    self.at += 1 + negated as usize;
                    Sql::Like(left(), Box::new(self.expression(4)?), verb == "ilike")
                }
                "between" if binds(4) => {
                    self.at += 1 + negated as usize;
                    self.repeats(&left())?;
                    let low = self.expression(4)?;
                    self.needs_word("and")?;
                    let high = self.expression(4)?;
                    let (from, to) = (Sql::Binary(Ge, left(), Box::new(low)), Sql::Binary(Le, left(), Box::new(high)));
                    Sql::Binary(And, Box::new(from), Box::new(to))
                }
                _ => return Ok(None),
            };
            return Ok(Some(if negated { Sql::Not(Box::new(found)) } else { found }));
        }
        let Token::Sign(sign) = *self.peek() else { return Ok(None) };
        let (op, binding) = match sign {
            "=" | "==" => (Eq, 4),
            "<>" | "!=" => (Ne, 4),
            "<" => (Lt, 4),
            "<=" => (Le, 4),
            ">" => (Gt, 4),
            ">=" => (Ge, 4),
            "+" => (Add, 5),
            "-" => (Sub, 5),
            "*" => (Mul, 6),
            "/" => (Div, 6),
            "%" => (Mod, 6),
            "||" if binds(5) => {
                self.at += 1;
                return Ok(Some(Sql::Chain(left(), Box::new(self.expression(5)?))));
            }
            "::" if binds(8) => {
                self.at += 1;
                return Ok(Some(Sql::Cast(left(), self.name("a type")?.to_lowercase())));
            }
            _ => return Ok(None),
        };
        if !binds(binding) {
            return Ok(None);
        }
        self.at += 1;
        Ok(Some(Sql::Binary(op, left(), Box::new(self.expression(binding)?))))
    }

    fn operand(&mut self) -> Result<Sql> {
        if let Token::Value(value) = self.peek().clone() {
            self.at += 1;
            return Ok(Sql::Value(value));
        }
        if self.sign("(") {
            if matches!(self.peek(), Token::Word(w) if w.eq_ignore_ascii_case("select")) {
                return Err(self.unexpected("an expression").help("a query stands in FROM, or behind IN"));
            }
            let inner = self.expression(0)?;
            self.needs(")")?;
            return Ok(inner);
        }
        for (word, value) in [("null", Scalar::Null), ("true", true.into()), ("false", false.into())] {
            if self.word(word) {
                return Ok(Sql::Value(value));
            }
        }
        if self.word("case") {
            return self.case();
        }
        // `DATE '2020-01-31'`.
        if let (Token::Word(kind), Token::Value(value @ Scalar::Str(_))) = (self.peek().clone(), self.ahead(1).clone())
            && ["date", "timestamp", "datetime"].contains(&kind.to_lowercase().as_str())
        {
            self.at += 2;
            return Ok(Sql::Cast(Box::new(Sql::Value(value)), kind.to_lowercase()));
        }
        let quoted = matches!(self.peek(), Token::Quoted(_));
        let name = self.name("a value")?;
        if !quoted && self.sign("(") {
            return self.call(name.to_lowercase());
        }
        if self.sign(".") {
            return Ok(Sql::Name(Some(name), self.name("a column")?));
        }
        Ok(Sql::Name(None, name))
    }

    fn case(&mut self) -> Result<Sql> {
        let of = if matches!(self.peek(), Token::Word(w) if w.eq_ignore_ascii_case("when")) { None } else { Some(self.expression(0)?) };
        of.iter().try_for_each(|of| self.repeats(of))?;
        let mut whens = Vec::new();
        while self.word("when") {
            self.operator()?;
            let when = self.expression(0)?;
            let when = match &of {
                Some(of) => Sql::Binary(BinaryOp::Eq, Box::new(of.clone()), Box::new(when)),
                None => when,
            };
            self.needs_word("then")?;
            whens.push((when, self.expression(0)?));
        }
        if whens.is_empty() {
            return Err(self.unexpected("WHEN"));
        }
        let other = if self.word("else") { Some(Box::new(self.expression(0)?)) } else { None };
        self.needs_word("end")?;
        Ok(Sql::Case(whens, other))
    }

    /// A call behind its opening bracket.
    fn call(&mut self, name: String) -> Result<Sql> {
        if name == "cast" {
            let value = self.expression(0)?;
            self.needs_word("as")?;
            let kind = self.name("a type")?.to_lowercase();
            self.needs(")")?;
            return Ok(Sql::Cast(Box::new(value), kind));
        }
        if name == "extract" {
            let part = self.name("a part of a time")?;
            self.needs_word("from")?;
            let of = self.expression(0)?;
            self.needs(")")?;
            let args = vec![Sql::Value(part.as_str().into()), of];
            return Ok(Sql::Call(Call::of("date_part", args)));
        }
        let mut call = Call { star: self.sign("*"), ..Call::of(name, Vec::new()) };
        if !call.star && !matches!(self.peek(), Token::Sign(")")) {
            call.distinct = self.word("distinct");
            call.args = self.several(|p| p.expression(0))?;
        }
        self.needs(")")?;
        if self.word("filter") {
            self.needs("(")?;
            self.needs_word("where")?;
            call.filter = Some(Box::new(self.expression(0)?));
            self.needs(")")?;
        }
        if matches!(self.peek(), Token::Word(w) if w.eq_ignore_ascii_case("over")) {
            return Err(self.unexpected("no window"));
        }
        Ok(Sql::Call(call))
    }
}
