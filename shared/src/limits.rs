//! Rate limits as pure state machines: token buckets, several taken at once, and bans that grow.
//!
//! No clock and no store in here: the time is an argument (milliseconds since 1970, or any other origin that does not
//! move), and whoever holds a [`Bucket`] decides how exact its counting is.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The largest number of tokens a rate may name.
pub const MAX_TOKENS: u32 = 1_000_000;
/// The longest period a rate may name, milliseconds (a day).
pub const MAX_PERIOD_MS: u64 = 86_400_000;
/// Refusals within [`REFUSAL_WINDOW_MS`] after which a caller is banned.
pub const REFUSALS_BEFORE_BAN: u32 = 30;
/// The window in which refusals are counted, milliseconds.
pub const REFUSAL_WINDOW_MS: i64 = 60_000;
/// The first ban, milliseconds; each further one is twice as long.
pub const FIRST_BAN_MS: i64 = 60_000;
/// The longest ban, milliseconds.
pub const LONGEST_BAN_MS: i64 = 3_600_000;
/// Good behaviour after which the next ban is short again, milliseconds.
pub const BAN_MEMORY_MS: i64 = 86_400_000;

/// So many tokens in so long a period: `10/minute`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Requests a period; also the most that may come at once.
    pub tokens: u32,
    /// The period, milliseconds.
    pub period_ms: u64,
}

/// The text is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a rate such as 10/minute, 5/second, 100/hour or 3/20s, with 1 to {MAX_TOKENS} requests")]
pub struct RateError;

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Rate, RateError> {
        let (tokens, period) = text.split_once('/').ok_or(RateError)?;
        let tokens: u32 = tokens.trim().parse().map_err(|_| RateError)?;
        let period_ms = period_ms(period.trim()).ok_or(RateError)?;
        if tokens == 0 || tokens > MAX_TOKENS || period_ms == 0 || period_ms > MAX_PERIOD_MS {
            return Err(RateError);
        }
        Ok(Rate { tokens, period_ms })
    }
}

fn period_ms(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let count: u64 = if count.is_empty() { 1 } else { count.parse().ok()? };
    let unit = match unit.trim() {
        "ms" => 1,
        "s" | "sec" | "second" | "seconds" => 1_000,
        "m" | "min" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        "d" | "day" => 86_400_000,
        _ => return None,
    };
    count.checked_mul(unit)
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.period_ms {
            1_000 => write!(f, "{}/second", self.tokens),
            60_000 => write!(f, "{}/minute", self.tokens),
            3_600_000 => write!(f, "{}/hour", self.tokens),
            other => write!(f, "{}/{other}ms", self.tokens),
        }
    }
}

/// A clock that goes back by more than this was wrong before, milliseconds.
const WRONG_CLOCK_MS: u64 = 120_000;

/// One token bucket. It is full at first and fills evenly.
///
/// Levels are whole numbers in units of `1 / period_ms` tokens, so that a millisecond adds exactly `tokens` units and
/// nothing is ever rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    level: u64,
    at_ms: i64,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub fn full(rate: Rate, now_ms: i64) -> Bucket {
        Bucket { level: capacity(rate), at_ms: now_ms }
    }

    /// Fills what time has brought. A clock that went back brings nothing; where it went back far, it was wrong before, and is believed
    /// from now on: else nobody would get a token until that time comes.
    fn refill(&mut self, rate: Rate, now_ms: i64) {
        let elapsed = u64::try_from(now_ms.saturating_sub(self.at_ms)).unwrap_or(0);
        let gained = elapsed.saturating_mul(u64::from(rate.tokens));
        self.level = self.level.saturating_add(gained).min(capacity(rate));
        let ahead = u64::try_from(self.at_ms.saturating_sub(now_ms)).unwrap_or(0);
        if ahead == 0 || ahead > rate.period_ms.max(WRONG_CLOCK_MS) {
            self.at_ms = now_ms;
        }
    }

    /// How it stands, after a refill.
    #[must_use]
    pub fn standing(mut self, rate: Rate, now_ms: i64) -> Standing {
        self.refill(rate, now_ms);
        let missing = rate.period_ms.saturating_sub(self.level);
        Standing {
            remaining: u32::try_from(self.level / rate.period_ms).unwrap_or(u32::MAX),
            wait_ms: missing.div_ceil(u64::from(rate.tokens)),
            full_in_ms: (capacity(rate) - self.level).div_ceil(u64::from(rate.tokens)),
        }
    }

    /// Whether the bucket is full by now, so that forgetting it changes nothing.
    #[must_use]
    pub fn is_full(self, rate: Rate, now_ms: i64) -> bool {
        self.standing(rate, now_ms).full_in_ms == 0
    }
}

