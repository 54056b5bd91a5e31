//! The table in ARCHITECTURE.md is what the code does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const BASE: [&str; 3] = ["error", "dtype", "store"];

/// Module -> modules that it may import, as the table says.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let text = include_str!("../ARCHITECTURE.md");
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|l| l.starts_with("| ")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if cells.len() < 5 || cells[1].parse::<u32>().is_err() {
            continue;
        }
        let names = cells[3].split_whitespace().filter(|w| *w != "-");
        let allowed = names.flat_map(|w| if w == "base" { BASE.to_vec() } else { vec![w] }).map(String::from).collect();
        rows.insert(cells[2].to_string(), allowed);
    }
    rows
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() {
            rust_files(&entry, into);
        } else if entry.extension().is_some_and(|e| e == "rs") {
            into.push(entry);
        }
    }
}

/// The first path segments after `crate::`, braces included.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (i, _) in code.match_indices("crate::") {
        // `$crate::` of a macro names what the macro needs, wherever it is used.
        if code[..i].ends_with('$') || code[..i].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[i + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut word = String::new();
            let mut take = true;
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 1 && (c.is_alphanumeric() || c == '_') && take {
                    word.push(c);
                } else if depth == 1 && c == ':' {
                    take = false;
                } else if depth <= 1 && (c == ',' || depth == 0) {
                    found.push(std::mem::take(&mut word));
                    take = true;
                }
                if depth == 0 {
                    break;
                }
            }
        } else {
            found.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    found.retain(|w| !w.is_empty());
    found
}

#[test]
fn imports_point_one_way() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rows = table();
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap();
        let module = relative.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_string();
        if module == "lib" || module == "main" {
            continue;
        }
        let allowed = rows.get(&module).unwrap_or_else(|| panic!("{module} has no row in ARCHITECTURE.md"));
        let code = std::fs::read_to_string(&file).unwrap();
        // Tests at the end of a file may reach further: they try the module with what is around it.
        let code: String = code
            .split("#[cfg(test)]\nmod ")
            .next()
            .unwrap()
            .lines()
            .filter(|l| !l.trim_start().starts_with("//"))
            .map(|l| format!("{l}\n"))
            .collect();
        for import in imports(&code) {
            // Macros and re-exports at the root are not modules.
            if rows.contains_key(&import) && import != module && !allowed.contains(&import) {
                wrong.push(format!("{}: {module} imports {import}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "against the table in ARCHITECTURE.md:\n{}", wrong.join("\n"));
}

#[test]
fn every_module_of_the_crate_has_a_row_and_ranks_rise() {
    let rows = table();
    for line in include_str!("../src/lib.rs").lines() {
        if let Some(module) = line.strip_prefix("pub mod ").and_then(|l| l.strip_suffix(';')) {
            assert!(rows.contains_key(module), "{module} has no row");
        }
    }
    assert!(rows.values().flatten().all(|m| rows.contains_key(m)));
}
