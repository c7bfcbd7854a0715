"""The view: what the screens are told."""

from micropython import const

from tillqr.panel.marks import Clock, Sign

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.language import Language
    from tillqr.qr import QrCode
    from tillqr.sale.checkout import Cart, Sale
    from tillqr.setup.access import Access


class View:
    """The shop, the language, and what there is to show."""

    if TYPE_CHECKING:
        access: "Access | None"  # there in set-up mode only

    def __init__(self, shop: str, language: str, ways: "tuple[str, ...]" = ("qr",)) -> None:
        """language: the path of its file; ways: how a customer can pay here: "qr", "tap",
        "machine"."""
        self.shop = shop
        self.language = language
        self.text: "Language" = None  # type: ignore[assignment]
        """The words of the language, while a screen is drawn."""
        self.ways = ways
        self.cart: "Cart | None" = None
        self.sale: "Sale | None" = None
        self.code: "QrCode | None" = None
        self.step = 0
        """Of a code that changes: which one it is."""
        self.clock = Clock()
        """The time left of a code."""
        self.online = True
        """Whether a code could be shown now."""
        self.trouble = ""
        """Why not, by the names of PROTOCOL.md, 4.1: for the technician."""
        self.details = False
        """Of a code that leaves no room for text: whether the text has its turn."""
        self.sign = Sign()
        """What shows that a card can be held to the display."""
        self.note = ""
        """Words for staff: of a fault its code, of a missing set-up the reason."""
