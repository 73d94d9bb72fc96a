//! Calls that the component makes: only to allowed hosts, over pooled connections, or straight into this process.

mod allowed;
mod resolver;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use lgdl_tls::client_config;
use resolver::Resolver;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

pub(crate) use allowed::AllowedHost;

use crate::config::LocalService;

/// Connections kept open to one host while nobody uses them.
const IDLE_CONNECTIONS: usize = 256;
/// How long a connection is kept while nobody uses it.
const IDLE_FOR: Duration = Duration::from_secs(60);
/// Time for a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Time for an answer when the component names none.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// The largest request to a service in this process, bytes.
const MAX_LOCAL_REQUEST: usize = 16 * 1024 * 1024;

type Sending = Box<dyn Future<Output = Result<(http::Response<WasiBody>, Finishing), Error>> + Send>;
type Finishing = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// The node's way out, shared by all instances.
#[derive(Clone)]
pub(crate) struct Outbound {
    shared: Arc<Shared>,
}

struct Shared {
    client: Client<HttpsConnector<HttpConnector<Resolver>>, WasiBody>,
    allowed: Vec<AllowedHost>,
    local: BTreeMap<String, LocalService>,
}

impl Outbound {
    pub(crate) fn new(
        allowed: Vec<AllowedHost>,
        public: Vec<String>,
        local: BTreeMap<String, LocalService>,
    ) -> Outbound {
        let mut plain = HttpConnector::new_with_resolver(Resolver::new(public));
        plain.set_nodelay(true);
        plain.enforce_http(false);
        plain.set_connect_timeout(Some(CONNECT_WITHIN));
        let builder = HttpsConnectorBuilder::new().with_tls_config(client_config());
        let connector = builder.https_or_http().enable_http1().wrap_connector(plain);
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_idle_timeout(IDLE_FOR)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Outbound { shared: Arc::new(Shared { client, allowed, local }) }
    }
}

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _body_outcome: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Sending {
        let shared = Arc::clone(&self.shared);
        Box::new(async move {
            let options = options.unwrap_or_default();
            let within = options.first_byte_timeout.unwrap_or(ANSWER_WITHIN);
            let answer = match tokio::time::timeout(within, shared.send(request)).await {
                Ok(answer) => answer?,
                Err(_) => return Err(Error::HttpResponseTimeout),
            };
            Ok((answer, Box::new(async { Ok(()) }) as Finishing))
        })
    }
}

impl Shared {
    async fn send(&self, request: http::Request<WasiBody>) -> Result<http::Response<WasiBody>, Error> {
        let authority = request.uri().authority().map(|authority| authority.as_str()).unwrap_or("");
        if let Some(service) = self.local.get(authority) {
            return answered_here(service, request).await;
        }
        if !self.allowed.iter().any(|host| host.allows(request.uri())) {
            return Err(Error::HttpRequestDenied);
        }
        let mut request = request;
        // The client sets it from the address.
        request.headers_mut().remove(http::header::HOST);
        match self.client.request(request).await {
            Ok(answer) => Ok(answer.map(|body| body.map_err(Error::from).boxed_unsync())),
            Err(error) if error.is_connect() => Err(Error::ConnectionRefused),
            Err(_) => Err(Error::ConnectionTerminated),
        }
    }
}

async fn answered_here(
    service: &LocalService,
    request: http::Request<WasiBody>,
) -> Result<http::Response<WasiBody>, Error> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, MAX_LOCAL_REQUEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Err(Error::HttpRequestBodySize(None)),
    };
    let answer = service(http::Request::from_parts(parts, body)).await;
    Ok(answer.map(|body| Full::new(body).map_err(Error::from).boxed_unsync()))
}

/// Makes a local service out of a function.
pub(crate) fn local<F, A>(answer: F) -> LocalService
where
    F: Fn(http::Request<Bytes>) -> A + Send + Sync + 'static,
    A: Future<Output = http::Response<Bytes>> + Send + 'static,
{
    Arc::new(move |request| Box::pin(answer(request)) as Pin<Box<_>>)
}

#[cfg(test)]
mod tests {
    use http_body_util::Empty;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Calls an address on a listener that answers every connection with those bytes.
    async fn call(scheme: &str, answer: &'static [u8]) -> Result<u16, Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer).await;
            }
        });
        let allowed = vec![AllowedHost::parse(&format!("{scheme}://127.0.0.1:{}", address.port())).unwrap()];
        let outbound = Outbound::new(allowed, Vec::new(), BTreeMap::new());
        let body = Empty::new().map_err(Error::from).boxed_unsync();
        let request = http::Request::get(format!("{scheme}://{address}/")).body(body).unwrap();
        outbound.shared.send(request).await.map(|answer| answer.status().as_u16())
    }

    #[tokio::test]
    async fn an_answer_comes_back() {
        let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(call("http", answer).await.unwrap(), 204);
    }

    #[tokio::test]
    async fn a_server_that_cannot_show_who_it_is_gets_no_request() {
        let error = call("https", b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap_err();
        assert!(matches!(error, Error::ConnectionRefused), "{error:?}");
    }

    #[tokio::test]
    async fn an_answer_that_is_none_is_a_broken_connection() {
        assert!(matches!(call("http", b"").await.unwrap_err(), Error::ConnectionTerminated));
    }
}
