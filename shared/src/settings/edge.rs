//! The settings of an edge node. They stand here, not with the node, because the command line prints and hands them on,
//! and knows nothing else of a node.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::net::Ipv6Addr;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{
    Choice, Decimal, Json, Key, List, Millis, Number, Optional, Parsed, Rates, Seconds, SecretText, Switch, Text,
};
use crate::crypto::SecretKey;
use crate::ids::Id;
use crate::limits::Rate;
use crate::mocks::Mocks;
use crate::wire::signature::MIN_SECRET_BYTES;

/// What a node is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Serving people.
    Production,
    /// Writing games.
    Development,
}

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Whoever has a credential.
    Required,
    /// Everybody.
    Open,
}

/// Whether a page is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// A capability service.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Base address; the function's name is appended.
    #[serde(deserialize_with = "service_address")]
    pub url: String,
    /// Sent as `Authorization: Bearer …`.
    #[serde(default)]
    pub token: Option<String>,
    /// Allows a loopback or private address, for services on the same machine or network.
    #[serde(default)]
    pub allow_private: bool,
    /// The longest time for one call, milliseconds, from 1; a game's own limit may be shorter.
    #[serde(default)]
    pub timeout_ms: Option<NonZeroU32>,
}

impl fmt::Debug for Service {
    /// Without what it is called with.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Longest wait that a setting may ask for, milliseconds.
const MAX_WAIT_MS: u64 = 3_600_000;
/// How services are written down.
pub const SERVICES: Json<BTreeMap<String, Service>> =
    Json(r#"`{"ehr": {"url": "https://…", "token": "…", "timeout_ms": 2000, "allow_private": false}}`"#, PhantomData);
const MOCKS: Json<BTreeMap<String, Mocks>> = Json("each game's `capability_mocks.yaml` by the game's id", PhantomData);
const MODES: &[(&str, Mode)] = &[("production", Mode::Production), ("development", Mode::Development)];
const ACCESS: &[(&str, Access)] = &[("required", Access::Required), ("open", Access::Open)];
const PAGES: &[(&str, Page)] = &[("on", Page::On), ("off", Page::Off)];

crate::settings! {
    /// The settings of an edge node, as they were given.
    #[derive(Debug)]
    pub struct Edge {
        /// `development`: open, explains itself, heeds `x-lgdl-now`, answers unconfigured services with stand-ins.
        mode: Mode = "production" => Choice(MODES);
        /// Where the origin is. Every node needs it.
        origin_url: Option<String> = "" => Optional(Parsed("an http or https address", web_address));
        /// Id of the key that signs calls to the origin; needed in production.
        origin_key_id: Option<String> = "", live => Optional(Parsed("a key id", key_id));
        /// Its secret.
        origin_key: Option<Vec<u8>> = "", secret, live => Optional(SecretText(MIN_SECRET_BYTES));
        /// Time for one call to the origin, in milliseconds.
        origin_timeout_ms: Duration = "3000", live => Millis(1..=60_000);
        /// Tenant of requests that no API key or token assigns to another.
        tenant: String = "default" => Parsed("a tenant's name", tenant);
        /// Seals hot state and journal; without it there are none.
        state_key: Option<SecretKey> = "", secret => Optional(Key);
        /// Answer every turn without state (matching only).
        state_disabled: bool = "false", live => Switch;
        /// Seconds that hot state is kept.
        kv_ttl: Duration = "3600", live => Seconds(1..=2_592_000);
        /// Milliseconds that the list of games is believed.
        games_ttl_ms: Duration = "30000" development "500", live => Millis(1..=MAX_WAIT_MS);
        /// Milliseconds between two looks at what was erased, at least.
        erasures_every_ms: Duration = "15000" development "500", live => Millis(1..=MAX_WAIT_MS);
        /// Turns that a person may take.
        rate_limit_user: Option<Rate> = "10/minute" development "off", live => Rates;
        /// Turns in one conversation.
        rate_limit_conversation: Option<Rate> = "20/minute" development "off", live => Rates;
        /// Turns with one API key.
        rate_limit_key: Option<Rate> = "off", live => Rates;
        /// Turns in all.
        rate_limit_global: Option<Rate> = "1000/minute" development "off", live => Rates;
        /// Whether callers need an API key or a token.
        auth: Access = "required" development "open", live => Choice(ACCESS);
        /// Verifies tokens signed with HS256.
        jwt_secret: Option<Vec<u8>> = "", secret, live => Optional(SecretText(MIN_SECRET_BYTES));
        /// Verifies them too: the secret of before, or of after, while the issuer changes it.
        jwt_secret_other: Option<Vec<u8>> = "", secret, live => Optional(SecretText(MIN_SECRET_BYTES));
        /// Issuer (`iss`) that a token must name.
        jwt_issuer: Option<String> = "", live => Optional(Text);
        /// Audience (`aud`) that a token must name.
        jwt_audience: Option<String> = "", live => Optional(Text);
        /// Web origins that may call from a page; `*` for all.
        cors_origins: Vec<String> = "" development "*", live => List(Parsed("an origin such as https://www.example.com, or *", pages));
        /// Whether `GET /` answers with the chat page.
        chat_page: Page = "off" development "on", live => Choice(PAGES);
        /// Capability services by name. The origin calls them too, in turns that it takes itself.
        services: BTreeMap<String, Service> = "", secret => SERVICES;
        /// The one of them that is asked what is meant where nothing else is sure; empty: none.
        understanding_service: Option<String> = "", live => Optional(Text);
        /// Stand-ins for services that are not configured, on development nodes.
        capability_mocks: BTreeMap<String, Mocks> = "" => MOCKS;
        /// Rounds of a negotiation.
        negotiation_max_rounds: u32 = "3", live => Number(1..=20);
        /// Gain of confidence below which a round counts as none.
        negotiation_epsilon: f64 = "0.05", live => Decimal(0.0..=1.0);
        /// What the node is called in `lgdl nodes`; empty: a name that it draws and keeps.
        node_name: Option<String> = "" => Optional(Parsed("a name", node_word));
        /// Where it runs, for `lgdl nodes`.
        node_region: Option<String> = "" => Optional(Parsed("a name", node_word));
        /// Of traces that begin at the node, the part that is kept, from 0 to 1. Those of requests that fail are kept always.
        trace_rate: f64 = "0.01", live => Decimal(0.0..=1.0);
        /// What the node proves itself with to its own instances; the host sets it.
        node_token: Option<String> = "", secret => Optional(Text);
    }
}

impl Edge {
    /// Settings that are fine alone and wrong together, each in a sentence.
    #[must_use]
    pub fn contradictions(&self) -> Vec<String> {
        let known = |name: &String| self.mode == Mode::Development || self.services.contains_key(name);
        match &self.understanding_service {
            Some(name) if !known(name) => {
                vec!["LGDL_UNDERSTANDING_SERVICE must name a service of LGDL_SERVICES".into()]
            }
            _ => Vec::new(),
        }
    }
}

/// What stands behind the scheme of an address of the web.
fn web(text: &str) -> Option<&str> {
    text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))
}

