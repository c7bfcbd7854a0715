"""What the notices say: read before what draws them is loaded, as both take much memory."""

from micropython import const

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from tillqr.panel.view import View

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


def read(state: str, view: "View") -> "tuple[str, str, list[tuple]]":
    """The notice of a state: the role of its colour, its icon, and its texts. Each of them is a
    text, the use of its fonts (style.Style), and lines, gap, needed, own and main of Stack.add."""
    _, role, icon, headline, more = _row_of(state).split("|")
    texts = [(view.text(headline), "title", 3, 6, True, True, True)]
    return role, icon, texts + [_text(name, view) for name in more.split(" ")]


def _row_of(state: str) -> str:
    for rows in NOTICES:
        for row in rows.split("\n"):
            if row.startswith(state + "|"):
                return row
    raise ValueError(state)


def _text(name: str, view: "View") -> tuple:
    """A text of a row."""
    sale, text = view.sale, view.text
    if name == "$amount":
        return text.money(sale.amount, sale.currency), "amount", 2, 4, True, True, True
    if name == "$order":
        return text.order(sale.order), "small", 2, 10, False, False, False
    if name == "$method":
        words = text("by_qr" if sale.method == "qr" else "by_card")
        return words, "small", 1, 0, False, True, False
    if name == "$note":
        return view.note, "small", 4, 10, False, False, False
    if name == "$reason":
        name = "reason_" + (sale.attempt.reason if sale.attempt else sale.notice)
        words = text(name)  # it is itself where no such reason is known
        return text("reason_declined") if words == name else words, "body", 6, 6, True, True, False
    return text(name), "body", 6, 6, True, True, False
