//! Conversations in Spanish: patterns, negation, repairs, yes and no, options, corrections, values, and what people say
//! in passing. No accents, clitics, tuteo and usted as people mix them.
#![cfg(feature = "spanish")]

mod support;

use serde_json::{Value, json};
use support::Talk;

fn talk() -> Talk {
    Talk::of(include_str!("data/reservas.lgdl"))
}

/// Says the texts; the last record names this move, asks for this slot and holds these values.
#[track_caller]
fn check(texts: &[&str], move_id: &str, awaiting: Option<&str>, values: &[(&str, Value)]) {
    let record = talk().say_all(texts);
    let shown = format!("{texts:?}\n{record:#?}");
    assert_eq!(record.move_id, move_id, "{shown}");
    assert_eq!(record.awaiting_slot.as_deref(), awaiting, "{shown}");
    for (slot, value) in values {
        assert_eq!(record.slots.get(*slot), Some(value), "{slot}: {shown}");
    }
}

/// Says the texts; the last response holds these words.
#[track_caller]
fn answers(texts: &[&str], pieces: &[&str]) {
    let record = talk().say_all(texts);
    for piece in pieces {
        assert!(record.response.contains(piece), "`{piece}` is missing: {texts:?}\n{record:#?}");
    }
}

#[test]
fn patterns_are_met_in_the_forms_that_people_use() {
    for said in [
        "quiero reservar una mesa",
        "Quisiera reservar mesa",
        "¿puedo reservar un lugar?",
        "me gustaria reservar una mesa por favor",
    ] {
        check(&[said], "reserva", Some("personas"), &[]);
    }
    check(&["una mesa para cuatro"], "reserva", Some("dia"), &[("personas", json!(4))]);
    check(&["a que hora abren"], "horario", None, &[]);
    check(&["¿A qué hora abren?"], "horario", None, &[]);
    check(&["necesito cancelar mi reserva"], "anular_reserva", Some("codigo"), &[]);
    check(&["puedes cancelarme la reserva"], "anular_reserva", Some("codigo"), &[]);
    check(&["quiero anular la reservacion"], "anular_reserva", Some("codigo"), &[]);
}

#[test]
fn what_is_denied_is_not_meant() {
    for said in ["no quiero cancelar mi reserva", "no canceles mi reserva", "sin cancelar mi reserva"] {
        let record = talk().say(said);
        assert_ne!(record.move_id, "anular_reserva", "{said}: {record:#?}");
    }
    for said in ["no hay ningún incendio", "no huele a gas"] {
        let record = talk().say(said);
        assert_ne!(record.move_id, "urgencia", "{said}: {record:#?}");
    }
    check(&["no puedo respirar"], "urgencia", None, &[]);
    check(&["¿no me puedes cancelar mi reserva?"], "anular_reserva", Some("codigo"), &[]);
}

#[test]
fn an_emergency_is_heard_wherever_it_stands() {
    for said in [
        "huele a gas",
        "quiero reservar una mesa y huele a gas",
        "huele a gas, y quiero reservar una mesa",
        "por cierto, huele a gas",
        "quiero pedir una pizza. Ah, y hay un incendio!",
    ] {
        answers(&[said], &["llame al 911"]);
    }
    answers(&["una mesa para cuatro", "mañana, y además huele a gas"], &["llame al 911"]);
    answers(&["quiero reservar", "4 y no puedo respirar"], &["llame al 911"]);
}

#[test]
fn a_reservation_is_made_in_one_sentence_or_in_many() {
    check(
        &["quiero reservar", "somos 4", "el viernes", "a las 8 de la noche", "a nombre de Lucía Gómez"],
        "reserva",
        Some("zona"),
        &[
            ("personas", json!(4)),
            ("dia", json!("2026-03-06")),
            ("hora", json!("20:00")),
            ("nombre", json!("Lucía Gómez")),
        ],
    );
    check(
        &["quiero reservar una mesa para 3 mañana a las 9 de la noche"],
        "reserva",
        Some("nombre"),
        &[("personas", json!(3)), ("dia", json!("2026-03-05")), ("hora", json!("21:00"))],
    );
    check(&["quiero reservar", "dos", "pasado mañana"], "reserva", Some("hora"), &[("dia", json!("2026-03-06"))]);
    check(&["quiero reservar", "5", "manana"], "reserva", Some("hora"), &[("dia", json!("2026-03-05"))]);
    check(&["quiero reservar", "5", "el 3/4"], "reserva", Some("hora"), &[("dia", json!("2026-04-03"))]);
}

