# Short names for the commands of every day. The work itself is in scripts/, which can be run without make.

.PHONY: help run test check bench bench-quick siege

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

run: ## install what is missing, build, serve on an embedded Postgres with the sample imported
	@scripts/run.sh

test: ## everything, against a real Postgres and a real Kafka
	@scripts/test.sh

check: ## the quick one: format, clippy, architecture, tests that need no server
	@scripts/check.sh

bench: ## measure Daybook beside its peers, and write docs/benchmarks.md
	@scripts/bench.sh

bench-quick: ## the same with less of everything, in under three minutes; writes to target/bench-quick
	@scripts/bench.sh --quick --out target/bench-quick

siege: ## attack a release build with everything, and ask for ten times what it can do
	@scripts/siege.sh
