//! What a long-lived instance remembers between requests. Losing all of it costs time and nothing else.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};

use crate::answer::{OBSERVED, Observed};

/// What a note is about. Each kind has its own room, so that what many people bring about pushes out nothing that the node needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The node itself, its services and games.
    Node,
    /// What somebody is granted: a key, a token, a consent.
    Grant,
    /// What was refused, to strangers too.
    Refusal,
    /// What a service has said of a text, by its digest.
    Text,
    /// A turn that may be kept.
    Turn,
    /// A conversation whose turns are being brought home.
    Stream,
}

/// Notes kept, by what they are about.
const MAX_NOTES: [usize; 6] = [4_096, 4_096, 1_024, 1_024, 1_024, 1_024];

/// States of conversations kept.
const MAX_STATES: usize = 1_024;
/// Refills under way that are known. Where there are more, a name may be refilled twice at once; what ends in the middle of one leaves
/// its name here.
const MAX_REFILLS: usize = 256;
/// How long a state is kept here, milliseconds: about as long as a key-value store may go on denying what was written.
pub const STATE_MS: i64 = 120_000;

/// States and small values, bounded; those that were written longest ago go first.
#[derive(Debug, Default)]
pub struct Memory {
    notes: [RefCell<Bounded<Vec<u8>>>; MAX_NOTES.len()],
    states: RefCell<Bounded<(i64, Vec<u8>)>>,
    refills: RefCell<Bounded<u64>>,
    observed: Cell<[u64; OBSERVED.len()]>,
}

impl Memory {
    /// A small value by its name.
    #[must_use]
    pub fn note(&self, about: About, name: &str) -> Option<Vec<u8>> {
        self.notes[about as usize].borrow().get(name).cloned()
    }

    /// Keeps a small value.
    pub fn keep_note(&self, about: About, name: &str, value: Vec<u8>) {
        self.notes[about as usize].borrow_mut().insert(name, value, MAX_NOTES[about as usize]);
    }

    /// Forgets a small value.
    pub fn drop_note(&self, about: About, name: &str) {
        self.notes[about as usize].borrow_mut().remove(name);
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
                refills.insert(name, now_us, MAX_REFILLS);
                true
            }
        }
    }

    /// Gives the right back.
    pub fn end_refill(&self, name: &str) {
        self.refills.borrow_mut().remove(name);
    }
}

/// Values by name, of which those that were written longest ago make room for others.
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
        // What is written again is as new as what is written for the first time.
        self.remove(name);
        self.values.insert(name.to_owned(), value);
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
    fn the_notes_that_were_written_longest_ago_go_first() {
        let memory = Memory::default();
        let limit = MAX_NOTES[About::Grant as usize];
        let keep = |n: usize| memory.keep_note(About::Grant, &n.to_string(), Vec::new());
        (0..limit).for_each(keep);
        // Renewed since.
        keep(0);
        (limit..limit + 9).for_each(keep);
        let has = |n: usize| memory.note(About::Grant, &n.to_string()).is_some();
        assert_eq!((has(0), has(9), has(10)), (true, false, true));
        assert_eq!(memory.notes[About::Grant as usize].borrow().len(), limit);
    }

    #[test]
    fn what_people_bring_about_pushes_out_nothing_that_a_node_needs() {
        let memory = Memory::default();
        memory.keep_note(About::Node, "origin", Vec::new());
        for about in [About::Grant, About::Refusal, About::Text, About::Turn] {
            for n in 0..=MAX_NOTES[about as usize] {
                memory.keep_note(about, &n.to_string(), Vec::new());
            }
            assert_eq!(memory.notes[about as usize].borrow().len(), MAX_NOTES[about as usize]);
        }
        assert_eq!(memory.note(About::Node, "origin"), Some(Vec::new()));
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

    #[test]
    fn refills_that_nobody_ends_fill_no_memory() {
        let memory = Memory::default();
        for n in 0..MAX_REFILLS + 9 {
            assert!(memory.begin_refill(&n.to_string(), 0, 1_000));
        }
        assert_eq!(memory.refills.borrow().len(), MAX_REFILLS);
        let last = (MAX_REFILLS + 8).to_string();
        assert!(!memory.begin_refill(&last, 999, 1_000), "those that began last are known");
    }
}
