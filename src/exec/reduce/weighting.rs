//! Weights that datasets have in them: the cosine of the latitude, areas of cells, lengths of steps.

use super::load::Number;
use super::{Weights, keys};
use crate::array::{Dataset, Variable, is_latitude, is_longitude};
use crate::dtype::{Calendar, DType};
use crate::error::{Error, Result};
use crate::kernel::calendar::{days_in_month, from_days};
use crate::plan::{Expr, Func, parse};
use crate::store::NdArray;
use crate::with_phys;

impl Dataset {
    /// Weights by what is asked: `area` (cell areas by `cell_measures`, or from the bounds of latitude and longitude), `days` (the length
    /// of the steps of the time axis), or an expression over coordinates such as `cos(lat)`, which takes degrees where the coordinate
    /// is in degrees.
    ///
    /// # Errors
    /// Not found, where the dataset does not tell; parse; what the expression says.
    pub fn weights(&self, asked: &str) -> Result<Weights> {
        match asked.trim() {
            "area" => area(self),
            "days" => days(self),
            text => {
                let expr = parse(text)?;
                if let Expr::Call(Func::Cos, args) = &expr
                    && let [Expr::Col(name)] = args.as_slice()
                    && in_degrees(name, self.variable(name)?)
                {
                    let values = numbers(&self.variable(name)?.load()?)?.into_iter().map(|x| x.to_radians().cos()).collect();
                    return Ok(Weights::along(&one_dim(name, self.variable(name)?)?, values));
                }
                let (dim, values) = keys::values(self, &expr)?;
                let n = values.len();
                let array = crate::ops::bridge::enter(&values, &[n])?;
                Weights::new(&Variable::from_array([dim], array)?)
            }
        }
    }
}

fn one_dim(name: &str, v: &Variable) -> Result<String> {
    match v.dims() {
        [d] => Ok(d.to_string()),
        dims => Err(Error::unsupported(format!("weights from {name:?}, which has {} dimensions", dims.len()))),
    }
}

fn in_degrees(name: &str, v: &Variable) -> bool {
    match v.attrs.text("units") {
        Some(units) => units.starts_with("degree"),
        None => is_latitude(name, v),
    }
}

fn numbers(array: &NdArray) -> Result<Vec<f64>> {
    let array = array.to_contiguous()?;
    Ok(with_phys!(array.phys(), T => {
        array.as_slice::<T>().map(|x| x.iter().map(|&x| x.float()).collect()).unwrap_or_default()
    }, text => return Err(Error::wrong_type("text has no weight"))))
}

/// The edges of the cells of a coordinate: its bounds, else the middles between neighbours.
fn edges(ds: &Dataset, v: &Variable) -> Result<Vec<(f64, f64)>> {
    let bounds = v.attrs.text("bounds").or(v.encoding.attrs.text("bounds")).and_then(|b| ds.vars.get(b));
    if let Some(b) = bounds.filter(|b| b.shape().len() == 2 && b.shape()[1] == 2 && b.shape()[0] == v.len()) {
        return Ok(numbers(&b.load()?)?.chunks_exact(2).map(|c| (c[0], c[1])).collect());
    }
    let x = numbers(&v.load()?)?;
    if x.len() < 2 {
        return Err(Error::not_found("bounds of", v.attrs.text("long_name").unwrap_or("a coordinate"), [])
            .help("a coordinate of one value has no cell without bounds"));
    }
    let last = x.len() - 1;
    let middle = |i: usize| (x[i] + x[i + 1]) / 2.0;
    Ok((0..=last)
        .map(|i| {
            let low = if i == 0 { x[0] - (x[1] - x[0]) / 2.0 } else { middle(i - 1) };
            let high = if i == last { x[last] + (x[last] - x[last - 1]) / 2.0 } else { middle(i) };
            (low, high)
        })
        .collect())
}

