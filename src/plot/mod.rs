//! Pictures of tables and cubes: SVG, PNG, a page of its own, or letters on a terminal.
//!
//! A [`Picture`] is made of what is asked for and of what the data is: names and units come from attributes, dates stand on their
//! calendar, missing values are grey. Nothing is held but what is drawn: rows and blocks are streamed, long lines keep the extremes
//! of each stretch, many points become one for each place, and fine grids are averaged before they are read.
//!
//! Where nothing is said, the data says it: a field over latitude and longitude is a map (the mean over its other dims), one dim is a
//! line, two others are a heatmap; rows with times are lines, few rows with names are bars, places are a map, and any other table
//! shows each of its columns.

mod choose;
mod coast;
mod color;
mod cube;
mod figure;
mod font;
mod layout;
mod page;
mod png;
mod reduce;
mod scene;
mod spacing;
mod svg;
mod table;
mod text;
mod ticks;
mod values;

use crate::array::Dataset;
use crate::error::{Error, IoResultExt, Result};
use crate::exec::{ExecOptions, MemSource};
use crate::frame::DataFrame;
use crate::kernel::agg::Agg;
use crate::store::{Budget, TableSource};
use color::ColorMap;
use figure::Figure;
pub use page::{report_cube, report_table};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Lines over numbers or times.
    Line,
    /// Points of two amounts.
    Scatter,
    /// Bars over names: how many rows, or an aggregate of a column.
    Bar,
    /// How many values lie in each stretch of their range.
    Hist,
    /// Quartiles, whiskers and what lies beyond.
    Box,
    /// Values over two dims, rows over two columns, or correlations, as colours.
    Heatmap,
    /// Values over latitude and longitude as colours.
    Map,
}

impl Kind {
    /// All kinds with their names.
    pub const ALL: [(Kind, &'static str); 7] = [
        (Kind::Line, "line"),
        (Kind::Scatter, "scatter"),
        (Kind::Bar, "bar"),
        (Kind::Hist, "hist"),
        (Kind::Box, "box"),
        (Kind::Heatmap, "heatmap"),
        (Kind::Map, "map"),
    ];

    /// The name.
    pub fn name(self) -> &'static str {
        Kind::ALL.iter().find(|k| k.0 == self).map_or("", |k| k.1)
    }

    /// The kind of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn parse(name: &str) -> Result<Kind> {
        let found = Kind::ALL.iter().find(|k| k.1 == name);
        Ok(found.ok_or_else(|| Error::not_found("kind", name, Kind::ALL.map(|k| k.1)))?.0)
    }
}

/// What is to be drawn, as far as it is said; the data says the rest.
#[derive(Clone, Debug, Default)]
pub struct PlotOptions {
    /// The kind of picture.
    pub kind: Option<Kind>,
    /// What lies along x: a column, or a dim of a cube.
    pub x: Option<String>,
    /// What is drawn: columns, or of a cube the variable (a second dim, of a heatmap).
    pub y: Vec<String>,
    /// A colour for each value of this column, or each label of this dim; numbers of many values are four bands.
    pub by: Option<String>,
    /// A panel for each value of this column, or each label of this dim.
    pub facet: Option<String>,
    /// The column whose values are the colours of points or of the cells of a heatmap.
    pub color: Option<String>,
    /// How rows, or the values over dims that are not drawn, are put together; the mean, where nothing is said.
    pub agg: Option<Agg>,
    /// How many bins a histogram has.
    pub bins: Option<usize>,
    /// Whether the x axis counts in powers of ten; values of zero and less are left out, and the picture says how many. Bins of a
    /// histogram are then equally wide in powers.
    pub log_x: bool,
    /// The same of the y axis.
    pub log_y: bool,
    /// The title, in place of the one that the data gives.
    pub title: Option<String>,
    /// The colour map: `viridis`, `RdBu_r`, ...
    pub cmap: Option<String>,
    /// From where to where the colours go.
    pub range: Option<(f64, f64)>,
    /// Width and height in pixels.
    pub size: Option<(u32, u32)>,
    /// A GeoJSON file whose lines are drawn upon maps.
    pub coast: Option<PathBuf>,
}

impl PlotOptions {
    /// Nothing said but the kind.
    pub fn of_kind(kind: Kind) -> PlotOptions {
        PlotOptions { kind: Some(kind), ..PlotOptions::default() }
    }

