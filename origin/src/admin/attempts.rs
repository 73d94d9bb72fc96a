//! How often a login may be tried: five times in fifteen minutes from an address, and ever more slowly for a name.
//!
//! An address that fails is refused. A name is never refused for long, or anybody could keep an administrator out: after
//! five failures the next try for it, from an address that has not logged in under it, waits for seconds, half a minute
//! at most; from one that has, it does not wait. Counted in this process; several origins count each for itself. A login
//! that succeeds is not counted.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::clock::{Millis, is_within};

/// Failed tries from one address in one window.
pub const MAX_ATTEMPTS: usize = 5;
/// Failed tries for one name before the next ones wait.
const FREE_TRIES: u32 = 5;
/// The window; a name that was left alone for as long begins anew.
pub const WINDOW_MS: Millis = 15 * 60 * 1000;
/// The first wait for a name; each further one is twice as long.
const FIRST_WAIT_MS: Millis = 1_000;
/// The longest wait for a name.
const LONGEST_WAIT_MS: Millis = 30_000;
/// Addresses remembered that logged in under a name.
const MAX_KNOWN: usize = 8;
/// Names and addresses remembered, of each; beyond it only known addresses are let through.
const MAX_REMEMBERED: usize = 100_000;

/// The tries of the last window.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    addresses: HashMap<IpAddr, Tries>,
    /// By SHA-256: a name may be anything, a password in the wrong field too.
    names: HashMap<String, Name>,
}

#[derive(Debug, Default)]
struct Tries {
    times: Vec<Millis>,
    told: Told,
}

#[derive(Debug, Default)]
struct Name {
    failures: u32,
    last: Millis,
    known: Vec<IpAddr>,
    told: Told,
}

/// When it was last said that there were too many.
#[derive(Debug, Default)]
struct Told(Option<Millis>);

impl Told {
    /// Whether it is to be said now: once in a window.
    fn now(&mut self, now_ms: Millis) -> bool {
        let due = self.0.is_none_or(|told| !is_within(told, WINDOW_MS, now_ms));
        if due {
            self.0 = Some(now_ms);
        }
        due
    }
}

/// Too many tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany {
    /// Until the next is let through.
    pub(super) wait_ms: Millis,
    /// Whether this is to be told: once in a window. Nobody who has no session may fill a log that is kept for ever.
    pub(super) is_first: bool,
}

impl Attempts {
    /// Counts a try before it is made, so that many at once don't slip through.
    pub(super) fn begin(&self, name: &str, address: IpAddr, now_ms: Millis) -> Result<(), TooMany> {
        let (name, address) = (digest(name), network(address));
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Remembered { addresses, names } = &mut *remembered;
        let known = names.get(&name).is_some_and(|name| name.known.contains(&address));
        if addresses.len() >= MAX_REMEMBERED || names.len() >= MAX_REMEMBERED {
            addresses.retain(|_, tries| tries.times.last().is_some_and(|last| is_within(*last, WINDOW_MS, now_ms)));
            names.retain(|_, name| !name.known.is_empty() || is_within(name.last, WINDOW_MS, now_ms));
            if !known && (addresses.len() >= MAX_REMEMBERED || names.len() >= MAX_REMEMBERED) {
                return Err(TooMany { wait_ms: WINDOW_MS, is_first: false });
            }
        }
        if let Some(Tries { times, told }) = addresses.get_mut(&address) {
            times.retain(|time| is_within(*time, WINDOW_MS, now_ms));
            if let [oldest, ..] = times[..]
                && times.len() >= MAX_ATTEMPTS
            {
                return Err(TooMany { wait_ms: oldest + WINDOW_MS - now_ms, is_first: told.now(now_ms) });
            }
        }
        let entry = names.entry(name).or_default();
        if !is_within(entry.last, WINDOW_MS, now_ms) {
            (entry.failures, entry.last) = (0, now_ms);
        }
        let wait_ms = entry.last + wait_after(entry.failures) - now_ms;
        if !known && wait_ms > 0 {
            return Err(TooMany { wait_ms, is_first: entry.told.now(now_ms) });
        }
        entry.failures = entry.failures.saturating_add(1);
        entry.last = now_ms;
        addresses.entry(address).or_default().times.push(now_ms);
        Ok(())
    }

