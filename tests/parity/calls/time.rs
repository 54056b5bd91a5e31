use super::{Options, Out};
use hpda_data::exec::{Absent, Ambiguous, ExecOptions, Unreadable};
use hpda_data::kernel::agg::Agg;
use hpda_data::kernel::time::{Origin, Side};
use hpda_data::plan::{TimeBins, col};
use hpda_data::{DataFrame, Error, Result, Series};

/// Times of a zone as texts with the hours of their offset.
fn zoned(s: Series) -> Result<Series> {
    let short = |x: hpda_data::Scalar| {
        let t = x.to_string().replace('Z', "+00:00");
        (!x.is_missing()).then(|| t[..t.len() - 3].to_string())
    };
    let texts = (0..s.len() as i64).map(|i| s.iat(i).map(short)).collect::<Result<Vec<_>>>()?;
    Series::new(s.name().map(Into::into), hpda_data::Column::from_texts(texts), s.index().clone())
}

pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let df = &tables[0];
    let text = |key: &str| o.text(key).unwrap_or_default();
    let column = || df.series(o.text("column").unwrap_or("d"));
    let utc = || df.series("d")?.tz_localize("UTC", Ambiguous::Refuse, Absent::Refuse);
    let options = || {
        let mut bins = TimeBins::new(text("freq"))?;
        bins.closed = o.text("closed").map(Side::parse).transpose()?;
        bins.label = o.text("label").map(Side::parse).transpose()?;
        bins.origin = o.text("origin").map(Origin::parse).transpose()?.unwrap_or_default();
        Ok::<_, Error>(bins)
    };
    // Times of a zone, none missing.
    let placed = || {
        let times = column()?.tz_localize("UTC", Ambiguous::Refuse, Absent::Refuse)?.tz_convert(text("tz"))?;
        let there = hpda_data::exec::DropMissing { subset: Some(vec!["d".into()]), ..Default::default() };
        df.drop_index().with_column("d", times.data().clone())?.dropna(&there)?.sort_values(&[("d", Default::default())])
    };
    // The times as UTC without a zone.
    let plain = |df: DataFrame| df.with_column("d", df.series("d")?.tz_convert("UTC")?.tz_drop()?.data().clone());
    let bins = || df.resample_index(TimeBins::new(text("freq"))?);
    Ok(match verb {
        "dt" => df.series(&df.names()[0])?.dt(text("part"))?.into(),
        "resample" => {
            let bins = options()?;
            let agg = Agg::parse(text("agg"))?;
            let made = df
                .drop_index()
                .lazy()?
                .resample(o.text("column").unwrap_or("d"), bins)?
                .agg([("x", col("x").agg(agg)), ("n", col("n").agg(agg))])?;
            made.collect(&ExecOptions::default())?.into()
        }
        "resample_in_zone" => {
            let made = placed()?.lazy()?.resample("d", options()?)?.agg([("x", col("x").agg(Agg::Sum)), ("n", col("n").agg(Agg::Sum))])?;
            plain(made.collect(&ExecOptions::default())?)?.into()
        }
        "asfreq_in_zone" => plain(placed()?.select(["d", "x"])?.set_index(["d"])?.asfreq(text("freq"))?.reset_index()?)?.into(),
        "dt.floor" => column()?.floor(text("freq"))?.into(),
        "dt.ceil" => column()?.ceil(text("freq"))?.into(),
        "dt.round" => column()?.round_time(text("freq"))?.into(),
        "strftime" => column()?.strftime(text("form"))?.into(),
        "offset_with" => column()?.offset_with(text("by"), o.names("holidays"))?.into(),
        "offset" => column()?.offset(text("by"))?.into(),
        "tz_localize" => {
            let ambiguous = match o.text("ambiguous") {
                Some("earlier") => Ambiguous::Earlier,
                Some("later") => Ambiguous::Later,
                Some(_) => Ambiguous::Missing,
                None => Ambiguous::Refuse,
            };
            let absent = match o.text("nonexistent") {
                Some("shift_forward") => Absent::Forward,
                Some(_) => Absent::Missing,
                None => Absent::Refuse,
            };
            zoned(df.series("w")?.tz_localize(text("tz"), ambiguous, absent)?)?.into()
        }
        "tz_convert" if o.truth("plain") => df.series("d")?.tz_convert(text("tz"))?.into(),
        "tz_convert" => zoned(utc()?.tz_convert(text("tz"))?)?.into(),
        "tz_drop" => utc()?.tz_convert(text("tz"))?.tz_drop()?.into(),
        "to_datetime" => {
            let unreadable = if o.text("errors") == Some("coerce") { Unreadable::Missing } else { Unreadable::Refuse };
            df.series("t")?.to_datetime(o.text("format"), unreadable)?.into()
        }
        "asfreq" => df.asfreq(text("freq"))?.into(),
        "resample.ffill" => bins()?.ffill(o.size("limit"))?.into(),
        "resample.bfill" => bins()?.bfill(o.size("limit"))?.into(),
        "resample.asfreq" => bins()?.asfreq()?.into(),
        "resample_index" => bins()?.op(Agg::parse(text("agg"))?)?.into(),
        other => return Err(Error::internal(format!("no call of {other}"))),
    })
}
