use super::{Options, Out};
use hpda_data::ops::tables::{Axis, Concat, concat};
use hpda_data::plan::{AsofDirection, AsofOptions, JoinHow, JoinOptions, Validate};
use hpda_data::{DataFrame, Error, Result};

pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let (left, right) = (&tables[0], &tables[1]);
    let how = || JoinHow::parse(o.text("how").unwrap_or("inner"));
    Ok(match verb {
        "merge" => {
            let mut options = JoinOptions::on(o.names("on")).how(how()?);
            if let [a, b] = o.names("suffixes")[..] {
                options = options.suffixes(a, b);
            }
            if let Some(v) = o.text("validate") {
                options = options.validate(Validate::parse(v)?);
            }
            if o.truth("indicator") {
                options = options.indicator();
            }
            left.merge(right, &options)?.into()
        }
        "join" => left.join(right, how()?, None)?.into(),
        "merge_asof" => {
            let mut options = AsofOptions::on("t").direction(AsofDirection::parse(o.text("direction").unwrap_or_default())?);
            if o.has("by") {
                options = options.by(o.names("by"));
            }
            if let Some(n) = o.int("tolerance") {
                options = options.tolerance(n);
            }
            left.merge_asof(right, &options)?.into()
        }
        "concat" => {
            let axis = if o.text("axis") == Some("columns") { Axis::Columns } else { Axis::Rows };
            let mut options =
                Concat { axis, inner: o.text("join") == Some("inner"), ignore_index: o.truth("ignore_index"), ..Concat::default() };
            if o.has("keys") {
                options = options.keys(o.names("keys"));
            }
            concat(&[left.clone(), right.clone()], &options)?.into()
        }
        "update" => left.update(right)?.into(),
        other => return Err(Error::internal(format!("no call of {other}"))),
    })
}
