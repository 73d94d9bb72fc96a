//! Log lines of the servers, on standard error: readable where a person looks, JSON in a pipe.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

use super::failure::Failure;

/// Begins logging what `filter` lets through.
pub(super) fn begin(filter: &str) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| Failure::Failed(format!("LGDL_LOG is no filter: {error}; such as info,lgdl_origin=debug")))?;
    let logger = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    let begun = if stderr().is_terminal() { logger.compact().try_init() } else { logger.json().try_init() };
    begun.map_err(|error| Failure::Failed(format!("cannot begin logging: {error}")))
}
