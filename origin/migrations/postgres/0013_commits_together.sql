-- Commits the turns of a group that nothing stands against in a few statements for all of them, and says which they were: their
-- places in the arrays. Whatever speaks against a turn, or might, leaves it where it was, for `lgdl_commit` to look at by itself.
-- A group holds one turn of a conversation at most, in the order of their ids.
--
-- What is looked for is found by indexes: a plan that is kept was made when the tables were small.
CREATE FUNCTION lgdl_commit_together(
    p_ids text[], p_tenants text[], p_games text[], p_external_ids text[], p_users text[], p_persons text[],
    p_game_versions text[], p_expected bigint[], p_keys text[], p_fingerprints text[], p_answers text[],
    p_journals bigint[], p_states text[], p_move_states text[], p_awaiting boolean[], p_questions text[],
    p_awaiting_moves text[], p_awaiting_slots text[], p_turns_at bigint[], p_user_inputs text[], p_sanitized text[],
    p_matched text[], p_confidences double precision[], p_responses text[], p_params text[], p_metadata text[],
    p_details text[], p_slots text[], p_contexts text[], p_events text[], p_data_keys text[], p_nows bigint[],
    p_bases text[], p_state_names text[]
) RETURNS bigint[] LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    v_free  bigint[];
    v_ids   text[];
    v_old   date[];
    v_begun bigint;
    v_moved bigint;
