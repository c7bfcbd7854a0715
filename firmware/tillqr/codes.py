"""The payment codes of a display: what stays in memory between two of them.

A sale needs a code once, and a question about it now and then. What makes them (code_symbol.py,
sale/payment_code.py, most of qr/) is loaded for that and let go.
"""

from micropython import const

from tillqr.qr.matrix import words_needed
from tillqr.qr.symbol import Memory
from tillqr.unload import load, unload

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from collections.abc import Callable

    from tillqr.code_symbol import CodeSymbols
    from tillqr.qr.symbol import QrCode
    from tillqr.sale.attempts import Attempt
    from tillqr.sale.mac import Key
    from tillqr.sale.payment_code import Sender

_OWN_LARGEST = const(7)
"""The version of the longest code of this display's own at level L."""
_LARGEST = const(13)
"""The version that a panel 240 wide shows at three pixels a module."""
_SYMBOLS = "tillqr.code_symbol"
_SENDER = "tillqr.sale.payment_code"
_ENCODER = "tillqr.qr.encoder"
_TABLES = ("tillqr.qr.functions", "tillqr.qr.tables")


def room(foreign: bool) -> int:
    """The bytes that making the largest symbol takes; foreign: as Codes'."""
    return 4 * words_needed(4 * _largest(foreign) + 17)


def _largest(foreign: bool) -> int:
    return _LARGEST if foreign else _OWN_LARGEST


class Codes:
    """Has codes and questions made. Nothing that was loaded for it may stay in this object."""

    def __init__(
        self,
        device: str,
        serial: bytes,
        shop: str,
        key: "Key",
        step: "Callable[[], int] | None",
        backend: str,
        size: "tuple[int, int]",
        foreign: bool,
        lend: "Callable[[], bytearray]",
    ) -> None:
        """The first five are payment_code.Sender's; backend: what the codes' texts begin with;
        size: the panel's width and height; foreign: whether the backend makes the texts; lend()
        gives a buffer of `room` bytes to make a symbol in. The memory for the largest symbol's
        rows is taken now."""
        self.serial = serial
        self._sent = (device, serial, shop, key, step)
        self.step = step or (lambda: 0)
        """The number of the time step that a code belongs to; 0 where codes don't change."""
        self._backend = backend
        self._size = size
        self._lend = lend
        self._memory = Memory()
        symbols = self._load()
        symbols.take_memory(_largest(foreign))
        self._longest = symbols.longest()
        del symbols
        _let_go()

    def fits(self, order: str, register: str) -> bool:
        """Whether the code of an attempt at such an order can be shown legibly."""
        return len(order) + len(register) <= self._longest

    def make(self, attempt: "Attempt", address: "tuple[str, int]") -> "QrCode | None":
        """The symbol of an attempt, None if it would not be legible: where it `fits`, only one of
        the backend's text can be. It is valid until the next one is made.

        address: IPv4 and port where results are taken.
        """
        try:
            return self._load().make(attempt, address)
        finally:
            _let_go()

    def code(self, attempt: "Attempt", address: "tuple[str, int]") -> str:
        """The code of an attempt, without a URL around it."""
        try:
            return self._load_sender().code(attempt, address)
        finally:
            unload(_SENDER)

    def question(self, attempt: "Attempt", address: "tuple[str, int]") -> dict:
        """What to ask the backend about an attempt, signed."""
        try:
            sender = self._load_sender()
            return sender.query(sender.code(attempt, address), attempt.question)
        finally:
            unload(_SENDER)

    def _load(self) -> "CodeSymbols":
        self._memory.work_in(self._lend())
        encoder = load(_ENCODER).Encoder(self._memory)
        return load(_SYMBOLS).CodeSymbols(encoder, self._load_sender, self._backend, self._size)

    def _load_sender(self) -> "Sender":
        return load(_SENDER).Sender(*self._sent)


def _let_go() -> None:
    """Forget what makes a symbol."""
    unload(_SYMBOLS, _SENDER, _ENCODER, *_TABLES)
