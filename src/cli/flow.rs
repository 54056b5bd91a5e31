//! Where a command's data comes from and goes to: files, or the steps before and after it in a pipe.

use super::session::Session;
use crate::error::{Error, Result};
use crate::open::Scanned;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What stands for the data of the step before where a command names its input; no shell hands it over as the name of a file.
pub const BEFORE: &str = "[\0]";

/// A command by itself, or as a step of a pipe.
#[derive(Default)]
pub struct Flow(Option<Step>);

struct Step {
    session: Arc<Session>,
    input: RefCell<Option<Scanned>>,
    output: RefCell<Option<Scanned>>,
}

impl Flow {
    /// A step that takes this, in the session of its pipe.
    pub fn step(session: &Arc<Session>, input: Scanned) -> Flow {
        Flow(Some(Step { session: session.clone(), input: RefCell::new(Some(input)), output: RefCell::default() }))
    }

    /// The session of the pipe.
    pub fn session(&self) -> Option<Arc<Session>> {
        self.0.as_ref().map(|step| step.session.clone())
    }

    /// What the step before has made, where these inputs stand for it.
    pub fn take(&self, files: &[PathBuf]) -> Result<Option<Scanned>> {
        let stands = |file: &PathBuf| file == Path::new(BEFORE);
        match (&self.0, files) {
            (Some(step), [file]) if stands(file) => {
                let again =
                    || Error::unsupported("this command reads its input twice, which a step cannot").help("write it to a file first");
                step.input.borrow_mut().take().map(Some).ok_or_else(again)
            }
            (Some(_), files) if files.iter().any(stands) => {
                Err(Error::unsupported("a step takes what the step before has made, and no files beside it")
                    .help("name all files before the first step: `hpda-data pipe a.nc b.nc [ ... ]`"))
            }
            _ => Ok(None),
        }
    }

    /// Hands the result to the next step; gives it back where there is none.
    pub fn pass(&self, made: Scanned) -> Option<Scanned> {
        match &self.0 {
            Some(step) => {
                step.output.replace(Some(made));
                None
            }
            None => Some(made),
        }
    }

    /// What the step has made.
    pub fn into_output(self) -> Result<Scanned> {
        self.0.and_then(|step| step.output.into_inner()).ok_or_else(|| Error::internal("a step that has made nothing"))
    }
}
