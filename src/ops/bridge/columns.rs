//! Which columns a cube has as a table.

use super::flags::Flags;
use super::rows::{Cells, CubeRows, Inner, runs};
use super::{leave, part_limit};
use crate::array::{Dataset, Variable, companions};
use crate::dtype::DType;
use crate::error::{Error, Level, Notices, Place, Result, ResultExt, quoted_list};
use crate::store::{Attrs, Budget, Column, Field, Reservation, Schema, TableSource};
use arrow::array::AsArray;
use std::sync::Arc;

/// What of a cube goes into a table, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameOptions {
    /// Only these variables; all but companions (bounds and the like), when `None`.
    pub vars: Option<Vec<String>>,
    /// Only these of the coordinates that do not label a dim; all along the dims of the table, when `None`.
    pub coords: Option<Vec<String>>,
    /// The dims that lead, in this order, the last one fastest: a row for every combination of their labels. Variables along other dims
    /// are left out. When `None`, the dims of the largest variable, as they stand.
    pub dims: Option<Vec<String>>,
    /// Texts that repeat from row to row stay texts. Else they are categories: a list, and a small number in each row.
    pub texts: bool,
}

impl FrameOptions {
    /// Only these variables.
    pub fn vars<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> FrameOptions {
        FrameOptions { vars: Some(names.into_iter().map(Into::into).collect()), ..self }
    }

    /// Only these of the coordinates that do not label a dim.
    pub fn coords<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> FrameOptions {
        FrameOptions { coords: Some(names.into_iter().map(Into::into).collect()), ..self }
    }

    /// The dims that lead, in this order.
    pub fn dims<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> FrameOptions {
        FrameOptions { dims: Some(names.into_iter().map(Into::into).collect()), ..self }
    }

    /// With texts as texts.
    pub fn texts(self) -> FrameOptions {
        FrameOptions { texts: true, ..self }
    }
}

/// The columns of a table while they are put together.
struct Columns<'a> {
    dims: &'a [Arc<str>],
    rows: u64,
    texts: bool,
    budget: &'a Budget,
    fields: Vec<Field>,
    cells: Vec<Cells>,
    flags: Vec<Option<Flags>>,
    booked: Vec<Reservation>,
}

impl Columns<'_> {
    fn add(&mut self, name: &str, attrs: &Attrs, dtype: DType, cells: Cells) {
        let (found, attrs) = Flags::of(&dtype, attrs).map_or_else(|| (None, attrs.clone()), |(f, rest)| (Some(f), rest));
        let dtype = found.as_ref().map_or(dtype, Flags::dtype);
        self.fields.push(Field { attrs, ..Field::new(name, dtype) });
        self.cells.push(cells);
        self.flags.push(found);
    }

    /// A variable: what is short and repeats is held, so that it is read once; the rest is read block by block.
    fn variable(&mut self, name: &str, v: &Variable) -> Result<()> {
        let axes: Vec<usize> = v.dims().iter().filter_map(|d| self.dims.iter().position(|e| e == d)).collect();
        let bytes = v.len().saturating_mul(width(v.dtype()));
        // The type of a column may not depend on the budget.
        let named = *v.dtype() == DType::Str && !self.texts && axes.len() < self.dims.len() && v.len() <= MOST_CATEGORIES;
        let short = (v.len() as u64) < self.rows && bytes <= part_limit(self.budget);
        let booked = if named || short { self.budget.try_reserve(bytes) } else { None };
        let cells = if named || booked.is_some() {
            self.booked.extend(booked);
            let values = leave(&v.load().at_variable(name)?)?;
            Cells::Labels { values: if named { categories(&values)? } else { values }, axes }
        } else {
            Cells::Values { variable: Box::new(v.clone()), axes }
        };
        let dtype = if let Cells::Labels { values, .. } = &cells { values.dtype().clone() } else { v.dtype().clone() };
        self.add(name, &v.attrs, dtype, cells);
        Ok(())
    }
}

/// So many texts become a list of categories, which is held: no more than [`Budget::LITTLE`].
const MOST_CATEGORIES: usize = 64 << 10;

