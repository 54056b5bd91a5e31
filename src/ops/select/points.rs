//! Points of a cube along a new dim: one position along several dims each, as stations have.

use super::spots::{Curved, Spot, spots};
use super::{Positions, SelectOptions};
use crate::array::{Data, Dataset, Encoding, LazyArray, Variable};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::label::{Index, Method};
use crate::ops::bridge::enter;
use crate::store::{ChunkGrid, ChunkSource, Column, NdArray, NdBuilder, ReadCost, Selection, Selector, Step};
use arrow::array::UInt64Array;
use rayon::prelude::*;
use std::sync::Arc;

/// A dim and the position of each point along it.
type Along = (Arc<str>, Arc<[usize]>);

impl Dataset {
    /// The cells at points: each has one position along every dim that is named, and all of them come along the new dim `into`, in the
    /// place of the first of those dims. Lazy; each chunk is read once.
    ///
    /// # Errors
    /// Not found, for a dim; shape, for lists of different lengths or a position outside; invalid, where the new dim is there already.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let two = ds.isel_points("station", &[("lat", vec![0, -1]), ("lon", vec![3, 3])])?;
    /// assert_eq!(two.variable("tas")?.shape(), [120, 2]);
    /// assert_eq!(two.variable("lat")?.dims(), two.variable("lon")?.dims());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn isel_points(&self, into: &str, positions: &[(&str, Vec<i64>)]) -> Result<Dataset> {
        let mut along: Vec<Along> = Vec::new();
        for (name, list) in positions {
            let dim = self.dim_named(name)?;
            let selector = Positions::List(list.clone()).selector(dim, self.dims[dim])?;
            along.push((dim.into(), (0..list.len()).map(|i| selector.position(i)).collect()));
        }
        self.at_points(into, along)
    }

    /// The cells at points by their labels, as [`Dataset::isel_points`]: stations with a label along every dim that is named. A latitude
    /// and a longitude with two dims (a curvilinear grid) find the nearest cell by great circles; a tolerance is then in degrees of arc.
    ///
    /// # Errors
    /// Not found, for a dim, or a label that is not there or not within reach; type, for labels of another type; as
    /// [`Dataset::isel_points`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, label::Method, ops::select::SelectOptions};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (lat, lon) = (Column::from(vec![59.33, -33.9]), Column::from(vec![18.07, 151.2]));
    /// let near = SelectOptions { method: Method::Nearest, tolerance: None };
    /// let cities = ds.sel_points("city", &[("lat", lat), ("lon", lon)], &near)?;
    /// assert_eq!(cities.variable("tas")?.shape(), [120, 2]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sel_points(&self, into: &str, labels: &[(&str, Column)], options: &SelectOptions) -> Result<Dataset> {
        let names: Vec<&str> = labels.iter().map(|(n, _)| *n).collect();
        let mut along: Vec<Along> = Vec::new();
        let curved = Curved::of(self, &names)?;
        if let Some((grid, [i, j])) = &curved {
            let (lat, lon) = (&labels[*i].1, &labels[*j].1);
            if lat.len() != lon.len() {
                return Err(Error::shape(format!("{} latitudes and {} longitudes", lat.len(), lon.len())));
            }
            let found = grid.find(lat, lon, options.method, options.tolerance)?;
            let text = |row: usize| format!("{}, {}", lat.scalar(row), lon.scalar(row));
            let (ys, xs): (Vec<Spot>, Vec<Spot>) = found.into_iter().unzip();
            for ((dim, _), found) in grid.dims.iter().zip([ys, xs]) {
                along.push((dim.clone(), reached(&found, &text, dim, options)?));
            }
        }
        for (k, (name, column)) in labels.iter().enumerate() {
            if curved.as_ref().is_some_and(|(_, own)| own.contains(&k)) {
                continue;
            }
            let dim = self.dim_named(name)?;
            let place = || Place { dim: Some(dim.to_string()), ..Place::default() };
            let coord = self.coords.get(dim).ok_or_else(|| Error::invalid(format!("{dim:?} has no labels")).at(place()))?;
            let own = coord.dtype();
            // A list without values has no type to speak of.
            let column =
                if column.is_empty() || own.is_temporal() && column.dtype() != own { &column.cast(own).at(place)? } else { column };
            let text = |row: usize| column.scalar(row).to_string();
            let found = match own {
                DType::Str | DType::Bool => {
                    if options.method != Method::Exact {
                        return Err(Error::wrong_type(format!("{dim:?} has no numbers, of which one is near another")).at(place()));
                    }
                    let rows = self.labels_of(dim)?.indexer(&Index::flat(None, column.clone())).at(place)?;
                    rows.iter().map(|r| r.map_or(Spot::NoLabel, |r| Spot::At(r as usize, false))).collect()
                }
                _ => {
                    if !self.labels_of(dim)?.is_unique() {
                        let e = Error::invalid(format!("a label stands more than once along {dim:?}, so points cannot be found by it"));
                        return Err(e.help("select by position: isel_points").at(place()));
                    }
                    spots(column, self, dim, options.method, options.tolerance).at(place)?
                }
            };
            along.push((dim.into(), reached(&found, &text, dim, options).at(place)?));
        }
        self.at_points(into, along)
    }

    fn at_points(&self, into: &str, along: Vec<Along>) -> Result<Dataset> {
        let Some((first, positions)) = along.first() else { return Err(Error::invalid("no dims of points are named")) };
        if let Some((dim, other)) = along.iter().find(|(_, p)| p.len() != positions.len()) {
            let what = format!("{} positions along {first:?} and {} along {dim:?}", positions.len(), other.len());
            return Err(Error::shape(what).help("a point has one along each"));
        }
        if let Some((i, (dim, _))) = along.iter().enumerate().find(|(i, (d, _))| along[..*i].iter().any(|(e, _)| e == d)) {
            return Err(Error::invalid(format!("the dim {dim:?} is named twice, {} times in all", i + 1)));
        }
        if self.dims.contains_key(into) || self.vars.contains_key(into) || self.coords.contains(into) {
            return Err(Error::invalid(format!("{into:?} is there already")).help("take another name for the dim of the points"));
        }
        let new: Arc<str> = into.into();
        let pick = |v: &Variable| -> Result<Variable> {
            let axes: Vec<(usize, Arc<[usize]>)> =
                (0..v.dims().len()).filter_map(|a| along.iter().find(|(d, _)| *d == v.dims()[a]).map(|(_, p)| (a, p.clone()))).collect();
            let Some(&(at, _)) = axes.first() else { return Ok(v.clone()) };
            let gone: Vec<usize> = axes.iter().map(|(a, _)| *a).collect();
            let dims = (0..v.dims().len())
                .filter(|a| *a == at || !gone.contains(a))
                .map(|a| if a == at { new.clone() } else { v.dims()[a].clone() });
            let dims: Vec<Arc<str>> = dims.collect();
            let data = match Points::new(v, axes) {
                source if v.dims().len() == 1 && matches!(v.data(), Data::Memory(_)) => Data::Memory(source.read(&Selection::all(1))?),
                source => Data::Lazy(LazyArray::new(Arc::new(source))),
            };
            let encoding = Encoding { chunks: None, ..v.encoding.clone() };
            Ok(Variable::new(dims, data)?.with_attrs(v.attrs.clone()).with_encoding(encoding))
        };
        let mut out = Dataset { attrs: self.attrs.clone(), encoding: self.encoding.clone(), groups: self.groups.clone(), ..Dataset::new() };
        let gone = |d: &Arc<str>| along.iter().any(|(a, _)| a == d);
        for (d, &n) in &self.dims {
            match d == first {
                true => drop(out.dims.insert(new.clone(), positions.len())),
                false if gone(d) => {}
                false => drop(out.dims.insert(d.clone(), n)),
            }
        }
        for (name, v) in self.coords.iter() {
            out.insert_coord(name, pick(v).at_variable(name)?)?;
        }
        for (name, v) in &self.vars {
            out.insert(name.as_str(), pick(v).at_variable(name)?)?;
        }
        out.unlimited = self.unlimited.iter().filter(|d| !gone(d)).cloned().collect();
        Ok(out)
    }
}

