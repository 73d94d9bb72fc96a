//! Stage 6: consent, where the game's policy asks for it.

use lgdl::problem::Reason;
use lgdl::wire::origin::GameEntry;
use serde::{Deserialize, Serialize};

use crate::answer::Refusal;
use crate::call::Call;
use crate::digest;
use crate::notes;
use crate::origin::Origin;
use crate::pipeline::state::Named;
use crate::platform::{KvError, Platform};

/// How long a given consent is believed, milliseconds: a withdrawal is honoured within this.
pub const CONSENT_BELIEVED_MS: i64 = 60_000;

/// Believed of one person in one conversation: what is erased is named by its conversations, and takes the belief with it.
#[derive(Debug, Serialize, Deserialize)]
struct Given {
    person: String,
    asked_at_ms: i64,
}

/// Checks that the person has consented, by the name that the site has for them: whoever records it knows no other.
///
/// # Errors
/// E901 when they have not; 503 when it can't be told. Consent is never assumed.
pub async fn check<P: Platform>(
    call: &Call<'_, P>,
    game: &GameEntry,
    named: &Named,
    user: &str,
) -> Result<(), Refusal> {
    if !game.policy.consent_required {
        return Ok(());
    }
    let (note, person) = (note(&named.digest), digest::person(&call.caller.tenant, user));
    let now = call.platform.now_ms();
    let given: Option<Given> = notes::recall_grant(call, &note).await;
    let is_fresh = |given: &Given| (0..CONSENT_BELIEVED_MS).contains(&now.saturating_sub(given.asked_at_ms));
    if given.is_some_and(|given| given.person == person && is_fresh(&given)) {
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
    notes::remember_grant(call, &note, &Given { person, asked_at_ms: now }).await;
    Ok(())
}

/// Believes it no longer: the conversation was erased, and the consent with it where its person was.
///
/// # Errors
/// When the store does not take it: it may still be believed.
pub async fn forget<P: Platform>(platform: &P, conversation: &str) -> Result<(), KvError> {
    notes::forget_grant(platform, &note(conversation)).await
}

fn note(conversation: &str) -> String {
    format!("consent:{conversation}")
}
