"""BER-TLV data objects, as EMV cards answer with (EMV 4.3 Book 3, Annex B).

Tags have three bytes at most and lengths two behind the first; nothing is taken that is not there.
A template's inside is parsed only where a path leads into it, so depth has no cost.
"""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_TAG = const(3)
_MORE = const(0x80)
_LONG_TAG = const(0x1F)


class BadTlv(ValueError):
    """The bytes are no data objects."""


def objects(data: bytes) -> "Iterator[tuple[int, bytes]]":
    """Tag, as a number, and value of each data object; zero bytes between them mean nothing
    (Annex B1). Raises BadTlv when it gets to what is none."""
    at, size = 0, len(data)
    while at < size:
        if not data[at]:
            at += 1
            continue
        begin = _end_of_tag(data, at)
        tag = int.from_bytes(data[at:begin], "big")
        length, at = _length(data, begin)
        if length > size - at:
            raise BadTlv
        yield tag, data[at : at + length]
        at += length


def _end_of_tag(data: bytes, at: int) -> int:
    """Where the tag ends that begins there (Annex B1)."""
    end = at + 1
    if data[at] & _LONG_TAG == _LONG_TAG:
        while end < len(data) and data[end] & _MORE:
            end += 1
        end += 1
    if end > len(data) or end - at > _LONGEST_TAG:
        raise BadTlv
    return end


def _length(data: bytes, at: int) -> "tuple[int, int]":
    """The length that begins there, and where it ends (Annex B2)."""
    if at >= len(data):
        raise BadTlv
    first = data[at]
    at += 1
    if first < _MORE:
        return first, at
    end = at + first - _MORE
    if first not in (0x81, 0x82) or end > len(data):
        raise BadTlv
    return int.from_bytes(data[at:end], "big"), end


def find(data: bytes, *path: int) -> "bytes | None":
    """The value at a path of tags, of each the first there is; None if there is none.

    Raises BadTlv where what is passed on the way is no data object.
    """
    for wanted in path:
        for tag, value in objects(data):
            if tag == wanted:
                data = value
                break
        else:
            return None
    return data
