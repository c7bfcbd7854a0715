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
NAMESPACE = "tillqr"
"""The NVS namespace of the secrets: blobs "device_key" and "wifi_password"."""


class BadSettings(Exception):
    """A setting is missing or wrong; the text says which, and what it must be."""


class Settings:
    """The settings of one display."""

    def __init__(self, values: dict) -> None:
        """values: the object in settings.json. Raises BadSettings."""
        self.device = _text(values, "device", 1, 12)
        self.shop = _text(values, "shop", 1, 40)
        self.backend = _backend(_text(values, "backend", 8, 40))
        self.wifi_ssid = _text(values, "wifi_ssid", 1, 32)
        self.key_number = _number(values, "key_number", 0, 255)
        self.port = _number(values, "port", 1, 65535)
        self.till_baud = _number(values, "till_baud", 9600, 921600)
        self.qr_seconds = _number(values, "qr_seconds", 5, 600)


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
    return Settings(values)


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


def _text(values: dict, name: str, low: int, high: int) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not low <= len(value.encode()) <= high:
        raise BadSettings("{} must be a text of {} to {} bytes".format(name, low, high))
    return value


def _number(values: dict, name: str, low: int, high: int) -> int:
    value = values.get(name)
    if type(value) is not int or not low <= value <= high:
        raise BadSettings("{} must be a number from {} to {}".format(name, low, high))
    return value


def _backend(url: str) -> str:
    """The backend's URL in capitals, as QR's alphanumeric mode wants it."""
    url = url.upper()
    if not url.startswith("HTTP://") or "/" in url[7:]:
        raise BadSettings("backend must be http://HOST or http://HOST:PORT")
    return url
