//! The origin as a node sees it: signed calls, a breaker in front, and typed answers. What to do about them is the
//! pipeline's.

use lgdl::breaker::{Admission, Breaker};
use lgdl::problem::Reason;
use lgdl::wire::node::{Level, ORIGIN_NOTE};
use lgdl::wire::origin::{
    ApiKey, ClaimRequest, CommitAnswer, CommitRequest, Conflict, Consent, Decisions, Erasures, GameList,
    MAX_COMMIT_BYTES, NodeCounts, NodeReport, Report, Reports, Signature, StoredConversation, TokenAnswer,
    TokenRequest, TracedRequest,
};
use lgdl::wire::signature::{self, Parts};
use lgdl::wire::trace::TRACEPARENT;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::answer::{After, Event, Refusal};
use crate::call::{Call, random_hex};
use crate::json;
use crate::memory::About;
use crate::notes;
use crate::platform::{FetchError, Inbound, MAX_ANSWER_BYTES, Outbound, Platform};
use crate::routes::percent_encoded;

/// Attempts at one call, when the first got no connection or an error of the server.
const ATTEMPTS: u32 = 2;
/// The longest pause before another attempt, milliseconds; the pause is drawn evenly from 0 to this.
const RETRY_PAUSE_MS: u64 = 50;
/// The largest compiled game, bytes.
const MAX_COMPILED_BYTES: usize = 64 * 1024 * 1024;
/// How often background work asks whether an origin that was given up is back, milliseconds.
const LOOK_EVERY_MS: i64 = 1_000;
/// How long the answer to that may take, milliseconds.
const LOOK_TAKES_MS: u64 = 1_000;
/// How long an origin may take to start anew, milliseconds, and how often it is asked meanwhile by turns that wait for it.
const RESTART_MS: i64 = 3_000;
const RESTART_LOOK_MS: u64 = 250;
/// How soon it makes sense to ask again while the origin is away, milliseconds: that long after its return, at most, a node
/// that looks for it has noticed.
const AWAY_RETRY_MS: u64 = LOOK_EVERY_MS.unsigned_abs() + LOOK_TAKES_MS;
/// How soon it makes sense to ask again where somebody has to mend something first, milliseconds.
const REFUSED_RETRY_MS: u64 = 30_000;
/// How long the whole journal is left alone after it could not be rid of what had arrived, milliseconds.
const UNREMOVED_MS: i64 = 30_000;
/// How long one request may be the only one that brings the whole journal home, milliseconds.
const DRAIN_LASTS_MS: i64 = 3_000;

/// How the origin was, as this node remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The breaker.
    pub breaker: Breaker,
    /// Whether turns may wait in the journal.
    pub journal_pending: bool,
    /// Whether turns were set aside that were sealed under another key: then no more are taken into the journal.
    #[serde(default)]
    pub other_key: bool,
    /// Since when it does not answer, if it does not.
    #[serde(default)]
    pub away_since_ms: Option<i64>,
    /// Why, as the last call found it.
    #[serde(default)]
    pub away: Option<Away>,
    /// Whether a commit has worked that this node remembers.
    #[serde(default)]
    pub has_committed: bool,
    /// When the last commit failed that reached for the origin, unless one has worked since.
    #[serde(default)]
    pub commit_failed_at_ms: Option<i64>,
    /// When the origin last said that it is ready: with a trial write of its own.
    #[serde(default)]
    pub ready_at_ms: Option<i64>,
    /// When the journal last failed to take a turn, unless it has taken one since.
    #[serde(default)]
    pub journal_failed_at_ms: Option<i64>,
    /// When the journal last could not be rid of a turn that had arrived.
    #[serde(default)]
    pub unremoved_at_ms: Option<i64>,
    /// Why the origin does not speak with this node, if it does not.
    #[serde(default)]
    pub estranged: Option<Estrangement>,
    /// When background work last looked whether the origin is back.
    #[serde(default)]
    pub looked_at_ms: i64,
    /// Until when the whole journal is being brought home by one request, so that the others leave it alone.
    #[serde(default)]
    pub draining_until_ms: i64,
}

