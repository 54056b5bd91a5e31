use super::{Options, Out, word};
use hpda_data::kernel::order::Direction;
use hpda_data::kernel::window::Ranking;
use hpda_data::ops::order::{Keep, Missing, Sorting, Ties};
use hpda_data::ops::window::Ranks;
use hpda_data::{DataFrame, Error, Result};

fn direction(descending: bool) -> Direction {
    if descending { Direction::Descending } else { Direction::Ascending }
}

pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let df = &tables[0];
    let subset = o.names("subset");
    let subset = o.has("subset").then_some(&subset[..]);
    let keep = || word(o.text("keep").unwrap_or("first"), &[(Keep::First, "first"), (Keep::Last, "last"), (Keep::None, "none")]);
    let missing = if o.text("na_position") == Some("first") { Missing::First } else { Missing::Last };
    let descending = o.has("ascending") && !o.truth("ascending");
    let sorting = Sorting { direction: direction(descending), missing };
    let column = o.text("column").unwrap_or_default();
    Ok(match verb {
        "sort_values" => {
            let by: Vec<_> = o.names("by").into_iter().map(|b| (b.trim_start_matches('-'), direction(b.starts_with('-')))).collect();
            df.sort_values_with(&by, missing)?.into()
        }
        "sort_index" => df.sort_index(sorting)?.into(),
        "series.sort_values" => df.series("x")?.sort_values(sorting)?.into(),
        "duplicated" => df.duplicated(subset, keep()?)?.into(),
        "drop_duplicates" => df.drop_duplicates(subset, keep()?)?.into(),
        "unique" => df.series(column)?.unique()?.into(),
        "nlargest" => df.nlargest(o.size("n").unwrap_or_default(), column)?.into(),
        "nsmallest" => df.nsmallest(o.size("n").unwrap_or_default(), column)?.into(),
        "nlargest_with" | "nsmallest_with" => {
            let (n, ties) = (o.size("n").unwrap_or_default(), word(o.text("keep").unwrap_or_default(), &Ties::ALL)?);
            if verb == "nlargest_with" { df.nlargest_with(n, column, ties)? } else { df.nsmallest_with(n, column, ties)? }.into()
        }
        "rank" => {
            let ranking = word(o.text("method").unwrap_or_default(), &Ranking::ALL)?;
            df.rank(Ranks { ranking, direction: direction(descending), percent: o.truth("pct") })?.into()
        }
        other => return Err(Error::internal(format!("no call of {other}"))),
    })
}
