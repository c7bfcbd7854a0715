"""Settings: what provisioning wrote, checked again each time it is read.

Plain ones are in settings.json; secrets (the device key, the Wi-Fi password) are only in NVS.
"""

from micropython import const

from tillqr import strict_json
from tillqr.sale import mac

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from esp32 import NVS

_MAX_FILE = const(1024)
_MAX_SECRET = const(64)
_MAX_CA = const(2048)
_LEAST_KEY = const(16)
THEMES = ("light", "dark", "contrast")
TEXT_SIZES = ("normal", "large")
CONSOLES = ("locked", "open")
MACHINES = ("off", "link", "transparent")
FILE = "settings.json"
CA = "ca.der"
"""The certificate of the CA that servers are verified against (DER, 2,048 bytes at most)."""
TEXTS = "texts/{}.txt"
"""Where the texts of a language are."""
NAMESPACE = "tillqr"
"""The NVS namespace of the secrets: blobs "device_key", "previous_key" (its number in one byte, and
the key), "machine_key", "wifi_password" and "broker_password"."""


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
        broker: str
        foreign: bool  # the backend makes the texts of the codes
        secure: bool  # what it asks is reached by TLS
        rotating: bool
        address: "tuple[str, str, str, str] | None"
        time_server: str
        machine: str
        machine_baud: int
        machine_key_number: int


def checked(values: dict) -> Settings:
    """The settings of the object in settings.json; raises BadSettings."""
    made = Settings()
    made.device = _text(values, "device", 1, 12)
    made.shop = _text(values, "shop", 1, 40)
    made.backend = _url(values, "backend", ("http", "https"), 8, 40).upper()
    made.wifi_ssid = _text(values, "wifi_ssid", 1, 32)
    made.key_number = _number(values, "key_number", 0, 255)
    made.port = _number(values, "port", 0, 65535)
    made.till_baud = _number(values, "till_baud", 9600, 921600)
    made.qr_seconds = _number(values, "qr_seconds", 5, 599)
    made.language = _text(values, "language", 2, 5, "en")
    made.theme = _one_of(values, "theme", THEMES)
    made.large_text = _one_of(values, "text", TEXT_SIZES) == "large"
    made.sleep_minutes = _number(values, "sleep_minutes", 0, 1440, 0)
    made.open_console = _one_of(values, "console", CONSOLES) == "open"
    made.broker = ""
    if values.get("broker") is not None:
        made.broker = _url(values, "broker", ("mqtt", "mqtts"), 8, 60)
    made.foreign = _one_of(values, "charges", ("display", "backend")) == "backend"
    made.rotating = _one_of(values, "rotating", ("off", "on")) == "on"
    made.address = _address(_text(values, "address", 4, 60, "dhcp"))
    made.time_server = _text(values, "time_server", 1, 40, "pool.ntp.org")
    if not _is_server(made.time_server):
        raise BadSettings("time_server must be HOST or HOST:PORT")
    made.machine = _one_of(values, "machine", MACHINES)
    made.machine_baud = _number(values, "machine_baud", 9600, 921600, made.till_baud)
    made.machine_key_number = _number(values, "machine_key_number", 0, 255, 1)
    if made.machine == "transparent" and made.machine_baud != made.till_baud:
        raise BadSettings("machine_baud must be till_baud where machine is transparent")
    if not made.broker and not made.port and made.backend.startswith("HTTP:"):
        raise BadSettings("port must not be 0 without a broker and https: no result could come")
    made.secure = (made.broker or made.backend.lower()).split(":")[0] in ("https", "mqtts")
    return made


def load(path: str) -> Settings:
    """The settings in a file; raises BadSettings."""
    try:
        with open(path, "rb") as file:
            values = strict_json.parse(file.read(_MAX_FILE))
    except OSError:
        raise BadSettings("no " + path + ": the board was not provisioned") from None
    except ValueError:
        raise BadSettings(path + " is no JSON object of at most 1,024 bytes") from None
    return checked(values)


