//! Tokens that an issuer signs with its private key: what the origin says of them, and how it comes by the public keys.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use lgdl::wire::origin::{Signature, TokenAnswer, TokenRequest};
use lgdl_origin::config::Config;
use lgdl_origin::tokens::{BELIEVED_MS, BELIEVED_WHILE_AWAY_MS, READ_AGAIN_MS, TokenKeys};
use reqwest::Method;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::client::edge_with;

// A key that was thrown away after it had signed this one token.
const RSA_MODULUS: &str = concat!(
    "tNtd7NJaT86X7A3CbLher3DamkwdjR9BO5OgOl8cA0IqKoGd6a_JoeZY6JViBKGZ_R8TZn0ITMe7fU7yT3K0YG45vZ8ymaT-x0Wc",
    "JGcB8K_Z_paTPUq0ReBJfPTuub7ujtlX7JrOI1NL-bYCSjIa00kTa8iSO3xtfQN4dJlMvPmdTAO8jujCAYRrxttBdwac0EXzhxpX",
    "SQvk9BsnVTKXVAcfkiMk0_A0bYyj1oK7vzfjq0xBcg3jb9hF9FC84ajgte398N2uSs2PUc_FDTzKFHA3Gxn1ZPfTgA3hCEPNGPx7",
    "m9Paei72--afWL70wgkuwSHdViYXgNKMUq-HpMv9Mw",
);

const RSA_TOKEN: &str = concat!(
    "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIn0.eyJzdWIiOiJ1MSIsImlzcyI6Imh0dHBzOi8vaXNzdWVyLmV4YW1wbGUuY29t",
    "IiwiYXVkIjoibGdkbCIsImV4cCI6NDEwMjQ0NDgwMH0.EEne6pRTVgNQtvaRwU3QiHGXtc_R8GrZXNzyf9GuDT7k44bq7fmQGcKS",
    "uVG7Yxtz3AkiudQi3ewmow3WWnWOGeyz2BXv8KK3ECOSCknK47piuDP0Cg84IIhtYTH0ovsxdAwy9pNDsztNTREekdCwo9AxRVNM",
    "L35EdZbGKkzRB68yjEzOfitsI12loyo-uOKOhq3WXKPIk8xfTSoYq9JpargkOeWJ5H-KUkzKpFN8mvTrMkCpzREUCGjspt98Nr4Z",
    "Z-RwxOf8-lot2MK86iQyxquj_Q35FE50vaKK-ge7_RF5AW2Y10HNKkXK8RM2bGJb10OOvSwe1V_-C-R9awWBgA",
);

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn rsa_key() -> Value {
    json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "rsa-1", "n": RSA_MODULUS, "e": "AQAB" })
}

fn claims() -> Value {
    json!({ "sub": "u1", "iss": "https://issuer.example.com", "aud": "lgdl", "exp": 4_102_444_800_u32 })
}

/// A key pair of an issuer.
enum Issuer {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Issuer {
    fn p256() -> Issuer {
        let random = SystemRandom::new();
        let private = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private.as_ref(), &random).unwrap();
        Issuer::P256(pair)
    }

    fn ed25519() -> Issuer {
        let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Issuer::Ed25519(Ed25519KeyPair::from_pkcs8(private.as_ref()).unwrap())
    }

    fn key(&self, id: &str) -> Value {
        match self {
            Issuer::P256(pair) => {
                let point = pair.public_key().as_ref();
                let [x, y] = [&point[1..33], &point[33..]].map(|part| URL_SAFE_NO_PAD.encode(part));
                json!({ "kty": "EC", "crv": "P-256", "kid": id, "x": x, "y": y })
            }
            Issuer::Ed25519(pair) => {
                let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
                json!({ "kty": "OKP", "crv": "Ed25519", "kid": id, "x": x })
            }
        }
    }

