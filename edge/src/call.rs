//! One request on its way through the stages: what it may use, and what it leaves to be done and counted.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use lgdl::wire::node::{Level, LogLine, Observation, ServiceCall, Traced};
use lgdl::wire::trace::{Sampling, TraceContext};

use crate::answer::{After, Event, Observed};
use crate::platform::{FetchError, Inbound, Outbound, Platform};
use crate::settings::Settings;

/// A request in progress.
pub struct Call<'a, P> {
    /// The platform.
    pub platform: &'a P,
    /// The deployment.
    pub settings: &'a Settings,
    /// The request's id.
    pub request_id: String,
    /// Where it stands in its trace.
    pub trace: Traced,
    /// On whose behalf.
    pub caller: Caller,
    /// How the origin was, once this request has looked.
    pub(crate) origin_health: Cell<Option<crate::origin::Health>>,
    stages: RefCell<Vec<(&'static str, u64)>>,
    game: RefCell<Option<String>>,
    observed: Cell<Observed>,
    /// How long it has waited for others, microseconds.
    waited_us: Cell<u64>,
    calls: RefCell<Vec<ServiceCall>>,
    after: RefCell<Vec<After>>,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    /// The tenant.
    pub tenant: String,
    /// The API key's id, when there is one.
    pub key: Option<String>,
    /// The user that the credential stands for; requests for others are refused.
    pub user: Option<String>,
    /// What it may do.
    pub scopes: Vec<String>,
}

impl Caller {
    /// Whether its key says that it administers: then it may take turns, too.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.key.is_some() && self.scopes.iter().any(|scope| scope == "admin")
    }

    /// Whether its key is one that never reaches a page, and may speak for those whom tokens prove.
    #[must_use]
    pub fn may_name_anybody(&self) -> bool {
        self.is_admin() || (self.key.is_some() && self.scopes.iter().any(|scope| scope == "persons"))
    }

    /// Whether it runs this node: limits do not apply, and what waits here is its to look at. A token never is, since whoever
    /// signs it may have scopes of the same name for something else; nor is a key of another tenant than the node's own.
    #[must_use]
    pub fn operates(&self, settings: &Settings) -> bool {
        self.is_admin() && self.tenant == settings.tenant
    }
}

impl<'a, P: Platform> Call<'a, P> {
    /// A call of the deployment's own tenant.
    pub fn new(platform: &'a P, settings: &'a Settings, request_id: String) -> Self {
        let caller = Caller { tenant: settings.tenant.clone(), ..Caller::default() };
        Call {
            platform,
            settings,
            request_id,
            trace: begun(platform, settings.trace_rate),
            caller,
            origin_health: Cell::default(),
            stages: RefCell::default(),
            game: RefCell::default(),
            observed: Cell::default(),
            waited_us: Cell::default(),
            calls: RefCell::default(),
            after: RefCell::default(),
        }
    }

    /// Another call within this one, on behalf of a tenant. What it counts and leaves to be done is taken back by
    /// [`Call::absorb`].
    #[must_use]
    pub fn for_tenant(&self, tenant: String) -> Self {
        let mut inner = Call::new(self.platform, self.settings, self.request_id.clone());
        inner.trace = self.trace;
        inner.caller = Caller { tenant, ..Caller::default() };
        inner.origin_health.set(self.origin_health.get());
        inner
    }

    /// Takes over what an inner call has counted, left to be done and found out.
    pub fn absorb(&self, inner: Self) {
        self.origin_health.set(inner.origin_health.get());
        let mut all = self.observed.get();
        all.counts.iter_mut().zip(inner.observed.get().counts).for_each(|(sum, count)| *sum += count);
        self.observed.set(all);
        self.waited_us.set(self.waited_us.get() + inner.waited_us.get());
        self.calls.borrow_mut().extend(inner.calls.into_inner());
        self.after.borrow_mut().extend(inner.after.into_inner());
    }

    /// Goes on with the trace of whoever sent the request.
    #[must_use]
    pub fn in_trace(self, parent: Option<TraceContext>) -> Self {
        match parent {
            Some(parent) => {
                let own = parent.with_span(self.trace.own.span);
                Call { trace: Traced { own, parent: Some(parent.span) }, ..self }
            }
            None => self,
        }
    }

    /// Makes one HTTP request; the time counts as waited.
    pub(crate) async fn fetch(&self, request: Outbound) -> Result<Inbound, FetchError> {
        self.waiting(self.platform.fetch(request)).await
    }

    /// Waits.
    pub(crate) async fn sleep_ms(&self, ms: u64) {
        self.waiting(self.platform.sleep_ms(ms)).await;
    }

    async fn waiting<T>(&self, work: impl Future<Output = T>) -> T {
        let from_us = self.platform.ticks_us();
        let done = work.await;
        self.waited_us.set(self.waited_us.get() + self.platform.ticks_us().saturating_sub(from_us));
        done
    }

    /// The platform's steady clock without the time that this request has waited, microseconds: what passes on it is computed, or spent
    /// on this node's own stores.
    pub(crate) fn computed_us(&self) -> u64 {
        self.platform.ticks_us().saturating_sub(self.waited_us.get())
    }

    /// Notes that a stage is over: for metrics, and on development nodes for `server-timing`.
    pub fn stage(&self, name: &'static str) {
        self.stages.borrow_mut().push((name, self.platform.ticks_us()));
    }

