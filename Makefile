# CI runs the same targets: .ci/run.

CARGO ?= cargo
export CARGO_TERM_COLOR ?= auto

.DEFAULT_GOAL := help
.PHONY: help test test-fast lint sets docs run-tests parts mutants update bench bench-cluster deny

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# The tests run last, so that you see their output last.
test: lint sets docs run-tests ## run every check that a change must pass

test-fast: ## test only the domain; takes seconds
	$(CARGO) test --locked --no-default-features --lib

lint: ## check the format; treat every warning as an error
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings

# `lint` checks the default features, `local` and `kubernetes`. The build without features proves that the domain uses no clock, no files and no random
# hash order, because they do not exist there. It builds only the library: tests need the standard library and the time zones.
sets: ## lint the other two feature sets: none and `local`
	$(CARGO) clippy --locked --lib --no-default-features -- -D warnings
	$(CARGO) clippy --locked --all-targets --no-default-features -- -D warnings
	$(CARGO) clippy --locked --all-targets --no-default-features --features local -- -D warnings

docs: ## build the documentation; fail on broken links
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps

# Three cluster tests wait for ten minutes, so they get three threads in addition to one per core.
run-tests: parts ## run all tests: the domain without features, then everything, including the real cluster
	$(CARGO) test --locked --no-default-features --lib
	$(CARGO) build --locked --examples
	$(CARGO) test --locked --lib --bins --test it
	$(CARGO) test --locked --test cluster -- --test-threads $$(($$(nproc) + 3))

parts: ## install and build the missing components of the test cluster and the tests' BigQuery and PostgreSQL servers, as root
	tests/cluster/parts.sh node
	tests/bigquery/parts.sh
	tests/postgres/parts.sh

# Not part of the tests: it takes half an hour.
mutants: ## break the rules of the core one by one; a test must detect each. ONLY="admit.rs turn" selects some
	python3 mutants/run.py --jobs=$$(nproc) $(ONLY)

update: ## rewrite the generated files that tests compare
	UPDATE=1 $(CARGO) test --locked --lib --test it

bench: ## measure performance
	benches/run.sh

# Cargo builds the tests' binary without optimization, so this measures a release build.
bench-cluster: parts ## measure memory, CPU, time and writes in a real cluster, as root. ONLY="twenty start" selects some
	$(CARGO) build --release --locked --bin gapless
	GAPLESS_BENCH="$${CARGO_TARGET_DIR:-target}/release/gapless" $(CARGO) test --locked --test cluster -- --ignored --exact --nocapture bench::the_operator_is_measured

deny: ## check licences, advisories and banned crates; needs cargo-deny and the network
	$(CARGO) deny --locked --all-features check
