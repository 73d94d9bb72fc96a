//! A conversation together with what of it lies in the archive: for exports.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{ArchiveError, BroughtBack, Hand, Shelf, read};
use crate::clock::Millis;
use crate::config::Config;
use crate::exports;
use crate::ids::ConversationId;
use crate::privacy::{Protection, Reader};
use crate::store::{ARCHIVED, Archived, ConversationDump, ConversationRow, StoreError};

/// The member of a document that names what could not be read.
const UNREADABLE: &str = "unreadable";

/// What an export does about turns that lie in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ArchivedTurns {
    /// They stay there: the store alone is read.
    #[default]
    StayThere,
    /// They are read in; where there is no archive, none can be.
    ReadIn(Option<Shelf>),
}

impl ArchivedTurns {
    /// Read from where the settings say.
    #[must_use]
    pub fn read_in(config: &Config) -> ArchivedTurns {
        ArchivedTurns::ReadIn(Shelf::of(config))
    }
}

/// Turns that belong to a conversation and are not in its export: the archive does not give them, or a node has set them aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// Their conversation.
    pub id: ConversationId,
    /// Its game.
    pub game: String,
    /// What its game calls it.
    pub conversation_id: String,
    /// How many.
    pub turns: u64,
    /// The file of the archive, where they lie in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Why; quotes nothing.
    pub why: String,
}

impl Lost {
    pub(super) fn of(row: &ConversationRow, archived: Archived, why: String) -> Lost {
        Lost {
            id: row.id.clone(),
            game: row.game.clone(),
            conversation_id: row.external_id.clone(),
            turns: archived.turns,
            file: Some(archived.file),
            why,
        }
    }
}

/// A conversation, readable and with tokens as they are, as if its turns had never been taken away; and what of it could not be read.
///
/// # Errors
/// When the store fails, or a text of the store can't be opened.
pub(crate) async fn whole(
    archived: &ArchivedTurns,
    protection: &dyn Protection,
    dump: ConversationDump,
) -> Result<(ConversationDump, Option<Lost>), StoreError> {
    let lies = Archived::of(&dump.conversation)?;
    let dump = exports::open_as_kept(protection, dump).await?;
    let (ArchivedTurns::ReadIn(shelf), Some(lies)) = (archived, lies) else { return Ok((dump, None)) };
    let there = match shelf {
        Some(shelf) => read(protection, shelf, &dump.conversation, &lies.file).await,
        None => Err(ArchiveError::None),
    };
    match there.map_err(ArchiveError::of_one) {
        Ok(there) => Ok((joined(dump, there)?, None)),
        Err(Ok(why)) => {
            let lost = Lost::of(&dump.conversation, lies, why);
            Ok((dump, Some(lost)))
        }
        Err(Err(ArchiveError::Store(error))) => Err(error),
        Err(Err(error)) => Err(StoreError::Unavailable(error.to_string())),
    }
}

/// What is here goes before what is there, as when it is brought back.
fn joined(here: ConversationDump, there: ConversationDump) -> Result<ConversationDump, StoreError> {
    let damaged = |error| StoreError::Damaged(format!("conversations.metadata: {error}"));
    let mut metadata: Map<String, Value> = serde_json::from_str(&here.conversation.metadata).map_err(damaged)?;
    metadata.remove(ARCHIVED);
    Ok(ConversationDump {
        conversation: ConversationRow { metadata: Value::Object(metadata).to_string(), ..here.conversation },
        turns: all(there.turns, here.turns, |turn| turn.turn_num),
        slots: all(there.slots, here.slots, |slot| (slot.move_id.clone(), slot.slot_name.clone())),
        context: all(there.context, here.context, |value| value.key.clone()),
        answers: all(there.answers, here.answers, |answer| (answer.turn_num, answer.key.clone())),
    })
}

fn all<T, K: Ord>(there: Vec<T>, here: Vec<T>, name: impl Fn(&T) -> K) -> Vec<T> {
    let rows = there.into_iter().chain(here);
    rows.map(|row| (name(&row), row)).collect::<BTreeMap<_, _>>().into_values().collect()
}

impl Hand<'_> {
    /// The export of one conversation, brought back first, as `reader` is shown it; `None` when there is none. It names what can't
    /// be read.
    ///
    /// # Errors
    /// When the store fails, or a text of the store can't be opened.
    pub async fn export_conversation(
        &self,
        reader: Reader,
        tenant: &str,
        id: &ConversationId,
        now_ms: Millis,
    ) -> Result<Option<Value>, ArchiveError> {
        let mut lost = match self.bring_back(tenant, id, now_ms).await? {
            BroughtBack::Lost(lost) => vec![lost],
            BroughtBack::Nothing | BroughtBack::Done => Vec::new(),
        };
        lost.extend(self.set_aside(tenant, std::slice::from_ref(id)).await?);
        let document = exports::conversation_for(reader, self.store, self.protection, tenant, id, now_ms).await?;
        Ok(document.map(|document| naming(document, &lost)))
    }

    /// The export of everything about a person, brought back first, and what of it can't be read; the document names that, too.
    ///
    /// # Errors
    /// As [`Hand::export_conversation`].
    pub async fn export_person(
        &self,
        tenant: &str,
        user_id: &str,
        now_ms: Millis,
    ) -> Result<(Value, Vec<Lost>), ArchiveError> {
        let (_, mut lost) = self.bring_back_person(tenant, user_id, now_ms).await?;
        lost.extend(self.set_aside(tenant, &self.store.of_person(tenant, user_id).await?).await?);
        let document = exports::person(self.store, self.protection, tenant, user_id, now_ms).await?;
        Ok((naming(document, &lost), lost))
    }

    /// What edge nodes have set aside of these conversations, as they told last.
    async fn set_aside(&self, tenant: &str, ids: &[ConversationId]) -> Result<Vec<Lost>, StoreError> {
        let mut lost = Vec::new();
        for node in self.store.nodes().await? {
            for (digest, turns) in node.report.aside_of {
                let Some(id) = ConversationId::of_digest(&digest).filter(|id| ids.contains(id)) else { continue };
                let Some(row) = self.store.find_by_id(tenant, &id).await? else { continue };
                let why =
                    format!("they are set aside at the node {}, where somebody has to decide about them", node.name);
                let (game, conversation_id) = (row.game, row.external_id);
                lost.push(Lost { id, game, conversation_id, turns, file: None, why });
            }
        }
        Ok(lost)
    }
}

/// A document of which everything was read says nothing of it.
fn naming(mut document: Value, lost: &[Lost]) -> Value {
    if !lost.is_empty() {
        document[UNREADABLE] = json!(lost);
    }
    document
}
