use super::{Error, Place, escape};
use std::fmt;

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
        let place = self.place.to_string();
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

    /// An error that lists what is at least this heavy, if anything is.
    pub fn refuse(&self, from: Level) -> Result<(), Error> {
        let heavy: Vec<String> = self.0.iter().filter(|n| n.level >= from).map(|n| n.message.clone()).collect();
        if heavy.is_empty() {
            return Ok(());
        }
        let help = if from == Level::Changed { "--allow-loss writes it all the same" } else { "without --strict these are warnings" };
        Err(Error::loss(heavy.join("; ")).help(help))
    }
}
