//! Which connections are kept: how many, for how long without a request, and who goes when there are too many.
//!
//! A connection is *known* once a signed request came over it. All others share a part of the descriptors, no peer has more than a
//! part of that, and when it is used up, whoever has waited longest without a request goes: so there is always room for the
//! next one, be it an edge that is about to sign or a look at the health.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// Time for the first request to begin, whatever the protocol.
pub const FIRST_WITHIN: Duration = Duration::from_secs(10);
/// Time for the next one, and for an answer to be taken by whoever asked.
pub const NEXT_WITHIN: Duration = Duration::from_secs(60);

/// Bytes of answers that wait to be taken, on connections over which no signed request came.
const MAX_UNTAKEN_BYTES: usize = 64 * 1024 * 1024;
/// Those of one address.
const MAX_UNTAKEN_OF_A_PEER: usize = MAX_UNTAKEN_BYTES / 4;
/// Answers that are no larger are not counted: how the origin is can be asked at any time.
const SMALL_ANSWER_BYTES: usize = 4 * 1024;

/// Descriptors that are kept for the store, files and logs.
const KEPT_DESCRIPTORS: usize = 128;
/// Listeners that share the rest: edges' and administrators'.
const LISTENERS: usize = 2;
/// Connections of one listener at most, however many descriptors there are.
const MAX_CONNECTIONS: usize = 16_384;
/// Descriptors where the system does not say how many there are.
const USUAL_DESCRIPTORS: usize = 1_024;

/// How many connections of which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// In all.
    pub(super) all: usize,
    /// Over which no signed request came yet.
    pub(super) unknown: usize,
    /// Of those, from one address.
    pub(super) of_one_peer: usize,
    /// As [`FIRST_WITHIN`].
    pub(super) first_within: Duration,
    /// As [`NEXT_WITHIN`].
    pub(super) next_within: Duration,
}

impl Limits {
    /// What the descriptors of this process allow.
    pub(super) fn of_this_process() -> Limits {
        Limits::of_descriptors(descriptors().unwrap_or(USUAL_DESCRIPTORS))
    }

    fn of_descriptors(descriptors: usize) -> Limits {
        let all = (descriptors.saturating_sub(KEPT_DESCRIPTORS) / LISTENERS).clamp(8, MAX_CONNECTIONS);
        let (first_within, next_within) = (FIRST_WITHIN, NEXT_WITHIN);
        Limits { all, unknown: all / 2, of_one_peer: all / 4, first_within, next_within }
    }
}

/// The soft limit of open files, as Linux tells it; others don't, and get the usual one.
fn descriptors() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

/// The connections of one listener.
#[derive(Debug)]
pub(super) struct Connections {
    limits: Limits,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    next: u64,
    /// By the order in which they came.
    all: BTreeMap<u64, Entry>,
    unknown: usize,
    unknown_of: HashMap<IpAddr, usize>,
    /// Bytes that wait to be taken.
    untaken: usize,
    untaken_of: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
struct Entry {
    peer: IpAddr,
    known: bool,
    /// Requests that are being answered.
    busy: usize,
    /// Since when there is none.
    idle_since: Instant,
    answered: bool,
    go: Arc<Notify>,
}

/// One connection, forgotten when dropped.
#[derive(Debug)]
pub(super) struct Connection {
    connections: Arc<Connections>,
    id: u64,
    go: Arc<Notify>,
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Answering(Arc<Connection>);

/// Room for an answer, until it is taken.
#[derive(Debug)]
pub(super) struct Untaken {
    connections: Arc<Connections>,
    peer: IpAddr,
    bytes: usize,
}

impl Connections {
    pub(super) fn new(limits: Limits) -> Arc<Connections> {
        Arc::new(Connections { limits, kept: Mutex::default() })
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        // Whole after any panic: each change is one statement or is made good by the next.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a connection in, at the cost of one that waits if need be; `None`: there is no room, and nobody waits.
    pub(super) fn admit(self: &Arc<Connections>, peer: IpAddr) -> Option<Arc<Connection>> {
        let peer = subscriber(peer);
        let mut kept = self.kept();
        let of_peer = kept.unknown_of.get(&peer).copied().unwrap_or(0);
        if of_peer >= self.limits.of_one_peer && !kept.let_go(|entry| entry.peer == peer) {
            return None;
        }
        let full = kept.unknown >= self.limits.unknown || kept.all.len() >= self.limits.all;
        if full && !kept.let_go(|_| true) {
            return None;
        }
        let (id, go) = (kept.next, Arc::new(Notify::new()));
        kept.next += 1;
        let (idle_since, go_too) = (Instant::now(), Arc::clone(&go));
        kept.all.insert(id, Entry { peer, known: false, busy: 0, idle_since, answered: false, go: go_too });
        kept.count(peer);
        drop(kept);
        Some(Arc::new(Connection { connections: Arc::clone(self), id, go }))
    }
}

impl Kept {
    /// Lets go of the one that has waited longest without a request, of those that `which` means; false when there is none.
    fn let_go(&mut self, which: impl Fn(&Entry) -> bool) -> bool {
        let waiting = self.all.iter().filter(|(_, entry)| !entry.known && entry.busy == 0 && which(entry));
        let longest = waiting.min_by_key(|(_, entry)| entry.idle_since).map(|(id, _)| *id);
        let Some(entry) = longest.and_then(|id| self.all.remove(&id)) else { return false };
        self.discount(entry.peer);
        entry.go.notify_one();
        true
    }

