# What people run. CI runs the same verbs: .ci/run.

CARGO ?= cargo
export CARGO_TERM_COLOR ?= auto

.DEFAULT_GOAL := help
.PHONY: help test test-fast lint sets docs run-tests parts mutants update bench bench-cluster deny

help: ## list these verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# The tests stand last, so that what they print is what you see last.
test: lint sets docs run-tests ## everything a change must pass

test-fast: ## the domain alone: seconds, for the loop while you write
	$(CARGO) test --locked --no-default-features --lib

lint: ## format, and every warning is an error
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings

# Lint checked the default set, which is `local` and `kubernetes`; none proves that the domain needs no clock, no files and no random hash order, for they do not exist there: that proof
# is of the library alone, because tests bring the standard library and the zones along.
sets: ## the other two feature sets: none and `local`
	$(CARGO) clippy --locked --lib --no-default-features -- -D warnings
	$(CARGO) clippy --locked --all-targets --no-default-features -- -D warnings
	$(CARGO) clippy --locked --all-targets --no-default-features --features local -- -D warnings

docs: ## the documentation builds, and no link in it is broken
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps

# Three tests of the cluster wait for ten minutes; they have threads of their own beside those of the cores.
run-tests: parts ## all tests: the domain without features, then everything, the real cluster included
	$(CARGO) test --locked --no-default-features --lib
	$(CARGO) build --locked --examples
	$(CARGO) test --locked --lib --bins --test it
	$(CARGO) test --locked --test cluster -- --test-threads $$(($$(nproc) + 3))

parts: ## what the tests' cluster is made of: installed and built where it is missing, as root
	tests/cluster/parts.sh node

# Not part of the tests: it takes half an hour.
mutants: ## break one rule of the core after the other; a test must notice each. ONLY="admit.rs turn" breaks these only
	python3 mutants/run.py --jobs=$$(nproc) $(ONLY)

update: ## rewrite the generated files that tests compare with
	UPDATE=1 $(CARGO) test --locked --lib --test it

bench: ## how fast, measured
	benches/run.sh

# Cargo builds the tests' own binary without optimisation; what is measured is the one that people run.
bench-cluster: parts ## how much memory, CPU, time and how many writes in a real cluster, measured; as root. ONLY="twenty start" runs only these worlds
	$(CARGO) build --release --locked --bin gapless
	GAPLESS_BENCH="$${CARGO_TARGET_DIR:-target}/release/gapless" $(CARGO) test --locked --test cluster -- --ignored --exact --nocapture bench::the_operator_is_measured

deny: ## licences, advisories, banned crates; needs cargo-deny and the network
	$(CARGO) deny --locked --all-features check
