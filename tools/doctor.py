"""Ask a display how it is, and say in plain words what is wrong: `python -m tools.doctor --port P`.

On the till line: the port that a register uses. Results that the display holds for the register
stay there.

Exit status: 0 healthy, 1 something is wrong, 2 no display answers.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tools.register.aside import NoDatabase
from tools.register.client import NoAnswer, Register, RegisterError
from tools.serial_port import PortError, open_port

_HEALTHY, _WRONG, _SILENT = range(3)
_ANSWER_SECONDS = 8.0
_TRY_SECONDS = 2.5
_RATES = (115200, 9600, 19200, 38400, 57600, 230400, 460800, 921600)
_ALWAYS, _NEVER = 1, 1_000_000_000
_SEVERAL = 10
"""Counts from which something is wrong, where a few are no wonder: a plug, a restart."""

EXPLANATIONS: Mapping[str, tuple[int, str]] = {
    "frame_overlong": (
        _SEVERAL,
        "noise on the till line, or another baud rate at the register: look at the cable's ground "
        "and at the register's settings",
    ),
    "frame_short": (
        _SEVERAL,
        "noise on the till line, or another program that writes to it: only the register may",
    ),
    "frame_cobs": (
        _SEVERAL,
        "noise on the till line: look at the cable, its ground and its length",
    ),
    "frame_no_memory": (
        _SEVERAL,
        "memory was short for a message of the register, which says it again: please report this",
    ),
    "frame_crc": (
        _SEVERAL,
        "bytes were changed on the till line: look at the cable, its ground, its length, and at a "
        "MAX3232 that gets too little voltage",
    ),
    "link_queue_full": (_ALWAYS, "the register took nothing for a while, so messages were dropped"),
    "link_repeated": (
        _NEVER,  # the display says HELLO until somebody listens, and counts each time
        "no register answered at once: none was joined or on, which is no fault; or a loose cable, "
        "if one is joined and this grows from one visit to the next",
    ),
    "link_duplicate": (_SEVERAL, "answers to the register were lost, so it repeated itself"),
    "link_no_memory": (_ALWAYS, "memory was short for a message: please report this"),
    "link_refused": (
        _NEVER,
        "messages of the register were refused; it was told why each time. After a restart of "
        "either side this is usual",
    ),
    "link_stale_answer": (_SEVERAL, "answers of the register came late, or twice"),
    "link_bad_answer": (_ALWAYS, "the register's answers are not as PROTOCOL.md says"),
    "panel_no_memory": (
        _SEVERAL,
        "memory was short for a screen, which was drawn a moment later: please report this",
    ),
    "http_timeout": (_NEVER, "connections over the network took too long and were ended"),
    "http_no_memory": (_ALWAYS, "memory was short for a request: please report this"),
    "http_broken": (_NEVER, "connections over the network broke"),
    "http_turned_away": (
        _SEVERAL,
        "more than four connections came at once: does something in the network scan it?",
    ),
    "http_evicted": (_SEVERAL, "connections were held open until others needed their place"),
    "http_refused": (_NEVER, "requests that are none of the backend's were refused"),
    "backend_unreachable": (
        _ALWAYS,
        "the backend could not be reached: look at its address in the settings, at the shop's way "
        "into the internet and at its name server",
    ),
    "backend_no_memory": (
        _SEVERAL,
        "memory was short for a question to the backend, which is put again: please report this",
    ),
    "charge_refused": (
        _ALWAYS,
        "codes of the backend did not verify: it has another key for this device, or somebody "
        "forges them",
    ),
    "through_overrun": (
        _ALWAYS,
        "bytes between register and card machine were lost: do both lines have the speed of the "
        "settings?",
    ),
    "reader_healed": (
        _SEVERAL,
        "the card reader had to be woken and set up again: look at its wires and at its supply",
    ),
    "reader_no_answer": (_SEVERAL, "the card reader did not answer: look at its wires and supply"),
    "reader_bad_frame": (_SEVERAL, "the card reader's bytes were garbled: look at its wires"),
    "reader_stale": (_SEVERAL, "answers of the card reader came too late: look at its supply"),
    "broker_full": (_SEVERAL, "the broker took nothing for a while, so questions were put again"),
    "receipt_accepted": (_NEVER, "results that the backend sent were taken"),
    "receipt_malformed": (_ALWAYS, "results were not as PROTOCOL.md says: is that the backend?"),
    "receipt_bad_mac": (
        _ALWAYS,
        "results did not verify: the backend has another key for this device, or somebody sends "
        "forged results. Compare the key in the display's record with the backend's",
    ),
    "receipt_wrong_device": (
        _ALWAYS,
        "results for another display came here: two have one name, or one has another's address",
    ),
    "receipt_unknown_attempt": (
        _ALWAYS,
        "results for payments that this display does not know: it has lost power meanwhile, and "
        "the shop must ask the backend about them",
    ),
    "receipt_unstored": (
        _ALWAYS,
        "the flash did not take results: they were told to the register, and are asked for again",
    ),
    "journal_mended": (
        _SEVERAL,
        "bits of the journal had flipped, and were put right: does the flash wear out?",
    ),
    "journal_damaged": (
        _ALWAYS,
        "parts of the journal could not be read: compare the shop's sales with the backend's",
    ),
    "receipt_wrong_order": (_ALWAYS, "results named another order than their code"),
    "receipt_wrong_register": (_ALWAYS, "results named another register than their code"),
    "receipt_wrong_method": (
        _ALWAYS,
        "a card machine spoke of what was not begun there, or the backend of what was",
    ),
    "receipt_wrong_amount": (_ALWAYS, "results named another amount than their code"),
    "receipt_wrong_currency": (_ALWAYS, "results named another currency than their code"),
    "receipt_replayed": (_NEVER, "results came again, and changed nothing"),
    "result_refused": (
        _SEVERAL,
        "the register could not store results: look at its database. They are sent again",
    ),
    "glyph_missing": (
        _NEVER,
        "characters that the fonts do not have were shown as boxes: look at names of goods",
    ),
    "setup_wrong_pin": (_SEVERAL, "wrong PINs were given on the set-up page: is somebody trying?"),
    "setup_storage": (_ALWAYS, "the flash did not take the settings: is its file system full?"),
    "setup_no_page": (_ALWAYS, "the display could not open its own network: switch it off and on"),
}
"""What each counter says: the count from which something is wrong, and the words."""
BEGINNINGS: Mapping[str, tuple[int, str]] = {
    "fault_": (
        _ALWAYS,
        'a part of the firmware has ended, the panel says "out of order", and the watchdog '
        "restarts the display",
    ),
    "mqtt_": (
        _SEVERAL,
        "the broker ended or refused the connection, was silent, or sent what is too large, or "
        "memory was short for what it sent",
    ),
    "machine_": (_SEVERAL, "the card machine's line: as the counter of that name without machine_"),
    "key_": (_NEVER, "the QR key was pressed when there was no code to show"),
    "card_": (_NEVER, "cards were tapped when there could be no payment"),
    "tap_": (
        _NEVER,
        "cards were no use: away too soon, of another kind, two at once, locked",
    ),
}
"""The same for counters whose names end in what it was."""


_REPORT = "please report this, with what the console says"
_WORN = 20_000_000
"""Writes of a journal: littlefs spreads them over 100 blocks and more, of 100,000 erasures each (a
write erases one, and now and then another); twice as many are left then as a margin for both."""
INNER: Mapping[str, str] = {
    "space": "the register has not acknowledged, or the backend not closed, the last 16 attempts",
    "storage": "its flash does not take the journal: is the file system full, is the chip dying?",
}
"""What INFO's `lacks` says of the display itself (PROTOCOL.md, 4.1)."""
_CERTIFICATE = "the display connects to nobody whom it can't verify"
TROUBLES: Mapping[str, str] = {
    "": "it has just started, or it waits for the network: ask again",
    "wifi_absent": "no such Wi-Fi network is heard: is its name right, is it 2.4 GHz, is it near?",
    "wifi_password": "the Wi-Fi network refuses it: is the password right, is it WPA2?",
    "wifi_no_address": "the Wi-Fi network gives it no address: look at DHCP, or set `address`",
    "clock_away": "no time server answers: look at `time_server`, and let UDP port 123 through",
    "broker_away": "the broker does not answer: look at `broker`, and at the way there",
    "broker_refused": "the broker refuses it: look at its broker_password, and at its rights there",
    "backend_away": "the backend does not answer: look at `backend`, and at the way there",
    "no_memory": "the display has too little memory for TLS: it restarts; set `port` to 0",
    "tls_untrusted": f"the server's certificate is not of the display's CA; {_CERTIFICATE}",
    "tls_expired": f"the server's certificate has expired; {_CERTIFICATE}",
    "tls_wrong_host": f"the server's certificate names another host; {_CERTIFICATE}",
    "tls_no_tls": "what answers there speaks no TLS: look at the port",
    "tls_failed": f"no TLS session could be made; {_CERTIFICATE}",
}
"""What INFO's `trouble` says (PROTOCOL.md, 4.1)."""