/// The positions of points that must all have one.
fn reached(found: &[Spot], text: &dyn Fn(usize) -> String, dim: &str, options: &SelectOptions) -> Result<Arc<[usize]>> {
    let one = |(row, spot): (usize, &Spot)| match (spot, options.tolerance) {
        (Spot::At(at, _), _) => Ok(*at),
        (Spot::Missing, _) => Err(Error::invalid(format!("point {row} has no label along {dim:?}"))),
        (Spot::NoDate, _) => Err(Error::new(ErrorKind::NotFound, format!("{} is no date of the calendar of {dim:?}", text(row)))),
        (Spot::NoLabel, Some(near)) => {
            Err(Error::new(ErrorKind::NotFound, format!("no label of {dim:?} is within {near} of {}", text(row))))
        }
        (Spot::NoLabel, None) => {
            let e = Error::new(ErrorKind::NotFound, format!("label {} does not exist along {dim:?}", text(row)));
            Err(if options.method == Method::Exact { e.help("method nearest takes the closest") } else { e })
        }
    };
    found.iter().enumerate().map(one).collect()
}

/// An array at points: some axes are one, which has a position along each of them.
#[derive(Clone, Debug)]
struct Points {
    input: Variable,
    /// The axes that are one, with the positions of all points.
    axes: Vec<(usize, Arc<[usize]>)>,
    shape: Vec<usize>,
}

