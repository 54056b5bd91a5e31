//! Names of temporary outputs, by which those of runs that were killed are told from those that are being written.
//!
//! The name says whose it is: `.TARGET.PID-OWNER.hpda-tmp`, where the owner is made of the machine (six hexadecimal digits) and of
//! the start of the process (six more). A process of this machine that is gone, or began at another time, will not finish its
//! output. Of other machines on a shared file system, and of other containers, nothing can be known: their files go when nothing
//! has been written to them for a day.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

const ENDING: &str = ".hpda-tmp";
/// What a folder is called while it is removed.
pub(super) const GONE: &str = "-gone";
/// What a folder is called that makes way for another.
pub(super) const OLD: &str = "-old";
/// After so long nobody writes any more.
const FORSAKEN: Duration = Duration::from_secs(24 * 3600);

/// The process that writes an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owner {
    pid: u32,
    machine: u32,
    start: u32,
}

impl Owner {
    fn this() -> Owner {
        static THIS: OnceLock<Owner> = OnceLock::new();
        *THIS.get_or_init(|| {
            let pid = std::process::id();
            Owner { pid, machine: machine(), start: start(pid).unwrap_or(0) }
        })
    }

    /// Whether it may still be at work; `None` where that cannot be known.
    fn is_alive(self) -> Option<bool> {
        let this = Owner::this();
        if self.machine != this.machine || cfg!(not(target_os = "linux")) {
            return None;
        }
        Some(start(self.pid) == Some(self.start))
    }
}

/// Six hexadecimal digits of a text (FNV-1a).
fn digits(text: &str) -> u32 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    ((hash >> 40) ^ (hash & 0xff_ffff)) as u32 & 0xff_ffff
}

/// This machine, and the space of process numbers in it: containers have their own.
fn machine() -> u32 {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let space = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    digits(&format!("{} {}", host.trim(), space.display()))
}

/// When a process began, in this run of the machine; `None` when there is none of that number.
fn start(pid: u32) -> Option<u32> {
    let facts = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program stands in parentheses and may hold anything; the start is the 20th word behind it.
    let began = facts.rsplit_once(')')?.1.split_whitespace().nth(19)?;
    let run = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    Some(digits(&format!("{} {began}", run.trim())))
}

/// A name beside a target for what is being written.
pub(super) fn beside(target: &Path) -> Option<PathBuf> {
    let name = target.file_name()?.to_string_lossy();
    let Owner { pid, machine, start } = Owner::this();
    Some(target.with_file_name(format!(".{name}.{pid}-{machine:06x}{start:06x}{ENDING}")))
}

/// The owner of a temporary output of this target, and what stands behind the ending.
fn parse<'a>(name: &'a str, target: &str) -> Option<(Owner, &'a str)> {
    let rest = name.strip_prefix('.')?.strip_prefix(target)?.strip_prefix('.')?;
    let (owner, more) = rest.split_once(ENDING)?;
    let (pid, of) = owner.split_once('-')?;
    let hex = |s: &str| u32::from_str_radix(s, 16).ok();
    if of.len() != 12 || !matches!(more, "" | GONE | OLD) {
        return None;
    }
    Some((Owner { pid: pid.parse().ok()?, machine: hex(of.get(..6)?)?, start: hex(of.get(6..)?)? }, more))
}

/// Takes away what killed runs have left beside a target. What cannot be taken away stays: it is in nobody's way.
pub(super) fn sweep(target: &Path) {
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(name) = target.file_name().map(|n| n.to_string_lossy()) else { return };
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let found = entry.file_name();
        let Some((owner, more)) = found.to_str().and_then(|f| parse(f, &name)) else { continue };
        let forsaken = || {
            let written = entry.metadata().and_then(|m| m.modified()).ok();
            written.and_then(|w| w.elapsed().ok()).is_some_and(|age| age > FORSAKEN)
        };
        if owner == Owner::this() || owner.is_alive().unwrap_or_else(|| !forsaken()) {
            continue;
        }
        let path = entry.path();
        // Killed between two renames: this is the only copy of what was there.
        if more == OLD && target.symlink_metadata().is_err() && std::fs::rename(&path, target).is_ok() {
            continue;
        }
        super::folder::remove(&path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_temporary_outputs_say_whose_they_are() {
        let path = beside(Path::new("some/where/out.nc")).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(parse(name, "out.nc"), Some((Owner::this(), "")));
        assert_eq!(parse(&format!("{name}-gone"), "out.nc"), Some((Owner::this(), GONE)));
        for other in ["out", "out.n", "t.nc", ".out.nc"] {
            assert_eq!(parse(name, other), None, "{other}");
        }
        for odd in [".out.nc.hpda-tmp", ".out.nc.12.hpda-tmp", ".out.nc.12-0123456789a.hpda-tmp", ".out.nc.12-0123456789ab.hpda-tmp.nc"] {
            assert_eq!(parse(odd, "out.nc"), None, "{odd}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn leftovers_of_dead_processes_go_and_those_of_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out.zarr");
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let dead = child.id();
        child.wait().unwrap();
        let Owner { pid, machine, start } = Owner::this();
        let parent = std::os::unix::process::parent_id();
        let make = |name: String| std::fs::create_dir(folder.path().join(&name)).map(|()| name).unwrap();
        let name =
            |pid: u32, machine: u32, start: u32, more: &str| make(format!(".out.zarr.{pid}-{machine:06x}{start:06x}.hpda-tmp{more}"));
        let begun = super::start(parent).unwrap();
        let gone = [name(dead, machine, start, ""), name(dead, machine, 7, GONE), name(parent, machine, begun ^ 1, "")];
        let stay = [
            name(pid, machine, start, ""),
            name(parent, machine, begun, ""),
            name(dead, machine ^ 1, start, ""),
            make(".out.zarr2.1-000000000000.hpda-tmp".into()),
        ];
        let old = name(dead, machine, 8, OLD);
        sweep(&target);
        assert!(target.is_dir() && !folder.path().join(&old).exists(), "what was there has its name again");
        for name in gone {
            assert!(!folder.path().join(&name).exists(), "{name}");
        }
        for name in stay {
            assert!(folder.path().join(&name).exists(), "{name}");
        }
    }
}
