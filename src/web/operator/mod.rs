//! What the operator of the education department sees: organisations, staff, queues, the journal.
use super::{Routes, Who};

pub mod dashboard;
pub mod journal;
pub mod kindergartens;
pub mod queue;
pub mod staff;

pub fn routes(routes: Routes) -> Routes {
    routes
        .get("/{lang}/operator", Who::Operator, dashboard::show)
        .get("/{lang}/operator/kindergartens", Who::Operator, kindergartens::list)
        .get("/{lang}/operator/kindergartens/new", Who::Operator, kindergartens::new)
        .post("/{lang}/operator/kindergartens/new", Who::Operator, kindergartens::add)
        .get("/{lang}/operator/kindergartens/{id}", Who::Operator, kindergartens::one)
        .post("/{lang}/operator/kindergartens/{id}", Who::Operator, kindergartens::change)
        .get("/{lang}/operator/kindergartens/{id}/group", Who::Operator, kindergartens::new_group)
        .post("/{lang}/operator/kindergartens/{id}/group", Who::Operator, kindergartens::add_group)
        .get("/{lang}/operator/staff", Who::Operator, staff::list)
        .get("/{lang}/operator/staff/new", Who::Operator, staff::new)
        .post("/{lang}/operator/staff/new", Who::Operator, staff::add)
        .get("/{lang}/operator/staff/{id}", Who::Operator, staff::one)
        .post("/{lang}/operator/staff/{id}/disable", Who::Operator, staff::disable)
        .post("/{lang}/operator/staff/{id}/enable", Who::Operator, staff::enable)
        .post("/{lang}/operator/staff/{id}/remove", Who::Operator, staff::remove_role)
        .get("/{lang}/operator/queue", Who::Operator, queue::all)
        .get("/{lang}/operator/queue/{id}", Who::Operator, queue::one)
        .get("/{lang}/operator/journal", Who::Operator, journal::show)
}
