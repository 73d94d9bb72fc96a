//! An answer that keeps its room until its peer has taken it: also while the protocol holds it back, where the body is gone already.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Body as _, Frame, SizeHint};

use super::connections::{Connection, Untaken};
use super::problem::Problem;

/// When whoever is refused may try again, seconds.
const RETRY_SECONDS: u32 = 1;

/// The answer with its room; where there is none, a refusal. What is made while it is taken needs none: no more of it is made than is
/// taken.
pub(super) fn bounded(answer: Response, connection: &Connection) -> Response {
    let Some(bytes) = answer.body().size_hint().exact() else { return answer };
    match connection.room(usize::try_from(bytes).unwrap_or(usize::MAX)) {
        Some(room) => answer.map(|body| Body::new(Bounded { body, room: Some(room) })),
        None => {
            let id = answer.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
            let detail = "Answers that were asked for wait to be taken: take those first.";
            Problem::too_many(detail).retry_after(RETRY_SECONDS).respond(id)
        }
    }
}

struct Bounded {
    body: Body,
    room: Option<Untaken>,
}

impl hyper::body::Body for Bounded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        // Whole answers are one frame.
        frame.map_ok(|frame| match self.room.take() {
            Some(room) => frame.map_data(|bytes| Bytes::from_owner(Part { bytes, _room: room })),
            None => frame,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

struct Part {
    bytes: Bytes,
    _room: Untaken,
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
