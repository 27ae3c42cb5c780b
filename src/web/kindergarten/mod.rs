//! What the staff of a kindergarten see and do.
pub mod families;

use super::Routes;

pub fn routes(routes: Routes) -> Routes {
    families::routes(routes)
}
