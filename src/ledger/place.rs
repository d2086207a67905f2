//! Where a ledger lies: its folder and file, made for the owner's eyes only, and whether it is still there.

use super::error::LedgerError;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Folder of all ledgers below the state folder.
const FOLDER: &str = "ledger";
/// A name longer than this is cut: file systems take 255 bytes, and the database adds to it.
const NAME_MAX: usize = 160;

/// A file that was there when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub path: PathBuf,
    inode: (u64, u64),
}

impl Place {
    /// Makes folder and file where they are missing. What others could read is closed to them.
    pub(super) fn prepare(state_dir: &Path, account: &str) -> Result<Self, LedgerError> {
        let unusable = |path: &Path, cause| LedgerError::Unusable { path: path.to_owned(), cause };
        let folder = state_dir.join(FOLDER);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(|e| unusable(&folder, e))?;
        make_private(&folder, 0o700).map_err(|cause| unusable(&folder, cause))?;
        let path = folder.join(file_name(account));
        // Never opened when it is there: closing it again would release the locks that a database of this process has on it.
        match OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => return Err(unusable(&path, cause)),
            Ok(_) | Err(_) => {}
        }
        make_private(&path, 0o600).map_err(|cause| unusable(&path, cause))?;
        // A name is as durable as its folder.
        for dir in [&folder, state_dir] {
            File::open(dir).and_then(|dir| dir.sync_all()).map_err(|cause| unusable(dir, cause))?;
        }
        let inode = inode(&path).map_err(|cause| unusable(&path, cause))?;
        Ok(Self { path, inode })
    }

    /// Whether the path still leads to the file that was opened.
    pub(super) fn is_there(&self) -> bool {
        inode(&self.path).is_ok_and(|inode| inode == self.inode)
    }
}

fn inode(path: &Path) -> io::Result<(u64, u64)> {
    std::fs::metadata(path).map(|meta| (meta.dev(), meta.ino()))
}

fn make_private(path: &Path, mode: u32) -> io::Result<()> {
    if std::fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        std::fs::set_permissions(path, Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// The account in letters every file system takes, and a sum of the exact words so that two never share a file.
fn file_name(account: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '_' };
    let readable: String = account.chars().map(letter).take(NAME_MAX).collect();
    format!("{readable}-{:08x}.sqlite", fnv_1a(account.as_bytes()))
}

fn fnv_1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_readable_stable_safe_and_its_own() {
        let name = file_name("Paradex api.prod.paradex.trade 0x5e8, Lighter 127.0.0.1:8080 7");
        assert_eq!(name, "Paradex_api.prod.paradex.trade_0x5e8__Lighter_127.0.0.1_8080_7-2f7be0e9.sqlite");
        assert_ne!(file_name("a b"), file_name("a_b"));
        assert!(!file_name("../../etc/passwd").contains('/'));
        assert!(file_name(&"x".repeat(5_000)).len() < 200);
    }

    #[test]
    fn folder_and_file_are_for_the_owner_alone_even_if_they_were_open_before() {
        let dir = tempfile::tempdir().expect("a folder");
        let place = Place::prepare(dir.path(), "a").expect("made");
        let folder = place.path.parent().expect("a folder").to_owned();
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&place.path)), (0o700, 0o600));
        std::fs::set_permissions(&place.path, Permissions::from_mode(0o644)).expect("ours");
        std::fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("ours");
        assert_eq!(Place::prepare(dir.path(), "a").expect("made"), place);
        assert_eq!((mode(&folder), mode(&place.path)), (0o700, 0o600));
    }

    #[test]
    fn a_file_that_was_replaced_is_not_the_one_that_was_opened() {
        let dir = tempfile::tempdir().expect("a folder");
        let place = Place::prepare(dir.path(), "a").expect("made");
        assert!(place.is_there());
        let away = place.path.with_extension("away");
        std::fs::rename(&place.path, &away).expect("moved");
        assert!(!place.is_there());
        std::fs::write(&place.path, "").expect("another");
        assert!(!place.is_there());
        std::fs::rename(&away, &place.path).expect("put back");
        assert!(place.is_there());
    }
}
