"""Tokens that change (PROTOCOL.md, 7.1), written from the text alone."""

import hmac

_STEP_SECONDS = 30
_SIZE = 8
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def token(key: bytes, seconds: float) -> str:
    """The token of a moment in Unix time."""
    return _of_step(key, int(seconds) // _STEP_SECONDS)


def is_fresh(said: str, key: bytes, seconds: float) -> bool:
    """Whether it is the token of the present 30 s or of those before."""
    step = int(seconds) // _STEP_SECONDS
    return any(
        hmac.compare_digest(said.encode(), _of_step(key, one).encode()) for one in (step, step - 1)
    )


def _of_step(key: bytes, step: int) -> str:
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha256")
    begin = digest[-1] & 0x0F
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[begin : begin + _SIZE])