/// A node that remembers nothing (it has just started, or its store has forgotten) may have left turns in the journal.
impl Default for Health {
    fn default() -> Health {
        Health {
            breaker: Breaker::default(),
            journal_pending: true,
            other_key: false,
            away_since_ms: None,
            away: None,
            has_committed: false,
            commit_failed_at_ms: None,
            ready_at_ms: None,
            journal_failed_at_ms: None,
            unremoved_at_ms: None,
            estranged: None,
            looked_at_ms: 0,
            draining_until_ms: 0,
        }
    }
}

/// No answer to act on. Only an origin that [is away](OriginError::is_away) comes back by itself; whatever else there is, is named and
/// never taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// The request did not get there, or the breaker did not let it through.
    #[error("the origin is away")]
    Away,
    /// The request may have got there, and nothing of use came back: what it asks for may be done all the same.
    #[error("the origin is away, and may have done what it was asked for")]
    Unanswered,
    /// It does not take this node for one of its own.
    #[error("the origin does not take this node's signature: {0}")]
    Estranged(Estrangement),
    /// It does not take this request, and never will.
    #[error("the origin refused the request with status {0}")]
    Refused(u16),
    /// The request is larger than it takes.
    #[error("the request is larger than the origin takes")]
    TooLarge,
    /// Something answered that is not the origin, or not one that this node understands.
    #[error("what answered with status {0} is not an origin")]
    Unintelligible(u16),
}

/// Why a call of the origin had no answer to act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Away {
    /// There was none.
    #[error("{0}")]
    Silent(FetchError),
    /// It was an error of its own.
    #[error("it answered with status {0}")]
    Failed(u16),
}

impl Away {
    /// Whether the request may have got to the origin.
    fn may_have_arrived(self) -> bool {
        match self {
            Away::Silent(error) => !matches!(error, FetchError::Unreachable | FetchError::Denied),
            // Said by Cloudflare in place of an origin that it has no connection to: refused, no route, no TLS, no address.
            Away::Failed(status) => !matches!(status, 521 | 523 | 525 | 526 | 530),
        }
    }
}

/// A call with an answer.
struct Answered {
    answer: Inbound,
    /// Whether an attempt before the one that was answered may have reached the origin.
    may_have_arrived: bool,
}

impl Answered {
    /// Whether the answer is about what the attempts before it asked for, and not about this one alone.
    fn settles(&self) -> bool {
        !self.may_have_arrived || matches!(self.answer.status, 200..300 | 404 | 409 | 410 | 413 | 422 | 423)
    }
}

/// A call without an answer.
#[derive(Debug, Clone, Copy)]
struct Unanswered {
    /// Why the last attempt had none.
    why: Away,
    /// Whether any attempt may have reached the origin.
    may_have_arrived: bool,
}

/// Why the origin does not take a node's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Estrangement {
    /// The node's clock and the origin's differ by more than the signature allows.
    Clock,
    /// The origin has no such key, or another secret for it.
    Key,
    /// Anything else.
    Other,
}

impl std::fmt::Display for Estrangement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Estrangement::Clock => "the clocks of node and origin differ by more than two minutes",
            Estrangement::Key => "LGDL_ORIGIN_KEY_ID and LGDL_ORIGIN_KEY are not a pair that the origin knows",
            Estrangement::Other => "the origin asks for another signature",
        })
    }
}

impl OriginError {
    /// Whether it passes by itself.
    #[must_use]
    pub fn is_away(self) -> bool {
        matches!(self, OriginError::Away | OriginError::Unanswered)
    }

