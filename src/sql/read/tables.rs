//! FROM: tables, files, queries, and how they are joined.

use super::super::syntax::{From, On, Table};
use super::query::said;
use super::{Reader, no, none_of};
use crate::error::{Error, Result};
use crate::plan::JoinHow;
use sqlparser::ast::{self, Ident};

impl Reader<'_> {
    pub(super) fn from(&self, from: &[ast::TableWithJoins]) -> Result<Option<From>> {
        let Some((first, rest)) = from.split_first() else { return Ok(None) };
        let mut found = From { first: self.table(&first.relation)?, joins: Vec::new() };
        self.joins(first, &mut found)?;
        for more in rest {
            found.joins.push((JoinHow::Inner, self.table(&more.relation)?, On::Nothing));
            self.joins(more, &mut found)?;
        }
        Ok(Some(found))
    }

    fn joins(&self, tables: &ast::TableWithJoins, found: &mut From) -> Result<()> {
        use ast::JoinOperator as J;
        let ast::TableWithJoins { relation: _, joins } = tables;
        for ast::Join { relation, global, join_operator } in joins {
            none_of([(*global, "GLOBAL")])?;
            let (how, on) = match join_operator {
                J::Join(on) | J::Inner(on) => (JoinHow::Inner, on),
                J::Left(on) | J::LeftOuter(on) => (JoinHow::Left, on),
                J::Right(on) | J::RightOuter(on) => (JoinHow::Right, on),
                J::FullOuter(on) => (JoinHow::Outer, on),
                J::Semi(on) | J::LeftSemi(on) => (JoinHow::Semi, on),
                J::Anti(on) | J::LeftAnti(on) => (JoinHow::Anti, on),
                J::CrossJoin(on) => (JoinHow::Cross, on),
                other => return Err(no(&said(other))),
            };
            let on = match on {
                ast::JoinConstraint::None if how == JoinHow::Cross => On::Nothing,
                _ if how == JoinHow::Cross => return Err(no("ON behind CROSS JOIN").help("JOIN ... ON")),
                ast::JoinConstraint::On(condition) => On::Condition(self.value(condition)?),
                ast::JoinConstraint::Using(names) => On::Using(names.iter().map(|n| self.one_name(n, "a column")).collect::<Result<_>>()?),
                ast::JoinConstraint::Natural => return Err(no("NATURAL")),
                ast::JoinConstraint::None => {
                    let table = relation.to_string();
                    return Err(Error::parse(format!("ON or USING was expected behind JOIN {table}")).help("CROSS JOIN makes every pair"));
                }
            };
            found.joins.push((how, self.table(relation)?, on));
        }
        Ok(())
    }

    fn table(&self, table: &ast::TableFactor) -> Result<Table> {
        let named = |alias: &Option<ast::TableAlias>| alias.as_ref().map(|a| self.alias(a)).transpose();
        match table {
            ast::TableFactor::Table {
                name,
                alias,
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_hints,
            } => {
                none_of([
                    (args.is_some(), "a function as a table"),
                    (!with_hints.is_empty() || !index_hints.is_empty(), "a hint"),
                    (version.is_some(), "a version of a table"),
                    (*with_ordinality, "WITH ORDINALITY"),
                    (!partitions.is_empty(), "PARTITION"),
                    (json_path.is_some(), "a path behind a table"),
                    (sample.is_some(), "TABLESAMPLE"),
                ])?;
                // Files stand in quotes of any kind.
                let name = match &name.0[..] {
                    [ast::ObjectNamePart::Identifier(Ident { value, quote_style: Some('\''), span: _ })] => value.clone(),
                    _ => self.one_name(name, "a table")?,
                };
                Ok(Table::Named(name, named(alias)?))
            }
            ast::TableFactor::Derived { lateral, subquery, alias, sample } => {
                none_of([(*lateral, "LATERAL"), (sample.is_some(), "TABLESAMPLE")])?;
                Ok(Table::Query(Box::new(self.query(subquery)?), named(alias)?))
            }
            ast::TableFactor::NestedJoin { .. } => {
                Err(no("JOIN in brackets").help("tables are joined from left to right; a query may stand in brackets"))
            }
            ast::TableFactor::Pivot { .. } => Err(no("PIVOT")),
            ast::TableFactor::Unpivot { .. } => Err(no("UNPIVOT")),
            ast::TableFactor::Function { lateral: true, .. } => Err(no("LATERAL")),
            ast::TableFactor::Function { .. } | ast::TableFactor::TableFunction { .. } => Err(no("a function as a table")),
            other => Err(no(&said(other))),
        }
    }
}
