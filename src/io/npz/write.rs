use super::zip::Archive;
use crate::array::{Dataset, Variable};
use crate::error::{Error, ErrorKind, Level, Notices, Place, Result, ResultExt, quoted_list};
use crate::io::Output;
use crate::io::dense::{Order, Target, file_blocks};
use crate::io::npy::{descr, header};
use crate::store::{ChunkGrid, ChunkSink, NdArray};
use indexmap::IndexMap;

/// What is to be written, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NpzWriteOptions {
    /// The variables (`tas`, `ocean/tas`); all, coordinates too, when `None`.
    pub variables: Option<Vec<String>>,
    /// `none`, or `deflate`, `zlib` or `gzip` with a level (`zlib:9`); level 6, as numpy has it, when `None`.
    pub compress: Option<String>,
    /// What stands for missing in types that have no mark for it: integers, booleans, text.
    pub missing_as: Option<String>,
}

/// A variable on its way.
#[derive(Debug)]
struct Member {
    target: Target,
    header: Vec<u8>,
    grid: ChunkGrid,
    /// Elements written so far.
    written: usize,
    replaced: bool,
    collided: bool,
}

/// Writes the variables of a cube as members of an archive, as `numpy.savez_compressed` does: each in C order, one after the other.
#[derive(Debug)]
pub struct NpzSink {
    archive: Archive,
    output: Output,
    members: IndexMap<String, Member>,
    now: Option<usize>,
}

impl NpzSink {
    /// Begins the file. The notices list what npz has no place for: names of dims, attributes, encodings ([`Level::Omitted`]), and
    /// calendars that are not the common one ([`Level::Changed`]). Text is looked through once, for its longest.
    ///
    /// # Errors
    /// Not found, for a variable; unsupported, for types that npy does not hold, and compressions; parse, for a `missing_as` that is no
    /// value of the type.
    pub fn create(output: Output, dataset: &Dataset, options: &NpzWriteOptions) -> Result<(NpzSink, Notices)> {
        let level = level(options.compress.as_deref())?;
        let mut all = Vec::new();
        list(dataset, "", &mut all);
        if let Some(names) = &options.variables {
            let wanted: Vec<&str> = names.iter().map(|n| n.trim_start_matches('/')).collect();
            for name in &wanted {
                if all.iter().all(|(p, _)| p != name) {
                    return Err(Error::not_found("variable", name, all.iter().map(|(p, _)| p.as_str())).at(Place::file(output.target())));
                }
            }
            all.retain(|(p, _)| wanted.contains(&p.as_str()));
        }
        let mut notices = Notices::new();
        left_behind(dataset, &all, &mut notices);
        let mut members = IndexMap::new();
        for (path, variable) in &all {
            let at = || Place { variable: Some(path.clone()), ..Place::file(output.target()) };
            // Times have a mark of their own; a variable of a type that the stand-in is no value of may have nothing missing.
            let missing_as = options.missing_as.as_deref().filter(|_| !is_time(variable));
            let (target, more) = match Target::of(variable, missing_as, true, "npz") {
                Err(e) if e.kind() == ErrorKind::Parse => Target::of(variable, None, true, "npz"),
                other => other,
            }
            .at(at)?;
            notices.extend(more);
            let shape = variable.shape();
            let header = header::format(&descr::text(&target.element).at(at)?, shape).at(at)?;
            let grid = file_blocks(shape, target.element.size(), Order::C);
            members.insert(path.clone(), Member { target, header, grid, written: 0, replaced: false, collided: false });
        }
        let archive = Archive::new(output.open()?, output.target(), level);
        Ok((NpzSink { archive, output, members, now: None }, notices))
    }

    /// Begins a member, after those before it, which have no elements if they have not been begun.
    fn begin(&mut self, number: usize) -> Result<()> {
        let first = self.now.map_or(0, |n| n + 1);
        if self.now.is_some_and(|n| n >= number) {
            return Err(Error::internal("a variable that comes twice"));
        }
        for i in first..=number {
            if let Some(before) = self.now {
                self.complete(before)?;
            }
            let Some((path, member)) = self.members.get_index(i) else { break };
            self.archive.begin(&format!("{path}.npy"))?;
            self.archive.write(&member.header)?;
            self.now = Some(i);
        }
        Ok(())
    }

    fn complete(&self, number: usize) -> Result<()> {
        let Some((path, member)) = self.members.get_index(number) else { return Ok(()) };
        let place = || Place { variable: Some(path.clone()), ..Place::file(self.output.target()) };
        let want: usize = member.grid.shape.iter().product();
        if member.written != want {
            return Err(Error::internal(format!("{} of {want} elements were written", member.written)).at(place()));
        }
        if member.replaced && member.collided {
            return Err(Error::loss("the value that stands for missing is among the values, so that the two could not be told apart")
                .help("choose another with --missing-as")
                .at(place()));
        }
        Ok(())
    }
}

