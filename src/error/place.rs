use std::fmt;
use std::path::{Path, PathBuf};

/// Where something happened. Every slot is optional; positions of rows count from 0, lines of text from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: Option<PathBuf>,
    /// The group inside a file, such as `/ocean`.
    pub group: Option<String>,
    /// The variable of a cube.
    pub variable: Option<String>,
    /// The column of a table.
    pub column: Option<String>,
    /// The dimension.
    pub dim: Option<String>,
    /// The row, from 0.
    pub row: Option<u64>,
    /// The line of a text file, from 1.
    pub line: Option<u64>,
    /// The byte of a file, from 0.
    pub byte: Option<u64>,
    /// The operation or command.
    pub op: Option<String>,
    /// The expression.
    pub expr: Option<String>,
    /// How much there is, in words: `7 columns`.
    pub extent: Option<String>,
}

impl Place {
    /// A file.
    pub fn file(path: impl AsRef<Path>) -> Place {
        Place { file: Some(path.as_ref().to_path_buf()), ..Place::default() }
    }

    /// A line of a file, from 1.
    pub fn line(line: u64) -> Place {
        Place { line: Some(line), ..Place::default() }
    }

    /// A column.
    pub fn column(name: impl Into<String>) -> Place {
        Place { column: Some(name.into()), ..Place::default() }
    }

    /// A variable.
    pub fn variable(name: impl Into<String>) -> Place {
        Place { variable: Some(name.into()), ..Place::default() }
    }

    /// Takes from `outer` the slots that are empty here.
    pub fn fill(&mut self, outer: Place) {
        macro_rules! slots { ($($slot:ident)*) => { $( if self.$slot.is_none() { self.$slot = outer.$slot; } )* }; }
        slots!(file group variable column dim row line byte op expr extent);
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(x) = &self.op {
            parts.push(x.clone());
        }
        if let Some(x) = &self.file {
            parts.push(x.display().to_string());
        }
        for (word, slot) in [("group", &self.group), ("variable", &self.variable), ("column", &self.column), ("dim", &self.dim)] {
            if let Some(x) = slot {
                parts.push(format!("{word} {x:?}"));
            }
        }
        for (word, slot) in [("line", self.line), ("row", self.row), ("byte", self.byte)] {
            if let Some(x) = slot {
                parts.push(format!("{word} {x}"));
            }
        }
        if let Some(x) = &self.expr {
            parts.push(format!("in `{x}`"));
        }
        if let Some(x) = &self.extent {
            parts.push(x.clone());
        }
        f.write_str(&parts.join(", "))
    }
}

/// Text that is safe on a terminal: control characters come out as `\u{1b}`, line breaks as `\n`.
pub fn escape(text: &str) -> String {
    if !text.chars().any(is_unsafe) {
        return text.to_string();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// Control characters, and the marks that turn the direction of writing, which can make a name look like another.
fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The known name that `name` was probably meant to be.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    if let Some(same) = known.iter().find(|k| k.eq_ignore_ascii_case(name)) {
        return Some(same);
    }
    known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(name, k), *k))
        .filter(|(distance, k)| *distance <= (name.chars().count().max(k.chars().count()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}

/// `"a", "b" and 3 more`.
pub fn quoted_list(names: &[&str], most: usize) -> String {
    let shown: Vec<String> = names.iter().take(most).map(|n| format!("{n:?}")).collect();
    let mut text = shown.join(", ");
    if names.len() > most {
        text += &format!(" and {} more", names.len() - most);
    }
    text
}
