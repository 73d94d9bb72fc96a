//! Addresses in networks: mail, web, IP. Their shapes say enough, but for versions that look like IP addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::detect::{Finding, PiiKind};

/// The longest local part and the longest domain (RFC 5321, 4.5.3.1).
const MAX_LOCAL: usize = 64;
const MAX_DOMAIN: usize = 255;

/// Finds them all.
pub(super) fn find(text: &str, found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let finding = match bytes[at] {
            b'@' => mail(text, at),
            b':' if bytes[at..].starts_with(b"://") => web(text, at),
            b'w' | b'W' if starts_a_host(text, at) => Some(url(text, at, at)),
            b'.' if at > 0 && bytes[at - 1].is_ascii_digit() => ipv4(text, at),
            b':' => ipv6(text, at),
            _ => None,
        };
        match finding {
            Some(finding) => {
                at = finding.end.max(at + 1);
                found.push(finding);
            }
            None => at += 1,
        }
    }
}

/// Around an `@`.
fn mail(text: &str, at: usize) -> Option<Finding> {
    let is_local = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let is_domain = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    let local =
        text[..at].chars().rev().take(MAX_LOCAL).take_while(|c| is_local(*c)).map(char::len_utf8).sum::<usize>();
    let start = at - local;
    let start = start + local
        - text[start..at].trim_start_matches(|c: char| !c.is_alphanumeric() && c != '_' && c != '+').len();
    let after = at + 1;
    let domain: usize = text[after..].chars().take(MAX_DOMAIN).take_while(|c| is_domain(*c)).map(char::len_utf8).sum();
    let domain = text[after..after + domain].trim_end_matches(['.', '-']);
    let last = domain.rsplit_once('.')?.1;
    let is_name = last.chars().count() >= 2 && last.chars().all(char::is_alphabetic) || last.starts_with("xn--");
    let well_formed = start < at && !domain.contains("..") && !domain.starts_with(['.', '-']);
    let end = after + domain.len();
    (is_name && well_formed).then_some(Finding { start, end, kind: PiiKind::Email, confidence: 0.98 })
}

/// Around `://`, for schemes that people send.
fn web(text: &str, at: usize) -> Option<Finding> {
    let scheme = text[..at].bytes().rev().take_while(u8::is_ascii_alphanumeric).count();
    let start = at - scheme;
    let known = ["http", "https", "ftp", "ws", "wss"].iter().any(|known| text[start..at].eq_ignore_ascii_case(known));
    let host = text[at + 3..].starts_with(|c: char| c.is_alphanumeric() || c == '[');
    (known && host).then(|| url(text, start, at + 3))
}

/// `www.` at the beginning of a word, and something after it.
fn starts_a_host(text: &str, at: usize) -> bool {
    let www = text.as_bytes()[at..].get(..4).is_some_and(|four| four.eq_ignore_ascii_case(b"www."));
    www && !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '@' || c == '.')
        && text[at + 4..].starts_with(char::is_alphanumeric)
}

/// From `start` to the end of the address; what ends a sentence is not of it.
fn url(text: &str, start: usize, from: usize) -> Finding {
    let stop = |c: char| c.is_whitespace() || c.is_control() || "<>\"`{}|\\^".contains(c);
    let length = text[from..].find(stop).unwrap_or(text.len() - from);
    let mut body = &text[from..from + length];
    loop {
        let trimmed = body.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '’', '”', '…']);
        let open = trimmed.matches('(').count() < trimmed.matches(')').count();
        let trimmed = if open { trimmed.strip_suffix(')').unwrap_or(trimmed) } else { trimmed };
        if trimmed.len() == body.len() {
            break;
        }
        body = trimmed;
    }
    Finding { start, end: from + body.len(), kind: PiiKind::Url, confidence: 0.95 }
}

/// Around the first full stop of an address.
fn ipv4(text: &str, at: usize) -> Option<Finding> {
    let bytes = text.as_bytes();
    let start = at - bytes[..at].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let run = text[start..start + length].trim_end_matches('.');
    let end = start + run.len();
    run.parse::<Ipv4Addr>().ok()?;
    let alone = !text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '.' || c == '-')
        && !text[end..].starts_with(|c: char| c.is_alphanumeric() || c == '-');
    (alone && !names_a_version(&text[..start])).then_some(Finding {
        start,
        end,
        kind: PiiKind::IpAddress,
        confidence: 0.9,
    })
}

/// Around the first colon of an address. One without a digit is a path in a program's text more often than an address.
fn ipv6(text: &str, at: usize) -> Option<Finding> {
    let is_part = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b':' || *byte == b'.';
    let bytes = text.as_bytes();
    let start = at - bytes[..at].iter().rev().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let length = bytes[start..].iter().take_while(|byte| is_part(byte)).count();
    let run = text[start..start + length].trim_end_matches('.');
    let run = if run.ends_with("::") { run } else { run.trim_end_matches(':') };
    let end = start + run.len();
    run.parse::<Ipv6Addr>().ok()?;
    let digits = run.bytes().any(|byte| byte.is_ascii_digit());
    let alone = !text[..start].ends_with(|c: char| c.is_alphanumeric() || c == ':')
        && !text[end..].starts_with(|c: char| c.is_alphanumeric() || c == ':');
    (digits && alone).then_some(Finding { start, end, kind: PiiKind::IpAddress, confidence: 0.9 })
}

/// Whether one of the three words before, or a `v`, says that what follows is a version or a section.
fn names_a_version(before: &str) -> bool {
    const VERSIONS: [&str; 10] =
        ["version", "release", "build", "firmware", "v", "section", "chapter", "clause", "oid", "upgrade"];
    let words = before.rsplit(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    before.ends_with(['v', 'V'])
        || words.take(3).any(|word| VERSIONS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}
