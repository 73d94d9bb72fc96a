//! What an answer carries beside its text. Addresses that could run something are left out; the text alone makes sense.

use serde_json::{Map, Value, json};

use super::run::Run;
use crate::ir::Attachment;

/// Attachments of one answer at most.
const MAX_ATTACHMENTS: usize = 10;
/// The longest text of an attachment, in characters.
const MAX_CHARS: usize = 2_000;
/// How addresses begin that may be followed or shown.
const SCHEMES: [&str; 4] = ["https://", "http://", "mailto:", "tel:"];
/// The fields of a card that are addresses.
const ADDRESSES: [&str; 2] = ["link", "image"];

/// The code of an address that was left out.
const NO_ADDRESS: &str = "E215";

impl Run<'_> {
    /// `attach { … }`
    pub(super) fn attach(&mut self, attachment: &Attachment) {
        if self.tell.attachments.len() >= MAX_ATTACHMENTS {
            return;
        }
        let made = match attachment {
            Attachment::Image { url, alt } => {
                let (url, alt) = (self.attached_text(url), self.attached_text(alt));
                match address(&url) {
                    Some(url) => json!({"image": url, "alt": alt}),
                    None => return self.finding(NO_ADDRESS),
                }
            }
            Attachment::Card(fields) => {
                let mut card = Map::new();
                for (name, text) in fields {
                    let text = self.attached_text(text);
                    if text.is_empty() {
                        continue;
                    }
                    if ADDRESSES.contains(&name.as_str()) && address(&text).is_none() {
                        self.finding(NO_ADDRESS);
                        continue;
                    }
                    card.insert(name.clone(), Value::String(text));
                }
                json!({"card": card})
            }
            Attachment::Payload(fields) => {
                let mut payload = Map::new();
                for (name, value) in fields {
                    let value = self.handed(value);
                    payload.insert(name.clone(), value);
                }
                json!({"payload": payload})
            }
        };
        self.tell.attachments.push(made);
    }

    fn attached_text(&mut self, text: &crate::ir::Template) -> String {
        let text = self.render(text);
        text.trim().chars().filter(|character| !character.is_control() || *character == '\n').take(MAX_CHARS).collect()
    }
}

/// An address that may be shown or followed.
fn address(text: &str) -> Option<&str> {
    let known = |scheme: &&str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let sound = !text.contains(|character: char| character.is_whitespace() || character.is_control());
    (sound && SCHEMES.iter().any(known)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_run_nothing_are_passed_on() {
        for text in ["https://example.com/menu.png", "HTTP://example.com", "mailto:jo@example.com", "tel:+15550109999"]
        {
            assert!(address(text).is_some(), "{text}");
        }
        for text in ["javascript:alert(1)", "data:text/html,x", "//example.com", "menu.png", "https://a b", ""] {
            assert!(address(text).is_none(), "{text}");
        }
    }
}
