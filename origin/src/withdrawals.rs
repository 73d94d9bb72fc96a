//! Versions of games that were withdrawn: none becomes the active one, no conversation begins in one, and a conversation that did begins
//! anew at its next turn, on the version that is active then. What was said in it stays.
//!
//! They are one setting of the store, which every origin reads again and again. A node that has not heard of it, or holds a state, may
//! still answer from such a version; its commit finds out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::audit::events;
use crate::clock::Millis;
use crate::http::Origin;
use crate::sessions;
use crate::store::{Back, Event, LOCAL_SETTINGS, MAX_PAGE, Store, StoreError};

/// The setting.
const SETTING: &str = "withdrawn_versions";
/// Withdrawn versions at most, of all tenants: every origin has all of them.
pub const MAX_WITHDRAWN: usize = 1_000;
/// Of one tenant at most: none takes the room of the others.
pub const MAX_WITHDRAWN_OF_TENANT: usize = 100;
/// In whose name a game goes back that is found on a withdrawn version.
const ACTOR: &str = "origin";
/// Longest reason, characters.
pub const MAX_REASON_CHARS: usize = 500;
/// How often a change is tried that another one was faster than.
const ATTEMPTS: usize = 5;
/// How often the setting is read.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long after its withdrawal every origin knows of it: what is begun anew after that is all there is, milliseconds.
const KNOWN_AFTER_MS: Millis = 30_000;

/// One withdrawn version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// The tenant.
    pub tenant: String,
    /// The game's id.
    pub game: String,
    /// The version.
    pub version: String,
    /// Why, for whoever looks after the deployment.
    pub reason: String,
    /// When it was withdrawn.
    pub since_ms: Millis,
    /// By whom.
    pub by: String,
}

impl Withdrawal {
    fn is_of(&self, tenant: &str, game: &str, version: &str) -> bool {
        (self.tenant.as_str(), self.game.as_str(), self.version.as_str()) == (tenant, game, version)
    }

    fn name(&self) -> Name {
        (self.tenant.clone(), self.game.clone(), self.version.clone())
    }

    /// The note that says up to when its conversations were looked at.
    fn note(&self) -> String {
        format!("{LOCAL_SETTINGS}withdrawn:{}/{}/{}", self.tenant, self.game, self.version)
    }
}

/// Tenant, game, version.
type Name = (String, String, String);

/// What an origin knows of withdrawn versions.
#[derive(Debug, Default)]
pub struct Known(RwLock<BTreeSet<Name>>);

impl Known {
    /// Whether a version is withdrawn.
    #[must_use]
    pub fn has(&self, tenant: &str, game: &str, version: &str) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        // There is none, mostly.
        !known.is_empty() && known.contains(&(tenant.to_owned(), game.to_owned(), version.to_owned()))
    }

    fn put(&self, all: &[Withdrawal]) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = all.iter().map(Withdrawal::name).collect();
    }
}

/// Why a version is not withdrawn, or does not become the active one.
#[derive(Debug, thiserror::Error)]
pub enum WithdrawError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such version of this game.
    #[error("there is no such version of this game")]
    Unknown,
    /// It can't be.
    #[error("E531 {0}")]
    Refused(String),
}

/// Every withdrawn version.
///
/// # Errors
/// When the store fails, or what it holds is no such list.
pub async fn all(store: &dyn Store) -> Result<Vec<Withdrawal>, StoreError> {
    parsed(store.setting(SETTING).await?.as_deref())
}

fn parsed(kept: Option<&str>) -> Result<Vec<Withdrawal>, StoreError> {
    let Some(kept) = kept else { return Ok(Vec::new()) };
    serde_json::from_str(kept).map_err(|_| StoreError::Damaged(format!("settings: {SETTING} is no such list")))
}

/// The withdrawn versions of a game.
///
/// # Errors
/// As [`all`].
pub async fn of_game(store: &dyn Store, tenant: &str, game: &str) -> Result<Vec<Withdrawal>, StoreError> {
    let mut all = all(store).await?;
    all.retain(|one| one.tenant == tenant && one.game == game);
    Ok(all)
}

/// Refuses a version that was withdrawn: it does not become the active one.
///
/// # Errors
/// When it was, or the store fails.
pub async fn check(store: &dyn Store, tenant: &str, game: &str, version: &str) -> Result<(), WithdrawError> {
    match all(store).await?.into_iter().find(|one| one.is_of(tenant, game, version)) {
        None => Ok(()),
        Some(one) => Err(WithdrawError::Refused(format!(
            "this version was withdrawn ({}); `lgdl games withdraw --undo` takes that back",
            one.reason
        ))),
    }
}

/// Goes back to the version that was active before the present one and is not withdrawn; `None` when there is none.
///
/// # Errors
/// When the store fails.
pub async fn roll_back(
    store: &dyn Store,
    tenant: &str,
    game: &str,
    now_ms: Millis,
    told: Event,
) -> Result<Option<String>, StoreError> {
    let withdrawn = of_game(store, tenant, game).await?.into_iter().map(|one| one.version).collect::<Vec<_>>();
    store.roll_back(tenant, game, Back { from: None, without: &withdrawn }, now_ms, told).await
}

