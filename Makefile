# `make` lists the targets. Everything they make is in .venv, .venv-lambda, .venv-stripe, .local and .aws-sam.
.DEFAULT_GOAL := help
.PHONY: help venv run stripe reset build deploy fmt lint check fast watch test stackless onstack fuzz bench openapi \
	diagrams tables refit picture

PORT ?= 8000
STRIPE_PORT ?= 8420
BIN := .venv/bin
CODE := functions:layers/dealreg
# pure tests, and those that hold template, documents and code together; without those that start an interpreter for
# each function (test_imports.py)
FAST := tests/unit tests/contract --ignore=tests/contract/test_imports.py
# by a name of its own, so that `make --dry-run` leaves alone what comes behind it on the line
SIDE_BY_SIDE = $(MAKE) --no-print-directory --jobs=2

help: ## lists these targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 18

venv: .venv-lambda/ready ## makes .venv (tools, tests) and .venv-lambda (MiniStack)

.venv/ready: requirements-dev.txt $(wildcard layers/*/requirements.txt)
	@local/python-venv .venv requirements-dev.txt

# of the same Python as .venv, which builds what it runs
.venv-lambda/ready: .venv/ready local/requirements.txt
	@local/python-venv .venv-lambda local/requirements.txt .venv/bin/python

# localstripe: no part of .venv, since it is GPL
.venv-stripe/ready: .venv/ready local/stripe-requirements.txt
	@local/python-venv .venv-stripe local/stripe-requirements.txt .venv/bin/python

run: venv ## starts the whole stack on http://localhost:8000 (PORT= to change); Ctrl-C stops it
	@$(BIN)/python -m local run --port $(PORT)

stripe: venv .venv-stripe/ready ## plays Stripe beside 'make run', for whoever wants to be the customer (STRIPE_PORT= to change)
	@$(BIN)/python -m local stripe --port $(STRIPE_PORT)

reset: ## forgets the local stack and its data
	@if kill -0 $$(cat .local/ministack.pid 2>/dev/null) 2>/dev/null; then echo "Stop the running stack first (Ctrl-C)."; exit 1; fi
	@rm -rf .local && echo "Forgotten. The next 'make run' starts anew."

build: venv ## builds what is deployed, byte code included, into .aws-sam/build
	@$(BIN)/python -m local build

deploy: build ## deploys to the AWS account you are signed in to; asks for the parameters the first time
	@PATH="$(CURDIR)/$(BIN):$$PATH" sam deploy $(if $(wildcard samconfig.toml),,--guided)

fmt: venv ## formats the code and mends what ruff can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lint: venv ## ruff, pyright, import-linter, cfn-lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright --pythonpath $(BIN)/python
	PYTHONPATH=$(CODE) $(BIN)/lint-imports
	$(BIN)/cfn-lint template.yaml -a cfn_lint_serverless.rules

check: venv ## lint and the fast tests (unit, contract) side by side, in under 90 seconds: before each commit
	@$(MAKE) --no-print-directory --jobs=2 lint fast

fast: venv ## the fast tests alone: unit and contract
	$(BIN)/python -m pytest --quiet --numprocesses 2 $(FAST)

watch: venv ## runs the fast tests, and again after each change of a file; Ctrl-C stops it
	$(BIN)/watchfiles "$(BIN)/python -m pytest --quiet $(FAST)" functions layers local tests events template.yaml

test: venv .venv-stripe/ready ## all tests, on the deployed local stack too; T=path runs that path alone
ifdef T
	$(BIN)/python -m pytest $(T)
else
	@$(SIDE_BY_SIDE) --keep-going stackless onstack OUTPUT='>.local/onstack.txt 2>&1'; ended=$$?; cat .local/onstack.txt; exit $$ended
endif

# nice: those on the stack mostly wait for it, and must not wait for these too
stackless: venv ## all tests but those on the stack
	nice $(BIN)/python -m pytest --numprocesses 2 --dist worksteal tests/unit tests/integration tests/workflow tests/contract

# beside the others, which alone remember what failed for --last-failed
onstack: venv ## the tests on the deployed local stack, by API and by browser
	@mkdir -p .local
	$(BIN)/python -m pytest -p no:cacheprovider tests/e2e tests/browser $(OUTPUT)

fuzz: venv ## sends every route far more than 'make test' does, by another seed each time (EXAMPLES=, SEED= to choose)
	DEALREG_FUZZ_EXAMPLES=$(or $(EXAMPLES),50) DEALREG_FUZZ_SEED=$(or $(SEED),$(shell date +%s)) \
	$(BIN)/python -m pytest --numprocesses 2 tests/integration/silo/test_description.py tests/integration/silo/test_strangers.py

bench: venv ## measures start-up, registering, reviews, the worklist, what is due; webhooks and commissions in short
	@PYTHONPATH=$(CODE) $(BIN)/python -m benchmarks
	@PYTHONPATH=$(CODE) $(BIN)/python -m benchmarks.webhooks --short
	@PYTHONPATH=$(CODE) $(BIN)/python -m benchmarks.money --short

openapi: venv ## makes functions/contract/openapi.json from the code
	@PYTHONPATH=$(CODE) $(BIN)/python -m local.openapi

diagrams: venv ## draws the diagrams in README.md and docs/architecture.md from the code
	@PYTHONPATH=$(CODE) $(BIN)/python -m local.diagrams

tables: venv ## makes the conflict check's lists of domains from their packages
	@$(BIN)/python -m local.tables

refit: venv ## fits the matcher to reviewers' verdicts (VERDICTS=file, from GET /v1/admin/match-verdicts)
	@PYTHONPATH=$(CODE) $(BIN)/python -m local refit $(VERDICTS)

picture: venv ## makes the README's pictures of the form and the console, in docs
	$(BIN)/python -m pytest tests/browser/test_story.py -k approver_approves
	cp tests/browser/screenshots/form.png docs/form.png
	$(BIN)/python -m pytest tests/browser/test_console.py -k axe
	cp tests/browser/screenshots/console-today-screen-light.png docs/today.png
	cp tests/browser/screenshots/console-deal-screen-light.png docs/deal.png
