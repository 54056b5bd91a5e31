use super::{Options, Out, scalar};
use hpda_data::exec::{DropMissing, Inclusive};
use hpda_data::kernel::fill::Interpolate;
use hpda_data::{DataFrame, Error, Result};

pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let df = &tables[0];
    let pairs = || o.list("pairs").into_iter().map(|p| (scalar(&p[0]), scalar(&p[1]))).collect::<Vec<_>>();
    let mask = || match o.text("mask") {
        Some(name) => Ok((df.clone(), df.column(name)?.clone())),
        None => Ok::<_, Error>((df.drop(["f"])?, df.column("f")?.clone())),
    };
    Ok(match verb {
        "isna" => df.isna()?.into(),
        "notna" => df.notna()?.into(),
        "dropna" => {
            let subset = o.has("subset").then(|| o.names("subset").into_iter().map(Into::into).collect());
            df.dropna(&DropMissing { subset, all: o.text("how") == Some("all"), thresh: o.size("thresh") })?.into()
        }
        "fillna" => match o.map("value")[..] {
            [] => df.fillna(o.any("value"))?.into(),
            ref each => df.fillna_by(each.iter().map(|(n, v)| (n, scalar(v))))?.into(),
        },
        "ffill" => df.ffill(o.size("limit"))?.into(),
        "bfill" => df.bfill(o.size("limit"))?.into(),
        "interpolate" => {
            let method = if o.text("method") == Some("index") { Interpolate::Positions } else { Interpolate::Linear };
            df.interpolate(method, o.size("limit"))?.into()
        }
        "replace" => df.replace(pairs())?.into(),
        "where" => {
            let (df, mask) = mask()?;
            df.keep_where(&mask, o.any("other"))?.into()
        }
        "mask" => {
            let (df, mask) = mask()?;
            df.mask(&mask, o.any("other"))?.into()
        }
        "combine_first" => df.combine_first(&tables[1])?.into(),
        "clip" => df.clip(o.any("low"), o.any("high"))?.into(),
        "between_with" => {
            let all = [(Inclusive::Both, "both"), (Inclusive::Low, "left"), (Inclusive::High, "right"), (Inclusive::Neither, "neither")];
            let inclusive = super::word(o.text("inclusive").unwrap_or_default(), &all)?;
            df.series("x")?.between_with(o.any("low"), o.any("high"), inclusive)?.into()
        }
        "between" => df.series("x")?.between(o.any("low"), o.any("high"))?.into(),
        other => return Err(Error::internal(format!("no call of {other}"))),
    })
}
