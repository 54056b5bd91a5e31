use super::expr::Expr;
use super::resolve::{Typed, resolve, resolve_condition};
use crate::error::{Error, Result};
use crate::store::{Field, IndexSpec, Schema, TableSource};
use std::fmt::Write;
use std::sync::Arc;

/// A node of a plan over tables.
#[derive(Clone, Debug)]
pub enum Plan {
    /// The rows of a source.
    Scan {
        /// Where they come from.
        source: Arc<dyn TableSource>,
    },
    /// The rows for which a condition is true.
    Filter {
        /// What is filtered.
        input: Arc<Plan>,
        /// The condition as written.
        expr: Expr,
        /// The condition, settled.
        condition: Typed,
    },
    /// One column more, or one replaced.
    With {
        /// What gets the column.
        input: Arc<Plan>,
        /// The position of the column in the result.
        position: usize,
        /// Its values as written.
        expr: Expr,
        /// Its values, settled.
        values: Typed,
        /// The columns of the result.
        schema: Arc<Schema>,
    },
    /// Some columns, perhaps under other names.
    Select {
        /// What is selected from.
        input: Arc<Plan>,
        /// Positions in the input.
        columns: Vec<usize>,
        /// The columns of the result.
        schema: Arc<Schema>,
    },
    /// The first rows.
    Limit {
        /// What is cut off.
        input: Arc<Plan>,
        /// How many rows at most.
        rows: u64,
    },
}

impl Plan {
    /// The columns of the result.
    pub fn schema(&self) -> &Arc<Schema> {
        match self {
            Plan::Scan { source } => source.schema(),
            Plan::Filter { input, .. } | Plan::Limit { input, .. } => input.schema(),
            Plan::With { schema, .. } | Plan::Select { schema, .. } => schema,
        }
    }

    fn explain(&self, out: &mut String) {
        let _ = match self {
            Plan::Scan { source } => {
                let rows = source.rows().map_or("unknown".to_string(), |n| n.to_string());
                writeln!(out, "scan    {} columns, rows: {rows}, parts: {}", source.schema().fields.len(), source.parts())
            }
            Plan::Filter { input, expr, .. } => {
                input.explain(out);
                writeln!(out, "filter  {expr}")
            }
            Plan::With { input, position, expr, schema, .. } => {
                input.explain(out);
                let field = &schema.fields[*position];
                writeln!(out, "with    {}: {} = {expr}", field.name, field.dtype)
            }
            Plan::Select { input, schema, .. } => {
                input.explain(out);
                writeln!(out, "select  {}", schema.names().collect::<Vec<_>>().join(", "))
            }
            Plan::Limit { input, rows } => {
                input.explain(out);
                writeln!(out, "limit   {rows}")
            }
        };
    }
}

/// A table that is not read yet: verbs only build a plan. Names and types are checked while it is built.
///
/// `collect`, `sink`, `aggregate` and `source` run it; they stand in [`crate::exec`].
///
/// # Examples
/// ```
/// use hpda_data::{Column, DataFrame, exec::{ExecOptions, MemSource}, plan::{LazyFrame, col}};
/// use std::sync::Arc;
/// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
/// let lazy = LazyFrame::scan(Arc::new(MemSource::from_frame(&df)?)).filter(col("x").gt(1))?.with("y", col("x") * 2)?;
/// let out = lazy.collect(&ExecOptions::default())?;
/// assert_eq!(out.column("y")?, &Column::from(vec![4i64, 6]));
/// # Ok::<(), hpda_data::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LazyFrame {
    plan: Arc<Plan>,
}

impl LazyFrame {
    /// The rows of a source.
    pub fn scan(source: Arc<dyn TableSource>) -> LazyFrame {
        LazyFrame { plan: Arc::new(Plan::Scan { source }) }
    }

    fn then(&self, plan: Plan) -> LazyFrame {
        LazyFrame { plan: Arc::new(plan) }
    }

    /// The plan.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The columns of the result.
    pub fn schema(&self) -> &Arc<Schema> {
        self.plan.schema()
    }

    /// The steps, one a line, first to last.
    pub fn explain(&self) -> String {
        let mut out = String::new();
        self.plan.explain(&mut out);
        out
    }