/// Elements of a block of axes that are one, where the file leaves a choice.
const BLOCK: usize = 1 << 16;

impl Points {
    fn new(input: &Variable, axes: Vec<(usize, Arc<[usize]>)>) -> Points {
        let count = axes.first().map_or(0, |(_, p)| p.len());
        let mut out = Points { input: input.clone(), axes, shape: Vec::new() };
        out.shape = out.outer(input.shape(), count);
        out
    }

    fn at(&self) -> usize {
        self.axes.first().map_or(0, |(a, _)| *a)
    }

    /// Lengths of the input's axes as those of this.
    fn outer(&self, of: &[usize], points: usize) -> Vec<usize> {
        let kept = |a: &usize| *a == self.at() || !self.axes.iter().any(|(x, _)| x == a);
        (0..of.len()).filter(kept).map(|a| if a == self.at() { points } else { of[a] }).collect()
    }

    fn pieces(&self) -> Vec<usize> {
        let mut out = self.input.cost().pieces.unwrap_or_else(|| {
            let mut chunk = self.input.shape().to_vec();
            while self.axes.iter().map(|(a, _)| chunk[*a]).product::<usize>() > BLOCK {
                match self.axes.iter().map(|(a, _)| *a).find(|&a| chunk[a] > 1) {
                    Some(a) => chunk[a] = chunk[a].div_ceil(2),
                    None => break,
                }
            }
            chunk
        });
        out.iter_mut().for_each(|c| *c = (*c).max(1));
        out
    }
}

impl ChunkSource for Points {
    fn made_of(&self) -> (String, Vec<Step>) {
        ("take points".into(), vec![self.input.step()])
    }

    fn dtype(&self) -> &DType {
        self.input.dtype()
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// All points at once: what is near to each other is read together.
    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(&self.shape, &self.outer(&self.input.grid().chunk, self.shape[self.at()].max(1)))
    }

    fn cost(&self) -> ReadCost {
        let cost = self.input.cost();
        ReadCost { pieces: cost.pieces.map(|p| self.outer(&p, self.shape[self.at()].max(1))), in_place: false, ..cost }
    }

