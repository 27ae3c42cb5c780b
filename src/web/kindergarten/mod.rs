//! What the staff of a kindergarten see: the families on their way, the groups, the kindergarten's own facts.
use super::{Routes, Who};

pub mod families;
pub mod groups;
mod many;
mod many_phone;
pub mod photos;
pub mod profile;

pub fn routes(routes: Routes) -> Routes {
    many_phone::routes(many::routes(families::routes(routes)))
        .get("/{lang}/kindergarten/groups", Who::Kindergarten, groups::list)
        .get("/{lang}/kindergarten/groups/new", Who::Kindergarten, groups::new)
        .post("/{lang}/kindergarten/groups/new", Who::Kindergarten, groups::add)
        .get("/{lang}/kindergarten/groups/{id}", Who::Kindergarten, groups::one)
        .post("/{lang}/kindergarten/groups/{id}", Who::Kindergarten, groups::change)
        .post("/{lang}/kindergarten/groups/{id}/close", Who::Kindergarten, groups::close)
        .get("/{lang}/kindergarten/photos", Who::Kindergarten, photos::list)
        .post_files("/{lang}/kindergarten/photos", Who::Kindergarten, photos::add)
        .post("/{lang}/kindergarten/photos/{id}/remove", Who::Kindergarten, photos::remove)
        .get("/{lang}/kindergarten/profile", Who::Kindergarten, profile::show)
        .post("/{lang}/kindergarten/profile", Who::Kindergarten, profile::save)
}
