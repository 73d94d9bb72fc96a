//! Turns that come while others are being committed are committed together, several in one statement and so in one
//! transaction and one round trip. That statement takes the turns that nothing stands against; each of the others is looked at by
//! itself, and so are all of them where the statement fails and is undone as a whole. So each keeps its own outcome.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_postgres::Row;

use super::commit::{COMMITTED, Turn, commit_alone};
use super::pool::Pools;
use super::{Params, failed, get, in_time};
use crate::store::{Activity, Result, StoreError};

/// Turns of one statement at most: it holds their locks until the last of them is done.
const MAX_GROUP: usize = 64;
/// Statements under way at a time. A second one keeps the server busy while the first is being written down; more would
/// only make the groups smaller.
const MAX_UNDER_WAY: usize = 2;
/// Turns that may wait; more are refused.
const MAX_WAITING: usize = 8_192;

const COMMIT: &str =
    "SELECT lgdl_commit_together($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
    $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35)";

/// What parts the names of states in the column of a group; no such name has it.
const SEPARATOR: &str = "\u{1f}";

/// What the database's function says of one turn.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) outcome: String,
    pub(super) version: Option<i64>,
    pub(super) answer: Option<String>,
    pub(super) claimed_for: Option<i64>,
}

impl Said {
    /// Of a turn that was run on that version.
    fn committed(expected_version: u64) -> Said {
        let version = Some(super::column(expected_version.saturating_add(1)));
        Said { outcome: COMMITTED.to_owned(), version, answer: None, claimed_for: None }
    }

    /// Of a turn that was taken back, with the number that says why.
    pub(super) fn refused(outcome: &str, why: i64) -> Said {
        Said { outcome: outcome.to_owned(), version: Some(why), answer: None, claimed_for: None }
    }

    /// Reads the columns of the function's outcome.
    pub(super) fn read(row: &Row) -> Result<Said> {
        Ok(Said { outcome: get(row, 0)?, version: get(row, 1)?, answer: get(row, 2)?, claimed_for: get(row, 3)? })
    }
}

struct Waiting {
    turn: Box<Turn>,
    reply: oneshot::Sender<Result<Said>>,
}

impl Turn {
    /// Whether it may share a statement with others: it is said by somebody, nothing is done beside it, and its states have names that
    /// go into a list.
    fn may_share(&self) -> bool {
        let alone = self.commit.activity == Activity::Silence || self.commit.desk.is_some();
        !alone && !self.commit.bases.iter().any(|base| base.contains(SEPARATOR))
    }
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    under_way: usize,
}

/// The turns that wait, and who commits them.
#[derive(Clone, Default)]
pub(super) struct Groups {
    queue: Arc<Mutex<Queue>>,
}

impl Groups {
    /// Commits a turn, together with those that wait beside it, and returns once it is durable.
    pub(super) async fn commit(&self, pools: &Arc<Pools>, turn: Turn) -> Result<Said> {
        let (reply, said) = oneshot::channel();
        if self.enqueue(Waiting { turn: Box::new(turn), reply })? {
            // A task of its own: a caller that goes away takes none of the others with it.
            tokio::spawn(commit_what_waits(self.clone(), Arc::clone(pools)));
        }
        said.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the origin is ending".into())))
    }

    /// Puts a turn in line; whether somebody has to begin committing.
    fn enqueue(&self, waiting: Waiting) -> Result<bool> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.waiting.len() >= MAX_WAITING {
            return Err(StoreError::Overloaded(format!("{MAX_WAITING} turns are waiting; try again shortly")));
        }
        queue.waiting.push_back(waiting);
        let begins = queue.under_way < MAX_UNDER_WAY;
        queue.under_way += usize::from(begins);
        Ok(begins)
    }

    /// The next group; none: whoever asks is done.
    fn next(&self) -> Vec<Waiting> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let count = queue.waiting.len().min(MAX_GROUP);
        if count == 0 {
            queue.under_way -= 1;
        }
        queue.waiting.drain(..count).collect()
    }
}

async fn commit_what_waits(groups: Groups, pools: Arc<Pools>) {
    loop {
        let group = groups.next();
        if group.is_empty() {
            return;
        }
        commit_group(&pools, group).await;
    }
}

