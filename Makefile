# Everything that is installed or built lies in .tools, .local and .aws-sam, all of this checkout; `make clean` removes it.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# Ports of the local stack: the API, the local Salesforce org, the local AWS.
API_PORT ?= 8000
ORG_PORT ?= 8001
AWS_PORT ?= 4566
export API_PORT ORG_PORT AWS_PORT

# Whose token `make token` prints: admin or viewer.
ROLE ?= admin
# The environment of samconfig.toml that `make deploy` deploys to.
ENV ?= staging

# How many worlds `make soak` tries.
RUNS ?= 200000

export SAM_CLI_TELEMETRY := 0
LOCAL := .tools/bin/local
SAM := .tools/sam/bin/sam

.PHONY: help
help: ## Show this.
	@echo "make TARGET"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "API_PORT=$(API_PORT) ORG_PORT=$(ORG_PORT) AWS_PORT=$(AWS_PORT) change the ports."

.PHONY: demo
demo: tools local ## Show the whole product at work on this machine: from nothing to a Campaign that changed, and back.
	@exec $(LOCAL) demo

.PHONY: run
run: tools local ## Run the stack until Ctrl-C: API on 8000, Salesforce org on 8001, AWS on 4566.
	@exec $(LOCAL) up

.PHONY: token
token: local ## Print a bearer token for the stack (ROLE=viewer: a reader's).
	@exec $(LOCAL) token $(ROLE)

.PHONY: test
test: tools salesforce-clients ## Run all tests, unit to end to end, with the race detector.
	@$(MAKE) --no-print-directory local
	go test -race -shuffle=on ./...
	@$(LOCAL) test

.PHONY: soak
soak: go-version ## Try push in very many random worlds of faults and crashes (RUNS=200000).
	PUSH_RUNS=$(RUNS) go test -count=1 -timeout 120m -run TestNothingLostNothingDoubledInOrder ./internal/push

.PHONY: check
check: tools go-tools ## Look for what tests do not see: format, vet, lint, the API's contract, known vulnerabilities, the template.
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not formatted (gofmt -w):"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	.tools/bin/golangci-lint run
	@$(MAKE) --no-print-directory spec vulnerabilities
	$(SAM) validate --lint --region us-east-1
	@$(MAKE) --no-print-directory checkov

# A skip stands beside the resource in template.yaml, with its reason.
.PHONY: checkov
checkov: ## Look for what is unsafe in template.yaml.
	@tools/install.sh checkov
	.tools/checkov/bin/checkov --file template.yaml --framework cloudformation --skip-download --quiet --compact

.PHONY: spec
spec: ## Lint the API's contract, docs/openapi.yaml.
	@tools/install.sh redocly
	@tools/lint-openapi.sh

.PHONY: vulnerabilities
vulnerabilities: go-tools ## Look for known vulnerabilities only.
	@tools/vulnerabilities.sh

.PHONY: faults
faults: go-version ## Compare push with a plain writer on go-salesforce under faults (FLAGS=-update: into docs/benchmarks.md).
	@cd internal/faults && GOFLAGS=-mod=readonly go test -count=1 -args $(FLAGS)

.PHONY: bench
bench: go-version ## Measure what a thousand events cost, and cold starts (FLAGS=-update: into docs/benchmarks.md).
	@go test -run '^$$' -bench Reach -benchtime 5x ./internal/trial
	@go test -count=1 -v -run ColdStarts ./internal/coldstart -args -runs 41 $(FLAGS)

.PHONY: reach
reach: tools ## Count the API's calls of DynamoDB with 100,000 deliveries in the table.
	@tools/reach.sh

.PHONY: build
build: tools local ## Build the functions for AWS into .aws-sam, as samconfig.toml has it for ENV.
	@exec $(LOCAL) build --config-env $(ENV)

.PHONY: deploy
deploy: build ## Deploy them (ENV=prod: not to staging).
	$(SAM) deploy --config-env $(ENV)

.PHONY: clean
clean: ## Remove what the other targets installed and built.
	rm -rf .tools .local .aws-sam

# --- what the targets need ---

.PHONY: tools
tools: go-version
	@tools/install.sh python

.PHONY: go-tools
go-tools: go-version
	@tools/install.sh go

.PHONY: go-version
go-version:
	@tools/go-version.sh

# Other people's clients, which the local org's tests run. A machine without npm does without jsforce, and so on: the
# tests of a client that is not there are skipped, and say so.
.PHONY: salesforce-clients
salesforce-clients: go-version
	@internal/salesforce/localorg/clienttest/install.sh || echo "not every Salesforce client could be installed: their tests are skipped"

# A program of its own, and not `go run`, which would not pass a SIGTERM on.
.PHONY: local
local: go-version
	@go build -o $(LOCAL) ./internal/cmd/local
