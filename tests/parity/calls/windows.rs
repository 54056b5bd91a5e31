use super::{Options, Out};
use hpda_data::kernel::agg::Agg;
use hpda_data::kernel::window::{Decay, Ewm, Width, Windowing};
use hpda_data::{DataFrame, Error, Result};

pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let df = &tables[0];
    let periods = o.int("periods").unwrap_or(1);
    Ok(match verb {
        "rolling" => {
            let width = match o.text("window") {
                Some(time) => Width::parse(time)?,
                None => Width::Rows(o.size("window").unwrap_or_default()),
            };
            let mut windows = Windowing::new(width);
            if o.truth("center") {
                windows = windows.center();
            }
            if let Some(n) = o.size("min_periods") {
                windows = windows.min_count(n);
            }
            let mut rolling = df.rolling(windows);
            if let Some(on) = o.text("on") {
                rolling = rolling.on(on)?;
            }
            rolling.agg(Agg::parse(o.text("agg").unwrap_or_default())?)?.into()
        }
        "expanding" => df.expanding(o.size("min_periods").unwrap_or(1)).agg(Agg::parse(o.text("agg").unwrap_or_default())?)?.into(),
        "ewm" => {
            let decays =
                [("com", Decay::Com as fn(f64) -> Decay), ("span", Decay::Span), ("halflife", Decay::Halflife), ("alpha", Decay::Alpha)];
            let decay = decays.into_iter().find_map(|(name, make)| o.float(name).map(make));
            let how = Ewm {
                decay: decay.unwrap_or(Decay::Com(1.0)),
                adjust: !o.has("adjust") || o.truth("adjust"),
                ignore_missing: o.truth("ignore_na"),
                min_count: o.size("min_periods").unwrap_or(0),
            };
            let windows = df.ewm(how);
            match o.text("stat").unwrap_or_default() {
                "mean" => windows.mean()?,
                "sum" => windows.sum()?,
                "var" => windows.var()?,
                _ => windows.std()?,
            }
            .into()
        }
        "cumsum" => df.cumsum()?.into(),
        "cumprod" => df.cumprod()?.into(),
        "cummin" => df.cummin()?.into(),
        "cummax" => df.cummax()?.into(),
        "shift" => df.shift(periods)?.into(),
        "diff" => df.diff(periods)?.into(),
        "pct_change" => df.pct_change(periods)?.into(),
        other => return Err(Error::internal(format!("no call of {other}"))),
    })
}
