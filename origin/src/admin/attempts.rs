//! How often a login may be tried: five times in fifteen minutes for a name, and for an address.
//!
//! Counted in this process; several origins count each for itself. A login that succeeds is not counted.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::clock::Millis;

/// Failed tries in one window.
pub const MAX_ATTEMPTS: usize = 5;
/// The window.
pub const WINDOW_MS: Millis = 15 * 60 * 1000;
/// Names and addresses remembered; beyond it logins are refused rather than tries forgotten.
const MAX_REMEMBERED: usize = 100_000;

/// The tries of the last window.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<HashMap<Who, Tries>>);

#[derive(Debug, Default)]
struct Tries {
    times: Vec<Millis>,
    /// When it was last said that there were too many.
    told: Option<Millis>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    /// SHA-256 of the name: it may be anything, a password in the wrong field too.
    Name(String),
    Address(IpAddr),
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
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= MAX_REMEMBERED {
            tries.retain(|_, tries| tries.times.last().is_some_and(|last| now_ms - last < WINDOW_MS));
            if tries.len() >= MAX_REMEMBERED {
                return Err(TooMany { wait_ms: WINDOW_MS, is_first: false });
            }
        }
        let both = who(name, address);
        for one in &both {
            let Some(Tries { times, told }) = tries.get_mut(one) else { continue };
            times.retain(|time| now_ms - time < WINDOW_MS);
            if let [oldest, ..] = times[..]
                && times.len() >= MAX_ATTEMPTS
            {
                let is_first = told.is_none_or(|told| now_ms - told >= WINDOW_MS);
                if is_first {
                    *told = Some(now_ms);
                }
                return Err(TooMany { wait_ms: oldest + WINDOW_MS - now_ms, is_first });
            }
        }
        for one in both {
            tries.entry(one).or_default().times.push(now_ms);
        }
        Ok(())
    }

    /// Takes back the try that succeeded. Earlier failures stay: a known password must not open the way to guess
    /// others from the same address.
    pub(super) fn succeeded(&self, name: &str, address: IpAddr) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for one in who(name, address) {
            if let Some(entry) = tries.get_mut(&one) {
                entry.times.pop();
                if entry.times.is_empty() {
                    tries.remove(&one);
                }
            }
        }
    }
}

fn who(name: &str, address: IpAddr) -> [Who; 2] {
    // A client may have a whole /64 of IPv6 addresses to itself.
    let address = match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::from((v6.to_bits() & !u128::from(u64::MAX)).to_be_bytes()),
        v4 @ IpAddr::V4(_) => v4,
    };
    [Who::Name(crate::hex::sha256(name.as_bytes())), Who::Address(address)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 1, last])
    }

    #[test]
    fn the_sixth_try_for_a_name_is_refused_from_wherever_it_comes() {
        let attempts = Attempts::default();
        for n in 0..5 {
            assert_eq!(attempts.begin("ann", address(n), 1000), Ok(()));
        }
        let refused = |is_first| Err(TooMany { wait_ms: WINDOW_MS - 1000, is_first });
        assert_eq!(attempts.begin("ann", address(9), 2000), refused(true));
        assert_eq!(attempts.begin("ann", address(10), 2000), refused(false), "told once");
        assert_eq!(attempts.begin("bob", address(9), 2000), Ok(()));
        assert_eq!(attempts.begin("ann", address(9), 1000 + WINDOW_MS), Ok(()));
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
