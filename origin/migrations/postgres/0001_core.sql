-- Times travel as milliseconds since 1970 and are kept as timestamptz. Ids and names sort by their bytes, as they do on
-- SQLite, whatever the locale of the database.

CREATE FUNCTION lgdl_time(millis bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN timestamptz '1970-01-01 00:00:00+00' + millis * interval '1 millisecond';

CREATE FUNCTION lgdl_millis(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (extract(epoch FROM at) * 1000)::bigint;

-- The month that a conversation began in. Its turns lie in that month's partition, however long it goes on.
CREATE FUNCTION lgdl_period(millis bigint) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN date_trunc('month', lgdl_time(millis) AT TIME ZONE 'UTC')::date;

CREATE TABLE settings (
    name  text COLLATE "C" PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE conversations (
    id                     text COLLATE "C" PRIMARY KEY, -- derived from tenant, game and external_id
    tenant                 text COLLATE "C" NOT NULL,
    game                   text COLLATE "C" NOT NULL,
    external_id            text COLLATE "C" NOT NULL, -- as the client names it
    user_id                text COLLATE "C" NOT NULL,
    version                bigint      NOT NULL CHECK (version >= 1), -- turns committed; compare-and-swap orders by it
    game_version           text        NOT NULL,
    period                 date        NOT NULL,
    created_at             timestamptz NOT NULL,
    updated_at             timestamptz NOT NULL,
    current_move_state     text,
    awaiting_response      boolean     NOT NULL DEFAULT false,
    last_question          text,
    awaiting_slot_for_move text,
    awaiting_slot_name     text,
    state                  text        NOT NULL,
    metadata               jsonb       NOT NULL DEFAULT '{}',
    UNIQUE (period, id)
) WITH (fillfactor = 70); -- no index holds what a turn changes, so updates stay in their page
CREATE INDEX conversations_by_user ON conversations (tenant, user_id);
CREATE INDEX conversations_metadata ON conversations USING gin (metadata jsonb_path_ops);

-- Partitioned by the period of the conversation rather than by the time of the turn: all turns of a conversation
-- lie in one partition, so the unique index below does make (conversation_id, turn_num) unique, and when every
-- conversation of a month is past its time, the month is dropped as a whole.
CREATE TABLE turns (
    conversation_id  text COLLATE "C" NOT NULL,
    turn_num         bigint           NOT NULL CHECK (turn_num >= 1),
    period           date             NOT NULL,
    timestamp        timestamptz      NOT NULL,
    user_input       text             NOT NULL,
    sanitized_input  text             NOT NULL,
    matched_move     text             NOT NULL,
    confidence       double precision NOT NULL,
    response         text             NOT NULL,
    extracted_params jsonb            NOT NULL DEFAULT '{}',
    metadata         jsonb            NOT NULL DEFAULT '{}', -- no user text
    details          text             NOT NULL DEFAULT '{}', -- what else may quote the person
    UNIQUE (conversation_id, turn_num, period),
    FOREIGN KEY (period, conversation_id) REFERENCES conversations (period, id) ON DELETE CASCADE
) PARTITION BY RANGE (period);
CREATE INDEX turns_extracted_params ON turns USING gin (extracted_params jsonb_path_ops);

CREATE FUNCTION lgdl_ensure_partition(month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', month)::date;
    name text COLLATE "C" := 'turns_' || to_char(first, '"y"YYYY"m"MM');
BEGIN
    IF to_regclass(name) IS NULL THEN
        -- Several origins may come to it at once.
        PERFORM pg_advisory_xact_lock(hashtextextended('lgdl partitions', 0));
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF turns FOR VALUES FROM (%L) TO (%L)',
            name, first, (first + interval '1 month')::date);
    END IF;
END $$;

CREATE TABLE extracted_context (
    conversation_id text COLLATE "C" NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    key             text COLLATE "C" NOT NULL,
    value           text NOT NULL,
    PRIMARY KEY (conversation_id, key)
);

CREATE TABLE slots (
    conversation_id text COLLATE "C" NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    move_id         text COLLATE "C" NOT NULL,
    slot_name       text COLLATE "C" NOT NULL,
    slot_value      text        NOT NULL,
    slot_type       text        NOT NULL,
    updated_at      timestamptz NOT NULL,
    PRIMARY KEY (conversation_id, move_id, slot_name)
);

CREATE TABLE idempotency (
    tenant           text COLLATE "C" NOT NULL,
    user_id          text COLLATE "C" NOT NULL,
    key              text COLLATE "C" NOT NULL,
    conversation_id  text COLLATE "C" NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    fingerprint      text        NOT NULL,
    turn_num         bigint      NOT NULL,
    answer           text        NOT NULL, -- word for word
    journal_sequence bigint, -- kept as long as the conversation when the turn came from a journal
    created_at       timestamptz NOT NULL,
    PRIMARY KEY (tenant, user_id, key)
);
CREATE INDEX idempotency_by_conversation ON idempotency (conversation_id);
CREATE INDEX idempotency_by_age ON idempotency USING brin (created_at);

CREATE TABLE claims (
    conversation_id  text COLLATE "C" PRIMARY KEY, -- may not exist yet: a first turn can be claimed
    tenant           text COLLATE "C" NOT NULL,
    user_id          text COLLATE "C" NOT NULL,
    idempotency_key  text COLLATE "C" NOT NULL,
    fingerprint      text        NOT NULL,
    expected_version bigint      NOT NULL,
    lease_until      timestamptz NOT NULL
);

CREATE TABLE games (
    tenant         text COLLATE "C" NOT NULL,
    game           text COLLATE "C" NOT NULL,
    active_version text        NOT NULL,
    pinned         boolean     NOT NULL DEFAULT false, -- publishing does not move a pinned game
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    PRIMARY KEY (tenant, game)
);

CREATE TABLE game_versions (
    tenant       text COLLATE "C" NOT NULL,
    game         text COLLATE "C" NOT NULL,
    version      text COLLATE "C" NOT NULL, -- hash of the compiled form
    name         text COLLATE "C" NOT NULL,
    file_hash    text        NOT NULL,
    compiled     bytea       NOT NULL,
    source       text,
    contract     text,
    policy       text        NOT NULL DEFAULT '{}',
    published_at timestamptz NOT NULL,
    published_by text        NOT NULL,
    PRIMARY KEY (tenant, game, version)
);
CREATE INDEX game_versions_by_hash ON game_versions (tenant, version);

CREATE TABLE game_activations (
    sequence bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant   text COLLATE "C" NOT NULL,
    game     text COLLATE "C" NOT NULL,
    version  text COLLATE "C" NOT NULL,
    at       timestamptz NOT NULL,
    actor    text        NOT NULL
);
CREATE INDEX game_activations_by_game ON game_activations (tenant, game, sequence);

CREATE TABLE keys (
    id         text COLLATE "C" PRIMARY KEY,
    tenant     text COLLATE "C" NOT NULL,
    hash       text COLLATE "C" NOT NULL UNIQUE, -- SHA-256 of the key; the key itself is nowhere
    name       text COLLATE "C" NOT NULL,
    scopes     text        NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz
);

-- One data key a person, wrapped by a key-encryption key that is not in here. Erasing the person deletes it.
CREATE TABLE data_keys (
    tenant     text COLLATE "C" NOT NULL,
    subject    text COLLATE "C" NOT NULL, -- the person's pseudonym
    id         text COLLATE "C" NOT NULL UNIQUE,
    wrapped    bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, subject)
);

CREATE TABLE consents (
    id      text COLLATE "C" PRIMARY KEY,
    tenant  text COLLATE "C" NOT NULL,
    game    text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    given   boolean     NOT NULL,
    at      timestamptz NOT NULL,
    actor   text        NOT NULL,
    note    text        NOT NULL DEFAULT ''
);
CREATE INDEX consents_by_person ON consents (tenant, user_id, game, at);

CREATE TABLE legal_holds (
    id        text COLLATE "C" PRIMARY KEY,
    tenant    text COLLATE "C" NOT NULL,
    user_id   text COLLATE "C" NOT NULL,
    reason    text        NOT NULL,
    placed_at timestamptz NOT NULL,
    placed_by text        NOT NULL,
    lifted_at timestamptz
);
CREATE INDEX legal_holds_by_person ON legal_holds (tenant, user_id) WHERE lifted_at IS NULL;

-- Tombstones. `subject` is a conversation's derived id or a person's pseudonym: nothing of the erased remains.
CREATE TABLE erasures (
    tenant       text COLLATE "C" NOT NULL,
    kind         text COLLATE "C" NOT NULL CHECK (kind IN ('conversation', 'person')),
    subject      text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL UNIQUE,
    at           timestamptz NOT NULL,
    requested_by text        NOT NULL,
    report       text        NOT NULL,
    PRIMARY KEY (tenant, kind, subject)
);

-- What was committed and must still be told: drained into the audit log and to whoever listens.
CREATE TABLE outbox (
    sequence bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL,
    tenant   text COLLATE "C" NOT NULL,
    event    text        NOT NULL,
    actor    text        NOT NULL,
    subject  text COLLATE "C" NOT NULL,
    detail   text        NOT NULL
);

CREATE TABLE audit (
    sequence      bigint      PRIMARY KEY CHECK (sequence >= 1),
    at            timestamptz NOT NULL,
    tenant        text COLLATE "C" NOT NULL,
    event         text        NOT NULL,
    actor         text        NOT NULL,
    subject       text COLLATE "C" NOT NULL,
    detail        text        NOT NULL,
    previous_hash text        NOT NULL,
    hash          text COLLATE "C" NOT NULL UNIQUE
);
CREATE FUNCTION lgdl_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION lgdl_audit_is_append_only();
