//! The pipeline without any wasm: one thread, this machine's clock and network, stores in memory.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use lgdl::limits::{CountRequest, Counted};
use lgdl::wire::node::{Aside, Counts, Limit, LogLine, Page, Place, SetAside, StreamPage};
use lgdl_edge::answer::Body;
use lgdl_edge::constants::Constants;
use lgdl_edge::memory::Memory;
use lgdl_edge::native::Native;
use lgdl_edge::pipeline::request::{BodyFault, MAX_BODY_BYTES, Received};
use lgdl_edge::pipeline::{finish, handle};
use lgdl_edge::platform::{
    FetchError, Inbound, JournalEntry, JournalSafety, KvError, Outbound, Platform, SealedBy, SeamError, SpansBy,
};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

/// Time for a request's headers, and for its body.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// Where the node, beside what it is, tells what its store holds.
pub(super) const STORED_KEYS: &str = "/test/stored-keys";

/// A running node.
pub(super) struct NativeNode {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl NativeNode {
    pub(super) async fn start(variables: BTreeMap<String, String>) -> NativeNode {
        let (tell, told) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let platform = Rc::new(Machine::new(variables));
            LocalSet::new().block_on(&runtime, async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                let _ = tell.send(listener.local_addr().expect("an address"));
                tokio::select! {
                    _ = stopped => {}
                    () = accept(listener, platform) => {}
                }
            });
        });
        let address = told.await.expect("the node starts");
        NativeNode { address, stop: Some(stop), thread: Some(thread) }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it; so does dropping it.
    pub(super) fn stop(self) {}
}

impl Drop for NativeNode {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, platform: Rc<Machine>) {
    while let Ok((stream, _)) = listener.accept().await {
        let platform = Rc::clone(&platform);
        tokio::task::spawn_local(async move {
            let service = service_fn(move |request| answer(Rc::clone(&platform), request));
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(READ_WITHIN)
                .max_headers(256)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// A body of parts, each flushed before the next; its length is not told.
struct Parts(VecDeque<Bytes>);

impl hyper::body::Body for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|part| Ok(hyper::body::Frame::data(part))))
    }
}

type Answer = http::Response<Either<Full<Bytes>, Parts>>;

async fn answer(platform: Rc<Machine>, request: Request<Incoming>) -> Result<Answer, Infallible> {
    if request.uri().path() == STORED_KEYS {
        let keys: Vec<String> = platform.stores().kv.borrow().keys().cloned().collect();
        let keys = serde_json::to_vec(&keys).expect("keys are text");
        return Ok(http::Response::new(Either::Left(Full::from(keys))));
    }
    let (parts, body) = request.into_parts();
    let received = Received {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: take_body(body).await,
    };
    let handled = handle(&*platform, &received).await;
    let mut response = http::Response::new(match handled.response.body {
        Body::Whole(bytes) => Either::Left(Full::from(bytes.into_owned())),
        Body::Events(events) => Either::Right(Parts(events.into_iter().map(Bytes::from).collect())),
    });
    *response.status_mut() = handled.response.status;
    *response.headers_mut() = handled.response.headers;
    tokio::task::spawn_local(async move { finish(&*platform, handled.after).await });
    Ok(response)
}

async fn take_body(mut body: Incoming) -> Result<Vec<u8>, BodyFault> {
    let reading = async {
        let (mut bytes, mut too_large) = (Vec::new(), false);
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return Err(BodyFault::Incomplete) };
            let Some(data) = frame.data_ref() else { continue };
            too_large |= bytes.len() + data.len() > MAX_BODY_BYTES;
            if !too_large {
                bytes.extend_from_slice(data);
            }
        }
        if too_large { Err(BodyFault::TooLarge) } else { Ok(bytes) }
    };
    tokio::time::timeout(READ_WITHIN, reading).await.unwrap_or(Err(BodyFault::Incomplete))
}

/// The platform in memory, with this machine's clock, network and randomness.
struct Machine {
    stores: Native,
    http: reqwest::Client,
    began: Instant,
}

