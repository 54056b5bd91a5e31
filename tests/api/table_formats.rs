//! Every command of tables reads and writes CSV, Parquet and Arrow, and gives the same whatever comes in and goes out.

use hpda_data::{DataFrame, Scalar, read_arrow, read_csv, read_parquet};
use std::path::Path;
use std::process::Command;

const FORMATS: [&str; 3] = ["csv", "parquet", "arrow"];

/// The commands with their options: `S`, `R` and `L` stand for stations, readings and a lake, `_` for other inputs of the format.
const COMMANDS: [&[&str]; 36] = [
    &["select", "S", "--columns", "id,name,snow", "--rename", "name=place", "--with", "half = id / 2", "--where", "id > 2"],
    &["select", "S", "--drop", "last_report", "--distinct=snow", "--limit", "2", "--attr", "elevation:units=m"],
    &["attrs", "S", "--set", "elevation:units=m", "--global", "title=Stations"],
    &["sort", "S", "--by", "snow,-elevation"],
    &["missing", "S", "--drop", "any"],
    &["missing", "R", "--drop", "all", "--columns", "wind"],
    &["missing", "S", "--fill", "-1.5", "--columns", "elevation,temperature"],
    &["missing", "R", "--ffill", "--limit", "1"],
    &["missing", "R", "--bfill"],
    &["missing", "S", "--interpolate", "linear", "--columns", "elevation"],
    &["missing", "L", "--interpolate", "time", "--on", "day"],
    &["missing", "L", "--interpolate", "nearest"],
    &["groupby", "S", "--by", "snow", "--agg", "elevation:mean,max,count", "--agg", "n=id:size", "--keep-missing"],
    &["groupby", "L", "--by", "day.month,wet=rain > 5", "--agg", "range=max(level)-min(level)", "--no-sort"],
    &["groupby", "L", "--by", "day.month", "--op", "median"],
    &["groupby", "S", "--by", "snow", "--top", "1", "--order", "-elevation"],
    &["groupby", "S", "--by", "snow", "--transform", "rank", "--columns", "elevation"],
    &["reduce", "S", "--agg", "elevation:mean,q0.9", "--agg", "n=id:count"],
    &["reduce", "L", "--op", "std", "--ddof", "0"],
    &["resample", "L", "--on", "day", "--freq", "W", "--op", "mean", "--label", "left", "--closed", "left"],
    &["resample", "L", "--on", "day", "--freq", "MS", "--agg", "rain:sum", "--origin", "start"],
    &["rolling", "L", "--window", "3", "--agg", "rain:sum,max", "--center", "--min-count", "1"],
    &["rolling", "L", "--window", "7D", "--on", "day", "--op", "mean"],
    &["pivot", "R", "--index", "time", "--columns", "station", "--values", "wind", "--fill", "0"],
    &["pivot", "S", "--index", "snow", "--columns", "id", "--values", "elevation", "--agg", "mean", "--margins"],
    &["melt", "S", "--id", "id,name", "--value", "latitude,elevation", "--variable-name", "what", "--value-name", "much"],
    &["stack", "R", "--index", "station,time", "--name", "what", "--value-name", "much", "--drop-missing"],
    &["unstack", "R", "--index", "time,station", "--level", "station", "--fill", "0"],
    &["join", "R", "S", "--left-on", "station", "--right-on", "id", "--how", "outer", "--indicator"],
    &["join", "S", "S", "--on", "id", "--suffixes", ",_again", "--validate", "1:1", "--how", "left"],
    &["join", "R", "R", "--asof", "time", "--by", "station", "--direction", "nearest", "--tolerance", "1h"],
    &["concat", "S", "S", "--join", "exact"],
    &["concat", "R", "S", "--side-by-side"],
    &["counts", "S", "--by", "snow", "--keep-missing"],
    &["corr", "L", "--method", "kendall"],
    &["convert", "S", "--where", "not is_missing(elevation)"],
];

/// Commands that show, and write tables too.
const LOOKING: [&[&str]; 4] = [
    &["head", "S", "-n", "3"],
    &["head", "S", "-n", "2", "--tail"],
    &["head", "S", "--sample", "3", "--seed", "7"],
    &["summary", "L", "--quantiles", "0.1,0.5"],
];

fn run(folder: &Path, args: &[String]) {
    let made = Command::new(env!("CARGO_BIN_EXE_hpda-data")).args(args).current_dir(folder).output().unwrap();
    assert!(made.status.success(), "{}\n{}", args.join(" "), String::from_utf8_lossy(&made.stderr));
}

fn read(path: &Path) -> DataFrame {
    match path.extension().and_then(|e| e.to_str()) {
        Some("csv") => read_csv(path),
        Some("parquet") => read_parquet(path),
        _ => read_arrow(path),
    }
    .unwrap()
}

/// Names and values, whatever the types: a column of whole floats comes back from text as floats, an empty one as f64.
fn values(df: &DataFrame) -> Vec<(String, Vec<String>)> {
    let text = |s: Scalar| if s.is_missing() { "-".to_string() } else { s.to_string() };
    let column = |(n, c): (&String, &hpda_data::Column)| (n.clone(), (0..c.len()).map(|i| text(c.scalar(i))).collect());
    df.names().iter().zip(df.columns()).map(column).collect()
}

#[test]
fn every_command_of_tables_gives_the_same_for_all_formats() {
    let folder = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let tables = [("S", "stations"), ("R", "readings"), ("L", "lake")];
    for (_, name) in tables {
        for format in FORMATS {
            let from = data.join(format!("{name}.csv")).to_string_lossy().into_owned();
            run(folder.path(), &["convert".into(), from, format!("{name}.{format}")]);
        }
    }
    for (number, command) in COMMANDS.iter().chain(&LOOKING).enumerate() {
        let mut first: Option<Vec<(String, Vec<String>)>> = None;
        for from in FORMATS {
            for to in FORMATS {
                let named = |a: &&str| tables.iter().find(|t| t.0 == *a).map_or(a.to_string(), |t| format!("{}.{from}", t.1));
                let target = format!("out_{number}_{from}.{to}");
                let mut args: Vec<String> = command.iter().map(named).collect();
                args.extend(["-o".to_string(), target.clone(), "--quiet".to_string()]);
                run(folder.path(), &args);
                let got = values(&read(&folder.path().join(&target)));
                assert!(!got.is_empty());
                match &first {
                    None => first = Some(got),
                    Some(want) => assert_eq!(&got, want, "{} from {from} to {to}", command.join(" ")),
                }
            }
        }
    }
}
