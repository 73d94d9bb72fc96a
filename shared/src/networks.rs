//! Which addresses are of this machine or of a private network, in whatever form they are written. A service on the
//! internet has no business having one; who calls it checks the name, and again the address that the name turns out to
//! have.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Ends of names that no public registry hands out (RFC 6761, RFC 8375, ICANN's `internal`, and what routers use).
const LOCAL_NAMES: [&str; 6] = ["localhost", "local", "internal", "home", "lan", "arpa"];

/// Whether a host is private by its name or number.
#[must_use]
pub fn is_private_host(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    // A zone says which of this machine's own links is meant.
    let address = host.split_once('%').map_or(host.as_str(), |(address, _)| address);
    if let Ok(address) = address.parse::<IpAddr>() {
        return is_private(address);
    }
    // Numbers that are no dotted quads (`2130706433`, `0x7f.1`) are addresses to some resolvers.
    let last = host.rsplit('.').next().unwrap_or("");
    let numeric = last.starts_with("0x") || (!last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()));
    numeric || LOCAL_NAMES.contains(&last) || !host.contains('.')
}

/// Whether an address is anything but one of a host on the internet (the special-purpose registries of RFC 6890). An
/// address that stands for an IPv4 address is what that is.
#[must_use]
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_private_v4(v4),
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => is_private_v4(v4),
            None => is_special_v6(v6),
        },
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    match address.octets() {
        // "This network", loopback, and what was reserved or is for groups.
        [0 | 127 | 224..=255, ..] => true,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => true,
        // Carriers' translation (RFC 6598), link-local (RFC 3927), benchmarks (RFC 2544).
        [100, 64..=127, ..] | [169, 254, ..] | [198, 18..=19, ..] => true,
        // Protocol assignments (RFC 6890), documentation (RFC 5737), relays of 6to4 (RFC 7526).
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _] => true,
        _ => false,
    }
}

/// The IPv4 address that an IPv6 address leads to: mapped and compatible (RFC 4291), translated (RFC 6052, RFC 8215),
/// 6to4 (RFC 3056).
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let quad = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // `::` and `::1` are none: the unspecified address and loopback.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => quad(high, low),
        // IPv4-translated (RFC 2765) and the well-known prefix of NAT64.
        [0, 0, 0, 0, 0xffff, 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => quad(high, low),
        [0x2002, high, low, ..] => quad(high, low),
        _ => None,
    }
}

fn is_special_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => true,
        // Local translation (RFC 8215), discarded (RFC 6666).
        [0x64, 0xff9b, 1, ..] | [0x100, 0, 0, 0, ..] => true,
        // Protocol assignments with Teredo and ORCHID (RFC 2928), documentation (RFC 3849, RFC 9637).
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => true,
        // Unique local, link-local, site-local, groups; and whatever is not global unicast (2000::/3).
        [first, ..] => first & 0xe000 != 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_in_every_spelling() {
        for host in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "db.internal",
            "printer.local",
            "intranet",
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "198.19.255.255",
            "0.0.0.0",
            "[::1]",
            "[::]",
            "[fd00::1]",
            "[fe80::1]",
            "[fe80::1%eth0]",
            "[fec0::1]",
            "[::ffff:127.0.0.1]",
            "[::127.0.0.1]",
            "[::ffff:0:10.0.0.1]",
            "[64:ff9b::169.254.169.254]",
            "[64:ff9b:1::a00:1]",
            "[2002:7f00:1::]",
            "[2002:a00:1::1]",
            "[2001::1]",
            "[100::1]",
            "2130706433",
            "0x7f.1",
            "127.1",
            "255.255.255.255",
            "224.0.0.1",
        ] {
            assert!(is_private_host(host), "{host}");
        }
    }

    #[test]
    fn addresses_of_the_internet_are_not_private_also_where_they_stand_for_others() {
        for host in [
            "example.com",
            "api.example.co.uk",
            "93.184.216.34",
            "1.1.1.1",
            "192.0.1.1",
            "198.20.0.1",
            "[2606:2800:220:1::1]",
            "[2a00:1450:4001::1]",
            "[64:ff9b::1.1.1.1]",
            "[2002:101:101::1]",
            "[::ffff:1.1.1.1]",
        ] {
            assert!(!is_private_host(host), "{host}");
        }
    }
}
