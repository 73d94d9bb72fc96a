//! The request pipeline, written once for every platform. One stage, one file; this file puts them in order.

pub mod auth;
pub mod blocks;
pub mod capabilities;
pub mod consent;
mod counts;
pub mod degraded;
pub mod erasures;
pub mod games;
pub mod health;
pub mod journal;
pub mod limits;
pub mod page;
pub mod personal;
pub mod presence;
pub mod reply;
pub mod reports;
pub mod request;
pub mod state;
pub mod tokens;
pub mod turn;
pub mod web;

use std::cell::Cell;

use http::{HeaderName, Method, StatusCode};
use lgdl::problem::Reason;
use lgdl::wire::node::{Aside, Level, Limit, Observation};
use lgdl::wire::origin::{Decided, DecidedBy, Decision, Decisions, Refused, TracedRequest};
use lgdl::wire::trace::{TRACEPARENT, TraceContext};
use serde_json::json;

use crate::answer::{After, Event, Handled, Observed, Refusal, Response};
use crate::call::{Call, both, random_hex};
use crate::constants;
use crate::digest;
use crate::origin::Origin;
use crate::platform::{Platform, SpansBy};
use crate::routes::{JournalOrder, Route};
use crate::time_zone;
use request::Received;
use state::Named;
use turn::{Ask, Zone};

/// `lgdl-journal`: how safe a journalled turn is.
const JOURNAL: HeaderName = HeaderName::from_static("lgdl-journal");
/// `x-deprecation-warning`
const DEPRECATION: HeaderName = HeaderName::from_static("x-deprecation-warning");
/// `server-timing`
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Where whoever sent a request stands in a trace.
const PARENT: HeaderName = HeaderName::from_static(TRACEPARENT);

/// Handles a request. The adapter sends the response, then runs [`finish`] with what is left to do.
pub async fn handle<P: Platform>(platform: &P, received: &Received) -> Handled {
    let came_us = platform.ticks_us();
    let request_id = request_id(platform, received);
    let route = Route::of(&received.method, &received.path);
    let route_name = route.as_ref().map_or("none", Route::name);
    let settings = match constants::settings(platform) {
        Ok(settings) => settings,
        Err(wrong) => return misconfigured(route, route_name, &wrong, &request_id),
    };
    let parent = received.header(&PARENT).and_then(TraceContext::of_header);
    let mut call = Call::new(platform, &settings, request_id).in_trace(parent);
    call.stage("settings");
    let outcome = match request::check_headers(received).and(route) {
        Ok(route) => answer(&mut call, received, route, came_us).await,
        Err(refusal) => Err(refusal),
    };
    let mut code = None;
    let mut response = outcome.unwrap_or_else(|refusal| {
        call.observe(Event::Refusal);
        code = Some(refusal.reason.code());
        tell_refusal(&call, &refusal, route_name, came_us);
        Response::problem(&refusal, &call.request_id)
    });
    if received.method == Method::HEAD {
        response.body = Response::empty(response.status).body;
    }
    web::dress(&call, received, &mut response);
    response.set(SERVER_TIMING, &call.server_timing(came_us));
    if let Some(memory) = platform.memory() {
        memory.observe(&call.observed());
    }
    let observation = call.observation(route_name, code, came_us);
    let status = response.status.as_u16();
    if platform.spans_by() == SpansBy::Origin && call.observed() != Observed::default() {
        call.later(After::Counted(call.observed()));
    }
    if platform.spans_by() == SpansBy::Origin && observation.trace.is_some_and(|trace| trace.own.is_kept(status)) {
        let took_us = platform.ticks_us().saturating_sub(came_us);
        call.later(After::Traced(TracedRequest {
            request_id: call.request_id.clone(),
            status,
            began_ms: platform.now_ms().saturating_sub_unsigned(took_us / 1_000),
            took_us,
            observed: observation.header(),
        }));
    }
    Handled { response, after: call.into_rest(), observation }
}

