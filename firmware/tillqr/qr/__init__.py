"""QR Code symbols (ISO/IEC 18004): versions 1 to 40, all levels and masks, optimal segments."""

from .encoder import Encoder as Encoder
from .encoder import QrCode as QrCode
from .errors import BadArgument as BadArgument
from .errors import DataTooLong as DataTooLong


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