    /// Notes a stage that ran beside the next one, and took so long itself: the rest of the time is the next one's.
    pub fn stage_beside(&self, name: &'static str, took_us: u64, came_us: u64) {
        let mut stages = self.stages.borrow_mut();
        let before_us = stages.last().map_or(came_us, |(_, at)| *at);
        stages.push((name, (before_us + took_us).min(self.platform.ticks_us())));
    }

    /// The published game that the request is about, once that is known.
    pub fn game(&self) -> Option<String> {
        self.game.borrow().clone()
    }

    /// Notes which game the request is about.
    pub fn about(&self, game: &str) {
        *self.game.borrow_mut() = Some(game.to_owned());
    }

    /// Each stage and how long it took, microseconds.
    fn stages(&self, came_us: u64) -> Vec<(Cow<'static, str>, u64)> {
        let stages = self.stages.borrow();
        let befores = std::iter::once(came_us).chain(stages.iter().map(|(_, at)| *at));
        stages.iter().zip(befores).map(|((name, at), before)| ((*name).into(), at.saturating_sub(before))).collect()
    }

    /// `server-timing` (W3C): the whole time, and on development nodes each stage's.
    #[must_use]
    pub fn server_timing(&self, came_us: u64) -> String {
        let mut text = String::new();
        let mut put = |name: &str, us: u64| {
            let separator = if text.is_empty() { "" } else { ", " };
            let _ = write!(text, "{separator}{name};dur={}.{:03}", us / 1_000, us % 1_000);
        };
        put("edge", self.platform.ticks_us().saturating_sub(came_us));
        if self.settings.development {
            self.stages(came_us).iter().for_each(|(name, us)| put(name, *us));
        }
        text
    }

    /// Writes a line of the node's log: what happened, and in `with` what more is known. Nothing that a person said, no id
    /// that they chose.
    pub fn tell(&self, level: Level, event: &'static str, with: impl FnOnce(&mut LogLine)) {
        let mut line = LogLine {
            level,
            event: event.into(),
            request_id: self.request_id.clone(),
            route: None,
            status: None,
            code: None,
            game: None,
            took_ms: None,
            detail: None,
        };
        with(&mut line);
        self.platform.log(&line);
    }

    /// Counts an event.
    pub fn observe(&self, event: Event) {
        let mut observed = self.observed.get();
        observed.add(event);
        self.observed.set(observed);
    }

    /// Counts a call of a service, with the code that it failed with, if it did. Both go into a header and are labels, so only what is a
    /// name is taken.
    pub fn called(&self, service: &str, failed: Option<&str>, took_us: u64) {
        self.observe(Event::CapabilityCall);
        if failed.is_some() {
            self.observe(Event::CapabilityFailure);
        }
        let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if is_name(service) && failed.is_none_or(is_name) {
            let (service, failed) = (service.to_owned(), failed.map(str::to_owned));
            self.calls.borrow_mut().push(ServiceCall { service, failed, took_us });
        }
    }

    /// Leaves work for after the answer.
    pub fn later(&self, work: After) {
        self.after.borrow_mut().push(work);
    }

    /// What was counted.
    pub fn observed(&self) -> Observed {
        self.observed.get()
    }

    /// What a node counts of the request, which came at `came_us`.
    pub fn observation(&self, route: &'static str, code: Option<&'static str>, came_us: u64) -> Observation {
        Observation {
            route: route.into(),
            counts: self.observed.get().counts.to_vec(),
            game: self.game(),
            code: code.map(Into::into),
            stages: self.stages(came_us),
            trace: Some(self.trace),
            calls: self.calls.borrow().clone(),
        }
    }

    /// What is left to do.
    pub fn into_rest(self) -> Vec<After> {
        self.after.into_inner()
    }
}

/// A trace that begins here; at this rate it is kept.
fn begun<P: Platform>(platform: &P, rate: f64) -> Traced {
    let (mut trace, mut span) = ([0; 16], [0; 8]);
    let mut drawn = [0; 24];
    platform.fill_random(&mut drawn);
    let (of_trace, of_span) = drawn.split_at(16);
    trace.copy_from_slice(of_trace);
    span.copy_from_slice(of_span);
    // The trace's own digits say whether it is kept, so that nothing more is drawn.
    let part = u32::from_be_bytes([drawn[12], drawn[13], drawn[14], drawn[15]]);
    let sampling = if f64::from(part) < rate * f64::from(u32::MAX) { Sampling::Kept } else { Sampling::OnFailure };
    Traced { own: TraceContext { trace, span, sampling }, parent: None }
}

/// Both at once: one waits for its store while the other waits for its own.
pub async fn both<A: Future, B: Future>(one: A, other: B) -> (A::Output, B::Output) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    poll_fn(move |context| {
        if first.is_none()
            && let Poll::Ready(done) = one.as_mut().poll(context)
        {
            first = Some(done);
        }
        if second.is_none()
            && let Poll::Ready(done) = other.as_mut().poll(context)
        {
            second = Some(done);
        }
        match (first.take(), second.take()) {
            (Some(first), Some(second)) => Poll::Ready((first, second)),
            (early, late) => {
                (first, second) = (early, late);
                Poll::Pending
            }
        }
    })
    .await
}

/// So many random bytes, in hexadecimal.
pub fn random_hex<P: Platform, const BYTES: usize>(platform: &P) -> String {
    let mut bytes = [0; BYTES];
    platform.fill_random(&mut bytes);
    hex(&bytes)
}

/// Bytes in lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
