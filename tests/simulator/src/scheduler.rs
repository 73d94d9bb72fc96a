//! One thread, virtual time: which of the futures that are ready goes on next is drawn from the seed, and time moves only
//! when none is.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use crate::random::{Random, index};

/// Polls in one run at most; a world that takes more goes round in circles.
pub const MAX_STEPS: u64 = 2_000_000;

/// Names a task.
pub type TaskId = u64;

type Work = Pin<Box<dyn Future<Output = ()>>>;

/// Runs tasks in virtual time.
#[derive(Clone)]
pub struct Scheduler(Rc<Inner>);

struct Inner {
    now_us: Cell<u64>,
    random: Random,
    tasks: RefCell<BTreeMap<TaskId, Option<Work>>>,
    ready: Arc<Mutex<Vec<TaskId>>>,
    timers: RefCell<BTreeMap<(u64, u64), Waker>>,
    next: Cell<u64>,
    steps: Cell<u64>,
}

/// How a run of the scheduler ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// What was waited for has come.
    Done,
    /// It has not, and the time is over.
    OutOfTime,
    /// It has not, after [`MAX_STEPS`].
    OutOfSteps,
}

impl Scheduler {
    /// A scheduler at time 0.
    #[must_use]
    pub fn new(random: Random) -> Scheduler {
        Scheduler(Rc::new(Inner {
            now_us: Cell::new(0),
            random,
            tasks: RefCell::default(),
            ready: Arc::default(),
            timers: RefCell::default(),
            next: Cell::new(0),
            steps: Cell::new(0),
        }))
    }

    /// Microseconds since the world began.
    #[must_use]
    pub fn now_us(&self) -> u64 {
        self.0.now_us.get()
    }

    /// Begins a task.
    pub fn spawn(&self, work: impl Future<Output = ()> + 'static) -> TaskId {
        let id = self.number();
        self.0.tasks.borrow_mut().insert(id, Some(Box::pin(work)));
        ready(&self.0.ready).push(id);
        id
    }

    /// Ends a task where it stands. Nothing of it runs any more, but for destructors.
    pub fn kill(&self, id: TaskId) {
        let task = self.0.tasks.borrow_mut().remove(&id);
        drop(task);
    }

    /// Waits.
    pub fn sleep_us(&self, us: u64) -> Sleep {
        Sleep { scheduler: self.clone(), until_us: self.now_us().saturating_add(us), timer: None }
    }

    /// Waits for a future, or for the time to be over.
    pub async fn within<T>(&self, us: u64, future: impl Future<Output = T>) -> Option<T> {
        let mut future = Box::pin(future);
        let mut limit = Box::pin(self.sleep_us(us));
        std::future::poll_fn(move |context| {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                return Poll::Ready(Some(value));
            }
            limit.as_mut().poll(context).map(|()| None)
        })
        .await
    }

    /// Goes on until `done`, until that time, or until there have been too many steps.
    pub fn run(&self, until_us: u64, done: impl Fn() -> bool) -> Ended {
        loop {
            if done() {
                return Ended::Done;
            }
            if self.0.steps.replace(self.0.steps.get() + 1) >= MAX_STEPS {
                return Ended::OutOfSteps;
            }
            let next = self.draw();
            match next {
                Some(id) => self.poll(id),
                None => {
                    let Some(at_us) = self.0.timers.borrow().keys().next().map(|(at_us, _)| *at_us) else {
                        return Ended::OutOfTime;
                    };
                    if at_us > until_us {
                        self.0.now_us.set(until_us);
                        return Ended::OutOfTime;
                    }
                    self.0.now_us.set(self.now_us().max(at_us));
                    self.wake_until(at_us);
                }
            }
        }
    }

    fn draw(&self) -> Option<TaskId> {
        let mut ready = ready(&self.0.ready);
        let count = ready.len() as u64;
        (count > 0).then(|| ready.swap_remove(index(self.0.random.below(count))))
    }

    fn poll(&self, id: TaskId) {
        let Some(mut work) = self.0.tasks.borrow_mut().get_mut(&id).and_then(Option::take) else { return };
        let waker = Waker::from(Arc::new(Bell { id, ready: Arc::clone(&self.0.ready) }));
        let finished = work.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        let mut tasks = self.0.tasks.borrow_mut();
        if finished {
            tasks.remove(&id);
        } else if let Some(place) = tasks.get_mut(&id) {
            *place = Some(work);
        }
    }

    fn wake_until(&self, at_us: u64) {
        let later = self.0.timers.borrow_mut().split_off(&(at_us + 1, 0));
        let due = std::mem::replace(&mut *self.0.timers.borrow_mut(), later);
        due.into_values().for_each(Waker::wake);
    }

    fn number(&self) -> u64 {
        self.0.next.replace(self.0.next.get() + 1)
    }

    /// Drops every task; to be called when a world ends, because tasks hold the world that holds the scheduler.
    pub fn clear(&self) {
        let tasks = std::mem::take(&mut *self.0.tasks.borrow_mut());
        drop(tasks);
        self.0.timers.borrow_mut().clear();
    }
}