/// One line for a refusal: what, where and how long it took; never what was said.
fn tell_refusal<P: Platform>(call: &Call<'_, P>, refusal: &Refusal, route: &str, came_us: u64) {
    let level = if refusal.reason.status() >= 500 { Level::Warn } else { Level::Info };
    call.tell(level, "refused", |line| {
        line.route = Some(route.to_owned());
        line.status = Some(refusal.reason.status());
        line.code = Some(refusal.reason.code().to_owned());
        // Only one that is published: a path may be anything, and has what a client writes there.
        line.game = call.game();
        line.took_ms = Some(call.platform.ticks_us().saturating_sub(came_us) / 1_000);
    });
}

/// The client's own id of the request, where it is fit to be kept.
fn request_id<P: Platform>(platform: &P, received: &Received) -> String {
    match request::kept_request_id(received) {
        Some(id) => id.to_owned(),
        None => format!("req_{}", random_hex::<P, 12>(platform)),
    }
}

/// The answer to a request that the platform itself turns away, as the pipeline would give it: a browser must be able to
/// read it.
pub fn refused<P: Platform>(platform: &P, received: &Received, refusal: &Refusal) -> Handled {
    let request_id = request_id(platform, received);
    let mut response = Response::problem(refusal, &request_id);
    if let Ok(settings) = constants::settings(platform) {
        web::dress(&Call::new(platform, &settings, request_id), received, &mut response);
    }
    Handled { response, after: Vec::new(), observation: unread("none") }
}

/// Does what was left for after the answer. A write that a store refuses is no error.
pub async fn finish<P: Platform>(platform: &P, after: Vec<After>) {
    for work in after {
        match work {
            After::Keep { key, value, ttl_ms } => {
                let _ = platform.kv_put(&key, &value, ttl_ms).await;
            }
            After::Drain => drain(platform).await,
            After::Counted(observed) => {
                let Ok(settings) = constants::settings(platform) else { continue };
                let call = Call::new(platform, &settings, format!("req_{}", random_hex::<P, 12>(platform)));
                counts::add(&call, &observed).await;
            }
            After::Traced(request) => {
                let Ok(settings) = constants::settings(platform) else { continue };
                let call = Call::new(platform, &settings, format!("req_{}", random_hex::<P, 12>(platform)));
                // What the origin does not take now is not worth another try.
                let _ = Origin::new(&call).traced(&request).await;
                count(&call).await;
            }
            After::Report { tenant, report } => {
                let Ok(settings) = constants::settings(platform) else { continue };
                let mut call = Call::new(platform, &settings, format!("req_{}", random_hex::<P, 12>(platform)));
                call.caller.tenant = tenant;
                reports::send(&call, report).await;
                count(&call).await;
            }
        }
    }
}

/// What a node does by itself, if the origin is there: brings journalled turns home, then drops what was erased. For timers
/// and cron.
pub async fn scheduled<P: Platform>(platform: &P) {
    drain(platform).await;
    if let Ok(settings) = constants::settings(platform) {
        let call = Call::new(platform, &settings, format!("req_{}", random_hex::<P, 12>(platform)));
        erasures::heed(&call).await;
        presence::tell(&call, presence::Then::Stays).await;
        reports::flush(&call).await;
        count(&call).await;
    }
    platform.sweep().await;
}

/// Counts what happened outside of any request, where this instance counts.
async fn count<P: Platform>(call: &Call<'_, P>) {
    let observed = call.observed();
    if let Some(memory) = call.platform.memory() {
        memory.observe(&observed);
    }
    counts::add(call, &observed).await;
}

/// Brings journalled turns to the origin, if it is there.
pub async fn drain<P: Platform>(platform: &P) {
    if let Ok(settings) = constants::settings(platform) {
        let call = Call::new(platform, &settings, format!("req_{}", random_hex::<P, 12>(platform)));
        journal::drain(&call).await;
        count(&call).await;
        let after = call.into_rest();
        for work in after {
            if let After::Keep { key, value, ttl_ms } = work {
                let _ = platform.kv_put(&key, &value, ttl_ms).await;
            }
        }
    }
}

