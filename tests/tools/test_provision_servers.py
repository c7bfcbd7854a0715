"""The provisioning tool and what a display talks to: the broker, the backend, and their CA."""

import asyncio
import base64
import csv
import json
from pathlib import Path

import pytest
import trustme
from tillqr.board.settings import checked
from tillqr.till import frame, message

from host_sim.bench import Bench
from host_sim.certificates import Authority
from tests.tools.provisioning import (
    GOOD,
    Boards,
    command_line,
    opens_its_console,
    provision,
    record_of,
    run,
    secrets_in,
    waits_for_set_up,
)
from tools.provision import ca, ways
from tools.provision import plan as plans
from tools.provision.plan import BadPlan
from tools.provision.ways import ProvisionError
from tools.register import Register
from tools.register.aside import NoDatabase

_BROKER = {"broker": "mqtts://broker.example", "broker_password": "battery staple"}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """A CA, whose certificate is in ca.pem and ca.der."""
    made = Authority()
    (tmp_path / "ca.pem").write_bytes(made.pem)
    (tmp_path / "ca.der").write_bytes(made.der)
    return made


def test_settings_of_the_network() -> None:
    given = {
        **GOOD,
        **_BROKER,
        "backend": "https://pay.example.com",
        "address": "192.0.2.7/24 192.0.2.1 192.0.2.1",
        "time_server": "time.example",
        "charges": "backend",
        "rotating": "on",
    }
    made = plans.make(given)
    for name in ("broker", "address", "time_server", "charges", "rotating"):
        assert made.settings[name] == given[name]
    assert made.secure and made.settings["port"] == 0
    assert made.document(b"k" * 16)["secrets"]["broker_password"] == "battery staple"
    assert plans.make({**given, "port": "80"}).settings["port"] == 80
    for name, value, words in (
        ("broker", "https://broker.example", "broker must"),
        ("broker_password", None, r"broker_password is missing: a file, or \$TILLQR_BROKER_PASS"),
        ("broker_password", "é", "broker_password must"),
        ("address", "192.0.2.7", "address must"),
        ("time_server", "time.example:x", "time_server must"),
        ("charges", "bank", "charges must"),
        ("rotating", "yes", "rotating must"),
        ("ca", "nowhere.pem", "can't read nowhere.pem"),
    ):
        with pytest.raises(BadPlan, match=words):
            plans.make({**given, name: value})
    with pytest.raises(BadPlan, match="port must not be 0"):
        plans.make({**GOOD, "port": "0"})


@pytest.mark.parametrize(
    ("backend", "broker", "secure"),
    [
        ("http://b", None, False),
        ("HTTPS://b", None, True),
        ("https://b", "mqtt://b", False),
        ("http://b", "mqtts://b", True),
        ("https://b", "none", True),
    ],
)
def test_who_needs_a_ca(backend: str, broker: str | None, secure: bool) -> None:
    """What the display asks: its broker, if it has one. The firmware says the same."""
    made = plans.make({**GOOD, "backend": backend, "broker": broker, "broker_password": ""})
    assert made.secure == secure
    assert checked(made.settings).secure == secure


def test_a_broker_is_taken_away() -> None:
    made = plans.make({**GOOD, "broker": "none"})
    assert made.settings["broker"] is None and "broker_password" not in made.passwords


def test_a_certificate_of_either_kind(authority: Authority, tmp_path: Path) -> None:
    assert ca.read(tmp_path / "ca.pem") == ca.read(tmp_path / "ca.der") == authority.der
    text = b"subject=the CA\n" + authority.pem
    (tmp_path / "ca.pem").write_bytes(text)
    assert ca.read(tmp_path / "ca.pem") == authority.der


