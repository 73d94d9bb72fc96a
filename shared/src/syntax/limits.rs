//! Every limit of the front end, by name. A file that exceeds one is refused with E008 (or E108 for inheritance).

/// The largest source file, in bytes.
pub const MAX_SOURCE_BYTES: usize = 8 << 20;
/// The most tokens in a file.
pub const MAX_TOKENS: usize = 2_000_000;
/// How deep blocks, conditions, lists and types may nest.
pub const MAX_NESTING: usize = 64;
/// The most games in a file.
pub const MAX_GAMES: usize = 64;
/// The most files that a file may import, directly or not.
pub const MAX_IMPORTS: usize = 64;
/// The most participants of a game, and the most services.
pub const MAX_SECTION_ENTRIES: usize = 500;
/// The most slots of a move.
pub const MAX_SLOTS: usize = 200;
/// The most blocks of a move, nested ones not counted.
pub const MAX_BLOCKS: usize = 1_000;
/// How many moves a move may extend, one through the other.
pub const MAX_MOVE_INHERITANCE: usize = 32;
/// How much inheritance may copy in one file, in tokens of the copied source.
pub const MAX_INHERITED_TOKENS: usize = 1_000_000;
/// Diagnostics kept of each severity; one more says that there are more.
pub const MAX_DIAGNOSTICS: usize = 100;
/// The longest regular expression, in bytes.
pub const MAX_REGEX_BYTES: usize = 1_000;
/// How large a regular expression may become when compiled, in bytes.
pub const MAX_REGEX_COMPILED_BYTES: usize = 1 << 20;
/// The longest time-out of a capability call, in seconds.
pub const MAX_TIMEOUT_SECONDS: f64 = 300.0;
/// The same in milliseconds, for contracts.
pub const MAX_TIMEOUT_MS: u64 = 300_000;
/// The longest that a person waits for somebody (`escalate to: … within …`), in seconds: a week.
pub const MAX_PATIENCE_SECONDS: f64 = 604_800.0;
/// The most retries of a slot.
pub const MAX_RETRIES: f64 = 20.0;
/// The largest capability contract, in bytes.
pub const MAX_CONTRACT_BYTES: usize = 1 << 20;
