//! The running node: accepts connections, gives every request an instance, and stops without dropping anything.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use lgdl::breaker::Breaker;
use lgdl::ids::{Id, shown_request};
use lgdl::problem::Reason;
use lgdl::wire::client::MAX_BODY_BYTES;
use lgdl::wire::node::{
    LEAVING_HEADER, NOTE_PREFIX, OBSERVED_HEADER, ORIGIN_NOTE, Observation, SERVICE_NOTE_PREFIX, STORE_SEALS,
    TOKEN_HEADER, is_of_another_key, read_state_key,
};
use lgdl_tls::{Protocol, ServerTls};
use lgdl_traces::Exporter;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::component::{self, Epochs, Room};
use crate::config::{HostConfig, LocalService, Storage};
use crate::guest::{Given, OutOfTime};
use crate::instances::{Answer, Instances, Limits, NoRoom};
use crate::kv::Kv;
use crate::manifest::{Manifest, ManifestError};
use crate::metrics::{Cause, Metrics, Work};
use crate::node::{self, Node};
use crate::outbound::{AllowedHost, Outbound, local};
use crate::peers::{OfPeer, Peers};
use crate::streams::Streams;
use crate::taken::Taken;
use crate::traces::{self, Answered};

/// Time for a request's headers.
pub(crate) const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// Time for a request's body.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// Headers that are read at all; the component refuses fewer, with a problem document.
const MAX_HEADERS: usize = 256;
/// Bytes of headers that are read at all.
const MAX_HEADER_BYTES: u32 = 64 * 1024;
/// Bytes of a body too large that are read and forgotten before its connection is closed.
const MAX_DISCARDED_BYTES: usize = 8 * 1024 * 1024;
/// Time for a peer to take something of what it is sent.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// Connections at once, and those of one address: what stands in front of a node (a proxy) counts as one, and needs many.
const MAX_CONNECTIONS: usize = 8_192;
const MAX_CONNECTIONS_OF_A_PEER: usize = 2_048;
/// What part of the requests at once one address may have.
const PART_OF_A_PEER: usize = 2;
/// Whose requests the node's own are.
const ITSELF: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
/// Bytes of bodies that are in memory at once, and those of one address.
const MAX_BYTES_IN_FLIGHT: usize = 64 * 1024 * 1024;
const MAX_BYTES_OF_A_PEER: usize = MAX_BYTES_IN_FLIGHT / 2;
/// Requests of one HTTP/2 connection at once.
const MAX_STREAMS: u32 = 64;
/// How long stopping waits for requests that are under way.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// How long a node that stops may take to tell its origin.
const LEAVE_WITHIN: Duration = Duration::from_secs(3);

/// What every request of a node shares.
struct App {
    own_paths: BTreeMap<String, LocalService>,
    drain_every: Duration,
    node_service: bool,
    given: Arc<Given>,
    instances: Arc<Instances>,
    node: Arc<Node>,
    /// Variables that speak of the node.
    of_node: BTreeMap<String, String>,
    node_token: String,
    metrics: Metrics,
    traces: Option<Exporter>,
    tls: Option<Arc<ServerTls>>,
    peers: Arc<Peers>,
    /// Bytes of bodies that are being read or answered.
    bodies: Arc<Semaphore>,
}

/// A running node.
pub struct Host {
    address: SocketAddr,
    app: Arc<App>,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
    draining: JoinHandle<()>,
    _epochs: Epochs,
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The manifest is wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The component can't be used.
    #[error("the edge component: {0:#}")]
    Component(anyhow::Error),
    /// The address can't be listened on.
    #[error("can't listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The folder can't be used.
    #[error("can't keep the journal in {0}: {1}")]
    Storage(std::path::PathBuf, String),
    /// Turns wait that this node could not bring home.
    #[error(
        "{0} of the conversations that wait here were sealed under another LGDL_STATE_KEY; give the key that they were sealed \
         with, or set them aside with `lgdl journal set-aside`"
    )]
    OtherKey(usize),
}