/// Whether it is a host, by name or number, perhaps with a port; without a user.
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    };
    let number = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let known = match number {
        Some(number) => number.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
    };
    known && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

fn web_address(text: &str) -> Result<String, String> {
    let (authority, path) = web(text).map_or(("", ""), |rest| rest.split_at(rest.find('/').unwrap_or(rest.len())));
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte));
    match is_authority(authority) && plain {
        true => Ok(text.trim_end_matches('/').to_owned()),
        false => {
            Err("must be an http or https address, such as https://origin.example.com, without a user in it".into())
        }
    }
}

/// The address of a service, as it is written.
fn service_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let authority = web(&text).and_then(|rest| rest.split(['/', '?', '#']).next());
    match authority.is_some_and(is_authority) {
        true => Ok(text),
        false => Err(D::Error::custom("no http or https address")),
    }
}

fn node_word(text: &str) -> Result<String, String> {
    Id::Node.check(text).map(|()| text.to_owned()).map_err(|rule| rule.to_string())
}

fn key_id(text: &str) -> Result<String, String> {
    Id::Key.check(text).map(|()| text.to_owned()).map_err(|rule| rule.to_string())
}

fn tenant(text: &str) -> Result<String, String> {
    Id::Tenant.check(text).map(|()| text.to_owned()).map_err(|rule| rule.to_string())
}

fn pages(text: &str) -> Result<String, String> {
    if text == "*" { Ok(text.to_owned()) } else { web_origin(text) }
}

/// Scheme, host and port of pages, as browsers send them.
///
/// # Errors
/// What it must be.
pub fn web_origin(text: &str) -> Result<String, String> {
    let origin = text.strip_suffix('/').unwrap_or(text);
    match web(origin).is_some_and(is_authority) {
        true => Ok(origin.to_owned()),
        false => {
            Err("must list origins as browsers write them, with scheme and host, such as https://www.example.com"
                .into())
        }
    }
}
