//! The key-value store of the node: in memory, bounded, and as weak as Spin's, with a copy on disk where the node has a folder. No
//! expiry, no compare-and-swap; what was not used for longest is forgotten first.

mod disk;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use disk::{Change, Disk};
use lgdl::wire::node::NOTE_PREFIX;

pub use disk::CACHE_FILE;

/// How long after one write of the copy the next one waits for more to come: a transaction of forty turns costs little more than one
/// of a single turn. What comes by itself is written at once, and so is what is removed.
const GATHER: Duration = Duration::from_millis(25);
/// Shares of the store, each behind a lock of its own.
const SHARES: usize = 16;

/// A bounded store.
pub(crate) struct Kv {
    shares: Vec<Mutex<Share>>,
    disk: Option<Disk>,
}

#[derive(Default)]
struct Share {
    values: HashMap<String, Kept>,
    /// Keys by when they were last used.
    order: BTreeMap<u64, String>,
    uses: u64,
    bytes: usize,
    limit: usize,
}

struct Kept {
    value: Vec<u8>,
    used: u64,
}

impl Kv {
    /// A store for about so many bytes; with a folder it begins with what the one before it held.
    pub(crate) fn open(limit: usize, folder: Option<&Path>) -> Kv {
        Kv::with(limit, folder, GATHER)
    }

    /// The same, with its copy written that long after the last time.
    fn with(limit: usize, folder: Option<&Path>, gather: Duration) -> Kv {
        let share = || Mutex::new(Share { limit: limit / SHARES, ..Share::default() });
        let mut kv = Kv { shares: std::iter::repeat_with(share).take(SHARES).collect(), disk: None };
        if let Some(folder) = folder {
            let (disk, held) = Disk::open(folder, gather);
            kv.disk = Some(disk);
            // Written again where there is no room for it any more, so that the copy forgets it as well.
            held.into_iter().for_each(|(key, value)| kv.set_in_memory(key, value));
        }
        kv
    }

    pub(crate) fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.share(key).get(key)
    }

    pub(crate) fn set(&self, key: String, value: Vec<u8>) {
        let mut share = self.share(&key);
        self.tell(&key, Change::Kept(&value));
        share.set(key, value).iter().for_each(|forgotten| self.tell(forgotten, Change::MadeRoom));
    }

    fn set_in_memory(&self, key: String, value: Vec<u8>) {
        self.share(&key).set(key, value).iter().for_each(|forgotten| self.tell(forgotten, Change::MadeRoom));
    }

    pub(crate) fn delete(&self, key: &str) {
        let mut share = self.share(key);
        share.delete(key);
        self.tell(key, Change::Removed);
    }

    /// Has the copy on disk follow, while the share is locked, so that it sees the changes of a key in their order.
    fn tell(&self, key: &str, change: Change<'_>) {
        if let Some(disk) = self.disk.as_ref().filter(|_| !key.starts_with(NOTE_PREFIX)) {
            disk.change(key, change);
        }
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.shares.iter().flat_map(|share| lock(share).values.keys().cloned().collect::<Vec<_>>()).collect()
    }

    fn share(&self, key: &str) -> MutexGuard<'_, Share> {
        // FNV-1a: spreads keys, no more.
        let hash = key
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        lock(&self.shares[(hash % SHARES as u64) as usize])
    }
}

/// A cache stays usable when a thread that held its lock has panicked.
fn lock(share: &Mutex<Share>) -> MutexGuard<'_, Share> {
    share.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Share {
    fn get(&mut self, key: &str) -> Option<Vec<u8>> {
        let kept = self.values.get_mut(key)?;
        self.uses += 1;
        if let Some(key) = self.order.remove(&kept.used) {
            self.order.insert(self.uses, key);
        }
        kept.used = self.uses;
        Some(kept.value.clone())
    }

    /// Returns what had to make room.
    fn set(&mut self, key: String, value: Vec<u8>) -> Vec<String> {
        let mut forgotten = Vec::new();
        self.delete(&key);
        self.uses += 1;
        self.bytes += cost(&key, &value);
        self.order.insert(self.uses, key.clone());
        self.values.insert(key, Kept { value, used: self.uses });
        while self.bytes > self.limit
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.delete(&oldest);
            forgotten.push(oldest);
        }
        forgotten
    }

    fn delete(&mut self, key: &str) {
        if let Some(kept) = self.values.remove(key) {
            self.order.remove(&kept.used);
            self.bytes -= cost(key, &kept.value);
        }
    }
}

