"""The way to the set-up page: a network of the board's own, which the panel shows. Pure."""

from micropython import const

_LETTERS = "abcdefghjknpqrstuvxyz23456789"
"""Characters that nobody takes for another, and none that is wide."""
PASSWORD_SIZE = const(11)
_SPECIAL = b'\\;,":'


class Access:
    """What the panel shows beside the Wi-Fi code; it has no functions, so that this module can be
    let go."""

    ssid = ""
    password = ""
    address = ""
    """Of the page, as a browser's address line takes it."""
    pin = ""


def make_password(random: bytes) -> str:
    """A WPA passphrase of 53 bits from PASSWORD_SIZE random bytes."""
    return "".join([_LETTERS[byte % len(_LETTERS)] for byte in random])


def wifi_code(ssid: str, password: str) -> str:
    """What a QR code says to a phone that shall join a WPA network (ZXing, "Barcode contents":
    backslashes before the characters that mean something)."""
    code = b"WIFI:T:WPA;S:" + _escaped(ssid) + b";P:" + _escaped(password) + b";;"
    return code.decode()


def _escaped(words: str) -> bytes:
    escaped = bytearray()
    for code in words.encode():
        if code in _SPECIAL:
            escaped.append(_SPECIAL[0])
        escaped.append(code)
    return bytes(escaped)
