//! The one error type: what went wrong, where, and what to do about it.
//!
//! An [`Error`] is a kind, a sentence, a [`Place`] and, where there is one, a way out. The layer that knows a part of the
//! place fills it in with [`ResultExt`]; a slot once set is never overwritten, so the innermost knowledge wins.

mod notice;
mod place;

pub use notice::{Level, LossLog, Notice, Notices};
pub use place::{Place, escape, nearest, quoted_list};

use std::error::Error as StdError;
use std::fmt;
use std::path::Path;

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of thing went wrong; scripts and callers branch on this, people read the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A name, label, file or position that is not there.
    NotFound,
    /// An argument or option that makes no sense here.
    Invalid,
    /// A value of a type that the operation is not meant for.
    Type,
    /// Shapes or lengths that do not fit each other.
    Shape,
    /// Text that does not read as what it should be.
    Parse,
    /// A file that is damaged, or is not what it says it is.
    Format,
    /// Something that this program does not do; the help names what does.
    Unsupported,
    /// A number that does not fit its type.
    Overflow,
    /// More memory than the budget allows.
    Budget,
    /// The operating system refused.
    Io,
    /// The output exists and may not be replaced.
    Exists,
    /// The target format cannot hold the data as it is.
    Loss,
    /// The user interrupted the work.
    Interrupted,
    /// A fault of this program.
    Internal,
}

impl ErrorKind {
    /// The word that stands in brackets before the message.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::NotFound => "not-found",
            ErrorKind::Invalid => "invalid",
            ErrorKind::Type => "type",
            ErrorKind::Shape => "shape",
            ErrorKind::Parse => "parse",
            ErrorKind::Format => "format",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::Overflow => "overflow",
            ErrorKind::Budget => "budget",
            ErrorKind::Io => "io",
            ErrorKind::Exists => "exists",
            ErrorKind::Loss => "loss",
            ErrorKind::Interrupted => "interrupted",
            ErrorKind::Internal => "internal",
        }
    }
}

/// An error with its place and its remedy. One word wide.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    place: Place,
    help: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $kind:ident;)*) => {
        $($(#[$doc])* #[cold] pub fn $name(message: impl Into<String>) -> Error { Error::new(ErrorKind::$kind, message) })*
    };
}

impl Error {
    /// An error of this kind. Messages are lower case, without a full stop, and quote the names they speak of.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Box::new(Inner { kind, message: message.into(), place: Place::default(), help: None, source: None }))
    }

    constructors! {
        /// An argument or option that makes no sense here.
        invalid => Invalid;
        /// A value of a type that the operation is not meant for.
        wrong_type => Type;
        /// Shapes or lengths that do not fit each other.
        shape => Shape;
        /// Text that does not read as what it should be.
        parse => Parse;
        /// A file that is damaged, or is not what it says it is.
        format => Format;
        /// Something that this program does not do.
        unsupported => Unsupported;
        /// A number that does not fit its type.
        overflow => Overflow;
        /// More memory than the budget allows.
        budget => Budget;
        /// The target cannot hold the data as it is.
        loss => Loss;
        /// The output exists and may not be replaced.
        exists => Exists;
        /// A fault of this program.
        internal => Internal;
    }

    /// Something of this kind (`column`, `variable`, `dim`, `file`) and name is not there; near names are suggested.
    #[cold]
    pub fn not_found<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Error {
        let known: Vec<&str> = known.into_iter().collect();
        let mut help = String::new();
        if let Some(near) = nearest(name, &known) {
            help = format!("did you mean {}? ", quoted_list(&[near], 1));
        }
        if !known.is_empty() {
            help += &format!("{}: {}", plural(what), quoted_list(&known, 5));
        }
        let e = Error::new(ErrorKind::NotFound, format!("{what} {} does not exist", quoted_list(&[name], 1)));
        if help.is_empty() { e } else { e.help(help) }
    }

    /// The operating system's refusal, at this file.
    #[cold]
    pub fn io(source: std::io::Error, path: impl AsRef<Path>) -> Error {
        Error::system(source).at(Place::file(path))
    }

    /// The operating system's refusal, which is about no file or one that the caller knows.
    #[cold]
    pub(crate) fn system(source: std::io::Error) -> Error {
        let (kind, message) = refusal(&source);
        let full = is_full(&source);
        let e = Error::new(kind, message).because(source);
        if full { e.help("`ulimit -n` in the shell says how many files a program may have open, and with a number allows more") } else { e }
    }

    /// Whether the system gave no handle, which says nothing about the file.
    pub(crate) fn lacks_handles(&self) -> bool {
        StdError::source(self).and_then(|e| e.downcast_ref::<std::io::Error>()).is_some_and(is_full)
    }

    /// Adds the way out. A help once set stays.
    pub fn help(mut self, help: impl Into<String>) -> Error {
        self.0.help.get_or_insert_with(|| help.into());
        self
    }

    /// Adds what is known of the place; slots already set stay.
    pub fn at(mut self, place: Place) -> Error {
        self.0.place.fill(place);
        self
    }

    /// Adds the cause.
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        self.0.source = Some(source.into());
        self
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The sentence, without place and help.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it happened.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// The way out, where there is one.
    pub fn remedy(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// Whether a closed pipe on the reading side is at the bottom of this.
    pub fn is_broken_pipe(&self) -> bool {
        let mut next = self.source();
        while let Some(e) = next {
            if e.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe) {
                return true;
            }
            next = e.source();
        }
        false
    }
}

