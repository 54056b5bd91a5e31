//! The programs in `examples/`: they run, and what they print is what pandas, xarray, scipy and numpy say (`make_lessons.py`).

use serde_json::Value;
use std::cell::RefCell;
use std::path::Path;

thread_local! {
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What the examples print is kept: this comes before the standard macro of the name in the modules below.
macro_rules! println {
    ($($text:tt)*) => { crate::parity::lessons::keep(&format!($($text)*)) };
}

macro_rules! examples {
    ($($name:ident $file:literal),*) => { $(#[allow(dead_code)] #[path = $file] mod $name;)* };
}

examples!(
    array_mean "../../examples/array_mean.rs", datasets "../../examples/datasets.rs", formats "../../examples/formats.rs",
    integral "../../examples/integral.rs", numpy_mean "../../examples/numpy_mean.rs", out_of_core "../../examples/out_of_core.rs",
    powerlaw "../../examples/powerlaw.rs", reshape "../../examples/reshape.rs", views "../../examples/views.rs",
    wordcount "../../examples/wordcount.rs"
);
#[cfg(feature = "linalg")]
examples!(linear_algebra "../../examples/linear_algebra.rs", svd "../../examples/svd.rs");
#[cfg(feature = "plot")]
examples!(
    aggregation "../../examples/aggregation.rs", climate "../../examples/climate.rs", diffusion "../../examples/diffusion.rs",
    titanic "../../examples/titanic.rs"
);

fn keep(text: &str) {
    SAID.with_borrow_mut(|said| *said += &format!("{text}\n"));
}

/// What a program prints.
fn said(program: impl FnOnce() -> hpda_data::Result<()>) -> String {
    SAID.take();
    program().unwrap();
    SAID.take()
}

fn expected() -> Value {
    serde_json::from_str(include_str!("lessons.json")).unwrap()
}

/// The numbers of a text, without what stands around them.
fn numbers(text: &str) -> Vec<f64> {
    text.split(|c: char| !(c.is_ascii_digit() || "+-.e".contains(c))).filter_map(|word| word.parse().ok()).collect()
}

/// The first number after a label at the beginning of a line.
fn after(text: &str, label: &str) -> f64 {
    let line = text.lines().find_map(|l| l.strip_prefix(label)).unwrap_or_else(|| panic!("no line {label:?} in\n{text}"));
    *numbers(line).first().unwrap_or_else(|| panic!("no number in {line:?}"))
}

fn near(found: f64, expected: &Value, by: f64) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= by, "{found} instead of {expected}");
}

fn real(file: &str) -> Option<String> {
    let folder = std::env::var_os("HPDA_REAL_DATA")?;
    Some(Path::new(&folder).join(file).to_str().unwrap().to_string())
}

#[cfg(feature = "plot")]
fn is_picture(folder: &Path, name: &str) {
    let bytes = std::fs::read(folder.join(name)).unwrap();
    assert!(bytes.starts_with(b"<svg") || bytes.starts_with(b"\x89PNG"), "{name}");
}

#[cfg(feature = "plot")]
#[test]
fn titanic_answers_as_pandas() {
    for (who, file) in [("ours", Some("data/passengers.csv".to_string())), ("real", real("titanic.csv"))] {
        let Some(file) = file else { continue };
        let folder = tempfile::tempdir().unwrap();
        let text = said(|| titanic::passengers(&file, folder.path()));
        let want = &expected()["titanic"][who];
        for label in ["mean age", "dearest ticket", "survived"] {
            near(after(&text, &format!("{label}:")), &want[label], 0.0501);
        }
        near(after(&text, "mean age of the first ten:"), &want["mean age of the first ten"], 5.01e-5);
        for label in ["missing ages", "over seventy", "called Edith"] {
            assert_eq!(after(&text, label), want[label].as_f64().unwrap(), "{label}");
        }
        for label in ["older", "younger"] {
            near(after(&text, &format!("survived of those {label} than the mean:")), &want[label], 0.0501);
        }
        // The table of both keys with its margins, row by row.
        let table = text.split("survival by sex and class:\n").nth(1).unwrap();
        let rates = want["by sex and class"].as_array().unwrap();
        for (line, want) in table.lines().skip(2).zip(rates.chunks(4)) {
            let found = numbers(line.split_once(' ').unwrap().1.trim_start_matches(|c: char| c.is_alphabetic()));
            for (found, want) in found[found.len() - 4..].iter().zip(want) {
                near(*found, want, 1e-6);
            }
        }
        let largest = text.split("of the largest:").nth(1).unwrap();
        assert!(largest.contains(&format!("{} rows", want["largest"])), "{largest}");
        is_picture(folder.path(), "siblings.svg");
        is_picture(folder.path(), "ages.svg");
        let drawn = std::fs::read_to_string(folder.path().join("siblings.svg")).unwrap();
        assert!(drawn.contains("cheap") && drawn.contains("dear"));
    }
}

#[cfg(feature = "plot")]
#[test]
fn climate_answers_as_xarray() {
    let real: Option<Vec<String>> = (1840..=1850).map(|y| real(&format!("tas/tas{y}.nc"))).collect();
    for (who, files) in [("ours", Some(vec!["data/climate.nc".to_string()])), ("real", real)] {
        let Some(files) = files else { continue };
        let folder = tempfile::tempdir().unwrap();
        let text = said(|| climate::temperatures(&files, folder.path()));
        let want = &expected()["climate"][who];
        near(after(&text, "mean of the globe:"), &want["mean"], 6e-4);
        for (year, tas) in want["years"].as_object().unwrap() {
            near(after(&text, &format!("{year}:")), tas, 6e-4);
        }
        let usual = text.lines().find(|l| l.starts_with("usual in January")).unwrap();
        near(numbers(usual)[0], &want["January"], 6e-3);
        near(numbers(usual)[1], &want["July"], 6e-3);
        near(after(&text, "spread of the anomalies:"), &want["spread"], 6e-4);
        ["mean.svg", "stockholm.svg", "anomaly.svg"].iter().for_each(|name| is_picture(folder.path(), name));
    }
}

#[cfg(feature = "plot")]
#[test]
fn aggregation_answers_as_pandas() {
    let folder = tempfile::tempdir().unwrap();
    let text = said(|| aggregation::stations(folder.path()));
    let want = &expected()["stations"];
    assert_eq!(after(&text, "climatology:"), want["rows"].as_f64().unwrap());
    for (station, coldest) in want["coldest"].as_object().unwrap() {
        let line = text.lines().find(|l| l.starts_with(&format!("{station}: coldest"))).unwrap();
        assert_eq!(numbers(line)[0], coldest[0].as_f64().unwrap(), "{line}");
        near(numbers(line)[1], &coldest[1], 6e-3);
    }
    for row in want["oddest"].as_array().unwrap() {
        let line = text.lines().rfind(|l| l.contains(row[1].as_str().unwrap())).unwrap();
        assert!(line.contains(row[0].as_str().unwrap()), "{line}");
        near(*numbers(line).last().unwrap(), &row[2], 1e-5);
    }
    for (year, mean) in (1991..).zip(want["years"].as_array().unwrap()) {
        let line = text.split("by year").nth(1).unwrap().lines().find(|l| l.trim_start().starts_with(&year.to_string())).unwrap();
        near(numbers(line)[1], mean, 1e-6);
    }
    let months = numbers(text.lines().find(|l| l.starts_with("months:")).unwrap());
    assert_eq!(months[0], want["months"][0].as_f64().unwrap());
    near(months[1], &want["months"][1], 6e-4);
    is_picture(folder.path(), "climatology.svg");
}

#[test]
fn powerlaw_fits_as_scipy() {
    for (who, file) in [("ours", Some("data/counts.csv".to_string())), ("real", real("results.csv"))] {
        let Some(file) = file else { continue };
        let text = said(|| powerlaw::exponents(&file));
        let want = &expected()["powerlaw"][who];
        for label in ["mean", "min", "max"] {
            near(after(&text, &format!("{label} of {} exponents:", want["n"])), &want[label], 2e-6);
        }
        assert_eq!(text.matches("the same: true").count(), 2);
    }
}

/// Of the real books the ten counts are also a row of the table that the power laws are fitted to.
#[test]
fn words_are_counted_as_one_by_one() {
    let rows = real("results.csv").map(|file| std::fs::read_to_string(file).unwrap());
    for (name, want) in expected()["words"].as_object().unwrap() {
        let ours = (name == "text.txt").then(|| format!("data/{name}"));
        let Some(book) = ours.or_else(|| real(name)) else { continue };
        let text = said(|| wordcount::commonest(&book));
        let first = text.lines().next().unwrap();
        let said_of = format!("{book}: {} words, {} different ones", want["words"], want["different"]);
        assert_eq!(first, said_of);
        let top = want["top"].as_array().unwrap();
        let found: Vec<Value> = text
            .lines()
            .skip(3)
            .take(top.len())
            .map(|l| l.split_once(' ').unwrap())
            .map(|(word, n)| (word.into(), n.trim().parse::<u64>().unwrap().into()))
            .map(|(word, n): (Value, Value)| Value::Array(vec![word, n]))
            .collect();
        assert_eq!(&found, top, "{text}");
        if let Some(rows) = rows.as_ref().filter(|_| name != "text.txt") {
            let row = rows.lines().find(|l| l.starts_with(&format!("{},", &name[6..name.len() - 4]))).unwrap();
            // The lesson leaves the mark of UTF-8 at the first word, which so is another.
            let fewer: f64 = top.iter().zip(&numbers(row)[1..]).map(|(n, row)| n[1].as_f64().unwrap() - row).sum();
            assert!((0.0..=1.0).contains(&fewer), "{name}: {fewer}");
        }
    }
}

#[test]
fn words_come_again_as_numpy_says() {
    for (name, want) in expected()["words"].as_object().unwrap() {
        // The longer books take a test program that is not optimised too long.
        let book = match name.as_str() {
            "text.txt" => Some("data/text.txt".to_string()),
            "words/pg13.txt" => real(name),
            _ => None,
        };
        let Some(book) = book else { continue };
        let text = said(|| wordcount::again(&book));
        assert!(text.contains("the same: true"));
        for (t, share) in want["again"].as_object().unwrap() {
            near(after(&text, &format!("again after {t}:")), share, 6e-7);
        }
    }
}

#[cfg(feature = "plot")]
#[test]
fn diffusion_is_that_of_numpy_slices() {
    let folder = tempfile::tempdir().unwrap();
    let text = said(|| diffusion::plate(32, 12, folder.path()));
    let want = &expected()["diffusion"];
    near(after(&text, "mean:"), &want["mean"], 1e-11);
    near(after(&text, "below the hot edge:"), &want["below"], 1e-11);
    is_picture(folder.path(), "plate.png");
}

#[test]
fn means_of_many_numbers_are_those_of_numpy() {
    let want = &expected()["numbers"];
    let text = said(|| numpy_mean::means(200_000));
    near(after(&text, "mean:"), &want["mean"], 1e-12);
    near(after(&text, "std:"), &want["std"], 1e-12);
    assert_eq!(text.matches("number of threads: true").count(), 2, "{text}");
    let text = said(|| array_mean::means(200_000, 400));
    let line = |i: usize| text.lines().nth(i).unwrap();
    near(*numbers(line(0)).last().unwrap(), &want["mean"], 1e-12);
    // Of random numbers: as near as five standard errors.
    near(*numbers(line(2)).last().unwrap(), &10.into(), 0.5 / 200_000f64.sqrt());
    numbers(line(4)).iter().skip(1).for_each(|x| near(*x, &10.into(), 0.5 / 20.0));
}

#[test]
fn integral_is_two_fifths() {
    let text = said(|| integral::integral(100_000));
    let found: Vec<f64> = ["one thread:", "all threads:"].iter().map(|l| after(&text, l)).collect();
    assert!(found[0] == found[1] && (found[0] - 0.4).abs() < 1e-10, "{text}");
    near(after(&text, "by trapezoids of 1000 steps:"), &expected()["trapezoid"], 1e-14);
}

#[cfg(feature = "linalg")]
#[test]
fn algebra_and_singular_values_are_those_of_numpy() {
    let want = &expected()["algebra"];
    let text = said(|| linear_algebra::algebra(40));
    let all = |label: &str| numbers(text.lines().find_map(|l| l.strip_prefix(label)).unwrap());
    for (label, name, by) in [("bills:", "bills", 1e-12), ("prices:", "prices", 1e-9)] {
        all(label).iter().zip(want[name].as_array().unwrap()).for_each(|(found, want)| near(*found, want, by));
        assert_eq!(all(label).len(), 3, "{text}");
    }
    assert!(text.contains("to 12 digits: true"), "{text}");
    let table = text.split("crossings\n").nth(1).unwrap();
    for (i, (line, want)) in table.lines().skip(1).zip(want["tones"].as_array().unwrap()).enumerate() {
        let found = numbers(line);
        near(found[found.len() - 2], want, 1e-5);
        assert_eq!(found[found.len() - 1], i as f64, "{line}");
    }

    let text = said(|| svd::values(20_000, 12));
    assert_eq!(text.matches(": true").count(), 2, "{text}");
    let waves = numbers(text.lines().next().unwrap());
    for (found, k) in [waves[0], waves[1], waves[2], *waves.last().unwrap()].iter().zip([0, 1, 2, 7]) {
        near(*found, &(2000f64.sqrt() / 10f64.powi(k)).into(), 1e-3 / 10f64.powi(k));
    }
    let noise = numbers(text.lines().find(|l| l.contains("singular values from")).unwrap());
    assert!(noise[1] < noise[3] * 1.02 && noise[2] > noise[4] * 0.98, "{noise:?}");
    let patterns = numbers(text.lines().find(|l| l.contains("without it")).unwrap());
    (0..3).for_each(|i| assert!((patterns[i] / patterns[i + 4] - 1.0).abs() < 5e-3, "{patterns:?}"));
}

#[test]
fn matrix_larger_than_the_budget_is_averaged() {
    // 38 MB within 25.
    let text = said(|| out_of_core::matrix(1200, 4000, 24 << 20));
    let (over_rows, over_columns) = (599.5 + 1e-4, 1.0 + 1999.5 / 1e4);
    assert!((after(&text, "mean over row: 4000 values, that of column 1 is") - over_rows).abs() < 1e-9, "{text}");
    assert!((after(&text, "mean over column: 1200 values, that of row 1 is") - over_columns).abs() < 1e-9, "{text}");
    for line in text.lines().filter(|l| l.contains("held at most")) {
        assert!(*numbers(line).last().unwrap() <= 25.2, "{line}");
    }
}

#[test]
fn formats_give_back_what_they_can_hold() {
    let table = formats::through("data/passengers.csv", &["csv", "csv.gz", "csv.zst", "tsv", "jsonl", "json", "parquet", "arrow"]).unwrap();
    let cube = formats::through("data/climate.nc", &["nc", "h5", "zarr"]).unwrap();
    for made in [table, cube] {
        assert_eq!(made.series("same").unwrap().count_true().unwrap(), made.height(), "{made}");
    }
}

#[test]
fn reshape_views_and_datasets_run() {
    let text = said(reshape::shapes);
    assert!(text.contains("stacked: 9 values with labels of 2 levels"), "{text}");
    let text = said(views::views);
    let kinds = |what: &str| text.lines().find(|l| l.starts_with(what)).is_some_and(|l| l.contains("view"));
    for what in ["transposed", "second row", "a column", "every second", "backwards", "reshaped", "broadcast"] {
        assert!(kinds(what), "{what}: {text}");
    }
    assert!(!kinds("rows picked") && !kinds("in order"), "{text}");
    let text = said(datasets::cubes);
    assert!(text.contains("written and opened, it is the same: true") && text.contains("the same as merged: true"), "{text}");
}

/// A program's part of `docs/examples.md`: what it says of itself, what it prints, its pictures.
fn section(name: &str, arguments: &str, pictures: &[&str], text: &str) -> String {
    let source = std::fs::read_to_string(format!("examples/{name}.rs")).unwrap();
    let about = source.lines().next().unwrap().trim_start_matches("//! ").split(" `cargo run").next().unwrap().to_string();
    let printed: String = text.lines().map(|l| format!("{}\n", l.trim_end())).collect();
    let shown: String = pictures.iter().map(|p| format!("\n![{} of {name}](img/{p})\n", p.split('.').next().unwrap())).collect();
    let command = format!("cargo run --release --example {name}{arguments}");
    format!("\n## {name}\n\n{about} ([source](../examples/{name}.rs))\n\n```sh\n{command}\n```\n\n```text\n{printed}```\n{shown}")
}

/// Without what differs from machine to machine: times, threads, and memory that threads take.
fn settled(text: &str) -> String {
    let rules = [
        (r"\d+\.\d+ s\b", "… s"),
        (r"s by \d+", "s by …"),
        (r"held at most [\d.]+ MB", "held at most … MB"),
        (r"[\d.]+ million cells", "… million cells"),
        (r"(?m)^( *[a-z0-9.]+ +\d+ +)[\d.]+( +)[\d.]+( +(?:true|false))$", "$1…$2…$3"),
    ];
    rules.iter().fold(text.to_string(), |text, (what, by)| regex::Regex::new(what).unwrap().replace_all(&text, *by).into_owned())
}

/// `HPDA_OVERWRITE=1` writes the page anew.
#[cfg(all(feature = "plot", feature = "linalg"))]
#[test]
fn page_of_examples_shows_what_they_print() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let show = |text: hpda_data::DataFrame| SAID.with_borrow_mut(|said| *said += &format!("{text}\n"));
    let both = || -> hpda_data::Result<()> {
        show(formats::through("data/passengers.csv", &["csv", "csv.gz", "csv.zst", "csv.xz", "tsv", "jsonl", "json", "parquet", "arrow"])?);
        show(formats::through("data/climate.nc", &["nc", "nc3", "h5", "zarr", "npz"])?);
        Ok(())
    };
    let climate_files = ["data/climate.nc".to_string()];
    let mut page = String::from(
        "# Whole programs\n\nEach is a file in `examples/`, runs in a few seconds on the files in `data/`, and takes the paths of others (`cargo run --release --example titanic --\n\
         titanic.csv`). A test runs them all and compares what they say with pandas, xarray, scipy and numpy (`tests/parity/lessons.rs`); this page\n\
         is a part of it (`sh scripts/make-docs.sh` makes it anew). What differs from machine to machine is left out: …\n",
    );
    let mut add = |name: &str, arguments: &str, pictures: &[&str], program: &dyn Fn() -> hpda_data::Result<()>| {
        page += &section(name, arguments, pictures, &settled(&said(program)));
    };
    add("titanic", "", &["siblings.svg", "ages.svg"], &|| titanic::passengers("data/passengers.csv", at));
    add("climate", "", &["mean.svg", "stockholm.svg", "anomaly.svg"], &|| climate::temperatures(&climate_files, at));
    add("datasets", "", &[], &datasets::cubes);
    add("aggregation", "", &["climatology.svg"], &|| aggregation::stations(at));
    add("reshape", "", &[], &reshape::shapes);
    add("powerlaw", "", &[], &|| powerlaw::exponents("data/counts.csv"));
    let book = "data/text.txt";
    add("wordcount", "", &[], &|| wordcount::commonest(book).and_then(|()| wordcount::again(book)));
    add("views", "", &[], &views::views);
    add("diffusion", " -- 64 200", &["plate.png"], &|| diffusion::plate(64, 200, at));
    add("integral", " -- 100000", &[], &|| integral::integral(100_000));
    add("numpy_mean", " -- 200000", &[], &|| numpy_mean::means(200_000));
    add("array_mean", " -- 2000000 1000", &[], &|| array_mean::means(2_000_000, 1000));
    add("out_of_core", " -- 2000", &[], &|| out_of_core::matrix(2000, 4000, 48 << 20));
    add("svd", " -- 20000 12", &[], &|| svd::values(20_000, 12));
    add("linear_algebra", " -- 40", &[], &|| linear_algebra::algebra(40));
    add("formats", "", &[], &both);
    if std::env::var_os("HPDA_OVERWRITE").is_some() {
        std::fs::write("docs/examples.md", &page).unwrap();
        for picture in page.split("](img/").skip(1).map(|p| p.split(')').next().unwrap()) {
            std::fs::copy(at.join(picture), Path::new("docs/img").join(picture)).unwrap();
        }
    }
    let words = |text: &str| text.split_whitespace().map(String::from).collect::<Vec<_>>();
    let kept = words(&std::fs::read_to_string("docs/examples.md").unwrap());
    let made = words(&page);
    if let Some(at) = (0..made.len().max(kept.len())).find(|&i| made.get(i) != kept.get(i)) {
        let around = |of: &[String]| of[at.saturating_sub(12).min(of.len())..(at + 12).min(of.len())].join(" ");
        panic!("docs/examples.md says\n{}\nand the programs say\n{}\nHPDA_OVERWRITE=1 writes it anew", around(&kept), around(&made));
    }
}
