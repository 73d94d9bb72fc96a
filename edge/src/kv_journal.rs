//! A journal in a key-value store that has neither transactions nor a usable compare-and-swap, and that lists all its keys or none.
//!
//! | key | holds |
//! |---|---|
//! | `journal:<stream>:<version>:<id>` | an entry |
//! | `waiting:<stream>` | the places of a stream's entries, so that a turn need not have all keys listed |
//! | `aside:<stream>:<version>:<id>:<why>` | an entry that was set aside |
//!
//! Two turns at once may both be kept, and one of them may be missing in the list of its stream. What lists streams, which
//! scheduled work does, lists all keys and mends those lists; so an entry may be overlooked for a while and is never lost.

use lgdl::wire::node::{Aside, Counts, JournalEntry, Limit, Page, Place, SetAside, StreamPage};

use crate::json;
use crate::platform::SeamError;

/// Every key of an entry begins so.
pub const JOURNAL: &str = "journal:";
/// Every key of an entry that was set aside begins so.
pub const ASIDE: &str = "aside:";
/// The key of a stream's list begins so.
pub const WAITING: &str = "waiting:";

/// A store of values by name.
pub trait KeyValues {
    /// A value.
    ///
    /// # Errors
    /// When the store does not answer; so with all of them.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, SeamError>;
    /// Writes a value.
    fn set(&self, key: &str, value: &[u8]) -> Result<(), SeamError>;
    /// Removes a value.
    fn delete(&self, key: &str) -> Result<(), SeamError>;
    /// All keys, in any order.
    fn keys(&self) -> Result<Vec<String>, SeamError>;
}

/// Keeps an entry.
///
/// # Errors
/// When the store fails; so with everything here. What was asked may have been done in part, and may be asked again.
pub fn append(store: &impl KeyValues, entry: &JournalEntry) -> Result<(), SeamError> {
    store.set(&key_of(&entry.stream, &entry.place()), &json(entry)?)?;
    note(store, &entry.stream, entry.place())
}

/// Entries of one stream behind a place.
pub fn read(store: &impl KeyValues, stream: &str, after: Option<&Place>) -> Result<Page, SeamError> {
    let mut places = noted(store, stream)?;
    places.retain(|place| after.is_none_or(|after| place > after));
    let (mut unreadable, mut failure) = (Vec::new(), None);
    let mut places = places.into_iter();
    // Values are read as a page takes them.
    let page = Page::of(std::iter::from_fn(|| {
        loop {
            let place = places.next()?;
            match store.get(&key_of(stream, &place)) {
                Ok(Some(bytes)) => match json::read(&bytes) {
                    Ok(entry) => return Some(entry),
                    Err(_) => unreadable.push(place),
                },
                // Removed, and its list not yet written.
                Ok(None) => {}
                Err(error) => {
                    failure = Some(error);
                    return None;
                }
            }
        }
    }));
    match failure {
        Some(error) => Err(error),
        None => {
            let end = page.end().filter(|_| page.more);
            unreadable.retain(|place| end.as_ref().is_none_or(|end| place <= end));
            Ok(Page { unreadable, ..page })
        }
    }
}

/// Streams that have entries, in no order of time: the store does not know when a key was written. Lists all keys, and mends the
/// lists of the streams that it gives.
pub fn streams(store: &impl KeyValues, limit: usize, after: Option<&str>) -> Result<StreamPage, SeamError> {
    let keys = keys(store, JOURNAL)?;
    let mut streams: Vec<(&str, Vec<Place>)> = Vec::new();
    for key in &keys {
        let Some((stream, place)) = stream_of(key).zip(place_of(key)) else { continue };
        match streams.last_mut() {
            Some((last, places)) if *last == stream => places.push(place),
            _ => streams.push((stream, vec![place])),
        }
    }
    streams.retain(|(stream, _)| after.is_none_or(|after| *stream > after));
    let more = streams.len() > limit;
    streams.truncate(limit);
    for (stream, places) in &streams {
        mend(store, stream, places)?;
    }
    let streams: Vec<String> = streams.into_iter().map(|(stream, _)| stream.to_owned()).collect();
    let next = streams.last().filter(|_| more).cloned();
    Ok(StreamPage { streams, next })
}

