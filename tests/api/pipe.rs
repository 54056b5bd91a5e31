//! A pipe gives what its steps give one after the other, with files between them.

use std::path::Path;
use std::process::Command;

fn run(folder: &Path, words: &[&str]) {
    let made = Command::new(env!("CARGO_BIN_EXE_hpda-data")).args(words).current_dir(folder).output().unwrap();
    assert!(made.status.success(), "{}\n{}", words.join(" "), String::from_utf8_lossy(&made.stderr));
}

/// Runs the steps on the file as a pipe and one by one, with files of this ending.
fn same_as_steps(input: &str, steps: &[&[&str]], ending: &str) {
    let folder = tempfile::tempdir().unwrap();
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(input);
    let input = input.to_str().unwrap();
    let mut piped = vec!["pipe", input, "--quiet"];
    for step in steps {
        piped.push("[");
        piped.extend(*step);
        piped.push("]");
    }
    let at_once = format!("at_once.{ending}");
    piped.extend(["-o", &at_once]);
    run(folder.path(), &piped);
    let mut now = input.to_string();
    for (i, step) in steps.iter().enumerate() {
        let next = format!("step{i}.{ending}");
        let words: Vec<&str> =
            [step[0], now.as_str()].into_iter().chain(step[1..].iter().copied()).chain(["-o", &next, "--quiet"]).collect();
        run(folder.path(), &words);
        now = next;
    }
    // Ends with 1 where they differ.
    run(folder.path(), &["diff", &at_once, &now, "--ignore", "encoding"]);
}

#[test]
fn tables_come_through_a_pipe_as_through_files() {
    let steps: [&[&str]; 5] = [
        &["select", "--where", "Fare > 0", "--with", "Family = SibSp + Parch"],
        &["groupby", "--by", "Pclass,Sex,Family", "--agg", "Age:mean,count", "--agg", "Survived:mean"],
        &["missing", "--fill", "0", "--columns", "Age_mean"],
        &["sort", "--by", "-Age_mean,Family"],
        &["pivot", "--index", "Family", "--columns", "Pclass,Sex", "--values", "Survived_mean"],
    ];
    same_as_steps("passengers.csv", &steps, "parquet");
    same_as_steps(
        "passengers.csv",
        &[&["melt", "--id", "Name,Sex", "--value", "Age,Fare"], &["counts", "--by", "Sex,variable"]],
        "parquet",
    );
}

#[test]
fn cubes_come_through_a_pipe_as_through_files() {
    let steps: [&[&str]; 4] = [
        &["select", "--sel", "lat=-60:60", "--with", "tas = tas - 273.15"],
        &["groupby", "--by", "time.month", "--transform", "anomaly"],
        &["rolling", "--dim", "time", "--window", "5", "--op", "mean", "--center"],
        &["reduce", "--op", "std", "--dim", "lon"],
    ];
    same_as_steps("climate.nc", &steps, "zarr");
    same_as_steps("climate.nc", &[&["resample", "--dim", "time", "--freq", "1YS", "--op", "mean"], &["sort", "--by", "-lat"]], "nc");
}