    fn count(&mut self, peer: IpAddr) {
        self.unknown += 1;
        *self.unknown_of.entry(peer).or_default() += 1;
    }

    fn discount(&mut self, peer: IpAddr) {
        self.unknown = self.unknown.saturating_sub(1);
        if let Some(of_peer) = self.unknown_of.get_mut(&peer) {
            *of_peer -= 1;
            if *of_peer == 0 {
                self.unknown_of.remove(&peer);
            }
        }
    }
}

impl Connection {
    /// A request came.
    pub(super) fn begin(self: &Arc<Connection>) -> Answering {
        if let Some(entry) = self.connections.kept().all.get_mut(&self.id) {
            entry.busy += 1;
        }
        Answering(Arc::clone(self))
    }

    /// A signed request came.
    pub(super) fn is_known(&self) {
        let mut kept = self.connections.kept();
        let Some(entry) = kept.all.get_mut(&self.id).filter(|entry| !entry.known) else { return };
        entry.known = true;
        let peer = entry.peer;
        kept.discount(peer);
    }

    /// Room for an answer of so many bytes; `None`: too much waits to be taken already.
    pub(super) fn room(&self, bytes: usize) -> Option<Untaken> {
        let mut kept = self.connections.kept();
        let entry = kept.all.get(&self.id)?;
        let (peer, counts) = (entry.peer, !entry.known && bytes > SMALL_ANSWER_BYTES);
        // One that is larger than what one may have has it alone.
        let bytes = if counts { bytes.min(MAX_UNTAKEN_OF_A_PEER) } else { 0 };
        let of_peer = kept.untaken_of.get(&peer).copied().unwrap_or(0);
        if kept.untaken + bytes > MAX_UNTAKEN_BYTES || of_peer + bytes > MAX_UNTAKEN_OF_A_PEER {
            return None;
        }
        kept.untaken += bytes;
        if bytes > 0 {
            kept.untaken_of.insert(peer, of_peer + bytes);
        }
        Some(Untaken { connections: Arc::clone(&self.connections), peer, bytes })
    }

