//! One game in several languages: texts out, texts in, and a conversation that stays in its language.

mod support;

use lgdl::compiled::CompiledGame;
use lgdl::texts::{Fault, TextsFile, check, extract, of_the_program, translated};
use serde_json::json;
use support::Talk;

const GAME: &str = r#"game pizzeria {
  vocabulary { "pizza" also means: ["pie"] }
  moves {
    move order {
      slots {
        size: enum("small", "large") required with vocabulary { "large" also means: ["big"] }
        count: number required valid when count < 9 else "At most {max?8}, not {value}."
      }
      when user says something like: ["order a pizza" (fuzzy), "a {size} pizza"]
      when slot size is missing { prompt slot: ["Which size?", "Small or large?"] }
      when slot count is missing { prompt slot: "How many?" }
      when all_slots_filled { respond with: "{count} {size} ones{note? with note}, ${count * 2?some}." }
    }
  }
}"#;

const SPANISH: &str = r#"
language: es
texts:
  vocabulary.pizza: { source: [pizza, pie], text: [pizza, torta] }
  order.called: { source: order, text: pedir una pizza }
  order.size.called: { source: size, text: el tamaño }
  order.count.called: { source: count, text: cuántas }
  order.says.user:
    source: ["order a pizza (fuzzy)", "a {size} pizza"]
    text: ["quiero pedir una pizza (fuzzy)", "una pizza {size}"]
  order.size.option.small: { source: small, text: [pequeña, chica] }
  order.size.option.large: { source: [large, big], text: grande }
  order.ask_size.1: { source: ["Which size?", "Small or large?"], text: ["¿De qué tamaño?", "¿Pequeña o grande?"] }
  order.ask_count.1: { source: "How many?", text: "¿Cuántas?" }
  order.filled.1: { source: "{count} {size} ones{note? with note}, ${count * 2?some}.", text: "{count} de tamaño {size}{note? con note}, ${count * 2?algunas}." }
  order.count.valid.1: { source: "At most {max?8}, not {value}.", text: "Como mucho {max?8}, no {value}." }
"#;

fn game() -> lgdl::ir::Game {
    let parsed = lgdl::syntax::parse(GAME.as_bytes(), None);
    assert!(!parsed.has_errors(), "{:#?}", parsed.diagnostics);
    parsed.games[0].clone()
}

fn bilingual() -> CompiledGame {
    let mut game = game();
    let file = TextsFile::read(SPANISH.as_bytes()).expect("readable");
    assert_eq!(check(&game, &file), []);
    let spanish = translated(&game, &file).expect("translated");
    game.translations.push(spanish);
    CompiledGame::compile(&game).expect("it compiles")
}

#[test]
fn every_text_has_a_stable_id() {
    let ids: Vec<String> = extract(&game()).into_iter().map(|entry| entry.id).collect();
    assert_eq!(
        ids,
        [
            "vocabulary.pizza",
            "order.called",
            "order.says.user",
            "order.size.called",
            "order.size.option.small",
            "order.size.option.large",
            "order.count.called",
            "order.count.valid.1",
            "order.ask_size.1",
            "order.ask_count.1",
            "order.filled.1",
        ]
    );
}

#[test]
fn a_conversation_stays_in_the_language_that_it_began_in() {
    let game = bilingual();
    let mut talk = Talk::with(&game).in_context(json!({"locale": "es-ES"}));
    let record = talk.say("hola, quiero pedir una pizza");
    assert_eq!(record.response, "¿De qué tamaño?");
    assert_eq!(record.choices, ["pequeña", "grande"]);
    talk.context.clear();
    let record = talk.say("chica");
    assert_eq!((record.response.as_str(), &record.slots["size"]), ("¿Cuántas?", &json!("small")));
    assert_eq!(talk.say("diez").response, "Como mucho 8, no 10. ¿Cuántas?");
    assert_eq!(talk.say("dos").response, "2 de tamaño pequeña, 4.");
    let mut talk = Talk::with(&game);
    assert_eq!(talk.say("order a pizza").response, "Which size?");
}

#[test]
fn somebody_who_asks_for_another_language_gets_it() {
    let mut talk = Talk::with(&bilingual());
    talk.say("order a pizza");
    let record = talk.say("en español, por favor");
    assert_eq!(record.response, "¿Pequeña o grande?");
    assert_eq!(talk.say("grande").response, "¿Cuántas?");
    assert_eq!(talk.say("English please").response, "How many?");
    assert_eq!(talk.say("2").response, "2 large ones, 4.");
}

