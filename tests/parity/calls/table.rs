//! docs/pandas.md is the list of verbs: each has its cases, each option value too, and no public verb is missing there.

use super::{AREAS, array, cases};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// A row of the tables: `| pandas | here | options | cases |`.
struct Row {
    here: String,
    /// Names with the values that need cases; without values any.
    options: Vec<(String, Vec<String>)>,
    labels: bool,
    fails: bool,
    verbs: Vec<String>,
}

fn rows() -> Vec<Row> {
    let doc = read("docs/pandas.md");
    let mut out = Vec::new();
    for line in doc.lines().filter(|l| l.starts_with("| ") && !l.starts_with("| ---") && !l.starts_with("| pandas ")) {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 4, "docs/pandas.md: {line}");
        let mut row = Row { here: cells[1].into(), options: Vec::new(), labels: true, fails: true, verbs: Vec::new() };
        for option in cells[2].split(';').map(|o| o.trim().replace('`', "")).filter(|o| !o.is_empty()) {
            match option.as_str() {
                "no labels" => row.labels = false,
                "never fails" => row.fails = false,
                o => {
                    let (name, values) = o.split_once('=').unwrap_or((o, ""));
                    row.options.push((name.trim().into(), values.split_whitespace().map(Into::into).collect()));
                }
            }
        }
        row.verbs = cells[3].split(',').filter_map(|c| c.trim().trim_matches('`').strip_suffix("/*")).map(Into::into).collect();
        assert!(!row.verbs.is_empty() || cells[3].starts_with("test "), "docs/pandas.md, no cases: {line}");
        out.push(row);
    }
    out
}

/// A value of an option as the table spells it.
fn spelled(v: &Value) -> String {
    match v {
        Value::String(s) => s.clone(),
        Value::Array(l) => l.iter().map(spelled).collect::<Vec<_>>().join("+"),
        Value::Object(o) => o.iter().map(|(k, v)| format!("{k}:{}", spelled(v))).collect::<Vec<_>>().join("+"),
        v => v.to_string(),
    }
}

/// All cases by verb: options and kind.
fn by_verb() -> BTreeMap<String, Vec<(Value, String)>> {
    let mut out: BTreeMap<String, Vec<(Value, String)>> = BTreeMap::new();
    for (area, _) in AREAS {
        for case in array(&cases(area)["cases"]) {
            let text = |k: &str| case[k].as_str().unwrap().to_string();
            out.entry(text("verb")).or_default().push((case["options"].clone(), text("kind")));
        }
    }
    out
}

fn lacking(row: &Row, cases: &[(Value, String)], meant: impl Fn(&Value) -> bool) -> Vec<&'static str> {
    let has = |kind: &str| cases.iter().any(|(o, k)| k == kind && meant(o));
    let wanted = [("missing", true), ("empty", true), ("labels", row.labels), ("fails", row.fails)];
    wanted.into_iter().filter(|(kind, needed)| *needed && !has(kind)).map(|(kind, _)| kind).collect()
}

