//! `summary FILE...`

use super::args::{CsvArgs, ExprArgs, OutputArgs, ReadArgs, RunArgs};
use super::info::scalar_json;
use super::{history, lists, options, session, start, typed};
use crate::dtype::Scalar;
#[cfg(feature = "plot")]
use crate::error::IoResultExt;
use crate::error::{Error, Result, escape};
use crate::exec::summary::{CubeSummary, SummaryOptions, TableSummary, VariableSummary, cube_summary, summary};
#[cfg(feature = "plot")]
use crate::io::{Output, Overwrite};
use crate::open::{Scanned, check, companions, scan};
#[cfg(feature = "plot")]
use crate::plot::{report_cube, report_table};
use crate::show::{self, Align, BOLD, Grid, paint};
use clap::{ArgMatches, Args, Command, ValueHint};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

#[derive(Args)]
struct SummaryArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Quantiles of numbers in a table, in place of the quartiles 0.25,0.5,0.75
    #[arg(long, value_name = "Q,Q")]
    quantiles: Option<String>,
    /// A JSON object
    #[arg(long, conflicts_with_all = ["to", "output"])]
    json: bool,
    /// Write one page with pictures, statistics and warnings to this file instead
    #[cfg(feature = "plot")]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["to", "output", "json", "quantiles"])]
    html: Option<PathBuf>,
    /// The dimension along which several cubes are joined
    #[arg(long, value_name = "DIM")]
    dim: Option<String>,
    #[command(flatten)]
    before: ExprArgs,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    csv: CsvArgs,
    #[command(flatten)]
    out: OutputArgs,
    #[command(flatten)]
    run: RunArgs,
}

pub fn arguments(command: Command) -> Command {
    SummaryArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches) -> Result<()> {
    let args: SummaryArgs = typed(matches)?;
    let session = start(&args.run, args.out.write.strict)?;
    let mut open = options::reading(&args.read, &args.csv, &session)?;
    open.dim = args.dim.clone();
    let what = SummaryOptions { quantiles: quantiles(args.quantiles.as_deref().unwrap_or("0.25,0.5,0.75"))? };
    let target = options::destination(&args.out)?;
    if let Some(target) = &target {
        check(target, &options::writing(&args.out.write)?)?;
    }
    #[cfg(feature = "plot")]
    let page =
        args.html.as_ref().map(|p| Output::create(p, if args.out.write.overwrite { Overwrite::Yes } else { Overwrite::No })).transpose()?;
    let exec = session.exec("reading");
    let steps = options::steps(matches);
    history::reads(&args.files);
    let (scanned, notices) = scan(&args.files, &open)?;
    session.tell(&notices)?;
    match scanned {
        Scanned::Table(source) => {
            let source = options::apply(source, &steps, &exec)?;
            #[cfg(feature = "plot")]
            if let Some(page) = page {
                let text = report_table(&source, &title(&args.files), &exec)?;
                session.tell(&source.notices())?;
                return write_page(page, &text);
            }
            let result = summary(&source, &what, &exec)?;
            session.tell(&source.notices())?;
            match target {
                Some(target) => options::write_frame(&result.to_frame()?, target, &args.out.write, &session),
                None if args.json => session::print(&format!("{:#}\n", table_json(&result))),
                None => session::print(&table_text(&result, session::width())),
            }
        }
        Scanned::Cube(ds) => {
            let ds = options::apply_on_cube(ds, &steps, &exec)?;
            if args.quantiles.is_some() {
                return Err(Error::unsupported("--quantiles of a cube are not there yet")
                    .help("`hpda-data convert FILE TABLE.parquet` makes a table of it"));
            }
            #[cfg(feature = "plot")]
            if let Some(page) = page {
                return write_page(page, &report_cube(&ds, &title(&args.files), &exec)?);
            }
            let result = cube_summary(&ds, &companions(&ds), &exec)?;
            match target {
                Some(target) => options::write_frame(&result.to_frame()?, target, &args.out.write, &session),
                None if args.json => session::print(&format!("{:#}\n", cube_json(&result))),
                None => session::print(&cube_text(&result, session::width())),
            }
        }
    }
}

/// What a page is headed by: the file, and how many there are more.
#[cfg(feature = "plot")]
fn title(files: &[PathBuf]) -> String {
    let first = files.first().and_then(|f| f.file_name()).map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    if files.len() > 1 { format!("{first} and {} more", files.len() - 1) } else { first }
}