fn capacity(rate: Rate) -> u64 {
    u64::from(rate.tokens) * rate.period_ms
}

/// What a bucket holds at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whole tokens left.
    pub remaining: u32,
    /// Milliseconds until there is a token; 0 when there is one.
    pub wait_ms: u64,
    /// Milliseconds until it is full again.
    pub full_in_ms: u64,
}

/// What one take draws from: a bucket, and another one where the first is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    own: (Rate, Bucket),
    common: Option<(Rate, Bucket)>,
}

impl Source {
    /// One bucket.
    #[must_use]
    pub fn of(rate: Rate, bucket: Bucket) -> Source {
        Source { own: (rate, bucket), common: None }
    }

    /// How much there is in both together.
    #[must_use]
    pub fn standing(&self, now_ms: i64) -> Standing {
        let standing = |(rate, bucket): &(Rate, Bucket)| bucket.standing(*rate, now_ms);
        let own = standing(&self.own);
        self.common.as_ref().map(standing).map_or(own, |common| Standing {
            remaining: own.remaining.saturating_add(common.remaining),
            wait_ms: own.wait_ms.min(common.wait_ms),
            full_in_ms: own.full_in_ms.max(common.full_in_ms),
        })
    }

    fn refill(&mut self, now_ms: i64) {
        self.own.1.refill(self.own.0, now_ms);
        if let Some((rate, bucket)) = &mut self.common {
            bucket.refill(*rate, now_ms);
        }
    }

    /// Takes a token that is there: the own one first, so that what is common stays for whoever has none of their own left.
    fn take(&mut self) {
        let (rate, bucket) = match &mut self.common {
            Some(common) if self.own.1.level < self.own.0.period_ms => common,
            _ => &mut self.own,
        };
        bucket.level = bucket.level.saturating_sub(rate.period_ms);
    }
}

/// Takes one token from every source, or none from any: a refusal by one limit does not use up the others.
///
/// # Errors
/// The index of the source that lets its caller wait longest. The sources are refilled and otherwise as they were.
pub fn take_all(sources: &mut [Source], now_ms: i64) -> Result<(), usize> {
    let mut worst: Option<(usize, u64)> = None;
    for (index, source) in sources.iter_mut().enumerate() {
        source.refill(now_ms);
        let wait = source.standing(now_ms).wait_ms;
        if wait > 0 && worst.is_none_or(|(_, longest)| wait > longest) {
            worst = Some((index, wait));
        }
    }
    if let Some((index, _)) = worst {
        return Err(index);
    }
    sources.iter_mut().for_each(Source::take);
    Ok(())
}

/// A caller's record of refusals: whoever keeps on knocking is banned, each time for longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Conduct {
    refusals: u32,
    window_from_ms: i64,
    bans: u32,
    banned_until_ms: i64,
}

impl Conduct {
    /// Milliseconds that a ban still lasts, if there is one. None lasts longer than the longest: its clock was wrong.
    #[must_use]
    pub fn banned_for_ms(&self, now_ms: i64) -> Option<u64> {
        let left = self.banned_until_ms.saturating_sub(now_ms);
        u64::try_from(left).ok().filter(|_| (1..=LONGEST_BAN_MS).contains(&left))
    }

    /// Whether the time in which refusals are counted is over, or lies further ahead than it lasts.
    fn is_window_over(&self, now_ms: i64) -> bool {
        now_ms.saturating_sub(self.window_from_ms).saturating_abs() >= REFUSAL_WINDOW_MS
    }

    /// Whether forgetting it changes nothing.
    #[must_use]
    pub fn is_forgiven(&self, now_ms: i64) -> bool {
        self.is_window_over(now_ms) && now_ms.saturating_sub(self.banned_until_ms) >= BAN_MEMORY_MS
    }

