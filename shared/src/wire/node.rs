//! The node service: what a machine offers to the edge instances on it, which remember nothing themselves. Exact counting
//! and a journal. Spoken under an address that only that machine knows; `lgdl` answers it inside its own process.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST /count` | [`crate::limits::CountRequest`] | 200 [`crate::limits::Counted`] |
//! | `POST /log` | [`LogLine`] | 204 |
//! | `POST /journal/append` | [`JournalEntry`] | 204; 409 when the stream has moved on |
//! | `POST /journal/read` | [`Stream`] | 200 [`Page`], oldest first |
//! | `POST /journal/streams` | [`Streams`] | 200 [`StreamPage`], those that waited longest first |
//! | `POST /journal/remove` | [`EntryName`] | 204 |
//! | `POST /journal/set-aside` | [`SetAside`] | 204 |
//! | `POST /journal/aside` | [`Limit`] | 200 `[Aside]`, those that were set aside first first |
//! | `POST /journal/retry` | [`EntryName`] | 200 [`Found`]; 409 when another turn has its place now |
//! | `POST /journal/drop` | [`EntryName`] | 200 [`Found`] |
//! | `POST /journal/counts` | `null` | 200 [`Counts`] |

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::crypto::{SecretKey, key_id_of};
use crate::wire::trace::{SpanId, TraceContext, hex};

/// How the names of a node's notes of the moment begin in its key-value store: that turns wait, say. They do not outlive its process,
/// which may end before the last of them is written.
pub const NOTE_PREFIX: &str = "note:";
/// The note that tells how the origin is, and in it the breaker in front of it.
pub const ORIGIN_NOTE: &str = "origin";
/// How the names of notes begin that hold the breaker in front of a capability service.
pub const SERVICE_NOTE_PREFIX: &str = "service:";
/// How the names of states in a node's key-value store begin.
pub const HOT_PREFIX: &str = "hot:";
/// How the names of what grants something begin there.
pub const GRANT_PREFIX: &str = "grant:";
/// What is sealed wherever it lies in a key-value store, by whoever has it there.
pub const SEALED_PREFIXES: [&str; 2] = [HOT_PREFIX, GRANT_PREFIX];
/// The variable by which a node tells its instances that its store seals those by itself, and that it does.
pub const STORE_SEALS: (&str, &str) = ("lgdl_node_seals", "yes");
/// Takes tokens.
pub const COUNT: &str = "/count";
/// Appends an entry.
pub const JOURNAL_APPEND: &str = "/journal/append";
/// Reads a stream.
pub const JOURNAL_READ: &str = "/journal/read";
/// Lists streams.
pub const JOURNAL_STREAMS: &str = "/journal/streams";
/// Removes an entry.
pub const JOURNAL_REMOVE: &str = "/journal/remove";
/// Takes an entry out of its stream and keeps it until somebody decides.
pub const JOURNAL_SET_ASIDE: &str = "/journal/set-aside";
/// Lists what was set aside.
pub const JOURNAL_ASIDE: &str = "/journal/aside";
/// Puts an entry that was set aside back into its stream.
pub const JOURNAL_RETRY: &str = "/journal/retry";
/// Removes an entry that was set aside.
pub const JOURNAL_DROP: &str = "/journal/drop";
/// Counts entries.
pub const JOURNAL_COUNTS: &str = "/journal/counts";
/// Writes a line of the node's log.
pub const LOG: &str = "/log";

/// Sealed bytes in one page of a stream: a page with one entry may have more. Well below what an answer may take, base64
/// included.
pub const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;
/// Entries in one page of a stream at most.
pub const MAX_PAGE_ENTRIES: usize = 256;

/// The request header in which a node proves to its own instances that it is the node: the value of their variable
/// `lgdl_node_token`.
pub const TOKEN_HEADER: &str = "x-lgdl-node-token";
/// Tells an instance, in the last drain of a node that stops, that nobody will answer here.
pub const LEAVING_HEADER: &str = "x-lgdl-node-leaving";

/// The response header in which an instance hands its [`Observation`] to the node, which takes it off before the answer leaves.
pub const OBSERVED_HEADER: &str = "x-lgdl-observed";

/// What a node counts of one request. No text, no id of a person or a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observation {
    /// The route, as in metrics: `POST /games/{id}/move`.
    pub route: Cow<'static, str>,
    /// Counts in the order of [`OBSERVED`].
    pub counts: Vec<u32>,
    /// The game, where the request is about one that is published.
    pub game: Option<String>,
    /// The code of the refusal, where it was refused.
    pub code: Option<Cow<'static, str>>,
    /// The stages that it went through, in order, and how long each took, microseconds.
    pub stages: Vec<(Cow<'static, str>, u64)>,
    /// Where it stands in its trace.
    pub trace: Option<Traced>,
    /// Calls of capability services that were made for it.
    pub calls: Vec<ServiceCall>,
}

