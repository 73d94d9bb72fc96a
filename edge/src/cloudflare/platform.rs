//! [`Platform`] on Workers: bindings and nothing else. What is decided with them is the pipeline's.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::{StreamExt, pin_mut};
use serde::Serialize;
use serde::de::DeserializeOwned;
use worker::wasm_bindgen::JsValue;
use worker::{AbortController, Date, Delay, Env, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Stub};

use crate::constants::Constants;
use crate::json;
use crate::memory::Memory;
use crate::platform::{
    FetchError, Inbound, JournalEntry, JournalSafety, KvError, Outbound, Platform, SealedBy, SeamError, SpansBy,
};
use crate::shards;
use lgdl::limits::{CountRequest, Counted};
use lgdl::wire::node::{
    self, Aside, Counts, EntryName, Found, Level, Limit, LogLine, Page, Place, SetAside, Stream, StreamPage, Streams,
};

/// The key-value namespace, as `wrangler.toml` binds it.
pub(super) const KV_BINDING: &str = "STATE";
/// The Durable Object namespace, as `wrangler.toml` binds it.
pub(super) const OBJECT_BINDING: &str = "NODE";
/// Workers KV refuses a shorter expiry.
const SHORTEST_TTL_SECONDS: u64 = 60;
/// Time that a Durable Object gets: one that hangs must not hang its caller, milliseconds.
const OBJECT_TIMEOUT_MS: u64 = 5_000;
/// Attempts at a question to an object, and the pause between them, milliseconds.
const OBJECT_ATTEMPTS: u32 = 2;
const OBJECT_PAUSE_MS: u64 = 50;
/// The object that kept the journal of all conversations, before several shared them: what waits there still is brought home.
const FIRST_JOURNAL: &str = "journal";
/// How long an isolate believes that the first journal is empty, milliseconds.
const FIRST_IS_EMPTY_MS: i64 = 60_000;

thread_local! {
    /// Live as long as the isolate.
    static CONSTANTS: Rc<Constants> = Rc::new(Constants::default());
    static MEMORY: Rc<Memory> = Rc::new(Memory::default());
    /// Until when the first journal is believed to be empty.
    static FIRST_IS_EMPTY_UNTIL_MS: Cell<i64> = const { Cell::new(0) };
}

/// One request's view of the Worker's bindings.
pub(super) struct Cloudflare {
    env: Env,
    constants: Rc<Constants>,
    memory: Rc<Memory>,
}

impl Cloudflare {
    pub(super) fn new(env: Env) -> Self {
        Cloudflare { env, constants: CONSTANTS.with(Rc::clone), memory: MEMORY.with(Rc::clone) }
    }

    fn kv(&self) -> Result<worker::KvStore, KvError> {
        self.env.kv(KV_BINDING).map_err(|error| KvError(error.to_string()))
    }

