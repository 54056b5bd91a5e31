//! Which columns: `with`, `select`, `drop`, `rename`.

use super::{LazyFrame, Plan};
use crate::error::{Error, Result};
use crate::plan::expr::Expr;
use crate::plan::resolve::resolve;
use crate::store::{Attrs, Field, IndexSpec};
use std::sync::Arc;

impl LazyFrame {
    /// Adds a column at the end, or replaces the one of this name where it stands.
    ///
    /// A bare column name keeps the attributes of the column; any other expression has none.
    ///
    /// # Errors
    /// What [`resolve`] says; invalid, for an empty name or an index level.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::col};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?;
    /// let df = df.lazy()?.with("y", col("x") / 2)?.collect(&ExecOptions::default())?;
    /// assert_eq!(df.column("y")?, &Column::from(vec![Some(0.5), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
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
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64])), ("b", vec![2i64].into()), ("c", vec![3i64].into())])?;
    /// assert_eq!(df.lazy()?.select(["c", "a"])?.schema().names().collect::<Vec<_>>(), ["c", "a"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
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
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64])), ("b", vec![2i64].into()), ("c", vec![3i64].into())])?;
    /// assert_eq!(df.lazy()?.drop(["b"])?.schema().names().collect::<Vec<_>>(), ["a", "c"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
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
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64])), ("b", vec![2i64].into())])?;
    /// assert_eq!(df.lazy()?.rename([("b", "c")])?.schema().names().collect::<Vec<_>>(), ["a", "c"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
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

    /// Other attributes of a column, or of the table (`None`); values stay as they are.
    ///
    /// # Errors
    /// Not found, with the nearest name; what the change says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64]))])?;
    /// let with = df.lazy()?.with_attrs(Some("x"), |attrs| Ok(attrs.set("units", "m")))?.collect(&ExecOptions::default())?;
    /// assert_eq!(with.column_attrs(0).text("units"), Some("m"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn with_attrs(&self, column: Option<&str>, change: impl FnOnce(&mut Attrs) -> Result<()>) -> Result<LazyFrame> {
        let mut schema = (**self.schema()).clone();
        match column {
            None => change(&mut schema.attrs)?,
            Some(name) => {
                let at = schema.position(name)?;
                change(&mut schema.fields[at].attrs)?;
            }
        }
        let columns = (0..schema.fields.len()).collect();
        Ok(self.then(Plan::Select { input: self.plan.clone(), columns, schema: Arc::new(schema) }))
    }
}
