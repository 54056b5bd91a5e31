//! Many files as one cube, and many cubes to as many files.

use super::{OpenOptions, SaveOptions, Scanned, Target, check, cube, save};
use crate::array::Dataset;
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::exec::{ExecOptions, Nest, combine_by_coords, combine_nested};
use crate::io::Kind;
use crate::ops::combine::{CombineOptions, concat};
use crate::store::Budget;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is done to each cube before it is joined; the path is that of its file.
pub type Preprocess = Arc<dyn Fn(Dataset, &Path) -> Result<Dataset> + Send + Sync>;

/// How files are put in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// By their coordinates, in whatever order they are named.
    #[default]
    Coords,
    /// As they are listed: along these dims, one for each level of lists; merged, where there is none.
    Nested(Vec<Option<String>>),
    /// As they are listed: along the dim whose labels differ.
    Listed,
}

/// How many files are opened as one cube.
#[derive(Clone, Default)]
pub struct MfOptions {
    /// How they are put in order.
    pub by: By,
    /// How they are put together.
    pub combine: CombineOptions,
    /// What is done to each before.
    pub preprocess: Option<Preprocess>,
    /// How each is read.
    pub open: OpenOptions,
    /// Threads and memory for what has to be compared.
    pub exec: ExecOptions,
}

impl fmt::Debug for MfOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MfOptions { by, combine, preprocess, .. } = self;
        f.debug_struct("MfOptions")
            .field("by", by)
            .field("combine", combine)
            .field("preprocess", &preprocess.is_some())
            .finish_non_exhaustive()
    }
}

impl MfOptions {
    /// Does this to each cube before it is joined.
    pub fn preprocess(mut self, change: impl Fn(Dataset, &Path) -> Result<Dataset> + Send + Sync + 'static) -> MfOptions {
        self.preprocess = Some(Arc::new(change));
        self
    }
}

/// Opens files as one cube: a list, or lists of lists with [`By::Nested`]. Metadata are read by all threads at once, values when they are
/// used.
///
/// # Errors
/// What the readers say, with the file; what `preprocess` says; what does not fit together.
///
/// # Examples
/// ```
/// use hpda_data::{open::{MfOptions, open_mfdataset_with}, store::Selector};
/// let folder = tempfile::tempdir().map_err(|e| hpda_data::Error::io(e, "."))?;
/// let ds = hpda_data::open_dataset("data/climate.nc")?;
/// let paths = [folder.path().join("late.nc"), folder.path().join("early.nc")];
/// ds.isel(&[("time", Selector::span(60, 60))])?.save(&paths[0])?;
/// ds.isel(&[("time", Selector::span(0, 60))])?.save(&paths[1])?;
/// let tropics = MfOptions::default().preprocess(|ds, _| ds.isel(&[("lat", Selector::span(4, 4))]));
/// let (all, _) = open_mfdataset_with(paths.to_vec(), &tropics)?;
/// assert_eq!(all.variable("tas")?.shape(), [120, 4, 18]);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn open_mfdataset_with(paths: impl Into<Nest<PathBuf>>, options: &MfOptions) -> Result<(Dataset, Notices)> {
    let paths: Nest<PathBuf> = paths.into();
    let list: Vec<PathBuf> = paths.pieces().into_iter().cloned().collect();
    if list.is_empty() {
        return Err(Error::invalid("no input"));
    }
    let mut formats = Vec::with_capacity(list.len());
    for path in &list {
        let format = options.open.format_of(path)?;
        if format.kind() == Kind::Table {
            return Err(Error::invalid("a table is no cube").help("`scan` reads several tables as one").at(Place::file(path)));
        }
        formats.push(format);
    }
    let (mut all, mut notices) = cube::each(&list, &formats, &options.open)?;
    if let Some(change) = &options.preprocess {
        all = all.into_iter().zip(&list).map(|(ds, path)| change(ds, path).at_file(path)).collect::<Result<_>>()?;
    }
    let (ds, more) = match &options.by {
        By::Coords if all.len() == 1 => (all.remove(0), Notices::new()),
        By::Coords => combine_by_coords(all, &options.combine, &options.exec)?,
        By::Listed => {
            let how = crate::ops::combine::ConcatOptions { dim: options.open.dim.clone(), ..options.combine.concat("") };
            concat(all, &how)?
        }
        By::Nested(dims) => {
            let names: Vec<Option<&str>> = dims.iter().map(Option::as_deref).collect();
            let nest = paths.filled(&mut all.into_iter()).ok_or_else(|| Error::internal("cubes went while they were opened"))?;
            combine_nested(nest, &names, &options.combine, &options.exec)?
        }
    };
    notices.extend(more);
    Ok((ds, notices))
}

/// Writes cubes to as many files, several at a time, in the formats that their names say.
///
/// # Errors
/// As [`save_mfdataset_with`].
///
/// # Examples
/// ```
/// let folder = tempfile::tempdir().map_err(|e| hpda_data::Error::io(e, "."))?;
/// let ds = hpda_data::open_dataset("data/climate.nc")?;
/// let years = ds.split("time.year")?;
/// let paths: Vec<_> = years.iter().map(|(year, _)| folder.path().join(format!("{year}.nc"))).collect();
/// hpda_data::save_mfdataset(&years.into_iter().map(|(_, ds)| ds).collect::<Vec<_>>(), &paths)?;
/// assert_eq!(hpda_data::open_mfdataset(&paths)?.variable("tas")?.shape(), [120, 12, 18]);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn save_mfdataset<P: AsRef<Path>>(datasets: &[Dataset], paths: &[P]) -> Result<Notices> {
    save_mfdataset_with(datasets, paths, &SaveOptions::default(), &ExecOptions::default())
}

/// As [`save_mfdataset`], with options that hold for every file. The budget is shared among those that are written at the same time.
///
/// # Errors
/// Shape, for another number of paths; invalid, for a path that stands twice; what [`save()`](super::save()) says, of the first file in
/// order: files that were complete by then stay.
pub fn save_mfdataset_with<P: AsRef<Path>>(
    datasets: &[Dataset],
    paths: &[P],
    options: &SaveOptions,
    exec: &ExecOptions,
) -> Result<Notices> {
    if datasets.len() != paths.len() {
        return Err(Error::shape(format!("{} cubes do not go to {} files", datasets.len(), paths.len())));
    }
    let targets: Vec<Target> = paths.iter().map(|p| Target::File(p.as_ref().to_path_buf())).collect();
    for (i, (target, path)) in targets.iter().zip(paths).enumerate() {
        if targets[..i].contains(target) {
            return Err(Error::invalid("two cubes would go to the same file").at(Place::file(path)));
        }
        check(target, options)?;
    }
    let writers = exec.workers().min(targets.len()).max(1);
    let own = ExecOptions { budget: Budget::new((exec.budget.limit() / writers).max(1)), ..exec.clone() };
    let next = AtomicUsize::new(0);
    // Threads of their own: a writer waits for the pool, and one that waited inside it could wait for itself.
    let work = || {
        let mut done = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(target) = targets.get(i) else { return done };
            done.push((i, save(Scanned::Cube(datasets[i].clone()), target, options, &own)));
        }
    };
    let mut all: Vec<(usize, Result<Notices>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..writers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|t| t.join().unwrap_or_default()).collect()
    });
    if all.len() != targets.len() {
        return Err(Error::internal("a thread has gone while files were written"));
    }
    all.sort_by_key(|(i, _)| *i);
    let mut notices = Notices::new();
    for (_, found) in all {
        notices.extend(found?);
    }
    Ok(notices)
}
