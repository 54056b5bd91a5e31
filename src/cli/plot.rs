//! `plot FILE... [--x X --y Y --kind KIND] [-o OUT.png|svg|html]`

use super::args::{CsvArgs, ExprArgs, ReadArgs, RunArgs};
use super::{lists, options, session, start, typed};
use crate::error::{Error, IoResultExt, Result};
use crate::io::{Output, Overwrite};
use crate::open::{Scanned, scan};
use crate::ops::select::{SelectOptions, parse_isel, parse_sel};
use crate::plan::Agg;
use crate::plot::{Kind, Picture, PlotOptions, plot_cube, plot_table};
use clap::{ArgMatches, Args, Command, ValueHint};
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Args)]
struct PlotArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    what: WhatArgs,
    #[command(flatten)]
    cube: CubeArgs,
    #[command(flatten)]
    looks: LooksArgs,
    #[command(flatten)]
    out: PictureArgs,
    #[command(flatten)]
    before: ExprArgs,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    csv: CsvArgs,
    #[command(flatten)]
    run: RunArgs,
}

/// What is drawn.
#[derive(Args)]
#[command(next_help_heading = "What is drawn (the data says what is left out here)")]
struct WhatArgs {
    /// line, scatter, bar, hist, box, heatmap or map
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// What lies along x: a column, or a dim of a cube
    #[arg(long, value_name = "NAME")]
    x: Option<String>,
    /// What is drawn: columns, or the variable of a cube (of a heatmap also a dim)
    #[arg(long, value_name = "A,B", alias = "var")]
    y: Option<String>,
    /// A colour for each value of this column or label of this dim; amounts in four bands
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// A panel for each value of this column or label of this dim
    #[arg(long, value_name = "NAME")]
    facet: Option<String>,
    /// The column that gives points, or the cells of a heatmap, their colours
    #[arg(long, value_name = "NAME")]
    color: Option<String>,
    /// How rows of one bar, or values over dims that are not drawn, are put together (default: mean)
    #[arg(long, value_name = "FN")]
    agg: Option<String>,
    /// How many bins a histogram has
    #[arg(long, value_name = "N")]
    bins: Option<usize>,
}

/// Which part of a cube.
#[derive(Args)]
#[command(next_help_heading = "Part of a cube")]
struct CubeArgs {
    /// Positions along dims: time=-1
    #[arg(long, value_name = "DIM=I", allow_hyphen_values = true)]
    isel: Option<String>,
    /// Labels along dims: time=1850-01,lat=59.33
    #[arg(long, value_name = "DIM=LABEL", allow_hyphen_values = true)]
    sel: Option<String>,
    /// Which label counts where one of --sel is not there: nearest, pad or backfill
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    /// The dimension along which several cubes are joined
    #[arg(long, value_name = "DIM")]
    dim: Option<String>,
}

/// How it looks.
#[derive(Args)]
#[command(next_help_heading = "Looks")]
struct LooksArgs {
    /// The title
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// The colours of values: viridis, RdBu_r, ...
    #[arg(long, value_name = "NAME")]
    cmap: Option<String>,
    /// From where to where colours (of lines: the y axis) go
    #[arg(long, value_name = "LO,HI", allow_hyphen_values = true)]
    range: Option<String>,
    /// Which axes count in powers of ten: x, y or xy
    #[arg(long, value_name = "AXES")]
    log: Option<String>,
    /// Width and height in pixels
    #[arg(long, value_name = "WxH")]
    size: Option<String>,
    /// Coast lines upon maps: a GeoJSON file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    coast: Option<PathBuf>,
}

/// Where the picture goes.
#[derive(Args)]
#[command(next_help_heading = "Writing")]
struct PictureArgs {
    /// Write to this file: .png, .svg or .html (- is standard output); without it the picture is shown in letters
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
    /// png, svg, html or text, if the name of the output does not tell
    #[arg(long, value_name = "FORMAT")]
    to: Option<String>,
    /// Replace an existing output
    #[arg(long)]
    overwrite: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Png,
    Svg,
    Html,
    Text,
}

const FORMS: [(&str, Form); 4] = [("png", Form::Png), ("svg", Form::Svg), ("html", Form::Html), ("text", Form::Text)];

pub fn arguments(command: Command) -> Command {
    PlotArgs::augment_args(command)
}

/// The form of the output, checked before the input is read.
fn form(out: &PictureArgs) -> Result<Form> {
    let parse = |name: &str| {
        let found = FORMS.iter().find(|f| f.0 == name.to_ascii_lowercase());
        found.map(|f| f.1).ok_or_else(|| Error::not_found("picture format", name, FORMS.map(|f| f.0)))
    };
    match (&out.to, &out.output) {
        (Some(to), _) => parse(to),
        (None, None) => Ok(Form::Text),
        (None, Some(path)) if path.as_os_str() == "-" => Ok(Form::Svg),
        (None, Some(path)) => {
            let ending = path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
            let ending = if ending.eq_ignore_ascii_case("htm") { "html".into() } else { ending };
            parse(&ending).map_err(|_| {
                Error::unsupported(format!("a picture in {:?} is of no known format", path.display().to_string()))
                    .help("names end in .png, .svg or .html; --to says it too")
            })
        }
    }
}