async fn answer<P: Platform>(
    call: &mut Call<'_, P>,
    received: &Received,
    route: Route,
    came_us: u64,
) -> Result<Response, Refusal> {
    if !route.is_public() {
        web::check_origin(call, received)?;
    }
    match route {
        Route::Preflight => Ok(web::preflight(call, received)),
        Route::Page(file) => page::file(call, file),
        Route::Element => Ok(page::element()),
        Route::Document => Ok(page::document()),
        Route::Status => page::status(call),
        Route::Live => health::live(),
        Route::Ready => health::ready(call).await,
        Route::Health => health::components(call).await,
        Route::Healthz => health::healthz(call).await,
        Route::Metrics => health::metrics(call),
        Route::Drain => drain_route(call, received).await,
        // On the heap, as the turn: whatever is seldom, or large, would make every other request's way larger.
        Route::Journal(order) => Box::pin(journal_route(call, received, order)).await,
        Route::Games => {
            call.caller = auth::authenticate(call, received).await?;
            let games = games::list(call).await?.games.into_iter().map(listed).collect::<Vec<_>>();
            let mut list = json!({ "games": games });
            if call.settings.development {
                // Tells the chat page that games may change under it.
                list["development"] = true.into();
            }
            Response::json(StatusCode::OK, &list)
        }
        Route::Game(id) => {
            call.caller = auth::authenticate(call, received).await?;
            let entry = games::entry(call, &id).await?;
            call.about(&entry.id);
            Response::json(StatusCode::OK, &listed(entry))
        }
        Route::Reload(id) => reload(call, &id).await,
        Route::Move(id) => Box::pin(take_turn(call, received, Some(&id), came_us)).await,
        Route::MoveFirst => {
            let mut response = Box::pin(take_turn(call, received, None, came_us)).await?;
            response.set(DEPRECATION, "POST /move is deprecated; use POST /games/{id}/move");
            Ok(response)
        }
        Route::Erase(id) => {
            call.caller = auth::authenticate(call, received).await?;
            personal::erase(call, received, &id).await
        }
        Route::Export(id) => {
            call.caller = auth::authenticate(call, received).await?;
            personal::export(call, received, &id).await
        }
        Route::Messages(id) => {
            call.caller = auth::authenticate(call, received).await?;
            personal::messages(call, received, &id).await
        }
    }
}

fn listed(game: lgdl::wire::origin::GameEntry) -> serde_json::Value {
    json!({ "id": game.id, "name": game.name, "version": game.version, "file_hash": game.file_hash })
}

