//! The program as a script sees it: exit codes, what stands at the output, what is said.

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn run(folder: &Path, args: &[&str]) -> Output {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let args = args.iter().map(|a| a.replace("DATA", &data.to_string_lossy()));
    Command::new(env!("CARGO_BIN_EXE_hpda-data")).args(args).current_dir(folder).env("NO_COLOR", "1").output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Names in a folder, hidden ones too.
fn names(folder: &Path) -> Vec<String> {
    let mut all: Vec<String> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name().to_string_lossy().into_owned()).collect();
    all.sort();
    all
}

#[test]
fn strict_refuses_what_npy_leaves_behind_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(folder.path(), &["convert", "DATA/climate.nc", "tas.npy", "--var", "tas", "--strict"]);
    assert_eq!(code(&out), 2, "{}", said(&out));
    assert!(said(&out).starts_with("error[loss]: npy has no place for"), "{}", said(&out));
    assert!(names(folder.path()).is_empty());
    let out = run(folder.path(), &["convert", "DATA/climate.nc", "tas.npy", "--var", "tas"]);
    assert_eq!(code(&out), 0, "{}", said(&out));
    assert!(said(&out).contains("warning[loss]: npy has no place for the coordinates"), "{}", said(&out));
    assert_eq!(names(folder.path()), ["tas.npy"]);
}

#[test]
fn existing_output_stays_without_overwrite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    std::fs::write(&path, "mine").unwrap();
    let out = run(folder.path(), &["convert", "DATA/stations.parquet", "x.csv"]);
    assert_eq!(code(&out), 2);
    assert_eq!(said(&out), "error[exists]: the output exists\n   where: x.csv\n   help:  --overwrite replaces it\n");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(code(&run(folder.path(), &["convert", "DATA/stations.parquet", "x.csv", "--overwrite"])), 0);
    assert_eq!(
        std::fs::read_to_string(&path).unwrap().lines().next(),
        std::fs::read_to_string(data("stations.csv")).unwrap().lines().next()
    );
    assert_eq!(names(folder.path()), ["x.csv"]);
}

fn data(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

#[test]
fn input_may_be_its_own_output_with_overwrite() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(data("stations.csv"), folder.path().join("s.csv")).unwrap();
    let out = run(folder.path(), &["convert", "s.csv", "s.csv", "--overwrite", "--where", "latitude > 50"]);
    assert_eq!(code(&out), 0, "{}", said(&out));
    let text = std::fs::read_to_string(folder.path().join("s.csv")).unwrap();
    assert!(text.contains("Nordvik") && !text.contains("Antão"), "{text}");
}

#[test]
fn tables_survive_the_way_through_every_format() {
    let folder = tempfile::tempdir().unwrap();
    for (from, to) in [("DATA/passengers.csv", "p.parquet"), ("p.parquet", "p.arrow"), ("p.arrow", "p.tsv"), ("p.tsv", "p.csv")] {
        let out = run(folder.path(), &["convert", from, to]);
        assert_eq!(code(&out), 0, "{from} {to}: {}", said(&out));
    }
    let first = hpda_data::read_csv(data("passengers.csv")).unwrap();
    assert!(hpda_data::read_csv(folder.path().join("p.csv")).unwrap() == first);
    assert!(hpda_data::read_parquet(folder.path().join("p.parquet")).unwrap() == first);
}

#[test]
fn unreadable_cell_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.csv"), "x\n1\ntwo\n").unwrap();
    let out = run(folder.path(), &["convert", "a.csv", "a.parquet", "--dtypes", "x=i64"]);
    assert_eq!(code(&out), 2);
    assert!(said(&out).starts_with("error[parse]: \"two\" does not read as i64\n   where: a.csv, column \"x\", line 3"), "{}", said(&out));
    assert_eq!(names(folder.path()), ["a.csv"]);
}

#[test]
fn misspelt_file_is_answered_with_the_nearest_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("stations.csv"), "x\n1\n").unwrap();
    let out = run(folder.path(), &["info", "statoins.csv"]);
    assert_eq!(code(&out), 2);
    let want = "error[not-found]: no such file or folder\n   where: statoins.csv\n   help:  did you mean \"stations.csv\"?\n";
    assert_eq!(said(&out), want);
}

#[test]
fn misspelt_column_in_an_expression_is_answered_with_the_nearest_name() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(folder.path(), &["head", "DATA/stations.csv", "--where", "latitud > 3"]);
    assert_eq!(code(&out), 2);
    assert!(said(&out).starts_with("error[not-found]: column \"latitud\" does not exist"), "{}", said(&out));
    assert!(said(&out).contains("did you mean \"latitude\"?"), "{}", said(&out));
}

