use super::ExecOptions;
use super::gather::{Order, TakeSource, gather};
use crate::dtype::{DType, promote};
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::kernel::order::MISSING;
use crate::kernel::text::format::push_decimal;
use crate::store::{Attrs, Batch, BatchIter, Column, Field, IndexSpec, ScanRequest, Schema, TableSource};
use arrow::array::AsArray;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes as at;
use std::sync::Arc;

/// Several tables as one: the rows of the first, then of the second, and so on.
///
/// Columns are matched by name and stand in the order of first appearance. Number types widen to their common type, dates meet
/// date-times, categories meet text; a column that a table lacks is missing there. A column of arrow's null type takes any type.
#[derive(Debug)]
pub struct ConcatSource {
    schema: Arc<Schema>,
    inputs: Vec<Input>,
}

#[derive(Debug)]
struct Input {
    name: String,
    source: Arc<dyn TableSource>,
    /// For each column of the result, where it is here.
    positions: Vec<Option<usize>>,
    first_part: usize,
}

fn is_empty_type(dtype: &DType) -> bool {
    *dtype == DType::Opaque(arrow::datatypes::DataType::Null)
}

impl ConcatSource {
    /// Tables under the names (of files) that errors tell.
    ///
    /// # Errors
    /// Type, where a column is text here and a number there, with both tables; invalid for no tables.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::{ConcatSource, ExecOptions}, plan::LazyFrame};
    /// let options = ExecOptions::default();
    /// let a = DataFrame::new([("x", Column::from(vec![1i64, 2]))])?.lazy()?.source(&options)?;
    /// let b = DataFrame::new([("x", Column::from(vec![0.5])), ("y", vec!["b"].into())])?.lazy()?.source(&options)?;
    /// let both = ConcatSource::new(vec![("a".into(), a), ("b".into(), b)])?;
    /// let both = LazyFrame::scan(std::sync::Arc::new(both)).collect(&options)?;
    /// assert_eq!(both.column("x")?, &Column::from(vec![1.0, 2.0, 0.5]));
    /// assert_eq!(both.column("y")?, &Column::from(vec![None, None, Some("b")]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn new(inputs: Vec<(String, Arc<dyn TableSource>)>) -> Result<ConcatSource> {
        let Some((first_name, first)) = inputs.first() else { return Err(Error::invalid("no tables to put together")) };
        // A column, and the name of the table that gave it its type.
        let mut fields: Vec<(Field, &str)> = first.schema().fields.iter().map(|f| (f.clone(), first_name.as_str())).collect();
        for (name, source) in &inputs[1..] {
            let schema = source.schema();
            for field in &schema.fields {
                let Some((known, giver)) = fields.iter_mut().find(|(f, _)| f.name == field.name) else {
                    fields.push((Field { nullable: true, ..field.clone() }, name));
                    continue;
                };
                let common = match (&known.dtype, &field.dtype) {
                    (a, b) if is_empty_type(a) => b.clone(),
                    (a, b) if is_empty_type(b) => a.clone(),
                    (a, b) => promote(a, b).map_err(|e| {
                        let message = format!("column {:?} is {a} in {giver:?} and {b} in {name:?}", field.name);
                        let help = e.remedy().map_or_else(|| "give both one type: --dtypes NAME=TYPE".to_string(), Into::into);
                        Error::wrong_type(message).help(help).at(Place::column(&field.name))
                    })?,
                };
                if common != known.dtype {
                    (known.dtype, *giver) = (common, name);
                }
                known.nullable |= field.nullable;
                known.attrs = common_attrs(&known.attrs, &field.attrs);
            }
            for (known, _) in &mut fields {
                known.nullable |= schema.fields.iter().all(|f| f.name != known.name);
            }
        }
        let mut schema = Schema::new(fields.into_iter().map(|(f, _)| f).collect());
        // Level columns lead in the first table and therefore in the result; the index stays if every table says the same.
        if let IndexSpec::Levels(levels) = &first.schema().index
            && inputs.iter().all(|(_, s)| s.schema().index == first.schema().index)
            && schema.fields.len() >= levels.len()
        {
            schema.index = first.schema().index.clone();
        }
        schema.attrs = inputs.iter().skip(1).fold(first.schema().attrs.clone(), |a, (_, s)| common_attrs(&a, &s.schema().attrs));
        if inputs.iter().all(|(_, s)| s.schema().labels == first.schema().labels && s.schema().fields.len() == schema.fields.len()) {
            schema.labels = first.schema().labels.clone();
        }
        if inputs.len() == 1 {
            schema = (**first.schema()).clone();
        }
        let mut first_part = 0;
        let inputs = inputs
            .iter()
            .map(|(name, source)| {
                let positions = schema.names().map(|n| source.schema().names().position(|m| m == n)).collect();
                let input = Input { name: name.clone(), source: source.clone(), positions, first_part };
                first_part += source.parts();
                input
            })
            .collect();
        Ok(ConcatSource { schema: Arc::new(schema), inputs })
    }

    /// Another table, which has this column in another type than this one.
    fn giver(&self, column: usize, here: &Input) -> String {
        let dtype = |i: &Input| i.positions[column].map(|p| i.source.schema().fields[p].dtype.clone());
        let (own, common) = (dtype(here), &self.schema.fields[column].dtype);
        let same = self.inputs.iter().find(|i| dtype(i).as_ref() == Some(common));
        let other = || self.inputs.iter().find(|i| dtype(i).is_some_and(|t| Some(&t) != own.as_ref()));
        same.or_else(other).map_or_else(String::new, |i| i.name.clone())
    }

    fn input(&self, part: usize) -> (&Input, usize) {
        let at = self.inputs.partition_point(|i| i.first_part <= part).saturating_sub(1);
        // Inputs without parts share their first part with the next one; the last of equals is the one that has it.
        (&self.inputs[at], part - self.inputs[at].first_part)
    }
}

