//! Which of the rows with one key stay.

use super::{KeyColumn, first_rows, row_codes};

/// Which of several equal rows count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// The first.
    #[default]
    First,
    /// The last.
    Last,
    /// None of them.
    None,
}

/// The rows that stay, in their order. Missing keys are the same as each other.
pub fn kept(keys: &[KeyColumn], rows: u32, keep: Keep) -> Vec<u32> {
    match keep {
        Keep::First => first_rows(keys, rows).set_indices().map(|i| i as u32).collect(),
        Keep::Last => {
            let (codes, firsts) = row_codes(keys, rows);
            let mut last = vec![0u32; firsts.len()];
            codes.iter().enumerate().for_each(|(row, &code)| last[code as usize] = row as u32);
            last.sort_unstable();
            last
        }
        Keep::None => once(keys, rows),
    }
}

/// Of every key the rows that are needed to know which rows of a larger table stay: of one that stands several times two are enough.
pub fn kept_so_far(keys: &[KeyColumn], rows: u32, keep: Keep) -> Vec<u32> {
    match keep {
        Keep::None => {
            let (codes, firsts) = row_codes(keys, rows);
            let mut seen = vec![0u8; firsts.len()];
            let some = |row: &u32| {
                let seen = &mut seen[codes[*row as usize] as usize];
                *seen = (*seen + 1).min(3);
                *seen <= 2
            };
            (0..rows).filter(some).collect()
        }
        keep => kept(keys, rows, keep),
    }
}

/// The rows of keys that stand once.
fn once(keys: &[KeyColumn], rows: u32) -> Vec<u32> {
    let (codes, firsts) = row_codes(keys, rows);
    let mut count = vec![0u32; firsts.len()];
    codes.iter().for_each(|&code| count[code as usize] += 1);
    (0..rows).filter(|&row| count[codes[row as usize] as usize] == 1).collect()
}
