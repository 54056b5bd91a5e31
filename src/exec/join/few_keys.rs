//! Joins of parts that hold few keys, each in more rows than fit: one side is held piece by piece, and the other one goes past each of them.

use super::on_disk::Out;
use super::{Key, keys_of, sides};
use crate::error::{ErrorKind, Result};
use crate::exec::spilled::Blocks;
use crate::exec::{ExecOptions, MemSource, stream};
use crate::kernel::order::{Keep, kept_so_far, row_count, take};
use crate::plan::{Join, JoinColumn, JoinHow};
use crate::store::{Batch, Field, Schema, TableSource};
use std::sync::Arc;

type Table = Arc<dyn TableSource>;

/// The first row of each key.
pub(super) fn one_of_each(batch: Batch, keys: &[Key]) -> Result<Batch> {
    let rows = kept_so_far(&keys_of(&batch, keys)?, row_count(batch.rows())?, Keep::First);
    let n = rows.len();
    Batch::with_rows(batch.schema, take(&batch.columns, &rows.into())?, n)
}

/// The keys of a table, each once, in columns of their own.
pub(super) fn distinct(table: &Table, keys: &[Key], options: &ExecOptions) -> Result<Batch> {
    let columns: Vec<usize> = keys.iter().map(|k| k.0).collect();
    let here: Vec<Key> = keys.iter().enumerate().map(|(i, k)| (i, k.1.clone())).collect();
    let schema = Arc::new(table.schema().project(&columns));
    let mut all =
        Batch::with_rows(schema.clone(), schema.fields.iter().map(|f| crate::store::Column::missing(f.dtype.clone(), 0)).collect(), 0)?;
    for batch in stream(table, Some(columns), options) {
        all = one_of_each(Batch::concat(&schema, &[all, one_of_each(batch?, &here)?])?, &here)?;
    }
    Ok(all)
}

/// The rows of a table that have one of these keys (`Semi`), or none of them (`Anti`).
pub(super) fn with_keys(table: &Table, keys: &[Key], of: &Batch, how: JoinHow, options: &ExecOptions) -> Result<Table> {
    let join = Join {
        how,
        keys: keys.iter().enumerate().map(|(i, (c, domain))| (*c, i, domain.clone())).collect(),
        columns: (0..table.schema().fields.len()).map(JoinColumn::Left).collect(),
        validate: None,
        schema: table.schema().clone(),
    };
    let of: Table = Arc::new(MemSource::whole(of.schema.clone(), of.clone()));
    super::in_memory(table, &of, &Arc::new(join), options)
}

/// The join of two parts, in any order.
pub(super) fn joined(left: &Blocks, right: &Blocks, how: &Join, options: &ExecOptions, out: &mut Out) -> Result<()> {
    let mut run = |left: &Table, right: &Blocks, one: JoinHow, from: JoinHow| {
        let join = Arc::new(taken_from(how, one, from, (left.schema(), right.schema())));
        pieces(left, right, &join, options, &mut |batch| out(typed(batch, &how.schema)?))
    };
    let whole = |blocks: &Blocks| -> Table { Arc::new(blocks.clone()) };
    run(&whole(left), right, JoinHow::Inner, JoinHow::Left)?;
    let alone = |one: JoinHow| how.how == one || how.how == JoinHow::Outer;
    let (left_keys, right_keys) = sides(how);
    if alone(JoinHow::Left) {
        let known = distinct(&whole(right), &right_keys, options)?;
        let rows = with_keys(&whole(left), &left_keys, &known, JoinHow::Anti, options)?;
        run(&rows, &right.some(0..0), JoinHow::Left, JoinHow::Left)?;
    }
    if alone(JoinHow::Right) {
        let known = distinct(&whole(left), &left_keys, options)?;
        let rows = with_keys(&whole(right), &right_keys, &known, JoinHow::Anti, options)?;
        let join = Arc::new(taken_from(how, JoinHow::Right, JoinHow::Right, (left.schema(), right.schema())));
        let made = super::in_memory(&whole(&left.some(0..0)), &rows, &join, options)?;
        stream(&made, None, options).try_for_each(|batch| out(typed(batch?, &how.schema)?))?;
    }
    Ok(())
}

/// The join with the right table in as few pieces as fit.
fn pieces(left: &Table, right: &Blocks, join: &Arc<Join>, options: &ExecOptions, out: &mut Out) -> Result<()> {
    match super::in_memory(left, &(Arc::new(right.clone()) as _), join, options) {
        Ok(made) => stream(&made, None, options).try_for_each(|batch| out(batch?)),
        Err(e) if e.kind() == ErrorKind::Budget && right.parts() > 1 => {
            let half = right.parts() / 2;
            pieces(left, &right.some(0..half), join, options, out)?;
            pieces(left, &right.some(half..right.parts()), join, options, out)
        }
        Err(e) => Err(e),
    }
}

/// A join of the same columns, with the keys of one table in the types that they have there.
fn taken_from(join: &Join, how: JoinHow, table: JoinHow, (left, right): (&Schema, &Schema)) -> Join {
    let column = |column: &JoinColumn| match (*column, table) {
        (JoinColumn::Key(k), JoinHow::Right) => JoinColumn::Right(join.keys[k].1),
        (JoinColumn::Key(k), _) => JoinColumn::Left(join.keys[k].0),
        (other, _) => other,
    };
    let columns: Vec<JoinColumn> = join.columns.iter().map(column).collect();
    let field = |(column, field): (&JoinColumn, &Field)| {
        let dtype = match *column {
            JoinColumn::Left(c) => left.fields[c].dtype.clone(),
            JoinColumn::Right(c) => right.fields[c].dtype.clone(),
            _ => field.dtype.clone(),
        };
        Field { dtype, ..field.clone() }
    };
    let fields = columns.iter().zip(&join.schema.fields).map(field).collect();
    let schema = Arc::new(Schema { index: join.schema.index.clone(), ..Schema::new(fields) });
    Join { how, keys: join.keys.clone(), columns, validate: None, schema }
}

/// The same rows in the types of the whole join.
fn typed(batch: Batch, schema: &Arc<Schema>) -> Result<Batch> {
    let rows = batch.rows();
    let columns =
        batch.columns.iter().zip(&schema.fields).map(|(c, f)| if *c.dtype() == f.dtype { Ok(c.clone()) } else { c.cast(&f.dtype) });
    Batch::with_rows(schema.clone(), columns.collect::<Result<_>>()?, rows)
}
