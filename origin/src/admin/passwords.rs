//! Passwords of administrators: which are refused, and how they are kept (Argon2id; OWASP's parameters: 19 MiB, two
//! passes, one lane).

use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::random::Random;

/// Fewest characters.
pub const MIN_PASSWORD_CHARS: usize = 12;
/// Most bytes: nobody needs more, and hashing them takes time.
pub const MAX_PASSWORD_BYTES: usize = 1024;
/// Passwords hashed at once; each takes 19 MiB and some 30 ms.
const MAX_HASHING: usize = 2;
/// The longest block whose repetition is no password.
const MAX_REPEATED_BLOCK: usize = 6;

/// Words and runs that guessers try first, a line each, in lower case without signs.
const COMMON: &str = include_str!("common_passwords.txt");

/// The hash of a password that nobody knows, with the parameters above.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cyBzYWx0IQ$4bQ0ZfZ2p3cVb1hYyqf0m4iEJmE7Jb7mY1u0QbB0o1w";

static HASHING: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(MAX_HASHING)));

/// A password that is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// It is too short.
    #[error("the password needs at least {MIN_PASSWORD_CHARS} characters")]
    TooShort,
    /// It is too long.
    #[error("the password may have at most {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
    /// It is, or is built from, what guessers try first.
    #[error("the password is a common one, or built from one; take several unrelated words")]
    Common,
    /// It holds the administrator's name.
    #[error("the password holds the name")]
    HoldsName,
}

/// Refuses a password that is easily guessed.
///
/// # Errors
/// Says why.
pub fn check_password(name: &str, password: &str) -> Result<(), PasswordRefused> {
    if password.chars().count() < MIN_PASSWORD_CHARS {
        return Err(PasswordRefused::TooShort);
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(PasswordRefused::TooLong);
    }
    let lower = password.to_lowercase();
    if name.chars().count() >= 4 && lower.contains(&name.to_lowercase()) {
        return Err(PasswordRefused::HoldsName);
    }
    if is_common(&lower) { Err(PasswordRefused::Common) } else { Ok(()) }
}

fn is_common(lower: &str) -> bool {
    // What is left once digits and signs at both ends are taken away: `password2024!` is `password`.
    let core = lower.trim_matches(|c: char| !c.is_alphabetic());
    let listed = |text: &str| COMMON.lines().any(|common| common == text);
    let plain: String = unleet(core).chars().filter(|c| c.is_alphanumeric()).collect();
    let whole: String = unleet(lower).chars().filter(|c| c.is_alphanumeric()).collect();
    core.is_empty() && is_run_of_digits(lower)
        || [lower, core, &plain, &whole].into_iter().any(|text| listed(text) || is_repetition(text))
        || two_common_words(&plain)
        || is_walk(lower)
}

/// Digits alone, however many, are tried early: dates, telephone numbers.
fn is_run_of_digits(text: &str) -> bool {
    text.chars().filter(char::is_ascii_digit).count() + 2 >= text.chars().count()
}

/// The digits and signs that stand for letters.
fn unleet(text: &str) -> String {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    text.chars().map(letter).collect()
}

/// The same short block again and again.
fn is_repetition(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=MAX_REPEATED_BLOCK.min(chars.len() / 2))
        .any(|block| (block..chars.len()).all(|at| chars[at] == chars[at - block]))
}

fn two_common_words(text: &str) -> bool {
    let listed = |part: &str| COMMON.lines().any(|common| common == part);
    let cuts = text.char_indices().map(|(at, _)| at).skip(1);
    cuts.into_iter().any(|at| listed(&text[..at]) && listed(&text[at..]))
}

/// Each character follows the one before it in the alphabet, on the keyboard or in counting.
fn is_walk(text: &str) -> bool {
    const ROWS: [&str; 5] = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"];
    let neighbours = |a: char, b: char| {
        a == b
            || ROWS.iter().any(|row| {
                let at = |c| row.find(c);
                at(a).zip(at(b)).is_some_and(|(a, b)| a.abs_diff(b) == 1)
            })
    };
    let chars: Vec<char> = text.chars().collect();
    let steps = chars.windows(2).filter(|pair| neighbours(pair[0], pair[1])).count();
    // A jump to the next row now and then still is a walk.
    (steps + 1) * 5 >= chars.len() * 4
}

/// The hash of a password, in PHC's string format; `None` when the system has no memory for it.
pub(super) async fn hash(password: &str, random: &dyn Random) -> Option<String> {
    let mut salt = [0; 16];
    random.fill(&mut salt);
    let password = password.to_owned();
    hashing(move || {
        let hashed = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
        hashed.ok().map(|hash| hash.to_string())
    })
    .await
}

/// Whether a password is the one of a hash. Without a hash the same time passes: what is not there can't be told
/// apart from what does not match.
pub(super) async fn verify(password: &str, hash: Option<&str>) -> bool {
    if password.len() > MAX_PASSWORD_BYTES {
        return false;
    }
    let (password, known) = (password.to_owned(), hash.is_some());
    let hash = hash.unwrap_or(NOBODYS).to_owned();
    let verified = hashing(move || Some(Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok()));
    verified.await == Some(true) && known
}

async fn hashing<T: Send + 'static>(work: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
    let permit = HASHING.clone().acquire_owned().await.ok()?;
    let work = move || {
        let _permit = permit;
        work()
    };
    tokio::task::spawn_blocking(work).await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn short_common_and_telling_passwords_are_refused() {
        use PasswordRefused::{Common, HoldsName, TooLong, TooShort};
        for (password, why) in [
            ("", TooShort),
            ("eleven char", TooShort),
            ("äöüäöüäöüäö", TooShort),
            ("password1234", Common),
            ("Password2024!", Common),
            ("P@ssw0rd2024", Common),
            ("!!!passwordpassword", Common),
            ("qwertyuiop123", Common),
            ("qwertyuiopasdfghjkl", Common),
            ("123456789012", Common),
            ("19700101-1970", Common),
            ("aaaaaaaaaaaa", Common),
            ("abcabcabcabc", Common),
            ("iloveyou1234", Common),
            ("letmeinletmein", Common),
            ("welcomeadmin1", Common),
            ("abcdefghijklmnop", Common),
            ("administrator", Common),
            ("ann-smith's password", HoldsName),
            (&"long ".repeat(300), TooLong),
        ] {
            assert_eq!(check_password("Ann-Smith", password), Err(why), "{password}");
        }
    }

    #[test]
    fn passwords_that_are_hard_to_guess_are_taken() {
        for password in ["correct donkey battery paper", "vK3#pl0Qz!9wLm", "drei Äpfel im Schrank", "jdnw-8842-qptx"] {
            assert_eq!(check_password("ann", password), Ok(()), "{password}");
        }
    }

    #[tokio::test]
    async fn a_password_is_verified_against_its_hash_alone() {
        let hash = hash("correct horse battery", &SystemRandom).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("correct horse battery", Some(&hash)).await);
        assert!(!verify("correct horse batterz", Some(&hash)).await);
        assert!(!verify("correct horse battery", None).await);
        assert!(!verify("x", Some("damaged")).await);
    }

    #[test]
    fn a_login_without_an_account_costs_as_much_as_one_with() {
        assert!(argon2::password_hash::phc::PasswordHash::new(NOBODYS).is_ok());
    }
}
