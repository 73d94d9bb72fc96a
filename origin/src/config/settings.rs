//! The origin's settings, each declared once. The guide's table is made of this, and so is `lgdl config`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use lettre::message::Mailbox;
use lgdl::crypto::KeyRing;
use lgdl::meaning::{Meaning, Size};
use lgdl::settings::{Choice, List, Number, Optional, Seconds, Service, Switch};

use super::forms::{
    AUDIT_KEY, EDGE_KEY, FILE, GAME_FILE, HEADER_VALUE, JWT_KEYS, KEY_RING, LISTEN, LOG_FILTER, Limit, MAILBOX,
    OTLP_URL, PAGERDUTY_URL, PLACE, POSTGRES_URL, PUSH_URL, QUIET_HOURS, SCHEDULE, SECRET_URL, SMTP_URL, WEB_ORIGIN,
};
use super::{EdgeKey, Effective, GameFile, Secret};
use crate::alerts::QuietHours;
use crate::backup::Schedule;
use crate::objects::{Access, Location};
use crate::privacy::UnreadableKeys;
use crate::store::MAX_PAGE;
use crate::tokens::KeySource;

/// Longest time that a setting may ask for, in hours.
const MAX_HOURS: u32 = 24 * 365;
/// Longest time that a setting may ask for, in minutes.
const MAX_MINUTES: u32 = 60 * 24 * 365;
/// Longest time that a setting may ask for, in days.
const MAX_DAYS: u32 = 36_500;

const UNREADABLE: &[(&str, UnreadableKeys)] = &[("refuse", UnreadableKeys::Refuse), ("serve", UnreadableKeys::Serve)];

pub(super) const MEANING: Choice<Meaning> = Choice(&[
    ("off", Meaning::Off),
    ("words", Meaning::Words),
    ("small", Meaning::With(Size::Small)),
    ("standard", Meaning::With(Size::Standard)),
]);

