"""The backend by itself: its options for a broker, and what it makes of records."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from host_sim import backend
from host_sim.board import ROOT
from host_sim.certificates import Authority
from host_sim.gateway.codes import Device

RECORD = {"device": "D0001", "key": "00" * 16, "key_number": 1}
NEXT = {"device": "D0001", "key": "11" * 16, "key_number": 2}


def test_a_new_record_leaves_the_old_key_in_force() -> None:
    first = backend._device(RECORD, None)
    assert first == Device("D0001", bytes(16), 1)
    second = backend._device(NEXT, first)
    assert second == Device("D0001", b"\x11" * 16, 2, (1, bytes(16)))
    assert backend._device(NEXT, second) == second  # the record was only written again
    before = {"key": "22" * 16, "key_number": 0}
    assert backend._device({**RECORD, "previous": before}, None).previous == (0, b"\x22" * 16)


def login(*options: str) -> object:
    return backend._login(backend._parser().parse_args(options))


def test_how_it_gets_to_the_broker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TILLQR_BROKER_PASSWORD", "of the environment")
    assert login() is None
    made = login("--broker", "mqtts://broker.example")
    assert isinstance(made, backend.Login)
    assert (made.user, made.password, made.trust) == ("tillqr-backend", "of the environment", None)
    (tmp_path / "word").write_text("of the file\n")
    (tmp_path / "ca.pem").write_bytes(Authority().pem)
    options = ["--broker-password-file", str(tmp_path / "word"), "--broker-user", "shop"]
    options += ["--broker-ca", str(tmp_path / "ca.pem")]
    made = login("--broker", "mqtts://broker.example:1", *options)
    assert isinstance(made, backend.Login)
    assert (made.user, made.password) == ("shop", "of the file")
    assert made.trust and len(made.trust.get_ca_certs()) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--broker", "mqtt://a"], "TILLQR_BROKER_PASSWORD"),
        (["--broker", "http://a", "--broker-password-file", "README.md"], "must be mqtt://"),
        (["--broker", "mqtt://a", "--broker-password-file", "nowhere"], "nowhere"),
        (["--broker", "foo"], "must be mqtt://"),
        (
            ["--broker", "mqtt://a", "--broker-password-file", "README.md", "--broker-ca", "nope"],
            "nope is no CA's certificate in PEM: No such file",
        ),
        (["--port", "99999"], "the port must be from 0 to 65535"),
        (["--port", "-1"], "the port must be from 0 to 65535"),
        (["--records", "README.md"], "no directory"),
    ],
)
def test_wrong_options_are_said_in_a_line(options: list[str], words: str) -> None:
    environment = {name: value for name, value in os.environ.items() if "BROKER" not in name}
    command = [sys.executable, "-m", "host_sim.backend", *options]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert run.returncode == 2
    assert words in run.stderr.splitlines()[-1]


@pytest.mark.parametrize("made", [False, True])
def test_it_says_that_it_knows_no_display(made: bool, tmp_path: Path) -> None:
    """It serves all the same: displays may be provisioned while it runs."""
    records = tmp_path / "records"
    if made:
        records.mkdir()
    command = [sys.executable, "-m", "host_sim.backend", "--port", "0", "--host", "127.0.0.1"]
    command += ["--records", str(records), "--db", f"sqlite:///{tmp_path}/backend.db"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = [next(process.stdout) for _ in range(3)]
        finally:
            process.terminate()
    absent = "" if made else ", which is not there"
    assert said[-1] == (
        f"knows no display yet: no record is in {records}{absent} (make provision)\n"
    )
