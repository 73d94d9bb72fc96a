//! Making administrators: from the command line, which makes the first, and over the API.

use lgdl::ids::{Id, NotAnId};

use super::passwords::{self, PasswordRefused, check_password};
use crate::audit::events;
use crate::clock::Millis;
use crate::ids::AdministratorId;
use crate::random::Random;
use crate::store::{AdministratorRow, Event, Role, Store, StoreError};

/// An administrator to be made.
#[derive(Clone)]
pub struct NewAdministrator<'a> {
    /// What they log in with.
    pub name: &'a str,
    /// Their first password.
    pub password: &'a str,
    /// What they may do.
    pub role: Role,
    /// The one tenant they are for; `None`: all, and the deployment itself.
    pub tenant: Option<&'a str>,
    /// Who makes them, for the audit log: the id of an administrator, or `cli`.
    pub actor: &'a str,
}

/// Why no administrator was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateRefused {
    /// The name can't be used.
    #[error("E531 a name {}", NotAnId(Id::Administrator))]
    Name,
    /// The tenant can't be.
    #[error("E531 a tenant {}", NotAnId(Id::Tenant))]
    Tenant,
    /// The password is too weak.
    #[error("E531 {0}")]
    Password(#[from] PasswordRefused),
    /// There is one of that name.
    #[error("E530 there is an administrator of that name")]
    Exists,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes an administrator.
///
/// # Errors
/// When name or password can't be used, the name is taken, or the store fails.
pub async fn create_administrator(
    store: &dyn Store,
    new: NewAdministrator<'_>,
    now_ms: Millis,
    random: &dyn Random,
) -> Result<AdministratorRow, CreateRefused> {
    let (row, event) = prepared(new, now_ms, random).await?;
    if store.add_administrator(row.clone(), event).await? { Ok(row) } else { Err(CreateRefused::Exists) }
}

/// An administrator to be kept, and what is told of it.
pub(crate) async fn prepared(
    new: NewAdministrator<'_>,
    now_ms: Millis,
    random: &dyn Random,
) -> Result<(AdministratorRow, Event), CreateRefused> {
    if !Id::Administrator.fits(new.name) {
        return Err(CreateRefused::Name);
    }
    if new.tenant.is_some_and(|tenant| !Id::Tenant.fits(tenant)) {
        return Err(CreateRefused::Tenant);
    }
    check_password(new.name, new.password)?;
    let password = hash(new.password, random).await?;
    let row = AdministratorRow {
        id: AdministratorId::mint(now_ms, random),
        name: new.name.to_owned(),
        role: new.role,
        tenant: new.tenant.map(str::to_owned),
        password,
        created_at: now_ms,
        disabled: false,
    };
    let detail = serde_json::json!({"role": new.role.name(), "tenant": new.tenant});
    let tenant = new.tenant.unwrap_or(super::guard::DEFAULT_TENANT);
    let event = events::of(now_ms, tenant, events::ADMINISTRATOR_CREATED, new.actor, row.id.as_str(), detail);
    Ok((row, event))
}

/// The hash of a password that was checked.
///
/// # Errors
/// When the system has no memory for it.
pub async fn hash(password: &str, random: &dyn Random) -> Result<String, StoreError> {
    let hash = passwords::hash(password, random).await;
    hash.ok_or_else(|| StoreError::Unavailable("no memory to hash a password".into()))
}
