//! One suite for every platform: the pipeline in this process, the Spin component in our host, the same component with
//! nothing but what plain Spin gives it, the Worker under workerd, each before the same real origin. A check is written once
//! and says as little of platforms as their promises allow.

mod bad_input;
mod continuity;
mod contract;
mod credentials;
mod degradation;
mod goldens;
mod limits;
mod personal;
mod sessions;

use lgdl_tests::platforms::Kind;
use serde_json::{Value, json};

/// Makes every check a test of every platform.
macro_rules! on_every_platform {
    ($($module:ident :: $name:ident),* $(,)?) => {
        on_every_platform!(@ native, Kind::Native, $($module $name)*);
        on_every_platform!(@ component, Kind::Component, $($module $name)*);
        on_every_platform!(@ spin, Kind::Spin, $($module $name)*);
        on_every_platform!(@ worker, Kind::Worker, $($module $name)*);
    };
    (@ $platform:ident, $kind:expr, $($module:ident $name:ident)*) => {
        mod $platform {
            use super::Kind;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    if $kind.is_here() {
                        crate::$module::$name($kind).await;
                    }
                }
            )*
        }
    };
}

on_every_platform!(
    bad_input::a_malformed_request_gets_a_problem_document_and_leaves_nothing_behind,
    bad_input::a_body_that_does_not_come_is_not_waited_for,
    bad_input::what_is_no_http_harms_nobody,
    contract::a_client_of_the_public_protocol_works_unchanged,
    contract::a_repeated_request_gets_the_stored_answer_word_for_word,
    contract::a_conversation_belongs_to_who_began_it,
    contract::a_turn_on_stale_state_is_run_again_on_the_state_that_won,
    contract::turns_at_once_in_one_conversation_are_numbered_one_by_one,
    contract::pages_of_listed_web_origins_may_call,
    contract::sentences_are_sent_as_events,
    credentials::keys_and_tokens_open_what_they_should_and_nothing_else,
    degradation::turns_wait_while_the_origin_is_away_and_arrive_in_order_and_once,
    degradation::turns_at_once_while_the_origin_is_away_arrive_once_each,
    degradation::without_state_a_turn_is_matched_and_not_kept,
    degradation::an_answer_lost_after_the_commit_is_no_second_turn,
    goldens::every_golden_dialogue_gives_the_engines_own_bytes,
    limits::limits_are_exact_and_say_where_one_stands,
    limits::repeated_refusals_lead_to_a_ban,
    personal::an_erased_conversation_stays_erased,
    personal::an_erasure_at_the_origin_leaves_no_copy_at_the_node,
    sessions::what_expired_begins_anew_also_where_the_old_state_lies,
    personal::a_person_gets_a_copy_of_what_is_kept,
);

/// The body of a turn.
fn turn(conversation: &str, user: &str, input: &str) -> Value {
    json!({ "conversation_id": conversation, "user_id": user, "input": input })
}