    /// Returns when the connection has to go: it waited too long without a request, or others need its place.
    pub(super) async fn has_to_go(&self) {
        let limits = self.connections.limits;
        loop {
            let until = match self.connections.kept().all.get(&self.id) {
                None => return,
                Some(entry) if entry.busy > 0 => Instant::now() + limits.first_within,
                Some(entry) if entry.answered => entry.idle_since + limits.next_within,
                Some(entry) => entry.idle_since + limits.first_within,
            };
            if until <= Instant::now() {
                return;
            }
            tokio::select! {
                () = self.go.notified() => return,
                () = tokio::time::sleep_until(until) => {}
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut kept = self.connections.kept();
        if let Some(entry) = kept.all.remove(&self.id)
            && !entry.known
        {
            kept.discount(entry.peer);
        }
    }
}

impl Drop for Untaken {
    fn drop(&mut self) {
        let mut kept = self.connections.kept();
        kept.untaken -= self.bytes;
        if let Some(of_peer) = kept.untaken_of.get_mut(&self.peer) {
            *of_peer -= self.bytes;
            if *of_peer == 0 {
                kept.untaken_of.remove(&self.peer);
            }
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if let Some(entry) = self.0.connections.kept().all.get_mut(&self.0.id) {
            entry.busy = entry.busy.saturating_sub(1);
            entry.idle_since = Instant::now();
            entry.answered = true;
        }
    }
}

/// Whom an address stands for: of IPv6, a subscriber has a whole network of 64 bits.
fn subscriber(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => address.into(),
            None => std::net::Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        all: 6,
        unknown: 4,
        of_one_peer: 2,
        first_within: Duration::from_millis(30),
        next_within: Duration::from_millis(200),
    };

    fn peer(last: u8) -> IpAddr {
        [127, 0, 0, last].into()
    }

    fn is_gone(connection: &Connection) -> bool {
        !connection.connections.kept().all.contains_key(&connection.id)
    }

    #[test]
    fn who_waits_longest_goes_first_and_of_a_greedy_peer_its_own() {
        let connections = Connections::new(LIMITS);
        let others = [connections.admit(peer(1)).unwrap(), connections.admit(peer(2)).unwrap()];
        let greedy: Vec<_> = (0..10).map(|_| connections.admit(peer(9)).unwrap()).collect();
        assert!(others.iter().all(|other| !is_gone(other)), "who has one keeps it");
        assert_eq!(greedy.iter().filter(|one| !is_gone(one)).count(), 2);
        // Many peers with one each: the oldest goes.
        let newest = connections.admit(peer(3)).unwrap();
        assert!(is_gone(&others[0]) && !is_gone(&newest));
    }

    #[test]
    fn who_is_answered_or_known_stays() {
        let connections = Connections::new(LIMITS);
        let busy = connections.admit(peer(1)).unwrap();
        let answering = busy.begin();
        let known = connections.admit(peer(1)).unwrap();
        known.is_known();
        for round in 0..20 {
            connections.admit(peer(100 + round)).unwrap();
        }
        assert!(!is_gone(&busy) && !is_gone(&known));
        // Nobody waits, and all is used up.
        let all: Vec<_> = (10..13).map(|last| connections.admit(peer(last)).unwrap()).collect();
        let others: Vec<_> = all.iter().map(Connection::begin).collect();
        assert!(connections.admit(peer(200)).is_none());
        drop((answering, others, all, busy, known));
        let kept = connections.kept();
        assert_eq!((kept.all.len(), kept.unknown, kept.unknown_of.len()), (0, 0, 0), "all is given back");
    }

    #[test]
    fn answers_that_nobody_takes_have_a_bound_and_small_ones_and_those_of_edges_have_none() {
        let connections = Connections::new(LIMITS);
        let (greedy, other) = (connections.admit(peer(9)).unwrap(), connections.admit(peer(1)).unwrap());
        let half = MAX_UNTAKEN_OF_A_PEER / 2;
        let held = [greedy.room(half).unwrap(), greedy.room(half).unwrap()];
        assert!(greedy.room(half).is_none());
        let small = greedy.room(SMALL_ANSWER_BYTES).unwrap();
        let of_another = other.room(MAX_UNTAKEN_BYTES).unwrap();
        greedy.is_known();
        let of_an_edge = greedy.room(MAX_UNTAKEN_BYTES).unwrap();
        drop((held, small, of_another, of_an_edge));
        let kept = connections.kept();
        assert_eq!((kept.untaken, kept.untaken_of.len()), (0, 0), "all is given back");
    }

    #[tokio::test]
    async fn a_connection_without_a_request_ends_and_one_with_an_answer_on_the_way_does_not() {
        let connections = Connections::new(LIMITS);
        let silent = connections.admit(peer(1)).unwrap();
        let started = Instant::now();
        silent.has_to_go().await;
        assert!(started.elapsed() >= LIMITS.first_within);
        let busy = connections.admit(peer(2)).unwrap();
        let answering = busy.begin();
        let waited = tokio::time::timeout(LIMITS.next_within * 2, busy.has_to_go()).await;
        assert!(waited.is_err());
        drop(answering);
        let since = Instant::now();
        busy.has_to_go().await;
        assert!(since.elapsed() >= LIMITS.next_within);
    }

    #[test]
    fn limits_leave_descriptors_for_the_rest() {
        let limits = Limits::of_descriptors(1_024);
        assert!(LISTENERS * limits.all + KEPT_DESCRIPTORS <= 1_024 && limits.unknown < limits.all);
        assert!(Limits::of_descriptors(1 << 20).all <= MAX_CONNECTIONS);
    }
}
