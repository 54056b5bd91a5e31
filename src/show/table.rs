//! A table, or the part of it that is at hand.

use super::{Align, DIM, Grid, column_texts, count, paint};
use crate::dtype::DType;
use crate::error::{Result, escape};
use crate::frame::DataFrame;
use std::fmt;

/// The rows of a frame under their names and types, fitted to a width; named row labels lead. What was left out is said below.
///
/// # Errors
/// Never in practice; a frame that contradicts itself.
pub fn table(frame: &DataFrame, width: usize) -> Result<String> {
    let batch = frame.to_batch()?;
    let fields = &batch.schema.fields;
    let align = |t: &DType| if t.is_numeric() || t.is_temporal() || *t == DType::Bool { Align::Right } else { Align::Left };
    let mut grid = Grid::new(fields.iter().map(|f| align(&f.dtype)).collect());
    grid.header(fields.iter().map(|f| escape(&f.name)).collect());
    grid.faint(fields.iter().map(|f| f.dtype.to_string()).collect());
    let texts: Vec<Vec<Option<String>>> = batch.columns.iter().map(column_texts).collect();
    for i in 0..batch.rows() {
        grid.row(texts.iter().map(|c| c[i].clone()).collect());
    }
    let (mut text, hidden) = grid.fit(width);
    if !hidden.is_empty() {
        let names: Vec<String> = hidden.iter().map(|&i| escape(&fields[i].name)).collect();
        let note = format!("{} left out for width: {}", count(hidden.len() as u64, "column"), shorten(&names, width));
        text += &paint(DIM, &note);
        text.push('\n');
    }
    Ok(text)
}

/// As many names as fit a line, and how many more.
fn shorten(names: &[String], width: usize) -> String {
    let mut text = String::new();
    for (i, n) in names.iter().enumerate() {
        let more = format!(" and {} more", names.len() - i);
        if i > 0 && text.len() + n.len() + more.len() + 30 > width {
            return text + &more;
        }
        text += &format!("{}{n}", if i > 0 { ", " } else { "" });
    }
    text
}

impl fmt::Display for DataFrame {
    /// The first and last rows as on a terminal of 100 columns, without colour.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 20;
        let shown = if self.height() > MOST { self.head(MOST / 2) } else { self.clone() };
        let text = table(&shown, 100).map_err(|_| fmt::Error)?;
        write!(
            f,
            "{}{} x {}",
            anstream::adapter::strip_str(&text),
            count(self.height() as u64, "row"),
            count(self.width() as u64, "column")
        )?;
        if shown.height() < self.height() { write!(f, ", the first {} shown", shown.height()) } else { Ok(()) }
    }
}
