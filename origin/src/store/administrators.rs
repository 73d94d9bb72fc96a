//! What a store keeps for the admin API: administrators, their sessions, and the listing of conversations.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Event, Result, TurnRow};
use crate::clock::Millis;
use crate::ids::{AdministratorId, ConversationId, SessionId};

/// What an administrator may do; which permissions each has stands in `admin::permissions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks, and sees no text.
    Viewer,
    /// Runs games and API keys.
    Operator,
    /// Keeps the rights of persons; the one role that may read what they wrote.
    PrivacyOfficer,
    /// Everything but reading what persons wrote.
    Admin,
    /// Takes over conversations of their queues, and sees nothing else.
    Agent,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 5] = [Role::Viewer, Role::Operator, Role::PrivacyOfficer, Role::Admin, Role::Agent];

    /// As it is stored and written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::PrivacyOfficer => "privacy_officer",
            Role::Admin => "admin",
            Role::Agent => "agent",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// An administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdministratorRow {
    /// Its id; what audit events name.
    pub id: AdministratorId,
    /// What they log in with.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The one tenant they are for; `None`: all, and the deployment itself.
    pub tenant: Option<String>,
    /// The password's hash.
    pub password: String,
    /// When they were made.
    pub created_at: Millis,
    /// Whether they are kept out.
    pub disabled: bool,
}

impl AdministratorRow {
    /// Whether they can make and change administrators.
    fn leads(&self) -> bool {
        self.role == Role::Admin && self.tenant.is_none() && !self.disabled
    }
}

/// What is to be changed of an administrator; the rest stays as it is, whoever changes it meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AdministratorChange {
    /// What they may do.
    pub role: Option<Role>,
    /// The password's hash.
    pub password: Option<String>,
    /// Whether they are kept out.
    pub disabled: Option<bool>,
}

/// What came of a change of an administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdministratorChanged {
    /// As they are now; their sessions have ended.
    Done(AdministratorRow),
    /// Nobody could change administrators any more.
    LastOne,
    /// There is no such administrator.
    Unknown,
}

impl AdministratorChange {
    /// What the change comes to among all administrators there are. Stores ask with all of them locked.
    pub(super) fn among(&self, all: &[AdministratorRow], id: &AdministratorId) -> AdministratorChanged {
        let Some(before) = all.iter().find(|row| row.id == *id) else { return AdministratorChanged::Unknown };
        let mut after = before.clone();
        after.role = self.role.unwrap_or(after.role);
        after.disabled = self.disabled.unwrap_or(after.disabled);
        if let Some(password) = &self.password {
            after.password.clone_from(password);
        }
        let others_lead = all.iter().any(|row| row.id != *id && row.leads());
        if before.leads() && !after.leads() && !others_lead {
            return AdministratorChanged::LastOne;
        }
        AdministratorChanged::Done(after)
    }
}

/// The tokens of a session that are good now, as SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionTokens {
    /// Opens the admin API.
    pub access_hash: String,
    /// Until when.
    pub access_expires_at: Millis,
    /// Gets the next pair, once.
    pub refresh_hash: String,
    /// Until when.
    pub refresh_expires_at: Millis,
}

/// A session of an administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id, a part of its tokens.
    pub id: SessionId,
    /// Whose.
    pub administrator: AdministratorId,
    /// Its tokens.
    pub tokens: SessionTokens,
    /// When they logged in.
    pub created_at: Millis,
}

/// Which conversations are listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConversationFilter {
    /// Of one game.
    pub game: Option<String>,
    /// Of one person.
    pub user_id: Option<String>,
    /// Begun at this time or later.
    pub since: Option<Millis>,
    /// Begun before this time.
    pub until: Option<Millis>,
    /// After this one, in the order of the list.
    pub after: Option<(Millis, ConversationId)>,
}

/// A line in a list of conversations: facts only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationHead {
    /// Its id at the origin.
    pub id: ConversationId,
    /// The game.
    pub game: String,
    /// Who owns it.
    pub user_id: String,
    /// Turns committed.
    pub version: u64,
    /// The game version it stays on.
    pub game_version: String,
    /// When it began.
    pub created_at: Millis,
    /// When its last turn was committed.
    pub updated_at: Millis,
    /// The move that answered last.
    pub current_move_state: Option<String>,
    /// Whether an answer is awaited.
    pub awaiting_response: bool,
}

/// Administrators and their sessions.
#[async_trait]
pub trait Administrators: Send + Sync {
    /// Adds an administrator; false when the name is taken.
    async fn add_administrator(&self, administrator: AdministratorRow, told: Event) -> Result<bool>;

    /// All of them by name.
    async fn administrators(&self) -> Result<Vec<AdministratorRow>>;

    /// Finds one by name.
    async fn find_administrator(&self, name: &str) -> Result<Option<AdministratorRow>>;

    /// Changes an administrator and ends their sessions, unless nobody could change administrators any more.
    async fn change_administrator(
        &self,
        id: &AdministratorId,
        change: AdministratorChange,
        told: Event,
    ) -> Result<AdministratorChanged>;

    /// Begins a session for whoever gave the password of this hash; false when it is another by now, or they are kept out.
    async fn begin_session(&self, session: SessionRow, password: &str, told: Event) -> Result<bool>;

    /// A session and whose it is.
    async fn find_session(&self, id: &SessionId) -> Result<Option<(SessionRow, AdministratorRow)>>;

    /// Replaces a session's tokens if its refresh token is still the one of `used_hash`; false when it is not.
    async fn renew_session(&self, id: &SessionId, used_hash: &str, tokens: SessionTokens) -> Result<bool>;

    /// Ends a session; false when it has ended.
    async fn end_session(&self, id: &SessionId, told: Event) -> Result<bool>;

    /// Forgets sessions whose refresh token expired before `before`; returns how many.
    async fn remove_sessions_before(&self, before: Millis) -> Result<u64>;
}

/// Listings for people who look after the deployment. May lag behind on a read replica: nothing is decided by them.
#[async_trait]
pub trait Listings: Send + Sync {
    /// Conversations of a tenant, youngest first, at most `limit` and [`super::MAX_PAGE`].
    async fn list_conversations(
        &self,
        tenant: &str,
        filter: ConversationFilter,
        limit: u32,
    ) -> Result<Vec<ConversationHead>>;

    /// The turns of a conversation after turn `after`, in order, at most `limit` and [`super::MAX_PAGE`].
    async fn list_turns(&self, id: &ConversationId, after: u64, limit: u32) -> Result<Vec<TurnRow>>;
}
