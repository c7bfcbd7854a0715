"""The set-up page: its HTML, and the form that a browser sends back. Pure."""

_HEX = b"0123456789abcdef"
FIELDS = ("pin", "wifi_ssid", "wifi_password", "shop", "language")
# In short pieces, as memory is seldom in long ones.
_HEAD = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Payment display</title>',
    '<meta name="viewport" content="width=device-width"><style>body{max-width:26em;padding:0 1em}',
    "body{font:16px sans-serif;margin:1em auto}strong{color:#a22}",
    "input,select,button{display:block;width:100%;font:inherit;box-sizing:border-box;",
    "padding:.5em;margin:.2em 0 1em}</style></head>",
    "<body><h1>Payment display</h1>",
)
_START = '<form method="post" action="/" autocomplete="off">'
_LABEL = '<label>{}<input {} value="{}"></label>'
_INPUTS = (
    ("PIN, as the display shows it", 'name="pin" inputmode="numeric" maxlength="6" required', ""),
    ("Wi-Fi network of the shop", 'name="wifi_ssid" maxlength="32" required', "wifi_ssid"),
    ("Its password, if it has one", 'name="wifi_password" type="password" maxlength="63"', ""),
    ("Name of the shop", 'name="shop" maxlength="40" required', "shop"),
)
_END = "</select></label><button>Save</button></form>"
_TAIL = "</body></html>\n"


class BadForm(ValueError):
    """What came is no form of ours."""


def parse(body: bytes) -> "dict[str, str]":
    """The fields of application/x-www-form-urlencoded (WHATWG URL, 5.1): those of ours, each
    once; raises BadForm, or UnicodeError, which is a ValueError too."""
    fields: "dict[str, str]" = {}
    for part in body.split(b"&"):
        name, _, value = part.partition(b"=")
        key = _decoded(name)
        if key in fields:
            raise BadForm("a field comes twice")
        if key in FIELDS:
            fields[key] = _decoded(value)
    return fields


def _decoded(data: bytes) -> str:
    """Undo + for blanks and %XX for bytes; they must be UTF-8."""
    parts = data.replace(b"+", b" ").split(b"%")
    plain = bytearray(parts[0])
    for part in parts[1:]:
        if len(part) < 2:
            raise BadForm("no two hex digits behind %")
        plain.append(_nibble(part[0]) << 4 | _nibble(part[1]))
        plain.extend(part[2:])
    return plain.decode()


def _nibble(digit: int) -> int:
    value = _HEX.find(bytes((digit | 0x20,)))  # lower case; digits have that bit
    if value < 0:
        raise BadForm("no two hex digits behind %")
    return value


def escaped(words: str) -> str:
    """A text as HTML has it, in quotes too."""
    for sign, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#39")):
        words = words.replace(sign, "&" + name + ";")
    return words


def page(notice: str, values: "dict[str, str]", languages: "list[str]") -> "list[bytes]":
    """The page with its form, in pieces; notice: what is wrong, or missing; values: what is
    filled in."""
    pieces = ["<p><strong>{}</strong></p>".format(escaped(notice)), _START]
    for label, attributes, name in _INPUTS:
        pieces.append(_LABEL.format(label, attributes, escaped(values.get(name, ""))))
    pieces.append('<label>Language<select name="language">')
    for language in languages:
        chosen = " selected" if language == values.get("language", "en") else ""
        pieces.append("<option{}>{}</option>".format(chosen, escaped(language)))
    pieces.append(_END)
    return _framed(pieces)


def message(words: str) -> "list[bytes]":
    """A page that only says something."""
    return _framed(["<p>" + escaped(words) + "</p>"])


def _framed(pieces: "list[str]") -> "list[bytes]":
    return [piece.encode() for group in (_HEAD, pieces, (_TAIL,)) for piece in group]