#[cfg(feature = "plot")]
fn write_page(page: Output, text: &str) -> Result<()> {
    use std::io::Write;
    let path = page.target().to_path_buf();
    page.open()?.write_all(text.as_bytes()).io_at(&path)?;
    page.commit()
}

fn quantiles(text: &str) -> Result<Vec<f64>> {
    let one = |item: &String| {
        let number: Option<f64> = item.parse().ok();
        let wrong =
            || Error::invalid(format!("the quantile {item:?} is not between 0 and 1")).help("it looks like --quantiles 0.1,0.5,0.9");
        number.filter(|q| (0.0..=1.0).contains(q)).ok_or_else(wrong)
    };
    lists::items(text)?.iter().map(one).collect()
}

/// One line per column; where that is too wide, numbers stand below in a table of their own.
fn table_text(s: &TableSummary, width: usize) -> String {
    let integer = |n: Option<u64>| n.map(|n| n.to_string());
    let float = |x: Option<f64>| x.map(show::number);
    let counts: [Part; 4] = [
        ("dtype", Align::Left, s.columns.iter().map(|c| Some(c.dtype.to_string())).collect()),
        ("count", Align::Right, s.columns.iter().map(|c| Some(c.count.to_string())).collect()),
        ("missing", Align::Right, s.columns.iter().map(|c| Some(c.missing.to_string())).collect()),
        ("unique", Align::Right, s.columns.iter().map(|c| integer(c.unique)).collect()),
    ];
    let tops: [Part; 2] = [
        ("top", Align::Left, s.columns.iter().map(|c| extreme(&c.top)).collect()),
        ("freq", Align::Right, s.columns.iter().map(|c| integer(c.freq)).collect()),
    ];
    let names: Vec<String> = s.quantiles.iter().map(|q| TableSummary::quantile_name(*q)).collect();
    let mut values: Vec<Part> = vec![
        ("mean", Align::Right, s.columns.iter().map(|c| float(c.mean)).collect()),
        ("std", Align::Right, s.columns.iter().map(|c| float(c.std)).collect()),
        ("min", Align::Right, s.columns.iter().map(|c| extreme(&c.min)).collect()),
    ];
    for (i, name) in names.iter().enumerate() {
        let cells = s.columns.iter().map(|c| float(c.quantiles.get(i).copied().flatten()));
        values.push((name, Align::Right, cells.collect()));
    }
    values.push(("max", Align::Right, s.columns.iter().map(|c| extreme(&c.max)).collect()));
    let columns: Vec<String> = s.columns.iter().map(|c| escape(&c.name)).collect();
    let out = format!("{}, {}\n", show::count(s.rows, "row"), show::count(columns.len() as u64, "column"));
    let (counts, tops): (Vec<Part>, Vec<Part>) = (counts.into(), tops.into());
    let whole: Vec<&Part> = counts.iter().chain(&values).chain(&tops).collect();
    let stacked = [counts.iter().chain(&tops).collect(), values.iter().collect()];
    out + &layout("column", &columns, &whole, &stacked, width)
}

/// A column of cells under a name.
type Part<'a> = (&'a str, Align, Vec<Option<String>>);

/// One table where it fits; else one below the other, each in as many as it takes, so that nothing is left out.
fn layout(first: &str, names: &[String], whole: &[&Part], stacked: &[Vec<&Part>; 2], width: usize) -> String {
    let grid = |parts: &[&Part], all_rows: bool| {
        let mut grid = Grid::new(std::iter::once(Align::Left).chain(parts.iter().map(|p| p.1)).collect());
        grid.header(std::iter::once(first.to_string()).chain(parts.iter().map(|p| p.0.to_string())).collect());
        for (i, name) in names.iter().enumerate() {
            // What is not meant for a type is blank, not missing.
            let cells = parts.iter().map(|p| Some(p.2[i].clone().unwrap_or_default()));
            let row: Vec<Option<String>> = std::iter::once(Some(name.clone())).chain(cells).collect();
            if all_rows || row[1..].iter().flatten().any(|c| !c.is_empty()) {
                grid.row(row);
            }
        }
        grid
    };
    let one = grid(whole, true);
    if one.width() <= width {
        return one.fit(width).0;
    }
    let mut out = String::new();
    for (i, parts) in stacked.iter().enumerate() {
        let mut rest = &parts[..];
        while !rest.is_empty() {
            let n = (1..=rest.len()).rev().find(|&n| n == 1 || grid(&rest[..n], i == 0).width() <= width).unwrap_or(1);
            out += &grid(&rest[..n], i == 0).fit(width).0;
            rest = &rest[n..];
            if i == 0 || !rest.is_empty() {
                out.push('\n');
            }
        }
    }
    out
}

