"""README.md is right: its commands, copied from it, lead to a sale; what it names is there. So are
the technician's tables and files in docs/board.md."""

import asyncio
import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import httpx
import pytest
from tillqr.sale import checkout

from host_sim import rights
from host_sim.board import ROOT, board_names
from host_sim.broker import Mosquitto
from host_sim.certificates import Authority
from tests.e2e.test_run import pay, until, wait_for_network
from tools.provision import plan

PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "boards/README.md",
    "docs/board.md",
    "firmware/PROTOCOL.md",
)
_SECONDS = 120


def section(title: str, page: str = "README.md") -> str:
    """The text of a section of a page."""
    for part in (ROOT / page).read_text().split("\n## "):
        if part.startswith(title + "\n"):
            return part
    raise AssertionError(f"{page} has no section {title!r}")


def commands(text: str) -> list[str]:
    """The commands in a text: indented lines, and what stands in backticks, without remarks."""
    found = re.findall(r"^ {4}(\S.*)$", text, re.M) + re.findall(r"`([^`\n]+)`", text)
    found = [command.partition(" # ")[0].strip() for command in found]
    return [one for one in found if one.startswith(("make ", ".venv/bin/python ", "python -m "))]


def everywhere() -> list[str]:
    """The commands of all pages."""
    return [one for page in PAGES for one in commands((ROOT / page).read_text())]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A directory that looks like the clone, so that what a command leaves there is left here."""
    for path in ROOT.iterdir():
        if not path.name.startswith((".git", ".hypothesis", "shop.db")):
            (tmp_path / path.name).symlink_to(path)
    return tmp_path


def surroundings() -> dict[str, str]:
    """A user's environment: not that of the make that runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}


