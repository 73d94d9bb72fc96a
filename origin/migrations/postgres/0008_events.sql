-- What happened, for whoever listens: taken from the outbox in the order of commits. A reader's cursor is a sequence; numbers
-- are never given twice, so that no reader misses what comes after an erasure has taken the last rows away. Whoever writes
-- here holds the lock of the audit log, so that a number is never seen before a smaller one.
--
-- An origin of the version before that still runs writes what is for listeners into the audit log: links more than
-- necessary, and none too few.
CREATE TABLE events (
    sequence     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id           text COLLATE "C" NOT NULL,
    name         text COLLATE "C" NOT NULL,
    version      integer     NOT NULL,
    tenant       text COLLATE "C" NOT NULL,
    at           timestamptz NOT NULL,
    priority     smallint    NOT NULL,
    subject      text COLLATE "C" NOT NULL,
    game         text COLLATE "C",
    conversation text COLLATE "C", -- goes when it is erased
    person       text COLLATE "C", -- a pseudonym; goes when they are erased
    data         text        NOT NULL
);
CREATE INDEX events_by_conversation ON events (conversation) WHERE conversation IS NOT NULL;
CREATE INDEX events_by_person ON events (person) WHERE conversation IS NULL AND person IS NOT NULL;
