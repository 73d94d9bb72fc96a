//! SPDX licence expressions, as far as crates use them: `AND`, `OR`, `WITH`, parentheses, and the old `/` for `OR`.

use std::collections::BTreeSet;

/// Whether a choice that `expression` leaves open has only allowed licences.
pub(super) fn allowed(expression: &str, allow: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut reader = Reader { words: spaced.split_whitespace().collect(), at: 0, allow };
    let result = reader.either();
    result && reader.at == reader.words.len()
}

struct Reader<'a> {
    words: Vec<&'a str>,
    at: usize,
    allow: &'a BTreeSet<String>,
}

impl Reader<'_> {
    fn either(&mut self) -> bool {
        let mut result = self.both();
        while self.takes("OR") {
            // Read first: the rest must be consumed whatever the left side was.
            result = self.both() || result;
        }
        result
    }

    fn both(&mut self) -> bool {
        let mut result = self.one();
        while self.takes("AND") {
            result = self.one() && result;
        }
        result
    }

    fn one(&mut self) -> bool {
        if self.takes("(") {
            return self.either() && self.takes(")");
        }
        let Some(name) = self.words.get(self.at).copied() else { return false };
        self.at += 1;
        // "or later": what is allowed in this version may be taken in this version.
        let name = name.strip_suffix('+').unwrap_or(name);
        if !self.takes("WITH") {
            return self.allow.contains(name);
        }
        let exception = self.words.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        // An exception only ever permits more.
        self.allow.contains(name) || self.allow.contains(&format!("{name} WITH {exception}"))
    }

    fn takes(&mut self, word: &str) -> bool {
        let taken = self.words.get(self.at) == Some(&word);
        self.at += usize::from(taken);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, expected: bool) {
        let allow = ["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_owned).into();
        assert_eq!(allowed(expression, &allow), expected, "{expression}");
    }

    #[test]
    fn an_expression_is_allowed_when_one_of_its_choices_is() {
        check("MIT", true);
        check("GPL-3.0", false);
        check("MIT/Apache-2.0", true);
        check("GPL-3.0 OR MIT", true);
        check("MIT OR GPL-3.0", true);
        check("MIT AND GPL-3.0", false);
        check("(MIT OR GPL-3.0) AND Unicode-3.0", true);
        check("(GPL-3.0 OR LGPL-2.1) AND Unicode-3.0", false);
        check("Apache-2.0 WITH LLVM-exception OR GPL-3.0", true);
        check("MIT+", true);
        check("(MIT", false);
        check("", false);
    }
}
