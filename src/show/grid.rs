//! Cells in aligned columns, fitted to a width.

use super::{BOLD, DIM, paint};
use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Where text stands in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Align {
    Left,
    Right,
}

/// The mark of what is left out.
const MORE: &str = "…";
/// Blanks between columns.
const GAP: usize = 2;
/// A column is cut to this width at least before columns are left out.
const NARROW: usize = 12;

#[derive(Clone, Debug)]
struct Line {
    cells: Vec<String>,
    style: Style,
}

/// Rows of cells under aligned columns.
#[derive(Clone, Debug)]
pub struct Grid {
    align: Vec<Align>,
    lines: Vec<Line>,
    /// Columns that stay when some have to go.
    keep: usize,
}

impl Grid {
    /// No rows yet.
    pub fn new(align: Vec<Align>) -> Grid {
        Grid { align, lines: Vec::new(), keep: 1 }
    }

    /// The same, with this many leading columns that are never left out.
    pub fn keeping(mut self, columns: usize) -> Grid {
        self.keep = columns.max(1);
        self
    }

    /// Adds the line of names.
    pub fn header(&mut self, cells: Vec<String>) {
        self.lines.push(Line { cells, style: BOLD });
    }

    /// Adds a line that stands back (types).
    pub fn faint(&mut self, cells: Vec<String>) {
        self.lines.push(Line { cells, style: DIM });
    }

    /// Adds a row; an empty cell of `None` is shown as a faint `-`.
    pub fn row(&mut self, cells: Vec<Option<String>>) {
        let cells = cells.into_iter().map(|c| c.unwrap_or_else(|| MISSING.to_string())).collect();
        self.lines.push(Line { cells, style: Style::new() });
    }

    /// How wide it is when nothing is cut.
    pub fn width(&self) -> usize {
        self.natural().iter().map(|w| w + GAP).sum::<usize>().saturating_sub(GAP)
    }

    fn natural(&self) -> Vec<usize> {
        (0..self.align.len()).map(|i| self.lines.iter().map(|l| cell_width(&l.cells[i])).max().unwrap_or(0)).collect()
    }

    /// The text, each line at most `width` wide: long cells are cut, then columns in the middle left out. The positions of the
    /// columns left out are returned.
    pub fn fit(&self, width: usize) -> (String, Vec<usize>) {
        // Of very many columns only the outermost can be seen: the rest is not laid out.
        let outer = width / GAP + 2;
        let n = self.align.len();
        if n > self.keep + 2 * outer {
            let shown: Vec<usize> = (0..self.keep + outer).chain(n - outer..n).collect();
            let pick = |l: &Line| Line { cells: shown.iter().map(|&i| l.cells[i].clone()).collect(), style: l.style };
            let align = shown.iter().map(|&i| self.align[i]).collect();
            let part = Grid { align, lines: self.lines.iter().map(pick).collect(), keep: self.keep };
            let (text, hidden) = part.fit(width);
            let mut all: Vec<usize> = hidden.iter().map(|&i| shown[i]).chain(self.keep + outer..n - outer).collect();
            all.sort_unstable();
            return (text, all);
        }
        let natural = self.natural();
        let (widths, hidden) = self.widths(&natural, width);
        let mut out = String::new();
        for line in &self.lines {
            let mut text = String::new();
            let mut marked = false;
            for (i, cell) in line.cells.iter().enumerate() {
                if hidden.contains(&i) {
                    if !marked {
                        text.push_str(&gap(&text));
                        text.push_str(&paint(DIM, MORE));
                        marked = true;
                    }
                    continue;
                }
                text.push_str(&gap(&text));
                let cut = cut(cell, widths[i]);
                let pad = " ".repeat(widths[i].saturating_sub(cut.width()));
                let style = if cell == MISSING { DIM } else { line.style };
                let shown = if cell == MISSING { "-".to_string() } else { cut };
                match self.align[i] {
                    Align::Left => text.push_str(&format!("{}{pad}", paint(style, &shown))),
                    Align::Right => text.push_str(&format!("{pad}{}", paint(style, &shown))),
                }
            }
            out.push_str(text.trim_end());
            out.push('\n');
        }
        (out, hidden)
    }

