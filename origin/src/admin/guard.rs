//! Who is asking, and whether they may: before every endpoint that is not open to all.

use lgdl::ids::{Id, NotAnId};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use lgdl::wire::signature::TENANT_HEADER;
use serde_json::{Value, json};

use super::permissions::Permission;
use super::sessions;
use crate::audit::events;
use crate::http::{Origin, Problem};
use crate::ids::{ApiKeyId, SessionId};
use crate::keys::{self, CONSENT_SCOPE};
use crate::store::{AdministratorRow, ApiKeyRow, Event, StoreError};

/// The tenant of a fresh installation.
pub(super) const DEFAULT_TENANT: &str = "default";

/// What a middleware needs to check one endpoint.
#[derive(Clone)]
pub(super) struct Guarded {
    pub(super) origin: Origin,
    pub(super) permission: Permission,
}

/// Who asks, and about which tenant.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) administrator: AdministratorRow,
    pub(super) proof: Proof,
    /// The tenant that the request is about.
    pub(super) tenant: String,
}

/// In whose name something is done, and for which tenant: an administrator's, or that of a key that is for nothing else.
#[derive(Debug, Clone)]
pub(super) struct Actor {
    /// The id of the account, or of the key.
    pub(super) id: String,
    /// The tenant that the request is about.
    pub(super) tenant: String,
}

/// How a caller has shown who they are.
#[derive(Debug, Clone)]
pub(super) enum Proof {
    /// By a session's access token.
    Session(SessionId),
    /// By the API key of an agent, which serves queues and does nothing else.
    AgentKey(ApiKeyId),
}

/// Whose token it is.
enum Shown {
    /// That of an account.
    Account(Proof, AdministratorRow),
    /// That of a program that records consents.
    ConsentKey(ApiKeyRow),
}

/// Where a request comes from.
pub(super) struct From(pub(super) IpAddr);

impl Caller {
    /// An event that this caller causes.
    pub(super) fn event(&self, origin: &Origin, event: &str, subject: impl Into<String>, detail: Value) -> Event {
        self.actor().event(origin, event, subject, detail)
    }

    /// Whether who asked may still: their session goes on, nobody has disabled them, and their role allows it.
    pub(super) async fn still_may(&self, origin: &Origin, permission: Permission) -> Result<bool, StoreError> {
        // The key of an agent opens nothing that goes on.
        let Proof::Session(id) = &self.proof else { return Ok(false) };
        let found = origin.store.find_session(id).await?;
        Ok(found.is_some_and(|(_, administrator)| {
            let is_theirs = administrator.tenant.as_ref().is_none_or(|tenant| *tenant == self.tenant);
            !administrator.disabled && is_theirs && permission.is_had_by(&administrator)
        }))
    }

    fn actor(&self) -> Actor {
        Actor { id: self.administrator.id.to_string(), tenant: self.tenant.clone() }
    }

    /// Tells in the audit log of what changes nothing; durable when this returns. A change takes its event along.
    pub(super) async fn tell(
        &self,
        origin: &Origin,
        event: &str,
        subject: impl Into<String>,
        detail: Value,
    ) -> Result<(), Problem> {
        self.actor().tell(origin, event, subject, detail).await
    }
}

impl Actor {
    /// An event that this actor causes.
    pub(super) fn event(&self, origin: &Origin, event: &str, subject: impl Into<String>, detail: Value) -> Event {
        events::of(origin.clock.now_ms(), &self.tenant, event, &self.id, subject, detail)
    }

    async fn tell(
        &self,
        origin: &Origin,
        event: &str,
        subject: impl Into<String>,
        detail: Value,
    ) -> Result<(), Problem> {
        self.meter(origin)?;
        Ok(origin.store.enqueue(vec![self.event(origin, event, subject, detail)]).await?)
    }

    /// Counts one more request that writes the audit log.
    fn meter(&self, origin: &Origin) -> Result<(), Problem> {
        origin.gate.writes_log(&self.id, origin.clock.now_ms()).map_err(too_many)
    }

    /// Tells of a request that was refused, once an hour for each permission: the log is kept for ever.
    async fn tell_refused(
        &self,
        origin: &Origin,
        permission: Permission,
        (name, value): (&str, &str),
    ) -> Result<(), Problem> {
        let what = format!("refused/{}/{}", self.id, permission.name());
        let now_ms = origin.clock.now_ms();
        if origin.gate.is_news(&what, now_ms) {
            let detail = json!({"permission": permission.name(), name: value});
            self.tell(origin, events::ACCESS_REFUSED, &self.id, detail).await?;
            origin.gate.was_told(what, now_ms);
        }
        Ok(())
    }
}

