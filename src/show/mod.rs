//! Text for people: tables and cubes laid out to fit a terminal. What programs read is written by `io`.

mod cube;
mod grid;
mod html;
mod number;
mod table;

pub use cube::{CubeText, attribute, corner, dataset, describe, filter};
pub use grid::{Align, Grid};
pub use html::{dataset_html, schema_html, table_html};
pub use number::{bytes, column_texts, count, number, scalar};
pub use table::table;

use anstyle::{AnsiColor, Style};

/// What is shown dim: types, marks, missing cells.
pub const DIM: Style = Style::new().dimmed();
/// Headings.
pub const BOLD: Style = Style::new().bold();
/// Names of variables.
pub const NAME: Style = AnsiColor::Cyan.on_default();

/// Text in a style. Where colour is not wanted, the stream that it is printed to strips it.
pub fn paint(style: Style, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{style}{text}{style:#}") }
}
