use super::{Options, Out};
use hpda_data::exec::{ExecOptions, GroupBy, MemSource};
use hpda_data::kernel::agg::Agg;
use hpda_data::kernel::order::Direction;
use hpda_data::kernel::window::{Decay, Ewm, EwmStat, Ranking, Windowing};
use hpda_data::ops::window::Ranks;
use hpda_data::plan::{GroupOrder, LazyFrame, LazyGroupBy, Transform};
use hpda_data::{DataFrame, Error, Result, Scalar};
use std::sync::Arc;

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

fn stat(o: Options) -> Result<EwmStat> {
    let all = [(EwmStat::Mean, "mean"), (EwmStat::Sum, "sum"), (EwmStat::Var, "var"), (EwmStat::Std, "std")];
    super::word(o.text("stat").unwrap_or_default(), &all)
}

/// The table in batches of three rows, with the same groups.
fn cut(df: &DataFrame, o: Options) -> Result<LazyGroupBy> {
    let batch = df.to_batch()?;
    let parts = (0..batch.rows().div_ceil(3)).map(|p| batch.slice(p * 3, 3.min(batch.rows() - p * 3))).collect();
    let groups = LazyFrame::scan(Arc::new(MemSource::new(batch.schema.clone(), parts))).groupby(o.names("by"));
    let groups = if o.has("sort") && !o.truth("sort") { groups.order(GroupOrder::Appearance) } else { groups };
    Ok(if o.has("dropna") && !o.truth("dropna") { groups.keep_missing() } else { groups })
}

/// The same call of the lazy table, where it has one that gives a table.
fn lazily(verb: &str, o: Options, df: &DataFrame) -> Result<Option<LazyFrame>> {
    let groups = cut(df, o)?;
    let (periods, n) = (o.int("periods").unwrap_or(1), o.int("n").unwrap_or_default());
    Ok(Some(match verb {
        "groupby.agg" => groups.op(Agg::parse(o.text("agg").unwrap_or_default())?)?,
        "groupby.agg_text" => groups.agg_text(o.text("text").unwrap_or_default())?,
        "groupby.quantile" => groups.quantile(o.float("q").unwrap_or_default())?,
        "groupby.head" => groups.head(n as usize)?,
        "groupby.tail" => groups.tail(n as usize)?,
        "groupby.nth" => groups.nth(n)?,
        "groupby.filter" => {
            let least = o.size("least").unwrap_or_default();
            groups.filter(move |_, g| Ok(g.height() >= least))?
        }
        "groupby.shift" => groups.shift(periods)?,
        "groupby.diff" => groups.diff(periods)?,
        "groupby.pct_change" => groups.pct_change(periods)?,
        "groupby.ffill" => groups.ffill(o.size("limit"))?,
        "groupby.bfill" => groups.bfill(o.size("limit"))?,
        "groupby.cumsum" => groups.cumsum()?,
        "groupby.cumprod" => groups.cumprod()?,
        "groupby.cummin" => groups.cummin()?,
        "groupby.cummax" => groups.cummax()?,
        "groupby.rank" => groups.rank(ranks(o)?)?,
        "groupby.broadcast" => groups.broadcast(Agg::parse(o.text("agg").unwrap_or_default())?)?,
        "groupby.get_group" => groups.get_group([o.any("key")])?,
        "groupby.top" => groups.top(n as usize, [hpda_data::plan::desc("i")])?,
        _ => return Ok(None),
    }))
}

fn ranks(o: Options) -> Result<Ranks> {
    let ranking = super::word(o.text("method").unwrap_or_default(), &Ranking::ALL)?;
    let descending = o.has("ascending") && !o.truth("ascending");
    let direction = if descending { Direction::Descending } else { Direction::Ascending };
    Ok(Ranks { ranking, direction, percent: o.truth("pct") })
}

/// Every call, eager; where the lazy table has it too, both must give the same.
pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let found = eager(verb, o, tables);
    if !tables[0].labels().is_unique() {
        return found;
    }
    let lazy = lazily(verb, o, &tables[0]).and_then(|l| l.map(|l| l.collect(&ExecOptions::default())).transpose());
    match (&found, lazy) {
        (_, Ok(None)) => {}
        (Ok(Out::Frame(eager)), Ok(Some(lazy))) => {
            for (name, column) in eager.names().iter().zip(eager.columns()) {
                let other = lazy.column(name)?;
                // Floats are summed up batch by batch.
                let near = |a: f64, b: f64| a == b || (a - b).abs() <= 1e-12 * a.abs().max(b.abs());
                let same = |i: usize| match (column.scalar(i), other.scalar(i)) {
                    (a, b) if a.is_missing() || b.is_missing() => a.is_missing() && b.is_missing(),
                    (a, b) => a == b || a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| near(a, b)),
                };
                if column.len() != other.len() || !(0..column.len()).all(same) {
                    return Err(Error::internal(format!("lazily column {name} is {other:?}")));
                }
            }
        }
        // A key that no row has gives no rows lazily.
        (Err(_), Ok(Some(lazy))) if verb == "groupby.get_group" && lazy.height() == 0 => {}
        (Err(_), Err(_)) => {}
        (_, lazy) => return Err(Error::internal(format!("lazily {:?}", lazy.err()))),
    }
    found
}

fn eager(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
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
        "groupby.rank" => groups.rank(ranks(o)?)?.into(),
        "groupby.broadcast" => groups.broadcast(agg()?)?.into(),
        "groupby.ngroup" => groups.ngroup()?.into(),
        "groupby.get_group" => groups.get_group([o.any("key")])?.into(),
        "groupby.transform_with" => groups.transform_with(|_, g| g.select(["i", "n", "x"])?.mul(2))?.into(),
        "groupby.describe" => groups.describe(&o.list("q").iter().filter_map(|q| q.as_f64()).collect::<Vec<f64>>())?.into(),
        "groupby.ewm" => {
            let decay = o.float("com").map_or_else(|| Decay::Alpha(o.float("alpha").unwrap_or_default()), Decay::Com);
            groups.ewm(Ewm::new(decay), stat(o)?)?.into()
        }
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
