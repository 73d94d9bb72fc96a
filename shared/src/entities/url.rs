//! Web addresses: with a scheme (`https://…`), or a host name whose last label is a known top-level domain.

use std::net::Ipv4Addr;
use std::ops::Range;

use super::domains::DOMAINS;
use super::email::is_label;

/// Schemes that begin an address; each is followed by `://`.
const SCHEMES: [&str; 8] = ["https", "http", "ftps", "ftp", "sftp", "wss", "ws", "file"];
/// The longest address that is looked at.
const MAX_LENGTH: usize = 2048;
/// Brackets and punctuation at the end of an address that are taken off in turn.
const MAX_TRIMS: usize = 8;
/// Top-level domains that are endings of file names too: `readme.md` alone is a file.
const FILE_ENDINGS: [&str; 9] = ["app", "bz", "cc", "md", "mov", "pl", "py", "rs", "sh"];

/// The addresses of a text, as bytes of it, left to right.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    // Every address has a dot or a `://` in it; go from one to the next.
    let mut from = 0;
    while let Some(offset) = text[from..].find(['.', ':']) {
        let at = from + offset;
        let free = found.last().map_or(0, |last| last.end);
        let address = match &text.as_bytes()[at..] {
            [b':', b'/', b'/', ..] => with_scheme(text, at, free),
            [b':', ..] => Err(at + 1),
            _ => bare(text, at, free),
        };
        match address {
            Ok(range) => {
                from = range.end.max(at + 1);
                found.push(range);
            }
            Err(next) => from = next.max(at + 1),
        }
    }
    found
}

/// Stands between a scheme and the rest.
const SCHEME_MARK: &[u8] = b"://";

/// Where the scheme of an address ends, if it has one.
pub(super) fn scheme_end(address: &str) -> Option<usize> {
    address.as_bytes().windows(SCHEME_MARK.len()).position(|mark| mark == SCHEME_MARK)
}

/// An address whose `://` stands at `colon`. On failure, where to go on.
fn with_scheme(text: &str, colon: usize, free: usize) -> Result<Range<usize>, usize> {
    let before = &text[free..colon];
    let letters = before.bytes().rev().take_while(u8::is_ascii_alphabetic).count();
    let start = colon - letters;
    let scheme = &text[start..colon];
    let host = colon + 3;
    if !SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
        return Err(host);
    }
    // `user:password@` before the host
    let authority = &text[host..authority_end(text, host)];
    let host = authority.rfind('@').map_or(host, |at| host + at + 1);
    let ascii_end = host_end(text, host);
    // Symbols beyond ASCII may be part of a host, up to the first delimiter of the authority.
    let end =
        if text[ascii_end..].starts_with(|c: char| !c.is_ascii()) { authority_end(text, host) } else { ascii_end };
    let name = &text[host..end];
    let known = name.eq_ignore_ascii_case("localhost") || is_v4(name) || has_known_domain(name);
    if known { Ok(start..tail_end(text, end)) } else { Err(end) }
}

fn authority_end(text: &str, from: usize) -> usize {
    let delimits = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '<' | '>' | '"');
    text[from..].find(delimits).map_or(text.len(), |length| from + length)
}

/// A host name without a scheme, around the dot at `dot`. On failure, where to go on.
fn bare(text: &str, dot: usize, free: usize) -> Result<Range<usize>, usize> {
    let is_host = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let first = text[free..dot].char_indices().rev().take(64).take_while(|(_, c)| is_host(*c)).last();
    let start = first.map_or(dot, |(at, _)| free + at);
    let end = host_end(text, start);
    let name = &text[start..end];
    let before = text[..start].chars().next_back();
    // The middle of an email address, a path or a longer name.
    let inside = matches!(before, Some('@' | '/' | '\\' | '.' | '_' | '=' | '#' | '$' | '&' | '+' | '~'))
        || text[end..].starts_with('@');
    let has_letter = name.split('.').rev().nth(1).is_some_and(|label| label.chars().any(char::is_alphabetic));
    if inside || !has_letter || !has_known_domain(name) || reads_as_prose(name) {
        return Err(end);
    }
    let stop = tail_end(text, end);
    let top = name.rsplit('.').next().unwrap_or_default();
    let is_file = FILE_ENDINGS.contains(&top) && stop == end && name.matches('.').count() == 1;
    if is_file { Err(end) } else { Ok(start..stop) }
}

/// `end.Next`: two sentences with the blank between them forgotten.
fn reads_as_prose(name: &str) -> bool {
    let mut labels = name.rsplit('.');
    let top = labels.next().unwrap_or_default();
    let label = labels.next().unwrap_or_default();
    top.starts_with(char::is_uppercase)
        && !(label.chars().all(|c| !c.is_lowercase()) && top.chars().all(|c| !c.is_lowercase()))
}

