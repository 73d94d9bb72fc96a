//! The one writer of a SQLite store: a thread that gathers waiting jobs into one transaction (group commit), so
//! that many turns share one fsync. A job is answered only after the transaction that holds it is durable.
//!
//! A job that fails or panics takes nothing else with it: its group is undone and run again, each job in a savepoint of its
//! own. Savepoints cost a tenth of the writing, so they are not laid before one is needed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use lgdl_files::Held;
use rusqlite::Connection;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::commit::take_told;
use super::{InUse, failed};
use crate::store::{Result, Signals, StoreError};

/// Jobs that share one transaction at most.
const MAX_GROUP: usize = 256;
/// Jobs that may wait; more are refused.
const MAX_WAITING: usize = 8192;

trait Job: Send {
    /// Does the work; false: what it wrote must be undone. It may be run a second time, once that has been done.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Answers, now that the group is durable or has failed.
    fn answer(self: Box<Self>, group: Result<()>);
}

struct Task<T, F> {
    work: F,
    result: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: Fn(&Connection) -> Result<T> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(connection)))
            .unwrap_or_else(|_| Err(StoreError::Internal("a write panicked".into())));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn answer(self: Box<Self>, group: Result<()>) {
        let own = self.result.unwrap_or_else(|| Err(StoreError::Internal("a write did not run".into())));
        // A caller that went away is no error: the work is kept all the same.
        let _ = self.reply.send(group.and(own));
    }
}

/// Hands jobs to the writer's thread.
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    sender: mpsc::WeakSender<Box<dyn Job>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, held: Held, in_use: InUse, signals: Arc<Signals>) -> Result<Writer> {
        let (sender, jobs) = mpsc::channel(MAX_WAITING);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || {
                let _in_use = in_use;
                write_groups(&connection, &held, jobs, &signals);
            })
            .map_err(|error| StoreError::Unavailable(format!("no thread for the writer: {error}")))?;
        Ok(Writer { sender: sender.downgrade(), jobs: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }

    /// Runs `work` in a transaction and returns once it is durable.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Task { work, result: None, reply });
        let sender = self.sender.upgrade().ok_or_else(|| StoreError::Unavailable("the store is closed".into()))?;
        sender.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                StoreError::Overloaded(format!("{MAX_WAITING} writes are waiting; try again shortly"))
            }
            mpsc::error::TrySendError::Closed(_) => StoreError::Unavailable("the writer has ended".into()),
        })?;
        drop(sender);
        answer.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the writer has ended".into())))
    }

    /// Finishes what was accepted and ends the thread.
    pub(super) async fn close(&self) {
        drop(self.jobs.lock().await.take());
        if let Some(thread) = self.thread.lock().await.take() {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

fn write_groups(connection: &Connection, held: &Held, mut jobs: mpsc::Receiver<Box<dyn Job>>, signals: &Signals) {
    let mut group: Vec<Box<dyn Job>> = Vec::with_capacity(MAX_GROUP);
    while let Some(first) = jobs.blocking_recv() {
        group.push(first);
        while group.len() < MAX_GROUP {
            let Ok(next) = jobs.try_recv() else { break };
            group.push(next);
        }
        let outcome = still_there(held).and_then(|()| write_group(connection, &mut group));
        for job in group.drain(..) {
            job.answer(outcome.clone());
        }
        if take_told() {
            signals.tell();
        }
    }
    // A clean end leaves everything in the main file, so that copying it alone is a whole copy.
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA optimize;");
}

/// What is written into files that were moved away would be gone with this process.
fn still_there(held: &Held) -> Result<()> {
    held.lost().map_or(Ok(()), |path| {
        Err(StoreError::Unavailable(format!(
            "{} was moved away, removed or replaced while the store was open, and nothing more is written. Put it back as it was, or \
             stop this process before anything else takes its place",
            path.display()
        )))
    })
}

fn write_group(connection: &Connection, group: &mut [Box<dyn Job>]) -> Result<()> {
    let statement =
        |sql: &str| connection.prepare_cached(sql).and_then(|mut s| s.execute([]).map(drop)).map_err(failed);
    statement("BEGIN IMMEDIATE")?;
    let done = if group.iter_mut().all(|job| job.run(connection)) {
        Ok(())
    } else {
        let begun_again = statement("ROLLBACK").and_then(|()| statement("BEGIN IMMEDIATE"));
        begun_again.and_then(|()| {
            group.iter_mut().try_for_each(|job| {
                statement("SAVEPOINT job")?;
                if !job.run(connection) {
                    statement("ROLLBACK TO job")?;
                }
                statement("RELEASE job")
            })
        })
    };
    let committed = done.and_then(|()| statement("COMMIT"));
    if committed.is_err() && !connection.is_autocommit() {
        let _ = statement("ROLLBACK");
    }
    committed
}
