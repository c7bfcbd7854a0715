"""Provisioning: a board is given its settings and secrets, all of them right or none.

The document is an object of two: `settings`, by the names that settings.json has, and `secrets`:
`device_key` and
`machine_key` as hex digits, `wifi_password` and `broker_password` as text ("" for none). What it
does not name stays as it is on the board; a board whose settings are not complete then is one that
says that it isn't set up. No text made here holds a secret. `check` is what the PC's tool uses too.
"""

import binascii
import json
import os

from micropython import const

from tillqr import strict_json
from tillqr.board import settings as board_settings
from tillqr.board.settings import BadSettings

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from esp32 import NVS

_NEW = "settings.new"
_NEW_CA = "ca.new"
_MAX_CA = const(2048)
_MOST = const(1024)  # settings.load reads no more
_LEAST_KEY, _MOST_KEY = const(32), const(128)  # hex digits
_LEAST_PASSWORD, _MOST_PASSWORD = const(8), const(63)
_HEX = b"0123456789abcdefABCDEF"
_STAND_INS = {
    "device": "D",
    "shop": "S",
    "backend": "https://h",
    "wifi_ssid": "S",
    "key_number": 0,
    "port": 80,
    "till_baud": 115200,
    "qr_seconds": 60,
}
"""Right values, in the place of settings that may come later."""


class _Asked:
    """Values that note which of them were asked for: what never is, is no setting."""

    def __init__(self, values: dict) -> None:
        self._values = values
        self.names: "list[str]" = []

    def get(self, name: str, default: object = None) -> object:
        self.names.append(name)
        return self._values.get(name, default)


def has_texts(language: str) -> bool:
    """Whether the board has the texts of a language."""
    try:
        os.stat(board_settings.TEXTS.format(language))
    except OSError:
        return False
    return True


def check(document: object, kept: dict, has_language: "Callable[[str], bool]") -> dict:
    """The settings that the board has after a document; raises BadSettings for all that is wrong.

    kept: what settings.json has now; has_language(name): whether there are texts in it.
    """
    settings = _part(document, "settings")
    asked = _Asked(_merged(_STAND_INS, _merged({"broker": "mqtt://h"}, settings)))
    board_settings.checked(asked)  # type: ignore[arg-type]
    for name in settings:
        if name not in asked.names:
            raise BadSettings("there is no setting " + _readable(name))
    _check_secrets(_part(document, "secrets"))
    after = _merged({name: kept[name] for name in asked.names if name in kept}, settings)
    made = board_settings.checked(_merged(_STAND_INS, after))
    _check_texts(after)
    if not has_language(made.language):
        raise BadSettings("language must be one that the display has texts in")
    return after


def store(document: object, nvs: "NVS", path: str = board_settings.FILE) -> None:
    """Check a document and write it. Raises BadSettings before anything is written, and OSError
    if the flash does not take it.

    The power may fail at any moment, so settings that would be there beside secrets which are
    not theirs go first; then come the secrets, and last, in one step, the new settings. The
    board has the old ones, the new ones, or none. A key that is kept beside a new one is put
    aside before all that, as long as its number is known.
    """
    kept = on_board(path)
    after = check(document, kept, has_texts)
    secrets = _part(document, "secrets")
    with open(_NEW, "w") as file:
        file.write(json.dumps(after))
    if "device_key" in secrets:
        _keep_key(kept.get("key_number"), after.get("key_number"), nvs)
    if _works(path):
        os.remove(path)
    _store_secrets(secrets, nvs)
    os.rename(_NEW, path)


def _merged(one: dict, other: dict) -> dict:
    merged = dict(one)
    merged.update(other)
    return merged


def _part(document: object, name: str) -> dict:
    """`settings` or `secrets` of a document; one that is not there is empty."""
    part = document.get(name, {}) if isinstance(document, dict) else None
    if not isinstance(part, dict):
        raise BadSettings("the document must be an object of settings and secrets")
    return part


def _check_texts(settings: dict) -> None:
    """What settings.checked lets through, but the till link and the panel can't carry."""
    for name in ("device", "shop", "wifi_ssid"):
        if not strict_json.is_text(settings.get(name, ""), 0, _MOST):
            raise BadSettings(name + " must have no control characters")
    if not strict_json.is_name(settings.get("device", ""), 0, _MOST):
        raise BadSettings("device must be of letters (A to Z), digits, . _ and -")


def _check_secrets(secrets: dict) -> None:
    for name in secrets:
        if name not in ("device_key", "machine_key", "wifi_password", "broker_password"):
            raise BadSettings("there is no secret " + _readable(name))
    for name in ("device_key", "machine_key"):
        _check_key(name, secrets.get(name, "00" * _LEAST_KEY))
    _check_password(secrets, "wifi_password", _LEAST_PASSWORD)  # IEEE 802.11-2020, J.4.1
    _check_password(secrets, "broker_password", 1)