lgdl::settings! {
    /// The settings of the origin in force.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Config {
        /// Address that edges speak to.
        listen: SocketAddr = "127.0.0.1:8787" => LISTEN;
        /// Address of the admin API.
        admin_listen: SocketAddr = "127.0.0.1:8788" => LISTEN;
        /// Certificate of every port that this program serves, with those between it and its authority, as PEM: then they speak TLS; empty: plain HTTP.
        tls_certificate: Option<PathBuf> = "" => Optional(FILE);
        /// Its private key, as PEM. Both are read anew when they change.
        tls_key: Option<PathBuf> = "" => Optional(FILE);
        /// Certificates of authorities that calls trust beside the system's, as PEM.
        tls_authorities: Option<PathBuf> = "", live => Optional(FILE);
        /// Pages that may call the admin API from a browser.
        admin_cors_origins: Vec<String> = "" => List(WEB_ORIGIN);
        /// Signs checkpoints of the audit log; empty: none are made.
        audit_key: Option<Secret> = "", secret => Optional(AUDIT_KEY);
        /// File that checkpoints are appended to; keep it away from the database.
        audit_checkpoints: Option<PathBuf> = "" => Optional(FILE);
        /// SIEM endpoint that the audit log is sent to as JSON lines; empty: none.
        audit_push_url: Option<Uri> = "" => Optional(PUSH_URL);
        /// Value of the authorization header that is sent there, such as `Bearer …`.
        audit_push_authorization: Option<Secret> = "", secret => Optional(HEADER_VALUE);
        /// Links of the audit log in one request, at most.
        audit_push_batch: u32 = "500" => Number(1..=MAX_PAGE);
        /// Seconds between looks for what is to be sent there.
        audit_push_interval named "audit_push_interval_seconds": Duration = "5" => Seconds(1..=3600);
        /// File that tombstones are appended to, for restores; keep it away from the database.
        tombstones: Option<PathBuf> = "" => Optional(FILE);
        /// File of the embedded store, used when LGDL_POSTGRES_URL is not set.
        sqlite_path: PathBuf = "lgdl.db" => FILE;
        /// PostgreSQL store, postgres://user:password@host/database?sslmode=require.
        postgres_url: Option<Secret> = "", secret => Optional(POSTGRES_URL);
        /// Read replica for reads that may lag behind (history, listings).
        postgres_read_url: Option<Secret> = "", secret => Optional(POSTGRES_URL);
        /// Connections that are opened at start.
        postgres_pool_min: usize = "2" => Number(0..=1000);
        /// Connections at most.
        postgres_pool_max: usize = "16" => Number(1..=1000);
        /// Longest wait for a connection, and for a statement.
        postgres_timeout named "postgres_timeout_seconds": Duration = "5" => Seconds(1..=3600);
        /// Game files that are published at start.
        games: Vec<GameFile> = "" => List(GAME_FILE);
        /// What games are trained with when they are compiled: `off`, their own `words`, or a model beside them, `small` or `standard`.
        meaning: Meaning = "words" => MEANING;
        /// Keys that edges sign with; two during a rotation.
        edge_keys: Vec<EdgeKey> = "", secret, live => List(EDGE_KEY);
        /// Accept unsigned requests; only on a loopback address, for development.
        edge_unsigned: bool = "false" => Switch;
        /// Public keys (JWKS) that verify persons' tokens signed with RS256, ES256 or EdDSA; nodes need LGDL_JWT_ISSUER and LGDL_JWT_AUDIENCE for them.
        jwt_keys: Option<KeySource> = "" => Optional(JWT_KEYS);
        /// Allow that address to be one of this machine or of a private network, and without TLS.
        jwt_keys_private: bool = "false" => Switch;
        /// Largest request body, bytes.
        max_body_bytes: usize = "1048576" => Number(1024..=64 * 1024 * 1024);
        /// Longest time for a request, and for its body to arrive.
        request_timeout named "request_timeout_seconds": Duration = "10", live => Seconds(1..=3600);
        /// Longest time to finish accepted requests when stopping.
        shutdown_timeout named "shutdown_timeout_seconds": Duration = "30", live => Seconds(1..=3600);
        /// How long a turn with side effects holds its place.
        claim_lease named "claim_lease_seconds": Duration = "60", live => Seconds(1..=3600);
        /// How long a person who asked for somebody waits, where the game says nothing.
        handover_patience named "handover_patience_seconds": Duration = "1800", live => Seconds(1..=604_800);
        /// Turns of a conversation that an agent is shown, and ended hand-overs of theirs.
        agent_history: u32 = "50", live => Number(1..=1000);
        /// Bytes of those turns at most; the oldest are left out.
        agent_state_max_bytes: usize = "65536", live => Number(4_096..=1_048_576);
        /// Seconds of silence after which a conversation begins anew at its next turn, or asks, as its game says; empty: never.
        session_expiry: Option<Duration> = "", live => Optional(Seconds(60..=31_536_000));
        /// Conversations that each tenant may have open; empty: as many as come.
        open_conversations_max: Option<u64> = "" => Optional(Number(1..=1_000_000_000));
        /// Hours that answers are kept for replays.
        idempotency_hours: u32 = "168", live => Number(1..=MAX_HOURS);
        /// Days after its last turn that a conversation is kept; empty: for ever.
        conversation_ttl_days: Option<u32> = "", live => Optional(Number(1..=MAX_DAYS));
        /// Days after its last turn that a conversation's turns go into the archive, not sooner than `LGDL_IDEMPOTENCY_HOURS` and `LGDL_SESSION_EXPIRY` have passed; empty: never.
        archive_after_days: Option<u32> = "" => Optional(Number(1..=MAX_DAYS));
        /// Where the archive lies: a folder, or a place in a bucket, which the provider's own variables open; empty: there is none.
        archive_url: Option<Location> = "" => Optional(PLACE);
        /// Conversations that go into the archive in one second, at most.
        archive_per_second: u32 = "20" => Number(1..=10_000);
        /// Upper bound in days on every retention, per-game ones included; empty: none.
        gdpr_retention_days: Option<u32> = "", live => Optional(Number(1..=MAX_DAYS));
        /// Hours that events are kept for listeners.
        event_retention_hours: u32 = "24", live => Number(1..=MAX_HOURS);
        /// Events that are kept for listeners at most; the oldest go first.
        event_max: u64 = "1000000", live => Number(1_000..=1_000_000_000);
        /// Allow webhooks to addresses of this machine or of a private network, and without TLS.
        webhook_private: bool = "false" => Switch;
        /// Seconds between two looks at what may be wrong.
        alert_every named "alert_every_seconds": Duration = "15", live => Seconds(1..=3600);
        /// Seconds that the store may be away before an alert; `off`: none.
        alert_store_seconds: Option<u32> = "30", live => Limit(1..=86_400);
        /// Milliseconds that the 95th of a hundred commits may take before an alert; `off`: none.
        alert_commit_p95_ms: Option<u32> = "1000", live => Limit(1..=600_000);
        /// Requests of a hundred that may fail before an alert; `off`: none.
        alert_error_percent: Option<u32> = "5", live => Limit(1..=100);
        /// Minutes that turns may wait at a node before an alert; `off`: none about nodes.
        alert_journal_minutes: Option<u32> = "10", live => Limit(1..=MAX_MINUTES);
        /// Hours that the last backup may be old before an alert, and a store without any where this or another setting speaks of backups; `off`: none about backups.
        alert_backup_hours: Option<u32> = "26", live => Limit(1..=MAX_HOURS);
        /// Minutes that the SIEM or a webhook may take nothing before an alert; `off`: none.
        alert_push_minutes: Option<u32> = "15", live => Limit(1..=MAX_MINUTES);
        /// How full a disk that the origin writes to (store, backups, archive) may be before an alert, percent; `off`: none.
        alert_disk_percent: Option<u32> = "90", live => Limit(1..=100);
        /// Days before an API key expires that an alert says so; `off`: none.
        alert_expiry_days: Option<u32> = "14", live => Limit(1..=MAX_DAYS);
        /// Days before the certificate of this program's ports ends that an alert says so; `off`: none.
        alert_certificate_days: Option<u32> = "14", live => Limit(1..=MAX_DAYS);
        /// Minutes that a person may wait for somebody in a queue of hand-overs before an alert; `off`: none.
        alert_handover_minutes: Option<u32> = "15", live => Limit(1..=MAX_MINUTES);
        /// Hours in which only what is critical is told, such as 22:00-07:00, UTC; the rest is told afterwards.
        alert_quiet_hours: Option<QuietHours> = "", live => Optional(QUIET_HOURS);
        /// Mail server for alerts: smtp://user:password@host:587?tls=required (STARTTLS) or smtps://…
        alert_smtp_url: Option<Secret> = "", secret => Optional(SMTP_URL);
        /// Whom mails of alerts come from.
        alert_email_from: Option<Mailbox> = "" => Optional(MAILBOX);
        /// Whom alerts are mailed to.
        alert_email_to: Vec<Mailbox> = "" => List(MAILBOX);
        /// Incoming webhook of Slack that alerts are sent to.
        alert_slack_url: Option<Secret> = "", secret => Optional(SECRET_URL);
        /// Routing key of PagerDuty (Events API v2) that alerts are sent to.
        alert_pagerduty_key: Option<Secret> = "", secret => Optional(HEADER_VALUE);
        /// Where PagerDuty takes events; its EU region has another address.
        alert_pagerduty_url: Uri = "https://events.pagerduty.com/v2/enqueue" => PAGERDUTY_URL;
        /// Address that alerts are sent to as CloudEvents.
        alert_webhook_url: Option<Secret> = "", secret => Optional(SECRET_URL);
        /// When the running origin makes backups by itself: hours between them, or times of the day, UTC; empty: never.
        backup_schedule: Option<Schedule> = "", live => Optional(SCHEDULE);
        /// Where they are kept: a folder, or a place in a bucket, which the provider's own variables open.
        backup_url: Option<Location> = "", live => Optional(PLACE);
        /// Backups that are kept there.
        backup_keep: u32 = "7", live => Number(1..=10_000);
        /// Days that others are kept there beside them; empty: none.
        backup_keep_days: Option<u32> = "", live => Optional(Number(1..=MAX_DAYS));
        /// Restore each one beside the store once it is made, and read it to its end.
        backup_drill: bool = "true", live => Switch;
        /// Keys that backups are sealed with; the first seals, the others only open; empty: they are not sealed.
        backup_key: Option<KeyRing> = "", secret, live => Optional(KEY_RING);
        /// Hours between clean-ups.
        cleanup_interval_hours: u32 = "24", live => Number(1..=MAX_HOURS);
        /// Key-encryption keys for encryption at rest; empty: off.
        encryption_key: Option<KeyRing> = "", secret => Optional(KEY_RING);
        /// Where the key ring does not open what the store holds: `refuse` to start, or `serve` without it.
        encryption_unreadable: UnreadableKeys = "refuse" => Choice(UNREADABLE);
        /// Replace what looks personal in log lines.
        pii_redact_in_logs: bool = "true", live => Switch;
        /// Keep what looks personal in texts as tokens, which turn back for their owner; needs LGDL_ENCRYPTION_KEY.
        pii_tokenize_in_storage: bool = "false" => Switch;
        /// What is logged: error, warn, info, debug, or a filter such as info,lgdl_origin=debug.
        log: String = "info", live => LOG_FILTER;
        /// Collector of traces, OTLP over HTTP, of origin and node: `http://127.0.0.1:4318`; empty: none.
        otlp_url: Option<Uri> = "" => Optional(OTLP_URL);
        /// Value of the authorization header that is sent there, such as `Bearer …`.
        otlp_authorization: Option<Secret> = "", secret => Optional(HEADER_VALUE);
        also {
            /// The values in force, as text, with where each came from; secrets masked.
            effective: Vec<Effective>,
            /// The services of games, as nodes have them: for turns that the origin takes itself.
            services: BTreeMap<String, Service>,
            /// What opens buckets: variables of their providers.
            objects: Access
        }
    }
}
