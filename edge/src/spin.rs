//! The Spin adapter: takes a request off Spin, runs the pipeline, sends the answer. Nothing is decided here.
//!
//! Spin makes a fresh instance for every request, and our own host lets an instance serve one request after another. So this
//! platform remembers what can't change and nothing else, and waiting may simply block: there is nobody else in the instance. Where the deployment names a node service (`LGDL_NODE_URL`; our own host provides one),
//! counting and the journal are exact and go there. On Spin alone they go to the key-value store, which has no usable
//! compare-and-swap, and are as good as that.

// The attribute of spin-sdk expands to it; nothing in here is unsafe.
#![allow(unsafe_code)]

mod io;
mod store;

use std::rc::Rc;

use http::{HeaderMap, HeaderName, HeaderValue};
use lgdl::limits::{CountRequest, Counted};
use lgdl::wire::node::{
    self, Aside, Counts, EntryName, Found, Limit, LogLine, OBSERVED_HEADER, Page, Place, SetAside, Stream, StreamPage,
    Streams,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use spin_sdk::http::{Fields, IncomingRequest, OutgoingResponse, ResponseOutparam};
use spin_sdk::http_component;
use spin_sdk::key_value::Store;

use crate::answer::{Body, Handled};
use crate::constants::Constants;
use crate::json;
use crate::kv_journal;
use crate::memory::Memory;
use crate::pipeline::request::{BodyFault, MAX_BODY_BYTES, Received};
use crate::pipeline::{finish, handle};
use crate::platform::{
    FetchError, Inbound, JournalEntry, JournalSafety, KvError, Outbound, Platform, SealedBy, SeamError, SpansBy,
};
use store::Keys;

/// How long the body of a request may take, milliseconds.
const BODY_MS: u64 = 10_000;
/// How long a client may take to read its answer, milliseconds.
const ANSWER_MS: u64 = 10_000;
/// How long the node service may take, milliseconds.
const NODE_MS: u64 = 1_000;

thread_local! {
    /// Live as long as the instance.
    static CONSTANTS: Rc<Constants> = Rc::new(Constants::default());
}

struct Spin {
    constants: Rc<Constants>,
    store: Option<Store>,
    node_url: Option<String>,
    sealed_by: SealedBy,
}

#[http_component]
async fn answer(request: IncomingRequest, out: ResponseOutparam) {
    let spin = Spin {
        constants: CONSTANTS.with(Rc::clone),
        store: Store::open_default().ok(),
        node_url: variable("node_url"),
        sealed_by: sealed_by(),
    };
    let received = received(request);
    let Handled { mut response, after, observation } = handle(&spin, &received).await;
    if spin.node_url.is_some() {
        response.set(HeaderName::from_static(OBSERVED_HEADER), &observation.header());
    }
    let chunks = match response.body {
        Body::Whole(bytes) => {
            // The answer to HEAD has none, and that says nothing of what GET would get.
            if received.method != http::Method::HEAD {
                response.headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            }
            vec![bytes]
        }
        Body::Events(events) => events.into_iter().map(Into::into).collect(),
    };
    let headers: Vec<(String, Vec<u8>)> =
        response.headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
    let Ok(fields) = Fields::from_list(&headers) else { return };
    let outgoing = OutgoingResponse::new(fields);
    if outgoing.set_status_code(response.status.as_u16()).is_ok()
        && let Ok(body) = outgoing.body()
    {
        out.set(outgoing);
        if let Ok(stream) = body.write() {
            // Once the client has gone there is nobody to write to; what is left to do is done all the same.
            let deadline = io::Deadline::in_ms(ANSWER_MS);
            let _ = chunks.iter().try_for_each(|chunk| io::write_all(&stream, chunk, &deadline));
        }
        let _ = spin_sdk::http::OutgoingBody::finish(body, None);
    }
    finish(&spin, after).await;
}

fn received(request: IncomingRequest) -> Received {
    let method = http::Method::from_bytes(request.method().to_string().as_bytes()).unwrap_or(http::Method::TRACE);
    let path_and_query = request.path_with_query().unwrap_or_default();
    let (path, query) = path_and_query.split_once('?').unwrap_or((&path_and_query, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers().entries() {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(&value)) {
            headers.append(name, value);
        }
    }
    if let Some(value) = request.authority().and_then(|authority| HeaderValue::from_str(&authority).ok()) {
        headers.entry(http::header::HOST).or_insert(value);
    }
    let has_body = method != http::Method::GET && method != http::Method::HEAD;
    let body = if has_body { body(request) } else { Ok(Vec::new()) };
    Received { method, path, query, headers, body }
}

fn body(request: IncomingRequest) -> Result<Vec<u8>, BodyFault> {
    let Ok(incoming) = request.consume() else { return Ok(Vec::new()) };
    let stream = incoming.stream().map_err(|()| BodyFault::Incomplete)?;
    io::read_all(&stream, MAX_BODY_BYTES, &io::Deadline::in_ms(BODY_MS)).map_err(|fault| match fault {
        io::ReadFault::TooLong => BodyFault::TooLarge,
        io::ReadFault::Broken | io::ReadFault::TooLate => BodyFault::Incomplete,
    })
}

fn variable(name: &str) -> Option<String> {
    spin_sdk::variables::get(&format!("lgdl_{name}")).ok().filter(|value| !value.is_empty())
}

fn sealed_by() -> SealedBy {
    let (name, yes) = node::STORE_SEALS;
    match spin_sdk::variables::get(name) {
        Ok(value) if value == yes => SealedBy::Store,
        _ => SealedBy::Pipeline,
    }
}

impl Spin {
    fn keys(&self) -> Result<Keys<'_>, SeamError> {
        self.store().map(Keys).map_err(store::seam)
    }

    fn store(&self) -> Result<&Store, KvError> {
        self.store.as_ref().ok_or_else(|| KvError("the default store is not there".into()))
    }

    /// Asks the node service.
    fn node<T: Serialize>(&self, path: &str, body: &T) -> Result<Inbound, SeamError> {
        let unavailable = |what: &str| SeamError::Unavailable(what.to_owned());
        let url = self.node_url.as_deref().ok_or_else(|| unavailable("no node service"))?;
        let answer = io::fetch(&Outbound {
            method: "POST",
            url: format!("{url}{path}"),
            headers: vec![("content-type", "application/json".into())],
            body: serde_json::to_vec(body).map_err(|_| unavailable("not writable"))?,
            timeout_ms: NODE_MS,
            max_answer_bytes: crate::platform::MAX_ANSWER_BYTES,
        });
        match answer {
            Ok(answer) if answer.status == 409 => Err(SeamError::Conflict),
            Ok(answer) if answer.status < 300 => Ok(answer),
            Ok(_) => Err(unavailable("the node service failed")),
            Err(error) => Err(unavailable(&error.to_string())),
        }
    }

    /// Asks the node service to do something with an entry, if there is one.
    fn found(&self, path: &str, stream: &str, id: &str) -> Result<bool, SeamError> {
        let answer: Found = self.asked(path, &EntryName { stream: stream.into(), id: id.into() })?;
        Ok(answer.found)
    }

    fn asked<T: Serialize, A: DeserializeOwned>(&self, path: &str, body: &T) -> Result<A, SeamError> {
        json::read(&self.node(path, body)?.body)
            .map_err(|_| SeamError::Unavailable("the node service answered something else".into()))
    }
}

impl Platform for Spin {
    fn name(&self) -> &'static str {
        "spin"
    }

    async fn kv_get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        store::get(self.store()?, key, self.now_ms()).map_err(store::fault)
    }

    async fn kv_put(&self, key: &str, value: &[u8], ttl_ms: u64) -> Result<(), KvError> {
        store::put(self.store()?, key, value, self.now_ms().saturating_add_unsigned(ttl_ms)).map_err(store::fault)
    }

    async fn kv_delete(&self, key: &str) -> Result<(), KvError> {
        self.store()?.delete(key).map_err(store::fault)
    }

    async fn fetch(&self, request: Outbound) -> Result<Inbound, FetchError> {
        io::fetch(&request)
    }

    async fn sleep_ms(&self, ms: u64) {
        io::Deadline::in_ms(ms).wait();
    }

    fn now_ms(&self) -> i64 {
        let now = wasi::clocks::wall_clock::now();
        i64::try_from(now.seconds).unwrap_or(0) * 1_000 + i64::from(now.nanoseconds / 1_000_000)
    }

    fn ticks_us(&self) -> u64 {
        wasi::clocks::monotonic_clock::now() / 1_000
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&wasi::random::random::get_random_bytes(bytes.len() as u64));
    }

    fn variable(&self, name: &str) -> Option<String> {
        variable(name)
    }

    fn constants(&self) -> Option<&Constants> {
        Some(&self.constants)
    }

    fn memory(&self) -> Option<&Memory> {
        None
    }

    fn spans_by(&self) -> SpansBy {
        if self.node_url.is_some() { SpansBy::Host } else { SpansBy::Origin }
    }

    fn sealed_by(&self) -> SealedBy {
        self.sealed_by
    }

    async fn count(&self, request: &CountRequest) -> Result<Counted, SeamError> {
        match self.node_url {
            Some(_) => self.asked(node::COUNT, request),
            None => store::count(self.store().map_err(store::seam)?, request, self.now_ms()),
        }
    }

    fn journal_safety(&self) -> JournalSafety {
        match (&self.node_url, variable("node_journal").as_deref()) {
            (None, _) => JournalSafety::KeyValue,
            (Some(_), Some("disk")) => JournalSafety::Disk,
            (Some(_), _) => JournalSafety::Memory,
        }
    }

    async fn journal_append(&self, entry: &JournalEntry) -> Result<(), SeamError> {
        match self.node_url {
            Some(_) => self.node(node::JOURNAL_APPEND, entry).map(|_| ()),
            None => kv_journal::append(&self.keys()?, entry),
        }
    }

    async fn journal_read(&self, stream: &str, after: Option<&Place>) -> Result<Page, SeamError> {
        match self.node_url {
            Some(_) => self.asked(node::JOURNAL_READ, &Stream { stream: stream.into(), after: after.cloned() }),
            None => kv_journal::read(&self.keys()?, stream, after),
        }
    }

    async fn journal_streams(&self, limit: usize, after: Option<&str>) -> Result<StreamPage, SeamError> {
        match self.node_url {
            Some(_) => self.asked(node::JOURNAL_STREAMS, &Streams { limit, after: after.map(str::to_owned) }),
            None => kv_journal::streams(&self.keys()?, limit, after),
        }
    }

    async fn journal_remove(&self, stream: &str, id: &str) -> Result<(), SeamError> {
        match self.node_url {
            Some(_) => {
                let name = EntryName { stream: stream.into(), id: id.into() };
                self.node(node::JOURNAL_REMOVE, &name).map(|_| ())
            }
            None => kv_journal::remove(&self.keys()?, stream, id),
        }
    }

    async fn journal_set_aside(&self, order: &SetAside) -> Result<(), SeamError> {
        match self.node_url {
            Some(_) => self.node(node::JOURNAL_SET_ASIDE, order).map(|_| ()),
            None => kv_journal::set_aside(&self.keys()?, order),
        }
    }

    async fn journal_aside(&self, wanted: &Limit) -> Result<Vec<Aside>, SeamError> {
        match self.node_url {
            Some(_) => self.asked(node::JOURNAL_ASIDE, wanted),
            None => kv_journal::aside(&self.keys()?, wanted),
        }
    }

    async fn journal_retry(&self, stream: &str, id: &str) -> Result<bool, SeamError> {
        match self.node_url {
            Some(_) => self.found(node::JOURNAL_RETRY, stream, id),
            None => kv_journal::retry(&self.keys()?, stream, id),
        }
    }

    async fn journal_drop(&self, stream: &str, id: &str) -> Result<bool, SeamError> {
        match self.node_url {
            Some(_) => self.found(node::JOURNAL_DROP, stream, id),
            None => kv_journal::drop_aside(&self.keys()?, stream, id),
        }
    }

    async fn journal_counts(&self) -> Result<Counts, SeamError> {
        match self.node_url {
            Some(_) => self.asked(node::JOURNAL_COUNTS, &()),
            None => kv_journal::counts(&self.keys()?),
        }
    }

    fn log(&self, line: &LogLine) {
        match self.node_url {
            // A line that the node does not take is lost: the log must not be the end of a request.
            Some(_) => drop(self.node(node::LOG, line)),
            None => eprintln!("{}", serde_json::to_string(line).unwrap_or_else(|_| line.event.clone())),
        }
    }

    async fn sweep(&self) {
        // A node has its own bounds; listing the keys of a store is not for every second.
        if let (None, Some(store)) = (&self.node_url, &self.store) {
            let mut random = [0; 8];
            self.fill_random(&mut random);
            store::sweep(store, u64::from_le_bytes(random), self.now_ms());
        }
    }
}
