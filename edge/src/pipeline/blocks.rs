//! Who is kept out, by order of whoever looks after the deployment. The list comes with the list of games and is as old as that is
//! at most; while the origin is away, what was known last holds.

use lgdl::problem::Reason;
use lgdl::wire::origin::{Blocked, GameList, Refused};

use crate::answer::Refusal;
use crate::call::Call;
use crate::digest;
use crate::pipeline::reports;
use crate::platform::Platform;

/// Checks that neither the person nor the key is blocked. Who is blocked by the name that they give does not get in by the same name with
/// a page's key; who is blocked as `subject`, as one whom a key names, keeps nobody out whom a token proves.
///
/// # Errors
/// 403.
pub fn check<P: Platform>(call: &Call<'_, P>, list: &GameList, user: &str, subject: &str) -> Result<(), Refusal> {
    if list.blocked.is_empty() {
        return Ok(());
    }
    let persons = [user, subject].map(|name| digest::person(&call.caller.tenant, name));
    let key = call.caller.key.as_deref();
    let now_ms = call.platform.now_ms();
    let in_force = |block: &&Blocked| block.until_ms.is_none_or(|until_ms| now_ms < until_ms);
    let meant = |block: &Blocked| persons.contains(&block.subject) || key == Some(block.subject.as_str());
    if !list.blocked.iter().filter(in_force).any(meant) {
        return Ok(());
    }
    reports::tell(call, Refused::Blocked, Some(subject), key);
    Err(Refusal::new(Reason::Blocked, "Whoever looks after this deployment has blocked this caller."))
}
