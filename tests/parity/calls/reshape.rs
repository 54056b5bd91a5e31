use super::{Options, Out};
use hpda_data::exec::PivotOptions;
use hpda_data::kernel::agg::Agg;
use hpda_data::label::Level;
use hpda_data::plan::MeltOptions;
use hpda_data::{DataFrame, Error, Result};

pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let df = &tables[0];
    let level = || o.text("level").map_or_else(|| Level::from(o.int("level").unwrap_or_default()), Level::from);
    let owned = |key: &str| o.names(key).into_iter().map(Into::into).collect::<Vec<String>>();
    Ok(match verb {
        "melt" => {
            let mut how = MeltOptions::id(o.names("id"));
            how.value = o.has("value").then(|| owned("value"));
            if let (Some(variable), Some(value)) = (o.text("var_name"), o.text("value_name")) {
                (how.variable_name, how.value_name) = (variable.into(), value.into());
            }
            df.melt(&how)?.into()
        }
        "pivot" | "pivot_table" => {
            let agg = o.text("agg").map(Agg::parse).transpose()?;
            let fill = o.has("fill").then(|| o.any("fill"));
            let how = PivotOptions {
                index: owned("index"),
                columns: owned("columns"),
                values: owned("values"),
                agg,
                fill,
                margins: o.truth("margins"),
            };
            df.pivot(&how)?.into()
        }
        "stack" => df.stack()?.into(),
        "stack_level" => df.stack_level(level())?.into(),
        "unstack" => df.unstack(level())?.into(),
        "series.unstack" => df.series("x")?.unstack(level())?.into(),
        "explode" => df.explode(o.text("column").unwrap_or_default())?.into(),
        other => return Err(Error::internal(format!("no call of {other}"))),
    })
}
