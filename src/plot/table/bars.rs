//! Bars, histograms and boxes.

use super::*;

impl Table<'_> {
    pub(super) fn hist(&self, columns: &[&str]) -> Result<Figure> {
        if columns.len() > 1 && self.options.by.is_some() {
            return Err(Error::invalid("a histogram by groups is of one column").help(format!("--x {}", columns[0])));
        }
        let mut figure = Figure::default();
        for column in columns {
            let (panels, groups, no_place) = self.hist_of(column)?;
            let many = panels.len() > 1;
            for panel in panels {
                figure.panels.push(if columns.len() > 1 { panel.titled(self.label(column)?) } else { panel });
            }
            figure.shared |= many;
            if !many {
                figure.legend = self.legend(&groups);
            }
            figure.tell(told(no_place));
            self.tell_left_out(&mut figure, &groups);
            figure.title = match &self.options.by {
                Some(by) => format!("{} by {by}", self.label(column)?),
                None if columns.len() == 1 => self.label(column)?,
                None => String::new(),
            };
        }
        Ok(figure)
    }

    /// Panels, groups, and how many values have no place on a log axis.
    pub(super) fn hist_of(&self, column: &str) -> Result<(Vec<Panel>, Groups, u64)> {
        let at = self.position(column)?;
        let (spaced, spaced_rows) = (self.options.x_spacing(), self.options.y_spacing());
        let scale = spaced.scale(self.scale(column)?, column)?;
        let by = self.by()?;
        let (mut range, mut no_place) = (Range::default(), 0);
        each(self.source, &[at], self.exec, |c| {
            let mut values = floats(&c[0])?;
            no_place += spaced.place(&mut values);
            values.iter().for_each(|x| range.add(*x));
            Ok(())
        })?;
        check_some(column, range.count, no_place)?;
        range.whole &= scale != Scale::Log;
        let edges = edges(&range, self.options.bins);
        let mut groups = Groups::new(MOST_SERIES);
        let mut counts: Vec<Vec<u64>> = vec![vec![0; edges.len() - 1]];
        let wanted: Vec<usize> = std::iter::once(at).chain(by.as_ref().map(|b| b.0)).collect();
        each(self.source, &wanted, self.exec, |c| {
            let mut values = floats(&c[0])?;
            spaced.place(&mut values);
            let keys = match &by {
                Some((_, bands)) => Some(keys_of(&c[1], bands.as_ref())?),
                None => None,
            };
            for (i, bin) in values.iter().enumerate().filter_map(|(i, x)| Some((i, bin(&edges, *x)?))) {
                let group = match &keys {
                    None => 0,
                    Some(keys) => match keys[i].as_ref().and_then(|k| groups.position(k)) {
                        Some(g) => g,
                        None => continue,
                    },
                };
                if counts.len() <= group {
                    counts.resize_with(group + 1, || vec![0; edges.len() - 1]);
                }
                counts[group][bin] += 1;
            }
            Ok(())
        })?;
        // Groups in their own order, not that of the rows.
        let mut order: Vec<usize> = (0..counts.len()).collect();
        match by.as_ref().and_then(|b| b.1.as_ref()) {
            Some((_, bands)) => order.sort_by_key(|&g| bands.iter().position(|b| Some(b) == groups.names.get_index(g))),
            None => order.sort_by(|&a, &b| natural(groups.names.get_index(a), groups.names.get_index(b))),
        }
        groups.names = order.iter().filter_map(|&g| groups.names.get_index(g).cloned()).collect();
        let counts: Vec<&Vec<u64>> = order.iter().map(|&g| &counts[g]).collect();
        let top = counts.iter().flat_map(|c| c.iter()).copied().max().unwrap_or(0).max(1) as f64;
        let each = range.whole && scale == Scale::Number && edges[1] - edges[0] == 1.0;
        let scale = if each { Scale::Whole } else { scale };
        let axis_x = || Axis::new(self.label(column).unwrap_or_default(), scale.clone(), (edges[0], edges[edges.len() - 1]));
        let least = counts.iter().flat_map(|c| c.iter()).copied().filter(|n| *n > 0).min().unwrap_or(1) as f64;
        let axis_y = spaced_rows.of_bars("rows", true, (least, top));
        let says = |i: usize, n: u64| {
            let a = axis_x();
            let place = if each { a.says(edges[i] + 0.5) } else { format!("{} to {}", a.says(edges[i]), a.says(edges[i + 1])) };
            format!("{place}: {}", crate::show::count(n, "row"))
        };
        let bars = |g: usize, part: usize, parts: usize| -> Vec<Bar> {
            let one = |(i, &n): (usize, &u64)| {
                let w = edges[i + 1] - edges[i];
                // Groups stand side by side within nine tenths of a bin.
                let (from, step) = if parts == 1 { (0.0, 1.0) } else { (0.05, 0.9 / parts as f64) };
                let x = (edges[i] + w * (from + part as f64 * step), edges[i] + w * (from + (part + 1) as f64 * step));
                let top = if n == 0 { spaced_rows.foot() } else { spaced_rows.at(n as f64) };
                Bar { x, y: (spaced_rows.foot(), top), says: says(i, n) }
            };
            counts[g].iter().enumerate().map(one).collect()
        };
        let n = counts.len();
        let panels = if n * (edges.len() - 1) <= 60 {
            let layers = (0..n).map(|g| Layer::Bars { bars: bars(g, g, n), color: Color::Series(g) }).collect();
            vec![Panel::new(axis_x(), axis_y, layers)]
        } else {
            let one = |g: usize| {
                let layers = vec![Layer::Bars { bars: bars(g, 0, 1), color: Color::Series(g) }];
                Panel::new(axis_x(), axis_y.clone(), layers).titled(groups.names.get_index(g).cloned().unwrap_or_default())
            };
            (0..n).map(one).collect()
        };
        Ok((panels, groups, no_place))
    }

    pub(super) fn bars(&self, x: Option<&str>, y: &[&str]) -> Result<Figure> {
        let x = x.ok_or_else(|| Error::invalid("bars stand over names").help("name the column: --x COLUMN"))?;
        let at = self.position(x)?;
        let dtype = self.source.schema().fields[at].dtype.clone();
        let spaced = self.options.y_spacing();
        let mut no_place = 0;
        y.iter().try_for_each(|c| spaced.scale(self.scale(c)?, c).map(drop))?;
        let by = self.options.by.as_deref();
        if let Some(by) = by {
            self.position(by)?;
        }
        let keys: Vec<&str> = std::iter::once(x).chain(by).collect();
        let mut aggs = vec![("rows".to_string(), lit(1).agg(Agg::Size))];
        let asked = self.options.agg;
        for (i, c) in y.iter().enumerate() {
            aggs.push((format!("{i} value"), col(*c).agg(asked.unwrap_or(Agg::Mean))));
        }
        let order = if is_name(&dtype) && !y.is_empty() && dtype != crate::dtype::DType::Bool {
            GroupOrder::Appearance
        } else {
            GroupOrder::Sorted
        };
        let counted = aggs.into_iter().map(|(n, e)| (format!("\u{1}{n}"), e));
        let found = LazyFrame::scan(self.source.clone()).groupby(keys.clone()).order(order).agg(counted)?.collect(self.exec)?;
        let columns = found.columns();
        let name_x = names(&columns[0]);
        let name_by = if by.is_some() { names(&columns[1]) } else { vec![Some(String::new()); name_x.len()] };
        let rows = floats(&columns[keys.len()])?;
        let values = columns[keys.len() + 1..].iter().map(floats).collect::<Result<Vec<_>>>()?;
        // Amounts by name; of counts the largest first.
        let mut totals: indexmap::IndexMap<String, f64> = indexmap::IndexMap::new();
        for (name, n) in name_x.iter().zip(&rows) {
            *totals.entry(name.clone().unwrap_or_default()).or_default() += n;
        }
        if y.is_empty() && matches!(dtype, crate::dtype::DType::Str | crate::dtype::DType::Categorical { ordered: false }) {
            totals.sort_by(|a, x, b, y| y.total_cmp(x).then_with(|| a.cmp(b)));
        }
        let all = totals.len();
        totals.truncate(MOST_NAMES);
        let mut groups = Groups::new(MOST_SERIES);
        for name in name_by.iter().flatten() {
            groups.position(name);
        }
        groups.names.sort_by(|a, b| natural(Some(a), Some(b)));
        let single = rows.iter().all(|n| *n <= 1.0);
        let mut figure = Figure::default();
        let what: Vec<Option<usize>> = if y.is_empty() { vec![None] } else { (0..y.len()).map(Some).collect() };
        for item in what {
            let amounts = item.map_or(&rows, |i| &values[i]);
            let left = amounts.iter().filter(|a| a.is_finite() && !spaced.at(**a).is_finite()).count() as u64;
            let range = Range::of(amounts.iter().filter(|a| spaced.at(**a).is_finite()));
            check_some(item.map_or("rows", |i| y[i]), range.count, left)?;
            no_place += left;
            let (lo, hi) = range.ends();
            let label = match item {
                None => "rows".to_string(),
                Some(i) if single && asked.is_none() => self.label(y[i])?,
                Some(i) => format!("{} of {}", asked.unwrap_or(Agg::Mean), self.label(y[i])?),
            };
            let n = groups.names.len().max(1);
            let mut layers = Vec::new();
            for g in 0..n {
                let mut bars = Vec::new();
                for (i, amount) in amounts.iter().enumerate().filter(|a| spaced.at(*a.1).is_finite()) {
                    let key = name_x[i].clone().unwrap_or_default();
                    let Some(place) = totals.get_index_of(&key) else { continue };
                    if groups.names.get_index_of(name_by[i].as_deref().unwrap_or_default()) != Some(g) {
                        continue;
                    }
                    let (from, w) = (place as f64 - 0.4, 0.8 / n as f64);
                    let group = name_by[i].as_deref().filter(|n| !n.is_empty()).map(|n| format!(", {n}")).unwrap_or_default();
                    bars.push(Bar {
                        x: (from + g as f64 * w, from + (g + 1) as f64 * w),
                        y: (spaced.foot(), spaced.at(*amount)),
                        says: format!("{key}{group}: {}", crate::show::number(*amount)),
                    });
                }
                layers.push(Layer::Bars { bars, color: Color::Series(g) });
            }
            let axis_y = spaced.of_bars(label.clone(), item.is_none(), (lo, hi));
            let axis_x = Axis::names(self.label(x)?, totals.keys().cloned().collect());
            let axis_y = if axis_y.hi <= axis_y.lo { Axis { hi: 1.0, ..axis_y } } else { axis_y };
            let panel = Panel::new(axis_x, axis_y, layers);
            if y.len() < 2 {
                let words = if item.is_none() { format!("rows by {x}") } else { format!("{label} by {x}") };
                figure.title = by.map_or(words.clone(), |b| format!("{words} and {b}"));
                figure.panels.push(panel);
            } else {
                figure.panels.push(panel.titled(label));
            }
        }
        if by.is_some() {
            figure.legend = self.legend(&groups);
        }
        figure.tell(told(no_place));
        if all > MOST_NAMES {
            figure.tell(Some(format!("the first {MOST_NAMES} of {}", crate::show::count(all as u64, "name"))));
        }
        Ok(figure)
    }

    pub(super) fn boxes(&self, x: Option<&str>, y: &[&str]) -> Result<Figure> {
        let x = x.or(self.options.by.as_deref());
        let mut figure = Figure::default();
        let spaced = self.options.y_spacing();
        let mut no_place = 0;
        for column in y {
            let scale = spaced.scale(self.scale(column)?, column)?;
            let at = self.position(column)?;
            let key = x.map(|x| self.position(x)).transpose()?;
            let lazy = LazyFrame::scan(self.source.clone());
            let v = || col(*column);
            let wanted = [
                ("q1", v().agg(Agg::Quantile(0.25))),
                ("q2", v().agg(Agg::Median)),
                ("q3", v().agg(Agg::Quantile(0.75))),
                ("n", v().agg(Agg::Count)),
            ];
            let wanted = wanted.map(|(n, e)| (format!("\u{1}{n}"), e));
            let found = match x {
                Some(x) => lazy.groupby([x]).agg(wanted)?.collect(self.exec)?,
                None => lazy.aggregate(wanted, self.exec)?,
            };
            let skip = x.is_some() as usize;
            let keys = if skip == 1 { names(&found.columns()[0]) } else { vec![Some(column.to_string())] };
            let q = found.columns()[skip..].iter().map(floats).collect::<Result<Vec<_>>>()?;
            let there: Vec<usize> = (0..keys.len()).filter(|&i| q[3][i] > 0.0).take(MOST_NAMES).collect();
            let all = keys.len();
            // Of all values, those that have no place on a log axis too. Whiskers reach to the last value within one and a half times the distance of the quartiles.
            let mut of: Vec<([f64; 5], Vec<f64>)> =
                there.iter().map(|&i| ([q[0][i], q[0][i], q[1][i], q[2][i], q[2][i]], Vec::new())).collect();
            let place: indexmap::IndexMap<String, usize> =
                there.iter().enumerate().map(|(p, &i)| (keys[i].clone().unwrap_or_default(), p)).collect();
            let wanted: Vec<usize> = std::iter::once(at).chain(key).collect();
            let mut range = Range::default();
            each(self.source, &wanted, self.exec, |c| {
                let values = floats(&c[0])?;
                let keys = c.get(1).map(names);
                for (i, x) in values.iter().enumerate().filter(|x| x.1.is_finite()) {
                    let p = match &keys {
                        Some(keys) => keys[i].as_ref().and_then(|k| place.get(k)).copied(),
                        None => Some(0),
                    };
                    let Some((five, beyond)) = p.and_then(|p| of.get_mut(p)) else { continue };
                    range.add(spaced.at(*x));
                    let reach = 1.5 * (five[3] - five[1]);
                    if *x < five[1] - reach || *x > five[3] + reach {
                        if beyond.len() < 200 {
                            beyond.push(*x);
                        }
                    } else {
                        (five[0], five[4]) = (five[0].min(*x), five[4].max(*x));
                    }
                }
                Ok(())
            })?;
            check_some(column, range.count, range.missing)?;
            no_place += range.missing;
            let axis_y = Axis::new(self.label(column)?, scale, range.ends()).padded(0.05);
            let shown_as = |v: f64| if axis_y.scale == Scale::Log { crate::show::number(v) } else { axis_y.says(v) };
            // What lies below the end of a log axis ends with it.
            let stands = |v: f64| if spaced.at(v).is_nan() { axis_y.lo } else { spaced.at(v) };
            let shown: Vec<String> = place.keys().cloned().collect();
            let boxes = of.into_iter().enumerate().map(|(p, (five, beyond))| {
                let n = five.map(shown_as);
                let says = format!("{}: median {}, quartiles {} and {}, whiskers {} and {}", shown[p], n[2], n[1], n[3], n[0], n[4]);
                FiveNumbers { at: p as f64, of: five.map(stands), beyond: beyond.into_iter().map(|v| spaced.at(v)).collect(), says }
            });
            let layer = Layer::Boxes { boxes: boxes.collect(), width: 0.5, color: Color::Series(0) };
            let axis_x = Axis::names(x.map(|x| self.label(x)).transpose()?.unwrap_or_default(), shown.clone());
            let panel = Panel::new(axis_x, axis_y, vec![layer]);
            figure.panels.push(if y.len() > 1 { panel.titled(self.label(column)?) } else { panel });
            if all > MOST_NAMES {
                figure.note = format!("the first {MOST_NAMES} of {}", crate::show::count(all as u64, "name"));
            }
        }
        figure.tell(told(no_place));
        figure.title = match (y, x) {
            ([one], Some(x)) => format!("{} by {x}", self.label(one)?),
            ([one], None) => self.label(one)?,
            _ => String::new(),
        };
        Ok(figure)
    }

    /// The commonest names of a column as bars, if names repeat.
    pub(super) fn commonest(&self, column: &str) -> Result<Option<Panel>> {
        const MOST: usize = 8;
        let counted = LazyFrame::scan(self.source.clone()).groupby([column]).agg([("\u{1}", lit(1).agg(Agg::Size))])?;
        let found = counted.sort([crate::plan::desc("\u{1}")])?.collect(self.exec)?;
        let (keys, counts) = (names(&found.columns()[0]), floats(&found.columns()[1])?);
        let total: f64 = counts.iter().sum();
        if counts.is_empty() || total < 1.5 * counts.len() as f64 && counts.len() > MOST || counts[0] < 1.5 && counts.len() > MOST {
            return Ok(None);
        }
        let shown: Vec<String> = keys.iter().take(MOST).map(|k| k.clone().unwrap_or_default()).collect();
        let bars = shown.iter().zip(&counts).enumerate().map(|(i, (k, n))| Bar {
            x: (i as f64 - 0.4, i as f64 + 0.4),
            y: (0.0, *n),
            says: format!("{k}: {}", crate::show::count(*n as u64, "row")),
        });
        let layer = Layer::Bars { bars: bars.collect(), color: Color::Series(0) };
        let top = counts[0].max(1.0) * 1.04;
        let panel = Panel::new(Axis::names("", shown), Axis::new("", Scale::Number, (0.0, top)), vec![layer]);
        let more = if counts.len() > MOST { format!(", the commonest of {}", counts.len()) } else { String::new() };
        Ok(Some(panel.titled(format!("{}{more}", self.label(column)?))))
    }
}
