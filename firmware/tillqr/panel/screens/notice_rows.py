"""What the notices say. One is looked up before it is drawn: all of them take as much memory as
what draws one."""

# State, role of the colour, icon, headline, and what else: names of texts, or one of
#     $amount $order $method $reason $note $shop
# In a few texts: in one it would need a kilobyte of free memory in one piece.
NOTICES = (
    """\
starting|brand||starting|$note
setup|calm|\ue006|setup|setup_more $note
service|calm|\ue006|service|$note
machine|calm|\ue007|machine|$amount machine_more $order""",
    """\
card|wait|\ue004|card|$amount card_more $order
approving|wait|\ue004|checking|$amount checking_more $order
card_unsupported|wait|\ue003|card_unsupported|card_other $amount $order
card_gone|wait|\ue003|card_gone|card_hold $amount $order
two_cards|wait|\ue003|two_cards|one_card $amount $order
phone_locked|wait|\ue003|phone_locked|phone_unlock $amount $order""",
    """\
preparing|wait|\ue004|preparing|$amount preparing_more $order
unknown|wait|\ue004|checking|$amount checking_more $order
paid|good|\ue001|paid|$amount $method thanks $order
failed|bad|\ue002|failed|$amount $reason try_again $order
cancelled|calm|\ue002|cancelled|cancelled_more $order
expired|calm|\ue004|expired|$amount try_again $order
late|wait|\ue003|late|$amount late_more $order""",
    """\
no_network|wait|\ue005|no_network|$amount no_network_more $order
code_too_large|wait|\ue003|code_too_large|$amount code_too_large_more $order
no_storage|wait|\ue003|code_too_large|$amount no_network_more $order
fault|bad|\ue003|fault|fault_more $note""",
)


def row_of(state: str) -> str:
    """The row of a state."""
    for rows in NOTICES:
        for row in rows.split("\n"):
            if row.startswith(state + "|"):
                return row
    raise ValueError(state)