fn ready(list: &Mutex<Vec<TaskId>>) -> std::sync::MutexGuard<'_, Vec<TaskId>> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Bell {
    id: TaskId,
    ready: Arc<Mutex<Vec<TaskId>>>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        let mut ready = ready(&self.ready);
        if !ready.contains(&self.id) {
            ready.push(self.id);
        }
    }
}

/// A pause in virtual time.
pub struct Sleep {
    scheduler: Scheduler,
    until_us: u64,
    timer: Option<(u64, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.scheduler.now_us() >= self.until_us && self.timer.is_some() {
            return Poll::Ready(());
        }
        let timer = self.timer.unwrap_or_else(|| (self.until_us, self.scheduler.number()));
        self.timer = Some(timer);
        self.scheduler.0.timers.borrow_mut().insert(timer, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            self.scheduler.0.timers.borrow_mut().remove(&timer);
        }
    }
}

/// A place for one value on its way from one task to another.
#[must_use]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let slot = Rc::new(Slot { value: RefCell::new(None), waker: RefCell::new(None), closed: Cell::new(false) });
    (Sender(Rc::clone(&slot)), Receiver(slot))
}

struct Slot<T> {
    value: RefCell<Option<T>>,
    waker: RefCell<Option<Waker>>,
    closed: Cell<bool>,
}

/// Sends the value; dropped without one, the receiver gets `None`.
pub struct Sender<T>(Rc<Slot<T>>);

impl<T> Sender<T> {
    /// Sends.
    pub fn send(self, value: T) {
        *self.0.value.borrow_mut() = Some(value);
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.closed.set(true);
        if let Some(waker) = self.0.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

/// Waits for the value.
pub struct Receiver<T>(Rc<Slot<T>>);

impl<T> Future for Receiver<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        if self.0.closed.get() {
            return Poll::Ready(self.0.value.borrow_mut().take());
        }
        *self.0.waker.borrow_mut() = Some(context.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order_of(seed: u64) -> Vec<u64> {
        let scheduler = Scheduler::new(Random::new(seed));
        let order = Rc::new(RefCell::new(Vec::new()));
        for task in 0..8 {
            let (own, order) = (scheduler.clone(), Rc::clone(&order));
            scheduler.spawn(async move {
                for _ in 0..3 {
                    own.sleep_us(10).await;
                    order.borrow_mut().push(task);
                }
            });
        }
        assert_eq!(scheduler.run(1_000, || order.borrow().len() == 24), Ended::Done);
        assert_eq!(scheduler.now_us(), 30);
        order.take()
    }

    #[test]
    fn a_seed_gives_an_order_and_another_seed_another_one() {
        assert_eq!(order_of(1), order_of(1));
        assert_ne!(order_of(1), order_of(2));
    }

    #[test]
    fn a_killed_task_does_nothing_more_and_whoever_waits_for_it_hears_of_it() {
        let scheduler = Scheduler::new(Random::new(1));
        let (sender, receiver) = channel::<u32>();
        let own = scheduler.clone();
        let task = scheduler.spawn(async move {
            own.sleep_us(1_000).await;
            sender.send(1);
        });
        let heard = Rc::new(Cell::new(false));
        let told = Rc::clone(&heard);
        scheduler.spawn(async move { told.set(receiver.await.is_none()) });
        assert_eq!(scheduler.run(10, || false), Ended::OutOfTime);
        scheduler.kill(task);
        assert_eq!(scheduler.run(20, || heard.get()), Ended::Done);
    }

    #[test]
    fn what_takes_too_long_is_given_up() {
        let scheduler = Scheduler::new(Random::new(1));
        let (own, outcome) = (scheduler.clone(), Rc::new(Cell::new(None)));
        let told = Rc::clone(&outcome);
        scheduler.spawn(async move { told.set(Some(own.within(50, own.sleep_us(100)).await.is_none())) });
        assert_eq!(scheduler.run(1_000, || outcome.get().is_some()), Ended::Done);
        assert_eq!((outcome.get(), scheduler.now_us()), (Some(true), 50));
    }
}
