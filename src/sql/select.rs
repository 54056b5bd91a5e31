//! A query as a plan.

use super::scope::{Known, Scope};
use super::syntax::{From, Item, On, Query, Select, Sql, Table};
use super::values::{Groups, Values, has_aggregate};
use crate::dtype::Scalar;
use crate::error::{Error, Result};
use crate::exec::{ExecOptions, MemSource};
use crate::frame::DataFrame;
use crate::plan::{BinaryOp, Expr, GroupKey, JoinHow, JoinOptions, LazyFrame, asc, col, desc};
use crate::store::{Column, IndexSpec};
use std::sync::Arc;

/// So many columns may a query compute: each is a step of its plan.
const MOST_COMPUTED: usize = 100;

/// Where queries find their tables.
pub(super) struct Tables<'a> {
    pub(super) open: &'a mut dyn FnMut(&str) -> Result<LazyFrame>,
    /// Those of `WITH`, the last one first looked at.
    pub(super) with: Vec<(String, LazyFrame)>,
    pub(super) exec: &'a ExecOptions,
}

/// What one item of the result is.
struct Output {
    value: Expr,
    name: String,
}

fn in_memory(frame: &DataFrame) -> Result<LazyFrame> {
    Ok(LazyFrame::scan(Arc::new(MemSource::from_frame(frame)?)))
}