    /// Takes back the try that succeeded. Earlier failures stay: a known password must not open the way to guess
    /// others from the same address.
    pub(super) fn succeeded(&self, name: &str, address: IpAddr) {
        let (name, address) = (digest(name), network(address));
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = remembered.names.entry(name).or_default();
        entry.failures = entry.failures.saturating_sub(1);
        entry.known.retain(|known| *known != address);
        if entry.known.len() == MAX_KNOWN {
            entry.known.remove(0);
        }
        entry.known.push(address);
        if let Some(tries) = remembered.addresses.get_mut(&address) {
            tries.times.pop();
            if tries.times.is_empty() {
                remembered.addresses.remove(&address);
            }
        }
    }
}

/// How long the next try for a name waits.
fn wait_after(failures: u32) -> Millis {
    match failures.checked_sub(FREE_TRIES) {
        None => 0,
        Some(more) => FIRST_WAIT_MS.checked_shl(more.min(16)).map_or(LONGEST_WAIT_MS, |wait| wait.min(LONGEST_WAIT_MS)),
    }
}

fn digest(name: &str) -> String {
    crate::hex::sha256(name.as_bytes())
}

/// A client may have a whole /64 of IPv6 addresses to itself.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::from((v6.to_bits() & !u128::from(u64::MAX)).to_be_bytes()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    fn address(number: u32) -> IpAddr {
        IpAddr::from((0x0a01_0000 + number).to_be_bytes())
    }

    #[test]
    fn nobody_can_keep_an_administrator_out() {
        let attempts = Attempts::default();
        // The administrator logs in from where they always do.
        attempts.begin("ann", ADDRESS, 0).unwrap();
        attempts.succeeded("ann", ADDRESS);
        for n in 0..10_000_u32 {
            let _ = attempts.begin("ann", address(n), Millis::from(n) * 100);
        }
        let now = 1_000_000;
        assert_eq!(attempts.begin("ann", ADDRESS, now), Ok(()), "a known address does not wait");
        let elsewhere = attempts.begin("ann", address(50_000), now).unwrap_err();
        assert!(elsewhere.wait_ms <= LONGEST_WAIT_MS, "another one waits, for seconds");
        assert_eq!(attempts.begin("ann", address(50_000), now + elsewhere.wait_ms), Ok(()));
    }

    #[test]
    fn tries_for_a_name_from_many_addresses_are_slowed_and_told_of_once() {
        let attempts = Attempts::default();
        for n in 0..5 {
            assert_eq!(attempts.begin("ann", address(n), 1000), Ok(()));
        }
        let refused = |wait_ms, is_first| Err(TooMany { wait_ms, is_first });
        assert_eq!(attempts.begin("ann", address(9), 1500), refused(500, true));
        assert_eq!(attempts.begin("ann", address(10), 1500), refused(500, false), "told once");
        assert_eq!(attempts.begin("bob", address(9), 1500), Ok(()));
        let let_through =
            (0..900_000).step_by(50).filter(|at| attempts.begin("ann", address(*at), 2000 + Millis::from(*at)).is_ok());
        assert!(let_through.count() < 40, "half a minute for each in the end");
    }

    #[test]
    fn the_sixth_try_from_an_address_is_refused_for_whatever_name() {
        let attempts = Attempts::default();
        for n in 0..5 {
            assert_eq!(attempts.begin(&format!("name {n}"), ADDRESS, n), Ok(()));
        }
        assert!(attempts.begin("another", ADDRESS, 5).is_err());
        let v6 = |text: &str| text.parse::<IpAddr>().unwrap();
        for n in 0..5 {
            assert_eq!(attempts.begin(&format!("v6 {n}"), v6(&format!("2001:db8::{n}")), n), Ok(()));
        }
        assert!(attempts.begin("v6", v6("2001:db8::ffff"), 5).is_err());
    }

    #[test]
    fn what_succeeds_is_not_counted() {
        let attempts = Attempts::default();
        for n in 0..50 {
            assert_eq!(attempts.begin("ann", ADDRESS, n), Ok(()));
            attempts.succeeded("ann", ADDRESS);
        }
    }
}
