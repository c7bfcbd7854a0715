"""The checkout: a table that gives every event its row, and loses no money in any order."""

from tillqr.sale import at_machine, by_charge, by_tap, checkout, elsewhere, lent
from tillqr.sale.at_machine import AtMachine
from tillqr.sale.attempts import MAX_ATTEMPTS
from tillqr.sale.checkout import Checkout
from tillqr.till.answers import STATES
from tillqr.till.message import Refusal

from tests.support import Word, empty_book, pay, raises

EVENTS = (
    "cart",
    "pay",
    "pay_qr",
    "pay_again",
    "qr_key",
    "qr_key_deaf",
    "qr_key_large",
    "charge",
    "code_large",
    "network",
    "timeout",
    "cancel",
    "receipt_paid",
    "receipt_failed",
    "receipt_closed",
    "receipt_late",
    "receipt_moot",
    "still_open",
    "key_refused",
    "lend",
    "pay_tap",
    "card_first",
    "card_deaf",
    "card",
    "again",
    "card_done",
    "timeout_qr",
    "timeout_tap",
    "still_open_tap",
    "external_paid",
    "external_failed",
    "external_moot",
    "machine_key",
    "machine_lost",
    "machine_busy",
    "machine_stopped",
    "machine_cancel",
    "machine_leave",
)
EFFECTS = ("show", "status", "results", "ask")


class Counter:
    """A checkout with its book, and nonces that count up."""

    def __init__(self, foreign=False):
        """foreign: whether the backend makes the codes."""
        self.book = empty_book()
        self.made = 0
        self.legible = True
        self.checkout = Checkout(self.book, self._nonce, lambda order, register: self.legible)
        if foreign:
            by_charge.ByCharge(self.checkout, None, None)
        self.machine = AtMachine(self.checkout)
        self.checkout.lacks = ""

    def _nonce(self):
        self.made += 1
        return "%024x" % self.made

    def receipt(self, attempt, state):
        """The book accepted a receipt for an attempt."""
        attempt.settle(Word(state))
        return self.checkout.handle("receipt", attempt)

    def at_qr(self):
        """Go to the code of a sale; return its attempt."""
        self.checkout.handle("pay", pay(method="qr"))
        return self.checkout.sale.attempt


def cart(first=0, count=2, order="1001"):
    lines = [{"name": "Item %d" % (first + n), "amount": 100} for n in range(count)]
    return {"order": order, "currency": "EUR", "total": 200, "first": first, "lines": lines}


PARTS = (checkout, at_machine, elsewhere, by_tap, by_charge, lent)
"""The table's own module, and those of its parts that are loaded where they are needed."""


def rows_of(part):
    """The rows of a module."""
    return [line.split("|") for line in part.TRANSITIONS.split("\n")]


def test_every_row_names_known_states_events_actions_and_effects():
    ways = (Checkout, AtMachine, elsewhere.Elsewhere, by_tap.ByTap, by_charge.ByCharge, lent.Lent)
    rows = [row + [way] for part, way in zip(PARTS, ways) for row in rows_of(part)]
    pairs = []
    for states, event, after, action, effects, way in rows:
        assert event in EVENTS, event
        assert after == "" or after in STATES
        action = "do_" + action.split(" ")[0]
        assert action == "do_" or hasattr(way, action) or hasattr(Checkout, action), action
        for effect in effects.split():
            assert effect in EFFECTS
        assert after == "" or "show" in effects.split()  # a state entered is shown and timed
        for state in STATES if states == "*" else checkout.states_of(states):
            assert state in STATES
            pairs.append((state, event, way))
    assert len(pairs) == len(set(pairs)), "an event has two rows in a state"


def test_every_state_can_be_left_and_reached():
    rows = [row for part in PARTS for row in rows_of(part)]
    reached = [row[2] for row in rows]
    for state in STATES:
        assert state in reached or state == "idle", state
        assert any(
            state in checkout.states_of(row[0]) and row[2] not in ("", state) for row in rows
        )


