//! A query from text: the crate `sqlparser` reads it, and what it finds becomes what the rest of `sql` knows, or is refused by its name.

mod expression;
mod faults;
mod language;
mod query;
mod tables;
mod words;

use super::syntax::Query;
use crate::error::{Error, Result};
use language::Language;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Location, Token};
use std::cell::Cell;
use words::Words;

/// So deep may the parser call itself; brackets, of which some cost several calls, are counted in `words`.
const CALLS: usize = 300;
/// The stack of the thread that reads: so many calls of the parser take 1 to 2 MB, and callers may have less.
const STACK: usize = 16 << 20;

pub(super) fn parse(text: &str) -> Result<Query> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("sql".into()).stack_size(STACK).spawn_scoped(scope, || read(text));
        thread.map_err(Error::system)?.join().unwrap_or_else(|_| Err(Error::internal("the query could not be read")))
    })
}

fn read(text: &str) -> Result<Query> {
    let words = Words::of(text)?;
    let mut parser = Parser::new(&Language).with_recursion_limit(CALLS).with_tokens_with_locations(words.tokens());
    let query = parser.parse_query().map_err(|e| words.fault_of(e))?;
    let _ = parser.consume_token(&Token::SemiColon);
    let next = parser.peek_token_ref();
    if next.token != Token::EOF {
        return Err(words.unexpected(next.span.start, "the end"));
    }
    Reader { words: &words, depth: Cell::new(0) }.query(&query)
}

/// Turns the crate's trees into ours.
struct Reader<'a> {
    words: &'a Words<'a>,
    /// How deep in values and queries it is.
    depth: Cell<usize>,
}

impl Reader<'_> {
    fn deeper<T>(&self, at: impl Fn() -> Location, f: impl FnOnce() -> Result<T>) -> Result<T> {
        self.depth.set(self.depth.get() + 1);
        if self.depth.get() > words::DEEPEST {
            return Err(self.words.fault(at(), format_args!("more than {} brackets inside each other", words::DEEPEST)));
        }
        let found = f();
        self.depth.set(self.depth.get() - 1);
        found
    }
}

/// What a query cannot have.
fn no(what: &str) -> Error {
    let e = Error::unsupported(format!("{what} in a query"));
    match what {
        "UNION" | "INTERSECT" | "EXCEPT" | "MINUS" => {
            e.help("one SELECT is run at a time; `hpda-data concat` puts tables one below the other")
        }
        "OVER" | "WINDOW" | "QUALIFY" => e.help("there are no windows in queries; `hpda-data rolling` and `groupby --transform` have them"),
        "FETCH" => e.help("LIMIT n at the end"),
        "NULLS FIRST" => e.help("missing values come last in every order"),
        "EXISTS" | "a query as a value" => {
            e.help("a query stands in FROM, or behind IN; SEMI JOIN and ANTI JOIN look for rows of another table")
        }
        "PIVOT" => e.help("`hpda-data pivot` does it"),
        "UNPIVOT" => e.help("`hpda-data melt` does it"),
        "INTERVAL" => e.help("a column of such a name stands in double quotes"),
        "TOP" => e.help("LIMIT n at the end; a column of such a name stands in double quotes"),
        "GROUP BY ALL" => e.help("name the columns"),
        "DISTINCT ON" => e.help("GROUP BY with any_value(..) takes one row of each group"),
        "NATURAL" => e.help("USING (names) says which columns are the same"),
        "a function as a table" => e.help("files stand in quotes: FROM 'a.csv'"),
        "ROLLUP" | "CUBE" | "GROUPING SETS" => e.help("each grouping is a query of its own"),
        _ => e,
    }
}

/// Refuses the first of these that is there.
fn none_of<const N: usize>(said: [(bool, &str); N]) -> Result<()> {
    said.into_iter().find(|s| s.0).map_or(Ok(()), |s| Err(no(s.1)))
}
