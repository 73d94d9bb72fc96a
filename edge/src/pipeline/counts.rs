//! What happened at a node without metrics of its own: counted where the node keeps its notes, and told to the origin each minute, which
//! exposes it. What is told once and not heard is told again with the next; on Spin alone, requests at the same moment may count as one.

use lgdl::wire::origin::NodeCounts;
use serde::{Deserialize, Serialize};

use crate::answer::{OBSERVED, Observed};
use crate::call::Call;
use crate::memory::About;
use crate::notes;
use crate::origin::Origin;
use crate::pipeline::presence;
use crate::platform::{Platform, SpansBy};

/// How often it is told, milliseconds; by isolates of Workers each for itself.
const EVERY_MS: i64 = 60_000;
/// Where it is noted.
const NOTE: &str = "happened";

/// What is not told yet.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Untold {
    told_at_ms: i64,
    counts: [u64; OBSERVED.len()],
}

impl Untold {
    fn add(&mut self, counts: impl IntoIterator<Item = u64>) {
        self.counts.iter_mut().zip(counts).for_each(|(sum, count)| *sum = sum.saturating_add(count));
    }
}

/// Counts what happened in a request or beside one, where nobody else does.
pub(super) async fn add<P: Platform>(call: &Call<'_, P>, observed: &Observed) {
    if call.platform.spans_by() == SpansBy::Host {
        return;
    }
    let now_ms = call.platform.now_ms();
    let noted: Option<Untold> = notes::recall(call.platform, About::Node, NOTE).await;
    // Who has told nothing yet tells at once: an isolate may not live for long.
    let mut untold = noted.unwrap_or_default();
    untold.add(observed.counts.map(u64::from));
    if (0..EVERY_MS).contains(&now_ms.saturating_sub(untold.told_at_ms)) {
        notes::remember(call.platform, About::Node, NOTE, &untold).await;
        return;
    }
    if untold.counts.iter().all(|count| *count == 0) {
        return;
    }
    // Taken away first: what is counted meanwhile is not told twice.
    let told = std::mem::take(&mut untold.counts);
    untold.told_at_ms = now_ms;
    notes::remember(call.platform, About::Node, NOTE, &untold).await;
    if tell(call, &told).await.is_none() {
        let noted: Option<Untold> = notes::recall(call.platform, About::Node, NOTE).await;
        let mut untold = noted.unwrap_or(untold);
        untold.add(told);
        notes::remember(call.platform, About::Node, NOTE, &untold).await;
    }
}

async fn tell<P: Platform>(call: &Call<'_, P>, counts: &[u64]) -> Option<()> {
    let counts = OBSERVED.iter().zip(counts).filter(|(_, count)| **count > 0);
    let counts = counts.map(|((name, _), count)| ((*name).to_owned(), *count)).collect();
    let name = presence::name(call).await?;
    Origin::new(call).happened(&NodeCounts { name, counts }).await.ok()
}
