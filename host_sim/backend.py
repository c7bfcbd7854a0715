"""The bench's backend by itself, to try real boards with: `make backend`.

It knows the displays that tools.provision made records of, new ones too while it runs. Whoever
opens a code can pay it, with a press of a button: it takes no money, so it is for a bench.

Results are pushed to the displays' endpoints or, with --broker, over the broker only. The broker's
password comes from a file or from $TILLQR_BROKER_PASSWORD, as a command line can be read by all.
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import ssl
import sys
from pathlib import Path

import uvicorn

from host_sim.board import ROOT
from host_sim.gateway.app import Gateway
from host_sim.gateway.broker import Login
from host_sim.gateway.codes import Device
from host_sim.rights import BACKEND_USER

_PORT = 8080
_LAST_PORT = 65535
_LOOK_SECONDS = 1.0
_PASSWORD = "TILLQR_BROKER_PASSWORD"
_ELSEWHERE = ("192.0.2.1", 9)  # RFC 5737: nobody's; nothing is sent to it


def main() -> int:
    """Serve until Ctrl-C."""
    parser = _parser()
    options = parser.parse_args()
    if not 0 <= options.port <= _LAST_PORT:
        parser.error(f"the port must be from 0 to {_LAST_PORT}")
    if options.records.exists() and not options.records.is_dir():
        parser.error(f"{options.records} is no directory of records")
    try:
        login = _login(options)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(_serve(options, login))
    return 0


def _parser() -> argparse.ArgumentParser:
    words = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="host_sim.backend", description=words)
    parser.add_argument("--records", type=Path, default=Path("records"), help="(%(default)s)")
    parser.add_argument("--host", default="0.0.0.0", help="address to serve on (%(default)s)")
    parser.add_argument("--port", type=int, default=_PORT, help="0: any (%(default)s)")
    database = f"sqlite:///{ROOT / 'build' / 'backend.db'}"
    parser.add_argument("--db", default=database, help="an SQLAlchemy URL (%(default)s)")
    carry = "the payer's page takes the result to the display, too"
    parser.add_argument("--carry", action="store_true", help=carry)
    broker = parser.add_argument_group("broker")
    broker.add_argument("--broker", metavar="URL", help="mqtt://HOST[:PORT] or mqtts://HOST[:PORT]")
    broker.add_argument("--broker-user", default=BACKEND_USER, help="(%(default)s)")
    broker.add_argument("--broker-password-file", type=Path, help=f"instead of ${_PASSWORD}")
    ca = "PEM file of the CA that its certificate is of (the system's CAs)"
    broker.add_argument("--broker-ca", type=Path, help=ca)
    return parser


def _login(options: argparse.Namespace) -> Login | None:
    """How to get to the broker, if there is one; raises ValueError and OSError."""
    if not options.broker:
        return None
    Login(options.broker, "")  # a wrong URL is told of before a password is asked for
    path = options.broker_password_file
    password = path.read_text().rstrip("\n") if path else os.environ.get(_PASSWORD, "")
    if not password:
        raise ValueError(
            f"there is no broker password: give --broker-password-file or ${_PASSWORD}"
        )
    return Login(options.broker, password, options.broker_user, _trust(options.broker_ca))


def _trust(ca: Path | None) -> ssl.SSLContext | None:
    """What the broker's certificate is verified with; raises ValueError, which names the file."""
    try:
        return ssl.create_default_context(cafile=ca) if ca else None
    except OSError as error:
        raise ValueError(f"{ca} is no CA's certificate in PEM: {error.strerror}") from None


async def _serve(options: argparse.Namespace, login: Login | None) -> int:
    (ROOT / "build").mkdir(exist_ok=True)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((options.host, options.port))
    except OSError as error:
        print(f"backend: can't serve on port {options.port}: {error.strerror}", file=sys.stderr)
        return 1
    gateway = Gateway([], options.db, _tell, carry=options.carry, broker=login)
    server = uvicorn.Server(uvicorn.Config(gateway.app(), log_level="error"))
    host = _own_address() if options.host == "0.0.0.0" else options.host
    _tell(f"backend http://{host}:{listener.getsockname()[1]} (Ctrl-C ends it)")
    _tell("for a bench only: it takes no money, and believes whoever presses Pay")
    if login:
        _tell(f"broker  {login.url} as {login.user}")
    if not any(options.records.glob("*.json")):
        # No error: it may well be started before the first display is provisioned.
        there = "" if options.records.exists() else ", which is not there"
        _tell(f"knows no display yet: no record is in {options.records}{there} (make provision)")
    looking = asyncio.create_task(_look(options.records, gateway))
    try:
        await server.serve(sockets=[listener])
    finally:
        looking.cancel()
    return 0


async def _look(records: Path, gateway: Gateway) -> None:
    """Keep knowing the displays that there are records of."""
    seen: dict[Path, int] = {}
    while True:
        for path in sorted(records.glob("*.json")):
            with contextlib.suppress(FileNotFoundError):
                changed = path.stat().st_mtime_ns
                if seen.get(path) != changed:
                    seen[path] = changed
                    _learn(path, gateway)
        await asyncio.sleep(_LOOK_SECONDS)


def _learn(path: Path, gateway: Gateway) -> None:
    """Know the display of one record."""
    try:
        record = json.loads(path.read_text())
        device = _device(record, gateway.devices.get(record["device"]))
    except (OSError, ValueError, KeyError, TypeError):
        _tell(f"{path} is no record of tools.provision")
        return
    gateway.devices[device.name] = device
    _tell(f"knows the display {device.name} of {record.get('shop') or 'no shop yet'}")


def _device(record: dict, known: Device | None) -> Device:
    """The display of a record. Its earlier key counts as long as a display may still use it: the
    record's `previous`, or the one that was known until now."""
    key, number = bytes.fromhex(record["key"]), record["key_number"]
    if "previous" in record:
        before = (record["previous"]["key_number"], bytes.fromhex(record["previous"]["key"]))
        return Device(record["device"], key, number, before)
    if known is not None and known.key_number != number:
        return known.with_key(key, number)
    return Device(record["device"], key, number, known.previous if known else None)


def _own_address() -> str:
    """The address of this machine in its network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as looking:
        try:
            looking.connect(_ELSEWHERE)
        except OSError:
            return "127.0.0.1"
        return str(looking.getsockname()[0])


def _tell(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
