//! XLIFF 2.0 (OASIS Standard, 2014): a unit a text, a segment a variant. A language that needs more variants than the game
//! has puts them in the last segment, a line each.

use std::collections::{BTreeMap, BTreeSet};

use lgdl::texts::{Entry, Kind, TextsFile};
use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;

/// The state of what nobody has translated, or looked at since its source changed.
const INITIAL: &str = "initial";

/// What a file of a translator holds.
pub(super) struct Read {
    /// The language that it was translated to.
    pub(super) language: String,
    /// The translations by id.
    pub(super) targets: BTreeMap<String, Vec<String>>,
    /// Those of them that still want to be looked at.
    pub(super) unreviewed: BTreeSet<String>,
}

/// Writes the texts of a game with what is translated of them.
pub(super) fn write(game: &str, own: &str, entries: &[Entry], file: &TextsFile) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xliff xmlns=\"urn:oasis:names:tc:xliff:document:2.0\" version=\"2.0\" \
         srcLang=\"{}\" trgLang=\"{}\">\n  <file id=\"{}\">\n",
        escape(own),
        escape(file.language.as_str()),
        escape(game)
    );
    for entry in entries {
        let translated = file.texts.get(&entry.id);
        let held = translated.map(|held| held.text.as_slice()).unwrap_or_default();
        let is_stale = translated.is_some_and(|held| !held.text.is_empty() && held.source != entry.texts);
        let note = match entry.kind {
            Kind::Said => "Said to people. What stands in braces stays.",
            Kind::Patterns => "What people say. As many lines as the language needs; what stands in braces stays.",
            Kind::Option => "What an option is called, then what else people say for it.",
            Kind::Term => "A word, then others that mean the same.",
            Kind::Hint => "A hint.",
            Kind::Name => "What it is called where it is named in a sentence.",
            Kind::Declined => "What people say who want none.",
        };
        out.push_str(&format!(
            "    <unit id=\"{}\">\n      <notes><note>{note}</note></notes>\n",
            escape(entry.id.as_str())
        ));
        for (index, source) in entry.texts.iter().enumerate() {
            let last = index + 1 == entry.texts.len();
            let target = if last && held.len() > index {
                held[index..].join("\n")
            } else {
                held.get(index).cloned().unwrap_or_default()
            };
            let state = if target.is_empty() || is_stale { INITIAL } else { "translated" };
            out.push_str(&format!("      <segment id=\"s{}\" state=\"{state}\">\n", index + 1));
            out.push_str(&format!("        <source xml:space=\"preserve\">{}</source>\n", escape(source.as_str())));
            if !target.is_empty() {
                out.push_str(&format!("        <target xml:space=\"preserve\">{}</target>\n", escape(target.as_str())));
            }
            out.push_str("      </segment>\n");
        }
        out.push_str("    </unit>\n");
    }
    out.push_str("  </file>\n</xliff>\n");
    out
}

/// Reads what translators made of it.
///
/// # Errors
/// What is wrong with the file, for people.
pub(super) fn read(text: &str) -> Result<Read, String> {
    let mut reader = Reader::from_str(text);
    let mut found = Read { language: String::new(), targets: BTreeMap::new(), unreviewed: BTreeSet::new() };
    let (mut unit, mut target): (Option<String>, Option<String>) = (None, None);
    let mut initial = false;
    loop {
        let event =
            reader.read_event().map_err(|error| format!("no XML at byte {}: {error}", reader.buffer_position()))?;
        match event {
            Event::Eof => break,
            Event::Start(tag) => {
                let attribute = |name: &str| -> Result<Option<String>, String> {
                    let found = tag.try_get_attribute(name).map_err(|error| error.to_string())?;
                    match found {
                        Some(found) => {
                            let text = std::str::from_utf8(&found.value).map_err(|error| error.to_string())?;
                            let text = quick_xml::escape::unescape(text).map_err(|error| error.to_string())?;
                            Ok(Some(text.into_owned()))
                        }
                        None => Ok(None),
                    }
                };
                match tag.local_name().as_ref() {
                    b"xliff" => {
                        if attribute("version")?.is_none_or(|version| !version.starts_with('2')) {
                            return Err("expected XLIFF of version 2".to_owned());
                        }
                        found.language = attribute("trgLang")?.ok_or("`trgLang` is missing")?;
                    }
                    b"unit" => unit = attribute("id")?,
                    // What an editor leaves out is the first of the states.
                    b"segment" => initial = attribute("state")?.is_some_and(|state| state == INITIAL),
                    b"target" => target = Some(String::new()),
                    _ => {}
                }
            }
            Event::Text(piece) => {
                if let Some(target) = &mut target {
                    target.push_str(&piece.decode().map_err(|error| error.to_string())?);
                }
            }
            Event::CData(piece) => {
                if let Some(target) = &mut target {
                    target.push_str(&piece.decode().map_err(|error| error.to_string())?);
                }
            }
            Event::GeneralRef(name) => {
                if let Some(target) = &mut target {
                    let name = name.decode().map_err(|error| error.to_string())?;
                    let reference = format!("&{name};");
                    target.push_str(&quick_xml::escape::unescape(&reference).map_err(|error| error.to_string())?);
                }
            }
            Event::End(tag) => match tag.local_name().as_ref() {
                b"target" => {
                    if let (Some(unit), Some(said)) = (&unit, target.take()) {
                        let lines = said.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
                        found.targets.entry(unit.clone()).or_default().extend(lines);
                        if initial {
                            found.unreviewed.insert(unit.clone());
                        }
                    }
                }
                b"unit" => unit = None,
                _ => {}
            },
            _ => {}
        }
    }
    if found.language.is_empty() { Err("this is no XLIFF: it has no `xliff` element".to_owned()) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lgdl::texts::Translated;

    #[test]
    fn what_goes_out_comes_back() {
        let entry = |id: &str, kind, texts: &[&str]| Entry {
            id: id.into(),
            kind,
            texts: texts.iter().map(|text| (*text).into()).collect(),
        };
        let entries = [
            entry("m.ask_a.1", Kind::Said, &["A & <b> {x}?", "Again?"]),
            entry("m.says.user", Kind::Patterns, &["a {x}"]),
            entry("m.done.1", Kind::Said, &["Done."]),
        ];
        let mut file = TextsFile { game: None, language: "es".into(), texts: BTreeMap::new() };
        let texts =
            |texts: &[&str]| Translated { source: Vec::new(), text: texts.iter().map(|text| (*text).into()).collect() };
        file.texts.insert("m.ask_a.1".into(), texts(&["¿A & <b> {x}?", "¿Otra vez?"]));
        file.texts.insert("m.says.user".into(), texts(&["una {x}", "un {x}", "{x} \"ya\""]));
        let written = write("g", "en", &entries, &file);
        let back = read(&written).expect("readable");
        assert_eq!(back.language, "es");
        for (id, held) in &file.texts {
            assert_eq!(back.targets[id], held.text, "{id}");
        }
        assert!(!back.targets.contains_key("m.done.1"));
        // None of them was translated from what the game says now.
        assert_eq!(back.unreviewed.len(), 2);
        assert!(read("<a/>").is_err() && read("<xliff version=\"1.2\">").is_err());
    }
}
