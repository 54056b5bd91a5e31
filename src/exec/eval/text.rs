//! Functions of text. Characters are counted, not bytes.

use super::Value;
use crate::error::{Error, Result};
use crate::plan::{Func, Pattern};
use arrow::array::{Array, AsArray, BooleanArray, Int64Array, StringViewArray, StringViewBuilder};
use arrow::datatypes as at;
use regex::Regex;
use std::sync::Arc;

pub(super) fn text(func: Func, args: &[Value]) -> Result<Value> {
    let rows = args.iter().find(|a| !a.one).map_or(1, |a| a.array.len());
    let one = args.iter().all(|a| a.one);
    let texts = |i: usize| args[i].array.as_string_view();
    let there = |row: usize| args.iter().all(|a| a.array.is_valid(a.at(row)));
    let get = |i: usize, row: usize| texts(i).value(args[i].at(row));
    let array: Arc<dyn Array> = match func {
        Func::Len => {
            let out: Int64Array = (0..rows).map(|r| there(r).then(|| characters(get(0, r)) as i64)).collect();
            Arc::new(out)
        }
        Func::Find => {
            let place = |x: &str, part: &str| x.find(part).map_or(-1, |at| characters(&x[..at]) as i64);
            let out: Int64Array = (0..rows).map(|r| there(r).then(|| place(get(0, r), get(1, r)))).collect();
            Arc::new(out)
        }
        Func::Contains | Func::StartsWith | Func::EndsWith => {
            let constant = args[1].one && args[1].array.is_valid(0);
            // One finder for one pattern: it is prepared once.
            let finder = constant.then(|| memchr::memmem::Finder::new(texts(1).value(0)));
            let out: BooleanArray = (0..rows)
                .map(|r| {
                    there(r).then(|| match (func, &finder) {
                        (Func::Contains, Some(f)) => f.find(get(0, r).as_bytes()).is_some(),
                        (Func::Contains, None) => get(0, r).contains(get(1, r)),
                        (Func::StartsWith, _) => get(0, r).starts_with(get(1, r)),
                        _ => get(0, r).ends_with(get(1, r)),
                    })
                })
                .collect();
            Arc::new(out)
        }
        _ => {
            let mut out = StringViewBuilder::with_capacity(rows);
            for r in 0..rows {
                // A bound of `slice` that is missing is open, as in Python.
                if !(there(r) || func == Func::Slice && args[0].array.is_valid(args[0].at(r))) {
                    out.append_null();
                    continue;
                }
                let x = get(0, r);
                match func {
                    Func::Lower => out.append_value(x.to_lowercase()),
                    Func::Upper => out.append_value(x.to_uppercase()),
                    Func::Strip => out.append_value(x.trim()),
                    Func::Title => out.append_value(title(x)),
                    Func::Get => {
                        let n = args[1].array.as_primitive::<at::Int64Type>().value(args[1].at(r));
                        let found = slice(x, Some(n), (n != -1).then(|| n.saturating_add(1)));
                        // Before the first character there is none.
                        let there = n >= -(characters(x) as i64) && !found.is_empty();
                        out.append_option(there.then_some(found));
                    }
                    Func::Pad => {
                        let text = |i: usize| args.get(i).map(|a| a.array.as_string_view().value(a.at(r)));
                        let width = args[1].array.as_primitive::<at::Int64Type>().value(args[1].at(r));
                        out.append_value(pad(x, width, text(2).unwrap_or("left"), text(3).unwrap_or(" ")));
                    }
                    Func::Replace => out.append_value(x.replace(get(1, r), get(2, r))),
                    Func::Slice => {
                        let bound = |i: usize| {
                            let a = args.get(i)?;
                            let n = a.array.as_primitive::<at::Int64Type>();
                            n.is_valid(a.at(r)).then(|| n.value(a.at(r)))
                        };
                        out.append_value(slice(x, bound(1), bound(2)));
                    }
                    other => return Err(Error::internal(format!("`{}` is not for text", other.name()))),
                }
            }
            Arc::new(out.finish())
        }
    };
    Ok(Value { array, one })
}

fn characters(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// Words begin with a capital letter and go on with small ones, as Python's `title` has it: a word is a run of letters.
fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut within = false;
    for c in text.chars() {
        if within {
            out.extend(c.to_lowercase())
        } else {
            out.extend(c.to_uppercase())
        }
        within = c.is_alphabetic();
    }
    out
}

/// Filled up to a number of characters; on both sides, the right one gets what is left over, as in Python's `center` of texts of
/// even length.
fn pad(text: &str, width: i64, side: &str, fill: &str) -> String {
    let (have, want) = (characters(text), usize::try_from(width).unwrap_or(0));
    let more = want.saturating_sub(have);
    let left = match side {
        "left" => more,
        "right" => 0,
        // Python's rule: the odd one goes left where the width is odd.
        _ => more / 2 + (more & want & 1),
    };
    format!("{}{text}{}", fill.repeat(left), fill.repeat(more - left))
}

/// `text[from:to]` of Python.
fn slice(text: &str, from: Option<i64>, to: Option<i64>) -> &str {
    let n = characters(text) as i64;
    let place = |i: i64| if i < 0 { (n + i).max(0) } else { i.min(n) } as usize;
    let (from, to) = (place(from.unwrap_or(0)), place(to.unwrap_or(n)));
    if from >= to {
        return "";
    }
    let byte = |i: usize| if text.is_ascii() { i } else { text.char_indices().nth(i).map_or(text.len(), |(b, _)| b) };
    &text[byte(from)..byte(to)]
}

/// Group 1 of the first match, or all of it where there is no group; no match is missing.
pub(super) fn extract(texts: &StringViewArray, regex: &Regex) -> StringViewArray {
    let grouped = regex.captures_len() > 1;
    let mut out = StringViewBuilder::with_capacity(texts.len());
    for text in texts {
        let found = text.and_then(|t| if grouped { regex.captures(t).and_then(|c| c.get(1)) } else { regex.find(t) });
        out.append_option(found.map(|m| m.as_str()));
    }
    out.finish()
}

/// What is done with the matches of a pattern.
pub(super) fn pattern(texts: &StringViewArray, verb: &Pattern, regex: &Regex) -> Arc<dyn Array> {
    match verb {
        Pattern::Any => Arc::new(texts.iter().map(|t| t.map(|t| regex.is_match(t))).collect::<BooleanArray>()),
        Pattern::Count => Arc::new(texts.iter().map(|t| t.map(|t| regex.find_iter(t).count() as i64)).collect::<Int64Array>()),
        Pattern::Replace(to) => {
            let mut out = StringViewBuilder::with_capacity(texts.len());
            texts.iter().for_each(|t| out.append_option(t.map(|t| regex.replace_all(t, to.as_str()))));
            Arc::new(out.finish())
        }
    }
}
