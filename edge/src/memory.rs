//! What a long-lived instance remembers between requests. Losing all of it costs time and nothing else.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};

use crate::answer::{OBSERVED, Observed};

/// Small values kept.
const MAX_NOTES: usize = 4_096;
/// Texts kept of which a service has said what they mean: people say many things, which must not push out what a node needs.
const MAX_UNDERSTOOD: usize = 1_024;

/// States of conversations kept.
const MAX_STATES: usize = 1_024;
/// How long a state is kept here, milliseconds: about as long as a key-value store may go on denying what was written.
pub const STATE_MS: i64 = 120_000;

/// States and small values, bounded; the oldest go first.
#[derive(Debug, Default)]
pub struct Memory {
    notes: RefCell<Bounded<Vec<u8>>>,
    understood: RefCell<Bounded<Vec<u8>>>,
    states: RefCell<Bounded<(i64, Vec<u8>)>>,
    refills: RefCell<HashMap<String, u64>>,
    observed: Cell<[u64; OBSERVED.len()]>,
}

impl Memory {
    /// A small value by its name.
    #[must_use]
    pub fn note(&self, name: &str) -> Option<Vec<u8>> {
        self.notes.borrow().get(name).cloned()
    }

    /// Keeps a small value.
    pub fn keep_note(&self, name: &str, value: Vec<u8>) {
        self.notes.borrow_mut().insert(name, value, MAX_NOTES);
    }

    /// Forgets a small value.
    pub fn drop_note(&self, name: &str) {
        self.notes.borrow_mut().remove(name);
    }

    /// What a service has said of a text, by its digest.
    #[must_use]
    pub fn understood(&self, name: &str) -> Option<Vec<u8>> {
        self.understood.borrow().get(name).cloned()
    }

    /// Keeps what a service has said of a text.
    pub fn keep_understood(&self, name: &str, value: Vec<u8>) {
        self.understood.borrow_mut().insert(name, value, MAX_UNDERSTOOD);
    }

    /// A conversation's state, sealed, if it was kept lately.
    #[must_use]
    pub fn state(&self, name: &str, now_ms: i64) -> Option<Vec<u8>> {
        let states = self.states.borrow();
        let (until_ms, value) = states.get(name)?;
        (now_ms < *until_ms).then(|| value.clone())
    }

    /// Keeps a conversation's state, sealed, for a while.
    pub fn keep_state(&self, name: &str, value: Vec<u8>, now_ms: i64) {
        let mut states = self.states.borrow_mut();
        states.drop_oldest_while(|(until_ms, _)| *until_ms <= now_ms);
        // Removed first, so that the order is the order of time.
        states.remove(name);
        states.insert(name, (now_ms.saturating_add(STATE_MS), value), MAX_STATES);
    }

    /// Forgets a conversation's state.
    pub fn drop_state(&self, name: &str) {
        self.states.borrow_mut().remove(name);
    }

    /// Adds up what a request has counted.
    pub fn observe(&self, observed: &Observed) {
        let mut all = self.observed.get();
        for (sum, count) in all.iter_mut().zip(observed.counts) {
            *sum += u64::from(count);
        }
        self.observed.set(all);
    }

    /// What was counted since this instance began, in the order of [`OBSERVED`].
    #[must_use]
    pub fn observed(&self) -> [u64; OBSERVED.len()] {
        self.observed.get()
    }

    /// Takes the right to refill an entry, until it is given back or has lasted too long.
    ///
    /// Others wait by asking again: an isolate must not await another request's I/O, so there is no future to share.
    pub fn begin_refill(&self, name: &str, now_us: u64, lasts_us: u64) -> bool {
        let mut refills = self.refills.borrow_mut();
        match refills.get(name) {
            Some(from) if now_us.saturating_sub(*from) < lasts_us => false,
            _ => {
                refills.insert(name.to_owned(), now_us);
                true
            }
        }
    }

    /// Gives the right back.
    pub fn end_refill(&self, name: &str) {
        self.refills.borrow_mut().remove(name);
    }
}

/// Values by name, the oldest of which make room for others.
#[derive(Debug)]
pub(crate) struct Bounded<T> {
    values: HashMap<String, T>,
    order: VecDeque<String>,
}

impl<T> Default for Bounded<T> {
    fn default() -> Self {
        Bounded { values: HashMap::new(), order: VecDeque::new() }
    }
}

impl<T> Bounded<T> {
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.values.get(name)
    }

    pub(crate) fn insert(&mut self, name: &str, value: T, limit: usize) {
        if self.values.insert(name.to_owned(), value).is_some() {
            return;
        }
        self.order.push_back(name.to_owned());
        while self.order.len() > limit {
            if let Some(oldest) = self.order.pop_front() {
                self.values.remove(&oldest);
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.values.values()
    }

    pub(crate) fn remove_oldest(&mut self) {
        if let Some(oldest) = self.order.pop_front() {
            self.values.remove(&oldest);
        }
    }

    fn drop_oldest_while(&mut self, is_over: impl Fn(&T) -> bool) {
        while let Some(oldest) = self.order.front()
            && self.values.get(oldest).is_none_or(&is_over)
        {
            if let Some(oldest) = self.order.pop_front() {
                self.values.remove(&oldest);
            }
        }
    }

    fn remove(&mut self, name: &str) {
        if self.values.remove(name).is_some() {
            self.order.retain(|kept| kept != name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_notes_go_first() {
        let memory = Memory::default();
        for n in 0..MAX_NOTES + 10 {
            memory.keep_note(&n.to_string(), Vec::new());
        }
        assert_eq!(memory.note("9"), None);
        assert_eq!(memory.note("10"), Some(Vec::new()));
    }

    #[test]
    fn what_people_say_pushes_out_nothing_that_a_node_needs() {
        let memory = Memory::default();
        memory.keep_note("games", Vec::new());
        for n in 0..MAX_NOTES + 10 {
            memory.keep_understood(&n.to_string(), Vec::new());
        }
        assert_eq!(memory.note("games"), Some(Vec::new()));
        assert_eq!(memory.understood.borrow().len(), MAX_UNDERSTOOD);
    }

    #[test]
    fn states_are_kept_for_a_while_and_few_of_them() {
        let memory = Memory::default();
        memory.keep_state("a", vec![1], 0);
        memory.keep_state("b", vec![2], 1_000);
        memory.keep_state("a", vec![3], 2_000);
        assert_eq!(memory.state("a", STATE_MS + 1_999), Some(vec![3]));
        assert_eq!(memory.state("b", STATE_MS + 1_000), None);
        memory.keep_state("c", vec![4], STATE_MS + 1_500);
        assert!(!memory.states.borrow().values.contains_key("b"), "what is over is gone");
        memory.drop_state("a");
        assert_eq!(memory.state("a", 2_000), None);
        for n in 0..MAX_STATES {
            memory.keep_state(&n.to_string(), Vec::new(), STATE_MS + 2_000);
        }
        assert_eq!(memory.states.borrow().values.len(), MAX_STATES);
    }

    #[test]
    fn only_one_refills_until_it_is_done_or_too_late() {
        let memory = Memory::default();
        assert!(memory.begin_refill("games", 0, 1_000));
        assert!(!memory.begin_refill("games", 999, 1_000));
        assert!(memory.begin_refill("games", 1_000, 1_000));
        memory.end_refill("games");
        assert!(memory.begin_refill("games", 1_001, 1_000));
    }
}
