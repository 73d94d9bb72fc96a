-- Times are milliseconds since 1970; values that are JSON are kept as text, since they may be sealed.

CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE conversations (
    id                     TEXT    NOT NULL PRIMARY KEY, -- derived from tenant, game and external_id
    tenant                 TEXT    NOT NULL,
    game                   TEXT    NOT NULL,
    external_id            TEXT    NOT NULL, -- as the client names it
    user_id                TEXT    NOT NULL,
    version                INTEGER NOT NULL CHECK (version >= 1), -- turns committed; what compare-and-swap orders by
    game_version           TEXT    NOT NULL,
    created_at             INTEGER NOT NULL,
    updated_at             INTEGER NOT NULL,
    current_move_state     TEXT,
    awaiting_response      INTEGER NOT NULL DEFAULT 0 CHECK (awaiting_response IN (0, 1)),
    last_question          TEXT,
    awaiting_slot_for_move TEXT,
    awaiting_slot_name     TEXT,
    state                  TEXT    NOT NULL,
    metadata               TEXT    NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX conversations_by_user ON conversations (tenant, user_id);
CREATE INDEX conversations_by_update ON conversations (updated_at);

CREATE TABLE turns (
    conversation_id  TEXT    NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    turn_num         INTEGER NOT NULL CHECK (turn_num >= 1),
    timestamp        INTEGER NOT NULL,
    user_input       TEXT    NOT NULL,
    sanitized_input  TEXT    NOT NULL,
    matched_move     TEXT    NOT NULL,
    confidence       REAL    NOT NULL,
    response         TEXT    NOT NULL,
    extracted_params TEXT    NOT NULL DEFAULT '{}',
    metadata         TEXT    NOT NULL DEFAULT '{}', -- no user text
    details          TEXT    NOT NULL DEFAULT '{}', -- what else may quote the person
    UNIQUE (conversation_id, turn_num)
) STRICT;

CREATE TABLE extracted_context (
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    key             TEXT NOT NULL,
    value           TEXT NOT NULL,
    PRIMARY KEY (conversation_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE slots (
    conversation_id TEXT    NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    move_id         TEXT    NOT NULL,
    slot_name       TEXT    NOT NULL,
    slot_value      TEXT    NOT NULL,
    slot_type       TEXT    NOT NULL,
    updated_at      INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, move_id, slot_name)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    tenant           TEXT    NOT NULL,
    user_id          TEXT    NOT NULL,
    key              TEXT    NOT NULL,
    conversation_id  TEXT    NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    fingerprint      TEXT    NOT NULL,
    turn_num         INTEGER NOT NULL,
    answer           TEXT    NOT NULL, -- word for word
    journal_sequence INTEGER,          -- kept as long as the conversation when the turn came from a journal
    created_at       INTEGER NOT NULL,
    PRIMARY KEY (tenant, user_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_conversation ON idempotency (conversation_id);
CREATE INDEX idempotency_by_age ON idempotency (created_at) WHERE journal_sequence IS NULL;

CREATE TABLE claims (
    conversation_id  TEXT    NOT NULL PRIMARY KEY, -- may not exist yet: a first turn can be claimed
    tenant           TEXT    NOT NULL,
    user_id          TEXT    NOT NULL,
    idempotency_key  TEXT    NOT NULL,
    fingerprint      TEXT    NOT NULL,
    expected_version INTEGER NOT NULL,
    lease_until      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE games (
    tenant         TEXT    NOT NULL,
    game           TEXT    NOT NULL,
    active_version TEXT    NOT NULL,
    pinned         INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)), -- publishing does not move a pinned game
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    PRIMARY KEY (tenant, game)
) STRICT, WITHOUT ROWID;

CREATE TABLE game_versions (
    tenant       TEXT    NOT NULL,
    game         TEXT    NOT NULL,
    version      TEXT    NOT NULL, -- hash of the compiled form
    name         TEXT    NOT NULL,
    file_hash    TEXT    NOT NULL,
    compiled     BLOB    NOT NULL,
    source       TEXT,
    contract     TEXT,
    policy       TEXT    NOT NULL DEFAULT '{}',
    published_at INTEGER NOT NULL,
    published_by TEXT    NOT NULL,
    PRIMARY KEY (tenant, game, version)
) STRICT;
CREATE INDEX game_versions_by_hash ON game_versions (tenant, version);

CREATE TABLE game_activations (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant   TEXT    NOT NULL,
    game     TEXT    NOT NULL,
    version  TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    actor    TEXT    NOT NULL
) STRICT;
CREATE INDEX game_activations_by_game ON game_activations (tenant, game, sequence);

CREATE TABLE keys (
    id         TEXT    NOT NULL PRIMARY KEY,
    tenant     TEXT    NOT NULL,
    hash       TEXT    NOT NULL UNIQUE, -- SHA-256 of the key; the key itself is nowhere
    name       TEXT    NOT NULL,
    scopes     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE consents (
    id      TEXT    NOT NULL PRIMARY KEY,
    tenant  TEXT    NOT NULL,
    game    TEXT    NOT NULL,
    user_id TEXT    NOT NULL,
    given   INTEGER NOT NULL CHECK (given IN (0, 1)),
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    note    TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX consents_by_person ON consents (tenant, user_id, game, at);

CREATE TABLE legal_holds (
    id        TEXT    NOT NULL PRIMARY KEY,
    tenant    TEXT    NOT NULL,
    user_id   TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    placed_at INTEGER NOT NULL,
    placed_by TEXT    NOT NULL,
    lifted_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX legal_holds_by_person ON legal_holds (tenant, user_id) WHERE lifted_at IS NULL;

-- Tombstones. `subject` is a conversation's derived id or a person's pseudonym: nothing of the erased remains.
CREATE TABLE erasures (
    tenant       TEXT    NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('conversation', 'person')),
    subject      TEXT    NOT NULL,
    id           TEXT    NOT NULL UNIQUE,
    at           INTEGER NOT NULL,
    requested_by TEXT    NOT NULL,
    report       TEXT    NOT NULL,
    PRIMARY KEY (tenant, kind, subject)
) STRICT, WITHOUT ROWID;

-- What was committed and must still be told: drained into the audit log and to whoever listens.
CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    tenant   TEXT    NOT NULL,
    event    TEXT    NOT NULL,
    actor    TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    detail   TEXT    NOT NULL
) STRICT;

CREATE TABLE audit (
    sequence      INTEGER NOT NULL PRIMARY KEY CHECK (sequence >= 1),
    at            INTEGER NOT NULL,
    tenant        TEXT    NOT NULL,
    event         TEXT    NOT NULL,
    actor         TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    detail        TEXT    NOT NULL,
    previous_hash TEXT    NOT NULL,
    hash          TEXT    NOT NULL UNIQUE
) STRICT;
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
