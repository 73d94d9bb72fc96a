//! Redaction for logs: personal data out, nothing put in its place that could be turned back.

use super::detect::detect;

/// What stands for a value that is masked whole.
pub const MASK: &str = "•••";

/// The text with every finding replaced by its kind in brackets: `[email]`.
///
/// Free text belongs into no log, redacted or not; this is for the few places where an operator's own words or an
/// error of a library may carry some.
#[must_use]
pub fn redact_for_logs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for finding in detect(text) {
        out.push_str(&text[at..finding.start]);
        out.push('[');
        out.push_str(finding.kind.name());
        out.push(']');
        at = finding.end;
    }
    out.push_str(&text[at..]);
    out
}