/// Too many open files, in this process or in the system.
fn is_full(source: &std::io::Error) -> bool {
    cfg!(unix) && matches!(source.raw_os_error(), Some(23 | 24))
}

/// Kind and words for what the operating system said.
fn refusal(source: &std::io::Error) -> (ErrorKind, String) {
    let kind = match source.kind() {
        std::io::ErrorKind::NotFound => ErrorKind::NotFound,
        std::io::ErrorKind::AlreadyExists => ErrorKind::Exists,
        _ => ErrorKind::Io,
    };
    let message = match source.kind() {
        std::io::ErrorKind::NotFound => "no such file or folder".to_string(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        std::io::ErrorKind::StorageFull => "no space left on the device".to_string(),
        std::io::ErrorKind::IsADirectory => "is a folder, not a file".to_string(),
        _ => source.to_string(),
    };
    (kind, message)
}

fn plural(what: &str) -> String {
    match what.strip_suffix('y') {
        Some(stem) if !what.ends_with("ay") => format!("{stem}ies"),
        _ => format!("{what}s"),
    }
}

impl fmt::Display for Error {
    /// One to three lines: the message, `where:` and `help:`. Names from files come out escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.kind().name(), escape(self.message()))?;
        let place = self.place().to_string();
        if !place.is_empty() {
            write!(f, "\n   where: {}", escape(&place))?;
        }
        if let Some(help) = self.remedy() {
            write!(f, "\n   help:  {}", escape(help))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut next = self.source();
        while let Some(e) = next {
            write!(f, "\n   cause: {e}")?;
            next = e.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|e| e as &(dyn StdError + 'static))
    }
}

impl From<arrow::error::ArrowError> for Error {
    /// An error of the arrow crate, its kind kept where it has one of ours.
    #[cold]
    fn from(e: arrow::error::ArrowError) -> Error {
        use arrow::error::ArrowError as A;
        match e {
            A::IoError(message, source) => match source.kind() {
                std::io::ErrorKind::Other => Error::new(ErrorKind::Io, message).because(source),
                _ => Error::new(ErrorKind::Io, source.to_string()).because(source),
            },
            A::ArithmeticOverflow(message) => Error::overflow(message),
            A::ParseError(message) => Error::parse(message),
            A::CastError(message) | A::SchemaError(message) => Error::wrong_type(message),
            A::NotYetImplemented(message) => Error::unsupported(message),
            A::IpcError(message) => Error::format(message),
            A::ParquetError(message) => of_parquet(message.strip_prefix("Parquet error: ").unwrap_or(&message)),
            other => Error::new(ErrorKind::Invalid, other.to_string()).because(other),
        }
    }
}

/// What the parquet crate says of a damaged file.
fn of_parquet(message: &str) -> Error {
    if message.contains("CRC checksum mismatch") {
        return Error::format("the checksum of a page is not that of its bytes").help("the file is damaged; fetch or write it again");
    }
    Error::format(message)
}

impl From<parquet::errors::ParquetError> for Error {
    #[cold]
    fn from(e: parquet::errors::ParquetError) -> Error {
        // What the system refuses is no damage of the file.
        if let parquet::errors::ParquetError::External(cause) = &e
            && let Some(io) = cause.downcast_ref::<std::io::Error>()
        {
            let (kind, message) = refusal(io);
            return Error::new(kind, message).because(e);
        }
        let message = e.to_string();
        of_parquet(message.split_once(": ").map_or(message.as_str(), |(_, rest)| rest)).because(e)
    }
}

/// Fills in places on the way up.
pub trait ResultExt<T> {
    /// Adds what is known of the place; slots already set stay.
    fn at(self, place: impl FnOnce() -> Place) -> Result<T>;
    /// Adds the file.
    fn at_file(self, path: impl AsRef<Path>) -> Result<T>;
    /// Adds the column.
    fn at_column(self, name: &str) -> Result<T>;
    /// Adds the variable.
    fn at_variable(self, name: &str) -> Result<T>;
}

impl<T, E: Into<Error>> ResultExt<T> for Result<T, E> {
    fn at(self, place: impl FnOnce() -> Place) -> Result<T> {
        self.map_err(|e| e.into().at(place()))
    }
    fn at_file(self, path: impl AsRef<Path>) -> Result<T> {
        self.at(|| Place::file(path))
    }
    fn at_column(self, name: &str) -> Result<T> {
        self.at(|| Place { column: Some(name.into()), ..Place::default() })
    }
    fn at_variable(self, name: &str) -> Result<T> {
        self.at(|| Place { variable: Some(name.into()), ..Place::default() })
    }
}

/// Wraps `std::io` results with the file they speak of.
pub trait IoResultExt<T> {
    /// The refusal as our error, at this file.
    fn io_at(self, path: impl AsRef<Path>) -> Result<T>;
}

impl<T> IoResultExt<T> for std::io::Result<T> {
    fn io_at(self, path: impl AsRef<Path>) -> Result<T> {
        self.map_err(|e| Error::io(e, path))
    }
}

/// What a panic said, where that is text.
pub(crate) fn panic_text(cause: &(dyn std::any::Any + Send)) -> Option<&str> {
    cause.downcast_ref::<&str>().copied().or_else(|| cause.downcast_ref::<String>().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_disk_below_parquet_is_the_systems_refusal() {
        let io = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let e = Error::from(parquet::errors::ParquetError::from(io));
        assert_eq!((e.kind(), e.message()), (ErrorKind::Io, "no space left on the device"));
    }
}