/// A value; long text is cut, empty text is shown as such.
fn extreme(value: &Scalar) -> Option<String> {
    const MOST: usize = 20;
    let text = show::scalar(value)?;
    Some(match value {
        Scalar::Str(t) if t.is_empty() => "\"\"".into(),
        Scalar::Str(_) if text.chars().count() > MOST => text.chars().take(MOST - 1).chain(['…']).collect(),
        _ => text,
    })
}

/// A number as extremes have it: infinities are text, which JSON has no numbers for.
fn float_json(x: Option<f64>) -> Value {
    x.filter(|x| !x.is_nan()).map_or(Value::Null, |x| scalar_json(&Scalar::F64(x)))
}

fn table_json(s: &TableSummary) -> Value {
    let columns = s.columns.iter().map(|c| {
        let mut out = Map::new();
        out.insert("column".into(), json!(c.name));
        out.insert("dtype".into(), json!(c.dtype.to_string()));
        out.insert("count".into(), json!(c.count));
        out.insert("missing".into(), json!(c.missing));
        out.insert("unique".into(), json!(c.unique));
        out.insert("mean".into(), float_json(c.mean));
        out.insert("std".into(), float_json(c.std));
        out.insert("min".into(), scalar_json(&c.min));
        for (i, q) in s.quantiles.iter().enumerate() {
            out.insert(TableSummary::quantile_name(*q), float_json(c.quantiles.get(i).copied().flatten()));
        }
        out.insert("max".into(), scalar_json(&c.max));
        out.insert("top".into(), scalar_json(&c.top));
        out.insert("freq".into(), json!(c.freq));
        Value::Object(out)
    });
    json!({"kind": "table", "rows": s.rows, "columns": columns.collect::<Vec<_>>()})
}

fn cube_text(s: &CubeSummary, width: usize) -> String {
    let block = |list: &[VariableSummary]| {
        let column = |f: &dyn Fn(&VariableSummary) -> Option<String>| list.iter().map(f).collect::<Vec<_>>();
        let shape = |v: &VariableSummary| v.shape.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        let counts: Vec<Part> = vec![
            ("dtype", Align::Left, column(&|v| Some(v.dtype.to_string()))),
            ("dims", Align::Left, column(&|v| Some(escape(&v.dims.join(","))))),
            ("shape", Align::Left, column(&|v| Some(shape(v)))),
            ("count", Align::Right, column(&|v| Some(v.count.to_string()))),
            ("missing", Align::Right, column(&|v| Some(v.missing.to_string()))),
        ];
        let values: Vec<Part> = vec![
            ("mean", Align::Right, column(&|v| v.mean.map(show::number))),
            ("std", Align::Right, column(&|v| v.std.map(show::number))),
            ("min", Align::Right, column(&|v| extreme(&v.min))),
            ("max", Align::Right, column(&|v| extreme(&v.max))),
        ];
        let names: Vec<String> = list.iter().map(|v| escape(&v.variable)).collect();
        let whole: Vec<&Part> = counts.iter().chain(&values).collect();
        layout("variable", &names, &whole, &[counts.iter().collect(), values.iter().collect()], width)
    };
    let mut out = block(&s.variables);
    if !s.companions.is_empty() {
        out += &format!("\n{}\n{}", paint(BOLD, "companions"), block(&s.companions));
    }
    out
}

fn cube_json(s: &CubeSummary) -> Value {
    let list = |list: &[VariableSummary]| -> Value {
        let one = |v: &VariableSummary| {
            json!({
                "variable": v.variable, "dtype": v.dtype.to_string(), "dims": v.dims, "shape": v.shape,
                "count": v.count, "missing": v.missing, "mean": float_json(v.mean), "std": float_json(v.std),
                "min": scalar_json(&v.min), "max": scalar_json(&v.max),
            })
        };
        list.iter().map(one).collect()
    };
    json!({"kind": "cube", "variables": list(&s.variables), "companions": list(&s.companions)})
}
