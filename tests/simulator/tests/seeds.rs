//! The simulator's seeds: all of them hold, each is repeated bit for bit, and a world without one of the mechanisms that
//! keep turns safe is caught.
//!
//! `LGDL_SIM_SEEDS=100000` runs more seeds, `LGDL_SIM_FROM=5000` begins elsewhere, `LGDL_SIM_SCENE=…` begins with a scene's, and `LGDL_SIM_SEED=7` with the test
//! `one_seed` runs one and prints what happened.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use lgdl_simulator::plan::Plan;
use lgdl_simulator::{Mutation, Tally, run, shrink};

/// Seeds that every run of the tests has.
const SEEDS: u64 = 1_000;
/// Within so many seeds a missing mechanism is noticed.
const SEEDS_TO_NOTICE: u64 = 100;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// A failing world made small, what happened in it, and how to run it again.
fn told(plan: &Plan, mutation: Option<Mutation>) -> String {
    let (plan, report) = shrink(plan, mutation);
    let mut text = format!("{plan}");
    for line in &report.trace {
        let _ = writeln!(text, "{line}");
    }
    for violation in &report.violations {
        let _ = writeln!(text, "VIOLATED: {violation}");
    }
    let _ = writeln!(text, "again: {}", plan.command());
    text
}

/// The seeds of a run: those of the scene that `LGDL_SIM_SCENE` names come first.
fn in_order(from: u64, count: u64) -> Vec<u64> {
    let scene = std::env::var("LGDL_SIM_SCENE").ok().filter(|name| !name.is_empty());
    let until = from + count;
    let of_scene = |name: &String| -> Vec<u64> {
        Plan::seeds_of(name).skip_while(|seed| *seed < from).take_while(|seed| *seed < until).collect()
    };
    let first: BTreeSet<u64> = scene.iter().flat_map(of_scene).collect();
    let rest = (from..from + count).filter(|seed| !first.contains(seed));
    first.iter().copied().chain(rest).collect()
}

#[test]
fn whatever_goes_wrong_no_turn_is_lost_and_none_counts_twice() {
    let (from, count) = (number("LGDL_SIM_FROM").unwrap_or(0), number("LGDL_SIM_SEEDS").unwrap_or(SEEDS));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let seeds = in_order(from, count);
    let next = AtomicUsize::new(0);
    let (failed, tally) = (Mutex::new(BTreeSet::new()), Mutex::new(Tally::default()));
    // For whoever wants to know only whether anything fails.
    let stops_at_first = number("LGDL_SIM_STOP_AT_FIRST").is_some();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = seeds.get(next.fetch_add(1, Ordering::Relaxed)).copied();
                    let is_enough = stops_at_first && !failed.lock().unwrap().is_empty();
                    let Some(seed) = seed.filter(|_| !is_enough) else { break };
                    let plan = Plan::of(seed);
                    let report = run(&plan, None);
                    tally.lock().unwrap().add(&report.tally);
                    if !report.violations.is_empty() {
                        if failed.lock().unwrap().insert(seed) && stops_at_first {
                            let worlds = next.load(Ordering::Relaxed);
                            eprintln!("first: {}, seed {seed}, within {worlds} worlds", plan.about);
                        }
                        eprintln!("seed {seed}, {}: {}", plan.about, report.violations.join("; "));
                    }
                }
            });
        }
    });
    let (failed, tally) = (failed.into_inner().unwrap(), tally.into_inner().unwrap());
    eprintln!("{count} seeds from {from} in {:.1} s: {tally:?}", begun.elapsed().as_secs_f64());
    assert!(!stops_at_first || failed.is_empty(), "{failed:?}");
    if let Some(first) = failed.first() {
        panic!("{} of {count} seeds failed, first:\n{}", failed.len(), told(&Plan::of(*first), None));
    }
    // Nothing went wrong, and everything happened that can go wrong.
    if count >= SEEDS {
        for (what, times) in [
            ("durable", tally.durable),
            ("journalled", tally.journalled),
            ("stateless", tally.stateless),
            ("refused", tally.refused),
            ("arrived", tally.arrived),
            ("run again", tally.rerun),
            ("effects", tally.effects),
            ("erased", tally.erased),
            ("crashes", tally.crashes),
        ] {
            assert!(times >= count / 20, "{what}: {times}");
        }
    }
}

/// For looking into one run: `LGDL_SIM_SEED=7 cargo test -p lgdl-simulator one_seed -- --ignored --nocapture`.
#[test]
#[ignore = "asks for a seed: LGDL_SIM_SEED"]
fn one_seed() {
    let seed = number("LGDL_SIM_SEED").expect("LGDL_SIM_SEED says which");
    let without = std::env::var("LGDL_SIM_WITHOUT").unwrap_or_default();
    let without = without.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let plan = Plan::of(seed).without(&without);
    let report = run(&plan, None);
    println!("{plan}{}", report.trace.join("\n"));
    assert!(report.violations.is_empty(), "{}", report.violations.join("\n"));
}

#[test]
fn a_seed_is_the_same_run_every_time() {
    for seed in 0..20 {
        let (one, other) = (run(&Plan::of(seed), None), run(&Plan::of(seed), None));
        assert_eq!(one.trace, other.trace, "seed {seed}");
        assert_eq!(one.fingerprint, other.fingerprint, "seed {seed}");
        assert!(one.trace.len() > 5, "seed {seed}: nothing happened");
    }
}

/// The first seed that notices that a mechanism is missing.
fn noticed(mutation: Mutation) -> u64 {
    let notices = |seed: &u64| !run(&Plan::of(*seed), Some(mutation)).violations.is_empty();
    let found = (0..SEEDS_TO_NOTICE).find(notices);
    found.unwrap_or_else(|| panic!("{mutation:?} goes unnoticed in {SEEDS_TO_NOTICE} seeds"))
}

#[test]
fn without_compare_and_swap_turns_overwrite_each_other_and_that_is_noticed() {
    noticed(Mutation::NoCompareAndSwap);
}

#[test]
fn without_idempotency_turns_count_twice_and_that_is_noticed() {
    noticed(Mutation::NoIdempotency);
}

#[test]
fn without_tombstones_what_was_erased_comes_back_and_that_is_noticed() {
    noticed(Mutation::NoTombstone);
}

#[test]
fn without_order_in_the_journal_turns_arrive_out_of_order_and_that_is_noticed() {
    noticed(Mutation::NoOrderedDrain);
}

#[test]
fn a_failing_world_is_made_smaller_and_still_fails() {
    let seed = noticed(Mutation::NoIdempotency);
    let whole = Plan::of(seed);
    let (small, report) = shrink(&whole, Some(Mutation::NoIdempotency));
    assert!(!report.violations.is_empty());
    assert!(small.parts().len() < whole.parts().len(), "{small}");
    assert!(small.command().contains(&format!("LGDL_SIM_SEED={seed}")));
}
