-- Webhooks: who wants to hear what, and what came of the deliveries.
CREATE TABLE webhooks (
    id         text COLLATE "C" PRIMARY KEY,
    tenant     text COLLATE "C" NOT NULL,
    version    bigint NOT NULL, -- counts its changes
    definition text   NOT NULL
);

CREATE TABLE deliveries (
    number  bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook text COLLATE "C" NOT NULL,
    at      timestamptz NOT NULL,
    line    text        NOT NULL
);
CREATE INDEX deliveries_by_webhook ON deliveries (webhook, number);
