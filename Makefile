# make test and make run SERVER=1 do all their own set-up. On a bare Debian machine, as root, they install a Docker engine and
# build a server from packages (integration/server); elsewhere they use the engine that is there, or MONGODB_URI.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

GO ?= go
FUZZTIME ?= 30s
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
SUMTYPE := github.com/alecthomas/go-check-sumtype/cmd/go-check-sumtype@v0.4.0

# Every module of the repository; ./ is the root. The benchmarks of bench/ take their time: they are compiled, not run.
MODULES := $(sort $(dir $(shell find . -name go.mod -not -path '*/.*/*' -not -path '*/testdata/*')))
TESTED := $(filter-out ./ ./bench/,$(MODULES))
WITHSERVER := bin/withserver

# with-own-server runs $(1), which replaces what is stored in a database: on the server that CASEMGMT_URI names, or on one that is
# started for it. A server that MONGODB_URI names may be somebody else's, and is not touched.
with-own-server = if [ -z "$${CASEMGMT_URI:-}" ]; then \
		unset MONGODB_URI; bash integration/server/prepare.sh; \
		exec $(WITHSERVER) bash -euo pipefail -c 'export CASEMGMT_URI=$$MONGODB_URI; $(1)'; \
	fi; $(1)

# in-modules runs $(2) in each of the modules $(1).
in-modules = for module in $(1); do (cd "$$module" && $(2)) || { echo "make $@: failed in $$module" >&2; exit 1; }; done

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

.PHONY: test
test: announce check unit integration ## everything: checks, unit tests, tests against a server

.PHONY: check
check: check-format check-tidy vet staticcheck sumtype ## formatting, go.mod files, vet, staticcheck, sums

.PHONY: check-format
check-format:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then \
		echo "not formatted (make fmt):" >&2; echo "$$unformatted" >&2; exit 1; fi

.PHONY: check-tidy
check-tidy:
	@$(call in-modules,$(MODULES),$(GO) mod tidy -diff)

.PHONY: vet
vet:
	@$(call in-modules,$(MODULES),$(GO) vet ./...)

.PHONY: staticcheck
staticcheck:
	@$(call in-modules,$(MODULES),$(GO) run $(STATICCHECK) ./...)

# A type switch over a sealed interface (//sumtype:decl) names all its members, also where it has a default: clause, so that a
# new member is noticed at each. Package filter is named
# since the tool knows the sums of the packages that it is given.
.PHONY: sumtype
sumtype: ## type switches over sealed interfaces name all members
	@$(GO) run $(SUMTYPE) -default-signifies-exhaustive=false $$($(GO) list ./...)
	@$(call in-modules,./engine/oso/,$(GO) run $(SUMTYPE) -default-signifies-exhaustive=false github.com/mongoauthz/go-mongoauthz/filter ./...)

.PHONY: unit
unit: ## the root module's tests: no server, no Docker
	CGO_ENABLED=0 $(GO) build ./...
	$(GO) test -race -shuffle=on -count=1 ./...
	$(GO) test -count=1 -run HostileArguments .

# The differential asks the server from one goroutine, and takes three times as long under the race
# detector. The other suites run the same code under it.
.PHONY: integration
integration: announce browser server $(WITHSERVER) ## the nested modules' tests against a server
	@$(WITHSERVER) bash -euo pipefail -c '$(call in-modules,$(TESTED),$(GO) test -race -count=1 -timeout=30m $$($(GO) list ./... | grep -v go-mongoauthz/integration/differential)); \
		cd integration && $(GO) test -count=1 -timeout=30m -v ./differential'

.PHONY: run
run: $(if $(SERVER),server $(WITHSERVER)) ## the example, examples/library; with MONGODB_URI or SERVER=1 on a server as well
	@$(if $(SERVER),$(WITHSERVER)) $(GO) run ./examples/library

.PHONY: run-polar
run-polar: $(if $(SERVER),server $(WITHSERVER)) ## the example with its policy in Polar; needs a C compiler
	@$(if $(SERVER),$(WITHSERVER)) bash -euo pipefail -c 'cd examples/library/polar && $(GO) run .'

