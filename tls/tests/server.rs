//! A server's certificate: what can't be used is named, and a renewed one is shown without an end to what is under way.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use lgdl_tls::{Files, Protocol, Renewal, Seconds, ServerTls, TlsError, any_server, client_config, trust};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

/// 2030-01-01.
const NOW: Seconds = 1_893_456_000;

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Writes a certificate for `localhost` that ends with that year.
fn issue(by: &CertifiedIssuer<'static, KeyPair>, folder: &Path, last_year: i32) -> Files {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(last_year, 12, 31));
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, by).unwrap();
    let files = Files { certificate: folder.join("tls.crt"), key: folder.join("tls.key") };
    std::fs::write(&files.certificate, certificate.pem()).unwrap();
    std::fs::write(&files.key, key.serialize_pem()).unwrap();
    files
}

/// Serves echoes.
async fn serve(tls: Arc<ServerTls>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let tls = Arc::clone(&tls);
            tokio::spawn(async move {
                let Some((mut stream, protocol)) = tls.accept(stream).await else { return };
                let _ = stream.write_all(if protocol == Protocol::Http2 { b"2" } else { b"1" }).await;
                let mut byte = [0];
                while let Ok(1) = stream.read(&mut byte).await {
                    let _ = stream.write_all(&byte).await;
                }
            });
        }
    });
    address
}

type Client = tokio_rustls::client::TlsStream<TcpStream>;

async fn connect(address: SocketAddr, mut config: ClientConfig, offers: &[&[u8]]) -> std::io::Result<Client> {
    config.alpn_protocols = offers.iter().map(|name| name.to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(address).await?).await
}

async fn echo(client: &mut Client, byte: u8) -> u8 {
    client.write_all(&[byte]).await.unwrap();
    let mut read = [0];
    client.read_exact(&mut read).await.unwrap();
    read[0]
}

fn shown(client: &Client) -> Vec<u8> {
    client.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_and_what_is_under_way_goes_on() {
    let (folder, by) = (tempfile::tempdir().unwrap(), authority());
    let tls = Arc::new(ServerTls::open(issue(&by, folder.path(), 2031), NOW).unwrap());
    let address = serve(Arc::clone(&tls)).await;
    // Nobody trusts an authority that nobody has named.
    let of_before = client_config();
    assert!(connect(address, of_before.clone(), &[]).await.is_err());
    std::fs::write(folder.path().join("ca.pem"), by.pem()).unwrap();
    trust(Some(&folder.path().join("ca.pem"))).unwrap();
    // A client that is there already trusts it from now on, too.
    assert!(connect(address, of_before, &[]).await.is_ok());
    let mut old = connect(address, client_config(), &[]).await.unwrap();
    assert_eq!(old.read_u8().await.unwrap(), b'1');
    assert_eq!(tls.renew(NOW).unwrap(), Renewal::Unchanged);

    // Half of a renewal: the certificate is new, and the key is not yet.
    let before = std::fs::read(folder.path().join("tls.key")).unwrap();
    issue(&by, folder.path(), 2040);
    let after = std::fs::read(folder.path().join("tls.key")).unwrap();
    std::fs::write(folder.path().join("tls.key"), before).unwrap();
    assert!(matches!(tls.renew(NOW), Err(TlsError::OtherKey(_))));
    tls.renew_and_tell(NOW);
    assert!(tls.fault().is_some_and(|fault| fault.starts_with("E562")));
    assert_eq!(shown(&connect(address, client_config(), &[]).await.unwrap()), shown(&old));
    std::fs::write(folder.path().join("tls.key"), after).unwrap();
    let ended = tls.ends_at();
    tls.renew_and_tell(NOW);
    assert!(tls.ends_at() > ended && tls.fault().is_none());
    let new = connect(address, client_config(), &[]).await.unwrap();
    assert_ne!(shown(&new), shown(&old));
    assert_eq!(echo(&mut old, b'x').await, b'x', "what began before goes on");
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_offered() {
    let (folder, by) = (tempfile::tempdir().unwrap(), authority());
    let address = serve(Arc::new(ServerTls::open(issue(&by, folder.path(), 2031), NOW).unwrap())).await;
    for (offers, spoken) in [(&[b"h2".as_slice(), b"http/1.1"][..], b'2'), (&[b"http/1.1"], b'1'), (&[], b'1')] {
        let mut client = connect(address, any_server(), offers).await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), spoken);
    }
    assert!(connect(address, any_server(), &[b"spdy/3"]).await.is_err());
}

