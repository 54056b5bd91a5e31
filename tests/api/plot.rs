//! Pictures: what is in them, not how they look (that was looked at).

use hpda_data::plot::{Kind, PlotOptions};
use hpda_data::store::Budget;
use hpda_data::{Column, DataFrame, ErrorKind, open_dataset, read_csv};
use std::io::Read;

fn count(svg: &str, what: &str) -> usize {
    svg.matches(what).count()
}

fn of(kind: Kind) -> PlotOptions {
    PlotOptions::of_kind(kind)
}

#[test]
fn field_over_latitude_and_longitude_without_options_is_a_map() {
    let ds = open_dataset("data/climate.nc").unwrap();
    let svg = ds.plot(&PlotOptions::default()).unwrap().to_svg();
    for text in [
        ">near-surface air temperature<",
        ">near-surface air temperature (K)<",
        ">90°E<",
        ">30°N<",
        "mean over time 1850-01-16 to 1859-12-16",
    ] {
        assert!(svg.contains(text), "{text}");
    }
    // A cell for each of 12 latitudes and 18 longitudes, and the steps of the colours.
    assert_eq!(count(&svg, "<g shape-rendering=\"crispEdges\">"), 2);
    assert!(count(&svg, "<rect") >= 12 * 18 + 96);
}

#[test]
fn missing_cells_of_a_map_are_grey() {
    let ds = open_dataset("data/climate.nc").unwrap();
    let first = ds.isel(&[("time", hpda_data::store::Selector::At(0))]).unwrap();
    let svg = first.plot(&PlotOptions::default()).unwrap().to_svg();
    let missing = first.variable("tas").unwrap().load().unwrap();
    let missing = (0..missing.len()).filter(|&i| missing.scalar(i).is_missing()).count();
    assert!(missing > 0);
    assert_eq!(count(&svg, "fill=\"#c6cace\""), missing);
    assert!(svg.contains("grey: missing"));
}

#[test]
fn line_of_a_cube_stands_on_its_calendar() {
    let ds = open_dataset("data/climate.nc").unwrap();
    let svg = ds.plot(&of(Kind::Line)).unwrap().to_svg();
    assert_eq!(count(&svg, "<polyline"), 1);
    let points = svg.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(points.split(' ').count(), 120);
    assert!(svg.contains(">1852<") && svg.contains("weighted by area"));
}

#[test]
fn facets_share_axes_and_colours() {
    let ds = open_dataset("data/climate.nc").unwrap();
    let four = ds.isel(&[("time", hpda_data::store::Selector::span(0, 4))]).unwrap();
    let svg = four.plot(&PlotOptions { facet: Some("time".into()), ..PlotOptions::default() }).unwrap().to_svg();
    assert!(["1850-01-16", "1850-02-15", "1850-03-16", "1850-04-16"].iter().all(|t| svg.contains(t)), "{svg}");
    // Degrees stand at the edges only: twice, not four times.
    assert_eq!(count(&svg, ">120°E<"), 2);
    let e = ds.plot(&PlotOptions { facet: Some("time".into()), ..PlotOptions::default() }).unwrap_err();
    assert_eq!(e.message(), "120 positions along \"time\" are too many panels: 36 at most");
}

#[test]
fn bars_say_their_amounts() {
    let df = read_csv("data/passengers.csv").unwrap();
    let options = PlotOptions { x: Some("Sex".into()), y: vec!["Survived".into()], by: Some("Pclass".into()), ..of(Kind::Bar) };
    let svg = df.plot(&options).unwrap().to_svg();
    assert_eq!(count(&svg, "</title></rect>"), 6);
    assert!(svg.contains(">mean of Survived by Sex and Pclass<") && svg.contains(">Pclass 3<"));
    // As the group by has it.
    let found = df.query("Sex == 'male' and Pclass == 1").unwrap();
    let mean = found.series("Survived").unwrap().reduce(hpda_data::plan::Agg::Mean).unwrap().as_f64().unwrap();
    assert!(svg.contains(&format!("<title>male, 1: {}</title>", hpda_data::show::number(mean))));
}

