//! Everything that can be heard on the event bus: each type once, with its fields. `docs/events.md` and the admin API's
//! description are checked against this table.
//!
//! An event begins as an [`Event`](crate::store::Event) of the outbox, written in the transaction that made it happen. Whoever
//! writes one of a name that stands here is heard on the bus; the fields named here are taken from its detail, and no others.

/// How soon somebody should hear of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// In its turn.
    Normal,
    /// Somebody may be waiting. A subscription to these alone is never behind the others.
    High,
}

impl Priority {
    /// Each.
    pub const ALL: [Priority; 2] = [Priority::Normal, Priority::High];

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Priority::Normal => "normal",
            Priority::High => "high",
        }
    }

    /// The number that a store keeps.
    #[must_use]
    pub fn level(self) -> i16 {
        match self {
            Priority::Normal => 0,
            Priority::High => 1,
        }
    }

    /// Of such a number.
    #[must_use]
    pub fn of_level(level: i16) -> Priority {
        if level > 0 { Priority::High } else { Priority::Normal }
    }
}

/// Where an event of the outbox goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// On the bus alone.
    Heard,
    /// On the bus and in the audit log.
    HeardAndAudited,
}

/// How long an event may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasts {
    /// As long as the person and the conversation that it is about are not erased.
    WithItsSubject,
    /// Whatever is erased: it says that something was, and names nobody but by a pseudonym.
    BeyondErasure,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A text that is no text of a person: an id, or the program's own word.
    Word,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// Yes or no.
    Flag,
    /// Several words.
    Words,
    /// Several objects.
    Objects,
}

impl Holds {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Holds::Word => "string",
            Holds::Whole => "integer",
            Holds::Number => "number",
            Holds::Flag => "boolean",
            Holds::Words => "array of strings",
            Holds::Objects => "array of objects",
        }
    }
}

/// A field of an event's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// What that says.
    pub help: &'static str,
}

/// A type of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// As patterns name it.
    pub name: &'static str,
    /// Goes up when a field changes its meaning or goes; new fields come without.
    pub version: u32,
    /// The name of the event in the outbox.
    pub told_as: &'static str,
    /// Where that goes.
    pub kept: Kept,
    /// How long it may be told.
    pub lasts: Lasts,
    /// How soon.
    pub priority: Priority,
    /// When it happens.
    pub help: &'static str,
    /// What its data holds, where that is known.
    pub fields: &'static [Field],
}

const fn field(name: &'static str, holds: Holds, help: &'static str) -> Field {
    Field { name, holds, help }
}

const GAME: Field = field("game", Holds::Word, "the game's id");
const GAME_VERSION: Field = field("game_version", Holds::Word, "the version of the game that answered");
const TURN: Field = field("turn", Holds::Whole, "the turn's number in its conversation, from 1");
const MOVE: Field = field("move", Holds::Word, "the move");
const NODE: Field = field("node", Holds::Word, "the node's name");
const QUEUE: Field = field("queue", Holds::Word, "the queue that the game names");
const PERSON: Field = field("person", Holds::Word, "the person's pseudonym");

const ALERT: [Field; 6] = [
    field("alert", Holds::Word, "what tells one from another: the rule, and what it is about"),
    field("rule", Holds::Word, "the rule"),
    field("about", Holds::Word, "a host, a node, a webhook or a key; empty: the deployment"),
    field("severity", Holds::Word, "`warning` or `critical`"),
    field("summary", Holds::Word, "what is wrong, in words for people"),
    field("since_ms", Holds::Whole, "since when"),
];

/// One that is written for the bus.
const fn heard(name: &'static str, help: &'static str, fields: &'static [Field]) -> Kind {
    Kind {
        name,
        version: 1,
        told_as: name,
        kept: Kept::Heard,
        lasts: Lasts::WithItsSubject,
        priority: Priority::Normal,
        help,
        fields,
    }
}

/// One that the audit log knows, too.
const fn audited(name: &'static str, help: &'static str, fields: &'static [Field]) -> Kind {
    Kind { kept: Kept::HeardAndAudited, ..heard(name, help, fields) }
}

