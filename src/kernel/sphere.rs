//! The nearest of many places on a sphere, by great circles.

/// Places on a sphere, ordered as a tree of which each node splits its part at the median of one of three axes.
#[derive(Clone, Debug)]
pub struct Places {
    points: Vec<[f64; 3]>,
    order: Vec<u32>,
}

/// Degrees as a point on the unit sphere.
fn point(lat: f64, lon: f64) -> [f64; 3] {
    let (lat, lon) = (lat.to_radians(), lon.to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

fn apart(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}

/// The angle in degrees that a squared chord belongs to.
fn arc(chord: f64) -> f64 {
    2.0 * (chord.sqrt() / 2.0).min(1.0).asin().to_degrees()
}

/// The distance of two places in degrees of the great circle through them.
pub fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    arc(apart(&point(a.0, a.1), &point(b.0, b.1)))
}

impl Places {
    /// Places by their latitudes and longitudes in degrees; those that are not known (NaN) are never found.
    pub fn new(lat: &[f64], lon: &[f64]) -> Places {
        let points: Vec<[f64; 3]> = lat.iter().zip(lon).map(|(&a, &o)| point(a, o)).collect();
        let mut order: Vec<u32> = (0..points.len() as u32).filter(|&i| points[i as usize].iter().all(|x| x.is_finite())).collect();
        split(&points, &mut order, 0);
        Places { points, order }
    }

    /// The nearest place and its distance in degrees of arc; the first of several as near.
    pub fn nearest(&self, lat: f64, lon: f64) -> Option<(usize, f64)> {
        let to = point(lat, lon);
        if to.iter().any(|x| !x.is_finite()) {
            return None;
        }
        let mut best = (f64::INFINITY, u32::MAX);
        self.search(&self.order, 0, &to, &mut best);
        (best.1 != u32::MAX).then(|| (best.1 as usize, arc(best.0)))
    }

    fn search(&self, part: &[u32], axis: usize, to: &[f64; 3], best: &mut (f64, u32)) {
        let middle = part.len() / 2;
        let Some(&node) = part.get(middle) else { return };
        let here = &self.points[node as usize];
        let found = (apart(here, to), node);
        if found.0 < best.0 || found.0 == best.0 && found.1 < best.1 {
            *best = found;
        }
        let (low, high) = (&part[..middle], &part[middle + 1..]);
        let away = to[axis] - here[axis];
        let (near, far) = if away < 0.0 { (low, high) } else { (high, low) };
        self.search(near, (axis + 1) % 3, to, best);
        if away * away <= best.0 {
            self.search(far, (axis + 1) % 3, to, best);
        }
    }
}

fn split(points: &[[f64; 3]], part: &mut [u32], axis: usize) {
    if part.len() < 2 {
        return;
    }
    let middle = part.len() / 2;
    let key = |i: &u32| points[*i as usize][axis];
    part.select_nth_unstable_by(middle, |a, b| key(a).total_cmp(&key(b)));
    let (low, high) = part.split_at_mut(middle);
    split(points, low, (axis + 1) % 3);
    split(points, &mut high[1..], (axis + 1) % 3);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_all_is_found_across_the_seam_and_at_the_pole() {
        let at = |i: usize| ((i * 37 % 179) as f64 - 89.0, (i * 53 % 719) as f64 / 2.0);
        let (lat, lon): (Vec<f64>, Vec<f64>) = (0..500).map(at).unzip();
        let places = Places::new(&lat, &lon);
        for i in 0..300 {
            let (a, o) = ((i * 29 % 181) as f64 - 90.0, (i * 31 % 360) as f64 - 180.0);
            let all = (0..500).map(|k| distance((lat[k], lon[k]), (a, o)));
            let least = all.fold(f64::INFINITY, f64::min);
            let (_, found) = places.nearest(a, o).unwrap();
            assert!((found - least).abs() < 1e-9, "{a} {o}: {found} for {least}");
        }
        let few = Places::new(&[0.0, f64::NAN, 0.0], &[359.0, 0.0, 5.0]);
        assert_eq!(few.nearest(0.0, 0.0).unwrap().0, 0);
        assert!(few.nearest(f64::NAN, 0.0).is_none() && Places::new(&[], &[]).nearest(0.0, 0.0).is_none());
        assert!((distance((90.0, 0.0), (0.0, 77.0)) - 90.0).abs() < 1e-9);
    }
}