/// Removes an entry.
pub fn remove(store: &impl KeyValues, stream: &str, id: &str) -> Result<(), SeamError> {
    let mut places = noted(store, stream)?;
    if !places.iter().any(|place| place.id == id) {
        places = keys(store, &format!("{JOURNAL}{stream}:"))?.iter().filter_map(|key| place_of(key)).collect();
    }
    for place in places.iter().filter(|place| place.id == id) {
        store.delete(&key_of(stream, place))?;
    }
    places.retain(|place| place.id != id);
    write(store, stream, &places)
}

/// Takes an entry out of its stream and keeps it apart.
pub fn set_aside(store: &impl KeyValues, order: &SetAside) -> Result<(), SeamError> {
    let key = key_of(&order.stream, &order.place);
    let Some(bytes) = store.get(&key)? else { return Ok(()) };
    let why = serde_json::to_value(order.why).map_err(unwritable)?;
    let why = why.as_str().ok_or_else(|| SeamError::Unavailable("a reason has no word".into()))?;
    // Written there before it is removed here: in between it is in both places, and arrives once all the same.
    store.set(&format!("{}:{why}", aside_key(&order.stream, &order.place)), &bytes)?;
    remove(store, &order.stream, &order.place.id)
}

/// What was set aside.
pub fn aside(store: &impl KeyValues, wanted: &Limit) -> Result<Vec<Aside>, SeamError> {
    let prefix = wanted.stream.as_ref().map_or_else(|| ASIDE.to_owned(), |stream| format!("{ASIDE}{stream}:"));
    let is = |key: &&String| wanted.id.as_ref().is_none_or(|id| place_of(key).is_some_and(|place| place.id == *id));
    keys(store, &prefix)?.iter().filter(is).take(wanted.limit).map(|key| listed(store, key)).collect()
}

/// Puts an entry back that was set aside; whether there was one.
pub fn retry(store: &impl KeyValues, stream: &str, id: &str) -> Result<bool, SeamError> {
    let Some((key, place)) = find_aside(store, stream, id)? else { return Ok(false) };
    if let Some(bytes) = store.get(&key)? {
        store.set(&key_of(stream, &place), &bytes)?;
        note(store, stream, place)?;
    }
    store.delete(&key)?;
    Ok(true)
}

/// Removes an entry that was set aside; whether there was one.
pub fn drop_aside(store: &impl KeyValues, stream: &str, id: &str) -> Result<bool, SeamError> {
    let Some((key, _)) = find_aside(store, stream, id)? else { return Ok(false) };
    store.delete(&key)?;
    Ok(true)
}

/// What the journal holds.
pub fn counts(store: &impl KeyValues) -> Result<Counts, SeamError> {
    let keys = store.keys()?;
    let count = |is: &dyn Fn(&str) -> bool| keys.iter().filter(|key| is(key)).count() as u64;
    Ok(Counts {
        unremoved: 0,
        waiting: count(&|key| key.starts_with(JOURNAL)),
        aside: count(&|key| key.starts_with(ASIDE)),
        other_key: count(&|key| key.starts_with(ASIDE) && key.ends_with(":other_key")),
    })
}

/// So that keys sort by version within a stream.
fn key_of(stream: &str, place: &Place) -> String {
    format!("{JOURNAL}{stream}:{:020}:{}", place.version, place.id)
}

fn aside_key(stream: &str, place: &Place) -> String {
    format!("{ASIDE}{stream}:{:020}:{}", place.version, place.id)
}

fn list_key(stream: &str) -> String {
    format!("{WAITING}{stream}")
}

fn stream_of(key: &str) -> Option<&str> {
    key.split(':').nth(1)
}

/// The place that the key of an entry names.
fn place_of(key: &str) -> Option<Place> {
    let mut parts = key.split(':').skip(2);
    Some(Place { version: parts.next()?.parse().ok()?, id: parts.next()?.to_owned() })
}