#[test]
fn what_nobody_can_tell_apart_or_few_words_reach_is_named_in_every_language() {
    let text = SPANISH.replace("text: [pequeña, chica]", "text: [pequeña, grande]");
    let file = TextsFile::read(text.as_bytes()).expect("readable");
    let twice = Fault::SaidForTwo { text: "grande".into(), other: "small".into() };
    assert_eq!(check(&game(), &file), [("order.size.option.large".to_owned(), twice)]);
    let urgent = r#"game g { moves { move fire {
      priority: urgent
      when user says something like: ["fire", "it burns", "there is a fire", "I see flames"]
      when confident { respond with: "Leave." }
    } } }"#;
    let spanish = r#"{ language: es, texts: {
      fire.called: { source: fire, text: fuego },
      fire.says.user: { source: [fire, it burns, there is a fire, I see flames], text: [hay fuego, se quema] },
      fire.confident.1: { source: Leave., text: Salga. } } }"#;
    let parsed = lgdl::syntax::parse(urgent.as_bytes(), None);
    let file = TextsFile::read(spanish.as_bytes()).expect("readable");
    assert_eq!(check(&parsed.games[0], &file), [("fire.says.user".to_owned(), Fault::FewPhrases(2))]);
}

#[test]
fn a_choice_that_answers_nothing_is_named_in_every_language() {
    let game = GAME.replace(
        r#"prompt slot: ["Which size?", "Small or large?"]"#,
        r#"prompt slot: "Which size?" offer choices: ["small", { label: "A big one", value: "large" }]"#,
    );
    let parsed = lgdl::syntax::parse(game.as_bytes(), None);
    assert!(!parsed.has_errors(), "{:#?}", parsed.diagnostics);
    let faults = |small: &str, large: &str| {
        let choices = [("small", small), ("small", small), ("A big one", "Una bien grande"), ("large", large)];
        let choice = |(at, (source, text)): (usize, &(&str, &str))| {
            format!("  order.ask_size.{}: {{ source: {source}, text: {text} }}\n", at + 2)
        };
        let choices: String = choices.iter().enumerate().map(choice).collect();
        let asked = r#"order.ask_size.1: { source: "Which size?", text: "¿De qué tamaño?" }"#;
        let lines =
            SPANISH.lines().map(|line| if line.contains("ask_size.1") { format!("  {asked}") } else { line.into() });
        let text = format!("{}\n{choices}", lines.collect::<Vec<String>>().join("\n"));
        check(&parsed.games[0], &TextsFile::read(text.as_bytes()).expect("readable"))
    };
    assert_eq!(faults("pequeña", "grande"), []);
    assert_eq!(faults("chica", "large"), []);
    let none = |text: &str| Fault::NoOption { text: text.into(), slot: "size".into() };
    assert_eq!(faults("mediana", "grande"), [("order.ask_size.3".to_owned(), none("mediana"))]);
    assert_eq!(faults("pequeña", "enorme"), [("order.ask_size.5".to_owned(), none("enorme"))]);
}

#[test]
fn who_asks_for_the_games_own_language_at_once_gets_it() {
    let mut talk = Talk::with(&bilingual()).in_context(json!({"locale": "es"}));
    talk.say("in English please");
    assert_eq!(talk.say("order a pizza").response, "Which size?");
}

#[test]
fn what_is_missing_stale_lost_or_unknown_is_named() {
    let text = SPANISH
        .replace("text: \"¿Cuántas?\"", "text: \"\"")
        .replace("source: \"{count} {size} ones{note? with note}, ${count * 2?some}.\"", "source: \"{count} ones.\"")
        .replace("\"una pizza {size}\"", "\"una pizza\"")
        .replace("no {value}", "no {value")
        .replace("order.size.option.small", "order.size.option.tiny");
    let file = TextsFile::read(text.as_bytes()).expect("readable");
    let faults = check(&game(), &file);
    let of = |id: &str| faults.iter().filter(|(known, _)| known == id).map(|(_, fault)| fault).collect::<Vec<_>>();
    assert_eq!(of("order.ask_count.1"), [&Fault::Missing]);
    assert_eq!(of("order.filled.1"), [&Fault::Stale]);
    assert_eq!(of("order.says.user"), [&Fault::Lost("size".into())]);
    assert!(matches!(of("order.count.valid.1").as_slice(), [Fault::Unreadable(_), ..]));
    assert_eq!(of("order.size.option.small"), [&Fault::Missing]);
    assert_eq!(of("order.size.option.tiny"), [&Fault::Unknown]);
}