def test_a_sale_from_cart_to_paid():
    counter = Counter()
    till = counter.checkout
    assert till.handle("cart", cart()) == ["show"]
    assert till.state == "cart"
    assert till.handle("pay", pay()) == ["show", "status"]
    assert till.state == "choose"
    till.handle("qr_key")
    assert till.state == "qr"
    assert counter.receipt(till.sale.attempt, "paid") == ["show", "results", "status"]
    assert (till.state, till.sale.attempt.outcome) == ("paid", "paid")
    till.handle("timeout")
    assert till.state == "idle" and till.sale is None


def test_a_failed_attempt_can_be_tried_again():
    counter = Counter()
    first = counter.at_qr()
    counter.receipt(first, "failed")
    assert counter.checkout.state == "failed"
    counter.checkout.handle("qr_key")
    second = counter.checkout.sale.attempt
    assert second is not first and second.nonce != first.nonce
    counter.receipt(second, "paid")
    assert (first.outcome, second.outcome) == ("failed", "paid")


def test_a_failed_attempt_can_be_asked_for_again_by_the_register():
    counter = Counter()
    counter.receipt(counter.at_qr(), "failed")
    counter.checkout.handle("pay", pay(method="qr"))
    assert counter.checkout.state == "qr"


def test_time_up_is_unknown_until_the_backend_speaks():
    for word, state in (("paid", "paid"), ("failed", "failed"), ("closed", "expired")):
        counter = Counter()
        attempt = counter.at_qr()
        assert counter.checkout.handle("timeout") == ["show", "status", "ask"]
        assert counter.checkout.state == "unknown"
        assert attempt.outcome == "" and counter.book.to_ask() is attempt
        counter.receipt(attempt, word)
        assert counter.checkout.state == state
        assert attempt.outcome == state


def test_money_after_cancel_is_late():
    for state in ("qr", "unknown"):
        counter = Counter()
        attempt = counter.at_qr()
        if state == "unknown":
            counter.checkout.handle("timeout")
        effects = counter.checkout.handle("cancel", {"order": "1001"})
        assert effects == ["show", "results", "status", "ask"]
        assert attempt.outcome == "cancelled"
        attempt.delivered = True
        assert counter.receipt(attempt, "paid") == ["show", "results", "status"]
        assert attempt.outcome == "late"
        assert counter.book.undelivered(None) is attempt
        till = counter.checkout
        assert (till.state, till.sale.attempt, till.sale.amount) == ("late", attempt, 1234)
        till.handle("timeout")
        assert (till.state, till.sale) == ("idle", None)


def test_money_for_an_older_attempt_is_late_in_every_state():
    for state in STATES:
        counter = Counter()
        lent.Lent(counter.checkout)
        old = counter.at_qr()
        counter.checkout.handle("cancel", {"order": "1001"})
        counter.checkout.handle("pay", pay(order="1002", method="qr"))
        old.delivered = True
        counter.checkout.state = state
        free = state in ("idle", "failed", "cancelled", "expired", "late")  # nobody else is served
        assert counter.receipt(old, "paid") == (
            ["show", "results", "status"] if free else ["results"]
        )
        assert (old.outcome, counter.checkout.state) == ("late", "late" if free else state)


def test_a_repeated_pay_changes_nothing():
    counter = Counter()
    attempt = counter.at_qr()
    assert counter.checkout.handle("pay", pay(method="qr")) == ["status"]
    assert counter.checkout.sale.attempt is attempt and counter.made == 1


def test_refusals_have_names_and_change_nothing():
    counter = Counter()
    till = counter.checkout
    assert raises(Refusal, till.handle, "cancel", {"order": "1"}).reason == "no_sale"
    counter.at_qr()
    for message in (pay(order="1002", method="qr"), pay(amount=1235, method="qr")):
        assert raises(Refusal, till.handle, "pay", message).reason == "busy"
    assert raises(Refusal, till.handle, "cart", cart()).reason == "busy"
    assert raises(Refusal, till.handle, "cancel", {"order": "2"}).reason == "unknown_order"
    assert till.state == "qr" and counter.made == 1
    counter.receipt(till.sale.attempt, "paid")
    assert raises(Refusal, till.handle, "cancel", {"order": "1001"}).reason == "already_paid"
    assert raises(Refusal, till.handle, "pay", pay(method="qr")).reason == "already_paid"
    till.handle("timeout")
    assert raises(Refusal, till.handle, "pay", pay()).reason == "already_paid"


