//! Postponed work: expressions and plans. No files, no values.