#[test]
fn reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hpda-data"))
        .args(["convert", "--to", "csv", "-o", "-"])
        .arg(data("passengers.csv"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let out = child.wait_with_output().unwrap();
    assert_eq!((code(&out), said(&out).as_str()), (0, ""));
}

#[test]
fn names_from_files_do_not_reach_the_terminal_raw() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.csv"), "a\u{1b}[31m,b\n1,2\n").unwrap();
    for args in [&["head", "a.csv"][..], &["info", "a.csv"], &["summary", "a.csv"], &["head", "a.csv", "--where", "c > 1"]] {
        let out = run(folder.path(), args);
        assert!(!out.stdout.contains(&0x1b) && !out.stderr.contains(&0x1b), "{args:?}");
    }
}

#[test]
fn steps_act_in_the_order_written() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.csv"), "x\n1\n2\n3\n").unwrap();
    let out = run(folder.path(), &["head", "a.csv", "--with", "x = x * 10", "--where", "x > 10", "--with", "y=-x", "--to", "csv"]);
    assert_eq!(String::from_utf8_lossy(&out.stdout), "x,y\n20,-20\n30,-30\n", "{}", said(&out));
}

#[test]
fn values_of_options_may_begin_with_a_hyphen() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.csv"), "x\n1\n-9999\n").unwrap();
    let out = run(folder.path(), &["head", "a.csv", "--missing", "-9999", "--to", "csv", "--missing-as", "-"]);
    assert_eq!(String::from_utf8_lossy(&out.stdout), "x\n1\n-\n", "{}", said(&out));
}

#[cfg(unix)]
#[test]
fn device_is_not_replaced_by_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(folder.path(), &["convert", "DATA/stations.csv", "/dev/null", "--to", "csv", "--overwrite"]);
    assert_eq!(code(&out), 2);
    assert!(said(&out).starts_with("error[invalid]: the output is a device or pipe"), "{}", said(&out));
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
}

#[cfg(unix)]
#[test]
fn interrupted_conversion_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    // Input that never ends: the program is at work until it is told to stop.
    let mut child = Command::new(env!("CARGO_BIN_EXE_hpda-data"))
        .args(["convert", "-", "x.parquet"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // Once it reads, it is at work. The pipe holds less than this, so that writing waits for the reader.
    std::io::Write::write_all(&mut input, &b"x\n".repeat(200_000)).unwrap();
    // SAFETY: a signal to a child of this process that has not been waited for.
    unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) };
    let out = child.wait_with_output().unwrap();
    assert_eq!((code(&out), said(&out).as_str()), (130, "interrupted\n"));
    assert!(names(folder.path()).is_empty());
}

#[test]
fn head_of_a_file_without_variables_shows_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    // A classic file with the dimension x of length 3 and nothing else.
    let bytes = [&b"CDF\x01"[..], &[0; 4], &[0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0, 1, b'x', 0, 0, 0, 0, 0, 0, 3], &[0; 16]].concat();
    std::fs::write(folder.path().join("x.nc"), bytes).unwrap();
    let out = run(folder.path(), &["head", "x.nc"]);
    assert_eq!((code(&out), String::from_utf8_lossy(&out.stdout).as_ref()), (0, "no variables\ndims x 3\n"), "{}", said(&out));
}

#[test]
fn group_is_named_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/data/netcdf");
    let (groups, scale) = (data.join("groups.nc"), data.join("odd/scale.nc"));
    let (groups, scale) = (groups.to_string_lossy(), scale.to_string_lossy());
    let out = run(folder.path(), &["summary", "--group", "deep", &groups]);
    assert!(said(&out).contains("did you mean \"ocean/deep\"?"), "{}", said(&out));
    for command in ["head", "summary"] {
        let out = run(folder.path(), &[command, &groups]);
        assert!(String::from_utf8_lossy(&out.stdout).contains("/ocean/deep"), "{command}: {}", said(&out));
    }
    let out = run(folder.path(), &["info", "--json", &scale]);
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&json["variables"]["b"]["dtype"], &json["variables"]["b"]["encoding"]["dtype"]), (&"bool".into(), &"i8".into()));
}

fn files(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/data").join(name).to_string_lossy().into_owned()
}

/// `pandas_ranged` has `RangeIndex(2, 8, 2, name='r')`.
#[test]
fn named_range_is_a_leading_column() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["columnar/pandas_ranged.parquet", "columnar/pandas_ranged.feather"] {
        let path = files(name);
        let out = run(folder.path(), &["convert", &path, "x.csv", "--overwrite", "--where", "r > 2", "--allow-loss"]);
        assert_eq!(code(&out), 0, "{}", said(&out));
        let text = std::fs::read_to_string(folder.path().join("x.csv")).unwrap();
        let first: Vec<&str> = text.lines().map(|l| l.split(',').next().unwrap()).collect();
        assert_eq!(first, ["r", "4", "6"]);
        let out = run(folder.path(), &["convert", &path, "x.parquet", "--overwrite"]);
        assert_eq!(code(&out), 0, "{}", said(&out));
        let copy = hpda_data::read_parquet(folder.path().join("x.parquet")).unwrap();
        assert_eq!(copy.index().names(), [Some("r")]);
        assert!(copy == hpda_data::read_parquet(files("columnar/pandas_ranged.parquet")).unwrap());
        let out = run(folder.path(), &["info", &path, "--json"]);
        assert!(String::from_utf8_lossy(&out.stdout).contains("\"r\""), "{}", said(&out));
    }
}