impl Host {
    /// Starts a node.
    ///
    /// # Errors
    /// When its manifest, component, address or folder can't be used.
    pub async fn start(config: HostConfig) -> Result<Host, StartError> {
        let manifest = Manifest::parse(&config.manifest)?;
        let node = Arc::new(open_node(&config.storage)?);
        check_key(&node, config.variables.get("lgdl_state_key").map_or("", String::as_str))?;
        let node_token = random_hex()?;
        let mut of_node = BTreeMap::new();
        if config.node_service {
            of_node.insert("lgdl_node_url".to_owned(), format!("http://{}", node::AUTHORITY));
            let kept_on_disk = matches!(config.storage, Storage::Folder(_));
            of_node.insert("lgdl_node_journal".to_owned(), if kept_on_disk { "disk" } else { "memory" }.to_owned());
            of_node.insert("lgdl_node_token".to_owned(), node_token.clone());
            let (name, yes) = STORE_SEALS;
            of_node.insert(name.to_owned(), yes.to_owned());
        }
        let given: BTreeMap<_, _> = config.variables.clone().into_iter().chain(of_node.clone()).collect();
        let variables = manifest.variables(&given)?;
        let allowed = manifest.allowed_hosts(&given)?;
        let allowed = allowed.iter().chain(&config.allowed_hosts).filter(|host| !host.is_empty());
        let allowed = allowed.map(|host| AllowedHost::parse(host)).collect::<Result<Vec<_>, _>>()?;
        let mut services = config.local_services.clone();
        if config.node_service {
            let answering = Arc::clone(&node);
            services.insert(node::AUTHORITY.into(), local(move |request| Arc::clone(&answering).answer(request)));
        }

        let engine = component::engine(
            config.code_cache.as_deref(),
            Room { instances: config.max_concurrent, memory: config.memory_limit },
        )
        .map_err(StartError::Component)?;
        let (loading, bytes) = (engine.clone(), config.component.clone());
        let pre = tokio::task::spawn_blocking(move || component::load(&loading, &bytes))
            .await
            .map_err(|_| anyhow!("loading was interrupted"))
            .and_then(|loaded| loaded)
            .map_err(StartError::Component)?;
        let listener =
            TcpListener::bind(config.listen).await.map_err(|error| StartError::Listen(config.listen, error))?;
        let address = listener.local_addr().map_err(|error| StartError::Listen(config.listen, error))?;
        let epochs = Epochs::begin(&engine);
        let folder = match &config.storage {
            Storage::Memory => None,
            Storage::Folder(folder) => Some(folder.as_path()),
        };
        let given = Arc::new(Given {
            engine,
            manifest,
            variables: RwLock::new(Arc::new(variables)),
            kv: Kv::open(config.kv_bytes, folder),
            outbound: Outbound::new(allowed, config.public_hosts, services),
            memory_limit: config.memory_limit,
            cpu_limit: config.cpu_limit,
            show_messages: config.show_guest_messages,
        });
        let metrics = Metrics::default();
        let limits = Limits {
            at_once: config.max_concurrent,
            of_a_peer: config.max_concurrent.div_ceil(PART_OF_A_PEER),
            requests: config.requests_per_instance,
            time: config.time_limit,
        };
        let app = Arc::new(App {
            own_paths: config.own_paths,
            drain_every: config.drain_every,
            node_service: config.node_service,
            instances: Arc::new(Instances::new(Arc::clone(&given), pre, limits)),
            given,
            traces: config.traces.map(|to| Exporter::start(to, metrics.spans.clone())),
            tls: config.tls,
            metrics,
            node,
            of_node,
            node_token,
            peers: Arc::new(Peers::new(MAX_CONNECTIONS, MAX_CONNECTIONS_OF_A_PEER, MAX_BYTES_OF_A_PEER)),
            bodies: Arc::new(Semaphore::new(MAX_BYTES_IN_FLIGHT)),
        });
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(Arc::clone(&app), listener, stopped.clone()));
        let draining = tokio::spawn(drain(Arc::clone(&app), stopped));
        Ok(Host { address, app, stop, accepting, draining, _epochs: epochs })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gives instances other variables from now on. Requests that are under way end with those that they began with.
    ///
    /// # Errors
    /// When the manifest does not take them.
    pub fn reload(&self, variables: BTreeMap<String, String>) -> Result<(), ManifestError> {
        let given: BTreeMap<_, _> = variables.into_iter().chain(self.app.of_node.clone()).collect();
        let variables = self.app.given.manifest.variables(&given)?;
        *self.app.given.variables.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(variables);
        Ok(())
    }

    /// Turns that wait in the journal.
    #[must_use]
    pub fn waiting_turns(&self) -> u64 {
        self.app.node.counts().map_or(0, |counts| counts.waiting)
    }

