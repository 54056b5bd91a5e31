//! Numbers in bins: `cut`, `qcut`, `histogram`.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::frame::{DataFrame, Series};
use crate::kernel::agg::{between, quantile_ranks};
use crate::kernel::text::format::push_f64;
use crate::store::Column;

/// The bins of [`Series::cut`].
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// The edges of the bins, ascending.
    pub edges: Edges,
    /// The names of the bins; intervals such as `(0, 10]` where nothing is said.
    pub labels: Option<Vec<String>>,
    /// The later edge belongs to a bin, not the earlier one.
    pub right: bool,
    /// The first bin has its earlier edge too (with `right`).
    pub include_lowest: bool,
}

/// Where bins begin and end.
#[derive(Clone, Debug, PartialEq)]
pub enum Edges {
    /// Whole numbers, shown as such for whole numbers.
    Whole(Vec<i64>),
    /// Numbers.
    At(Vec<f64>),
    /// So many bins of one width over all values, a thousandth of them wider at the open end.
    Equal(usize),
}

impl From<Vec<i64>> for Edges {
    fn from(x: Vec<i64>) -> Edges {
        Edges::Whole(x)
    }
}

impl From<Vec<f64>> for Edges {
    fn from(x: Vec<f64>) -> Edges {
        Edges::At(x)
    }
}

impl From<usize> for Edges {
    fn from(x: usize) -> Edges {
        Edges::Equal(x)
    }
}

impl Cut {
    /// Bins `(a, b]`, as pandas has them.
    pub fn new(edges: impl Into<Edges>) -> Cut {
        Cut { edges: edges.into(), labels: None, right: true, include_lowest: false }
    }

    /// With these names of the bins.
    pub fn labels<S: Into<String>>(self, labels: impl IntoIterator<Item = S>) -> Cut {
        Cut { labels: Some(labels.into_iter().map(Into::into).collect()), ..self }
    }

    /// Bins `[a, b)`.
    pub fn left(self) -> Cut {
        Cut { right: false, ..self }
    }

    /// The first bin has its earlier edge too.
    pub fn include_lowest(self) -> Cut {
        Cut { include_lowest: true, ..self }
    }
}

/// The digits that pandas shows of an edge, so many behind the first that counts.
fn rounded(x: f64, precision: i32) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let digits = if x.trunc() == 0.0 { -(x.fract().abs().log10().floor() as i32) - 1 + precision } else { precision };
    let unit = 10f64.powi(digits);
    let made = (x * unit).round_ties_even() / unit;
    if made.is_finite() { made } else { x }
}

fn shown(x: f64, whole: bool) -> String {
    if whole {
        return format!("{x}");
    }
    let mut out = Vec::new();
    push_f64(&mut out, x);
    let text = String::from_utf8_lossy(&out).into_owned();
    // Python's exponents have two digits.
    match text.split_once("e-") {
        Some((digits, exponent)) if exponent.len() == 1 => format!("{digits}e-0{exponent}"),
        _ => text,
    }
}

/// Intervals as text, with as many digits as tell the edges apart.
fn intervals(edges: &[f64], whole: bool, how: &Cut) -> Vec<String> {
    let different = |v: &[f64]| v.windows(2).all(|w| w[0] != w[1]);
    let precision = (3..20).find(|&p| different(&edges.iter().map(|&e| rounded(e, p)).collect::<Vec<_>>())).unwrap_or(3);
    let mut shown_edges: Vec<f64> = edges.iter().map(|&e| rounded(e, precision)).collect();
    let mut whole = whole;
    if how.right && how.include_lowest {
        shown_edges[0] -= 10f64.powi(-precision);
        shown_edges[0] = rounded(shown_edges[0], precision);
        whole = false;
    }
    let (open, close) = if how.right { ('(', ']') } else { ('[', ')') };
    shown_edges.windows(2).map(|w| format!("{open}{}, {}{close}", shown(w[0], whole), shown(w[1], whole))).collect()
}