/// Two copies of the key, the value, and what the tables need.
fn cost(key: &str, value: &[u8]) -> usize {
    2 * key.len() + value.len() + 128
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_value_is_read_back_overwritten_and_removed() {
        let kv = Kv::open(1 << 20, None);
        assert_eq!(kv.get("a"), None);
        kv.set("a".into(), vec![1]);
        kv.set("a".into(), vec![2]);
        assert_eq!(kv.get("a"), Some(vec![2]));
        assert_eq!(kv.keys(), ["a"]);
        kv.delete("a");
        kv.delete("a");
        assert_eq!(kv.get("a"), None);
        assert!(kv.keys().is_empty());
    }

    #[test]
    fn with_a_folder_the_next_one_begins_with_what_this_one_held() {
        let folder = tempfile::tempdir().unwrap();
        let again = |limit| Kv::open(limit, Some(folder.path()));
        let kv = again(1 << 20);
        kv.set("game".into(), vec![1; 5_000]);
        kv.set("state".into(), vec![2]);
        kv.set("state".into(), vec![3]);
        kv.set("erased".into(), b"what was said".to_vec());
        kv.delete("erased");
        kv.set("note:waits".into(), b"nothing waits".to_vec());
        drop(kv);
        let kv = again(1 << 20);
        assert_eq!(kv.get("note:waits"), None, "it may be older than what the journal holds");
        assert_eq!((kv.get("game"), kv.get("state"), kv.get("erased")), (Some(vec![1; 5_000]), Some(vec![3]), None));
        drop(kv);
        let file = folder.path().join(CACHE_FILE);
        let holds = |text: &[u8]| std::fs::read(&file).unwrap().windows(text.len()).any(|part| part == text);
        assert!(!holds(b"what was said"), "what was removed is written over");
        // What has no room in the next one is not kept for the one after it.
        drop(again(16 * 1_000));
        assert_eq!(again(1 << 20).get("game"), None);
        assert_eq!(again(1 << 20).get("state"), Some(vec![3]));
    }

    /// What the copy on disk holds under a key.
    fn on_disk(folder: &Path, key: &str) -> Option<Vec<u8>> {
        let file = rusqlite::Connection::open(folder.join(CACHE_FILE)).unwrap();
        file.busy_timeout(Duration::from_secs(5)).unwrap();
        file.query_row("SELECT value FROM kept WHERE key = ?1", [key], |row| row.get(0)).ok()
    }

    /// How long it takes until the copy on disk holds that, at most so long.
    fn until(folder: &Path, key: &str, value: Option<&[u8]>) -> Duration {
        let begun = Instant::now();
        while on_disk(folder, key).as_deref() != value && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(1));
        }
        begun.elapsed()
    }

    #[test]
    fn what_comes_soon_after_a_write_waits_for_more_and_what_is_removed_takes_it_along() {
        let folder = tempfile::tempdir().unwrap();
        let kv = Kv::with(1 << 20, Some(folder.path()), Duration::from_secs(3_600));
        kv.set("first".into(), vec![1]);
        assert!(until(folder.path(), "first", Some(&[1])) < Duration::from_secs(20), "nothing was written before it");
        kv.set("state".into(), vec![2]);
        kv.set("state".into(), vec![3]);
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(on_disk(folder.path(), "state"), None, "it waits for more");
        kv.delete("first");
        assert!(until(folder.path(), "first", None) < Duration::from_secs(20), "what is removed waits for nothing");
        assert_eq!(on_disk(folder.path(), "state"), Some(vec![3]));
        kv.set("late".into(), vec![4]);
        drop(kv);
        assert_eq!(on_disk(folder.path(), "late"), Some(vec![4]), "the end of the store waits for nothing either");
    }

    #[test]
    fn a_copy_that_is_damaged_is_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(CACHE_FILE), [7; 10_000]).unwrap();
        let kv = Kv::open(1 << 20, Some(folder.path()));
        assert!(kv.keys().is_empty());
        kv.set("a".into(), vec![1]);
        drop(kv);
        assert_eq!(Kv::open(1 << 20, Some(folder.path())).get("a"), Some(vec![1]));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_the_copy() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        drop(Kv::open(1 << 20, Some(folder.path())));
        let mode = std::fs::metadata(folder.path().join(CACHE_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }

    #[test]
    fn what_was_not_used_for_longest_is_forgotten_and_the_size_stays_bounded() {
        let mut share = Share { limit: 10_000, ..Share::default() };
        share.set("kept".into(), vec![0; 100]);
        for n in 0..1_000 {
            share.set(n.to_string(), vec![0; 100]);
            assert!(share.get("kept").is_some(), "{n}");
            assert!(share.bytes <= share.limit);
            assert_eq!(share.values.len(), share.order.len());
        }
        assert!(share.get("0").is_none());
        assert!(share.get("999").is_some());
    }
}
