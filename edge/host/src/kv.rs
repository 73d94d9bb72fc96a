//! The key-value store of the node: in memory, bounded, and as weak as Spin's. No expiry, no compare-and-swap; what was not
//! used for longest is forgotten first.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Shares of the store, each behind a lock of its own.
const SHARES: usize = 16;

/// A bounded store.
pub(crate) struct Kv {
    shares: Vec<Mutex<Share>>,
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
    /// A store for about so many bytes.
    pub(crate) fn new(limit: usize) -> Kv {
        let share = || Mutex::new(Share { limit: limit / SHARES, ..Share::default() });
        Kv { shares: std::iter::repeat_with(share).take(SHARES).collect() }
    }

    pub(crate) fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.share(key).get(key)
    }

    pub(crate) fn set(&self, key: String, value: Vec<u8>) {
        self.share(&key).set(key, value);
    }

    pub(crate) fn delete(&self, key: &str) {
        self.share(key).delete(key);
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

    fn set(&mut self, key: String, value: Vec<u8>) {
        self.delete(&key);
        self.uses += 1;
        self.bytes += cost(&key, &value);
        self.order.insert(self.uses, key.clone());
        self.values.insert(key, Kept { value, used: self.uses });
        while self.bytes > self.limit
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.delete(&oldest);
        }
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
    use super::*;

    #[test]
    fn a_value_is_read_back_overwritten_and_removed() {
        let kv = Kv::new(1 << 20);
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
