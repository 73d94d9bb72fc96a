//! The contract that every store keeps: one suite, run against each.

mod archives;
mod bus;
mod cases;
mod changes;
mod claims;
mod concurrency;
mod data;
mod erasures;
mod handovers;
mod listings;
mod nodes;
mod postgres_only;
#[allow(dead_code)] // other test binaries use the rest
#[path = "../support/postgres.rs"]
mod postgres_server;
mod push;
mod replacing;
mod reports;
mod sessions;
#[allow(dead_code)] // other test binaries use the rest
#[path = "../support/siem.rs"]
mod siem;
mod stores;
mod transfers;

use stores::Kind;

/// Runs every case against every store, each on a fresh one. A store that can't be had here says why and is skipped.
macro_rules! contract {
    ($($module:ident::$case:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::run(super::Kind::Sqlite, async |store| super::$module::$case(store).await).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::run(super::Kind::Postgres, async |store| super::$module::$case(store).await).await;
            })*
        }
    };
}

async fn run(kind: Kind, case: impl AsyncFnOnce(stores::Fresh)) {
    match stores::fresh(kind).await {
        Ok(fresh) => case(fresh).await,
        Err(reason) => lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &format!("on {kind:?}: {reason}")),
    }
}

contract! {
    handovers::turns_open_take_and_end_a_hand_over,
    handovers::an_agent_takes_no_more_than_their_capacity,
    handovers::what_is_with_many_agents_hides_nobody_who_waits,
    handovers::a_queue_keeps_its_order_and_gets_back_what_a_lost_agent_had,
    handovers::who_waits_too_long_is_found_by_the_games_patience_or_the_deployments,
    bus::what_a_commit_tells_is_heard_once_and_in_its_order,
    bus::a_reader_who_goes_by_the_cursor_misses_no_commit_among_many,
    bus::readers_hear_what_they_asked_for_and_nothing_of_another_tenant,
    bus::nothing_of_the_erased_is_heard,
    bus::an_erasure_in_the_middle_of_the_moving_leaves_nothing_behind,
    bus::a_number_is_never_given_twice_and_what_is_old_or_too_much_goes,
    bus::readers_are_woken_when_a_turn_is_committed,
    cases::a_first_turn_begins_a_conversation,
    cases::turns_are_numbered_from_one_without_gaps,
    cases::a_stale_commit_gets_the_current_state,
    cases::a_commit_on_a_conversation_that_is_not_there_gets_a_conflict_without_a_state,
    cases::the_same_key_and_fingerprint_get_the_stored_answer_word_for_word,
    cases::the_same_key_with_another_fingerprint_is_refused,
    cases::another_person_gets_nothing,
    cases::tenants_and_games_do_not_share_conversations,
    claims::a_claim_keeps_others_out_until_it_lapses_or_its_turn_is_committed,
    claims::while_one_try_of_a_turn_acts_the_others_wait,
    claims::while_one_try_of_a_turn_acts_no_other_is_committed,
    cases::a_turn_on_another_state_of_the_same_version_is_a_conflict,
    claims::a_key_under_which_a_request_acts_is_no_other_requests,
    cases::a_conversation_is_erased_while_its_first_turn_is_under_way,
    cases::an_erased_conversation_stays_erased,
    cases::an_erased_person_leaves_nothing_and_late_turns_do_not_bring_them_back,
    erasures::tombstones_of_every_tenant_are_listed_by_time_and_page_by_page,
    erasures::an_erasure_is_carried_out_again_as_of_its_time,
    cases::a_legal_hold_keeps_everything,
    cases::slots_of_the_move_that_answered_are_replaced_and_others_stay,
    cases::history_is_paged_in_order,
    cases::games_are_published_pinned_and_rolled_back,
    cases::keys_are_found_by_hash_and_revoked_once,
    changes::a_program_at_the_desk_has_its_key_and_its_account_together_or_neither,
    cases::consents_are_a_history,
    cases::events_of_a_commit_reach_the_audit_chain_once_and_in_order,
    cases::retention_removes_what_is_old_and_nothing_else,
    cases::a_dry_run_counts_what_would_go_and_removes_nothing,
    cases::answers_are_forgotten_in_time_but_journalled_ones_are_not,
    cases::a_person_has_one_data_key_and_a_commit_under_a_destroyed_one_is_not_taken,
    cases::administrators_have_one_name_and_sessions_that_end,
    cases::conversations_are_listed_newest_first_by_pages_and_filters,
    cases::the_last_link_of_the_audit_chain_is_at_hand,
    cases::settings_are_kept,
    cases::an_epoch_stays_until_another_begins_and_is_not_moved_to_another_store,
    cases::odd_text_comes_back_as_it_went_in,
    nodes::nodes_join_drain_fall_silent_and_come_back,
    nodes::two_nodes_of_one_name_are_told_apart_and_hide_nothing_of_each_other,
    nodes::a_node_that_stops_in_order_is_known_no_more_unless_something_waits_there,
    nodes::a_silent_node_is_forgotten_by_an_operators_word_and_its_turns_only_when_they_are_given_up,
    nodes::a_node_that_many_tell_of_at_once_joins_once,
    archives::what_is_put_away_comes_back_as_it_was,
    archives::a_conversation_that_goes_on_is_not_put_away,
    archives::files_that_nobody_needs_are_found,
    archives::an_erasure_makes_every_file_of_it_due,
    archives::what_retention_removes_leaves_no_file_for_backups,
    sessions::what_a_game_says_to_silence_makes_it_no_younger,
    sessions::who_falls_silent_is_found_in_order_page_by_page,
    sessions::an_expired_conversation_is_begun_anew_by_turns_on_a_beginning_alone,
    sessions::a_conversation_with_people_does_not_expire,
    sessions::what_is_there_of_a_turn_is_known,
    sessions::the_conversations_of_a_version_are_found_until_they_expire,
    replacing::a_conversation_is_replaced_only_by_one_of_its_version_and_stays_what_turns_are_run_on,
    replacing::an_answer_is_found_by_its_request_and_a_tenants_games_go_without_the_neighbours,
    reports::a_report_counts_every_turn_once_before_and_after_its_day_is_summed_up,
    reports::what_a_day_came_to_outlives_its_conversations,
    changes::a_change_and_what_is_told_of_it_are_kept_together_or_not_at_all,
    changes::of_what_does_not_take_place_nothing_is_told,
    changes::what_is_told_has_the_facts_that_only_the_store_knows,
    changes::many_changes_at_once_are_each_told_once_in_a_chain_that_holds,
    changes::two_administrators_who_keep_each_other_out_do_not_both_succeed,
    changes::a_change_of_one_thing_leaves_what_others_changed_meanwhile,
    changes::a_login_that_a_new_password_overtakes_begins_no_session,
    listings::pages_miss_nothing_and_repeat_nothing_while_conversations_begin_go_on_and_are_erased,
    listings::pages_hold_while_many_write_at_once,
    listings::filters_hold_on_every_page_and_together,
    listings::a_page_is_never_longer_than_the_store_allows,
    listings::nothing_of_another_tenant_is_listed,
    listings::administrators_are_listed_by_name_whatever_the_locale,
    listings::a_refresh_token_is_good_for_one_of_many_who_send_it,
    push::a_siem_that_fails_at_first_gets_every_link_once_and_in_order,
    push::what_a_wrong_clock_has_noted_holds_nothing_up,
    push::a_process_that_comes_after_goes_on_where_the_one_before_stopped,
    push::a_process_that_dies_while_it_sends_is_followed_by_another,
    push::several_origins_share_the_work_and_send_nothing_twice,
    push::a_note_is_replaced_only_by_who_knows_what_it_says,
    concurrency::sixty_four_tasks_on_one_conversation_lose_nothing,
    concurrency::sixty_four_tasks_on_many_conversations_lose_nothing,
    concurrency::one_key_sent_by_many_is_committed_once,
    concurrency::a_turn_that_cannot_be_stored_takes_no_other_with_it,
    concurrency::what_stands_against_one_turn_stands_against_no_other,
}
