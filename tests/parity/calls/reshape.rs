use super::{Options, Out};
use hpda_data::exec::{Crosstab, Cut, Dummies, Edges, Normalize, PivotOptions, crosstab};
use hpda_data::kernel::agg::Agg;
use hpda_data::label::Level;
use hpda_data::plan::MeltOptions;
use hpda_data::{DataFrame, Error, Result};

pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let df = &tables[0];
    let level = || o.text("level").map_or_else(|| Level::from(o.int("level").unwrap_or_default()), Level::from);
    let levels = || {
        let one = |v: &&serde_json::Value| v.as_i64().map_or_else(|| Level::from(v.as_str().unwrap_or_default()), Level::from);
        o.list("levels").iter().map(one).collect::<Vec<Level>>()
    };
    let column = || df.series(o.text("column").unwrap_or("x"));
    let floats = |key: &str| o.list(key).iter().filter_map(|v| v.as_f64()).collect::<Vec<f64>>();
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
        "unstack_levels" => df.unstack_levels(levels())?.into(),
        "series.unstack_levels" => df.series("x")?.unstack_levels(levels())?.into(),
        "explode" => df.explode(o.text("column").unwrap_or_default())?.into(),
        "cut" => {
            let whole: Vec<i64> = o.list("edges").iter().filter_map(|v| v.as_i64()).collect();
            let edges = match o.size("bins") {
                Some(n) => Edges::Equal(n),
                None if whole.len() == o.list("edges").len() && column()?.data().dtype().is_integer() => Edges::Whole(whole),
                None => Edges::At(floats("edges")),
            };
            let mut how = Cut { right: !o.has("right") || o.truth("right"), include_lowest: o.truth("include_lowest"), ..Cut::new(edges) };
            if o.has("labels") {
                how = how.labels(o.names("labels"));
            }
            column()?.cut(&how)?.into()
        }
        "qcut" => column()?.qcut(&floats("q"), None)?.into(),
        "qcut_n" => column()?.qcut_n(o.size("n").unwrap_or_default())?.into(),
        "histogram" => match o.size("bins") {
            Some(n) => column()?.histogram(n)?.into(),
            None => column()?.histogram(floats("bins"))?.into(),
        },
        "crosstab" => {
            let normalize = match o.text("normalize") {
                None => None,
                Some(n) => Some(super::word(n, &[(Normalize::All, "all"), (Normalize::Index, "index"), (Normalize::Columns, "columns")])?),
            };
            let how = Crosstab { normalize, margins: o.truth("margins") };
            crosstab(&df.series("g")?, &df.series(o.text("columns").unwrap_or("n"))?, how)?.into()
        }
        "get_dummies" => {
            let separator = o.text("prefix_sep").unwrap_or("_").into();
            let columns = o.has("columns").then(|| owned("columns"));
            df.get_dummies(&Dummies { columns, separator, drop_first: o.truth("drop_first"), missing: o.truth("dummy_na") })?.into()
        }
        "wide_to_long" => {
            let text = |key: &str, other| o.text(key).unwrap_or(other);
            df.wide_to_long(&o.names("stubs"), &o.names("i"), text("j", ""), text("sep", ""), text("suffix", r"\d+"))?.into()
        }
        "apply_rows" => {
            df.apply_rows(|row| Ok((row.get("x")?.as_f64().filter(|x| !x.is_nan()).unwrap_or(0.0) + row.number("i")?).into()))?.into()
        }
        "map_partitions" => {
            df.map_partitions(o.size("n").unwrap_or(1), |_, part| part.assign("i", hpda_data::plan::parse("i * 2")?))?.into()
        }
        other => return Err(Error::internal(format!("no call of {other}"))),
    })
}
