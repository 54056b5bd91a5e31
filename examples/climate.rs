//! The lesson's exercise in climate data: files of several years as one cube. `cargo run --release --example climate -- [FILE.nc ...]`

use hpda_data::exec::{ExecOptions, reduce::Reduction};
use hpda_data::ops::select::{SelectOptions, parse_sel};
use hpda_data::plan::{Agg, parse};
use hpda_data::plot::{Kind, PlotOptions};
use hpda_data::{Dataset, Result, Scalar, open_mfdataset};
use std::path::Path;

fn main() -> Result<()> {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        files.push("data/climate.nc".into());
    }
    temperatures(&files, Path::new("target/pictures"))
}

/// Opens the files, prints what is asked, and draws three pictures in a folder.
pub fn temperatures(files: &[String], pictures: &Path) -> Result<()> {
    let exec = ExecOptions::default();
    let ds = open_mfdataset(files)?.assign("tas", &parse("convert_units(tas, 'degC')")?, &exec)?;
    println!("{ds}");

    // The map of the mean. Nothing is read before the picture asks for it.
    let (mean, _) = ds.reduce(&Reduction::new(Agg::Mean).over(["time"]), &exec)?;
    let map = PlotOptions { cmap: Some("RdBu_r".into()), range: Some((-50.0, 50.0)), ..PlotOptions::default() };
    mean.plot(&map)?.save(pictures.join("mean.svg"))?;
    println!("mean of the globe: {:.3} °C", of_globe(&mean, &exec)?);

    // Annual means at the point nearest to Stockholm.
    let (annual, _) = ds.groupby("time.year")?.reduce(&Reduction::new(Agg::Mean), &exec)?;
    let nearest = SelectOptions::parse(Some("nearest"), None)?;
    let stockholm = annual.sel(&parse_sel("lon=18.07,lat=59.33")?, &nearest)?;
    let years = values(&stockholm, "year")?;
    for (year, tas) in years.iter().zip(values(&stockholm, "tas")?) {
        println!("{year}: {tas:.3} °C");
    }
    stockholm.plot(&PlotOptions::of_kind(Kind::Line))?.save(pictures.join("stockholm.svg"))?;

    // What is usual in each month, and how far each month is from that.
    let months = ds.groupby("time.month")?;
    let (usual, _) = months.reduce(&Reduction::new(Agg::Mean), &exec)?;
    let usual = usual.sel(&parse_sel("lon=18.07,lat=59.33")?, &nearest)?;
    let usual = values(&usual, "tas")?;
    println!("usual in January {:.2} °C, in July {:.2} °C", usual[0], usual[6]);
    let (anomaly, _) = months.transform("anomaly", &exec)?;
    let (spread, _) = anomaly.reduce(&Reduction::new(Agg::Std), &exec)?;
    println!("spread of the anomalies: {:.3} °C", values(&spread, "tas")?[0]);
    anomaly
        .plot(&PlotOptions { title: Some("anomaly of the globe".into()), ..PlotOptions::of_kind(Kind::Line) })?
        .save(pictures.join("anomaly.svg"))
}

/// The mean, weighted by the cosine of the latitude.
fn of_globe(ds: &Dataset, exec: &ExecOptions) -> Result<f64> {
    let (mean, _) = ds.weighted(ds.weights("cos(lat)")?).reduce(&Reduction::new(Agg::Mean), exec)?;
    Ok(values(&mean, "tas")?[0])
}

fn values(ds: &Dataset, name: &str) -> Result<Vec<f64>> {
    let array = ds.variable(name)?.load()?;
    Ok((0..array.len()).map(|i| Scalar::as_f64(&array.scalar(i)).unwrap_or(f64::NAN)).collect())
}
