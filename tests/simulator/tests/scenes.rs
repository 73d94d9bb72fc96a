//! Each scene holds, and what it is about happens in it: a world in which nothing of the kind happens any more guards nothing.
//!
//! Three of them are regressions: turns of a conversation that wait at several nodes beside nodes of the former program (one was
//! committed on a state that waited), what a client sends again while the origin is away (it was run on the state that it had led
//! to), and an act that is tried again on another state (it was keyed by how many calls came before it, and happened twice).

use lgdl_simulator::plan::Plan;
use lgdl_simulator::run;

/// Worlds of each scene.
const WORLDS: usize = 12;

/// A scene, and what its trace shows.
const SHOWS: [(&str, &str); 37] = [
    ("two_at_once", "-> 409"),
    ("gives_up_in_the_middle", "gives t0.1 up"),
    ("acts_on_another_state", ", done before"),
    ("looks_up_once_more", "crashes"),
    ("away_and_back", "from a journal"),
    ("waits_at_two_nodes", "from a journal"),
    ("says_it_again_while_away", "n0 journals"),
    ("key_used_twice", "has 422"),
    ("one_key_two_persons", "service: place"),
    ("joined_by_a_stranger", "has 404 for t1"),
    ("first_turn_waits_and_the_person_is_erased", "/edge/v1/turns -> 410"),
    ("erased_while_turns_wait", "/edge/v1/turns -> 410"),
    ("set_aside_and_erased", "sets aside"),
    ("trips", "-> 500"),
    ("restored", "Restored"),
    ("rekeyed", "an operator lets"),
    ("refused_for_good", "an operator lets"),
    ("damaged", "sets aside"),
    ("floods", "has 429"),
    ("no_room_for_all", "has 429"),
    ("two_programs", "from a journal"),
    ("away_for_long", "the origin is away"),
    ("object_reset", "journals"),
    ("answers_lost", "answer lost over Origin"),
    ("two_begin_one_conversation", "sets aside"),
    ("services_forget", "answer lost over Services"),
    ("says_the_last_again_while_away", "sends t0.1 to n0"),
    ("says_an_old_one_again_while_away", "the origin is away"),
    ("comes_back_after_an_erasure", "sends t1.2 to n0"),
    ("speaks_with_a_clerk", "has Done for Return"),
    ("clerk_is_gone", "nobody came in k0: Done"),
    ("two_clerks", "a1 has Done for Say"),
    ("erased_while_with_a_clerk", "has Done for Accept in k0"),
    ("tried_at_once", "/edge/v1/claims -> 409"),
    ("told_by_a_webhook", ": false"),
    ("looks_up_after_it_has_acted", "/edge/v1/claims -> 409"),
    ("one_try_does_not_act", "/edge/v1/turns -> 409"),
];

#[test]
fn every_scene_holds_and_shows_what_it_is_about() {
    assert_eq!(SHOWS.map(|(name, _)| name).to_vec(), Plan::scenes());
    for (name, shows) in SHOWS {
        let mut shown = false;
        for seed in Plan::seeds_of(name).take(WORLDS) {
            let plan = Plan::of(seed);
            assert_eq!(plan.about, name);
            let report = run(&plan, None);
            let trace = report.trace.join("\n");
            assert!(report.violations.is_empty(), "{plan}{trace}\n{}", report.violations.join("\n"));
            shown |= trace.contains(shows);
        }
        assert!(shown, "{name}: in no world {shows:?}");
    }
}
