-- What happened, for whoever listens: taken from the outbox in the order of commits. A reader's cursor is a sequence; numbers
-- are never given twice, so that no reader misses what comes after an erasure has taken the last rows away.
CREATE TABLE events (
    sequence     INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    tenant       TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    priority     INTEGER NOT NULL,
    subject      TEXT    NOT NULL,
    game         TEXT,
    conversation TEXT, -- goes when it is erased
    person       TEXT, -- a pseudonym; goes when they are erased
    data         TEXT    NOT NULL
) STRICT;
CREATE INDEX events_by_conversation ON events (conversation) WHERE conversation IS NOT NULL;
CREATE INDEX events_by_person ON events (person) WHERE conversation IS NULL AND person IS NOT NULL;