def test_no_code_without_a_path_for_its_result():
    counter = Counter()
    till = counter.checkout
    till.lacks = "wifi"
    refusal = raises(Refusal, till.handle, "pay", pay(method="qr"))
    assert (refusal.reason, refusal.detail) == ("no_network", "wifi")
    till.handle("pay", pay())
    assert till.handle("qr_key") == ["show", "status"]
    assert (till.state, till.sale.notice, counter.made) == ("choose", "no_network", 0)
    till.lacks = ""
    till.handle("qr_key")
    assert (till.state, till.sale.notice, counter.made) == ("qr", "", 1)


def test_the_network_takes_its_notice_away():
    counter = Counter()
    till = counter.checkout
    till.handle("pay", pay())
    till.lacks = "wifi"
    till.handle("qr_key")
    till.lacks = ""
    assert till.handle("network") == ["show"] and till.sale.notice == ""
    assert till.state == "choose"


def test_no_code_that_is_too_large():
    counter = Counter()
    counter.legible = False
    till = counter.checkout
    assert raises(Refusal, till.handle, "pay", pay(method="qr")).reason == "code_too_large"
    assert (till.state, till.sale) == ("idle", None)
    till.handle("pay", pay())
    assert till.handle("qr_key") == ["show", "status"]
    assert (till.state, till.sale.notice, counter.made) == ("choose", "code_too_large", 0)
    till.lacks = "wifi"
    till.handle("network")
    assert till.sale.notice == "code_too_large"


def at_preparing(counter, by_key=False):
    """Ask the backend for a charge; its attempt."""
    till = counter.checkout
    if by_key:
        till.handle("pay", pay())
        effects = till.handle("qr_key")
    else:
        effects = till.handle("pay", pay(method="qr"))
    assert effects == ["show", "status", "ask"]
    assert (till.state, till.sale.attempt.question) == ("preparing", "open")
    assert till.handle("pay", pay(method="qr")) == ["status"]
    return till.sale.attempt


def test_a_charge_of_the_backend():
    for by_key in (False, True):
        counter = Counter(foreign=True)
        till = counter.checkout
        attempt = at_preparing(counter, by_key)
        assert till.handle("charge", empty_book().open("0" * 24, "1", "1", 1, "EUR")) == []
        attempt.text = "weixin://x"
        assert till.handle("charge", attempt) == ["show", "status"]
        assert till.state == "qr"
        assert till.handle("charge", attempt) == []
        counter.receipt(attempt, "paid")
        assert (till.state, attempt.outcome) == ("paid", "paid")


def test_no_charge_of_the_backend():
    for legible, event, reason in (
        (True, "timeout", "no_backend"),
        (False, "code_large", "code_too_large"),
    ):
        counter = Counter(foreign=True)
        till = counter.checkout
        attempt = at_preparing(counter)
        if not legible:
            assert till.handle("charge", attempt) == ["show", "status"]
        assert till.handle(event, attempt) == [
            "show",
            "results",
            "status",
            "ask",
        ]
        assert (till.state, attempt.outcome, attempt.reason) == ("failed", "failed", reason)
        assert counter.book.to_ask() is attempt and attempt.question == "close"
        assert counter.receipt(attempt, "closed") == []
        assert (attempt.outcome, attempt.reason) == ("failed", reason)
        assert till.handle("qr_key") == ["show", "status", "ask"]


def test_what_happens_while_a_charge_is_made():
    counter = Counter(foreign=True)
    till = counter.checkout
    attempt = at_preparing(counter)
    till.handle("cancel", {"order": "1001"})
    assert (till.state, attempt.outcome, attempt.question) == ("cancelled", "cancelled", "close")
    assert till.handle("charge", attempt) == []
    for state, outcome in (("paid", "paid"), ("failed", "failed"), ("closed", "expired")):
        counter = Counter(foreign=True)
        attempt = at_preparing(counter)
        counter.receipt(attempt, state)
        assert (counter.checkout.state, attempt.outcome) == (outcome, outcome)


