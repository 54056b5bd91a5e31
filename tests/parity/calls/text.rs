use super::{Options, Out};
use hpda_data::plan::parse;
use hpda_data::{DataFrame, Error, Result, Series};

pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let df = &tables[0];
    Ok(match verb {
        "str" => Series::new(Some("g".into()), df.eval(parse(o.text("call").unwrap_or_default())?)?, df.index().clone())?.into(),
        other => return Err(Error::internal(format!("no call of {other}"))),
    })
}
