//! Recovery of the password: the road of registration, without consent. It never tells whether an account exists.
use super::register;
use crate::domain::challenge::Purpose;
use crate::web::Routes;

pub fn routes(routes: Routes) -> Routes {
    register::road(routes, Purpose::Recover)
}
