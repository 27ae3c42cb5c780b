//! Hashing passwords: argon2id, as many at once as there are cores.
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::SemaphorePermit;

use crate::app::SharedApp;
use crate::fault::{Failure, Fault};
use crate::rules::password::{Password, normalised};

/// OWASP's figures for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// A hash waits this long for a core; then the portal is too busy.
const PATIENCE: Duration = Duration::from_secs(2);
/// What is checked where there is no account: the same work, never right.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$YmFsYWJhcXNoYS1ub2JvZHk$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn hasher() -> Result<Argon2<'static>, Fault> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|e| Fault::Broken(format!("argon2: {e}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

async fn a_core(app: &SharedApp) -> Result<SemaphorePermit<'_>, Failure> {
    match tokio::time::timeout(PATIENCE, app.hashing.acquire()).await {
        Ok(Ok(permit)) => Ok(permit),
        _ => Err(Failure::Busy),
    }
}

async fn on_a_core<T: Send + 'static>(
    app: &SharedApp,
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Failure> {
    let _core = a_core(app).await?;
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|error| Fault::Broken(format!("hashing: {error}")))??)
}

/// The hash of a password that keeps the rule, ready to be stored.
pub async fn hash(app: &SharedApp, password: &Password) -> Result<String, Failure> {
    let (password, salt) = (password.clone(), app.secrets.salt());
    on_a_core(app, move || {
        let hash: PasswordHash = hasher()?
            .hash_password_with_salt(password.expose().as_bytes(), &salt)
            .map_err(|error| Fault::Broken(format!("argon2: {error}")))?;
        Ok(hash.to_string())
    })
    .await
}

/// Is this the password? Without a stored hash the same work is done, and the answer is no.
pub async fn is_right(app: &SharedApp, stored: Option<&str>, typed: &str) -> Result<bool, Failure> {
    let stored = stored.unwrap_or(NOBODY).to_owned();
    let typed = normalised(typed);
    on_a_core(app, move || {
        let known = stored != NOBODY;
        let hash =
            PasswordHash::new(&stored).map_err(|error| Fault::Broken(format!("stored hash: {error}")))?;
        Ok(hasher()?.verify_password(typed.as_bytes(), &hash).is_ok() && known)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_checked_for_nobody_costs_what_a_real_one_costs() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let real: PasswordHash = hasher().unwrap().hash_password_with_salt(b"password", &[7; 16]).unwrap();
        assert_eq!(nobody.params, real.params);
        assert_eq!(nobody.algorithm, real.algorithm);
        assert_eq!(nobody.hash.as_ref().map(|h| h.len()), real.hash.as_ref().map(|h| h.len()));
        assert!(hasher().unwrap().verify_password(b"password", &real).is_ok());
        assert!(hasher().unwrap().verify_password(b"", &nobody).is_err());
    }
}