impl Tables<'_> {
    pub(super) fn query(&mut self, query: &Query) -> Result<LazyFrame> {
        let outside = self.with.len();
        for (name, inner) in &query.with {
            let rows = self.query(inner)?;
            self.with.push((name.clone(), rows));
        }
        let found = self.select(query);
        self.with.truncate(outside);
        found
    }

    fn select(&mut self, query: &Query) -> Result<LazyFrame> {
        let select = &query.select;
        let (scope, mut rows) = match &select.from {
            Some(from) => self.from(from, select.filter.as_ref())?,
            // One row, of which only what is said is seen.
            None => (Scope::default(), in_memory(&DataFrame::new([("\u{1}", Column::from(vec![1i64]))])?)?),
        };
        if let Some(filter) = &select.filter {
            rows = self.filter(&scope, rows, filter)?;
        }
        let (outputs, order, mut rows) = self.values(query, &scope, rows)?;
        // A column that stands once is taken as it is; each of the others is a step of the plan.
        let plain = !matches!(rows.schema().index, IndexSpec::Levels(_));
        let mut made: Vec<String> = Vec::new();
        let mut taken = hashbrown::HashSet::new();
        for (i, output) in outputs.iter().enumerate() {
            made.push(match &output.value {
                Expr::Col(name) if plain && taken.insert(name.clone()) => name.to_string(),
                value => {
                    if i - taken.len() >= MOST_COMPUTED {
                        return Err(Error::unsupported(format!("a query that computes more than {MOST_COMPUTED} columns"))
                            .help("compute some of them in a query of its own: WITH name AS (...)"));
                    }
                    let name = format!("\u{2}{i}");
                    rows = rows.with(&name, value.clone())?;
                    name
                }
            });
        }
        let mut by = Vec::new();
        for (i, (key, down)) in order.into_iter().enumerate() {
            let name = match key {
                Key::Output(i) => made[i].clone(),
                Key::Value(value) => {
                    let name = format!("\u{3}{i}");
                    rows = rows.with(&name, value)?;
                    name
                }
            };
            by.push(if down { desc(name) } else { asc(name) });
        }
        if !by.is_empty() {
            rows = rows.sort(by)?;
        }
        rows = rows.select(&made)?;
        let mut names: Vec<String> = Vec::new();
        for output in &outputs {
            let mut name = output.name.clone();
            let mut n = 0;
            while names.contains(&name) {
                n += 1;
                name = format!("{}_{n}", output.name);
            }
            names.push(name);
        }
        rows = rows.rename(made.into_iter().zip(names))?;
        if select.distinct {
            rows = rows.distinct::<&str>(None)?;
        }
        if query.offset > 0 {
            let most = query.limit.map(|n| n.saturating_add(query.offset));
            let all = most.map_or(rows.clone(), |n| rows.limit(n)).collect(self.exec)?;
            let from = usize::try_from(query.offset).unwrap_or(usize::MAX).min(all.height());
            return in_memory(&all.iloc(from.., ..)?);
        }
        Ok(query.limit.map_or(rows.clone(), |n| rows.limit(n)))
    }

    /// The rows that a condition keeps. `x IN (SELECT ...)` between ANDs looks for x among those rows.
    fn filter(&mut self, scope: &Scope, rows: LazyFrame, filter: &Sql) -> Result<LazyFrame> {
        let mut rows = rows;
        let (queries, rest): (Vec<&Sql>, Vec<&Sql>) = filter.conjuncts().into_iter().partition(|c| matches!(c, Sql::InQuery(..)));
        for condition in rest {
            let condition = Values { scope, rows: &rows, groups: None }.of(condition)?;
            rows = rows.filter(condition)?;
        }
        for condition in queries {
            let Sql::InQuery(x, query) = condition else { continue };
            let inner = self.query(query)?;
            let names: Vec<String> = inner.schema().names().map(String::from).collect();
            let [name] = &names[..] else {
                return Err(Error::invalid(format!("the query behind IN has {} columns: one is meant", names.len())));
            };
            let key = "\u{1}in";
            let inner = inner.rename([(name.clone(), key)])?;
            let x = Values { scope, rows: &rows, groups: None }.of(x)?;
            rows = rows.with(key, x)?.join(&inner, &JoinOptions::on([key]).how(JoinHow::Semi))?.drop([key])?;
        }
        Ok(rows)
    }

    /// What comes out, in which order, and the rows (or groups) that it is computed of.
    fn values(&mut self, query: &Query, scope: &Scope, rows: LazyFrame) -> Result<(Vec<Output>, Order, LazyFrame)> {
        let select = &query.select;
        let said = |item: &Item| matches!(item, Item::Value(value, ..) if has_aggregate(value));
        let grouped = !select.group.is_empty()
            || select.having.is_some()
            || select.items.iter().any(said)
            || query.order.iter().any(|o| has_aggregate(&o.0));
        if !grouped {
            let mut values = Values { scope, rows: &rows, groups: None };
            let outputs = outputs(&mut values, select)?;
            let order = order(&mut values, query, &outputs)?;
            return Ok((outputs, order, rows));
        }
        let mut groups = Groups::default();
        for key in &select.group {
            let key = key_of(key, select, scope)?;
            if has_aggregate(key) {
                return Err(Error::invalid("GROUP BY takes what each row has, not an aggregate"));
            }
            let name = format!("\u{1}k{}", groups.keys.len());
            let key = Values { scope, rows: &rows, groups: None }.of(key)?;
            groups.keys.push((key, name));
        }
        let mut values = Values { scope, rows: &rows, groups: Some(&mut groups) };
        let outputs = outputs(&mut values, select)?;
        let order = order(&mut values, query, &outputs)?;
        let having = select.having.as_ref().map(|h| values.of(h)).transpose()?;
        let Groups { keys, aggregates } = groups;
        let aggregates = aggregates.into_iter().map(|(expr, name)| (name, expr));
        let mut found = if keys.is_empty() {
            in_memory(&rows.aggregate(aggregates, self.exec)?)?
        } else {
            let keys = keys.into_iter().map(|(expr, name)| GroupKey::new(name, expr));
            rows.groupby(keys).keep_missing().agg(aggregates)?
        };
        if let Some(having) = having {
            found = found.filter(having)?;
        }
        Ok((outputs, order, found))
    }

    fn from(&mut self, from: &From, filter: Option<&Sql>) -> Result<(Scope, LazyFrame)> {
        let (mut scope, mut rows) = self.table(&from.first)?;
        for (how, table, on) in &from.joins {
            let (right, right_rows) = self.table(table)?;
            if let Some(twice) = right.known.iter().find(|r| scope.known.iter().any(|l| l.table == r.table)) {
                return Err(Error::invalid(format!("two tables are called {:?}", twice.table)).help("give one another name: AS name"));
            }
            (scope, rows) = joined((scope, rows), (right, right_rows), *how, on, filter)?;
        }
        Ok((scope, rows))
    }

    fn table(&mut self, table: &Table) -> Result<(Scope, LazyFrame)> {
        match table {
            Table::Query(query, name) => {
                let rows = self.query(query)?;
                Scope::of(name.as_deref().unwrap_or("query"), &rows)
            }
            Table::Named(name, alias) => {
                let known = self.with.iter().rev().find(|w| w.0 == *name).map(|w| w.1.clone());
                let rows = known.map_or_else(|| (self.open)(name), Ok)?;
                Scope::of(alias.as_deref().unwrap_or(super::stem(name)), &rows)
            }
        }
    }
}

