//! Instances of the component: each serves one request at a time, and a bounded number one after another. One that failed,
//! kept something open or took much memory serves no more.
//!
//! The component keeps nothing between requests but its settings and compiled games, so which instance serves a request
//! makes no difference but in time: a new one has to read both again, and to fault in its memory.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, header};
use hyper::body::Body;
use tokio::sync::oneshot;
use wasmtime::Store;
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::p2::bindings::{Proxy, ProxyPre};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::computing::Computing;
use crate::guest::{self, Given, Guest, OutOfTime};
use crate::places::{Place, Places};

/// Instances that wait for a request at most; those of a burst go when it is over.
const MAX_IDLE: usize = 128;
/// Memory that an instance may have taken and still serve again, bytes.
const MAX_KEPT_MEMORY: usize = 16 * 1024 * 1024;

/// How long a request waits for a place.
const PLACE_WITHIN: Duration = Duration::from_secs(1);

/// As many requests are under way as there may be.
#[derive(Debug, thiserror::Error)]
#[error("no room for another request")]
pub(crate) struct NoRoom;

/// The answer of an instance.
pub(crate) type Answer = Response<HyperOutgoingBody>;

/// Where requests get their instances.
pub(crate) struct Instances {
    given: Arc<Given>,
    pre: ProxyPre<Guest>,
    places: Arc<Places>,
    limits: Limits,
    idle: Mutex<Vec<Instance>>,
    made: AtomicU64,
}

/// What bounds instances.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Requests at once.
    pub(crate) at_once: usize,
    /// Those of one address.
    pub(crate) of_a_peer: usize,
    /// Requests that one instance serves, one after another.
    pub(crate) requests: u32,
    /// The longest time for one request, waiting included.
    pub(crate) time: Duration,
}

struct Instance {
    store: Store<Guest>,
    proxy: Proxy,
    served: u32,
}

type Answered = Result<Answer, ErrorCode>;

impl Instances {
    pub(crate) fn new(given: Arc<Given>, pre: ProxyPre<Guest>, limits: Limits) -> Instances {
        Instances {
            given,
            pre,
            places: Places::new(limits.at_once, limits.of_a_peer),
            limits,
            idle: Mutex::default(),
            made: AtomicU64::new(0),
        }
    }

    /// How many there have been.
    pub(crate) fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// A place among the requests that are under way.
    pub(crate) async fn place(&self, peer: IpAddr) -> Result<Place, NoRoom> {
        // A burst that is over in a moment waits for it; more than that is refused, and comes back.
        self.places.enter(peer, PLACE_WITHIN).await.ok_or(NoRoom)
    }

    /// Has an instance answer a request of that address. It goes on after its answer, until it has done what it left for then.
    pub(crate) async fn answer<B>(self: &Arc<Self>, peer: IpAddr, request: Request<B>) -> wasmtime::Result<Answer>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<wasmtime_wasi_http::Error>,
    {
        let place = self.place(peer).await?;
        let (sender, receiver) = oneshot::channel();
        let request = absolute(request);
        let instances = Arc::clone(self);
        let task = tokio::spawn(async move {
            let _place = place;
            let serving = instances.serve(request, sender);
            // A request that takes too long takes its instance with it.
            let served = tokio::time::timeout(instances.limits.time, serving).await;
            served.unwrap_or_else(|_| Err(OutOfTime.into()))
        });
        match receiver.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(code)) => Err(wasmtime::format_err!("the component answered with an error: {code:?}")),
            Err(_) => match task.await {
                Ok(Ok(())) => Err(wasmtime::format_err!("the component gave no answer")),
                Ok(Err(error)) => Err(error),
                Err(_) => Err(wasmtime::format_err!("the instance was interrupted")),
            },
        }
    }

    async fn serve<B>(&self, request: Request<B>, answer: oneshot::Sender<Answered>) -> wasmtime::Result<()>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<wasmtime_wasi_http::Error>,
    {
        let computing = Computing::within(self.given.cpu_limit);
        computing.charge(self.serve_charged(request, answer, &computing)).await
    }

    async fn serve_charged<B>(
        &self,
        request: Request<B>,
        answer: oneshot::Sender<Answered>,
        computing: &Arc<Computing>,
    ) -> wasmtime::Result<()>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<wasmtime_wasi_http::Error>,
    {
        let mut instance = self.take(computing).await?;
        let Instance { store, proxy, served } = &mut instance;
        guest::renew(store, computing);
        let request = store.data_mut().http().new_incoming_request(Scheme::Http, request)?;
        let out = store.data_mut().http().new_response_outparam(answer)?;
        proxy.wasi_http_incoming_handler().call_handle(&mut *store, request, out).await?;
        *served += 1;
        self.give_back(instance);
        Ok(())
    }

    async fn take(&self, computing: &Arc<Computing>) -> wasmtime::Result<Instance> {
        let variables = self.given.variables();
        let idle = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that were made with other settings go.
            if idle.last().is_some_and(|instance| !Arc::ptr_eq(&instance.store.data().variables, &variables)) {
                idle.retain(|instance| Arc::ptr_eq(&instance.store.data().variables, &variables));
            }
            idle.pop()
        };
        match idle {
            Some(instance) => Ok(instance),
            None => {
                self.made.fetch_add(1, Ordering::Relaxed);
                let mut store = guest::store(&self.given, computing);
                let proxy = self.pre.instantiate_async(&mut store).await?;
                Ok(Instance { store, proxy, served: 0 })
            }
        }
    }

    fn give_back(&self, instance: Instance) {
        let guest = instance.store.data();
        let fit = instance.served < self.limits.requests
            && Arc::ptr_eq(&guest.variables, &self.given.variables())
            && guest.table.is_empty()
            && guest.limits.memory_taken() <= MAX_KEPT_MEMORY;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if fit && idle.len() < MAX_IDLE {
            // The one used last is used next: its memory is still in the caches.
            idle.push(instance);
        }
    }
}

/// Components see the whole address, as under Spin.
fn absolute<B>(request: Request<B>) -> Request<B> {
    if request.uri().authority().is_some() {
        return request;
    }
    let (mut parts, body) = request.into_parts();
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost").to_owned();
    let mut uri = parts.uri.clone().into_parts();
    uri.scheme = Some(http::uri::Scheme::HTTP);
    uri.authority = host.parse().ok().or_else(|| "localhost".parse().ok());
    if let Ok(uri) = http::Uri::from_parts(uri) {
        parts.uri = uri;
    }
    Request::from_parts(parts, body)
}
