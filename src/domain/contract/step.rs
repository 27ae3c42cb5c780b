//! What the contracts of cases wait for: the one answer that every page gives.
use sqlx::PgConnection;
use uuid::Uuid;

use crate::db;
use crate::db::contract_version::KnownStep;
use crate::fault::Failure;
use crate::rules::contract::{Awaited, Known, Lost, Step, VersionReason};
use crate::rules::signature::Side;
use crate::rules::stage::Stage;
use crate::rules::stage_name::StageName;

/// One answer for each stage, in their order.
pub async fn steps(conn: &mut PgConnection, stages: &[&Stage]) -> Result<Vec<Option<Awaited>>, Failure> {
    let contracts: Vec<_> = stages.iter().filter_map(|stage| stage.contract()).collect();
    if contracts.is_empty() {
        return Ok(vec![None; stages.len()]);
    }
    let rows = db::contract_version::steps(conn, &contracts).await?;
    let step = |stage: &&Stage| {
        let row = rows.iter().find(|row| Some(row.id) == stage.contract())?;
        awaited(stage.name(), row)
    };
    Ok(stages.iter().map(step).collect())
}

fn awaited(stage: StageName, row: &KnownStep) -> Option<Awaited> {
    let waiting = row.waiting.as_deref().and_then(Side::parse);
    let step = Step::of(stage, Known { filled: row.filled, returned: row.returned, waiting })?;
    let why = row.lost.as_deref().and_then(VersionReason::parse).filter(|_| step.is_the_familys());
    Some(Awaited { step, lost: why.map(|why| Lost { version: row.version, why }) })
}

pub async fn step(conn: &mut PgConnection, stage: &Stage) -> Result<Option<Awaited>, Failure> {
    Ok(steps(conn, &[stage]).await?.into_iter().flatten().next())
}

/// The same for the kindergarten's page of a family, which knows no more of the case.
pub async fn step_of_family(conn: &mut PgConnection, application: Uuid) -> Result<Option<Awaited>, Failure> {
    let case = db::application::load(conn, application).await?;
    step(conn, &case.stage).await
}