def test_files_that_are_no_ca(authority: Authority, tmp_path: Path) -> None:
    server = authority.certificate()
    large = trustme.CA(organization_name="x" * 60, organization_unit_name="y" * 1900)
    chain = trustme.CA().issue_cert("pay.example").cert_chain_pems[0].bytes()
    for content, words in (
        (b"", "has no certificate"),
        (b"junk", "has no certificate"),
        (server.key, "has no certificate"),
        (authority.pem[:100], "has no certificate"),
        (authority.der[:-1], "has no certificate"),
        (authority.der + b"x", "has no certificate"),
        (authority.pem + Authority().pem, "has 2 certificates"),
        (chain, "is a server's"),
        (large.cert_pem.bytes(), "a display takes 2048 at most"),
    ):
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(ca.BadCa, match=words):
            ca.read(tmp_path / "file")


def test_an_expired_ca(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(trustme, "DEFAULT_EXPIRY", trustme.DEFAULT_EXPIRY.replace(year=2020))
    (tmp_path / "ca.pem").write_bytes(trustme.CA().cert_pem.bytes())
    with pytest.raises(ca.BadCa, match="has expired on 2020"):
        ca.read(tmp_path / "ca.pem")


def test_the_pieces_of_a_certificate() -> None:
    der = bytes(range(256)) * 8
    pieces = [piece["ca"] for piece in ca.pieces(der)]
    assert [piece["at"] for piece in pieces] == [0, 640, 1280, 1920]
    assert {piece["size"] for piece in pieces} == {2048}
    assert b"".join(base64.b64decode(piece["data"]) for piece in pieces) == der
    for piece in ca.pieces(der):
        assert len(message.build(piece)) <= frame.MAX_PAYLOAD
    assert ca.pieces(b"") == []


def test_a_document_that_is_too_long_goes_in_two() -> None:
    short = plans.make(GOOD).document(bytes(32))
    assert ways._in_frames(short) == [short]
    longest = {
        **GOOD,
        "shop": "é" * 20,
        "wifi_ssid": "é" * 16,
        "wifi_password": '"' * 63,
        "broker": "mqtt://" + "h" * 53,
        "broker_password": '"' * 63,
        "address": "192.168.100.100/24 192.168.100.101 192.168.100.102",
        "time_server": "t" * 40,
    }
    document = plans.make(longest).document(bytes(64))
    first, second = ways._in_frames(document)
    assert list(first) == ["secrets"] and {**first, **second} == document
    for half in (first, second):
        assert len(message.build(half)) <= frame.MAX_PAYLOAD


def test_no_port_is_opened_without_the_ca(
    boards: Boards,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TILLQR_BROKER_PASSWORD", "battery staple")
    secure = [*command_line(tmp_path), "--broker", "mqtts://broker.example"]
    assert run(monkeypatch, tmp_path, *secure) == 2
    assert "D0001 is to use https or mqtts, and has no CA" in capsys.readouterr().err
    assert run(monkeypatch, tmp_path, *secure, "--ca", tmp_path / "password") == 2
    assert boards.documents == [] and list((tmp_path / "records").iterdir()) == []
    assert run(monkeypatch, tmp_path, *secure, "--ca", tmp_path / "ca.pem") == 0
    record = record_of(tmp_path, "D0001")
    assert record["ca"] == ca.fingerprint(authority.der)
    assert record["broker"] == "mqtts://broker.example" and "battery staple" not in json.dumps(
        record
    )
    # It has the certificate then, and keeps it.
    assert run(monkeypatch, tmp_path, *secure, "--again") == 0
    assert run(monkeypatch, tmp_path, *secure, "--again") == 0
    assert [plan.ca for plan in boards.plans] == [authority.der, b"", b""]
    assert record_of(tmp_path, "D0001")["ca"] == record["ca"]
    assert "battery staple" not in "".join(capsys.readouterr())


def test_a_table_with_a_broker_for_each(
    boards: Boards, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows = [
        {"device": "D1", "broker": "mqtts://one", "broker_password": "first", "ca": "ca.pem"},
        {"device": "D2", "broker": "", "broker_password": "", "ca": ""},
        {"device": "D3", "broker": "mqtts://three", "broker_password": "third", "ca": ""},
    ]
    file = tmp_path / "boards.csv"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("builtins.input", lambda _: "")
    common = command_line(tmp_path, device="")
    for certificate, status in (("", 2), ("ca.der", 0)):
        rows[2]["ca"] = certificate
        with file.open("w", newline="") as opened:
            writer = csv.DictWriter(opened, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        assert run(monkeypatch, tmp_path, *common, "--csv", file) == status
    given = [(plan.device, plan.passwords.get("broker_password"), plan.ca) for plan in boards.plans]
    assert given == [
        ("D1", "first", authority.der),
        ("D2", None, b""),
        ("D3", "third", authority.der),
    ]


def test_a_board_that_is_another() -> None:
    """Nothing was sent to it yet."""
    change = plans.change_of_key(
        {"device": "D0001", "key_number": 2, "previous": {"key_number": 1}}
    )
    who = {"device": "D0001", "key_number": 1, "ca": False}
    for number in (1, 2):  # 2: it has the new one since a try whose end was not seen
        ways._check_board({**who, "key_number": number}, change)
    for wrong, words in (
        ({"device": "D0002"}, "this board is D0002"),
        ({"device": None, "key_number": None}, "is not set up"),
        ({"key_number": 3}, "number 3, the record's 1"),
    ):
        with pytest.raises(ProvisionError, match=words):
            ways._check_board({**who, **wrong}, change)
    secure = plans.make({**GOOD, "backend": "https://pay.example.com"})
    with pytest.raises(ProvisionError, match="no CA's certificate"):
        ways._check_board(who, secure)
    ways._check_board({**who, "ca": True}, secure)


def _servers(bench: Bench, directory: Path) -> list[str]:
    """The options for a bench's broker, network and CA."""
    (directory / "ca.pem").write_bytes(bench.authority.pem)
    values = {
        "broker": bench.settings["broker"],
        "time-server": bench.settings["time_server"],
        "wifi-ssid": "tillqr-bench",
        "ca": directory / "ca.pem",
    }
    return [str(part) for name, value in values.items() for part in ("--" + name, value)]


async def _lacks_nothing(bench: Bench) -> None:
    """Wait until the board has found all its servers."""
    with Register(bench.board.line.path, NoDatabase()) as register:
        async with asyncio.timeout(20):
            while (await asyncio.to_thread(register.info))["lacks"]:
                await asyncio.sleep(0.1)


@pytest.mark.parametrize(("over", "runtime"), [("console", "micropython"), ("till", "cpython")])
async def test_a_real_board_with_a_broker(over: str, runtime: str, tmp_path: Path) -> None:
    made = {"road": "mqtts", "port": 0, "blank": True, "console": over == "console"}
    async with Bench(runtime, directory=tmp_path, **made) as bench:  # type: ignore[arg-type]
        await waits_for_set_up(bench)
        status, said = await provision(bench, tmp_path, over, *_servers(bench, tmp_path))
        assert status == 0 and "D0001: ready" in said, said
        assert (tmp_path / "board" / "ca.der").read_bytes() == bench.authority.der
        await _lacks_nothing(bench)
        assert secrets_in(bench, said) == []


async def test_a_board_refuses_before_anything_is_stored(tmp_path: Path) -> None:
    """Its firmware has fewer languages, so that only it knows; its CA stays too."""
    made = {"road": "mqtts", "console": True}
    async with Bench("micropython", directory=tmp_path, **made) as bench:  # type: ignore[arg-type]
        await opens_its_console(bench)
        (tmp_path / "board" / "texts" / "de.txt").unlink()
        (tmp_path / "board" / "ca.der").write_bytes(b"the one before")
        options = [*_servers(bench, tmp_path), "--language", "de"]
        status, said = await provision(bench, tmp_path, "console", *options)
        assert status == 1 and "the board refused: language must be" in said
        assert (tmp_path / "board" / "ca.der").read_bytes() == b"the one before"
