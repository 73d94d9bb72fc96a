//! Who is kept out: persons and API keys whose turns every node refuses, each with a reason and perhaps an end. Exports and
//! erasures go on: they are the person's right.
//!
//! The blocks of a tenant are one setting of the store. Nodes get them with the list of games, so they hear of them as
//! soon as of a new game.

use lgdl::ids::Id;
use lgdl::wire::origin::{Blocked, person_digest};
use serde::{Deserialize, Serialize};

use crate::clock::{Millis, TIMES};
use crate::ids::{ApiKeyId, person_pseudonym};
use crate::records::{Malformed, check_id};
use crate::store::{Event, Store, StoreError};

/// Blocks of one tenant at most: every node has all of them.
pub const MAX_BLOCKS: usize = 1_000;
/// Longest reason, characters.
pub const MAX_REASON_CHARS: usize = 500;
/// How often a change is tried that another one was faster than.
const ATTEMPTS: usize = 5;

/// Whose turns are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A person, as clients name them.
    Person(String),
    /// Whoever comes with an API key.
    Key(ApiKeyId),
}

impl Subject {
    /// As the audit log names it.
    #[must_use]
    pub fn pseudonym(&self, tenant: &str) -> String {
        match self {
            Subject::Person(user) => person_pseudonym(tenant, user),
            Subject::Key(id) => id.to_string(),
        }
    }

    /// As nodes name it.
    fn for_nodes(&self, tenant: &str) -> String {
        match self {
            Subject::Person(user) => person_digest(tenant, user),
            Subject::Key(id) => id.to_string(),
        }
    }
}

/// One block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Whose turns are refused.
    #[serde(flatten)]
    pub subject: Subject,
    /// Why, for whoever looks after the deployment; the person does not read it.
    pub reason: String,
    /// When it began.
    pub since_ms: Millis,
    /// By whom.
    pub by: String,
    /// When it ends by itself.
    pub until_ms: Option<Millis>,
}

impl Block {
    fn is_in_force(&self, now_ms: Millis) -> bool {
        self.until_ms.is_none_or(|until_ms| now_ms < until_ms)
    }
}

/// Why a block was not changed.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It makes no sense.
    #[error("E531 {0}")]
    Refused(String),
}

impl From<Malformed> for BlockError {
    fn from(error: Malformed) -> BlockError {
        BlockError::Refused(error.to_string())
    }
}

fn setting(tenant: &str) -> String {
    format!("blocks:{tenant}")
}

/// The blocks of a tenant that are in force.
///
/// # Errors
/// When the store fails, or what it holds is none.
pub async fn in_force(store: &dyn Store, tenant: &str, now_ms: Millis) -> Result<Vec<Block>, StoreError> {
    let kept = store.setting(&setting(tenant)).await?;
    parsed(kept.as_deref(), now_ms)
}

fn parsed(kept: Option<&str>, now_ms: Millis) -> Result<Vec<Block>, StoreError> {
    let Some(kept) = kept else { return Ok(Vec::new()) };
    let all: Vec<Block> =
        serde_json::from_str(kept).map_err(|_| StoreError::Damaged("settings: a tenant's blocks are none".into()))?;
    Ok(all.into_iter().filter(|block| block.is_in_force(now_ms)).collect())
}

/// The same for nodes.
///
/// # Errors
/// As [`in_force`].
pub async fn for_nodes(store: &dyn Store, tenant: &str, now_ms: Millis) -> Result<Vec<Blocked>, StoreError> {
    let all = in_force(store, tenant, now_ms).await?;
    let named = |block: Block| Blocked { subject: block.subject.for_nodes(tenant), until_ms: block.until_ms };
    Ok(all.into_iter().map(named).collect())
}

/// Adds a block, in place of one of the same subject.
///
/// # Errors
/// When it makes no sense, there are too many, or the store fails.
pub async fn add(store: &dyn Store, tenant: &str, block: &Block, told: &Event) -> Result<(), BlockError> {
    if let Subject::Person(user) = &block.subject {
        check_id(Id::Stored, "the person's id", user)?;
    }
    let chars = block.reason.trim().chars().count();
    if chars == 0 || chars > MAX_REASON_CHARS || block.reason.chars().any(char::is_control) {
        let problem = format!("a block needs a reason of 1 to {MAX_REASON_CHARS} characters, no control characters");
        return Err(BlockError::Refused(problem));
    }
    if block.until_ms.is_some_and(|until| until <= block.since_ms || !TIMES.contains(&until)) {
        return Err(BlockError::Refused("a block must end after it begins, and by the end of the year 9999".into()));
    }
    let changed = change(store, tenant, block.since_ms, told, |blocks| {
        blocks.retain(|known| known.subject != block.subject);
        if blocks.len() >= MAX_BLOCKS {
            return Err(BlockError::Refused(format!(
                "there are {MAX_BLOCKS} blocks already; revoke keys, and give blocks an end"
            )));
        }
        blocks.push(block.clone());
        Ok(true)
    });
    changed.await.map(drop)
}

/// Ends a block; false when there is none in force.
///
/// # Errors
/// When the store fails.
pub async fn remove(
    store: &dyn Store,
    tenant: &str,
    subject: &Subject,
    now_ms: Millis,
    told: &Event,
) -> Result<bool, BlockError> {
    let without = |blocks: &mut Vec<Block>| {
        let before = blocks.len();
        blocks.retain(|known| known.subject != *subject);
        Ok(blocks.len() < before)
    };
    change(store, tenant, now_ms, told, without).await
}

/// Ends every block of a tenant.
///
/// # Errors
/// When the store fails.
pub async fn remove_all(store: &dyn Store, tenant: &str, now_ms: Millis, told: &Event) -> Result<bool, BlockError> {
    change(store, tenant, now_ms, told, |blocks| Ok(!std::mem::take(blocks).is_empty())).await
}

async fn change(
    store: &dyn Store,
    tenant: &str,
    now_ms: Millis,
    told: &Event,
    how: impl Fn(&mut Vec<Block>) -> Result<bool, BlockError>,
) -> Result<bool, BlockError> {
    let name = setting(tenant);
    for _ in 0..ATTEMPTS {
        let before = store.setting(&name).await?;
        let mut blocks = parsed(before.as_deref(), now_ms)?;
        if !how(&mut blocks)? {
            return Ok(false);
        }
        let after = serde_json::to_string(&blocks).map_err(|error| StoreError::Internal(error.to_string()))?;
        if store.replace_setting(&name, before.as_deref(), &after, told.clone()).await? {
            return Ok(true);
        }
    }
    Err(StoreError::Unavailable("others change the blocks of this tenant; try again".into()).into())
}
