use super::{Options, Out, scalar, word};
use hpda_data::kernel::order::Direction;
use hpda_data::label::{Index, Join, Key, Level, Loc, Method, MultiIndex, Positions};
use hpda_data::ops::order::Sorting;
use hpda_data::{DataFrame, Error, Result, Scalar};
use serde_json::Value;

/// A label, a list of them, or a slice.
fn loc(v: &Value) -> Loc {
    let key = |v: &Value| Key(vec![scalar(v)]);
    match v {
        Value::Array(list) => Loc::Many(list.iter().map(key).collect()),
        Value::Object(ends) if ends.values().all(Value::is_null) => Loc::All,
        Value::Object(ends) => {
            Loc::Slice(ends.get("from").filter(|v| !v.is_null()).map(key), ends.get("to").filter(|v| !v.is_null()).map(key))
        }
        one => Loc::One(key(one)),
    }
}

fn positions(v: &Value) -> Positions {
    match v {
        Value::Array(list) => Positions::Many(list.iter().filter_map(Value::as_i64).collect()),
        Value::Object(slice) => {
            Positions::Slice(slice["slice"][0].as_i64(), slice["slice"][1].as_i64(), slice["slice"][2].as_i64().unwrap_or(1))
        }
        one => Positions::One(one.as_i64().unwrap_or_default()),
    }
}

/// A level by name or number.
fn level(v: &Value) -> Level {
    v.as_i64().map_or_else(|| Level::from(v.as_str().unwrap_or_default()), Level::from)
}

pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let tuples = || o.list("labels").into_iter().map(|t| super::array(t).iter().map(scalar).collect::<Vec<Scalar>>()).collect::<Vec<_>>();
    match verb {
        "from_product" => {
            let labels = tuples().iter().map(|l| hpda_data::frame::column_of(l)).collect::<Result<Vec<_>>>()?;
            return Ok(Index::Multi(MultiIndex::from_product(o.names("names"), &labels)?).into());
        }
        "from_tuples" => {
            let names = o.names("names").into_iter().map(|n| Some(n.to_string())).collect();
            return Ok(Index::Multi(MultiIndex::from_tuples(names, &tuples())?).into());
        }
        _ => {}
    }
    let df = &tables[0];
    let v = |key: &str| &o.0[key];
    let text = |key: &str| o.text(key).unwrap_or_default();
    let int = |key: &str| o.int(key).unwrap_or_default();
    Ok(match verb {
        "loc" => df.loc(loc(v("rows")), loc(v("columns")))?.into(),
        "iloc" => df.iloc(positions(v("rows")), positions(v("columns")))?.into(),
        "at" => df.at(o.any("row"), text("column"))?.into(),
        "iat" => df.iat(int("row"), int("column"))?.into(),
        "set_loc" => df.set_loc(loc(v("row")), loc(v("column")), o.any("value"))?.into(),
        "set_iloc" => df.set_iloc(positions(v("row")), positions(v("column")), o.any("value"))?.into(),
        "filter" => df.filter(df.column(text("mask"))?)?.into(),
        "select" => df.select(o.names("columns"))?.into(),
        "drop" => df.drop(o.names("columns"))?.into(),
        "drop_rows" => df.drop_rows(loc(v("labels")))?.into(),
        "rename" => df.rename(o.map("names").into_iter().map(|(a, b)| (a, b.as_str().unwrap_or_default())))?.into(),
        "insert" => df.insert(o.size("position").unwrap_or_default(), text("name"), df.column("x")?.clone())?.into(),
        "with_column" => df.with_column(text("name"), df.column("x")?.clone())?.into(),
        "set_index" => df.set_index(o.names("keys"))?.into(),
        "reset_index" => df.reset_index()?.into(),
        "drop_index" => df.drop_index().into(),
        "rename_levels" => df.rename_levels(o.list("names").into_iter().map(|n| n.as_str()))?.into(),
        "swap_level" => df.swap_level(level(v("a")), level(v("b")))?.into(),
        "drop_level" => df.drop_level(level(v("level")))?.into(),
        "reorder_levels" => df.reorder_levels(o.list("order").into_iter().map(level))?.into(),
        "swap_column_level" => df.swap_column_level(level(v("a")), level(v("b")))?.into(),
        "drop_column_level" => df.drop_column_level(level(v("level")))?.into(),
        "reorder_column_levels" => df.reorder_column_levels(o.list("order").into_iter().map(level))?.into(),
        "xs" => df.xs(o.any("label"), text("level"))?.into(),
        "sort_index" => {
            let direction = if o.has("ascending") { Direction::Descending } else { Direction::Ascending };
            df.sort_index(Sorting { direction, ..Sorting::default() })?.into()
        }
        "reindex" => {
            let labels: Vec<Scalar> = o.list("labels").into_iter().map(scalar).collect();
            df.reindex(hpda_data::frame::column_of(&labels)?)?.into()
        }
        "reindex_with" => {
            let labels: Vec<Scalar> = o.list("labels").into_iter().map(scalar).collect();
            let method = word(text("method"), &[(Method::Pad, "pad"), (Method::Backfill, "backfill"), (Method::Nearest, "nearest")])?;
            df.reindex_with(hpda_data::frame::column_of(&labels)?, method, o.float("tolerance"))?.into()
        }
        "reindex_columns" => df.reindex_columns(o.names("columns"))?.into(),
        "align" => {
            let (a, b) = df.align(&tables[1], word(text("join"), &Join::ALL)?)?;
            if int("part") == 0 { a.into() } else { b.into() }
        }
        "select_dtypes" => df.select_dtypes(hpda_data::DType::is_numeric)?.into(),
        "with_row_labels" => {
            let labels: Vec<String> = o.names("labels").into_iter().map(Into::into).collect();
            df.with_row_labels(Index::flat(None, labels.into()))?.into()
        }
        "to_frame" => df.series("x")?.to_frame()?.into(),
        "row" => df.row(int("row"))?.into_iter().map(|(_, v)| v).collect::<Vec<Scalar>>().into(),
        "index.union" => df.index().union(tables[1].index())?.into(),
        "index.intersection" => df.index().intersection(tables[1].index())?.into(),
        "index.difference" => df.index().difference(tables[1].index())?.into(),
        "index.unique" => df.index().unique()?.into(),
        "index.duplicated" => df.index().duplicated()?.into(),
        "index.is_unique" => df.index().is_unique().into(),
        "index.is_monotonic" => df.index().is_monotonic()?.into(),
        "transpose" => df.transpose()?.into(),
        other => return Err(Error::internal(format!("no call of {other}"))),
    })
}