def device_keys(nvs: "NVS", number: int) -> "list[mac.Key]":
    """The present device key, whose number is given, and the one before it, if there is one;
    raises BadSettings."""
    present = secret(nvs, "device_key")
    if not _LEAST_KEY <= len(present) <= _MAX_SECRET:
        raise BadSettings("device_key in NVS must be 16 to 64 bytes")
    keys = [mac.Key(present, number)]
    try:
        previous = secret(nvs, "previous_key")
    except BadSettings:
        return keys
    if len(previous) > _LEAST_KEY and previous[0] != number:
        keys.append(mac.Key(previous[1:], previous[0]))
    return keys


def machine_key(nvs: "NVS", number: int) -> mac.Key:
    """What a card machine signs with; its number is given. Raises BadSettings."""
    key = secret(nvs, "machine_key")
    if not _LEAST_KEY <= len(key) <= _MAX_SECRET:
        raise BadSettings("machine_key in NVS must be 16 to 64 bytes")
    return mac.Key(key, number)


def password(nvs: "NVS", name: str) -> str:
    """A password, "wifi_password" or "broker_password"; "" where none was provisioned."""
    try:
        return str(secret(nvs, name), "utf-8")
    except (BadSettings, UnicodeError):
        return ""


def ca() -> bytes:
    """The CA's certificate; raises BadSettings."""
    try:
        with open(CA, "rb") as file:
            return file.read(_MAX_CA)
    except OSError:
        raise BadSettings("no " + CA + ": https and mqtts need the certificate of a CA") from None


def secret(nvs: "NVS", name: str) -> bytes:
    """A blob of our namespace; raises BadSettings."""
    buffer = bytearray(_MAX_SECRET + 1)
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


def _url(values: dict, name: str, schemes: "tuple[str, str]", low: int, high: int) -> str:
    """A URL of a host alone, with one of two schemes."""
    url = _text(values, name, low, high).lower()
    scheme, _, server = url.partition("://")
    if scheme not in schemes or not _is_server(server):
        words = "{} must be {}://HOST[:PORT] or {}://HOST[:PORT]"
        raise BadSettings(words.format(name, schemes[0], schemes[1]))
    return url


def _is_server(words: str) -> bool:
    """HOST or HOST:PORT."""
    host, colon, port = words.partition(":")
    if not host or not all(map(_in_host, host.encode())):
        return False
    return not colon or (_is_number(port) and 0 < int(port) < 65536)


def _in_host(byte: int) -> bool:
    """A-Z a-z 0-9 . -"""
    letter = 0x41 <= byte & 0xDF <= 0x5A and byte < 0x80
    return letter or 0x30 <= byte <= 0x39 or byte in b".-"


def _is_number(words: str) -> bool:
    """Digits, and nothing that only looks like them to str.isdigit."""
    return words != "" and all(0x30 <= byte <= 0x39 for byte in words.encode())


def _address(words: str) -> "tuple[str, str, str, str] | None":
    """Address, mask, gateway and name server; None for DHCP."""
    if words == "dhcp":
        return None
    parts = words.split(" ")
    address, _, bits = parts[0].partition("/")
    if len(parts) == 3 and _is_number(bits) and 1 <= int(bits) <= 31:
        mask = 0xFFFFFFFF << (32 - int(bits))
        quads = ".".join(str(mask >> shift & 255) for shift in (24, 16, 8, 0))
        found = (address, quads, parts[1], parts[2])
        if all(map(_is_ipv4, found)):
            return found
    raise BadSettings("address must be dhcp, or ADDRESS/BITS GATEWAY NAMESERVER")


def _is_ipv4(words: str) -> bool:
    parts = words.split(".")
    return len(parts) == 4 and all(_is_number(part) and int(part) < 256 for part in parts)