#[test]
fn a_placeholder_that_no_text_of_the_game_knows_is_named() {
    let file = TextsFile::read(SPANISH.replace("no {value}", "no {valor}").as_bytes()).expect("readable");
    let faults = check(&game(), &file);
    let wanted = [Fault::Strange("valor".into()), Fault::Lost("value".into())];
    assert_eq!(faults.into_iter().map(|(_, fault)| fault).collect::<Vec<_>>(), wanted);
}

#[test]
fn a_file_is_brought_up_to_date_without_losing_what_was_translated() {
    let entries = extract(&game());
    let file = TextsFile::read(SPANISH.as_bytes()).expect("readable");
    let written = file.brought_up_to_date(&entries).written(&entries);
    let again = TextsFile::read(written.as_bytes()).expect("what was written can be read");
    assert_eq!(again.texts, file.texts);
    let fresh = TextsFile { language: "es".into(), ..TextsFile::default() };
    let written = fresh.brought_up_to_date(&entries).written(&entries);
    let empty = TextsFile::read(written.as_bytes()).expect("readable");
    assert!(check(&game(), &empty).iter().all(|(_, fault)| *fault == Fault::Missing));
    assert_eq!(empty.texts.len(), entries.len());
}

#[test]
fn what_is_conditional_stays_so_and_a_choice_is_stored_as_the_game_calls_it() {
    const GAME: &str = r#"game desk {
      moves {
        move report {
          slots { cough: boolean required }
          when user says something like: ["I am ill"]
          when slot cough is missing { prompt slot: "A cough?" }
          when all_slots_filled {
            clarify since with options: ["today", "longer"]
            if since is "today" { respond with: "Wait{cough? with cough}." }
            else { respond with: "Come by{cough? with cough}." }
          }
        }
      }
    }"#;
    const SPANISH: &str = r#"
language: es
texts:
  report.called: { source: report, text: avisar }
  report.cough.called: { source: cough, text: la tos }
  report.says.user: { source: "I am ill", text: "estoy enfermo" }
  report.ask_cough.1: { source: "A cough?", text: "¿Tos?" }
  report.filled.1: { source: today, text: hoy }
  report.filled.2: { source: longer, text: hace más }
  report.filled.3: { source: "Wait{cough? with cough}.", text: "Espere{cough? con tos}." }
  report.filled.4: { source: "Come by{cough? with cough}.", text: "Venga{cough?, con tos}." }
"#;
    let parsed = lgdl::syntax::parse(GAME.as_bytes(), None);
    let mut game = parsed.games[0].clone();
    let file = TextsFile::read(SPANISH.as_bytes()).expect("readable");
    assert_eq!(check(&game, &file), []);
    let spanish = translated(&game, &file).expect("translated");
    game.translations.push(spanish);
    let game = CompiledGame::compile(&game).expect("it compiles");
    let mut talk = Talk::with(&game).in_context(json!({"locale": "es-ES"}));
    assert_eq!(talk.say_all(&["estoy enfermo", "sí"]).choices, ["hoy", "hace más"]);
    assert_eq!(talk.say("hoy").response, "Espere con tos.");
    let mut talk = Talk::with(&game).in_context(json!({"locale": "es-ES"}));
    assert_eq!(talk.say_all(&["estoy enfermo", "sí", "la segunda"]).response, "Venga, con tos.");
    let mut talk = Talk::with(&game).in_context(json!({"locale": "es-ES"}));
    assert_eq!(talk.say_all(&["estoy enfermo", "no", "hoy"]).response, "Espere.");
}

