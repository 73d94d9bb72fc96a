-- Names a conversation's state by its version and a digest, so that a turn that was run on another state of the same version is
-- noticed: by an edge that knows more than an origin restored from a backup. NULL, or another version: not known.
--
-- The functions of before stay, for origins of the version before that still run; what they write has a name of an older version,
-- which is none.
ALTER TABLE conversations ADD COLUMN state_name text;

-- One idempotency key stands for one request, in whichever conversation it acts.
CREATE INDEX claims_by_key ON claims (tenant, user_id, idempotency_key);

CREATE FUNCTION lgdl_examine(
    p_id text, p_tenant text, p_user_id text, p_person text, p_expected bigint, p_key text, p_fingerprint text,
    p_said_at bigint, p_now bigint, p_bases text[]
) RETURNS lgdl_outcome LANGUAGE plpgsql AS $$
DECLARE
    found_user    text;
    found_version bigint := 0;
    known_print   text;
    known_answer  text;
    found_name    text;
    held          record;
BEGIN
    IF p_expected = 0 THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(p_id, 0));
        -- Held shared against an erasure of the person, who might otherwise miss what is being begun.
        PERFORM pg_advisory_xact_lock_shared(hashtextextended(p_person, 0));
    END IF;
    SELECT user_id, version, state_name INTO found_user, found_version, found_name FROM conversations WHERE id = p_id FOR UPDATE;
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
    IF p_expected > 0 AND cardinality(p_bases) > 0 AND starts_with(found_name, p_expected || ':')
        AND found_name <> ALL (p_bases) THEN
        RETURN ('conflict', NULL, NULL, NULL)::lgdl_outcome;
    END IF;
    FOR held IN
        SELECT lease_until, tenant = p_tenant AND user_id = p_user_id AND idempotency_key = p_key AS same_key,
            fingerprint = p_fingerprint AS same_request
            FROM claims
            WHERE (conversation_id = p_id OR (tenant = p_tenant AND user_id = p_user_id AND idempotency_key = p_key))
            AND lease_until > lgdl_time(p_now)
            ORDER BY 2 DESC
    LOOP
        IF NOT held.same_key THEN
            RETURN ('claimed', NULL, NULL, lgdl_millis(held.lease_until) - p_now)::lgdl_outcome;
        END IF;
        IF NOT held.same_request THEN
            RETURN ('key_reused', NULL, NULL, NULL)::lgdl_outcome;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE FUNCTION lgdl_claim(
    p_id text, p_tenant text, p_user_id text, p_person text, p_expected bigint, p_key text, p_fingerprint text,
    p_now bigint, p_lease bigint, p_bases text[]
) RETURNS lgdl_outcome LANGUAGE plpgsql AS $$
DECLARE
    settled lgdl_outcome :=
        lgdl_examine(p_id, p_tenant, p_user_id, p_person, p_expected, p_key, p_fingerprint, p_now, p_now,
            p_bases);
BEGIN
    IF settled.outcome IS NOT NULL THEN
        RETURN settled;
    END IF;
    INSERT INTO claims (conversation_id, tenant, user_id, idempotency_key, fingerprint, expected_version, lease_until)
        VALUES (p_id, p_tenant, p_user_id, p_key, p_fingerprint, p_expected, lgdl_time(p_now + p_lease))
        ON CONFLICT (conversation_id) DO UPDATE SET tenant = excluded.tenant, user_id = excluded.user_id,
            idempotency_key = excluded.idempotency_key, fingerprint = excluded.fingerprint,
            expected_version = excluded.expected_version, lease_until = excluded.lease_until;
    RETURN ('committed', p_expected, NULL, NULL)::lgdl_outcome;
END $$;

CREATE FUNCTION lgdl_commit(
    p_id text, p_tenant text, p_game text, p_external_id text, p_user_id text, p_person text, p_game_version text,
    p_expected bigint, p_key text, p_fingerprint text, p_answer text, p_journal bigint, p_state text,
    p_move_state text, p_awaiting boolean, p_question text, p_awaiting_move text, p_awaiting_slot text,
    p_turn_at bigint, p_said_at bigint, p_user_input text, p_sanitized text, p_matched text,
    p_confidence double precision, p_response text, p_params text, p_metadata text, p_details text,
    p_slots text, p_context text, p_events text, p_data_key text, p_now bigint,
    p_bases text[], p_state_name text
) RETURNS lgdl_outcome LANGUAGE plpgsql AS $$
DECLARE
    settled  lgdl_outcome :=
        lgdl_examine(p_id, p_tenant, p_user_id, p_person, p_expected, p_key, p_fingerprint, p_said_at, p_now, p_bases);
    v_period date;
