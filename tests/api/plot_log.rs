//! Log axes of pictures.

use hpda_data::plot::{Kind, PlotOptions};
use hpda_data::store::Budget;
use hpda_data::{Column, DataFrame, Dataset, ErrorKind, NdArray, Variable, read_csv};

fn columns(x: &[f64], y: &[f64]) -> DataFrame {
    DataFrame::new([("x", Column::from(x.to_vec())), ("y", Column::from(y.to_vec()))]).unwrap()
}

fn of(kind: Kind, x: Option<&str>, y: &[&str], log: &str) -> PlotOptions {
    let y = y.iter().map(|y| y.to_string()).collect();
    PlotOptions { x: x.map(String::from), y, log_x: log.contains('x'), log_y: log.contains('y'), ..PlotOptions::of_kind(kind) }
}

/// The places of the only line of a picture.
fn places(svg: &str) -> Vec<(f64, f64)> {
    let points = svg.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
    points.split(' ').map(|p| p.split_once(',').unwrap()).map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap())).collect()
}

fn series(values: Vec<f64>) -> Dataset {
    let mut ds = Dataset::new();
    let n = values.len();
    ds.insert("v", Variable::from_array(["n"], NdArray::from_vec(values, &[n]).unwrap()).unwrap()).unwrap();
    ds
}

#[test]
fn power_law_is_a_straight_line_on_log_axes() {
    let x: Vec<f64> = (1..=100).map(f64::from).collect();
    let y: Vec<f64> = x.iter().map(|x| 5e4 * x.powf(-1.5)).collect();
    let svg = columns(&x, &y).plot(&of(Kind::Line, Some("x"), &["y"], "xy")).unwrap().to_svg();
    let found = places(&svg);
    let slope = |a: (f64, f64), b: (f64, f64)| (b.1 - a.1) / (b.0 - a.0);
    let all = slope(found[0], found[99]);
    assert!(found.windows(2).take(50).all(|w| (slope(w[0], w[1]) / all - 1.0).abs() < 0.02), "{found:?}");
    assert!([">1<", ">10<", ">100<", ">1000<"].iter().all(|t| svg.contains(t)), "{svg}");
    assert!(!svg.contains("left out"));
}

#[test]
fn values_of_zero_and_less_are_left_out_and_counted() {
    let df = columns(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[1.0, 10.0, 0.0, -5.0, f64::NAN, 1000.0]);
    let picture = df.plot(&of(Kind::Line, Some("x"), &["y"], "y")).unwrap();
    let svg = picture.to_svg();
    assert!(svg.contains("2 values of zero or less are left out: no place on a log axis"), "{svg}");
    assert_eq!(places(&svg).len(), 2, "the line is broken where they are");
    assert!(picture.to_text(80).contains("2 values of zero or less"));
    picture.to_png(&Budget::unlimited()).unwrap();
    let dots = df.plot(&of(Kind::Scatter, Some("x"), &["y"], "xy")).unwrap().to_svg();
    assert_eq!(dots.matches("<circle").count(), 3);
}

#[test]
fn bins_of_a_log_histogram_are_those_of_numpy_at_even_powers() {
    // np.histogram(fares, np.geomspace(fares.min(), fares.max(), 9)) of the fares above zero.
    let want = [540, 278, 124, 84, 93, 83, 68, 26];
    let df = read_csv("data/passengers.csv").unwrap();
    for log in ["x", "xy"] {
        let options = PlotOptions { bins: Some(8), ..of(Kind::Hist, Some("Fare"), &[], log) };
        let svg = df.plot(&options).unwrap().to_svg();
        let said = svg.split("</title></rect>").filter_map(|p| p.rsplit_once("<title>")).map(|p| p.1.rsplit_once(": ").unwrap().1);
        let counts: Vec<u64> = said.map(|t| t.split(' ').next().unwrap().parse().unwrap()).collect();
        assert_eq!(counts, want, "{log}");
        assert!(svg.contains("20 values of zero or less are left out"));
    }
}

