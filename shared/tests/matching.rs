//! The published example games and the generated ones, when their folder is present: the first turn of every golden
//! dialogue, every pattern typed as it stands, and the mixed inputs of the baseline.

use std::fs;
use std::path::{Path, PathBuf};

use lgdl::compiled::CompiledGame;
use lgdl::entities::{Direction, Language, Place, Reference};
use lgdl::ir::{Element, Pattern, SlotType, Threshold};
use lgdl::matcher::{self, Candidate, Query};

fn folder() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/lgdl");
    root.is_dir().then_some(root)
}

fn games() -> Vec<(String, lgdl::ir::Game, CompiledGame)> {
    let Some(root) = folder() else {
        lgdl_skips::skip(lgdl_skips::Need::PublishedSets, "the published games are not beside the checkout");
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = fs::read_dir(root)
        .expect("a readable folder")
        .map(|entry| entry.expect("an entry").path().join("game.lgdl"))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
        .iter()
        .map(|path| {
            let mut parsed = lgdl::syntax::parse(&fs::read(path).expect("a readable game"), None);
            let game = parsed.games.remove(parsed.entry.expect("an entry game"));
            let compiled = CompiledGame::compile(&game).expect("it compiles");
            let name = path.parent().and_then(Path::file_name).expect("a folder").to_string_lossy().into_owned();
            (name, game, compiled)
        })
        .collect()
}

fn candidates(game: &CompiledGame, text: &str) -> Vec<Candidate> {
    let now = jiff::civil::date(2026, 11, 21).at(10, 0, 0, 0);
    let reference = Reference {
        now,
        offset_seconds: 0,
        direction: Direction::Past,
        language: Language::English,
        place: Place::DEFAULT,
    };
    let query = Query { text, participant: "user", reference: &reference, admits: &|_| true, plausible: &|_| true };
    matcher::find(game, &query)
}

/// The scores that the golden dialogues of the examples rely on, by game, utterance, move and bounds.
const EXPECTED: &[(&str, &str, &str, f64, f64)] = &[
    ("greeting", "hello", "greeting", 0.85, 1.0),
    ("greeting", "hey Alice", "greeting", 0.70, 1.0),
    ("greeting", "hey", "greeting", 0.70, 1.0),
    ("greeting", "helo", "greeting", 0.50, 0.75),
    ("greeting", "goodbye", "farewell", 0.85, 1.0),
    ("greeting", "see you later", "farewell", 0.75, 1.0),
    ("greeting", "how are you", "small_talk", 0.60, 1.0),
    ("greeting", "Othello was a good play", "none", 0.0, 0.0),
    ("medical", "I'm having chest pain", "cardiac_emergency", 0.90, 1.0),
    ("medical", "I was in a car accident", "trauma_intake", 0.90, 1.0),
    ("medical", "I fell down", "geriatric_fall", 0.75, 1.0),
    ("medical", "I need to see Dr. Smith", "appointment_request", 0.80, 1.0),
    ("medical", "I need help", "general_inquiry", 0.30, 1.0),
    ("medical", "I need to see a doctor", "appointment_request", 0.75, 1.0),
    ("medical", "Book appointment with Dr. Lee", "book_intent", 0.50, 1.0),
    ("medical", "severe pain in my back", "pain_assessment", 0.70, 1.0),
    ("medical", "I'm in pain", "pain_assessment", 0.70, 0.85),
    ("medical", "pain level 8 in my leg", "pain_assessment", 0.75, 1.0),
    ("medical", "chest pain", "cardiac_emergency", 0.90, 1.0),
    ("medical", "left arm numb and chest pain", "cardiac_emergency", 0.90, 1.0),
    ("medical", "can't breathe", "respiratory_distress", 0.90, 1.0),
    ("medical", "asthma attack", "respiratory_distress", 0.70, 1.0),
    ("medical", "car accident", "trauma_intake", 0.90, 1.0),
    ("medical", "broken arm", "trauma_intake", 0.70, 1.0),
    ("medical", "fell from ladder", "trauma_intake", 0.75, 1.0),
    ("medical", "fell down", "geriatric_fall", 0.40, 0.65),
    ("medical", "elderly patient fell at home", "geriatric_fall", 0.70, 1.0),
    ("medical", "hip injury from fall", "geriatric_fall", 0.75, 1.0),
    ("medical", "I have a fever", "fever_assessment", 0.75, 0.80),
    ("medical", "temperature is 102", "fever_assessment", 0.70, 1.0),
    ("medical", "running a fever of 104", "fever_assessment", 0.75, 1.0),
    ("medical", "I have pain in my back", "pain_assessment", 0.75, 1.0),
    ("medical", "ankle hurts", "pain_assessment", 0.75, 1.0),
    ("medical", "chets pain", "cardiac_emergency", 0.50, 0.92),
    ("medical", "breathing trouble", "respiratory_distress", 0.50, 0.95),
    ("medical", "my chest really hurts", "cardiac_emergency", 0.75, 0.95),
    ("medical", "pain in my left chest", "cardiac_emergency", 0.75, 0.95),
    ("medical", "pain in my chset since this morning", "cardiac_emergency", 0.50, 0.95),
    ("medical", "I do NOT have chest pain", "none", 0.0, 0.0),
    ("medical", "no chest pain, just a cough", "none", 0.0, 0.0),
    ("medical", "my uncle had a heart attack in 1980", "none", 0.0, 0.0),
    ("medical", "my eyes can't see well", "none", 0.0, 0.0),
    ("medical", "what is the capital of France", "none", 0.0, 0.0),
    ("medical_v2", "I have chest pain", "chest_pain_risk", 0.80, 1.0),
    ("medical_v2", "I have pain", "pain_assessment", 0.50, 1.0),
    ("medical_v2", "short of breath", "breathing_difficulty", 0.80, 1.0),
    ("medical_v2", "I feel winded", "breathing_difficulty", 0.80, 1.0),
    ("medical_v2", "what meds am I on", "medication_check", 0.50, 1.0),
    ("medical_v2", "I don't feel good", "unclear_complaint", 0.75, 1.0),
    ("medical_v2", "chest pain questions", "chest_pain_followup", 0.75, 1.0),
    ("medical_v2", "the weather is nice", "none", 0.0, 0.0),
    ("shopping", "looking for laptops", "product_search", 0.60, 0.90),
    ("shopping", "I'm looking for something", "product_search", 0.60, 0.90),
    ("shopping", "how much is laptop", "price_inquiry", 0.92, 1.0),
    ("shopping", "price for 3 laptops", "price_inquiry", 0.80, 1.0),
    ("shopping", "add laptop to cart", "add_to_cart", 0.92, 1.0),
    ("shopping", "I'll take 5 keyboards", "add_to_cart", 0.75, 1.0),
    ("shopping", "apply discount code SAVE20", "apply_discount", 0.92, 1.0),
    ("shopping", "checkout", "checkout", 0.92, 1.0),
    ("shopping", "show my cart", "view_cart", 0.92, 1.0),
    ("shopping", "compare laptop and tablet", "compare_prices", 0.75, 1.0),
    ("shopping", "bulk order keyboards", "none", 0.0, 0.10),
    ("shopping", "wholesale 100 mice", "bulk_order", 0.75, 1.0),
    ("support_v1", "I can't log in", "login_issue", 0.80, 1.0),
    ("support_v1", "I can't log in as marco@test.com", "login_issue", 0.80, 1.0),
    ("support_v1", "reset my password", "password_reset_direct", 0.75, 1.0),
    ("support_v1", "my account is locked", "account_locked", 0.80, 1.0),
    ("support_v1", "it says too many attempts", "account_locked", 0.80, 1.0),
    ("support_v1", "the app is not working", "device_issue", 0.75, 1.0),
    ("support_v1", "app won't load", "device_issue", 0.75, 1.0),
    ("support_v1", "I want to upgrade", "plan_change", 0.75, 1.0),
    ("support_v1", "it doesn't work", "unclear_support", 0.75, 1.0),
    ("medical_semantic", "my ticker hurts", "chest_pain_priority", 0.75, 1.0),
    ("medical_semantic", "discomfort in my noggin", "pain_assessment", 0.75, 1.0),
];

#[test]
fn the_example_games_keep_their_scores() {
    let games = games();
    for (game, text, expected, low, high) in EXPECTED {
        let Some((_, source, compiled)) = games.iter().find(|(name, ..)| name == game) else { continue };
        let found = candidates(compiled, text);
        let (name, score) =
            found.first().map_or(("none", 0.0), |f| (source.moves[f.move_index].name.as_str(), f.score));
        assert_eq!(name, *expected, "{game}: {text}: {found:?}");
        assert!((*low..=*high).contains(&score), "{game}: {text}: {score} is not in {low}..={high}");
    }
}

/// Something that every capture of the examples takes.
fn filled(pattern: &Pattern, types: &[(String, SlotType)]) -> String {
    let mut out = String::new();
    for element in &pattern.elements {
        out.push(' ');
        match element {
            Element::Words(words) => out.push_str(words),
            Element::Wildcard => out.push_str("whatever"),
            Element::Capture { name, .. } => {
                let ty = types.iter().find(|(slot, _)| slot == name).map(|(_, ty)| ty);
                out.push_str(match ty {
                    Some(SlotType::Range { min, .. }) if *min > 10.0 => "102",
                    Some(SlotType::Number | SlotType::Range { .. } | SlotType::Quantity) => "7",
                    Some(SlotType::Enum(options)) => options.first().map_or("", String::as_str),
                    _ => "trombone",
                });
            }
        }
    }
    out
}

#[test]
fn every_pattern_typed_as_it_stands_wins_and_reaches_its_threshold() {
    for (name, game, compiled) in games() {
        for (index, body) in game.moves.iter().enumerate() {
            let types: Vec<(String, SlotType)> = body.slots.iter().map(|s| (s.name.clone(), s.ty.clone())).collect();
            let threshold = match body.threshold {
                Threshold::Fixed(threshold) => threshold,
                Threshold::Adaptive | Threshold::Weighted { .. } => 0.7,
            };
            for pattern in body.triggers.iter().flat_map(|trigger| &trigger.patterns) {
                // A bare capture is read as an answer, never matched.
                if matches!(pattern.elements[..], [Element::Capture { .. }]) {
                    continue;
                }
                let text = filled(pattern, &types);
                let found = candidates(&compiled, &text);
                let best = found.first().unwrap_or_else(|| panic!("{name}: {text} matches nothing"));
                assert_eq!(best.move_index, index, "{name}: {text}: {found:?}");
                let least = if pattern.modifiers.fuzzy { 0.4 } else { 0.75 };
                assert!(best.score >= threshold.max(least), "{name}: {text}: {}", best.score);
            }
        }
    }
}
