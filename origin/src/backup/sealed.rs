//! Backups that are sealed: a data key a file, wrapped by a key of `LGDL_BACKUP_KEY`, and the file in parts, each tied to the file, to
//! its place in it, and to whether it is the last; so a file that was altered, cut or put together of two does not open.
//!
//! ```text
//! LGDLBAK1 │ length 4 │ head (JSON: id, key, wrapped) │ (length 4 │ part)… │ length 4 │ last part
//! ```

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lgdl::crypto::{CryptoError, DataKey, KeyRing, Place, SALT_BYTES, SecretKey, WrappedKey, key_id_of, open, seal};
use serde::{Deserialize, Serialize};

use super::{BackupError, not_written};
use crate::hex;
use crate::random::Random;

/// What a sealed backup begins with.
const MAGIC: &[u8; 8] = b"LGDLBAK1";
/// Bytes of a part before it is sealed.
const PART_BYTES: usize = 1 << 20;
/// The most that a sealed part takes: the part, its key's id, salt, commitment and tag.
const MAX_SEALED_BYTES: usize = PART_BYTES + 1024;
/// The most that a head takes, bytes.
const MAX_HEAD_BYTES: usize = 4096;

#[derive(Serialize, Deserialize)]
struct Head {
    /// The file's own name for itself.
    id: String,
    /// Its data key.
    key: String,
    /// That, sealed by a key of the ring, in base64.
    wrapped: String,
}

/// Whether a file is a sealed backup.
///
/// # Errors
/// When it can't be read.
pub fn is_sealed(path: &Path) -> Result<bool, BackupError> {
    let failed = |error| BackupError::File(path.to_owned(), error);
    let mut begins = Vec::new();
    File::open(path).map_err(failed)?.take(MAGIC.len() as u64).read_to_end(&mut begins).map_err(failed)?;
    Ok(begins == MAGIC)
}

/// Seals the file `plain` into `target`, which lies at `path`.
///
/// # Errors
/// When a file can't be read or written.
pub fn seal_file(
    plain: &Path,
    path: &Path,
    target: &mut File,
    ring: &KeyRing,
    random: &dyn Random,
) -> Result<(), BackupError> {
    let failed = |error| BackupError::File(plain.to_owned(), error);
    let unwritten = |error: io::Error| not_written(path, &error);
    let (mut id, mut key, mut salt) = ([0; 16], [0; 32], [0; SALT_BYTES]);
    random.fill(&mut id);
    random.fill(&mut key);
    random.fill(&mut salt);
    let id = hex::encode(&id);
    let data_key = DataKey { id: format!("backup-{id}"), key: SecretKey::new(key) };
    let wrapped = ring.wrap(&data_key, &salt).map_err(not_sealed)?;
    let head = Head { id: id.clone(), key: wrapped.id, wrapped: BASE64.encode(wrapped.sealed) };
    let head = serde_json::to_vec(&head).map_err(|error| failed(error.into()))?;
    let mut reader = BufReader::new(File::open(plain).map_err(failed)?);
    let mut writer = BufWriter::new(target);
    let write = |writer: &mut BufWriter<&mut File>, bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        writer.write_all(&length.to_le_bytes()).and_then(|()| writer.write_all(bytes))
    };
    writer.write_all(MAGIC).and_then(|()| write(&mut writer, &head)).map_err(unwritten)?;
    let (mut number, mut part) = (0, next_part(&mut reader).map_err(failed)?);
    loop {
        // One part ahead, to know which is the last.
        let next = next_part(&mut reader).map_err(failed)?;
        let last = next.is_empty();
        random.fill(&mut salt);
        let sealed =
            seal(&data_key.key, &data_key.id, &place(&[&id], number, last), &part, &salt).map_err(not_sealed)?;
        write(&mut writer, &sealed).map_err(unwritten)?;
        if last {
            break;
        }
        (number, part) = (number + 1, next);
    }
    writer.flush().map_err(unwritten)?;
    writer.get_ref().sync_all().map_err(unwritten)
}

