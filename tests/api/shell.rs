//! Manual pages and completions: of the same definitions as the help.

use std::process::{Command, Output};

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hpda-data")).args(args).output().unwrap()
}

/// The commands that the help lists.
fn commands() -> Vec<String> {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    list.lines()
        .filter(|l| l.starts_with("  ") && !l.starts_with("   "))
        .filter_map(|l| l.split_whitespace().next())
        .map(str::to_string)
        .collect()
}

#[test]
fn manual_has_a_page_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("man1");
    let done = run(&["man", "--to", to.to_str().unwrap()]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let all = commands();
    assert!(all.len() > 20 && all.contains(&"convert".to_string()), "{all:?}");
    for command in &all {
        let page = std::fs::read_to_string(to.join(format!("hpda-data-{command}.1"))).unwrap();
        assert!(page.contains(".TH hpda-data-") && page.contains(".SH SYNOPSIS"), "{command}");
    }
    let convert = std::fs::read_to_string(to.join("hpda-data-convert.1")).unwrap();
    for option in ["compress", "chunks", "where", "memory"] {
        assert!(convert.contains(&format!("\\-\\-{option}")), "{option}");
    }
    let root = std::fs::read_to_string(to.join("hpda-data.1")).unwrap();
    assert!(all.iter().all(|c| root.contains(&format!("hpda\\-data\\-{c}(1)"))), "{root}");
    let again = run(&["man", "--to", to.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("--overwrite"));
}

#[test]
fn completions_know_every_command_and_option() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let done = run(&["completions", shell]);
        let script = String::from_utf8(done.stdout).unwrap();
        assert!(done.status.success() && commands().iter().all(|c| script.contains(c.as_str())), "{shell}");
        assert!(["row-group", "allow-loss", "memory"].iter().all(|o| script.contains(o)), "{shell}");
    }
}

#[test]
fn help_of_a_command_is_found_in_both_ways() {
    let asked = run(&["help", "sort"]);
    assert!(asked.status.success());
    assert_eq!(asked.stdout, run(&["sort", "--help"]).stdout);
    assert_eq!(run(&["help"]).stdout, run(&["--help"]).stdout);
}
