#!/bin/sh
# Installs what the portal's commands need and this machine lacks. Run it any number of times.
#
#   scripts/install.sh             PostgreSQL's server, for the private cluster
#   scripts/install.sh --browser   also Chromium with its driver, and the page checkers of tests/browser
#
# Debian packages are installed as root, else with `sudo -n` where that is allowed;
# else one line says what to run, and the exit code is 1.
set -eu
cd "$(dirname "$0")/.."

browser=
case "${1-}" in
  '') ;;
  --browser) browser=yes ;;
  *) echo "usage: scripts/install.sh [--browser]" >&2; exit 2 ;;
esac

# The same places as src/sandbox/cluster.rs, which takes release 15 and later.
has_postgres() {
  for programs in /usr/lib/postgresql/*/bin "$(pg_config --bindir 2>/dev/null || true)"; do
    [ -x "$programs/initdb" ] || continue
    release=$("$programs/initdb" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
    [ "${release:-0}" -ge 15 ] && return 0
  done
  return 1
}

has_chromium() {
  { command -v chromium || command -v google-chrome; } >/dev/null 2>&1
}

missing=
# With a DATABASE_URL the portal needs no server here; the tests of the private cluster always do.
if [ -z "${DATABASE_URL-}" ] || [ "$browser" ]; then
  has_postgres || missing="$missing postgresql-15"
fi

if [ "$browser" ]; then
  has_chromium || missing="$missing chromium"
  command -v chromedriver >/dev/null 2>&1 || missing="$missing chromium-driver"
fi

say_what_to_run() {
  echo "install.sh: missing:$missing; run: apt-get install$missing (as root)" >&2
  exit 1
}

install_packages() {
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "install.sh: missing:$missing, and there is no apt-get here; on Debian: apt-get install$missing" >&2
    exit 1
  fi
  as_root=
  if [ "$(id -u)" != 0 ]; then
    { command -v sudo && sudo -n true; } >/dev/null 2>&1 || say_what_to_run
    as_root='sudo -n'
  fi
  # Debian's package would make and start a server of its own on port 5432: not this time.
  # Servers that are there already stay as they are, and later installations are the owner's affair again.
  settings=/etc/postgresql-common/createcluster.d
  $as_root mkdir -p "$settings"
  echo 'create_main_cluster = false' | $as_root tee "$settings/balabaqsha.conf" >/dev/null
  log=$(mktemp)
  # shellcheck disable=SC2086 # $missing is a list of words
  apt_install() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=120 $missing </dev/null >"$log" 2>&1
  }
  echo "installing$missing" >&2
  forget() { rm -f "$log"; $as_root rm -f "$settings/balabaqsha.conf"; }
  # The package lists may be absent or too old: then they are fetched, and it is tried once more.
  if ! apt_install; then
    $as_root apt-get update </dev/null >>"$log" 2>&1 || true
    if ! apt_install; then
      tail -n 5 "$log" >&2
      forget
      say_what_to_run
    fi
  fi
  forget
}

[ -z "$missing" ] || install_packages

# axe-core and html-validate, as tests/browser/package-lock.json pins them.
install_page_checkers() {
  installed=tests/browser/node_modules/.package-lock.json
  if [ ! -e "$installed" ] || [ tests/browser/package-lock.json -nt "$installed" ]; then
    echo "installing the page checkers of tests/browser" >&2
    npm ci --prefix tests/browser --no-audit --no-fund --loglevel=error >&2
    touch "$installed"
  fi
}

if [ "$browser" ] && command -v npm >/dev/null 2>&1; then
  # One at a time, for test runs that begin together: `npm ci` first removes what is there.
  { flock 9 && install_page_checkers; } 9<tests/browser/package-lock.json
fi