/// Keys in order, and whether each descends.
type Order = Vec<(Key, bool)>;

/// What rows are ordered by.
enum Key {
    /// A column of the result.
    Output(usize),
    Value(Expr),
}

/// The position that a number from 1 means among so many.
fn nth(n: i64, count: usize) -> Option<usize> {
    usize::try_from(n).ok()?.checked_sub(1).filter(|n| *n < count)
}

/// An item of the result by its number from 1.
fn item(select: &Select, n: i64) -> Result<usize> {
    nth(n, select.items.len()).ok_or_else(|| {
        let columns = crate::show::count(select.items.len() as u64, "column");
        Error::invalid(format!("column {n} of the result is meant, which has {columns}"))
    })
}

/// What a key of GROUP BY means: a number or a name of the result stands for that item.
fn key_of<'a>(key: &'a Sql, select: &'a Select, scope: &Scope) -> Result<&'a Sql> {
    let value = |item: &'a Item| if let Item::Value(value, ..) = item { Some(value) } else { None };
    match key {
        Sql::Value(Scalar::I64(n)) => {
            value(&select.items[item(select, *n)?]).ok_or_else(|| Error::invalid("GROUP BY takes columns, not *"))
        }
        Sql::Name(None, name) if !scope.has(None, name) => {
            let named = |i: &&Item| matches!(i, Item::Value(_, Some(alias), _) if alias.eq_ignore_ascii_case(name));
            Ok(select.items.iter().find(named).and_then(value).unwrap_or(key))
        }
        _ => Ok(key),
    }
}

fn outputs(values: &mut Values<'_>, select: &Select) -> Result<Vec<Output>> {
    let mut out = Vec::new();
    for item in &select.items {
        match item {
            Item::Star(_) if values.groups.is_some() => {
                return Err(Error::invalid("* stands beside aggregates or groups").help("name the columns that are in GROUP BY"));
            }
            Item::Star(table) => {
                let of = |k: &&Known| table.as_ref().map_or(!k.hidden, |t| k.table.eq_ignore_ascii_case(t));
                let before = out.len();
                out.extend(values.scope.known.iter().filter(of).map(|k| Output { value: col(&k.column), name: k.name.clone() }));
                if out.len() == before {
                    return Err(Error::not_found(
                        "table",
                        table.as_deref().unwrap_or("*"),
                        values.scope.known.iter().map(|k| k.table.as_str()),
                    ));
                }
            }
            Item::Value(value, alias, text) => {
                let name = match (alias, value) {
                    (Some(alias), _) => alias.clone(),
                    (None, Sql::Name(table, name)) => values.scope.find(table.as_deref(), name)?.name.clone(),
                    _ => text.clone(),
                };
                out.push(Output { value: values.of(value)?, name });
            }
        }
    }
    Ok(out)
}