/// A turn was committed.
pub const TURN_COMMITTED: &str = "turn.committed";
/// The first turn of a conversation was.
pub const CONVERSATION_STARTED: &str = "conversation.started";
/// A conversation was silent for as long as a session lasts.
pub const CONVERSATION_EXPIRED: &str = "conversation.expired";
/// A move had all it needed.
pub const MOVE_COMPLETED: &str = "move.completed";
/// The person did not want it any more.
pub const MOVE_CANCELLED: &str = "move.cancelled";
/// A move could not be carried out.
pub const MOVE_FAILED: &str = "move.failed";
/// Somebody has taken a conversation over.
pub const ESCALATION_ACCEPTED: &str = "escalation.accepted";
/// A conversation was handed back, or came back to its queue.
pub const ESCALATION_RETURNED: &str = "escalation.returned";
/// A conversation asks for a person.
pub const ESCALATION_REQUESTED: &str = "escalation.requested";

/// A node tells of itself for the first time, or again.
pub const NODE_JOINED: &str = "node.joined";
/// A node with waiting turns is silent.
pub const NODE_LOST: &str = "node.lost";
/// A node's waiting turns have gone home.
pub const NODE_DRAINED: &str = "node.drained";
/// A node has stopped in order, and left nothing behind.
pub const NODE_LEFT: &str = "node.left";
/// A silent node is known no more, by an operator's word.
pub const NODE_FORGOTTEN: &str = "node.forgotten";

/// Something went wrong.
pub const ALERT_RAISED: &str = "alert.raised";
/// It is well again.
pub const ALERT_RESOLVED: &str = "alert.resolved";

