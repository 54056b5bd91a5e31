//! Points of two columns, on axes or on a map.

use super::*;

impl Table<'_> {
    pub(super) fn scatter(&self, x: &str, y: &str, map: bool) -> Result<Figure> {
        let (at_x, at_y) = (self.position(x)?, self.position(y)?);
        let (spaced_x, spaced_y) = (self.options.x_spacing(), self.options.y_spacing());
        let (scale_x, scale_y) = (spaced_x.scale(self.scale(x)?, x)?, spaced_y.scale(self.scale(y)?, y)?);
        let mut no_place = 0;
        let by = self.by()?;
        let colored = match &self.options.color {
            Some(c) => {
                self.scale(c)?;
                Some(self.position(c)?)
            }
            None => None,
        };
        let wanted: Vec<usize> = [at_x, at_y].into_iter().chain(by.as_ref().map(|b| b.0)).chain(colored).collect();
        let mut groups = Groups::new(MOST_SERIES);
        let (mut range_x, mut range_y, mut range_c) = (Range::default(), Range::default(), Range::default());
        let mut points: Vec<Vec<(f64, f64, f64)>> = vec![Vec::new()];
        let mut clouds: Vec<Cloud> = Vec::new();
        let mut total = 0usize;
        for pass in 0..2 {
            each(self.source, &wanted, self.exec, |columns| {
                let (mut xs, mut ys) = (floats(&columns[0])?, floats(&columns[1])?);
                let left = spaced_x.place(&mut xs) + spaced_y.place(&mut ys);
                no_place += if pass == 0 { left } else { 0 };
                let keys = match &by {
                    Some((_, bands)) => Some(keys_of(&columns[2], bands.as_ref())?),
                    None => None,
                };
                let colors = match colored {
                    Some(_) => Some(floats(&columns[columns.len() - 1])?),
                    None => None,
                };
                for i in 0..xs.len() {
                    if !(xs[i].is_finite() && ys[i].is_finite()) {
                        continue;
                    }
                    let group = match &keys {
                        None => 0,
                        Some(keys) => match keys[i].as_ref().and_then(|k| groups.position(k)) {
                            Some(g) => g,
                            None => continue,
                        },
                    };
                    if pass == 0 {
                        range_x.add(xs[i]);
                        range_y.add(ys[i]);
                        let value = colors.as_ref().map_or(f64::NAN, |c| c[i]);
                        range_c.add(value);
                        total += 1;
                        if total <= MOST_POINTS {
                            if points.len() <= group {
                                points.resize_with(group + 1, Vec::new);
                            }
                            points[group].push((xs[i], ys[i], value));
                        }
                    } else {
                        if clouds.len() <= group {
                            clouds.resize_with(group + 1, || Cloud::new(200, 125, range_x.ends(), range_y.ends()));
                        }
                        clouds[group].add(xs[i], ys[i]);
                    }
                }
                Ok(())
            })?;
            if total <= MOST_POINTS {
                break;
            }
            groups.left_out = 0;
        }
        check_some(x, range_x.count, no_place)?;
        let mut figure = Figure::default();
        let crowded = total > MOST_POINTS;
        let mut layers = Vec::new();
        if crowded && by.is_none() {
            let cloud = &clouds[0];
            let values: Vec<f64> = cloud.counts.iter().map(|&n| if n == 0 { f64::NAN } else { (n as f64).log10() }).collect();
            let most = values.iter().copied().filter(|v| !v.is_nan()).fold(0.0, f64::max);
            let (ex, ey) = cloud.edges();
            // Places without rows are empty, not missing: dots of the colour that counts.
            let middle = |e: &[f64], i: usize| (e[i] + e[i + 1]) / 2.0;
            let marks = values.iter().enumerate().filter(|v| !v.1.is_nan());
            let marks = marks.map(|(i, v)| (middle(&ex, i % cloud.columns), middle(&ey, i / cloud.columns), *v)).collect();
            layers.push(Layer::Marks { points: marks, r: 2.2 });
            figure.bar =
                Some(ColorBar { map: self.map(0.0, most)?, lo: 0.0, hi: most.max(0.1), label: "rows at a place, as power of ten".into() });
            figure.note = format!("{}; colours count those that fall on one place", crate::show::count(total as u64, "row"));
        } else if crowded {
            for (g, cloud) in clouds.iter().enumerate() {
                layers.push(Layer::Dots { points: cloud.middles(), color: Color::Series(g), r: 1.6, opacity: 0.6 });
            }
        } else if colored.is_some() {
            let (lo, hi) = range_c.ends();
            layers.push(Layer::Marks { points: points.concat(), r: 3.0 });
            let (lo, hi, map) = self.color_range(lo, hi)?;
            figure.bar = Some(ColorBar { map, lo, hi, label: self.label(self.options.color.as_deref().unwrap_or_default())? });
        } else {
            let (r, opacity) = if total > 1000 { (2.2, 0.5) } else { (3.0, 0.75) };
            for (g, points) in points.iter().enumerate() {
                let points = points.iter().map(|p| (p.0, p.1)).collect();
                layers.push(Layer::Dots { points, color: Color::Series(g), r, opacity });
            }
        }
        let (scale_x, scale_y) = if map { (Scale::East, Scale::North) } else { (scale_x, scale_y) };
        let axis_x = Axis::new(self.label(x)?, scale_x, range_x.ends()).padded(0.04);
        let axis_y = Axis::new(self.label(y)?, scale_y, range_y.ends()).padded(0.04);
        if map {
            crate::plot::coast::add(self.options.coast.as_deref(), &axis_x, &mut layers)?;
        }
        let mut panel = Panel::new(axis_x, axis_y, layers);
        panel.equal = map;
        figure.panels.push(panel);
        figure.legend = self.legend(&groups);
        figure.title = if map { String::new() } else { format!("{} against {}", self.label(y)?, self.label(x)?) };
        if map {
            figure.title = self.options.color.as_deref().map(|c| self.label(c)).transpose()?.unwrap_or_else(|| "places".into());
        }
        if let Some(by) = self.options.by.as_ref() {
            figure.title += &format!(" by {by}");
        }
        figure.tell(told(no_place));
        self.tell_left_out(&mut figure, &groups);
        Ok(figure)
    }
}
