-- People step in: who was asked for, who came, and those who serve.

-- Another role. The sessions of before end: a table with a narrower check can only be made anew.
CREATE TABLE administrators_with_agents (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    role       TEXT    NOT NULL CHECK (role IN ('viewer', 'operator', 'privacy_officer', 'admin', 'agent')),
    tenant     TEXT,             -- NULL: all of them
    password   TEXT    NOT NULL, -- an Argon2id hash in PHC's string format
    created_at INTEGER NOT NULL,
    disabled   INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1))
) STRICT, WITHOUT ROWID;
INSERT INTO administrators_with_agents SELECT id, name, role, tenant, password, created_at, disabled FROM administrators;
DROP TABLE administrators;
ALTER TABLE administrators_with_agents RENAME TO administrators;

-- An administrator who serves queues. What they say of themselves is forgotten with them.
CREATE TABLE agents (
    id           TEXT    NOT NULL PRIMARY KEY REFERENCES administrators (id) ON DELETE CASCADE,
    tenant       TEXT    NOT NULL,
    name         TEXT    NOT NULL, -- as persons see it
    queues       TEXT    NOT NULL, -- those they may serve, a JSON array
    capacity     INTEGER NOT NULL CHECK (capacity >= 1), -- conversations at once
    serving      TEXT    NOT NULL, -- those they serve now, a JSON array
    heartbeat_at INTEGER, -- NULL: never
    reconnected  INTEGER NOT NULL DEFAULT 0 -- how often they came back after they were taken for gone
) STRICT, WITHOUT ROWID;

-- Kept by the trigger below, in the transaction of the turn that changes a hand-over.
CREATE TABLE handovers (
    conversation_id TEXT    NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    since           INTEGER NOT NULL, -- when it was asked for
    tenant          TEXT    NOT NULL,
    game            TEXT    NOT NULL,
    queue           TEXT    NOT NULL,
    stage           TEXT    NOT NULL CHECK (stage IN ('waiting', 'with', 'returned', 'timed_out')),
    urgent          INTEGER NOT NULL CHECK (urgent IN (0, 1)),
    patience_ms     INTEGER, -- NULL: the deployment's
    waiting_since   INTEGER NOT NULL, -- later than `since` where it came back to its queue
    agent           TEXT,    -- who has it, or had it last
    accepted_at     INTEGER,
    ended_at        INTEGER,
    requeued        INTEGER NOT NULL DEFAULT 0,
    outcome         TEXT,
    PRIMARY KEY (conversation_id, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX handovers_open ON handovers (tenant, queue, stage) WHERE stage IN ('waiting', 'with');
CREATE INDEX handovers_by_agent ON handovers (agent, stage);

CREATE TRIGGER turns_hand_over AFTER INSERT ON turns
WHEN json_extract(NEW.metadata, '$.handover.stage') IS NOT NULL
BEGIN
    INSERT INTO handovers (conversation_id, since, tenant, game, queue, stage, urgent, patience_ms, waiting_since, agent,
        accepted_at, ended_at)
    SELECT c.id, json_extract(NEW.metadata, '$.handover.since_ms'), c.tenant, c.game,
        json_extract(NEW.metadata, '$.handover.queue'), json_extract(NEW.metadata, '$.handover.stage'),
        coalesce(json_extract(NEW.metadata, '$.handover.urgent'), 0),
        json_extract(NEW.metadata, '$.handover.patience_ms'), json_extract(NEW.metadata, '$.handover.since_ms'),
        json_extract(NEW.metadata, '$.handover.agent'),
        CASE WHEN json_extract(NEW.metadata, '$.handover.agent') IS NOT NULL THEN NEW.timestamp END,
        CASE WHEN json_extract(NEW.metadata, '$.handover.stage') NOT IN ('waiting', 'with') THEN NEW.timestamp END
    FROM conversations c WHERE c.id = NEW.conversation_id
    ON CONFLICT (conversation_id, since) DO UPDATE SET
        queue = excluded.queue,
        urgent = max(urgent, excluded.urgent),
        patience_ms = excluded.patience_ms,
        -- What the person says meanwhile does not take a hand-over back that returned to its queue.
        stage = CASE WHEN excluded.agent IS NOT NULL OR excluded.ended_at IS NOT NULL THEN excluded.stage ELSE stage END,
        agent = coalesce(excluded.agent, agent),
        accepted_at = coalesce(excluded.accepted_at, accepted_at),
        ended_at = coalesce(excluded.ended_at, ended_at);
END;
