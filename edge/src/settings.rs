//! The deployment's settings, read from the platform's variables and checked as a whole.
//! `lgdl::settings` declares them, with their defaults; here they become what requests use.

use std::collections::BTreeMap;
use std::time::Duration;

use lgdl::crypto::SecretKey;
use lgdl::limits::Rate;
use lgdl::mocks::Mocks;
use lgdl::settings::{Access, Asked, Edge, Mode, Page, Source, variable};

use crate::platform::Platform;

pub use lgdl::settings::Service;

/// Everything a request needs to know of its deployment.
#[derive(Debug)]
pub struct Settings {
    /// Development nodes are open, explain themselves and heed `x-lgdl-now`.
    pub development: bool,
    /// The tenant of requests that no API key assigns to another.
    pub tenant: String,
    /// Where the origin is.
    pub origin: OriginSettings,
    /// How long hot state stays in the key-value store, milliseconds.
    pub kv_ttl_ms: u64,
    /// How long the list of active games is believed, milliseconds.
    pub games_ttl_ms: i64,
    /// How often scheduled work asks what was erased, at most, milliseconds.
    pub erasures_every_ms: i64,
    /// Seals what lies in the key-value store and the journal. Without it neither is used.
    pub state_key: Option<SecretKey>,
    /// The limits.
    pub limits: LimitSettings,
    /// Who is let in.
    pub auth: AuthSettings,
    /// Web origins that may call from a page; `*` for all.
    pub cors_origins: Vec<String>,
    /// Whether `GET /` answers with the chat page.
    pub chat_page: bool,
    /// Capability services by name.
    pub services: BTreeMap<String, Service>,
    /// Has every turn answered without state: matching only.
    pub state_disabled: bool,
    /// Stand-ins for services that are not configured, by game, on development nodes.
    pub capability_mocks: BTreeMap<String, Mocks>,
    /// The engine's settings.
    pub engine: lgdl::engine::Settings,
    /// What the node is called; nothing: what it drew.
    pub node_name: Option<String>,
    /// Where it runs.
    pub node_region: Option<String>,
    /// Of traces that begin here, the part that is kept.
    pub trace_rate: f64,
    /// What the node proves itself with to its instances.
    pub node_token: Option<String>,
}

/// How the origin is called.
#[derive(Debug)]
pub struct OriginSettings {
    /// Without a slash at the end.
    pub url: String,
    /// Key id and secret that sign; `None` on a loopback development node.
    pub signing: Option<(String, Vec<u8>)>,
    /// Time for one call, milliseconds.
    pub timeout_ms: u64,
}

/// Limits that are on.
#[derive(Debug, Clone, Copy, Default)]
pub struct LimitSettings {
    /// A user's.
    pub user: Option<Rate>,
    /// A conversation's.
    pub conversation: Option<Rate>,
    /// An API key's.
    pub key: Option<Rate>,
    /// Everybody's together.
    pub global: Option<Rate>,
}

/// Who is let in.
#[derive(Debug, Default)]
pub struct AuthSettings {
    /// Whether a credential is needed.
    pub required: bool,
    /// Each verifies HS256 tokens: several while the issuer changes them, none where there are no tokens.
    pub jwt_secrets: Vec<Vec<u8>>,
    /// The issuer that a token must name.
    pub jwt_issuer: Option<String>,
    /// The audience that a token must name.
    pub jwt_audience: Option<String>,
}

impl AuthSettings {
    /// Whether there are tokens that are taken here.
    #[must_use]
    pub fn takes_tokens(&self) -> bool {
        !self.jwt_secrets.is_empty() || self.takes_issuer_tokens()
    }

    /// Whether those that an issuer's private key signs are: only where both are named, since an issuer signs for others as well.
    #[must_use]
    pub fn takes_issuer_tokens(&self) -> bool {
        self.jwt_issuer.is_some() && self.jwt_audience.is_some()
    }
}

