//! The parts that come with the program: `import "lgdl:address"`. Each is written once a language that is complete.

use super::suggest::nearest;
use crate::language::Language;

/// The parts by name, each in the languages that have it; the first language is for games that name none.
const PARTS: [(&str, [(&str, &str); 2]); 4] = [
    (
        "address",
        [("en", include_str!("library/english/address.lgdl")), ("es", include_str!("library/spanish/address.lgdl"))],
    ),
    (
        "person_name",
        [
            ("en", include_str!("library/english/person_name.lgdl")),
            ("es", include_str!("library/spanish/person_name.lgdl")),
        ],
    ),
    ("phone", [("en", include_str!("library/english/phone.lgdl")), ("es", include_str!("library/spanish/phone.lgdl"))]),
    (
        "confirm_all",
        [
            ("en", include_str!("library/english/confirm_all.lgdl")),
            ("es", include_str!("library/spanish/confirm_all.lgdl")),
        ],
    ),
];

/// How the games begin that parts are written in.
const GAME: &str = "lgdl_";
/// What the slots of the parts are called in another language than that of their names.
const CALLED: [(&str, &str); 1] = [("es", include_str!("library/spanish/called.txt"))];

/// What a slot of a part is called in a language; `None` where that is its name, or the game is none that parts are written in.
pub(super) fn called(game: &str, part: &str, slot: &str, language: &str) -> Option<&'static str> {
    let (_, texts) = CALLED.iter().find(|(code, _)| game.starts_with(GAME) && *code == language)?;
    let mut called = texts.lines().filter_map(|line| line.split_once(" = "));
    called.find(|(id, _)| id.split('.').eq([part, slot])).map(|(_, called)| called)
}

/// The names of the parts.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    PARTS.iter().map(|(name, _)| *name)
}

/// The part of that name, in a language or the language of a locale.
pub(crate) fn part(name: &str, tag: &str) -> Result<&'static str, String> {
    let Some((_, texts)) = PARTS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
        let meant = nearest(name, known.iter().copied()).map(|near| format!("; did you mean `lgdl:{near}`?"));
        return Err(format!("the parts of the program are {}{}", known.join(", "), meant.unwrap_or(String::new())));
    };
    let spoken = Language::coded(tag.split('-').next().unwrap_or_default()).unwrap_or_else(Language::english);
    let found = texts.iter().find(|(code, _)| *code == spoken.code);
    found.map(|(_, text)| *text).ok_or_else(|| format!("this part is not written in the language `{}`", spoken.code))
}
