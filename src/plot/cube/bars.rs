//! Bars, histograms and boxes of cubes.

use super::*;

impl Cube<'_> {
    pub(super) fn bars(mut self, dims: &[String]) -> Result<Figure> {
        let x = self.options.x.clone().filter(|x| dims.contains(x)).or_else(|| dims.first().cloned()).unwrap_or_default();
        let others: Vec<String> = self.dims()?.into_iter().filter(|d| *d != x).collect();
        self.averaged(&others)?;
        let labels = self.labels(&x)?;
        if labels.at.len() > 400 {
            return Err(Error::invalid(format!("{} bars along {x:?} are too many", labels.at.len())).help("--kind line draws them"));
        }
        let (values, _booked) = self.load(&[&x])?;
        let spaced = self.options.y_spacing();
        spaced.scale(scale(self.variable()?.dtype()).unwrap_or(Scale::Number), &self.name)?;
        let range = Range::of(values.iter().filter(|v| spaced.at(**v).is_finite()));
        let no_place = values.iter().filter(|v| v.is_finite()).count() as u64 - range.count;
        check_some(&self.name, range.count, no_place)?;
        let bar = |(i, v): (usize, &f64)| Bar {
            x: (i as f64 - 0.4, i as f64 + 0.4),
            y: (spaced.foot(), spaced.at(*v)),
            says: format!("{}: {}", labels.says(labels.at[i]), crate::show::number(*v)),
        };
        let bars = values.iter().enumerate().filter(|v| spaced.at(*v.1).is_finite()).map(bar).collect();
        let names = labels.at.iter().map(|t| labels.says(*t)).collect();
        let axis_x =
            Axis::names(if matches!(labels.axis.scale, Scale::Time(_)) { String::new() } else { labels.axis.label.clone() }, names);
        let axis_y = spaced.of_bars(self.label()?, false, range.ends());
        let panel = Panel::new(axis_x, axis_y, vec![Layer::Bars { bars, color: Color::Series(0) }]);
        self.finish(Figure { panels: vec![panel], note: told(no_place).unwrap_or_default(), ..Figure::default() })
    }

    pub(super) fn hist(self) -> Result<Figure> {
        let v = self.variable()?;
        let (spaced, spaced_counts) = (self.options.x_spacing(), self.options.y_spacing());
        let scale = spaced.scale(scale(v.dtype()).unwrap_or(Scale::Number), &self.name)?;
        let (mut range, mut no_place) = (Range::default(), 0);
        blocks(v, |_, mut values| {
            no_place += spaced.place(&mut values);
            values.iter().for_each(|x| range.add(*x));
            Ok(())
        })?;
        check_some(&self.name, range.count, no_place)?;
        range.whole &= scale != Scale::Log;
        let edges = edges(&range, self.options.bins);
        let mut counts = vec![0u64; edges.len() - 1];
        blocks(v, |_, mut values| {
            spaced.place(&mut values);
            values.iter().filter_map(|x| bin(&edges, *x)).for_each(|b| counts[b] += 1);
            Ok(())
        })?;
        let axis_x = Axis::new(self.label()?, scale, (edges[0], edges[edges.len() - 1]));
        let top = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
        let bars = counts.iter().enumerate().map(|(i, &n)| Bar {
            x: (edges[i], edges[i + 1]),
            y: (spaced_counts.foot(), if n == 0 { spaced_counts.foot() } else { spaced_counts.at(n as f64) }),
            says: format!("{} to {}: {}", axis_x.says(edges[i]), axis_x.says(edges[i + 1]), crate::show::count(n, "value")),
        });
        let layer = Layer::Bars { bars: bars.collect(), color: Color::Series(0) };
        let least = counts.iter().copied().filter(|n| *n > 0).min().unwrap_or(1) as f64;
        let panel = Panel::new(axis_x, spaced_counts.of_bars("values", false, (least, top)), vec![layer]);
        let mut figure = Figure { panels: vec![panel], ..Figure::default() };
        if range.missing > no_place {
            figure.tell(Some(format!("{} missing or not finite", crate::show::count(range.missing - no_place, "value"))));
        }
        figure.tell(told(no_place));
        self.finish(figure)
    }

    /// A box of all values at each label of a dim, by exact quantiles.
    pub(super) fn boxes(self, dims: &[String]) -> Result<Figure> {
        let x = self
            .options
            .x
            .clone()
            .filter(|x| dims.contains(x))
            .or_else(|| dims.iter().find(|d| self.ds.dim_length(d).is_ok_and(|n| n <= 40)).cloned());
        let others: Vec<String> = dims.iter().filter(|d| Some(*d) != x.as_ref()).cloned().collect();
        if let Some(x) = &x
            && (self.ds.dim_length(x)? > 40 || others.is_empty())
        {
            let why = if others.is_empty() {
                format!("each label of {x:?} has one value")
            } else {
                format!("{} boxes along {x:?} are too many", self.ds.dim_length(x)?)
            };
            return Err(Error::invalid(why).help("--kind line or --kind hist draws them; --x DIM names a shorter dim"));
        }
        let at = |name: &str| -> Result<Vec<f64>> {
            let how = Reduction::named(name)?.over(others.clone());
            let (found, _) = self.ds.reduce(&how, self.exec)?;
            floats(&Column::from_nd(&found.variable(&self.name)?.load()?)?)
        };
        let five = ["min", "q0.25", "median", "q0.75", "max"].map(at).into_iter().collect::<Result<Vec<_>>>()?;
        let (names, label_x) = match &x {
            Some(x) => {
                let l = self.labels(x)?;
                (l.at.iter().map(|t| l.says(*t)).collect::<Vec<_>>(), l.axis.label)
            }
            None => (vec![self.name.clone()], String::new()),
        };
        let spaced = self.options.y_spacing();
        let scale = spaced.scale(scale(self.variable()?.dtype()).unwrap_or(Scale::Number), &self.name)?;
        let places: Vec<f64> = five.iter().flatten().map(|v| spaced.at(*v)).collect();
        let range = Range::of(&places);
        let no_place = five.iter().flatten().filter(|v| v.is_finite()).count() as u64 - range.count;
        check_some(&self.name, range.count, no_place)?;
        // What lies below the end of a log axis ends with it.
        let stands = |v: f64| if spaced.at(v).is_nan() { range.lo } else { spaced.at(v) };
        let boxes = (0..names.len()).filter(|&i| five[2].get(i).is_some_and(|m| m.is_finite())).map(|i| {
            let of = [0, 1, 2, 3, 4].map(|q| five[q][i]);
            let n = of.map(crate::show::number);
            FiveNumbers {
                at: i as f64,
                of: of.map(stands),
                beyond: Vec::new(),
                says: format!("{}: median {}, quartiles {} and {}, from {} to {}", names[i], n[2], n[1], n[3], n[0], n[4]),
            }
        });
        let layer = Layer::Boxes { boxes: boxes.collect(), width: 0.5, color: Color::Series(0) };
        let axis_y = Axis::new(self.label()?, scale, range.ends()).padded(0.05);
        let panel = Panel::new(Axis::names(label_x, names), axis_y, vec![layer]);
        let note = "boxes: quartiles and median; whiskers: smallest and largest".to_string();
        let mut figure = Figure { panels: vec![panel], note, ..Figure::default() };
        if no_place > 0 {
            figure.tell(Some("what is zero or less lies below the end of the log axis".into()));
        }
        self.finish(figure)
    }
}
