//! The `hpda-data` command.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    hpda_data::cli::main()
}

/// A limit of the system on private memory (`ulimit -d`, RLIMIT_DATA) counts what a process may write to, touched or not. The allocator
/// takes a gigabyte at the start and whole pages for each size of blocks, which is fastest and costs nothing elsewhere; under a limit it
/// is told to take what it needs, and to give it back.
#[cfg(target_os = "linux")]
mod limited {
    /// Called before the allocator, which reads its options when the process starts.
    #[used]
    #[unsafe(link_section = ".init_array.00100")]
    static AT_START: extern "C" fn() = at_start;

    extern "C" fn at_start() {
        let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: a structure of two numbers that lives through the call.
        if unsafe { libc::getrlimit(libc::RLIMIT_DATA, &mut limit) } != 0 || limit.rlim_cur == libc::RLIM_INFINITY {
            return;
        }
        let options =
            [(c"MIMALLOC_ARENA_EAGER_COMMIT", c"0"), (c"MIMALLOC_PAGE_COMMIT_ON_DEMAND", c"1"), (c"MIMALLOC_DISALLOW_ARENA_ALLOC", c"1")];
        for (name, value) in options {
            // SAFETY: both texts end in a zero; no other thread is there yet. What the user has set stays.
            unsafe { libc::setenv(name.as_ptr(), value.as_ptr(), 0) };
        }
    }
}