#[test]
fn histogram_counts_every_value_once() {
    let df = read_csv("data/passengers.csv").unwrap();
    let svg = df.plot(&PlotOptions { x: Some("Age".into()), ..of(Kind::Hist) }).unwrap().to_svg();
    let counts = svg.split("</title></rect>").filter_map(|p| p.rsplit_once("<title>")).map(|p| p.1);
    let counted: u64 = counts.map(|t| t.rsplit_once(": ").unwrap().1.split(' ').next().unwrap().parse::<u64>().unwrap()).sum();
    let ages = df.column("Age").unwrap();
    assert_eq!(counted as usize, ages.len() - ages.missing_count());
    // By an amount of many values: four bands.
    let svg = df.plot(&PlotOptions { x: Some("SibSp".into()), by: Some("Fare".into()), ..of(Kind::Hist) }).unwrap().to_svg();
    assert!(svg.contains(">SibSp by Fare<") && svg.contains("Fare ≤ "));
}

#[test]
fn boxes_have_the_quartiles_of_their_groups() {
    let df = DataFrame::new([("k", Column::from(vec!["a"; 6])), ("x", Column::from(vec![1.0, 2.0, 3.0, 4.0, 5.0, 90.0]))]).unwrap();
    let svg = df.plot(&PlotOptions { x: Some("k".into()), y: vec!["x".into()], ..of(Kind::Box) }).unwrap().to_svg();
    assert!(svg.contains("a: median 3.5, quartiles 2.25 and 4.75, whiskers 1 and 5"), "{svg}");
    assert_eq!(count(&svg, "<circle"), 1);
}

#[test]
fn identifiers_are_no_lines_over_time() {
    let svg = read_csv("data/stations.csv").unwrap().plot(&PlotOptions::default()).unwrap().to_svg();
    assert!(svg.contains(">elevation<") && !svg.contains(">id<"), "{svg}");
    let days = hpda_data::frame::date_range("2024-01-01", "2024-01-03", "D").unwrap();
    let df = DataFrame::new([("day", days), ("id", Column::from(vec![7i64, 8, 9]))]).unwrap();
    assert!(df.plot(&PlotOptions::default()).unwrap().to_svg().contains(">id<"), "nothing else is there");
}

#[test]
fn long_label_of_a_low_picture_stands_in_two_lines() {
    let name = "near-surface air temperature of the whole globe (K)";
    let df = DataFrame::new([("x", Column::from(vec![1.0, 2.0, 3.0])), (name, vec![1.0, 4.0, 9.0].into())]).unwrap();
    let options = PlotOptions { x: Some("x".into()), y: vec![name.into()], size: Some((400, 320)), ..of(Kind::Line) };
    let svg = df.plot(&options).unwrap().to_svg();
    assert!(count(&svg, "rotate(-90") == 2 && !svg.contains('…'), "{svg}");
}

#[test]
fn long_table_is_drawn_with_few_marks() {
    let n = 200_000;
    let x: Vec<f64> = (0..n).map(|i| i as f64).collect();
    let y: Vec<f64> = x.iter().map(|x| (x / 9e3).sin()).collect();
    let df = DataFrame::new([("x", Column::from(x)), ("y", Column::from(y))]).unwrap();
    let line = df.plot(&PlotOptions { x: Some("x".into()), y: vec!["y".into()], ..of(Kind::Line) }).unwrap().to_svg();
    assert!(line.len() < 200_000, "{}", line.len());
    let points = df.plot(&PlotOptions { x: Some("x".into()), y: vec!["y".into()], ..of(Kind::Scatter) }).unwrap().to_svg();
    assert!(count(&points, "<circle") <= 200 * 125 && points.contains("200 000 rows; colours count"));
}

#[test]
fn png_decodes_and_has_its_size() {
    let df = read_csv("data/lake.csv").unwrap();
    let png = df.plot(&PlotOptions { size: Some((640, 480)), ..PlotOptions::default() }).unwrap().to_png(&Budget::unlimited()).unwrap();
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!((number(16), number(20)), (640, 480));
    // IDAT follows the header: rows of RGB, each after the number of its filter.
    assert_eq!(&png[37..41], b"IDAT");
    let mut pixels = Vec::new();
    flate2::read::ZlibDecoder::new(&png[41..41 + number(33)]).read_to_end(&mut pixels).unwrap();
    assert_eq!(pixels.len(), 480 * (640 * 3 + 1));
    assert!(pixels.chunks(641 * 3 - 2).any(|row| row.windows(3).any(|p| p == [0x2f, 0x6d, 0xb5])), "no blue line");
    let e = df.plot(&PlotOptions::default()).unwrap().to_png(&Budget::new(1000)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Budget);
}