/// Every type, by name.
pub const KINDS: &[Kind] = &[
    Kind { priority: Priority::High, ..heard(ALERT_RAISED, "A rule found something wrong.", &ALERT) },
    heard(ALERT_RESOLVED, "What a rule had found is well again.", &ALERT),
    audited(
        "consent.changed",
        "A person gave or withdrew a consent.",
        &[GAME, field("given", Holds::Flag, "given, or withdrawn"), field("consent", Holds::Word, "its id")],
    ),
    Kind {
        told_as: "conversation.deleted",
        lasts: Lasts::BeyondErasure,
        ..audited(
            "conversation.ended",
            "A conversation was erased. Nothing that was said in it is told any more.",
            &[field("conversation", Holds::Word, "its id at the origin")],
        )
    },
    heard(
        CONVERSATION_EXPIRED,
        "A conversation was silent for as long as a session lasts.",
        &[
            GAME,
            field("turns", Holds::Whole, "how many turns it has"),
            field(
                "then",
                Holds::Word,
                "`begins_anew` at its next turn, or `asked`: its game has said something, and it goes on",
            ),
        ],
    ),
    heard(
        CONVERSATION_STARTED,
        "The first turn of a conversation was committed, or the first after it had expired.",
        &[GAME, GAME_VERSION, field("again", Holds::Flag, "whether there was a session before")],
    ),
    audited(ESCALATION_ACCEPTED, "Somebody has taken a conversation over.", &[GAME, QUEUE]),
    Kind {
        priority: Priority::High,
        ..heard(
            ESCALATION_REQUESTED,
            "A conversation was handed to a person or a queue.",
            &[GAME, TURN, MOVE, field("to", Holds::Word, "the queue that the game names")],
        )
    },
    audited(
        ESCALATION_RETURNED,
        "A conversation was handed back to its game, or came back to its queue.",
        &[
            GAME,
            QUEUE,
            field("outcome", Holds::Word, "the agent's word, or `timed_out`, `agent_lost`, `released`, `withdrawn`"),
        ],
    ),
    audited(
        "game.activated",
        "Another version of a game became the active one.",
        &[field("version", Holds::Word, "the version")],
    ),
    audited(
        "game.published",
        "A game version was published.",
        &[
            field("version", Holds::Word, "the version"),
            field("outcome", Holds::Word, "`activated`, `stored` (the game is pinned) or `unchanged`"),
        ],
    ),
    audited(
        "game.rolled_back",
        "A game went back to the version before.",
        &[field("version", Holds::Word, "the version that it went back to")],
    ),
    audited(
        "game.withdrawn",
        "A version of a game was withdrawn: no conversation begins in it, and those in it begin anew. Or that was taken back.",
        &[
            field("version", Holds::Word, "the version"),
            field("withdrawn", Holds::Flag, "withdrawn, or that was taken back"),
        ],
    ),
    Kind {
        told_as: "rate_limit.exceeded",
        ..audited(
            "limit.exceeded",
            "Turns or logins were refused by a limit; edges count and tell what they refused.",
            &[
                field("refused", Holds::Word, "which limit"),
                field("count", Holds::Whole, "how often"),
                field("first_at_ms", Holds::Whole, "the first time"),
                field("last_at_ms", Holds::Whole, "the last time"),
            ],
        )
    },
    heard(MOVE_CANCELLED, "A person did not want a move any more.", &[GAME, TURN, MOVE]),
    heard(MOVE_COMPLETED, "A move had all it needed and was carried out.", &[GAME, TURN, MOVE]),
    heard(
        MOVE_FAILED,
        "A move could not be carried out.",
        &[
            GAME,
            TURN,
            MOVE,
            field("reason", Holds::Word, "`slot_given_up` (its retries ran out) or `capability_failed`"),
            field("slot", Holds::Word, "the slot that was given up"),
            field("capability", Holds::Word, "the function that failed, `service.function`"),
            field("status", Holds::Word, "how it failed: an error's code, or what the service answered"),
        ],
    ),
    heard(
        NODE_DRAINED,
        "The turns that waited at an edge node have all gone home.",
        &[NODE, field("turns", Holds::Whole, "how many waited when it told the last time")],
    ),
    audited(
        NODE_FORGOTTEN,
        "An operator had a silent edge node forgotten; turns that waited there are given up, unless it comes back.",
        &[
            NODE,
            field("waiting", Holds::Whole, "how many turns waited there when it told the last time"),
            field("aside", Holds::Whole, "how many were set aside there"),
        ],
    ),
    heard(
        NODE_JOINED,
        "An edge node tells of itself for the first time, or again after it was silent.",
        &[
            NODE,
            field("version", Holds::Word, "the version of its program"),
            field("platform", Holds::Word, "where it runs: `spin`, `workers`, …"),
            field("region", Holds::Word, "its region, as the deployment calls it"),
            field("again", Holds::Flag, "whether it was known before"),
        ],
    ),
    heard(NODE_LEFT, "An edge node has stopped in order; nothing waits there.", &[NODE]),
    Kind {
        priority: Priority::High,
        ..heard(
            NODE_LOST,
            "An edge node is silent while turns wait there.",
            &[
                NODE,
                field("waiting", Holds::Whole, "how many turns wait"),
                field("silent_s", Holds::Whole, "for how long it has been silent, seconds"),
            ],
        )
    },
    Kind {
        lasts: Lasts::BeyondErasure,
        ..audited("person.erased", "Everything about a person was erased. Nothing of them is told any more.", &[PERSON])
    },
    heard(
        TURN_COMMITTED,
        "A turn was committed.",
        &[
            GAME,
            GAME_VERSION,
            TURN,
            MOVE,
            field("confidence", Holds::Number, "of the match, in [0, 1]"),
            field("stage", Holds::Word, "where it left the conversation: `answered`, `collecting`, …"),
            field("reading", Holds::Word, "what it was taken for: `match`, `answer`, `correction`, …"),
            field("part", Holds::Word, "the part that answered for the move, which had called it"),
            field("understood_by", Holds::Word, "what recognised the move"),
            field("awaiting_slot", Holds::Word, "the slot that is asked for"),
            field("filled", Holds::Words, "the slots that it filled, without their values"),
            field("calls", Holds::Objects, "calls of capabilities: `capability` and `status`"),
            field("journalled", Holds::Flag, "whether it waited in an edge's journal"),
        ],
    ),
    Kind {
        priority: Priority::High,
        ..audited(
            "webhook.paused",
            "A webhook is gone, or took nothing for three days; it is sent no more until it is resumed.",
            &[
                field("webhook", Holds::Word, "its id"),
                field("name", Holds::Word, "its name"),
                field("why", Holds::Word, "what was the matter"),
            ],
        )
    },
];

/// The type that an event of the outbox is heard as.
#[must_use]
pub fn heard_as(told: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.told_as == told)
}

/// Whether an event of the outbox becomes a link of the audit log.
#[must_use]
pub fn is_audited(told: &str) -> bool {
    heard_as(told).is_none_or(|kind| kind.kept == Kept::HeardAndAudited)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_nothing_is_heard_twice() {
        assert!(KINDS.is_sorted_by(|one, other| one.name < other.name));
        let mut told: Vec<_> = KINDS.iter().map(|kind| kind.told_as).collect();
        told.sort_unstable();
        assert!(told.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn what_nobody_declared_is_for_the_audit_log() {
        assert!(is_audited("key.created") && is_audited("person.erased") && !is_audited(TURN_COMMITTED));
    }

    #[test]
    fn priorities_are_kept_as_numbers() {
        for priority in Priority::ALL {
            assert_eq!(Priority::of_level(priority.level()), priority);
        }
    }
}
