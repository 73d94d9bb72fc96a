-- Edge nodes: what each last told of itself. Beside the row stand the columns that changes are compared by.
CREATE TABLE nodes (
    name         text COLLATE "C" PRIMARY KEY,
    seen_at      bigint  NOT NULL,
    silent_since bigint,
    waiting      boolean NOT NULL,
    "row"        text    NOT NULL
);
