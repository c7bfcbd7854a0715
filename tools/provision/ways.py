"""The two ways to a board: the till line in set-up mode, and the console's prompt."""

import contextlib
import json
import time
from dataclasses import dataclass

import serial
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport
from tillqr.till import frame, message

from tools.prompt import Locked, at_prompt
from tools.provision import ca
from tools.provision.plan import Plan
from tools.register.aside import NoDatabase
from tools.register.client import NoAnswer, Refused, Register, RegisterError
from tools.serial_port import PortError

_SETUP_BAUD = 115200  # of a display in set-up mode
_RESTART_SECONDS = 30.0
_ANSWER_SECONDS = 10.0

_WHO = """
import gc, json, machine, os, tillqr
from tillqr.board import provision, settings
gc.collect()
who = {name: provision.on_board().get(name) for name in ("device", "key_number")}
who.update(serial=machine.unique_id().hex(), firmware=tillqr.__version__)
who["ca"] = settings.CA in os.listdir()
print(json.dumps(who))
"""
_CHECK = """
given = json.loads({})
provision.check(given, provision.on_board(), provision.has_texts)
"""
_STORE_CA = "provision.store_ca(json.loads({})['ca'])"
_STORE = """
import esp32
provision.store(given, esp32.NVS(settings.NAMESPACE))
"""
_RESET = "import machine; machine.reset()"


class ProvisionError(RuntimeError):
    """The board was not provisioned, or did not say that it was; the text says why."""


@dataclass(frozen=True)
class Report:
    """What a provisioned board said of itself."""

    serial: str
    firmware: str
    state: str
    """What it does now, in words."""


def over_till(port: str, plan: Plan, document: dict) -> Report:
    """Provision a display in set-up mode over the till line; raises ProvisionError."""
    try:
        with Register(port, NoDatabase(), baud=_SETUP_BAUD) as line:
            before = line.info(_ANSWER_SECONDS)
            if before["state"] != "setup":
                raise ProvisionError(
                    f"the display on {port} is set up as {before['device']} and works: on the "
                    "till line it takes settings only before that. Use --over console."
                )
            boot = _send_all(line, before["boot"], plan, document)
        baud = plan.settings["till_baud"] if plan.complete else _SETUP_BAUD
        with Register(port, NoDatabase(), baud=int(str(baud))) as line:
            return _compare(_restarted(line, boot), plan)
    except NoAnswer:
        raise ProvisionError(
            f"no display in set-up mode answers on {port}: `python -m tools.doctor --port {port}` "
            "says what to look at"
        ) from None
    except Refused as refused:
        raise ProvisionError(f"the display refused: {refused}") from None
    except RegisterError as error:
        raise ProvisionError(str(error)) from None


def _send_all(line: Register, boot: str, plan: Plan, document: dict) -> str:
    """Send certificate and document; the `boot` of the display before it starts for the last
    time."""
    for piece in ca.pieces(plan.ca):
        line.provision(piece)
    first, *rest = _in_frames(document)
    _send(line, first)
    for part in rest:
        info = _restarted(line, boot)
        if info["state"] != "setup":
            raise ProvisionError("the display works with what it had: use --over console")
        boot = info["boot"]
        _send(line, part)
    return boot


def _in_frames(document: dict) -> list[dict]:
    """A document, or its halves if it is too long for a frame: without settings the secrets can't
    make a display work, so they come first."""
    if len(message.build(document)) <= frame.MAX_PAYLOAD:
        return [document]
    return [{name: document[name]} for name in ("secrets", "settings")]


def _send(line: Register, document: dict) -> None:
    """Send what the display starts again after."""
    with contextlib.suppress(NoAnswer):  # it may have taken it before it was heard: INFO tells
        line.provision(document)


