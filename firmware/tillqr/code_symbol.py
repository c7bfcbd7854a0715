"""The symbol of a payment code: made so that this panel shows it as phones want it.

The level is M, or L where only that gives four pixels a module, or three. A shop's name that
would make the code too large is left out: the backend knows it. It is loaded to make a code
(codes.py).
"""

from micropython import const

from tillqr.panel import code_layout
from tillqr.qr import DataTooLong

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.qr import Encoder, QrCode
    from tillqr.sale.attempts import Attempt
    from tillqr.sale.payment_code import Sender

PATH = "/P/"
_GOOD_PIXELS = const(4)
_MOST_NAMES = const(28)
"""Characters of the longest order and register."""


class TextSymbols:
    """Makes the codes that say what the backend wants, for one panel."""

    def __init__(self, encoder: "Encoder", size: "tuple[int, int]") -> None:
        """size: the panel's width and height."""
        self._encoder = encoder
        self._size = size

    def take_memory(self, version: int) -> None:
        """Have the encoder take the memory that the symbols of a version need."""
        self._encoder.encode("", "M", version)

    def make_text(self, text: str) -> "QrCode | None":
        """The symbol of a text, None if it would not be legible; it is valid until the next one is
        made."""
        level = self._level(text)
        return self._encoder.encode(text, level) if level else None

    def _level(self, words: str) -> str:
        """The level of a code for some words; "" if it would not be legible."""
        medium, low = self._pixels(words, "M"), self._pixels(words, "L")
        if medium >= min(low, _GOOD_PIXELS) and medium:
            return "M"
        return "L" if low else ""

    def _pixels(self, words: str, level: str) -> int:
        """Pixels a module at a level; 0 if it would not be legible."""
        try:
            version = self._encoder.version_for(words, level)
        except DataTooLong:
            return 0
        return code_layout.plan(self._size[0], self._size[1], 4 * version + 17)[0]


class CodeSymbols(TextSymbols):
    """Makes the codes of one display for its panel."""

    def __init__(
        self, encoder: "Encoder", sender: "Sender", backend: str, size: "tuple[int, int]"
    ) -> None:
        """backend: "HTTPS://HOST[:PORT]" in capitals; size: the panel's width and height."""
        self._encoder = encoder
        self._sender = sender
        self._backend = backend
        self._size = size

    def longest(self) -> int:
        """How many characters an order and a register may have together so that the code fits;
        -1 if none does."""
        for size in range(_MOST_NAMES, -1, -1):
            if self.fits("A" * size, ""):
                return size
        return -1

    def fits(self, order: str, register: str) -> bool:
        """Whether the code of an attempt at such an order can be shown legibly."""
        return self._choose(order, register) is not None

    def make(self, attempt: "Attempt", address: "tuple[str, int]") -> "QrCode":
        """The symbol of an attempt that `fits`; it is valid until the next one is made.

        address: IPv4 and port where results are taken.
        """
        chosen = self._choose(attempt.order, attempt.register)
        if chosen is None:
            raise ValueError("this attempt's code does not fit the panel")
        shop_size, level = chosen
        code = self._sender.code(attempt, address, shop_size)
        return self._encoder.encode(url(self._backend, code), level)

    def _choose(self, order: str, register: str) -> "tuple[int, str] | None":
        """Bytes for the shop's name, and the level; None if there is no legible symbol."""
        for shop_size in (self._sender.shop_size, 0):
            code = "A" * self._sender.length(order, register, shop_size)
            level = self._level(url(self._backend, code))
            if level:
                return shop_size, level
        return None


def url(backend: str, code: str) -> str:
    """The text of a payment code's symbol."""
    return backend + PATH + code
