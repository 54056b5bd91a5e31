//! `doctor FILE...`

use super::args::{CsvArgs, ReadArgs, RunArgs};
use super::{options, session, start, typed};
use crate::doctor::{Report, doctor};
use crate::error::Result;
use clap::{ArgMatches, Args, Command, ValueHint};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Args)]
struct DoctorArgs {
    /// The files that are to be combined; the others are compared with the first
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// The dimension along which cubes are to be joined (where nothing is said: time, or the one that differs)
    #[arg(long, value_name = "DIM")]
    dim: Option<String>,
    /// A JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    csv: CsvArgs,
    #[command(flatten)]
    run: RunArgs,
}

pub fn arguments(command: Command) -> Command {
    DoctorArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches) -> Result<()> {
    let args: DoctorArgs = typed(matches)?;
    let session = start(&args.run, false)?;
    let mut open = options::reading(&args.read, &args.csv, &session)?;
    open.dim = args.dim.clone();
    let report = doctor(&args.files, &open)?;
    match args.json {
        true => session::print(&format!("{:#}\n", to_json(&report))),
        false => session::print(&report.to_string()),
    }
}

fn to_json(report: &Report) -> Value {
    let findings: Vec<Value> = report
        .findings
        .iter()
        .map(|f| {
            let files: Vec<String> = f.files.iter().map(|p| p.display().to_string()).collect();
            json!({"topic": f.topic.name(), "severity": f.severity.name(), "what": f.what, "choices": f.choices, "files": files})
        })
        .collect();
    json!({"files": report.files, "dim": report.dim, "findings": findings})
}
