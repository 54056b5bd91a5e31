//! Windows of rows: `rolling`.

use super::{LazyFrame, NamedValues, Plan};
use crate::error::{Error, Place, Result, ResultExt};
use crate::kernel::agg::Agg;
use crate::kernel::window::{Width, Windowing, window_dtype};
use crate::plan::expr::Expr;
use crate::plan::resolve::resolve;
use crate::store::{Field, Schema};
use std::sync::Arc;

/// Aggregates over windows, as columns beside the others.
#[derive(Clone, Debug)]
pub struct WindowPlan {
    /// Whose rows.
    pub input: Arc<Plan>,
    /// The windows.
    pub windows: Windowing,
    /// The column of times, for windows of time.
    pub on: Option<usize>,
    /// What is computed, and of which values.
    pub aggregates: Vec<(Agg, NamedValues)>,
    /// The columns of the result.
    pub schema: Arc<Schema>,
}

impl WindowPlan {
    pub(super) fn explain(&self) -> String {
        let list: Vec<String> = self.aggregates.iter().map(|(a, v)| format!("{} = {a}({})", v.name, v.expr)).collect();
        format!("rolling {:?}: {}", self.windows.width, list.join(", "))
    }
}

impl LazyFrame {
    /// Aggregates over windows of rows, as columns at the end: `("x_mean", parse("mean(x)")?)`. Missing values are skipped.
    ///
    /// `on` names the column of times that windows of time go by; it must ascend. Results are f64 (f32 of f32, counts i64).
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for what are no numbers; invalid, for anything but one aggregate of one expression,
    /// and for a name that is there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::{Windowing, parse}};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(4)]))])?;
    /// let windows = Windowing::rows(2).min_count(1);
    /// let sums = df.lazy()?.rolling(windows, None, [("sums", parse("sum(x)")?)])?.collect(&ExecOptions::default())?;
    /// assert_eq!(sums.column("sums")?, &Column::from(vec![1.0, 1.0, 4.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rolling<S: Into<String>>(
        &self,
        windows: Windowing,
        on: Option<&str>,
        wanted: impl IntoIterator<Item = (S, Expr)>,
    ) -> Result<LazyFrame> {
        let input = self.schema();
        let on = on.map(|name| input.position(name)).transpose()?;
        if let (Width::Time(_), None) = (windows.width, on) {
            return Err(Error::invalid("a window of time needs the column of times").help("--on COLUMN"));
        }
        if let Some(on) = on.filter(|&on| !input.fields[on].dtype.is_temporal()) {
            let field = &input.fields[on];
            return Err(Error::wrong_type(format!("windows go along times, column {:?} is {}", field.name, field.dtype)));
        }
        let mut schema = Schema { labels: None, ..(**input).clone() };
        let mut aggregates = Vec::new();
        for (name, expr) in wanted {
            let name = name.into();
            let place = || Place { expr: Some(expr.to_string()), ..Place::default() };
            let Expr::Agg(agg, args) = &expr else {
                return Err(Error::invalid("a window has one aggregate of one expression")
                    .help("write COLUMN:mean or NAME=COLUMN:mean")
                    .at(place()));
            };
            let [of] = &args[..] else { return Err(Error::invalid(format!("`{agg}` takes one argument")).at(place())) };
            windows.rule(*agg).at(place)?;
            let values = resolve(of, input)?;
            let dtype = window_dtype(*agg, &values.dtype).at(place)?;
            if schema.names().any(|n| n == name) {
                return Err(Error::invalid(format!("column {name:?} is there already")).help("NAME=COLUMN:FN gives it another name"));
            }
            schema.fields.push(Field::new(&*name, dtype));
            aggregates.push((*agg, NamedValues { name, expr: of.clone(), values }));
        }
        if aggregates.is_empty() {
            return Err(Error::invalid("nothing is asked of the windows").help("--agg COLUMN:mean"));
        }
        let plan = WindowPlan { input: self.plan.clone(), windows, on, aggregates, schema: Arc::new(schema) };
        Ok(self.then(Plan::Window(plan)))
    }
}