#[test]
fn what_comes_with_the_program_is_translated_already() {
    const GAME: &str = r#"import "lgdl:address"
      game g { moves { move order { when user says something like: ["order"] when confident { call address } } } }"#;
    let parsed = lgdl::syntax::parse(GAME.as_bytes(), None);
    assert!(!parsed.has_errors(), "{:#?}", parsed.diagnostics);
    let known = of_the_program(parsed.game(None).expect("a game"), "es");
    let town = &known["address.ask_town.1"];
    assert!(town.source[0] == "In which town?" && town.text[0] == "¿En qué localidad?", "{town:?}");
    // What its slots are called as well.
    assert_eq!(known["address.town.called"].text, ["localidad"]);
    let parts = ["address", "person_name", "phone", "confirm_all"];
    for part in parts {
        let import =
            format!("import \"lgdl:{part}\" game g {{ moves {{ move m {{ when confident {{ call {part} }} }} }} }}");
        let parsed = lgdl::syntax::parse(import.as_bytes(), None);
        let game = parsed.game(None).expect("a game");
        let known = of_the_program(game, "es");
        let own = extract(game).into_iter().filter(|entry| entry.id.starts_with(&format!("{part}.")));
        let missing: Vec<String> = own.map(|entry| entry.id).filter(|id| !known.contains_key(id)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
    assert!(!known.contains_key("order.says.user"));
    assert!(of_the_program(parsed.game(None).expect("a game"), "de").is_empty());
}

/// What the engine says of a game by itself, in a game that says nothing.
const NAMES: &str = r#"game shop {
  moves {
    move order_pizza {
      slots {
        size: enum("small", "medium") required
        toppings: list of enum("olives", "extra_cheese") optional declined by ["plain"]
        place: composite { street: string, town: string } required
        code: string required sensitive
      }
      when user says something like: ["order a pizza", "a {size} pizza with {toppings}"]
      when slot toppings is missing { prompt slot: "Which toppings?" }
      when all_slots_filled { respond with: "Done." }
    }
    move opening_hours {
      when user says something like: ["when are you open"]
      when confident { respond with: "Always." }
    }
  }
}"#;

const NAMES_IN_SPANISH: &str = r#"
language: es
texts:
  order_pizza.called: { source: order pizza, text: pedir una pizza }
  order_pizza.says.user:
    source: ["order a pizza", "a {size} pizza with {toppings}"]
    text: ["pedir una pizza", "una pizza {size} con {toppings}"]
  order_pizza.size.called: { source: size, text: el tamaño }
  order_pizza.size.option.small: { source: small, text: pequeña }
  order_pizza.size.option.medium: { source: medium, text: mediana }
  order_pizza.toppings.called: { source: toppings, text: los ingredientes }
  order_pizza.toppings.option.olives: { source: olives, text: aceitunas }
  order_pizza.toppings.option.extra_cheese: { source: extra cheese, text: [queso, extra de queso] }
  order_pizza.toppings.declined: { source: plain, text: [sencilla, sin nada] }
  order_pizza.place.street.called: { source: street, text: la calle }
  order_pizza.place.town.called: { source: town, text: la localidad }
  order_pizza.code.called: { source: code, text: el código }
  order_pizza.ask_toppings.1: { source: "Which toppings?", text: "¿Qué ingredientes?" }
  order_pizza.filled.1: { source: "Done.", text: "Hecho." }
  opening_hours.called: { source: opening hours, text: decirle el horario }
  opening_hours.says.user: { source: "when are you open", text: "cuándo abren" }
  opening_hours.confident.1: { source: "Always.", text: "Siempre." }
"#;

#[test]
fn a_translated_game_speaks_its_language_where_the_engine_names_things_too() {
    let parsed = lgdl::syntax::parse(NAMES.as_bytes(), None);
    assert!(!parsed.has_errors(), "{:#?}", parsed.diagnostics);
    let mut game = parsed.games[0].clone();
    let file = TextsFile::read(NAMES_IN_SPANISH.as_bytes()).expect("readable");
    assert_eq!(check(&game, &file), []);
    let spanish = translated(&game, &file).expect("translated");
    // What the translation calls a thing is in the file that is extracted from it.
    let again: Vec<_> = extract(&spanish).into_iter().filter(|entry| entry.id == "order_pizza.called").collect();
    assert_eq!(again[0].texts, ["pedir una pizza"]);
    game.translations.push(spanish);
    let game = CompiledGame::compile(&game).expect("it compiles");
    let spanish = || Talk::with(&game).in_context(json!({"locale": "es-ES"}));

    let mut talk = spanish();
    let help = talk.say("ayuda").response;
    assert!(help.contains("pedir una pizza y decirle el horario"), "{help}");

    talk.say("una pizza pequeña con aceitunas");
    let record = talk.say("mejor mediana");
    assert_eq!(record.slots["size"], json!("medium"));
    assert!(record.response.contains("mediana.") && !record.response.contains("medium"), "{}", record.response);
    assert!(record.response.contains("la calle") && !record.response.contains("street"), "{}", record.response);
    let record = talk.say("perdón, quería decir con queso y aceitunas");
    assert!(!record.response.contains("olives") && !record.response.contains("cheese"), "{}", record.response);

    let mut talk = spanish();
    talk.say("pedir una pizza");
    let record = talk.say("pequeña");
    assert_eq!(record.response, "¿Qué ingredientes?");
    let record = talk.say("sin nada");
    assert_ne!(record.awaiting_slot.as_deref(), Some("toppings"), "{}", record.response);

    // A file of texts from before these could be translated stays valid; the game's own names stand in.
    let older: String =
        NAMES_IN_SPANISH.lines().filter(|line| !line.contains(".called:")).map(|line| format!("{line}\n")).collect();
    let older =
        translated(&parsed.games[0], &TextsFile::read(older.as_bytes()).expect("readable")).expect("translated");
    assert!(older.moves[0].called.is_none());
}

#[test]
fn a_slot_is_meant_by_what_it_is_called_in_the_language_of_the_conversation() {
    let parsed = lgdl::syntax::parse(NAMES.as_bytes(), None);
    let mut game = parsed.games[0].clone();
    let file = TextsFile::read(NAMES_IN_SPANISH.as_bytes()).expect("readable");
    let spanish = translated(&game, &file).expect("translated");
    game.translations.push(spanish);
    let game = CompiledGame::compile(&game).expect("it compiles");
    let begun = || {
        let mut talk = Talk::with(&game).in_context(json!({"locale": "es-ES"}));
        assert_eq!(talk.say("una pizza pequeña con aceitunas").awaiting_slot.as_deref(), Some("place.street"));
        talk
    };
    let mut talk = begun();
    assert_eq!(talk.say("cambia el tamaño a mediana").slots["size"], json!("medium"));
    // The text of a street is asked for: what is to change is no street.
    let record = begun().say("cambia el tamaño");
    assert_eq!(
        (record.awaiting_slot.as_deref(), record.slots.get("size")),
        (Some("size"), None),
        "{}",
        record.response
    );
    let mut talk = begun();
    talk.say("Calle Mayor 5");
    let record = talk.say("la calle es Gran Vía 7");
    assert_eq!(record.slots["place"]["street"], json!("Gran Vía 7"), "{}", record.response);
    let mut talk = begun();
    talk.say_all(&["Calle Mayor 5", "Cuenca"]);
    let record = talk.say("puede cambiar la localidad, por favor");
    assert_eq!(record.awaiting_slot.as_deref(), Some("place.town"), "{}", record.response);
}

#[test]
fn a_choice_and_what_a_part_brought_are_shown_as_the_language_calls_them() {
    let source = r#"game bakery { moves {
      move wrapping {
        slots { colour: enum("red", "gold") required }
        when slot colour is missing { prompt slot: "Red or gold?" }
      }
      move bake {
        when user says something like: ["bake a loaf"]
        when confident {
          clarify wrap with options: ["paper", "box"]
          call wrapping
          if wrap = "box" { respond with: "{wrap}, {wrapping.colour}." }
        }
      }
    } }"#;
    let spanish = r#"
