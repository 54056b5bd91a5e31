//! One table in several shapes: long, wide, stacked, and as pages. `cargo run --release --example reshape`

use hpda_data::exec::PivotOptions;
use hpda_data::plan::{Agg, MeltOptions};
use hpda_data::{Column, DataFrame, Result};

fn main() -> Result<()> {
    shapes()
}

/// Swimmers and their times in seconds, from wide to long and back.
pub fn shapes() -> Result<()> {
    let wide = DataFrame::new([
        ("swimmer", Column::from(vec!["Ada", "Bo", "Cleo"])),
        ("50", vec![31.0, 29.5, 33.2].into()),
        ("100", vec![66.1, 64.0, 70.9].into()),
        ("200", vec![Some(140.2), None, Some(151.4)].into()),
    ])?;
    println!("wide:\n{wide}");

    let how = MeltOptions { variable_name: "metres".into(), value_name: "seconds".into(), ..MeltOptions::id(["swimmer"]) };
    let long = wide.melt(&how)?;
    println!("long, a row for each observation:\n{long}");
    let back = long.pivot(&PivotOptions::new("swimmer", "metres", "seconds"))?;
    println!("wide again, its columns in order of their labels:\n{back}");
    let mean = PivotOptions { margins: true, ..PivotOptions::new("swimmer", "metres", "seconds").agg(Agg::Mean) };
    println!("with the means of rows and columns:\n{}", long.pivot(&mean)?);

    // Columns to a level of the row labels, and back.
    let labelled = wide.set_index(["swimmer"])?;
    let stacked = labelled.stack()?;
    println!("stacked: {} values with labels of {} levels\n{}", stacked.len(), stacked.index().nlevels(), stacked.to_frame()?);
    println!("unstacked by the first level:\n{}", stacked.unstack(0)?);

    // Pages: a third key beside rows and columns. Two meets make two pages of the same table.
    let meets = DataFrame::new([
        ("meet", Column::from(["spring", "autumn"].repeat(6))),
        ("swimmer", ["Ada", "Ada", "Bo", "Bo", "Cleo", "Cleo"].repeat(2).into()),
        ("metres", [vec![50i64; 6], vec![100; 6]].concat().into()),
        ("seconds", vec![31.0, 30.4, 29.5, 29.9, 33.2, 32.5, 66.1, 65.2, 64.0, 64.8, 70.9, 69.3].into()),
    ])?;
    let pages = meets.set_index(["meet", "swimmer", "metres"])?.unstack("metres")?;
    for meet in ["spring", "autumn"] {
        println!("page {meet}:\n{}", pages.xs(meet, "meet")?);
    }
    println!("pages beside each other:\n{}", pages.unstack("meet")?);
    let faster = pages.groupby_level("swimmer")?.min()?;
    println!("best of both:\n{faster}");
    Ok(())
}
