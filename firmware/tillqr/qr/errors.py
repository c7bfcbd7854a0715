"""What can go wrong when a symbol is asked for."""


class BadArgument(ValueError):
    """The named argument is outside what ISO/IEC 18004 defines, or of the wrong type."""


class DataTooLong(ValueError):
    """The data fits no allowed symbol.

    `capacity` is how much the largest allowed symbol takes and `needed` what the data would take,
    both in bits of segments, headers included.
    """

    def __init__(self, needed: int, capacity: int) -> None:
        super().__init__(f"data takes {needed} bits, {capacity} fit ({capacity // 8} bytes)")
        self.needed = needed
        self.capacity = capacity
