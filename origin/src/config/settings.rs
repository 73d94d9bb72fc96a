//! The table of settings: names, defaults, and what each is for. The operator's guide prints it.

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The environment variable without `LGDL_`; in lower case the key in `lgdl.toml`.
    pub name: &'static str,
    /// The value when nothing is said; empty: none.
    pub default: &'static str,
    /// Whether its value is never shown.
    pub secret: bool,
    /// What it is for, with its unit.
    pub help: &'static str,
}

const fn open(name: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting { name, default, secret: false, help }
}

const fn secret(name: &'static str, help: &'static str) -> Setting {
    Setting { name, default: "", secret: true, help }
}

/// Every setting.
pub const SETTINGS: &[Setting] = &[
    open("LISTEN", "127.0.0.1:8787", "Address that edges speak to."),
    open("ADMIN_LISTEN", "127.0.0.1:8788", "Address of the admin API."),
    open("ADMIN_CORS_ORIGINS", "", "Pages that may call the admin API from a browser, as https://host, by commas."),
    secret("AUDIT_KEY", "Signs checkpoints of the audit log; empty: none are made."),
    open("AUDIT_CHECKPOINTS", "", "File that checkpoints are appended to; keep it away from the database."),
    open("AUDIT_PUSH_URL", "", "SIEM endpoint that the audit log is sent to as JSON lines, https://…; empty: none."),
    secret("AUDIT_PUSH_AUTHORIZATION", "Value of the authorization header that is sent there, such as `Bearer …`."),
    open("AUDIT_PUSH_BATCH", "500", "Links of the audit log in one request, at most."),
    open("AUDIT_PUSH_INTERVAL_SECONDS", "5", "Seconds between looks for what is to be sent there."),
    open("TOMBSTONES", "", "File that tombstones are appended to, for restores; keep it away from the database."),
    open("SQLITE_PATH", "lgdl.db", "File of the embedded store, used when LGDL_POSTGRES_URL is not set."),
    secret("POSTGRES_URL", "PostgreSQL store, postgres://user:password@host/database?sslmode=require."),
    secret("POSTGRES_READ_URL", "Read replica for reads that may lag behind (history, listings)."),
    open("POSTGRES_POOL_MIN", "2", "Connections that are opened at start."),
    open("POSTGRES_POOL_MAX", "16", "Connections at most."),
    open("POSTGRES_TIMEOUT_SECONDS", "5", "Longest wait for a connection, and for a statement."),
    open("GAMES", "", "Game files that are published at start, as id:path, separated by commas."),
    secret("EDGE_KEYS", "Keys that edges sign with, as id:secret, separated by commas; two during a rotation."),
    open("EDGE_UNSIGNED", "false", "Accept unsigned requests; only on a loopback address, for development."),
    open("MAX_BODY_BYTES", "1048576", "Largest request body, bytes."),
    open("REQUEST_TIMEOUT_SECONDS", "10", "Longest time for a request, and for its body to arrive."),
    open("SHUTDOWN_TIMEOUT_SECONDS", "30", "Longest time to finish accepted requests when stopping."),
    open("CLAIM_LEASE_SECONDS", "60", "How long a turn with side effects holds its place."),
    open("IDEMPOTENCY_HOURS", "168", "How long answers are kept for replays."),
    open("CONVERSATION_TTL_DAYS", "", "Days after its last turn that a conversation is kept; empty: for ever."),
    open("GDPR_RETENTION_DAYS", "", "Upper bound in days on every retention, per-game ones included; empty: none."),
    open("CLEANUP_INTERVAL_HOURS", "24", "Hours between clean-ups."),
    secret("ENCRYPTION_KEY", "Key-encryption key for encryption at rest; empty: off."),
    open(
        "ENCRYPTION_UNREADABLE",
        "refuse",
        "Where the key ring does not open what the store holds: refuse to start, or serve without it.",
    ),
    open("PII_REDACT_IN_LOGS", "true", "Mask what looks personal in log lines."),
    open("RATE_LIMIT_USER", "10/minute", "Turns a person may take; counted at the edge."),
    open("RATE_LIMIT_CONVERSATION", "20/minute", "Turns in one conversation; counted at the edge."),
    open("RATE_LIMIT_GLOBAL", "1000/minute", "Turns in all; counted at the edge."),
    open("NEGOTIATION_MAX_ROUNDS", "3", "Rounds of a negotiation."),
    open("NEGOTIATION_EPSILON", "0.05", "Gain of confidence below which a round counts as none."),
    open("STATE_DISABLED", "false", "Answer every turn without state (matching only)."),
    open("KV_TTL", "3600", "Seconds that the edge's cache keeps a conversation."),
    open("LOG", "info", "What is logged: error, warn, info, debug, or a filter such as info,lgdl_origin=debug."),
];