def _check_key(name: str, digits: object) -> None:
    """Of a key to be: as many hex digits as 16 to 64 bytes take."""
    words = name + " must be 32 to 128 hex digits, two a byte"
    if not isinstance(digits, str) or len(digits) % 2:
        raise BadSettings(words)
    if not _LEAST_KEY <= len(digits) <= _MOST_KEY:
        raise BadSettings(words)
    for code in digits.encode():
        if code not in _HEX:
            raise BadSettings(words)


def _check_password(secrets: dict, name: str, least: int) -> None:
    """Of a password of printable ASCII, or none."""
    words = secrets.get(name, "")
    if isinstance(words, str):
        data = words.encode()
        plain = all(32 <= code < 127 for code in data)
        if plain and (not data or least <= len(data) <= _MOST_PASSWORD):
            return
    raise BadSettings("{} must be {} to 63 ASCII characters, or none".format(name, least))


def _readable(name: object) -> str:
    """A name that somebody sent, as a text may have it; the chip's JSON has numbers for names too,
    where a comma is missing."""
    return bytes([code if 32 < code < 127 else 63 for code in str(name).encode()[:24]]).decode()


def on_board(path: str = board_settings.FILE) -> dict:
    """What the settings file has, right or not."""
    try:
        with open(path, "rb") as file:
            return strict_json.parse(file.read(_MOST))
    except (OSError, ValueError):
        return {}


def _works(path: str) -> bool:
    """Whether a board would start with the settings in a file."""
    try:
        board_settings.load(path)
    except BadSettings:
        return False
    return True


def _keep_key(before: object, number: object, nvs: "NVS") -> None:
    """Keep the present device key beside one with another number: receipts under it still count.
    Beside the present settings, which name it, it changes nothing.

    before, number: as the settings have it, and are to have it.
    """
    try:
        previous = bytes((before,)) + board_settings.secret(nvs, "device_key")  # type: ignore[arg-type]
    except (BadSettings, TypeError, ValueError):
        return  # the board was not set up
    if before != number:
        nvs.set_blob("previous_key", previous)
        nvs.commit()


def _store_secrets(secrets: dict, nvs: "NVS") -> None:
    for name in ("device_key", "machine_key"):
        if name in secrets:
            nvs.set_blob(name, bytes.fromhex(secrets[name]))
    for name in ("wifi_password", "broker_password"):
        password = secrets.get(name)
        if password:
            nvs.set_blob(name, password.encode())
        elif password is not None:
            _erase(nvs, name)
    nvs.commit()


def _erase(nvs: "NVS", name: str) -> None:
    try:
        nvs.erase_key(name)
    except OSError:
        pass  # there was none


def store_ca(piece: object) -> None:
    """Take a piece of the CA's certificate (PROTOCOL.md, 10.2); the last one stores it. Raises
    BadSettings if it is none, and OSError if the flash does not take it.

    A piece may come again: what follows `at` is what it says. So whoever was not answered can
    repeat it, also after a power cut.
    """
    at, size, data = _checked_piece(piece)
    before = _first_pieces(at)
    if len(before) < at:
        raise BadSettings("ca must come in pieces without a gap")
    with open(_NEW_CA, "wb") as file:
        file.write(before)
        file.write(data)
    if at + len(data) == size:
        _check_certificate(before + data)
        os.rename(_NEW_CA, board_settings.CA)


def _first_pieces(size: int) -> bytes:
    """As much of the pieces that are there, or less."""
    try:
        with open(_NEW_CA, "rb") as file:
            return file.read(size)
    except OSError:
        return b""


def _checked_piece(piece: object) -> "tuple[int, int, bytes]":
    if isinstance(piece, dict):
        at, size, data = piece.get("at"), piece.get("size"), piece.get("data")
        try:
            octets = binascii.a2b_base64(data.encode() if isinstance(data, str) else b"")
        except ValueError:
            octets = b""
        numbers = octets and type(at) is int and type(size) is int
        if numbers and at >= 0 and at + len(octets) <= size <= _MAX_CA:  # type: ignore[operator]
            return at, size, octets  # type: ignore[return-value]
    raise BadSettings("ca must have at, size (2,048 at most) and data in base64")


def _check_certificate(der: bytes) -> None:
    """What TLS would not take is found here, while somebody stands by."""
    from tillqr.net import secure

    try:
        secure.make_context(der)
    except ValueError:
        os.remove(_NEW_CA)
        raise BadSettings("ca must be one certificate in DER") from None
