//! SELECT and what stands in it.

use super::super::syntax::{Item, Query, Select, Sql};
use super::words::is_reserved;
use super::{Reader, no, none_of};
use crate::error::{Error, Result};
use sqlparser::ast::{self, Ident, Spanned, Value};
use sqlparser::tokenizer::Location;

impl Reader<'_> {
    pub(super) fn query(&self, query: &ast::Query) -> Result<Query> {
        self.deeper(|| Location { line: 0, column: 0 }, || self.parts(query))
    }

    fn parts(&self, query: &ast::Query) -> Result<Query> {
        let ast::Query { with, body, order_by, limit_clause, fetch, locks, for_clause, settings, format_clause, pipe_operators } = query;
        none_of([
            (fetch.is_some(), "FETCH"),
            (!locks.is_empty() || for_clause.is_some(), "FOR"),
            (settings.is_some(), "SETTINGS"),
            (format_clause.is_some(), "FORMAT"),
            (!pipe_operators.is_empty(), "|>"),
        ])?;
        let mut found = Query::default();
        if let Some(ast::With { with_token: _, recursive, cte_tables }) = with {
            none_of([(*recursive, "WITH RECURSIVE")])?;
            found.with = cte_tables.iter().map(|t| self.with(t)).collect::<Result<_>>()?;
        }
        found.select = match &**body {
            ast::SetExpr::Select(select) => self.select(select)?,
            ast::SetExpr::SetOperation { op, .. } => return Err(no(&op.to_string())),
            ast::SetExpr::Query(_) => return Err(no("a query in brackets, beside FROM and IN,")),
            ast::SetExpr::Values(_) => return Err(no("VALUES")),
            ast::SetExpr::Table(_) => return Err(no("TABLE")),
            ast::SetExpr::Insert(_) => return Err(no("INSERT")),
            ast::SetExpr::Update(_) => return Err(no("UPDATE")),
            ast::SetExpr::Delete(_) => return Err(no("DELETE")),
            ast::SetExpr::Merge(_) => return Err(no("MERGE")),
        };
        if let Some(ast::OrderBy { kind, interpolate }) = order_by {
            none_of([(interpolate.is_some(), "INTERPOLATE")])?;
            let ast::OrderByKind::Expressions(by) = kind else { return Err(no("ORDER BY ALL")) };
            found.order = by.iter().map(|by| self.order(by)).collect::<Result<_>>()?;
        }
        match limit_clause {
            None => {}
            Some(ast::LimitClause::LimitOffset { limit, offset, limit_by }) => {
                none_of([(!limit_by.is_empty(), "LIMIT BY")])?;
                found.limit = limit.as_ref().map(|n| self.count(n)).transpose()?;
                if let Some(ast::Offset { value, rows: _ }) = offset {
                    found.offset = self.count(value)?;
                }
            }
            Some(ast::LimitClause::OffsetCommaLimit { .. }) => return Err(no("LIMIT with two numbers").help("LIMIT n OFFSET m")),
        }
        Ok(found)
    }

    fn with(&self, table: &ast::Cte) -> Result<(String, Query)> {
        let ast::Cte { alias, query, from, materialized, closing_paren_token: _ } = table;
        none_of([(from.is_some(), "FROM behind WITH"), (materialized.is_some(), "MATERIALIZED")])?;
        Ok((self.alias(alias)?, self.query(query)?))
    }

    fn order(&self, by: &ast::OrderByExpr) -> Result<(Sql, bool)> {
        let ast::OrderByExpr { expr, options: ast::OrderByOptions { sort, nulls_first }, with_fill } = by;
        none_of([(with_fill.is_some(), "WITH FILL"), (*nulls_first == Some(true), "NULLS FIRST")])?;
        let down = match sort {
            None | Some(ast::OrderBySort::Asc) => false,
            Some(ast::OrderBySort::Desc) => true,
            Some(ast::OrderBySort::Using(_)) => return Err(no("ORDER BY with USING")),
        };
        Ok((self.value(expr)?, down))
    }

    /// A number of rows.
    fn count(&self, n: &ast::Expr) -> Result<u64> {
        let number = match n {
            ast::Expr::Value(ast::ValueWithSpan { value: Value::Number(n, false), span: _ }) => n.parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| self.words.unexpected(n.span().start, "a whole number"))
    }

    fn select(&self, select: &ast::Select) -> Result<Select> {
        let ast::Select {
            select_token,
            optimizer_hints,
            distinct,
            select_modifiers,
            top,
            top_before_distinct: _,
            projection,
            exclude,
            into,
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode,
            flavor,
        } = select;
        none_of([
            (!optimizer_hints.is_empty(), "a hint"),
            (matches!(distinct, Some(ast::Distinct::On(_))), "DISTINCT ON"),
            (select_modifiers.is_some() || value_table_mode.is_some(), "a word between SELECT and the columns"),
            (top.is_some(), "TOP"),
            (exclude.is_some(), "EXCLUDE"),
            (into.is_some(), "INTO"),
            (!lateral_views.is_empty(), "LATERAL VIEW"),
            (prewhere.is_some(), "PREWHERE"),
            (!connect_by.is_empty(), "CONNECT BY"),
            (!cluster_by.is_empty(), "CLUSTER BY"),
            (!distribute_by.is_empty(), "DISTRIBUTE BY"),
            (!sort_by.is_empty(), "SORT BY"),
            (qualify.is_some(), "QUALIFY"),
            (!named_window.is_empty(), "WINDOW"),
            (*flavor != ast::SelectFlavor::Standard, "FROM before SELECT"),
        ])?;
        let texts = self.words.items(select_token.0.span.start);
        let items = projection.iter().enumerate().map(|(i, item)| self.item(item, texts.get(i))).collect::<Result<_>>()?;
        let value = |e: &Option<ast::Expr>| e.as_ref().map(|e| self.value(e)).transpose();
        let group = match group_by {
            ast::GroupByExpr::Expressions(keys, with) if with.is_empty() => keys.iter().map(|k| self.value(k)).collect::<Result<_>>()?,
            ast::GroupByExpr::Expressions(_, with) => return Err(no(&with.first().map_or(String::new(), |w| w.to_string()))),
            ast::GroupByExpr::All(_) => return Err(no("GROUP BY ALL")),
        };
        Ok(Select {
            distinct: matches!(distinct, Some(ast::Distinct::Distinct)),
            items,
            from: self.from(from)?,
            filter: value(selection)?,
            group,
            having: value(having)?,
        })
    }

    fn item(&self, item: &ast::SelectItem, text: Option<&String>) -> Result<Item> {
        match item {
            ast::SelectItem::UnnamedExpr(value) => {
                Ok(Item::Value(self.value(value)?, None, text.map_or_else(|| value.to_string(), String::clone)))
            }
            ast::SelectItem::ExprWithAlias { expr, alias } => {
                Ok(Item::Value(self.value(expr)?, Some(self.name(alias, "a name")?), String::new()))
            }
            ast::SelectItem::ExprWithAliases { .. } => Err(no("several names of one value")),
            ast::SelectItem::Wildcard(options) => self.star(options).map(|()| Item::Star(None)),
            ast::SelectItem::QualifiedWildcard(ast::SelectItemQualifiedWildcardKind::ObjectName(table), options) => {
                self.star(options)?;
                Ok(Item::Star(Some(self.one_name(table, "a table")?)))
            }
            ast::SelectItem::QualifiedWildcard(ast::SelectItemQualifiedWildcardKind::Expr(_), _) => Err(no("* behind a value")),
        }
    }

    /// That a `*` has nothing behind it.
    fn star(&self, options: &ast::WildcardAdditionalOptions) -> Result<()> {
        let ast::WildcardAdditionalOptions { wildcard_token: _, opt_ilike, opt_exclude, opt_except, opt_replace, opt_rename, opt_alias } =
            options;
        none_of([
            (opt_ilike.is_some(), "* ILIKE"),
            (opt_exclude.is_some(), "* EXCLUDE"),
            (opt_except.is_some(), "* EXCEPT"),
            (opt_replace.is_some(), "* REPLACE"),
            (opt_rename.is_some(), "* RENAME"),
            (opt_alias.is_some(), "* AS"),
        ])
    }

    pub(super) fn alias(&self, alias: &ast::TableAlias) -> Result<String> {
        let ast::TableAlias { explicit: _, name, columns, at } = alias;
        none_of([(!columns.is_empty(), "names of columns behind that of a table"), (at.is_some(), "AT")])?;
        self.name(name, "a name")
    }

    /// A name of one part.
    pub(super) fn one_name(&self, name: &ast::ObjectName, what: &str) -> Result<String> {
        match &name.0[..] {
            [ast::ObjectNamePart::Identifier(name)] => self.name(name, what),
            _ => Err(no(&format!("the name {name} of several parts")).help("names with points stand in double quotes")),
        }
    }

    pub(super) fn name(&self, name: &Ident, what: &str) -> Result<String> {
        let Ident { value, quote_style, span } = name;
        match quote_style {
            Some('\'') => {
                Err(Error::parse(format!("{what} was expected, and the text {value:?} stands")).help("names stand in double quotes"))
            }
            None if is_reserved(value) => Err(self.words.unexpected(span.start, what)),
            _ => Ok(value.clone()),
        }
    }
}

/// The name of what is refused: that of its kind in the tree, in capitals.
pub(super) fn said(what: &impl std::fmt::Debug) -> String {
    let text = format!("{what:?}");
    let kind = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let mut name = String::new();
    for c in kind.chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push(' ');
        }
        name.extend(c.to_uppercase());
    }
    name
}
