"""Give displays their settings and keys: `python -m tools.provision --port /dev/ttyUSB0 ...`.

One display by options, or many by a CSV file. Everything is checked before the port is opened.
Each display's key, made here unless it is given, is written to a record for the backend.
`--device D0001 --new-key` changes the key of a display that works, and nothing else.

Exit status: 0 done, 1 a display was not provisioned, 2 wrong usage, or something is wrong in
what is to be provisioned.
"""

import argparse
import getpass
import os
import secrets
import sys
from pathlib import Path

from host_sim.board import language_names
from tools.provision import plan as plans
from tools.provision.plan import BadPlan, Plan
from tools.provision.records import RecordError, Records
from tools.provision.ways import ProvisionError, Report, over_console, over_till

_DONE, _FAILED, _USAGE = range(3)
_PASSWORDS = {"wifi_password": "Wi-Fi network", "broker_password": "broker"}
_SECRETS = (*_PASSWORDS, "machine_key")
"""Of what each is."""
_WAYS = {"console": over_console, "till": over_till}
_HELP = {
    "device": "the display's name at the backend: 1 to 12 letters, digits, . _ -",
    "shop": "the shop's name; may be left to the set-up page",
    "backend": "http://HOST[:PORT] or https://HOST[:PORT]",
    "broker": "mqtt://HOST[:PORT] or mqtts://HOST[:PORT]; none: it is to have none any more",
    "wifi_ssid": "the shop's network; may be left to the set-up page",
    "address": "dhcp, or 'ADDRESS/BITS GATEWAY NAMESERVER' (dhcp)",
    "time_server": "HOST[:PORT] of NTP; for TLS and --rotating (pool.ntp.org)",
    "charges": "who makes the text of a code: display or backend (display)",
    "rotating": "whether a code changes every 30 s: off or on (off)",
    "language": f"one of {', '.join(language_names())} (en)",
    "theme": "light, dark or contrast (light)",
    "text": "normal or large (normal)",
    "console": "locked, or open for development (locked)",
    "machine": "a card machine on the second UART: off, link or transparent (off)",
    "machine_baud": "of that line (as --till-baud)",
    "machine_key_number": "the number that names the machine's key, 0 to 255 (1)",
    "key_number": "the number that names the key, 0 to 255 (1)",
    "port": "where the display takes results, 0: nowhere (80; with mqtts 0)",
    "till_baud": "of the till line (115200)",
    "qr_seconds": "how long a code is shown (120)",
    "sleep_minutes": "of rest until the panel goes dark (0: never)",
    "currency": "what the backend is to expect from this display",
}


def main() -> int:
    """Provision one display, or those of a file."""
    options = _parser().parse_args()
    try:
        records = Records(options.records)
        if options.new_key:
            print(_change_key(options, records))
            return _DONE
        options.again = options.again or options.keep_key
        common = _common(options)
        if options.csv:
            return _many(options, plans.read_csv(options.csv, common), records)
        plan = plans.make(common)
        if records.has(plan.device) and not options.again:
            raise BadPlan(f"{records.path(plan.device)} is there already; --again makes it anew")
        _check_ca(plan, records)
        print(f"{plan.device}: {_one(options, plan, records)}")
    except BadPlan as error:
        return _fail(error, _USAGE)
    except (ProvisionError, RecordError) as error:
        return _fail(error, _FAILED)
    except (KeyboardInterrupt, EOFError):
        return _fail("interrupted", _FAILED)
    return _DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools.provision",
        description=(__doc__ or "").splitlines()[0],
        allow_abbrev=False,  # "--wifi-password X" is a mistake, and X no file's name to be shown
    )
    parser.add_argument("--port", required=True, help="the serial port of the board")
    words = "the board's USB console, or the till line in set-up mode (%(default)s)"
    parser.add_argument("--over", choices=sorted(_WAYS), default="console", help=words)
    for name in (*plans.WORDS, *plans.NUMBERS, "currency"):
        option = "result-port" if name == "port" else name.replace("_", "-")
        parser.add_argument(f"--{option}", dest=f"set_{name}", metavar="VALUE", help=_HELP[name])
    _add_secrets(parser)
    words = f"many displays: a file with the columns {', '.join(plans.COLUMNS)}"
    parser.add_argument("--csv", type=Path, metavar="FILE", help=words)
    words = "where the records for the backend go (%(default)s)"
    parser.add_argument("--records", type=Path, default=Path("records"), help=words)
    words = "also displays that have a record, with a new key"
    parser.add_argument("--again", action="store_true", help=words)
    return parser


def _add_secrets(parser: argparse.ArgumentParser) -> None:
    """The options for what is in a file, as it is not for a command line."""
    for name in _SECRETS:
        asked = ", or asked for" if name in _PASSWORDS else ""
        words = f"else it is ${_variable(name)}{asked}; it is never an option"
        option = f"--{name.replace('_', '-')}-file"
        parser.add_argument(option, type=Path, metavar="FILE", help=words)
    parser.add_argument("--open-wifi", action="store_true", help="the network has no password")
    words = "the certificate of the CA that servers with TLS are verified against, PEM or DER"
    parser.add_argument("--ca", metavar="FILE", help=words)
    words = "the device key as hex digits (default: a new one of 32 bytes)"
    parser.add_argument("--key-file", type=Path, metavar="FILE", help=words)
    words = "also displays that have a record, whose key and its number stay"
    parser.add_argument("--keep-key", action="store_true", help=words)
    words = "give a display that works another key, beside which the present one stays in force"
    parser.add_argument("--new-key", action="store_true", help=words)