    /// Asks an object, once more where it was reset meanwhile: every deploy does that, and what it is asked may be asked twice.
    async fn object<T: DeserializeOwned>(
        &self,
        object: &str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Option<T>, SeamError> {
        let unavailable = |error: &dyn std::fmt::Display| SeamError::Unavailable(error.to_string());
        let body = serde_json::to_string(body).map_err(|e| unavailable(&e))?;
        let mut failure = SeamError::Unavailable("not asked".into());
        for attempt in 0..OBJECT_ATTEMPTS {
            if attempt > 0 {
                Delay::from(Duration::from_millis(OBJECT_PAUSE_MS)).await;
            }
            failure = match self.object_once(object, path, &body).await {
                Err(error @ SeamError::Unavailable(_)) => error,
                // The first attempt was carried out, and its answer lost: the object knows the entry by its id.
                other => return other,
            };
        }
        Err(failure)
    }

    async fn object_once<T: DeserializeOwned>(
        &self,
        object: &str,
        path: &str,
        body: &str,
    ) -> Result<Option<T>, SeamError> {
        let unavailable = |error: &dyn std::fmt::Display| SeamError::Unavailable(error.to_string());
        let namespace = self.env.durable_object(OBJECT_BINDING).map_err(|e| unavailable(&e))?;
        // A stub of an object that was reset stays broken: each attempt has its own.
        let stub = namespace.get_by_name(object).map_err(|e| unavailable(&e))?;
        let call = call_object(&stub, path, body);
        let limit = Delay::from(Duration::from_millis(OBJECT_TIMEOUT_MS));
        pin_mut!(call, limit);
        let (status, body) = match select(call, limit).await {
            Either::Left((answer, _)) => answer.map_err(|e| unavailable(&e))?,
            Either::Right(_) => return Err(SeamError::Unavailable("the Durable Object did not answer".into())),
        };
        match status {
            200 if body.is_empty() => Ok(None),
            200 => json::read(&body).map(Some).map_err(|e| unavailable(&e)),
            204 => Ok(None),
            409 => Err(SeamError::Conflict),
            other => Err(SeamError::Unavailable(format!("the Durable Object answered {other}"))),
        }
    }

    /// Asks a journal something that has an answer.
    async fn answered<T: DeserializeOwned>(
        &self,
        object: &str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, SeamError> {
        let answer = self.object(object, path, body).await?;
        answer.ok_or_else(|| SeamError::Unavailable("an empty answer".into()))
    }

    /// The journals that may hold something of a conversation, the one that holds the older entries first.
    async fn journals_of(&self, stream: &str) -> Result<Vec<String>, SeamError> {
        let own = journal(shards::journal_of(stream));
        if self.now_ms() < FIRST_IS_EMPTY_UNTIL_MS.get() {
            return Ok(vec![own]);
        }
        let counts: Counts = self.answered(FIRST_JOURNAL, node::JOURNAL_COUNTS, &()).await?;
        if counts.waiting == 0 && counts.aside == 0 {
            FIRST_IS_EMPTY_UNTIL_MS.set(self.now_ms() + FIRST_IS_EMPTY_MS);
            return Ok(vec![own]);
        }
        Ok(vec![FIRST_JOURNAL.to_owned(), own])
    }

    /// Has something found by the journal that holds it.
    async fn found(&self, path: &str, stream: &str, id: &str) -> Result<bool, SeamError> {
        let name = EntryName { stream: stream.to_owned(), id: id.to_owned() };
        for object in self.journals_of(stream).await? {
            if self.answered::<Found>(&object, path, &name).await?.found {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The object of a journal.
fn journal(number: u8) -> String {
    format!("{FIRST_JOURNAL}:{number}")
}

/// All journals, in the order in which they are drained.
fn journals() -> impl Iterator<Item = String> {
    std::iter::once(FIRST_JOURNAL.to_owned()).chain((0..shards::JOURNALS).map(journal))
}

/// The status and the whole body of an object's answer, so that one limit of time covers both.
async fn call_object(stub: &Stub, path: &str, body: &str) -> worker::Result<(u16, Vec<u8>)> {
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(JsValue::from_str(body)));
    let mut response = stub.fetch_with_request(Request::new_with_init(&format!("https://node{path}"), &init)?).await?;
    Ok((response.status_code(), response.bytes().await?))
}

impl Platform for Cloudflare {
    fn name(&self) -> &'static str {
        "workers"
    }

    async fn kv_get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        self.kv()?.get(key).bytes().await.map_err(|error| KvError(error.to_string()))
    }

    async fn kv_put(&self, key: &str, value: &[u8], ttl_ms: u64) -> Result<(), KvError> {
        let put = self.kv()?.put_bytes(key, value).map_err(|error| KvError(error.to_string()))?;
        put.expiration_ttl((ttl_ms / 1000).max(SHORTEST_TTL_SECONDS))
            .execute()
            .await
            .map_err(|error| KvError(error.to_string()))
    }

    async fn kv_delete(&self, key: &str) -> Result<(), KvError> {
        self.kv()?.delete(key).await.map_err(|error| KvError(error.to_string()))
    }

    async fn fetch(&self, request: Outbound) -> Result<Inbound, FetchError> {
        let abort = AbortController::default();
        let signal = abort.signal();
        let limit = Delay::from(Duration::from_millis(request.timeout_ms));
        let call = exchange(&request, &signal);
        pin_mut!(call, limit);
        match select(call, limit).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => {
                abort.abort();
                Err(FetchError::TimedOut)
            }
        }
    }

    async fn sleep_ms(&self, ms: u64) {
        Delay::from(Duration::from_millis(ms)).await;
    }

    fn now_ms(&self) -> i64 {
        i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX)
    }

    fn ticks_us(&self) -> u64 {
        // The clock of a Worker moves only with I/O; there is no finer one.
        Date::now().as_millis().saturating_mul(1000)
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("WebCrypto's generator does not fail");
    }

    fn variable(&self, name: &str) -> Option<String> {
        let name = format!("LGDL_{}", name.to_ascii_uppercase());
        let secret = self.env.secret(&name).map(|secret| secret.to_string());
        secret.or_else(|_| self.env.var(&name).map(|var| var.to_string())).ok()
    }

    fn constants(&self) -> Option<&Constants> {
        Some(&self.constants)
    }

    fn memory(&self) -> Option<&Memory> {
        Some(&self.memory)
    }

    fn sealed_by(&self) -> SealedBy {
        SealedBy::Pipeline
    }

    fn spans_by(&self) -> SpansBy {
        SpansBy::Origin
    }

    async fn count(&self, request: &CountRequest) -> Result<Counted, SeamError> {
        let mut all = Counted { refused_by: None, standings: Vec::new(), banned_for_ms: None, ban_is_new: false };
        for (object, part) in shards::counters(request) {
            let counted: Option<Counted> = self.object(&object, node::COUNT, &part).await?;
            let counted = counted.ok_or_else(|| SeamError::Unavailable("an empty answer".into()))?;
            all.refused_by = counted.refused_by.map(|index| index + all.standings.len());
            all.standings.extend(counted.standings);
            all.banned_for_ms = counted.banned_for_ms;
            all.ban_is_new = counted.ban_is_new;
            if all.refused_by.is_some() || all.banned_for_ms.is_some() {
                break;
            }
        }
        Ok(all)
    }

    fn journal_safety(&self) -> JournalSafety {
        JournalSafety::Replicated
    }

    async fn journal_append(&self, entry: &JournalEntry) -> Result<(), SeamError> {
        let objects = self.journals_of(&entry.stream).await?;
        // Where older entries wait still, what follows them goes behind them.
        if let [first, _] = objects.as_slice() {
            let wanted = Stream { stream: entry.stream.clone(), after: None };
            let page: Page = self.answered(first, node::JOURNAL_READ, &wanted).await?;
            if page.end().is_some() {
                return self.object::<()>(first, node::JOURNAL_APPEND, entry).await.map(drop);
            }
        }
        self.object::<()>(&journal(shards::journal_of(&entry.stream)), node::JOURNAL_APPEND, entry).await.map(drop)
    }

    async fn journal_read(&self, stream: &str, after: Option<&Place>) -> Result<Page, SeamError> {
        let wanted = Stream { stream: stream.to_owned(), after: after.cloned() };
        let mut page = Page::default();
        for object in self.journals_of(stream).await? {
            page = self.answered(&object, node::JOURNAL_READ, &wanted).await?;
            if page.end().is_some() {
                break;
            }
        }
        Ok(page)
    }

    /// Pages end with the journal's number, in the order of [`journals`], and its own end.
    async fn journal_streams(&self, limit: usize, after: Option<&str>) -> Result<StreamPage, SeamError> {
        let (from, mut inner) = match after.and_then(|after| after.split_once(':')) {
            // A cursor of something else begins anew: a stream that comes up twice is found empty.
            Some((number, rest)) => {
                (number.parse().unwrap_or(0), Some(rest.to_owned()).filter(|rest| !rest.is_empty()))
            }
            None => (0, None),
        };
        for (number, object) in journals().enumerate().skip(from) {
            let wanted = Streams { limit, after: inner.take() };
            let page: StreamPage = self.answered(&object, node::JOURNAL_STREAMS, &wanted).await?;
            if page.streams.is_empty() && page.next.is_none() {
                continue;
            }
            if object == FIRST_JOURNAL {
                FIRST_IS_EMPTY_UNTIL_MS.set(0);
            }
            let next = match page.next {
                Some(next) => Some(format!("{number}:{next}")),
                None => (number < usize::from(shards::JOURNALS)).then(|| format!("{}:", number + 1)),
            };
            return Ok(StreamPage { streams: page.streams, next });
        }
        Ok(StreamPage::default())
    }

    async fn journal_remove(&self, stream: &str, id: &str) -> Result<(), SeamError> {
        let name = EntryName { stream: stream.to_owned(), id: id.to_owned() };
        for object in self.journals_of(stream).await? {
            self.object::<()>(&object, node::JOURNAL_REMOVE, &name).await?;
        }
        Ok(())
    }

    async fn journal_set_aside(&self, order: &SetAside) -> Result<(), SeamError> {
        for object in self.journals_of(&order.stream).await? {
            self.object::<()>(&object, node::JOURNAL_SET_ASIDE, order).await?;
        }
        Ok(())
    }

    async fn journal_aside(&self, wanted: &Limit) -> Result<Vec<Aside>, SeamError> {
        let mut all: Vec<Aside> = Vec::new();
        for object in journals() {
            let limit = wanted.limit.saturating_sub(all.len());
            if limit > 0 {
                let wanted = Limit { limit, ..wanted.clone() };
                all.extend(self.answered::<Vec<Aside>>(&object, node::JOURNAL_ASIDE, &wanted).await?);
            }
        }
        Ok(all)
    }

    async fn journal_retry(&self, stream: &str, id: &str) -> Result<bool, SeamError> {
        self.found(node::JOURNAL_RETRY, stream, id).await
    }

    async fn journal_drop(&self, stream: &str, id: &str) -> Result<bool, SeamError> {
        self.found(node::JOURNAL_DROP, stream, id).await
    }

    async fn journal_counts(&self) -> Result<Counts, SeamError> {
        let mut all = Counts::default();
        for object in journals() {
            let counts: Counts = self.answered(&object, node::JOURNAL_COUNTS, &()).await?;
            all.waiting += counts.waiting;
            all.aside += counts.aside;
            all.other_key += counts.other_key;
        }
        Ok(all)
    }

    fn log(&self, line: &LogLine) {
        let text = serde_json::to_string(line).unwrap_or_else(|_| line.event.clone());
        match line.level {
            Level::Info => worker::console_log!("{text}"),
            Level::Warn => worker::console_warn!("{text}"),
            Level::Error => worker::console_error!("{text}"),
        }
    }
}

async fn exchange(request: &Outbound, signal: &worker::AbortSignal) -> Result<Inbound, FetchError> {
    let outbound = to_request(request).map_err(|_| FetchError::Denied)?;
    // Workers does not tell a refused connection from a broken one.
    let mut response = Fetch::Request(outbound).send_with_signal(signal).await.map_err(|_| FetchError::Broken)?;
    let status = response.status_code();
    let mut body = Vec::new();
    if let Ok(mut stream) = response.stream() {
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|_| FetchError::Broken)?;
            if body.len() + chunk.len() > request.max_answer_bytes {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
    }
    Ok(Inbound { status, body })
}

fn to_request(request: &Outbound) -> worker::Result<Request> {
    let headers = Headers::new();
    for (name, value) in &request.headers {
        headers.set(name, value)?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::from(request.method.to_owned()))
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual);
    if !request.body.is_empty() {
        let bytes = worker::js_sys::Uint8Array::from(request.body.as_slice());
        init.with_body(Some(bytes.into()));
    }
    Request::new_with_init(&request.url, &init)
}