    /// Notes a refusal; tells the length of the ban that it brings, if it brings one.
    pub fn refused(&mut self, now_ms: i64) -> Option<u64> {
        if self.is_window_over(now_ms) {
            self.refusals = 0;
            self.window_from_ms = now_ms;
        }
        if now_ms.saturating_sub(self.banned_until_ms) >= BAN_MEMORY_MS {
            self.bans = 0;
        }
        self.refusals = self.refusals.saturating_add(1);
        if self.refusals < REFUSALS_BEFORE_BAN {
            return None;
        }
        let length = (FIRST_BAN_MS << self.bans.min(10)).min(LONGEST_BAN_MS);
        self.bans = self.bans.saturating_add(1);
        self.refusals = 0;
        self.banned_until_ms = now_ms.saturating_add(length);
        u64::try_from(length).ok()
    }
}

/// Whose doing it is when a bucket is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blame {
    /// The subject's, who is banned for going on.
    #[default]
    Subject,
    /// Nobody's: others have had what there was.
    Nobody,
}

/// A token to be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Take {
    /// Which bucket: the limit's name and whom it counts.
    pub key: String,
    /// Its rate.
    pub rate: Rate,
    /// Whose doing it is when it is empty.
    #[serde(default)]
    pub blame: Blame,
    /// The bucket that is drawn from when this one is empty: what many have in common beside a share of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common: Option<(String, Rate)>,
}

/// Of what many share, each has this part for itself, so that none is without because of the others.
const SHARE: u32 = 4;

impl Take {
    /// A token of the subject's own.
    #[must_use]
    pub fn own(key: String, rate: Rate) -> Take {
        Take { key, rate, blame: Blame::Subject, common: None }
    }

    /// A token of what many share, all of it for whoever comes.
    #[must_use]
    pub fn shared(key: String, rate: Rate) -> Take {
        Take { key, rate, blame: Blame::Nobody, common: None }
    }

    /// A token of what many share, where a quarter is kept for each (`key`) and the rest is common. One alone may have all of
    /// it; together they never have more than the whole and a quarter of it for each further one.
    #[must_use]
    pub fn with_share(key: String, common: String, whole: Rate) -> Take {
        let share = Rate { tokens: (whole.tokens / SHARE).max(1), ..whole };
        let rest = whole.tokens.saturating_sub(share.tokens);
        let common = (rest > 0).then_some((common, Rate { tokens: rest, ..whole }));
        Take { key, rate: share, blame: Blame::Nobody, common }
    }
}

/// A request to a counter: one token from each bucket, or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountRequest {
    /// The tokens.
    pub takes: Vec<Take>,
    /// Whose conduct is noted.
    pub subject: String,
}

/// A counter's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The take that refused, by its index.
    pub refused_by: Option<usize>,
    /// How each bucket stands now, in the order of the takes.
    pub standings: Vec<Standing>,
    /// Milliseconds that the subject is still banned.
    pub banned_for_ms: Option<u64>,
    /// Whether this very refusal brought the ban.
    pub ban_is_new: bool,
}

/// What one count reads and writes, for whatever keeps it longer than memory does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryName {
    /// A bucket, by its key.
    Bucket(String),
    /// A conduct, by its subject.
    Conduct(String),
}

impl EntryName {
    /// The entries that a request is about.
    pub fn of(request: &CountRequest) -> impl Iterator<Item = EntryName> {
        let keys = |take: &Take| [Some(take.key.clone()), take.common.as_ref().map(|(key, _)| key.clone())];
        let buckets = request.takes.iter().flat_map(keys).flatten().map(EntryName::Bucket);
        buckets.chain([EntryName::Conduct(request.subject.clone())])
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EntryName::Bucket(key) => write!(f, "bucket:{key}"),
            EntryName::Conduct(subject) => write!(f, "conduct:{subject}"),
        }
    }
}

/// The value of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A bucket with its rate.
    Bucket(Rate, Bucket),
    /// A conduct.
    Conduct(Conduct),
}

impl Entry {
    /// Whether forgetting it changes nothing.
    #[must_use]
    pub fn is_forgettable(&self, now_ms: i64) -> bool {
        match self {
            Entry::Bucket(rate, bucket) => bucket.is_full(*rate, now_ms),
            Entry::Conduct(conduct) => conduct.is_forgiven(now_ms),
        }
    }
}

