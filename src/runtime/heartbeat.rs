//! A sign of life that the watchdog reads: a file whose time is renewed while the coordinator's loop turns. Renewing needs no
//! space on the disk, so a full one is not mistaken for death.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

/// The file is renewed this often.
const PERIOD: Duration = Duration::from_millis(500);

/// Turns of the coordinator's loop.
#[derive(Clone, Debug, Default)]
pub struct Beats(Arc<AtomicU64>);

impl Beats {
    /// One turn.
    pub fn beat(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How old the sign of life at `path` is; `None` where there is none. A clock that was set back makes it young.
pub fn age(path: &Path) -> Option<Duration> {
    let modified = std::fs::metadata(path).and_then(|meta| meta.modified()).ok()?;
    Some(SystemTime::now().duration_since(modified).unwrap_or_default())
}

/// The running thread; ends with it.
pub struct Heartbeat {
    path: PathBuf,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Heartbeat {
    /// Writes the process id to `path` and renews the file's time while `beats` go on.
    ///
    /// # Errors
    /// When the file cannot be written or the system has no thread.
    pub fn start(path: &Path, beats: Beats) -> io::Result<Self> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        // A disk without room for a number costs the watchdog its chance to stop a process that hangs, nothing else.
        if let Err(cause) = writeln!(file, "{}", std::process::id()) {
            log::warn!(
                "{} cannot be written ({cause}): the watchdog cannot tell which process it is",
                path.display()
            );
        }
        let ended = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&ended);
        let thread = std::thread::Builder::new()
            .name("heartbeat".to_owned())
            .spawn(move || keep_alive(&file, &beats, &stop))?;
        Ok(Self { path: path.to_owned(), ended, thread: Some(thread) })
    }

    /// Ends it. Nothing is left behind when the run was `clean`; otherwise the file stays and grows old.
    pub fn stop(self, clean: bool) {
        let path = self.path.clone();
        drop(self);
        if clean {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn keep_alive(file: &File, beats: &Beats, ended: &AtomicBool) {
    let mut seen = None;
    while !ended.load(Ordering::Relaxed) {
        let count = Some(beats.count());
        if count != seen {
            seen = count;
            // A file that cannot be renewed looks like death: the watchdog looks at the lock, too.
            let _ = file.set_modified(SystemTime::now());
        }
        std::thread::park_timeout(PERIOD);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(path: &Path) -> Duration {
        age(path).expect("a sign of life")
    }

    #[test]
    fn the_file_is_young_while_the_loop_turns_and_ages_when_it_stops() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("beat");
        let beats = Beats::default();
        let heartbeat = Heartbeat::start(&path, beats.clone()).expect("starts");
        assert_eq!(std::fs::read_to_string(&path).expect("written").trim(), std::process::id().to_string());
        for _ in 0..6 {
            beats.beat();
            std::thread::sleep(Duration::from_millis(300));
        }
        assert!(seen(&path) < Duration::from_millis(1_200), "{:?}", seen(&path));
        std::thread::sleep(Duration::from_millis(2_500));
        assert!(seen(&path) > Duration::from_millis(1_500), "{:?}", seen(&path));
        heartbeat.stop(false);
        assert!(age(&path).is_some());
        Heartbeat::start(&path, beats).expect("starts").stop(true);
        assert_eq!(age(&path), None);
    }
}
