"""What the customer reads: one file a language, `name=text` lines, looked up when it is drawn.

Nothing of it stays in memory but the way that amounts are written. Names that begin with an
underscore say that (after Unicode's CLDR):

    _point, _group    the decimal sign, and the one between thousands
    _least            digits from which thousands are grouped: 4, or 5 where 1234 stays whole
    _money            the amount `#` with its sign `¤`
    _signs            currency codes, each with its sign behind it; others stand as their code
"""

from micropython import const

from tillqr.sale import money

_PART = const(256)  # bytes of the file that are read at once
_SPACE = "\xa0"


class Language:
    """The texts and the amounts of one language."""

    def __init__(self, path: str) -> None:
        """Raises OSError if there is no such file."""
        self._file = open(path, "rb")  # noqa: SIM115  (open for as long as a screen is drawn)
        self._style = (self("_point"), self("_group"), int(self("_least")))
        self._pattern = self("_money")

    def __call__(self, name: str) -> str:
        """The text of a name; the name itself where there is none, so that a gap is seen."""
        wanted = b"\n" + name.encode() + b"="
        self._file.seek(0)
        data = b"\n" + self._file.read(_PART)
        at = data.find(wanted)
        while at < 0 or data.find(b"\n", at + 1) < 0:  # until the whole line is there
            part = self._file.read(_PART)
            if not part:
                return name
            data = data[at if at >= 0 else -len(wanted) :] + part
            at = data.find(wanted)
        start = at + len(wanted)
        return data[start : data.find(b"\n", start)].decode()

    def decimal(self, amount: int, currency: str) -> str:
        """`amount` in major units: (123456, "EUR") is "1.234,56" in German."""
        return decimal(amount, currency, self._style)

    def money(self, amount: int, currency: str) -> str:
        """`amount` as a customer reads it: "€12.34", "¥1,234", "BHD 1.250"."""
        sign = self._sign(currency)
        words = self._pattern.replace("#", self.decimal(abs(amount), currency))
        at = words.find("¤")
        if at == 0 and (sign[-1].isalpha() or sign[-1] == "."):
            sign += _SPACE  # only a symbol stands against digits
        return ("-" if amount < 0 else "") + words.replace("¤", sign).replace(_SPACE * 2, _SPACE)

    def order(self, number: str) -> str:
        """An order's number as a customer reads it."""
        return self("order") + " " + number

    def _sign(self, currency: str) -> str:
        for known in self("_signs").split(" "):
            if known[:3] == currency:
                return known[3:]
        return currency


def decimal(amount: int, currency: str, style: "tuple[str, str, int]" = (".", ",", 4)) -> str:
    """`amount` in major units with grouped thousands: (123456, "EUR") is "1,234.56".

    style: the decimal sign, the one between thousands, and the fewest digits that are grouped.
    """
    point, comma, least = style
    digits = money.exponent(currency)
    text = str(abs(amount))
    text = "0" * (digits + 1 - len(text)) + text
    whole, fraction = text[: len(text) - digits], text[len(text) - digits :]
    groups = whole[-3:] if len(whole) >= least else whole
    for end in range(len(whole) - 3, 0, -3):
        if len(whole) >= least:
            groups = whole[max(0, end - 3) : end] + comma + groups
    return ("-" if amount < 0 else "") + groups + (point + fraction if digits else "")
