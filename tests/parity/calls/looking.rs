use super::{Options, Out};
use hpda_data::frame::{date_range, date_range_n};
use hpda_data::kernel::agg::Agg;
use hpda_data::{DataFrame, Error, Result, Scalar};

pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let text = |key: &str| o.text(key).unwrap_or_default();
    match verb {
        "date_range" => return Ok(date_range(text("start"), text("end"), text("freq"))?.into()),
        "date_range_n" => return Ok(date_range_n(text("start"), o.size("periods").unwrap_or_default(), text("freq"))?.into()),
        _ => {}
    }
    let df = &tables[0];
    let n = o.size("n").unwrap_or_default();
    let quantiles: Vec<f64> = o.list("q").iter().filter_map(|v| v.as_f64()).collect();
    let column = || df.series(text("column"));
    Ok(match verb {
        "head" => df.head(n).into(),
        "tail" => df.tail(n).into(),
        "shape" => vec![Scalar::from(df.shape().0 as i64), Scalar::from(df.shape().1 as i64)].into(),
        "describe" => df.describe(&quantiles)?.into(),
        "series.describe" => df.series("x")?.describe(&quantiles)?.into(),
        "value_counts" => column()?.value_counts()?.into(),
        "nunique" => df.nunique()?.into(),
        "series.nunique" => column()?.nunique()?.into(),
        "info" => df.info()?.select(["count"])?.into(),
        "reduce" => df.reduce(Agg::parse(text("agg"))?)?.into(),
        "series.reduce" => df.series(&df.names()[0])?.reduce(Agg::parse(text("agg"))?)?.into(),
        other => return Err(Error::internal(format!("no call of {other}"))),
    })
}
