"""The messages that a display sends, as a register takes them (PROTOCOL.md, 4).

A display parses none of them, so they are added to the tables of messages where somebody does: on
the PC.
"""

from tillqr import fields
from tillqr.till import message

OUTCOMES = ("paid", "failed", "cancelled", "expired", "late")
"""How an attempt ended; "late" is money that came after cancel or expiry: refund it."""

STATES = (
    "idle",
    "cart",
    "choose",
    "lent",
    "preparing",
    "qr",
    "tap",
    "card",
    "again",
    "machine",
    "unknown",
    "paid",
    "failed",
    "cancelled",
    "expired",
    "late",
)
"""What the display is doing (DESIGN: the checkout's states)."""


def add() -> None:
    """Have message.parse let these messages through."""
    fields.CHOICES["status"] = STATES + ("none",)
    fields.CHOICES["outcome"] = OUTCOMES
    message.FIELDS[message.INFO] = (
        "protocol integer 1 255,boot name 1 16,device name 1 12,firmware name 1 24,"
        "serial name 1 16,shop text 0 40,state text 1 12,network text 0 40,lacks? text 0 40,"
        "trouble? text 0 40,reader? text 0 12,crash? text 0 40,journal? integer 0 4294967295,"
        "counters counters 0 40,reason? text 0 80"
    )
    message.FIELDS[message.STATUS] = (
        "order? name 0 20,state status,reason? text 0 40,attempt? name 0 24"
    )
    message.FIELDS[message.RESULT] = (
        "order name 1 20,register name 1 8,amount integer 1 9999999999,currency text 3 3,"
        "attempt name 1 24,outcome outcome,transaction? text 0 40,reason? text 0 40"
    )