def ready_for_cards():
    """A counter with a card reader."""
    counter = Counter()
    counter.checkout.reader = "ready"
    by_tap.ByTap(counter.checkout)
    return counter


def test_a_tap_that_the_register_asks_for():
    counter = ready_for_cards()
    till = counter.checkout
    assert till.handle("pay", pay(method="tap")) == ["show", "status"]
    attempt = till.sale.attempt
    assert (till.state, till.sale.method) == ("tap", "tap")
    assert till.handle("pay", pay(method="tap")) == ["status"]
    assert till.handle("card") == ["show", "status"] and till.state == "card"
    assert till.handle("card_done") == ["show", "status"]
    assert (till.state, till.sale.notice) == ("card", "approving")
    counter.receipt(attempt, "paid")
    assert (till.state, attempt.outcome, counter.made) == ("paid", "paid", 1)


def test_a_notice_ends_with_its_state():
    for event, data, state in (
        ("failed", None, "failed"),
        ("timeout", None, "unknown"),
        ("cancel", {"order": "1001"}, "cancelled"),
    ):
        counter = ready_for_cards()
        till = counter.checkout
        till.handle("pay", pay(method="tap"))
        till.handle("card")
        till.handle("card_done")
        if event == "failed":
            counter.receipt(till.sale.attempt, event)
        else:
            till.handle(event, data)
        assert (till.state, till.sale.notice) == (state, "")


def test_a_refused_event_leaves_the_notice():
    counter = ready_for_cards()
    till = counter.checkout
    till.handle("pay", pay(method="tap"))
    till.handle("card")
    till.handle("card_done")
    counter.book.end = lambda attempt, outcome, reason: False
    assert raises(Refusal, till.handle, "cancel", {"order": "1001"}).reason == "storage"
    assert (till.state, till.sale.notice) == ("card", "approving")


def test_no_tap_without_a_reader_or_a_path():
    counter = ready_for_cards()
    till = counter.checkout
    for reader in ("none", "no_tls", "silent"):
        till.reader = reader
        refusal = raises(Refusal, till.handle, "pay", pay(method="tap"))
        assert (refusal.reason, refusal.detail) == ("no_reader", reader)
    till.reader, till.lacks = "ready", "broker"
    assert raises(Refusal, till.handle, "pay", pay(method="tap")).reason == "no_network"
    till.handle("pay", pay())
    till.handle("card")
    assert (till.state, till.sale.notice, counter.made) == ("choose", "no_network", 0)


def test_a_card_is_the_customer_s_choice():
    for state in ("choose", "failed", "expired"):
        counter = ready_for_cards()
        till = counter.checkout
        if state == "choose":
            till.handle("pay", pay())
        else:
            counter.receipt(counter.at_qr(), "failed" if state == "failed" else "closed")
        made = counter.made
        assert till.state == state
        till.handle("card")
        assert (till.state, till.sale.method, counter.made) == ("card", "tap", made + 1)


def test_a_card_that_is_not_enough_is_told_of_and_gone_back_from():
    for method in ("qr", "tap"):
        counter = ready_for_cards()
        till = counter.checkout
        till.handle("pay", pay(method=method))
        attempt = till.sale.attempt
        assert till.handle("again", "two_cards") == ["show", "status"]
        assert (till.state, till.sale.notice) == ("again", "two_cards")
        till.handle("card")
        assert (till.state, till.sale.notice) == ("card", "")
        till.handle("again", "card_gone")
        till.handle("again", "card_unsupported")
        assert (till.state, till.sale.notice) == ("again", "card_unsupported")
        till.handle("timeout")
        assert (till.state, till.sale.notice) == (method, "")
        assert till.sale.attempt is attempt and counter.made == 1
    till.handle("cancel", {"order": "1001"})
    till.handle("pay", pay(order="1002"))
    till.handle("again", "card_unsupported")
    assert (till.state, till.sale.notice, till.sale.attempt) == ("choose", "card_unsupported", None)


