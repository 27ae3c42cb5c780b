//! The individual identification number (IIN) and the organisation's (BIN).