    /// Widths of the columns, and which are left out.
    fn widths(&self, natural: &[usize], width: usize) -> (Vec<usize>, Vec<usize>) {
        let total = |w: &[usize], hidden: &[usize]| {
            let shown: usize = w.iter().enumerate().filter(|(i, _)| !hidden.contains(i)).map(|(_, w)| w + GAP).sum();
            (shown + if hidden.is_empty() { 0 } else { 1 + GAP }).saturating_sub(GAP)
        };
        let mut widths = natural.to_vec();
        // The widest columns of text give first, down to what is still worth reading. A number cut off would be another number.
        let text = |i: usize| self.align[i] == Align::Left;
        while total(&widths, &[]) > width {
            let Some((i, &w)) = widths.iter().enumerate().filter(|(i, w)| text(*i) && **w > NARROW).max_by_key(|(_, w)| **w) else { break };
            let second = widths.iter().enumerate().filter(|(j, _)| *j != i && text(*j)).map(|(_, w)| *w).max().unwrap_or(0);
            let excess = total(&widths, &[]) - width;
            widths[i] = w.saturating_sub(excess.min((w - second.min(w - 1)).max(1))).max(NARROW);
        }
        if total(&widths, &[]) <= width {
            return (widths, Vec::new());
        }
        // Then columns go, from the middle outwards; what is cut grows back into the room.
        let mut hidden = Vec::new();
        let mut order: Vec<usize> = (self.keep..widths.len()).collect();
        let middle = (self.keep + widths.len()) / 2;
        order.sort_by_key(|&i| (i.abs_diff(middle), i));
        for i in order {
            if total(&widths, &hidden) <= width {
                break;
            }
            hidden.push(i);
        }
        while let Some(room) = width.checked_sub(total(&widths, &hidden)).filter(|r| *r > 0) {
            let cut = (0..widths.len()).filter(|i| !hidden.contains(i) && widths[*i] < natural[*i]).min_by_key(|&i| widths[i]);
            let Some(i) = cut else { break };
            widths[i] = (widths[i] + room.min(4)).min(natural[i]);
        }
        hidden.sort_unstable();
        (widths, hidden)
    }
}

/// Stands for a missing cell: a text that no cell can have, because cells are escaped.
const MISSING: &str = "\u{0}";

fn gap(text: &str) -> String {
    if text.is_empty() { String::new() } else { " ".repeat(GAP) }
}

fn cell_width(cell: &str) -> usize {
    if cell == MISSING { 1 } else { cell.width() }
}

/// The text, cut to a width with a mark.
fn cut(cell: &str, width: usize) -> String {
    if cell == MISSING {
        return "-".to_string();
    }
    if cell.width() <= width {
        return cell.to_string();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in cell.chars() {
        let w = c.width().unwrap_or(0);
        if used + w + 1 > width {
            break;
        }
        used += w;
        out.push(c);
    }
    out + MORE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn grid_too_wide_leaves_out_the_middle() {
        let mut g = Grid::new(vec![Align::Right; 6]);
        g.header((0..6).map(|i| format!("column{i}")).collect());
        g.row((0..6).map(|i| Some(i.to_string())).collect());
        let (text, hidden) = g.fit(30);
        assert!(plain(&text).lines().all(|l| l.width() <= 30), "{text}");
        assert_eq!(hidden, [2, 3, 4]);
        assert!(plain(&text).starts_with("column0  column1  …  column5\n"), "{text}");
    }

    #[test]
    fn grid_of_thousands_of_columns_is_laid_out_as_one_of_hundreds() {
        let grid = |n: usize, name: &dyn Fn(usize) -> String| {
            let mut g = Grid::new(vec![Align::Left; n]);
            g.header((0..n).map(name).collect());
            g.row(vec![Some("1".into()); n]);
            g.fit(80)
        };
        let (many, hidden) = grid(100_000, &|i| format!("c{:05}", i % 50_000));
        assert!(plain(&many).lines().all(|l| l.width() <= 80) && many.contains("c00000") && many.contains("c49999"), "{many}");
        assert_eq!(hidden.len() + plain(&many).lines().next().unwrap().split_whitespace().count() - 1, 100_000);
        assert!(hidden.is_sorted() && hidden.windows(2).all(|w| w[0] + 1 == w[1]));
    }

    #[test]
    fn long_cell_is_cut_before_columns_go() {
        let mut g = Grid::new(vec![Align::Left, Align::Left]);
        g.row(vec![Some("x".repeat(50)), Some("tail".into())]);
        assert_eq!(plain(&g.fit(30).0), format!("{}…  tail\n", "x".repeat(23)));
    }
}