fn area(ds: &Dataset) -> Result<Weights> {
    let measure = ds.vars.values().find_map(|v| {
        let text = v.attrs.text("cell_measures").or(v.encoding.attrs.text("cell_measures"))?;
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            if word == "area:" {
                return words.next().filter(|n| ds.variable(n).is_ok()).map(str::to_string);
            }
        }
        None
    });
    if let Some(name) = measure {
        return Weights::new(ds.variable(&name)?);
    }
    let find = |is: fn(&str, &Variable) -> bool, what: &str| {
        ds.coords.iter().find(|(n, v)| v.dims().len() == 1 && is(n, v)).ok_or_else(|| {
            Error::not_found("coordinate", what, ds.coords.iter().map(|(n, _)| n))
                .help("areas come from `cell_measures`, or from one-dimensional latitudes and longitudes")
        })
    };
    let (_, lat) = find(is_latitude, "latitude")?;
    // Edges beyond the poles are the poles.
    let sine = |x: f64| x.clamp(-90.0, 90.0).to_radians().sin();
    let bands: Vec<(f64, f64)> = edges(ds, lat)?.into_iter().map(|(a, b)| (sine(a), sine(b))).collect();
    match find(is_longitude, "longitude") {
        Ok((_, lon)) if lon.len() > 1 || lon.attrs.contains("bounds") => {
            let widths: Vec<f64> = edges(ds, lon)?.into_iter().map(|(a, b)| (b - a).abs().to_radians()).collect();
            let area = |i: usize, j: usize| (below(bands[i].1, widths[j]) - below(bands[i].0, widths[j])).abs();
            Ok(Weights::over([&lat.dims()[0], &lon.dims()[0]], [bands.len(), widths.len()], area))
        }
        _ => Ok(Weights::along(&lat.dims()[0], bands.into_iter().map(|(a, b)| (b - a).abs()).collect())),
    }
}

/// The area on the unit sphere between the equator and the edge of a cell at a latitude of this sine, so many radians wide.
///
/// Edges are great circles, as in CDO, whose `fldmean` this is: half the excess of the triangle with the pole has the tangent
/// tan(width / 2) sin(lat). Along parallels it would be width sin(lat), which differs where cells are wide (by 0.03 % at 5 degrees);
/// that is taken from half the globe on, where a great circle is no edge.
fn below(sine: f64, width: f64) -> f64 {
    if width < std::f64::consts::PI { 2.0 * ((width / 2.0).tan() * sine).atan() } else { width * sine }
}

fn days(ds: &Dataset) -> Result<Weights> {
    let time = ds.coords.iter().find(|(n, v)| v.dims().len() == 1 && &*v.dims()[0] == *n && matches!(v.dtype(), DType::Instant { .. }));
    let Some((_, time)) = time else {
        return Err(Error::not_found("time axis", "time", ds.coords.iter().map(|(n, _)| n)).help("`days` are the lengths of its steps"));
    };
    let DType::Instant { unit, calendar, .. } = time.dtype() else { return Err(Error::internal("times that are none")) };
    let day = (unit.per_second() * 86_400) as f64;
    let name = time.attrs.text("bounds").or(time.encoding.attrs.text("bounds"));
    if let Some(bounds) = name.and_then(|b| ds.vars.get(b)).filter(|b| b.shape().len() == 2 && b.shape()[1] == 2) {
        let lengths = numbers(&bounds.load()?)?.chunks_exact(2).map(|c| (c[1] - c[0]).abs() / day).collect();
        return Ok(Weights::along(&time.dims()[0], lengths));
    }
    // Without bounds: the days of the month, as CDO has it for monthly means.
    let array = time.load()?.to_contiguous()?;
    let values = array.as_slice::<i64>().ok_or_else(|| Error::internal("times that are no numbers"))?;
    let month = |x: i64, calendar: Calendar| {
        let (y, m, _) = from_days(calendar, x.div_euclid(unit.per_second() * 86_400));
        (y, m)
    };
    let months: Vec<(i64, u8)> = values.iter().map(|&x| month(x, *calendar)).collect();
    if months.windows(2).any(|w| w[0] == w[1]) {
        return Err(Error::not_found("bounds of", "time", []).help("without bounds only the steps of monthly data have a known length"));
    }
    Ok(Weights::along(&time.dims()[0], months.into_iter().map(|(y, m)| days_in_month(*calendar, y, m) as f64).collect()))
}
