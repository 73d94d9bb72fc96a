//! Hosts that the component may call, in Spin's notation: `scheme://host:port`, with `*` for any scheme, any port, or the
//! first labels of a host (`https://*.example.com`).

use http::Uri;

use crate::manifest::ManifestError;

/// One allowed host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AllowedHost {
    scheme: Option<String>,
    host: Name,
    port: Port,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Any,
    Exactly(String),
    /// A host that ends in this, with a dot in front.
    Below(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Port {
    Any,
    Between(u16, u16),
}

impl AllowedHost {
    /// Reads one.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn parse(text: &str) -> Result<AllowedHost, ManifestError> {
        Self::parsed(text).ok_or_else(|| ManifestError::BadHost(text.to_owned()))
    }

    fn parsed(text: &str) -> Option<AllowedHost> {
        let (scheme, rest) = text.split_once("://")?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.is_empty() || rest.contains(['/', '?', '#', '@']) {
            return None;
        }
        let (host, port) = match rest.strip_prefix('[') {
            Some(v6) => {
                let (host, after) = v6.split_once(']')?;
                (host, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
            }
            None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            Some("*") => Port::Any,
            Some(range) => {
                let (from, to) = range.split_once("..").unwrap_or((range, range));
                Port::Between(from.parse().ok()?, to.parse().ok()?)
            }
            None => match scheme {
                "http" => Port::Between(80, 80),
                "https" => Port::Between(443, 443),
                _ => Port::Any,
            },
        };
        let host = match host {
            "" => return None,
            "*" => Name::Any,
            host => match host.strip_prefix("*.") {
                Some(below) if !below.contains('*') => Name::Below(format!(".{}", below.to_ascii_lowercase())),
                None if !host.contains('*') => Name::Exactly(host.to_ascii_lowercase()),
                _ => return None,
            },
        };
        Some(AllowedHost { scheme: (scheme != "*").then(|| scheme.to_owned()), host, port })
    }

    /// Whether an address is on this host.
    pub(crate) fn allows(&self, uri: &Uri) -> bool {
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else { return false };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        let host_fits = match &self.host {
            Name::Any => true,
            Name::Exactly(name) => *name == host,
            Name::Below(suffix) => host.ends_with(suffix.as_str()),
        };
        let port_fits = match self.port {
            Port::Any => true,
            Port::Between(from, to) => (from..=to).contains(&port),
        };
        host_fits && port_fits && self.scheme.as_deref().is_none_or(|allowed| allowed == scheme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_allowed_as_spin_writes_them() {
        for (rule, uri, allowed) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/x", true),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8081/x", false),
            ("http://127.0.0.1:8080", "https://127.0.0.1:8080/x", false),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080", true),
            ("https://example.com", "https://example.com/a?b", true),
            ("https://example.com", "https://example.com:443", true),
            ("https://example.com", "https://EXAMPLE.com", true),
            ("https://example.com", "https://www.example.com", false),
            ("https://example.com", "https://example.com.evil.org", false),
            ("https://*.example.com", "https://www.example.com", true),
            ("https://*.example.com", "https://example.com", false),
            ("https://*.example.com", "https://badexample.com", false),
            ("*://example.com:*", "http://example.com:9", true),
            ("http://*:3000..4000", "http://any.where:3500", true),
            ("http://*:3000..4000", "http://any.where:4001", false),
            ("http://[::1]:80", "http://[::1]/", true),
        ] {
            let parsed = AllowedHost::parse(rule).unwrap();
            assert_eq!(parsed.allows(&uri.parse().unwrap()), allowed, "{rule} {uri}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in
            ["", "example.com", "http://", "http://a/b", "http://a:b", "http://a*b", "http://u@a", "http://*.*.a"]
        {
            assert_eq!(AllowedHost::parse(text), Err(ManifestError::BadHost(text.into())), "{text}");
        }
    }
}
