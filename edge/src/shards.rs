//! What is spread over several stores that each do one thing after another, a Durable Object each: which of them counts what, and
//! which keeps a conversation's journal. Pure functions; the adapter asks the objects.

use lgdl::limits::{Blame, CountRequest, Rate, Take};

/// Counters that what many share is spread over, at most. One of them does some 200 counts a second.
pub const MAX_COUNTERS: u32 = 16;
/// Tokens that each of them has at least: with fewer, one would be empty too often while another has some.
const TOKENS_A_COUNTER: u32 = 50;
/// Journals that conversations are spread over, behind the first one, which earlier programs wrote to alone.
pub const JOURNALS: u8 = 16;

/// Where a request's tokens are counted: what is the subject's own in a counter of the subject's, what many share in one of
/// those that share it, by subject. The latter is asked only for requests that the former lets through, and what the subject has
/// taken is not given back where there is no room.
///
/// Each of the counters that share a limit has its part of it. So together they never let more through than the limit says;
/// and a subject may be refused while there is room at another counter.
#[must_use]
pub fn counters(request: &CountRequest) -> Vec<(String, CountRequest)> {
    let of = |blame: Blame| -> Vec<Take> { request.takes.iter().filter(|take| take.blame == blame).cloned().collect() };
    let (own, mut shared) = (of(Blame::Subject), of(Blame::Nobody));
    let part = |name: String, takes| (name, CountRequest { takes, subject: request.subject.clone() });
    let own = (!own.is_empty()).then(|| part(format!("limits:{}", request.subject), own));
    let fewest = shared.iter().map(tokens).min().unwrap_or(0);
    let count = (fewest / TOKENS_A_COUNTER).clamp(1, MAX_COUNTERS);
    for take in &mut shared {
        take.rate = part_of(take.rate, count);
        take.common = take.common.take().map(|(key, rate)| (key, part_of(rate, count)));
    }
    let name = shared.last().map(|take| match count {
        1 => format!("limits:shared:{}", take.key),
        _ => format!("limits:shared:{}:{}", take.key, number(&request.subject) % u64::from(count)),
    });
    own.into_iter().chain(name.map(|name| part(name, shared))).collect()
}

fn tokens(take: &Take) -> u32 {
    take.rate.tokens + take.common.as_ref().map_or(0, |(_, rate)| rate.tokens)
}

fn part_of(rate: Rate, count: u32) -> Rate {
    Rate { tokens: (rate.tokens / count).max(1), ..rate }
}

/// The journal of a conversation, by the digest that names it.
#[must_use]
pub fn journal_of(stream: &str) -> u8 {
    (number(stream) % u64::from(JOURNALS)) as u8
}

/// A number that spreads names evenly; the names are digests mostly, and nothing is secret about it.
fn number(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
        >> 16
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn asked(subject: &str, global: u32) -> CountRequest {
        let rate = |tokens| Rate { tokens, period_ms: 60_000 };
        CountRequest {
            takes: vec![
                Take::own(format!("user:{subject}"), rate(10)),
                Take::with_share("tenant:t".into(), "global".into(), rate(global)),
            ],
            subject: subject.into(),
        }
    }

    #[test]
    fn what_many_share_is_spread_and_never_more_than_the_whole() {
        for global in [1, 8, 1_000, 100_000] {
            let parts: Vec<(String, CountRequest)> =
                (0..500).map(|n| counters(&asked(&format!("p{n}"), global)).remove(1)).collect();
            let names: BTreeSet<&String> = parts.iter().map(|(name, _)| name).collect();
            let each = tokens(&parts[0].1.takes[0]);
            assert!(names.len() as u32 * each <= global.max(1), "{global}: {} times {each}", names.len());
            assert_eq!(names.len() as u32, (global / TOKENS_A_COUNTER).clamp(1, MAX_COUNTERS), "{global}");
        }
    }

    #[test]
    fn what_is_a_persons_own_is_counted_in_one_place() {
        let first = counters(&asked("p1", 1_000)).remove(0);
        assert_eq!((first.0.as_str(), first.1.takes.len()), ("limits:p1", 1));
        assert_eq!(counters(&asked("p1", 1_000)), counters(&asked("p1", 1_000)));
    }

    #[test]
    fn conversations_are_spread_over_all_journals() {
        let used: BTreeSet<u8> = (0..1_000).map(|n| journal_of(&format!("{n:032x}"))).collect();
        assert_eq!(used.len(), usize::from(JOURNALS));
    }
}
