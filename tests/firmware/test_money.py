"""Amounts are integers in minor units, shown by the currency's exponent."""

from tillqr.panel.language import decimal
from tillqr.sale import money

from tests.support import raises


def test_exponents():
    for currency, digits in (("JPY", 0), ("EUR", 2), ("BHD", 3), ("UYW", 4), ("VND", 0)):
        assert money.exponent(currency) == digits


def test_unknown_currencies_are_refused():
    for currency in ("", "EU", "EURO", "eur", "EUX", "E R", " EU", "EUR ", "UR "):
        raises(money.UnknownCurrency, money.exponent, currency)


def test_amounts():
    for good in (1, 1234, money.MAX_AMOUNT):
        assert money.is_amount(good)
    for bad in (0, -1, money.MAX_AMOUNT + 1, 1.0, True, "1", None, [1]):
        assert not money.is_amount(bad)


def test_decimals():
    cases = (
        (1234, "EUR", "12.34"),
        (5, "EUR", "0.05"),
        (123456789, "USD", "1,234,567.89"),
        (1234, "JPY", "1,234"),
        (1250, "BHD", "1.250"),
        (1, "BHD", "0.001"),
        (-250, "GBP", "-2.50"),
        (9999999999, "EUR", "99,999,999.99"),
    )
    for amount, currency, text in cases:
        assert decimal(amount, currency) == text, (amount, currency)


def test_styles_of_decimals():
    for amount, style, text in (
        (123456, (",", ".", 4), "1.234,56"),
        (123456, (",", ".", 5), "1234,56"),
        (1234567, (",", ".", 5), "12.345,67"),
        (123456789, (",", "\u202f", 4), "1\u202f234\u202f567,89"),
    ):
        assert decimal(amount, "EUR", style) == text
