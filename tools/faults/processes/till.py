"""A register in a process of its own, to be killed: `python -m tools.faults.processes.till`.

Reads calls of tools.register.Register, a line of JSON each: {"call": name, "with": [...]}; answers
each with {"answer": value} or {"refused": reason}, and says what it hears from the display as
{"heard": name, "content": {...}}. {"call": "die"} has it die when it has committed the next result
and has acknowledged nothing.
"""

import argparse
import json
import os
import signal
import sys
from typing import Any

from tools.register import Register, RegisterError, ShopDatabase
from tools.register.client import Refused

READY = "ready"


class _Deadly(ShopDatabase):
    """A database whose register dies right after a commit, if it was asked to."""

    asked = False

    def record(self, result: dict, device: str) -> str:
        outcome = super().record(result, device)
        if self.asked:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome


def main() -> int:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="till", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("port")
    parser.add_argument("database")
    parser.add_argument("register")
    options = parser.parse_args()
    database = _Deadly(options.database)
    with Register(options.port, database, options.register, on_message=_hear) as register:
        _say({READY: True})
        for line in sys.stdin:
            call = json.loads(line)
            if call["call"] == "die":
                database.asked = True
                _say({"answer": None})
            else:
                _say(_answer(getattr(register, call["call"]), call["with"]))
    return 0


def _answer(function: Any, arguments: list) -> dict:
    try:
        return {"answer": function(*arguments)}
    except Refused as refused:
        return {"refused": refused.reason}
    except RegisterError as error:
        return {"refused": type(error).__name__}


def _hear(name: str, content: dict) -> None:
    _say({"heard": name, "content": content})


def _say(words: dict) -> None:
    """One write a line: two threads speak."""
    os.write(sys.stdout.fileno(), json.dumps(words).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
