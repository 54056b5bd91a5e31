//! The words of a query, where they stand, and how much of everything there may be.

use super::faults::{byte, fault, lower};
use super::language::Language;
use crate::error::{Error, Result};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// So deep may brackets and queries be nested.
pub(super) const DEEPEST: usize = 60;
/// So many operators and no more may a query have, those of queries inside it aside: `a + b + c` is as deep as it is long.
const MOST_OPERATORS: usize = 200;
/// So many words may a query have.
const LONGEST: usize = 4000;

/// Words that are no names without quotes: each begins or ends something.
pub(super) const RESERVED: [&str; 34] = [
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
    "cross",
    "natural",
    "on",
    "using",
    "as",
    "and",
    "or",
    "not",
    "in",
    "is",
    "like",
    "ilike",
    "between",
    "case",
    "when",
    "then",
    "else",
    "end",
];

/// Words between two values, and those that chain queries. NOT and the AND of BETWEEN are not counted with them.
const OPERATORS: [&str; 21] = [
    "and",
    "or",
    "is",
    "in",
    "like",
    "ilike",
    "between",
    "when",
    "div",
    "xor",
    "rlike",
    "regexp",
    "match",
    "glob",
    "similar",
    "member",
    "overlaps",
    "operator",
    "union",
    "intersect",
    "except",
];

/// Where SELECT has no more items.
const BEHIND_ITEMS: [&str; 7] = ["from", "where", "group", "having", "order", "limit", "offset"];

pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|r| r.eq_ignore_ascii_case(word))
}

/// A token, and where it begins and ends, in bytes.
pub(super) struct Word {
    pub(super) token: TokenWithSpan,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Word {
    /// Whether it is one of these keywords.
    pub(super) fn is_one_of(&self, words: &[&str]) -> bool {
        matches!(&self.token.token, Token::Word(w) if w.quote_style.is_none() && words.iter().any(|k| k.eq_ignore_ascii_case(&w.value)))
    }

    /// Whether a value may end here, so that what follows is an operator.
    fn ends_value(&self) -> bool {
        match &self.token.token {
            Token::Word(_) => !self.is_one_of(&RESERVED) || self.is_one_of(&["end"]),
            Token::Number(..) | Token::SingleQuotedString(_) | Token::RParen => true,
            _ => false,
        }
    }
}

pub(super) struct Words<'a> {
    pub(super) text: &'a str,
    pub(super) words: Vec<Word>,
}

