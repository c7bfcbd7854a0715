"""What can go wrong when a symbol is asked for."""


class QrError(ValueError):
    """Base of every error that this package raises for its arguments."""


class BadArgument(QrError):
    """An argument outside what ISO/IEC 18004 defines, or of the wrong type."""


class DataTooLong(QrError):
    """The data fits no allowed symbol.

    `capacity` is how much the largest allowed symbol takes and `needed` what the data would take,
    both in bits of segments, headers included.
    """

    def __init__(self, needed: int, capacity: int) -> None:
        super().__init__(f"data takes {needed} bits, at most {capacity} fit ({capacity // 8} bytes)")
        self.needed = needed
        self.capacity = capacity
