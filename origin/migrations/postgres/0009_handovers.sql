-- People step in: who was asked for, who came, and those who serve.

ALTER TABLE administrators DROP CONSTRAINT administrators_role_check;
ALTER TABLE administrators ADD CONSTRAINT administrators_role_check
    CHECK (role IN ('viewer', 'operator', 'privacy_officer', 'admin', 'agent'));

-- An administrator who serves queues. What they say of themselves is forgotten with them.
CREATE TABLE agents (
    id           text COLLATE "C" PRIMARY KEY REFERENCES administrators (id) ON DELETE CASCADE,
    tenant       text COLLATE "C" NOT NULL,
    name         text   NOT NULL, -- as persons see it
    queues       text   NOT NULL, -- those they may serve, a JSON array
    capacity     bigint NOT NULL CHECK (capacity >= 1), -- conversations at once
    serving      text   NOT NULL, -- those they serve now, a JSON array
    heartbeat_at bigint, -- NULL: never
    reconnected  bigint NOT NULL DEFAULT 0 -- how often they came back after they were taken for gone
);

-- Kept by the trigger below, in the transaction of the turn that changes a hand-over. Times in milliseconds.
CREATE TABLE handovers (
    conversation_id text COLLATE "C" NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    since           bigint  NOT NULL, -- when it was asked for
    tenant          text COLLATE "C" NOT NULL,
    game            text COLLATE "C" NOT NULL,
    queue           text COLLATE "C" NOT NULL,
    stage           text    NOT NULL CHECK (stage IN ('waiting', 'with', 'returned', 'timed_out')),
    urgent          boolean NOT NULL,
    patience_ms     bigint, -- NULL: the deployment's
    waiting_since   bigint  NOT NULL, -- later than `since` where it came back to its queue
    agent           text COLLATE "C", -- who has it, or had it last
    accepted_at     bigint,
    ended_at        bigint,
    requeued        bigint  NOT NULL DEFAULT 0,
    outcome         text,
    PRIMARY KEY (conversation_id, since)
);
CREATE INDEX handovers_open ON handovers (tenant, queue, stage) WHERE stage IN ('waiting', 'with');
CREATE INDEX handovers_by_agent ON handovers (agent, stage);

CREATE FUNCTION lgdl_hand_over() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told  jsonb  := NEW.metadata -> 'handover';
    at    bigint := lgdl_millis(NEW.timestamp);
    ended bigint := CASE WHEN told ->> 'stage' NOT IN ('waiting', 'with') THEN at END;
BEGIN
    INSERT INTO handovers AS h (conversation_id, since, tenant, game, queue, stage, urgent, patience_ms, waiting_since,
        agent, accepted_at, ended_at)
    SELECT c.id, (told ->> 'since_ms')::bigint, c.tenant, c.game, told ->> 'queue', told ->> 'stage',
        coalesce((told ->> 'urgent')::boolean, false), (told ->> 'patience_ms')::bigint, (told ->> 'since_ms')::bigint,
        told ->> 'agent', CASE WHEN told ->> 'agent' IS NOT NULL THEN at END, ended
    FROM conversations c WHERE c.id = NEW.conversation_id
    ON CONFLICT (conversation_id, since) DO UPDATE SET
        queue = excluded.queue,
        urgent = h.urgent OR excluded.urgent,
        patience_ms = excluded.patience_ms,
        -- What the person says meanwhile does not take a hand-over back that returned to its queue.
        stage = CASE WHEN excluded.agent IS NOT NULL OR excluded.ended_at IS NOT NULL THEN excluded.stage ELSE h.stage END,
        agent = coalesce(excluded.agent, h.agent),
        accepted_at = coalesce(excluded.accepted_at, h.accepted_at),
        ended_at = coalesce(excluded.ended_at, h.ended_at);
    RETURN NULL;
END $$;

CREATE TRIGGER turns_hand_over AFTER INSERT ON turns
    FOR EACH ROW WHEN (NEW.metadata ? 'handover') EXECUTE FUNCTION lgdl_hand_over();
