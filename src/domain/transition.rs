//! From one stage to the next, with everything that hangs on it: the place in the group, the voucher, the contract, the
//! term, the journal. Every deed on an application ends here.
use sqlx::PgConnection;
use uuid::Uuid;

use super::journal::Facts;
use super::{journal, ledger, notice, signature};
use crate::app::Deed;
use crate::db;
use crate::db::application::{Case, StageChange};
use crate::db::group;
use crate::db::queue_event::Move;
use crate::fault::Failure;
use crate::rules::journal::What;
use crate::rules::notice::Notice;
use crate::rules::queue_event;
use crate::rules::reason::{ArchiveReason, DoctorReason};
use crate::rules::stage::Stage;
use crate::rules::stage_name::StageName;

/// One locked case on its way to the next stage.
pub struct Step<'a> {
    pub case: &'a Case,
    pub next: Stage,
    /// The deed, as the journal names it.
    pub what: What,
    /// What the journal keeps of it.
    pub facts: Facts,
    /// The doctor's reason and words.
    pub rejection: Option<(DoctorReason, Option<&'a str>)>,
}

/// Saves the next stage of a locked case and what follows from it.
pub async fn settle(
    conn: &mut PgConnection,
    deed: &Deed,
    case: &Case,
    next: &Stage,
    what: What,
    facts: Facts,
) -> Result<(), Failure> {
    settle_many(conn, deed, &[Step { case, next: next.clone(), what, facts, rejection: None }]).await
}

/// The same for many cases of one deed, in as few statements as for one.
pub async fn settle_many(conn: &mut PgConnection, deed: &Deed, steps: &[Step<'_>]) -> Result<(), Failure> {
    move_places(conn, steps).await?;
    move_vouchers(conn, deed, steps).await?;
    void_contracts(conn, deed, steps).await?;
    let changes: Vec<StageChange<'_>> = steps
        .iter()
        .map(|step| StageChange { application: step.case.id, stage: &step.next, rejection: step.rejection })
        .collect();
    db::application::save_stages(conn, &changes, deed.now).await?;
    let moved = |step: &Step<'_>| {
        let cause = queue_event::moved(Some(&step.case.stage), &step.next)?;
        let Case { id: application, queue, submitted_at, .. } = *step.case;
        Some(Move { application, queue, submitted_at, cause })
    };
    let moves: Vec<Move> = steps.iter().filter_map(moved).collect();
    if !moves.is_empty() {
        db::queue_event::record_many(conn, &moves, deed.now).await?;
    }
    let entries: Vec<ledger::Step<'_>> = steps
        .iter()
        .map(|step| ledger::Step { case: step.case, next: &step.next, what: step.what })
        .collect();
    ledger::record_many(conn, deed, &entries).await?;
    let lines: Vec<(Uuid, What, Facts)> =
        steps.iter().map(|step| (step.case.id, step.what, step.facts.clone())).collect();
    Ok(journal::about_many(conn, deed, &lines).await?)
}

/// The groups' counts follow the stages: held from the choice, taken at enrolment, freed otherwise.
async fn move_places(conn: &mut PgConnection, steps: &[Step<'_>]) -> Result<(), Failure> {
    let moves: Vec<group::Move> =
        steps.iter().filter_map(|step| place_move(&step.case.stage, &step.next)).collect();
    if !moves.is_empty() {
        group::move_many(conn, &moves).await?;
    }
    Ok(())
}

fn place_move(from: &Stage, to: &Stage) -> Option<group::Move> {
    match (from.group(), to.group()) {
        (None, Some(group)) => Some(group::Move { group, held: 1, enrolled: 0 }),
        (Some(group), None) => Some(group::Move { group, held: -1, enrolled: 0 }),
        (Some(group), Some(_)) if to.name() == StageName::Enrolled => {
            Some(group::Move { group, held: -1, enrolled: 1 })
        }
        _ => None,
    }
}

/// Vouchers end with the stage that used them; the others keep their term.
async fn move_vouchers(conn: &mut PgConnection, deed: &Deed, steps: &[Step<'_>]) -> Result<(), Failure> {
    let mut ended = Vec::new();
    for step in steps {
        match (step.case.stage.voucher(), end_of_voucher(&step.next), step.next.conclude_term()) {
            (Some(voucher), Some(reason), _) => ended.push((voucher, reason)),
            (Some(voucher), None, Some(term)) => {
                let due = term.due(deed.calendar()).ok();
                db::voucher::save_term(conn, voucher, term, due, deed.now).await?;
            }
            _ => {}
        }
    }
    if !ended.is_empty() {
        db::voucher::end_many(conn, &ended, deed.now).await?;
    }
    Ok(())
}

/// A contract that the next stage does not stand on any more is void.
async fn void_contracts(conn: &mut PgConnection, deed: &Deed, steps: &[Step<'_>]) -> Result<(), Failure> {
    let left = |step: &Step<'_>| step.case.stage.contract().filter(|it| step.next.contract() != Some(*it));
    let contracts: Vec<Uuid> = steps.iter().filter_map(left).collect();
    if !contracts.is_empty() {
        db::contract::void_many(conn, &contracts, deed.now).await?;
        signature::drop_waiting(conn, deed, &contracts, None).await?;
        let ended = |step: &Step<'_>| left(step).filter(|_| step.next.contract().is_none());
        tell_kindergartens(conn, deed, &steps.iter().filter_map(ended).collect::<Vec<_>>()).await?;
    }
    Ok(())
}

/// In their cabinets; not when one of their own has ended it.
async fn tell_kindergartens(conn: &mut PgConnection, deed: &Deed, contracts: &[Uuid]) -> Result<(), Failure> {
    if contracts.is_empty() || deed.actor.is_of_kindergarten() {
        return Ok(());
    }
    let staff = db::contract_version::staff_of_contracts(conn, contracts).await?;
    let told: Vec<_> = staff
        .into_iter()
        .map(|one| (one.account, one.application, Notice::ContractLeft { number: one.number }))
        .collect();
    Ok(notice::enqueue_quietly(conn, deed, &told).await?)
}

/// Why a voucher ends when its application comes to this stage.
fn end_of_voucher(to: &Stage) -> Option<&'static str> {
    match to {
        Stage::OnStopList(_) => Some("lapsed"),
        Stage::Enrolled(_) => Some("enrolled"),
        Stage::Archived(ArchiveReason::Refused) => Some("refused"),
        Stage::Archived(ArchiveReason::NotFinished) => Some("not_finished"),
        Stage::Archived(ArchiveReason::Outgrown) => Some("outgrown"),
        Stage::Archived(ArchiveReason::EnrolledElsewhere) => Some("enrolled_elsewhere"),
        Stage::Archived(_) => Some("withdrawn"),
        _ => None,
    }
}
