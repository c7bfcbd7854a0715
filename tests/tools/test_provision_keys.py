"""The provisioning tool changes a display's key, and its record follows."""

import json
import stat
from pathlib import Path

import pytest

from host_sim.backend import _device
from host_sim.bench import Bench
from tests.tools.provisioning import (
    Boards,
    command_line,
    opens_its_console,
    provision,
    record_of,
    run,
    secrets_in,
    tool,
    waits_for_set_up,
)


def test_a_new_key(
    boards: Boards,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The record has both keys before the display hears of the new one, and a try that failed
    goes on with the same key."""
    assert run(monkeypatch, tmp_path, *command_line(tmp_path)) == 0
    old = record_of(tmp_path, "D0001")
    change = ("--device", "D0001", "--new-key")
    boards.broken = {"D0001"}
    assert run(monkeypatch, tmp_path, *change) == 1
    begun = record_of(tmp_path, "D0001")
    boards.broken = set()
    assert run(monkeypatch, tmp_path, *change) == 0
    new = record_of(tmp_path, "D0001")
    assert new["key"] == begun["key"] != old["key"] and len(new["key"]) == 64
    assert new["previous"] == {"key": old["key"], "key_number": 1} and new["key_number"] == 2
    assert {name: new[name] for name in ("shop", "currency", "backend")} == {
        name: old[name] for name in ("shop", "currency", "backend")
    }
    for document in boards.documents[1:]:
        assert document["secrets"] == {"device_key": new["key"]}
        assert document["settings"] == {"device": "D0001", "key_number": 2}
    known = _device(new, None)
    assert known.key_of(1) == bytes.fromhex(old["key"])
    assert known.key_of(2) == bytes.fromhex(new["key"])
    assert run(monkeypatch, tmp_path, *change) == 0
    third = record_of(tmp_path, "D0001")
    assert third["key_number"] == 3
    assert third["previous"] == {"key": new["key"], "key_number": 2}
    said = "".join(capsys.readouterr())
    assert not [record for record in (old, new, third) if record["key"] in said]
    (path,) = (tmp_path / "records").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_other_settings_under_the_same_key(
    boards: Boards, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keep = [*command_line(tmp_path, shop="New Shop"), "--keep-key"]
    assert run(monkeypatch, tmp_path, *keep) == 1, "there is no record"
    assert run(monkeypatch, tmp_path, *command_line(tmp_path)) == 0
    assert run(monkeypatch, tmp_path, "--device", "D0001", "--new-key") == 0
    before = record_of(tmp_path, "D0001")
    assert run(monkeypatch, tmp_path, *keep, "--key-number", "3") == 2
    assert run(monkeypatch, tmp_path, *keep, "--key-file", tmp_path / "key") == 2
    assert run(monkeypatch, tmp_path, *keep) == 0
    after = record_of(tmp_path, "D0001")
    for name in ("key", "key_number", "previous"):
        assert after[name] == before[name]
    assert after["shop"] == "New Shop"
    assert boards.documents[-1]["secrets"]["device_key"] == after["key"]
    assert boards.documents[-1]["settings"]["key_number"] == 2
    # A new key of the same number is another: nothing is in force beside it.
    assert run(monkeypatch, tmp_path, *command_line(tmp_path), "--again") == 0
    assert "previous" not in record_of(tmp_path, "D0001")


def test_after_the_last_number_comes_the_first(
    boards: Boards, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert run(monkeypatch, tmp_path, *command_line(tmp_path), "--key-number", "255") == 0
    assert run(monkeypatch, tmp_path, "--device", "D0001", "--new-key") == 0
    assert record_of(tmp_path, "D0001")["key_number"] == 0
    assert boards.plans[-1].replaces == 255


def test_when_there_is_no_new_key(
    boards: Boards,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    change = ("--device", "D0001", "--new-key")
    assert run(monkeypatch, tmp_path, *change) == 1, "there is no record"
    assert run(monkeypatch, tmp_path, *command_line(tmp_path)) == 0
    record = record_of(tmp_path, "D0001")
    for more in (["--shop", "Other"], ["--again"], ["--over", "till"], ["--key-number", "7"]):
        assert run(monkeypatch, tmp_path, *change, *more) == 2, more
    assert run(monkeypatch, tmp_path, "--new-key") == 2
    boards.broken = {"D0001"}
    assert run(monkeypatch, tmp_path, *command_line(tmp_path), "--again") == 1
    assert run(monkeypatch, tmp_path, *change) == 1
    said = capsys.readouterr().err
    assert "D0001.json.part: run that same `make provision` again, or delete the file" in said
    assert record_of(tmp_path, "D0001") == record and len(boards.documents) == 2
    (tmp_path / "records" / "D0001.json.part").unlink()
    (tmp_path / "records" / "D0001.json").write_text('{"device": "D0001", "key": "no hex"}')
    assert run(monkeypatch, tmp_path, *change) == 1
    assert "is broken" in capsys.readouterr().err


async def test_a_real_board_gets_a_new_key(tmp_path: Path) -> None:
    async with Bench("micropython", directory=tmp_path, blank=True, console=True) as bench:
        await waits_for_set_up(bench)
        status, said = await provision(bench, tmp_path, "console", "--wifi-ssid", "tillqr-bench")
        assert status == 0, said
        change = ("--device", "D0001", "--new-key")
        status, locked = await tool(bench, tmp_path, "console", *change)
        assert status == 1 and "its console is locked" in locked
        await opens_its_console(bench)
        status, said = await tool(bench, tmp_path, "console", *change)
        assert status == 0 and "key 2, beside 1; ready" in said, said
        record = record_of(tmp_path, "D0001")
        assert bench.board.nvs.stored["tillqr", "device_key"].hex() == record["key"]
        assert bench.board.nvs.stored["tillqr", "previous_key"] == b"\x01" + bench.key
        stored = json.loads((tmp_path / "board" / "settings.json").read_text())
        assert stored["key_number"] == 2 and stored["shop"] == bench.settings["shop"]
        assert record["key"] not in said + locked + bench.board.log.read_text(errors="replace")
        assert secrets_in(bench, said, locked) == []
