//! The endpoints, one file a resource. Each file begins with what its endpoints need and say; handlers follow.

mod administrators;
mod agents;
mod audit;
mod blocks;
mod consents;
mod conversations;
mod desk;
mod erasures;
mod events;
mod games;
mod holds;
mod keys;
mod learning;
mod nodes;
mod people;
mod service;
mod session;
mod turns;
mod webhooks;

use super::endpoint::Endpoint;

/// Every endpoint of the admin API.
pub(super) fn endpoints() -> Vec<Endpoint> {
    let resources = [
        service::endpoints(),
        session::endpoints(),
        administrators::endpoints(),
        keys::endpoints(),
        games::endpoints(),
        learning::endpoints(),
        conversations::endpoints(),
        turns::endpoints(),
        people::endpoints(),
        consents::endpoints(),
        erasures::endpoints(),
        holds::endpoints(),
        blocks::endpoints(),
        audit::endpoints(),
        agents::endpoints(),
        desk::endpoints(),
        events::endpoints(),
        webhooks::endpoints(),
        nodes::endpoints(),
    ];
    resources.into_iter().flatten().collect()
}
