"""NDEF messages (NFC Forum NDEF 1.0) and what a payment card says in one: a URI, or a text.

Whole messages only: a message is as long as its container says. Chunked records are refused; what
a card pays with has no use for them.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CONTENT = const(255)
"""Bytes of a URI or text at most."""

_BEGIN = const(0x80)
_END = const(0x40)
_CHUNK = const(0x20)
_SHORT = const(0x10)
_WITH_ID = const(0x08)
_TNF = const(0x07)
_EMPTY = const(0)
_WELL_KNOWN = const(1)
_UNKNOWN = const(5)
_UTF_16 = const(0xC0)  # and a bit that must be zero
_LANGUAGE = const(0x3F)
_PREFIXES = (
    "|http://www.|https://www.|http://|https://|tel:|mailto:|ftp://anonymous:anonymous@|ftp://ftp."
    "|ftps://|sftp://|smb://|nfs://|ftp://|dav://|news:|telnet://|imap:|rtsp://|urn:|pop:|sip:"
    "|sips:|tftp:|btspp://|btl2cap://|btgoep://|tcpobex://|irdaobex://|file://|urn:epc:id:"
    "|urn:epc:tag:|urn:epc:pat:|urn:epc:raw:|urn:epc:|urn:nfc:"
)
"""The beginnings that one byte stands for, by their numbers (RTD URI 1.0, table 3)."""


class BadNdef(ValueError):
    """The bytes are no message."""


def records(message: bytes) -> "Iterator[tuple[int, bytes, bytes]]":
    """Type name format, type and payload of each record; raises BadNdef when it gets to what is
    none."""
    at, size, last = 0, len(message), 0
    while not last:
        if at + 3 > size:
            raise BadNdef
        head = message[at]
        if bool(head & _BEGIN) == bool(at) or head & _CHUNK or head & _TNF > _UNKNOWN:
            raise BadNdef
        kind, begin, end = _places(message, at)
        _check_form(head & _TNF, message[at + 1], end - kind)
        yield head & _TNF, message[kind : kind + message[at + 1]], message[begin:end]
        at, last = end, head & _END
    if at != size:
        raise BadNdef


def _places(message: bytes, at: int) -> "tuple[int, int, int]":
    """Where a record's type and payload begin, and where it ends (NDEF 1.0, 3.2)."""
    head = message[at]
    lengths = 1 if head & _SHORT else 4
    kind = at + 2 + lengths + (1 if head & _WITH_ID else 0)
    if kind > len(message):
        raise BadNdef
    begin = kind + message[at + 1] + (message[kind - 1] if head & _WITH_ID else 0)
    end = begin + int.from_bytes(message[at + 2 : at + 2 + lengths], "big")
    if end > len(message):
        raise BadNdef
    return kind, begin, end


def _check_form(tnf: int, typed: int, whole: int) -> None:
    """Whether there may be a type (3.2.6). typed: its bytes; whole: id's and payload's as well."""
    if tnf == _EMPTY:
        right = whole == 0
    elif tnf == _UNKNOWN:
        right = typed == 0
    else:
        right = typed > 0
    if not right:
        raise BadNdef


def content(message: bytes) -> "bytes | None":
    """What a card says: the first URI, or if there is none the first text; None: neither.

    At most MAX_CONTENT bytes; raises BadNdef.
    """
    first: dict[bytes, bytes | None] = {b"U": None, b"T": None}
    # The whole message is looked at: it must be one.
    for tnf, kind, payload in records(message):
        if tnf == _WELL_KNOWN and kind in first and not first[kind]:
            first[kind] = uri(payload) if kind == b"U" else text(payload)
    return first[b"U"] or first[b"T"]


def uri(payload: bytes) -> "bytes | None":
    """The whole URI of a URI record (RTD URI 1.0, 3.2); None if it is too long, or is none: it has
    other than printable ASCII (RFC 3986, 2)."""
    prefixes = _PREFIXES.split("|")
    if not payload or payload[0] >= len(prefixes):
        return None
    whole = prefixes[payload[0]].encode() + payload[1:]
    if len(whole) > MAX_CONTENT:
        return None
    for byte in whole:
        if not 0x21 <= byte <= 0x7E:
            return None
    return whole


def text(payload: bytes) -> "bytes | None":
    """The text of a text record in UTF-8 (RTD Text 1.0, 3.2); None if it is another or too long."""
    if not payload or payload[0] & _UTF_16:
        return None
    begin = 1 + (payload[0] & _LANGUAGE)
    if not begin < len(payload) <= begin + MAX_CONTENT:
        return None
    return payload[begin:]