/// What both say alike.
fn common_attrs(a: &Attrs, b: &Attrs) -> Attrs {
    let mut out = Attrs::new();
    for (name, value) in a.iter() {
        if b.get(name) == Some(value) {
            out.set(name, value.clone());
        }
    }
    out
}

impl TableSource for ConcatSource {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        self.inputs.iter().map(|i| i.source.rows()).sum()
    }

    fn parts(&self) -> usize {
        self.inputs.iter().map(|i| i.source.parts()).sum()
    }

    fn part_bytes(&self, part: usize) -> u64 {
        let (input, part) = self.input(part);
        input.source.part_bytes(part)
    }

    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let (input, part) = self.input(part);
        let wanted: Vec<usize> = request.columns.clone().unwrap_or_else(|| (0..self.schema.fields.len()).collect());
        let schema = match &request.columns {
            None => self.schema.clone(),
            Some(columns) => Arc::new(self.schema.project(columns)),
        };
        let here: Vec<usize> = wanted.iter().filter_map(|&c| input.positions[c]).collect();
        let present: Vec<bool> = wanted.iter().map(|&c| input.positions[c].is_some()).collect();
        // Predicates are only advice; they speak of our columns and types and are not passed on.
        let inner = ScanRequest { columns: Some(here), predicates: Vec::new(), ..request.clone() };
        let batches = input.source.scan(part, &inner)?;
        let name = input.name.clone();
        let givers: Vec<String> = wanted.iter().map(|&c| self.giver(c, input)).collect();
        Ok(Box::new(batches.map(move |batch| {
            let batch = batch?;
            let rows = batch.rows();
            let mut given = batch.columns.into_iter();
            let columns = schema.fields.iter().zip(&present).zip(&givers).map(|((field, &there), giver)| match given.next_if(there) {
                Some(column) => {
                    if let Some(value) = inexact(&column, &field.dtype) {
                        let message = format!(
                            "column {:?}: the {} {value} of {name:?} is no {}, which the column is with {giver:?}",
                            field.name,
                            column.dtype(),
                            field.dtype
                        );
                        let help = "give both one type: --dtypes NAME=TYPE for text, --with 'NAME = float(NAME)' to round";
                        return Err(Error::overflow(message).help(help).at(Place::column(&field.name)));
                    }
                    cast(column, &field.dtype).at_column(&field.name)
                }
                None => Ok(Column::missing(field.dtype.clone(), rows)),
            });
            Batch::with_rows(schema.clone(), columns.collect::<Result<_>>()?, rows)
        })))
    }

    fn notices(&self) -> Notices {
        let mut all = Notices::new();
        for input in &self.inputs {
            all.extend(input.source.notices());
        }
        all
    }
}

