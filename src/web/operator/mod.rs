//! What the operator of the education department sees: organisations, staff, queues, the journal.
use super::{Routes, Who};

pub mod banners;
pub mod dashboard;
pub mod feedback;
pub mod groups;
pub mod journal;
pub mod kindergartens;
pub mod questions;
pub mod queue;
pub mod rounds;
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
        .get("/{lang}/operator/kindergartens/{id}/group/{group}", Who::Operator, groups::one)
        .post("/{lang}/operator/kindergartens/{id}/group/{group}", Who::Operator, groups::change)
        .post("/{lang}/operator/kindergartens/{id}/group/{group}/close", Who::Operator, groups::close)
        .get("/{lang}/operator/staff", Who::Operator, staff::list)
        .get("/{lang}/operator/staff/new", Who::Operator, staff::new)
        .post("/{lang}/operator/staff/new", Who::Operator, staff::add)
        .get("/{lang}/operator/staff/{id}", Who::Operator, staff::one)
        .post("/{lang}/operator/staff/{id}/disable", Who::Operator, staff::disable)
        .post("/{lang}/operator/staff/{id}/enable", Who::Operator, staff::enable)
        .post("/{lang}/operator/staff/{id}/remove", Who::Operator, staff::remove_role)
        .get("/{lang}/operator/queue", Who::Operator, queue::all)
        .get("/{lang}/operator/queue/{id}", Who::Operator, queue::one)
        .get("/{lang}/operator/queue/{id}/round", Who::Operator, rounds::rehearse)
        .post("/{lang}/operator/queue/{id}/round", Who::Operator, rounds::hold)
        .get("/{lang}/operator/rounds", Who::Operator, rounds::list)
        .get("/{lang}/operator/rounds/{id}", Who::Operator, rounds::one)
        .get("/{lang}/operator/feedback", Who::Operator, feedback::list)
        .get("/{lang}/operator/feedback/{id}", Who::Operator, feedback::one)
        .post("/{lang}/operator/feedback/{id}/take", Who::Operator, feedback::take)
        .post("/{lang}/operator/feedback/{id}/answer", Who::Operator, feedback::answer)
        .get("/{lang}/operator/questions", Who::Operator, questions::list)
        .get("/{lang}/operator/questions/new", Who::Operator, questions::new)
        .post("/{lang}/operator/questions/new", Who::Operator, questions::publish)
        .get("/{lang}/operator/questions/{id}", Who::Operator, questions::one)
        .post("/{lang}/operator/questions/{id}", Who::Operator, questions::change)
        .post("/{lang}/operator/questions/{id}/withdraw", Who::Operator, questions::withdraw)
        .get("/{lang}/operator/banners", Who::Operator, banners::list)
        .post("/{lang}/operator/banners", Who::Operator, banners::add)
        .post("/{lang}/operator/banners/{id}/withdraw", Who::Operator, banners::withdraw)
        .get("/{lang}/operator/journal", Who::Operator, journal::show)
}
