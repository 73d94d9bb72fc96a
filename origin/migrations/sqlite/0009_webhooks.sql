-- Webhooks: who wants to hear what, and what came of the deliveries.
CREATE TABLE webhooks (
    id         TEXT    NOT NULL PRIMARY KEY,
    tenant     TEXT    NOT NULL,
    version    INTEGER NOT NULL, -- counts its changes
    definition TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    line    TEXT    NOT NULL
) STRICT;
CREATE INDEX deliveries_by_webhook ON deliveries (webhook, number);