/// Buckets and conducts in memory, for whatever counts in one place: a process, a Durable Object.
#[derive(Debug, Default)]
pub struct Counters {
    buckets: HashMap<String, (Rate, Bucket)>,
    conducts: HashMap<String, Conduct>,
    until_sweep: u32,
}

/// Counts between two sweeps; a sweep forgets buckets that are full again and conducts that are forgiven.
const COUNTS_BETWEEN_SWEEPS: u32 = 10_000;

impl Counters {
    /// Takes the tokens and notes a refusal against the subject.
    pub fn count(&mut self, request: &CountRequest, now_ms: i64) -> Counted {
        self.sweep(now_ms);
        let mut sources: Vec<Source> = request.takes.iter().map(|take| self.source(take, now_ms)).collect();
        let banned_for_ms = self.conducts.get(&request.subject).and_then(|conduct| conduct.banned_for_ms(now_ms));
        let refused_by = if banned_for_ms.is_some() { None } else { take_all(&mut sources, now_ms).err() };
        // Who would have been refused by a limit of their own as well is not excused by the want of room.
        let to_blame = refused_by.is_some()
            && request
                .takes
                .iter()
                .zip(&sources)
                .any(|(take, source)| take.blame == Blame::Subject && source.standing(now_ms).wait_ms > 0);
        let new_ban_ms = match to_blame {
            true => self.conducts.entry(request.subject.clone()).or_default().refused(now_ms),
            false => None,
        };
        for (take, source) in request.takes.iter().zip(&sources) {
            self.buckets.insert(take.key.clone(), source.own);
            if let (Some((key, _)), Some(common)) = (&take.common, source.common) {
                self.buckets.insert(key.clone(), common);
            }
        }
        Counted {
            refused_by,
            standings: sources.iter().map(|source| source.standing(now_ms)).collect(),
            banned_for_ms: banned_for_ms.or(new_ban_ms),
            ban_is_new: new_ban_ms.is_some(),
        }
    }

    /// Takes in an entry that was kept elsewhere.
    pub fn restore(&mut self, name: &EntryName, entry: Entry) {
        match (name, entry) {
            (EntryName::Bucket(key), Entry::Bucket(rate, bucket)) => {
                self.buckets.insert(key.clone(), (rate, bucket));
            }
            (EntryName::Conduct(subject), Entry::Conduct(conduct)) => {
                self.conducts.insert(subject.clone(), conduct);
            }
            _ => {}
        }
    }

    /// An entry, to be kept elsewhere.
    #[must_use]
    pub fn entry(&self, name: &EntryName) -> Option<Entry> {
        match name {
            EntryName::Bucket(key) => self.buckets.get(key).map(|(rate, bucket)| Entry::Bucket(*rate, *bucket)),
            EntryName::Conduct(subject) => self.conducts.get(subject).map(|conduct| Entry::Conduct(*conduct)),
        }
    }

    fn source(&self, take: &Take, now_ms: i64) -> Source {
        let common = take.common.as_ref().map(|(key, rate)| (*rate, self.bucket(key, *rate, now_ms)));
        Source { own: (take.rate, self.bucket(&take.key, take.rate, now_ms)), common }
    }

    fn bucket(&self, key: &str, rate: Rate, now_ms: i64) -> Bucket {
        // Another rate than before is another limit: it begins full.
        match self.buckets.get(key) {
            Some((before, bucket)) if *before == rate => *bucket,
            _ => Bucket::full(rate, now_ms),
        }
    }

    fn sweep(&mut self, now_ms: i64) {
        if self.until_sweep > 0 {
            self.until_sweep -= 1;
            return;
        }
        self.until_sweep = COUNTS_BETWEEN_SWEEPS;
        self.buckets.retain(|_, (rate, bucket)| !bucket.is_full(*rate, now_ms));
        self.conducts.retain(|_, conduct| !conduct.is_forgiven(now_ms));
    }

    /// How many buckets and conducts are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.buckets.len() + self.conducts.len()
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    #[test]
    fn rates_are_read_in_their_usual_spellings() {
        for (text, tokens, period_ms) in [
            ("10/minute", 10, 60_000),
            (" 20 / min ", 20, 60_000),
            ("1/s", 1, 1_000),
            ("100/hour", 100, 3_600_000),
            ("3/20s", 3, 20_000),
            ("5/250ms", 5, 250),
        ] {
            assert_eq!(text.parse(), Ok(Rate { tokens, period_ms }), "{text}");
            assert_eq!(rate(text).to_string().parse(), Ok(rate(text)), "{text}");
        }
        for text in
            ["", "10", "/minute", "0/minute", "-1/minute", "10/fortnight", "10/0s", "1e3/s", "10/2d", "1000001/s"]
        {
            assert_eq!(text.parse::<Rate>(), Err(RateError), "{text}");
        }
    }

