"""Faults to build into the firmware, so that a campaign shows that it finds them; neutral.

Each is what a slip in the firmware would do: something is not compared, not signed, not limited.
"""
# Methods are replaced here, which is the point.
# mypy: ignore-errors

from tillqr import strict_json
from tillqr.sale import attempts, charge, mac, receipt, tunnel


def _any_mac() -> None:
    mac.Key.verifies = lambda _key, _data, _given: True


def _short_mac() -> None:
    mac.Key.verifies = lambda key, data, given: key.mac(data)[:10] == given[:10]


def _seven_bits_of_mac() -> None:
    def verifies(key, data, given):
        pairs = zip(key.mac(data), given)  # noqa: B905  (MicroPython has no strict)
        return len(given) == mac.SIZE and all(one >> 1 == other >> 1 for one, other in pairs)

    mac.Key.verifies = verifies


def _key_number() -> None:
    receipt.Receipt.authentic = lambda word, keys: any(
        key.verifies(word.encoded(), word.mac) for key in keys
    )


def _before(owner, method: str, change):
    """A fault: something is changed before it is judged; change(owner's object, word)."""

    def build_in() -> None:
        judge = getattr(owner, method)

        def careless(one, word):
            change(one, word)
            return judge(one, word)

        setattr(owner, method, careless)

    return build_in


def _matching(name: str):
    """A fault: a field of the attempt is not compared."""

    def change(attempt, word):
        setattr(word, name, getattr(attempt, name))

    return _before(attempts.Attempt, "matches", change)


def _forgetting(*states: str):
    """A fault: what the backend said before is forgotten, if it was one of some states."""

    def change(attempt, _):
        if attempt.settled in states:
            attempt.settled = ""

    return _before(attempts.Attempt, "matches", change)


def _nonce() -> None:
    """A receipt counts for the latest attempt of its order."""
    find = attempts.Attempts.find

    def careless(book, nonce):
        found = find(book, nonce)
        return found or next((one for one in book.orders if not one.settled), None)

    def remember(book, *fields):
        attempt = opened(book, *fields)
        book.orders = getattr(book, "orders", [])
        book.orders.append(attempt)
        return attempt

    opened = attempts.Attempts.open
    attempts.Attempts.open = remember
    attempts.Attempts.find = careless


def _device() -> None:
    """Whatever the receipt names as the device is taken for this one."""
    made, parse, encoded = attempts.Attempts.__init__, receipt.parse, receipt.Receipt.encoded
    own = []

    def remember(book, device, *rest):
        own[:] = [device]
        made(book, device, *rest)

    def careless(body):
        word = parse(body)
        word.said, word.device = word.device, own[0]
        return word

    def honest(word):
        word.device = word.said
        out = encoded(word)
        word.device = own[0]
        return out

    attempts.Attempts.__init__ = remember
    receipt.parse = careless
    receipt.Receipt.encoded = honest


def _reading(change):
    """A fault: fields are changed after they are read."""

    def build_in() -> None:
        parse = strict_json.parse

        def careless(data):
            fields = parse(data)
            change(fields)
            return fields

        strict_json.parse = careless

    return build_in


def _number_of_text(fields) -> None:
    if type(fields.get("amount")) in (str, float):
        fields["amount"] = int(float(fields["amount"]))


def _any_version(fields) -> None:
    fields["version"] = 1


def _raise(fields) -> None:
    fields["amount"] + 0  # a TypeError for what is no number


def _slide() -> None:
    """Where the transaction ends and the reason begins is not signed."""
    encoded = receipt.Receipt.encoded

    def careless(word):
        kept = word.transaction, word.reason
        joined = word.transaction + word.reason
        word.transaction, word.reason = ("", joined) if word.state == "failed" else (joined, "")
        out = encoded(word)
        word.transaction, word.reason = kept
        return out

    receipt.Receipt.encoded = careless


def _charge(change):
    """A fault: a charge, or what is known of its attempt, is changed before it is judged."""

    def build_in() -> None:
        holds = charge.Charges.holds

        def careless(charges, word, attempt):
            return any(holds(charges, *pair) for pair in change(word, attempt))

        charge.Charges.holds = careless

    return build_in


def _charge_version(word, attempt):
    word["version"] = 1
    yield word, attempt


def _charge_number(word, attempt):
    for number in range(256):
        word["key"] = number
        yield word, attempt


def _charge_amount(word, attempt):
    for step in (0, -1000, -100, -10, -1, 1, 10, 100, 1000):
        amount = max(0, attempt.amount + step)
        one = attempts.Attempt(attempt.nonce, "", "", amount, attempt.currency)
        yield word, one


def _word(name: str):
    """A fault: a field of a word on a tap is taken for what it should be."""

    def change(tap, word):
        word[name] = tap.say("gone", b"")[name]

    return _before(tunnel.Tunnel, "take", change)


def _word_verb() -> None:
    take = tunnel.Tunnel.take

    def careless(tap, word):
        for verb in ("apdu", "wait"):
            word["verb"] = verb
            try:
                return take(tap, word)
            except tunnel.Broken:
                pass
        return take(tap, word)

    tunnel.Tunnel.take = careless


def _size() -> None:
    parse = receipt.parse
    receipt.parse = lambda body: parse(body.strip())


def _leak() -> None:
    parse, kept = receipt.parse, []

    def careless(body):
        kept.append(bytes(body[:64]))
        return parse(body)

    receipt.parse = careless


FAULTS = {
    "any_mac": _any_mac,
    "short_mac": _short_mac,
    "seven_bits_of_mac": _seven_bits_of_mac,
    "key_number": _key_number,
    "device": _device,
    "nonce": _nonce,
    "order": _matching("order"),
    "register": _matching("register"),
    "amount": _matching("amount"),
    "currency": _matching("currency"),
    "replay": _forgetting("paid", "failed", "closed"),
    "last_word": _forgetting("failed", "closed"),
    "slide": _slide,
    "version": _reading(_any_version),
    "number_of_text": _reading(_number_of_text),
    "charge_version": _charge(_charge_version),
    "charge_number": _charge(_charge_number),
    "charge_amount": _charge(_charge_amount),
    "tap_attempt": _word("attempt"),
    "tap_name": _word("tap"),
    "tap_step": _word("step"),
    "tap_verb": _word_verb,
    "size": _size,
    "raise": _reading(_raise),
    "leak": _leak,
}


def build_in(name: str) -> None:
    """Build a fault into the firmware that this process has loaded."""
    FAULTS[name]()
