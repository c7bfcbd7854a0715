"""Why a charge failed, as the backend names it (PROTOCOL.md, 6.2) and tells the payer."""

REASONS = {
    "insufficient_funds": "Not enough money in the account",
    "cancelled_by_payer": "Cancelled by the payer",
    "limit_exceeded": "Above the payment limit",
    "expired": "Not confirmed in time",
    "declined": "Declined by the bank",
}
