//! The progress bar: on a terminal, for work that takes longer than half a second.

use crate::exec::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Work is shown once it has taken this long.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar on standard error. It goes when it is dropped.
pub struct Bar {
    bar: ProgressBar,
    start: Instant,
}

impl Bar {
    /// A bar that nobody sees yet.
    pub fn shared(what: &str) -> Arc<dyn Progress> {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{msg} {wide_bar} {binary_bytes}/{binary_total_bytes} {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what.to_string());
        Arc::new(Bar { bar, start: Instant::now() })
    }

    fn show_if_long(&self) {
        if self.bar.is_hidden() && self.start.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
    }
}

impl Progress for Bar {
    fn total(&self, bytes: u64) {
        self.bar.inc_length(bytes);
    }
    fn advance(&self, bytes: u64) {
        self.show_if_long();
        self.bar.inc(bytes);
    }
    fn message(&self, text: &str) {
        self.bar.set_message(text.to_string());
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
