//! HTTP/1.1 by hand, for requests that no client would send.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Time for one exchange.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// The longest answer.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// An answer as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawAnswer {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, without its framing.
    pub body: Vec<u8>,
}

impl RawAnswer {
    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// Sends those bytes and reads the answer; `None` when the connection was closed without one, or too much time passed.
pub async fn exchange(authority: &str, bytes: &[u8]) -> Option<RawAnswer> {
    tokio::time::timeout(ANSWER_WITHIN, attempt(authority, bytes)).await.ok().flatten()
}

async fn attempt(authority: &str, bytes: &[u8]) -> Option<RawAnswer> {
    let mut stream = TcpStream::connect(authority).await.ok()?;
    // A server that refuses early need not read everything.
    let _ = stream.write_all(bytes).await;
    let mut read = Vec::new();
    let mut buffer = [0; 16 * 1024];
    while read.len() < MAX_ANSWER_BYTES {
        if let Some(answer) = parsed(&read, false) {
            return Some(answer);
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return parsed(&read, true),
            Ok(count) => read.extend_from_slice(&buffer[..count]),
        }
    }
    None
}

/// The answer, once it is complete.
fn parsed(bytes: &[u8], ended: bool) -> Option<RawAnswer> {
    let head_end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..head_end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let answer = |body: &[u8]| RawAnswer { status, headers: headers.clone(), body: body.to_vec() };
    let rest = &bytes[head_end + 4..];
    let find = |name: &str| headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
    if let Some(length) = find("content-length").and_then(|text| text.parse::<usize>().ok()) {
        return (rest.len() >= length).then(|| answer(&rest[..length]));
    }
    if find("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        return unchunked(rest).map(|body| answer(&body));
    }
    (ended || status == 204).then(|| answer(rest))
}

fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line_end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..line_end]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        let chunk = rest.get(line_end + 2..line_end + 2 + size)?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(chunk);
        rest = rest.get(line_end + 2 + size + 2..)?;
    }
}