READERS: Mapping[str, str] = {
    "no_tls": "its card reader is not used: cards are read only where the backend is reached by "
    "https:// or mqtts://",
    "silent": "its card reader does not answer: look at its wires, at its supply, and at the "
    "switches that choose its bus",
}
"""What is wrong by INFO's `reader` (PROTOCOL.md, 4.3)."""


@dataclass(frozen=True)
class Finding:
    """One line of what the doctor says."""

    wrong: bool
    words: str


def main() -> int:
    """Ask one display."""
    options = _parser().parse_args()
    rates = [options.baud] + [rate for rate in _RATES if rate != options.baud]
    info, line, words = None, {}, ""
    for number, rate in enumerate(rates):
        try:
            with Register(options.port, NoDatabase(), baud=rate) as register:
                try:
                    info = register.info(_TRY_SECONDS if number else _ANSWER_SECONDS)
                finally:
                    if not number:
                        line = dict(register.counters)
        except NoAnswer:
            continue
        except RegisterError as error:
            words = _why(options.port) or str(error)
        break
    if info is None:
        for text in no_answer(options.port, options.baud, line, words):
            print(text)
        return _SILENT
    findings = [*at_rate(rate, options.baud), *of_info(info), *of_counters(info["counters"])]
    print(_who(info))
    for finding in findings:
        print(("WRONG  " if finding.wrong else "note   ") + finding.words)
    wrong = sum(finding.wrong for finding in findings)
    print(f"{wrong} wrong" if wrong else "healthy")
    return _WRONG if wrong else _HEALTHY