fn keys(store: &impl KeyValues, prefix: &str) -> Result<Vec<String>, SeamError> {
    let mut keys = store.keys()?;
    keys.retain(|key| key.starts_with(prefix));
    keys.sort_unstable();
    Ok(keys)
}

/// The list of a stream. One that can't be read is written anew from the keys themselves.
fn noted(store: &impl KeyValues, stream: &str) -> Result<Vec<Place>, SeamError> {
    let Some(bytes) = store.get(&list_key(stream))? else { return Ok(Vec::new()) };
    match json::read(&bytes) {
        Ok(places) => Ok(places),
        Err(_) => {
            let keys = keys(store, &format!("{JOURNAL}{stream}:"))?;
            let places: Vec<Place> = keys.iter().filter_map(|key| place_of(key)).collect();
            write(store, stream, &places)?;
            Ok(places)
        }
    }
}

/// Adds a place to the list of its stream.
fn note(store: &impl KeyValues, stream: &str, place: Place) -> Result<(), SeamError> {
    let mut places = noted(store, stream)?;
    if places.contains(&place) {
        return Ok(());
    }
    places.push(place);
    write(store, stream, &places)
}

fn write(store: &impl KeyValues, stream: &str, places: &[Place]) -> Result<(), SeamError> {
    let mut places = places.to_vec();
    places.sort_unstable();
    match places.is_empty() {
        true => store.delete(&list_key(stream)),
        false => store.set(&list_key(stream), &json(&places)?),
    }
}

/// Adds to a stream's list what it lacks of the entries that are there.
fn mend(store: &impl KeyValues, stream: &str, there: &[Place]) -> Result<(), SeamError> {
    let mut places = noted(store, stream)?;
    let before = places.len();
    places.extend(there.iter().cloned());
    places.sort_unstable();
    places.dedup();
    if places.len() == before { Ok(()) } else { write(store, stream, &places) }
}

fn listed(store: &impl KeyValues, key: &str) -> Result<Aside, SeamError> {
    let unnamed = || SeamError::Unavailable("a key is not that of an entry".into());
    let Place { version, id } = place_of(key).ok_or_else(unnamed)?;
    let stream = stream_of(key).ok_or_else(unnamed)?.to_owned();
    let word = key.split(':').nth(4).ok_or_else(unnamed)?;
    let why = serde_json::from_value(word.into()).map_err(|_| unnamed())?;
    let bytes = store.get(key)?.map_or(0, |bytes| bytes.len() as u64);
    Ok(Aside { stream, version, id, why, bytes })
}

fn find_aside(store: &impl KeyValues, stream: &str, id: &str) -> Result<Option<(String, Place)>, SeamError> {
    let keys = keys(store, &format!("{ASIDE}{stream}:"))?.into_iter();
    Ok(keys.filter_map(|key| place_of(&key).map(|place| (key, place))).find(|(_, place)| place.id == id))
}

fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, SeamError> {
    serde_json::to_vec(value).map_err(unwritable)
}