/// Each number in its bin: an ordered category.
pub(in crate::exec) fn binned(values: &[f64], edges: &[f64], whole: bool, how: &Cut) -> Result<Column> {
    if edges.len() < 2 || !edges.windows(2).all(|w| w[0] < w[1]) {
        let same = edges.windows(2).find(|w| w[0] == w[1]).map(|w| w[0]);
        let e =
            Error::invalid(same.map_or("the edges of bins ascend, two at least".into(), |x| format!("the edge {x} of bins stands twice")));
        return Err(e.help("leave out what stands twice"));
    }
    let count = edges.len() - 1;
    let names = match &how.labels {
        Some(l) if l.len() != count => return Err(Error::invalid(format!("{} labels for {count} bins", l.len()))),
        Some(l) => l.clone(),
        None => intervals(edges, whole, how),
    };
    let bin = |x: &f64| {
        if x.is_nan() {
            return None;
        }
        let at = if how.right {
            if how.include_lowest && *x == edges[0] { 1 } else { edges.partition_point(|e| e < x) }
        } else {
            edges.partition_point(|e| e <= x)
        };
        (1..=count).contains(&at).then(|| at as u32 - 1)
    };
    Column::from_codes(values.iter().map(bin).collect(), &names, true)
}

fn present(values: &[f64]) -> Vec<f64> {
    values.iter().copied().filter(|x| !x.is_nan()).collect()
}

fn ends(values: &[f64]) -> Result<(f64, f64)> {
    let there = present(values);
    let (low, high) = there.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &x| (a.min(x), b.max(x)));
    match there.is_empty() {
        true => Err(Error::invalid("bins over no values").help("give the edges")),
        false if !(low.is_finite() && high.is_finite()) => Err(Error::invalid("bins of one width over infinities").help("give the edges")),
        false => Ok((low, high)),
    }
}

/// `n + 1` numbers at one distance, the last one exact.
fn spaced(low: f64, high: f64, n: usize) -> Vec<f64> {
    let step = (high - low) / n as f64;
    (0..=n).map(|i| if i == n { high } else { low + step * i as f64 }).collect()
}