    /// The error of an answer that is none of those that a call expects.
    fn of(answer: &Inbound) -> OriginError {
        match answer.status {
            401 | 403 => OriginError::Estranged(Estrangement::of(answer)),
            413 => OriginError::TooLarge,
            // Asked too early or too often.
            425 | 429 => OriginError::Away,
            // Not in time, or it does not know itself how far it came.
            408 | 500.. => OriginError::Unanswered,
            400..500 => OriginError::Refused(answer.status),
            other => OriginError::Unintelligible(other),
        }
    }

    /// What a client is told, unless the origin is away: then there is more to be tried.
    #[must_use]
    pub fn refusal(self) -> Option<Refusal> {
        let detail = match self {
            OriginError::Away | OriginError::Unanswered => return None,
            OriginError::TooLarge => {
                return Some(Refusal::new(
                    Reason::StateTooLarge,
                    "What this turn leads to is larger than can be kept. Nothing was changed.",
                ));
            }
            OriginError::Estranged(_) => {
                "The service that keeps conversations does not take this node for one of its own."
            }
            OriginError::Refused(_) | OriginError::Unintelligible(_) => {
                "The service that keeps conversations refused the turn. Nothing was changed."
            }
        };
        Some(Refusal::new(Reason::OriginRefuses, detail).retry_after_ms(REFUSED_RETRY_MS))
    }
}

impl Estrangement {
    fn of(answer: &Inbound) -> Estrangement {
        #[derive(Deserialize)]
        struct Told {
            why: Estrangement,
        }
        json::read(&answer.body).map_or(Estrangement::Other, |told: Told| told.why)
    }
}

/// A conversation at the origin.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// It is there and belongs to the user.
    Found(Box<StoredConversation>),
    /// It is not there, or is another user's.
    Unknown,
    /// It was erased.
    Erased,
}

/// The origin's answer to a commit or a claim.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Done, or done before.
    Answer(CommitAnswer),
    /// The state was stale, or another turn holds the place.
    Conflict(Box<Conflict>),
    /// It can't be had, for a reason that does not pass by itself.
    Unacceptable(OriginError),
    /// The conversation was erased.
    Erased,
    /// It is another user's.
    NotTheirs,
    /// The idempotency key belongs to another request.
    KeyReused,
    /// No conversation can begin: too many are open.
    Full,
}

/// The origin, for one request.
pub struct Origin<'a, 'p, P> {
    call: &'a Call<'p, P>,
}

impl<'a, 'p, P: Platform> Origin<'a, 'p, P> {
    /// The origin, for this request.
    pub fn new(call: &'a Call<'p, P>) -> Self {
        Origin { call }
    }

    /// How it was.
    pub async fn health(&self) -> Health {
        if let Some(health) = self.call.origin_health.get() {
            return health;
        }
        let recalled = notes::recall(self.call.platform, About::Node, ORIGIN_NOTE).await;
        if recalled.is_none() {
            // Draining finds out what waits, and leaves a note.
            self.call.later(After::Drain);
        }
        let health = recalled.unwrap_or_default();
        self.call.origin_health.set(Some(health));
        health
    }

    /// How it is, with what other requests have found out since this one has looked.
    async fn health_now(&self) -> Health {
        let earlier = self.health().await;
        notes::recall(self.call.platform, About::Node, ORIGIN_NOTE).await.unwrap_or(earlier)
    }

    async fn note(&self, before: Health, now: Health) {
        if now != before {
            self.call.origin_health.set(Some(now));
            notes::remember(self.call.platform, About::Node, ORIGIN_NOTE, &now).await;
        }
    }

    /// Remembers whether turns may wait in the journal, and whether some need another key.
    pub async fn note_journal(&self, pending: bool, other_key: bool) {
        let health = self.health_now().await;
        self.note(health, Health { journal_pending: pending, other_key, ..health }).await;
    }

    /// Remembers that a turn waits.
    pub async fn note_waiting(&self) {
        let health = self.health_now().await;
        self.note(health, Health { journal_pending: true, journal_failed_at_ms: None, ..health }).await;
    }

