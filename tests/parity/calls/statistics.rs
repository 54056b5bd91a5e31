use super::{Options, Out};
use hpda_data::exec::ExecOptions;
use hpda_data::kernel::correlate::Correlation;
use hpda_data::plan::parse;
use hpda_data::{DataFrame, Error, Result};

pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let df = &tables[0];
    Ok(match verb {
        "corr" => {
            let method = super::word(o.text("method").unwrap_or_default(), &Correlation::ALL)?;
            let made = df.drop_index().lazy()?.corr(method, &ExecOptions::default())?;
            made.set_index(["column"])?.rename_levels([None::<&str>])?.into()
        }
        "series.cov" | "series.corr" => {
            let text = format!("{}(a, {})", verb.trim_start_matches("series."), o.text("other").unwrap_or("b"));
            df.drop_index().lazy()?.aggregate([("x", parse(&text)?)], &ExecOptions::default())?.columns()[0].scalar(0).into()
        }
        other => return Err(Error::internal(format!("no call of {other}"))),
    })
}