fn unwritable(error: serde_json::Error) -> SeamError {
    SeamError::Unavailable(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeMap;

    use lgdl::wire::node::Why;

    use super::*;

    #[derive(Default)]
    struct Store {
        values: RefCell<BTreeMap<String, Vec<u8>>>,
        listings: Cell<u32>,
    }

    impl KeyValues for Store {
        fn get(&self, key: &str) -> Result<Option<Vec<u8>>, SeamError> {
            Ok(self.values.borrow().get(key).cloned())
        }
        fn set(&self, key: &str, value: &[u8]) -> Result<(), SeamError> {
            self.values.borrow_mut().insert(key.into(), value.into());
            Ok(())
        }
        fn delete(&self, key: &str) -> Result<(), SeamError> {
            self.values.borrow_mut().remove(key);
            Ok(())
        }
        fn keys(&self) -> Result<Vec<String>, SeamError> {
            self.listings.set(self.listings.get() + 1);
            Ok(self.values.borrow().keys().cloned().collect())
        }
    }

    fn entry(stream: &str, version: u64) -> JournalEntry {
        JournalEntry { stream: stream.into(), version, id: format!("i{version}"), sealed: vec![7; 10] }
    }

    fn versions(page: &Page) -> Vec<u64> {
        page.entries.iter().map(|entry| entry.version).collect()
    }

    #[test]
    fn a_turn_needs_no_list_of_all_keys() {
        let store = Store::default();
        for version in [2, 1, 3] {
            append(&store, &entry("s", version)).unwrap();
        }
        append(&store, &entry("t", 1)).unwrap();
        assert_eq!(versions(&read(&store, "s", None).unwrap()), [1, 2, 3]);
        assert_eq!(versions(&read(&store, "s", Some(&entry("s", 1).place())).unwrap()), [2, 3]);
        remove(&store, "s", "i2").unwrap();
        assert_eq!(versions(&read(&store, "s", None).unwrap()), [1, 3]);
        assert!(read(&store, "nothing", None).unwrap().entries.is_empty());
        assert_eq!(store.listings.get(), 0);
    }

    #[test]
    fn an_entry_that_its_list_lacks_is_found_by_whoever_lists_streams() {
        let store = Store::default();
        append(&store, &entry("s", 1)).unwrap();
        // Another turn at the same moment: its list was written over.
        let lost = entry("s", 2);
        store.set(&key_of("s", &lost.place()), &serde_json::to_vec(&lost).unwrap()).unwrap();
        // And a stream of an earlier program, which wrote no lists.
        let old = entry("old", 4);
        store.set(&key_of("old", &old.place()), &serde_json::to_vec(&old).unwrap()).unwrap();
        let first = streams(&store, 1, None).unwrap();
        assert_eq!((first.streams.as_slice(), first.next.as_deref()), (["old".to_owned()].as_slice(), Some("old")));
        assert_eq!(streams(&store, 9, Some("old")).unwrap(), StreamPage { streams: vec!["s".into()], next: None });
        assert_eq!(versions(&read(&store, "s", None).unwrap()), [1, 2]);
        assert_eq!(versions(&read(&store, "old", None).unwrap()), [4]);
    }

    #[test]
    fn what_is_set_aside_leaves_its_stream_and_comes_back() {
        let store = Store::default();
        append(&store, &entry("s", 1)).unwrap();
        store.set(&key_of("s", &Place { version: 2, id: "bad".into() }), b"no entry").unwrap();
        streams(&store, 9, None).unwrap();
        let page = read(&store, "s", None).unwrap();
        assert_eq!((versions(&page), page.unreadable.len()), (vec![1], 1));
        for place in [page.unreadable[0].clone(), entry("s", 1).place()] {
            set_aside(&store, &SetAside { stream: "s".into(), place, why: Why::OtherKey }).unwrap();
        }
        assert_eq!(counts(&store).unwrap(), Counts { aside: 2, other_key: 2, ..Counts::default() });
        let listed =
            |id: Option<&str>| aside(&store, &Limit { stream: None, id: id.map(str::to_owned), limit: 9 }).unwrap();
        assert_eq!((listed(None).len(), listed(Some("bad")).len(), listed(Some("other")).len()), (2, 1, 0));
        assert!(retry(&store, "s", "i1").unwrap() && !retry(&store, "s", "i1").unwrap());
        assert_eq!(versions(&read(&store, "s", None).unwrap()), [1]);
        assert!(drop_aside(&store, "s", "bad").unwrap());
        remove(&store, "s", "i1").unwrap();
        assert!(store.values.borrow().is_empty(), "no list is left behind");
    }

    #[test]
    fn a_list_that_can_not_be_read_is_made_anew() {
        let store = Store::default();
        append(&store, &entry("s", 1)).unwrap();
        store.set("waiting:s", b"{").unwrap();
        assert_eq!(versions(&read(&store, "s", None).unwrap()), [1]);
    }
}
