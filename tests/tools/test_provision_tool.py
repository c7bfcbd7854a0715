"""The provisioning tool: checked before the port is opened, records that nobody else reads, and
real boards on both ways."""

import asyncio
import csv
import json
import stat
import sys
from pathlib import Path

import pytest

from host_sim.bench import Bench
from tests.tools.provisioning import (
    GOOD,
    PASSWORD,
    Boards,
    command_line,
    provision,
    record_of,
    run,
    waits_for_set_up,
)
from tools.provision import plan as plans
from tools.provision import ways
from tools.provision.plan import BadPlan
from tools.provision.ways import ProvisionError


def test_plans_are_checked_by_the_firmware() -> None:
    plan = plans.make(GOOD)
    assert plan.complete and plan.settings["till_baud"] == 115200
    assert plan.document(b"k" * 16)["secrets"]["wifi_password"] == PASSWORD
    for name, value, words in (
        ("device", "D 1", "device must"),
        ("device", "", "device is missing"),
        ("backend", "ftp://pay.example.com", "backend must"),
        ("language", "xx", "language must"),
        ("theme", "pink", "theme must"),
        ("qr_seconds", "3", "qr_seconds must"),
        ("qr_seconds", "ten", "qr_seconds must"),
        ("wifi_password", "short", "wifi_password must"),
        ("wifi_password", None, "wifi_password is missing"),
        ("currency", "EUX", "currency must"),
    ):
        with pytest.raises(BadPlan, match=words):
            plans.make({**GOOD, name: value})
    assert not plans.make({"device": "D0001", "backend": "http://pay.example.com"}).complete


def test_one_display(
    boards: Boards,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, tmp_path, *command_line(tmp_path)) == 0
    record = record_of(tmp_path, "D0001")
    key = record["key"]
    assert len(bytes.fromhex(key)) == 32 and boards.documents[0]["secrets"]["device_key"] == key
    assert (record["key_number"], record["currency"], record["shop"]) == (1, "EUR", "Corner Shop")
    assert record["serial"] == "a4cf12345678"
    assert PASSWORD not in json.dumps(record)
    for path in (tmp_path / "records").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    said = "".join(capsys.readouterr())
    assert key not in said and PASSWORD not in said
    # It isn't done twice by mistake, and another time makes another key.
    assert run(monkeypatch, tmp_path, *command_line(tmp_path)) == 2
    assert len(boards.documents) == 1
    assert run(monkeypatch, tmp_path, *command_line(tmp_path), "--again") == 0
    assert record_of(tmp_path, "D0001")["key"] != key