/// A call of a capability service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCall {
    /// The service.
    pub service: String,
    /// The error's code, where it failed.
    pub failed: Option<String>,
    /// How long it took, microseconds.
    pub took_us: u64,
}

impl ServiceCall {
    fn part(&self) -> String {
        format!("{}={}={}", self.service, self.failed.as_deref().unwrap_or_default(), self.took_us)
    }

    fn of_part(part: &str) -> Option<ServiceCall> {
        let mut parts = part.split('=');
        let (service, code, us) = (parts.next()?, parts.next()?, parts.next()?);
        let failed = (!code.is_empty()).then(|| code.to_owned());
        Some(ServiceCall { service: service.to_owned(), failed, took_us: us.parse().ok()? })
    }
}

/// Where a request stands in a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traced {
    /// Its own span.
    pub own: TraceContext,
    /// The span of whoever sent it.
    pub parent: Option<SpanId>,
}

impl Observation {
    /// As it stands in the header: its parts with semicolons between them.
    #[must_use]
    pub fn header(&self) -> String {
        let counts: Vec<String> = self.counts.iter().map(u32::to_string).collect();
        let stages: Vec<String> = self.stages.iter().map(|(name, us)| format!("{name}={us}")).collect();
        let (game, code) = (self.game.as_deref().unwrap_or_default(), self.code.as_deref().unwrap_or_default());
        let trace = self.trace.map(|trace| {
            let parent = trace.parent.map(|parent| hex(&parent)).unwrap_or_default();
            format!("{},{parent}", trace.own.header())
        });
        let trace = trace.unwrap_or_default();
        let calls: Vec<String> = self.calls.iter().map(ServiceCall::part).collect();
        let (counts, stages, calls) = (counts.join(","), stages.join(","), calls.join(","));
        format!("{};{counts};{game};{code};{stages};{trace};{calls}", self.route)
    }

    /// Reads the header; what is no number there is left out.
    #[must_use]
    pub fn of_header(text: &str) -> Observation {
        let mut parts = text.split(';');
        let mut part = || parts.next().unwrap_or_default();
        let (route, counts, game, code, stages, trace, calls) =
            (part(), part(), part(), part(), part(), part(), part());
        let named = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let stage = |stage: &str| {
            let (name, us) = stage.split_once('=')?;
            Some((Cow::Owned(name.to_owned()), us.parse().ok()?))
        };
        Observation {
            route: Cow::Owned(route.to_owned()),
            counts: counts.split(',').filter_map(|count| count.parse().ok()).take(OBSERVED.len()).collect(),
            game: named(game),
            code: named(code).map(Cow::Owned),
            stages: stages.split(',').filter_map(stage).take(MAX_STAGES).collect(),
            trace: traced(trace),
            calls: calls.split(',').filter_map(ServiceCall::of_part).take(MAX_SERVICE_CALLS).collect(),
        }
    }
}

fn traced(text: &str) -> Option<Traced> {
    let (own, parent) = text.split_once(',')?;
    let own = TraceContext::of_header(own)?;
    // A parent has the form of a span of this trace.
    let parent = TraceContext::of_header(&format!("00-{}-{parent}-00", hex(&own.trace))).map(|parent| parent.span);
    Some(Traced { own, parent })
}

/// Stages that an [`Observation`] tells of at most.
const MAX_STAGES: usize = 96;
/// Calls of services that it tells of at most.
const MAX_SERVICE_CALLS: usize = 64;

/// What is counted, as in `/metrics`: `lgdl_edge_<name>_total`, and what it is.
pub const OBSERVED: [(&str, &str); 14] = [
    ("turns", "Turns that the origin has committed"),
    ("turns_journalled", "Turns that wait in the journal"),
    ("turns_stateless", "Turns that were answered without state"),
    ("replays", "Stored answers that were sent again"),
    ("conflicts", "Turns that were run again on newer state"),
    ("state_hits", "Conversations whose hot state was found"),
    ("state_misses", "Conversations whose hot state was not found"),
    ("game_refills", "Compiled games that were fetched from the origin"),
    ("capability_calls", "Calls of capability services"),
    ("capability_failures", "Calls of capability services that failed"),
    ("origin_failures", "Calls of the origin that failed"),
    ("refusals", "Requests that were refused"),
    ("turns_by_meaning", "Turns that the origin has committed and meaning has recognised"),
    ("turns_by_service", "Turns that the origin has committed and the understanding service has recognised"),
];

