//! `convert IN... OUT`

use super::args::{CsvArgs, ExprArgs, OutputArgs, ReadArgs, RunArgs};
use super::{history, lists, options, start, typed};
use crate::diff::{can_verify, verify};
use crate::error::{Error, Place, Result};
use crate::io::Format;
use crate::open::{Scanned, Target, check, save, scan};
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
struct ConvertArgs {
    /// The inputs, and last the output, unless -o names it. With --to csv, tsv, jsonl, json or arrow a last file that exists is an input as
    /// well, and the result goes to standard output
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Only these variables of a cube
    #[arg(long, value_name = "NAMES")]
    var: Option<String>,
    /// Columns of a table that become the dimensions of a cube
    #[arg(long, value_name = "A,B")]
    index: Option<String>,
    /// The dimension along which several cubes are joined
    #[arg(long, value_name = "DIM")]
    dim: Option<String>,
    /// Read the result back and compare it with the input; what was listed as lost is no difference
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    before: ExprArgs,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    csv: CsvArgs,
    #[command(flatten)]
    out: OutputArgs,
    #[command(flatten)]
    run: RunArgs,
}

pub fn arguments(command: Command) -> Command {
    ConvertArgs::augment_args(command)
}

/// Whether the last of the files is the output. What can go to standard output never takes a file that exists for it: it may
/// well be one more input.
fn names_output(files: &[PathBuf], to: Option<&str>) -> bool {
    let Some(last) = files.last().filter(|_| files.len() > 1) else { return false };
    let streams = to.is_some_and(|to| Format::parse(to).is_ok_and(Format::is_stream));
    last.as_os_str() == "-" || !streams || !last.is_file() || history::was_output(last)
}

pub fn run(matches: &ArgMatches) -> Result<()> {
    let mut args: ConvertArgs = typed(matches)?;
    if args.out.output.is_none() && names_output(&args.files, args.out.write.to.as_deref()) {
        args.out.output = args.files.pop();
    }
    let Some(target) = options::destination(&args.out)? else {
        return Err(Error::invalid("the output is missing").help("usage: hpda-data convert IN... OUT"));
    };
    let session = start(&args.run, args.out.write.strict)?;
    let mut open = options::reading(&args.read, &args.csv, &session)?;
    open.dim = args.dim.clone();
    let mut how = options::writing(&args.out.write)?;
    if args.out.write.overwrite && target == Target::Stdout {
        return Err(Error::invalid("--overwrite needs an output, and the result goes to standard output").help("-o FILE names it"));
    }
    how.vars = args.var.as_deref().map(lists::items).transpose()?;
    open.vars = how.vars.clone();
    how.index = args.index.as_deref().map(lists::items).transpose()?;
    // What is wrong with the output is said before the input is read.
    check(&target, &how)?;
    if args.verify {
        can_verify(&target, &how)?;
        not_itself(&args.files, &target)?;
    }
    let exec = session.exec("converting");
    let steps = options::steps(matches);
    history::reads(&args.files);
    // A pipe says it once: before it is read.
    let format = match &args.files[..] {
        [one] if args.verify => open.format_of(one).ok(),
        _ => None,
    };
    let (scanned, notices) = scan(&args.files, &open)?;
    // What the reader had to leave out is as lost as what the writer cannot hold.
    how.losses.judge(&notices)?;
    session.tell(&notices)?;
    let scanned = match scanned {
        Scanned::Table(source) => Scanned::Table(options::apply(source, &steps, &exec)?),
        Scanned::Cube(ds) => Scanned::Cube(options::apply_on_cube(ds, &steps, &exec)?),
    };
    let source = args.verify.then(|| scanned.clone());
    let mut listed = notices;
    how.history = history::of(&args.out.write, &target)?;
    let notices = save(scanned, &target, &how, &exec)?;
    session.tell(&notices)?;
    let (Some(source), Target::File(path)) = (source, &target) else { return Ok(()) };
    listed.extend(notices);
    let notices = verify(source, format, path, &how, &listed, &session.exec("verifying"))?;
    session.tell(&notices)?;
    session.remark("verified: the output says what the input says");
    Ok(())
}

/// An input that the output replaces cannot be read again.
fn not_itself(files: &[PathBuf], target: &Target) -> Result<()> {
    let Target::File(path) = target else { return Ok(()) };
    let Ok(path) = path.canonicalize() else { return Ok(()) };
    match files.iter().find(|f| f.canonicalize().is_ok_and(|f| f == path)) {
        Some(same) => Err(Error::invalid("--verify needs the input, which the output replaces")
            .help("write to another file first")
            .at(Place::file(same))),
        None => Ok(()),
    }
}