impl Settings {
    /// Reads and checks all of them.
    ///
    /// # Errors
    /// Every variable that is wrong, by name, with what is expected of it. Values are not repeated.
    pub fn load<P: Platform>(platform: &P) -> Result<Settings, Vec<String>> {
        let mut variables = Variables { platform, mode: Mode::Production, wrong: Vec::new() };
        if platform.variable("mode").is_some_and(|mode| mode.trim() == "development") {
            variables.mode = Mode::Development;
        }
        let given = Edge::read_from(&mut variables);
        let mut wrong = variables.wrong;
        match given {
            Some(given) => {
                let settings = assemble(given, &mut wrong);
                if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
            }
            None => Err(wrong),
        }
    }
}

/// The platform's variables.
struct Variables<'p, P> {
    platform: &'p P,
    mode: Mode,
    wrong: Vec<String>,
}

impl<P: Platform> Source for Variables<'_, P> {
    fn text(&mut self, asked: Asked) -> String {
        let given = self.platform.variable(asked.name).map(|text| text.trim().to_owned());
        let default = asked.development.filter(|_| self.mode == Mode::Development).unwrap_or(asked.default);
        given.filter(|text| !text.is_empty()).unwrap_or_else(|| default.to_owned())
    }

    fn refuse(&mut self, asked: Asked, _: &str, problem: String) {
        self.wrong.push(format!("{} {problem}", variable(asked.name)));
    }
}

/// What requests use. Every setting is named here, so that one which nobody uses does not compile.
fn assemble(given: Edge, wrong: &mut Vec<String>) -> Settings {
    wrong.extend(given.contradictions());
    let Edge {
        mode,
        origin_url,
        origin_key_id,
        origin_key,
        origin_timeout_ms,
        tenant,
        state_key,
        state_disabled,
        kv_ttl,
        games_ttl_ms,
        erasures_every_ms,
        rate_limit_user,
        rate_limit_conversation,
        rate_limit_key,
        rate_limit_global,
        auth,
        jwt_secret,
        jwt_secret_other,
        jwt_issuer,
        jwt_audience,
        cors_origins,
        chat_page,
        services,
        understanding_service,
        capability_mocks,
        negotiation_max_rounds,
        negotiation_epsilon,
        node_name,
        node_region,
        trace_rate,
        node_token,
    } = given;
    let development = mode == Mode::Development;
    if origin_url.is_none() {
        wrong.push("LGDL_ORIGIN_URL must be an http or https address".into());
    }
    let signing = match (origin_key_id, origin_key) {
        (Some(id), Some(key)) => Some((id, key)),
        (None, None) if development => None,
        _ => {
            wrong.push("LGDL_ORIGIN_KEY_ID and LGDL_ORIGIN_KEY, its secret, are needed, both".into());
            None
        }
    };
    Settings {
        development,
        tenant,
        origin: OriginSettings { url: origin_url.unwrap_or_default(), signing, timeout_ms: millis(origin_timeout_ms) },
        kv_ttl_ms: millis(kv_ttl),
        games_ttl_ms: millis(games_ttl_ms).try_into().unwrap_or(i64::MAX),
        erasures_every_ms: millis(erasures_every_ms).try_into().unwrap_or(i64::MAX),
        state_key,
        limits: LimitSettings {
            user: rate_limit_user,
            conversation: rate_limit_conversation,
            key: rate_limit_key,
            global: rate_limit_global,
        },
        auth: AuthSettings {
            required: auth == Access::Required,
            jwt_secrets: [jwt_secret, jwt_secret_other].into_iter().flatten().collect(),
            jwt_issuer,
            jwt_audience,
        },
        cors_origins,
        chat_page: chat_page == Page::On,
        services,
        state_disabled,
        capability_mocks: if development { capability_mocks } else { BTreeMap::new() },
        engine: lgdl::engine::Settings {
            negotiation_max_rounds,
            negotiation_epsilon,
            understanding: understanding_service,
            ..lgdl::engine::Settings::default()
        },
        node_name,
        node_region,
        trace_rate,
        node_token,
    }
}

fn millis(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}
