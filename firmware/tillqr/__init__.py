"""tillqr: firmware of a customer-facing payment display that a till can trust."""

__version__ = "0.1.0"
RELEASED = 1795478400
"""The day of this version, 24 November 2026, as Unix time: a clock that says less is wrong."""
