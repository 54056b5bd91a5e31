//! Cubes on their way into Zarr stores.

use super::SaveOptions;
use super::save::known_dims;
use crate::array::{Data, Dataset};
use crate::coding::{self, EncodeOptions};
use crate::dtype::DType;
use crate::error::{Error, Notices, Result};
use crate::exec::ExecOptions;
use crate::io::OutputFolder;
use crate::io::zarr::{ZarrSink, ZarrWriteOptions, is_store, parse_compress};
use std::path::Path;

const KIND: &str = "a Zarr store";

/// Whether a store may be made here.
///
/// # Errors
/// Exists; invalid, for a target that is something else.
pub(super) fn check(path: &Path, options: &SaveOptions) -> Result<()> {
    crate::io::may_replace(path, options.overwrite, KIND, is_store)
}

/// An encoded cube and the store that takes it.
pub(super) fn sink(ds: &Dataset, path: &Path, options: &SaveOptions, exec: &ExecOptions) -> Result<(Dataset, ZarrSink, Notices)> {
    let chosen = match &options.vars {
        Some(names) => super::cube::only(ds, names)?,
        None => ds.clone(),
    };
    let (mut encoded, mut notices) = coding::encode_with(&texts(&chosen)?, &EncodeOptions { pack: options.pack.clone() })?;
    booleans(&chosen, &mut encoded)?;
    known_dims(&encoded, &options.chunks, "--chunks")?;
    known_dims(&encoded, &options.shards, "--shards")?;
    let how = ZarrWriteOptions {
        chunks: options.chunks.clone(),
        shards: options.shards.clone(),
        codecs: options.compress.as_deref().map(parse_compress).transpose()?,
        budget: exec.budget.clone(),
    };
    let output = OutputFolder::create(path, options.overwrite, KIND, is_store)?;
    let (sink, more) = ZarrSink::create(output, &encoded, &how)?;
    notices.extend(more);
    Ok((encoded, sink, notices))
}

/// Texts that were rows of characters in another format are texts here.
fn texts(ds: &Dataset) -> Result<Dataset> {
    let mut out = ds.clone();
    let plain = |e: &mut crate::array::Encoding| (e.char_dim, e.char_len) = (None, None);
    let coords: Vec<String> = ds.coords.iter().filter(|(_, v)| v.encoding.char_dim.is_some()).map(|(n, _)| n.to_string()).collect();
    for name in coords {
        if let Some(mut v) = ds.coords.get(&name).cloned().filter(|v| *v.dtype() == DType::Str) {
            plain(&mut v.encoding);
            out.insert_coord(name, v)?;
        }
    }
    out.vars.values_mut().filter(|v| *v.dtype() == DType::Str).for_each(|v| plain(&mut v.encoding));
    for group in out.groups.values_mut() {
        *group = texts(group)?;
    }
    Ok(out)
}

/// Booleans are held as such, not as numbers with a mark.
fn booleans(clean: &Dataset, encoded: &mut Dataset) -> Result<()> {
    let all = clean.coords.iter().chain(clean.vars.iter().map(|(n, v)| (n.as_str(), v)));
    for (name, v) in all.filter(|(_, v)| *v.dtype() == DType::Bool) {
        // Missing ones take a number that stands for them.
        if matches!(v.data(), Data::Memory(a) if a.has_valid()) {
            continue;
        }
        let held = encoded.vars.get_mut(name).ok_or_else(|| Error::internal("a variable is gone"))?;
        *held = held.with_data(v.data().clone())?;
        held.attrs.remove("dtype");
        held.encoding.dtype = Some(DType::Bool);
    }
    for (name, group) in &clean.groups {
        if let Some(encoded) = encoded.groups.get_mut(name) {
            booleans(group, encoded)?;
        }
    }
    Ok(())
}
