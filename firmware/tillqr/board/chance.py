"""Chance: the chip's random numbers, which the pure parts are given."""

import os

from tillqr.sale.attempts import NONCE_SIZE


def nonce() -> str:
    """A new attempt's nonce, in hex."""
    return os.urandom(NONCE_SIZE).hex()
