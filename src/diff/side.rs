//! What can be compared.

use crate::array::{DataArray, Dataset};
use crate::error::{Notices, Result};
use crate::exec::{ExecOptions, MemSource};
use crate::frame::{DataFrame, Series};
use crate::io::{Format, Kind};
use crate::open::{Content, OpenOptions, Opened, Scanned, info, is_stream, scan};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One side of a comparison, not read yet.
#[derive(Clone, Debug)]
pub struct Side {
    /// Its rows or variables.
    pub content: Scanned,
    /// The format of its file; `None` in memory.
    pub format: Option<Format>,
    /// What the file says of how it holds them.
    pub facts: Vec<(String, String)>,
    /// Oddities met when it was opened.
    pub notices: Notices,
}

impl Side {
    /// A file (`-` is standard input).
    ///
    /// # Errors
    /// What the format's reader says.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Side> {
        let mut format = options.format_of(path)?;
        let (content, notices) = scan(&[path.to_path_buf()], options)?;
        // Text says nothing of itself, and streams are read once.
        let mut facts = Vec::new();
        if !format.is_text() && !is_stream(path) {
            facts = match info(path, options, true)?.content {
                Content::Table(t) => t.facts,
                Content::Cube(c) => c.facts,
            };
        }
        // A classic file may be called `.nc` as well.
        if format == Format::Nc && facts.iter().any(|(name, kind)| name == "kind" && !kind.starts_with("netCDF-4")) {
            format = Format::Nc3;
        }
        Ok(Side { content, format: Some(format), facts, notices })
    }

    /// Something in memory.
    fn memory(content: Scanned) -> Side {
        Side { content, format: None, facts: Vec::new(), notices: Notices::new() }
    }

    /// Whether both are of one format, so that the way in which they are held can be compared.
    pub(super) fn is_like(&self, other: &Side) -> bool {
        self.format == other.format
    }

    /// Whether it is a cube.
    pub fn kind(&self) -> Kind {
        match self.content {
            Scanned::Table(_) => Kind::Table,
            Scanned::Cube(_) => Kind::Cube,
        }
    }
}

/// What [`diff`](super::diff()) compares: paths of files, tables, cubes.
pub trait Comparable {
    /// Its side of the comparison.
    ///
    /// # Errors
    /// What the reader of a file says.
    fn side(&self, exec: &ExecOptions) -> Result<Side>;
}

impl Comparable for Side {
    fn side(&self, _exec: &ExecOptions) -> Result<Side> {
        Ok(self.clone())
    }
}

impl Comparable for Path {
    fn side(&self, exec: &ExecOptions) -> Result<Side> {
        Side::open(self, &OpenOptions { budget: Some(exec.budget.clone()), ..OpenOptions::default() })
    }
}

impl Comparable for PathBuf {
    fn side(&self, exec: &ExecOptions) -> Result<Side> {
        self.as_path().side(exec)
    }
}

impl Comparable for str {
    fn side(&self, exec: &ExecOptions) -> Result<Side> {
        Path::new(self).side(exec)
    }
}

impl Comparable for Scanned {
    fn side(&self, _exec: &ExecOptions) -> Result<Side> {
        Ok(Side::memory(self.clone()))
    }
}

impl Comparable for DataFrame {
    fn side(&self, _exec: &ExecOptions) -> Result<Side> {
        Ok(Side::memory(Scanned::Table(Arc::new(MemSource::from_frame(self)?))))
    }
}

impl Comparable for Series {
    fn side(&self, exec: &ExecOptions) -> Result<Side> {
        self.to_frame()?.side(exec)
    }
}

impl Comparable for Dataset {
    fn side(&self, _exec: &ExecOptions) -> Result<Side> {
        Ok(Side::memory(Scanned::Cube(self.clone())))
    }
}

impl Comparable for DataArray {
    fn side(&self, _exec: &ExecOptions) -> Result<Side> {
        let mut ds = Dataset { coords: self.coords.clone(), ..Dataset::new() };
        for (_, coord) in self.coords.iter() {
            ds.dims.extend(coord.dims().iter().cloned().zip(coord.shape().iter().copied()));
        }
        ds.insert(self.name.as_deref().unwrap_or("data"), self.variable.clone())?;
        Ok(Side::memory(Scanned::Cube(ds)))
    }
}

impl Comparable for Opened {
    fn side(&self, exec: &ExecOptions) -> Result<Side> {
        match self {
            Opened::Table(frame) => frame.side(exec),
            Opened::Cube(ds) => ds.side(exec),
        }
    }
}