fn is_time(v: &Variable) -> bool {
    use crate::dtype::DType;
    matches!(v.dtype(), DType::Date | DType::Time { .. } | DType::Instant { .. } | DType::Duration { .. })
}

/// zlib's level; none for no compression.
fn level(text: Option<&str>) -> Result<Option<u32>> {
    let Some(text) = text else { return Ok(Some(6)) };
    let (name, level) = text.split_once(':').map_or((text, None), |(n, l)| (n, Some(l)));
    match name {
        "none" => Ok(None),
        "deflate" | "zlib" | "gzip" => match level.map_or(Ok(6), str::parse::<u32>) {
            Ok(level) if level <= 9 => Ok(Some(level)),
            _ => Err(Error::invalid(format!("the level of {text:?} is not between 0 and 9"))),
        },
        "zstd" | "lz4" | "snappy" | "lzf" | "blosc" => {
            Err(Error::unsupported(format!("npz is not written with {name:?}, which numpy does not read")).help("zlib:6 and none are"))
        }
        other => Err(Error::not_found("compression", other, ["none", "deflate", "zlib"])),
    }
}

/// Paths and variables in the order of writing.
fn list<'a>(group: &'a Dataset, prefix: &str, out: &mut Vec<(String, &'a Variable)>) {
    let variables = group.coords.iter().chain(group.vars.iter().map(|(n, v)| (n.as_str(), v)));
    out.extend(variables.map(|(n, v)| (format!("{prefix}{n}"), v)));
    for (name, below) in &group.groups {
        list(below, &format!("{prefix}{name}/"), out);
    }
}

fn left_behind(dataset: &Dataset, all: &[(String, &Variable)], notices: &mut Notices) {
    let mut left = |what: String| notices.push(Level::Omitted, format!("npz has no place for {what}"), Place::default());
    let mut dims: Vec<&str> = Vec::new();
    for d in all.iter().flat_map(|(_, v)| v.dims()) {
        if !d.starts_with("dim_") && !dims.contains(&&**d) {
            dims.push(d);
        }
    }
    if !dims.is_empty() {
        left(format!("the names of the dims: {}", quoted_list(&dims, 8)));
    }
    let with_attrs: Vec<&str> = all.iter().filter(|(_, v)| !v.attrs.is_empty()).map(|(p, _)| p.as_str()).collect();
    if !with_attrs.is_empty() {
        left(format!("attributes of variables: of {}", quoted_list(&with_attrs, 8)));
    }
    if !dataset.attrs.is_empty() {
        let names: Vec<&str> = dataset.attrs.iter().map(|(n, _)| n).collect();
        left(format!("attributes of the file: {}", quoted_list(&names, 5)));
    }
    if all.iter().any(|(_, v)| !v.encoding.attrs.is_empty()) {
        left("the encoding (packing, fill values, units of time)".into());
    }
}

impl ChunkSink for NpzSink {
    fn grid(&self, variable: &str) -> Option<ChunkGrid> {
        self.members.get(variable).map(|m| m.grid.clone())
    }

    fn write(&mut self, variable: &str, start: &[usize], block: &NdArray) -> Result<()> {
        let number =
            self.members.get_index_of(variable).ok_or_else(|| Error::internal(format!("variable {variable:?} is not in the file")))?;
        if self.now != Some(number) {
            self.begin(number)?;
        }
        let place = Place { variable: Some(variable.to_string()), ..Place::file(self.output.target()) };
        let member = &mut self.members[number];
        let shape = &member.grid.shape;
        let position = start.iter().zip(shape).fold(0usize, |at, (s, n)| at * n + s);
        if block.dtype() != member.target.dtype() || block.rank() != shape.len() || position != member.written {
            return Err(Error::internal(format!("a block at {start:?} after {} elements", member.written)).at(place));
        }
        let block = block.to_contiguous()?;
        let (bytes, replaced, collided) = member.target.bytes(&block).map_err(|e| e.at(place))?;
        member.written += block.len();
        member.replaced |= replaced;
        member.collided |= collided;
        self.archive.write(&bytes)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        if let Some(last) = self.members.len().checked_sub(1).filter(|&last| self.now != Some(last)) {
            self.begin(last)?;
        }
        if let Some(now) = self.now {
            self.complete(now)?;
        }
        let NpzSink { archive, output, .. } = *self;
        archive.finish()?;
        output.commit()
    }
}
