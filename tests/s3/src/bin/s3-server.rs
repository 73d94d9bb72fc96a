//! A server that speaks S3 over a folder (s3s-fs), as a process of its own, so that it can be killed; and that fails as it is told to.
//!
//! `s3-server FOLDER PORT KEY SECRET`: buckets are the folders in `FOLDER/data`.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use lgdl_s3::{FAULTS, Faults, LISTENS};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError, HttpRequest, HttpResponse};
use tokio::net::TcpListener;

static REQUESTS: AtomicU64 = AtomicU64::new(1);
const SLOW_DOWN: &str = "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>later</Message></Error>";

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("FOLDER PORT KEY SECRET");
    let (folder, port, key, secret) = (PathBuf::from(next()), next(), next(), next());
    let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.join("data")).expect("the folder is there"));
    builder.set_auth(SimpleAuth::from_single(key, secret));
    let service = builder.build();
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port is free");
    println!("{LISTENS}{}", listener.local_addr().expect("an address"));
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (service, faults) = (service.clone(), folder.join(FAULTS));
        tokio::spawn(async move {
            let answer = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let (service, faults) = (service.clone(), faults.clone());
                async move {
                    let faults = Faults::read(&std::fs::read_to_string(faults).unwrap_or_default());
                    answer(&service, faults, request.map(Body::from)).await
                }
            });
            // A client that goes away is none of our business.
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

async fn answer(service: &S3Service, faults: Faults, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
    let is_turn = |every: u64| every > 0 && number.is_multiple_of(every);
    tokio::time::sleep(Duration::from_millis(faults.delay_ms)).await;
    if is_turn(faults.refuse_every) {
        return Ok(failure());
    }
    let answer = service.call(request).await;
    if is_turn(faults.lose_every) { Ok(failure()) } else { answer }
}

fn failure() -> HttpResponse {
    let mut response = http::Response::new(Body::from(SLOW_DOWN.to_owned()));
    *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
    response
}
