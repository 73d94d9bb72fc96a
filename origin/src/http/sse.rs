//! Server-sent events: an answer that goes on for as long as whoever asked takes it.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use hyper::body::Frame;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::Origin;

/// Longest silence: a comment keeps what lies between from taking the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long whoever asked may take nothing of it.
const TAKEN_WITHIN: Duration = Duration::from_secs(60);
/// How long a stream goes on. Whoever reads asks again from where they are, and so shows again that they may.
const LASTS: Duration = Duration::from_secs(600);
/// Pieces that wait to be taken.
const WAITING: usize = 16;

/// Marks an answer that goes on: its connection is busy until it ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Streams;

/// The stream is over: nobody takes it, its time has passed, or the origin stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Over;

/// Where a stream is written to.
#[derive(Debug)]
pub(crate) struct Feed {
    pieces: mpsc::Sender<Bytes>,
    stopping: watch::Receiver<bool>,
    until: Instant,
}

/// An answer that `write` writes until it returns.
pub(crate) fn stream<F>(origin: &Origin, write: impl FnOnce(Feed) -> F) -> Response
where
    F: Future<Output = Result<(), Over>> + Send + 'static,
{
    let (pieces, taken) = mpsc::channel(WAITING);
    let feed = Feed { pieces, stopping: origin.gate.stopping(), until: Instant::now() + LASTS };
    tokio::spawn(write(feed));
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    let mut response = (headers, Body::new(Pieces(taken))).into_response();
    response.extensions_mut().insert(Streams);
    response
}

impl Feed {
    /// Sends an event. Data without line ends.
    pub(crate) async fn event(&self, id: &str, name: &str, data: &str) -> Result<(), Over> {
        self.send(format!("id: {id}\nevent: {name}\ndata: {data}\n\n")).await
    }

    /// Waits for something to happen, and keeps the connection alive meanwhile.
    pub(crate) async fn wait<T>(&mut self, something: impl Future<Output = T>) -> Result<T, Over> {
        tokio::pin!(something);
        loop {
            let (pieces, until) = (self.pieces.clone(), self.until);
            tokio::select! {
                happened = &mut something => return Ok(happened),
                // An error means that the origin is gone altogether.
                _ = self.stopping.wait_for(|stopping| *stopping) => return Err(Over),
                () = pieces.closed() => return Err(Over),
                () = tokio::time::sleep_until(until) => return Err(Over),
                () = tokio::time::sleep(KEEP_ALIVE) => {}
            }
            self.send(":\n\n".into()).await?;
        }
    }

    async fn send(&self, piece: String) -> Result<(), Over> {
        match tokio::time::timeout(TAKEN_WITHIN, self.pieces.send(piece.into())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Over),
        }
    }
}

/// The pieces as a body.
struct Pieces(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}
