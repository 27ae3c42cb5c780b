#!/bin/sh
# The dependencies: none banned, none under a foreign licence or from a foreign place (deny.toml), none unused.
# Known weaknesses too, where ADVISORY_DB names a copy of the RustSec database.
#
# cargo-deny and cargo-machete are taken from the PATH, else compiled once into a folder beside cargo's own, where the
# next clone finds them.
set -eu
cd "$(dirname "$0")/.."

tools=${CARGO_HOME:-$HOME/.cargo}/balabaqsha-tools
PATH=$PATH:$tools/bin
export PATH

need() {
  command -v "$1" >/dev/null 2>&1 && return 0
  echo "compiling $1 $2 into $tools (once)" >&2
  cargo install --quiet --locked --root "$tools" --version "$2" "$1"
}

# Measured on two cores: cargo-deny four minutes of processor time, cargo-machete under one.
need cargo-deny 0.20.2
need cargo-machete 0.9.2

# What the lock file names for other platforms too; quick when it is here. Then nothing more is asked of anybody.
cargo fetch --locked --quiet
cargo deny --offline check bans licenses sources
if [ "${ADVISORY_DB-}" ]; then
  # The name is cargo-deny's own for https://github.com/rustsec/advisory-db.
  mkdir -p .local/advisory-dbs
  ln -sfn "$(realpath "$ADVISORY_DB")" .local/advisory-dbs/advisory-db-3157b0e258782691
  cargo deny --offline check advisories
fi
cargo machete .
