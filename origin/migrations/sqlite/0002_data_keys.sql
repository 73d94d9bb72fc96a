-- One data key a person, wrapped by a key-encryption key that is not in here. Erasing the person deletes it.
CREATE TABLE data_keys (
    tenant     TEXT    NOT NULL,
    subject    TEXT    NOT NULL, -- the person's pseudonym
    id         TEXT    NOT NULL UNIQUE,
    wrapped    BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, subject)
) STRICT, WITHOUT ROWID;