impl Machine {
    fn new(variables: BTreeMap<String, String>) -> Machine {
        let mut stores = Native::new(|_| Box::pin(async { Err(FetchError::Denied) }));
        stores.variables = variables;
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Machine { stores, http: http.build().expect("a client"), began: Instant::now() }
    }

    /// The stores, with their clock set.
    fn stores(&self) -> &Native {
        self.stores.now_ms.set(self.now_ms());
        &self.stores
    }

    async fn exchange(&self, request: &Outbound) -> Result<Inbound, FetchError> {
        let method = request.method.parse().map_err(|_| FetchError::Denied)?;
        let mut outbound = self.http.request(method, &request.url).body(request.body.clone());
        for (name, value) in &request.headers {
            outbound = outbound.header(*name, value);
        }
        let fault = |error: reqwest::Error| {
            if error.is_connect() { FetchError::Unreachable } else { FetchError::Broken }
        };
        let mut answer = outbound.send().await.map_err(fault)?;
        let (status, mut body) = (answer.status().as_u16(), Vec::new());
        while let Some(chunk) = answer.chunk().await.map_err(fault)? {
            if body.len() + chunk.len() > request.max_answer_bytes {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Inbound { status, body })
    }
}

impl Platform for Machine {
    fn name(&self) -> &'static str {
        "native"
    }

    async fn kv_get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        self.stores().kv_get(key).await
    }

    async fn kv_put(&self, key: &str, value: &[u8], ttl_ms: u64) -> Result<(), KvError> {
        self.stores().kv_put(key, value, ttl_ms).await
    }

    async fn kv_delete(&self, key: &str) -> Result<(), KvError> {
        self.stores().kv_delete(key).await
    }

    async fn fetch(&self, request: Outbound) -> Result<Inbound, FetchError> {
        let limit = Duration::from_millis(request.timeout_ms);
        tokio::time::timeout(limit, self.exchange(&request)).await.unwrap_or(Err(FetchError::TimedOut))
    }

    async fn sleep_ms(&self, ms: u64) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn ticks_us(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("this machine has randomness");
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.stores.variable(name)
    }

    fn constants(&self) -> Option<&Constants> {
        self.stores.constants()
    }

    fn memory(&self) -> Option<&Memory> {
        self.stores.memory()
    }

    fn sealed_by(&self) -> SealedBy {
        SealedBy::Pipeline
    }

    fn spans_by(&self) -> SpansBy {
        SpansBy::Host
    }

    async fn count(&self, request: &CountRequest) -> Result<Counted, SeamError> {
        self.stores().count(request).await
    }

    fn journal_safety(&self) -> JournalSafety {
        self.stores.journal_safety()
    }

    async fn journal_append(&self, entry: &JournalEntry) -> Result<(), SeamError> {
        self.stores.journal_append(entry).await
    }

    async fn journal_read(&self, stream: &str, after: Option<&Place>) -> Result<Page, SeamError> {
        self.stores.journal_read(stream, after).await
    }

    async fn journal_streams(&self, limit: usize, after: Option<&str>) -> Result<StreamPage, SeamError> {
        self.stores.journal_streams(limit, after).await
    }

    async fn journal_remove(&self, stream: &str, id: &str) -> Result<(), SeamError> {
        self.stores.journal_remove(stream, id).await
    }

    async fn journal_set_aside(&self, order: &SetAside) -> Result<(), SeamError> {
        self.stores.journal_set_aside(order).await
    }

    async fn journal_aside(&self, wanted: &Limit) -> Result<Vec<Aside>, SeamError> {
        self.stores.journal_aside(wanted).await
    }

    async fn journal_retry(&self, stream: &str, id: &str) -> Result<bool, SeamError> {
        self.stores.journal_retry(stream, id).await
    }

    async fn journal_drop(&self, stream: &str, id: &str) -> Result<bool, SeamError> {
        self.stores.journal_drop(stream, id).await
    }

    async fn journal_counts(&self) -> Result<Counts, SeamError> {
        self.stores.journal_counts().await
    }

    fn log(&self, line: &LogLine) {
        self.stores.log(line);
    }
}