def test_a_tap_and_a_code_are_one_attempt():
    counter = ready_for_cards()
    attempt = counter.at_qr()
    till = counter.checkout
    till.handle("card")
    assert (till.state, till.sale.attempt, counter.made) == ("card", attempt, 1)
    counter.receipt(attempt, "paid")  # the phone was faster
    assert till.state == "paid"
    assert till.handle("again", "card_gone") == [] and till.handle("card_done") == []


def test_a_tap_of_which_nothing_is_heard_is_unknown():
    for state in ("tap", "card"):
        counter = ready_for_cards()
        till = counter.checkout
        till.handle("pay", pay(method="tap"))
        if state == "card":
            till.handle("card")
        assert till.handle("timeout") == ["show", "status", "ask"]
        assert (till.state, till.sale.attempt.question) == ("unknown", "close")
    counter.legible = False
    till.sale.attempt.question = ""
    till.handle("still_open")
    assert till.state == "tap"


def test_a_full_book_refuses_new_sales():
    counter = Counter()
    till = counter.checkout
    for number in range(MAX_ATTEMPTS):
        till.handle("pay", pay(order=str(number), method="qr"))
        till.handle("cancel", {"order": str(number)})
    refusal = raises(Refusal, till.handle, "pay", pay(order="next", method="qr"))
    assert refusal.reason == "full"
    assert till.sale.order == str(MAX_ATTEMPTS - 1) and till.state == "cancelled"


def test_keys_pressed_at_the_wrong_time_do_nothing():
    for state in ("idle", "cart", "qr", "unknown", "paid", "cancelled", "late"):
        counter = Counter()
        counter.at_qr()
        counter.checkout.state = state
        assert counter.checkout.handle("qr_key") == []
        assert counter.checkout.state == state


def test_the_cart_keeps_its_last_lines():
    counter = Counter()
    till = counter.checkout
    for first in range(0, 20, 2):
        till.handle("cart", cart(first))
    assert till.cart.count == 20
    assert [line["name"] for line in till.cart.lines][-1] == "Item 19"
    assert len(till.cart.lines) == till.cart.KEPT
    till.handle("cart", cart(18, 1))
    assert till.cart.count == 19
    assert till.cart.lines[-1]["name"] == "Item 18"
    till.handle("cart", cart(0, 1))
    assert till.cart.count == 1 and len(till.cart.lines) == 1


def external(outcome="paid", **changes):
    """An EXTERNAL_RESULT."""
    return pay(outcome=outcome, **changes)


def at_state(state):
    """A counter in a state with order 1001; an attempt is open in the states that wait."""
    counter = Counter(foreign=True) if state == "preparing" else ready_for_cards()
    till = counter.checkout
    if state == "cart":
        till.handle("cart", cart())
    elif state == "tap":
        till.handle("pay", pay(method="tap"))
    elif state in ("choose", "lent", "machine"):
        till.handle("pay", pay())
        if state == "lent":
            lent.Lent(till)
            assert till.handle("lend") == ["show", "status"]
        if state == "machine":
            assert till.handle("machine_key") == ["show", "status"]
    elif state != "idle":
        attempt = counter.at_qr()
        if state == "unknown":
            till.handle("timeout")
        elif state == "card":
            till.handle("card")
        elif state == "again":
            till.handle("again", "card_gone")
        elif state in ("paid", "failed"):
            counter.receipt(attempt, state)
        elif state == "expired":
            counter.receipt(attempt, "closed")
        elif state in ("cancelled", "late"):
            till.handle("cancel", {"order": "1001"})
        if state == "late":
            counter.receipt(attempt, "paid")
    assert till.state == state
    return counter


