//! The page of `summary --html` and the HTML of notebooks.

use hpda_data::exec::{ExecOptions, MemSource};
use hpda_data::plot::{report_cube, report_table};
use hpda_data::store::TableSource;
use hpda_data::{Column, DataFrame, open_dataset, read_csv};
use std::sync::Arc;

fn page(df: &DataFrame) -> String {
    let source: Arc<dyn TableSource> = Arc::new(MemSource::from_frame(df).unwrap());
    report_table(&source, "a table", &ExecOptions::default()).unwrap()
}

/// Every tag that opens closes, in order.
fn well_formed(html: &str) {
    let mut open = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').unwrap();
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if tag.starts_with('!') || tag.ends_with('/') || ["meta", "br"].contains(&name) {
            continue;
        }
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "near {:?}", &rest[..rest.len().min(80)]);
        } else {
            open.push(name);
        }
        if name == "style" && !tag.starts_with('/') {
            rest = &rest[rest.find("</style").unwrap()..];
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn page_of_a_table_tells_what_is_odd() {
    let n = 100;
    let number: Vec<f64> = (0..n).map(|i| if i == 7 { 1e4 } else { (i % 10) as f64 }).collect();
    let lacking: Vec<Option<i64>> = (0..n).map(|i| (i % 3 == 0).then_some(i)).collect();
    let times: Vec<Option<i64>> = (0..n).map(|i| Some((i + if i > 50 { 5 } else { 0 }) * 3_600_000_000)).collect();
    let df = DataFrame::new([
        ("id", Column::from((0..n).collect::<Vec<i64>>())),
        ("same", Column::from(vec!["x"; n as usize])),
        ("skewed", Column::from(number)),
        ("lacking", Column::from(lacking)),
        ("when", Column::datetimes(times)),
        ("<b>&", Column::from((0..n).map(|i| ["p", "<q>"][(i % 2) as usize]).collect::<Vec<_>>())),
    ])
    .unwrap();
    let page = page(&df);
    well_formed(&page);
    for text in [
        "<b>same</b> is constant: x",
        "<b>skewed</b> is skewed",
        "<b>lacking</b> lacks 66 % of its values",
        "<b>id</b> every value is different",
        "<b>when</b> 1 gap in time: steps longer than the usual 1 hour, the first after 1970-01-03 02:00",
        "&lt;b&gt;&amp;",
        "&lt;q&gt;",
        "Missing by position",
        "prefers-color-scheme: dark",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("<q>") && !page.contains("<script") && page.len() < 2_000_000);
}

#[test]
fn correlations_of_the_page_are_those_of_corr() {
    let df = read_csv("data/passengers.csv").unwrap();
    let page = page(&df);
    let found = df.lazy().unwrap().corr(hpda_data::plan::Correlation::Pearson, &ExecOptions::default()).unwrap();
    let row = (0..found.height()).find(|&i| found.column("column").unwrap().scalar(i) == "Pclass".into()).unwrap();
    let r = found.column("Fare").unwrap().scalar(row).as_f64().unwrap();
    assert!(page.contains(&format!("{r:.3}").replace('-', "−")), "{r}");
    assert!(page.contains("<h2 id=\"correlations-h\">Correlations</h2>"));
}

#[test]
fn page_of_a_cube_has_map_series_and_remarks() {
    let ds = open_dataset("data/climate.nc").unwrap();
    let page = report_cube(&ds, "climate", &ExecOptions::default()).unwrap();
    well_formed(&page);
    for text in
        ["mean over time 1850-01-16 to 1859-12-16", "weighted by area", ">Map<", ">Series<", ">Values<", "time 120 (unlimited), lat 12"]
    {
        assert!(page.contains(text), "{text}");
    }
    let mut bare = ds.clone();
    bare.attrs.remove("Conventions");
    bare.vars.get_mut("tas").unwrap().attrs.remove("units");
    let page = report_cube(&bare, "climate", &ExecOptions::default()).unwrap();
    assert!(page.contains("has no attribute Conventions") && page.contains("<b>tas</b> has no units"));
}

#[test]
fn page_stays_small_whatever_the_table() {
    let columns = (0..700).map(|c| {
        (format!("column {c} {}", "x".repeat(300)), Column::from((0..60).map(|r| ((r * 31 + c * 17) % 97) as f64).collect::<Vec<_>>()))
    });
    let page = page(&DataFrame::new(columns).unwrap());
    well_formed(&page);
    assert!(page.len() <= 2_000_000, "{}", page.len());
}

#[test]
fn page_of_nothing_is_a_page() {
    for df in [
        DataFrame::new([("x", Column::from(Vec::<f64>::new()))]).unwrap(),
        DataFrame::new([("x", Column::from(vec![f64::NAN; 3])), ("y", Column::from(vec![None::<&str>; 3]))]).unwrap(),
        DataFrame::new(Vec::<(String, Column)>::new()).unwrap(),
    ] {
        well_formed(&page(&df));
    }
    well_formed(&report_cube(&hpda_data::Dataset::new(), "empty", &ExecOptions::default()).unwrap());
}

#[test]
fn html_of_notebooks_shows_ends_and_opens_variables() {
    let df = read_csv("data/passengers.csv").unwrap();
    let html = df.to_html().unwrap();
    well_formed(&html);
    // Five rows at each end, a row of dots between, and the head.
    assert_eq!(html.matches("<tr>").count(), 12);
    let html = open_dataset("data/climate.nc").unwrap().to_html().unwrap();
    well_formed(&html);
    assert!(html.contains("<summary><b>Coordinates</b>") && html.contains("1850-01-16T12:00:00 1850-02-15 … "), "{html}");
    let odd = DataFrame::new([("<i>", Column::from(vec!["a\u{202e}b", "<script>"]))]).unwrap().to_html().unwrap();
    assert!(odd.contains("&lt;script&gt;") && odd.contains("\\u{202e}") && !odd.contains("<script"));
}
