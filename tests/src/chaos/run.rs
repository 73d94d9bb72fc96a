//! One run: clients talk, faults come and go, and everything is written down with its time.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::client::{Attempt, Outcome, Said, TRY_TAKES, World, converse};
use super::deployment::{Deployment, Keeping, Plan};
use super::ledger::{Balance, balance};
use super::node::NodeLimits;
use super::report::{Report, Window, summary};
use crate::games::GameFolder;

/// How often it is asked whether all is normal again.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long normality is waited for.
const GIVE_UP: Duration = Duration::from_secs(60);
/// So many good tries in a row, or as many as there are clients, are normal.
const NORMAL: usize = 25;

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Conversations at once.
    pub conversations: usize,
    /// The pause of a client after a turn.
    pub think: Duration,
    /// Load without faults, before, between and after them.
    pub calm: Duration,
}

/// What clients write down.
#[derive(Debug, Default)]
pub struct Log {
    attempts: Mutex<Vec<Attempt>>,
    said: Mutex<Vec<Said>>,
}

impl Log {
    /// A try.
    pub fn attempt(&self, attempt: Attempt) {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).push(attempt);
    }

    /// A turn, answered or given up.
    pub fn said(&self, said: Said) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push(said);
    }

    fn attempts(&self) -> Vec<Attempt> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A deployment under load.
pub struct Run {
    /// What is broken and mended.
    pub deployment: Deployment,
    game: GameFolder,
    scale: Scale,
    log: Arc<Log>,
    stop: Arc<AtomicBool>,
    clients: JoinSet<()>,
    windows: Vec<Window>,
    began: Instant,
}

impl Run {
    /// Starts a deployment and its load; the reason when there is no PostgreSQL for it here.
    ///
    /// # Errors
    /// When PostgreSQL is asked for and there is none.
    ///
    /// # Panics
    /// When something else does not start.
    pub async fn begin(game: GameFolder, keeping: Keeping, node_program: &Path, scale: Scale) -> Result<Run, String> {
        let plan =
            Plan { keeping, limits: NodeLimits::default(), kv_is_there: true, node_program: node_program.to_owned() };
        Run::begin_with(game, plan, scale).await
    }

    /// As [`Run::begin`], with more to say about the deployment.
    ///
    /// # Errors
    /// As [`Run::begin`].
    ///
    /// # Panics
    /// As [`Run::begin`].
    pub async fn begin_with(game: GameFolder, plan: Plan, scale: Scale) -> Result<Run, String> {
        let deployment = Deployment::start(&game, plan).await?;
        let (log, stop) = (Arc::new(Log::default()), Arc::new(AtomicBool::new(false)));
        let http = reqwest::Client::builder().no_proxy().timeout(TRY_TAKES).build().expect("a client");
        let world = World {
            url: format!("http://{}/games/{}/move", deployment.node_address, game.id),
            api_key: deployment.api_key.clone(),
            http,
            log: Arc::clone(&log),
            stop: Arc::clone(&stop),
            think: scale.think,
        };
        let mut clients = JoinSet::new();
        for conversation in 0..scale.conversations {
            clients.spawn(converse(world.clone(), conversation));
        }
        let mut run = Run { deployment, game, scale, log, stop, clients, windows: Vec::new(), began: Instant::now() };
        // What must be compiled and filled for the first time is no part of what is measured.
        run.fault("start", async |_| {}).await;
        run.calm().await;
        Ok(run)
    }

    /// Load without faults.
    pub async fn calm(&self) {
        tokio::time::sleep(self.scale.calm).await;
    }

    /// A fault: `break_and_mend` returns when what it broke is there again. Then waits until all is normal.
    pub async fn fault(&mut self, what: &str, break_and_mend: impl AsyncFnOnce(&mut Deployment)) {
        let from = Instant::now();
        let failures = self.origin_failures().await;
        break_and_mend(&mut self.deployment).await;
        let mended = Instant::now();
        let normal = self.await_normal(what, mended).await;
        let origin_failures = self.origin_failures().await.saturating_sub(failures);
        self.windows.push(Window { what: what.to_owned(), from, mended, normal, origin_failures });
    }

    async fn origin_failures(&self) -> u64 {
        self.deployment.metric("lgdl_edge_origin_failures_total").await.unwrap_or(0)
    }

    /// Normal: nothing waits in the journal, and [`NORMAL`] tries begun after the mending were durable since the last that
    /// was not.
    async fn await_normal(&self, what: &str, mended: Instant) -> Instant {
        let mut emptied = None;
        loop {
            match self.deployment.waiting().await {
                Some(0) => _ = emptied.get_or_insert_with(Instant::now),
                _ => emptied = None,
            }
            let since: Vec<Attempt> =
                self.log.attempts().into_iter().filter(|attempt| attempt.began >= mended).collect();
            let bad = |attempt: &&Attempt| attempt.outcome != Outcome::Durable;
            let last_bad = since.iter().filter(bad).map(|attempt| attempt.ended).max();
            let good_again: Vec<Instant> = since
                .iter()
                .filter(|attempt| attempt.outcome == Outcome::Durable && last_bad.is_none_or(|bad| attempt.ended > bad))
                .map(|attempt| attempt.ended)
                .collect();
            if let Some(emptied) = emptied
                && good_again.len() >= self.scale.conversations.min(NORMAL)
            {
                let first_good = good_again.into_iter().min().expect("there are some");
                return first_good.max(emptied);
            }
            if mended.elapsed() >= GIVE_UP {
                // The books are closed all the same, and whoever checks the report sees how long it was.
                let waiting = self.deployment.waiting().await;
                println!(
                    "{GIVE_UP:?} after `{what}` not all was normal; {waiting:?} turns waited; tries since it was mended: {}; {}",
                    summary(&since),
                    self.deployment.counts().await
                );
                return Instant::now();
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Ends the load and closes the books.
    ///
    /// # Panics
    /// When clients or journal do not come to an end.
    pub async fn end(mut self) -> (Report, Balance) {
        self.calm().await;
        self.stop.store(true, Ordering::SeqCst);
        let ending = Instant::now();
        // A client that has just begun its last turn may try it as often as it likes.
        tokio::time::timeout(TRY_TAKES * 6, async { while self.clients.join_next().await.is_some() {} })
            .await
            .expect("clients come to an end");
        while self.deployment.waiting().await != Some(0) {
            assert!(ending.elapsed() < TRY_TAKES * 7, "the journal is emptied in the end");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let store = self.deployment.store().await;
        let said = std::mem::take(&mut *self.log.said.lock().unwrap_or_else(PoisonError::into_inner));
        let balance = balance(&*store, &self.game, &said).await;
        store.close().await;
        let report = Report { windows: self.windows, attempts: self.log.attempts(), began: self.began, ended: ending };
        (report, balance)
    }
}