trait NextIf: Iterator {
    /// The next item, taken only on condition.
    fn next_if(&mut self, condition: bool) -> Option<Self::Item> {
        if condition { self.next() } else { None }
    }
}
impl<I: Iterator> NextIf for I {}

/// The first value that a float type would change, as text.
fn inexact(column: &Column, dtype: &DType) -> Option<String> {
    if !dtype.is_float() || *column.dtype() == *dtype {
        return None;
    }
    // Digits that a float of this width always gives back, and the largest whole number up to which all are exact.
    let (digits, whole) = if *dtype == DType::F32 { (6, 1i128 << 24) } else { (15, 1i128 << 53) };
    let narrow = |x: f64| if *dtype == DType::F32 { x as f32 as f64 } else { x };
    let changed = |x: i128| x.abs() > whole && narrow(x as f64) as i128 != x;
    match column.dtype() {
        DType::I64 => column.values().as_primitive::<at::Int64Type>().iter().flatten().find(|&x| changed(x as i128)).map(|x| x.to_string()),
        DType::U64 => {
            column.values().as_primitive::<at::UInt64Type>().iter().flatten().find(|&x| changed(x as i128)).map(|x| x.to_string())
        }
        DType::I32 => column.values().as_primitive::<at::Int32Type>().iter().flatten().find(|&x| changed(x as i128)).map(|x| x.to_string()),
        DType::U32 => {
            column.values().as_primitive::<at::UInt32Type>().iter().flatten().find(|&x| changed(x as i128)).map(|x| x.to_string())
        }
        DType::Decimal { scale, .. } => {
            let text = |x: i128| {
                let mut out = Vec::new();
                push_decimal(&mut out, x, *scale);
                String::from_utf8(out).unwrap_or_default()
            };
            let decimals = (*scale).max(0) as usize;
            let differs = |x: i128| {
                let exact = text(x);
                exact.parse::<f64>().is_ok_and(|f| format!("{:.decimals$}", narrow(f)) != exact)
            };
            let limit = 10i128.pow(digits);
            column.values().as_primitive::<at::Decimal128Type>().iter().flatten().find(|&x| x.abs() >= limit && differs(x)).map(text)
        }
        _ => None,
    }
}

/// A column in a wider type.
fn cast(column: Column, dtype: &DType) -> Result<Column> {
    if column.dtype() == dtype {
        return Ok(column);
    }
    if is_empty_type(column.dtype()) {
        return Ok(Column::missing(dtype.clone(), column.len()));
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    Column::new(dtype.clone(), cast_with_options(column.values(), &dtype.to_arrow(), &options)?)
}

/// What becomes of columns (or, side by side, of rows) that not all tables have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConcatJoin {
    /// They are kept, missing where they are not.
    #[default]
    Outer,
    /// They are left out.
    Inner,
    /// They are an error.
    Exact,
}

impl ConcatJoin {
    /// Every one of them.
    pub const ALL: [ConcatJoin; 3] = [ConcatJoin::Outer, ConcatJoin::Inner, ConcatJoin::Exact];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            ConcatJoin::Outer => "outer",
            ConcatJoin::Inner => "inner",
            ConcatJoin::Exact => "exact",
        }
    }

    /// The one of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn parse(name: &str) -> Result<ConcatJoin> {
        let found = ConcatJoin::ALL.into_iter().find(|j| j.name() == name);
        found.ok_or_else(|| Error::not_found("join", name, ConcatJoin::ALL.map(ConcatJoin::name)))
    }
}

