-- Administrators and their sessions, and the order in which conversations are listed.

CREATE TABLE administrators (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    role       TEXT    NOT NULL CHECK (role IN ('viewer', 'operator', 'privacy_officer', 'admin')),
    tenant     TEXT,             -- NULL: all of them
    password   TEXT    NOT NULL, -- an Argon2id hash in PHC's string format
    created_at INTEGER NOT NULL,
    disabled   INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1))
) STRICT, WITHOUT ROWID;

-- A session is a family of tokens: one access and one refresh token are good at a time. Tokens are kept as SHA-256.
CREATE TABLE administrator_sessions (
    id                 TEXT    NOT NULL PRIMARY KEY,
    administrator_id   TEXT    NOT NULL REFERENCES administrators (id) ON DELETE CASCADE,
    access_hash        TEXT    NOT NULL,
    access_expires_at  INTEGER NOT NULL,
    refresh_hash       TEXT    NOT NULL,
    refresh_expires_at INTEGER NOT NULL,
    created_at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX administrator_sessions_by_administrator ON administrator_sessions (administrator_id);
CREATE INDEX administrator_sessions_by_expiry ON administrator_sessions (refresh_expires_at);

CREATE INDEX conversations_by_creation ON conversations (tenant, created_at, id);