def test_a_try_that_fails_keeps_its_key(
    boards: Boards, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The board may have taken it."""
    boards.broken = {"D0001"}
    assert run(monkeypatch, tmp_path, *command_line(tmp_path)) == 1
    assert not (tmp_path / "records" / "D0001.json").exists()
    (part,) = (tmp_path / "records").iterdir()
    assert stat.S_IMODE(part.stat().st_mode) == 0o600
    boards.broken = set()
    assert run(monkeypatch, tmp_path, *command_line(tmp_path)) == 0
    first, second = (document["secrets"]["device_key"] for document in boards.documents)
    assert first == second == record_of(tmp_path, "D0001")["key"]
    assert [path.name for path in (tmp_path / "records").iterdir()] == ["D0001.json"]


def test_nothing_is_opened_for_what_is_wrong(
    boards: Boards, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for wrong in ({"device": "D 1"}, {"backend": ""}, {"currency": "E"}):
        assert run(monkeypatch, tmp_path, *command_line(tmp_path, **wrong)) == 2
    (tmp_path / "key").write_text("0f" * 15)
    for content in ("0f" * 15, "no hex", "0f" * 65):
        (tmp_path / "key").write_text(content)
        options = [*command_line(tmp_path), "--key-file", str(tmp_path / "key")]
        assert run(monkeypatch, tmp_path, *options) == 2
    assert boards.documents == []
    (tmp_path / "key").write_text("0f" * 16 + "\n")
    assert run(monkeypatch, tmp_path, *command_line(tmp_path), "--key-file", tmp_path / "key") == 0
    assert record_of(tmp_path, "D0001")["key"] == "0f" * 16


@pytest.mark.parametrize("option", ["--key-file", "--wifi-password-file"])
def test_a_file_that_can_not_be_read_is_told_of_as_that(
    option: str,
    boards: Boards,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "picture").write_bytes(b"\xff\xd8")
    for name, why in (("nope", "No such file or directory"), ("picture", "no text in UTF-8")):
        path = tmp_path / name
        assert run(monkeypatch, tmp_path, *command_line(tmp_path), option, str(path)) == 2
        said = capsys.readouterr().err
        assert f"can't read {path}: " in said and why in said and "hex" not in said
    assert boards.documents == []


def test_where_the_password_comes_from(
    boards: Boards, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    options = command_line(tmp_path)[:-2]
    assert run(monkeypatch, tmp_path, *options) == 2, "there is nobody to ask"
    monkeypatch.setenv("TILLQR_WIFI_PASSWORD", "from the environment")
    assert run(monkeypatch, tmp_path, *options) == 0
    assert run(monkeypatch, tmp_path, *options, "--again", "--open-wifi") == 0
    monkeypatch.delenv("TILLQR_WIFI_PASSWORD")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda _: "from the prompt")
    assert run(monkeypatch, tmp_path, *options, "--again") == 0
    given = [document["secrets"]["wifi_password"] for document in boards.documents]
    assert given == ["from the environment", "", "from the prompt"]
    with pytest.raises(SystemExit):
        run(monkeypatch, tmp_path, *options, "--wifi-password", "x")


def _table(path: Path, *rows: dict) -> Path:
    with path.open("w", newline="") as file:
        heads = list(dict.fromkeys(name for row in rows for name in row))
        writer = csv.DictWriter(file, heads)
        writer.writeheader()
        writer.writerows(rows)
    return path


def _answers(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    left = list(answers)
    monkeypatch.setattr("builtins.input", lambda _: left.pop(0))


def test_many_displays(
    boards: Boards,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One fails, one is left out; the next run does these two, and no other."""
    shops = [{"device": f"D{number}", "shop": f"Shop {number}"} for number in range(1, 6)]
    file = _table(tmp_path / "boards.csv", *shops)
    common = command_line(tmp_path, device="", shop="")
    boards.broken = {"D2"}
    _answers(monkeypatch, "", "", "s", "", "")
    assert run(monkeypatch, tmp_path, *common, "--csv", file) == 1
    summary = capsys.readouterr().out.splitlines()[-1]
    assert summary == "3 provisioned, 0 had a record, 1 left, 1 failed: D2"
    boards.broken = set()
    _answers(monkeypatch, "", "")
    assert run(monkeypatch, tmp_path, *common, "--csv", file) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == "2 provisioned, 3 had a record, 0 left, 0 failed"
    keys = {record_of(tmp_path, shop["device"])["key"] for shop in shops}
    assert len(keys) == 5 and not [key for key in keys if key in said]
    assert record_of(tmp_path, "D3")["shop"] == "Shop 3"


def test_a_run_that_is_ended(
    boards: Boards, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = _table(tmp_path / "boards.csv", {"device": "D1"}, {"device": "D2"})
    _answers(monkeypatch, "", "q")
    options = command_line(tmp_path, device="")
    assert run(monkeypatch, tmp_path, *options, "--csv", file) == 1
    assert len(boards.documents) == 1


def test_all_rows_are_checked_first(
    boards: Boards,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = _table(
        tmp_path / "boards.csv",
        {"device": "D1", "shop": "ok", "qr_seconds": ""},
        {"device": "D2", "shop": "x" * 41, "qr_seconds": ""},
        {"device": "D1", "shop": "twice", "qr_seconds": ""},
        {"device": "D4", "shop": "ok", "qr_seconds": "ten"},
    )
    options = command_line(tmp_path, device="")
    assert run(monkeypatch, tmp_path, *options, "--csv", file) == 2
    said = capsys.readouterr().err
    assert "row 3: shop must" in said and "row 4: device D1 comes twice" in said
    assert "row 5: qr_seconds must" in said and "row 2" not in said
    for text in ("", "device\n", "name\nD1\n", "device,pin\nD1,2\n", "device\nD1,2\n"):
        (tmp_path / "wrong.csv").write_text(text)
        assert run(monkeypatch, tmp_path, *options, "--csv", tmp_path / "wrong.csv") == 2
    assert run(monkeypatch, tmp_path, *options, "--csv", tmp_path / "none.csv") == 2
    assert run(monkeypatch, tmp_path, *command_line(tmp_path), "--csv", file) == 2, (
        "one name for all"
    )
    assert boards.documents == []


@pytest.mark.parametrize(
    ("over", "runtime", "baud", "then"),
    [
        ("till", "cpython", 57600, "no display in set-up mode answers"),
        ("till", "micropython", 115200, "Use --over console"),
        ("console", "micropython", 9600, "its console is locked"),
    ],
)
async def test_a_real_board(over: str, runtime: str, baud: int, then: str, tmp_path: Path) -> None:
    """By the console it is mpremote at MicroPython's own raw REPL. A board that works is locked."""
    console = over == "console"
    async with Bench(
        runtime, directory=tmp_path, blank=True, console=console, till_baud=baud
    ) as bench:
        await waits_for_set_up(bench)
        more = ("--wifi-ssid", "tillqr-bench", "--till-baud", str(baud))
        status, said = await provision(bench, tmp_path, over, *more)
        assert status == 0, said
        assert "D0001: ready" in said
        record = record_of(tmp_path, "D0001")
        assert record["serial"] == "a4cf12345678" and record["key"] == bench.key.hex()
        status, again = await provision(bench, tmp_path, over, *more, "--again")
        assert status == 1 and then in again
        assert bench.board.resets == 1, "no Ctrl-C got through"
        log = bench.board.log.read_text(errors="replace")
        for secret in bench.secrets.values():
            assert secret not in said + again + log
        assert json.loads((tmp_path / "board" / "settings.json").read_text())["shop"]


def test_what_a_board_says_after_its_restart() -> None:
    whole = plans.make(GOOD)
    part = plans.make({"device": "D0001", "backend": "http://pay.example.com"})
    lacking = "tillqr 0.1.0 t_display not set up: No shop name yet"
    assert ways._compare_line("tillqr 0.1.0 t_display ready", whole, "a4", "0.1.0").state == "ready"
    assert ways._compare_line(lacking, part, "a4", "0.1.0").state == "set-up mode: No shop name yet"
    with pytest.raises(ProvisionError, match="No shop name yet"):
        ways._compare_line(lacking, whole, "a4", "0.1.0")
    info = {"device": "D0001", "state": "setup", "serial": "a4", "firmware": "0.1.0"}
    assert ways._compare({**info, "reason": "No shop name yet"}, part).state.endswith("name yet")
    assert ways._compare({**info, "state": "idle"}, whole).state == "ready"
    for wrong in ({**info, "reason": "x"}, {**info, "state": "idle", "device": "D0002"}):
        with pytest.raises(ProvisionError, match="after its restart"):
            ways._compare(wrong, whole)


async def test_a_board_that_gets_its_network_later(tmp_path: Path) -> None:
    async with Bench("micropython", directory=tmp_path, blank=True, console=True) as bench:
        await waits_for_set_up(bench)
        status, said = await provision(bench, tmp_path, "console")
        assert status == 0 and "set-up mode: No Wi-Fi network yet" in said, said


async def test_the_board_refuses_what_only_it_knows_to_be_wrong(tmp_path: Path) -> None:
    """Its firmware has fewer languages."""
    async with Bench("micropython", directory=tmp_path, blank=True, console=True) as bench:
        await waits_for_set_up(bench)
        (tmp_path / "board" / "texts" / "de.txt").unlink()
        status, said = await provision(bench, tmp_path, "console", "--language", "de")
        assert status == 1 and "the board refused: language must be" in said
        assert not (tmp_path / "board" / "settings.json").exists()


async def test_by_the_key_that_is_held(tmp_path: Path) -> None:
    """The way back in: a board that works opens its console in "service"."""
    async with Bench("micropython", directory=tmp_path, console=True) as bench:
        bench.board.hold("qr_key")
        async with asyncio.timeout(20):
            while b" service" not in bench.board.log.read_bytes():
                await asyncio.sleep(0.05)
        bench.board.release("qr_key")
        more = ("--wifi-ssid", "tillqr-bench", "--language", "de")
        status, said = await provision(bench, tmp_path, "console", *more)
        assert status == 0 and "D0001: ready" in said, said
        stored = json.loads((tmp_path / "board" / "settings.json").read_text())
        assert stored["language"] == "de"
