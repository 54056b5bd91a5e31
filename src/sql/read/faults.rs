//! Errors of a query, with their places in it.

use super::no;
use super::words::{RESERVED, Words};
use crate::error::Error;
use sqlparser::parser::ParserError;
use sqlparser::tokenizer::{Location, Token};

impl Words<'_> {
    /// An error at a place that the parser names.
    pub(super) fn fault(&self, at: Location, message: impl std::fmt::Display) -> Error {
        match at.line {
            0 => Error::parse(message.to_string()),
            _ => fault(self.text, byte(self.text, at), message),
        }
    }

    /// What stands here is not what was expected.
    pub(super) fn unexpected(&self, at: Location, wanted: &str) -> Error {
        self.unexpected_at(self.words.iter().position(|w| w.token.span.start == at).unwrap_or(self.words.len()), wanted)
    }

    pub(super) fn unexpected_at(&self, i: usize, wanted: &str) -> Error {
        let (found, at) = match self.words.get(i) {
            None => ("the end".to_string(), self.text.len()),
            Some(word) => (
                match &word.token.token {
                    Token::Word(w) => format!("{:?}", w.value),
                    Token::SingleQuotedString(_) | Token::Number(..) => self.text[word.start..word.end].to_string(),
                    _ => format!("`{}`", &self.text[word.start..word.end]),
                },
                word.start,
            ),
        };
        let e = fault(self.text, at, format!("{wanted} was expected, and {found} stands"));
        let second = i > 0 && self.words[i - 1].token.token == Token::SemiColon;
        match self.words.get(i) {
            Some(_) if second => e.help("one query is run at a time"),
            Some(word) if word.is_one_of(&RESERVED) => e.help("a column of such a name stands in double quotes"),
            _ => e,
        }
    }

    /// An error of the parser in words of ours.
    pub(super) fn fault_of(&self, e: ParserError) -> Error {
        let said = match e {
            ParserError::RecursionLimitExceeded => return Error::parse("a query of too many parts inside each other"),
            ParserError::TokenizerError(said) | ParserError::ParserError(said) => said,
        };
        let numbers = |place: &str| {
            let (line, column) = place.split_once(", Column: ")?;
            Some(Location { line: line.parse().ok()?, column: column.parse().ok()? })
        };
        let (said, at) = match said.rsplit_once(" at Line: ") {
            Some((before, place)) => (before, numbers(place)),
            None => (&said[..], None),
        };
        let i = at.and_then(|at| self.words.iter().position(|w| w.token.span.start == at)).unwrap_or(self.words.len());
        if let Some(word) = self.words.get(i)
            && said.starts_with("No infix parser")
        {
            return no(&format!("the operator {}", self.text[word.start..word.end].to_uppercase()));
        }
        // The place of this one is behind what was found.
        if said.starts_with("Expected an expression, found: ") {
            return self.unexpected_at(i.saturating_sub(1), "a value");
        }
        let Some((wanted, _)) = said.strip_prefix("Expected: ").and_then(|s| s.split_once(", found: ")) else {
            return self.fault(at.unwrap_or(Location { line: 0, column: 0 }), lower(said));
        };
        match wanted {
            "an expression" => self.unexpected_at(i, "a value"),
            "end of statement" => self.unexpected_at(i, "the end"),
            "identifier" | "an identifier after AS" => self.unexpected_at(i, "a name"),
            _ if wanted.starts_with("SELECT, ") => self.unexpected_at(i, "SELECT"),
            sign if !sign.starts_with(char::is_alphabetic) => self.unexpected_at(i, &format!("`{sign}`")),
            other => self.unexpected_at(i, other),
        }
    }
}

/// An error with its place, counted in characters.
pub(super) fn fault(text: &str, at: usize, message: impl std::fmt::Display) -> Error {
    Error::parse(format!("{message} at character {}", text[..at].chars().count() + 1))
}

/// A message as ours begin and end.
pub(super) fn lower(message: &str) -> String {
    let mut letters = message.trim_end_matches('.').chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}

/// Where a line and column are.
pub(super) fn byte(text: &str, at: Location) -> usize {
    let line: usize = text.split_inclusive('\n').take((at.line as usize).saturating_sub(1)).map(str::len).sum();
    text[line..].char_indices().nth((at.column as usize).saturating_sub(1)).map_or(text.len(), |(i, _)| line + i)
}