async fn commit_group(pools: &Pools, mut group: Vec<Waiting>) {
    // Whoever locks several conversations locks them in the same order. Of one conversation, who came first stays first.
    group.sort_by(|one, other| one.turn.id.as_str().cmp(other.turn.id.as_str()));
    let mut seen = HashSet::new();
    let (together, apart): (Vec<_>, Vec<_>) = group
        .into_iter()
        .partition(|waiting| waiting.turn.may_share() && seen.insert(waiting.turn.id.as_str().to_owned()));
    let outcome = if together.len() > 1 { commit_together(pools, &together).await } else { Together::Undone };
    let mut alone = Vec::new();
    match outcome {
        Together::Done(places) => {
            for (place, waiting) in (1..).zip(together) {
                if places.contains(&place) {
                    let said = Said::committed(waiting.turn.commit.expected_version);
                    // A caller that went away is no error: its turn is committed all the same.
                    let _ = waiting.reply.send(Ok(said));
                } else {
                    alone.push(waiting);
                }
            }
        }
        Together::Unknown(error) => {
            for waiting in together {
                let _ = waiting.reply.send(Err(error.clone()));
            }
        }
        Together::Undone => alone = together,
    }
    for waiting in alone.into_iter().chain(apart) {
        let _ = waiting.reply.send(commit_alone(pools, &waiting.turn).await);
    }
}

/// What came of a statement of several turns.
enum Together {
    /// The turns of these places, from 1, are committed, and no other one.
    Done(Vec<i64>),
    /// The database undid it and said why.
    Undone,
    /// The database did not say what came of it.
    Unknown(StoreError),
}

async fn commit_together(pools: &Pools, group: &[Waiting]) -> Together {
    let client = match pools.primary().await {
        Ok(client) => client,
        Err(error) => return Together::Unknown(error),
    };
    /// A column of the group.
    fn column<'t, T>(group: &'t [Waiting], of: impl Fn(&'t Turn) -> T) -> Vec<T> {
        group.iter().map(|waiting| of(&waiting.turn)).collect()
    }
    let bases = column(group, |turn| turn.commit.bases.join(SEPARATOR));
    let params: Params<'_> = &[
        &column(group, |t| t.id.as_str()),
        &column(group, |t| t.commit.key.tenant.as_str()),
        &column(group, |t| t.commit.key.game.as_str()),
        &column(group, |t| t.commit.key.external_id.as_str()),
        &column(group, |t| t.commit.user_id.as_str()),
        &column(group, |t| t.person.as_str()),
        &column(group, |t| t.commit.game_version.as_str()),
        &column(group, |t| super::column(t.commit.expected_version)),
        &column(group, |t| t.commit.idempotency_key.as_str()),
        &column(group, |t| t.commit.fingerprint.as_str()),
        &column(group, |t| t.commit.answer.as_str()),
        &column(group, |t| t.commit.journal_sequence.map(super::column)),
        &column(group, |t| t.commit.state.as_str()),
        &column(group, |t| t.commit.summary.current_move_state.as_deref()),
        &column(group, |t| t.commit.summary.awaiting_response),
        &column(group, |t| t.commit.summary.last_question.as_deref()),
        &column(group, |t| t.commit.summary.awaiting_slot_for_move.as_deref()),
        &column(group, |t| t.commit.summary.awaiting_slot_name.as_deref()),
        &column(group, |t| t.commit.turn.timestamp),
        &column(group, |t| t.commit.turn.user_input.as_str()),
        &column(group, |t| t.commit.turn.sanitized_input.as_str()),
        &column(group, |t| t.commit.turn.matched_move.as_str()),
        &column(group, |t| t.commit.turn.confidence),
        &column(group, |t| t.commit.turn.response.as_str()),
        &column(group, |t| t.commit.turn.extracted_params.as_str()),
        &column(group, |t| t.commit.turn.metadata.as_str()),
        &column(group, |t| t.commit.turn.details.as_str()),
        &column(group, |t| t.slots.as_str()),
        &column(group, |t| t.context.as_str()),
        &column(group, |t| t.events.as_str()),
        &column(group, |t| t.commit.data_key.as_ref().map(|id| id.as_str())),
        &column(group, |t| t.commit.now_ms),
        &bases,
        &column(group, |t| t.commit.state_name.as_deref()),
        &column(group, |t| t.commit.attempt.as_deref()),
    ];
    let work = async {
        let statement = client.prepare_cached(COMMIT).await?;
        client.query_one(&statement, params).await
    };
    match in_time(pools.timeout, timeout(pools.timeout, work).await, client) {
        Err(error) => Together::Unknown(error),
        Ok(Err(error)) if error.as_db_error().is_some() => Together::Undone,
        Ok(Err(error)) => Together::Unknown(failed(&error)),
        Ok(Ok(row)) => get(&row, 0).map_or_else(Together::Unknown, Together::Done),
    }
}
