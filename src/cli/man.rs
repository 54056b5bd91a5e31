//! `man --to FOLDER`

use super::{command, typed};
use crate::error::{IoResultExt, Result};
use crate::io::{Output, Overwrite};
use clap::{ArgMatches, Args, Command, ValueHint};
use std::io::Write;
use std::path::PathBuf;

#[derive(Args)]
struct ManArgs {
    /// The folder, which is made where it is not there: one page for the program and one for each command
    #[arg(long, value_name = "FOLDER", required = true, value_hint = ValueHint::DirPath)]
    to: PathBuf,
    /// Replace existing pages
    #[arg(long)]
    overwrite: bool,
}

pub fn arguments(command: Command) -> Command {
    ManArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches) -> Result<()> {
    let args: ManArgs = typed(matches)?;
    std::fs::create_dir_all(&args.to).io_at(&args.to)?;
    let overwrite = if args.overwrite { Overwrite::Yes } else { Overwrite::No };
    for (name, page) in pages() {
        let output = Output::create(&args.to.join(name), overwrite)?;
        let path = output.target().to_path_buf();
        output.open()?.write_all(&page).io_at(path)?;
        output.commit()?;
    }
    Ok(())
}

/// The pages under their names: of the same definitions as the help.
fn pages() -> Vec<(String, Vec<u8>)> {
    let mut root = command();
    // What commands inherit is settled here.
    root.build();
    let all = std::iter::once(&root).chain(root.get_subcommands());
    let page = |command: &Command| {
        let page = clap_mangen::Man::new(command.clone()).source(concat!("hpda-data ", env!("CARGO_PKG_VERSION"))).manual("hpda-data");
        let mut text = Vec::new();
        // Writing to memory does not fail.
        page.render(&mut text).ok().map(|()| (page.get_filename(), text))
    };
    all.filter_map(page).collect()
}
