-- Administrators and their sessions, and the order in which conversations are listed.

CREATE TABLE administrators (
    id         text COLLATE "C" PRIMARY KEY,
    name       text COLLATE "C" NOT NULL UNIQUE,
    role       text        NOT NULL CHECK (role IN ('viewer', 'operator', 'privacy_officer', 'admin')),
    tenant     text,                 -- NULL: all of them
    password   text        NOT NULL, -- an Argon2id hash in PHC's string format
    created_at timestamptz NOT NULL,
    disabled   boolean     NOT NULL DEFAULT false
);

-- A session is a family of tokens: one access and one refresh token are good at a time. Tokens are kept as SHA-256.
CREATE TABLE administrator_sessions (
    id                 text COLLATE "C" PRIMARY KEY,
    administrator_id   text COLLATE "C" NOT NULL REFERENCES administrators (id) ON DELETE CASCADE,
    access_hash        text        NOT NULL,
    access_expires_at  timestamptz NOT NULL,
    refresh_hash       text        NOT NULL,
    refresh_expires_at timestamptz NOT NULL,
    created_at         timestamptz NOT NULL
);
CREATE INDEX administrator_sessions_by_administrator ON administrator_sessions (administrator_id);
CREATE INDEX administrator_sessions_by_expiry ON administrator_sessions (refresh_expires_at);

CREATE INDEX conversations_by_creation ON conversations (tenant, created_at, id);
