# tillqr: `make help` lists the commands. Each works as the first one on a fresh machine.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
RUNTIME ?= micropython
OUTCOME ?= paid
METHOD ?= qr
READER ?= hsu
AMOUNT ?= 1234
CURRENCY ?= EUR
BOARD ?= devkit_240x320
LANGUAGE ?= en
THEME ?= light
TEXT ?= normal
ROAD ?=
BROKER ?= amqtt
DB ?=
DIRECTORY ?=
JOBS ?= 6
LANGUAGES ?=
MARCH ?=
PORT ?=
BAUD ?=
TILL_PORT ?=
MICROPYTHON ?=
EVERY ?=
BREAK ?=
ANY_IMAGE ?=
FORGED ?=
ONLY ?=
SEED ?=
N ?=
INPUTS ?=
SECONDS ?=
BUS ?=
SOME ?=
SALES ?= 2000
TAPS ?=

SOURCES := $(shell find firmware -name '*.py') $(wildcard host_sim/shims/*.py)
BENCH := build/fonts.tqf build/names.txt

BOARDS := $(basename $(notdir $(wildcard boards/*.json)))
NAMED := $(if $(filter file,$(origin BOARD)),,$(BOARD))

.DEFAULT_GOAL := help
.PHONY: help setup run backend sale board-named firmware flash deploy provision doctor test lint types unit boards screens screens-accept scan-campaign bench-panel bench-results bench-taps bench-passthrough size \
	attack fuzz outages fleet faults tap-faults reader-faults soak qr-conformance bench-qr picture clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 17

setup: .venv/.made $(BENCH) ## make the virtual environment and compile the firmware

run: setup ## a display to play with: serial port, backend, panel; Ctrl-C ends it (RUNTIME= BOARD= LANGUAGE= THEME= TEXT= ROAD= BROKER= DIRECTORY=)
	@$(BIN)/python -m host_sim.run --runtime $(RUNTIME) --board $(BOARD) $(if $(ROAD),--road $(ROAD)) --broker $(BROKER) \
		--language $(LANGUAGE) --theme $(THEME) --text $(TEXT) \
		$(if $(DIRECTORY),--directory "$(DIRECTORY)")

backend: setup ## the bench's backend for real boards, which knows those in records/ (ARGS= for host_sim.backend)
	@$(BIN)/python -m host_sim.backend $(ARGS)

sale: setup ## one sale, headless (RUNTIME= METHOD=qr|ntag|sun|emv|wallet|machine|machine-direct|passthrough READER=hsu|spi|i2c OUTCOME=paid|declined|cancelled|expired ROAD=http|mqtt|mqtts|phone|query|https BROKER=amqtt|mosquitto AMOUNT= CURRENCY= DB= BOARD= DIRECTORY=)
	@$(BIN)/python -m host_sim.sale --runtime $(RUNTIME) --method $(METHOD) --reader $(READER) --outcome $(OUTCOME) $(if $(ROAD),--road $(ROAD)) --broker $(BROKER) \
		--amount $(AMOUNT) --currency $(CURRENCY) --board $(BOARD) $(if $(DB),--db $(DB)) \
		$(if $(DIRECTORY),--directory "$(DIRECTORY)")

# What goes to a board is never guessed: another board's firmware doesn't run there, and flashing erases.
board-named:
	@$(if $(NAMED),:,echo "make: name the board by BOARD=, one of: $(BOARDS)" >&2; exit 2)

firmware: board-named .venv/.made ## what is flashed to a board, in build/boards (BOARD= LANGUAGES=en,de MARCH=host for the simulator)
	@$(BIN)/python -m tools.firmware --board $(BOARD) $(if $(LANGUAGES),--languages $(LANGUAGES)) \
		$(if $(MARCH),--march $(MARCH))

flash: firmware ## erase a board and write MicroPython and the firmware (BOARD= PORT= LANGUAGES=en,de MICROPYTHON=path BAUD= TILL_PORT= ANY_IMAGE=1)
	@$(BIN)/python -m tools.flash --board $(BOARD) --port "$(PORT)" \
		$(if $(MICROPYTHON),--micropython "$(MICROPYTHON)") $(if $(ANY_IMAGE),--any-image) \
		$(if $(BAUD),--baud $(BAUD)) $(if $(TILL_PORT),--till-port "$(TILL_PORT)")

deploy: firmware ## write what changed to a running board, in development (BOARD= PORT= LANGUAGES=en,de)
	@$(BIN)/python -m tools.deploy --board $(BOARD) --port "$(PORT)"

provision: .venv/.made ## give a board its settings and keys (PORT= ARGS= as in the README)
	@$(BIN)/python -m tools.provision --port "$(PORT)" $(ARGS)

doctor: .venv/.made ## ask a display on its till line how it is (PORT= BAUD=)
	@$(BIN)/python -m tools.doctor --port "$(PORT)" $(if $(BAUD),--baud $(BAUD))

test: lint types unit ## lint, types, tests on CPython and MicroPython, sales end to end on both

lint: .venv/.made ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: .venv/.made ## mypy: the firmware against the ESP32 stubs, the rest against CPython
	@$(BIN)/python -m tools.types

unit: setup ## the tests alone, some files at once (JOBS= of them, ARGS= for pytest; needs mosquitto, chromium)
	@tools/check_tests.sh
	@$(BIN)/pytest -n $(JOBS) --dist loadfile $(ARGS)

boards: .venv/.made ## check the board profiles (NAMES= for some)
	@$(BIN)/python -m tools.boards $(NAMES)

screens: setup ## every screen, language and board as PNG in build/screens, with a contact sheet a language
	@$(BIN)/python -m tools.screens

screens-accept: setup ## record the screens as they are drawn now, for the tests to compare
	@$(BIN)/python -m tools.screens --accept

scan-campaign: setup ## 1,000 photographs a board of its codes, by a simulated camera (SHOTS=)
	@$(BIN)/python -m tools.scan_campaign $(if $(SHOTS),--shots $(SHOTS))

bench-results: setup ## from a result's last byte to the register's RESULT: instructions a hop, time by road (needs valgrind, mosquitto)
	@$(BIN)/python -m tools.bench_results

bench-taps: setup ## what the display adds to each command to a card: time by road and bus (TAPS=)
	@$(BIN)/python -m tools.bench_taps $(if $(TAPS),--taps $(TAPS))

bench-passthrough: setup ## 10 MB of random bytes each way at once through the display, and the time it adds (RUNTIME= ARGS=--bytes=...)
	@$(BIN)/python -m tools.bench_passthrough --runtime $(RUNTIME) $(ARGS)

bench-panel: setup ## the panel's bytes, calls, instructions and heap (needs valgrind)
	@$(BIN)/python -m tools.bench_panel

size: setup ## every module's bytes and memory, the heap at rest, instructions to start (needs valgrind, nodejs, npm)
	@$(BIN)/python -m tools.size

attack: setup ## 100,000 forged results, charges and words on a tap on each runtime, and boards: none may count (FORGED= SEED=)
	@$(BIN)/python -m tools.attack $(if $(FORGED),--forged $(FORGED)) $(if $(SEED),--seed $(SEED))

fuzz: setup .venv/.fuzz ## 1,000,000 mutated inputs to every parser of foreign bytes, a part on MicroPython too: none may fail (INPUTS= SECONDS= SEED=)
	@$(BIN)/python -m tools.fuzz $(if $(INPUTS),--inputs $(INPUTS)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

fleet: setup ## N=500 boards at one broker that is killed under them: no result may be lost (N= SEED=; needs mosquitto)
	@$(BIN)/python -m tools.fleet $(if $(N),--boards $(N)) $(if $(SEED),--seed $(SEED))

outages: setup ## 200 sales during which broker, connection, Wi-Fi or backend fails: each must end true (RUNTIME= ONLY= SEED=; needs mosquitto)
	@$(BIN)/python -m tools.outages --runtime $(RUNTIME) $(foreach word,$(ONLY),--only $(word)) $(if $(SEED),--seed $(SEED))

faults: setup ## sales in which power, flash, line, network, memory or a part fails, at every step: no payment may be lost or doubled (ONLY=case EVERY=1 BREAK=rule)
	@$(BIN)/python -m tools.faults $(foreach name,$(ONLY),--only $(name)) $(if $(EVERY),--every $(EVERY)) $(if $(BREAK),--break $(BREAK))

tap-faults: setup ## sales by card during which the reader fails, at each frame: each must end paid, once (READER=hsu|spi|i2c SOME= SEED= RUNTIME=)
	@$(BIN)/python -m tools.tap_faults --runtime $(RUNTIME) --bus $(READER) $(if $(SOME),--some $(SOME)) $(if $(SEED),--seed $(SEED))

reader-faults: setup ## each fault at each frame of a tap, on each of the reader's buses: it must end by name, and the next must work (BUS= SOME= SEED= RUNTIME=)
	@$(BIN)/python -m tools.reader_faults --runtime $(RUNTIME) $(foreach bus,$(BUS),--bus $(bus)) $(if $(SOME),--some $(SOME)) $(if $(SEED),--seed $(SEED))

soak: setup ## SALES=2000 in a row on one board: its heap may not grow (SALES= ROAD=mqtt|mqtts|http CHARGES=display|backend; needs mosquitto)
	@$(BIN)/python -m tools.soak --sales $(SALES) $(if $(ROAD),--road $(ROAD)) $(if $(CHARGES),--charges $(CHARGES))

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

.venv/.fuzz: .venv/.made
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fuzz]'
	@touch $@

build/fonts.tqf: tools/fonts.py tools/icons.py firmware/texts/zh.txt .venv/.made
	@$(BIN)/python -m tools.fonts $@

build/names.txt: $(SOURCES) tools/compile.py tools/bundle.py tools/shorten.py tools/public_names.py tools/rom_names.py .venv/.made
	@$(BIN)/python -m tools.compile
