//! Two variables of a cube beside each other.

use super::*;

/// One variable against another, value by value.
pub(super) fn against(ds: &Dataset, x: &str, y: &str, options: &PlotOptions, exec: &ExecOptions) -> Result<Figure> {
    if let Some(kind) = options.kind.filter(|k| *k != Kind::Scatter) {
        return Err(Error::invalid(format!("{x:?} and {y:?} are both variables, which --kind {} does not take", kind.name()))
            .help("--kind scatter does"));
    }
    let (vx, vy) = (ds.variable(x)?, ds.variable(y)?);
    let (spaced_x, spaced_y) = (options.x_spacing(), options.y_spacing());
    let scale_of = |spacing: Spacing, n: &str, v: &Variable| spacing.scale(scale(v.dtype()).unwrap_or(Scale::Number), n);
    let (scale_x, scale_y) = (scale_of(spaced_x, x, vx)?, scale_of(spaced_y, y, vy)?);
    let mut no_place = 0;
    if vx.dims() != vy.dims() {
        let of = |v: &Variable| v.dims().iter().map(|d| d.to_string()).collect::<Vec<_>>().join(", ");
        return Err(Error::shape(format!("{x:?} has the dims ({}), {y:?} has ({})", of(vx), of(vy)))
            .help("a scatter takes variables of the same dims"));
    }
    let _booked = exec.budget.reserve(BLOCK * 32, "the values of a picture")?;
    let mut points: Vec<(f64, f64)> = Vec::new();
    let mut cloud: Option<Cloud> = None;
    let (mut range_x, mut range_y) = (Range::default(), Range::default());
    let mut total = 0usize;
    for pass in 0..2 {
        // Both in the pieces of the first, so that values meet.
        let shape = vx.shape().to_vec();
        let inner: usize = shape.iter().skip(1).product::<usize>().max(1);
        let rows = (BLOCK / inner).max(1);
        let mut start = 0;
        while start < shape.first().copied().unwrap_or(1) {
            let selection = match shape.first() {
                None => Selection::all(0),
                Some(&n) => {
                    let mut s = vec![Selector::All; shape.len()];
                    s[0] = Selector::span(start, rows.min(n - start));
                    Selection::new(s)
                }
            };
            let (mut a, mut b) = (floats(&Column::from_nd(&vx.read(&selection)?)?)?, floats(&Column::from_nd(&vy.read(&selection)?)?)?);
            let left = spaced_x.place(&mut a) + spaced_y.place(&mut b);
            no_place += if pass == 0 { left } else { 0 };
            for (a, b) in a.into_iter().zip(b).filter(|p| p.0.is_finite() && p.1.is_finite()) {
                match &mut cloud {
                    Some(cloud) => cloud.add(a, b),
                    None => {
                        range_x.add(a);
                        range_y.add(b);
                        total += 1;
                        if total <= MOST_POINTS {
                            points.push((a, b));
                        }
                    }
                }
            }
            start += rows;
        }
        if total <= MOST_POINTS || pass == 1 {
            break;
        }
        cloud = Some(Cloud::new(200, 125, range_x.ends(), range_y.ends()));
    }
    check_some(x, range_x.count, no_place)?;
    let axis = |n: &str, v: &Variable, scale: Scale, r: Range| Axis::new(label(n, &v.attrs), scale, r.ends()).padded(0.04);
    let mut figure = Figure { title: format!("{y} against {x}"), note: told(no_place).unwrap_or_default(), ..Figure::default() };
    let layer = match cloud {
        None => Layer::Dots { points, color: Color::Series(0), r: 2.6, opacity: 0.6 },
        Some(cloud) => {
            let (ex, ey) = cloud.edges();
            let middle = |e: &[f64], i: usize| (e[i] + e[i + 1]) / 2.0;
            let there = cloud.counts.iter().enumerate().filter(|c| *c.1 > 0);
            let points: Vec<(f64, f64, f64)> =
                there.map(|(i, n)| (middle(&ex, i % cloud.columns), middle(&ey, i / cloud.columns), (*n as f64).log10())).collect();
            let hi = points.iter().map(|p| p.2).fold(0.1, f64::max);
            let map = options.cmap.as_deref().map_or(Ok(ColorMap::of_range(0.0, hi)), ColorMap::parse)?;
            figure.bar = Some(ColorBar { map, lo: 0.0, hi, label: "values at a place, as power of ten".into() });
            Layer::Marks { points, r: 2.2 }
        }
    };
    figure.panels.push(Panel::new(axis(x, vx, scale_x, range_x), axis(y, vy, scale_y, range_y), vec![layer]));
    if let Some(title) = &options.title {
        figure.title = title.clone();
    }
    share_axes(&mut figure.panels);
    Ok(figure)
}