    fn sign(&self, head: &Value) -> String {
        let signed = format!("{}.{}", encoded(head), encoded(&claims()));
        let signature = match self {
            Issuer::P256(pair) => pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap().as_ref().to_vec(),
            Issuer::Ed25519(pair) => pair.sign(signed.as_bytes()).as_ref().to_vec(),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn keys_in(folder: &tempfile::TempDir, keys: &[Value]) -> String {
    let file = folder.path().join("jwks.json");
    std::fs::write(&file, json!({ "keys": keys }).to_string()).unwrap();
    format!("@{}", file.display())
}

fn token_keys(source: &str) -> TokenKeys {
    let settings = [("LGDL_JWT_KEYS", source), ("LGDL_JWT_KEYS_PRIVATE", "true"), ("LGDL_EDGE_UNSIGNED", "true")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    TokenKeys::of(&Config::read("", settings).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_is_good_that_the_key_of_its_name_and_algorithm_verifies_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (p256, ed25519, stranger) = (Issuer::p256(), Issuer::ed25519(), Issuer::ed25519());
    let keys = [
        rsa_key(),
        p256.key("ec-1"),
        ed25519.key("ed-1"),
        // None of these is a key to verify with here.
        json!({ "kty": "oct", "kid": "secret", "k": URL_SAFE_NO_PAD.encode("a secret that lies in the open") }),
        json!({ "kty": "RSA", "kid": "weak", "n": URL_SAFE_NO_PAD.encode([0xff; 128]), "e": "AQAB" }),
        json!({ "kty": "RSA", "kid": "sealing", "use": "enc", "n": RSA_MODULUS, "e": "AQAB" }),
        json!({ "kty": "RSA", "kid": "other", "alg": "RS512", "n": RSA_MODULUS, "e": "AQAB" }),
    ];
    let keys = token_keys(&keys_in(&folder, &keys));
    let check = async |token: &str| keys.check(token, 1_000_000).await;
    let good_ec = p256.sign(&json!({ "alg": "ES256", "kid": "ec-1" }));
    let good_ed = ed25519.sign(&json!({ "alg": "EdDSA", "kid": "ed-1", "typ": "JWT" }));
    let nameless = ed25519.sign(&json!({ "alg": "EdDSA" }));
    for (what, token) in [("RS256", RSA_TOKEN), ("ES256", &good_ec), ("EdDSA", &good_ed), ("no kid", &nameless)] {
        assert_eq!(check(token).await, Signature::Good, "{what}");
    }

    let (signed, signature) = RSA_TOKEN.rsplit_once('.').unwrap();
    let (_, rsa_claims) = signed.split_once('.').unwrap();
    let with_head = |head: Value| format!("{}.{rsa_claims}.{signature}", encoded(&head));
    // The public key is no secret: whoever signs with it has signed nothing.
    let hmac_under = |secret: &[u8], head: Value| {
        let signed = format!("{}.{}", encoded(&head), encoded(&claims()));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    };
    let modulus = URL_SAFE_NO_PAD.decode(RSA_MODULUS).unwrap();
    let other_claims = encoded(&json!({ "sub": "administrator" }));
    for (what, token) in [
        ("another person", format!("{}.{other_claims}.{signature}", signed.split('.').next().unwrap())),
        ("no algorithm", with_head(json!({ "alg": "none", "kid": "rsa-1" }))),
        ("no algorithm and no signature", format!("{}.{rsa_claims}.", encoded(&json!({ "alg": "none" })))),
        ("the public key as a secret", hmac_under(&modulus, json!({ "alg": "HS256", "kid": "rsa-1" }))),
        ("the document as a secret", hmac_under(rsa_key().to_string().as_bytes(), json!({ "alg": "HS256" }))),
        (
            "a secret of the document",
            hmac_under(b"a secret that lies in the open", json!({ "alg": "HS256", "kid": "secret" })),
        ),
        ("the secret under a good name", hmac_under(&modulus, json!({ "alg": "RS256", "kid": "rsa-1" }))),
        ("a longer hash", with_head(json!({ "alg": "RS512", "kid": "other" }))),
        ("a key to seal with", with_head(json!({ "alg": "RS256", "kid": "sealing" }))),
        ("the key of another algorithm", ed25519.sign(&json!({ "alg": "EdDSA", "kid": "ec-1" }))),
        ("another algorithm for a good key", ed25519.sign(&json!({ "alg": "ES256", "kid": "ed-1" }))),
        ("a stranger's key", stranger.sign(&json!({ "alg": "EdDSA", "kid": "ed-1" }))),
        ("a key that it brings along", stranger.sign(&json!({ "alg": "EdDSA", "kid": "x", "jwk": stranger.key("x") }))),
        (
            "a key that it points to",
            stranger.sign(&json!({ "alg": "EdDSA", "kid": "../../ed-1", "jku": "http://evil.example.com" })),
        ),
        ("a name that is none", stranger.sign(&json!({ "alg": "EdDSA", "kid": ["ed-1"] }))),
        ("what must be understood", ed25519.sign(&json!({ "alg": "EdDSA", "kid": "ed-1", "crit": ["b64"] }))),
        ("no signature", format!("{signed}.")),
        ("a signature cut short", RSA_TOKEN[..RSA_TOKEN.len() - 4].to_owned()),
        ("nothing", String::new()),
        ("two dots", "..".into()),
        ("too long", format!("{good_ed}{}", "A".repeat(8_192))),
    ] {
        assert_eq!(check(&token).await, Signature::Bad, "{what}");
    }
}

/// An issuer's document on the network, which may be changed and taken away.
struct Published {
    text: Arc<Mutex<Option<String>>>,
    asked: Arc<AtomicUsize>,
    url: String,
}

impl Published {
    async fn at_loopback(keys: &[Value]) -> Published {
        let text = Arc::new(Mutex::new(Some(json!({ "keys": keys }).to_string())));
        let asked = Arc::new(AtomicUsize::new(0));
        let (shown, counted) = (Arc::clone(&text), Arc::clone(&asked));
        let answer = move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let text = shown.lock().unwrap().clone();
            async move { text.ok_or(axum::http::StatusCode::SERVICE_UNAVAILABLE) }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let service = Router::new().route("/jwks.json", get(answer));
        tokio::spawn(async move { axum::serve(listener, service).await });
        Published { text, asked, url }
    }

    fn change(&self, text: Option<String>) {
        *self.text.lock().unwrap() = text;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn keys_are_read_again_when_the_issuer_has_new_ones_and_not_for_every_stranger() {
    let (old, new) = (Issuer::ed25519(), Issuer::p256());
    let published = Published::at_loopback(&[old.key("1")]).await;
    let keys = token_keys(&published.url);
    let of_old = old.sign(&json!({ "alg": "EdDSA", "kid": "1" }));
    let of_new = new.sign(&json!({ "alg": "ES256", "kid": "2" }));
    let begin = 1_000_000;
    assert_eq!(keys.check(&of_old, begin).await, Signature::Good);
    for n in 0..50 {
        let made_up = old.sign(&json!({ "alg": "EdDSA", "kid": format!("made up {n}") }));
        assert_eq!(keys.check(&made_up, begin + 1_000).await, Signature::Bad);
    }
    assert_eq!(published.asked(), 1, "nobody can have it read more often than every half minute");

    published.change(Some(json!({ "keys": [old.key("1"), new.key("2")] }).to_string()));
    assert_eq!(keys.check(&of_new, begin + READ_AGAIN_MS).await, Signature::Good);
    assert_eq!(published.asked(), 2);

    // The old key is taken out: nobody is to be believed because of it for longer than the document is.
    published.change(Some(json!({ "keys": [new.key("2")] }).to_string()));
    let later = begin + READ_AGAIN_MS + BELIEVED_MS;
    assert_eq!(keys.check(&of_old, later).await, Signature::Bad);

    // What is no document, or none at all, changes nothing for a day.
    for (n, broken) in [None, Some("no JSON".into()), Some(json!({ "keys": [] }).to_string()), Some("x".repeat(70_000))]
        .into_iter()
        .enumerate()
    {
        published.change(broken);
        let then = later + BELIEVED_MS * (n as i64 + 1);
        assert_eq!(keys.check(&of_new, then).await, Signature::Good, "{n}");
    }
    assert_eq!(keys.check(&of_new, later + BELIEVED_WHILE_AWAY_MS).await, Signature::Unknown);
}

#[tokio::test]
async fn an_address_of_this_machine_must_be_allowed() {
    let folder = tempfile::tempdir().unwrap();
    for address in
        ["http://issuer.example.com/jwks", "https://localhost/jwks", "https://127.0.0.1/", "https://10.0.0.1/jwks"]
    {
        let settings = [("LGDL_JWT_KEYS", address), ("LGDL_EDGE_UNSIGNED", "true")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let refused = Config::read("", settings).unwrap_err();
        assert!(refused.to_string().contains("LGDL_JWT_KEYS"), "{address}: {refused}");
    }
    assert_eq!(
        token_keys(&format!("@{}", folder.path().join("none").display())).check(RSA_TOKEN, 1).await,
        Signature::Unknown
    );
}

#[tokio::test]
async fn an_edge_is_told_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let source = keys_in(&folder, &[rsa_key()]);
    let edge = edge_with(&[("LGDL_JWT_KEYS", &source)]).await;
    let ask = async |token: &str| {
        let body = serde_json::to_vec(&TokenRequest { token: token.to_owned() }).unwrap();
        let answer = edge.send(Method::POST, "/edge/v1/tokens", body).await;
        assert_eq!(answer.status(), 200);
        answer.json::<TokenAnswer>().await.unwrap().signature
    };
    assert_eq!(ask(RSA_TOKEN).await, Signature::Good);
    assert_eq!(ask(&format!("{RSA_TOKEN}A")).await, Signature::Bad);
    let unsigned = edge.http().post(edge.url("/edge/v1/tokens")).body("{}").send().await.unwrap();
    assert!(unsigned.status().is_client_error());
    edge.running.stop().await.unwrap();

    let without = edge_with(&[]).await;
    let body = serde_json::to_vec(&TokenRequest { token: RSA_TOKEN.to_owned() }).unwrap();
    let answer = without.send(Method::POST, "/edge/v1/tokens", body).await;
    assert_eq!(answer.json::<TokenAnswer>().await.unwrap().signature, Signature::Bad, "no keys, no tokens");
    without.running.stop().await.unwrap();
}
