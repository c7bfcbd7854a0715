"""The two ways to a board: the till line in set-up mode, and the console's prompt."""

import json
import time
from dataclasses import dataclass

import serial
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from tools.prompt import Locked, at_prompt
from tools.provision.plan import Plan
from tools.register.aside import NoDatabase
from tools.register.client import NoAnswer, Refused, Register, RegisterError
from tools.serial_port import PortError

_SETUP_BAUD = 115200  # of a display in set-up mode
_RESTART_SECONDS = 30.0
_ANSWER_SECONDS = 10.0

_WHO = """
import gc, machine, tillqr
gc.collect()
print(machine.unique_id().hex(), tillqr.__version__)
"""
_STORE = """
import esp32, json
from tillqr.board import provision, settings
provision.store(json.loads({}), esp32.NVS(settings.NAMESPACE))
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
            _send(line, document)
        baud = plan.settings["till_baud"] if plan.complete else _SETUP_BAUD
        with Register(port, NoDatabase(), baud=int(str(baud))) as line:
            return _compare(_restarted(line, before["boot"]), plan)
    except NoAnswer:
        raise ProvisionError(
            f"no display in set-up mode answers on {port}: `python -m tools.doctor --port {port}` "
            "says what to look at"
        ) from None
    except RegisterError as error:
        raise ProvisionError(str(error)) from None


def _send(line: Register, document: dict) -> None:
    try:
        line.provision(document)
    except Refused as refused:
        raise ProvisionError(f"the display refused: {refused}") from None
    except NoAnswer:
        pass  # it may have taken it, and started again before it was heard: its INFO tells


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
            serial_number, version = board.exec(_WHO).decode().split()
            board.exec(_STORE.format(repr(json.dumps(document))))
            board.exec_raw_no_follow(_RESET)
            return _compare_line(_announced(board), plan, serial_number, version)
    except (Locked, PortError) as error:
        raise ProvisionError(str(error)) from None
    except TransportExecError as error:
        raise ProvisionError(_last_words(error)) from None
    except (TransportError, OSError, ValueError):
        raise ProvisionError("the board stopped answering") from None


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
