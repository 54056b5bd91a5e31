use super::{Options, Out};
use hpda_data::exec::GroupBy;
use hpda_data::kernel::agg::Agg;
use hpda_data::plan::{GroupOrder, Transform};
use hpda_data::{DataFrame, Error, Result, Scalar};

fn groups(df: &DataFrame, o: Options) -> GroupBy {
    let mut groups = df.groupby(o.names("by"));
    if o.has("sort") && !o.truth("sort") {
        groups = groups.order(GroupOrder::Appearance);
    }
    if o.has("dropna") && !o.truth("dropna") {
        groups = groups.keep_missing();
    }
    groups
}

pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let df = &tables[0];
    let groups = groups(df, o);
    let n = o.int("n").unwrap_or_default();
    Ok(match verb {
        "groupby.agg" => groups.op(Agg::parse(o.text("agg").unwrap_or_default())?)?.into(),
        "groupby.agg_text" => groups.agg_text(o.text("text").unwrap_or_default())?.into(),
        "groupby.quantile" => groups.quantile(o.float("q").unwrap_or_default())?.into(),
        "groupby.size" => groups.size()?.into(),
        "groupby.ngroups" => (groups.ngroups()? as u64).into(),
        "groupby.cumcount" => groups.cumcount()?.into(),
        "groupby.head" => groups.head(n as usize)?.into(),
        "groupby.tail" => groups.tail(n as usize)?.into(),
        "groupby.nth" => groups.nth(n)?.into(),
        "groupby.transform" => groups.transform(Transform::parse(o.text("what").unwrap_or_default())?)?.into(),
        "groupby.filter" => groups.filter(|_, g| Ok(g.height() >= o.size("least").unwrap_or_default()))?.into(),
        "groupby.apply" => groups.apply(|_, g| g.iloc([0, -1], ..))?.into(),
        "groupby.groups" => {
            let one = |(key, g): (Vec<Scalar>, DataFrame)| Scalar::List(vec![key[0].clone(), (g.height() as i64).into()]);
            groups.groups()?.into_iter().map(one).collect::<Vec<Scalar>>().into()
        }
        other => return Err(Error::internal(format!("no call of {other}"))),
    })
}