    #[test]
    fn a_full_bucket_gives_its_tokens_at_once_and_then_one_every_share_of_the_period() {
        let rate = rate("10/minute");
        let mut buckets = [Source::of(rate, Bucket::full(rate, 0))];
        for _ in 0..10 {
            assert_eq!(take_all(&mut buckets, 0), Ok(()));
        }
        assert_eq!(take_all(&mut buckets, 0), Err(0));
        assert_eq!(buckets[0].standing(0), Standing { remaining: 0, wait_ms: 6_000, full_in_ms: 60_000 });
        assert_eq!(take_all(&mut buckets, 5_999), Err(0));
        assert_eq!(take_all(&mut buckets, 6_000), Ok(()));
        assert_eq!(take_all(&mut buckets, 6_000), Err(0));
    }

    #[test]
    fn a_refusal_by_one_limit_leaves_the_others_alone() {
        let (tight, wide) = (rate("1/minute"), rate("100/minute"));
        let mut buckets =
            [(wide, Bucket::full(wide, 0)), (tight, Bucket::full(tight, 0))].map(|(rate, b)| Source::of(rate, b));
        assert_eq!(take_all(&mut buckets, 0), Ok(()));
        for _ in 0..50 {
            assert_eq!(take_all(&mut buckets, 0), Err(1));
        }
        assert_eq!(buckets[0].standing(0).remaining, 99);
    }