async fn take_turn<P: Platform>(
    call: &mut Call<'_, P>,
    received: &Received,
    game: Option<&str>,
    came_us: u64,
) -> Result<Response, Refusal> {
    let asked = request::read_move(received)?;
    let key = request::idempotency_key(received)?;
    let expected = request::if_match(received)?;
    let asked_now = if call.settings.development { request::asked_now(received)? } else { None };
    call.stage("request");
    let caller = auth::authenticate(call, received).await;
    call.stage("caller");
    call.caller = caller?;
    auth::check_turns(&call.caller)
        .inspect_err(|_| reports::tell(call, Refused::Scope, None, call.caller.key.as_deref()))?;
    auth::check_user(&call.caller, &asked.user_id)?;
    let person = auth::subject(&call.caller, &call.settings.auth, &asked.user_id).into_owned();
    let list = games::list(call).await;
    call.stage("games");
    let list = list?;
    blocks::check(call, &list, &asked.user_id, &person)?;
    let entry = match game {
        Some(id) => games::named(list, id)?,
        None => games::first(list)?,
    };
    call.about(&entry.id);
    let named = Named::new(&call.caller.tenant, &entry.id, &asked.conversation_id, &person);
    // The state is read while limits are counted; a request that is refused has read it in vain.
    let (limited, hot) = match call.settings.state_disabled {
        true => (limits::check(call, &person, &named.digest).await, None),
        false => {
            let hot = async {
                let from_us = call.platform.ticks_us();
                let hot = state::hot(call, &named, &entry.version).await;
                (hot, call.platform.ticks_us().saturating_sub(from_us))
            };
            let (limited, (hot, took_us)) = both(limits::check(call, &person, &named.digest), hot).await;
            call.stage_beside("state", took_us, came_us);
            (limited, Some(hot))
        }
    };
    let consented = match limited {
        Ok(_) => consent::check(call, &entry, &named, &asked.user_id).await,
        Err(_) => Ok(()),
    };
    call.stage("limits");
    let limited = limited?;
    consented?;
    let now_ms = asked_now.unwrap_or_else(|| call.platform.now_ms());
    let offset_seconds = time_zone::offset_seconds(asked.context.get("timezone"), now_ms);
    let ask = Ask {
        fingerprint: digest::fingerprint(&entry.id, &asked)
            .ok_or_else(|| Refusal::new(Reason::Internal, "The request can't be told from others."))?,
        may_come_again: key.is_some(),
        expected,
        key: key.unwrap_or_else(|| format!("edge_{}", random_hex::<P, 16>(call.platform))),
        attempt: random_hex::<P, 8>(call.platform),
        now_ms,
        offset_seconds: offset_seconds.unwrap_or(0),
        zone: if offset_seconds.is_some() { Zone::Known } else { Zone::Unknown },
        request: asked,
        named,
        entry,
        came_us,
        unclear: Cell::new(false),
    };
    let taken = turn::take(call, &ask, hot).await?;
    let mut response = match request::wants_events(received) {
        true => reply::events(&taken.response)?,
        false => reply::whole(&taken.response)?,
    };
    if taken.response.durable {
        response.set(http::header::ETAG, &format!("\"{}\"", taken.response.turn));
    }
    if let Some(safety) = taken.journal {
        response.set(JOURNAL, safety.name());
    }
    for (name, value) in limited.headers() {
        response.set(name.clone(), value);
    }
    Ok(response)
}

/// On development nodes: forgets the list of games, so that the next request sees what was published.
async fn reload<P: Platform>(call: &mut Call<'_, P>, id: &str) -> Result<Response, Refusal> {
    if !call.settings.development {
        return Err(Refusal::new(Reason::NoRoute, "Games are reloaded on development nodes only."));
    }
    games::doubt_list(call).await;
    Response::json(StatusCode::OK, &listed(games::entry(call, id).await?))
}

async fn drain_route<P: Platform>(call: &mut Call<'_, P>, received: &Received) -> Result<Response, Refusal> {
    let own = is_own_node(call, received);
    if !call.settings.development && !own {
        call.caller = auth::authenticate(call, received).await?;
        if !call.caller.operates(call.settings) {
            return Err(Refusal::new(
                Reason::Forbidden,
                "Draining the journal needs a key of the node's own tenant with the scope `admin`.",
            ));
        }
    }
    let (drained, arrived) = journal::drain(call).await;
    erasures::heed(call).await;
    let leaves = own && received.header(&HeaderName::from_static(lgdl::wire::node::LEAVING_HEADER)).is_some();
    presence::tell(call, if leaves { presence::Then::Leaves } else { presence::Then::Stays }).await;
    reports::flush(call).await;
    call.platform.sweep().await;
    Response::json(StatusCode::OK, &json!({ "arrived": arrived, "all": drained == journal::Drained::All }))
}