impl Series {
    /// The bin that each number lies in: an ordered category, the names of bins being their intervals. pandas' `cut`.
    ///
    /// Numbers outside all bins, and missing ones, are missing. A column of bins is a key to group by.
    ///
    /// # Errors
    /// Type, for what are no numbers; invalid, for edges that do not ascend, another number of labels, and bins of one width over
    /// no values.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::Cut};
    /// let ages = DataFrame::new([("age", Column::from(vec![Some(8i64), Some(35), None, Some(12)]))])?.series("age")?;
    /// let groups = ages.cut(&Cut::new(vec![0i64, 12, 65]))?;
    /// assert_eq!((groups.iat(3)?, groups.iat(1)?), ("(0, 12]".into(), "(12, 65]".into()));
    /// let named = ages.cut(&Cut::new(vec![0i64, 12, 65]).labels(["child", "adult"]))?;
    /// assert_eq!(named.iat(0)?, "child".into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cut(&self, how: &Cut) -> Result<Series> {
        let values = numbers_of(self)?;
        let (edges, whole) = match &how.edges {
            Edges::Whole(e) => (e.iter().map(|&x| x as f64).collect(), !self.data().dtype().is_float()),
            Edges::At(e) => (e.clone(), false),
            Edges::Equal(0) => return Err(Error::invalid("no bins")),
            Edges::Equal(n) => {
                let (mut low, mut high) = ends(&values)?;
                let mut edges = if low == high {
                    (low, high) = (
                        low - if low == 0.0 { 0.001 } else { 0.001 * low.abs() },
                        high + if high == 0.0 { 0.001 } else { 0.001 * high.abs() },
                    );
                    spaced(low, high, *n)
                } else {
                    let mut edges = spaced(low, high, *n);
                    let more = (high - low) * 0.001;
                    if how.right {
                        edges[0] -= more
                    } else {
                        edges[*n] += more
                    }
                    edges
                };
                edges.dedup();
                (edges, false)
            }
        };
        Series::new(self.name().map(Into::into), binned(&values, &edges, whole, how)?, self.index().clone())
    }

    /// The bin of quantiles that each number lies in: `qcut(&[0.0, 0.25, 0.5, 0.75, 1.0], None)`. The first bin has both its ends.
    ///
    /// The bins are ordered categories; missing values stay missing.
    ///
    /// # Errors
    /// Type, for what are no numbers; invalid, for probabilities outside 0 to 1, quantiles that are the same (`labels` do not
    /// help), another number of labels, and no values.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DType, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(2), None, Some(3), Some(4)]))])?.series("x")?;
    /// let halves = s.qcut(&[0.0, 0.5, 1.0], Some(&["low", "high"]))?;
    /// assert_eq!(halves.data().cast(&DType::Str)?, Column::from(vec![Some("low"), Some("low"), None, Some("high"), Some("high")]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn qcut(&self, probabilities: &[f64], labels: Option<&[&str]>) -> Result<Series> {
        let values = numbers_of(self)?;
        let mut there = present(&values);
        if there.is_empty() || probabilities.iter().any(|p| !(0.0..=1.0).contains(p)) {
            let e = if there.is_empty() { "quantiles of no values" } else { "probabilities are from 0 to 1" };
            return Err(Error::invalid(e));
        }
        there.sort_unstable_by(f64::total_cmp);
        let quantile = |p: &f64| {
            let (a, b, w) = quantile_ranks(*p, there.len() as u64);
            between(there[a as usize], there[b as usize], w)
        };
        let edges: Vec<f64> = probabilities.iter().map(quantile).collect();
        let how = Cut { labels: labels.map(|l| l.iter().map(|s| s.to_string()).collect()), ..Cut::new(edges.clone()).include_lowest() };
        Series::new(self.name().map(Into::into), binned(&values, &edges, false, &how)?, self.index().clone())
    }

    /// [`Series::qcut`] into `n` parts of nearly as many values.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(2), None, Some(3), Some(4)]))])?.series("x")?;
    /// assert_eq!(s.qcut_n(2)?.data().categories()?, ["(0.999, 2.5]", "(2.5, 4.0]"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn qcut_n(&self, n: usize) -> Result<Series> {
        if n == 0 {
            return Err(Error::invalid("no bins"));
        }
        self.qcut(&spaced(0.0, 1.0, n), None)
    }

    /// How many values lie in each of `n` bins of one width, or of bins with these edges: columns `from`, `to` and `count`. Bins
    /// hold their earlier edge, the last one both. numpy's `histogram`.
    ///
    /// Missing values and those outside the edges do not count.
    ///
    /// # Errors
    /// Type, for what are no numbers; invalid, for edges that do not ascend and for bins of one width over no values.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(2), None, Some(3), Some(5)]))])?.series("x")?;
    /// let bins = s.histogram(2)?;
    /// assert_eq!(bins.column("from")?, &Column::from(vec![1.0, 3.0]));
    /// assert_eq!(bins.column("count")?, &Column::from(vec![2i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn histogram(&self, bins: impl Into<Edges>) -> Result<DataFrame> {
        let values = numbers_of(self)?;
        let edges = match bins.into() {
            Edges::Whole(e) => e.iter().map(|&x| x as f64).collect(),
            Edges::At(e) => e,
            Edges::Equal(0) => return Err(Error::invalid("no bins")),
            Edges::Equal(n) => {
                let (low, high) = ends(&values)?;
                if low == high { spaced(low - 0.5, high + 0.5, n) } else { spaced(low, high, n) }
            }
        };
        if edges.len() < 2 || !edges.windows(2).all(|w| w[0] < w[1]) {
            return Err(Error::invalid("the edges of bins ascend, two at least"));
        }
        let n = edges.len() - 1;
        let mut counts = vec![0i64; n];
        for x in values.iter().filter(|x| !x.is_nan() && (edges[0]..=edges[n]).contains(*x)) {
            counts[edges.partition_point(|e| e <= x).min(n) - 1] += 1;
        }
        DataFrame::new([("from", Column::from(edges[..n].to_vec())), ("to", edges[1..].to_vec().into()), ("count", counts.into())])
    }
}

fn numbers_of(s: &Series) -> Result<Vec<f64>> {
    match s.data().dtype() {
        t if t.is_numeric() || *t == DType::Bool => s.data().to_f64(),
        t => Err(Error::wrong_type(format!("bins are for numbers, not for {t}"))),
    }
}
