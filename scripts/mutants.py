"""Counts how many mutants of kernel and ops the tests catch, without building once per mutant.

usage: mutants.py [--count 240] [--seed 1] [--files 'src/kernel/**' --files 'src/ops/**'] COPY

COPY is a checkout of this project that may be spoiled (git worktree add COPY). cargo-mutants lists the mutants (cargo install
cargo-mutants), a random sample of them is written into the sources at once, each behind a switch that an environment variable turns on,
and the tests are built once. A test is run with a mutant
switched on only if it comes by it. What does not compile is left out. Needs tree-sitter and tree-sitter-rust (PyPI).
"""
import argparse
import json
import os
import random
import re
import subprocess
import sys
import time

import tree_sitter_rust
from tree_sitter import Language, Parser

SWITCH = """
//! Written by scripts/mutants.py.
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

static CHOSEN: LazyLock<u32> = LazyLock::new(|| std::env::var("HPDA_MUTANT").ok().and_then(|n| n.parse().ok()).unwrap_or(0));
static LOG: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("HPDA_MUTANT_LOG").ok());
static REACHED: [AtomicBool; 4096] = [const { AtomicBool::new(false) }; 4096];

/// Whether the mutant of this number is the one that is tried; notes in a file that a test has come by.
pub fn on(number: u32) -> bool {
    if let Some(path) = &*LOG
        && !REACHED[number as usize].swap(true, Ordering::Relaxed)
        && let Ok(mut file) = std::fs::OpenOptions::new().append(true).create(true).open(path)
    {
        use std::io::Write;
        let _ = file.write_all(format!("{number} ").as_bytes());
    }
    *CHOSEN == number
}
"""
# These read the sources themselves.
SKIPPED = ["every_public_verb_has_a_row", "architecture::"]


def offset(text, at):
    """The byte of a line and column, both from 1, columns in characters."""
    lines = text.split("\n")
    return sum(len(line.encode()) + 1 for line in lines[: at["line"] - 1]) + len(lines[at["line"] - 1][: at["column"] - 1].encode())