    /// Remembers that the journal did not take a turn.
    pub async fn note_journal_failure(&self) {
        let (health, now_ms) = (self.health_now().await, self.call.platform.now_ms());
        self.note(health, Health { journal_failed_at_ms: Some(now_ms), ..health }).await;
    }

    /// Remembers that the journal keeps what has arrived.
    pub async fn note_unremoved(&self) {
        let (health, now_ms) = (self.health_now().await, self.call.platform.now_ms());
        self.note(health, Health { unremoved_at_ms: Some(now_ms), ..health }).await;
    }

    /// Remembers how the last commit went.
    async fn note_commit(&self, worked: bool) {
        let (health, now_ms) = (self.health().await, self.call.platform.now_ms());
        // What stands there already is not written for every turn.
        if worked && health.has_committed && health.commit_failed_at_ms.is_none() {
            return;
        }
        let health = self.health_now().await;
        let failed_at_ms = (!worked).then_some(now_ms);
        let has_committed = worked || health.has_committed;
        self.note(health, Health { has_committed, commit_failed_at_ms: failed_at_ms, ..health }).await;
    }

    /// Takes the work of bringing the whole journal home, unless another request has it already.
    ///
    /// Whoever does not come back loses it after a while. Two at once do no harm, they only do the same.
    pub async fn begin_drain(&self) -> bool {
        let now_ms = self.call.platform.now_ms();
        let before = self.health_now().await;
        if (1..=DRAIN_LASTS_MS).contains(&before.draining_until_ms.saturating_sub(now_ms)) {
            return false;
        }
        // What has arrived and is still there would only be sent again.
        if before.unremoved_at_ms.is_some_and(|at| (0..UNREMOVED_MS).contains(&now_ms.saturating_sub(at))) {
            return false;
        }
        self.note(before, Health { draining_until_ms: now_ms + DRAIN_LASTS_MS, ..before }).await;
        true
    }

    /// Gives it back.
    pub async fn end_drain(&self) {
        let before = self.health_now().await;
        self.note(before, Health { draining_until_ms: 0, ..before }).await;
    }

    /// What a client is told who needs an origin that is away. Once the answer has gone the node looks for it, so that the
    /// next try finds it if it is back.
    pub fn away(&self, reason: Reason, detail: &'static str) -> Refusal {
        self.call.later(After::Drain);
        Refusal::new(reason, detail).retry_after_ms(AWAY_RETRY_MS)
    }

    /// For background work: whether calls go through, after a look at an origin that was given up.
    ///
    /// Requests leave such an origin alone until the breaker's trial. One question a second is no burden on it,
    /// and finds it soon after it has come back.
    pub async fn is_back(&self) -> bool {
        let platform = self.call.platform;
        let before = self.health().await;
        let now_ms = platform.now_ms();
        if before.breaker.would_admit(now_ms) {
            return true;
        }
        if (0..LOOK_EVERY_MS).contains(&now_ms.saturating_sub(before.looked_at_ms)) {
            return false;
        }
        self.note(before, Health { looked_at_ms: now_ms, ..before }).await;
        self.asked_ready().await
    }

    /// Waits a moment for an origin that has been lost a moment ago: it may only have been started anew. Whether it is back.
    ///
    /// For turns that could not be kept without it. One that has been away for longer is waited for by nobody.
    pub async fn returns(&self) -> bool {
        let platform = self.call.platform;
        let began_us = platform.ticks_us();
        loop {
            let health = self.health_now().await;
            let lost_ms = health.away_since_ms.map(|since| platform.now_ms().saturating_sub(since));
            match lost_ms {
                None => return true,
                Some(lost_ms) if !(0..RESTART_MS).contains(&lost_ms) => return false,
                Some(_) => {}
            }
            if platform.ticks_us().saturating_sub(began_us) / 1_000 >= RESTART_MS.unsigned_abs() {
                return false;
            }
            platform.sleep_ms(RESTART_LOOK_MS).await;
            if self.asked_ready().await {
                return true;
            }
        }
    }