impl<'a> Words<'a> {
    /// # Errors
    /// Parse, for what is no word, and for too many of them or of what they make.
    pub(super) fn of(text: &'a str) -> Result<Words<'a>> {
        let tokens = Tokenizer::new(&Language, text).tokenize_with_location().map_err(|e| match byte(text, e.location) {
            at if text[at..].starts_with(['\'', '"', '`']) => fault(text, at, format!("no closing {} for the one", &text[at..=at])),
            _ if e.message.contains("comment") => Error::parse("no end of the comment at the end"),
            at => fault(text, at, lower(&e.message)),
        })?;
        let mut at = (Location { line: 1, column: 1 }, 0);
        let mut letters = text.chars();
        let mut forth = |to: Location| {
            while (at.0.line, at.0.column) < (to.line, to.column)
                && let Some(c) = letters.next()
            {
                at.0 = if c == '\n' { Location { line: at.0.line + 1, column: 1 } } else { Location { column: at.0.column + 1, ..at.0 } };
                at.1 += c.len_utf8();
            }
            at.1
        };
        let words = tokens.into_iter().filter(|t| !matches!(t.token, Token::Whitespace(_) | Token::EOF));
        let words = words.map(|token| Word { start: forth(token.span.start), end: forth(token.span.end), token }).collect();
        let words = Words { text, words };
        words.check()?;
        Ok(words)
    }

    pub(super) fn tokens(&self) -> Vec<TokenWithSpan> {
        self.words.iter().map(|w| w.token.clone()).collect()
    }

    /// Refuses words that mean nothing here, and more than can be read without a deep stack.
    fn check(&self) -> Result<()> {
        if let Some(first) = self.words.get(LONGEST) {
            return Err(fault(self.text, first.start, format!("a query of more than {LONGEST} words")));
        }
        if self.words.first().is_none_or(|w| !w.is_one_of(&["select", "with"])) {
            return Err(self.unexpected_at(0, "SELECT"));
        }
        // Of each bracket: the operators and the BETWEENs before it, whether it has a query in it, and its place.
        let mut brackets: Vec<(usize, usize, bool, usize)> = Vec::new();
        let (mut operators, mut betweens) = (0, 0);
        for (i, word) in self.words.iter().enumerate() {
            let next = self.words.get(i + 1);
            let behind_value = i > 0 && self.words[i - 1].ends_value();
            match &word.token.token {
                Token::LParen => {
                    let query = next.is_some_and(|n| n.is_one_of(&["select", "with"]));
                    brackets.push((operators, betweens, query, word.start));
                    betweens = 0;
                    if query {
                        operators = 0;
                    }
                    if brackets.len() > DEEPEST {
                        return Err(fault(self.text, word.start, format!("more than {DEEPEST} brackets inside each other")));
                    }
                }
                Token::RParen => {
                    let Some((before, between, query, _)) = brackets.pop() else {
                        return Err(fault(self.text, word.start, "no opening ( for the )"));
                    };
                    operators = if query { before } else { operators };
                    betweens = between;
                }
                Token::Number(_, long) => {
                    let joined = next.is_some_and(|n| n.start == word.end && matches!(n.token.token, Token::Word(_) | Token::Number(..)));
                    if *long || joined {
                        return Err(fault(self.text, word.start, "no number that can be read"));
                    }
                }
                Token::Word(_) if word.is_one_of(&["and"]) && betweens > 0 => betweens -= 1,
                Token::Word(_) => {
                    operators += word.is_one_of(&OPERATORS) as usize;
                    betweens += word.is_one_of(&["between"]) as usize;
                }
                Token::Eq | Token::DoubleEq | Token::Neq | Token::Lt | Token::LtEq | Token::Gt | Token::GtEq => operators += 1,
                Token::Plus | Token::Minus | Token::Mul | Token::Div | Token::Mod => operators += behind_value as usize,
                Token::StringConcat | Token::DoubleColon => operators += 1,
                Token::SingleQuotedString(_) | Token::Comma | Token::Period | Token::SemiColon => {}
                _ => return Err(fault(self.text, word.start, format!("{:?} has no meaning", &self.text[word.start..word.end]))),
            }
            if operators > MOST_OPERATORS {
                return Err(fault(self.text, word.start, format!("more than {MOST_OPERATORS} operators"))
                    .help("x IN (..) stands for many comparisons; parts stand in queries of their own: WITH name AS (...)"));
            }
        }
        match brackets.last() {
            Some(open) => Err(fault(self.text, open.3, "no closing ) for the one")),
            None => Ok(()),
        }
    }

    /// The texts of the items of the SELECT that stands here.
    pub(super) fn items(&self, select: Location) -> Vec<String> {
        let from = self.words.iter().position(|w| w.token.span.start == select).map_or(self.words.len(), |i| i + 1);
        let from = from + self.words.get(from).is_some_and(|w| w.is_one_of(&["distinct", "all"])) as usize;
        let mut items = Vec::new();
        let (mut depth, mut first) = (0, from);
        for i in from..=self.words.len() {
            let token = self.words.get(i).map(|w| &w.token.token);
            let comma = depth == 0 && token == Some(&Token::Comma);
            let done = depth == 0
                && self.words.get(i).is_none_or(|w| matches!(token, Some(Token::RParen | Token::SemiColon)) || w.is_one_of(&BEHIND_ITEMS));
            if comma || done {
                let text = if first < i { &self.text[self.words[first].start..self.words[i - 1].end] } else { "" };
                items.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
                first = i + 1;
            }
            if done {
                break;
            }
            match token {
                Some(Token::LParen) => depth += 1,
                Some(Token::RParen) => depth -= 1,
                _ => {}
            }
        }
        items
    }
}