    /// What can be checked without data.
    fn check(&self) -> Result<()> {
        if let Some(map) = &self.cmap {
            ColorMap::parse(map)?;
        }
        if let Some((w, h)) = self.size
            && !((120..=10_000).contains(&w) && (90..=10_000).contains(&h))
        {
            return Err(Error::invalid(format!("a picture of {w} by {h} pixels")).help("from 120 by 90 to 10000 by 10000: --size 800x500"));
        }
        if self.log_y
            && let Some((lo, _)) = self.range.filter(|r| r.0 <= 0.0)
        {
            return Err(Error::invalid(format!("{lo} has no place on a log axis"))
                .help("the range of a log axis begins above zero: --range 0.1,100"));
        }
        if self.bins.is_some_and(|n| n == 0 || n > 5000) {
            return Err(Error::invalid("a histogram has 1 to 5000 bins"));
        }
        if let Some((lo, hi)) = self.range
            && !(lo.is_finite() && hi.is_finite() && lo < hi)
        {
            return Err(
                Error::invalid(format!("the range from {lo} to {hi} holds nothing")).help("the lower end comes first: --range 0,30")
            );
        }
        Ok(())
    }
}

/// From where to where colours go, and which: what options say, else what the values need. Two-sided colours have their middle at 0.
fn color_range(options: &PlotOptions, lo: f64, hi: f64) -> Result<(f64, f64, ColorMap)> {
    let map = options.cmap.as_deref().map_or(Ok(ColorMap::of_range(lo, hi)), ColorMap::parse)?;
    if let Some((lo, hi)) = options.range {
        return Ok((lo, hi, map));
    }
    if map.is_diverging() && lo < 0.0 && hi > 0.0 {
        let far = hi.max(-lo);
        return Ok((-far, far, map));
    }
    let half = if lo == 0.0 { 0.5 } else { lo.abs() * 0.01 };
    Ok(if hi > lo { (lo, hi, map) } else { (lo - half, lo + half, map) })
}

/// A picture, made but not written.
#[derive(Clone, Debug)]
pub struct Picture {
    figure: Figure,
}

impl Picture {
    /// What it shows, in a sentence: for those who cannot see it.
    pub fn description(&self) -> String {
        self.figure.describe()
    }

    /// An SVG file. Text stays text; marks say their values to the mouse and to screen readers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::plot::PlotOptions;
    /// let df = hpda_data::read_csv("data/lake.csv")?;
    /// let svg = df.plot(&PlotOptions { y: vec!["level".into()], ..PlotOptions::default() })?.to_svg();
    /// assert!(svg.starts_with("<svg") && svg.contains(">level</text>"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_svg(&self) -> String {
        svg::svg(&layout::layout(&self.figure), svg::Place::File)
    }

    /// A PNG file, drawn with the font that comes with this library.
    ///
    /// # Errors
    /// Budget, where the pixels do not fit.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{plot::PlotOptions, store::Budget};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let png = ds.plot(&PlotOptions { size: Some((400, 300)), ..PlotOptions::default() })?.to_png(&Budget::unlimited())?;
    /// assert_eq!(&png[16..24], [0, 0, 1, 144, 0, 0, 1, 44], "400 by 300");
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_png(&self, budget: &Budget) -> Result<Vec<u8>> {
        png::png(&layout::layout(&self.figure), budget)
    }

    /// A page with the picture alone, dark where the reader's system is.
    pub fn to_html(&self) -> String {
        let title = svg::escaped(if self.figure.title.is_empty() { "picture" } else { &self.figure.title });
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n{}\nbody {{ margin: 0; padding: 1rem; background: var(--paper); }}\n\
             svg {{ display: block; width: 100%; max-width: {}px; height: auto; margin: 0 auto; }}\n</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
            theme(),
            layout::layout(&self.figure).width * 1.4,
            self.to_inline_svg()
        )
    }

    /// Writes a file, in the form that its name says: `.png`, `.svg` or `.html`. Its folder is made where it is not there, and a picture
    /// that is there is replaced; it appears whole or not at all.
    ///
    /// # Errors
    /// Unsupported, for a name of another form; what the system refuses.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::plot::PlotOptions;
    /// let folder = tempfile::tempdir().map_err(|e| hpda_data::Error::io(e, "."))?;
    /// let path = folder.path().join("pictures/lake.svg");
    /// hpda_data::read_csv("data/lake.csv")?.plot(&PlotOptions::default())?.save(&path)?;
    /// assert!(path.is_file());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        let bytes = match ending.as_deref() {
            Some("png") => self.to_png(&Budget::unlimited())?,
            Some("svg") => self.to_svg().into_bytes(),
            Some("html" | "htm") => self.to_html().into_bytes(),
            _ => {
                let e = Error::unsupported(format!("a picture in {:?} is of no known format", path.display().to_string()));
                return Err(e.help("names end in .png, .svg or .html"));
            }
        };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).io_at(folder)?;
        let unfinished = path.with_extension(format!("unfinished-{}", std::process::id()));
        let written = std::fs::write(&unfinished, bytes).and_then(|()| std::fs::rename(&unfinished, path));
        written.inspect_err(|_| drop(std::fs::remove_file(&unfinished))).io_at(path)
    }

    /// The SVG for a page that has the colours of [`theme`]: as wide as there is room, its colours those of the page.
    pub fn to_inline_svg(&self) -> String {
        svg::svg(&layout::layout(&self.figure), svg::Place::Page)
    }

    /// Letters for a terminal of so many columns, with colours that the stream may strip.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::plot::{Kind, PlotOptions};
    /// let df = hpda_data::read_csv("data/passengers.csv")?;
    /// let text = df.plot(&PlotOptions { kind: Some(Kind::Bar), x: Some("Sex".into()), ..PlotOptions::default() })?.to_text(60);
    /// assert!(text.contains("female") && text.contains('█'));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_text(&self, width: usize) -> String {
        text::text(&self.figure, width)
    }
}