    /// Asks whether it is ready, and forgets that it was not.
    pub(crate) async fn asked_ready(&self) -> bool {
        let platform = self.call.platform;
        let look = Outbound {
            method: "GET",
            url: format!("{}/health/ready", self.call.settings.origin.url),
            headers: Vec::new(),
            body: Vec::new(),
            timeout_ms: LOOK_TAKES_MS,
            max_answer_bytes: MAX_ANSWER_BYTES,
        };
        let ready = self.call.fetch(look).await.is_ok_and(|answer| answer.status == 200);
        if ready {
            let (before, ready_at_ms) = (self.health_now().await, Some(platform.now_ms()));
            let breaker = Breaker::default();
            self.note(before, Health { breaker, away_since_ms: None, away: None, ready_at_ms, ..before }).await;
        }
        ready
    }

    /// The active version of each game.
    pub async fn games(&self) -> Result<GameList, OriginError> {
        parsed(self.get("/edge/v1/games", MAX_ANSWER_BYTES).await?)
    }

    /// A compiled game; `None` when there is no such version.
    pub async fn compiled(&self, version: &str) -> Result<Option<Vec<u8>>, OriginError> {
        let answer = self.get(&format!("/edge/v1/compiled/{}", percent_encoded(version)), MAX_COMPILED_BYTES).await?;
        match answer.status {
            200 => Ok(Some(answer.body)),
            404 => Ok(None),
            _ => Err(OriginError::of(&answer)),
        }
    }

    /// A conversation.
    pub async fn conversation(&self, game: &str, id: &str, user: &str) -> Result<Lookup, OriginError> {
        self.found(&conversation_path(game, id, "", user)).await
    }

    /// A conversation as a turn finds it that was said then, and has waited.
    pub async fn conversation_then(&self, commit: &CommitRequest) -> Result<Lookup, OriginError> {
        let path = conversation_path(&commit.game, &commit.conversation_id, "", &commit.user_id);
        self.found(&format!("{path}&said_ms={}", commit.record.at_ms)).await
    }

    async fn found(&self, path: &str) -> Result<Lookup, OriginError> {
        let answer = self.get(path, MAX_ANSWER_BYTES).await?;
        match answer.status {
            404 => Ok(Lookup::Unknown),
            410 => Ok(Lookup::Erased),
            _ => parsed(answer).map(Lookup::Found),
        }
    }

    /// Erases a conversation; whether it was there and theirs.
    pub async fn erase(&self, game: &str, id: &str, user: &str) -> Result<bool, OriginError> {
        let answer = self.send("DELETE", &conversation_path(game, id, "", user), Vec::new(), MAX_ANSWER_BYTES).await?;
        match answer.status {
            204 => Ok(true),
            404 | 410 => Ok(false),
            429 => Err(OriginError::Refused(429)),
            _ => Err(OriginError::of(&answer)),
        }
    }

    /// The export of a conversation, as it came.
    pub async fn export(&self, game: &str, id: &str, user: &str) -> Result<Option<Vec<u8>>, OriginError> {
        let answer = self.get(&conversation_path(game, id, "/export", user), MAX_COMPILED_BYTES).await?;
        match answer.status {
            200 => Ok(Some(answer.body)),
            404 | 410 => Ok(None),
            429 => Err(OriginError::Refused(429)),
            _ => Err(OriginError::of(&answer)),
        }
    }

