//! A person's export as a page that people can read: HTML without scripts, styles of its own, and nothing from elsewhere.

use lgdl::visible::visible;
use serde_json::{Map, Value};

use crate::clock::Millis;

const HEAD: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
    <title>What is kept about you</title>\n<style>\n\
    body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}\n\
    table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}th,td{border:1px solid #8886;padding:.3rem .6rem;\
    text-align:start;vertical-align:top;overflow-wrap:anywhere}th{width:12rem}\n</style>\n</head>\n<body>\n";

/// The page of a document that [`crate::exports::person`] made. The document says what there is; the page leaves out what is for
/// programs alone (states, hashes, stored answers), and says so.
#[must_use]
pub fn person(document: &Value) -> String {
    let mut page = String::from(HEAD);
    page.push_str("<h1>What is kept about you</h1>\n");
    let about = [
        ("You are known as", text(&document["user_id"])),
        ("At", text(&document["tenant"])),
        ("As of", time(&document["exported_at_ms"])),
    ];
    table(&mut page, about);
    page.push_str(
        "<p>The file beside this page holds the same and what programs need, as JSON. Values that were marked as \
                   sensitive are shown as ***.</p>\n",
    );
    let conversations = document["conversations"].as_array().map_or(&[][..], Vec::as_slice);
    page.push_str(&format!("<h2>Conversations ({})</h2>\n", conversations.len()));
    conversations.iter().for_each(|one| conversation(&mut page, one));
    let lost = document["unreadable"].as_array().map_or(&[][..], Vec::as_slice);
    if !lost.is_empty() {
        page.push_str(&format!("<h2>What could not be read ({})</h2>\n", lost.len()));
    }
    for one in lost {
        let rows = [
            ("Conversation", text(&one["conversation_id"])),
            ("With", text(&one["game"])),
            ("Turns", text(&one["turns"])),
            ("Why", text(&one["why"])),
        ];
        table(&mut page, rows);
    }
    let consents = document["consents"].as_array().map_or(&[][..], Vec::as_slice);
    page.push_str(&format!("<h2>Consents ({})</h2>\n", consents.len()));
    for consent in consents {
        let given = if consent["given"] == true { "given" } else { "withdrawn" };
        let rows = [
            ("What", format!("{given} for {}", text(&consent["game"]))),
            ("When", time(&consent["at"])),
            ("Note", text(&consent["note"])),
        ];
        table(&mut page, rows);
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn conversation(page: &mut String, document: &Value) {
    page.push_str(&format!("<h3 dir=\"auto\">{}</h3>\n", escaped(&text(&document["conversation_id"]))));
    let rows = [
        ("With", text(&document["game"])),
        ("Began", time(&document["created_at_ms"])),
        ("Last changed", time(&document["updated_at_ms"])),
    ];
    table(page, rows);
    let turns = document["turns"].as_array().map_or(&[][..], Vec::as_slice);
    // What changed is shown with each of its values.
    let mut told: Vec<(&str, String)> = Vec::new();
    for (name, value) in turns.iter().filter_map(|turn| turn["given"]["context"].as_object()).flatten() {
        let row = (name.as_str(), text(value));
        if !told.contains(&row) {
            told.push(row);
        }
    }
    let turns = turns.iter().flat_map(|turn| [("You", text(&turn["user_input"])), ("Answer", text(&turn["response"]))]);
    table(page, turns);
    if !told.is_empty() {
        page.push_str("<p>What the site told of you:</p>\n");
        table(page, told);
    }
    let slots = document["slots"].as_array().map_or(&[][..], Vec::as_slice);
    let slots: Vec<(String, String)> =
        slots.iter().map(|slot| (text(&slot["slot_name"]), text(&slot["slot_value"]))).collect();
    let context = document["extracted_context"].as_object().into_iter().flatten();
    let known: Vec<_> = slots.into_iter().chain(context.map(|(name, value)| (name.clone(), text(value)))).collect();
    if !known.is_empty() {
        page.push_str("<p>What was understood:</p>\n");
        table(page, known.iter().map(|(name, value)| (name.as_str(), value.clone())));
    }
}

fn table<'a>(page: &mut String, rows: impl IntoIterator<Item = (&'a str, String)>) {
    page.push_str("<table>\n");
    for (name, value) in rows {
        let (name, value) = (escaped(name), escaped(&value));
        page.push_str(&format!("<tr><th scope=\"row\">{name}</th><td dir=\"auto\">{value}</td></tr>\n"));
    }
    page.push_str("</table>\n");
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn time(value: &Value) -> String {
    let at: Option<Millis> = value.as_i64();
    let at = at.and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    at.map_or_else(|| text(value), |at| at.to_string())
}

/// The text for a page or a picture, within an element or a value in double quotes.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

/// A table of facts for people: what is collected, why, how long, where it goes. See `lgdl privacy`.
#[must_use]
pub fn record_of_processing(record: &Map<String, Value>) -> String {
    let mut lines = String::new();
    for (name, value) in record {
        let title = name.replace('_', " ");
        match value {
            Value::Array(items) => {
                lines.push_str(&format!("{title}:\n"));
                if items.is_empty() {
                    lines.push_str("  none\n");
                }
                for item in items {
                    let shown = match item {
                        Value::Object(members) => {
                            let parts = members.iter().filter(|(_, value)| !value.is_null());
                            parts
                                .map(|(name, value)| format!("{}: {}", name.replace('_', " "), text(value)))
                                .collect::<Vec<_>>()
                                .join("; ")
                        }
                        other => text(other),
                    };
                    lines.push_str(&format!("  - {shown}\n"));
                }
            }
            other => lines.push_str(&format!("{title}: {}\n", text(other))),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_shows_what_was_said_and_runs_nothing_of_it() {
        let document = json!({
            "user_id": "ann", "tenant": "default", "exported_at_ms": 0,
            "conversations": [{
                "conversation_id": "c1", "game": "shop", "created_at_ms": 0, "updated_at_ms": 0,
                "turns": [
                    {
                        "user_input": "<script>alert('x')</script>", "response": "Hello & welcome \u{202e}\u{9b}",
                        "given": {"context": {"crm": "a note"}},
                    },
                    {"user_input": "", "response": "", "given": {"context": {"crm": "another"}}},
                ],
                "slots": [{"slot_name": "size", "slot_value": 7}], "extracted_context": {"city": "Rome"},
            }],
            "unreadable": [{"conversation_id": "c2", "game": "shop", "turns": 3, "why": "E572 <gone>"}],
            "consents": [{"given": true, "game": "shop", "at": 0, "note": "letter"}],
        });
        let page = person(&document);
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
        for part in [
            "ann",
            "could not be read (1)",
            "E572 &lt;gone&gt;",
            "Hello &amp; welcome \\u202e\\u009b",
            "<td dir=\"auto\">7</td>",
            "Rome",
            "a note",
            "another",
            "given for shop",
            "1970-01-01T00:00:00Z",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }
}
