use super::{Options, Out};
use hpda_data::exec::GroupBy;
use hpda_data::kernel::agg::Agg;
use hpda_data::kernel::order::Direction;
use hpda_data::kernel::window::{Ranking, Windowing};
use hpda_data::ops::window::Ranks;
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
    let periods = o.int("periods").unwrap_or(1);
    let agg = || Agg::parse(o.text("agg").unwrap_or_default());
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
        "groupby.shift" => groups.shift(periods)?.into(),
        "groupby.diff" => groups.diff(periods)?.into(),
        "groupby.pct_change" => groups.pct_change(periods)?.into(),
        "groupby.ffill" => groups.ffill(o.size("limit"))?.into(),
        "groupby.bfill" => groups.bfill(o.size("limit"))?.into(),
        "groupby.cumsum" => groups.cumsum()?.into(),
        "groupby.cumprod" => groups.cumprod()?.into(),
        "groupby.cummin" => groups.cummin()?.into(),
        "groupby.cummax" => groups.cummax()?.into(),
        "groupby.rank" => {
            let ranking = super::word(o.text("method").unwrap_or_default(), &Ranking::ALL)?;
            let descending = o.has("ascending") && !o.truth("ascending");
            let direction = if descending { Direction::Descending } else { Direction::Ascending };
            groups.rank(Ranks { ranking, direction, percent: o.truth("pct") })?.into()
        }
        "groupby.broadcast" => groups.broadcast(agg()?)?.into(),
        "groupby.ngroup" => groups.ngroup()?.into(),
        "groupby.get_group" => groups.get_group([o.any("key")])?.into(),
        "groupby.transform_with" => groups.transform_with(|_, g| g.select(["i", "n", "x"])?.mul(2))?.into(),
        "groupby.top" => groups.top(n as usize, [hpda_data::plan::desc("i")])?.into(),
        "groupby.rolling" | "groupby.expanding" => {
            let least = o.size("min_periods");
            let windows = match o.size("window") {
                Some(width) => {
                    let mut windows = Windowing::rows(width);
                    if o.truth("center") {
                        windows = windows.center();
                    }
                    groups.rolling(least.map_or(windows, |n| windows.min_count(n)))
                }
                None => groups.expanding(least.unwrap_or(1)),
            };
            windows.agg(agg()?)?.into()
        }
        other => return Err(Error::internal(format!("no call of {other}"))),
    })
}