#[test]
fn coast_lines_are_drawn_wherever_the_map_shows_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("coast.geojson");
    std::fs::write(&file, r#"{"type":"Feature","geometry":{"type":"LineString","coordinates":[[-30,10],[-20,20]]}}"#).unwrap();
    let ds = open_dataset("data/climate.nc").unwrap();
    let plain = count(&ds.plot(&PlotOptions::default()).unwrap().to_svg(), "<polyline");
    // The map goes from 0 to 360: 30 degrees west are 330 there.
    let svg = ds.plot(&PlotOptions { coast: Some(file.clone()), ..PlotOptions::default() }).unwrap().to_svg();
    assert_eq!(count(&svg, "<polyline"), plain + 1);
    std::fs::write(&file, "[]").unwrap();
    let e = ds.plot(&PlotOptions { coast: Some(file), ..PlotOptions::default() }).unwrap_err();
    assert_eq!((e.kind(), e.message()), (ErrorKind::Parse, "no GeoJSON: it has no lines and no polygons"));
}

#[test]
fn names_with_markup_are_text() {
    let df = DataFrame::new([("a<b>&", Column::from(vec!["<script>", "x"])), ("n", Column::from(vec![1i64, 2]))]).unwrap();
    let picture = df.plot(&PlotOptions { x: Some("a<b>&".into()), y: vec!["n".into()], ..of(Kind::Bar) }).unwrap();
    for text in [picture.to_svg(), picture.to_html()] {
        assert!(!text.contains("<script") && text.contains("&lt;script&gt;"));
    }
}

#[test]
fn picture_without_rows_or_values_is_drawn_or_refused_but_never_a_fault() {
    let empty = DataFrame::new([("x", Column::from(Vec::<f64>::new())), ("k", Column::from(Vec::<&str>::new()))]).unwrap();
    let missing = DataFrame::new([("x", Column::from(vec![f64::NAN, f64::NAN])), ("k", Column::from(vec!["a", "b"]))]).unwrap();
    let constant = DataFrame::new([("x", Column::from(vec![5.0; 3])), ("k", Column::from(vec!["a"; 3]))]).unwrap();
    let huge = DataFrame::new([("x", Column::from(vec![-1e308, 1e308, f64::INFINITY])), ("k", Column::from(vec!["a", "b", "c"]))]).unwrap();
    for df in [empty, missing, constant, huge] {
        for kind in Kind::ALL.map(|k| Some(k.0)).into_iter().chain([None]) {
            for (x, y) in [(None, None), (Some("k"), Some("x")), (Some("x"), Some("x"))] {
                let options =
                    PlotOptions { kind, x: x.map(String::from), y: y.map(String::from).into_iter().collect(), ..PlotOptions::default() };
                if let Ok(picture) = df.plot(&options) {
                    assert!(picture.to_svg().ends_with("</svg>\n") && !picture.to_text(80).is_empty());
                    picture.to_png(&Budget::unlimited()).unwrap();
                }
            }
        }
    }
}

#[test]
fn column_that_is_misspelt_or_no_amount_is_an_error_with_a_way_out() {
    let df = read_csv("data/passengers.csv").unwrap();
    let e = df.plot(&PlotOptions { x: Some("Agee".into()), ..PlotOptions::default() }).unwrap_err();
    assert!(e.remedy().unwrap().starts_with("did you mean \"Age\"?"));
    let e = df.plot(&PlotOptions { x: Some("Age".into()), y: vec!["Name".into()], ..of(Kind::Line) }).unwrap_err();
    assert_eq!(e.message(), "column \"Name\" is str, which is no amount that can be drawn");
    let e = df.plot(&PlotOptions { cmap: Some("viridi".into()), ..PlotOptions::default() }).unwrap_err();
    assert!(e.remedy().unwrap().starts_with("did you mean \"viridis\"?"));
}

#[test]
fn bins_without_values_stand_in_text_but_are_not_drawn() {
    let df = DataFrame::new([("x", Column::from(vec![1.0, 2.0, 3.0, 90.0]))]).unwrap();
    let figure = df.plot(&PlotOptions { x: Some("x".into()), bins: Some(10), ..of(Kind::Hist) }).unwrap();
    assert_eq!(count(&figure.to_svg(), "</title></rect>"), 2);
    let text = figure.to_text(80);
    assert_eq!(text.lines().filter(|l| l.contains("m0 rows")).count(), text.matches(" to ").count() - 2, "{text}");
    assert!(text.matches(" to ").count() >= 9, "{text}");
}