language: es
texts:
  bake.says.user: { source: "bake a loaf", text: "hornear un pan" }
  bake.confident.1: { source: paper, text: papel }
  bake.confident.2: { source: box, text: caja }
  wrapping.colour.option.red: { source: red, text: rojo }
  wrapping.colour.option.gold: { source: gold, text: dorado }
  wrapping.ask_colour.1: { source: "Red or gold?", text: "¿Rojo o dorado?" }
"#;
    let mut game = lgdl::syntax::parse(source.as_bytes(), None).games[0].clone();
    let file = TextsFile::read(spanish.as_bytes()).expect("readable");
    let other = translated(&game, &file).expect("translated");
    game.translations.push(other);
    let compiled = CompiledGame::compile(&game).expect("it compiles");
    let mut talk = Talk::with(&compiled).in_context(json!({"locale": "es"}));
    let asked = talk.say("hornear un pan");
    assert!(asked.response.contains("1) papel, 2) caja") && !asked.response.contains("wrap"), "{asked:#?}");
    assert_eq!(talk.say_all(&["caja", "dorado"]).response, "caja, dorado.");
}

#[test]
fn the_slots_of_a_part_have_names_in_the_games_own_language() {
    let source = r#"import "lgdl:address"
    game barcas { language: es moves { move reservar {
      when user says something like: ["reservar una barca"]
      when confident { call address respond with: "{address.street}, {address.town}." }
    } } }"#;
    let record = Talk::of(source).say_all(&["reservar una barca", "no quiero decirlo"]);
    assert!(record.response.contains("calle") && !record.response.contains("street"), "{record:#?}");
    // What is called so is said in English where the game is translated into it.
    let parsed = lgdl::syntax::parse(source.as_bytes(), None);
    let known = of_the_program(&parsed.games[0], "en");
    assert_eq!(known["address.town.called"].source, ["localidad"]);
    assert_eq!(known["address.town.called"].text, ["town"]);
}
