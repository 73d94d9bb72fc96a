//! What people say in whole sentences: several things at once, answers in passing, idioms, corrections. The dialogues are
//! data, `hearing/NAME.txt` beside its game `hearing/NAME.lgdl`.
//!
//! A dialogue is a paragraph: `> text` is a turn, `= key: value` is expected of the turn above it. Keys: `move`, `asks` (the
//! slot, or `nothing`), `also`, `says`, `not` (what the response must not hold), `stage`, `to` (whom it is handed to) and
//! `NAME = value` for a slot. `# ` begins a remark; it is shown when the paragraph fails.

mod support;

use std::fs;
use std::path::Path;

use lgdl::engine::{Doubt, TurnRecord};
use lgdl::golden::combinations;
use lgdl::mocks::Mocks;
use support::Talk;

/// What is not as expected, in words; empty when all is.
fn judge(record: &TurnRecord, line: &str) -> Option<String> {
    let (key, expected) = line.split_once(": ").or_else(|| line.split_once(" = ")).unwrap_or((line, ""));
    let is_slot =
        !line.contains(": ") || line.find(" = ").is_some_and(|at| line.find(": ").is_none_or(|colon| at < colon));
    let (key, expected) = if is_slot { line.split_once(" = ").unwrap_or((key, expected)) } else { (key, expected) };
    let response = record.response.to_lowercase();
    let also: Vec<String> = record.also.iter().map(|also| format!("{} {}", also.move_id, also.state.name())).collect();
    let found = match key {
        _ if is_slot => match record.slots.get(key.trim()) {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(serde_json::Value::Object(fields)) => {
                let iso = fields.get("iso").and_then(|iso| iso.as_str());
                iso.map_or_else(|| serde_json::Value::Object(fields.clone()).to_string(), str::to_owned)
            }
            Some(value) => value.to_string(),
            None => "nothing".to_owned(),
        },
        "move" => record.move_id.clone(),
        "asks" => record.awaiting_slot.clone().unwrap_or_else(|| "nothing".to_owned()),
        "stage" => record.stage.clone(),
        "to" => record.escalated_to.clone().unwrap_or_else(|| "nobody".to_owned()),
        "also" if expected == "nothing" => {
            if also.is_empty() {
                "nothing".to_owned()
            } else {
                also.join(", ")
            }
        }
        "also" => {
            let held = expected
                .split(", ")
                .all(|wanted| also.iter().any(|also| also == wanted || also.split(' ').next() == Some(wanted)));
            return (!held).then(|| format!("also: {expected}, found {also:?}"));
        }
        "says" => return (!response.contains(&expected.to_lowercase())).then(|| format!("does not say `{expected}`")),
        "not" => return response.contains(&expected.to_lowercase()).then(|| format!("says `{expected}`")),
        _ => return Some(format!("`{key}` is not a key")),
    };
    (found != expected).then(|| format!("{key}: {expected}, found {found}"))
}

/// Runs the dialogues of one file with the game of that name.
#[track_caller]
fn check(name: &str) {
    check_with(name, &folder().join(format!("{name}.lgdl")));
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hearing")
}

#[track_caller]
fn check_with(name: &str, game: &Path) {
    let folder = folder();
    let game = support::compile_file(game);
    let text = fs::read_to_string(folder.join(format!("{name}.txt"))).expect("dialogues");
    let (mut dialogues, mut sentences, mut failures) = (0, 0, Vec::new());
    for paragraph in text.split("\n\n").filter(|paragraph| paragraph.contains("\n= ") || paragraph.starts_with("> ")) {
        dialogues += 1;
        let mut talk = Talk::with(&game);
        let mut record: Option<TurnRecord> = None;
        let mut wrong = Vec::new();
        for line in paragraph.lines() {
            if let Some(said) = line.strip_prefix("> ") {
                sentences += 1;
                record = Some(talk.say(&said.replace("\\n", "\n")));
            } else if let (Some(expected), Some(record)) = (line.strip_prefix("= "), &record)
                && let Some(mismatch) = judge(record, expected)
            {
                let turn = record.turn;
                wrong.push(format!(
                    "    turn {turn}: {mismatch} [{} {:?}] {}",
                    record.move_id, record.slots, record.response
                ));
            }
        }
        if !wrong.is_empty() {
            failures.push(format!("{paragraph}\n{}", wrong.join("\n")));
        }
    }
    assert!(dialogues > 0, "{name}: no dialogues");
    eprintln!("{name}: {} of {dialogues} dialogues, {sentences} sentences", dialogues - failures.len());
    assert!(failures.is_empty(), "\n{}\n{} of {dialogues} fail", failures.join("\n\n"), failures.len());
}

