//! Words, texts, numbers and signs of a query.

use crate::dtype::Scalar;
use crate::error::{Error, Result};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name or a keyword, as it stands.
    Word(String),
    /// A name in double quotes or backticks.
    Quoted(String),
    Value(Scalar),
    Sign(&'static str),
    End,
}

const SIGNS: [&str; 20] = ["<>", "!=", "<=", ">=", "||", "::", "==", "<", ">", "=", "+", "-", "*", "/", "%", "(", ")", ",", ".", ";"];

/// Tokens with the places of their first and behind their last letter, in bytes.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize, usize)>> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let start = at;
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        if rest.starts_with("/*") {
            at += rest.find("*/").ok_or_else(|| fault(text, start, "no end of the comment"))? + 2;
            continue;
        }
        let token = if c == '\'' || c == '"' || c == '`' {
            let (inside, long) = quoted(rest, c).ok_or_else(|| fault(text, start, format!("no closing {c} for the one")))?;
            at += long;
            if c == '\'' { Token::Value(inside.as_str().into()) } else { Token::Quoted(inside) }
        } else if c.is_ascii_digit() || c == '.' && rest[1..].starts_with(|d: char| d.is_ascii_digit()) {
            let (value, long) = number(rest).ok_or_else(|| fault(text, start, "no number that can be read"))?;
            at += long;
            Token::Value(value)
        } else if c.is_alphabetic() || c == '_' {
            let long = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            at += long;
            Token::Word(rest[..long].to_string())
        } else {
            let sign = SIGNS.iter().find(|s| rest.starts_with(**s)).ok_or_else(|| fault(text, start, format!("{c:?} has no meaning")))?;
            at += sign.len();
            Token::Sign(sign)
        };
        out.push((token, start, at));
    }
    out.push((Token::End, text.len(), text.len()));
    Ok(out)
}

/// An error with its place, counted in characters.
pub(super) fn fault(text: &str, at: usize, message: impl std::fmt::Display) -> Error {
    Error::parse(format!("{message} at character {}", text[..at].chars().count() + 1))
}

/// What stands between quotes, of which two stand for one, and how long it is with them.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut inside = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((i, c)) = letters.next() {
        if c != quote {
            inside.push(c);
        } else if letters.next_if(|next| next.1 == quote).is_some() {
            inside.push(quote);
        } else {
            return Some((inside, i + 1));
        }
    }
    None
}

fn number(rest: &str) -> Option<(Scalar, usize)> {
    let digits = |from: usize| from + rest[from..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - from);
    let mut end = digits(0);
    let mut whole = true;
    if rest[end..].starts_with('.') {
        whole = false;
        end = digits(end + 1);
    }
    if rest[end..].starts_with(['e', 'E']) {
        let sign = rest[end + 1..].starts_with(['+', '-']) as usize;
        if digits(end + 1 + sign) > end + 1 + sign {
            whole = false;
            end = digits(end + 1 + sign);
        }
    }
    if rest[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let text = &rest[..end];
    let integer = || text.parse::<i64>().map(Scalar::I64).or_else(|_| text.parse::<u64>().map(Scalar::U64)).ok();
    let value = if whole { integer() } else { text.parse().ok().map(Scalar::F64) };
    Some((value?, end))
}
