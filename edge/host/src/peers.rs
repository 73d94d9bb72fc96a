//! Who is connected: so many connections in all, and so many of one address; and so many bytes of bodies of one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

/// Counts connections.
pub(crate) struct Peers {
    counts: Mutex<Counts>,
    in_all: usize,
    of_one: usize,
    bytes_of_one: usize,
}

#[derive(Default)]
struct Counts {
    all: usize,
    by_peer: HashMap<IpAddr, Peer>,
}

/// What one address has.
struct Peer {
    connections: usize,
    bodies: Arc<Semaphore>,
}

/// A connection's place, until it is dropped.
pub(crate) struct Place {
    peers: Arc<Peers>,
    pub(crate) of: OfPeer,
}

/// Whose a request is.
#[derive(Clone)]
pub(crate) struct OfPeer {
    /// The address, or the network that counts as one.
    pub(crate) address: IpAddr,
    /// Bytes of bodies that it may have in flight.
    pub(crate) bodies: Arc<Semaphore>,
}

impl Peers {
    pub(crate) fn new(in_all: usize, of_one: usize, bytes_of_one: usize) -> Peers {
        Peers { counts: Mutex::default(), in_all, of_one, bytes_of_one }
    }

    /// A place for a connection of that address; `None` when there is none.
    pub(crate) fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let peer = network(peer);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.all >= self.in_all || counts.by_peer.get(&peer).is_some_and(|of| of.connections >= self.of_one) {
            return None;
        }
        counts.all += 1;
        let begins = || Peer { connections: 0, bodies: Arc::new(Semaphore::new(self.bytes_of_one)) };
        let of_peer = counts.by_peer.entry(peer).or_insert_with(begins);
        of_peer.connections += 1;
        let bodies = Arc::clone(&of_peer.bodies);
        Some(Place { peers: Arc::clone(self), of: OfPeer { address: peer, bodies } })
    }
}

/// An IPv6 address stands for its /64: whoever has one address of it has them all.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) => {
            let mut segments = v6.segments();
            segments[4..].fill(0);
            IpAddr::from(segments)
        }
        v4 => v4,
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.peers.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all = counts.all.saturating_sub(1);
        if let Some(of_peer) = counts.by_peer.get_mut(&self.of.address) {
            of_peer.connections -= 1;
            if of_peer.connections == 0 {
                counts.by_peer.remove(&self.of.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_leaves_room_for_others_and_a_place_is_given_back() {
        let peers = Arc::new(Peers::new(3, 2, 100));
        let (one, other): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap());
        let first = peers.enter(one).unwrap();
        let second = peers.enter(one).unwrap();
        assert!(peers.enter(one).is_none(), "as many as one may have");
        let third = peers.enter(other).unwrap();
        assert!(peers.enter(other).is_none(), "as many as there may be");
        drop(first);
        let again = peers.enter("2001:db8::ffff".parse().unwrap()).unwrap();
        assert!(peers.counts.lock().unwrap().by_peer.len() == 2);
        // Bytes are the address's, whichever connection they come over.
        let held = Arc::clone(&third.of.bodies).try_acquire_many_owned(100).unwrap();
        assert!(Arc::clone(&again.of.bodies).try_acquire_owned().is_err());
        assert!(Arc::clone(&second.of.bodies).try_acquire_owned().is_ok(), "another address has its own");
        drop(held);
        assert!(Arc::clone(&again.of.bodies).try_acquire_owned().is_ok());
    }
}
