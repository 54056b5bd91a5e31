//! Lines of columns over one of them, or over the rows.

use super::*;

impl Table<'_> {
    pub(super) fn lines(&self, x: Option<&str>, y: &[&str]) -> Result<Figure> {
        let (spaced_x, spaced_y) = (self.options.x_spacing(), self.options.y_spacing());
        let scale_x = match x {
            Some(x) => spaced_x.scale(self.scale(x)?, x)?,
            None => spaced_x.scale(Scale::Number, "row")?,
        };
        let mut no_place = 0;
        let by = self.by()?;
        let ys = y.iter().map(|c| self.position(c)).collect::<Result<Vec<_>>>()?;
        let scales_y = y.iter().map(|c| spaced_y.scale(self.scale(c)?, c)).collect::<Result<Vec<_>>>()?;
        let mut wanted = ys.clone();
        let rows_are_x = x.is_none();
        if let Some(x) = x {
            wanted.push(self.position(x)?);
        }
        wanted.extend(by.as_ref().map(|b| b.0));
        let mut groups = Groups::new(MOST_SERIES);
        let mut ranges = vec![Range::default(); ys.len()];
        let mut range_x = Range::default();
        let mut series: Vec<Vec<Line>> = Vec::new();
        let mut few = true;
        // The second pass is needed only for long tables.
        for pass in 0..2 {
            let mut row = 0usize;
            each(self.source, &wanted, self.exec, |columns| {
                let n = columns.first().map_or(0, |c| c.len());
                let mut xs = if rows_are_x { (row..row + n).map(|i| i as f64).collect() } else { floats(&columns[ys.len()])? };
                row += n;
                let keys = match &by {
                    Some((_, bands)) => Some(keys_of(&columns[columns.len() - 1], bands.as_ref())?),
                    None => None,
                };
                let mut values = columns[..ys.len()].iter().map(floats).collect::<Result<Vec<_>>>()?;
                let left = spaced_x.place(&mut xs) + values.iter_mut().map(|v| spaced_y.place(v)).sum::<u64>();
                no_place += if pass == 0 { left } else { 0 };
                for i in 0..n {
                    let group = match &keys {
                        None => 0,
                        Some(keys) => match keys[i].as_ref().and_then(|k| groups.position(k)) {
                            Some(g) => g,
                            None => continue,
                        },
                    };
                    if pass == 0 {
                        range_x.add(xs[i]);
                    }
                    if series.len() <= group {
                        let fresh = || if pass == 0 { Line::default() } else { Line::many(range_x.ends()) };
                        series.resize_with(group + 1, || (0..ys.len()).map(|_| fresh()).collect());
                    }
                    for (c, values) in values.iter().enumerate() {
                        if pass == 0 {
                            ranges[c].add(values[i]);
                            if few {
                                few = series[group][c].few(xs[i], values[i]);
                            }
                        } else {
                            series[group][c].add(xs[i], values[i]);
                        }
                    }
                }
                if !few && pass == 0 {
                    series.clear();
                }
                Ok(())
            })?;
            if few || pass == 1 {
                break;
            }
            groups.left_out = 0;
            series.clear();
        }
        check_some(x.unwrap_or("row"), range_x.count, no_place)?;
        y.iter().zip(&ranges).try_for_each(|(column, range)| check_some(column, range.count, no_place))?;
        let named = by.is_some();
        let name_x = match x {
            Some(x) => self.label(x)?,
            None => "row".into(),
        };
        let mut figure = Figure { columns: 1, ..Figure::default() };
        let together = !named && y.len() > 1 && same_size(&ranges);
        for (c, column) in y.iter().enumerate() {
            let lines: Vec<Layer> = series
                .iter()
                .enumerate()
                .map(|(g, lines)| {
                    let color = Color::Series(if together { c } else { g });
                    Layer::Line { points: lines[c].clone().finish(), color }
                })
                .collect();
            if together && c > 0 {
                let panel = &mut figure.panels[0];
                panel.layers.extend(lines);
                (panel.y.lo, panel.y.hi) = (panel.y.lo.min(ranges[c].ends().0), panel.y.hi.max(ranges[c].ends().1));
                continue;
            }
            let axis_y = Axis::new(if together { String::new() } else { self.label(column)? }, scales_y[c].clone(), ranges[c].ends());
            figure.panels.push(Panel::new(Axis::new(name_x.clone(), scale_x.clone(), range_x.ends()), axis_y, lines));
        }
        figure.shared = figure.panels.len() > 1;
        figure.panels.iter_mut().for_each(|p| p.y = p.y.clone().padded(0.04));
        if figure.shared {
            // Panels one below the other share x only: each has its own y.
            figure.shared = false;
            let last = figure.panels.len() - 1;
            figure.panels[..last].iter_mut().for_each(|p| p.x.label.clear());
        }
        figure.legend = match (named, together) {
            (true, _) => self.legend(&groups),
            (_, true) => y.iter().enumerate().map(|(i, n)| (n.to_string(), Color::Series(i))).collect(),
            _ => Vec::new(),
        };
        figure.title = match y {
            [one] => self.label(one)?,
            many if together => many.join(", "),
            _ => String::new(),
        };
        if let [one] = y
            && named
        {
            figure.title = format!("{} by {}", self.label(one)?, self.options.by.as_deref().unwrap_or_default());
        }
        figure.tell(told(no_place));
        self.tell_left_out(&mut figure, &groups);
        Ok(figure)
    }
}
