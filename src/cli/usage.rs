//! What clap says of the arguments, in our words and shape.

use super::{COMMANDS, LATER, command};
use crate::error::{Error, ErrorKind, IoResultExt, Result, nearest, quoted_list};
use clap::error::{ContextKind, ContextValue, ErrorKind as Kind};
use std::io::Write;

/// Help and version are printed; anything else is an error.
pub fn answer(e: clap::Error) -> Result<()> {
    match e.kind() {
        Kind::DisplayHelp | Kind::DisplayVersion => {
            let mut out = anstream::stdout();
            write!(out, "{}", e.render().ansi()).and_then(|()| out.flush()).io_at("standard output")
        }
        Kind::DisplayHelpOnMissingArgumentOrSubcommand | Kind::MissingSubcommand => {
            // Without arguments there is nothing to be wrong with: the help, as an answer to a question not asked.
            anstream::eprint!("{}", e.render().ansi());
            std::process::exit(2)
        }
        _ => Err(error(e)),
    }
}

/// The error in our shape, with the nearest name.
pub fn error(e: clap::Error) -> Error {
    let text = |kind| match e.get(kind) {
        Some(ContextValue::String(s)) => Some(s.clone()),
        Some(ContextValue::Strings(s)) => Some(s.join(", ")),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg).unwrap_or_default();
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    let usage = match e.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(s)) => s.to_string().trim().replace("Usage: ", "usage: "),
        _ => String::new(),
    };
    let with_usage = |e: Error| if usage.is_empty() { e } else { e.help(usage.clone()) };
    match e.kind() {
        Kind::InvalidSubcommand => unknown_command(&text(ContextKind::InvalidSubcommand).unwrap_or_default()),
        Kind::UnknownArgument => unknown_option(&argument, text(ContextKind::SuggestedArg), &usage),
        Kind::MissingRequiredArgument => with_usage(Error::invalid(format!("{argument} is missing"))),
        Kind::InvalidValue if value.is_empty() => Error::invalid(format!("{argument} needs a value")),
        Kind::InvalidValue => {
            let known = text(ContextKind::ValidValue).unwrap_or_default();
            Error::invalid(format!("{argument} cannot be {value:?}")).help(format!("it is one of: {known}"))
        }
        Kind::ValueValidation => {
            let reason = std::error::Error::source(&e).map(ToString::to_string).unwrap_or_default();
            let reason = if reason.contains("digit") { "it takes a whole number, 0 or more".into() } else { reason };
            Error::invalid(format!("{argument} cannot be {value:?}: {reason}"))
        }
        Kind::ArgumentConflict => {
            let other = text(ContextKind::PriorArg).unwrap_or_default();
            Error::invalid(format!("{argument} does not go with {other}"))
        }
        _ => {
            let text = e.to_string();
            with_usage(Error::invalid(text.lines().next().unwrap_or_default().trim_start_matches("error: ")))
        }
    }
}

fn unknown_command(name: &str) -> Error {
    let here: Vec<&str> = COMMANDS.iter().map(|c| c.name).collect();
    if LATER.contains(&name) {
        return Error::unsupported(format!("the command {name:?} is not there yet"))
            .help(format!("this version has {}", quoted_list(&here, here.len())));
    }
    let near = nearest(name, &here).map(|n| format!("did you mean {n:?}? ")).unwrap_or_default();
    Error::new(ErrorKind::NotFound, format!("command {name:?} does not exist"))
        .help(format!("{near}commands: {}", quoted_list(&here, here.len())))
}

/// A near name among all options of all commands: one that another command has is worth saying too.
fn unknown_option(name: &str, suggested: Option<String>, usage: &str) -> Error {
    if !name.starts_with('-') {
        return Error::invalid(format!("{name:?} is one file too many")).help(usage.to_string());
    }
    let e = Error::new(ErrorKind::NotFound, format!("option {name:?} does not exist here"));
    if let Some(near) = suggested {
        return e.help(format!("did you mean {near:?}?"));
    }
    let bare = name.trim_start_matches('-');
    let root = command();
    let having: Vec<&str> = root
        .get_subcommands()
        .filter(|c| bare.len() > 1 && c.get_arguments().any(|a| a.get_long() == Some(bare)))
        .map(clap::Command::get_name)
        .collect();
    if !having.is_empty() {
        return e.help(format!("{} has it", having.join(", ")));
    }
    if usage.is_empty() { e } else { e.help(usage.to_string()) }
}

/// The lines of a transcript file without the marks of its code block.
pub fn example(transcript: &str) -> String {
    transcript.lines().filter(|l| !l.starts_with("```")).map(|l| format!("  {l}\n")).collect()
}