    /// What was said in a conversation after a turn, as it came; whoever is there sees whether the person is `typing`, where that is
    /// said.
    pub async fn messages(
        &self,
        game: &str,
        id: &str,
        user: &str,
        after: u64,
        typing: Option<bool>,
    ) -> Result<Option<Vec<u8>>, OriginError> {
        let typing = typing.map(|typing| format!("&typing={typing}")).unwrap_or_default();
        let path = format!("{}&after={after}{typing}", conversation_path(game, id, "/messages", user));
        let answer = self.get(&path, MAX_ANSWER_BYTES).await?;
        match answer.status {
            200 => Ok(Some(answer.body)),
            404 | 410 => Ok(None),
            _ => Err(OriginError::of(&answer)),
        }
    }

    /// What an API key may do.
    pub async fn api_key(&self, sha256: &str) -> Result<Option<ApiKey>, OriginError> {
        let answer = self.get(&format!("/edge/v1/keys/{sha256}"), MAX_ANSWER_BYTES).await?;
        if answer.status == 404 { Ok(None) } else { parsed(answer).map(Some) }
    }

    /// Whether a token is signed by its issuer.
    pub async fn token(&self, token: &str) -> Result<Signature, OriginError> {
        let request = TokenRequest { token: token.to_owned() };
        let body = serde_json::to_vec(&request).map_err(|_| OriginError::Refused(0))?;
        let answer: TokenAnswer = parsed(self.send("POST", "/edge/v1/tokens", body, MAX_ANSWER_BYTES).await?)?;
        Ok(answer.signature)
    }

    /// Whether a person has consented.
    pub async fn consent(&self, game: &str, user: &str) -> Result<Consent, OriginError> {
        let path = format!("/edge/v1/consents/{}/{}", percent_encoded(game), percent_encoded(user));
        parsed(self.get(&path, MAX_ANSWER_BYTES).await?)
    }

    /// Tells the audit log of refusals.
    pub async fn report(&self, report: Report) -> Result<(), OriginError> {
        self.told("/edge/v1/reports", &Reports { reports: vec![report] }).await
    }

    /// Tells the audit log what somebody decides about turns that were set aside.
    pub async fn decided(&self, decisions: &Decisions) -> Result<(), OriginError> {
        self.told("/edge/v1/decisions", decisions).await
    }

    /// Tells how this node is.
    pub async fn tell(&self, report: &NodeReport) -> Result<(), OriginError> {
        self.told("/edge/v1/node", report).await
    }

    /// Tells what happened at this node.
    pub async fn happened(&self, counts: &NodeCounts) -> Result<(), OriginError> {
        self.told("/edge/v1/counts", counts).await
    }

    async fn told<T: Serialize>(&self, path: &str, what: &T) -> Result<(), OriginError> {
        let body = serde_json::to_vec(what).map_err(|_| OriginError::Refused(0))?;
        let answer = self.send("POST", path, body, MAX_ANSWER_BYTES).await?;
        if answer.status == 204 { Ok(()) } else { Err(OriginError::of(&answer)) }
    }

    /// Tells of a request whose trace is kept.
    pub async fn traced(&self, request: &TracedRequest) -> Result<(), OriginError> {
        self.told("/edge/v1/traces", request).await
    }

    /// What was erased: after a cursor that an earlier page gave, or in the last so many milliseconds.
    pub async fn erasures(&self, after: Option<&str>, last_ms: u64) -> Result<Erasures, OriginError> {
        let query = match after {
            Some(cursor) => format!("after={}", percent_encoded(cursor)),
            None => format!("last_ms={last_ms}"),
        };
        parsed(self.get(&format!("/edge/v1/erasures?{query}"), MAX_ANSWER_BYTES).await?)
    }

    /// Holds a turn's place.
    pub async fn claim(&self, request: &ClaimRequest) -> Result<Verdict, OriginError> {
        self.decide("/edge/v1/claims", request).await
    }

    /// Commits a turn.
    pub async fn commit(&self, request: &CommitRequest) -> Result<Verdict, OriginError> {
        self.decide("/edge/v1/turns", request).await
    }

