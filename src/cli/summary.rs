//! `summary FILE...`

use crate::error::{Error, Result};
use clap::{ArgMatches, Command};

pub fn arguments(command: Command) -> Command {
    command
}

pub fn run(_matches: &ArgMatches) -> Result<()> {
    Err(Error::unsupported("not there yet"))
}
