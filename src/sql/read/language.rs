//! The language as the parser is told of it: that of duckdb as far as it goes, without what cannot be said here anyway.

use sqlparser::dialect::{Dialect, GenericDialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

#[derive(Debug)]
pub(super) struct Language;

impl Dialect for Language {
    fn is_identifier_start(&self, c: char) -> bool {
        c.is_alphabetic() || c == '_'
    }

    fn is_identifier_part(&self, c: char) -> bool {
        c.is_alphanumeric() || c == '_'
    }

    /// Words such as `interval` and `trim` are names where they are no calls.
    fn is_reserved_for_identifier(&self, word: Keyword) -> bool {
        matches!(word, Keyword::CASE | Keyword::NOT)
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_left_associative_joins_without_parens(&self) -> bool {
        true
    }

    /// Parts of times by any name: which there are is known elsewhere.
    fn allow_extract_custom(&self) -> bool {
        true
    }

    // What follows is read so that it can be refused by its name.
    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_select_wildcard_exclude(&self) -> bool {
        true
    }

    fn supports_select_wildcard_replace(&self) -> bool {
        true
    }

    /// As in duckdb: `||` binds more tightly than comparisons and less than `+`; there is no `x NOT NULL`.
    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        let is = |token: &Token, keyword| matches!(token, Token::Word(w) if w.keyword == keyword);
        match &parser.peek_token_ref().token {
            Token::StringConcat => Some(Ok(self.prec_value(Precedence::PlusMinus) - 1)),
            not if is(not, Keyword::NOT) && is(&parser.peek_nth_token_ref(1).token, Keyword::NULL) => Some(Ok(self.prec_unknown())),
            _ => None,
        }
    }

    /// As in duckdb: LIKE, IN and BETWEEN bind more tightly than `=`.
    fn prec_value(&self, of: Precedence) -> u8 {
        match of {
            Precedence::Like | Precedence::Between => GenericDialect.prec_value(Precedence::Eq) + 1,
            of => GenericDialect.prec_value(of),
        }
    }
}
