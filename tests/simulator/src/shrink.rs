//! Makes a failing world smaller: leaves parts out as long as it still fails.

use std::collections::BTreeSet;

use crate::plan::Plan;
use crate::{Mutation, Report, run};

/// Worlds that are tried at most.
const MAX_TRIES: usize = 400;

/// The smallest failing world that was found, and its run. Chunks of parts are left out first, then single parts, until
/// no part can be spared.
#[must_use]
pub fn shrink(plan: &Plan, mutation: Option<Mutation>) -> (Plan, Report) {
    let mut best = (plan.clone(), run(plan, mutation));
    let mut tries = 0;
    let mut chunk = best.0.parts().len().div_ceil(2).max(1);
    loop {
        let mut smaller = false;
        let mut from = 0;
        while from < best.0.parts().len() && tries < MAX_TRIES {
            let parts = best.0.parts();
            let left_out: BTreeSet<String> = parts.into_iter().skip(from).take(chunk).collect();
            let candidate = best.0.clone().without(&left_out);
            let report = run(&candidate, mutation);
            tries += 1;
            if report.violations.is_empty() {
                from += chunk;
            } else {
                best = (candidate, report);
                smaller = true;
            }
        }
        if tries >= MAX_TRIES || (chunk == 1 && !smaller) {
            return best;
        }
        chunk = (chunk / 2).max(1);
    }
}
