use super::{Options, Out};
use hpda_data::{DataFrame, Error, Result, Scalar};

pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let s = tables[0].series("g")?;
    let (str, text, int) = (s.str(), |key: &str| o.text(key).unwrap_or_default(), |key: &str| o.int(key).unwrap_or_default());
    let made = match verb.trim_start_matches("str.") {
        "len" => str.len(),
        "lower" => str.lower(),
        "upper" => str.upper(),
        "title" => str.title(),
        "strip" => str.strip(),
        "contains" => str.contains(text("part")),
        "starts_with" => str.starts_with(text("part")),
        "ends_with" => str.ends_with(text("part")),
        "find" => str.find(text("part")),
        "replace" => str.replace(text("part"), text("to")),
        "extract" => str.extract(text("pattern")),
        "matches" => str.matches(text("pattern")),
        "count" => str.count(text("pattern")),
        "replace_matches" => str.replace_matches(text("pattern"), text("to")),
        "pad" => str.pad(int("width"), text("side"), text("fill")),
        "get" => str.get(int("position")),
        "split" => str.split(o.text("at")),
        "split_get" => str.split(o.text("at"))?.str().get(int("position")),
        "split_join" => str.split(o.text("at"))?.str().join(text("between")),
        "slice" => str.slice(o.int("from"), o.int("to")),
        "cat" => str.cat(&s, text("between")),
        "cat_all" => return Ok(Scalar::from(str.cat_all(text("between"))?).into()),
        "categories" => str.categories(),
        other => return Err(Error::internal(format!("no call of {other}"))),
    };
    Ok(made?.into())
}