def test_paid_elsewhere_in_every_state():
    for state in STATES:
        counter = at_state(state)
        till = counter.checkout
        attempt = till.sale.attempt if till.sale else None
        if state == "paid":
            refusal = raises(Refusal, elsewhere.handle, till, external())
            assert (refusal.reason, refusal.detail) == ("already_paid", "T1")
            continue
        if state == "machine":  # it may have charged the card: only its own word ends that
            refusal = raises(Refusal, elsewhere.handle, till, external())
            assert (refusal.reason, refusal.detail) == ("busy", "machine")
            continue
        effects = elsewhere.handle(till, external())
        waiting = state in checkout.WAITING
        wanted = ["show", "results", "status", "ask"] if waiting else ["show", "status"]
        assert effects == wanted, state
        assert (till.state, till.sale.method, till.sale.attempt) == ("paid", "card", None)
        if waiting:
            assert (attempt.outcome, attempt.reason) == ("cancelled", "paid_elsewhere")
            assert attempt.question == "close"
            assert counter.receipt(attempt, "paid") == ["results"]
            assert (attempt.outcome, till.state) == ("late", "paid")
        for message in (pay(), pay(method="qr")):
            assert raises(Refusal, till.handle, "pay", message).reason == "already_paid"
        assert raises(Refusal, till.handle, "cancel", {"order": "1001"}).reason == "already_paid"
        assert elsewhere.handle(till, external()) == ["show", "status"]
        till.handle("timeout")
        assert raises(Refusal, till.handle, "pay", pay()).reason == "already_paid"
        till.handle("pay", pay(register="4", method="qr"))
        assert till.state == ("preparing" if state == "preparing" else "qr")


def test_failed_elsewhere_in_every_state():
    for state in STATES:
        counter = at_state(state)
        till = counter.checkout
        before = till.sale
        effects = elsewhere.handle(till, external("failed", reason="declined"))
        if state in checkout.WAITING or state in ("paid", "late"):
            assert (effects, till.state, till.sale) == ([], state, before), state
            continue
        assert (effects, till.state) == (["show", "status"], "failed"), state
        assert (till.sale.notice, till.sale.attempt) == ("declined", None)
        till.handle("qr_key")
        assert till.state == "qr"


def test_another_order_is_remembered_and_disturbs_nobody():
    for state in elsewhere.SERVING:
        counter = at_state(state)
        till = counter.checkout
        before = till.sale
        others = [external(order="999")]
        if state != "cart":  # a cart names no register
            others.append(external(register="4"))
        for other in others:
            assert elsewhere.handle(till, other) == []
            assert (till.state, till.sale) == (state, before)
            again = pay(order=other["order"], register=other["register"])
            assert raises(Refusal, till.handle, "pay", again).reason == "already_paid"
        assert elsewhere.handle(till, external("failed", order="998")) == []


def test_only_the_last_orders_paid_elsewhere_are_remembered():
    counter = Counter()
    till = counter.checkout
    for number in range(20):
        elsewhere.handle(till, external(order=str(number)))
    assert raises(Refusal, till.handle, "pay", pay(order="12")).reason == "already_paid"
    till.handle("pay", pay(order="11"))
    assert till.state == "choose"


def test_a_code_that_can_not_be_withdrawn_for_good_stays():
    counter = Counter()
    attempt = counter.at_qr()
    end = counter.book.end

    def fail(attempt, outcome, reason):
        end(attempt, outcome, reason)
        return False

    counter.book.end = fail
    till = counter.checkout
    refusal = raises(Refusal, elsewhere.handle, till, external())
    assert refusal.reason == "storage" and till.state == "qr"
    assert (attempt.outcome, attempt.reason, attempt.question) == ("", "", "")
    assert till.handle("pay", pay(method="qr")) == ["status"]


