"""Settings: what provisioning wrote, checked again each time it is read.

Plain ones are in settings.json; secrets (the device key, the Wi-Fi password) are only in NVS.
"""

import json

from micropython import const

from tillqr.sale import mac

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from esp32 import NVS

_MAX_FILE = const(1024)
_MAX_SECRET = const(64)
THEMES = ("light", "dark", "contrast")
TEXT_SIZES = ("normal", "large")
CONSOLES = ("locked", "open")
FILE = "settings.json"
TEXTS = "texts/{}.txt"
"""Where the texts of a language are."""
NAMESPACE = "tillqr"
"""The NVS namespace of the secrets: blobs "device_key" and "wifi_password"."""


class BadSettings(Exception):
    """A setting is missing or wrong; the text says which, and what it must be."""


class Settings:
    """The settings of one display; it has no functions, so that this module can be let go."""

    if TYPE_CHECKING:
        device: str
        shop: str
        backend: str
        wifi_ssid: str
        key_number: int
        port: int
        till_baud: int
        qr_seconds: int
        language: str
        theme: str
        large_text: bool
        sleep_minutes: int
        open_console: bool


def checked(values: dict) -> Settings:
    """The settings of the object in settings.json; raises BadSettings."""
    made = Settings()
    made.device = _text(values, "device", 1, 12)
    made.shop = _text(values, "shop", 1, 40)
    made.backend = _backend(_text(values, "backend", 8, 40))
    made.wifi_ssid = _text(values, "wifi_ssid", 1, 32)
    made.key_number = _number(values, "key_number", 0, 255)
    made.port = _number(values, "port", 1, 65535)
    made.till_baud = _number(values, "till_baud", 9600, 921600)
    made.qr_seconds = _number(values, "qr_seconds", 5, 599)
    made.language = _text(values, "language", 2, 5, "en")
    made.theme = _one_of(values, "theme", THEMES)
    made.large_text = _one_of(values, "text", TEXT_SIZES) == "large"
    made.sleep_minutes = _number(values, "sleep_minutes", 0, 1440, 0)
    made.open_console = _one_of(values, "console", CONSOLES) == "open"
    return made


def load(path: str) -> Settings:
    """The settings in a file; raises BadSettings."""
    try:
        with open(path) as file:
            values = json.loads(file.read(_MAX_FILE))
    except OSError:
        raise BadSettings("no " + path + ": the board was not provisioned") from None
    except ValueError:
        raise BadSettings(path + " is not JSON of at most 1,024 characters") from None
    if not isinstance(values, dict):
        raise BadSettings(path + " is no JSON object")
    return checked(values)


def device_key(nvs: "NVS", number: int) -> mac.Key:
    """The device key; raises BadSettings."""
    try:
        return mac.Key(_secret(nvs, "device_key"), number)
    except ValueError:
        raise BadSettings("device_key in NVS must be 16 to 64 bytes") from None


def wifi_password(nvs: "NVS") -> str:
    """The Wi-Fi password; "" where none was provisioned: the network is open."""
    try:
        return str(_secret(nvs, "wifi_password"), "utf-8")
    except (BadSettings, UnicodeError):
        return ""


def _secret(nvs: "NVS", name: str) -> bytes:
    buffer = bytearray(_MAX_SECRET)
    try:
        length = nvs.get_blob(name, buffer)
    except OSError:
        raise BadSettings(name + " is not in NVS: the board was not provisioned") from None
    return bytes(buffer[:length])


def _text(values: dict, name: str, low: int, high: int, default: "str | None" = None) -> str:
    value = values.get(name, default)
    if not isinstance(value, str) or not low <= len(value.encode()) <= high:
        raise BadSettings("{} must be a text of {} to {} bytes".format(name, low, high))
    return value


def _one_of(values: dict, name: str, known: "tuple[str, ...]") -> str:
    """One of the known words, the first where there is none."""
    value = values.get(name, known[0])
    if value not in known:
        raise BadSettings(name + " must be one of " + ", ".join(known))
    return value


def _number(values: dict, name: str, low: int, high: int, default: "int | None" = None) -> int:
    value = values.get(name, default)
    if type(value) is not int or not low <= value <= high:
        raise BadSettings("{} must be a number from {} to {}".format(name, low, high))
    return value


def _backend(url: str) -> str:
    """The backend's URL in capitals, as QR's alphanumeric mode wants it."""
    url = url.upper()
    if not url.startswith("HTTP://") or "/" in url[7:]:
        raise BadSettings("backend must be http://HOST or http://HOST:PORT")
    return url