/// A turn that waits for the origin: sealed, and in its place in its conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// The conversation, as a digest.
    pub stream: String,
    /// The version that the turn brings the conversation to.
    pub version: u64,
    /// Tells entries of one version apart where the journal is not exact.
    pub id: String,
    /// The turn, sealed.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub sealed: Vec<u8>,
}

/// Where an entry stands in its stream: entries are in the order of both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// As in [`JournalEntry`].
    pub version: u64,
    /// As in [`JournalEntry`].
    pub id: String,
}

/// Asks for a part of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// The conversation, as a digest.
    pub stream: String,
    /// Behind this entry; `None`: from the beginning.
    #[serde(default)]
    pub after: Option<Place>,
}

/// A part of a stream: at most [`MAX_PAGE_ENTRIES`] and about [`MAX_PAGE_BYTES`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Page {
    /// Oldest first.
    pub entries: Vec<JournalEntry>,
    /// Entries of this part that can't be told what they are: their rows are damaged.
    #[serde(default)]
    pub unreadable: Vec<Place>,
    /// Whether there are entries behind these.
    pub more: bool,
}

impl Page {
    /// The beginning of what is there, as much as a page takes.
    #[must_use]
    pub fn of(entries: impl IntoIterator<Item = JournalEntry>) -> Page {
        let mut page = Page::default();
        let mut bytes = 0;
        for entry in entries {
            bytes += entry.sealed.len();
            let is_full = page.entries.len() >= MAX_PAGE_ENTRIES || bytes > MAX_PAGE_BYTES;
            if is_full && !page.entries.is_empty() {
                page.more = true;
                break;
            }
            page.entries.push(entry);
        }
        page
    }

    /// The last place that it covers.
    #[must_use]
    pub fn end(&self) -> Option<Place> {
        let entries = self.entries.iter().map(JournalEntry::place);
        entries.chain(self.unreadable.iter().cloned()).max()
    }
}

impl JournalEntry {
    /// Where it stands in its stream.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { version: self.version, id: self.id.clone() }
    }
}

/// Asks for streams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streams {
    /// At most so many.
    pub limit: usize,
    /// Behind what an earlier page named as its end.
    #[serde(default)]
    pub after: Option<String>,
}

/// Streams that have entries.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StreamPage {
    /// Conversations, as digests.
    pub streams: Vec<String>,
    /// Where to go on; `None`: these were the last ones.
    pub next: Option<String>,
}

/// Why a turn does not wait any more, and has not arrived either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It was sealed under a key that this node does not have.
    OtherKey,
    /// It is not what was written.
    Damaged,
    /// The origin has refused it for good.
    Refused,
    /// It is larger than the origin takes.
    TooLarge,
    /// Its conversation belongs to another person.
    NotTheirs,
}

impl Why {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Why::OtherKey => "sealed under another LGDL_STATE_KEY",
            Why::Damaged => "damaged",
            Why::Refused => "refused by the origin",
            Why::TooLarge => "larger than the origin takes",
            Why::NotTheirs => "of a conversation that belongs to another person",
        }
    }
}

/// Asks to set an entry aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// Its stream.
    pub stream: String,
    /// Its place.
    pub place: Place,
    /// Why.
    pub why: Why,
}

/// An entry that was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// The conversation, as a digest.
    pub stream: String,
    /// As in [`JournalEntry`].
    pub version: u64,
    /// As in [`JournalEntry`].
    pub id: String,
    /// Why.
    pub why: Why,
    /// Its size, sealed, bytes.
    pub bytes: u64,
}

/// Whether there was an entry of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Whether there was.
    pub found: bool,
}

/// What a journal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Entries that have arrived, or were set aside, and that the journal can't be rid of: its disk is full, say. They are not among
    /// the others, and are not sent again while the node lives.
    #[serde(default)]
    pub unremoved: u64,
    /// Turns that wait.
    pub waiting: u64,
    /// Turns that were set aside.
    pub aside: u64,
    /// Those of them that were sealed under another key.
    pub other_key: u64,
}

/// One line of a node's log. Never what a person said, and no id that a client chose but the request's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// How bad it is.
    pub level: Level,
    /// What happened: `refused`, `commit failed`, `set aside`, …
    pub event: String,
    /// The request's id.
    pub request_id: String,
    /// The route, as in metrics; none for background work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// The status of the answer, or of the origin's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The LGDL code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The game's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub game: Option<String>,
    /// How long it took, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// Anything else, in words of this program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A caller was refused.
    Info,
    /// Something does not work as it should, and is dealt with.
    Warn,
    /// Somebody has to do something.
    Error,
}

