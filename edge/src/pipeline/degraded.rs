//! What a node does while the origin is away, in steps: the turn waits in the journal; without state, it is matched and
//! answered plainly; without a game there is nothing to be done.

use lgdl::engine::{self, MAX_CALLS_PER_TURN, Outcome, Step};
use lgdl::ir::Priority;
use lgdl::problem::Reason;
use lgdl::services;
use lgdl::wire::node::Level;

use crate::answer::{After, Event, Refusal};
use crate::call::Call;
use crate::origin::Origin;
use crate::pipeline::journal::NotKept;
use crate::pipeline::reply::Kept;
use crate::pipeline::state::{Answered, Held, Start};
use crate::pipeline::turn::{Ask, MAX_RUNS, Taken};
use crate::pipeline::{capabilities, games, journal, state, turn};
use crate::platform::{JournalSafety, Platform, SeamError};

/// Takes a turn without asking the origin.
///
/// # Errors
/// 503 when the game can't be had, other turns kept winning, only the origin knows the answer, or nobody knows whether the journal has
/// kept the turn; 422 for a key that stands for another request.
pub async fn take<P: Platform>(
    call: &Call<'_, P>,
    ask: &Ask,
    start: Start,
    patience: Patience,
) -> Result<Attempt, Refusal> {
    check_version_is_open(call, ask)?;
    // What waits is answered out of the journal, though it led to this state.
    let taken = held(call, ask, &start);
    if let Some(Ok(taken)) = taken {
        return Ok(taken.into());
    }
    let mut start = start;
    for _ in 0..MAX_RUNS {
        let last = match journal::last(call, &ask.named, &ask.key).await {
            Ok(last) => last,
            // Nobody knows what waits, so nothing may be put behind it.
            Err(error) => {
                unavailable(call, error.to_string()).await;
                if let Some(Err(refusal)) = taken {
                    return Err(refusal);
                }
                return stateless(call, ask).await.map(Attempt::from);
            }
        };
        match last {
            journal::Last::SameRequest(answered) => return replay(call, ask, *answered).map(Attempt::from),
            journal::Last::State(last) if start.assumed || last.version >= start.version => {
                let Start { version, game_version, state, .. } = *last;
                start = start.waiting_at(version, game_version, state);
            }
            journal::Last::State(_) | journal::Last::Nothing => {}
        }
        if let Some(Err(refusal)) = taken {
            return Err(refusal);
        }
        if start.assumed {
            // Nothing can be kept of what is said here without the origin, which may only be starting anew.
            if patience == Patience::Some {
                let returns = Origin::new(call).returns().await;
                call.stage("wait");
                if returns {
                    return Ok(Attempt::OriginIsBack);
                }
            }
            return stateless(call, ask).await.map(Attempt::from);
        }
        let outcome = run(call, ask, &start, false).await?;
        match journalled(call, ask, &start, outcome).await {
            Err(Unkept::Refused(_)) if ask.unclear.get() => return stateless(call, ask).await.map(Attempt::from),
            Err(Unkept::Refused(refusal)) => return Err(refusal),
            Err(Unkept::Taken) => call.observe(Event::Conflict),
            Err(Unkept::Unavailable) => return stateless(call, ask).await.map(Attempt::from),
            Ok(taken) => return Ok(taken.into()),
        }
    }
    Err(turn::contended())
}

/// The answer to a turn that led to the state on which it would be run: a retry.
fn held<P: Platform>(call: &Call<'_, P>, ask: &Ask, start: &Start) -> Option<Result<Taken, Refusal>> {
    match start.held(&ask.turn_id(call)) {
        Held::Answered(answered) => Some(replay(call, ask, answered.clone())),
        Held::Taken => Some(Err(Origin::new(call).away(
            Reason::OriginAway,
            "This turn was taken before; the service that keeps its answer is away. Send it again with the same key.",
        ))),
        Held::Unknown => None,
    }
}