/// Where the host name that begins at `start` ends; dots and hyphens at its end are the sentence's.
fn host_end(text: &str, start: usize) -> usize {
    let is_host = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_');
    let run = text[start..].find(|c| !is_host(c)).unwrap_or(text.len() - start);
    let run = &text[start..start + run];
    // `aws...` ends at its first doubled dot.
    let run = run.as_bytes().windows(2).position(|pair| pair == b"..").map_or(run, |at| &run[..at]);
    start + run.trim_end_matches(['.', '-', '_']).len()
}

fn is_v4(name: &str) -> bool {
    name.parse::<Ipv4Addr>().is_ok()
}

fn has_known_domain(name: &str) -> bool {
    let Some((rest, top)) = name.rsplit_once('.') else { return false };
    // Names in other scripts, and even in symbols, are registered; only ASCII has a rule that can be told here.
    let is_host_label = |label: &str| is_label(&label.replace(|c: char| c == '_' || !c.is_ascii(), "x"));
    if name.len() > 253 || !rest.split('.').all(is_host_label) {
        return false;
    }
    let mut lower = [0u8; 24];
    if top.is_ascii() {
        let Some(lower) = lower.get_mut(..top.len()) else { return false };
        lower.copy_from_slice(top.as_bytes());
        lower.make_ascii_lowercase();
        let lower = str::from_utf8(lower).unwrap_or_default();
        return top.starts_with("xn--") || DOMAINS.get(lower).is_some();
    }
    DOMAINS.get(top).is_some()
}

/// Where port, path, query and fragment after the host end.
fn tail_end(text: &str, host_end: usize) -> usize {
    let mut end = host_end;
    if let Some(port) = text[end..].strip_prefix(':') {
        let digits = port.bytes().take_while(u8::is_ascii_digit).count();
        if (1..=5).contains(&digits) {
            end += 1 + digits;
        }
    }
    if !text[end..].starts_with(['/', '?', '#']) {
        return end;
    }
    let is_tail = |c: char| {
        !c.is_whitespace()
            && !c.is_control()
            && !matches!(c, '<' | '>' | '"' | '“' | '”' | '`' | '{' | '}' | '|' | '\\' | '^')
    };
    let length = text[end..].char_indices().take(MAX_LENGTH).find(|(_, c)| !is_tail(*c)).map_or_else(
        || text[end..].char_indices().nth(MAX_LENGTH).map_or(text.len() - end, |(at, _)| at),
        |(at, _)| at,
    );
    let mut tail = &text[end..end + length];
    // Punctuation at its end is the sentence's, and so is a bracket that was not opened inside.
    for _ in 0..MAX_TRIMS {
        let shorter = tail.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '’', '*', '…']);
        let unopened =
            |open, close| shorter.ends_with(close) && shorter.matches(open).count() < shorter.matches(close).count();
        let next = if unopened('(', ')') || unopened('[', ']') { &shorter[..shorter.len() - 1] } else { shorter };
        if next.len() == tail.len() {
            break;
        }
        tail = next;
    }
    end + tail.len()
}

/// The address with scheme and host in lower case, and `http` where no scheme is given.
pub(super) fn normal(address: &str) -> String {
    let (scheme, rest) = match scheme_end(address) {
        Some(end) => (&address[..end], &address[end + SCHEME_MARK.len()..]),
        None => ("http", address),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
    let at = if user.is_empty() { "" } else { "@" };
    format!("{}://{user}{at}{}{tail}", scheme.to_ascii_lowercase(), super::token::in_lower_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = find(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn the_lexicons_are_sorted() {
        assert!(DOMAINS.is_sorted());
    }

    #[test]
    fn addresses_are_found_with_and_without_a_scheme() {
        check("see https://example.com/a_(b)?x=1#y.", &["https://example.com/a_(b)?x=1#y"]);
        check("(www.example.co.uk)", &["www.example.co.uk"]);
        check("try example.org, or bit.ly/x!", &["example.org", "bit.ly/x"]);
        check("http://localhost:3000/ and http://10.0.0.1/x", &["http://localhost:3000/", "http://10.0.0.1/x"]);
        check("ftp://user:pw@example.com/f", &["ftp://user:pw@example.com/f"]);
        check("https://münchen.de/straße", &["https://münchen.de/straße"]);
    }

    #[test]
    fn what_only_has_dots_is_no_address() {
        for text in [
            "bob@example.com",
            "e.g. this",
            "version 2.0.1",
            "readme.md",
            "end.Then more",
            "3.in",
            "http://#",
            "http://.",
            "http://foo",
            "a.b.c.d",
            "...",
            "J.R.R. Tolkien",
            "8.8.8.8",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn normal_form_lowers_what_has_no_case() {
        assert_eq!(normal("HTTPS://Example.COM/Path"), "https://example.com/Path");
        assert_eq!(normal("Bit.ly/X"), "http://bit.ly/X");
    }
}
