"""The bench's backend by itself, to try real boards with: `make backend`.

It knows the displays that tools.provision made records of, new ones too while it runs. Whoever
opens a code can pay it, with a press of a button: it takes no money, so it is for a bench.
"""

import argparse
import asyncio
import contextlib
import json
import socket
import sys
from pathlib import Path

import uvicorn

from host_sim.board import ROOT
from host_sim.gateway.app import Gateway
from host_sim.gateway.codes import Device

_PORT = 8080
_LOOK_SECONDS = 1.0
_ELSEWHERE = ("192.0.2.1", 9)  # RFC 5737: nobody's; nothing is sent to it


def main() -> int:
    """Serve until Ctrl-C."""
    options = _parser().parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(_serve(options))
    return 0


def _parser() -> argparse.ArgumentParser:
    words = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="host_sim.backend", description=words)
    parser.add_argument("--records", type=Path, default=Path("records"), help="(%(default)s)")
    parser.add_argument("--host", default="0.0.0.0", help="address to serve on (%(default)s)")
    parser.add_argument("--port", type=int, default=_PORT, help="0: any (%(default)s)")
    database = f"sqlite:///{ROOT / 'build' / 'backend.db'}"
    parser.add_argument("--db", default=database, help="an SQLAlchemy URL (%(default)s)")
    return parser


async def _serve(options: argparse.Namespace) -> int:
    (ROOT / "build").mkdir(exist_ok=True)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((options.host, options.port))
    except OSError as error:
        print(f"backend: can't serve on port {options.port}: {error.strerror}", file=sys.stderr)
        return 1
    gateway = Gateway([], options.db, _tell)
    server = uvicorn.Server(uvicorn.Config(gateway.app(), log_level="error"))
    host = _own_address() if options.host == "0.0.0.0" else options.host
    _tell(f"backend http://{host}:{listener.getsockname()[1]} (Ctrl-C ends it)")
    _tell("for a bench only: it takes no money, and believes whoever presses Pay")
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
        device = Device(record["device"], bytes.fromhex(record["key"]), record["key_number"])
    except (OSError, ValueError, KeyError, TypeError):
        _tell(f"{path} is no record of tools.provision")
        return
    gateway.devices[device.name] = device
    _tell(f"knows the display {device.name} of {record.get('shop') or 'no shop yet'}")


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