#[tokio::test]
async fn who_does_not_speak_tls_is_told_and_an_old_protocol_is_refused() {
    let (folder, by) = (tempfile::tempdir().unwrap(), authority());
    let address = serve(Arc::new(ServerTls::open(issue(&by, folder.path(), 2031), NOW).unwrap())).await;
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    plain.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("E564"), "{answer}");

    // A hello of TLS 1.1, with one cipher suite and the extension of signature algorithms (RFC 5246, 7.4.1).
    let mut hello = vec![22, 3, 1, 0, 55, 1, 0, 0, 51, 3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0xc0, 0x2f, 1, 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 1]);
    let mut old = TcpStream::connect(address).await.unwrap();
    old.write_all(&hello).await.unwrap();
    let mut alert = Vec::new();
    old.read_to_end(&mut alert).await.unwrap();
    assert_eq!((alert[0], alert[5], alert[6]), (21, 2, 70), "a fatal alert: protocol_version");

    // Neither: no answer, and nobody is harmed.
    let mut noise = TcpStream::connect(address).await.unwrap();
    noise.write_all(&[0, 1, 2, 3]).await.unwrap();
    assert!(noise.read_to_end(&mut Vec::new()).await.is_err() || noise.read_u8().await.is_err());
    assert!(connect(address, any_server(), &[]).await.is_ok());
}

#[test]
fn what_can_not_be_used_is_named() {
    let (folder, by) = (tempfile::tempdir().unwrap(), authority());
    let files = issue(&by, folder.path(), 2031);
    let code = |files: &Files, now: Seconds| {
        let error = ServerTls::open(files.clone(), now).map(drop).unwrap_err();
        error.to_string().split(' ').next().unwrap().to_owned()
    };
    assert!(ServerTls::open(files.clone(), NOW).is_ok());
    assert_eq!(code(&files, NOW + 4 * 31_536_000), "E563", "it is over");
    assert_eq!(code(&files, NOW - 20 * 31_536_000), "E563", "it has not begun");
    let swapped = Files { certificate: files.key.clone(), key: files.certificate.clone() };
    assert_eq!(code(&swapped, NOW), "E561");
    let missing = Files { certificate: folder.path().join("none"), ..files.clone() };
    assert_eq!(code(&missing, NOW), "E560");
    std::fs::write(&files.key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert_eq!(code(&files, NOW), "E562");
    assert!(matches!(trust(Some(&files.key)), Err(TlsError::Unusable(..))));
}

#[test]
fn a_file_that_can_not_be_used_says_which_it_is_and_what_to_do() {
    let (folder, by) = (tempfile::tempdir().unwrap(), authority());
    let files = issue(&by, folder.path(), 2031);
    let (certificate, key) =
        (std::fs::read_to_string(&files.certificate).unwrap(), std::fs::read_to_string(&files.key).unwrap());
    let mut altered: Vec<&str> = certificate.lines().collect();
    altered.remove(3);
    let altered = altered.join("\n");
    let cut = certificate.replace("-----END CERTIFICATE-----", "");
    let odd_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for (path, text, todo) in [
        (&files.certificate, "", "openssl x509"),
        (&files.certificate, cut.as_str(), "Put the whole file there"),
        (&files.certificate, altered.as_str(), "as they were issued"),
        (&files.certificate, key.as_str(), "openssl x509"),
        (&files.key, "", "openssl pkey"),
        (&files.key, odd_key, "Make one of"),
    ] {
        std::fs::write(&files.certificate, &certificate).unwrap();
        std::fs::write(&files.key, &key).unwrap();
        std::fs::write(path, text).unwrap();
        let error = ServerTls::open(files.clone(), NOW).map(drop).unwrap_err().to_string();
        assert!(error.starts_with("E561 ") && error.contains(path.to_str().unwrap()), "{error}");
        assert!(error.contains(todo), "{error}");
        // Nobody who keeps servers knows the words of a library.
        assert!(
            ["Asn1", "DER", "TLV", "Encoding", "section", "Error", "ECDSA key"]
                .iter()
                .all(|word| !error.contains(word)),
            "{error}"
        );
    }
    std::fs::write(folder.path().join("ca.pem"), altered).unwrap();
    let error = trust(Some(&folder.path().join("ca.pem"))).unwrap_err().to_string();
    assert!(error.contains("ca.pem") && error.contains("Put the certificates of authorities there"), "{error}");
    let error = trust(Some(&folder.path().join("none.pem"))).unwrap_err().to_string();
    assert!(error.contains("none.pem") && error.contains("its path in the settings"), "{error}");
}