fn order(values: &mut Values<'_>, query: &Query, outputs: &[Output]) -> Result<Order> {
    let mut keys = Vec::new();
    for (by, down) in &query.order {
        let key = match by {
            Sql::Value(Scalar::I64(n)) => {
                let n = nth(*n, outputs.len());
                Key::Output(n.ok_or_else(|| Error::invalid("ORDER BY has a number beyond the columns of the result"))?)
            }
            value => {
                let named = |name: &str| outputs.iter().position(|o| o.name.eq_ignore_ascii_case(name));
                match if let Sql::Name(None, name) = value { named(name) } else { None } {
                    Some(output) => Key::Output(output),
                    None => Key::Value(values.of(value)?),
                }
            }
        };
        keys.push((key, *down));
    }
    Ok(keys)
}

/// Two tables side by side.
fn joined(
    (left, left_rows): (Scope, LazyFrame),
    (mut right, right_rows): (Scope, LazyFrame),
    how: JoinHow,
    on: &On,
    filter: Option<&Sql>,
) -> Result<(Scope, LazyFrame)> {
    let both = Scope { known: left.known.iter().chain(&right.known).cloned().collect() };
    let side = |scope: &Scope, column: &str| scope.known.iter().any(|k| k.column == column);
    // Columns of both sides that must be the same.
    let pair = |condition: &Sql| -> Option<(String, String)> {
        let Sql::Binary(BinaryOp::Eq, a, b) = condition else { return None };
        let (Sql::Name(ta, a), Sql::Name(tb, b)) = (&**a, &**b) else { return None };
        let a = both.find(ta.as_deref(), a).ok()?.column.clone();
        let b = both.find(tb.as_deref(), b).ok()?.column.clone();
        match (side(&left, &a), side(&right, &b)) {
            (true, true) => Some((a, b)),
            _ if side(&left, &b) && side(&right, &a) => Some((b, a)),
            _ => None,
        }
    };
    let mut rest: Vec<&Sql> = Vec::new();
    let mut pairs = Vec::new();
    match on {
        On::Nothing if how == JoinHow::Cross => {}
        // Behind a comma: WHERE says what must be the same, and is applied to the pairs too.
        On::Nothing => pairs.extend(filter.into_iter().flat_map(Sql::conjuncts).filter_map(pair)),
        On::Using(names) => {
            for name in names {
                let (l, r) = (left.find(None, name)?, right.find(None, name)?);
                pairs.push((l.column.clone(), r.column.clone()));
            }
        }
        On::Condition(condition) => {
            for one in condition.conjuncts() {
                match pair(one) {
                    Some(found) => pairs.push(found),
                    None => rest.push(one),
                }
            }
        }
    }
    if !matches!(how, JoinHow::Inner | JoinHow::Cross) && !rest.is_empty() {
        return Err(Error::unsupported(format!("a {} join on more than equal columns", how.name()))
            .help("choose rows in a query in FROM first: JOIN (SELECT * FROM t WHERE ...) AS t ON ..."));
    }
    let how = if pairs.is_empty() && how == JoinHow::Inner { JoinHow::Cross } else { how };
    let options = if how == JoinHow::Cross { JoinOptions::default().how(how) } else { JoinOptions::on_pairs(pairs.clone()).how(how) };
    let mut rows = left_rows.join(&right_rows, &options)?;
    if matches!(how, JoinHow::Semi | JoinHow::Anti) {
        return Ok((left, rows));
    }
    if let On::Using(_) = on {
        for (l, r) in &pairs {
            if matches!(how, JoinHow::Right | JoinHow::Outer) {
                rows = rows.with(l, col(l).fill(col(r)))?;
            }
            right.known.iter_mut().filter(|k| k.column == *r).for_each(|k| k.hidden = true);
        }
    }
    let scope = Scope { known: left.known.into_iter().chain(right.known).collect() };
    for condition in rest {
        let condition = Values { scope: &scope, rows: &rows, groups: None }.of(condition)?;
        rows = rows.filter(condition)?;
    }
    Ok((scope, rows))
}
