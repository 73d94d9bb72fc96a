//! A SIEM's endpoint: takes JSON lines over HTTP, and can be told to fail first.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;

/// How the endpoint answers one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// With this status, and the batch is not taken.
    Refuse(StatusCode),
    /// It takes the batch and never answers.
    Hang,
}

#[derive(Default)]
struct Seen {
    lines: Vec<Value>,
    headers: Vec<HeaderMap>,
    answers: VecDeque<Answer>,
    /// Refuses everything.
    down: bool,
}

/// A running endpoint.
#[derive(Clone)]
pub(crate) struct Siem {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl Siem {
    /// Starts one that answers the first requests like this, and takes all that follow.
    pub(crate) async fn start(answers: &[Answer]) -> Siem {
        let seen = Arc::new(Mutex::new(Seen { answers: answers.iter().copied().collect(), ..Seen::default() }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/events", post(take)).with_state(Arc::clone(&seen));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Siem { address, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/events", self.address)
    }

    /// Every document it took, in the order it came.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.seen.lock().unwrap().lines.clone()
    }

    pub(crate) fn sequences(&self) -> Vec<u64> {
        self.lines().iter().map(|line| line["sequence"].as_u64().unwrap()).collect()
    }

    pub(crate) fn headers(&self) -> Vec<HeaderMap> {
        self.seen.lock().unwrap().headers.clone()
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.seen.lock().unwrap().down = down;
    }
}

async fn take(State(seen): State<Arc<Mutex<Seen>>>, headers: HeaderMap, body: String) -> Response {
    let answer = {
        let mut seen = seen.lock().unwrap();
        seen.headers.push(headers);
        let answer = if seen.down { Some(Answer::Refuse(StatusCode::BAD_GATEWAY)) } else { seen.answers.pop_front() };
        if !matches!(answer, Some(Answer::Refuse(_))) {
            seen.lines.extend(body.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
        }
        answer
    };
    match answer {
        Some(Answer::Refuse(status)) => (status, [("retry-after", "1")], "a text that nobody may see").into_response(),
        Some(Answer::Hang) => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            StatusCode::OK.into_response()
        }
        None => {
            // Long enough for others to come in between.
            tokio::time::sleep(Duration::from_millis(5)).await;
            StatusCode::OK.into_response()
        }
    }
}