/// Lists what was set aside, puts it back, or removes it.
async fn journal_route<P: Platform>(
    call: &mut Call<'_, P>,
    received: &Received,
    order: JournalOrder,
) -> Result<Response, Refusal> {
    if !call.settings.development {
        call.caller = auth::authenticate(call, received).await?;
        if !call.caller.operates(call.settings) {
            return Err(Refusal::new(
                Reason::Forbidden,
                "The journal needs a key of the node's own tenant with the scope `admin`.",
            ));
        }
    }
    let unavailable = |_| Refusal::new(Reason::Internal, "The journal does not answer.");
    let wanted = Limit { id: received.parameter("id")?, ..Limit::of(None) };
    let mut aside = call.platform.journal_aside(&wanted).await.map_err(unavailable)?;
    // A node service of before does not know ids.
    aside.retain(|entry| wanted.wants(&entry.stream, &entry.id));
    let JournalOrder::Decide(decision) = order else {
        let counts = call.platform.journal_counts().await.map_err(unavailable)?;
        return Response::json(StatusCode::OK, &json!({ "counts": counts, "aside": aside }));
    };
    if !aside.is_empty() {
        tell_audit(call, decision, &aside).await?;
    }
    let (mut done, mut kept) = (0, 0);
    for entry in &aside {
        let did = match decision {
            Decision::Retry => call.platform.journal_retry(&entry.stream, &entry.id).await,
            Decision::Drop => call.platform.journal_drop(&entry.stream, &entry.id).await,
        };
        match did {
            Ok(true) => done += 1,
            Ok(false) => {}
            Err(_) => kept += 1,
        }
    }
    let counts = call.platform.journal_counts().await.map_err(unavailable)?;
    Origin::new(call).note_journal(counts.waiting > 0, counts.other_key > 0).await;
    let event = match decision {
        Decision::Retry => "turns that were set aside wait again",
        Decision::Drop => "turns that were set aside were removed",
    };
    call.tell(Level::Warn, event, |line| line.detail = Some(format!("{done} turns, {kept} left")));
    Response::json(StatusCode::OK, &json!({ "done": done, "left": kept, "counts": counts }))
}

/// Has a decision in the audit log before anything is done: without the origin nothing is decided.
async fn tell_audit<P: Platform>(call: &Call<'_, P>, decision: Decision, chosen: &[Aside]) -> Result<(), Refusal> {
    let decided = |entry: &Aside| Decided { stream: entry.stream.clone(), version: entry.version, why: entry.why };
    let by = call.caller.key.clone().map_or(DecidedBy::Anybody, DecidedBy::Key);
    let decisions = Decisions { decision, by, turns: chosen.iter().map(decided).collect() };
    let origin = Origin::new(call);
    origin.decided(&decisions).await.map_err(|error| {
        let away = "The origin is away, and its audit log is told of what is decided here before it is done.";
        error.refusal().unwrap_or_else(|| origin.away(Reason::OriginAway, away))
    })
}

/// Whether the request comes from the node that this instance runs on: from its timer.
fn is_own_node<P: Platform>(call: &Call<'_, P>, received: &Received) -> bool {
    let given = received.header(&HeaderName::from_static(lgdl::wire::node::TOKEN_HEADER)).unwrap_or("");
    // Compared as digests, so that the time taken tells nothing about the token.
    let own = call.settings.node_token.as_deref().filter(|token| !token.is_empty());
    own.is_some_and(|own| digest::sha256(own.as_bytes()) == digest::sha256(given.as_bytes()))
}

/// A node whose settings are wrong says so, and does nothing else.
fn misconfigured(route: Result<Route, Refusal>, route_name: &'static str, wrong: &[String], id: &str) -> Handled {
    let response = match route {
        Ok(Route::Live) => health::live().unwrap_or_else(|refusal| Response::problem(&refusal, id)),
        Ok(Route::Ready | Route::Health) => {
            let body = json!({ "status": "unhealthy", "settings": wrong });
            Response::new(StatusCode::SERVICE_UNAVAILABLE, "application/json", body.to_string().into_bytes())
        }
        _ => {
            let refusal = Refusal::new(Reason::Internal, "This node's settings are not valid. GET /health lists them.");
            Response::problem(&refusal, id)
        }
    };
    Handled { response, after: Vec::new(), observation: unread(route_name) }
}

/// What is counted of a request that nothing came of.
fn unread(route: &'static str) -> Observation {
    Observation { route: route.into(), ..Observation::default() }
}
