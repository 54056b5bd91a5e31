use super::{Error, Place, Result, escape, quoted_list};
use std::fmt;
use std::sync::{Arc, Mutex};

/// How much a notice weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// An oddity that can be lived with.
    Warning,
    /// The target has no place for it by its nature (attributes in text): said, and done all the same.
    Omitted,
    /// Values, missing places, types or structure come out different: refused unless loss is allowed.
    Changed,
}

/// Something that the user should know, returned beside a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How much it weighs.
    pub level: Level,
    /// What, in one line.
    pub message: String,
    /// Where.
    pub place: Place,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.level {
            Level::Warning => "warning",
            Level::Omitted => "warning[loss]",
            Level::Changed => "loss",
        };
        write!(f, "{word}: {}", escape(&self.message))?;
        // What the message names need not be said again.
        let mut place = self.place.clone();
        for slot in [&mut place.column, &mut place.variable] {
            if slot.as_ref().is_some_and(|name| self.message.contains(&format!("{name:?}"))) {
                *slot = None;
            }
        }
        let place = place.to_string();
        if place.is_empty() { Ok(()) } else { write!(f, " ({})", escape(&place)) }
    }
}

/// Notices in the order in which they came, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices(Vec<Notice>);

impl Notices {
    /// No notices.
    pub fn new() -> Notices {
        Notices::default()
    }

    /// Adds one, unless it is there.
    pub fn push(&mut self, level: Level, message: impl Into<String>, place: Place) {
        let notice = Notice { level, message: message.into(), place };
        if !self.0.contains(&notice) {
            self.0.push(notice);
        }
    }

    /// Adds a warning.
    pub fn warn(&mut self, message: impl Into<String>, place: Place) {
        self.push(Level::Warning, message, place);
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: Notices) {
        for n in other.0 {
            self.push(n.level, n.message, n.place);
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Notice> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// An error that lists what is at least this heavy, if anything is: each thing once, with the columns and variables that it
    /// happens to, and the file where that is one.
    ///
    /// # Errors
    /// Loss.
    pub fn refuse(&self, from: Level) -> Result<(), Error> {
        let heavy: Vec<&Notice> = self.0.iter().filter(|n| n.level >= from).collect();
        let Some(first) = heavy.first() else { return Ok(()) };
        let mut said: Vec<(&str, &str, Vec<&str>)> = Vec::new();
        for notice in &heavy {
            let (word, name, what) = notice.subject();
            match said.iter_mut().find(|(w, m, _)| *w == word && *m == what) {
                Some((.., names)) if !name.is_empty() && !names.contains(&name) => names.push(name),
                Some(_) => {}
                None => said.push((word, what, if name.is_empty() { Vec::new() } else { vec![name] })),
            }
        }
        let lines = said.iter().map(|(word, what, names)| match names.as_slice() {
            [] => what.to_string(),
            [one] => format!("{word} {one:?}: {what}"),
            many => format!("{word}s {}: {what}", quoted_list(many, 20)),
        });
        let help = if from == Level::Changed { "--allow-loss writes it all the same" } else { "without --strict these are warnings" };
        let e = Error::loss(lines.collect::<Vec<_>>().join("; ")).help(help);
        let one_file = heavy.iter().all(|n| n.place.file == first.place.file);
        Err(if one_file { e.at(Place { file: first.place.file.clone(), ..Place::default() }) } else { e })
    }
}

impl Notice {
    /// The kind and name of what this happens to (empty where that is not said), and what happens to it.
    fn subject(&self) -> (&str, &str, &str) {
        for (word, slot) in [("column", &self.place.column), ("variable", &self.place.variable)] {
            let Some(name) = slot else { continue };
            let quoted = format!("{name:?}");
            let rest = self.message.strip_prefix(word).and_then(|m| m.strip_prefix(' ')).and_then(|m| m.strip_prefix(quoted.as_str()));
            if let Some(what) = rest.and_then(|m| m.strip_prefix(": ")) {
                return (word, name, what);
            }
            if !self.message.contains(&quoted) {
                return (word, name, &self.message);
            }
        }
        ("", "", &self.message)
    }
}

/// Where writers note what only values show to be lost, if loss is allowed; else such a value is an error.
#[derive(Clone, Debug, Default)]
pub struct LossLog(Option<Arc<Mutex<Notices>>>);

impl LossLog {
    /// Loss is allowed, and noted.
    pub fn allowed() -> LossLog {
        LossLog(Some(Arc::default()))
    }

    /// Notes a loss.
    ///
    /// # Errors
    /// The refusal, where loss is not allowed.
    pub fn note(&self, message: impl Into<String>, place: &Place, refusal: impl FnOnce() -> Error) -> Result<()> {
        let Some(log) = &self.0 else { return Err(refusal()) };
        log.lock().unwrap_or_else(|e| e.into_inner()).push(Level::Changed, message, place.clone());
        Ok(())
    }

    /// What has been noted so far.
    pub fn take(&self) -> Notices {
        self.0.as_ref().map(|log| std::mem::take(&mut *log.lock().unwrap_or_else(|e| e.into_inner()))).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_names_each_column_once() {
        let mut notices = Notices::new();
        for name in ["a", "b", "a"] {
            let place = Place { column: Some(name.into()), ..Place::file("x.csv") };
            notices.push(Level::Changed, format!("column {name:?}: lists become text"), place.clone());
            notices.push(Level::Changed, "dates are cut", place);
        }
        notices.push(Level::Changed, "groups are left out", Place::file("x.csv"));
        notices.warn("not heavy enough", Place::default());
        let e = notices.refuse(Level::Changed).unwrap_err();
        assert_eq!(e.message(), "columns \"a\", \"b\": lists become text; columns \"a\", \"b\": dates are cut; groups are left out");
        assert_eq!(e.place(), &Place::file("x.csv"));
        assert_eq!(notices.iter().next().unwrap().to_string(), "loss: column \"a\": lists become text (x.csv)");
    }
}