BEGIN
    IF 0 = ANY (p_expected) THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(t.id, 0))
            FROM unnest(p_ids, p_expected) AS t (id, expected) WHERE t.expected = 0;
        -- Held shared against erasures of the persons, who might otherwise miss what is being begun.
        PERFORM pg_advisory_xact_lock_shared(hashtextextended(t.person, 0))
            FROM unnest(p_persons, p_expected) AS t (person, expected) WHERE t.expected = 0;
    END IF;
    -- Their conversations are of the version that they were run on, theirs, and in that state.
    WITH found AS MATERIALIZED (
        SELECT id, user_id, version, state_name, period FROM conversations WHERE id = ANY (p_ids) ORDER BY id FOR UPDATE)
    SELECT array_agg(t.place), array_agg(DISTINCT c.period) FILTER (WHERE c.period < lgdl_period(t.now))
        INTO v_free, v_old
        FROM unnest(p_ids, p_users, p_expected, p_bases, p_nows) WITH ORDINALITY
            AS t (id, user_id, expected, bases, now, place)
        LEFT JOIN found c ON c.id = t.id
        WHERE coalesce(c.version, 0) = t.expected
        AND (c.id IS NULL OR c.user_id = t.user_id AND (t.bases = ''
            OR NOT coalesce(starts_with(c.state_name, t.expected || ':'), false)
            OR c.state_name = ANY (string_to_array(t.bases, E'\x1f'))));
    -- No such request was answered, no other one holds the place or the key, nobody was erased, and the key is there.
    SELECT array_agg(t.place), array_agg(t.id) INTO v_free, v_ids
        FROM unnest(p_ids, p_tenants, p_users, p_persons, p_expected, p_keys, p_fingerprints, p_data_keys) WITH ORDINALITY
            AS t (id, tenant, user_id, person, expected, key, fingerprint, data_key, place)
        WHERE t.place = ANY (v_free)
        AND NOT EXISTS (SELECT FROM idempotency i
            WHERE i.tenant = t.tenant AND i.user_id = t.user_id AND i.key = t.key)
        AND NOT EXISTS (SELECT FROM claims h WHERE h.conversation_id = t.id
            AND (h.tenant, h.user_id, h.idempotency_key, h.fingerprint) <> (t.tenant, t.user_id, t.key, t.fingerprint))
        AND NOT EXISTS (SELECT FROM claims h WHERE h.tenant = t.tenant AND h.user_id = t.user_id
            AND h.idempotency_key = t.key AND (h.conversation_id, h.fingerprint) <> (t.id, t.fingerprint))
        AND (t.expected > 0 OR NOT EXISTS (SELECT FROM erasures e WHERE e.tenant = t.tenant
            AND (e.kind = 'conversation' AND e.subject = t.id OR e.kind = 'person' AND e.subject = t.person)))
        AND (t.data_key IS NULL OR EXISTS (SELECT FROM data_keys k
            WHERE k.tenant = t.tenant AND k.subject = t.person AND k.id = t.data_key));
    IF v_free IS NULL THEN
        RETURN '{}';
    END IF;
    IF v_old IS NOT NULL THEN
        PERFORM lgdl_lock_period(period, false) FROM unnest(v_old) AS period;
    END IF;
    INSERT INTO conversations (id, tenant, game, external_id, user_id, version, game_version, period, created_at,
        updated_at, current_move_state, awaiting_response, last_question, awaiting_slot_for_move, awaiting_slot_name,
        state, state_name)
        SELECT t.id, t.tenant, t.game, t.external_id, t.user_id, 1, t.game_version, lgdl_period(t.now), lgdl_time(t.now),
            lgdl_time(t.now), t.move_state, t.awaiting, t.question, t.awaiting_move, t.awaiting_slot, t.state, t.state_name
        FROM unnest(p_ids, p_tenants, p_games, p_external_ids, p_users, p_expected, p_game_versions, p_nows,
            p_move_states, p_awaiting, p_questions, p_awaiting_moves, p_awaiting_slots, p_states, p_state_names)
            WITH ORDINALITY AS t (id, tenant, game, external_id, user_id, expected, game_version, now, move_state,
            awaiting, question, awaiting_move, awaiting_slot, state, state_name, place)
        WHERE t.expected = 0 AND t.place = ANY (v_free);
    GET DIAGNOSTICS v_begun = ROW_COUNT;
    UPDATE conversations c SET version = t.expected + 1, game_version = t.game_version, updated_at = lgdl_time(t.now),
        current_move_state = t.move_state, awaiting_response = t.awaiting, last_question = t.question,
        awaiting_slot_for_move = t.awaiting_move, awaiting_slot_name = t.awaiting_slot, state = t.state,
        state_name = t.state_name
        FROM unnest(p_ids, p_expected, p_game_versions, p_nows, p_move_states, p_awaiting, p_questions,
            p_awaiting_moves, p_awaiting_slots, p_states, p_state_names) WITH ORDINALITY AS t (id, expected,
            game_version, now, move_state, awaiting, question, awaiting_move, awaiting_slot, state, state_name, place)
        WHERE t.expected > 0 AND t.place = ANY (v_free) AND c.id = t.id AND c.version = t.expected;
    GET DIAGNOSTICS v_moved = ROW_COUNT;
    IF v_begun + v_moved <> cardinality(v_free) THEN
        RAISE EXCEPTION 'a group of turns moved other conversations than its own';
    END IF;
    INSERT INTO turns (conversation_id, turn_num, period, timestamp, user_input, sanitized_input, matched_move,
        confidence, response, extracted_params, metadata, details)
        SELECT t.id, t.expected + 1, c.period, lgdl_time(t.turn_at), t.user_input, t.sanitized, t.matched, t.confidence,
            t.response, t.params::jsonb, t.metadata::jsonb, t.details
        FROM unnest(p_ids, p_expected, p_turns_at, p_user_inputs, p_sanitized, p_matched, p_confidences, p_responses,
            p_params, p_metadata, p_details) WITH ORDINALITY AS t (id, expected, turn_at, user_input, sanitized, matched,
            confidence, response, params, metadata, details, place)
        JOIN conversations c ON c.id = t.id
        WHERE t.place = ANY (v_free);
    INSERT INTO idempotency (tenant, user_id, key, conversation_id, fingerprint, turn_num, answer, journal_sequence,
        created_at)
        SELECT t.tenant, t.user_id, t.key, t.id, t.fingerprint, t.expected + 1, t.answer, t.journal, lgdl_time(t.now)
        FROM unnest(p_tenants, p_users, p_keys, p_ids, p_fingerprints, p_expected, p_answers, p_journals, p_nows)
            WITH ORDINALITY AS t (tenant, user_id, key, id, fingerprint, expected, answer, journal, now, place)
        WHERE t.place = ANY (v_free);
    DELETE FROM claims WHERE conversation_id = ANY (v_ids);
    DELETE FROM slots s
        USING unnest(p_ids, p_expected, p_matched, p_slots) WITH ORDINALITY AS t (id, expected, matched, slots, place)
        WHERE t.place = ANY (v_free) AND t.expected > 0 AND s.conversation_id = t.id AND s.move_id = t.matched
        AND NOT t.slots::jsonb @> jsonb_build_array(jsonb_build_object('slot_name', s.slot_name));
    INSERT INTO slots (conversation_id, move_id, slot_name, slot_value, slot_type, updated_at)
        SELECT t.id, s.move_id, s.slot_name, s.slot_value, s.slot_type, lgdl_time(s.updated_at)
        FROM unnest(p_ids, p_slots) WITH ORDINALITY AS t (id, slots, place)
        CROSS JOIN LATERAL json_to_recordset(t.slots::json)
            AS s (move_id text, slot_name text, slot_value text, slot_type text, updated_at bigint)
        WHERE t.place = ANY (v_free) AND t.slots <> '[]'
        ON CONFLICT (conversation_id, move_id, slot_name) DO UPDATE SET slot_value = excluded.slot_value,
            slot_type = excluded.slot_type, updated_at = excluded.updated_at
            WHERE slots.slot_value <> excluded.slot_value;
    INSERT INTO extracted_context (conversation_id, key, value)
        SELECT t.id, c.key, c.value
        FROM unnest(p_ids, p_contexts) WITH ORDINALITY AS t (id, contexts, place)
        CROSS JOIN LATERAL json_to_recordset(t.contexts::json) AS c (key text, value text)
        WHERE t.place = ANY (v_free) AND t.contexts <> '[]'
        ON CONFLICT (conversation_id, key) DO UPDATE SET value = excluded.value
            WHERE extracted_context.value <> excluded.value;
    INSERT INTO outbox (at, tenant, event, actor, subject, detail)
        SELECT lgdl_time(e.at), e.tenant, e.event, e.actor, e.subject, e.detail
        FROM unnest(p_events) WITH ORDINALITY AS t (events, place)
        CROSS JOIN LATERAL json_to_recordset(t.events::json)
            AS e (at bigint, tenant text, event text, actor text, subject text, detail text)
        WHERE t.place = ANY (v_free) AND t.events <> '[]';
    RETURN v_free;
END $$;
