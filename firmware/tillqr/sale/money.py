"""Amounts: integers in minor units with an ISO 4217 currency; never a float.

The exponent of a currency (ISO 4217, list one) says how many of the last digits stand
behind the decimal point: JPY 0, EUR 2, BHD 3.
"""

from micropython import const

from tillqr.unload import load, unload

MAX_AMOUNT = const(9_999_999_999)
"""The largest amount of one payment, in minor units: ten digits, what the panel can show."""

_CURRENCIES = "tillqr.sale.currencies"
_KEPT = const(4)
_known: "dict[str, int]" = {}
"""The exponents that were asked for last."""


class UnknownCurrency(ValueError):
    """The text is not the alphabetic code of an ISO 4217 currency."""


def exponent(currency: str) -> int:
    """Number of decimal digits of `currency` (ISO 4217 alphabetic code).

    Raises UnknownCurrency.
    """
    digits = _known.get(currency)
    if digits is None:
        digits = load(_CURRENCIES).find(currency)
        unload(_CURRENCIES)
        if digits is None:
            raise UnknownCurrency(currency)
        if len(_known) >= _KEPT:
            _known.clear()
        _known[currency] = digits
    return digits


def is_amount(value: object) -> bool:
    """Whether `value` can be the amount of a payment: an int (no bool) from 1 to MAX_AMOUNT."""
    return type(value) is int and 0 < value <= MAX_AMOUNT