#[test]
fn bars_of_a_log_axis_stand_by_the_powers_of_their_amounts() {
    let df = DataFrame::new([("k", Column::from(vec!["a", "b", "c"])), ("n", Column::from(vec![10.0, 100.0, 1000.0]))]).unwrap();
    let svg = df.plot(&of(Kind::Bar, Some("k"), &["n"], "y")).unwrap().to_svg();
    let (bars, _) = svg.rsplit_once("</title></rect>").unwrap();
    let heights: Vec<f64> = bars
        .split("</title></rect>")
        .filter_map(|p| p.rsplit_once("<rect"))
        .map(|p| p.1.split(" height=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(heights.len(), 3);
    assert!(heights[0] > 5.0 && ((heights[2] - heights[1]) - (heights[1] - heights[0])).abs() < 0.2, "{heights:?}");
    assert!(svg.contains("<title>c: 1000</title>"));
}

#[test]
fn boxes_of_a_log_axis_have_the_quartiles_of_the_values() {
    let df = DataFrame::new([("k", Column::from(vec!["a"; 6])), ("x", Column::from(vec![1.0, 2.0, 3.0, 4.0, 5.0, 90.0]))]).unwrap();
    let svg = df.plot(&of(Kind::Box, Some("k"), &["x"], "y")).unwrap().to_svg();
    assert!(svg.contains("a: median 3.5, quartiles 2.25 and 4.75, whiskers 1 and 5"), "{svg}");
    assert!(svg.contains(">10<") && svg.matches("<circle").count() == 1);
}

#[test]
fn cubes_have_log_axes_too() {
    let ds = series(vec![0.0, 1.0, 10.0, 100.0, 1000.0, 10.0]);
    let line = ds.plot(&of(Kind::Line, None, &[], "y")).unwrap().to_svg();
    assert!(line.contains(">100<") && line.contains("1 value of zero or less is left out"), "{line}");
    let found = places(&line);
    assert!(((found[1].1 - found[0].1) - (found[2].1 - found[1].1)).abs() < 0.2, "{found:?}");
    let bars = ds.plot(&of(Kind::Bar, None, &[], "y")).unwrap().to_svg();
    assert_eq!(bars.matches("</title></rect>").count(), 5);
    let hist = ds.plot(&PlotOptions { bins: Some(3), ..of(Kind::Hist, None, &[], "xy") }).unwrap().to_text(60);
    assert!(hist.contains("1 value of zero or less") && hist.contains("2 values"), "{hist}");
    let values = NdArray::from_vec(vec![0.0, 1.0, 10.0, 100.0, 1000.0, 10.0], &[2, 3]).unwrap();
    let mut two = Dataset::new();
    two.insert("v", Variable::from_array(["a", "n"], values).unwrap()).unwrap();
    assert!(two.plot(&of(Kind::Box, None, &[], "y")).unwrap().to_svg().contains("lies below the end of the log axis"));
    // Positions along n begin at 0, which has no place.
    assert!(ds.plot(&of(Kind::Line, None, &[], "xy")).unwrap().to_svg().contains("2 values of zero or less"));
}

#[test]
fn axis_that_cannot_be_a_log_axis_is_refused_by_name() {
    let df = read_csv("data/passengers.csv").unwrap();
    let message = |options: &PlotOptions| {
        let e = df.plot(options).unwrap_err();
        (e.kind(), e.message().to_string())
    };
    assert_eq!(message(&of(Kind::Heatmap, None, &[], "x")), (ErrorKind::Invalid, "--kind heatmap has no log axes".into()));
    let found = message(&of(Kind::Bar, Some("Sex"), &["Fare"], "xy"));
    assert_eq!(found.1, "names stand along the x axis of --kind bar, which is no log axis");
    let found = message(&PlotOptions { range: Some((0.0, 5.0)), ..of(Kind::Line, None, &["Fare"], "y") });
    assert_eq!(found.1, "0 has no place on a log axis");
    let lake = read_csv("data/lake.csv").unwrap();
    let e = lake.plot(&of(Kind::Line, Some("day"), &["level"], "x")).unwrap_err();
    assert_eq!((e.kind(), e.message()), (ErrorKind::Type, "\"day\" is no amount, and only amounts have a log axis"));
    let e = columns(&[1.0, 2.0], &[0.0, -1.0]).plot(&of(Kind::Line, Some("x"), &["y"], "y")).unwrap_err();
    assert_eq!(e.message(), "\"y\" has no value above zero for a log axis");
}

#[test]
fn extreme_values_on_log_axes_are_drawn_or_refused_but_never_a_fault() {
    let some = columns(&[1e-300, 1e300, 5e-324], &[f64::INFINITY, 1e308, 1.0]);
    let same = columns(&[7.0; 3], &[7.0; 3]);
    let nothing = columns(&[], &[]);
    for df in [some, same, nothing] {
        for kind in Kind::ALL.map(|k| k.0) {
            for log in ["x", "y", "xy"] {
                if let Ok(picture) = df.plot(&of(kind, Some("x"), &["y"], log)) {
                    assert!(picture.to_svg().ends_with("</svg>\n") && !picture.to_text(80).is_empty());
                    picture.to_png(&Budget::unlimited()).unwrap();
                }
            }
        }
    }
}