def _why(port: str) -> str:
    """What is wrong with a port, in better words than the register's; "" if it can be opened."""
    try:
        open_port(port, till=True).close()
    except PortError as error:
        return str(error)
    return ""


def _parser() -> argparse.ArgumentParser:
    words = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="tools.doctor", description=words)
    parser.add_argument("--port", required=True, help="the till line's serial port: an adapter's")
    words = "its rate; the others are tried too if nobody answers (%(default)s)"
    parser.add_argument("--baud", type=int, default=_RATES[0], help=words)
    return parser


def _who(info: dict) -> str:
    name = "without a name" if info["device"] == "-" else info["device"]
    shop = f", {info['shop']}" if info["shop"] else ""
    about = f"tillqr {info['firmware']}, serial {info['serial']}"
    return f"display {name}{shop}: {about}, state {info['state']}"


def no_answer(port: str, baud: int, line: Mapping[str, int], words: str) -> Iterable[str]:
    """What to look at where no display answers.

    line: what this end of the line counted; words: what went wrong beside that, or "".
    """
    if "role" in words:
        yield f"The line on {port} hears itself: RX and TX are joined. The display is not on it."
        return
    if words:
        yield words
        return
    if any(name.startswith("frame_") for name in line):
        yield f"Something talks on {port}, but not in frames at {baud} baud or any usual rate."
        yield "- Is this the till line? The USB console is another port."
        yield "- Is the level right? RS-232 needs a MAX3232; without one every bit is upside down."
    else:
        yield f"Nobody answers on {port}, at any usual baud rate."
        yield "- Is the display on? Its panel says so."
        yield "- Is this the till line? The USB console is another port."
        yield "- The display's TX goes to RX here, and its RX to TX: they may be crossed."
        yield "- The grounds of both must be joined."
    yield "- Is another program using the port? Only one can."


def at_rate(rate: int, wanted: int) -> Iterable[Finding]:
    """Whether the display answers at the rate that it was asked at."""
    if rate != wanted:
        yield Finding(
            True, f"it answers at {rate} baud, not at {wanted}: set `till_baud` or the register"
        )


def of_info(info: dict) -> Iterable[Finding]:
    """What an INFO says."""
    if info["state"] == "setup":
        reason = info.get("reason", "")
        yield Finding(True, f"it is not set up ({reason}): `python -m tools.provision` does that")
    elif info["lacks"]:
        why = INNER.get(info["lacks"]) or TROUBLES.get(
            info["trouble"], "what is missing comes soon, or newer firmware knows more"
        )
        yield Finding(True, f"it shows no code, as it lacks {info['lacks']}: {why}")
    if info.get("reader") in READERS:
        yield Finding(True, READERS[info["reader"]])
    if info.get("crash"):
        yield Finding(True, f"it was restarted, as this had failed: {info['crash']}: {_REPORT}")
    if info.get("journal", 0) > _WORN:
        words = f"its journal was written {info['journal']} times: its flash wears out, replace it"
        yield Finding(True, words)
    if info["state"] == "late":
        yield Finding(True, "money came after its sale was cancelled: it is to be refunded")


def of_counters(counters: Mapping[str, int]) -> Iterable[Finding]:
    """What the counters say, since the display's start."""
    for name, count in sorted(counters.items()):
        least, words = explanation(name)
        yield Finding(count >= least, f"{name} {count}: {words}")


def explanation(name: str) -> tuple[int, str]:
    """From which count on a counter says that something is wrong, and what it says."""
    for beginning, meaning in BEGINNINGS.items():
        if name.startswith(beginning):
            return meaning
    return EXPLANATIONS.get(name, (_NEVER, "a counter of newer firmware: get a newer doctor"))


if __name__ == "__main__":
    sys.exit(main())