    async fn decide<T: Serialize>(&self, path: &str, request: &T) -> Result<Verdict, OriginError> {
        let body = serde_json::to_vec(request).map_err(|_| OriginError::Refused(0))?;
        if body.len() > MAX_COMMIT_BYTES {
            return Err(OriginError::TooLarge);
        }
        let began_us = self.call.platform.ticks_us();
        let answer = self.send("POST", path, body, MAX_ANSWER_BYTES).await;
        let verdict = answer.and_then(|answer| match answer.status {
            200 => parsed(answer).map(Verdict::Answer),
            404 => Ok(Verdict::NotTheirs),
            409 => json::read(&answer.body)
                .map(|conflict| Verdict::Conflict(Box::new(conflict)))
                .map_err(|_| OriginError::Unintelligible(409)),
            410 => Ok(Verdict::Erased),
            422 => Ok(Verdict::KeyReused),
            423 => Ok(Verdict::Full),
            _ => Err(OriginError::of(&answer)),
        });
        self.note_commit(verdict.is_ok()).await;
        if let Err(error) = &verdict {
            let level = if error.is_away() { Level::Warn } else { Level::Error };
            self.call.tell(level, "the origin did not take a turn", |line| {
                line.detail = Some(error.to_string());
                line.took_ms = Some(self.call.platform.ticks_us().saturating_sub(began_us) / 1_000);
            });
        }
        verdict
    }

    async fn get(&self, path: &str, max_answer_bytes: usize) -> Result<Inbound, OriginError> {
        self.send("GET", path, Vec::new(), max_answer_bytes).await
    }

    /// One call behind the breaker. Every call may be repeated: reads by nature, writes by their idempotency keys.
    async fn send(
        &self,
        method: &'static str,
        path: &str,
        body: Vec<u8>,
        max_answer_bytes: usize,
    ) -> Result<Inbound, OriginError> {
        let platform = self.call.platform;
        let mut health = self.health().await;
        let before = health;
        if matches!(health.breaker.admit(platform.now_ms()), Admission::Refused { .. }) {
            return Err(OriginError::Away);
        }
        self.note(before, health).await;
        let answer = self.attempts(method, path, body, max_answer_bytes).await;
        if answer.is_err() {
            self.call.observe(Event::OriginFailure);
        }
        if answer.is_err() || health.breaker != Breaker::default() || health.away_since_ms.is_some() {
            // Calls of other requests may have failed meanwhile; five at once are five as well.
            let before = self.health_now().await;
            let mut health = before;
            match &answer {
                Ok(_) => {
                    health.breaker.succeeded();
                    (health.away_since_ms, health.away) = (None, None);
                }
                Err(Unanswered { why, .. }) => {
                    health.breaker.failed(platform.now_ms());
                    health.away_since_ms = health.away_since_ms.or(Some(platform.now_ms()));
                    health.away = Some(*why);
                    self.tell_of_opening(&before, &health);
                }
            }
            self.call.origin_health.set(Some(health));
            self.note(before, health).await;
        }
        let answered = answer.map_err(|failed| match failed.may_have_arrived {
            true => OriginError::Unanswered,
            false => OriginError::Away,
        })?;
        let settles = answered.settles();
        let answer = answered.answer;
        let estranged = match OriginError::of(&answer) {
            OriginError::Estranged(why) => Some(why),
            _ => None,
        };
        if estranged != health.estranged {
            if let Some(why) = estranged {
                let what = "the origin does not take this node for one of its own";
                self.call.tell(Level::Error, what, |line| line.detail = Some(why.to_string()));
            }
            let before = self.health_now().await;
            self.note(before, Health { estranged, ..before }).await;
        }
        if settles { Ok(answer) } else { Err(OriginError::Unanswered) }
    }

    /// Says in the log why the origin was given up. Trials that fail for the same cause say nothing new.
    fn tell_of_opening(&self, before: &Health, now: &Health) {
        let opened = matches!(now.breaker, Breaker::Open { .. });
        if opened && (matches!(before.breaker, Breaker::Closed { .. }) || before.away != now.away) {
            self.call.tell(Level::Warn, "the origin is away", |line| {
                line.detail = now.away.map(|why| why.to_string());
            });
        }
    }

