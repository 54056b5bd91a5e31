//! What surrounds a command: threads, memory, interruption, messages on standard error.

use super::args::RunArgs;
use super::{lists, progress};
use crate::error::{Error, IoResultExt, Level, Notices, Result};
use crate::exec::ExecOptions;
use crate::io::remove_unfinished;
use crate::show::paint;
use crate::store::Budget;
use anstyle::{AnsiColor, Style};
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// A running command.
pub struct Session {
    quiet: bool,
    strict: bool,
    progress: bool,
    threads: Option<usize>,
    /// Where buffers are booked.
    pub budget: Budget,
    told: Mutex<Notices>,
}

impl Session {
    /// Reads the options; an interrupt from now on takes unfinished outputs away.
    pub fn start(run: &RunArgs, strict: bool) -> Result<Session> {
        let limit = match &run.memory {
            Some(text) => lists::size(text)?,
            None => default_memory(),
        };
        if limit < 1_000_000 {
            return Err(Error::invalid("--memory is too small: 1MB at least").help("sizes look like 512MB, 1.5GB or 2GiB"));
        }
        if run.threads == Some(0) {
            return Err(Error::invalid("-j takes 1 thread at least"));
        }
        let _ = ctrlc::set_handler(|| {
            remove_unfinished();
            eprintln!("interrupted");
            leave(130)
        });
        let session = Session {
            quiet: run.quiet,
            strict,
            progress: !run.quiet && !run.no_progress && std::io::stderr().is_terminal(),
            threads: run.threads,
            budget: Budget::new(limit),
            told: Mutex::default(),
        };
        Ok(session)
    }

    /// Starts the threads, if a number was asked for: called by commands that have work for them.
    pub fn start_threads(&self) {
        if let Some(n) = self.threads {
            // It fails only where a pool is running already, which then serves as well.
            let _ = rayon::ThreadPoolBuilder::new().num_threads(n).build_global();
        }
    }

    /// How the executor is to work.
    pub fn exec(&self, what: &str) -> ExecOptions {
        self.start_threads();
        let progress = self.progress.then(|| progress::Bar::shared(what));
        ExecOptions { budget: self.budget.clone(), progress, ..ExecOptions::default() }
    }

    /// Prints warnings, each once; with `--strict` they are an error.
    pub fn tell(&self, notices: &Notices) -> Result<()> {
        if self.strict {
            notices.refuse(Level::Warning)?;
        }
        let mut told = self.told.lock().unwrap_or_else(|e| e.into_inner());
        for notice in notices.iter() {
            if !self.quiet && !told.iter().any(|t| t == notice) {
                say(&notice.to_string());
            }
        }
        told.extend(notices.clone());
        Ok(())
    }

    /// A remark on standard error.
    #[allow(dead_code)]
    pub fn remark(&self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }
}

/// A line on standard error; its first word up to the colon stands out.
fn say(text: &str) {
    let line = match text.split_once(": ") {
        Some((word, rest)) if !word.contains(' ') => format!("{} {rest}", paint(YELLOW, &format!("{word}:"))),
        _ => text.to_string(),
    };
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Prints an error.
pub fn report(e: &Error) {
    let text = e.to_string();
    let (word, rest) = text.split_once(": ").unwrap_or(("error", &text));
    let _ = writeln!(anstream::stderr(), "{} {rest}", paint(RED, &format!("{word}:")));
}

/// Prints text for people on standard output; colours are stripped where they are not wanted.
pub fn print(text: &str) -> Result<()> {
    let mut out = anstream::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).io_at("standard output")
}

/// Columns of the terminal; 100 where the output is none.
pub fn width() -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).filter(|c| *c >= 20);
    asked.or_else(|| terminal_size::terminal_size_of(std::io::stdout()).map(|(w, _)| w.0 as usize)).unwrap_or(100)
}

static DIFFERENCES: AtomicBool = AtomicBool::new(false);

/// The command has run well and has found differences: the program ends with 1.
pub fn found_differences() {
    DIFFERENCES.store(true, Ordering::Relaxed);
}

/// What the program ends with where there is no error.
pub fn code() -> u8 {
    DIFFERENCES.load(Ordering::Relaxed).into()
}

static FAULT: Mutex<Option<String>> = Mutex::new(None);

