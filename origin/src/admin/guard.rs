//! Who is asking, and whether they may: before every endpoint that is not open to all.

use lgdl::ids::{Id, NotAnId};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use lgdl::wire::signature::TENANT_HEADER;
use serde_json::{Value, json};

use super::permissions::Permission;
use super::sessions;
use crate::audit::events;
use crate::http::{Origin, Problem};
use crate::ids::{ApiKeyId, SessionId};
use crate::keys;
use crate::store::{AdministratorRow, Event};

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

/// How a caller has shown who they are.
#[derive(Debug, Clone)]
pub(super) enum Proof {
    /// By a session's access token.
    Session(SessionId),
    /// By the API key of an agent, which serves queues and does nothing else.
    AgentKey(ApiKeyId),
}

/// Where a request comes from.
pub(super) struct From(pub(super) IpAddr);

impl Caller {
    /// An event that this caller causes.
    pub(super) fn event(&self, origin: &Origin, event: &str, subject: impl Into<String>, detail: Value) -> Event {
        events::of(origin.clock.now_ms(), &self.tenant, event, self.administrator.id.as_str(), subject, detail)
    }

    /// Tells in the audit log of what changes nothing; durable when this returns. A change takes its event along.
    pub(super) async fn tell(
        &self,
        origin: &Origin,
        event: &str,
        subject: impl Into<String>,
        detail: Value,
    ) -> Result<(), Problem> {
        Ok(origin.store.enqueue(vec![self.event(origin, event, subject, detail)]).await?)
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
    let (proof, administrator) = shown_by(&origin, token).await?;
    let tenant = tenant(request.headers(), &administrator)?;
    let caller = Caller { administrator, proof, tenant };
    let role = caller.administrator.role;
    if let (Proof::AgentKey(key), false) = (&caller.proof, permission == Permission::Serve) {
        let detail = json!({"permission": permission.name(), "key": key});
        caller.tell(&origin, events::ACCESS_REFUSED, caller.administrator.id.as_str(), detail).await?;
        return Err(Problem::forbidden("The key of an agent serves queues, and does nothing else."));
    }
    if !permission.is_had_by(&caller.administrator) {
        let detail = json!({"permission": permission.name(), "role": role.name()});
        caller.tell(&origin, events::ACCESS_REFUSED, caller.administrator.id.as_str(), detail).await?;
        let why = match permission.is_given_to(role) {
            true => "This is about the whole deployment, and this administrator is bound to a tenant.".to_owned(),
            false => format!("The role `{}` does not allow this.", role.name()),
        };
        return Err(Problem::forbidden(why));
    }
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// Whose token it is: a session's, or an agent's key.
async fn shown_by(origin: &Origin, token: &str) -> Result<(Proof, AdministratorRow), Problem> {
    let now_ms = origin.clock.now_ms();
    if keys::is_well_formed(token) {
        let found = keys::agent_of(&*origin.store, token, now_ms).await?;
        let (id, administrator) = found.ok_or_else(|| {
            Problem::unauthenticated(
                "This key is none of an agent, or it has ended; the desk takes keys of the scope `agent`.",
            )
        })?;
        return Ok((Proof::AgentKey(id), administrator));
    }
    let opened = sessions::open(&*origin.store, token, now_ms).await?;
    let (session, administrator) = opened.ok_or_else(|| {
        Problem::unauthenticated("The access token is wrong or has expired; refresh it or log in again.")
    })?;
    Ok((Proof::Session(session), administrator))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The tenant that is asked about: the header's, else the administrator's own, else the first one.
fn tenant(headers: &HeaderMap, administrator: &AdministratorRow) -> Result<String, Problem> {
    let own = administrator.tenant.as_deref();
    let Some(asked) = headers.get(TENANT_HEADER) else { return Ok(own.unwrap_or(DEFAULT_TENANT).to_owned()) };
    let asked = asked.to_str().ok().filter(|tenant| Id::Tenant.fits(tenant));
    let asked = asked.ok_or_else(|| Problem::malformed(format!("`{TENANT_HEADER}` {}.", NotAnId(Id::Tenant))))?;
    match own {
        Some(own) if own != asked => Err(Problem::forbidden("This administrator is for another tenant.")),
        _ => Ok(asked.to_owned()),
    }
}

impl FromRequestParts<Origin> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Origin) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Caller>().cloned();
        // Only when an endpoint was mounted without its guard.
        caller.ok_or_else(|| Problem::internal("The request could not be carried out."))
    }
}

impl FromRequestParts<Origin> for From {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Origin) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(From(peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip())))
    }
}