#[test]
fn nan_beside_missing_is_told_once_and_refused_when_strict() {
    use hpda_data::exec::ExecOptions;
    use hpda_data::open::{Losses, SaveOptions, Target, save_frame};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    let df = hpda_data::DataFrame::new([("x", hpda_data::Column::from(vec![Some(1.5), None, Some(f64::NAN)]))]).unwrap();
    let mut how = SaveOptions { losses: Losses::RefuseAll, ..SaveOptions::default() };
    let write = |how: &SaveOptions| save_frame(&df, &Target::File(path.clone()), how, &ExecOptions::default());
    let e = write(&how).unwrap_err();
    assert!(e.to_string().contains("--nan-as TEXT keeps them apart"), "{e}");
    assert!(names(folder.path()).is_empty());
    how.csv.nan_as = "nan".into();
    assert!(write(&how).unwrap().is_empty());
    std::fs::remove_file(&path).unwrap();
    let notices = write(&SaveOptions::default()).unwrap();
    let told: Vec<String> = notices.iter().map(|n| n.message.clone()).collect();
    assert_eq!(told, ["NaN and missing both become empty cells; --nan-as TEXT keeps them apart"]);
}

#[test]
fn infinite_mean_in_json_is_text_as_the_maximum_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.csv"), "x\n1.5\ninf\n").unwrap();
    let out = run(folder.path(), &["summary", "x.csv", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let column = &json["columns"][0];
    assert_eq!([&column["mean"], &column["max"], &column["std"]].map(|v| v.as_str()), [Some("inf"), Some("inf"), None]);
}

#[test]
fn last_input_is_no_output_where_text_goes_to_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.csv"), "x\n1\n").unwrap();
    std::fs::write(folder.path().join("b.csv"), "x\n2\n").unwrap();
    let out = run(folder.path(), &["convert", "a.csv", "b.csv", "--to", "csv"]);
    assert_eq!((code(&out), &*out.stdout), (0, &b"x\n1\n2\n"[..]), "{}", said(&out));
    let out = run(folder.path(), &["convert", "a.csv", "b.csv", "--to", "csv", "--overwrite"]);
    assert_eq!(code(&out), 2);
    assert!(said(&out).starts_with("error[invalid]: --overwrite needs an output"), "{}", said(&out));
    assert_eq!(std::fs::read_to_string(folder.path().join("b.csv")).unwrap(), "x\n2\n");
    assert_eq!(code(&run(folder.path(), &["convert", "a.csv", "new.txt", "--to", "tsv"])), 0);
    assert_eq!(names(folder.path()), ["a.csv", "b.csv", "new.txt"]);
}

