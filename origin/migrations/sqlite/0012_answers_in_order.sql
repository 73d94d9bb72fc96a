-- Stored answers lie in the order in which they were given, and only their keys in an index: a table that is sorted by keys drawn at
-- random has each turn write a page of its own, full of other answers.
CREATE TABLE answers_in_order (
    tenant           TEXT    NOT NULL,
    user_id          TEXT    NOT NULL,
    key              TEXT    NOT NULL,
    conversation_id  TEXT    NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    fingerprint      TEXT    NOT NULL,
    turn_num         INTEGER NOT NULL,
    answer           TEXT    NOT NULL, -- word for word
    journal_sequence INTEGER,          -- kept as long as the conversation when the turn came from a journal
    created_at       INTEGER NOT NULL,
    UNIQUE (tenant, user_id, key)
) STRICT;
INSERT INTO answers_in_order SELECT tenant, user_id, key, conversation_id, fingerprint, turn_num, answer, journal_sequence,
    created_at FROM idempotency ORDER BY created_at;
DROP TABLE idempotency;
ALTER TABLE answers_in_order RENAME TO idempotency;
CREATE INDEX idempotency_by_conversation ON idempotency (conversation_id);
CREATE INDEX idempotency_by_age ON idempotency (created_at) WHERE journal_sequence IS NULL;