def _restarted(line: Register, boot: str) -> dict:
    """INFO of the display after its restart; raises ProvisionError."""
    deadline = time.monotonic() + _RESTART_SECONDS
    while time.monotonic() < deadline:
        try:
            info = line.info(2)
        except NoAnswer:
            continue
        if info["boot"] != boot:
            return info
        time.sleep(0.2)
    raise ProvisionError(f"the display did not start again in {_RESTART_SECONDS:g} s")


def _compare(info: dict, plan: Plan) -> Report:
    reason = info.get("reason", "")
    if info["device"] != plan.device or (plan.complete and info["state"] == "setup"):
        raise ProvisionError(
            f"the display is {info['device']}, {info['state']}, after its restart"
            + (f": {reason}" if reason else "")
        )
    state = f"set-up mode: {reason}" if info["state"] == "setup" else "ready"
    return Report(info["serial"], info["firmware"], state)


def over_console(port: str, plan: Plan, document: dict) -> Report:
    """Provision a board at its prompt, which is there while it is not set up and in "service";
    raises ProvisionError."""
    try:
        with at_prompt(port) as board:
            who = json.loads(board.exec(_WHO))
            _check_board(who, plan)
            board.exec(_CHECK.format(repr(json.dumps(document))))
            for piece in ca.pieces(plan.ca):
                board.exec(_STORE_CA.format(repr(json.dumps(piece))))
            board.exec(_STORE)
            board.exec_raw_no_follow(_RESET)
            return _compare_line(_announced(board), plan, who["serial"], who["firmware"])
    except (Locked, PortError) as error:
        raise ProvisionError(str(error)) from None
    except TransportExecError as error:
        raise ProvisionError(_last_words(error)) from None
    except (TransportError, OSError, ValueError):
        raise ProvisionError("the board stopped answering") from None


def _check_board(who: dict, plan: Plan) -> None:
    """Whether a board has what the plan takes for granted; raises ProvisionError."""
    if plan.secure and not plan.ca and not who["ca"]:
        raise ProvisionError("the board has no CA's certificate, which TLS needs: name it by --ca")
    if plan.replaces is None:
        return
    if who["device"] != plan.device:
        has = f"is {who['device']}" if who["device"] else "is not set up"
        raise ProvisionError(f"this board {has}: it has no key of {plan.device}")
    if who["key_number"] not in (plan.replaces, plan.settings["key_number"]):
        raise ProvisionError(
            f"the board's key has number {who['key_number']}, the record's {plan.replaces}: this "
            "is not its record"
        )


def _last_words(error: TransportExecError) -> str:
    """What MicroPython said was wrong, without the traceback."""
    lines = error.error_output.strip().splitlines()
    kind, _, words = (lines[-1] if lines else "").partition(": ")
    if kind == "BadSettings":
        return f"the board refused: {words}"
    if kind == "ImportError":
        return "the board has no firmware that can be provisioned: flash it first"
    return f"the board could not store it ({kind})"


def _announced(board: SerialTransport) -> str:
    """The line with which the firmware says what it does; raises ProvisionError."""
    deadline = time.monotonic() + _RESTART_SECONDS
    data = b""
    while time.monotonic() < deadline:
        try:
            data = (data + board.serial.read(max(1, board.serial.in_waiting)))[-2000:]
        except serial.SerialException:
            raise ProvisionError(
                "it is stored, but the port went away with the board's restart: look at the panel"
            ) from None
        for line in data.decode(errors="replace").splitlines(keepends=True):
            if line.startswith("tillqr ") and line.endswith("\n"):
                return line.strip()
    raise ProvisionError("it is stored, but the firmware did not start again: look at the panel")


def _compare_line(line: str, plan: Plan, serial_number: str, version: str) -> Report:
    what = line.split(" ", 3)[-1]
    if plan.complete and what != "ready":
        raise ProvisionError(f"after its restart the board says: {what}")
    state = "ready" if what == "ready" else what.replace("not set up", "set-up mode")
    return Report(serial_number, version, state)
