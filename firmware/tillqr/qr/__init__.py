"""QR Code symbols (ISO/IEC 18004): versions 1 to 40, all levels and masks, optimal segments."""

from .encoder import DataTooLong as DataTooLong
from .encoder import Encoder as Encoder
from .symbol import BadArgument as BadArgument
from .symbol import Memory as Memory
from .symbol import QrCode as QrCode


def encode(
    data: "str | bytes",
    level: str = "M",
    version: "int | None" = None,
    mask: "int | None" = None,
    boost: bool = True,
) -> QrCode:
    """Encode `data` as one QR Code symbol; see Encoder.encode."""
    return Encoder().encode(data, level, version, mask, boost)


def version_for(data: "str | bytes", level: str = "M") -> int:
    """The smallest version that takes `data` at `level`, without building the symbol."""
    return Encoder().version_for(data, level)
