"""What the customer reads, in English; one name a text."""

TEXTS = {
    "welcome": "Welcome",
    "order": "Order",
    "total": "Total",
    "items": "items",
    "to_pay": "To pay",
    "press_qr": "Press the QR key to pay with your phone",
    "no_network": "No network: phone payment is not possible now",
    "scan": "Scan to pay",
    "checking": "Checking with the bank",
    "checking_more": "Please wait. Do not pay again.",
    "paid": "Paid",
    "thanks": "Thank you!",
    "failed": "Not paid",
    "try_again": "Press the QR key to try again",
    "cancelled": "Cancelled",
    "cancelled_more": "Nothing is to be paid",
    "expired": "Time is up",
    "fault": "Out of order",
    "fault_more": "Please call staff",
    "reason_insufficient_funds": "Not enough money in the account",
    "reason_cancelled_by_payer": "You cancelled the payment",
    "reason_limit_exceeded": "Above your payment limit",
    "reason_expired": "The payment ran out of time",
    "reason_declined": "Your bank declined the payment",
}


def text(name: str) -> str:
    """The text of a name; the name itself where there is none, so that a gap is seen."""
    return TEXTS.get(name, name)
