"""Frames as a PN532 reads and writes them (NXP UM0701-02, 6.2.1); knows nothing of the firmware."""

ACK = bytes.fromhex("0000ff00ff00")
NACK = bytes.fromhex("0000ffff0000")
SYNTAX_ERROR = bytes.fromhex("0000ff01ff7f8100")
_FROM_HOST = 0xD4
_TO_HOST = 0xD5
_MOST = 265


def response(data: bytes) -> bytes:
    """The frame of a response."""
    body = bytes((_TO_HOST,)) + data
    size = len(body)
    if size > _MOST:
        raise ValueError("a PN532 has no room for that")
    length = bytes((size,)) if size <= 255 else size.to_bytes(2, "big")
    head = length + bytes((-sum(length) & 0xFF,))
    if size > 255:
        head = b"\xff\xff" + head
    return b"\0\0\xff" + head + body + bytes((-sum(body) & 0xFF, 0))


class Deframer:
    """Finds the frames in what a host sends; a wrong one is passed over in silence."""

    def __init__(self) -> None:
        self._pending = b""

    def reset(self) -> None:
        """A transfer ended: what was not whole never will be."""
        self._pending = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The ACKs and NACKs, as frames, and the commands, without frames, that are whole now."""
        self._pending += data
        found = []
        while (at := self._pending.find(b"\0\xff")) >= 0:
            end, what = self._read(self._pending[at + 2 :])
            if end == 0:
                break
            if what:
                found.append(what)
            self._pending = self._pending[at + 2 + max(end, 0) :]
        if len(self._pending) > 2 * _MOST:
            self._pending = self._pending[-1:]
        return found

    def _read(self, rest: bytes) -> tuple[int, bytes]:
        """How far the frame behind a start code goes (0: not whole yet, -1: none) and what it
        is."""
        if len(rest) < 3:
            return 0, b""
        if rest[:2] in (b"\0\xff", b"\xff\0"):
            return 2, NACK if rest[0] else ACK
        begin, size, total = 2, rest[0], sum(rest[:2])
        if rest[:2] == b"\xff\xff":
            begin, size, total = 5, int.from_bytes(rest[2:4], "big"), sum(rest[2:5])
        if len(rest) < begin:
            return 0, b""
        if total & 0xFF or not 0 < size <= _MOST:
            return -1, b""
        end = begin + size + 1
        if len(rest) < end:
            return 0, b""
        if sum(rest[begin:end]) & 0xFF or rest[begin] != _FROM_HOST:
            return -1, b""
        return end, rest[begin + 1 : end - 1]