/// Answers a turn that was taken before as it was answered then.
fn replay<P: Platform>(call: &Call<'_, P>, ask: &Ask, answered: Answered) -> Result<Taken, Refusal> {
    if answered.fingerprint != ask.fingerprint {
        return Err(turn::key_reused());
    }
    call.observe(Event::Replay);
    let journal = (!answered.response.durable).then(|| call.platform.journal_safety());
    Ok(Taken { response: answered.response, journal })
}

/// Keeps a turn that was run while the origin was there and could not be committed any more.
///
/// # Errors
/// As [`take`].
pub async fn keep<P: Platform>(
    call: &Call<'_, P>,
    ask: &Ask,
    start: &Start,
    outcome: Outcome,
    patience: Patience,
) -> Result<Attempt, Refusal> {
    check_version_is_open(call, ask)?;
    if let Some(taken) = held(call, ask, start) {
        return taken.map(Attempt::from);
    }
    match journalled(call, ask, start, outcome).await {
        Ok(taken) => Ok(taken.into()),
        // The commit that had no answer may be there, whatever the journal says.
        Err(Unkept::Refused(_)) if ask.unclear.get() => stateless(call, ask).await.map(Attempt::from),
        Err(Unkept::Refused(refusal)) => Err(refusal),
        Err(Unkept::Taken) => take(call, ask, start.clone(), patience).await,
        Err(Unkept::Unavailable) => stateless(call, ask).await.map(Attempt::from),
    }
}

/// What came of taking a turn.
#[derive(Debug)]
pub enum Attempt {
    /// It was taken.
    Taken(Box<Taken>),
    /// It was not: the origin is back, and takes it better.
    OriginIsBack,
}

impl From<Taken> for Attempt {
    fn from(taken: Taken) -> Attempt {
        Attempt::Taken(Box::new(taken))
    }
}

/// Whether an origin that has just been lost is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Once.
    Some,
    /// Not again.
    None,
}

/// Why a turn does not wait.
enum Unkept {
    /// It never could arrive, or nobody can tell whether it will.
    Refused(Refusal),
    /// Another turn has its place.
    Taken,
    /// The journal does not take it.
    Unavailable,
}

async fn journalled<P: Platform>(
    call: &Call<'_, P>,
    ask: &Ask,
    start: &Start,
    outcome: Outcome,
) -> Result<Taken, Unkept> {
    let response = ask.response(call, &outcome, Kept::Journalled, &start.game_version);
    let state = outcome.conversation.clone();
    let commit = ask.commit(start, outcome, response.clone());
    let next = start.clone().waiting_at(start.version + 1, start.game_version.clone(), state);
    let next = match ask.may_come_again {
        true => next.having_taken(&response.manifest_id),
        false => next,
    };
    state::keep_waiting(call, &ask.named, next).await;
    let appended = journal::append(call, &ask.named, start, commit.clone(), ask.turn(call, false)).await;
    call.stage("journal");
    if let Err(error) = appended {
        match &error {
            // The turn is not kept, and the conversation stands where it stood.
            NotKept::TooLarge | NotKept::Seam(SeamError::Unavailable(_)) if !start.assumed => {
                state::keep_waiting(call, &ask.named, start.clone()).await;
            }
            _ => state::drop_own(call, &ask.named).await,
        }
        return Err(match error {
            NotKept::TooLarge => Unkept::Refused(turn::too_large(&commit)),
            NotKept::Seam(SeamError::Conflict) => Unkept::Taken,
            NotKept::Unclear(why) => {
                unavailable(call, why).await;
                Origin::new(call).note_waiting().await;
                ask.note_unclear(call).await;
                Unkept::Refused(turn::unclear(call))
            }
            NotKept::Seam(SeamError::Unavailable(why)) => {
                unavailable(call, why).await;
                Unkept::Unavailable
            }
        });
    }
    Origin::new(call).note_waiting().await;
    call.later(After::Drain);
    call.observe(Event::Journalled);
    Ok(Taken { response, journal: Some(call.platform.journal_safety()) })
}