#[test]
fn options_that_a_target_has_no_place_for_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (args, what) in [
        (&["DATA/climate.nc", "x.nc3", "--compress", "zstd"][..], "--compress does not go with nc3"),
        (&["DATA/climate.nc", "x.nc3", "--chunks", "time=2"], "--chunks does not go with nc3"),
        (&["DATA/climate.nc", "x.npy", "--var", "tas", "--pack", "i16"], "--pack does not go with npy"),
        (&["DATA/stations.csv", "x.arrow", "--row-group", "3"], "--row-group does not go with arrow"),
        (&["DATA/stations.csv", "x.tsv", "--chunks", "a=3"], "--chunks does not go with tsv"),
        (&["DATA/climate.nc", "x.nc", "--chunks", "tme=2"], "dim \"tme\" does not exist"),
    ] {
        let out = run(folder.path(), &[&["convert"], args].concat());
        assert_eq!(code(&out), 2, "{args:?}");
        assert!(said(&out).contains(what), "{args:?}: {}", said(&out));
    }
    for (args, what) in [
        (&["head", "DATA/climate.nc", "--tail"][..], "--tail takes rows"),
        (&["summary", "DATA/climate.nc", "--quantiles", "0.1"], "--quantiles of a cube"),
        (&["summary", "DATA/stations.csv", "--quantiles", ""], "is not between 0 and 1"),
    ] {
        let out = run(folder.path(), args);
        assert_eq!(code(&out), 2, "{args:?}");
        assert!(said(&out).contains(what), "{args:?}: {}", said(&out));
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn first_bytes_count_where_the_name_says_little() {
    let folder = tempfile::tempdir().unwrap();
    for (from, to) in [("climate.nc", "c.dat"), ("cube.nc3", "d.bin"), ("matrix.npy", "m.bin"), ("stations.parquet", "p.dat")] {
        std::fs::copy(data(from), folder.path().join(to)).unwrap();
        let out = run(folder.path(), &["info", to]);
        assert_eq!(code(&out), 0, "{to}: {}", said(&out));
    }
    let out = run(folder.path(), &["info", "m.bin", "--json"]);
    assert!(String::from_utf8_lossy(&out.stdout).contains("\"format\": \"npy\""));
    std::fs::write(folder.path().join("t.csv"), "PAR1,b\n1,2\n").unwrap();
    std::fs::write(folder.path().join("r.dat"), [0xffu8; 8]).unwrap();
    assert_eq!(code(&run(folder.path(), &["info", "t.csv"])), 0);
    assert_eq!(code(&run(folder.path(), &["info", "r.dat", "--dtype", "i32", "--shape", "2"])), 0);
}

#[test]
fn arrow_at_standard_input_is_seen_from_its_first_bytes() {
    for name in ["data/stations.arrow", "tests/files/data/columnar/stream_zstd.arrows", "data/stations.csv"] {
        let file = std::fs::File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
        let out = Command::new(env!("CARGO_BIN_EXE_hpda-data")).args(["summary", "-", "--to", "csv"]).stdin(file).output().unwrap();
        assert_eq!(code(&out), 0, "{name}: {}", said(&out));
    }
}

#[test]
fn variable_of_a_group_goes_to_a_table() {
    use hpda_data::{Dataset, NdArray, Variable};
    let folder = tempfile::tempdir().unwrap();
    let variable = |values: Vec<f64>| Variable::from_array(["x"], NdArray::from_vec(values, &[2]).unwrap()).unwrap();
    let (mut ds, mut group) = (Dataset::new(), Dataset::new());
    ds.insert_coord("x", variable(vec![10.5, 20.5])).unwrap();
    group.insert("c", variable(vec![1.5, 2.5])).unwrap();
    ds.groups.insert("g1".into(), group);
    ds.save(folder.path().join("g.nc")).unwrap();
    for args in [&["--var", "/g1/c"][..], &["--group", "g1"]] {
        let out = run(folder.path(), &[&["convert", "g.nc", "--to", "csv"], args].concat());
        assert_eq!((code(&out), &*String::from_utf8_lossy(&out.stdout)), (0, "x,c\n10.5,1.5\n20.5,2.5\n"), "{args:?}: {}", said(&out));
    }
    assert_eq!(code(&run(folder.path(), &["head", "g.nc", "--var", "/g1/c"])), 0);
}

#[test]
fn only_variables_asked_for_have_to_fit_when_cubes_are_joined() {
    use hpda_data::{Dataset, NdArray, Variable};
    let folder = tempfile::tempdir().unwrap();
    for (i, other) in ["p", "q"].iter().enumerate() {
        let variable = |values: Vec<f64>| Variable::from_array(["x"], NdArray::from_vec(values, &[2]).unwrap()).unwrap();
        let mut ds = Dataset::new();
        ds.insert_coord("x", variable(vec![i as f64 * 2.0, i as f64 * 2.0 + 1.0])).unwrap();
        ds.insert("tas", variable(vec![0.5, 1.5])).unwrap();
        ds.insert(*other, variable(vec![7.0, 8.0])).unwrap();
        ds.save(folder.path().join(format!("{i}.nc"))).unwrap();
    }
    let out = run(folder.path(), &["convert", "0.nc", "1.nc", "out.nc"]);
    assert!(code(&out) == 2 && said(&out).contains("--var names"), "{}", said(&out));
    let out = run(folder.path(), &["convert", "0.nc", "1.nc", "out.nc", "--var", "tas"]);
    assert_eq!(code(&out), 0, "{}", said(&out));
    assert_eq!(hpda_data::open_dataset(folder.path().join("out.nc")).unwrap().variable("tas").unwrap().shape(), [4]);
}

#[test]
fn outputs_of_every_kind_name_the_folder_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let commands: [&[&str]; 3] = [
        &["convert", "DATA/stations.csv", "none/x.parquet"],
        &["plot", "DATA/passengers.csv", "-o", "none/x.png"],
        &["summary", "DATA/passengers.csv", "--html", "none/x.html"],
    ];
    for args in commands {
        let out = run(folder.path(), args);
        assert_eq!(code(&out), 2, "{args:?}");
        let said = said(&out);
        assert!(
            said.starts_with("error[not-found]: the output's folder does not exist\n") && said.ends_with("help:  mkdir -p none\n"),
            "{said}"
        );
    }
}