BEGIN
    IF settled.outcome IS NOT NULL THEN
        RETURN settled;
    END IF;
    IF p_data_key IS NOT NULL THEN
        PERFORM FROM data_keys WHERE tenant = p_tenant AND subject = p_person AND id = p_data_key;
        IF NOT FOUND THEN
            RETURN ('data_key_gone', NULL, NULL, NULL)::lgdl_outcome;
        END IF;
    END IF;
    IF p_expected = 0 THEN
        v_period := lgdl_period(p_now);
        INSERT INTO conversations (id, tenant, game, external_id, user_id, version, game_version, period, created_at,
            updated_at, current_move_state, awaiting_response, last_question, awaiting_slot_for_move,
            awaiting_slot_name, state, state_name)
            VALUES (p_id, p_tenant, p_game, p_external_id, p_user_id, 1, p_game_version, v_period, lgdl_time(p_now),
            lgdl_time(p_now), p_move_state, p_awaiting, p_question, p_awaiting_move, p_awaiting_slot, p_state,
            p_state_name);
    ELSE
        UPDATE conversations SET version = p_expected + 1, game_version = p_game_version,
            updated_at = lgdl_time(p_now), current_move_state = p_move_state, awaiting_response = p_awaiting,
            last_question = p_question, awaiting_slot_for_move = p_awaiting_move,
            awaiting_slot_name = p_awaiting_slot, state = p_state, state_name = p_state_name
            WHERE id = p_id AND version = p_expected RETURNING period INTO STRICT v_period;
        IF v_period < lgdl_period(p_now) THEN
            PERFORM lgdl_lock_period(v_period, false);
        END IF;
    END IF;
    INSERT INTO turns (conversation_id, turn_num, period, timestamp, user_input, sanitized_input, matched_move,
        confidence, response, extracted_params, metadata, details)
        VALUES (p_id, p_expected + 1, v_period, lgdl_time(p_turn_at), p_user_input, p_sanitized, p_matched,
        p_confidence, p_response, p_params::jsonb, p_metadata::jsonb, p_details);
    INSERT INTO idempotency (tenant, user_id, key, conversation_id, fingerprint, turn_num, answer, journal_sequence,
        created_at)
        VALUES (p_tenant, p_user_id, p_key, p_id, p_fingerprint, p_expected + 1, p_answer, p_journal,
        lgdl_time(p_now));
    DELETE FROM claims WHERE conversation_id = p_id;
    IF p_expected > 0 THEN
        DELETE FROM slots s WHERE s.conversation_id = p_id AND s.move_id = p_matched
            AND NOT p_slots::jsonb @> jsonb_build_array(jsonb_build_object('slot_name', s.slot_name));
    END IF;
    IF p_slots <> '[]' THEN
        INSERT INTO slots (conversation_id, move_id, slot_name, slot_value, slot_type, updated_at)
            SELECT p_id, s.move_id, s.slot_name, s.slot_value, s.slot_type, lgdl_time(s.updated_at)
            FROM jsonb_to_recordset(p_slots::jsonb)
                AS s (move_id text, slot_name text, slot_value text, slot_type text, updated_at bigint)
            ON CONFLICT (conversation_id, move_id, slot_name) DO UPDATE SET slot_value = excluded.slot_value,
                slot_type = excluded.slot_type, updated_at = excluded.updated_at
                WHERE slots.slot_value <> excluded.slot_value;
    END IF;
    IF p_context <> '[]' THEN
        INSERT INTO extracted_context (conversation_id, key, value)
            SELECT p_id, c.key, c.value FROM jsonb_to_recordset(p_context::jsonb) AS c (key text, value text)
            ON CONFLICT (conversation_id, key) DO UPDATE SET value = excluded.value
                WHERE extracted_context.value <> excluded.value;
    END IF;
    IF p_events <> '[]' THEN
        INSERT INTO outbox (at, tenant, event, actor, subject, detail)
            SELECT lgdl_time(e.at), e.tenant, e.event, e.actor, e.subject, e.detail
            FROM json_to_recordset(p_events::json)
                AS e (at bigint, tenant text, event text, actor text, subject text, detail text);
    END IF;
    RETURN ('committed', p_expected + 1, NULL, NULL)::lgdl_outcome;
END $$;
