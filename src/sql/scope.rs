//! What names of a query mean.

use crate::error::{Error, Result};
use crate::plan::{Expr, LazyFrame, col};

/// A column of the tables that a query reads.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) table: String,
    pub(super) name: String,
    /// What it is called in the plan.
    pub(super) column: String,
    /// It is the same as another by `USING`: found only with its table.
    pub(super) hidden: bool,
}

/// The columns that names can mean.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) known: Vec<Known>,
}

impl Scope {
    /// The columns of a table, under names that no other table's have.
    pub(super) fn of(table: &str, rows: &LazyFrame) -> Result<(Scope, LazyFrame)> {
        let names: Vec<String> = rows.schema().names().map(String::from).collect();
        let known: Vec<Known> =
            names.iter().map(|n| Known { table: table.into(), name: n.clone(), column: format!("{table}.{n}"), hidden: false }).collect();
        let rows = rows.rename(known.iter().map(|k| (k.name.clone(), k.column.clone())))?;
        Ok((Scope { known }, rows))
    }

    /// The column that a name means: as it is written, else whatever its capitals.
    pub(super) fn find(&self, table: Option<&str>, name: &str) -> Result<&Known> {
        let of_table = |k: &&Known| match table {
            Some(t) => k.table == t || k.table.eq_ignore_ascii_case(t),
            None => !k.hidden,
        };
        let exact: Vec<&Known> = self.known.iter().filter(of_table).filter(|k| k.name == name).collect();
        let found = if exact.is_empty() {
            self.known.iter().filter(of_table).filter(|k| k.name.to_lowercase() == name.to_lowercase()).collect()
        } else {
            exact
        };
        match found[..] {
            [one] => Ok(one),
            [one, other, ..] => Err(Error::invalid(format!("column {name:?} is in several tables"))
                .help(format!("say which: {}.{name} or {}.{name}", one.table, other.table))),
            [] => {
                if let Some(t) = table
                    && !self.known.iter().any(|k| k.table.eq_ignore_ascii_case(t))
                {
                    let mut tables: Vec<&str> = self.known.iter().map(|k| k.table.as_str()).collect();
                    tables.dedup();
                    return Err(Error::not_found("table", t, tables));
                }
                Err(Error::not_found("column", name, self.known.iter().filter(of_table).map(|k| k.name.as_str())))
            }
        }
    }

    /// Whether a name means a column here.
    pub(super) fn has(&self, table: Option<&str>, name: &str) -> bool {
        self.find(table, name).is_ok()
    }

    pub(super) fn column(&self, table: Option<&str>, name: &str) -> Result<Expr> {
        Ok(col(&self.find(table, name)?.column))
    }
}