fn size(text: &str) -> Result<(u32, u32)> {
    let parts = text.split_once(['x', 'X', '×', ',']).and_then(|(w, h)| Some((w.trim().parse().ok()?, h.trim().parse().ok()?)));
    parts.ok_or_else(|| Error::invalid(format!("{text:?} is no size")).help("--size 800x500"))
}

/// Which axes are log axes: x, y.
fn log(text: &str) -> Result<(bool, bool)> {
    match text {
        "x" => Ok((true, false)),
        "y" => Ok((false, true)),
        "xy" | "yx" | "x,y" | "y,x" => Ok((true, true)),
        _ => Err(Error::invalid(format!("{text:?} names no axes")).help("--log x, --log y or --log xy")),
    }
}

fn range(text: &str) -> Result<(f64, f64)> {
    let parts = text.split_once(',').and_then(|(a, b)| Some((a.trim().parse().ok()?, b.trim().parse().ok()?)));
    parts.ok_or_else(|| Error::invalid(format!("{text:?} is no range")).help("--range 0,30"))
}

pub fn run(matches: &ArgMatches) -> Result<()> {
    let args: PlotArgs = typed(matches)?;
    let session = start(&args.run, false)?;
    let mut open = options::reading(&args.read, &args.csv, &session)?;
    open.dim = args.cube.dim.clone();
    let form = form(&args.out)?;
    let (what, looks) = (&args.what, &args.looks);
    let (log_x, log_y) = looks.log.as_deref().map_or(Ok((false, false)), log)?;
    let plot = PlotOptions {
        kind: what.kind.as_deref().map(Kind::parse).transpose()?,
        x: what.x.as_deref().map(one_name).transpose()?,
        y: what.y.as_deref().map_or(Ok(Vec::new()), lists::items)?,
        by: what.by.as_deref().map(one_name).transpose()?,
        facet: what.facet.as_deref().map(one_name).transpose()?,
        color: what.color.as_deref().map(one_name).transpose()?,
        agg: what.agg.as_deref().map(Agg::parse).transpose()?,
        bins: what.bins,
        log_x,
        log_y,
        title: looks.title.clone(),
        cmap: looks.cmap.clone(),
        range: looks.range.as_deref().map(range).transpose()?,
        size: looks.size.as_deref().map(size).transpose()?,
        coast: looks.coast.clone(),
    };
    let target = args.out.output.as_deref().filter(|p| p.as_os_str() != "-");
    // What is wrong with the output is said before the input is read.
    let output = target.map(|path| Output::create(path, if args.out.overwrite { Overwrite::Yes } else { Overwrite::No })).transpose()?;
    let exec = session.exec("drawing");
    let steps = options::steps(matches);
    let (scanned, notices) = scan(&args.files, &open)?;
    session.tell(&notices)?;
    let picture = match scanned {
        Scanned::Table(source) => {
            if args.cube.isel.is_some() || args.cube.sel.is_some() {
                return Err(Error::unsupported("--isel and --sel are for cubes, and this is a table").help("--where chooses rows"));
            }
            let source = options::apply(source, &steps, &exec)?;
            let picture = plot_table(&source, &plot, &exec)?;
            session.tell(&source.notices())?;
            picture
        }
        Scanned::Cube(ds) => {
            let mut ds = options::apply_on_cube(ds, &steps, &exec)?;
            if let Some(text) = &args.cube.sel {
                ds = ds.sel(&parse_sel(text)?, &SelectOptions::parse(args.cube.method.as_deref(), None)?)?;
            }
            if let Some(text) = &args.cube.isel {
                ds = ds.isel_at(&parse_isel(text)?)?;
            }
            plot_cube(&ds, &plot, &exec)?
        }
    };
    drop(exec);
    deliver(&picture, form, output, &session)
}

/// A name as lists have it: backticks around odd ones.
fn one_name(text: &str) -> Result<String> {
    match &lists::items(text)?[..] {
        [one] => Ok(one.clone()),
        _ => Err(Error::invalid(format!("{text:?} are several names, and one is meant")).help("a name with a comma stands in backticks")),
    }
}

fn deliver(picture: &Picture, form: Form, output: Option<Output>, session: &session::Session) -> Result<()> {
    let bytes = match form {
        Form::Png => picture.to_png(&session.budget)?,
        Form::Svg => picture.to_svg().into_bytes(),
        Form::Html => picture.to_html().into_bytes(),
        Form::Text if output.is_none() => return session::print(&picture.to_text(session::width())),
        Form::Text => anstream::adapter::strip_str(&picture.to_text(100)).to_string().into_bytes(),
    };
    match output {
        Some(output) => {
            let path = output.target().to_path_buf();
            let mut file = output.open()?;
            file.write_all(&bytes).io_at(&path)?;
            drop(file);
            output.commit()
        }
        None => {
            let mut out = std::io::stdout().lock();
            out.write_all(&bytes).and_then(|()| out.flush()).io_at(Path::new("standard output"))
        }
    }
}
