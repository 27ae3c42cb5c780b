//! Journeys through the portal's pages, told as people live them.
mod support;

#[path = "journey/frame.rs"]
mod frame;
#[path = "journey/notice.rs"]
mod notice;
#[path = "journey/sandbox.rs"]
mod sandbox;