/// Which of the entries that were set aside to list, and how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Those of this stream; `None`: of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// Those of this id; `None`: of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// Entries that were set aside and are listed, or decided about, at once.
pub const MAX_ASIDE: usize = 1_000;

impl Limit {
    /// As many of a stream, or of any, as are listed at once.
    #[must_use]
    pub fn of(stream: Option<&str>) -> Limit {
        Limit { stream: stream.map(str::to_owned), id: None, limit: MAX_ASIDE }
    }

    /// Whether an entry is wanted.
    #[must_use]
    pub fn wants(&self, stream: &str, id: &str) -> bool {
        self.stream.as_ref().is_none_or(|wanted| wanted == stream) && self.id.as_ref().is_none_or(|wanted| wanted == id)
    }
}

/// Names an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryName {
    /// Its stream.
    pub stream: String,
    /// Its id.
    pub id: String,
}

/// What values are marked with that earlier versions sealed; it tells nothing of the key.
const UNNAMED_KEY: &str = "edge";

/// Names a node's key inside what it seals, so that damage is told from another key. 32 bits of a hash of 256 random ones say
/// nothing of them.
#[must_use]
pub fn key_name(key: &SecretKey) -> String {
    let digest = super::signature::body_digest(&[b"lgdl/edge-key".as_slice(), key.expose()].concat());
    format!("{UNNAMED_KEY}-{}", &digest[..8])
}

/// Whether the name inside a sealed value that a key does not open is that of another key, not of a damaged one.
#[must_use]
pub fn names_another(named: &str, key: &SecretKey) -> bool {
    let digits = named.strip_prefix(UNNAMED_KEY).and_then(|rest| rest.strip_prefix('-'));
    let is_name = |digits: &str| digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    named == UNNAMED_KEY || (digits.is_some_and(is_name) && named != key_name(key))
}

/// Whether a sealed value names a key that is not this one; to be asked before it is opened.
#[must_use]
pub fn is_of_another_key(key: Option<&SecretKey>, sealed: &[u8]) -> bool {
    match (key, key_id_of(sealed)) {
        (Some(key), Ok(named)) => named != UNNAMED_KEY && names_another(named, key),
        (None, _) => true,
        (_, Err(_)) => false,
    }
}

/// Reads a node's key: 32 bytes as 64 hexadecimal digits.
#[must_use]
pub fn read_state_key(text: &str) -> Option<SecretKey> {
    let digits = (text.len() == 64 && text.is_ascii()).then_some(text.as_bytes())?;
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.chunks_exact(2).map(byte).collect();
    <[u8; 32]>::try_from(bytes?).ok().map(SecretKey::new)
}

fn to_base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_comes_back_from_its_header() {
        let observation = Observation {
            route: "POST /games/{id}/move".into(),
            counts: vec![1, 0, 2],
            game: Some("medical".into()),
            code: None,
            stages: vec![("state".into(), 12), ("engine".into(), 30)],
            trace: TraceContext::of_header("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
                .map(|own| Traced { own, parent: Some([7; 8]) }),
            calls: vec![
                ServiceCall { service: "ehr".into(), failed: Some("E301".into()), took_us: 1_500 },
                ServiceCall { service: "orders".into(), failed: None, took_us: 20 },
            ],
        };
        assert_eq!(Observation::of_header(&observation.header()), observation);
        let began_here = Observation {
            trace: observation.trace.map(|trace| Traced { parent: None, ..trace }),
            ..observation.clone()
        };
        assert_eq!(Observation::of_header(&began_here.header()), began_here);
        assert_eq!(Observation::of_header("none;;;E220;").code.as_deref(), Some("E220"));
        assert_eq!(Observation::of_header(""), Observation::default());
    }

    #[test]
    fn a_page_takes_what_it_may_and_at_least_one_entry() {
        let entry =
            |version, bytes| JournalEntry { stream: "s".into(), version, id: "i".into(), sealed: vec![0; bytes] };
        let all = Page::of((1..=3).map(|version| entry(version, 10)));
        assert_eq!((all.entries.len(), all.more), (3, false));
        let first = Page::of((1..=3).map(|version| entry(version, MAX_PAGE_BYTES)));
        assert_eq!((first.entries.len(), first.more, first.end()), (1, true, Some(entry(1, 0).place())));
        let many = Page::of((1..=1_000).map(|version| entry(version, 1)));
        assert_eq!((many.entries.len(), many.more), (MAX_PAGE_ENTRIES, true));
    }

    #[test]
    fn an_entry_is_read_back_equal() {
        let entry = JournalEntry { stream: "s".into(), version: 7, id: "i".into(), sealed: vec![0, 1, 254, 255] };
        let text = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<JournalEntry>(&text).unwrap(), entry);
    }
}