/// No emergency is lost in what `lgdl test` tries by itself.
#[track_caller]
fn check_combinations(game: &Path) {
    let compiled = support::compile_file(game);
    let tried = combinations(&compiled, &Mocks::default());
    eprintln!("{}: {} combinations, {} lost", game.display(), tried.tried, tried.lost);
    assert!(tried.tried > 0, "{}: nothing was tried", game.display());
    let named: Vec<String> = tried
        .named
        .iter()
        .map(|lost| format!("{} with {}: `{}` went to {}", lost.urgent, lost.with, lost.said, lost.found))
        .collect();
    assert_eq!(tried.lost, 0, "\n{}", named.join("\n"));
}

#[test]
fn no_combination_loses_an_emergency() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["garage", "travel", "deli", "bank"] {
        check_combinations(&root.join("tests/hearing").join(format!("{name}.lgdl")));
    }
    check_combinations(&root.join("../games/clinic_triage/game.lgdl"));
}

#[test]
fn a_garage_hears_everything() {
    check("garage");
}

#[test]
fn a_clinic_hears_everything() {
    check_with("clinic", &Path::new(env!("CARGO_MANIFEST_DIR")).join("../games/clinic_triage/game.lgdl"));
}

#[test]
fn a_ferry_line_hears_everything() {
    check("travel");
}

#[test]
fn a_sandwich_shop_hears_everything() {
    check("deli");
}

#[test]
fn what_is_in_doubt_is_read_back() {
    check("studio");
}

#[test]
fn a_sail_loft_hears_what_is_meant() {
    check("sails");
}

#[test]
fn a_laundry_hears_options_a_read_back_and_whom_to_reach() {
    check("laundry");
}

#[test]
fn a_taxi_office_hears_what_is_not_wanted_and_whose_number_it_is() {
    check("minibus");
}

#[test]
fn what_takes_a_value_back_is_heard() {
    check("depot");
}

#[cfg(feature = "spanish")]
#[test]
fn a_taxi_office_hears_the_same_in_spanish() {
    check("remis");
}

#[cfg(feature = "spanish")]
#[test]
fn what_takes_a_value_back_is_heard_in_spanish() {
    check("almacen");
}

#[test]
fn an_explanation_says_what_is_in_doubt_and_why() {
    let game = support::compile_file(&folder().join("studio.lgdl"));
    let doubts = |said: &str| {
        let mut talk = Talk::with(&game);
        said.split(" | ").for_each(|text| drop(talk.say(text)));
        talk.last.and_then(|last| last.explanation).expect("an explanation").doubts
    };
    let in_doubt = |slot: &str, doubt| vec![(slot.to_owned(), doubt)];
    let booked = "book the studio for 3 | the 20th | 204 | 4 | no";
    assert_eq!(doubts("book the studio | 4 | the 20th"), []);
    assert_eq!(
        doubts("book the studio | 4 | I have to hand over the keys on the 31st"),
        in_doubt("day", Doubt::Unexplained)
    );
    assert_eq!(
        doubts(&format!("{booked} | it's in my late husband's name, Walter Higgs")),
        in_doubt("name", Doubt::Unlike)
    );
    assert_eq!(
        doubts(&format!("{booked} | Bo | yes | white wine. actually no, just tap water")),
        in_doubt("drink", Doubt::TakenBack)
    );
}

#[test]
fn a_bank_hears_everything() {
    check("bank");
}

#[test]
fn a_curry_kitchen_hears_what_is_not_wanted() {
    check("curry");
}

#[test]
fn values_are_told_from_what_stands_beside_them() {
    check("values");
}

#[test]
fn a_florist_hears_what_a_part_is_told_for_its_caller() {
    check("florist");
}

#[test]
fn a_picnic_service_hears_wishes_and_what_is_said_beside_them() {
    check("picnic");
}

#[test]
fn what_would_be_a_wrong_value_is_none() {
    check("lodge");
}

#[cfg(feature = "spanish")]
#[test]
fn a_florist_hears_the_same_in_spanish() {
    check("floreria");
}

#[cfg(feature = "spanish")]
#[test]
fn a_picnic_service_hears_the_same_in_spanish() {
    check("merienda");
}

