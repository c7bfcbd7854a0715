"""Amounts: integers in minor units with an ISO 4217 currency; never a float.

The exponent of a currency (ISO 4217, list one) says how many of the last digits stand
behind the decimal point: JPY 0, EUR 2, BHD 3.
"""

from micropython import const

MAX_AMOUNT = const(9_999_999_999)
"""The largest amount of one payment, in minor units: ten digits, what the panel can show."""

_BY_EXPONENT = (
    " BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ",
    " AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD"
    " CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP"
    " GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK"
    " LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO"
    " NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS"
    " SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST"
    " XCD XCG YER ZAR ZMW ZWG ",
    " BHD IQD JOD KWD LYD OMR TND ",
    " CLF UYW ",
)
_EXPONENTS = (0, 2, 3, 4)


class UnknownCurrency(ValueError):
    """The text is not the alphabetic code of an ISO 4217 currency."""


def exponent(currency: str) -> int:
    """Number of decimal digits of `currency` (ISO 4217 alphabetic code).

    Raises UnknownCurrency.
    """
    if len(currency) == 3 and " " not in currency:
        needle = " " + currency + " "
        for codes, digits in zip(_BY_EXPONENT, _EXPONENTS):
            if needle in codes:
                return digits
    raise UnknownCurrency(currency)


def is_amount(value: object) -> bool:
    """Whether `value` can be the amount of a payment: an int (no bool) from 1 to MAX_AMOUNT."""
    return type(value) is int and 0 < value <= MAX_AMOUNT
