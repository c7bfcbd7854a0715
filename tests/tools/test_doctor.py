"""The doctor knows every counter that the firmware has, and tells people what to look at."""

import ast
import asyncio
import os
import pty
import re
import sys
import threading
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tillqr.till.link import Link

from host_sim.bench import Bench
from host_sim.board import ROOT
from tools import doctor

_COUNTS = ("count", "_count", "add")
_FAMILIES = ("frame_", "link_", "http_", "backend_", "receipt_", "result_", "glyph_", "setup_")
_NO_COUNTERS = {
    *("setup_wifi", "setup_password", "setup_page", "setup_pin", "setup_more"),
    *("receipt_", "receipt_late", "receipt_moot"),
    "setup_port",
    *("backend_away", "mqtt_"),
}
"""Names of texts, of the checkout's events, and of a field in a simulated board's profile."""
_TASKS = {"till_receive", "till_transmit", "machine_receive", "machine_transmit"}


def _counters() -> Iterator[str]:
    """Every name that the firmware counts: what is given to something that counts, and whatever
    else has the form of one."""
    for path in (ROOT / "firmware").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                function = node.func
                name = getattr(function, "attr", getattr(function, "id", ""))
                for argument in node.args[:1]:
                    if name in _COUNTS and isinstance(argument, ast.Constant):
                        yield str(argument.value)
            elif isinstance(node, ast.Constant) and str(node.value).startswith(_FAMILIES):
                yield str(node.value)


def test_every_counter_is_explained() -> None:
    found = {name for name in _counters() if name.replace("_", "").isalpha() and "_" in name}
    found -= _NO_COUNTERS
    assert len(found) > 30
    assert "setup_wrong_pin" in found and "receipt_wrong_amount" in found
    begun = {name for name in found if name.startswith(tuple(doctor.BEGINNINGS))}
    assert found - begun - _TASKS == set(doctor.EXPLANATIONS)


def test_every_trouble_is_explained() -> None:
    words = (ROOT / "firmware" / "PROTOCOL.md").read_text()
    _, _, section = words.partition("INFO's `trouble` is the latest reason")
    pattern = r"(?:wifi|clock|broker|backend|tls)_\w+|no_memory"
    named = re.findall(f"`({pattern})`", section.partition("Messages")[0])
    assert set(named) == set(doctor.TROUBLES) - {""} and len(named) > 10
    raised = set()
    for path in (ROOT / "firmware" / "tillqr" / "net").glob("*.py"):
        raised |= set(re.findall(f'[|"]({pattern})[\n"]', path.read_text()))
    raised -= {"broker_full", "backend_unreachable", "backend_no_memory", "tls_"}
    assert raised == set(named)


def test_a_few_are_no_wonder_and_many_are() -> None:
    def wrong(**counters: int) -> list[bool]:
        return [finding.wrong for finding in doctor.of_counters(counters)]

    assert wrong(frame_crc=2, link_duplicate=1, receipt_accepted=900) == [False] * 3
    assert wrong(frame_crc=50, receipt_bad_mac=1, fault_panel=1) == [True] * 3
    (finding,) = doctor.of_counters({"brand_new": 7})
    assert not finding.wrong and "newer" in finding.words


def test_a_display_that_nobody_listened_to_is_healthy() -> None:
    """It says HELLO every 5 s from its start on, until the first register, or doctor, is there."""
    said: list[str] = []
    display = Link("display", "b", 115200, lambda *_: None, lambda *_: None, said.append)
    for second in range(3600):
        display.output(second * 1000)
    assert said.count("link_repeated") > 100 and set(said) == {"link_repeated"}
    (finding,) = doctor.of_counters({"link_repeated": len(said)})
    assert not finding.wrong and "no fault" in finding.words


def test_a_reader_that_is_not_used_is_told_of() -> None:
    for reader, words in (("silent", "does not answer"), ("no_tls", "https:// or mqtts://")):
        (finding,) = doctor.of_info(_info(reader=reader))
        assert finding.wrong and words in finding.words
    for reader in ("ready", "none"):
        assert list(doctor.of_info(_info(reader=reader))) == []