    /// The keys of everything in the key-value store.
    #[must_use]
    pub fn stored_keys(&self) -> Vec<String> {
        self.app.given.kv.keys()
    }

    /// Forgets everything in the key-value store, as a store may at any time.
    pub fn forget(&self) {
        for key in self.app.given.kv.keys() {
            self.app.given.kv.delete(&key);
        }
    }

    /// Stops accepting, finishes what was accepted, and ends.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = tokio::time::timeout(STOP_WITHIN, self.accepting).await;
        self.draining.abort();
        let _ = self.draining.await;
        if self.app.node_service {
            // An origin that does not hear it takes the node for silent.
            let _ = tokio::time::timeout(LEAVE_WITHIN, drain_once(&self.app, Then::Leaves)).await;
        }
        if let Some(traces) = &self.app.traces {
            traces.stop().await;
        }
    }
}

/// 32 random bytes in hexadecimal.
fn random_hex() -> Result<String, StartError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| StartError::Component(anyhow!("no randomness: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn open_node(storage: &Storage) -> Result<Node, StartError> {
    match storage {
        Storage::Memory => Node::open(None).map_err(|error| StartError::Storage("memory".into(), error.to_string())),
        Storage::Folder(folder) => {
            let fault = |error: String| StartError::Storage(folder.clone(), error);
            std::fs::create_dir_all(folder).map_err(|error| fault(error.to_string()))?;
            Node::open(Some(folder)).map_err(|error| fault(error.to_string()))
        }
    }
}

/// Streams whose oldest entry is looked at before a node starts.
const MAX_SAMPLES: usize = 1_000;

/// A node does not start with a key that can't open what waits: it would set aside, one after the other, what only needs the
/// right key.
fn check_key(node: &Node, state_key: &str) -> Result<(), StartError> {
    match sealed_otherwise(node, state_key) {
        Ok(0) => Ok(()),
        Ok(others) => Err(StartError::OtherKey(others)),
        Err(error) => Err(StartError::Storage("the journal".into(), error.to_string())),
    }
}

/// How many of the conversations that wait were sealed under another `LGDL_STATE_KEY` than this: with it a node does not start.
///
/// # Errors
/// When the journal can't be read.
pub fn sealed_otherwise(node: &Node, state_key: &str) -> Result<usize, rusqlite::Error> {
    let key = read_state_key(state_key.trim());
    let samples = node.samples(MAX_SAMPLES)?;
    Ok(samples.iter().filter(|entry| is_of_another_key(key.as_ref(), &entry.sealed)).count())
}

async fn accept(app: Arc<App>, listener: TcpListener, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer) = tokio::select! {
            _ = stopped.changed() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => (stream, peer.ip()),
                Err(_) => {
                    // Out of file descriptors, most likely: some will be free soon.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                }
            },
        };
        // Whoever has as many as one may have, or comes when there is no more room, is let go of at once: nothing that is
        // under way is harmed by it.
        let Some(place) = app.peers.enter(peer) else {
            app.metrics.turned_away();
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (app, stopped) = (Arc::clone(&app), stopped.clone());
        connections.spawn(async move {
            let of_peer = place.of.clone();
            match app.tls.clone() {
                None => serve(app, stream, Protocol::Http1, of_peer, stopped).await,
                Some(tls) => {
                    if let Some((stream, protocol)) = tls.accept(stream).await {
                        serve(app, stream, protocol, of_peer, stopped).await;
                    }
                }
            }
            drop(place);
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn serve(
    app: Arc<App>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    protocol: Protocol,
    of_peer: OfPeer,
    stopped: watch::Receiver<bool>,
) {
    let stream = TokioIo::new(Taken::new(stream, TAKEN_WITHIN));
    match protocol {
        Protocol::Http1 => serve_http1(app, stream, of_peer, stopped).await,
        Protocol::Http2 => serve_http2(app, stream, of_peer, stopped).await,
    }
}

async fn serve_http2(
    app: Arc<App>,
    stream: TokioIo<Taken<impl AsyncRead + AsyncWrite + Unpin + Send + 'static>>,
    of_peer: OfPeer,
    mut stopped: watch::Receiver<bool>,
) {
    let streams = Streams::new();
    let of_connection = Arc::clone(&streams);
    let service = service_fn(move |request| {
        let (app, of_peer, stream) = (Arc::clone(&app), of_peer.clone(), of_connection.begin());
        async move {
            let answer = answer(app, &of_peer, request).await;
            // It is under way until its last byte is taken.
            Ok::<_, Infallible>(answer.map(|body| {
                body.map_frame(move |frame| {
                    stream.moves();
                    frame
                })
                .boxed_unsync()
            }))
        }
    });
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_BYTES)
        .serve_connection(stream, service);
    let mut connection = std::pin::pin!(connection);
    let still = tokio::select! {
        _ = connection.as_mut() => return,
        () = streams.stand_still() => true,
        _ = stopped.changed() => false,
    };
    connection.as_mut().graceful_shutdown();
    if still {
        // Whoever takes nothing of an answer has had the time for it.
        let _ = tokio::time::timeout(HEADERS_WITHIN, connection).await;
    } else {
        let _ = connection.await;
    }
}

async fn serve_http1(
    app: Arc<App>,
    stream: TokioIo<Taken<impl AsyncRead + AsyncWrite + Unpin + Send + 'static>>,
    of_peer: OfPeer,
    mut stopped: watch::Receiver<bool>,
) {
    let service = service_fn(move |request| {
        let (app, of_peer) = (Arc::clone(&app), of_peer.clone());
        async move { Ok::<_, Infallible>(answer(app, &of_peer, request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEADER_BYTES as usize)
        .serve_connection(stream, service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopped.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn answer(app: Arc<App>, of_peer: &OfPeer, request: Request<Incoming>) -> Answer {
    let came = Instant::now();
    if app.node_service && request.uri().path() == "/metrics" && request.method() == Method::GET {
        // It computes as much as a turn does.
        let Ok(_place) = app.instances.place(of_peer.address).await else { return busy(None) };
        if let Some(tls) = &app.tls {
            app.metrics.certificate(tls);
        }
        let breakers = breakers(&app.given.kv, &app.given.variables());
        let text = app.metrics.text(app.node.watched().await.as_ref(), app.instances.made(), &breakers);
        return whole(StatusCode::OK, lgdl_metrics::CONTENT_TYPE, text.into());
    }
    let request_id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok());
    let request_id = request_id.filter(|id| Id::Request.fits(id)).map(str::to_owned);
    if !names_its_host(&request) {
        return problem(Reason::BadHeader, "A request has one header `host`, and it names a host.", request_id);
    }
    let bytes_in = told_length(request.headers());
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    if reads && let Some(own) = app.own_paths.get(request.uri().path()) {
        let (parts, _) = request.into_parts();
        return own(Request::from_parts(parts, Bytes::new())).await.map(full);
    }
    let ran = if app.node_service {
        match with_body([&of_peer.bodies, &app.bodies], request).await {
            Ok((request, room)) => {
                let ran = app.instances.answer(of_peer.address, request).await;
                drop(room);
                Ok(ran)
            }
            Err(fault) => Err(fault),
        }
    } else {
        Ok(app.instances.answer(of_peer.address, request).await)
    };
    let mut answer = match ran {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) if error.downcast_ref::<NoRoom>().is_some() => busy(request_id),
        Ok(Err(error)) => {
            app.metrics.trap(Work::Request, cause(&error));
            failed(&error, request_id)
        }
        Err(NoBody::NoRoom) => busy(request_id),
        Err(NoBody::Incomplete) => {
            problem(Reason::BodyIncomplete, "The body broke off or took too long. Send it again.", request_id)
        }
    };
    let report = answer.headers_mut().remove(OBSERVED_HEADER);
    let observation = report.as_ref().and_then(|report| report.to_str().ok()).map(Observation::of_header);
    let (observation, took) = (observation.unwrap_or_default(), came.elapsed());
    app.metrics.request(&observation, answer.status().as_u16(), took);
    // What an instance did not answer has its line already.
    if report.is_some() {
        let id = answer.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
        let bytes = [bytes_in, told_length(answer.headers())];
        let request = Answered { id, status: answer.status().as_u16(), took, bytes };
        traces::line(&request, &observation);
        if let Some(exporter) = &app.traces {
            traces::tell(exporter, &request, &observation);
        }
    }
    answer
}

/// The breakers in front of the origin and of the services, as the instances have noted them; one that is not noted has let all through.
fn breakers(kv: &Kv, variables: &BTreeMap<String, String>) -> Vec<(String, Breaker)> {
    #[derive(serde::Deserialize)]
    struct Health {
        breaker: Breaker,
    }
    let note = |name: &str| kv.get(&format!("{NOTE_PREFIX}{name}"));
    let of_origin = note(ORIGIN_NOTE).and_then(|note| serde_json::from_slice(&note).ok());
    let of_origin = of_origin.map_or_else(Breaker::default, |health: Health| health.breaker);
    let services = variables.get("lgdl_services").and_then(|text| serde_json::from_str(text).ok());
    let services: BTreeMap<String, serde_json::Value> = services.unwrap_or_default();
    let of_services = services.into_keys().map(|service| {
        let noted = note(&format!("{SERVICE_NOTE_PREFIX}{service}"));
        let breaker = noted.and_then(|note| serde_json::from_slice(&note).ok()).unwrap_or_default();
        (service, breaker)
    });
    std::iter::once(("origin".to_owned(), of_origin)).chain(of_services).collect()
}

/// The length that headers tell of a body.
fn told_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Why there is no body.
enum NoBody {
    /// It broke off or took too long.
    Incomplete,
    /// There are as many bytes in flight as there may be.
    NoRoom,
}

/// Reads the body before there is an instance, so that a slow client holds none. One byte more than is allowed is enough
/// for the component to refuse it. What is read has its room among the bytes in flight, the peer's and everybody's, until it is
/// answered.
async fn with_body(
    bodies: [&Arc<Semaphore>; 2],
    request: Request<Incoming>,
) -> Result<(Request<Full<Bytes>>, [Option<OwnedSemaphorePermit>; 2]), NoBody> {
    let (parts, mut body) = request.into_parts();
    let mut read = Vec::new();
    let mut rooms: [Option<OwnedSemaphorePermit>; 2] = [None, None];
    let reading = async {
        let mut left = MAX_DISCARDED_BYTES;
        // A client that is still sending when the connection closes may never see why.
        while left > 0 {
            match body.frame().await {
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        let taken = data.len().min(MAX_BODY_BYTES + 1 - read.len());
                        for (room, bodies) in rooms.iter_mut().zip(bodies) {
                            let more = Arc::clone(bodies)
                                .try_acquire_many_owned(u32::try_from(taken).unwrap_or(u32::MAX))
                                .map_err(|_| NoBody::NoRoom)?;
                            match room {
                                Some(room) => room.merge(more),
                                None => *room = Some(more),
                            }
                        }
                        read.extend_from_slice(&data[..taken]);
                        left = left.saturating_sub(data.len() - taken);
                    }
                }
                Some(Err(_)) => return Err(NoBody::Incomplete),
                None => return Ok(()),
            }
        }
        Ok(())
    };
    tokio::time::timeout(BODY_WITHIN, reading).await.map_err(|_| NoBody::Incomplete)??;
    let mut request = Request::from_parts(parts, Full::new(Bytes::from(read)));
    request.headers_mut().remove(header::CONTENT_LENGTH);
    Ok((request, rooms))
}

/// Refuses a request that there is no room for; it comes back when there is.
fn busy(request_id: Option<String>) -> Answer {
    let mut answer = problem(Reason::Busy, "The node has as much to do as it may have. Send it again.", request_id);
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

/// Whether a request says which host it is for, as HTTP/1.1 demands (RFC 9112, 3.2); before that, nobody had to.
fn names_its_host<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => {
            let is_host = |host: &[u8]| !host.contains(&b'@') && http::uri::Authority::try_from(host).is_ok();
            is_host(host.as_bytes())
        }
        // HTTP/2 says it in the address (RFC 9113, 8.3.1).
        (None, _) if request.version() == Version::HTTP_2 => request.uri().host().is_some(),
        (None, _) => request.version() < Version::HTTP_11,
        (Some(_), Some(_)) => false,
    }
}

/// What is told of an instance that failed. Traps may repeat what was said, so only what kind of failure it was.
fn told(cause: Cause) -> &'static str {
    match cause {
        Cause::Time => "an instance used up its time",
        Cause::Trap => "an instance failed",
    }
}

fn cause(error: &wasmtime::Error) -> Cause {
    if error.downcast_ref::<OutOfTime>().is_some() { Cause::Time } else { Cause::Trap }
}

fn failed(error: &wasmtime::Error, request_id: Option<String>) -> Answer {
    let request_id = request_id.or_else(made_request_id).unwrap_or_default();
    let (work, cause, shown) = (Work::Request.name(), cause(error), shown_request(&request_id));
    if cause == Cause::Time {
        tracing::warn!(work, request_id = %shown, "{}", told(cause));
        return problem(Reason::OutOfTime, "The request took more time than a request may take.", Some(request_id));
    }
    tracing::error!(work, request_id = %shown, "{}", told(cause));
    let detail = "The instance that handled the request failed. Nothing else was affected.";
    problem(Reason::Internal, detail, Some(request_id))
}

fn problem(reason: Reason, detail: &str, request_id: Option<String>) -> Answer {
    let request_id = request_id.or_else(made_request_id).unwrap_or_default();
    tracing::info!(request_id, status = reason.status(), code = reason.code(), "refused");
    let document = reason.problem(detail, &request_id);
    let status = StatusCode::from_u16(document.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(&document).unwrap_or_default();
    let mut answer = whole(status, "application/problem+json", body.into());
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        answer.headers_mut().insert("x-request-id", id);
    }
    answer
}

/// An id in the form of those that the component makes.
fn made_request_id() -> Option<String> {
    let digits = random_hex().ok()?;
    Some(format!("req_{}", &digits[..24]))
}

fn full(body: Bytes) -> HyperOutgoingBody {
    Full::new(body).map_err(|never: Infallible| match never {}).boxed_unsync()
}

fn whole(status: StatusCode, content_type: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(full(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// Has the component bring waiting turns to the origin, drop what was erased there, and look for an origin that is away, now
/// and then.
async fn drain(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    if !app.node_service {
        return;
    }
    let mut left = Left::Nothing;
    loop {
        let pause = if left == Left::Some { Duration::ZERO } else { app.drain_every };
        tokio::select! {
            _ = stopped.changed() => return,
            () = tokio::time::sleep(pause) => {}
        }
        left = drain_once(&app, Then::Stays).await;
    }
}

/// Whether the node goes on after a drain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Stays,
    Leaves,
}

/// One drain. One that fails is tried again next time.
async fn drain_once(app: &App, then: Then) -> Left {
    let mut request = Request::post("http://localhost/internal/drain")
        .header(header::HOST, "localhost")
        .header(TOKEN_HEADER, &app.node_token);
    if then == Then::Leaves {
        request = request.header(LEAVING_HEADER, "true");
    }
    match request.body(Full::new(Bytes::new())) {
        Ok(request) => drained(&app.metrics, app.instances.answer(ITSELF, request).await).await,
        Err(_) => Left::Nothing,
    }
}

/// What a drain has left to be done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// It moved on, and ended before what waits did.
    Some,
    /// Nothing waits any more, or nothing moves.
    Nothing,
}

impl Left {
    /// Reads the answer to a drain.
    fn of(body: &[u8]) -> Left {
        #[derive(serde::Deserialize)]
        struct Told {
            arrived: u64,
            all: bool,
        }
        match serde_json::from_slice(body) {
            Ok(Told { arrived: 1.., all: false }) => Left::Some,
            _ => Left::Nothing,
        }
    }
}

/// Counts what happened in a drain, and logs why it failed, if it did: nobody has asked who could be told.
async fn drained(metrics: &Metrics, ran: wasmtime::Result<Answer>) -> Left {
    let failed =
        |why: &str| tracing::error!(work = Work::Background.name(), why, "what the node does by itself failed");
    let mut answer = match ran {
        Ok(answer) => answer,
        Err(error) if error.downcast_ref::<NoRoom>().is_some() => {
            failed(&NoRoom.to_string());
            return Left::Nothing;
        }
        Err(error) => {
            let cause = cause(&error);
            metrics.trap(Work::Background, cause);
            failed(told(cause));
            return Left::Nothing;
        }
    };
    let report = answer.headers_mut().remove(OBSERVED_HEADER);
    if let Some(report) = report.as_ref().and_then(|report| report.to_str().ok()) {
        metrics.happened(&Observation::of_header(report));
    }
    if !answer.status().is_success() {
        failed(&format!("the component answered {}", answer.status()));
    }
    answer.into_body().collect().await.map_or(Left::Nothing, |body| Left::of(&body.to_bytes()))
}

#[cfg(test)]
mod tests {
    use lgdl::wire::node::key_name;

    use super::*;
    use crate::log_lines;

    #[tokio::test]
    async fn a_drain_that_fails_is_counted_and_logged() {
        let (_listening, lines) = log_lines::listen();
        let metrics = Metrics::default();
        let counted = |line: &str| metrics.text(None, 0, &[]).lines().any(|found| found == line);
        let secret = || wasmtime::format_err!("what was said");
        drained(&metrics, Err(secret())).await;
        assert!(counted(r#"lgdl_edge_traps_total{work="background",cause="trap"} 1"#));
        drained(&metrics, Err(OutOfTime.into())).await;
        drained(&metrics, Err(NoRoom.into())).await;
        assert!(counted(r#"lgdl_edge_traps_total{work="background",cause="time"} 1"#));
        assert!(
            counted(r#"lgdl_edge_traps_total{work="background",cause="trap"} 1"#),
            "a node that is busy has not failed"
        );
        let mut answer = whole(StatusCode::OK, "application/json", Bytes::new());
        answer.headers_mut().insert(OBSERVED_HEADER, HeaderValue::from_static("POST /internal/drain;1;;;"));
        drained(&metrics, Ok(answer)).await;
        assert!(counted("lgdl_edge_turns_total 1"));
        drained(&metrics, Ok(whole(StatusCode::UNAUTHORIZED, "application/json", Bytes::new()))).await;
        let lines = lines.text();
        assert_eq!(lines.matches("what the node does by itself failed").count(), 4, "{lines}");
        assert!(!lines.contains("what was said"));
    }

    #[test]
    fn breakers_are_read_from_what_instances_have_noted() {
        let kv = Kv::open(1_000_000, None);
        let services = BTreeMap::from([("lgdl_services".to_owned(), r#"{"ehr": {}, "orders": {}}"#.to_owned())]);
        let open = Breaker::Open { since_ms: 7 };
        let named = |origin, ehr| {
            vec![("origin".to_owned(), origin), ("ehr".to_owned(), ehr), ("orders".to_owned(), Breaker::default())]
        };
        assert_eq!(breakers(&kv, &services), named(Breaker::default(), Breaker::default()));
        let health = serde_json::json!({ "breaker": open, "journal_pending": true }).to_string();
        kv.set("note:origin".to_owned(), health.into_bytes());
        kv.set("note:service:ehr".to_owned(), serde_json::to_vec(&open).unwrap());
        assert_eq!(breakers(&kv, &services), named(open, open));
    }

    #[tokio::test]
    async fn a_drain_that_moves_on_is_followed_by_the_next_at_once() {
        let metrics = Metrics::default();
        for (told, left) in [
            (r#"{"arrived":3,"all":false}"#, Left::Some),
            (r#"{"arrived":3,"all":true}"#, Left::Nothing),
            (r#"{"arrived":0,"all":false}"#, Left::Nothing),
            ("", Left::Nothing),
        ] {
            let answer = whole(StatusCode::OK, "application/json", Bytes::from_static(told.as_bytes()));
            assert_eq!(drained(&metrics, Ok(answer)).await, left, "{told}");
        }
    }

    #[test]
    fn a_node_does_not_start_with_a_key_that_cannot_open_what_waits() {
        let node = Node::open(None).unwrap();
        assert!(check_key(&node, "").is_ok(), "nothing waits, and no key is a choice");
        let (ours, theirs) = ("07".repeat(32), "08".repeat(32));
        let key = read_state_key(&ours).unwrap();
        let place = lgdl::crypto::Place { table: "journal", row: &["s", "1"], field: "value", version: 1 };
        let sealed = lgdl::crypto::seal(&key, &key_name(&key), &place, b"{}", &[7; 32]).unwrap();
        node.keep(&lgdl::wire::node::JournalEntry { stream: "s".into(), version: 1, id: "i".into(), sealed }).unwrap();
        assert!(check_key(&node, &ours).is_ok());
        for wrong in [theirs.as_str(), ""] {
            assert!(matches!(check_key(&node, wrong), Err(StartError::OtherKey(1))), "{wrong}");
        }
        assert_eq!(node.set_aside_unopened(read_state_key(&theirs).as_ref()).unwrap(), 1);
        assert!(check_key(&node, &theirs).is_ok(), "somebody has decided");
        assert_eq!(node.counts().unwrap().other_key, 1);
    }
}
