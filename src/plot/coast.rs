//! Coast lines and borders from a GeoJSON file.

use super::figure::{Axis, Layer};
use crate::error::{Error, IoResultExt, Place, Result};
use serde_json::Value;
use std::path::Path;

/// So large a file is no outline for a picture.
const MOST_BYTES: u64 = 256 << 20;

/// Lines of a GeoJSON file: lines and the rings of polygons, wherever they are in it.
///
/// # Errors
/// Not found; parse, for a file that is no GeoJSON.
pub(super) fn read(path: &Path) -> Result<Vec<Vec<(f64, f64)>>> {
    let size = std::fs::metadata(path).io_at(path)?.len();
    if size > MOST_BYTES {
        return Err(Error::unsupported(format!("a file of coast lines of {}", crate::show::bytes(size)))
            .help("a coarser outline draws the same picture")
            .at(Place::file(path)));
    }
    let text = std::fs::read(path).io_at(path)?;
    let wrong = |why: String| {
        Error::parse(format!("no GeoJSON: {why}")).help("--coast takes lines or polygons in longitude and latitude").at(Place::file(path))
    };
    let value: Value = serde_json::from_slice(&text).map_err(|e| wrong(e.to_string()))?;
    let mut out = Vec::new();
    gather(&value, 0, &mut out);
    if out.is_empty() {
        return Err(wrong("it has no lines and no polygons".into()));
    }
    Ok(out)
}

fn gather(value: &Value, depth: usize, out: &mut Vec<Vec<(f64, f64)>>) {
    // Collections of collections are legal, endless ones are not meant.
    if depth > 16 {
        return;
    }
    for key in ["features", "geometries"] {
        value.get(key).and_then(Value::as_array).into_iter().flatten().for_each(|v| gather(v, depth + 1, out));
    }
    if let Some(inner) = value.get("geometry") {
        gather(inner, depth + 1, out);
    }
    if let Some(coordinates) = value.get("coordinates") {
        lines(coordinates, 0, out);
    }
}

/// Arrays of points, however deep.
fn lines(value: &Value, depth: usize, out: &mut Vec<Vec<(f64, f64)>>) {
    let Some(items) = value.as_array().filter(|_| depth < 4) else { return };
    let point = |v: &Value| Some((v.get(0)?.as_f64()?, v.get(1)?.as_f64()?));
    let points: Vec<(f64, f64)> = items.iter().filter_map(point).collect();
    if points.len() == items.len() && points.len() > 1 {
        out.push(points);
    } else {
        items.iter().for_each(|v| lines(v, depth + 1, out));
    }
}

/// Adds the lines of a file, at every turn of the globe that the axis shows.
pub(super) fn add(path: Option<&Path>, x: &Axis, layers: &mut Vec<Layer>) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    let lines = read(path)?;
    let mut shown = Vec::new();
    for turn in [-360.0, 0.0, 360.0] {
        for line in &lines {
            let moved: Vec<(f64, f64)> = line.iter().map(|p| (p.0 + turn, p.1)).collect();
            if moved.iter().any(|p| p.0 >= x.lo && p.0 <= x.hi) {
                shown.push(moved);
            }
        }
    }
    layers.push(Layer::Coast(shown));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_rings_are_found_at_any_depth() {
        let text = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","geometry":{"type":"LineString","coordinates":[[0,1],[2,3]]}},
            {"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}},
            {"type":"Feature","geometry":null}]}"#;
        let mut out = Vec::new();
        gather(&serde_json::from_str(text).unwrap(), 0, &mut out);
        assert_eq!(out.iter().map(Vec::len).collect::<Vec<_>>(), [2, 4]);
    }
}