#[test]
fn counts_are_read_as_people_say_them() {
    for (said, count) in
        [("cuatro", 4), ("somos cinco", 5), ("para mí y mi esposa, o sea 2", 2), ("seremos unas 6 personas", 6)]
    {
        check(&["quiero reservar", said], "reserva", Some("dia"), &[("personas", json!(count))]);
    }
    check(&["quiero reservar", "solo yo"], "reserva", Some("dia"), &[("personas", json!(1))]);
    check(&["quiero reservar", "los dos"], "reserva", Some("dia"), &[("personas", json!(2))]);
    check(&["quiero reservar", "20"], "reserva", Some("personas"), &[]);
}

#[test]
fn names_lose_what_is_around_them() {
    let before = ["quiero reservar", "2", "mañana", "a las 8 de la noche"];
    for said in
        ["Marta", "me llamo Marta", "a nombre de Marta", "soy Marta", "Marta, por favor", "pues Marta", "es Marta"]
    {
        let mut texts = before.to_vec();
        texts.push(said);
        check(&texts, "reserva", Some("zona"), &[("nombre", json!("Marta"))]);
    }
}

#[test]
fn idioms_are_never_values() {
    let before = ["quiero reservar", "2", "mañana", "a las 8 de la noche"];
    for said in [
        "ni idea",
        "no sé",
        "es privado",
        "prefiero no decirlo",
        "quién sabe",
        "ya te lo dije",
        "lo mismo de la última vez",
    ] {
        let mut texts = before.to_vec();
        texts.push(said);
        check(&texts, "reserva", Some("nombre"), &[]);
    }
    for said in ["¿para qué lo necesita?", "¿por qué preguntas?", "¿cómo dice?"] {
        let mut texts = before.to_vec();
        texts.push(said);
        check(&texts, "reserva", Some("nombre"), &[]);
    }
}

#[test]
fn repairs_are_understood() {
    for said in [
        "cancela",
        "cancélalo",
        "dejalo",
        "mejor no",
        "olvídalo",
        "ya no quiero",
        "no importa",
        "déjelo así",
        "mejor no, gracias",
    ] {
        answers(&["quiero reservar", said], &["queda cancelado"]);
    }
    for said in ["¿qué?", "¿cómo?", "no entiendo", "¿puede repetir la pregunta?", "¿qué quiere decir?", "mande"]
    {
        answers(&["quiero reservar", said], &["¿Para cuántas personas?"]);
    }
    answers(&["quiero reservar", "2", "empecemos de nuevo"], &["empecemos de nuevo", "¿Para cuántas personas?"]);
    answers(&["qué puedes hacer"], &["Puedo ayudar con"]);
    answers(&["quiero hablar con una persona"], &["a una persona"]);
    answers(&["pásame con un agente por favor"], &["a una persona"]);
}

#[test]
fn an_optional_question_is_passed() {
    let before = ["quiero reservar", "2", "mañana", "a las 8 de la noche", "Marta"];
    for said in ["da igual", "me da lo mismo", "me da igual", "cualquiera", "no sé", "la que sea", "saltar"] {
        let mut texts = before.to_vec();
        texts.push(said);
        answers(&texts, &["a nombre de Marta."]);
    }
    let mut texts = before.to_vec();
    texts.push("terraza porfa");
    answers(&texts, &["a nombre de Marta"]);
}

