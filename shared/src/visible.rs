//! Text that somebody else wrote, made fit to be looked at: what a terminal would obey, and what turns the order of the letters
//! around, is shown instead of done.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a terminal obeys the character, or lets it change the order of others: the control characters C0 and C1, and the controls of
/// bidirectional text (Unicode UAX #9: embeddings, overrides, isolates).
#[must_use]
pub const fn acts(c: char) -> bool {
    matches!(c, '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Lines as they are, and every other character that [`acts`] as `\u001b`. JSON stays the same JSON.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |c| acts(c) && c != '\n' && c != '\t')
}

/// The same on one line: who wrote it can't write the line after it.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, acts)
}

fn escaped(text: &str, shown: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&shown) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if shown(c) {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert_eq!(visible("a\u{1b}]0;x\u{7}b"), "a\\u001b]0;x\\u0007b");
        assert_eq!(visible("\u{9b}2J\u{7f}\r"), "\\u009b2J\\u007f\\u000d");
        assert_eq!(visible("\u{202e}txt\u{2066}"), "\\u202etxt\\u2066");
        assert!(matches!(visible("Grüße\n\t你好 שלום 👩‍🚀"), Cow::Borrowed(_)));
    }

    #[test]
    fn who_may_write_one_line_writes_one() {
        assert_eq!(one_line("yes\nVerified.\tno"), "yes\\u000aVerified.\\u0009no");
    }
}
