//! Selections as text: `time=1850-01:1859-12,lat=[10,20],lon=18.07`.

use super::when::looks_like_moment;
use super::{Labels, Positions};
use crate::error::{Error, Result};

/// Pieces of a text between a mark outside quotes, backticks and brackets, quotes kept.
fn pieces(text: &str, mark: char) -> Result<Vec<String>> {
    let (mut out, mut piece) = (Vec::new(), String::new());
    let (mut quote, mut depth) = (None, 0usize);
    for c in text.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => (),
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') => depth = depth.saturating_sub(1),
            (None, c) if c == mark && depth == 0 => {
                out.push(std::mem::take(&mut piece));
                continue;
            }
            _ => (),
        }
        piece.push(c);
    }
    if quote.is_some() || depth > 0 {
        return Err(Error::parse(format!("a quote or bracket is not closed in {text:?}")));
    }
    out.push(piece);
    Ok(out)
}

/// Without blanks, and without the quotes that hold it as a whole.
fn bare(text: &str) -> String {
    let text = text.trim();
    for q in ['"', '\'', '`'] {
        if text.len() >= 2 && text.starts_with(q) && text.ends_with(q) && !text[1..text.len() - 1].contains(q) {
            return text[1..text.len() - 1].to_string();
        }
    }
    text.to_string()
}

/// `dim=value` between commas.
fn assignments(text: &str) -> Result<Vec<(String, String)>> {
    pieces(text, ',')?
        .into_iter()
        .map(|p| {
            let parts = pieces(&p, '=')?;
            match parts.as_slice() {
                [dim, value] if !dim.trim().is_empty() && !value.trim().is_empty() => Ok((bare(dim), value.trim().to_string())),
                _ => Err(Error::parse(format!("{:?} does not read as DIM=VALUE", p.trim())).help("such as time=1850-01:1859-12,lat=59.33")),
            }
        })
        .collect()
}

/// Reads positions: `lat=0:10:2,time=-1,lon=[0,5]`.
///
/// # Errors
/// Parse, with what does not read.
pub fn parse_isel(text: &str) -> Result<Vec<(String, Positions)>> {
    assignments(text)?
        .into_iter()
        .map(|(dim, value)| {
            let number = |t: &str| -> Result<i64> {
                let wrong = |_| {
                    Error::parse(format!("{:?} is no position along {dim:?}", t.trim()))
                        .help("positions are whole numbers: lat=0:10:2, time=-1")
                };
                t.trim().parse().map_err(wrong)
            };
            let positions = if let Some(list) = value.strip_prefix('[').and_then(|v| v.strip_suffix(']')) {
                Positions::List(list.split(',').filter(|t| !t.trim().is_empty()).map(number).collect::<Result<_>>()?)
            } else {
                let maybe = |t: Option<&&str>| t.filter(|t| !t.trim().is_empty()).map(|t| number(t)).transpose();
                match value.split(':').collect::<Vec<_>>().as_slice() {
                    [one] => Positions::One(number(one)?),
                    parts if parts.len() <= 3 => Positions::Slice(maybe(parts.first())?, maybe(parts.get(1))?, maybe(parts.get(2))?),
                    _ => return Err(Error::parse(format!("{value:?} has too many colons")).help("a slice is start:stop:step")),
                }
            };
            Ok((dim, positions))
        })
        .collect()
}

/// Reads labels: `time=1850-01:1859-12,lat=59.33,name=['a','b']`. A time with a clock may stand in quotes.
///
/// # Errors
/// Parse, with what does not read.
pub fn parse_sel(text: &str) -> Result<Vec<(String, Labels)>> {
    assignments(text)?.into_iter().map(|(dim, value)| Ok((dim, labels(&value)?))).collect()
}

