"""Amounts in English, as the display writes them: for the backend's pages and the bench's words."""

from functools import cache
from pathlib import Path

from tillqr.panel.language import Language

_TEXTS = Path(__file__).resolve().parent.parent / "firmware" / "texts" / "en.txt"


@cache
def _english() -> Language:
    return Language(str(_TEXTS))


def money(amount: int, currency: str) -> str:
    """An amount of minor units: "€12.34"."""
    return str(_english().money(amount, currency))
