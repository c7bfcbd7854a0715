"""BER-TLV as cards write it (EMV 4.3 Book 3, Annex B), and the lists of what they ask for (DOL)."""

Asked = tuple[tuple[int, int], ...]
"""Tags and lengths in a DOL's order (Book 3, 5.4)."""


def tag_bytes(tag: int) -> bytes:
    """A tag as it is written."""
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")


def build(tag: int, *parts: bytes) -> bytes:
    """A data object whose value is all the parts, one after the other."""
    value = b"".join(parts)
    size = len(value)
    if size < 0x80:
        return tag_bytes(tag) + bytes((size,)) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return tag_bytes(tag) + bytes((0x80 | len(length),)) + length + value


def dol(asked: Asked) -> bytes:
    """A DOL as a card gives it."""
    return b"".join(tag_bytes(tag) + bytes((size,)) for tag, size in asked)


def answered(asked: Asked, data: bytes) -> dict[int, bytes]:
    """What a terminal has filled in; raises ValueError if it is not as long as asked."""
    if len(data) != sum(size for _, size in asked):
        raise ValueError("the data are not what the DOL asks for")
    found, at = {}, 0
    for tag, size in asked:
        found[tag] = data[at : at + size]
        at += size
    return found
