//! The key-value store of the node: in memory, bounded, and as weak as Spin's, with a copy on disk where the node has a folder. No
//! expiry, no compare-and-swap; what was not used for longest is forgotten first.

mod disk;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
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
/// The part of the room that one value may take: a larger one would push out what many need.
const LARGEST_PART: usize = 2;

/// A bounded store.
pub(crate) struct Kv {
    shares: Vec<Mutex<Share>>,
    /// Bytes that all shares may take together, and those that they take.
    limit: usize,
    bytes: AtomicUsize,
    /// Numbers uses, those of all shares in one order.
    uses: AtomicU64,
    disk: Option<Disk>,
}

#[derive(Default)]
struct Share {
    values: HashMap<String, Kept>,
    /// Keys by when they were last used.
    order: BTreeMap<u64, String>,
    bytes: usize,
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
        let shares = std::iter::repeat_with(Mutex::default).take(SHARES).collect();
        let mut kv = Kv { shares, limit, bytes: AtomicUsize::new(0), uses: AtomicU64::new(0), disk: None };
        if let Some(folder) = folder {
            let (disk, held) = Disk::open(folder, gather);
            let keys: Vec<String> = held.iter().map(|(key, _)| key.clone()).collect();
            held.into_iter().for_each(|(key, value)| kv.set(key, value));
            // The copy forgets as well what there is no room for any more.
            keys.iter().filter(|key| kv.get(key).is_none()).for_each(|key| disk.change(key, Change::MadeRoom));
            kv.disk = Some(disk);
        }
        kv
    }

    pub(crate) fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.share(key).get(key, self.next_use())
    }

    pub(crate) fn set(&self, key: String, value: Vec<u8>) {
        if cost(&key, &value) > self.limit / LARGEST_PART {
            // Nor does what it replaces stay.
            return self.delete(&key);
        }
        let mut share = self.share(&key);
        self.tell(&key, Change::Kept(&value));
        self.change(&mut share, |share| share.set(key, value, self.next_use()));
        drop(share);
        self.make_room();
    }

    pub(crate) fn delete(&self, key: &str) {
        let mut share = self.share(key);
        self.change(&mut share, |share| share.delete(key));
        self.tell(key, Change::Removed);
    }

    /// Changes a share, and counts what that takes or frees.
    fn change(&self, share: &mut Share, change: impl FnOnce(&mut Share)) {
        let before = share.bytes;
        change(share);
        // Wraps where bytes were freed, as does the sum.
        self.bytes.fetch_add(share.bytes.wrapping_sub(before), Ordering::Relaxed);
    }

    /// Forgets what was not used for longest, in whichever share it lies.
    fn make_room(&self) {
        while self.bytes.load(Ordering::Relaxed) > self.limit {
            let oldest = |share: &Mutex<Share>| lock(share).order.first_key_value().map(|(used, _)| *used);
            let shares = self.shares.iter().filter_map(|share| Some((oldest(share)?, share)));
            let Some((_, share)) = shares.min_by_key(|(used, _)| *used) else { return };
            let mut share = lock(share);
            if let Some((_, forgotten)) = share.order.pop_first() {
                self.change(&mut share, |share| share.delete(&forgotten));
                self.tell(&forgotten, Change::MadeRoom);
            }
        }
    }

    fn next_use(&self) -> u64 {
        self.uses.fetch_add(1, Ordering::Relaxed)
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
    fn get(&mut self, key: &str, used: u64) -> Option<Vec<u8>> {
        let kept = self.values.get_mut(key)?;
        if let Some(key) = self.order.remove(&kept.used) {
            self.order.insert(used, key);
        }
        kept.used = used;
        Some(kept.value.clone())
    }

    fn set(&mut self, key: String, value: Vec<u8>, used: u64) {
        self.delete(&key);
        self.bytes += cost(&key, &value);
        self.order.insert(used, key.clone());
        self.values.insert(key, Kept { value, used });
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
        drop(again(8_000));
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
        let kv = Kv::open(10_000, None);
        kv.set("kept".into(), vec![0; 100]);
        for n in 0..1_000 {
            kv.set(n.to_string(), vec![0; 100]);
            assert!(kv.get("kept").is_some(), "{n}");
            let shares: Vec<_> = kv.shares.iter().map(lock).collect();
            let bytes = shares.iter().map(|share| share.bytes).sum::<usize>();
            assert!(bytes <= kv.limit && bytes == kv.bytes.load(Ordering::Relaxed));
            assert!(shares.iter().all(|share| share.values.len() == share.order.len()));
        }
        assert!(kv.get("0").is_none());
        assert!(kv.get("999").is_some());
    }

    #[test]
    fn a_large_value_takes_room_from_the_oldest_and_one_that_is_too_large_from_nobody() {
        let kv = Kv::open(64_000, None);
        let small = |n: usize| format!("state:{n}");
        (0..100).for_each(|n| kv.set(small(n), vec![0; 100]));
        let kept = || (0..100).filter(|n| kv.get(&small(*n)).is_some()).count();
        // More than a sixteenth of all there is.
        kv.set("game".into(), vec![1; 20_000]);
        assert_eq!((kv.get("game").map(|game| game.len()), kept()), (Some(20_000), 100), "there is room for both");
        kv.set("game".into(), vec![1; 40_000]);
        assert_eq!((kv.get("game"), kept()), (None, 100), "it pushes nothing out, and no older one is taken for it");
        (0..2).for_each(|n| kv.set(format!("game:{n}"), vec![1; 30_000]));
        assert!(kv.get("game:0").is_some() && kv.get("game:1").is_some());
        assert!((1..100).contains(&kept()), "{}", kept());
    }
}