.PHONY: casemgmt
casemgmt: $(WITHSERVER) ## serve the case-management example, with demonstration data and a page to review it
	@$(call with-own-server,cd examples/casemgmt && $(GO) run ./cmd/casemgmt demo)

.PHONY: casemgmt-full
casemgmt-full: announce browser server $(WITHSERVER) ## the service beside its oracle in full, on 200 random worlds, and 60 s of load: takes hours
	@$(WITHSERVER) bash -euo pipefail -c 'cd examples/casemgmt && $(GO) test -count=1 -timeout=0 -v . -full -worlds=200 -served=200 -load=60s'

.PHONY: casemgmt-measure
casemgmt-measure: $(WITHSERVER) ## the example's table of activity logs, and its plot: on an idle machine
	@$(call with-own-server,cd examples/casemgmt && $(GO) run ./cmd/casemgmt measure --times 41 --out report)

.PHONY: oso-long
oso-long: ## engine/oso: 100,000 queries with flat memory, 1,000 random policies beside Oso itself
	@cd engine/oso && $(GO) test -count=1 -timeout=0 -v -run "Flat|NegationsAgree" . -args -queries=100000 -policies=1000

.PHONY: bench
bench: ## the root module's benchmarks
	$(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: bench-server
bench-server: server $(WITHSERVER) ## authorized lists beside the alternatives, on a server
	@$(WITHSERVER) bash -euo pipefail -c 'cd bench && $(GO) test -run "^$$" -bench . -benchtime=20x -count=6 . && cd ../engine/oso && $(GO) test -run "^$$" -bench . -benchmem . && cd integration && $(GO) test -run "^$$" -bench . -benchmem .'

.PHONY: bench-report
bench-report: server $(WITHSERVER) ## lists of up to 500,000 documents, by every strategy and by hand: a table and a plot in bench/report; takes long
	@$(WITHSERVER) bash -euo pipefail -c 'cd bench && $(GO) run ./cmd/benchreport $(ARGS)'

.PHONY: fuzz
fuzz: ## run each fuzz target of the root module for as long as FUZZTIME says; FUZZ chooses some
	@for package in $$($(GO) list ./...); do \
		listed=$$($(GO) test -list '$(or $(FUZZ),^Fuzz)' $$package); \
		for target in $$listed; do case $$target in Fuzz*) \
			echo "$$package $$target"; $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s $$package;; \
		esac; done; \
	done

.PHONY: fuzz-server
fuzz-server: server $(WITHSERVER) ## compare random lists with the evaluator's for as long as FOR says, e.g. FOR=1h
	@$(WITHSERVER) bash -euo pipefail -c 'cd integration && $(GO) test ./differential -run=Pipeline -count=1 -v -timeout=0 -args -rapid.seed=0 -rapid.checks=100 -for=$(or $(FOR),10m)'

.PHONY: golden
golden: ## rewrite the golden files: the diff is the review
	@files=$$($(GO) list -f '{{range .TestGoFiles}}{{$$.Dir}}/{{.}} {{end}}{{range .XTestGoFiles}}{{$$.Dir}}/{{.}} {{end}}' ./...); \
	packages=$$({ grep -l 'flag\.Bool("update"' $$files || true; } | xargs -r -n1 dirname | sort -u); \
	if [ -z "$$packages" ]; then echo "no package has golden files"; else $(GO) test $$packages -update; fi

.PHONY: fmt
fmt: ## format all Go files
	gofmt -w .

.PHONY: announce
announce: # what is about to be installed, before anything is
	@bash integration/server/announce.sh

.PHONY: server
server: # whatever the harness needs to find or start a server
	@bash integration/server/prepare.sh

.PHONY: server-image
server-image: docker-engine ## build the compatible server's image, unless it is there and current
	@bash integration/server/image.sh

.PHONY: browser
browser: # for the tests that look at pages
	@bash examples/casemgmt/browser.sh

.PHONY: docker-engine
docker-engine: ## install and start a Docker engine, unless one answers (Debian, as root)
	@bash integration/server/engine.sh

# The go command knows what has changed.
.PHONY: $(WITHSERVER)
$(WITHSERVER):
	@cd integration && $(GO) build -o ../$(WITHSERVER) ./cmd/withserver