    async fn attempts(
        &self,
        method: &'static str,
        path: &str,
        body: Vec<u8>,
        max_answer_bytes: usize,
    ) -> Result<Answered, Unanswered> {
        let settings = &self.call.settings.origin;
        let (mut attempt, mut may_have_arrived) = (1, false);
        loop {
            let request = Outbound {
                method,
                url: format!("{}{path}", settings.url),
                headers: self.headers(method, path, &body),
                body: body.clone(),
                timeout_ms: settings.timeout_ms,
                max_answer_bytes,
            };
            let (why, is_worth_another) = match self.call.fetch(request).await {
                // Asked too often, it is well all the same: what one person does too often must not cut off the others.
                Ok(answer) if answer.status < 500 => return Ok(Answered { answer, may_have_arrived }),
                Ok(answer) => (Away::Failed(answer.status), true),
                Err(error @ (FetchError::Unreachable | FetchError::Broken)) => (Away::Silent(error), true),
                // Another wait as long as this one would outlast the client's patience.
                Err(error @ (FetchError::TimedOut | FetchError::Denied | FetchError::TooLarge)) => {
                    (Away::Silent(error), false)
                }
            };
            may_have_arrived |= why.may_have_arrived();
            if !is_worth_another || attempt == ATTEMPTS {
                return Err(Unanswered { why, may_have_arrived });
            }
            pause(self.call.platform, RETRY_PAUSE_MS).await;
            attempt += 1;
        }
    }

    fn headers(&self, method: &str, path: &str, body: &[u8]) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            (signature::TENANT_HEADER, self.call.caller.tenant.clone()),
            ("x-request-id", self.call.request_id.clone()),
            (TRACEPARENT, self.call.trace.own.header()),
        ];
        if !body.is_empty() {
            headers.push(("content-type", "application/json".into()));
        }
        let Some((key_id, secret)) = &self.call.settings.origin.signing else { return headers };
        let nonce = random_hex::<P, 16>(self.call.platform);
        let timestamp_ms = self.call.platform.now_ms();
        let digest = signature::body_digest(body);
        let parts = Parts {
            method,
            path_and_query: path,
            tenant: &self.call.caller.tenant,
            key_id,
            timestamp_ms,
            nonce: &nonce,
            digest: &digest,
        };
        // Settings are checked at start; a secret that can't sign leaves the call unsigned, and the origin refuses it.
        let Ok(signed) = signature::sign(secret, &parts) else { return headers };
        headers.extend([
            (signature::KEY_ID_HEADER, key_id.clone()),
            (signature::TIMESTAMP_HEADER, timestamp_ms.to_string()),
            (signature::NONCE_HEADER, nonce),
            (signature::DIGEST_HEADER, digest),
            (signature::SIGNATURE_HEADER, signed),
        ]);
        headers
    }
}

/// Pauses for a random time up to a limit ("full jitter"), so that retries of many nodes do not come together.
pub(crate) async fn pause<P: Platform>(platform: &P, longest_ms: u64) {
    let mut bytes = [0; 8];
    platform.fill_random(&mut bytes);
    platform.sleep_ms(u64::from_le_bytes(bytes) % (longest_ms + 1)).await;
}

fn conversation_path(game: &str, id: &str, suffix: &str, user: &str) -> String {
    let (game, id, user) = (percent_encoded(game), percent_encoded(id), percent_encoded(user));
    format!("/edge/v1/conversations/{game}/{id}{suffix}?user={user}")
}

fn parsed<T: DeserializeOwned>(answer: Inbound) -> Result<T, OriginError> {
    if answer.status != 200 {
        return Err(OriginError::of(&answer));
    }
    json::read(&answer.body).map_err(|_| OriginError::Unintelligible(answer.status))
}
