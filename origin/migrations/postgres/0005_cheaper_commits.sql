-- Less work for the server in a commit.
--
-- `timestamptz + interval` depends on the session's time zone, so a function around it that says that it does not is never
-- expanded where it is called, but run as a query of its own. `to_timestamp` is exact to the millisecond until the year 2200.
CREATE OR REPLACE FUNCTION lgdl_time(millis bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_timestamp(millis / 1000.0::double precision);

-- As before, but a conversation that is there is not looked up among those that were erased: an erasure takes the row
-- away and leaves the tombstone in one transaction.
CREATE OR REPLACE FUNCTION lgdl_examine(
    p_id text, p_tenant text, p_user_id text, p_person text, p_expected bigint, p_key text, p_fingerprint text,
    p_said_at bigint, p_now bigint
) RETURNS lgdl_outcome LANGUAGE plpgsql AS $$
DECLARE
    found_user    text;
    found_version bigint := 0;
    known_print   text;
    known_answer  text;
    lease         timestamptz;
BEGIN
    IF p_expected = 0 THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(p_id, 0));
        -- Held shared against an erasure of the person, who might otherwise miss what is being begun.
        PERFORM pg_advisory_xact_lock_shared(hashtextextended(p_person, 0));
    END IF;
    SELECT user_id, version INTO found_user, found_version FROM conversations WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM FROM erasures WHERE tenant = p_tenant AND kind = 'conversation' AND subject = p_id;
        IF FOUND THEN
            RETURN ('erased', NULL, NULL, NULL)::lgdl_outcome;
        END IF;
    END IF;
    SELECT fingerprint, answer INTO known_print, known_answer
        FROM idempotency WHERE tenant = p_tenant AND user_id = p_user_id AND key = p_key;
    IF FOUND THEN
        IF known_print = p_fingerprint THEN
            RETURN ('replayed', NULL, known_answer, NULL)::lgdl_outcome;
        END IF;
        RETURN ('key_reused', NULL, NULL, NULL)::lgdl_outcome;
    END IF;
    IF found_user <> p_user_id THEN
        RETURN ('not_theirs', NULL, NULL, NULL)::lgdl_outcome;
    END IF;
    IF found_user IS NULL THEN
        PERFORM FROM erasures WHERE tenant = p_tenant AND kind = 'person' AND subject = p_person
            AND lgdl_time(p_said_at) <= at;
        IF FOUND THEN
            RETURN ('erased', NULL, NULL, NULL)::lgdl_outcome;
        END IF;
    END IF;
    IF coalesce(found_version, 0) <> p_expected THEN
        RETURN ('conflict', NULL, NULL, NULL)::lgdl_outcome;
    END IF;
    SELECT lease_until INTO lease FROM claims WHERE conversation_id = p_id AND lease_until > lgdl_time(p_now)
        AND NOT (user_id = p_user_id AND idempotency_key = p_key);
    IF FOUND THEN
        RETURN ('claimed', NULL, NULL, lgdl_millis(lease) - p_now)::lgdl_outcome;
    END IF;
    RETURN NULL;
END $$;
