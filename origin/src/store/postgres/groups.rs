//! Turns that come while others are being committed are committed together, several in one statement and so in one
//! transaction and one round trip. Each keeps its own outcome: where a statement of several fails, it is undone as a
//! whole, and each of its turns is committed by itself.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use tokio_postgres::Row;

use super::commit::{Turn, commit_alone};
use super::pool::Pools;
use super::{Params, failed, gave_up, get};
use crate::store::{Activity, Result, StoreError};

/// Turns of one statement at most: it holds their locks until the last of them is done.
const MAX_GROUP: usize = 64;
/// Statements under way at a time. A second one keeps the server busy while the first is being written down; more would
/// only make the groups smaller.
const MAX_UNDER_WAY: usize = 2;
/// Turns that may wait; more are refused.
const MAX_WAITING: usize = 8_192;

const COMMIT: &str =
    "SELECT place, (r).outcome, (r).version, (r).answer, (r).claimed_for FROM (SELECT t.place, lgdl_commit(
    t.c1, t.c2, t.c3, t.c4, t.c5, t.c6, t.c7, t.c8, t.c9, t.c10, t.c11, t.c12, t.c13, t.c14, t.c15, t.c16, t.c17, t.c18,
    t.c19, t.c20, t.c21, t.c22, t.c23, t.c24, t.c25, t.c26, t.c27, t.c28, t.c29, t.c30, t.c31, t.c32, t.c33,
    string_to_array(t.c34, E'\\x1f'), t.c35) AS r
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
        $9::text[], $10::text[], $11::text[], $12::bigint[], $13::text[], $14::text[], $15::boolean[], $16::text[],
        $17::text[], $18::text[], $19::bigint[], $20::bigint[], $21::text[], $22::text[], $23::text[],
        $24::double precision[], $25::text[], $26::text[], $27::text[], $28::text[], $29::text[], $30::text[],
        $31::text[], $32::text[], $33::bigint[], $34::text[], $35::text[]) WITH ORDINALITY AS t(c1, c2, c3, c4, c5, c6,
        c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28, c29,
        c30, c31, c32, c33, c34, c35, place) OFFSET 0) AS done";

/// What parts the names of states in the column of a group; no such name has it.
const SEPARATOR: char = '\u{1f}';

/// What the database's function says of one turn.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) outcome: String,
    pub(super) version: Option<i64>,
    pub(super) answer: Option<String>,
    pub(super) claimed_for: Option<i64>,
}

impl Said {
    /// Reads the columns of the function's outcome, from the column `first` on.
    pub(super) fn read(row: &Row, first: usize) -> Result<Said> {
        Ok(Said {
            outcome: get(row, first)?,
            version: get(row, first + 1)?,
            answer: get(row, first + 2)?,
            claimed_for: get(row, first + 3)?,
        })
    }
}

struct Waiting {
    turn: Box<Turn>,
    reply: oneshot::Sender<Result<Said>>,
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
    // Whoever locks several conversations locks them in the same order.
    group.sort_by(|one, other| one.turn.id.as_str().cmp(other.turn.id.as_str()));
    let (turns, replies): (Vec<Box<Turn>>, Vec<_>) = group.into_iter().map(|one| (one.turn, one.reply)).unzip();
    let separable = turns.iter().all(|turn| {
        turn.commit.activity == Activity::Spoken && !turn.commit.bases.iter().any(|base| base.contains(SEPARATOR))
    });
    let together = if turns.len() > 1 && separable { commit_together(pools, &turns).await } else { Together::Undone };
    match together {
        Together::Done(all) => {
            for (reply, said) in replies.into_iter().zip(all) {
                // A caller that went away is no error: its turn is committed all the same.
                let _ = reply.send(Ok(said));
            }
        }
        Together::Unknown(error) => {
            for reply in replies {
                let _ = reply.send(Err(error.clone()));
            }
        }
        Together::Undone => {
            for (reply, turn) in replies.into_iter().zip(turns) {
                let _ = reply.send(commit_alone(pools, &turn).await);
            }
        }
    }
}

/// What came of a statement of several turns.
enum Together {
    /// It is committed, with what is said of each.
    Done(Vec<Said>),
    /// The database undid it and said why.
    Undone,
    /// The database did not say what came of it.
    Unknown(StoreError),
}

