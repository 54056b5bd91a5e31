//! Order, gaps and overlaps of files along the dim that is joined.

use super::{Report, Severity, Topic};
use crate::dtype::DType;
use crate::label::Index;
use std::path::Path;

/// The labels of a file along the joined dim as numbers.
struct Stretch<'a> {
    file: &'a Path,
    at: usize,
    first: f64,
    last: f64,
    first_text: String,
    last_text: String,
}

/// The labels as numbers, where they are some.
pub(super) fn numbers(index: &Index) -> Option<Vec<f64>> {
    let column = index.columns().swap_remove(0);
    if !(column.dtype().is_numeric() || column.dtype().is_temporal()) {
        return None;
    }
    match column.dtype().is_temporal() {
        true => Some(column.to_i64().ok()?.iter().map(|t| t.map_or(f64::NAN, |t| t as f64)).collect()),
        false => column.to_f64().ok(),
    }
}

pub(super) fn look(dim: &str, files: &[(&Path, &Index)], report: &mut Report) {
    let (mut stretches, mut steps) = (Vec::new(), Vec::new());
    let mut named = "label";
    for (at, (file, index)) in files.iter().enumerate() {
        let Some(labels) = numbers(index) else { return };
        if matches!(index.dtype(0), DType::Instant { .. } | DType::Date) {
            named = "time";
        }
        let (Some(&first), Some(&last)) = (labels.first(), labels.last()) else {
            report.add(file, Severity::Note, Topic::Time, format!("no labels along {dim:?}"), &["it adds nothing"]);
            continue;
        };
        let inside: Vec<f64> = labels.windows(2).map(|w| w[1] - w[0]).collect();
        if inside.iter().any(|d| *d <= 0.0) && inside.iter().any(|d| *d > 0.0) {
            let what = format!("labels of {dim:?} do not ascend within the file");
            report.add(file, Severity::Note, Topic::Time, what, &["sort FILE --by DIM puts them in order first"]);
        }
        steps.extend(inside.iter().map(|d| d.abs()).filter(|d| *d > 0.0));
        let text = |i: usize| index.label(i).first().map_or(String::new(), |s| s.to_string());
        let (first_text, last_text) = (text(0), text(labels.len() - 1));
        stretches.push(Stretch { file, at, first, last, first_text, last_text });
    }
    steps.sort_by(f64::total_cmp);
    let usual = steps.get(steps.len() / 2).copied();
    let mut sorted: Vec<&Stretch> = stretches.iter().collect();
    sorted.sort_by(|a, b| a.first.total_cmp(&b.first));
    if sorted.windows(2).any(|w| w[0].at > w[1].at) {
        let names: Vec<String> = sorted.iter().take(4).map(|s| s.file.display().to_string()).collect();
        let what =
            format!("the files are not given in the order of {dim:?}: {}{}", names.join(", "), if sorted.len() > 4 { ", .." } else { "" });
        let late = stretches.windows(2).find(|w| w[1].first < w[0].first).map_or(stretches[0].file, |w| w[1].file);
        report.add(late, Severity::Note, Topic::Time, what, &["concat keeps the order in which they are given"]);
    }
    for pair in sorted.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let between = format!("{} ends at {} and {} begins at {}", a.file.display(), a.last_text, b.file.display(), b.first_text);
        if b.first <= a.last {
            let choices = ["concat puts them one behind the other, with labels twice", "select --sel on one of them cuts it first"];
            report.add(b.file, Severity::Changes, Topic::Time, format!("the {named}s overlap: {between}"), &choices);
        } else if let Some(usual) = usual.filter(|u| b.first - a.last > 1.75 * u) {
            let missing = ((b.first - a.last) / usual).round() as u64 - 1;
            let what = format!("a gap of about {missing} {named}s: {between}");
            report.add(b.file, Severity::Note, Topic::Time, what, &["concat joins them all the same"]);
        }
    }
}
