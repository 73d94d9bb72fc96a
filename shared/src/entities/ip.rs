//! Internet addresses: IPv4 in four decimal parts, IPv6 after RFC 4291.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// The longest address as written (`0000:…:ffff:255.255.255.255`).
const MAX_LENGTH: usize = 45;

/// The addresses of a text, as bytes of it, left to right.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let is_inside = |c: char| c.is_ascii_hexdigit() || c == '.' || c == ':';
    let mut rest = 0;
    while let Some(offset) = text[rest..].find(is_inside) {
        let start = rest + offset;
        let run = text[start..].find(|c| !is_inside(c)).map_or(text.len(), |length| start + length);
        let touches = |c: char| c.is_alphanumeric() || c == '_' || c == '@';
        let free = !text[..start].ends_with(touches) && !text[run..].starts_with(touches);
        if free {
            found.extend(address(&text[start..run]).map(|range| start + range.start..start + range.end));
        }
        rest = run;
    }
    found
}

/// The address in a run of its characters, without the punctuation of the sentence around it.
fn address(run: &str) -> Option<Range<usize>> {
    if !run.contains('.') && !run.contains(':') || run.len() > MAX_LENGTH + 6 {
        return None;
    }
    let end = if run.ends_with("::") { run.len() } else { run.trim_end_matches(['.', ':']).len() };
    let whole = &run[..end];
    if normal(whole).is_some() {
        return Some(0..end);
    }
    // `192.168.1.1:8080`: the port is not part of it.
    let (host, port) = whole.split_once(':')?;
    let is_port = !port.is_empty() && port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit());
    (is_port && host.parse::<Ipv4Addr>().is_ok()).then_some(0..host.len())
}

/// The address in canonical form (RFC 5952 for IPv6), if it is one.
pub(super) fn normal(address: &str) -> Option<String> {
    if let Ok(v4) = address.parse::<Ipv4Addr>() {
        return Some(v4.to_string());
    }
    // `::` alone is a mark of other things far more often.
    let v6 = address.parse::<Ipv6Addr>().ok().filter(|v6| !v6.is_unspecified())?;
    Some(v6.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = find(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn both_versions_are_found() {
        check("ping 8.8.8.8, then 2001:db8::1.", &["8.8.8.8", "2001:db8::1"]);
        check("http://10.0.0.1:8080/x", &["10.0.0.1"]);
        check("::1", &["::1"]);
        check("::ffff:192.0.2.1", &["::ffff:192.0.2.1"]);
    }

    #[test]
    fn versions_and_times_are_no_addresses() {
        for text in
            ["1.2.3", "256.1.1.1", "10:30:15", "std::vec", "1.2.3.4.5", "v1.2.3.4", "dead:beef", "::", "01.02.03.04"]
        {
            check(text, &[]);
        }
    }

    #[test]
    fn normal_form_is_the_shortest() {
        assert_eq!(normal("2001:0DB8:0:0:0:0:0:1").as_deref(), Some("2001:db8::1"));
    }
}
