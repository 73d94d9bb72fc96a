//! Capability calls as a node makes them: to services that the deployment configures, or in development to their stand-ins.

use lgdl::breaker::Breaker;
use lgdl::engine::{CapabilityCall, CapabilityResult, UNDERSTAND, UNDERSTOOD};
use lgdl::mocks::Mocks;
use lgdl::services::{Asking, DENIED, ServiceClient, ask, failed, limit_ms};
use lgdl::wire::node::{Level, SERVICE_NOTE_PREFIX};
use serde_json::Value;

use crate::call::Call;
use crate::digest;
use crate::memory::About;
use crate::notes;
use crate::origin::pause;
use crate::platform::{FetchError, Inbound, Outbound, Platform};
use crate::settings::Settings;

/// How long what the understanding service said of a text is believed, milliseconds.
const UNDERSTOOD_FOR_MS: u64 = 600_000;
/// How often a function's failures with one code are told in the log, milliseconds.
const FAILURE_TOLD_EVERY_MS: i64 = 60_000;

/// Makes a call and tells what came of it. `key` is the call's own idempotency key. What the understanding service has said of the
/// same text a short while ago, it is not asked again.
pub async fn perform<P: Platform>(
    call: &Call<'_, P>,
    game: &str,
    wanted: &CapabilityCall,
    key: &str,
) -> CapabilityResult {
    if call.settings.engine.understanding.as_ref() != Some(&wanted.service) || wanted.function != UNDERSTAND {
        return made(call, game, wanted, key).await;
    }
    let payload = Value::Object(wanted.payload.clone()).to_string();
    // Without a key of its own a node remembers nothing of what was said.
    let Some(state_key) = &call.settings.state_key else { return made(call, game, wanted, key).await };
    let note = digest::understood(state_key, &call.caller.tenant, &wanted.service, &payload);
    let remembered: Option<(i64, CapabilityResult)> = notes::recall(call.platform, About::Text, &note).await;
    let now_ms = call.platform.now_ms();
    if let Some((until_ms, result)) = remembered
        && now_ms < until_ms
    {
        return result;
    }
    let mut result = made(call, game, wanted, key).await;
    if let CapabilityResult::Answered { status, data, message } = &mut result
        && status.eq_ignore_ascii_case("ok")
    {
        // Nothing of what was said: a note lies where no erasure looks.
        data.retain(|name, _| UNDERSTOOD.contains(&name.as_str()));
        *message = None;
        let until_ms = now_ms + UNDERSTOOD_FOR_MS.cast_signed();
        notes::remember_for(call.platform, About::Text, &note, &(until_ms, &result), UNDERSTOOD_FOR_MS).await;
    }
    result
}

async fn made<P: Platform>(call: &Call<'_, P>, game: &str, wanted: &CapabilityCall, key: &str) -> CapabilityResult {
    let began_us = call.platform.ticks_us();
    let asking = Asking { wanted, key, tenant: &call.caller.tenant, trace: Some(call.trace.own) };
    let result = match call.settings.services.get(&wanted.service) {
        Some(service) => ask(call, service, asking).await,
        None if call.settings.development => match call.settings.capability_mocks.get(game) {
            Some(mocks) => mocks.answer(wanted),
            None => Mocks::default().answer(wanted),
        },
        None => failed(DENIED, "the deployment does not configure this service"),
    };
    let failed = match &result {
        CapabilityResult::Failed { code, .. } => Some(code),
        CapabilityResult::Answered { .. } => None,
    };
    call.called(&wanted.service, failed.map(String::as_str), call.platform.ticks_us().saturating_sub(began_us));
    if let Some(code) = failed {
        tell_of_failure(call, game, wanted, code).await;
    }
    result
}

/// Names in the log what failed, each function now and then: a service that is down must not fill the log.
async fn tell_of_failure<P: Platform>(call: &Call<'_, P>, game: &str, wanted: &CapabilityCall, code: &str) {
    let function = format!("{}.{}", wanted.service, wanted.function);
    let told = format!("failed:{function}:{code}");
    let (last_ms, now_ms): (Option<i64>, _) =
        (notes::recall(call.platform, About::Node, &told).await, call.platform.now_ms());
    if last_ms.is_some_and(|last_ms| (0..FAILURE_TOLD_EVERY_MS).contains(&now_ms.saturating_sub(last_ms))) {
        return;
    }
    notes::remember(call.platform, About::Node, &told, &now_ms).await;
    call.tell(Level::Warn, "a service failed", |line| {
        line.code = Some(code.to_owned());
        line.game = Some(game.to_owned());
        line.detail = Some(function);
    });
}

/// How long a call may take, milliseconds; a stand-in takes no time.
pub fn lasts_ms(settings: &Settings, wanted: &CapabilityCall) -> u64 {
    settings.services.get(&wanted.service).map_or(0, |service| limit_ms(service, wanted).into())
}

impl<P: Platform> ServiceClient for Call<'_, P> {
    async fn fetch(&self, request: Outbound) -> Result<Inbound, FetchError> {
        self.fetch(request).await
    }

    async fn pause(&self, longest_ms: u64) {
        pause(self.platform, longest_ms).await;
    }

    fn ticks_us(&self) -> u64 {
        self.platform.ticks_us()
    }

    fn now_ms(&self) -> i64 {
        self.platform.now_ms()
    }

    async fn at_breaker<T>(&self, service: &str, change: impl FnOnce(&mut Breaker) -> T) -> T {
        let note = note(service);
        let before: Breaker = notes::recall(self.platform, About::Node, &note).await.unwrap_or_default();
        let mut breaker = before;
        let done = change(&mut breaker);
        if breaker != before {
            notes::remember(self.platform, About::Node, &note, &breaker).await;
        }
        done
    }
}

fn note(service: &str) -> String {
    format!("{SERVICE_NOTE_PREFIX}{service}")
}
