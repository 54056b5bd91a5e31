//! The lesson's questions to a list of passengers, answered as pandas answers them: on the real list where it is at hand, and on ours.

use hpda_data::kernel::agg::Agg;
use hpda_data::plan::{GroupKey, parse};
use hpda_data::{DataFrame, Scalar, read_csv};
use std::path::{Path, PathBuf};
use std::process::Command;

fn ours() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/passengers.csv")
}

fn real() -> Option<PathBuf> {
    std::env::var_os("HPDA_REAL_DATA").map(|folder| Path::new(&folder).join("titanic.csv"))
}

/// What the command writes, and what it says.
fn groupby(path: &Path, child: &str) -> (String, String) {
    let made = Command::new(env!("CARGO_BIN_EXE_hpda-data"))
        .args(["groupby", path.to_str().unwrap(), "--with", child, "--by", "Sex,Child", "--agg", "Survived:mean", "--to", "csv"])
        .output()
        .unwrap();
    assert!(made.status.success());
    (String::from_utf8(made.stdout).unwrap(), String::from_utf8(made.stderr).unwrap())
}

/// Survival by sex and childhood, where an unknown age is no child's; and that of known ages alone.
fn survival(path: &Path, whole: [f64; 4], known: [f64; 4], unknown: usize) {
    let filled = ("Child = fill(Age < 12, false)", whole, 0);
    for (child, want, left_out) in [filled, ("Child = Age < 12", known, unknown)] {
        let (text, said) = groupby(path, child);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "Sex,Child,Survived_mean");
        let keys = ["female,false", "female,true", "male,false", "male,true"];
        for ((line, key), want) in lines[1..].iter().zip(keys).zip(want) {
            let value = line.strip_prefix(key).and_then(|l| l.strip_prefix(',')).unwrap_or_else(|| panic!("{line} instead of {key}"));
            assert!((value.parse::<f64>().unwrap() - want).abs() < 5e-7, "{child}: {line} instead of {want}");
        }
        assert_eq!(lines.len(), 5);
        let warning = format!("warning: {left_out} rows have a missing key and are left out; --keep-missing keeps them\n");
        assert_eq!(said, if left_out == 0 { String::new() } else { warning });
        // The library gives the same.
        let df = read_csv(path).unwrap();
        let keys = [GroupKey::from("Sex"), GroupKey::new("Child", parse(child.split_once(" = ").unwrap().1).unwrap())];
        let found = df.groupby(keys).agg([("mean", parse("mean(Survived)").unwrap())]).unwrap();
        for (row, want) in want.iter().enumerate() {
            assert!((found.columns()[0].scalar(row).as_f64().unwrap() - want).abs() < 5e-7);
        }
    }
}

fn mean_survival(df: &DataFrame, condition: &str) -> f64 {
    df.query(condition).unwrap().series("Survived").unwrap().reduce(Agg::Mean).unwrap().as_f64().unwrap()
}

fn names(df: &DataFrame) -> Vec<String> {
    let column = df.column("Name").unwrap();
    (0..column.len()).map(|i| column.scalar(i).to_string()).collect()
}

#[test]
fn analysis_of_the_real_passengers_is_that_of_the_lesson() {
    let Some(path) = real() else {
        println!("HPDA_REAL_DATA is not set; nothing is checked");
        return;
    };
    // `df[df.Age.notna()].groupby(["Sex", df.Age < 12])` for the second.
    let known = [0.777293, 0.593750, 0.175060, 0.555556];
    survival(&path, [0.758865, 0.593750, 0.164510, 0.555556], known, 177);
    let df = read_csv(&path).unwrap();
    let by_name = df.set_index(["Name"]).unwrap();
    let ali = by_name.loc("Lam, Mr. Ali", "Survived"..="Age").unwrap();
    assert_eq!(ali.shape(), (1, 4));
    let row: Vec<Scalar> = ali.rows().next().unwrap();
    assert_eq!(row, [1i64.into(), 3i64.into(), "male".into(), Scalar::Null]);
    assert_eq!(by_name.at("Lam, Mr. Ali", "Fare").unwrap(), 56.4958.into());
    assert!((mean_survival(&df, "Age > mean(Age)") - 0.406061).abs() < 5e-7);
    assert!((mean_survival(&df, "Age < mean(Age)") - 0.406250).abs() < 5e-7);
    let largest = df.query("SibSp == max(SibSp)").unwrap();
    assert_eq!(largest.series("SibSp").unwrap().max().unwrap(), 8i64.into());
    let sage = ["Master Thomas Henry", "Miss Constance Gladys", "Mr. Frederick", "Mr. George John Jr", "Miss Stella Anna"];
    let sage = sage.into_iter().chain(["Mr. Douglas Bullen", "Miss Dorothy Edith \"Dolly\""]).map(|n| format!("Sage, {n}"));
    assert_eq!(names(&largest), sage.collect::<Vec<_>>());
    assert_eq!(df.series("Name").unwrap().str().contains("Margaret").unwrap().count_true().unwrap(), 14);
    assert_eq!(df.query("contains(Name, 'Margaret')").unwrap().height(), 14);
    let mean = df.iloc(..10, ..).unwrap().series("Age").unwrap().mean().unwrap().as_f64().unwrap();
    assert!((mean - 28.1111).abs() < 5e-5);
}

#[test]
fn analysis_of_our_passengers_is_that_of_pandas() {
    let path = ours();
    // `df.groupby(["Sex", df.Age < 12]).Survived.mean()`, and of `df[df.Age.notna()]`.
    let known = [0.742690, 0.627907, 0.181250, 0.451613];
    survival(&path, [0.735149, 0.627907, 0.182156, 0.451613], known, 229);
    let df = read_csv(&path).unwrap();
    let by_name = df.set_index(["Name"]).unwrap();
    let row: Vec<Scalar> = by_name.loc("Bruntwood, Mr. Ivar Reuben", "Survived"..="Age").unwrap().rows().next().unwrap();
    assert_eq!(row, [0i64.into(), 1i64.into(), "male".into(), 14.0.into()]);
    assert!((mean_survival(&df, "Age > mean(Age)") - 0.3960216998191682).abs() < 1e-12);
    assert!((mean_survival(&df, "Age < mean(Age)") - 0.3857677902621723).abs() < 1e-12);
    let largest = names(&df.query("SibSp == max(SibSp)").unwrap());
    assert_eq!((largest.len(), &*largest[0], &*largest[19]), (20, "Jarnfelt, Miss Matilda Sophronia", "Gormanby, Master Ludvik"));
    assert_eq!(df.series("Name").unwrap().str().contains("Hedvig").unwrap().count_true().unwrap(), 11);
    let mean = df.iloc(..10, ..).unwrap().series("Age").unwrap().mean().unwrap().as_f64().unwrap();
    assert!((mean - 22.666666666666668).abs() < 1e-12);
}
