//! Stage 6: consent, where the game's policy asks for it.

use lgdl::problem::Reason;
use lgdl::wire::origin::GameEntry;
use serde::{Deserialize, Serialize};

use crate::answer::Refusal;
use crate::call::Call;
use crate::digest;
use crate::notes;
use crate::origin::Origin;
use crate::platform::Platform;

/// How long a given consent is believed, milliseconds: a withdrawal is honoured within this.
pub const CONSENT_BELIEVED_MS: i64 = 60_000;

#[derive(Debug, Serialize, Deserialize)]
struct Given {
    asked_at_ms: i64,
}

/// Checks that the person has consented.
///
/// # Errors
/// E901 when they have not; 503 when it can't be told. Consent is never assumed.
pub async fn check<P: Platform>(call: &Call<'_, P>, game: &GameEntry, user: &str) -> Result<(), Refusal> {
    if !game.policy.consent_required {
        return Ok(());
    }
    let person = digest::conversation(&call.caller.tenant, &game.id, user);
    let note = format!("consent:{person}");
    let now = call.platform.now_ms();
    let given: Option<Given> = notes::recall_grant(call, &note).await;
    if given.is_some_and(|given| (0..CONSENT_BELIEVED_MS).contains(&now.saturating_sub(given.asked_at_ms))) {
        return Ok(());
    }
    let origin = Origin::new(call);
    let consent = origin.consent(&game.id, user).await.map_err(|_| {
        origin.away(Reason::OriginAway, "Whether consent was given can't be checked at the moment. Try again.")
    })?;
    if !consent.given {
        return Err(Refusal::new(
            Reason::ConsentRequired,
            "This game needs the person's consent before the first turn.",
        ));
    }
    notes::remember_grant(call, &note, &Given { asked_at_ms: now }).await;
    Ok(())
}
