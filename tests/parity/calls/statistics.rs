use super::{Options, Out, scalar, word};
use hpda_data::exec::ExecOptions;
use hpda_data::kernel::agg::Agg;
use hpda_data::kernel::correlate::Correlation;
use hpda_data::kernel::order::Direction;
use hpda_data::label::Level;
use hpda_data::ops::order::{Keep, Sorting};
use hpda_data::plan::parse;
use hpda_data::{DType, DataFrame, Error, Result, Scalar};

fn dtype(name: &str) -> Result<DType> {
    let all = [
        (DType::F64, "f64"),
        (DType::F32, "f32"),
        (DType::I64, "i64"),
        (DType::Str, "str"),
        (DType::Categorical { ordered: false }, "category"),
    ];
    word(name, &all)
}

pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let df = &tables[0];
    let method = || word(o.text("method").unwrap_or("pearson"), &Correlation::ALL);
    let column = || df.series(o.text("column").unwrap_or("x"));
    let keep = || word(o.text("keep").unwrap_or("first"), &[(Keep::First, "first"), (Keep::Last, "last"), (Keep::None, "none")]);
    let q = o.float("q").unwrap_or_default();
    let n = o.size("n").unwrap_or_default();
    let values = || o.list("values").into_iter().map(scalar).collect::<Vec<Scalar>>();
    let number = |x: Option<f64>| Scalar::from(x);
    let other = || tables[1].series(o.text("column").unwrap_or("a"));
    Ok(match verb {
        "agg" => df.agg(&o.names("agg").into_iter().map(Agg::parse).collect::<Result<Vec<_>>>()?)?.into(),
        "frame.value_counts" => df.value_counts(Some(&o.names("columns")))?.into(),
        "map_values" => {
            let pairs = o.list("pairs").into_iter().map(|p| (scalar(&p[0]), scalar(&p[1])));
            df.series("g")?.map_values(pairs)?.into()
        }
        "groupby_level" => {
            let level = o.text("level").map_or_else(|| Level::from(o.int("level").unwrap_or_default()), Level::from);
            df.groupby_level(level)?.sum()?.into()
        }
        "corr" => df.corr(method()?)?.into(),
        "cov" => df.cov()?.into(),
        "quantile" => df.quantile(q)?.into(),
        "series.quantile" => column()?.quantile(q)?.into(),
        "mode" => df.mode()?.into(),
        "series.mode" => column()?.mode()?.into(),
        "value_shares" => column()?.value_shares()?.into(),
        "series.duplicated" => column()?.duplicated(keep()?)?.into(),
        "series.drop_duplicates" => column()?.drop_duplicates(keep()?)?.into(),
        "series.nlargest" => column()?.nlargest(n)?.into(),
        "series.nsmallest" => column()?.nsmallest(n)?.into(),
        "series.idxmin" => column()?.idxmin()?.into(),
        "series.idxmax" => column()?.idxmax()?.into(),
        "isin" => df.isin(values())?.into(),
        "series.isin" => df.series("g")?.isin(values())?.into(),
        "round" => df.round(o.int("decimals").unwrap_or_default())?.into(),
        "abs" => df.abs()?.into(),
        "astype" => {
            let types = o.map("types").into_iter().map(|(c, t)| Ok((c, dtype(t.as_str().unwrap_or_default())?)));
            df.astype(types.collect::<Result<Vec<_>>>()?)?.into()
        }
        "series.sort_index" => {
            let direction = if o.has("ascending") { Direction::Descending } else { Direction::Ascending };
            column()?.sort_index(Sorting { direction, ..Sorting::default() })?.into()
        }
        "series.head" => df.series("g")?.head(n)?.into(),
        "series.tail" => df.series("g")?.tail(n)?.into(),
        "series.corr" => number(df.series("a")?.corr(&other()?, method()?)?).into(),
        "series.cov" => number(df.series("a")?.cov(&other()?)?).into(),
        "expr.cov" | "expr.corr" => {
            let text = format!("{}(a, {})", verb.trim_start_matches("expr."), o.text("other").unwrap_or("b"));
            df.drop_index().lazy()?.aggregate([("x", parse(&text)?)], &ExecOptions::default())?.columns()[0].scalar(0).into()
        }
        other => return Err(Error::internal(format!("no call of {other}"))),
    })
}
