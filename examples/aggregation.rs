//! Daily values of stations: what is usual on each day of the year, and how unusual each day was. `cargo run --release --example aggregation`

use hpda_data::frame::date_range;
use hpda_data::plan::{Agg, GroupKey, TimeBins, Transform, col, parse};
use hpda_data::plot::{Kind, PlotOptions};
use hpda_data::{Column, DataFrame, Result};
use std::path::Path;

fn main() -> Result<()> {
    stations(Path::new("target/pictures"))
}

/// Ten years of three stations: the course of the year, a warming, and weather that follows a formula.
fn daily() -> Result<DataFrame> {
    let days = date_range("1991-01-01", "2000-12-31", "D")?;
    let (mut station, mut tas, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for (i, name) in ["coast", "plain", "hill"].into_iter().enumerate() {
        for day in 0..days.len() {
            let (t, s) = (day as f64, i as f64);
            let season = (6.0 + 4.0 * s) * (std::f64::consts::TAU * (t - 110.0) / 365.25).sin();
            let weather = 3.0 * (t * 0.7391 + s).sin() + 2.0 * (t * t * 0.013 + 2.0 * s).sin();
            station.push(name);
            rows.push(day as u64);
            tas.push(8.0 - 2.0 * s + season + weather + t / 3652.5);
        }
    }
    let days = days.take(&rows.into())?;
    DataFrame::new([("station", Column::from(station)), ("day", days), ("tas", tas.into())])
}

/// Computes, prints, and draws two pictures in a folder.
pub fn stations(pictures: &Path) -> Result<()> {
    let table = daily()?;
    println!("{table}");

    // The climatology: one value for each station and day of the year.
    let keys = || [GroupKey::from("station"), GroupKey::new("dayofyear", col("day").part("dayofyear"))];
    let usual = table.groupby(keys()).agg([("tas", parse("mean(tas)")?)])?.reset_index()?;
    println!("climatology: {} rows", usual.height());
    for station in ["coast", "plain", "hill"] {
        let own = usual.query(&format!("station == '{station}'"))?;
        let coldest = own.nsmallest(1, "tas")?;
        println!("{station}: coldest usually on day {} with {:.2} °C", coldest.iat(0, 1)?, number(&coldest, 2)?);
    }
    let line =
        PlotOptions { x: Some("dayofyear".into()), y: vec!["tas".into()], by: Some("station".into()), ..PlotOptions::of_kind(Kind::Line) };
    usual.plot(&line)?.save(pictures.join("climatology.svg"))?;

    // How many standard deviations each day was from what is usual on it.
    let odd = table.lazy()?.groupby(keys()).transform(Transform::Standardize, Some(&["tas"]))?.collect(&Default::default())?;
    let oddest = odd.nlargest(3, "tas")?;
    println!("the warmest days for their season, in standard deviations:\n{oddest}");
    let years = odd.groupby([GroupKey::new("year", col("day").part("year"))]).agg([("tas", parse("mean(tas)")?)])?;
    println!("by year, the warming shows:\n{years}");

    // Months of one station, through time.
    let hill = table.query("station == 'hill'")?.drop(["station"])?;
    let months = hill.resample("day", TimeBins::new("MS")?)?.op(Agg::Mean)?;
    println!("months: {}, the first {:.3} °C", months.height(), number(&months, 0)?);
    months
        .reset_index()?
        .plot(&PlotOptions { x: Some("day".into()), y: vec!["tas".into()], ..PlotOptions::of_kind(Kind::Line) })?
        .save(pictures.join("months.svg"))
}

fn number(table: &DataFrame, column: i64) -> Result<f64> {
    Ok(table.iat(0, column)?.as_f64().unwrap_or(f64::NAN))
}