async fn commit_together(pools: &Pools, turns: &[Box<Turn>]) -> Together {
    let client = match pools.primary().await {
        Ok(client) => client,
        Err(error) => return Together::Unknown(error),
    };
    let bases: Vec<String> = turns.iter().map(|turn| turn.commit.bases.join("\u{1f}")).collect();
    /// A column of the group.
    fn column<'t, T>(turns: &'t [Box<Turn>], of: impl Fn(&'t Turn) -> T) -> Vec<T> {
        turns.iter().map(|turn| of(turn)).collect()
    }
    let params: Params<'_> = &[
        &column(turns, |t| t.id.as_str()),
        &column(turns, |t| t.commit.key.tenant.as_str()),
        &column(turns, |t| t.commit.key.game.as_str()),
        &column(turns, |t| t.commit.key.external_id.as_str()),
        &column(turns, |t| t.commit.user_id.as_str()),
        &column(turns, |t| t.person.as_str()),
        &column(turns, |t| t.commit.game_version.as_str()),
        &column(turns, |t| super::column(t.commit.expected_version)),
        &column(turns, |t| t.commit.idempotency_key.as_str()),
        &column(turns, |t| t.commit.fingerprint.as_str()),
        &column(turns, |t| t.commit.answer.as_str()),
        &column(turns, |t| t.commit.journal_sequence.map(super::column)),
        &column(turns, |t| t.commit.state.as_str()),
        &column(turns, |t| t.commit.summary.current_move_state.as_deref()),
        &column(turns, |t| t.commit.summary.awaiting_response),
        &column(turns, |t| t.commit.summary.last_question.as_deref()),
        &column(turns, |t| t.commit.summary.awaiting_slot_for_move.as_deref()),
        &column(turns, |t| t.commit.summary.awaiting_slot_name.as_deref()),
        &column(turns, |t| t.commit.turn.timestamp),
        &column(turns, Turn::said_at),
        &column(turns, |t| t.commit.turn.user_input.as_str()),
        &column(turns, |t| t.commit.turn.sanitized_input.as_str()),
        &column(turns, |t| t.commit.turn.matched_move.as_str()),
        &column(turns, |t| t.commit.turn.confidence),
        &column(turns, |t| t.commit.turn.response.as_str()),
        &column(turns, |t| t.commit.turn.extracted_params.as_str()),
        &column(turns, |t| t.commit.turn.metadata.as_str()),
        &column(turns, |t| t.commit.turn.details.as_str()),
        &column(turns, |t| t.slots.as_str()),
        &column(turns, |t| t.context.as_str()),
        &column(turns, |t| t.events.as_str()),
        &column(turns, |t| t.commit.data_key.as_ref().map(|id| id.as_str())),
        &column(turns, |t| t.commit.now_ms),
        &bases,
        &column(turns, |t| t.commit.state_name.as_deref()),
    ];
    let work = async {
        let statement = client.prepare_cached(COMMIT).await?;
        client.query(&statement, params).await
    };
    match tokio::time::timeout(pools.timeout, work).await {
        Err(_) => Together::Unknown(gave_up(client, pools.timeout)),
        Ok(Err(error)) if error.as_db_error().is_some() => Together::Undone,
        Ok(Err(error)) => Together::Unknown(failed(&error)),
        Ok(Ok(rows)) => match in_order(&rows, turns.len()) {
            Ok(all) => Together::Done(all),
            Err(error) => Together::Unknown(error),
        },
    }
}

/// What is said of each turn, by its place in the group.
fn in_order(rows: &[Row], count: usize) -> Result<Vec<Said>> {
    let mut all: Vec<Option<Said>> = vec![None; count];
    for row in rows {
        let place = usize::try_from(get::<i64>(row, 0)? - 1).ok();
        if let Some(said) = place.and_then(|place| all.get_mut(place)) {
            *said = Some(Said::read(row, 1)?);
        }
    }
    let all: Option<Vec<Said>> = all.into_iter().collect();
    all.ok_or_else(|| StoreError::Damaged("a commit of several turns does not answer for each".into()))
}
