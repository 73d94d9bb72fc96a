//! The names of audit events, and how one is made. Actors and subjects are ids and pseudonyms; details are facts.

use serde_json::Value;

use crate::clock::Millis;
use crate::store::Event;

/// An administrator logged in.
pub const LOGIN: &str = "authentication.succeeded";
/// An administrator logged out.
pub const LOGOUT: &str = "authentication.ended";
/// A login or a credential was refused.
pub const AUTHENTICATION_FAILED: &str = "authentication.failed";
/// Too many tries.
pub const RATE_LIMIT_EXCEEDED: &str = "rate_limit.exceeded";
/// A refresh token was used twice.
pub const TOKEN_REUSED: &str = "authentication.token_reused";
/// An administrator asked for what their role does not allow.
pub const ACCESS_REFUSED: &str = "access.refused";
/// An administrator was made.
pub const ADMINISTRATOR_CREATED: &str = "administrator.created";
/// Role, password or admission of an administrator changed.
pub const ADMINISTRATOR_CHANGED: &str = "administrator.changed";
/// Facts of one conversation were looked at.
pub const CONVERSATION_ACCESSED: &str = "conversation.accessed";
/// A conversation was erased.
pub const CONVERSATION_DELETED: &str = "conversation.deleted";
/// The turns of a conversation went into the archive.
pub const CONVERSATION_ARCHIVED: &str = "conversation.archived";
/// They were brought back.
pub const CONVERSATION_BROUGHT_BACK: &str = "conversation.brought_back";
/// A turn of a conversation that an edge node had set aside is to be brought home again; the detail says which, and why it was set aside.
pub const JOURNAL_RETRIED: &str = "journal.retried";
/// Such a turn is removed for good.
pub const JOURNAL_DROPPED: &str = "journal.dropped";
/// Files of the archive that nobody needs were removed; the detail counts.
pub const ARCHIVE_SWEPT: &str = "archive.swept";
/// A conversation was exported by the person it belongs to.
pub const CONVERSATION_EXPORTED: &str = "conversation.exported";
/// What a person wrote was shown to an administrator; the detail says why.
pub const PII_ACCESSED: &str = "pii.accessed";
/// Everything about a person was erased.
pub const PERSON_ERASED: &str = "person.erased";
/// Everything about a person was exported.
pub const PERSON_EXPORTED: &str = "person.exported";
/// A consent was given or withdrawn.
pub const CONSENT_CHANGED: &str = "consent.changed";
/// A legal hold was placed.
pub const HOLD_PLACED: &str = "hold.placed";
/// A legal hold was lifted.
pub const HOLD_LIFTED: &str = "hold.lifted";
/// A person or an API key is kept out; the detail says why.
pub const BLOCK_PLACED: &str = "block.placed";
/// They are let in again.
pub const BLOCK_LIFTED: &str = "block.lifted";
/// An API key was made.
pub const KEY_CREATED: &str = "key.created";
/// An API key was revoked.
pub const KEY_REVOKED: &str = "key.revoked";
/// Data keys were wrapped anew.
pub const KEY_ROTATED: &str = "key.rotated";
/// What had been stored in plain was sealed.
pub const TEXTS_SEALED: &str = "texts.sealed";
/// A game version was published.
pub const GAME_PUBLISHED: &str = "game.published";
/// Another version of a game became the active one.
pub const GAME_ACTIVATED: &str = "game.activated";
/// A game went back to the version before.
pub const GAME_ROLLED_BACK: &str = "game.rolled_back";
/// A version of a game was withdrawn, or that was taken back; the detail says which.
pub const GAME_WITHDRAWN: &str = "game.withdrawn";
/// A game was pinned or let go.
pub const GAME_PINNED: &str = "game.pinned";
/// Every game of a tenant was removed.
pub const GAMES_REMOVED: &str = "game.removed";
/// A person's turn was run again and explained; the detail says why.
pub const TURN_EXPLAINED: &str = "turn.explained";
/// Stored conversations were run through another version of their game; the detail counts.
pub const CONVERSATIONS_REPLAYED: &str = "conversations.replayed";
/// What nothing was understood in was shown, personal data replaced; the detail says why.
pub const UNMATCHED_SHOWN: &str = "unmatched.shown";
/// A proposal of learning was shown with what persons said.
pub const PROPOSALS_SHOWN: &str = "learning.shown";
/// A proposal of learning was approved into a draft, or rejected.
pub const PROPOSAL_DECIDED: &str = "learning.decided";
/// A webhook was made.
pub const WEBHOOK_CREATED: &str = "webhook.created";
/// A webhook was changed; the detail says how.
pub const WEBHOOK_CHANGED: &str = "webhook.changed";
/// A webhook does not take what it is sent, and is sent no more.
pub const WEBHOOK_PAUSED: &str = "webhook.paused";
/// A webhook was removed.
pub const WEBHOOK_REMOVED: &str = "webhook.removed";
/// What an agent may serve was changed.
pub const AGENT_CHANGED: &str = "agent.changed";
/// The origin started with other settings than before.
pub const CONFIGURATION_CHANGED: &str = "configuration.changed";
/// The audit log was read out.
pub const AUDIT_EXPORTED: &str = "audit.exported";
/// Everything, or everything of a tenant, was exported.
pub const DATA_EXPORTED: &str = "data.exported";
/// Records were imported.
pub const DATA_IMPORTED: &str = "data.imported";
/// The store is copied into another; told in the one that is left.
pub const DATA_MIGRATED: &str = "data.migrated";
/// Conversations past their time were removed.
pub const RETENTION_APPLIED: &str = "retention.applied";
/// A backup was made.
pub const BACKUP_MADE: &str = "backup.made";
/// A backup was restored beside the store and read to its end.
pub const BACKUP_DRILLED: &str = "backup.drilled";
/// What a backup had brought back was erased again.
pub const ERASURE_REPEATED: &str = "erasure.repeated";
/// The store was restored from a backup.
pub const BACKUP_RESTORED: &str = "backup.restored";

/// An event.
#[must_use]
pub fn of(at: Millis, tenant: &str, event: &str, actor: &str, subject: impl Into<String>, detail: Value) -> Event {
    Event {
        at,
        tenant: tenant.to_owned(),
        event: event.to_owned(),
        actor: actor.to_owned(),
        subject: subject.into(),
        detail,
    }
}
