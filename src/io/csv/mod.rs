//! Comma- and tab-separated text.
