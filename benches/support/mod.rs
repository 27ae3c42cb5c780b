//! The parts of the bench.
pub mod figure;
pub mod load;
pub mod portal;
pub mod seed;
pub mod wire;
