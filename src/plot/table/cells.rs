//! Heatmaps of two columns, and correlations.

use super::*;

impl Table<'_> {
    /// How many rows each pair has, or the mean of a third column.
    pub(super) fn heatmap(&self, x: &str, y: &str) -> Result<Figure> {
        let value = self.options.color.as_deref();
        let agg = self.options.agg.unwrap_or(Agg::Mean);
        let what = match value {
            Some(v) => {
                self.scale(v)?;
                col(v).agg(agg)
            }
            None => lit(1).agg(Agg::Size),
        };
        let found = LazyFrame::scan(self.source.clone()).groupby([x, y]).agg([("\u{1}", what)])?.collect(self.exec)?;
        let columns = found.columns();
        let axis = |i: usize| -> Result<(Vec<String>, Vec<Option<usize>>)> {
            let all = names(&columns[i]);
            // Sorted as the groups are: by the first key they are already.
            let mut order: Vec<usize> = (0..all.len()).collect();
            if i == 1 {
                let numbers = floats(&columns[i]).ok();
                order.sort_by(|&a, &b| match &numbers {
                    Some(n) => n[a].total_cmp(&n[b]),
                    None => natural(all[a].as_ref(), all[b].as_ref()),
                });
            }
            let mut known: indexmap::IndexSet<String> = indexmap::IndexSet::new();
            known.extend(order.iter().map(|&r| all[r].clone().unwrap_or_default()));
            let place = all.iter().map(|n| known.get_index_of(n.as_deref().unwrap_or_default())).collect();
            Ok((known.into_iter().collect(), place))
        };
        let ((names_x, at_x), (mut names_y, at_y)) = (axis(0)?, axis(1)?);
        if names_x.len().max(names_y.len()) > 200 {
            return Err(Error::invalid(format!("{x:?} and {y:?} make {} by {} cells: too many names", names_x.len(), names_y.len()))
                .help("put them into groups first: --with 'NAME = ...'; of two amounts, --kind scatter counts places"));
        }
        let amounts = floats(&columns[2])?;
        let (nx, ny) = (names_x.len(), names_y.len());
        if nx == 0 {
            return Err(Error::invalid(format!("no row has both {x:?} and {y:?}: there is nothing to draw")));
        }
        let mut values = vec![f64::NAN; nx * ny];
        for i in 0..amounts.len() {
            if let (Some(cx), Some(cy)) = (at_x[i], at_y[i]) {
                // The first name stands at the top.
                values[(ny - 1 - cy) * nx + cx] = amounts[i];
            }
        }
        names_y.reverse();
        let range = Range::of(&values);
        let (lo, hi, map) = self.color_range(range.ends().0, range.ends().1)?;
        let label = match value {
            Some(v) => format!("{agg} of {}", self.label(v)?),
            None => "rows".into(),
        };
        let texts = (nx * ny <= 150).then(|| values.iter().map(|v| if v.is_nan() { String::new() } else { short(*v) }).collect());
        let edges = |n: usize| (0..=n).map(|i| i as f64 - 0.5).collect::<Vec<f64>>();
        let cells = Layer::Cells { x: edges(nx), y: edges(ny), values, texts };
        let panel = Panel::new(Axis::names(self.label(x)?, names_x), Axis::names(self.label(y)?, names_y), vec![cells]);
        let mut figure = Figure { panels: vec![panel], title: format!("{label} by {x} and {y}"), ..Figure::default() };
        figure.bar = Some(ColorBar { map, lo, hi, label });
        Ok(figure)
    }

    pub(super) fn correlations(&self) -> Result<Figure> {
        let found = LazyFrame::scan(self.source.clone()).corr(Correlation::Pearson, self.exec)?;
        let labels: Vec<String> = names(&found.columns()[0]).into_iter().flatten().collect();
        let n = labels.len();
        if n > 200 {
            return Err(Error::invalid(format!("{n} numeric columns make too many cells")).help("`select --columns` some of them first"));
        }
        let columns = found.columns()[1..].iter().map(floats).collect::<Result<Vec<_>>>()?;
        let values: Vec<f64> = (0..n).rev().flat_map(|r| columns.iter().map(move |c| c[r])).collect();
        let texts = (n <= 14).then(|| {
            values
                .iter()
                .map(|v| if v.is_nan() { String::new() } else { format!("{:.2}", (v * 100.0).round() / 100.0 + 0.0).replace('-', "−") })
                .collect()
        });
        let edges: Vec<f64> = (0..=n).map(|i| i as f64 - 0.5).collect();
        let cells = Layer::Cells { x: edges.clone(), y: edges, values, texts };
        let down: Vec<String> = labels.iter().rev().cloned().collect();
        let panel = Panel::new(Axis::names("", labels), Axis::names("", down), vec![cells]);
        let map = self.options.cmap.as_deref().map_or(ColorMap::parse("RdBu_r"), ColorMap::parse)?;
        let bar = ColorBar { map, lo: -1.0, hi: 1.0, label: String::new() };
        Ok(Figure { panels: vec![panel], title: "correlations of the numeric columns".into(), bar: Some(bar), ..Figure::default() })
    }
}
