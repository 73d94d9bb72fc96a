-- Names a conversation's state by its version and a digest, so that a turn that was run on another state of the same version is
-- noticed: by an edge that knows more than an origin restored from a backup. NULL, or another version: not known.
ALTER TABLE conversations ADD COLUMN state_name TEXT;

-- One idempotency key stands for one request, in whichever conversation it acts.
CREATE INDEX claims_by_key ON claims (tenant, user_id, idempotency_key);
