"""Why a charge failed, as the backend names it (PROTOCOL.md, 6.2) and tells the payer."""

REASONS = {
    "insufficient_funds": "Not enough money in the account",
    "cancelled_by_payer": "Cancelled by the payer",
    "limit_exceeded": "Above the payment limit",
    "expired": "Not confirmed in time",
    "declined": "Declined by the bank",
    "card_expired": "The card has expired",
    "card_unknown": "The card is not accepted here",
}
AGAIN = {
    "card_gone": "Hold the card there a little longer",
    "phone_locked": "Unlock the phone, then hold it there again",
}
"""Why nothing has been decided yet, and the card may be tapped again: no charge has failed."""