/// The colours of a page as variables of its style: light ones, and dark ones where the reader's system asks for them.
pub fn theme() -> String {
    use color::{Color, hex};
    let names = [Color::Ink, Color::Faint, Color::Grid, Color::Frame, Color::Paper, Color::Missing];
    let series = (0..color::MOST_SERIES).map(Color::Series);
    let light = names.into_iter().chain(series.clone()).filter_map(|c| Some(format!("{}: {};", c.variable()?, hex(c.rgb()))));
    let dark = ["#e6e9ed", "#a0a8b1", "#2c323a", "#5b646e", "#15181c", "#565d65"];
    let bright = ["#6ca6e8", "#f0934a", "#56bd90", "#e77ba9", "#ab91e0", "#c9a561", "#5cc3d6", "#9aa3ad"];
    let dark = names.into_iter().zip(dark).chain(series.zip(bright)).filter_map(|(c, h)| Some(format!("{}: {h};", c.variable()?)));
    format!(
        ":root {{ color-scheme: light dark; {} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {} }} }}",
        light.collect::<Vec<_>>().join(" "),
        dark.collect::<Vec<_>>().join(" ")
    )
}

/// A picture of a table. Its rows are streamed, once or twice.
///
/// # Errors
/// Not found, for a column; type, for one that the kind does not take; what the source says.
///
/// # Examples
/// ```
/// use hpda_data::{exec::{ExecOptions, MemSource}, plot::{PlotOptions, plot_table}, store::TableSource};
/// use std::sync::Arc;
/// let source: Arc<dyn TableSource> = Arc::new(MemSource::from_frame(&hpda_data::read_csv("data/stations.csv")?)?);
/// let options = PlotOptions { x: Some("latitude".into()), y: vec!["temperature".into()], ..PlotOptions::default() };
/// let picture = plot_table(&source, &options, &ExecOptions::default())?;
/// assert!(picture.description().starts_with("temperature against latitude"));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn plot_table(source: &Arc<dyn TableSource>, options: &PlotOptions, exec: &ExecOptions) -> Result<Picture> {
    options.check()?;
    let mut figure = table::figure(source, options, exec)?;
    figure.size = options.size;
    Ok(Picture { figure })
}

/// A picture of a cube: of the variable that is named, else of the one with most dims.
///
/// # Errors
/// Not found, for a variable or dim; invalid, for a kind that does not suit its dims; what the readers say.
///
/// # Examples
/// ```
/// use hpda_data::{exec::ExecOptions, plot::{PlotOptions, plot_cube}};
/// let ds = hpda_data::open_dataset("data/climate.nc")?;
/// let map = plot_cube(&ds, &PlotOptions::default(), &ExecOptions::default())?;
/// assert!(map.description().contains("near-surface air temperature; mean over time"));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn plot_cube(ds: &Dataset, options: &PlotOptions, exec: &ExecOptions) -> Result<Picture> {
    options.check()?;
    let mut figure = cube::figure(ds, options, exec)?;
    figure.size = options.size;
    Ok(Picture { figure })
}

impl DataFrame {
    /// A picture of the table; named levels of its index are columns.
    ///
    /// # Errors
    /// As [`plot_table`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::plot::{Kind, PlotOptions};
    /// let df = hpda_data::read_csv("data/passengers.csv")?;
    /// let ages = df.plot(&PlotOptions { x: Some("Age".into()), by: Some("Sex".into()), ..PlotOptions::of_kind(Kind::Hist) })?;
    /// assert!(ages.to_svg().contains("Age by Sex"));
    /// let fares = df.plot(&PlotOptions { x: Some("Fare".into()), log_x: true, ..PlotOptions::of_kind(Kind::Hist) })?;
    /// assert!(fares.to_svg().contains("no place on a log axis"), "free passages");
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn plot(&self, options: &PlotOptions) -> Result<Picture> {
        let source: Arc<dyn TableSource> = Arc::new(MemSource::from_frame(self)?);
        plot_table(&source, options, &ExecOptions::default())
    }
}

impl Dataset {
    /// A picture of the cube.
    ///
    /// # Errors
    /// As [`plot_cube`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::plot::{Kind, PlotOptions};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let line = ds.plot(&PlotOptions::of_kind(Kind::Line))?;
    /// assert!(line.description().contains("mean over lat, lon, weighted by area"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn plot(&self, options: &PlotOptions) -> Result<Picture> {
        plot_cube(self, options, &ExecOptions::default())
    }
}