fn labels(value: &str) -> Result<Labels> {
    if let Some(list) = value.strip_prefix('[').and_then(|v| v.strip_suffix(']')) {
        let items = pieces(list, ',')?;
        return Ok(Labels::List(items.iter().filter(|t| !t.trim().is_empty()).map(|t| bare(t)).collect()));
    }
    let quoted = value.starts_with(['\'', '"']) && bare(value) != value;
    if quoted || looks_like_moment(value) {
        return Ok(Labels::One(bare(value)));
    }
    let parts = pieces(value, ':')?;
    let end = |t: &str| Some(bare(t)).filter(|t| !t.is_empty());
    match parts.as_slice() {
        [one] => Ok(Labels::One(bare(one))),
        [low, high] => Ok(Labels::Slice(end(low), end(high))),
        // A clock has colons of its own: the colon between two times is the one with times (or nothing) on both sides.
        _ => {
            let ends = (1..parts.len()).map(|i| (parts[..i].join(":"), parts[i..].join(":")));
            let fits = |t: &str| t.trim().is_empty() || looks_like_moment(&bare(t));
            let mut fitting = ends.filter(|(a, b)| fits(a) && fits(b));
            match (fitting.next(), fitting.next()) {
                (Some((a, b)), None) => Ok(Labels::Slice(end(&a), end(&b))),
                (None, _) if let Some(steps) = steps(&parts) => Ok(steps),
                _ => Err(Error::parse(format!("{value:?} does not read as one label, a list or a slice"))
                    .help("times in slices may be quoted: time='1850-01-01T06:00':'1850-01-02T00:00'")),
            }
        }
    }
}

/// `from:to:step`; clocks in it stand in quotes.
fn steps(parts: &[String]) -> Option<Labels> {
    let end = |t: &str| Some(bare(t)).filter(|t| !t.is_empty());
    let [from, to, step] = parts else { return None };
    Some(Labels::Steps(end(from), end(to), step.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_slices_and_lists_read() {
        let got = parse_sel("time=1850-01:1859-12,lat=59.33,lon=[10, 20],name='a,b'").unwrap();
        assert_eq!(got[0], ("time".into(), Labels::Slice(Some("1850-01".into()), Some("1859-12".into()))));
        assert_eq!(got[1], ("lat".into(), Labels::One("59.33".into())));
        assert_eq!(got[2], ("lon".into(), Labels::List(vec!["10".into(), "20".into()])));
        assert_eq!(got[3], ("name".into(), Labels::One("a,b".into())));
    }

    #[test]
    fn clocks_have_colons_of_their_own() {
        assert_eq!(parse_sel("time=1850-01-01T06:00").unwrap()[0].1, Labels::One("1850-01-01T06:00".into()));
        let slice = Labels::Slice(Some("1850-01-01T06:00".into()), Some("1850-01-02T00:00".into()));
        assert_eq!(parse_sel("time=1850-01-01T06:00:1850-01-02T00:00").unwrap()[0].1, slice);
        assert_eq!(parse_sel("time='1850-01-01T06:00':'1850-01-02T00:00'").unwrap()[0].1, slice);
        assert_eq!(parse_sel("time=:1850").unwrap()[0].1, Labels::Slice(None, Some("1850".into())));
    }

    #[test]
    fn slices_may_have_steps() {
        let steps = |text: &str| parse_sel(text).unwrap().remove(0).1;
        let some = |t: &str| Some(t.to_string());
        assert_eq!(steps("lat=10:20:2"), Labels::Steps(some("10"), some("20"), 2));
        assert_eq!(steps("time=::12"), Labels::Steps(None, None, 12));
        assert_eq!(steps("time=1850-01:1851-12:12"), Labels::Steps(some("1850-01"), some("1851-12"), 12));
        assert_eq!(steps("lat=20:10:-1"), Labels::Steps(some("20"), some("10"), -1));
        assert!(parse_sel("lat=1:2:3:4").is_err() && parse_sel("lat=1:2:x").is_err());
    }

    #[test]
    fn positions_read() {
        let got = parse_isel("lat=0:10:2,time=-1,lon=[0,5],z=:,y=::-1").unwrap();
        assert_eq!(got[0].1, Positions::Slice(Some(0), Some(10), Some(2)));
        assert_eq!(got[1].1, Positions::One(-1));
        assert_eq!(got[2].1, Positions::List(vec![0, 5]));
        assert_eq!(got[3].1, Positions::Slice(None, None, None));
        assert_eq!(got[4].1, Positions::Slice(None, None, Some(-1)));
        assert!(parse_isel("lat=a").is_err() && parse_isel("lat").is_err());
    }

    #[test]
    fn halves_of_an_assignment_are_missed() {
        for text in ["=5", "lat=", "lat", "lat = ", " =1", "lat=1,=2"] {
            assert!(parse_sel(text).is_err() && parse_isel(text).is_err(), "{text}");
        }
    }
}