/// Where a withdrawn version is the active one, its game goes back to the one before, in that name.
async fn leave(store: &dyn Store, one: &Withdrawal, now_ms: Millis, by: &str) -> Result<Option<String>, StoreError> {
    let Withdrawal { tenant, game, version, .. } = one;
    let withdrawn = of_game(store, tenant, game).await?.into_iter().map(|one| one.version).collect::<Vec<_>>();
    let told = events::of(now_ms, tenant, events::GAME_ROLLED_BACK, by, game.as_str(), json!({}));
    store.roll_back(tenant, game, Back { from: Some(version), without: &withdrawn }, now_ms, told).await
}

/// The active version of a game.
async fn active(store: &dyn Store, tenant: &str, game: &str) -> Result<Option<String>, StoreError> {
    let games = store.games(tenant).await?;
    Ok(games.into_iter().find(|row| row.game == game).map(|row| row.active.version))
}

/// Withdraws a version. Where it is the active one, the game goes back to the one before; which one is active then.
///
/// # Errors
/// When there is no such version, none to go back to, too many are withdrawn, or the store fails.
pub async fn withdraw(store: &dyn Store, one: &Withdrawal) -> Result<String, WithdrawError> {
    let Withdrawal { tenant, game, version, reason, since_ms, by } = one;
    let chars = reason.chars().count();
    if reason.trim().is_empty() || chars > MAX_REASON_CHARS || reason.chars().any(char::is_control) {
        let problem = format!("say why, in 1 to {MAX_REASON_CHARS} characters and no control characters");
        return Err(WithdrawError::Refused(problem));
    }
    if store.game_versions(tenant, game).await?.iter().all(|row| row.version != *version) {
        return Err(WithdrawError::Unknown);
    }
    let detail = json!({"version": version, "withdrawn": true, "reason": reason});
    let told = events::of(*since_ms, tenant, events::GAME_WITHDRAWN, by, game.as_str(), detail);
    let is_new = change(store, &told, |all| {
        if all.iter().any(|known| known.is_of(tenant, game, version)) {
            return Ok(false);
        }
        if all.len() >= MAX_WITHDRAWN {
            return Err(WithdrawError::Refused(format!("{MAX_WITHDRAWN} versions are withdrawn already")));
        }
        if all.iter().filter(|known| known.tenant == *tenant).count() >= MAX_WITHDRAWN_OF_TENANT {
            let problem = format!("{MAX_WITHDRAWN_OF_TENANT} versions of this tenant are withdrawn already");
            return Err(WithdrawError::Refused(problem));
        }
        all.push(one.clone());
        Ok(true)
    })
    .await?;
    // Only now: whoever publishes or goes back at the same time finds it withdrawn.
    leave(store, one, *since_ms, by).await?;
    let active = active(store, tenant, game).await?.ok_or(WithdrawError::Unknown)?;
    if active == *version {
        if is_new {
            undo(store, (tenant, game, version), by, *since_ms).await?;
        }
        let problem = "it is the active version, and there is none before it: publish or activate another one first";
        return Err(WithdrawError::Refused(problem.into()));
    }
    Ok(active)
}

/// Takes a withdrawal back: the version may be activated again. Conversations that began anew stay where they are. False when it was
/// not withdrawn.
///
/// # Errors
/// When the store fails.
pub async fn undo(
    store: &dyn Store,
    (tenant, game, version): (&str, &str, &str),
    by: &str,
    now_ms: Millis,
) -> Result<bool, WithdrawError> {
    let detail = json!({"version": version, "withdrawn": false});
    let told = events::of(now_ms, tenant, events::GAME_WITHDRAWN, by, game, detail);
    let undone = change(store, &told, |all| {
        let before = all.len();
        all.retain(|known| !known.is_of(tenant, game, version));
        Ok(all.len() < before)
    });
    undone.await
}

/// Forgets what a tenant had withdrawn: its games are gone.
///
/// # Errors
/// When the store fails.
pub async fn forget_tenant(store: &dyn Store, tenant: &str, told: &Event) -> Result<bool, WithdrawError> {
    let forgotten = change(store, told, |all| {
        let before = all.len();
        all.retain(|known| known.tenant != tenant);
        Ok(all.len() < before)
    });
    forgotten.await
}

async fn change(
    store: &dyn Store,
    told: &Event,
    how: impl Fn(&mut Vec<Withdrawal>) -> Result<bool, WithdrawError>,
) -> Result<bool, WithdrawError> {
    for _ in 0..ATTEMPTS {
        let before = store.setting(SETTING).await?;
        let mut all = parsed(before.as_deref())?;
        if !how(&mut all)? {
            return Ok(false);
        }
        let after = serde_json::to_string(&all).map_err(|error| StoreError::Internal(error.to_string()))?;
        if store.replace_setting(SETTING, before.as_deref(), &after, told.clone()).await? {
            return Ok(true);
        }
    }
    Err(StoreError::Unavailable("others change what is withdrawn; try again".into()).into())
}

