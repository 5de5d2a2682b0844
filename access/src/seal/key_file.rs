//! The master key's file: made at the first start, for its owner alone, and refused once others can read it.
//!
//! It is written beside its place and moved there only if nothing is there, so two servers that start at once end up with one
//! key, and nobody reads half a file. Losing it is losing everybody's personal data, as an erasure would: back it up apart
//! from the database, for the two together are the data in clear.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{MasterKey, MasterKeyFault};
use crate::random::NoRandomness;

/// Most bytes that are read; a key file has 45.
const FILE_BYTES_MAX: u64 = 1024;

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileFault {
    /// It cannot be read, made or looked at.
    #[error("the master key's file {path} cannot be used: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Not a plain file.
    #[error("the master key's file {0} is not a file")]
    NotAFile(PathBuf),
    /// Group or others may read or write it.
    #[error(
        "the master key's file {path} has mode {mode:04o}, so others can use it; run `chmod 600 {path}`, and if others did read it, rotate the key"
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It holds something else.
    #[error("the master key's file {path} holds no key: {source}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What would be right.
        source: MasterKeyFault,
    },
    /// No key could be drawn.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// The master key in the file at `path`, which is made with a new key, mode 0600, if there is none. Blocks on the disk.
pub fn load_or_create(path: &Path) -> Result<MasterKey, KeyFileFault> {
    let failed = |source| KeyFileFault::Io {
        path: path.to_owned(),
        source,
    };
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create(path, &MasterKey::generate()?).map_err(failed)?;
            load(path, File::open(path).map_err(failed)?)
        }
        Err(error) => Err(failed(error)),
        Ok(file) => load(path, file),
    }
}

fn load(path: &Path, file: File) -> Result<MasterKey, KeyFileFault> {
    let failed = |source| KeyFileFault::Io {
        path: path.to_owned(),
        source,
    };
    // Of the file that is open, not of what may stand at the path by now.
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(KeyFileFault::NotAFile(path.to_owned()));
    }
    refuse_if_open_to_others(path, &metadata)?;
    let mut text = Zeroizing::new(String::with_capacity(64));
    file.take(FILE_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(failed)?;
    MasterKey::parse(&text).map_err(|source| KeyFileFault::Key {
        path: path.to_owned(),
        source,
    })
}

#[cfg(unix)]
fn refuse_if_open_to_others(path: &Path, metadata: &fs::Metadata) -> Result<(), KeyFileFault> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        let path = path.to_owned();
        return Err(KeyFileFault::Open { path, mode });
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_if_open_to_others(_path: &Path, _metadata: &fs::Metadata) -> Result<(), KeyFileFault> {
    Ok(())
}

/// Puts `key` at `path`, durably, unless something is there by now: then that counts.
fn create(path: &Path, key: &MasterKey) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    // Made with mode 0600, and removed again if anything fails.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(key.to_base64().as_bytes())?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => File::open(folder)?.sync_all(),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn it_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/master.key");
        let made = load_or_create(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode, 0o600);
        assert_eq!(load_or_create(&path).unwrap().id(), made.id());
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn servers_that_start_at_once_have_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let ids = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| load_or_create(&path).unwrap().id()))
                .collect();
            let ids = starts.into_iter().map(|start| start.join().unwrap());
            ids.collect::<Vec<_>>()
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }

    #[test]
    fn it_is_refused_once_others_can_read_or_write_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        load_or_create(&path).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o777] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let refused = load_or_create(&path).unwrap_err();
            assert!(matches!(refused, KeyFileFault::Open { mode: seen, .. } if seen == mode));
            assert!(refused.to_string().contains("chmod 600"), "{refused}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(load_or_create(&path).is_ok());
    }

    #[test]
    fn a_file_without_a_key_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        create(&path, &MasterKey::generate().unwrap()).unwrap();
        fs::write(&path, "c2hvcnQ=\n").unwrap();
        let refused = load_or_create(&path).unwrap_err();
        assert!(matches!(refused, KeyFileFault::Key { .. }), "{refused}");
        assert!(!refused.to_string().contains("c2hvcnQ"), "{refused}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "c2hvcnQ=\n");
        assert!(matches!(
            load_or_create(folder.path()),
            Err(KeyFileFault::NotAFile(_))
        ));
    }
}