/// The columns of tables that are put together by rows: those of all tables, or those that each of them has.
///
/// In the order of first appearance.
///
/// # Errors
/// Shape, with [`ConcatJoin::Exact`], for a column that a table lacks.
///
/// # Examples
/// ```
/// use hpda_data::{DataFrame, exec::{ConcatJoin, common_columns}};
/// let table = |names: &[&str]| (names.concat(), DataFrame::from_rows(names.to_vec(), []).and_then(|f| Ok(f.to_batch()?.schema)));
/// let tables = [table(&["a", "b"]), table(&["c", "b"])].map(|(name, schema)| schema.map(|s| (name, s)));
/// let tables = tables.into_iter().collect::<hpda_data::Result<Vec<_>>>()?;
/// assert_eq!(common_columns(&tables, ConcatJoin::Outer)?, ["a", "b", "c"]);
/// assert_eq!(common_columns(&tables, ConcatJoin::Inner)?, ["b"]);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn common_columns(tables: &[(String, Arc<Schema>)], join: ConcatJoin) -> Result<Vec<String>> {
    let mut all: Vec<String> = Vec::new();
    for name in tables.iter().flat_map(|(_, s)| s.names()) {
        if !all.iter().any(|n| n == name) {
            all.push(name.into());
        }
    }
    let lacks = |name: &str| tables.iter().find(|(_, s)| s.names().all(|n| n != name));
    match join {
        ConcatJoin::Outer => {}
        ConcatJoin::Inner => all.retain(|n| lacks(n).is_none()),
        ConcatJoin::Exact => {
            if let Some((name, table)) = all.iter().find_map(|n| Some((n, lacks(n)?))) {
                let e = Error::shape(format!("column {name:?} is not in {:?}", table.0));
                return Err(e.help("outer keeps such columns, missing where they are not; inner leaves them out"));
            }
        }
    }
    Ok(all)
}

/// The columns of tables beside each other, row by row; what they are called must differ. All tables are held in memory.
///
/// A shorter table is missing below its end ([`ConcatJoin::Outer`]); types stay.
///
/// # Errors
/// Invalid, for two columns of one name; shape, with [`ConcatJoin::Exact`], for different numbers of rows; what the sources say.
///
/// # Examples
/// ```
/// use hpda_data::{Column, DataFrame, exec::{ConcatJoin, ExecOptions, side_by_side}, plan::LazyFrame};
/// let options = ExecOptions::default();
/// let a = DataFrame::new([("a", Column::from(vec![1i64, 2]))])?.lazy()?.source(&options)?;
/// let b = DataFrame::new([("b", Column::from(vec!["x"]))])?.lazy()?.source(&options)?;
/// let both = side_by_side(&[("a".into(), a), ("b".into(), b)], ConcatJoin::Outer, &options)?;
/// let both = LazyFrame::scan(both).collect(&options)?;
/// assert_eq!(both.column("b")?, &Column::from(vec![Some("x"), None]));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn side_by_side(tables: &[(String, Arc<dyn TableSource>)], join: ConcatJoin, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    let mut fields: Vec<Field> = Vec::new();
    for (name, table) in tables {
        for field in &table.schema().fields {
            if fields.iter().any(|f| f.name == field.name) {
                let e = Error::invalid(format!("column {:?} of {name:?} is already there", field.name));
                return Err(e.help("rename it first: hpda-data select FILE --rename old=new"));
            }
            fields.push(field.clone());
        }
    }
    let gathered = tables.iter().map(|(_, t)| gather(t, None, "tables side by side", options)).collect::<Result<Vec<_>>>()?;
    let lengths: Vec<usize> = gathered.iter().map(|g| g.batch.rows()).collect();
    let (least, most) = (lengths.iter().copied().min().unwrap_or(0), lengths.iter().copied().max().unwrap_or(0));
    if join == ConcatJoin::Exact && least != most {
        let counts: Vec<String> = tables.iter().zip(&lengths).map(|((n, _), rows)| format!("{n:?} has {rows}")).collect();
        return Err(Error::shape(format!("the tables have different numbers of rows: {}", counts.join(", "))));
    }
    let rows = if join == ConcatJoin::Outer { most } else { least };
    let mut schema = Schema::new(fields);
    if let Some((_, first)) = tables.first() {
        schema.attrs = first.schema().attrs.clone();
    }
    let (mut columns, mut orders, mut booked, mut notices) = (Vec::new(), Vec::new(), Vec::new(), Notices::new());
    for g in gathered {
        let own = g.batch.rows();
        let short =
            (own < rows).then(|| (0..rows as u32).map(|r| if (r as usize) < own { r } else { MISSING }).collect::<Vec<u32>>().into());
        columns.extend(g.batch.columns.into_iter().map(|c| (orders.len(), c)));
        orders.push(Order { rows: short, optional: true });
        booked.push(g.booked);
        notices.extend(g.notices);
    }
    Ok(Arc::new(TakeSource::new(Arc::new(schema), columns, orders, rows, notices, booked)))
}
