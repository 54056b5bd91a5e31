//! The lesson's questions to a list of passengers: ours, or the real one. `cargo run --release --example titanic -- [FILE.csv]`

use hpda_data::exec::PivotOptions;
use hpda_data::plan::{Agg, parse};
use hpda_data::plot::{Kind, PlotOptions};
use hpda_data::{DataFrame, Result, read_csv};
use std::path::Path;

fn main() -> Result<()> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "data/passengers.csv".into());
    passengers(&file, Path::new("target/pictures"))
}

/// Reads the list, answers, and draws two pictures in a folder.
pub fn passengers(file: &str, pictures: &Path) -> Result<()> {
    let titanic = read_csv(file)?.set_index(["Name"])?;
    println!("{}", titanic.head(3));
    println!("{}", titanic.select(["Age", "Fare", "Survived"])?.describe(&[0.5])?);
    let (age, fare, survived) = (titanic.series("Age")?, titanic.series("Fare")?, titanic.series("Survived")?);
    println!("mean age: {:.1} years", number(age.mean()?));
    println!("dearest ticket: {:.1}", number(fare.max()?));
    println!("survived: {:.1} %", 100.0 * number(survived.mean()?));
    println!("missing ages: {}", age.data().missing_count());

    // One passenger by name, some by what is true of them.
    let name = titanic.index().columns()[0].scalar(1).to_string();
    println!("{name}:\n{}", titanic.loc(name.as_str(), "Survived"..="Age")?);
    println!("over seventy: {}", titanic.query("Age > 70")?.height());
    println!("called Edith: {}", titanic.query("contains(Name, 'Edith')")?.height());

    // Women and children first?
    let children = titanic.assign("Child", parse("fill(Age < 12, false)")?)?;
    println!("{}", children.groupby(["Sex", "Child"]).agg([("Survived", parse("mean(Survived)")?)])?);
    let table = PivotOptions { margins: true, ..PivotOptions::new("Sex", "Pclass", "Survived").agg(Agg::Mean) };
    println!("survival by sex and class:\n{}", titanic.pivot(&table)?);

    println!("mean age of the first ten: {:.4}", number(titanic.iloc(..10, ..)?.series("Age")?.mean()?));
    for (which, condition) in [("older", "Age > mean(Age)"), ("younger", "Age < mean(Age)")] {
        let some = titanic.query(condition)?.series("Survived")?;
        println!("survived of those {which} than the mean: {:.1} %", 100.0 * number(some.mean()?));
    }

    // Families: which sizes there are, who is of the largest, and how they go with the fare.
    println!("family sizes:\n{}", titanic.value_counts(Some(&["SibSp"]))?.to_frame()?.sort_index(Default::default())?);
    println!("of the largest:\n{}", titanic.query("SibSp == max(SibSp)")?.select(["Age", "Ticket"])?);
    let purse = titanic.assign("Purse", parse("if(Fare < mean(Fare), 'cheap', 'dear')")?)?;
    draw(&purse, "SibSp", "Purse", &pictures.join("siblings.svg"))?;
    draw(&titanic, "Age", "Survived", &pictures.join("ages.svg"))
}

/// How often each amount is there, a panel for each group.
fn draw(of: &DataFrame, amount: &str, group: &str, file: &Path) -> Result<()> {
    let how = PlotOptions { x: Some(amount.into()), facet: Some(group.into()), size: Some((760, 340)), ..PlotOptions::of_kind(Kind::Hist) };
    of.plot(&how)?.save(file)
}

fn number(value: hpda_data::Scalar) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}