/// Keeps up with what is withdrawn until the task is dropped. The conversations of one version may be many: that they are looked at
/// holds up nothing that is withdrawn meanwhile.
pub async fn keep(origin: &Origin) {
    let knows = async {
        let (mut timer, mut told) = (timer(), BTreeSet::new());
        loop {
            timer.tick().await;
            tell(know(origin, &mut told).await);
        }
    };
    let sees_to = async {
        let (mut timer, mut seen_to) = (timer(), BTreeMap::new());
        loop {
            timer.tick().await;
            tell(see_to(origin, &mut seen_to).await);
        }
    };
    let ((), ()) = tokio::join!(knows, sees_to);
}

fn timer() -> tokio::time::Interval {
    let mut timer = tokio::time::interval(LOOK_EVERY);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    timer
}

fn tell(looked: Result<(), StoreError>) {
    if let Err(error) = looked {
        tracing::warn!(%error, "which versions are withdrawn can't be looked at");
    }
}

/// Learns which versions are withdrawn, before anybody is served.
///
/// # Errors
/// When the store fails.
pub async fn learn(origin: &Origin) -> Result<(), StoreError> {
    origin.gate.withdrawn.put(&all(&*origin.store).await?);
    Ok(())
}

/// Learns which are, and takes a game off one that became the active one while it was withdrawn; `told` remembers what was said.
async fn know(origin: &Origin, told: &mut BTreeSet<Name>) -> Result<(), StoreError> {
    let (store, all) = (&*origin.store, all(&*origin.store).await?);
    origin.gate.withdrawn.put(&all);
    let mut on = BTreeSet::new();
    for tenant in all.iter().map(|one| one.tenant.as_str()).collect::<BTreeSet<_>>() {
        let games = store.games(tenant).await?;
        on.extend(games.into_iter().map(|row| (row.tenant, row.game, row.active.version)));
    }
    for one in all.iter().filter(|one| on.contains(&one.name())) {
        if leave(store, one, origin.clock.now_ms(), ACTOR).await?.is_none()
            && active(store, &one.tenant, &one.game).await?.as_ref() == Some(&one.version)
            && told.insert(one.name())
        {
            let (tenant, game, version) = one.name();
            tracing::error!(tenant, game, version, "the active version is withdrawn, and there is none to go back to");
        }
    }
    Ok(())
}

/// Has the conversations of withdrawn versions begin anew; `seen_to` remembers of each version up to when they were looked at. What
/// fails of one is tried again, and holds up no other.
async fn see_to(origin: &Origin, seen_to: &mut BTreeMap<Name, Millis>) -> Result<(), StoreError> {
    let all = all(&*origin.store).await?;
    for one in &all {
        let (name, since_ms) = (one.name(), one.since_ms);
        if let Err(error) = see_to_one(origin, one, seen_to).await {
            let (tenant, game, version) = name;
            tracing::warn!(%error, tenant, game, version, since_ms, "conversations on a withdrawn version go on");
        }
    }
    seen_to.retain(|name, _| all.iter().any(|one| one.name() == *name));
    Ok(())
}

async fn see_to_one(origin: &Origin, one: &Withdrawal, seen_to: &mut BTreeMap<Name, Millis>) -> Result<(), StoreError> {
    let name = one.name();
    if !seen_to.contains_key(&name) {
        let noted = origin.store.setting(&one.note()).await?.and_then(|text| text.parse().ok());
        seen_to.insert(name.clone(), noted.unwrap_or(0));
    }
    let before = seen_to.get(&name).copied().unwrap_or(0);
    let (known_at, now_ms) = (one.since_ms.saturating_add(KNOWN_AFTER_MS), origin.clock.now_ms());
    // At once, and again when no origin takes anything for what is not withdrawn any more.
    if before >= known_at || (before >= one.since_ms && now_ms < known_at) {
        return Ok(());
    }
    if begin_anew(origin, one).await? {
        origin.store.note(&one.note(), &now_ms.to_string()).await?;
        seen_to.insert(name, now_ms);
    }
    Ok(())
}

/// Has the conversations of a version begin anew at their next turn. One that somebody acts in, or that is with people, does so after it
/// has gone on: its commit finds out. False when the withdrawal was taken back meanwhile.
async fn begin_anew(origin: &Origin, one: &Withdrawal) -> Result<bool, StoreError> {
    let Withdrawal { tenant, game, version, .. } = one;
    let mut after = None;
    loop {
        if !origin.gate.withdrawn.has(tenant, game, version) {
            return Ok(false);
        }
        let page = origin.store.on_version((tenant, game, version), after.as_ref(), MAX_PAGE).await?;
        for (id, turns) in &page {
            sessions::end(origin, (tenant, game), id, *turns).await?;
        }
        after = match page.last() {
            Some((last, _)) if page.len() as u64 >= u64::from(MAX_PAGE) => Some(last.clone()),
            _ => return Ok(true),
        };
    }
}
