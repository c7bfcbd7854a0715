"""What the tests of the provisioning tool share: a command line, and boards that take what it
sends, made up and real."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from host_sim.bench import Bench
from host_sim.board import ROOT
from tools.provision import __main__ as command
from tools.provision.plan import Plan
from tools.provision.ways import ProvisionError, Report

PASSWORD = "correct horse"
GOOD = {
    "device": "D0001",
    "shop": "Corner Shop",
    "backend": "http://pay.example.com",
    "wifi_ssid": "shop",
    "wifi_password": PASSWORD,
    "currency": "EUR",
}


class Boards:
    """In the place of a board: keeps what it is given; devices named in `broken` fail."""

    def __init__(self, *broken: str) -> None:
        self.broken = set(broken)
        self.plans: list[Plan] = []
        self.documents: list[dict] = []

    def __call__(self, _: str, plan: Plan, document: dict) -> Report:
        self.plans.append(plan)
        self.documents.append(document)
        if plan.device in self.broken:
            raise ProvisionError("the board stopped answering")
        return Report("a4cf12345678", "0.1.0", "ready")


def run(monkeypatch: pytest.MonkeyPatch, directory: Path, *arguments: object) -> int:
    words = ["provision", "--port", "P", "--records", str(directory / "records")]
    monkeypatch.setattr(sys, "argv", [*words, *map(str, arguments)])
    return command.main()


def command_line(directory: Path, **changes: str) -> list[str]:
    """A command line for one board, whose password is in a file."""
    (directory / "password").write_text(PASSWORD + "\n")
    values = {**GOOD, **changes}
    del values["wifi_password"]
    options = [part for name, value in values.items() for part in ("--" + name, value) if value]
    return [
        *(part.replace("_", "-") if part.startswith("--") else part for part in options),
        *("--wifi-password-file", str(directory / "password")),
    ]


def record_of(directory: Path, device: str) -> dict:
    return dict(json.loads((directory / "records" / f"{device}.json").read_text()))


async def provision(bench: Bench, directory: Path, over: str, *more: str) -> tuple[int, str]:
    """Run the command on a simulated board; its exit status and all that it says."""
    settings = bench.settings
    (directory / "key").write_text(bench.key.hex())
    values: dict[str, Any] = {
        "device": settings["device"],
        "shop": settings["shop"],
        "backend": settings["backend"],
        "result-port": settings["port"],
        "key-file": directory / "key",
    }
    options = [str(part) for name, value in values.items() for part in ("--" + name, value)]
    return await tool(bench, directory, over, *options, *more)


async def tool(bench: Bench, directory: Path, over: str, *options: str) -> tuple[int, str]:
    """Run the command with these options alone."""
    port = bench.board.line.path
    if over == "console":
        assert bench.board.console is not None
        port = bench.board.console.path
    passwords = {
        f"TILLQR_{name.upper()}": password
        for name, password in bench.secrets.items()
        if name.endswith("_password")
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tools.provision", "--port", port, "--over", over),
        *("--records", str(directory / "records"), *options),
        cwd=ROOT,
        env={**os.environ, **passwords},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def waits_for_set_up(bench: Bench) -> None:
    async with asyncio.timeout(20):
        while bench.board.own_network is None:
            await asyncio.sleep(0.05)


async def opens_its_console(bench: Bench) -> None:
    """Start a board that works with its key held, until it is in "service"."""
    before = bench.board.log.read_bytes().count(b" service")
    bench.board.hold("qr_key")
    bench.board.kill()
    async with asyncio.timeout(20):
        while bench.board.log.read_bytes().count(b" service") == before:
            await asyncio.sleep(0.05)
    bench.board.release("qr_key")


def secrets_in(bench: Bench, *texts: str) -> list[str]:
    """The names of the bench's secrets that are in texts, or in what the board has printed."""
    log = bench.board.log.read_text(errors="replace")
    return [
        name for name, word in bench.secrets.items() if any(word in text for text in (*texts, log))
    ]
