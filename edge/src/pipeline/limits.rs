//! Stage 3: rate limits. Which buckets a request draws from, and what answers say of them; counting is the platform's.

use std::fmt::Write as _;

use http::HeaderName;
use lgdl::limits::{CountRequest, Counted, Rate, Take};
use lgdl::problem::Reason;
use lgdl::wire::origin::Refused;

use crate::answer::Refusal;
use crate::call::Call;
use crate::digest;
use crate::pipeline::reports;
use crate::platform::Platform;

/// `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10).
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// `RateLimit-Policy`, of the same draft.
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Looks that one person may take at what others said: an element takes two in three seconds, and a person has a few of them open.
const LOOKS: Rate = Rate { tokens: 240, period_ms: 60_000 };

/// Limits that applied to a request, for its answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limited {
    headers: Vec<(HeaderName, String)>,
}

impl Limited {
    /// The headers of the answer.
    #[must_use]
    pub fn headers(&self) -> &[(HeaderName, String)] {
        &self.headers
    }
}

/// Counts a turn against every limit that is on.
///
/// # Errors
/// 429. A counter that can't be reached lets the request pass: limits protect the service, they must not be its end.
pub async fn check<P: Platform>(call: &Call<'_, P>, user: &str, conversation: &str) -> Result<Limited, Refusal> {
    let limits = &call.settings.limits;
    let caller = &call.caller;
    let person = digest::person(&caller.tenant, user);
    let key = caller.key.as_deref().map(|key| format!("key:{key}"));
    let share = format!("tenant:{}", caller.tenant);
    let named: Vec<(&'static str, Rate, Take)> = [
        ("user", limits.user, limits.user.map(|rate| Take::own(format!("user:{person}"), rate))),
        (
            "conversation",
            limits.conversation,
            // Each person's own: whose conversation it is, is not known yet, and a stranger must not use it up.
            limits.conversation.map(|rate| Take::own(format!("conversation:{conversation}:{person}"), rate)),
        ),
        ("key", limits.key, limits.key.zip(key).map(|(rate, key)| Take::shared(key, rate))),
        ("global", limits.global, limits.global.map(|rate| Take::with_share(share, "global".to_owned(), rate))),
    ]
    .into_iter()
    .filter_map(|(name, rate, take)| Some((name, rate?, take?)))
    .collect();
    if named.is_empty() || caller.operates(call.settings) {
        return Ok(Limited::default());
    }
    let request = CountRequest {
        takes: named.iter().map(|(_, _, take)| take.clone()).collect(),
        // Whoever misbehaves is the person, never the site whose key they come with.
        subject: person,
    };
    let Ok(counted) = call.platform.count(&request).await else { return Ok(Limited::default()) };
    let names: Vec<(&str, Rate)> = named.iter().map(|(name, rate, _)| (*name, *rate)).collect();
    let headers = headers(&names, &counted);
    match refusal(&names, &counted) {
        Some(mut refusal) => {
            reports::tell(call, refused(&names, &counted), Some(user), caller.key.as_deref());
            refusal.headers.extend(headers);
            Err(refusal)
        }
        None => Ok(Limited { headers }),
    }
}

/// Counts a look at what others said. It counts apart from turns: whoever looks too often may speak all the same.
///
/// # Errors
/// As [`check`].
pub async fn check_look<P: Platform>(call: &Call<'_, P>, user: &str) -> Result<(), Refusal> {
    if call.caller.operates(call.settings) {
        return Ok(());
    }
    let subject = format!("looks:{}", digest::person(&call.caller.tenant, user));
    let request = CountRequest { takes: vec![Take::own(subject.clone(), LOOKS)], subject };
    let Ok(counted) = call.platform.count(&request).await else { return Ok(()) };
    refusal(&[("looks", LOOKS)], &counted).map_or(Ok(()), Err)
}

fn refusal(names: &[(&str, Rate)], counted: &Counted) -> Option<Refusal> {
    if let Some(left_ms) = counted.banned_for_ms {
        let detail = "Too many refused requests; this caller is refused for a while, each time for longer.";
        return Some(Refusal::new(Reason::Banned, detail).retry_after_ms(left_ms));
    }
    let index = counted.refused_by?;
    let (name, rate) = names.get(index)?;
    let wait_ms = counted.standings.get(index).map_or(1_000, |standing| standing.wait_ms);
    let detail = format!("The limit named `{name}` is {rate}. Wait as long as Retry-After says.");
    Some(Refusal::new(Reason::RateLimited, detail).retry_after_ms(wait_ms))
}

fn refused(names: &[(&str, Rate)], counted: &Counted) -> Refused {
    if counted.banned_for_ms.is_some() {
        return Refused::Banned;
    }
    match counted.refused_by.and_then(|index| names.get(index)).map(|(name, _)| *name) {
        Some("user") => Refused::UserLimit,
        Some("conversation") => Refused::ConversationLimit,
        Some("key") => Refused::KeyLimit,
        _ => Refused::GlobalLimit,
    }
}

fn headers(names: &[(&str, Rate)], counted: &Counted) -> Vec<(HeaderName, String)> {
    let (mut standing_text, mut policy) = (String::new(), String::new());
    for ((name, rate), standing) in names.iter().zip(&counted.standings) {
        let separator = if policy.is_empty() { "" } else { ", " };
        let window = rate.period_ms.div_ceil(1_000);
        let reset = standing.full_in_ms.div_ceil(1_000);
        let _ = write!(policy, "{separator}\"{name}\";q={};w={window}", rate.tokens);
        let _ = write!(standing_text, "{separator}\"{name}\";r={};t={reset}", standing.remaining);
    }
    vec![(RATE_LIMIT, standing_text), (RATE_LIMIT_POLICY, policy)]
}
