-- Which try of a turn acts, and until when: another try of the same turn waits for it. NULL: an edge, or an origin, of before.
--
-- The function of before stays, for origins of the version before that still run; what they write acts for nobody to wait for.
ALTER TABLE claims ADD COLUMN attempt text;
ALTER TABLE claims ADD COLUMN acts_until timestamptz;

CREATE FUNCTION lgdl_claim(
    p_id text, p_tenant text, p_user_id text, p_person text, p_expected bigint, p_key text, p_fingerprint text,
    p_now bigint, p_lease bigint, p_bases text[], p_attempt text, p_acts_until bigint
) RETURNS lgdl_outcome LANGUAGE plpgsql AS $$
DECLARE
    settled lgdl_outcome :=
        lgdl_examine(p_id, p_tenant, p_user_id, p_person, p_expected, p_key, p_fingerprint, p_now, p_now,
            p_bases);
    acts    timestamptz;
BEGIN
    IF settled.outcome IS NOT NULL THEN
        RETURN settled;
    END IF;
    -- Whoever comes here holds the conversation's lock, and another try of the same request has the same conversation.
    SELECT acts_until INTO acts FROM claims
        WHERE conversation_id = p_id AND tenant = p_tenant AND user_id = p_user_id AND idempotency_key = p_key
        AND attempt IS DISTINCT FROM p_attempt AND acts_until > lgdl_time(p_now);
    IF FOUND THEN
        RETURN ('claimed', NULL, NULL, lgdl_millis(acts) - p_now)::lgdl_outcome;
    END IF;
    INSERT INTO claims (conversation_id, tenant, user_id, idempotency_key, fingerprint, expected_version, lease_until,
        attempt, acts_until)
        VALUES (p_id, p_tenant, p_user_id, p_key, p_fingerprint, p_expected, lgdl_time(p_now + p_lease), p_attempt,
        lgdl_time(p_acts_until))
        ON CONFLICT (conversation_id) DO UPDATE SET tenant = excluded.tenant, user_id = excluded.user_id,
            idempotency_key = excluded.idempotency_key, fingerprint = excluded.fingerprint,
            expected_version = excluded.expected_version, lease_until = excluded.lease_until,
            attempt = excluded.attempt, acts_until = excluded.acts_until;
    RETURN ('committed', p_expected, NULL, NULL)::lgdl_outcome;
END $$;
