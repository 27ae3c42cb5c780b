#!/bin/sh
# The query cache: .sqlx/ holds what the database says about each query in the source, so that a build needs none.
#
#   scripts/query-cache.sh            makes it anew in an empty folder and compares: `make check`. The build it
#                                     takes is clippy's, so that the crate is not gone through twice.
#   scripts/query-cache.sh --write    makes it anew in .sqlx/: after a change to a query or a migration
#
# The database is an empty one of a private cluster, with the migrations applied by psql rather than by the
# portal, because a portal with a new query does not compile yet.
set -eu
cd "$(dirname "$0")/.."

case "${1-}" in
  '') mode=--compare ;;
  --write | --inside) mode=$1 ;;
  *) echo "usage: scripts/query-cache.sh [--write]" >&2; exit 2 ;;
esac

if [ "$mode" = --inside ]; then
  # Second pass, inside of with-postgres: DATABASE_URL and SQLX_OFFLINE_DIR are set.
  for migration in migrations/*.sql; do
    [ -e "$migration" ] || continue
    psql "$DATABASE_URL" -Xq1 -v ON_ERROR_STOP=1 -f "$migration" >/dev/null
  done
  # Only this crate is compiled anew; what cargo has built of the dependencies stays good.
  touch src/lib.rs
  export SQLX_OFFLINE=false
  if [ "$2" = --write ]; then exec cargo check --quiet --all-targets; fi
  exec cargo clippy --all-targets -- -D warnings
fi

with_postgres=${CARGO_TARGET_DIR:-target}/debug/with-postgres
if ! cargo build --quiet --bin with-postgres; then
  [ "$mode" = --write ] || exit 1
  # A query that the cache does not know yet: the program of the last good build does as well.
  if [ ! -x "$with_postgres" ]; then
    echo "query cache: build once without the new query (git stash, cargo build, git stash pop), then again" >&2
    exit 1
  fi
  echo "query cache: going on with the last good build of with-postgres" >&2
fi

fresh=$(mktemp -d)
same=
# What was compiled against the database must not pass for what is compiled from the cache: unless they are the same.
trap 'rm -rf "$fresh"; touch ${same:+-d "$same"} src/lib.rs' EXIT
trap 'exit 1' HUP INT TERM
changed=$(stat -c %y src/lib.rs)
SQLX_OFFLINE_DIR=$fresh "$with_postgres" -- "$0" --inside "$mode"

mkdir -p .sqlx
if [ "$mode" = --write ]; then
  find .sqlx -name 'query-*.json' -delete
  find "$fresh" -name 'query-*.json' -exec cp {} .sqlx/ \;
  echo "query cache: $(find .sqlx -name 'query-*.json' | wc -l) queries in .sqlx/"
elif diff -r "$fresh" .sqlx; then
  same=$changed
  echo "query cache: .sqlx/ is what the migrations and the queries say"
else
  echo "query cache: .sqlx/ is out of date; run scripts/query-cache.sh --write" >&2
  exit 1
fi
rmdir .sqlx 2>/dev/null || true
