"""Data objects of cards, read and filled in (EMV 4.3 Book 3, Annex B and 5.4)."""

from collections.abc import Iterator

_LONGEST_TAG = 3
_NUMBERS = frozenset((0x9F02, 0x9F03, 0x9F1A, 0x5F2A, 0x9A, 0x9C))
"""Data objects of format n (Book 3, Annex A)."""


class BadData(ValueError):
    """A card's answer is not what EMV says; the text says what is wrong, without the data."""


def objects(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and value, one after the other; raises BadData."""
    rest = data.lstrip(b"\0")
    while rest:
        tag, rest = _tag(rest)
        size, rest = _length(rest)
        if size > len(rest):
            raise BadData("a data object is cut")
        yield tag, rest[:size]
        rest = rest[size:].lstrip(b"\0")


def _tag(data: bytes) -> tuple[int, bytes]:
    size = 1
    if data[0] & 0x1F == 0x1F:
        while data[size : size + 1] and data[size] & 0x80:
            size += 1
        size += 1
    if size > min(len(data), _LONGEST_TAG):
        raise BadData("a tag is cut or too long")
    return int.from_bytes(data[:size], "big"), data[size:]


def _length(data: bytes) -> tuple[int, bytes]:
    if not data:
        raise BadData("a length is missing")
    if data[0] < 0x80:
        return data[0], data[1:]
    end = 1 + data[0] - 0x80
    if end not in (2, 3) or end > len(data):
        raise BadData("a length is cut or too long")
    return int.from_bytes(data[1:end], "big"), data[end:]


def inside(data: bytes, template: int) -> dict[int, bytes]:
    """The data objects in the one template that an answer is; raises BadData.

    A card may not say the same thing twice (Book 3, 10.2).
    """
    outer = list(objects(data))
    if [tag for tag, _ in outer] != [template]:
        raise BadData(f"it is no template {template:X}")
    found: dict[int, bytes] = {}
    for tag, value in objects(outer[0][1]):
        if tag in found:
            raise BadData(f"{tag:X} comes twice")
        found[tag] = value
    return found


def asked(dol: bytes) -> list[tuple[int, int]]:
    """Tags and lengths that a DOL asks for; raises BadData."""
    found = []
    while dol:
        tag, dol = _tag(dol)
        size, dol = _length(dol)
        found.append((tag, size))
    return found


def filled(dol: bytes, values: dict[int, bytes], most: int = 252) -> bytes:
    """What a DOL asks for (Book 3, 5.4); raises BadData if it asks for more than a command holds.

    What is not known is zeros. Of a value that is too long a number keeps its end, other data
    their beginning.
    """
    wanted = asked(dol)
    if sum(size for _, size in wanted) > most:
        raise BadData("a DOL asks for too much")
    return b"".join(_fitted(values.get(tag, b""), size, tag in _NUMBERS) for tag, size in wanted)


def _fitted(value: bytes, size: int, is_number: bool) -> bytes:
    if is_number:
        return value[max(0, len(value) - size) :].rjust(size, b"\0")
    return value[:size].ljust(size, b"\0")