def test_nothing_is_paid_here_while_the_line_is_lent():
    for begun in ("choose", "failed", "expired"):
        till = at_state(begun).checkout
        lent.Lent(till)
        attempt = till.sale.attempt
        assert till.handle("lend") == ["show", "status"]
        for event, data in (
            ("qr_key", None),
            ("card", None),
            ("again", "card_gone"),
            ("key_refused", "full"),
            ("timeout", None),
            ("network", None),
            ("lend", None),
        ):
            assert till.handle(event, data) == [], event
        assert raises(Refusal, till.handle, "machine_key").reason == "no_sale"
        assert (till.state, till.sale.attempt) == ("lent", attempt)
    for state in checkout.WAITING:
        till = at_state(state).checkout
        lent.Lent(till)
        refusal = raises(Refusal, till.handle, "lend")
        assert (refusal.reason, refusal.detail) == ("busy", state)
    for state in ("idle", "cart", "paid", "cancelled", "late"):
        till = at_state(state).checkout
        lent.Lent(till)
        assert till.handle("lend") == [] and till.state == state


def test_the_register_says_how_a_lent_line_was_used():
    for event, word, state in (
        ("cart", cart(), "cart"),
        ("pay", pay(), "choose"),
        ("pay", pay(order="1002", method="qr"), "qr"),
        ("cancel", {"order": "1001"}, "cancelled"),
    ):
        till = at_state("lent").checkout
        till.handle(event, word)
        assert till.state == state and (till.sale is None or till.sale.notice == "")
    till = at_state("lent").checkout
    assert elsewhere.handle(till, external("failed")) == ["show", "status"]
    assert till.state == "failed"


def test_a_machine_that_is_away_may_have_charged_what_failed_elsewhere():
    counter = at_state("machine")
    till = counter.checkout
    counter.machine.up = False
    till.handle("machine_lost")
    for _ in range(2):
        till.handle("cancel", {"order": "1001"})
    assert till.state == "idle"
    assert elsewhere.handle(till, external("failed")) == [] and till.state == "idle"


def test_a_card_machine_takes_what_waits():
    for state in ("choose", "failed", "expired"):
        counter = at_state(state)
        till = counter.checkout
        assert till.handle("machine_key") == ["show", "status"]
        attempt = till.sale.attempt
        assert (till.state, till.sale.method, attempt.method) == ("machine", "machine", "machine")
        assert attempt.question == "open" and attempt.stored
        assert counter.book.to_ask() is None and counter.book.to_ask(True) is attempt
        assert till.handle("pay", pay()) == ["status"]
        assert till.handle("qr_key") == [] and till.state == "machine"
        assert counter.receipt(attempt, "paid") == ["show", "results", "status"]
        assert (till.state, attempt.outcome) == ("paid", "paid")


def test_a_card_machine_gets_nothing_where_nothing_waits():
    for state in ("idle", "cart", "paid", "cancelled", "late"):
        till = at_state(state).checkout
        assert raises(Refusal, till.handle, "machine_key").reason == "no_sale"
        assert till.state == state
    for state in checkout.WAITING:
        counter = at_state(state)
        refusal = raises(Refusal, counter.checkout.handle, "machine_key")
        assert (refusal.reason, refusal.detail) == ("busy", state)


def test_a_machine_that_is_away_is_unknown_until_it_is_back():
    counter = at_state("machine")
    till = counter.checkout
    attempt = till.sale.attempt
    assert till.handle("machine_busy", attempt) == []
    assert till.handle("machine_lost") == ["show", "status"] and till.state == "unknown"
    assert till.handle("machine_lost") == []
    assert till.handle("machine_busy", None) == [] and till.state == "unknown"
    assert till.handle("machine_busy", attempt) == ["show", "status"] and till.state == "machine"
    till.handle("machine_lost")
    assert counter.receipt(attempt, "failed") == ["show", "results", "status"]
    assert (till.state, attempt.outcome) == ("failed", "failed")
    till.handle("qr_key")  # another way, after the machine
    assert (till.state, till.sale.method, till.sale.attempt.method) == ("qr", "qr", "qr")


