use super::{Options, Out};
use hpda_data::exec::ExecOptions;
use hpda_data::kernel::agg::Agg;
use hpda_data::kernel::time::{Origin, Side};
use hpda_data::plan::{TimeBins, col};
use hpda_data::{DataFrame, Error, Result};

pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let df = &tables[0];
    let text = |key: &str| o.text(key).unwrap_or_default();
    Ok(match verb {
        "dt" => df.series(&df.names()[0])?.dt(text("part"))?.into(),
        "resample" => {
            let mut bins = TimeBins::new(text("freq"))?;
            bins.closed = o.text("closed").map(Side::parse).transpose()?;
            bins.label = o.text("label").map(Side::parse).transpose()?;
            bins.origin = o.text("origin").map(Origin::parse).transpose()?.unwrap_or_default();
            let agg = Agg::parse(text("agg"))?;
            let made = df
                .drop_index()
                .lazy()?
                .resample(o.text("column").unwrap_or("d"), bins)?
                .agg([("x", col("x").agg(agg)), ("n", col("n").agg(agg))])?;
            made.collect(&ExecOptions::default())?.into()
        }
        other => return Err(Error::internal(format!("no call of {other}"))),
    })
}
