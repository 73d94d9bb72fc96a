//! Which types of events somebody asks for: names, and patterns such as `move.*`.

use super::catalog::KINDS;

/// Patterns that one listener may name.
pub const MAX_PATTERNS: usize = 32;
/// What stands for everything at an end of a pattern.
const ANY: &str = "*";

/// A pattern that no type fits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// There is no such type.
    #[error("there is no type of event `{pattern}`; there are {known}")]
    Unknown {
        /// What was asked for.
        pattern: String,
        /// What there is.
        known: String,
    },
    /// Too many.
    #[error("{MAX_PATTERNS} types and patterns may be named at most")]
    TooMany,
}

/// The types that patterns stand for, by name; `None`: each, also those that are yet to come. Without patterns it is each.
///
/// # Errors
/// When a pattern fits no type, or there are too many.
pub fn names(patterns: &[String]) -> Result<Option<Vec<String>>, PatternError> {
    if patterns.len() > MAX_PATTERNS {
        return Err(PatternError::TooMany);
    }
    if patterns.is_empty() || patterns.iter().any(|pattern| pattern == ANY) {
        return Ok(None);
    }
    let mut names = Vec::new();
    for pattern in patterns {
        let before = names.len();
        names.extend(KINDS.iter().map(|kind| kind.name).filter(|name| fits(pattern, name)).map(str::to_owned));
        if names.len() == before {
            let known = KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ");
            return Err(PatternError::Unknown { pattern: pattern.chars().take(64).collect(), known });
        }
    }
    names.sort_unstable();
    names.dedup();
    Ok(Some(names))
}

/// The patterns of a text, with commas between them.
#[must_use]
pub fn split(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|pattern| !pattern.is_empty()).map(str::to_owned).collect()
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix(".*") {
        Some(family) => name.strip_prefix(family).is_some_and(|rest| rest.starts_with('.')),
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(patterns: &[&str]) -> Result<Option<Vec<String>>, PatternError> {
        names(&patterns.iter().map(|pattern| (*pattern).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn patterns_are_families_names_and_everything() {
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&["turn.committed", "*"]), Ok(None));
        let some = of(&["move.*", "move.failed", "turn.committed"]).unwrap().unwrap();
        assert_eq!(some, ["move.cancelled", "move.completed", "move.failed", "turn.committed"]);
    }

    #[test]
    fn a_pattern_that_fits_nothing_is_refused() {
        for odd in ["mov.*", "move", "move.", "move.*.x", "", ".*", "**"] {
            assert!(matches!(of(&[odd]), Err(PatternError::Unknown { .. })), "{odd}");
        }
        assert_eq!(names(&vec!["*".to_owned(); MAX_PATTERNS + 1]), Err(PatternError::TooMany));
    }
}
