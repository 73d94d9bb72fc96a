-- While one try of a turn acts, no other try of it is committed: what was done stands in the record that is kept. A commit that does not
-- say which try it is comes from an edge, or an origin, of before.
--
-- The functions of before do the work, and stay for origins of the version before that still run. Their locks are taken first, in
-- their order, so that nobody begins to act in between.
CREATE FUNCTION lgdl_commit(
    p_id text, p_tenant text, p_game text, p_external_id text, p_user_id text, p_person text, p_game_version text,
    p_expected bigint, p_key text, p_fingerprint text, p_answer text, p_journal bigint, p_state text,
    p_move_state text, p_awaiting boolean, p_question text, p_awaiting_move text, p_awaiting_slot text,
    p_turn_at bigint, p_said_at bigint, p_user_input text, p_sanitized text, p_matched text,
    p_confidence double precision, p_response text, p_params text, p_metadata text, p_details text,
    p_slots text, p_context text, p_events text, p_data_key text, p_now bigint,
    p_bases text[], p_state_name text, p_attempt text
) RETURNS lgdl_outcome LANGUAGE plpgsql AS $$
DECLARE
    acts timestamptz;
BEGIN
    IF p_attempt IS NOT NULL THEN
        IF p_expected = 0 THEN
            PERFORM pg_advisory_xact_lock(hashtextextended(p_id, 0));
            PERFORM pg_advisory_xact_lock_shared(hashtextextended(p_person, 0));
        END IF;
        PERFORM FROM conversations WHERE id = p_id FOR UPDATE;
        SELECT acts_until INTO acts FROM claims
            WHERE conversation_id = p_id AND tenant = p_tenant AND user_id = p_user_id AND idempotency_key = p_key
            AND fingerprint = p_fingerprint AND attempt IS DISTINCT FROM p_attempt AND acts_until > lgdl_time(p_now);
        IF FOUND THEN
            RETURN ('claimed', NULL, NULL, lgdl_millis(acts) - p_now)::lgdl_outcome;
        END IF;
    END IF;
    RETURN lgdl_commit(p_id, p_tenant, p_game, p_external_id, p_user_id, p_person, p_game_version, p_expected, p_key,
        p_fingerprint, p_answer, p_journal, p_state, p_move_state, p_awaiting, p_question, p_awaiting_move,
        p_awaiting_slot, p_turn_at, p_said_at, p_user_input, p_sanitized, p_matched, p_confidence, p_response, p_params,
        p_metadata, p_details, p_slots, p_context, p_events, p_data_key, p_now, p_bases, p_state_name);
END $$;

-- A group with a turn of which another try acts is left as it was, for each of its turns to be looked at by itself: it is rare.
CREATE FUNCTION lgdl_commit_together(
    p_ids text[], p_tenants text[], p_games text[], p_external_ids text[], p_users text[], p_persons text[],
    p_game_versions text[], p_expected bigint[], p_keys text[], p_fingerprints text[], p_answers text[],
    p_journals bigint[], p_states text[], p_move_states text[], p_awaiting boolean[], p_questions text[],
    p_awaiting_moves text[], p_awaiting_slots text[], p_turns_at bigint[], p_user_inputs text[], p_sanitized text[],
    p_matched text[], p_confidences double precision[], p_responses text[], p_params text[], p_metadata text[],
    p_details text[], p_slots text[], p_contexts text[], p_events text[], p_data_keys text[], p_nows bigint[],
    p_bases text[], p_state_names text[], p_attempts text[]
) RETURNS bigint[] LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
BEGIN
    IF 0 = ANY (p_expected) THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(t.id, 0))
            FROM unnest(p_ids, p_expected) AS t (id, expected) WHERE t.expected = 0;
        PERFORM pg_advisory_xact_lock_shared(hashtextextended(t.person, 0))
            FROM unnest(p_persons, p_expected) AS t (person, expected) WHERE t.expected = 0;
    END IF;
    PERFORM FROM conversations WHERE id = ANY (p_ids) ORDER BY id FOR UPDATE;
    PERFORM FROM unnest(p_ids, p_tenants, p_users, p_keys, p_fingerprints, p_attempts, p_nows)
            AS t (id, tenant, user_id, key, fingerprint, attempt, now)
        JOIN claims h ON h.conversation_id = t.id AND (h.tenant, h.user_id, h.idempotency_key, h.fingerprint)
            = (t.tenant, t.user_id, t.key, t.fingerprint)
        WHERE t.attempt IS NOT NULL AND h.attempt IS DISTINCT FROM t.attempt AND h.acts_until > lgdl_time(t.now);
    IF FOUND THEN
        RETURN '{}';
    END IF;
    RETURN lgdl_commit_together(p_ids, p_tenants, p_games, p_external_ids, p_users, p_persons, p_game_versions,
        p_expected, p_keys, p_fingerprints, p_answers, p_journals, p_states, p_move_states, p_awaiting, p_questions,
        p_awaiting_moves, p_awaiting_slots, p_turns_at, p_user_inputs, p_sanitized, p_matched, p_confidences,
        p_responses, p_params, p_metadata, p_details, p_slots, p_contexts, p_events, p_data_keys, p_nows, p_bases,
        p_state_names);
END $$;
