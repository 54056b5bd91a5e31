//! Lists, pairs and sizes as they stand in values of options.

use crate::error::{Error, Result};

/// Items between commas outside quotes, backticks, parentheses and brackets. An item wholly in quotes or backticks is what they
/// hold.
///
/// # Errors
/// Invalid, where a quote or bracket is not closed.
pub fn items(text: &str) -> Result<Vec<String>> {
    let mut out = Vec::new();
    let mut item = String::new();
    let mut quote = None;
    let mut open = Vec::new();
    for c in text.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '(' | '[') => open.push(if c == '(' { ')' } else { ']' }),
            (None, ')' | ']') if open.last() == Some(&c) => drop(open.pop()),
            (None, ',') if open.is_empty() => {
                out.push(bare(&item));
                item.clear();
                continue;
            }
            _ => {}
        }
        item.push(c);
    }
    if let Some(c) = quote.or(open.pop()) {
        return Err(Error::invalid(format!("a closing {c} is missing in {text:?}")));
    }
    out.push(bare(&item));
    Ok(out)
}

/// `name=value` between commas. The name may stand in backticks; the last `=` outside them parts the two.
///
/// # Errors
/// Invalid, where an item has no `=`.
pub fn pairs(text: &str, option: &str) -> Result<Vec<(String, String)>> {
    let pair = |item: String| {
        let (name, value) =
            item.rsplit_once('=').ok_or_else(|| Error::invalid(format!("{option} takes NAME=VALUE between commas, not {item:?}")))?;
        Ok((bare(name), bare(value)))
    };
    items(text)?.into_iter().map(pair).collect()
}

/// Without blanks around it, and without the quotes or backticks that hold it as a whole.
pub fn bare(item: &str) -> String {
    let item = item.trim();
    for q in ['"', '\'', '`'] {
        if item.len() >= 2 && item.starts_with(q) && item.ends_with(q) && !item[1..item.len() - 1].contains(q) {
            return item[1..item.len() - 1].to_string();
        }
    }
    item.to_string()
}

/// Bytes of a size: `512MB`, `1.5GB`, `2GiB`, `800000`.
///
/// # Errors
/// Invalid, where it is none.
pub fn size(text: &str) -> Result<usize> {
    let wrong = || Error::invalid(format!("{text:?} is no size")).help("sizes look like 512MB, 1.5GB or 2GiB");
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return Err(wrong()),
    };
    Ok((number * factor) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_split_outside_quotes_and_brackets() {
        assert_eq!(items("a, `b,c` ,f(x,y),[1,2],'d,e'").unwrap(), ["a", "b,c", "f(x,y)", "[1,2]", "d,e"]);
        assert_eq!(items("NA,-9999").unwrap(), ["NA", "-9999"]);
        assert_eq!(items("").unwrap(), [""]);
        assert!(items("a,'b").is_err());
    }

    #[test]
    fn pair_splits_at_its_last_sign() {
        assert_eq!(pairs("`a=b`=str,t=datetime[noleap]", "--dtypes").unwrap()[0], ("a=b".into(), "str".into()));
        assert!(pairs("a", "--dtypes").is_err());
    }

    #[test]
    fn sizes_have_units_of_both_kinds() {
        assert_eq!((size("512MB").unwrap(), size("2KiB").unwrap(), size("1.5 gb").unwrap()), (512_000_000, 2048, 1_500_000_000));
        assert!(size("many").is_err() && size("1XB").is_err());
    }
}
