"""The payment provider of the bench: makes the text of a charge's code, as a scheme's own would."""

import secrets
import string
from collections.abc import Callable

from host_sim.gateway.codes import Payment

Provider = Callable[[Payment], str]
"""Makes a code's text, 1 to 512 printable ASCII characters, for a payment."""
_ALPHABET = string.ascii_letters + string.digits
_SIZE = 7


def wechat_like(_: Payment) -> str:
    """A text as WeChat Pay's native payments have. It says nothing of the payment: whoever scans
    it must ask the provider."""
    number = "".join(secrets.choice(_ALPHABET) for _ in range(_SIZE))
    return f"weixin://wxpay/bizpayurl?pr={number}"


def is_right(text: str) -> bool:
    """Whether a display may be given that text."""
    return 1 <= len(text) <= 512 and all(" " <= character <= "~" for character in text)
