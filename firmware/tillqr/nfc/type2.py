"""The NDEF message of a Type 2 tag, as NTAG and Ultralight are (NFC Forum T2T 1.0)."""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.nfc.contact import Contact

_READ = const(0x30)
_TIME_MS = const(200)
_AT_ONCE = const(16)
_CONTAINER_PAGE = const(3)
_MAGIC = const(0xE1)
_LAST_PAGE = const(255)  # what lies behind them is in another sector
_NULL = const(0x00)
_MESSAGE = const(0x03)
_END = const(0xFE)
_LONG = const(0xFF)
_MAX_MESSAGE = const(512)


async def read(contact: "Contact") -> "bytes | None":
    """The NDEF message; None if there is none. Raises CardError, ReaderError, and ValueError if
    the tag's memory has not the form that it must have."""
    memory = _Memory(contact)
    container = await memory.take(4)
    if container[0] != _MAGIC or container[1] >> 4 != 1 or container[3] >> 4:
        return None  # no NDEF, of another version, or not to be read (T2T 1.0, 6.1)
    memory.left = 8 * container[2]
    while memory.left:
        kind = (await memory.take(1))[0]
        if kind == _END:
            return None
        if kind != _NULL:
            size = await memory.length()
            if kind == _MESSAGE:
                return await memory.take(size) if size <= _MAX_MESSAGE else None
            await memory.skip(size)
    return None


class _Memory:
    """The memory from the capability container on; a page is read when it is needed."""

    def __init__(self, contact: "Contact") -> None:
        self._contact = contact
        self._page = _CONTAINER_PAGE
        self._ahead = b""
        self.left = 4
        """Bytes that may still be taken."""

    async def take(self, size: int) -> bytes:
        """The next bytes; raises ValueError where the tag said that there are fewer."""
        if size > self.left:
            raise ValueError
        self.left -= size
        while len(self._ahead) < size:
            self._ahead += await self._next()
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        return taken

    async def length(self) -> int:
        """The length of a TLV: one byte, or FF and two (T2T 1.0, 2.3)."""
        size = (await self.take(1))[0]
        if size == _LONG:
            size = int.from_bytes(await self.take(2), "big")
        return size

    async def skip(self, size: int) -> None:
        """Pass over the next bytes."""
        while size:
            piece = min(size, _AT_ONCE)
            await self.take(piece)
            size -= piece

    async def _next(self) -> bytes:
        """The next four pages."""
        if self._page > _LAST_PAGE:
            raise ValueError
        answer = await self._contact.exchange(bytes((_READ, self._page)), _TIME_MS)
        if len(answer) != _AT_ONCE:
            raise ValueError
        self._page += 4
        return answer