    fn place(&self) -> Place {
        self.input.place()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        let at = self.at();
        let wanted = selection.with_all_dims();
        let shape = selection.shape(&self.shape);
        let count = wanted.selectors()[at].count(self.shape[at]).unwrap_or(0);
        // Selectors of the input's other axes, in order.
        let mut rest = wanted.selectors().iter().enumerate().filter(|(i, _)| *i != at).map(|(_, s)| s.clone());
        let one = |a: &usize| self.axes.iter().any(|(x, _)| x == a);
        let own: Vec<Selector> =
            (0..self.input.dims().len()).map(|a| if one(&a) { Selector::All } else { rest.next().unwrap_or(Selector::All) }).collect();
        let others: Vec<usize> = (0..own.len()).filter(|a| !one(a)).collect();
        let lengths: Vec<usize> = others.iter().map(|&a| own[a].count(self.input.shape()[a]).unwrap_or(1)).collect();
        let each: usize = lengths.iter().product();
        if count * each == 0 {
            return match self.dtype() {
                DType::Str => NdArray::from_texts(arrow::array::StringViewArray::new_null(0), &shape),
                dtype => NdBuilder::new(dtype.clone(), &shape)?.finish(),
            };
        }
        // Points by the chunk that they are in, each of which is read once.
        let pieces = self.pieces();
        let point = |i: usize| wanted.selectors()[at].position(i);
        let mut order: Vec<(Vec<usize>, usize)> =
            (0..count).map(|i| (self.axes.iter().map(|(a, p)| p[point(i)] / pieces[*a]).collect(), i)).collect();
        order.sort();
        let runs: Vec<&[(Vec<usize>, usize)]> = order.chunk_by(|a, b| a.0 == b.0).collect();
        let read = |run: &&[(Vec<usize>, usize)]| -> Result<Column> {
            let mut own = own.clone();
            let mut low = Vec::with_capacity(self.axes.len());
            let mut lengths = Vec::with_capacity(self.axes.len());
            for (a, p) in &self.axes {
                let all = || run.iter().map(|(_, i)| p[point(*i)]);
                let (first, last) = (all().min().unwrap_or(0), all().max().unwrap_or(0));
                own[*a] = Selector::span(first, last - first + 1);
                low.push(first);
                lengths.push(last - first + 1);
            }
            let block = self.input.read(&Selection::new(own))?;
            let turned: Vec<usize> = self.axes.iter().map(|(a, _)| *a).chain(others.iter().copied()).collect();
            let values = Column::from_nd(&block.transpose(&turned)?.to_contiguous()?)?;
            let base = |i: usize| self.axes.iter().zip(&low).zip(&lengths).fold(0, |at, (((_, p), l), n)| at * n + p[point(i)] - l);
            let rows: Vec<u64> = run.iter().flat_map(|(_, i)| (base(*i) * each..(base(*i) + 1) * each).map(|x| x as u64)).collect();
            values.take(&rows.into())
        };
        let parts = runs.par_iter().map(read).collect::<Result<Vec<Column>>>()?;
        let mut back = vec![0u64; count];
        order.iter().enumerate().for_each(|(k, (_, i))| back[*i] = k as u64);
        let rows: UInt64Array = back.iter().flat_map(|k| k * each as u64..(k + 1) * each as u64).collect::<Vec<u64>>().into();
        debug_assert_eq!(rows.len(), count * each);
        let all = Column::concat(&parts)?.take(&rows)?;
        let points_first: Vec<usize> = std::iter::once(count).chain(lengths).collect();
        // The points, which come first, to their place.
        let mut axes: Vec<usize> = (1..points_first.len()).collect();
        axes.insert(at, 0);
        enter(&all, &points_first)?.transpose(&axes)?.to_contiguous()?.reshape(&shape)
    }
}
