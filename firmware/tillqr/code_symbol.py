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
    from collections.abc import Callable

    from tillqr.qr import Encoder, QrCode
    from tillqr.sale.attempts import Attempt
    from tillqr.sale.payment_code import Sender

PATH = "/P/"
_GOOD_PIXELS = const(4)
_MOST_NAMES = const(28)
"""Characters of the longest order and register."""


class CodeSymbols:
    """Makes the codes of one display for one panel."""

    def __init__(
        self,
        encoder: "Encoder",
        load_sender: "Callable[[], Sender]",
        backend: str,
        size: "tuple[int, int]",
    ) -> None:
        """load_sender is called where a code is this display's own; backend: "HTTPS://HOST[:PORT]"
        in capitals; size: the panel's width and height."""
        self._encoder = encoder
        self._load_sender = load_sender
        self._backend = backend
        self._size = size

    def take_memory(self, version: int) -> None:
        """Have the encoder take the memory that the rows of a version's symbols need."""
        self._encoder.encode("", "M", version)

    def longest(self) -> int:
        """How many characters an order and a register may have together so that the code fits;
        -1 if none does."""
        for size in range(_MOST_NAMES, -1, -1):
            if self.fits("A" * size, ""):
                return size
        return -1

    def fits(self, order: str, register: str) -> bool:
        """Whether the code of an attempt at such an order can be shown legibly."""
        return self._choose(self._load_sender(), order, register) is not None

    def make(self, attempt: "Attempt", address: "tuple[str, int]") -> "QrCode | None":
        """The symbol of an attempt, None if it would not be legible; it is valid until the next
        one is made.

        address: IPv4 and port where results are taken.
        """
        text = attempt.text
        if text:
            level = self._level(text)
        else:
            sender = self._load_sender()
            shop_size, level = self._choose(sender, attempt.order, attempt.register) or (0, "")
            text = url(self._backend, sender.code(attempt, address, shop_size))
        return self._encoder.encode(text, level) if level else None

    def _choose(self, sender: "Sender", order: str, register: str) -> "tuple[int, str] | None":
        """Bytes for the shop's name, and the level; None if there is no legible symbol."""
        for shop_size in (sender.shop_size, 0):
            code = "A" * sender.length(order, register, shop_size)
            level = self._level(url(self._backend, code))
            if level:
                return shop_size, level
        return None

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


def url(backend: str, code: str) -> str:
    """The text of a payment code's symbol."""
    return backend + PATH + code
