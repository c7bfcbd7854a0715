"""tillqr: firmware of a customer-facing payment display that a till can trust."""

__version__ = "0.1.0"
