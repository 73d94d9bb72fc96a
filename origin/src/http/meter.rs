//! How often somebody may have what costs much: a person exports and deletions, an administrator what is told in the audit log. Counted in this process, so with several origins as
//! often at each.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::{Millis, is_within};

/// Exports and deletions of one person in one window.
pub(super) const MAX_A_WINDOW: u32 = 20;
/// Requests of one administrator that write the audit log, in one window.
pub(super) const MAX_WRITES: u32 = 600;
/// The window.
pub(super) const WINDOW_MS: Millis = 60_000;
/// How long the same export is not told of again: the audit log is kept for ever.
const TOLD_FOR_MS: Millis = 60 * 60 * 1000;
/// Subjects remembered; beyond it those whose time is over are forgotten, and if there are none, new ones are refused.
const MAX_REMEMBERED: usize = 100_000;

/// What was done lately.
#[derive(Debug, Default)]
pub(super) struct Meter {
    counts: Mutex<HashMap<String, (Millis, u32)>>,
    told: Mutex<HashMap<String, Millis>>,
}

impl Meter {
    /// Counts one more of a subject, which may have so many in one window; an error says how many seconds to wait.
    pub(super) fn count(&self, subject: String, most: u32, now_ms: Millis) -> Result<(), u32> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *one_more(&mut counts, subject, most, now_ms)? += 1;
        Ok(())
    }

    /// Whether one more would be counted.
    pub(super) fn has_room(&self, subject: String, most: u32, now_ms: Millis) -> Result<(), u32> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        one_more(&mut counts, subject, most, now_ms).map(drop)
    }

    /// Whether something is to be told: it was not, lately. It is for everybody who asks until somebody has told it.
    pub(super) fn is_news(&self, what: &str, now_ms: Millis) -> bool {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.get(what).is_none_or(|at| !is_within(*at, TOLD_FOR_MS, now_ms))
    }

    /// Something was told, and is no news for a while.
    pub(super) fn was_told(&self, what: String, now_ms: Millis) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= MAX_REMEMBERED {
            told.retain(|_, at| is_within(*at, TOLD_FOR_MS, now_ms));
        }
        // Without room to remember it is told once too often rather than not at all.
        if told.len() < MAX_REMEMBERED {
            told.insert(what, now_ms);
        }
    }
}

/// The count of a subject that may have one more; an error says how many seconds to wait.
fn one_more(
    counts: &mut HashMap<String, (Millis, u32)>,
    subject: String,
    most: u32,
    now_ms: Millis,
) -> Result<&mut u32, u32> {
    let over = |since: Millis| !is_within(since, WINDOW_MS, now_ms);
    if counts.len() >= MAX_REMEMBERED && !counts.contains_key(&subject) {
        counts.retain(|_, (since, _)| !over(*since));
    }
    let seconds = |since: Millis| u32::try_from((since + WINDOW_MS - now_ms) / 1000 + 1).unwrap_or(1);
    if counts.len() >= MAX_REMEMBERED && !counts.contains_key(&subject) {
        return Err(seconds(now_ms));
    }
    let (since, count) = counts.entry(subject).or_insert((now_ms, 0));
    if over(*since) {
        (*since, *count) = (now_ms, 0);
    }
    if *count >= most { Err(seconds(*since)) } else { Ok(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_ahead_keeps_nobody_waiting_once_it_is_right() {
        let meter = Meter::default();
        for _ in 0..MAX_A_WINDOW {
            assert_eq!(meter.count("a".into(), MAX_A_WINDOW, 100 * WINDOW_MS), Ok(()));
        }
        assert!(meter.count("a".into(), MAX_A_WINDOW, 100 * WINDOW_MS).is_err());
        assert_eq!(meter.count("a".into(), MAX_A_WINDOW, WINDOW_MS), Ok(()));
        meter.was_told("told".into(), 100 * TOLD_FOR_MS);
        assert!(!meter.is_news("told", 100 * TOLD_FOR_MS) && meter.is_news("told", TOLD_FOR_MS));
    }

    #[test]
    fn so_many_in_a_window_and_of_each_subject_for_itself() {
        let meter = Meter::default();
        for _ in 0..MAX_A_WINDOW {
            assert_eq!(meter.count("a".into(), MAX_A_WINDOW, 1_000), Ok(()));
        }
        assert_eq!(meter.count("a".into(), MAX_A_WINDOW, 31_000), Err(31));
        assert_eq!(meter.count("b".into(), MAX_A_WINDOW, 31_000), Ok(()));
        assert_eq!(meter.count("a".into(), MAX_A_WINDOW, 1_000 + WINDOW_MS), Ok(()));
    }

    #[test]
    fn the_same_is_told_once_an_hour() {
        let meter = Meter::default();
        assert!(
            meter.is_news("c/1", 0) && meter.is_news("c/1", 0),
            "whoever comes while another one tells it, tells it too"
        );
        meter.was_told("c/1".into(), 0);
        assert!(!meter.is_news("c/1", 1) && meter.is_news("c/2", 1) && meter.is_news("c/1", TOLD_FOR_MS));
    }
}
