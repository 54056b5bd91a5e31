//! A comparison as text, one line for each difference, each line starting with its level.

use super::{Diff, Difference, Level, Position};
use crate::dtype::Scalar;
use crate::error::escape;
use crate::show;
use std::fmt;

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Position::Row(row) => write!(f, "in row {row}"),
            Position::Index(dims) if dims.is_empty() => f.write_str("here"),
            Position::Index(dims) => {
                let one = |(dim, at, label): &(String, usize, Option<Scalar>)| match label.as_ref().and_then(show::scalar) {
                    Some(label) => format!("{}={at} ({label})", escape(dim)),
                    None => format!("{}={at}", escape(dim)),
                };
                write!(f, "at {}", dims.iter().map(one).collect::<Vec<_>>().join(" "))
            }
        }
    }
}

/// A value in full: two that differ never look alike.
fn value(v: &Scalar, quoted: bool) -> String {
    match v {
        Scalar::Null => "missing".into(),
        Scalar::Str(text) if quoted => format!("{text:?}"),
        Scalar::List(items) => format!("[{}]", items.iter().map(|i| value(i, quoted)).collect::<Vec<_>>().join(", ")),
        other => escape(&other.to_string()),
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.level.name())?;
        if !self.what.is_empty() {
            write!(f, "{} ", self.what)?;
        }
        write!(f, "{}: ", escape(&self.place))?;
        let quoted = matches!(self.level, Level::Labels | Level::Values | Level::Attributes)
            && (self.values.is_some() || self.level == Level::Attributes);
        let said = |v: &Option<Scalar>| v.as_ref().map(|v| value(v, quoted));
        if let Some(found) = &self.values {
            write!(f, "{} of {} differ", show::count(found.count, ""), show::count(found.total, ""))?;
            if let Some(most) = found.max_abs {
                let seconds = if self.a.as_ref().and_then(Scalar::dtype).is_some_and(|t| t.is_temporal()) { " s" } else { "" };
                write!(f, ", by at most {}{seconds}", show::number(most))?;
            }
            let (a, b) = (said(&self.a).unwrap_or_default(), said(&self.b).unwrap_or_default());
            return write!(f, "; first {}: {a} in A, {b} in B", found.first);
        }
        match (said(&self.a), said(&self.b)) {
            (Some(a), Some(b)) => write!(f, "{a} in A, {b} in B"),
            // What is there needs no more words where it is only named.
            (Some(_), None) if self.level == Level::Structure => f.write_str("only in A"),
            (None, Some(_)) if self.level == Level::Structure => f.write_str("only in B"),
            (Some(a), None) => write!(f, "{a} in A, none in B"),
            (None, Some(b)) => write!(f, "none in A, {b} in B"),
            (None, None) => f.write_str("differs"),
        }
    }
}

/// One line for each difference; nothing where there is none.
impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for difference in &self.differences {
            writeln!(f, "{difference}")?;
        }
        Ok(())
    }
}
