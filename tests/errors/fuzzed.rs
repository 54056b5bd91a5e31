//! The targets of `fuzz/` over their seeds, and over mutations of them that are the same every time. `HPDA_FUZZ_SECONDS=60` runs each
//! target for so long instead, from another start each time (0: only the seeds); `HPDA_FUZZ=csv,npy` only some; `HPDA_FUZZ_CORPUS=FOLDER`
//! takes what `scripts/fuzz` has gathered there for seeds. What breaks is printed and kept beside the seeds, so that it is tried from then on.

#[path = "../../fuzz/targets.rs"]
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use targets::{TARGETS, Target};

/// Mutations of each target where no time is given.
const ROUNDS: u64 = 400;
/// One input takes no longer than so many ticks. They are counted, so that a machine that stands still is no input without an end.
const TICKS: u32 = 200;
const TICK: Duration = Duration::from_millis(100);

/// Random numbers (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// Pieces that parsers look at.
const WORDS: [&[u8]; 30] = [
    b"\"",
    b"'",
    b",",
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff\xff\xff\xff",
    b"\xef\xbb\xbf",
    b"-0",
    b"9223372036854775808",
    b"1e400",
    b"nan",
    b"inf",
    b"2024-02-30",
    b"23:59:60",
    b"NA",
    b"{",
    b"[",
    b"]",
    b"}",
    b"\\u",
    b"(",
    b"if(",
    b"**",
    b"`",
    b":",
    b"days since ",
    b"--where",
    b"\x80",
    b"\xf0\x9f",
];

/// A seed with up to four changes, sometimes with a part of another one.
fn mutated(seeds: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut out = seeds[dice.below(seeds.len())].clone();
    for _ in 0..1 + dice.below(4) {
        let (at, n) = (dice.below(out.len() + 1), 1 << dice.below(6));
        let end = (at + n).min(out.len());
        match dice.below(10) {
            0 | 1 if at < out.len() => out[at] ^= 1 << dice.below(8),
            2 if at < out.len() => out[at] = dice.next() as u8,
            3 => drop(out.drain(at..end)),
            4 => drop(out.splice(at..at, WORDS[dice.below(WORDS.len())].iter().copied())),
            5 => {
                let copy = out[at..end].to_vec();
                let to = dice.below(out.len() + 1);
                drop(out.splice(to..to, copy));
            }
            6 => {
                let other = &seeds[dice.below(seeds.len())];
                let (a, b) = (dice.below(other.len() + 1), dice.below(other.len() + 1));
                drop(out.splice(at..end, other[a.min(b)..a.max(b)].iter().copied()));
            }
            7 => out.truncate(at.max(1)),
            8 if at + 4 <= out.len() => {
                let value = [0, 1, u32::MAX, i32::MAX as u32, out.len() as u32, 1 << 31][dice.below(6)];
                out[at..at + 4].copy_from_slice(&if dice.below(2) == 0 { value.to_le_bytes() } else { value.to_be_bytes() });
            }
            _ => drop(out.splice(at..end, std::iter::repeat_n(dice.next() as u8, n))),
        }
    }
    out.truncate(1 << 16);
    out
}

fn seeds_of(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = match std::env::var_os("HPDA_FUZZ_CORPUS") {
        Some(corpora) => Path::new(&corpora).join(name).join("corpus"),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name),
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{name} has no seeds");
    files.into_iter().map(|f| (f.clone(), std::fs::read(f).unwrap())).collect()
}

/// Runs a target over what `inputs` gives on a thread of its own; returns how many there were, or the input that broke it.
fn drive(run: Target, mut inputs: impl FnMut() -> Option<Vec<u8>> + Send + 'static) -> Result<u64, (Vec<u8>, String)> {
    let (begin, begun) = mpsc::channel::<Option<Result<Vec<u8>, (Vec<u8>, String)>>>();
    std::thread::Builder::new()
        .stack_size(8 << 20)
        .spawn(move || {
            while let Some(input) = inputs() {
                let _ = begin.send(Some(Ok(input.clone())));
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(&input))) {
                    let text = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
                    let _ = begin.send(Some(Err((input, text.unwrap_or_default()))));
                    return;
                }
            }
            let _ = begin.send(None);
        })
        .unwrap();
    let (mut count, mut last, mut ticks) = (0, Vec::new(), 0);
    loop {
        match begun.recv_timeout(TICK) {
            Ok(Some(Ok(input))) => (count, last, ticks) = (count + 1, input, 0),
            Ok(Some(Err(broken))) => return Err(broken),
            Ok(None) => return Ok(count),
            Err(_) if ticks < TICKS => ticks += 1,
            Err(_) => return Err((last, "no end".into())),
        }
    }
}

/// Keeps what broke a target.
fn broken(name: &str, (input, why): (Vec<u8>, String)) -> String {
    let hash = input.iter().fold(0xcbf2_9ce4_8422_2325u64, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fuzz/seeds/{name}/broke-{hash:016x}"));
    let _ = std::fs::write(&path, &input);
    format!(
        "{name}: {why}\n  {} bytes, kept as {}: {:?}",
        input.len(),
        path.display(),
        String::from_utf8_lossy(&input[..input.len().min(200)])
    )
}

#[test]
fn targets_of_the_fuzzers_live_through_seeds_and_mutations() {
    let seconds = std::env::var("HPDA_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).map(Duration::from_secs);
    let only = std::env::var("HPDA_FUZZ").unwrap_or_default();
    let start = if seconds.is_some() { std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |t| t.as_nanos() as u64) } else { 1 };
    let mut failures = Vec::new();
    for (name, run) in TARGETS {
        // The C library may end the whole process: damaged files have a driver of their own, which starts one for each.
        let wanted = if only.is_empty() { name != "hdf5" } else { only.split(',').any(|o| o == name) };
        if !wanted {
            continue;
        }
        let seeds: Vec<Vec<u8>> = seeds_of(name).into_iter().map(|(_, bytes)| bytes).collect();
        let mut left = seeds.clone().into_iter();
        if let Err(e) = drive(run, move || left.next()) {
            failures.push(broken(name, e));
            continue;
        }
        let begun = Instant::now();
        let mut dice = Dice(start);
        let mut round = 0;
        let inputs = move || {
            round += 1;
            let more = seconds.map_or(round <= ROUNDS, |s| begun.elapsed() < s);
            more.then(|| mutated(&seeds, &mut dice))
        };
        match drive(run, inputs) {
            Ok(count) if seconds.is_some() => println!("| `{name}` | {count} | {:.0} |", begun.elapsed().as_secs_f64()),
            Ok(_) => {}
            Err(e) => failures.push(broken(name, e)),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
