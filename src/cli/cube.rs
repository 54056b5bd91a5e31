//! What commands do with a cube that they have made: write it, or show it.

use super::args::OutputArgs;
use super::session::Session;
use super::{head, history, options, session};
use crate::array::Dataset;
use crate::error::{Error, Result};
use crate::exec::ExecOptions;
use crate::exec::reduce::Reduction;
use crate::open::{SaveOptions, Scanned, save};

/// Writes the cube to where the options say, or shows a corner of each variable.
pub fn deliver(ds: Dataset, out: &OutputArgs, session: &Session, exec: &ExecOptions) -> Result<()> {
    match options::destination(out)? {
        None => session::print(&head::corners(&ds, "", None, 12)?),
        Some(target) => {
            let how = SaveOptions { history: history::of(&out.write, &target)?, ..options::writing(&out.write)? };
            let notices = save(Scanned::Cube(ds), &target, &how, exec)?;
            session.tell(&notices)
        }
    }
}

/// The aggregation that a cube's command asks for.
pub fn reduction(op: Option<&str>, agg: &[String], dims: Vec<String>, ddof: Option<u32>) -> Result<Reduction> {
    if let Some(agg) = agg.first() {
        return Err(Error::unsupported(format!("--agg {agg} is for tables")).help("a cube is reduced by --op FN, all variables alike"));
    }
    let op = op.ok_or_else(|| Error::invalid("a cube is reduced by an aggregation").help("name it: --op mean"))?;
    Ok(Reduction { ddof: ddof.unwrap_or(0).into(), dims, ..Reduction::named(op)? })
}

/// Refuses an option that tables do not have.
pub fn only_cubes(option: &str, given: bool) -> Result<()> {
    if given { Err(Error::unsupported(format!("{option} is for cubes, and this is a table"))) } else { Ok(()) }
}

/// `left` or `right`.
pub fn side(name: &str) -> Result<crate::exec::reduce::Side> {
    crate::exec::reduce::Side::parse(name)
}

/// Where bins are counted from.
pub fn origin(name: &str) -> Result<crate::exec::reduce::Origin> {
    crate::exec::reduce::Origin::parse(name)
}