    /// Keeps the rows for which the condition is true; where it is missing they go. Order is kept.
    ///
    /// # Errors
    /// What [`resolve_condition`] says.
    pub fn filter(&self, condition: impl Into<Expr>) -> Result<LazyFrame> {
        let expr = condition.into();
        let condition = resolve_condition(&expr, self.schema())?;
        Ok(self.then(Plan::Filter { input: self.plan.clone(), expr, condition }))
    }

    /// Adds a column at the end, or replaces the one of this name where it stands.
    ///
    /// A bare column name keeps the attributes of the column; any other expression has none.
    ///
    /// # Errors
    /// What [`resolve`] says; invalid, for an empty name or an index level.
    pub fn with(&self, name: &str, values: impl Into<Expr>) -> Result<LazyFrame> {
        if name.is_empty() {
            return Err(Error::invalid("a column needs a name"));
        }
        let expr = values.into();
        let input = self.schema();
        let values = resolve(&expr, input)?;
        let mut field = Field::new(name, values.dtype.clone());
        if let Expr::Col(from) = &expr {
            field.attrs = input.fields[input.position(from)?].attrs.clone();
        }
        let mut schema = (**input).clone();
        let position = schema.names().position(|n| n == name);
        let position = match position {
            Some(i) => {
                schema.fields[i] = field;
                i
            }
            None => {
                schema.fields.push(field);
                // Labels that are more than names have no tuple for a new column.
                schema.labels = None;
                schema.fields.len() - 1
            }
        };
        Ok(self.then(Plan::With { input: self.plan.clone(), position, expr, values, schema: Arc::new(schema) }))
    }

    /// Some columns, in this order.
    ///
    /// # Errors
    /// Not found, with the nearest name; invalid, for a column asked for twice.
    pub fn select<S: AsRef<str>>(&self, names: impl IntoIterator<Item = S>) -> Result<LazyFrame> {
        let columns = names.into_iter().map(|n| self.schema().position(n.as_ref())).collect::<Result<Vec<_>>>()?;
        if let Some(twice) = columns.iter().enumerate().find(|(i, c)| columns[..*i].contains(c)) {
            return Err(Error::invalid(format!("column {:?} is asked for twice", self.schema().fields[*twice.1].name)));
        }
        Ok(self.project(columns))
    }

    /// All columns but these.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn drop<S: AsRef<str>>(&self, names: impl IntoIterator<Item = S>) -> Result<LazyFrame> {
        let gone = names.into_iter().map(|n| self.schema().position(n.as_ref())).collect::<Result<Vec<_>>>()?;
        Ok(self.project((0..self.schema().fields.len()).filter(|i| !gone.contains(i)).collect()))
    }

    fn project(&self, columns: Vec<usize>) -> LazyFrame {
        let schema = Arc::new(self.schema().project(&columns));
        self.then(Plan::Select { input: self.plan.clone(), columns, schema })
    }

    /// Other names for some columns.
    ///
    /// # Errors
    /// Not found, with the nearest name; invalid, where two columns would have one name.
    pub fn rename<S: AsRef<str>, T: Into<String>>(&self, names: impl IntoIterator<Item = (S, T)>) -> Result<LazyFrame> {
        let mut schema = (**self.schema()).clone();
        for (old, new) in names {
            let (at, new) = (self.schema().position(old.as_ref())?, new.into());
            if let IndexSpec::Levels(levels) = &mut schema.index
                && let Some(level) = levels.get_mut(at)
            {
                *level = Some(new.clone());
            }
            schema.fields[at].name = new;
        }
        let twice = {
            let mut seen = hashbrown::HashSet::new();
            schema.names().find(|n| !seen.insert(*n)).map(str::to_string)
        };
        if let Some(twice) = twice {
            return Err(Error::invalid(format!("two columns would be called {twice:?}")));
        }
        schema.labels = None;
        let columns = (0..schema.fields.len()).collect();
        Ok(self.then(Plan::Select { input: self.plan.clone(), columns, schema: Arc::new(schema) }))
    }

    /// The first rows, at most so many.
    pub fn limit(&self, rows: u64) -> LazyFrame {
        self.then(Plan::Limit { input: self.plan.clone(), rows })
    }
}
