//! Connections: accepted until the origin stops, with bounds on how slowly a client may begin. How many are kept, and for how long,
//! lies in `connections`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use lgdl_tls::ServerTls;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::connections::{Connection, Connections, Limits};
use super::signed::FromEdge;
use super::sse::Streams;
use super::untaken::bounded;

/// Time for a request's headers, and for the next request on a connection that is kept.
pub const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// Requests of one HTTP/2 connection at once.
const MAX_STREAMS: u32 = 64;
/// Bytes of one answer that wait in the protocol to be taken.
const MAX_SEND_BYTES: usize = 64 * 1024;
/// How long to wait when nothing can be accepted: out of file descriptors, most likely.
const ACCEPT_AGAIN: Duration = Duration::from_millis(10);

/// Serves until `stopped`, then finishes what was accepted. Every request knows its peer's address. With `tls` nothing else is
/// spoken.
pub async fn serve(
    listener: TcpListener,
    service: Router,
    tls: Option<Arc<ServerTls>>,
    mut stopped: watch::Receiver<bool>,
) {
    let connections = GracefulShutdown::new();
    let kept = Connections::new(Limits::of_this_process());
    loop {
        let (stream, peer) = tokio::select! {
            () = end(&mut stopped) => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(_) => {
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                    continue;
                }
            },
        };
        // Where nobody can be let go, the one that came last is.
        if let Some(connection) = kept.admit(peer.ip()) {
            let _ = stream.set_nodelay(true);
            let (watcher, service, tls) = (connections.watcher(), service.clone(), tls.clone());
            tokio::spawn(async move {
                let going = Arc::clone(&connection);
                let served = async {
                    match tls {
                        None => answer(watcher, stream, peer, connection, service).await,
                        Some(tls) => {
                            if let Some((stream, _)) = tls.accept(stream).await {
                                answer(watcher, stream, peer, connection, service).await;
                            }
                        }
                    }
                };
                tokio::select! {
                    () = served => {}
                    () = going.has_to_go() => {}
                }
            });
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn end(stopped: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a wish to stop as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Answers the requests of one connection until it ends.
async fn answer(
    watcher: Watcher,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    kept: Arc<Connection>,
    service: Router,
) {
    let answering = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let (service, connection) = (service.clone(), Arc::clone(&kept));
        async move {
            let answering = connection.begin();
            let mut answer = service.oneshot(request).await;
            if let Ok(answer) = &mut answer
                && answer.extensions().get::<Streams>().is_some()
            {
                let body = std::mem::take(answer.body_mut());
                *answer.body_mut() = Body::new(body.map_frame(move |frame| {
                    let _busy = &answering;
                    frame
                }));
            }
            if answer.as_ref().is_ok_and(|answer| answer.extensions().get::<FromEdge>().is_some()) {
                connection.is_known();
            }
            answer.map(|answer| bounded(answer, &connection))
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(MAX_STREAMS).max_send_buf_size(MAX_SEND_BYTES);
    let connection = builder.serve_connection(TokioIo::new(stream), answering).into_owned();
    // A client that breaks off is nobody's error.
    let _ = watcher.watch(connection).await;
}