/// Texts as categories, in the order in which they first stand.
fn categories(texts: &Column) -> Result<Column> {
    let mut list = indexmap::IndexSet::new();
    let codes = texts.values().as_string_view().iter().map(|t| t.map(|t| list.insert_full(t).0 as u32)).collect();
    Column::from_codes(codes, &list.iter().collect::<Vec<_>>(), false)
}

/// Bytes of a value, a text guessed.
fn width(dtype: &DType) -> usize {
    dtype.phys().and_then(|p| p.width()).unwrap_or(32)
}

/// Whether a variable labels the dim of its own name.
fn is_label(name: &str, v: &Variable) -> bool {
    matches!(v.dims(), [d] if **d == *name)
}

impl CubeRows {
    /// The table of a cube.
    ///
    /// # Errors
    /// Not found, for a name; shape, for a variable that was asked for and has a dim that is not of the table, and without
    /// [`FrameOptions::dims`] for any with a dim that the largest lacks, which names `--var`; invalid, where there is no variable or two
    /// columns have one name.
    pub fn new(dataset: &Dataset, how: &FrameOptions, budget: &Budget) -> Result<(CubeRows, Notices)> {
        let mut notices = Notices::new();
        let accompany = companions(dataset);
        let mut chosen: Vec<(&str, &Variable)> = match &how.vars {
            Some(names) => names.iter().map(|n| Ok((n.as_str(), dataset.variable(n)?))).collect::<Result<_>>()?,
            None => dataset.vars.iter().map(|(n, v)| (n.as_str(), v)).filter(|(n, _)| !accompany.contains_key(*n)).collect(),
        };
        let named: Option<Vec<Arc<str>>> = how.dims.as_deref().map(|names| dims_of(dataset, names)).transpose()?;
        if let (Some(dims), None) = (&named, &how.vars) {
            let (kept, other): (Vec<_>, Vec<_>) = chosen.into_iter().partition(|(_, v)| v.dims().iter().all(|d| dims.contains(d)));
            if !other.is_empty() {
                let names: Vec<&str> = other.into_iter().map(|(n, _)| n).collect();
                notices.push(Level::Omitted, format!("variables of other dims are left out: {}", quoted_list(&names, 8)), Place::default());
            }
            chosen = kept;
        }
        // The one that has all dims of the others is so also where there are no labels along one of them.
        let has_all = |v: &Variable| chosen.iter().all(|(_, w)| w.dims().iter().all(|d| v.dims().contains(d)));
        let size = |v: &Variable| (!v.dims().is_empty(), has_all(v), v.len(), v.dims().len());
        let largest = chosen.iter().rev().max_by_key(|(_, v)| size(v)).copied();
        let dims: Vec<Arc<str>> = match (named, largest) {
            (Some(dims), _) => dims,
            (None, Some((_, largest))) => largest.dims().to_vec(),
            (None, None) => {
                let e = Error::invalid("the cube has no variable that makes a table");
                return Err(if dataset.groups.is_empty() { e } else { e.help("--group NAME takes one of its groups") });
            }
        };
        for (name, v) in &chosen {
            let Some(d) = v.dims().iter().find(|d| !dims.contains(d)) else { continue };
            let e = match (&how.dims, largest) {
                (None, Some((largest, _))) => {
                    Error::shape(format!("variable {name:?} has the dim {d:?}, which {largest:?}, the largest, lacks"))
                        .help(format!("--var {largest} or --var {name} picks what goes into one table"))
                }
                _ => Error::shape(format!("variable {name:?} has the dim {d:?}, which is not among those of the table, {dims:?}"))
                    .help("a dim that is named makes a row for each of its labels"),
            };
            return Err(e.at(Place::variable(*name)));
        }
        let left_out: Vec<&str> = accompany.keys().map(String::as_str).filter(|n| !chosen.iter().any(|(c, _)| c == n)).collect();
        if !left_out.is_empty() {
            notices.push(Level::Omitted, format!("companions are left out: {}", quoted_list(&left_out, 8)), Place::default());
        }
        if !dataset.groups.is_empty() && how.vars.is_none() {
            let names: Vec<&str> = dataset.groups.keys().map(String::as_str).collect();
            notices.push(Level::Changed, format!("groups are left out: {}", quoted_list(&names, 8)), Place::default());
        }

        let shape: Vec<usize> = dims.iter().map(|d| dataset.dim_length(d)).collect::<Result<_>>()?;
        let rows = shape.iter().try_fold(1u64, |n, &m| n.checked_mul(m as u64)).filter(|&n| n < i64::MAX as u64);
        let rows = rows.ok_or_else(|| {
            Error::overflow(format!("dims of {shape:?} labels make more rows than can be counted")).help("fewer dims make fewer rows")
        })?;
        let mut columns = Columns {
            dims: &dims,
            rows,
            texts: how.texts,
            budget,
            fields: Vec::new(),
            cells: Vec::new(),
            flags: Vec::new(),
            booked: Vec::new(),
        };
        for (axis, d) in dims.iter().enumerate() {
            match dataset.coords.get(d).filter(|c| is_label(d, c)) {
                Some(c) => columns.variable(d, c)?,
                None => columns.add(d, &Attrs::new(), DType::I64, Cells::Positions { axis }),
            }
        }
        let mut stray = Vec::new();
        if let Some(n) = how.coords.iter().flatten().find(|n| !dataset.coords.contains(n)) {
            return Err(Error::not_found("coordinate", n, dataset.coords.iter().map(|(n, _)| n)));
        }
        for (name, c) in dataset.coords.iter().filter(|(n, c)| !is_label(n, c) && !chosen.iter().any(|(m, _)| m == n)) {
            match &how.coords {
                Some(names) if !names.iter().any(|n| n == name) => {}
                _ if c.dims().iter().all(|d| dims.contains(d)) => columns.variable(name, c)?,
                _ => stray.push(name),
            }
        }
        if !stray.is_empty() {
            notices.push(Level::Omitted, format!("coordinates of other dims are left out: {}", quoted_list(&stray, 8)), Place::default());
        }
        for (name, v) in chosen.iter().filter(|(n, v)| !is_label(n, v)) {
            columns.variable(name, v)?;
        }
        let Columns { fields, cells, flags, booked, .. } = columns;
        if let Some((_, f)) = fields.iter().enumerate().find(|(i, f)| fields[..*i].iter().any(|g: &Field| g.name == f.name)) {
            return Err(Error::invalid(format!("two columns would be called {:?}", f.name))
                .help("--var picks the variables that go into the table"));
        }
        let widths = |c: &Cells| if let Cells::Values { variable, .. } = c { width(variable.dtype()) } else { 0 };
        let row_bytes = cells.iter().map(widths).sum::<usize>().max(1);
        // Blocks are whole chunks of the largest variable, its dims as they stand in the table.
        let chunk: Vec<usize> = match largest {
            Some((_, v)) => {
                let own = v.grid().chunk;
                dims.iter().map(|d| v.dims().iter().position(|e| e == d).and_then(|i| own.get(i).copied()).unwrap_or(1)).collect()
            }
            None => vec![1; dims.len()],
        };
        let grid = runs(&shape, &chunk, part_limit(budget) / row_bytes);
        let schema = Arc::new(Schema { attrs: dataset.attrs.clone(), ..Schema::new(fields) });
        Ok((CubeRows { inner: Arc::new(Inner { schema, columns: cells, flags, grid, _booked: booked }) }, notices))
    }

    /// About how many bytes all rows take in memory.
    pub(crate) fn bytes(&self) -> u64 {
        let of = |f: &Field| if matches!(f.dtype, DType::Categorical { .. }) { 4 } else { width(&f.dtype) as u64 };
        self.inner.schema.fields.iter().map(of).sum::<u64>().saturating_mul(self.rows().unwrap_or(u64::MAX))
    }
}

/// The dims of these names.
fn dims_of(dataset: &Dataset, names: &[String]) -> Result<Vec<Arc<str>>> {
    if let Some((_, twice)) = names.iter().enumerate().find(|(i, n)| names[..*i].contains(n)) {
        return Err(Error::invalid(format!("the dim {twice:?} is named twice")));
    }
    names.iter().map(|n| dataset.dim_length(n).map(|_| n.as_str().into())).collect()
}