def edit(mutant, number, text, tree):
    """(start, end, new text) of a mutant behind its switch; none where it cannot be written."""
    code = text.encode()
    start, end = offset(text, mutant["span"]["start"]), offset(text, mutant["span"]["end"])
    on, genre, new = f"crate::mutant::on({number})", mutant["genre"], mutant.get("replacement", "")
    node = tree.root_node.descendant_for_byte_range(start, max(start, end - 1))
    part = lambda n: code[n.start_byte : n.end_byte].decode()
    if genre == "FnValue":
        if "impl " in (mutant["function"] or {}).get("return_type", ""):
            return None
        return start, start, f"if {on} {{ return {new}; }}\n"
    if genre == "BinaryOperator":
        both = node.parent
        if both is None or both.type not in ("binary_expression", "compound_assignment_expr"):
            return None
        left, right = both.child_by_field_name("left"), both.child_by_field_name("right")
        if "let " in part(both) and part(node) in ("&&", "||"):
            return None
        mutated = f"{part(left)} {new} {part(right)}"
        return both.start_byte, both.end_byte, f"(if {on} {{ {mutated} }} else {{ {part(both)} }})"
    if genre == "UnaryOperator":
        whole = node if node.type == "unary_expression" else node.parent
        if whole is None or whole.type != "unary_expression":
            return None
        return whole.start_byte, whole.end_byte, f"(if {on} {{ {part(whole)[1:]} }} else {{ {part(whole)} }})"
    if genre == "MatchArmGuard" and not code[start:end].decode().startswith("let "):
        old = code[start:end].decode()
        return start, end, f"(if {on} {{ {new} }} else {{ {old} }})"
    if genre == "MatchArm":
        while node is not None and node.type != "match_arm":
            node = node.parent
        if node is None:
            return None
        pattern = node.child_by_field_name("pattern")
        condition = pattern.child_by_field_name("condition")
        if condition is None:
            return pattern.end_byte, pattern.end_byte, f" if !{on}"
        if part(condition).startswith("let "):
            return None
        return condition.start_byte, condition.end_byte, f"!{on} && ({part(condition)})"
    return None


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--count", type=int, default=240)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--files", action="append")
    args.add_argument("--json")
    args.add_argument("copy")
    args = args.parse_args()
    os.chdir(args.copy)
    listing = ["cargo", "mutants", "--list", "--json"]
    for pattern in args.files or ["src/kernel/**", "src/ops/**"]:
        listing += ["-f", pattern]
    everything = json.loads(subprocess.run(listing, check=True, capture_output=True, text=True).stdout)
    random.Random(args.seed).shuffle(everything)
    parser = Parser(Language(tree_sitter_rust.language()))
    sources, trees, chosen = {}, {}, []
    for mutant in everything:
        if len(chosen) == args.count:
            break
        file = mutant["file"]
        if file not in sources:
            sources[file] = open(file).read()
            trees[file] = parser.parse(sources[file].encode())
        made = edit(mutant, len(chosen) + 1, sources[file], trees[file])
        apart = lambda c: c["file"] != file or made[1] < c["edit"][0] or c["edit"][1] < made[0]
        if made and all(apart(c) for c in chosen):
            chosen.append({"number": len(chosen) + 1, "file": file, "name": mutant["name"], "edit": made})
    lib = open("src/lib.rs").read()
    open("src/mutant.rs", "w").write(SWITCH.lstrip())
    open("src/lib.rs", "w").write(lib + "\n#[doc(hidden)]\npub mod mutant;\n")
    while True:
        lines = {}
        for file, text in sources.items():
            code = text.encode()
            for c in sorted((c for c in chosen if c["file"] == file), key=lambda c: -c["edit"][0]):
                start, end, new = c["edit"]
                code = code[:start] + new.encode() + code[end:]
            open(file, "wb").write(code)
            for at, line in enumerate(code.decode().split("\n"), 1):
                for number in re.findall(r"mutant::on\((\d+)\)", line):
                    lines.setdefault((file, at), []).append(int(number))
        check = subprocess.run(["cargo", "check", "--message-format=json"], capture_output=True, text=True)
        bad = set()
        for line in check.stdout.splitlines():
            message = json.loads(line).get("message") or {}
            if message.get("level") != "error":
                continue
            for span in message.get("spans", []):
                # An inserted return stands one line above the line that complains.
                for at in range(span["line_start"] - 1, span["line_end"] + 1):
                    bad.update(lines.get((span["file_name"], at), []))
        if check.returncode == 0:
            break
        if not bad:
            # An error further down in the function: the mutant above it.
            for line in check.stdout.splitlines():
                message = json.loads(line).get("message") or {}
                for span in message.get("spans", []) if message.get("level") == "error" else []:
                    above = [at for file, at in lines if file == span["file_name"] and at <= span["line_start"]]
                    bad.update(lines[(span["file_name"], max(above))] if above else [])
        if not bad:
            sys.exit("it does not compile, and no mutant seems to be the cause:\n" + check.stderr[-3000:])
        print(f"{len(bad)} do not compile", flush=True)
        chosen = [c for c in chosen if c["number"] not in bad]
    binaries = {}
    build = subprocess.run(["cargo", "test", "--no-run", "--lib", "--test", "all", "--message-format=json"], check=True, capture_output=True, text=True)
    for line in build.stdout.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["profile"]["test"]:
            binaries["--lib" if "lib" in message["target"]["kind"] else "--test"] = message["executable"]
    subprocess.run(["cargo", "build"], check=True)

    env = dict(os.environ, CARGO_MANIFEST_DIR=os.getcwd(), HDF5_USE_FILE_LOCKING="FALSE")
    log = os.path.abspath("target/mutants.log")

    def run(binary, names, **more):
        try:
            done = subprocess.run([binary, "-q", "--exact", *names], env=dict(env, **more), capture_output=True, timeout=300)
        except subprocess.TimeoutExpired:
            return "timeout"
        return "caught" if done.returncode else "missed"

    # Which mutants each test comes by, and how long it takes.
    reached = {c["number"]: [] for c in chosen}
    for binary in binaries.values():
        listed = subprocess.run([binary, "--list", "--format", "terse"], env=env, check=True, capture_output=True, text=True).stdout
        for name in re.findall(r"^(.*): test$", listed, re.M):
            if any(s in name for s in SKIPPED):
                continue
            open(log, "w").close()
            began = time.time()
            if run(binary, [name], HPDA_MUTANT_LOG=log) != "missed":
                sys.exit(f"{name} fails without any mutant")
            took = time.time() - began
            for number in set(map(int, open(log).read().split())):
                if number in reached:
                    reached[number].append((took, binary, name))
    print(len(chosen), "mutants, of which no test comes by", sum(not r for r in reached.values()), flush=True)
    counts, began = {}, time.time()
    for c in chosen:
        tests = sorted(reached[c["number"]])
        c["result"] = "missed"
        for group in [tests[:6], tests[6:30], tests[30:]]:
            for binary in binaries.values():
                names = [name for _, b, name in group if b == binary]
                if names and c["result"] == "missed":
                    c["result"] = run(binary, names, HPDA_MUTANT=str(c["number"]))
        counts[c["result"]] = counts.get(c["result"], 0) + 1
        if c["result"] == "missed":
            print("missed", "(no test comes by)" if not tests else "", c["name"], flush=True)
        if args.json:
            json.dump([{k: v for k, v in c.items() if k != "edit"} for c in chosen], open(args.json, "w"), indent=1)
        print(counts, round(time.time() - began), "s", file=sys.stderr, flush=True)
    caught = len(chosen) - counts.get("missed", 0)
    print(f"{len(chosen)} mutants, {caught} caught: {100 * caught / len(chosen):.1f} %")


main()
