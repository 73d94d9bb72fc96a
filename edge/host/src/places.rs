//! Places of requests: so many at once, and so many of one address. Whoever waits for one is given it before those of addresses that have
//! more, so that what comes from one address never keeps another's out for longer than a request takes.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// All places.
pub(crate) struct Places {
    state: Mutex<State>,
    of_one: usize,
}

struct State {
    free: usize,
    by_peer: HashMap<IpAddr, Peer>,
    /// Addresses that wait, those that hold the fewest places first, and of those the one that was last given one the longest ago.
    turns: BTreeSet<(usize, u64, IpAddr)>,
    clock: u64,
}

/// What one address has.
#[derive(Default)]
struct Peer {
    held: usize,
    /// When it was last given a place, or began to wait.
    since: u64,
    waiting: VecDeque<oneshot::Sender<Place>>,
}

/// A request's place, until it is dropped.
pub(crate) struct Place {
    places: Arc<Places>,
    peer: IpAddr,
}

impl Places {
    pub(crate) fn new(in_all: usize, of_one: usize) -> Arc<Places> {
        let state = State { free: in_all, by_peer: HashMap::new(), turns: BTreeSet::new(), clock: 0 };
        Arc::new(Places { state: Mutex::new(state), of_one })
    }

    /// A place for a request of that address; `None` where there is none for so long.
    pub(crate) async fn enter(self: &Arc<Self>, peer: IpAddr, within: Duration) -> Option<Place> {
        let waiting = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            // Where places are free, nobody waits who may have one.
            if state.free > 0 && state.held(peer) < self.of_one {
                state.give(peer);
                return Some(Place { places: Arc::clone(self), peer });
            }
            state.wait(peer)
        };
        tokio::time::timeout(within, waiting).await.ok()?.ok()
    }

    fn give_back(self: &Arc<Self>, peer: IpAddr) {
        let given = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.take_back(peer);
            state.next(self.of_one)
        };
        if let Some((peer, waiter)) = given {
            // Whoever has just given up gives it back with this.
            drop(waiter.send(Place { places: Arc::clone(self), peer }));
        }
    }
}

impl State {
    fn held(&self, peer: IpAddr) -> usize {
        self.by_peer.get(&peer).map_or(0, |of| of.held)
    }

    /// Changes what is known of an address, and its turn with it.
    fn change<T>(&mut self, peer: IpAddr, change: impl FnOnce(&mut Peer, u64) -> T) -> T {
        self.clock += 1;
        let of = self.by_peer.entry(peer).or_default();
        self.turns.remove(&(of.held, of.since, peer));
        let changed = change(of, self.clock);
        if !of.waiting.is_empty() {
            self.turns.insert((of.held, of.since, peer));
        } else if of.held == 0 {
            self.by_peer.remove(&peer);
        }
        changed
    }

    fn give(&mut self, peer: IpAddr) {
        self.free -= 1;
        self.change(peer, |of, now| (of.held, of.since) = (of.held + 1, now));
    }

    fn take_back(&mut self, peer: IpAddr) {
        self.free += 1;
        self.change(peer, |of, _| of.held = of.held.saturating_sub(1));
    }

    fn wait(&mut self, peer: IpAddr) -> oneshot::Receiver<Place> {
        let (sender, receiver) = oneshot::channel();
        self.change(peer, |of, now| {
            if of.waiting.is_empty() {
                of.since = now;
            }
            // Whoever gave up waited the longest.
            while of.waiting.front().is_some_and(oneshot::Sender::is_closed) {
                of.waiting.pop_front();
            }
            of.waiting.push_back(sender);
        });
        receiver
    }

    /// Whose turn it is, and who of that address waited the longest.
    fn next(&mut self, of_one: usize) -> Option<(IpAddr, oneshot::Sender<Place>)> {
        loop {
            let (_, _, peer) = *self.turns.first().filter(|(held, _, _)| *held < of_one)?;
            let waiter = self.change(peer, |of, _| of.waiting.pop_front());
            if let Some(waiter) = waiter.filter(|waiter| !waiter.is_closed()) {
                self.give(peer);
                return Some((peer, waiter));
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.give_back(self.peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(20);
    const LATER: Duration = Duration::from_secs(60);

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[tokio::test]
    async fn one_address_leaves_places_for_others() {
        let places = Places::new(4, 2);
        let (one, other) = (address(1), address(2));
        let held = [places.enter(one, SOON).await.unwrap(), places.enter(one, SOON).await.unwrap()];
        assert!(places.enter(one, SOON).await.is_none(), "as many as one may have");
        let others = [places.enter(other, SOON).await.unwrap(), places.enter(other, SOON).await.unwrap()];
        assert!(places.enter(address(3), SOON).await.is_none(), "as many as there are");
        drop(held);
        assert!(places.enter(one, SOON).await.is_some(), "whoever gave up has taken none");
        drop(others);
        let state = places.state.lock().unwrap();
        assert_eq!((state.free, state.by_peer.len(), state.turns.len()), (4, 0, 0), "all are given back");
    }

    #[tokio::test]
    async fn who_has_fewer_is_given_the_next() {
        let places = Places::new(2, 2);
        let (one, other) = (address(1), address(2));
        let mut held = vec![places.enter(one, SOON).await.unwrap(), places.enter(one, SOON).await.unwrap()];
        let waits = |peer: IpAddr| {
            let places = Arc::clone(&places);
            tokio::spawn(async move { places.enter(peer, LATER).await.map(|place| (place.peer, place)) })
        };
        let mut flood: Vec<_> = (0..5).map(|_| waits(one)).collect();
        tokio::task::yield_now().await;
        let late = waits(other);
        tokio::task::yield_now().await;
        drop(held.pop());
        let (peer, place) = late.await.unwrap().unwrap();
        assert_eq!(peer, other, "before five that came first");
        drop((place, held));
        assert_eq!(flood.remove(0).await.unwrap().unwrap().0, one, "and then they are served");
        for more in flood {
            assert!(more.await.unwrap().is_some());
        }
    }
}