/// Lets a request through whose session has the permission, for the tenant that it names.
pub(super) async fn check(
    State(Guarded { origin, permission }): State<Guarded>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let token = bearer(request.headers())
        .ok_or_else(|| Problem::unauthenticated("Send the access token of a login, `authorization: Bearer …`."))?;
    let (proof, administrator) = match shown_by(&origin, token).await? {
        Shown::Account(proof, administrator) => (proof, administrator),
        Shown::ConsentKey(key) => {
            let actor = Actor { id: key.id.to_string(), tenant: tenant(request.headers(), Some(&key.tenant))? };
            if permission != Permission::RecordConsents {
                actor.tell_refused(&origin, permission, ("key", key.id.as_str())).await?;
                return Err(Problem::forbidden(
                    "A key of the scope `consent` records consents, and does nothing else.",
                ));
            }
            request.extensions_mut().insert(actor);
            return Ok(next.run(request).await);
        }
    };
    let tenant = tenant(request.headers(), administrator.tenant.as_deref())?;
    let caller = Caller { administrator, proof, tenant };
    let role = caller.administrator.role;
    if let (Proof::AgentKey(key), false) = (&caller.proof, permission == Permission::Serve) {
        caller.actor().tell_refused(&origin, permission, ("key", key.as_str())).await?;
        return Err(Problem::forbidden("The key of an agent serves queues, and does nothing else."));
    }
    if !permission.is_had_by(&caller.administrator) {
        caller.actor().tell_refused(&origin, permission, ("role", role.name())).await?;
        let why = match permission.is_given_to(role) {
            true => "This is about the whole deployment, and this administrator is bound to a tenant.".to_owned(),
            false => format!("The role `{}` does not allow this.", role.name()),
        };
        return Err(Problem::forbidden(why));
    }
    // An agent does no more than waits at the desk, consents are persons', and a session may always be ended.
    let bounded = matches!(permission, Permission::Serve | Permission::Session | Permission::RecordConsents);
    let writes = *request.method() != Method::GET && !bounded;
    let actor = caller.actor();
    if writes {
        origin.gate.may_write_log(&actor.id, origin.clock.now_ms()).map_err(too_many)?;
    }
    request.extensions_mut().insert(actor.clone());
    request.extensions_mut().insert(caller);
    let response = next.run(request).await;
    // What is refused for its input is told nowhere. What was the last that has room is done already.
    if writes && response.status().is_success() && actor.meter(&origin).is_err() {
        tracing::debug!("an administrator has had as many requests as may be told of");
    }
    Ok(response)
}

fn too_many(seconds: u32) -> Problem {
    Problem::too_many("Too many requests that the audit log is told of; wait.").retry_after(seconds)
}

async fn shown_by(origin: &Origin, token: &str) -> Result<Shown, Problem> {
    let now_ms = origin.clock.now_ms();
    if keys::is_well_formed(token) {
        return match keys::find(&*origin.store, token, now_ms).await? {
            Some(key) if keys::is_for(&key, CONSENT_SCOPE) => Ok(Shown::ConsentKey(key)),
            Some(key) => {
                let agent = keys::agent_of(&*origin.store, &key).await?;
                agent.map(|agent| Shown::Account(Proof::AgentKey(key.id), agent)).ok_or_else(no_such_key)
            }
            None => Err(no_such_key()),
        };
    }
    let opened = sessions::open(&*origin.store, token, now_ms).await?;
    let (session, administrator) = opened.ok_or_else(|| {
        Problem::unauthenticated("The access token is wrong or has expired; refresh it or log in again.")
    })?;
    Ok(Shown::Account(Proof::Session(session), administrator))
}

fn no_such_key() -> Problem {
    Problem::unauthenticated(
        "This key has ended, or is for something else: the desk takes keys of the scope `agent`, and who records consents one of \
         `consent`.",
    )
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The tenant that is asked about: the header's, else who asks' own, else the first one.
fn tenant(headers: &HeaderMap, own: Option<&str>) -> Result<String, Problem> {
    let Some(asked) = headers.get(TENANT_HEADER) else { return Ok(own.unwrap_or(DEFAULT_TENANT).to_owned()) };
    let asked = asked.to_str().ok().filter(|tenant| Id::Tenant.fits(tenant));
    let asked = asked.ok_or_else(|| Problem::malformed(format!("`{TENANT_HEADER}` {}.", NotAnId(Id::Tenant))))?;
    match own {
        Some(own) if own != asked => Err(Problem::forbidden("Whoever asks is for another tenant.")),
        _ => Ok(asked.to_owned()),
    }
}

impl FromRequestParts<Origin> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Origin) -> Result<Self, Problem> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(unguarded)
    }
}

/// Only when an endpoint was mounted without its guard.
fn unguarded() -> Problem {
    Problem::internal("The request could not be carried out.")
}

impl FromRequestParts<Origin> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Origin) -> Result<Self, Problem> {
        parts.extensions.get::<Actor>().cloned().ok_or_else(unguarded)
    }
}

impl FromRequestParts<Origin> for From {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Origin) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(From(peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip())))
    }
}
