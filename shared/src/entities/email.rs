//! Email addresses after RFC 5321 and 5322, as people write them in running text.

use std::net::Ipv4Addr;
use std::ops::Range;

/// The longest local part (RFC 5321, 4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// The longest domain.
const MAX_DOMAIN: usize = 255;

/// The addresses of a text, as bytes of it, left to right.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.match_indices('@') {
        let from = found.last().map_or(0, |last| last.end);
        let local = local_part(&text[from..at]).map(|start| from + start);
        if let (Some(start), Some(length)) = (local, domain(&text[at + 1..])) {
            found.push(start..at + 1 + length);
        }
    }
    found
}

/// Where the local part that ends `before` begins.
fn local_part(before: &str) -> Option<usize> {
    if let Some(body) = before.strip_suffix('"') {
        let open = body.rfind('"')?;
        return (open + 1 < body.len() && body.len() - open <= MAX_LOCAL).then_some(open);
    }
    let is_local = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let mut start = before.len();
    for (at, c) in before.char_indices().rev() {
        if !is_local(c) {
            break;
        }
        start = at;
        if before.len() - start > 4 * MAX_LOCAL {
            return None;
        }
    }
    // Punctuation in front belongs to the sentence.
    let local = before[start..].trim_start_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let start = before.len() - local.len();
    let ends_well = local.ends_with(|c: char| c.is_alphanumeric() || "_-+".contains(c));
    let glued_to_another = before[..start].ends_with(['@', '.']);
    (ends_well
        && local.len() <= MAX_LOCAL
        && !local.as_bytes().windows(2).any(|pair| pair == b"..")
        && !glued_to_another)
        .then_some(start)
}

/// How long the domain is that begins `after`.
fn domain(after: &str) -> Option<usize> {
    if let Some(literal) = after.strip_prefix('[') {
        let close = literal.char_indices().take(48).find(|(_, c)| *c == ']')?.0;
        let address = &literal[..close];
        let valid = match address.strip_prefix("IPv6:") {
            Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
            None => address.parse::<Ipv4Addr>().is_ok(),
        };
        return valid.then_some(close + 2);
    }
    let is_domain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_');
    let end = after
        .char_indices()
        .take(MAX_DOMAIN + 1)
        .find(|(_, c)| !is_domain(*c))
        .map_or_else(|| if after.chars().nth(MAX_DOMAIN).is_some() { 0 } else { after.len() }, |(at, _)| at);
    let domain = after[..end].trim_end_matches(['.', '-']);
    if after[end..].starts_with('@') {
        return None;
    }
    let mut labels = domain.split('.').rev();
    let top = labels.next()?;
    let top_is_name = top.chars().count() >= 2 && top.chars().all(char::is_alphabetic) || top.starts_with("xn--");
    let mut count = 0;
    let labels_hold = labels.all(|label| {
        count += 1;
        is_label(label)
    });
    (top_is_name && labels_hold && count > 0).then_some(domain.len())
}

/// Whether this is a label of a host name (RFC 1123).
pub(super) fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_alphanumeric() || c == '-')
}

/// The address with its domain in lower case.
pub(super) fn normal(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", super::token::in_lower_case(domain)),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = find(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn addresses_are_found_in_running_text() {
        check("write to jo.hn+news@mail.example.co.uk, please", &["jo.hn+news@mail.example.co.uk"]);
        check("<bob@example.com>; 'al@b.org'.", &["bob@example.com", "al@b.org"]);
        check("j_9@[129.126.118.1] x", &["j_9@[129.126.118.1]"]);
        check("\"two words\"@example.com", &["\"two words\"@example.com"]);
        check("mailto:me@example.com?subject=x", &["me@example.com"]);
    }

    #[test]
    fn what_only_has_an_at_sign_is_no_address() {
        for text in [
            "@carol",
            "a@b",
            "me @ home",
            "a..b@example.com",
            "x@new_type.com",
            "a@b@c.com",
            "j.@example.com",
            "x@-a.com",
            "x@example..com",
            "@@@",
            "a@example.c0m",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn only_the_domain_has_no_case() {
        assert_eq!(normal("Jo.Doe@Example.COM"), "Jo.Doe@example.com");
    }
}