def _variable(password: str) -> str:
    """The environment variable that may hold a password."""
    return f"TILLQR_{password.upper()}"


def _common(options: argparse.Namespace) -> dict[str, str | None]:
    """What the options say, by column; raises BadPlan."""
    if options.csv and (options.set_device or options.key_file):
        raise BadPlan("each display of a file has its own name and key: no --device, no --key-file")
    if options.keep_key and (options.key_file or options.set_key_number):
        raise BadPlan("--keep-key keeps the key and its number: no --key-file, no --key-number")
    names = (*plans.WORDS, *plans.NUMBERS, "currency")
    values: dict[str, str | None] = {name: getattr(options, f"set_{name}") for name in names}
    values["ca"] = options.ca
    values["wifi_password"] = "" if options.open_wifi else _password(options, "wifi_password")
    for name in ("broker_password", "machine_key"):
        values[name] = _password(options, name)
    return values


def _password(options: argparse.Namespace, name: str) -> str | None:
    """A password or key; None where none is named, and none is to be asked for."""
    file = getattr(options, f"{name}_file")
    if file:
        return _read(file)
    if _variable(name) in os.environ:
        return os.environ[_variable(name)]
    joined = {"wifi_password": options.set_wifi_ssid, "broker_password": options.set_broker}
    of = joined.get(name)
    if of and of != plans.NO_BROKER and sys.stdin.isatty():
        return getpass.getpass(f"Password of the {_PASSWORDS[name]} {of}: ")
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip("\r\n")
    except OSError as error:
        raise BadPlan(f"can't read {path}: {error.strerror}") from None
    except UnicodeError:
        raise BadPlan(f"can't read {path}: it is no text in UTF-8") from None


def _key(options: argparse.Namespace, plan: Plan, records: Records) -> bytes:
    """The key that a display gets: the given one, that of a try before, or a new one."""
    if options.key_file:
        digits = _read(options.key_file)
        try:
            key = bytes.fromhex(digits)
        except ValueError:
            raise BadPlan(f"{options.key_file} has no hex digits") from None
        if not 16 <= len(key) <= 64:
            raise BadPlan(f"the key in {options.key_file} must have 16 to 64 bytes")
        return key
    return records.begun_key(plan.device) or secrets.token_bytes(32)


def _check_ca(plan: Plan, records: Records) -> None:
    """Whether a display that needs a CA gets one or has one; raises BadPlan."""
    if plan.secure and not plan.ca and not records.has_ca(plan.device):
        raise BadPlan(
            f"{plan.device} is to use https or mqtts, and has no CA to verify the server against: "
            "name its certificate by --ca"
        )


def _one(options: argparse.Namespace, plan: Plan, records: Records) -> str:
    """Provision one display; the words that say so."""
    if options.keep_key:
        plan, key = records.with_its_key(plan)
    else:
        key = _key(options, plan, records)
    records.begin(plan, key)
    return _give(options, plan, key, records)


def _give(options: argparse.Namespace, plan: Plan, key: bytes, records: Records) -> str:
    """Give a display what its record says; the words that say so."""
    report: Report = _WAYS[options.over](options.port, plan, plan.document(key))
    path = records.finish(plan.device, report.serial, report.firmware)
    return f"{report.state} (serial {report.serial}, tillqr {report.firmware}); record {path}"


def _change_key(options: argparse.Namespace, records: Records) -> str:
    """Give a display that works another key; the words that say so."""
    given = {name for name, value in vars(options).items() if value}
    if given != {"port", "over", "records", "new_key", "set_device"}:
        raise BadPlan("--new-key goes with --device alone: all else stays as it is on the display")
    if options.over != "console":
        raise BadPlan("--new-key goes over the console: on the till line a display takes no key")
    record = records.begin_change(options.set_device, secrets.token_bytes(32))
    plan = plans.change_of_key(record)
    said = _give(options, plan, bytes.fromhex(record["key"]), records)
    numbers = f"key {record['key_number']}, beside {plan.replaces}"
    return f"{plan.device}: {numbers}; {said}"


def _many(options: argparse.Namespace, todo: list[Plan], records: Records) -> int:
    """Provision one display after the other; go on after one that failed."""
    done, skipped, failed = 0, 0, []
    for plan in todo:
        if options.again or not records.has(plan.device):
            _check_ca(plan, records)
    for number, plan in enumerate(todo, 1):
        if records.has(plan.device) and not options.again:
            skipped += 1
            continue
        print(f"[{number}/{len(todo)}] join {plan.device} ({plan.settings.get('shop', '-')}), then")
        answer = input("press Enter (s: leave it out, q: end): ").strip().lower()
        if answer == "q":
            break
        if answer == "s":
            continue
        try:
            print(f"{plan.device}: {_one(options, plan, records)}", flush=True)
            done += 1
        except (ProvisionError, RecordError) as error:
            print(f"{plan.device}: FAILED: {error}", flush=True)
            failed.append(plan.device)
    left = len(todo) - done - skipped - len(failed)
    print(f"{done} provisioned, {skipped} had a record, {left} left, {len(failed)} failed", end="")
    print(f": {', '.join(failed)}" if failed else "")
    return _FAILED if failed or left else _DONE


def _fail(words: object, status: int) -> int:
    print(f"provision: {words}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
