//! An expression as a source: computed block by block, its operands broadcast by the names of their dims.

use crate::array::{Data, Variable};
use crate::dtype::{DType, Phys};
use crate::error::{Error, Place, Result};
use crate::exec::ExecOptions;
use crate::exec::eval::evaluate;
use crate::ops::bridge::enter;
use crate::plan::Typed;
use crate::store::{Batch, ChunkGrid, ChunkSource, Column, Field, NdArray, ReadCost, Reservation, Schema, Selection, Selector, Step};
use std::sync::Arc;

/// An operand, and where its dims are among those of the result.
#[derive(Clone, Debug)]
struct Operand {
    variable: Variable,
    axes: Vec<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct ExprSource {
    expr: Typed,
    schema: Arc<Schema>,
    operands: Vec<Operand>,
    /// The expression as written, for people.
    shown: String,
    shape: Vec<usize>,
    grid: ChunkGrid,
    options: ExecOptions,
    /// What operands in memory take.
    _booked: Vec<Arc<Reservation>>,
}

/// Elements that are worked on at a time, where the file leaves a choice.
const MOST: usize = 1 << 20;

impl ExprSource {
    /// The expression over variables in the order of the schema.
    pub(super) fn new(
        expr: Typed,
        schema: Arc<Schema>,
        variables: Vec<Variable>,
        dims: &[Arc<str>],
        options: &ExecOptions,
    ) -> Result<ExprSource> {
        let mut lengths: Vec<Option<usize>> = vec![None; dims.len()];
        let mut operands = Vec::with_capacity(variables.len());
        for variable in variables {
            let at = |d: &Arc<str>| dims.iter().position(|x| x == d).ok_or_else(|| Error::internal("a dim of an operand is not there"));
            let axes: Vec<usize> = variable.dims().iter().map(at).collect::<Result<_>>()?;
            for (&a, &n) in axes.iter().zip(variable.shape()) {
                if lengths[a].is_some_and(|m| m != n) {
                    return Err(Error::shape(format!("operands have different lengths along {:?}", dims[a])));
                }
                lengths[a] = Some(n);
            }
            operands.push(Operand { variable, axes });
        }
        let shape: Vec<usize> = lengths.into_iter().map(|n| n.unwrap_or(1)).collect();
        let mut out = ExprSource {
            expr,
            schema,
            operands,
            shown: String::new(),
            grid: ChunkGrid::new(&shape, &shape),
            shape,
            options: options.clone(),
            _booked: Vec::new(),
        };
        let mut chunk = out.pieces().unwrap_or_else(|| out.shape.clone());
        if out.pieces().is_none() {
            while chunk.iter().product::<usize>() > MOST {
                match chunk.iter_mut().find(|c| **c > 1) {
                    Some(c) => *c = c.div_ceil(2),
                    None => break,
                }
            }
        }
        out.grid = ChunkGrid::new(&out.shape, &chunk);
        Ok(out)
    }

    /// With the account of operands in memory, as long as it is used.
    pub(super) fn holding(self, booked: Vec<Arc<Reservation>>, shown: String) -> ExprSource {
        ExprSource { _booked: booked, shown, ..self }
    }

    /// The largest pieces of the operands along each dim; none where none has any.
    fn pieces(&self) -> Option<Vec<usize>> {
        let mut out: Option<Vec<usize>> = None;
        for o in &self.operands {
            let Some(pieces) = o.variable.cost().pieces else { continue };
            let all = out.get_or_insert_with(|| vec![1; self.shape.len()]);
            o.axes.iter().zip(pieces).for_each(|(&a, p)| all[a] = all[a].max(p));
        }
        // Dims of which no operand with pieces tells are taken whole, last ones first, as far as that is little.
        let mut out = out?;
        let told: Vec<usize> = self.operands.iter().filter(|o| o.variable.cost().pieces.is_some()).flat_map(|o| o.axes.clone()).collect();
        for d in (0..out.len()).rev().filter(|d| !told.contains(d)) {
            let room = MOST / out.iter().product::<usize>().max(1);
            out[d] = self.shape[d].min(room).max(1);
        }
        Some(out)
    }

    /// The part of an operand that goes with a selection of the result, in its shape, as a column.
    fn part(&self, operand: &Operand, kept: &[Selector], shape: &[usize]) -> Result<Column> {
        let own = Selection::new(operand.axes.iter().map(|&a| kept[a].clone()).collect());
        let block = operand.variable.read(&own)?;
        // Its axes in the order of the result's, with one for each dim that it lacks.
        let mut order: Vec<usize> = (0..operand.axes.len()).collect();
        order.sort_by_key(|&i| operand.axes[i]);
        let turned = block.transpose(&order)?.to_contiguous()?;
        let wide: Vec<usize> = (0..shape.len()).map(|d| if operand.axes.contains(&d) { shape[d] } else { 1 }).collect();
        Column::from_nd(&turned.reshape(&wide)?.broadcast(shape)?.to_contiguous()?)
    }
}

impl ChunkSource for ExprSource {
    fn made_of(&self) -> (String, Vec<Step>) {
        (format!("compute {}", self.shown), self.operands.iter().map(|o| o.variable.step()).collect())
    }

    fn dtype(&self) -> &DType {
        &self.expr.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn grid(&self) -> ChunkGrid {
        self.grid.clone()
    }

    fn cost(&self) -> ReadCost {
        ReadCost { pieces: self.pieces(), ..ReadCost::default() }
    }

    fn place(&self) -> Place {
        self.operands.iter().find(|o| matches!(o.variable.data(), Data::Lazy(_))).map(|o| o.variable.place()).unwrap_or_default()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        let kept = selection.with_all_dims();
        let shape = kept.shape(&self.shape);
        let elements: usize = shape.iter().product();
        let width = self.expr.dtype.phys().and_then(Phys::width).unwrap_or(16).max(4);
        let needs = elements * width * (self.operands.len() + 2);
        let _booked = self.options.budget.reserve_block(needs, "an expression over a cube")?;
        let mut columns = self.operands.iter().map(|o| self.part(o, kept.selectors(), &shape)).collect::<Result<Vec<_>>>()?;
        let mut schema = self.schema.clone();
        if columns.is_empty() {
            // A batch has as many rows as its columns.
            schema = Arc::new(Schema { fields: vec![Field::new("", DType::Bool)], ..Schema::default() });
            columns.push(vec![true; elements].into());
        }
        let values = evaluate(&self.expr, &Batch::new(schema, columns)?)?;
        enter(&values, &selection.shape(&self.shape))
    }
}