/// A panic is a fault of this program. It is kept in silence, because readers of damaged files may live with one inside a library;
/// only if it reaches the top is it reported.
pub fn catch_faults() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::env::var_os("RUST_BACKTRACE").is_some_and(|v| v != "0") {
            usual(info);
        }
        let message = info.payload_as_str().unwrap_or("unknown cause").to_string();
        let place = info.location().map(|l| format!(" ({}:{})", l.file(), l.line())).unwrap_or_default();
        *FAULT.lock().unwrap_or_else(|e| e.into_inner()) = Some(format!("{message}{place}"));
    }));
}

/// Says that a panic reached the top.
pub fn report_fault() {
    let message = FAULT.lock().unwrap_or_else(|e| e.into_inner()).take().unwrap_or_default();
    let e = Error::internal(format!("this is a fault of hpda-data, not of your data: {message}"))
        .help("please report it with the command that you ran; RUST_BACKTRACE=1 shows where it arose");
    report(&e);
}

/// Ends the process at once: the C libraries' clean-up at exit must not run beside threads that still use them.
fn leave(code: i32) -> ! {
    #[cfg(unix)]
    // SAFETY: `_exit` takes any number, touches no memory of ours and does not return.
    unsafe {
        libc::_exit(code)
    }
    #[cfg(not(unix))]
    std::process::exit(code)
}

/// Buffers of some size go back to the system when they are freed. By default the allocator of glibc keeps ever larger ones for
/// later, in a pool of each thread, and what a budget counts as free is then still held. One pool does for the C libraries, which one thread
/// is in at a time: those of threads grow page by page, which takes a quarter of the time in which thousands of small files are opened.
pub fn give_back_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: three numbers; no other thread is there yet.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 1 << 20);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 4 << 20);
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// A file that grows beyond a limit of the system ends a write with an error, not the process. As many files may be open as the
/// system allows: joining thousands of files takes a handle of each, and shells start programs with room for a thousand.
pub fn meet_limits() {
    #[cfg(unix)]
    // SAFETY: the signal is ignored, which needs no handler; the limit is a structure of two numbers that lives through both calls.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        let mut files = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut files) == 0 && files.rlim_cur < files.rlim_max {
            files.rlim_cur = files.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &files);
        }
    }
}

/// Two signals are errors, not crashes. Files are read through maps of memory: one that another program cuts off meanwhile has pages that
/// are nowhere (SIGBUS). And what a decoder asks for that no machine has, or a C library that gives up, ends a process (SIGABRT). What was
/// being written stays unfinished and is taken away by the next run on the same output: in a signal little else may be done than to say
/// so and to go.
pub fn meet_signals() {
    #[cfg(unix)]
    for (signal, handler) in [(libc::SIGBUS, shrunk as extern "C" fn(libc::c_int)), (libc::SIGABRT, given_up)] {
        // SAFETY: the action is all zeros (no flags, no other signals held back) but for the handler, which takes the number of a signal.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler as *const () as usize;
            libc::sigaction(signal, &action, std::ptr::null_mut());
        }
    }
}

#[cfg(unix)]
extern "C" fn shrunk(_: libc::c_int) {
    last_words(
        "error[io]: a file has become shorter while it was read, or its disk does not answer\n   help:  read it when no other program writes it\n",
    )
}

#[cfg(unix)]
extern "C" fn given_up(_: libc::c_int) {
    last_words(
        "error[budget]: the system gives no more memory, or a library has given up over a damaged file\n   help:  ask for less at a time, or give less with --memory SIZE; look at the file alone: hpda-data info FILE\n",
    )
}

/// Says this and ends the process, as a signal handler may.
#[cfg(unix)]
fn last_words(text: &str) -> ! {
    // SAFETY: the text is as long as it says; both calls are allowed in a signal handler, and the second does not return.
    unsafe {
        libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len());
        libc::_exit(2)
    }
}

/// A quarter of what the machine (or its container) has, 256 MB at least.
fn default_memory() -> usize {
    let number = |text: String| text.trim().parse::<usize>().ok();
    let container = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(number);
    let machine = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|l| l.starts_with("MemTotal:"))?;
        line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|kib| kib * 1024)
    });
    let all = container.into_iter().chain(machine).min().unwrap_or(4_000_000_000);
    (all / 4).max(256_000_000)
}
