//! What can go wrong in a store, told apart by what the caller can do about it.

/// A store's failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database can't be reached, is full, or did not answer in time. Trying again later may help; whether a
    /// write was kept is not known, which is what idempotency keys are for.
    #[error("E501 the store is not available: {0}")]
    Unavailable(String),
    /// More work waits than the store takes on.
    #[error("E501 the store has too much to do: {0}")]
    Overloaded(String),
    /// A row does not hold what it must hold.
    #[error("E503 the store holds something it should not: {0}")]
    Damaged(String),
    /// There is none where the settings say.
    #[error(
        "E505 there is no store: {0} holds none, and nothing was made. Look at the setting and at the folder that this runs in; \
         `lgdl serve` and `lgdl migrate up` make a new one"
    )]
    NotThere(String),
    /// The schema is newer than this program, or was changed by hand.
    #[error("E504 the store's schema does not fit this program: {0}")]
    Schema(String),
    /// What is there and what should come do not go together; the message says what to do.
    #[error("E518 {0}")]
    Refused(String),
    /// A defect of ours.
    #[error("E500 the store failed: {0}")]
    Internal(String),
}

impl StoreError {
    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, StoreError::Unavailable(_) | StoreError::Overloaded(_))
    }
}

/// What store operations return.
pub type Result<T> = std::result::Result<T, StoreError>;
