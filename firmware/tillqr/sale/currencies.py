"""Currencies: the alphabetic codes of ISO 4217, list one, by their exponents.

A shop has one or two, so this is loaded when money.py meets one for the first time, and let go.
"""

BY_EXPONENT = (
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


def find(currency: str) -> "int | None":
    """The exponent of a currency, or None if there is none of that code."""
    if len(currency) == 3 and " " not in currency:
        needle = " " + currency + " "
        for codes, digits in zip(BY_EXPONENT, _EXPONENTS):
            if needle in codes:
                return digits
    return None
