//! One process per market and account: locks of the operating system, which end with the process however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a taken lock is tried for: whoever only looks at it gives it back at once.
const PATIENCE: Duration = Duration::from_secs(1);
/// Pause between two tries.
const AGAIN: Duration = Duration::from_millis(50);

/// Why this process may not trade.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("{what} is used by another hedge-fast{holder}; {remedy}")]
    Running {
        /// What both want.
        what: String,
        /// Its process number, in words; may be empty.
        holder: String,
        /// Its process number, where it could be read.
        pid: Option<u32>,
        /// What the reader can do.
        remedy: &'static str,
    },
    /// The lock cannot be taken, so nothing is known of others.
    #[error("cannot lock {path}: {cause}; set HEDGE_STATE_DIR to a folder that can be written")]
    Unusable {
        /// The lock file.
        path: PathBuf,
        /// The system's word.
        cause: io::Error,
    },
}

/// Something that processes must not have at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// In words; also the name of the lock file.
    pub what: String,
    /// True when others may have it too, as long as they all say so.
    pub shared: bool,
    /// What to do when another process has it.
    pub remedy: &'static str,
}

/// Held as long as this process trades.
#[derive(Debug)]
pub struct InstanceLock {
    _files: Vec<File>,
}

impl InstanceLock {
    /// Takes every claim, with lock files below `dir`, which is created.
    ///
    /// # Errors
    /// When another process holds one of them, or the folder cannot be used.
    pub fn take(dir: &Path, claims: &[Claim]) -> Result<Self, LockError> {
        let mut files = Self::lock(dir, claims)?;
        for file in &mut files {
            // Only for the message of a second process: the lock itself is what counts.
            let _ = file.set_len(0).and_then(|()| file.rewind());
            let _ = write!(file, "{}", std::process::id());
        }
        Ok(Self { _files: files })
    }

    /// As [`InstanceLock::take`], and for a second again while somebody else holds a claim: it may be one who only looks.
    ///
    /// # Errors
    /// When another process holds on to one of them, or the folder cannot be used.
    pub fn take_patiently(dir: &Path, claims: &[Claim]) -> Result<Self, LockError> {
        let begun = Instant::now();
        loop {
            match Self::take(dir, claims) {
                Err(LockError::Running { .. }) if begun.elapsed() < PATIENCE => std::thread::sleep(AGAIN),
                other => return other,
            }
        }
    }

    /// Whether every claim is free. To see that, they are held for a moment.
    ///
    /// # Errors
    /// When another process holds one of them, or the folder cannot be used.
    pub fn look(dir: &Path, claims: &[Claim]) -> Result<(), LockError> {
        Self::lock(dir, claims).map(drop)
    }

    fn lock(dir: &Path, claims: &[Claim]) -> Result<Vec<File>, LockError> {
        let unusable = |path: &Path, cause| LockError::Unusable { path: path.to_owned(), cause };
        std::fs::create_dir_all(dir).map_err(|cause| unusable(dir, cause))?;
        let mut files = Vec::with_capacity(claims.len());
        for Claim { what, shared, remedy } in claims {
            let path = dir.join(format!("{}.lock", file_name(what)));
            let open = OpenOptions::new().create(true).read(true).write(true).truncate(false).open(&path);
            let mut file = open.map_err(|cause| unusable(&path, cause))?;
            match if *shared { file.try_lock_shared() } else { file.try_lock() } {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let pid = holder(&mut file);
                    let holder = pid.map(|pid| format!(" (process {pid})")).unwrap_or_default();
                    return Err(LockError::Running { what: what.clone(), holder, pid, remedy });
                }
                Err(TryLockError::Error(cause)) => return Err(unusable(&path, cause)),
            }
            files.push(file);
        }
        Ok(files)
    }
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    let _ = file.read_to_string(&mut text);
    text.trim().parse().ok()
}

/// A text as a name that every file system takes.
pub fn file_name(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(names: &[&str], shared: bool) -> Vec<Claim> {
        let claim = |name: &&str| Claim { what: (*name).to_owned(), shared, remedy: "stop it first" };
        names.iter().map(claim).collect()
    }

    #[test]
    fn an_account_is_taken_once_and_free_again_afterwards() {
        let dir = tempfile::tempdir().expect("a folder");
        let take = |names: &[&str], shared| InstanceLock::take(dir.path(), &claims(names, shared));
        let held = take(&["Paradex 0x1 BTC", "Lighter 7 BTC"], false).expect("free");
        let refused = take(&["Paradex 0x2 BTC", "Lighter 7 BTC"], false);
        let words = refused.expect_err("one of them is taken").to_string();
        assert!(
            words.starts_with("Lighter 7 BTC") && words.contains(&std::process::id().to_string()),
            "{words}"
        );
        take(&["Paradex 0x1 ETH", "Lighter 7 ETH"], false).expect("another market");
        drop(held);
        take(&["Paradex 0x1 BTC", "Lighter 7 BTC"], false).expect("free again");
    }

    #[test]
    fn a_look_leaves_no_trace_and_keeps_nobody_from_starting() {
        let dir = tempfile::tempdir().expect("a folder");
        let claims = claims(&["Paradex 0x1 BTC"], false);
        InstanceLock::look(dir.path(), &claims).expect("free");
        let lock = dir.path().join("Paradex_0x1_BTC.lock");
        assert_eq!(std::fs::read_to_string(lock).expect("made"), "");
        let looked = InstanceLock::lock(dir.path(), &claims).expect("free");
        let giving_back = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            drop(looked);
        });
        let held = InstanceLock::take_patiently(dir.path(), &claims).expect("free in time");
        giving_back.join().expect("ends");
        assert!(matches!(
            InstanceLock::look(dir.path(), &claims),
            Err(LockError::Running { pid: Some(pid), .. }) if pid == std::process::id()
        ));
        let begun = Instant::now();
        assert!(InstanceLock::take_patiently(dir.path(), &claims).is_err());
        assert!(begun.elapsed() >= PATIENCE);
        drop(held);
    }

    #[test]
    fn what_is_shared_may_be_shared_with_those_who_share_it_too() {
        let dir = tempfile::tempdir().expect("a folder");
        let take = |shared| InstanceLock::take(dir.path(), &claims(&["slot 5"], shared));
        let (first, second) = (take(true).expect("free"), take(true).expect("shared"));
        assert!(take(false).is_err());
        drop((first, second));
        let alone = take(false).expect("free again");
        assert!(take(true).is_err());
        drop(alone);
    }

    #[test]
    fn a_folder_that_cannot_be_used_is_named() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let refused = InstanceLock::take(file.path(), &[]).expect_err("a file is no folder");
        assert!(refused.to_string().contains("HEDGE_STATE_DIR"), "{refused}");
    }
}
