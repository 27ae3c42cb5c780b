//! Signatures: how many are verified in a second on one core, family by family.
//!
//! The whole policy each time: the document's digest, the signature, the signer's certificate, the chain.
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use balabaqsha::integrations::eds::{self, Trust};
use balabaqsha::rules::signature::Party;
use balabaqsha::sandbox::pki::{Family, Holder, KeyKind, Pki};
use balabaqsha::secrets::Secrets;
use chrono::{DateTime, Utc};

use crate::support::figure::{Figure, median};

/// How long a verification of one family may take (P13), milliseconds.
const LIMIT: f64 = 10.0;
/// Rounds of one family, and how long each takes.
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(500);

pub fn figures(folder: &Path) -> Result<Vec<Figure>> {
    let pki = Pki::open(&folder.join("pki"), "http://127.0.0.1:9", &mut Secrets::for_keys())?;
    let trust = Trust::load(pki.trust_dir())?.with_ecdsa();
    let now = DateTime::parse_from_rfc3339("2026-12-14T05:00:00Z")?.to_utc();
    let families = Family::ALL.map(|family| family_figures(family, &pki, &trust, now));
    Ok(families.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn family_figures(family: Family, pki: &Pki, trust: &Trust, now: DateTime<Utc>) -> Result<Vec<Figure>> {
    let mother = Holder {
        iin: "880515400127".to_owned(),
        surname: "AKHMETOVA".to_owned(),
        first_name: "AIGUL".to_owned(),
        patronymic: None,
        organisation: None,
    };
    let contract = vec![b'%'; 60_000];
    let cms = pki.sign_with(family, &mother, KeyKind::Sign, &contract, now)?;
    let policy = per_call(|| {
        let party = Party::Parent { iin: &mother.iin };
        ensure!(eds::verify(&cms, &contract, trust, party, now).is_ok(), "a good signature was refused");
        Ok(())
    })?;
    let issuer = pki.issuer(family);
    let (key, message) = (issuer.key.public()?, b"signed attributes");
    let signature = issuer.key.sign(message)?;
    let algorithm = eds::Algorithm::of_certificate(issuer.key.signature_algorithm().oid);
    let alone = per_call(|| {
        algorithm.verify(&key, message, &signature).ok().context("a good signature was refused")
    })?;
    let name = algorithm.name();
    println!("{name}: {:.0} signatures, {:.0} whole policies a second", 1e3 / alone, 1e3 / policy);
    Ok(vec![
        Figure::limit(&format!("{name}, a verification, ms"), alone, LIMIT),
        Figure::limit(&format!("{name}, the whole policy, ms"), policy, 2.0 * LIMIT),
    ])
}

/// Milliseconds of one call: the median of the rounds' means.
fn per_call(call: impl Fn() -> Result<()>) -> Result<f64> {
    let mut means = Vec::new();
    for _ in 0..ROUNDS {
        let (started, mut calls) = (Instant::now(), 0.0);
        while started.elapsed() < ROUND {
            call()?;
            calls += 1.0;
        }
        means.push(started.elapsed().as_secs_f64() * 1e3 / calls);
    }
    Ok(median(&mut means))
}