#[cfg(feature = "spanish")]
#[test]
fn what_would_be_a_wrong_value_is_none_in_spanish() {
    check("averias");
}

#[cfg(feature = "spanish")]
#[test]
fn values_are_told_from_what_stands_beside_them_in_spanish() {
    check("valores");
}

#[cfg(feature = "spanish")]
#[test]
fn a_rice_kitchen_hears_what_is_not_wanted_in_spanish() {
    check("arroces");
}

#[cfg(feature = "spanish")]
#[test]
fn a_vet_hears_everything_in_spanish() {
    check("veterinario");
}

#[test]
fn what_is_said_first_is_heard_with_its_values() {
    check("stables");
}

#[test]
fn a_school_for_choirs_hears_names_of_relatives_and_what_is_not_sure() {
    check("quire");
}

#[cfg(feature = "spanish")]
#[test]
fn what_is_said_first_is_heard_with_its_values_in_spanish() {
    check("campamento");
}

#[cfg(feature = "spanish")]
#[test]
fn a_choir_hears_the_same_in_spanish() {
    check("coral");
}

#[test]
fn a_chimney_sweep_hears_what_stands_behind_an_answer_and_what_is_taken_back() {
    check("sweep");
}

#[test]
fn a_beekeepers_yard_hears_which_day_whose_and_what_is_only_about_there() {
    check("hives");
}

#[test]
fn a_boarding_house_for_donkeys_hears_whose_name_which_days_and_what_is_denied() {
    check("donkeys");
}

#[cfg(feature = "spanish")]
#[test]
fn a_boarding_house_for_donkeys_hears_the_same_in_spanish() {
    check("burros");
}

#[cfg(feature = "spanish")]
#[test]
fn a_piano_workshop_hears_numbers_of_streets_who_speaks_and_days_told_in_a_roundabout_way() {
    check("pianos");
}

#[test]
fn a_workshop_for_organs_hears_numbers_of_streets_who_speaks_and_changes_beside_an_answer() {
    check("organs");
}

#[test]
fn saunas_for_hire_are_heard_in_other_forms_beside_something_else_and_without_what_is_had() {
    check("sauna");
}

#[cfg(feature = "spanish")]
#[test]
fn saunas_for_hire_are_heard_the_same_in_spanish() {
    check("saunas");
}

#[test]
fn a_framer_hears_what_stands_beside_a_yes_or_a_no_and_gives_up_no_more_than_it_must() {
    check("framer");
}

#[cfg(feature = "spanish")]
#[test]
fn a_framer_hears_the_same_in_spanish() {
    check("marcos");
}

#[test]
fn a_sewing_workshop_hears_which_machine_it_is_and_from_which_year() {
    check("sewing");
}

#[cfg(feature = "spanish")]
#[test]
fn a_sewing_workshop_hears_the_same_in_spanish() {
    check("costura");
}

#[test]
fn an_upholsterer_hears_addresses_options_and_what_is_not_wanted() {
    check("upholstery");
}

#[cfg(feature = "spanish")]
#[test]
fn an_upholsterer_hears_the_same_in_spanish() {
    check("tapicero");
}

#[test]
fn a_haulier_throws_no_order_away_and_takes_no_house_for_an_hour() {
    check("haulage");
}

#[test]
fn a_timber_yard_hears_what_is_no_option_what_is_exchanged_and_what_is_counted_from_another_day() {
    check("timber");
}

#[cfg(feature = "spanish")]
#[test]
fn a_timber_yard_hears_the_same_in_spanish() {
    check("maderas");
}

#[test]
fn a_balloon_company_counts_who_rides_and_hears_yes_and_no_in_other_words() {
    check("balloons");
}

#[test]
fn a_pottery_hears_what_is_nothing_what_is_bounded_and_what_is_put_in_whose_place() {
    check("kiln");
}

#[cfg(feature = "spanish")]
#[test]
fn a_pottery_hears_the_same_in_spanish() {
    check("horno");
}

#[test]
fn a_weaving_studio_hears_which_slot_a_value_belongs_to() {
    check("looms");
}

#[cfg(feature = "spanish")]
#[test]
fn an_aquarium_shop_hears_which_slot_a_value_belongs_to_in_spanish() {
    check("acuarios");
}

#[test]
fn a_bell_founder_hears_what_is_corrected_late_and_refused() {
    check("bells");
}