#[test]
fn options_are_chosen_in_any_words() {
    for (said, chosen) in [
        ("grande", "grande"),
        ("la grande", "grande"),
        ("una mediana por favor", "mediana"),
        ("la segunda", "mediana"),
        ("la última", "grande"),
        ("chica, gracias", "chica"),
        ("no la grande, la chica", "chica"),
        ("gramde", "grande"),
    ] {
        check(&["quiero pedir una pizza", said], "pedido", Some("ingredientes"), &[("tamano", json!(chosen))]);
    }
    check(
        &["quiero pedir", "grande", "jamón y queso", "que me lo traigan"],
        "pedido",
        Some("picante"),
        &[("ingredientes", json!(["jamón", "queso"])), ("entrega", json!("a domicilio"))],
    );
    check(
        &["quiero pedir", "grande", "jamon y champiñones"],
        "pedido",
        Some("entrega"),
        &[("ingredientes", json!(["jamón", "champiñones"]))],
    );
    check(
        &["quiero pedir", "grande", "todo menos cebolla"],
        "pedido",
        Some("entrega"),
        &[("ingredientes", json!(["queso", "jamón", "aceitunas", "champiñones"]))],
    );
}

#[test]
fn yes_and_no_are_read() {
    let before = ["quiero pedir", "grande", "queso", "para llevar"];
    for said in ["sí", "si", "claro que sí", "órale", "por supuesto", "sí, por favor", "va, sí"] {
        let mut texts = before.to_vec();
        texts.push(said);
        answers(&texts, &["picante."]);
    }
    for said in ["no", "no gracias", "para nada", "mejor sin picante", "nel"] {
        let mut texts = before.to_vec();
        texts.push(said);
        answers(&texts, &["para recoger."]);
    }
}

#[test]
fn corrections_take_back_what_was_said() {
    for said in ["perdón, somos 5", "no, 5", "quise decir 5", "mejor 5", "en realidad somos 5"] {
        check(&["quiero reservar", "4", said], "reserva", Some("dia"), &[("personas", json!(5))]);
    }
    check(
        &["quiero reservar", "4", "mañana", "cambia el día al viernes"],
        "reserva",
        Some("hora"),
        &[("dia", json!("2026-03-06"))],
    );
    check(
        &["quiero pedir", "grande", "mejor mediana"],
        "pedido",
        Some("ingredientes"),
        &[("tamano", json!("mediana"))],
    );
}

#[test]
fn values_are_recognized_in_spanish() {
    check(&["me duele la espalda", "7", "desde ayer"], "dolor", None, &[]);
    check(&["me duele la espalda, como un 7, desde hace dos días"], "dolor", None, &[]);
    check(&["me duele la rodilla"], "dolor", Some("nivel"), &[("parte", json!("rodilla"))]);
    check(&["me duele la rodilla", "7 de 10"], "dolor", Some("desde_cuando"), &[("nivel", json!(7))]);
    check(&["me duele la rodilla", "siete"], "dolor", Some("desde_cuando"), &[("nivel", json!(7))]);
    answers(&["me duele la rodilla", "7", "desde hace rato"], &["rodilla: 7 de 10"]);
}

#[test]
fn values_are_shown_as_people_read_them() {
    answers(
        &["quiero reservar", "2", "el viernes", "a las 8 de la noche", "Marta", "da igual"],
        &["Mesa para 2 el viernes 6 de marzo a las 20:00, a nombre de Marta."],
    );
    answers(&["quiero pedir", "grande", "queso y jamón", "para llevar", "no"], &["con queso y jamón"]);
}

#[test]
fn digressions_come_back() {
    answers(&["quiero reservar", "¿a qué hora abren?"], &["Abrimos de 13 a 23 horas.", "¿Para cuántas personas?"]);
    check(&["quiero cancelar mi reserva", "es la P-17"], "anular_reserva", None, &[]);
    answers(&["quiero cancelar mi reserva", "mi código es P-17"], &["Reserva P-17 cancelada."]);
    answers(&["quiero cancelar mi reserva", "el código de la reserva es P-17"], &["Reserva P-17 cancelada."]);
}
