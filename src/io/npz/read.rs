use super::archive::{Entry, Method, directory};
use super::member::{Member, first_bytes};
use crate::array::{Data, Dataset, Encoding, Filter, LazyArray, Variable};
use crate::error::{Error, Level, Notices, Place, Result, ResultExt};
use crate::io::dense::{Order, bytes_of, file_blocks, shape_text};
use crate::io::npy::{Header, descr};
use crate::store::Budget;
use bytes::Bytes;
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

/// How an archive is read.
#[derive(Clone, Debug)]
pub struct NpzReadOptions {
    /// Where inflated members are booked.
    pub budget: Budget,
}

impl Default for NpzReadOptions {
    fn default() -> NpzReadOptions {
        NpzReadOptions { budget: Budget::unlimited() }
    }
}

/// Opens an archive as a cube with one variable per member, named as in `numpy.load(..).files`; a slash in a name makes groups.
///
/// * Values are as those of [`npy`](crate::io::npy::open).
/// * The dims of a member are `dim_0`, `dim_1` and so on, by position: members share them as far as their lengths are the same. A
///   member that is longer or shorter along `dim_0` has `dim_0_1` there (the next other length `dim_0_2`), shared in the same way.
/// * Members that are no arrays, or of types that a cube does not hold (pickled objects, records, complex numbers), are left out
///   with a notice of level [`Level::Changed`].
/// * Members are stored, or compressed by deflate (as numpy writes them), bzip2 or LZMA (as Python's `zipfile` can).
/// * The checksum of a member is checked when all of it is read; the first few values of a large one are read without the rest.
///
/// # Errors
/// Io; format, for a damaged archive, or a member whose length is not what its header says; what is wrong with the members, where
/// none can be read.
pub fn open(path: &Path, options: &NpzReadOptions) -> Result<(Dataset, Notices)> {
    let file = crate::io::map(path)?;
    let (entries, twice) = directory(&file).at_file(path)?;
    let (mut dataset, mut notices) = (Dataset::new(), Notices::new());
    if twice {
        notices.warn("the archive has a name twice: the last member of that name is read", Place::file(path));
    }
    let (mut read, mut first) = (0, None);
    for entry in entries.into_iter().filter(|e| !e.folder) {
        let place = Place { file: Some(path.to_path_buf()), ..Place::variable(&entry.name) };
        match variable(&file, path, &entry, options, place.clone()) {
            Ok((names, encoding, member)) => {
                put(&mut dataset, &names, encoding, member).map_err(|e| e.at(place))?;
                read += 1;
            }
            Err(e) if e.kind() == crate::ErrorKind::Unsupported => {
                notices.push(Level::Changed, format!("member {:?} is left out: {}", entry.name, e.message()), Place::file(path));
                first.get_or_insert(e.at(place));
            }
            Err(e) => return Err(e.at(place)),
        }
    }
    match first {
        Some(e) if read == 0 => Err(e),
        _ => Ok((dataset, notices)),
    }
}

/// The path of a member, and its values.
fn variable(file: &Bytes, path: &Path, entry: &Entry, options: &NpzReadOptions, place: Place) -> Result<(Vec<String>, Encoding, Member)> {
    let Some(name) = entry.name.strip_suffix(".npy") else { return Err(Error::unsupported("it is no npy file")) };
    let names: Vec<String> = name.split('/').map(str::to_string).collect();
    if names.iter().any(|n| matches!(n.as_str(), "" | "." | "..")) {
        return Err(Error::unsupported("its name is no name of an array"));
    }
    if entry.encrypted {
        return Err(Error::unsupported("it is encrypted"));
    }
    let mut encoding = Encoding::default();
    match &entry.method {
        Method::Stored => encoding.contiguous = true,
        // The level is not in the file: that of numpy.
        Method::Deflated => encoding.filters.push(Filter::Deflate(6)),
        Method::Bzip2 | Method::Lzma { .. } => {}
        Method::Other(n) => return Err(Error::unsupported(format!("it is compressed as {n}, which numpy does not use"))),
    }
    let header = header(file, entry)?;
    let element = descr::element(&header.descr)?;
    encoding.big_endian = element.big_endian && element.size() > 1;
    encoding.stored_as = element.stored_as();
    let want = bytes_of(&header.shape, element.size());
    if want.and_then(|n| n.checked_add(header.length as u64)) != Some(entry.size) {
        return Err(Error::format(format!(
            "the member has {} bytes, which its header, {} of shape ({}), does not fit",
            entry.size,
            header.descr,
            shape_text(&header.shape)
        ))
        .help("copy the file again")
        .at(place));
    }
    let order = if header.fortran { Order::F } else { Order::C };
    let member = Member {
        file: file.clone(),
        path: path.to_path_buf(),
        entry: entry.clone(),
        header: header.length,
        dtype: element.dtype(),
        grid: file_blocks(&header.shape, element.size(), order),
        element,
        shape: header.shape,
        order,
        budget: options.budget.clone(),
        values: Mutex::new(None),
        looks: AtomicUsize::new(0),
    };
    Ok((names, encoding, member))
}

fn header(file: &Bytes, entry: &Entry) -> Result<Header> {
    let inflate =
        |most| first_bytes(file, entry, most).map_err(|e| Error::format("it does not inflate").help("copy the file again").because(e));
    // Almost every header is short.
    match Header::parse(&inflate(4096)?) {
        Ok(header) => Ok(header),
        Err(_) => Header::parse(&inflate(Header::LONGEST + 12)?),
    }
}

fn put(mut group: &mut Dataset, names: &[String], encoding: Encoding, member: Member) -> Result<()> {
    let Some((name, above)) = names.split_last() else { return Ok(()) };
    for part in above {
        group = group.groups.entry(part.clone()).or_default();
    }
    let dims: Vec<Arc<str>> = member.shape.iter().enumerate().map(|(k, &n)| dim(group, k, n)).collect();
    let data = Data::Lazy(LazyArray::new(Arc::new(member)));
    group.insert(name.clone(), Variable::new(dims, data)?.with_encoding(encoding))
}

/// The dim of the k-th axis of this length.
fn dim(group: &Dataset, k: usize, length: usize) -> Arc<str> {
    let plain = format!("dim_{k}");
    let mut names = std::iter::once(plain.clone()).chain((1..).map(|i| format!("{plain}_{i}")));
    let fits = |n: &String| group.dims.get(n.as_str()).is_none_or(|&m| m == length);
    names.find(fits).unwrap_or(plain).into()
}