def _info(**changes: Any) -> dict:
    info = {
        "device": "D0001",
        "shop": "Corner Shop",
        "firmware": "0.1.0",
        "serial": "a4cf12345678",
        "state": "idle",
        "network": "192.168.1.17",
        "lacks": "",
        "trouble": "",
        "counters": {},
    }
    return {**info, **changes}


def test_what_info_says() -> None:
    assert list(doctor.of_info(_info())) == []
    (finding,) = doctor.of_info(_info(network="", lacks="wifi", trouble="wifi_password"))
    assert finding.wrong and "is the password right" in finding.words
    (finding,) = doctor.of_info(_info(lacks="broker", trouble="tls_expired"))
    assert finding.wrong and "lacks broker" in finding.words and "expired" in finding.words
    (finding,) = doctor.of_info(_info(state="setup", network="", reason="No device key yet"))
    assert finding.wrong and "No device key yet" in finding.words


async def _doctor(*arguments: str) -> tuple[int, str]:
    """Run the command; its exit status and what it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tools.doctor", *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def _healthy(port: str) -> tuple[int, str]:
    async with asyncio.timeout(30):
        while (answer := await _doctor("--port", port))[0] == 1:
            await asyncio.sleep(0.2)  # it joins its network
    return answer


async def test_a_healthy_display(tmp_path: Path) -> None:
    async with Bench("cpython", directory=tmp_path) as bench:
        status, output = await _healthy(bench.board.line.path)
        assert status == 0 and output.endswith("healthy\n") and "D0001, Corner Shop" in output


async def test_a_display_without_a_network(tmp_path: Path) -> None:
    async with Bench("cpython", directory=tmp_path) as bench:
        bench.board.wifi_on = False
        status, output = await _doctor("--port", bench.board.line.path)
        assert status == 1 and "it lacks wifi" in output


async def test_a_display_that_is_not_set_up(tmp_path: Path) -> None:
    async with Bench("cpython", directory=tmp_path, blank=True) as bench:
        status, output = await _doctor("--port", bench.board.line.path)
        assert status == 1 and "No device key yet" in output and "without a name" in output


async def test_another_baud_rate(tmp_path: Path) -> None:
    async with Bench("cpython", directory=tmp_path, till_baud=9600) as bench:
        status, output = await _doctor("--port", bench.board.line.path)
        assert status == 1 and "answers at 9600 baud, not at 115200" in output


async def test_nobody_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "_ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(doctor, "_TRY_SECONDS", 0.1)
    port, other = pty.openpty()
    tty.setraw(other)
    name = os.ttyname(other)
    assert await _run(monkeypatch, name) == 2
    assert await _run(monkeypatch, str(tmp_path / "none")) == 2
    os.close(port)


async def _run(monkeypatch: pytest.MonkeyPatch, port: str) -> int:
    monkeypatch.setattr(sys, "argv", ["doctor", "--port", port])
    return await asyncio.to_thread(doctor.main)


async def test_a_line_that_hears_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port, other = pty.openpty()
    tty.setraw(other)

    def echo() -> None:
        try:
            while data := os.read(port, 1024):
                os.write(port, data)
        except OSError:
            pass

    threading.Thread(target=echo, daemon=True).start()
    assert await _run(monkeypatch, os.ttyname(other)) == 2
    assert "RX and TX are joined" in capsys.readouterr().out
    os.close(other)


def test_what_is_said_where_nobody_answers() -> None:
    silent = " ".join(doctor.no_answer("P", 115200, {}, ""))
    assert "crossed" in silent and "ground" in silent and "display on" in silent
    noisy = " ".join(doctor.no_answer("P", 115200, {"frame_crc": 3}, ""))
    assert "MAX3232" in noisy
    assert list(doctor.no_answer("P", 115200, {}, "can't open P")) == ["can't open P"]


async def test_a_port_that_is_not_there() -> None:
    status, said = await _doctor("--port", "/dev/ttyUSB99")
    assert status == 2
    assert said.startswith("there is no serial port /dev/ttyUSB99")
    assert "is the till line's adapter plugged in?" in said
    status, said = await _doctor("--port", "")
    assert status == 2
    assert said.startswith("name the port of the till line's adapter, such as PORT=/dev/ttyUSB1")