/// Notes that the journal does not do what it is there for.
async fn unavailable<P: Platform>(call: &Call<'_, P>, why: String) {
    call.tell(Level::Error, "the journal did not take a turn", |line| line.detail = Some(why));
    Origin::new(call).note_journal_failure().await;
}

/// Only the origin knows whether a conversation is at the version that a turn is for.
fn check_version_is_open<P: Platform>(call: &Call<'_, P>, ask: &Ask) -> Result<(), Refusal> {
    match ask.expected {
        None => Ok(()),
        Some(_) => Err(Origin::new(call).away(
            Reason::OriginAway,
            "The service that keeps conversations is away, and it alone knows whether something was said meanwhile.",
        )),
    }
}

/// Matches and answers, without state and without slots. Nothing is kept, and nothing that may be is answered like this: whoever hears
/// that a turn is kept nowhere says it again, and it would be there twice. An emergency is answered whatever is known: to be told twice
/// of it harms nobody.
///
/// # Errors
/// 503 when the game can't be had, or nobody knows whether the turn is kept.
pub async fn stateless<P: Platform>(call: &Call<'_, P>, ask: &Ask) -> Result<Taken, Refusal> {
    check_version_is_open(call, ask)?;
    let start = Start::fresh(&ask.entry.version, true);
    let outcome = run(call, ask, &start, true).await?;
    if ask.is_unclear(call).await && !is_urgent(call, &start, &outcome).await? {
        return Err(turn::unclear(call));
    }
    call.observe(Event::Stateless);
    if !call.settings.state_disabled {
        // The origin could not be asked; draining looks whether it is back.
        call.later(After::Drain);
    }
    let response = ask.response(call, &outcome, Kept::Stateless, &start.game_version);
    Ok(Taken { response, journal: Some(JournalSafety::None) })
}

/// Whether an urgent move answered, alone or beside others.
async fn is_urgent<P: Platform>(call: &Call<'_, P>, start: &Start, outcome: &Outcome) -> Result<bool, Refusal> {
    let game = games::compiled(call, &start.game_version).await?;
    let also = outcome.record.also.iter().map(|also| &also.move_id);
    let mut moves = also.chain([&outcome.record.move_id]);
    let is_urgent = |name: &String| {
        let mv = game.find_move(name).and_then(|index| game.move_at(index));
        mv.is_some_and(|mv| mv.priority == Priority::Urgent)
    };
    Ok(moves.any(is_urgent))
}

/// Runs the engine where the turn's place can't be held: what changes nothing may be called when there is state, nothing
/// else.
async fn run<P: Platform>(call: &Call<'_, P>, ask: &Ask, start: &Start, stateless: bool) -> Result<Outcome, Refusal> {
    let game = games::compiled(call, &start.game_version).await;
    call.stage("game");
    let game = game?;
    let mut step = engine::begin(&game, start.state.clone(), ask.turn(call, stateless));
    for _ in 0..=MAX_CALLS_PER_TURN {
        call.stage("engine");
        let pending = match step {
            Step::Done(outcome) => return Ok(*outcome),
            Step::Call(pending) => pending,
        };
        let wanted = &pending.call;
        let result = if stateless || wanted.side_effects {
            services::failed(services::NO_PLACE, "the turn can't hold its place while the origin is away")
        } else {
            let key = services::lookup_key(&call.caller.tenant, &ask.named.user, &ask.key, wanted.index);
            let result = capabilities::perform(call, &ask.named.game, wanted, &key).await;
            call.stage("call");
            result
        };
        step = pending.resume(&game, result);
    }
    Err(Refusal::new(Reason::Internal, "The turn asked for more capability calls than a turn may make."))
}