def make(command: str, clone: Path) -> tuple[str, dict[str, str]]:
    """Run a command of make; what it printed, and the variables that it was given."""
    words = shlex.split(command)
    run = subprocess.run(
        words,
        cwd=clone,
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout, dict(word.split("=") for word in words[2:])


@pytest.fixture
def running(clone: Path) -> Iterator[subprocess.Popen[str]]:
    """`make run`, in the first terminal."""
    assert "make run" in commands(section("Try it"))
    run = subprocess.Popen(
        ["make", "run"],
        cwd=clone,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield run
    os.killpg(run.pid, signal.SIGINT)
    run.communicate(timeout=_SECONDS)


def test_the_way_to_a_sale(running: subprocess.Popen[str], clone: Path) -> None:
    assert running.stdout is not None
    printed: dict[str, str] = {}
    for line in running.stdout:
        name, _, value = line.strip().partition("  ")
        printed[name] = value.strip()
        if "Ctrl-C" in line:
            break
    (command,) = [one for one in commands(section("Try it")) if "tools.register pay" in one]
    assert "/dev/pts/N" in command
    port = printed["serial port"]
    wait_for_network(port, f"sqlite:///{clone}/waiting.db")
    words = shlex.split(command.replace("/dev/pts/N", port))
    paying = subprocess.Popen(
        words, cwd=clone, env=surroundings(), stdout=subprocess.PIPE, text=True
    )
    with httpx.Client(base_url=printed["panel view"], trust_env=False) as browser:
        code = until(lambda: browser.get("/code").json()["url"], "a code is on the panel")
    asyncio.run(pay(code))
    output, _ = paying.communicate(timeout=_SECONDS)
    assert json.loads(output.splitlines()[-1])["outcome"] == "paid"
    assert (clone / "shop.db").exists()


@pytest.mark.parametrize(
    "command", [one for one in commands(section("Try it")) if one.startswith("make sale")]
)
def test_each_sale_that_it_shows(command: str, clone: Path) -> None:
    printed, wanted = make(command, clone)
    report = json.loads(printed.splitlines()[-1])
    outcome = wanted.get("OUTCOME", "paid")
    assert report["outcome"] == {"declined": "failed"}.get(outcome, outcome)
    assert str(report["amount"]) == wanted.get("AMOUNT", "1234")


def test_the_build_that_it_shows(clone: Path) -> None:
    (command,) = [
        one
        for one in commands(section("Build", "docs/board.md"))
        if one.startswith("make firmware")
    ]
    _, wanted = make(command, clone)
    manifest = ROOT / "build" / "boards" / wanted["BOARD"] / "manifest.json"
    assert json.loads(manifest.read_text())["languages"] == sorted(wanted["LANGUAGES"].split(","))


@pytest.mark.parametrize("given", [[], ["BOARD="]])
@pytest.mark.parametrize("target", ["firmware", "flash", "deploy"])
def test_a_board_is_never_guessed(target: str, given: list[str], clone: Path) -> None:
    """Flashing erases; a guess would build, and write, another board's firmware."""
    words = ["make", target, "PORT=/dev/null", *given]
    run = subprocess.run(
        words, cwd=clone, env=surroundings(), capture_output=True, text=True, check=False
    )
    assert run.returncode == 2 and run.stdout == ""
    assert "BOARD=" in run.stderr and all(name in run.stderr for name in board_names())


@pytest.mark.parametrize("target", ["flash", "deploy"])
def test_what_is_flashed_has_the_languages_that_are_named(target: str, clone: Path) -> None:
    words = ["make", "-n", target, "BOARD=t_display", "PORT=/dev/null", "LANGUAGES=en,de"]
    run = subprocess.run(
        words, cwd=clone, env=surroundings(), capture_output=True, text=True, check=True
    )
    assert "tools.firmware --board t_display --languages en,de" in run.stdout
    assert f"tools.{target} --board t_display" in run.stdout


def test_who_takes_which_variable() -> None:
    """make takes any variable without a word, so that one which does nothing is not noticed."""
    recipes = dict(
        re.findall(r"^(run|sale):.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.M)
    )
    taken = {name: set(re.findall(r"\$\(([A-Z]+)\)", recipes[name])) - {"BIN"} for name in recipes}
    said = section("Try it")[section("Try it").index("`OUTCOME=`, `AMOUNT=`") :]
    sale, run, both = (
        set(re.findall(r"`([A-Z]+)=`", part)) for part in re.split(r"alone|;", said)[:3]
    )
    assert (sale, run) == (taken["sale"] - taken["run"], taken["run"] - taken["sale"])
    assert both == taken["run"] & taken["sale"]


@pytest.mark.parametrize(("given", "passed"), [([], ""), (["BAUD=9600"], "--baud 9600")])
def test_the_doctor_is_told_the_lines_speed(given: list[str], passed: str, clone: Path) -> None:
    words = ["make", "-n", "doctor", "PORT=/dev/null", *given]
    run = subprocess.run(
        words, cwd=clone, env=surroundings(), capture_output=True, text=True, check=True
    )
    assert run.stdout.strip().endswith(f'tools.doctor --port "/dev/null" {passed}'.strip())


def test_every_target_and_its_variables_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    found = [shlex.split(one) for one in everywhere() if one.startswith("make ")]
    assert len(found) > 10
    for words in found:
        for word in words[1:]:
            name, is_variable, _ = word.partition("=")
            if is_variable:
                assert f"$({name})" in makefile or f"$(if $({name})" in makefile, words
            else:
                assert re.search(rf"^{re.escape(name)}:", makefile, re.M), words


def test_every_python_command_takes_its_options() -> None:
    for command in everywhere():
        words = shlex.split(command)
        if words[0].startswith("make"):
            continue
        start = words.index("-m") + 2
        verb = [word for word in words[start : start + 1] if word.isalpha()]
        run = subprocess.run(
            [ROOT / ".venv" / "bin" / "python", *words[start - 2 : start], *verb, "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, command
        for word in words:
            assert not word.startswith("--") or word in run.stdout, command


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if not target.startswith("http"):
            assert ((ROOT / page).parent / target).exists(), target


def block(kind: str) -> str:
    """The text of a kind in docs/board.md that is to be copied."""
    found = re.search(rf"^```{kind}\n(.*?)^```$", (ROOT / "docs/board.md").read_text(), re.M | re.S)
    assert found, kind
    return found[1]


def first_column(title: str) -> set[str]:
    """The names that begin the rows of a table in docs/board.md."""
    return set(re.findall(r"^\| `([a-z_]+)` \|", section(title, "docs/board.md"), re.M))


def test_the_table_of_settings_is_whole() -> None:
    assert first_column("Settings") == {*plan.WORDS, *plan.NUMBERS}


def test_the_table_of_troubles_is_whole() -> None:
    said = section("4. Messages", "firmware/PROTOCOL.md").partition("INFO's `trouble`")[2]
    words = re.findall(r"`((?:wifi|broker|backend|clock|tls)_[a-z_]+|no_memory)`", said)
    assert len(words) > 10 and first_column("Trouble") == set(words)


def test_the_table_of_durations_is_the_checkouts() -> None:
    said = section("4. Messages", "firmware/PROTOCOL.md").partition("| state | lasts | then |")[2]
    found = {}
    for states, seconds in re.findall(r"^\| ([a-z`, ]+) \| ([0-9.]+) s", said, re.M):
        for state in re.findall(r"`([a-z]+)`", states):
            found[state] = round(float(seconds) * 1000)
    assert found == checkout.DURATIONS


def test_the_brokers_rights_are_those_of_the_bench() -> None:
    assert block("acl") == rights.mosquitto_file()


async def test_mosquitto_takes_the_brokers_files(tmp_path: Path) -> None:
    """As they are in the page, but for the places of its files and the port; a display may join."""
    authority = Authority()
    certificate = authority.certificate()
    broker = Mosquitto(tmp_path, {"D0001": "word"}, certificate)
    text = block("conf").replace("listener 8883", f"listener {broker.port} 127.0.0.1")
    for place, here in (("certs/", ""), ("tillqr.acl", "acl"), ("passwords", "passwords")):
        text = text.replace(f"/etc/mosquitto/{place}", f"{tmp_path}/{here}")
    extra = [line for line in broker._configuration() if line.startswith(("log_", "user "))]
    certificate.write(tmp_path)
    broker._configuration = lambda: [*text.splitlines(), *extra]  # type: ignore[method-assign]
    await broker.start()
    try:
        for password, joins in (("word", True), ("another", False)):
            with contextlib.nullcontext() if joins else pytest.raises(aiomqtt.MqttError):
                async with aiomqtt.Client(
                    *("127.0.0.1", broker.port),
                    username="D0001",
                    password=password,
                    tls_context=authority.trusting(),
                ) as display:
                    await display.subscribe("till/D0001/result", qos=1)
    finally:
        await broker.stop()