#[test]
fn verbs_and_option_values_have_cases_of_every_kind() {
    let known = by_verb();
    let (mut faults, mut named) = (Vec::new(), BTreeSet::new());
    for row in rows() {
        for verb in &row.verbs {
            named.insert(verb.clone());
            let Some(cases) = known.get(verb) else {
                faults.push(format!("{verb}: no cases"));
                continue;
            };
            let lacks = lacking(&row, cases, |_| true);
            if !lacks.is_empty() {
                faults.push(format!("{verb}: none {lacks:?}"));
            }
            for (name, values) in &row.options {
                let every = if values.is_empty() { vec![None] } else { values.iter().map(Some).collect() };
                for value in every {
                    let lacks = lacking(&row, cases, |o| o.get(name).is_some_and(|v| value.is_none_or(|w| spelled(v) == *w)));
                    if !lacks.is_empty() {
                        faults.push(format!("{verb}, {name}={}: none {lacks:?}", value.map_or("any", String::as_str)));
                    }
                }
            }
        }
    }
    faults.extend(known.keys().filter(|v| !named.contains(*v)).map(|v| format!("{v}: no row in docs/pandas.md")));
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Words that the table need not list for a verb: no value of pandas' option.
const APART: &[(&str, &str)] = &[
    ("groupby.agg", "size"),
    ("groupby.agg", "q0.9"),
    ("groupby.agg", "mode"),
    ("groupby.agg", "argmin"),
    ("groupby.agg", "argmax"),
    ("dt", "season"),
    // Their cases are in verbs.json.
    ("dt", "microsecond"),
    ("dt", "week"),
    ("dt", "days_in_month"),
    ("dt", "day_name"),
    ("dt", "month_name"),
];

#[test]
fn values_of_options_are_those_of_the_source() {
    use hpda_data::kernel::{agg::Agg, correlate::Correlation, window::Ranking};
    use hpda_data::plan::{AsofDirection, JoinHow, TimePart, Transform};
    fn of<T, const N: usize>(all: &[(T, &'static str); N]) -> Vec<&'static str> {
        all.iter().map(|a| a.1).collect()
    }
    let words = [
        ("merge", "how", JoinHow::ALL.map(JoinHow::name).to_vec()),
        ("merge_asof", "direction", AsofDirection::ALL.map(AsofDirection::name).to_vec()),
        ("align", "join", of(&hpda_data::label::Join::ALL)),
        ("rank", "method", of(&Ranking::ALL)),
        ("corr", "method", of(&Correlation::ALL)),
        ("groupby.transform", "what", of(&Transform::ALL)),
        ("dt", "part", of(&TimePart::ALL)),
        ("groupby.agg", "agg", Agg::ALL.iter().map(|a| a.1).collect()),
    ];
    let rows = rows();
    for (verb, option, words) in words {
        let row = rows.iter().find(|r| r.verbs.iter().any(|v| v == verb)).unwrap();
        let listed = &row.options.iter().find(|(name, _)| name == option).unwrap().1;
        for word in words.iter().filter(|w| !APART.contains(&(verb, w))) {
            assert!(listed.iter().any(|l| l == word), "docs/pandas.md lists no {option}={word} for {verb}");
        }
    }
}

/// What has no case of pandas has a test of its own.
#[test]
fn tests_that_rows_name_are_there() {
    let mut files = Vec::new();
    ["src", "tests"].into_iter().for_each(|f| sources(Path::new(env!("CARGO_MANIFEST_DIR")).join(f), &mut files));
    let texts: Vec<String> =
        files.iter().filter(|f| f.extension().is_some_and(|e| e == "rs")).map(|f| std::fs::read_to_string(f).unwrap()).collect();
    let doc = read("docs/pandas.md");
    for name in doc.lines().filter_map(|l| l.trim_end_matches(" |").rsplit_once("| test `")).map(|(_, name)| name.trim_end_matches('`')) {
        assert!(texts.iter().any(|t| t.contains(&format!("fn {name}("))), "docs/pandas.md names a test that is not there: {name}");
    }
}

#[test]
fn differences_of_cases_stand_in_the_list_of_differences() {
    let list = read("docs/differences.md");
    let mut faults = BTreeSet::new();
    for (area, _) in AREAS {
        for case in array(&cases(area)["cases"]) {
            if let Some(row) = case.get("differs").and_then(Value::as_str).filter(|r| !list.contains(&format!("| {r} |"))) {
                faults.insert(format!("{row} (of {})", case["id"]));
            }
        }
    }
    assert!(faults.is_empty(), "no such rows in docs/differences.md:\n{}", faults.into_iter().collect::<Vec<_>>().join("\n"));
}

/// The types whose methods are verbs.
const TYPES: &[&str] = &[
    "DataFrame",
    "Series",
    "LazyFrame",
    "GroupBy",
    "LazyGroupBy",
    "LazyResample",
    "RollingFrame",
    "RollingSeries",
    "EwmFrame",
    "Texts<'_>",
    "GroupRolling",
    "Resample",
    "MultiIndex",
    "Index",
];

/// Methods that are no verbs of pandas, and why they need no row.
const PLAIN: &[(&str, &str)] = &[
    ("absent", "an error for a label"),
    ("codes", "how a MultiIndex is held"),
    ("column_attrs", "attributes, which pandas does not have"),
    ("columns_with_gaps", "asked by the commands"),
    ("count_true", "a mask counted"),
    ("data", "the values of a series"),
    ("dtype", "a type"),
    ("find", "positions of a label"),
    ("flat", "makes an index"),
    ("from_batch", "batches"),
    ("from_batches", "batches"),
    ("indexer", "positions of labels"),
    ("is_empty", "a length"),
    ("join_points", "tables with cubes, which pandas does not have"),
    ("key_names", "names of keys"),
    ("label", "a label"),
    ("len", "a length"),
    ("levels", "how a MultiIndex is held"),
    ("locate", "positions of labels"),
    ("name", "a name"),
    ("nearest", "positions on the axes of cubes"),
    ("nlevels", "a number"),
    ("pick", "how a MultiIndex is held"),
    ("plan", "the plan"),
    ("positions", "positions of labels"),
    ("range", "makes an index"),
    ("same_labels", "a comparison"),
    ("scan", "where plans begin"),
    ("schema", "names and types"),
    ("source", "where batches come from"),
    ("to_batch", "batches"),
    ("true_positions", "a mask as positions"),
    ("with_attrs", "attributes"),
    ("with_column_attrs", "attributes"),
    ("with_columns", "columns under the same labels"),
    ("with_names", "names of levels"),
];

fn sources(folder: PathBuf, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(path, out);
        } else {
            out.push(path);
        }
    }
}

/// The name that a line defines: `pub fn name(`, or the entry `name ...` of a macro.
fn method(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix("pub fn ").or_else(|| line.trim().strip_prefix("pub const fn "))?;
    let name = &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_')?];
    (!name.is_empty()).then_some(name)
}

/// The public methods of the types of tables, those that macros make among them.
fn public_verbs() -> BTreeMap<String, String> {
    let mut files = Vec::new();
    for folder in ["src/frame", "src/ops", "src/plan/frame", "src/exec", "src/label", "src/open"] {
        sources(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    let mut out = BTreeMap::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let (mut meant, mut entries, mut indent, mut of_macro): (bool, bool, usize, bool) = (false, false, 0, false);
        let mut macros: Vec<String> = Vec::new();
        for line in text.lines().take_while(|l| *l != "#[cfg(test)]") {
            let depth = line.len() - line.trim_start().len();
            let trimmed = line.trim();
            if let Some(name) = trimmed.strip_prefix("macro_rules! ") {
                macros.push(name.trim_end_matches(" {").into());
                of_macro = true;
            }
            if of_macro && line == "}" {
                of_macro = false;
            }
            if !of_macro && depth == 0 && line.starts_with("impl") {
                let subject = line
                    .split('{')
                    .next()
                    .unwrap_or_default()
                    .rsplit(" for ")
                    .next()
                    .unwrap_or_default()
                    .trim_start_matches("impl ")
                    .trim();
                meant = !line.contains(" for ") && TYPES.contains(&subject);
            }
            if entries && depth == indent && trimmed.starts_with('}') {
                entries = false;
            } else if entries {
                let name = trimmed.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                if depth == indent + 4 && !name.is_empty() {
                    out.insert(name.to_string(), path.display().to_string());
                }
            }
            if let Some(name) = trimmed.strip_suffix("! {").filter(|n| macros.iter().any(|m| m == n)) {
                entries = !name.is_empty();
                indent = depth;
            }
            if let Some(name) = method(line).filter(|_| meant && !of_macro && depth == 4) {
                out.insert(name.to_string(), path.display().to_string());
            }
        }
    }
    out
}

#[test]
fn every_public_verb_has_a_row() {
    let here: String = rows().iter().map(|r| format!("{}\n", r.here)).collect();
    let words: BTreeSet<&str> = here.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let verbs = public_verbs();
    assert!(verbs.len() > 150, "the scan of the sources found only {} verbs", verbs.len());
    let lacking: Vec<String> = verbs
        .iter()
        .filter(|(name, _)| !words.contains(name.as_str()) && !PLAIN.iter().any(|(p, _)| p == name))
        .map(|(name, path)| format!("{name} ({path})"))
        .collect();
    assert!(lacking.is_empty(), "no row in docs/pandas.md:\n{}", lacking.join("\n"));
}
