# The commands of the README's first screen. Each installs what it needs and may be run any number of times.
#
# PORT moves the portal's port. DATABASE_URL makes `run`, `test` and `bench` use that PostgreSQL
# instead of a private cluster under .local/ (docs/development.md).

# Where cargo puts what it builds.
built := $(or $(CARGO_TARGET_DIR),target)

# Before a command: gives it a database, unless one was given to us.
with_postgres := $(if $(DATABASE_URL),,$(built)/debug/with-postgres --)

.PHONY: run test audit soak fuzz check bench

run:
	@scripts/install.sh
	cargo build --bin balabaqsha
	@SANDBOX=1 exec $(built)/debug/balabaqsha

test:
	@scripts/install.sh --browser
	cargo build --bins
	$(with_postgres) cargo test --no-fail-fast

# Every page from every side: narrow and wide, by day and by night, with the whole of axe-core.
audit:
	@scripts/install.sh --browser
	cargo build --bins
	AUDIT=full $(with_postgres) cargo test --test audit

# A million steps of the machine, and every race as often as it takes: hours. SOAK_STEPS=50000 makes it shorter.
soak:
	@scripts/install.sh
	cargo build --bins
	RACES=full SOAK_STEPS=$(or $(SOAK_STEPS),1000000) $(with_postgres) cargo test --test machine --test races -- --nocapture

# Parsers of strangers' bytes, ten minutes each. FUZZ_SECONDS makes it shorter, FUZZ_SEED another run of chance.
fuzz:
	FUZZ_SECONDS=$(or $(FUZZ_SECONDS),600) cargo test --profile bench --test fuzz -- --nocapture

bench:
	@scripts/install.sh
	cargo build --bin with-postgres
	$(with_postgres) cargo bench --bench '*'

check:
	@scripts/install.sh
	cargo fmt --check
	scripts/query-cache.sh
	cargo clippy --no-default-features -- -D warnings
	scripts/dependencies.sh
	cargo test --lib locale
