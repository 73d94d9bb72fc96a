//! Where a development node keeps what it keeps: conversations, its journal, the key that seals them, compiled code.

use std::ffi::OsString;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use lgdl::wire::node::read_state_key;
use lgdl_origin::files::NewFile;
use lgdl_origin::hex;
use lgdl_origin::random::{Random, SystemRandom};

use crate::cli::failure::Failure;

/// The store in the folder.
pub(in crate::cli) const STORE_FILE: &str = "origin.db";
/// The key's file in the folder.
const KEY_FILE: &str = "state.key";

/// The folder.
pub(super) enum Data {
    /// One that was named.
    Kept(PathBuf),
    /// One that goes when we go.
    Temporary(tempfile::TempDir),
}

impl Data {
    /// The folder that was named, made when it is not there; else a temporary one.
    pub(super) fn open(named: Option<&Path>) -> Result<Data, Failure> {
        match named {
            Some(folder) => {
                fs::create_dir_all(folder)
                    .map_err(|error| Failure::Failed(format!("cannot make {}: {error}", folder.display())))?;
                Ok(Data::Kept(folder.to_owned()))
            }
            None => {
                let folder = tempfile::Builder::new().prefix("lgdl-dev-").tempdir();
                folder
                    .map(Data::Temporary)
                    .map_err(|error| Failure::Failed(format!("cannot make a temporary folder: {error}")))
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Data::Kept(folder) => folder,
            Data::Temporary(folder) => folder.path(),
        }
    }

    /// The key that seals what the node keeps, made on the first use of the folder: 64 hexadecimal digits.
    pub(super) fn state_key(&self) -> Result<String, Failure> {
        let path = self.path().join(KEY_FILE);
        let fault = |why: String| {
            // A new one in its place would leave what waits here unopened.
            Failure::Failed(format!(
                "{}: {why}; it opens what this folder keeps: restore it, or take another folder",
                path.display()
            ))
        };
        match fs::read_to_string(&path) {
            Ok(key) if read_state_key(key.trim()).is_some() => return Ok(key.trim().to_owned()),
            Ok(_) => return Err(fault("is no key".into())),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(fault(format!("can't be read: {error}"))),
        }
        let mut key = [0; 32];
        SystemRandom.fill(&mut key);
        let key = hex::encode(&key);
        // There as a whole, or not at all: half a key opens nothing.
        let written = NewFile::begin(&path).and_then(|(new, mut file)| {
            file.write_all(key.as_bytes())?;
            file.sync_all()?;
            new.finish()
        });
        written.map_err(|error| Failure::Failed(format!("cannot write {}: {error}", path.display())))?;
        Ok(key)
    }
}

/// Where the component's machine code is kept between starts; deleting it costs a second at the next.
pub(in crate::cli) fn code_cache() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value: &OsString| Path::new(value).is_absolute());
    let base = set("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| Some(Path::new(&set("HOME")?).join(".cache")));
    base.map(|base| base.join("lgdl-edge").join("code"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_one_that_is_no_key_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::Kept(folder.path().to_owned());
        let said = |result: Result<String, Failure>| match result {
            Ok(key) => Ok(key),
            Err(Failure::Failed(text)) => Err(text),
            Err(other) => panic!("{other:?}"),
        };
        let key = said(data.state_key()).unwrap();
        assert_eq!(said(data.state_key()), Ok(key));
        for damaged in [&b""[..], b"abc", &[0xff; 64]] {
            fs::write(folder.path().join(KEY_FILE), damaged).unwrap();
            assert!(said(data.state_key()).unwrap_err().contains(KEY_FILE));
            assert_eq!(fs::read(folder.path().join(KEY_FILE)).unwrap(), damaged);
        }
    }
}
