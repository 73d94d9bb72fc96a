//! A client that holds one conversation the way `@lgdl/client` does (one turn at a time, an idempotency key for each,
//! tries repeated with backoff) and writes down what it was told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::json;

use super::run::Log;

// As in edge/client/src/client.ts.
/// Tries of a turn, the first included.
const MAX_ATTEMPTS: u32 = 5;
/// The longest wait before another try that the server did not ask for.
const MAX_BACKOFF: Duration = Duration::from_secs(4);
/// A `Retry-After` beyond this is not waited for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);
/// The longest wait before the second try; it doubles from there.
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
/// How long a try may take.
pub const TRY_TAKES: Duration = Duration::from_secs(20);

/// What is said, over and over: a dialogue that fills slots, so that an answer depends on the turns before it, and no
/// services are called.
const LINES: [&str; 6] = ["I am in pain", "my lower back", "three", "this morning", "ibuprofen", "hello"];

/// What came of one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// 200, and the origin has the turn.
    Durable,
    /// 200, and the turn waits in the node's journal.
    Journalled,
    /// 200, answered without state; nothing is kept.
    Stateless,
    /// A problem document.
    Refused {
        /// HTTP status.
        status: u16,
        /// The digits of the LGDL code.
        code: u16,
    },
    /// No answer, or half of one.
    Silence,
}

/// One try.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// When it began.
    pub began: Instant,
    /// When its answer was there, or it was clear that there will be none.
    pub ended: Instant,
    /// What came of it.
    pub outcome: Outcome,
}

/// A turn as its client remembers it.
#[derive(Debug, Clone)]
pub struct Said {
    /// The conversation.
    pub conversation: usize,
    /// What was said; no other turn of the conversation says the same.
    pub input: String,
    /// What the client was told in the end, if anything.
    pub told: Option<Told>,
}

/// An answer that a client has.
#[derive(Debug, Clone)]
pub struct Told {
    /// How it is kept: durable, journalled or stateless.
    pub kept: Outcome,
    /// Its number.
    pub turn: u64,
    /// Its text.
    pub response: String,
}

#[derive(Deserialize)]
struct Answer {
    durable: bool,
    #[serde(default)]
    degraded: Option<String>,
    turn: u64,
    response: String,
}

/// What clients share.
#[derive(Clone)]
pub struct World {
    /// `http://…/games/…/move`.
    pub url: String,
    /// Their key.
    pub api_key: String,
    /// Their connections.
    pub http: reqwest::Client,
    /// Where they write.
    pub log: Arc<Log>,
    /// Set when enough has been said.
    pub stop: Arc<AtomicBool>,
    /// The pause after a turn; half of it to one and a half times.
    pub think: Duration,
}

/// The id of a conversation.
#[must_use]
pub fn conversation_id(conversation: usize) -> String {
    format!("chaos-{conversation}")
}

/// The user of a conversation.
#[must_use]
pub fn user_id(conversation: usize) -> String {
    format!("user-{conversation}")
}

/// Says one thing after another until told to stop.
pub async fn converse(world: World, conversation: usize) {
    let chance = Chance::new(conversation as u64);
    // Not all at once.
    tokio::time::sleep(world.think.mul_f64(chance.next())).await;
    for number in 0.. {
        if world.stop.load(Ordering::SeqCst) {
            return;
        }
        let input = format!("{}, note {}", LINES[number % LINES.len()], letters(number));
        let told = say(&world, conversation, &input, &chance).await;
        world.log.said(Said { conversation, input, told });
        tokio::time::sleep(world.think.mul_f64(0.5 + chance.next())).await;
    }
}

/// A number in letters, so that it does not fill a slot that takes numbers.
fn letters(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}

async fn say(world: &World, conversation: usize, input: &str, chance: &Chance) -> Option<Told> {
    let key = format!("turn-{conversation}-{}", input.replace([' ', ','], "-"));
    for attempt in 1..=MAX_ATTEMPTS {
        let began = Instant::now();
        let (outcome, told, retry_after) = try_once(world, conversation, input, &key).await;
        world.log.attempt(Attempt { began, ended: Instant::now(), outcome });
        if told.is_some() {
            return told;
        }
        let again = match outcome {
            Outcome::Refused { status, .. } => [408, 425, 429, 500, 502, 503, 504].contains(&status),
            _ => true,
        };
        let backoff = (FIRST_BACKOFF * 2_u32.pow(attempt - 1)).min(MAX_BACKOFF).mul_f64(chance.next());
        let wait = retry_after.unwrap_or(backoff);
        if !again || attempt == MAX_ATTEMPTS || wait > MAX_RETRY_AFTER {
            return None;
        }
        tokio::time::sleep(wait).await;
    }
    None
}

async fn try_once(
    world: &World,
    conversation: usize,
    input: &str,
    key: &str,
) -> (Outcome, Option<Told>, Option<Duration>) {
    const SILENCE: (Outcome, Option<Told>, Option<Duration>) = (Outcome::Silence, None, None);
    let body = json!({
        "conversation_id": conversation_id(conversation), "user_id": user_id(conversation), "input": input,
    });
    let request = world.http.post(&world.url).bearer_auth(&world.api_key).header("idempotency-key", key).json(&body);
    let Ok(answer) = request.send().await else { return SILENCE };
    let status = answer.status().as_u16();
    let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    // An answer that broke off says nothing.
    let Ok(bytes) = answer.bytes().await else { return SILENCE };
    if status != 200 {
        let problem: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let code = problem["code"].as_str().and_then(|code| code.strip_prefix('E')?.parse().ok()).unwrap_or(0);
        return (Outcome::Refused { status, code }, None, retry_after.map(Duration::from_secs));
    }
    let Ok(answer) = serde_json::from_slice::<Answer>(&bytes) else { return SILENCE };
    let kept = match (answer.durable, answer.degraded.as_deref()) {
        (true, _) => Outcome::Durable,
        (false, Some("journalled")) => Outcome::Journalled,
        (false, _) => Outcome::Stateless,
    };
    (kept, Some(Told { kept, turn: answer.turn, response: answer.response }), None)
}

/// Evenly drawn numbers (SplitMix64), the same in every run.
struct Chance(AtomicU64);

impl Chance {
    fn new(seed: u64) -> Chance {
        Chance(AtomicU64::new(seed))
    }

    /// In [0, 1).
    fn next(&self) -> f64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut bits = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