def test_a_machine_ends_what_the_register_cancels():
    for lost in (False, True):
        for word, state in (("paid", "paid"), ("failed", "cancelled"), ("closed", "cancelled")):
            counter = at_state("machine")
            till = counter.checkout
            counter.machine.up = not lost
            attempt = till.sale.attempt
            if lost:
                till.handle("machine_lost")
            assert till.handle("cancel", {"order": "1001"}) == ["show", "status"]
            assert (till.state, attempt.outcome, attempt.question) == ("unknown", "", "close")
            assert attempt.stored and counter.book.undelivered(None) is None
            counter.receipt(attempt, word)
            outcome = state if word == "closed" else word
            assert (till.state, attempt.outcome) == (state, outcome)
            again = Counter()  # after a restart before RESULT was acknowledged
            again.checkout.resume(attempt)
            again.machine.resume(attempt)
            assert again.checkout.state == state
            assert again.checkout.handle("qr_key") == []


def test_a_counter_whose_machine_is_gone_goes_on_without_its_word():
    counter = at_state("machine")
    till = counter.checkout
    attempt = till.sale.attempt
    counter.machine.up = True
    for _ in range(2):  # it is there, so it is waited for
        till.handle("cancel", {"order": "1001"})
        assert till.state == "unknown"
    counter.machine.up = False
    assert till.handle("cancel", {"order": "1001"}) == ["show", "status"]
    assert (till.state, attempt.outcome) == ("idle", "")
    for message in (pay(), pay(method="qr")):  # it may be paid: not a second time
        refusal = raises(Refusal, till.handle, "pay", message)
        assert (refusal.reason, refusal.detail) == ("busy", "unknown")
    till.handle("pay", pay(order="1002", method="qr"))
    assert counter.receipt(attempt, "paid") == []
    assert (attempt.outcome, till.state) == ("paid", "qr")
    assert counter.book.undelivered(None) is attempt
    assert counter.book.to_ask(True) is None


def test_what_a_machine_was_told_to_stop_is_stored_first():
    counter = at_state("machine")
    attempt = counter.checkout.sale.attempt
    counter.book.keep = lambda _: False
    refusal = raises(Refusal, counter.checkout.handle, "cancel", {"order": "1001"})
    assert (refusal.reason, counter.checkout.state) == ("storage", "machine")
    assert (attempt.question, attempt.cancelling) == ("open", False)


def test_any_order_of_events_keeps_the_money():
    """No sequence of events forgets an attempt, pays one twice, or leaves the table."""
    state = 12345
    for _ in range(60):
        counter = ready_for_cards()
        till = counter.checkout
        paid_words = []
        attempts = []
        for _ in range(40):
            state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
            choice = (state >> 16) % 16
            event, data = ("timeout", None) if choice == 0 else ("qr_key", None)
            if choice in (1, 2):
                method = ("qr", "tap")[(state >> 24) % 2]
                event, data = "pay", pay(order=str((state >> 20) % 3), method=method)
            elif choice == 3:
                event, data = "cart", cart(order=str((state >> 20) % 3))
            elif choice == 4 and (till.sale or till.cart):
                event, data = "cancel", {"order": (till.sale or till.cart).order}
            elif choice == 7:
                outcome = ("paid", "failed")[(state >> 24) % 2]
                event = "external_result"
                data = external(outcome, order=str((state >> 20) % 3))
            elif choice in (10, 11):
                event = ("machine_key", "machine_lost")[choice - 10]
            elif choice > 12:
                event, data = (("card", None), ("again", "card_gone"), ("card_done", None))[
                    choice - 13
                ]
            elif choice == 12 and till.sale:
                event, data = "machine_busy", till.sale.attempt
            elif choice in (5, 6) and attempts:
                attempt = attempts[(state >> 20) % len(attempts)]
                if attempt.settled:
                    continue
                attempt.settle(Word(("paid", "failed", "closed")[(state >> 24) % 3]))
                if attempt.settled == "paid":
                    paid_words.append(attempt)
                event, data = "receipt", attempt
            try:
                if event == "external_result":
                    elsewhere.handle(till, data)
                else:
                    till.handle(event, data)
            except Refusal:
                pass
            assert till.state in STATES
            if till.sale and till.sale.attempt and till.sale.attempt not in attempts:
                attempts.append(till.sale.attempt)
        for attempt in attempts:
            money = attempt.outcome in ("paid", "late")
            assert money == (attempt in paid_words)
            if attempt.settled:
                assert attempt.outcome != ""
