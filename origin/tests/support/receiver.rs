//! A webhook's receiver: checks signatures with the specification's own library, and can be told to fail, to be slow, or to send on.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use lgdl_ports::Port;
use serde_json::Value;
use standardwebhooks::Webhook;

/// How a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// With this status, and the event is not taken.
    Refuse(StatusCode),
    /// It is taken, and the answer gets lost.
    Break,
}

#[derive(Default)]
struct Seen {
    secrets: Vec<String>,
    events: Vec<Value>,
    headers: Vec<HeaderMap>,
    forged: usize,
    answers: VecDeque<Answer>,
    always: Option<StatusCode>,
    takes: Duration,
}

/// A running receiver.
#[derive(Clone)]
pub(crate) struct Receiver {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl Receiver {
    pub(crate) async fn start() -> Receiver {
        let seen = Arc::<Mutex<Seen>>::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/hook", post(take)).with_state(Arc::clone(&seen));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Receiver { address, seen }
    }

    /// The same in a runtime of its own, so that it can be killed; what it has taken is as on a disk.
    pub(crate) fn start_killable() -> (Receiver, Life) {
        let port = Port::free();
        let receiver = Receiver { address: port.address(), seen: Arc::default() };
        let mut life = Life { receiver: receiver.clone(), runtime: None, _port: port };
        life.revive();
        (receiver, life)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Trusts this secret, too.
    pub(crate) fn trust(&self, secret: &str) {
        self.seen.lock().unwrap().secrets.push(secret.to_owned());
    }

    /// Trusts this one alone.
    pub(crate) fn trust_only(&self, secret: &str) {
        self.seen.lock().unwrap().secrets = vec![secret.to_owned()];
    }

    pub(crate) fn answers(&self, answers: &[Answer]) {
        self.seen.lock().unwrap().answers.extend(answers);
    }

    pub(crate) fn always(&self, status: Option<StatusCode>) {
        self.seen.lock().unwrap().always = status;
    }

    pub(crate) fn takes(&self, time: Duration) {
        self.seen.lock().unwrap().takes = time;
    }

    /// Every event that it took, in the order it came.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.seen.lock().unwrap().events.clone()
    }

    /// The types of them, without those that came again.
    pub(crate) fn types(&self) -> Vec<String> {
        let mut seen = std::collections::BTreeSet::new();
        let events = self.events();
        let fresh = events.iter().filter(|event| seen.insert(event["id"].as_str().unwrap().to_owned()));
        fresh.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    /// The turns of each conversation, in the order in which they came for the first time.
    pub(crate) fn turns(&self) -> BTreeMap<String, Vec<u64>> {
        let mut turns = BTreeMap::<String, Vec<u64>>::new();
        for event in self.events().iter().filter(|event| event["type"] == "lgdl.turn.committed.v1") {
            let of = turns.entry(event["subject"].as_str().unwrap().to_owned()).or_default();
            let turn = event["data"]["turn"].as_u64().unwrap();
            if !of.contains(&turn) {
                of.push(turn);
            }
        }
        turns
    }

    pub(crate) fn headers(&self) -> Vec<HeaderMap> {
        self.seen.lock().unwrap().headers.clone()
    }

    /// Requests whose signature was of no secret that it trusts.
    pub(crate) fn forged(&self) -> usize {
        self.seen.lock().unwrap().forged
    }

    pub(crate) async fn until(&self, what: &str, mut is_so: impl FnMut(&Receiver) -> bool) {
        let began = Instant::now();
        while !is_so(self) {
            assert!(began.elapsed() < Duration::from_secs(60), "{what}: {:?}", self.types());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// The life of a receiver's process.
pub(crate) struct Life {
    receiver: Receiver,
    runtime: Option<tokio::runtime::Runtime>,
    _port: Port,
}

impl Life {
    /// Connections break off wherever they are.
    pub(crate) fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// Starts again at the same address.
    pub(crate) fn revive(&mut self) {
        let began = Instant::now();
        let listener = loop {
            match std::net::TcpListener::bind(self.receiver.address) {
                Ok(listener) => break listener,
                Err(error) => assert!(began.elapsed() < Duration::from_secs(10), "{error}"),
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        self.runtime = Some(serve(listener, &self.receiver));
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.kill();
    }
}

fn serve(listener: std::net::TcpListener, receiver: &Receiver) -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    listener.set_nonblocking(true).unwrap();
    let routes = Router::new().route("/hook", post(take)).with_state(Arc::clone(&receiver.seen));
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        axum::serve(listener, routes).await
    });
    runtime
}

async fn take(State(seen): State<Arc<Mutex<Seen>>>, headers: HeaderMap, body: Bytes) -> Response {
    let (answer, takes) = {
        let mut seen = seen.lock().unwrap();
        let good = |secret: &String| Webhook::new(secret).unwrap().verify(&body, &headers).is_ok();
        if !seen.secrets.iter().any(good) {
            seen.forged += 1;
            return StatusCode::UNAUTHORIZED.into_response();
        }
        seen.headers.push(headers);
        let answer = seen.always.map(Answer::Refuse).or_else(|| seen.answers.pop_front());
        if !matches!(answer, Some(Answer::Refuse(_))) {
            seen.events.push(serde_json::from_slice(&body).unwrap());
        }
        (answer, seen.takes)
    };
    tokio::time::sleep(takes).await;
    match answer {
        Some(Answer::Refuse(status)) => (status, "a text that nobody may see").into_response(),
        // Taken, but whoever sent it hears that it was not.
        Some(Answer::Break) => StatusCode::BAD_GATEWAY.into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}
