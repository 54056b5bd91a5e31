//! `completions SHELL`.

use super::{command, typed};
use crate::error::{IoResultExt, Result};
use clap::{ArgMatches, Args, Command};
use clap_complete::Shell;
use std::io::Write;

#[derive(Args)]
struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub fn arguments(command: Command) -> Command {
    CompletionsArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches) -> Result<()> {
    let args: CompletionsArgs = typed(matches)?;
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "hpda-data", &mut script);
    let mut out = std::io::stdout();
    out.write_all(&script).and_then(|()| out.flush()).io_at("standard output")
}
