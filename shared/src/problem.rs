//! Why an edge node refuses a request: one place for codes, titles and statuses.

use crate::wire::client::Problem;

/// A reason to refuse. The details of an occurrence (without user text) travel beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The body is no JSON.
    MalformedBody,
    /// A field is missing or has the wrong type.
    WrongShape,
    /// An id is empty, too long, or has characters that no id has.
    BadIdentifier,
    /// More than [`crate::engine::MAX_UTTERANCE_CHARS`] characters.
    UtteranceTooLong,
    /// A header that this service reads is malformed.
    BadHeader,
    /// There are more headers, or longer ones, than a node takes.
    TooManyHeaders,
    /// The route exists, the method does not.
    MethodNotAllowed,
    /// No such route.
    NoRoute,
    /// No such game.
    UnknownGame,
    /// No such conversation, or another user's.
    UnknownConversation,
    /// The body's media type is not JSON.
    UnsupportedMediaType,
    /// The body is larger than a node takes.
    BodyTooLarge,
    /// The body did not arrive in time or broke off.
    BodyIncomplete,
    /// The idempotency key was used with another request.
    KeyReused,
    /// The conversation was erased.
    Erased,
    /// Other turns of the conversation kept winning.
    Contended,
    /// The origin is away and the request can't be answered without it.
    OriginAway,
    /// The game's compiled form can't be had or used.
    GameUnusable,
    /// The node is at fault.
    Internal,
    /// The request used up its time or memory.
    OutOfTime,
    /// The conversation's state, with the turn that led to it, is larger than the origin takes.
    StateTooLarge,
    /// The origin answers, and does not take what this node sends.
    OriginRefuses,
    /// The node has as much to do as it may have.
    Busy,
    /// A turn waits that this node can't read, so that nothing can be said of its conversation.
    WaitingUnreadable,
    /// The conversation is not at the version that the client asks for.
    OtherVersion,
    /// No credential, or one that is unknown, expired or revoked.
    Unauthenticated,
    /// The credential does not allow this.
    Forbidden,
    /// The web page's origin is not on the allow-list.
    ForeignOrigin,
    /// A rate limit.
    RateLimited,
    /// Too many refusals.
    Banned,
    /// Somebody who looks after the deployment keeps the caller out.
    Blocked,
    /// The tenant has as many conversations open as it may.
    TooManyOpen,
    /// The game's policy asks for consent that was not given.
    ConsentRequired,
}

/// Every reason, for documentation and tests.
pub const ALL_REASONS: [Reason; 33] = [
    Reason::MalformedBody,
    Reason::WrongShape,
    Reason::BadIdentifier,
    Reason::UtteranceTooLong,
    Reason::BadHeader,
    Reason::TooManyHeaders,
    Reason::MethodNotAllowed,
    Reason::NoRoute,
    Reason::UnknownGame,
    Reason::UnknownConversation,
    Reason::UnsupportedMediaType,
    Reason::BodyTooLarge,
    Reason::BodyIncomplete,
    Reason::KeyReused,
    Reason::Erased,
    Reason::Contended,
    Reason::OriginAway,
    Reason::GameUnusable,
    Reason::Internal,
    Reason::OutOfTime,
    Reason::StateTooLarge,
    Reason::OriginRefuses,
    Reason::Busy,
    Reason::WaitingUnreadable,
    Reason::OtherVersion,
    Reason::Unauthenticated,
    Reason::Forbidden,
    Reason::ForeignOrigin,
    Reason::RateLimited,
    Reason::Banned,
    Reason::Blocked,
    Reason::TooManyOpen,
    Reason::ConsentRequired,
];

impl Reason {
    /// Status, code and title.
    const fn facts(self) -> (u16, &'static str, &'static str) {
        match self {
            Reason::MalformedBody => (400, "E220", "The body is not valid JSON"),
            Reason::WrongShape => (422, "E221", "The body does not have the expected fields"),
            Reason::BadIdentifier => (422, "E222", "An identifier is not acceptable"),
            Reason::UtteranceTooLong => (422, "E223", "The input is too long"),
            Reason::BadHeader => (400, "E224", "A header is malformed"),
            Reason::MethodNotAllowed => (405, "E225", "The method is not allowed here"),
            Reason::NoRoute => (404, "E226", "There is nothing at this address"),
            Reason::UnknownGame => (404, "E227", "There is no such game"),
            Reason::UnknownConversation => (404, "E228", "There is no such conversation"),
            Reason::UnsupportedMediaType => (415, "E229", "The body must be JSON"),
            Reason::BodyTooLarge => (413, "E230", "The body is too large"),
            Reason::BodyIncomplete => (408, "E231", "The body did not arrive"),
            Reason::KeyReused => (422, "E232", "The idempotency key belongs to another request"),
            Reason::Erased => (410, "E233", "The conversation was erased"),
            Reason::Contended => (503, "E234", "The conversation is busy"),
            Reason::OriginAway => (503, "E235", "The service behind this node is away"),
            Reason::GameUnusable => (503, "E236", "The game can't be used at the moment"),
            Reason::Internal => (500, "E237", "The node failed"),
            Reason::OutOfTime => (503, "E238", "The request took too long"),
            Reason::TooManyHeaders => (431, "E239", "The headers are too large"),
            Reason::StateTooLarge => (422, "E240", "The conversation has grown too large"),
            Reason::OriginRefuses => (503, "E241", "The service behind this node does not take what it sends"),
            Reason::Busy => (503, "E242", "The node is busy"),
            Reason::WaitingUnreadable => (503, "E243", "A waiting turn can't be read here"),
            Reason::OtherVersion => (412, "E244", "The conversation has another version"),
            Reason::Unauthenticated => (401, "E310", "A valid credential is needed"),
            Reason::Forbidden => (403, "E311", "The credential does not allow this"),
            Reason::ForeignOrigin => (403, "E312", "This web origin is not allowed"),
            Reason::RateLimited => (429, "E320", "Too many requests"),
            Reason::Banned => (429, "E321", "Refused for a while after too many refusals"),
            Reason::Blocked => (403, "E322", "This caller is blocked"),
            Reason::TooManyOpen => (429, "E323", "Too many conversations are open"),
            Reason::ConsentRequired => (403, "E901", "Consent is required"),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.facts().0
    }

    /// The LGDL code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.facts().1
    }

    /// The title, the same for every occurrence.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.facts().2
    }

    /// The problem document of one occurrence. `detail` must hold no user text and nothing internal.
    #[must_use]
    pub fn problem(self, detail: impl Into<String>, request_id: impl Into<String>) -> Problem {
        Problem {
            kind: format!("/problems/{}", self.code()),
            title: self.title().into(),
            status: self.status(),
            detail: detail.into(),
            code: self.code().into(),
            request_id: request_id.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reason_has_a_code_of_its_own_and_an_error_status() {
        let codes: BTreeSet<&str> = ALL_REASONS.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), ALL_REASONS.len());
        for reason in ALL_REASONS {
            assert!((400..600).contains(&reason.status()), "{reason:?}");
            assert!(!reason.title().ends_with('.'), "{reason:?}");
        }
    }
}
