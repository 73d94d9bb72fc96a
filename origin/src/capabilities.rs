//! Capability calls of the turns that the origin takes itself, made as a node makes them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use lgdl::breaker::Breaker;
use lgdl::engine::{CapabilityCall, CapabilityResult};
use lgdl::mocks::Mocks;
use lgdl::services::{Asking, DENIED, FetchError, Inbound, Outbound, ServiceClient, ask, failed, limit_ms};
use lgdl::settings::Service;
use tokio::time::Instant;

use crate::http::Origin;
use crate::outbound::{HttpClient, Reach, USER_AGENT, client};

/// Where calls go, and what is known of services.
pub struct Capabilities {
    internet: OnceLock<HttpClient<Full<Bytes>>>,
    private: OnceLock<HttpClient<Full<Bytes>>>,
    breakers: Mutex<BTreeMap<String, Breaker>>,
    /// In development: what answers for services that are not configured, by game.
    stand_ins: Mutex<Option<Arc<BTreeMap<String, Mocks>>>>,
    began: Instant,
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capabilities").finish_non_exhaustive()
    }
}

impl Default for Capabilities {
    fn default() -> Capabilities {
        Capabilities {
            internet: OnceLock::new(),
            private: OnceLock::new(),
            breakers: Mutex::default(),
            stand_ins: Mutex::default(),
            began: Instant::now(),
        }
    }
}

impl Capabilities {
    /// Has services that are not configured answered by these, by game.
    pub fn stand_in(&self, mocks: BTreeMap<String, Mocks>) {
        *self.stand_ins.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(mocks));
    }

    fn stand_ins(&self) -> Option<Arc<BTreeMap<String, Mocks>>> {
        self.stand_ins.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn client(&self, reach: Reach) -> &HttpClient<Full<Bytes>> {
        let client_of = match reach {
            Reach::Internet => &self.internet,
            Reach::Private => &self.private,
        };
        client_of.get_or_init(|| client(reach))
    }
}

/// How long a call may take, milliseconds; a stand-in takes no time. `None` where nobody would answer.
pub(crate) fn lasts_ms(origin: &Origin, wanted: &CapabilityCall) -> Option<u64> {
    match origin.config.services.get(&wanted.service) {
        Some(service) => Some(limit_ms(service, wanted).into()),
        None => origin.capabilities.stand_ins().map(|_| 0),
    }
}

/// Makes a call of a tenant's game and tells what came of it. `key` is the call's own idempotency key.
pub(crate) async fn perform(
    origin: &Origin,
    tenant: &str,
    game: &str,
    wanted: &CapabilityCall,
    key: &str,
) -> CapabilityResult {
    let Some(service) = origin.config.services.get(&wanted.service) else {
        return match origin.capabilities.stand_ins() {
            Some(mocks) => mocks.get(game).unwrap_or(&Mocks::default()).answer(wanted),
            None => failed(DENIED, "the origin's settings do not configure this service"),
        };
    };
    ask(&Calling { origin, reach: reach(service) }, service, Asking { wanted, key, tenant, trace: None }).await
}

fn reach(service: &Service) -> Reach {
    if service.allow_private { Reach::Private } else { Reach::Internet }
}

/// A call to one service.
struct Calling<'o> {
    origin: &'o Origin,
    reach: Reach,
}

impl Calling<'_> {
    async fn exchange(&self, outbound: Outbound) -> Result<Inbound, FetchError> {
        let uri: Uri = outbound.url.parse().map_err(|_| FetchError::Denied)?;
        let mut request = Request::builder().method(outbound.method).uri(uri).header(header::USER_AGENT, USER_AGENT);
        for (name, value) in outbound.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from(outbound.body))).map_err(|_| FetchError::Denied)?;
        let answer = self.origin.capabilities.client(self.reach).request(request).await.map_err(|error| match error
            .is_connect()
        {
            true if is_refused(&error) => FetchError::Denied,
            true => FetchError::Unreachable,
            false => FetchError::Broken,
        })?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), outbound.max_answer_bytes).collect().await.map_err(|error| {
            match error.downcast_ref::<http_body_util::LengthLimitError>() {
                Some(_) => FetchError::TooLarge,
                None => FetchError::Broken,
            }
        })?;
        Ok(Inbound { status, body: body.to_bytes().to_vec() })
    }
}

/// Whether the name of an address turned out to stand for one that must not be called.
fn is_refused(error: &(dyn std::error::Error + 'static)) -> bool {
    let refused = |error: &std::io::Error| error.kind() == std::io::ErrorKind::PermissionDenied;
    std::iter::successors(Some(error), |error| error.source())
        .any(|error| error.downcast_ref::<std::io::Error>().is_some_and(refused))
}

impl ServiceClient for Calling<'_> {
    async fn fetch(&self, request: Outbound) -> Result<Inbound, FetchError> {
        let limit = Duration::from_millis(request.timeout_ms);
        tokio::time::timeout(limit, self.exchange(request)).await.unwrap_or(Err(FetchError::TimedOut))
    }

    async fn pause(&self, longest_ms: u64) {
        let mut bytes = [0; 8];
        self.origin.random.fill(&mut bytes);
        tokio::time::sleep(Duration::from_millis(u64::from_le_bytes(bytes) % (longest_ms + 1))).await;
    }

    fn ticks_us(&self) -> u64 {
        u64::try_from(self.origin.capabilities.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn now_ms(&self) -> i64 {
        self.origin.clock.now_ms()
    }

    async fn at_breaker<T>(&self, service: &str, change: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breakers = self.origin.capabilities.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        change(breakers.entry(service.to_owned()).or_default())
    }
}
