//! A node and an origin that serve TLS themselves, with certificates of an authority of the operator's own: turns travel, HTTP/2 is
//! spoken, and a renewal interrupts nobody.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use lgdl_edge_host::{Host, HostConfig};
use lgdl_origin::Config;
use lgdl_origin::clock::{Clock as _, SystemClock};
use lgdl_origin::serve::start;
use lgdl_origin::tls::{Tls, server_tls, trust};
use lgdl_tests::games::{self, root};
use lgdl_tests::origin::{EDGE_SECRET, node_variables, publish_all};
use lgdl_tests::stack::component;
use lgdl_tls::{Files, client_config};
use serde_json::{Value, json};
use tokio::net::TcpStream;

#[path = "../../origin/tests/support/certificates.rs"]
#[allow(dead_code)] // other test binaries use the rest
mod certificates;

use certificates::{Authority, FAR};

const WHO: &str = "localhost";

/// A connection on which HTTP/2 was agreed upon.
async fn connect(address: SocketAddr) -> SendRequest<Full<Bytes>> {
    let mut config = client_config();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = TcpStream::connect(address).await.unwrap();
    let tls = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = tls.connect(WHO.try_into().unwrap(), stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn say(sender: &mut SendRequest<Full<Bytes>>, address: SocketAddr, input: &str) -> (StatusCode, Value) {
    let body = json!({"conversation_id": "c", "user_id": "u", "input": input}).to_string();
    let request = Request::post(format!("https://{WHO}:{}/games/clinic_triage/move", address.port()))
        .version(Version::HTTP_2)
        .header("content-type", "application/json")
        .body(Full::new(body.into()))
        .unwrap();
    let (head, body) = sender.send_request(request).await.unwrap().into_parts();
    assert_eq!(head.version, Version::HTTP_2);
    (head.status, serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn turns_travel_from_http_2_over_the_node_to_the_origin_and_a_renewal_interrupts_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path());
    authority.issue(2190);
    let mut environment = authority.settings().map(|(name, value)| (name.to_owned(), value)).to_vec();
    let database = folder.path().join("lgdl.db").to_str().unwrap().to_owned();
    environment.extend([
        ("LGDL_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ("LGDL_ADMIN_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ("LGDL_SQLITE_PATH".to_owned(), database),
        ("LGDL_EDGE_KEYS".to_owned(), format!("edge:{EDGE_SECRET}")),
    ]);
    let origin = start(Config::read("", environment).unwrap()).await.unwrap();
    let game = games::own().into_iter().find(|game| game.id == "clinic_triage").unwrap();
    publish_all(&origin, std::slice::from_ref(&game), &Default::default()).await;

    let files = Files { certificate: authority.file("tls.crt"), key: authority.file("tls.key") };
    let tls = Tls { server: Some(files), authorities: Some(authority.file("authority.pem")) };
    trust(&tls).unwrap();
    let manifest = std::fs::read_to_string(root().join("spin.toml")).unwrap();
    let mut config = HostConfig::new(component().to_vec(), manifest);
    let origin_url = format!("https://{WHO}:{}", origin.edge_address.port());
    let variables = node_variables(&origin_url, std::slice::from_ref(&game));
    let mut variables: BTreeMap<_, _> =
        variables.into_iter().map(|(name, value)| (format!("lgdl_{name}"), value)).collect();
    config.variables = variables.clone();
    config.code_cache = Some(std::env::temp_dir().join("lgdl-test-code"));
    config.tls = server_tls(tls, &SystemClock).unwrap();
    let shown = config.tls.clone().unwrap();
    let host = Host::start(config).await.unwrap();

    let mut before = connect(host.address()).await;
    let (status, answer) = say(&mut before, host.address(), "hello").await;
    assert_eq!((status, &answer["durable"], &answer["turn"]), (StatusCode::OK, &json!(true), &json!(1)), "{answer}");
    authority.issue(FAR);
    shown.renew_and_tell(SystemClock.now_ms() / 1000);
    origin.origin.tls.as_ref().unwrap().renew_and_tell(SystemClock.now_ms() / 1000);
    assert_eq!(shown.fault(), None);
    for (connection, turn) in [(&mut before, 2), (&mut connect(host.address()).await, 3)] {
        let (status, answer) = say(connection, host.address(), "hello").await;
        assert_eq!((status, &answer["durable"], &answer["turn"]), (StatusCode::OK, &json!(true), &json!(turn)));
    }
    // Settings that are read anew hold from the next request on, also on a connection that is there.
    variables.insert("lgdl_rate_limit_conversation".to_owned(), "1/hour".to_owned());
    host.reload(variables).unwrap();
    let answers =
        [say(&mut before, host.address(), "hello").await.0, say(&mut before, host.address(), "hello").await.0];
    assert_eq!(answers, [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS]);
    host.stop().await;
    origin.stop().await.unwrap();
}