/// Opens the sealed backup `path` into `target`, which lies at `opened`.
///
/// # Errors
/// When its key is not at hand, or it was altered, cut or extended.
pub fn open_file(path: &Path, opened: &Path, target: &mut File, ring: Option<&KeyRing>) -> Result<(), BackupError> {
    let failed = |error| BackupError::File(path.to_owned(), error);
    let unusable = |why: String| BackupError::Unusable(path.to_owned(), why);
    let unwritten = |error: io::Error| not_written(opened, &error);
    let crypto = |error: CryptoError| match error {
        CryptoError::Tampered(_) => unusable("it was altered since it was sealed".into()),
        error => unusable(error.to_string()),
    };
    let mut reader = BufReader::new(File::open(path).map_err(failed)?);
    let mut begins = [0; MAGIC.len()];
    reader.read_exact(&mut begins).map_err(failed)?;
    let head = read_part(&mut reader, MAX_HEAD_BYTES).map_err(failed)?;
    let head = head.ok_or_else(|| unusable("it ends in its head".into()))?;
    let head: Head = serde_json::from_slice(&head).map_err(|error| unusable(error.to_string()))?;
    let sealed = BASE64.decode(&head.wrapped).map_err(|error| unusable(error.to_string()))?;
    let named = key_id_of(&sealed).map_err(crypto)?.to_owned();
    let locked = |why: &'static str| BackupError::Locked(path.to_owned(), named.clone(), why);
    let ring = ring.ok_or_else(|| locked("LGDL_BACKUP_KEY is not set"))?;
    let data_key = ring.unwrap(&WrappedKey { id: head.key.clone(), sealed }).map_err(|error| match error {
        CryptoError::UnknownKey(_) => locked("LGDL_BACKUP_KEY does not have that one"),
        CryptoError::WrongKey(_) => locked("LGDL_BACKUP_KEY has another one of that name"),
        error => crypto(error),
    })?;
    let mut writer = BufWriter::new(target);
    let (mut number, mut sealed) = (0, read_part(&mut reader, MAX_SEALED_BYTES).map_err(failed)?);
    while let Some(part) = sealed {
        sealed = read_part(&mut reader, MAX_SEALED_BYTES).map_err(failed)?;
        let plain = open(&data_key.key, &place(&[&head.id], number, sealed.is_none()), &part).map_err(crypto)?;
        writer.write_all(&plain).map_err(unwritten)?;
        number += 1;
    }
    if number == 0 {
        return Err(unusable("it has no parts".into()));
    }
    writer.flush().map_err(unwritten)
}

fn place<'a>(row: &'a [&'a str], number: u64, last: bool) -> Place<'a> {
    Place { table: "backup", row, field: if last { "last part" } else { "part" }, version: number }
}

/// Up to [`PART_BYTES`] of what is left; empty at the end.
fn next_part(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut part = Vec::new();
    reader.take(PART_BYTES as u64).read_to_end(&mut part)?;
    Ok(part)
}

/// The next part with its length before it; `None` at the end.
fn read_part(reader: &mut impl Read, most: usize) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match reader.read(&mut length[..1])? {
        0 => return Ok(None),
        _ => reader.read_exact(&mut length[1..])?,
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > most {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a part is longer than parts are"));
    }
    let mut part = vec![0; length];
    reader.read_exact(&mut part)?;
    Ok(Some(part))
}

fn not_sealed(error: CryptoError) -> BackupError {
    BackupError::Sealing(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    fn ring(id: &str, byte: u8) -> KeyRing {
        KeyRing::parse(&format!("{id}:{}", BASE64.encode([byte; 32]))).unwrap()
    }

    fn opened(path: &Path, ring: Option<&KeyRing>) -> Result<Vec<u8>, BackupError> {
        let mut file = tempfile::tempfile().unwrap();
        open_file(path, Path::new("open"), &mut file, ring)?;
        let mut bytes = Vec::new();
        io::Seek::rewind(&mut file).unwrap();
        file.read_to_end(&mut bytes).unwrap();
        Ok(bytes)
    }

    #[test]
    fn what_was_sealed_opens_whole_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let (plain, sealed) = (folder.path().join("plain"), folder.path().join("sealed"));
        let ours = ring("k1", 7);
        for length in [0, 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES + 77] {
            let bytes: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            std::fs::write(&plain, &bytes).unwrap();
            seal_file(&plain, &sealed, &mut File::create(&sealed).unwrap(), &ours, &SystemRandom).unwrap();
            assert!(is_sealed(&sealed).unwrap() && !is_sealed(&plain).unwrap());
            assert!(opened(&sealed, Some(&ours)).unwrap() == bytes, "{length}");
        }
        let whole = std::fs::read(&sealed).unwrap();
        let refused = |bytes: &[u8], ring: Option<&KeyRing>| {
            std::fs::write(&sealed, bytes).unwrap();
            opened(&sealed, ring).is_err()
        };
        assert!(
            refused(&whole, None) && refused(&whole, Some(&ring("k1", 8))) && refused(&whole, Some(&ring("k2", 7)))
        );
        // Cut at every part, and within one.
        let head = 12 + u32::from_le_bytes(whole[8..12].try_into().unwrap()) as usize;
        let part = 4 + u32::from_le_bytes(whole[head..head + 4].try_into().unwrap()) as usize;
        for end in [9, head, head + part, head + 2 * part, whole.len() - 1] {
            assert!(refused(&whole[..end], Some(&ours)), "cut at {end}");
        }
        let swapped = [&whole[..head], &whole[head + part..head + 2 * part], &whole[head..head + part]].concat();
        assert!(refused(&[&swapped[..], &whole[head + 2 * part..]].concat(), Some(&ours)), "parts in another order");
        assert!(refused(&[&whole[..], &whole[head..head + part]].concat(), Some(&ours)), "a part more");
        let mut altered = whole.clone();
        altered[head + part / 2] ^= 1;
        assert!(refused(&altered, Some(&ours)));
        assert!(!refused(&whole, Some(&ours)));
        for (ring, what) in [
            (None, "is not set"),
            (Some(ring("k2", 7)), "does not have"),
            (Some(ring("k1", 8)), "another one of that name"),
        ] {
            let error = opened(&sealed, ring.as_ref()).unwrap_err().to_string();
            assert!(error.starts_with("E508 ") && error.contains("`k1`") && error.contains(what), "{error}");
        }
    }
}
