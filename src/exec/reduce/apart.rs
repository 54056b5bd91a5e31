//! Input that is brought to a temporary file first: where cells hold all their values (medians), few cells are worked on at a time, and each
//! piece of the result would decode the same chunks again.

use super::source::Fate;
use crate::array::Variable;
use crate::dtype::Phys;
use crate::error::{Error, Result};
use crate::exec::ExecOptions;
use crate::exec::cube::rechunked;
use crate::exec::ordered::panic_error;
use std::sync::{Arc, Mutex};

/// So often a chunk is decoded rather than brought to a file.
const MOST_TIMES: usize = 4;

/// The input in chunks of the pieces of the result, made when it is first read.
#[derive(Clone, Debug)]
pub(super) struct Apart {
    chunk: Vec<usize>,
    made: Arc<Mutex<Option<Variable>>>,
}

impl Apart {
    /// For pieces of this size; `None` where the chunks of the input serve as well.
    pub fn of(input: &Variable, fates: &[Fate], size: &[usize]) -> Option<Apart> {
        let pieces = input.cost().pieces.filter(|p| p.len() == size.len())?;
        input.dtype().phys().and_then(Phys::width)?;
        let (n, kept) = (input.shape(), |d: &usize| matches!(fates[*d], Fate::Kept));
        let times: usize = (0..n.len()).filter(kept).map(|d| pieces[d].min(n[d]).div_ceil(size[d].max(1))).product();
        let chunk = (0..n.len()).map(|d| if kept(&d) { size[d] } else { n[d] }).collect();
        (times > MOST_TIMES).then(|| Apart { chunk, made: Arc::default() })
    }

    /// The input in these chunks.
    pub fn input(&self, from: &Variable, options: &ExecOptions) -> Result<Variable> {
        let mut made = self.made.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(made) = &*made {
            return Ok(made.clone());
        }
        // On threads of its own: one of the pool that waits here might take up another piece, which waits for the same file.
        let options = ExecOptions { threads: Some(options.workers()), progress: None, ..options.clone() };
        let work = || {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(options.workers()).build();
            pool.map_err(|e| Error::internal(e.to_string()))?.install(|| rechunked(from, &self.chunk, &options))
        };
        let all = std::thread::scope(|scope| scope.spawn(work).join().unwrap_or_else(|cause| Err(panic_error(cause))))?;
        *made = Some(all.clone());
        Ok(all)
    }
}