    #[test]
    fn a_clock_that_was_wrong_locks_nobody_out_once_it_is_right() {
        let day_ms = 86_400_000;
        let mut counters = Counters::default();
        // A day ahead, somebody uses everything up and is banned.
        for _ in 0..60 {
            counters.count(&request("ann"), day_ms);
        }
        assert!(counters.count(&request("ann"), day_ms).banned_for_ms.is_some());
        // Set right, it lets everybody have what flows in from now on.
        let first = counters.count(&request("ann"), 0);
        assert_eq!((first.banned_for_ms, first.refused_by), (None, Some(0)));
        let later: Vec<_> = (1..=10).map(|n| counters.count(&request("ann"), n * 6_000).refused_by).collect();
        assert_eq!(later, [None; 10]);
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_away() {
        let rate = rate("2/second");
        let mut buckets = [Source::of(rate, Bucket::full(rate, 10_000))];
        assert_eq!(take_all(&mut buckets, 10_000), Ok(()));
        assert_eq!(take_all(&mut buckets, 0), Ok(()));
        assert_eq!(take_all(&mut buckets, 0), Err(0));
        assert_eq!(take_all(&mut buckets, 10_000), Err(0));
        assert_eq!(take_all(&mut buckets, 10_500), Ok(()));
    }

    #[test]
    fn bans_grow_and_are_forgiven_after_a_day() {
        let mut conduct = Conduct::default();
        let mut now = 1_000_000_000;
        let mut lengths = Vec::new();
        for _ in 0..8 {
            let length = (0..REFUSALS_BEFORE_BAN).find_map(|_| conduct.refused(now)).unwrap();
            assert_eq!(conduct.banned_for_ms(now), Some(length));
            now += i64::try_from(length).unwrap();
            assert_eq!(conduct.banned_for_ms(now), None);
            lengths.push(length / 60_000);
        }
        assert_eq!(lengths, [1, 2, 4, 8, 16, 32, 60, 60]);
        now += BAN_MEMORY_MS;
        assert_eq!((0..REFUSALS_BEFORE_BAN).find_map(|_| conduct.refused(now)), Some(60_000));
    }

    #[test]
    fn refusals_far_apart_bring_no_ban() {
        let mut conduct = Conduct::default();
        for n in 0..1_000 {
            assert_eq!(conduct.refused(n * REFUSAL_WINDOW_MS / 10), None);
        }
    }

    fn request(user: &str) -> CountRequest {
        let takes = vec![
            Take::own(format!("user:{user}"), rate("10/minute")),
            Take::with_share("tenant:t".into(), "global".into(), rate("1000/minute")),
        ];
        CountRequest { takes, subject: user.into() }
    }

    #[test]
    fn counting_goes_on_from_entries_kept_elsewhere() {
        let mut kept = HashMap::<String, String>::new();
        let mut whole = Counters::default();
        for now_ms in (0..400).map(|n| n * 150) {
            let request = request("u");
            let mut fresh = Counters::default();
            for name in EntryName::of(&request) {
                if let Some(text) = kept.get(&name.to_string()) {
                    fresh.restore(&name, serde_json::from_str(text).unwrap());
                }
            }
            assert_eq!(fresh.count(&request, now_ms), whole.count(&request, now_ms));
            for name in EntryName::of(&request) {
                if let Some(entry) = fresh.entry(&name) {
                    kept.insert(name.to_string(), serde_json::to_string(&entry).unwrap());
                }
            }
        }
    }

    #[test]
    fn whoever_goes_on_after_refusals_is_banned_and_others_are_not() {
        let mut counters = Counters::default();
        let mut answers = Vec::new();
        for _ in 0..60 {
            answers.push(counters.count(&request("mallory"), 0));
        }
        assert!(answers[..10].iter().all(|a| a.refused_by.is_none() && a.banned_for_ms.is_none()));
        assert!(answers[10..39].iter().all(|a| a.refused_by == Some(0) && a.banned_for_ms.is_none()));
        assert!(answers[39].ban_is_new && answers[39].banned_for_ms == Some(60_000));
        assert!(answers[40..].iter().all(|a| !a.ban_is_new && a.banned_for_ms == Some(60_000)));
        assert_eq!(answers[59].standings[1].remaining, 990, "refusals do not use up the global limit");
        assert_eq!(counters.count(&request("alice"), 0).refused_by, None);
        assert_eq!(counters.count(&request("mallory"), 60_000).banned_for_ms, None);
    }

    #[test]
    fn refusals_for_want_of_room_ban_nobody() {
        let mut counters = Counters::default();
        for n in 0..200 {
            let takes =
                vec![Take::own(format!("user:{n}"), rate("10/minute")), Take::shared("key:k".into(), rate("5/minute"))];
            let counted = counters.count(&CountRequest { takes, subject: "the same".into() }, 0);
            assert_eq!(counted.banned_for_ms, None, "{n}");
            assert_eq!(counted.refused_by, (n >= 5).then_some(1), "{n}");
        }
    }

    #[test]
    fn one_tenant_alone_has_all_of_it_and_leaves_others_their_share() {
        let mut counters = Counters::default();
        let mut count = |tenant: &str, n: u32| {
            let take = Take::with_share(format!("tenant:{tenant}"), "global".into(), rate("100/minute"));
            let request = CountRequest { takes: vec![take], subject: format!("{tenant}{n}") };
            counters.count(&request, 0)
        };
        assert_eq!(count("loud", 0).standings[0].remaining, 99);
        let through = (1..500).filter(|n| count("loud", *n).refused_by.is_none()).count();
        assert_eq!(through, 99, "all of the 100");
        let through = (0..100).filter(|n| count("quiet", *n).refused_by.is_none()).count();
        assert_eq!(through, 25, "whatever others do");
    }

    #[test]
    fn counters_forget_whoever_is_gone() {
        let mut counters = Counters::default();
        let mut largest = 0;
        for n in 0..100_000i64 {
            counters.count(&request(&n.to_string()), n * 100);
            largest = largest.max(counters.len());
        }
        assert!(largest < 15_000, "{largest}");
    }

    proptest! {
        #[test]
        fn no_stretch_of_time_lets_more_through_than_a_bucket_and_its_refill(
            tokens in 1u32..50, period_ms in 1u64..100_000, steps in prop::collection::vec(0i64..5_000, 1..200),
        ) {
            let rate = Rate { tokens, period_ms };
            let mut buckets = [Source::of(rate, Bucket::full(rate, 0))];
            let (mut now, mut let_through) = (0i64, 0u64);
            for step in steps {
                now += step;
                if take_all(&mut buckets, now).is_ok() {
                    let_through += 1;
                }
                let elapsed = u64::try_from(now).unwrap();
                prop_assert!(let_through <= u64::from(tokens) + elapsed * u64::from(tokens) / period_ms);
            }
        }
    }
}
