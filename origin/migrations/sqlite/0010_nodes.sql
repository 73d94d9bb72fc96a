-- Edge nodes: what each last told of itself. Beside the row stand the columns that changes are compared by.
CREATE TABLE nodes (
    name         TEXT    NOT NULL PRIMARY KEY,
    seen_at      INTEGER NOT NULL,
    silent_since INTEGER,
    waiting      INTEGER NOT NULL,
    row          TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
