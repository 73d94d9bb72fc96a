//! Blocking reads, writes and requests over WASI, each with a deadline and a bound on its size.

use wasi::clocks::monotonic_clock;
use wasi::http::types::{ErrorCode, Fields, FutureIncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme};
use wasi::io::poll::{Pollable, poll};
use wasi::io::streams::{InputStream, OutputStream, StreamError};

use crate::platform::{FetchError, Inbound, Outbound};

/// Bytes asked for at once.
const READ_BYTES: u64 = 64 * 1024;

/// A moment that something must be done by.
pub(super) struct Deadline(Pollable);

impl Deadline {
    pub(super) fn in_ms(ms: u64) -> Deadline {
        Deadline(monotonic_clock::subscribe_duration(ms.saturating_mul(1_000_000)))
    }

    /// Waits for the moment.
    pub(super) fn wait(&self) {
        self.0.block();
    }

    /// Waits for something; whether it came before the moment.
    fn before(&self, something: &Pollable) -> bool {
        // Most waits are over at once, and asking about one thing is cheaper than asking about two.
        something.ready() || poll(&[something, &self.0]).contains(&0)
    }
}

/// Why there is not all of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadFault {
    TooLong,
    TooLate,
    Broken,
}

/// Reads to the end.
pub(super) fn read_all(stream: &InputStream, limit: usize, deadline: &Deadline) -> Result<Vec<u8>, ReadFault> {
    let mut all = Vec::new();
    loop {
        match stream.read(READ_BYTES) {
            Ok(chunk) if chunk.is_empty() => {
                if !deadline.before(&stream.subscribe()) {
                    return Err(ReadFault::TooLate);
                }
            }
            Ok(chunk) => {
                if all.len() + chunk.len() > limit {
                    return Err(ReadFault::TooLong);
                }
                if all.is_empty() {
                    all = chunk;
                } else {
                    all.extend_from_slice(&chunk);
                }
            }
            Err(StreamError::Closed) => return Ok(all),
            Err(StreamError::LastOperationFailed(_)) => return Err(ReadFault::Broken),
        }
    }
}

/// Why not all of a body was written.
#[derive(Debug)]
pub(super) enum WriteFault {
    /// Whoever reads it does not.
    TooLate,
    /// The stream is closed or broken.
    Broken,
}

impl From<StreamError> for WriteFault {
    fn from(_: StreamError) -> WriteFault {
        WriteFault::Broken
    }
}

/// Writes everything and flushes it, as long as somebody reads it before the moment.
pub(super) fn write_all(stream: &OutputStream, bytes: &[u8], deadline: &Deadline) -> Result<(), WriteFault> {
    let wait = || if deadline.before(&stream.subscribe()) { Ok(()) } else { Err(WriteFault::TooLate) };
    let mut rest = bytes;
    while !rest.is_empty() {
        let room = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX).min(rest.len());
        if room == 0 {
            wait()?;
            continue;
        }
        stream.write(&rest[..room])?;
        rest = &rest[room..];
    }
    stream.flush()?;
    wait()
}

/// Makes a request. The host is given no limits of time: whoever waits has the deadline, and letting go of what is pending
/// ends it.
pub(super) fn fetch(request: &Outbound) -> Result<Inbound, FetchError> {
    let deadline = Deadline::in_ms(request.timeout_ms);
    let pending = send(request, &deadline)?;
    if !deadline.before(&pending.subscribe()) {
        return Err(FetchError::TimedOut);
    }
    let answer = match pending.get() {
        Some(Ok(Ok(answer))) => answer,
        Some(Ok(Err(code))) => return Err(understood(&code)),
        Some(Err(())) | None => return Err(FetchError::Broken),
    };
    let status = answer.status();
    let incoming = answer.consume().map_err(|()| FetchError::Broken)?;
    let stream = incoming.stream().map_err(|()| FetchError::Broken)?;
    let body = read_all(&stream, request.max_answer_bytes, &deadline).map_err(|fault| match fault {
        ReadFault::TooLong => FetchError::TooLarge,
        ReadFault::TooLate => FetchError::TimedOut,
        ReadFault::Broken => FetchError::Broken,
    })?;
    Ok(Inbound { status, body })
}

fn send(request: &Outbound, deadline: &Deadline) -> Result<FutureIncomingResponse, FetchError> {
    let headers: Vec<(String, Vec<u8>)> =
        request.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into_bytes())).collect();
    let outgoing = OutgoingRequest::new(Fields::from_list(&headers).map_err(|_| FetchError::Broken)?);
    let (scheme, rest) = request.url.split_once("://").ok_or(FetchError::Denied)?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let scheme = if scheme == "https" { Scheme::Https } else { Scheme::Http };
    let method = match request.method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "DELETE" => Method::Delete,
        other => Method::Other(other.to_owned()),
    };
    let prepared = outgoing.set_method(&method).is_ok()
        && outgoing.set_scheme(Some(&scheme)).is_ok()
        && outgoing.set_authority(Some(authority)).is_ok()
        && outgoing.set_path_with_query(Some(path)).is_ok();
    if !prepared {
        return Err(FetchError::Denied);
    }
    let body = outgoing.body().map_err(|()| FetchError::Broken)?;
    let pending = wasi::http::outgoing_handler::handle(outgoing, None).map_err(|code| understood(&code))?;
    if !request.body.is_empty() {
        let stream = body.write().map_err(|()| FetchError::Broken)?;
        write_all(&stream, &request.body, deadline).map_err(|fault| match fault {
            WriteFault::TooLate => FetchError::TimedOut,
            WriteFault::Broken => FetchError::Unreachable,
        })?;
    }
    OutgoingBody::finish(body, None).map_err(|code| understood(&code))?;
    Ok(pending)
}

fn understood(code: &ErrorCode) -> FetchError {
    match code {
        ErrorCode::DnsTimeout
        | ErrorCode::DnsError(_)
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionRefused
        | ErrorCode::TlsCertificateError
        | ErrorCode::TlsProtocolError
        | ErrorCode::TlsAlertReceived(_) => FetchError::Unreachable,
        ErrorCode::ConnectionTimeout | ErrorCode::ConnectionReadTimeout | ErrorCode::HttpResponseTimeout => {
            FetchError::TimedOut
        }
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited | ErrorCode::HttpRequestUriInvalid => {
            FetchError::Denied
        }
        ErrorCode::HttpResponseBodySize(_) => FetchError::TooLarge,
        _ => FetchError::Broken,
    }
}
