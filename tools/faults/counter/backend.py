"""The backend: charges, signed receipts, pushes until they are acknowledged, answers to questions
(PROTOCOL.md, 6 to 9)."""

import json

from tillqr.sale import mac, receipt

from tools.faults.counter.chip import KEY

DEVICE = "D0001"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_MAC_SIZE = 10
_FIRST_PAUSE_MS = 200
_LONGEST_PAUSE_MS = 30_000
_TIMEOUT_MS = 5000


class BadQuestion(Exception):
    """A question that is refused."""


class Charge:
    """What is to be paid, and what became of it."""

    def __init__(self, payment):
        self.payment = payment
        self.state = "open"
        self.transaction = ""
        self.reason = ""
        self.pushed = True
        """Whether the display has its last word."""
        self.pause_ms = _FIRST_PAUSE_MS


class Backend:
    """All charges of the display."""

    def __init__(self, agenda, net):
        self.agenda = agenda
        self._net = net
        self._key = mac.Key(KEY, 1)
        self.charges = {}
        self.pushing = True
        """Whether results are pushed now."""
        self.push_delay_ms = 10
        self.push_copies = 1
        self.answering = True
        """Whether questions are answered."""
        self.answer_delay_ms = lambda: 0
        self.on_pushed = lambda: None
        """Told when the display has acknowledged a result."""
        self.deaf = 0
        """So many acknowledgements of pushes are lost yet."""
        net.serve = lambda: Conversation(self)

    def take_over(self, other):
        """Begin with what another one has, and push what it has not brought yet."""
        for nonce, known in other.charges.items():
            charge = self.charges[nonce] = Charge(known.payment)
            charge.state, charge.reason = known.state, known.reason
            charge.transaction, charge.pushed = known.transaction, known.pushed
            self.agenda.after(0, self._push, charge, charge.state)

    def open(self, payment):
        """The charge of a payment, made if there is none."""
        nonce = payment["attempt"]
        if nonce not in self.charges:
            self.charges[nonce] = Charge(payment)
        return self.charges[nonce]

    def settle(self, nonce, state, reason=""):
        """End a charge by its customer; False if it has ended."""
        charge = self.charges[nonce]
        if charge.state != "open":
            return False
        self._end(charge, state, reason)
        return True

    def confirm_late(self, nonce):
        """The provider says that the money came after all."""
        self._end(self.charges[nonce], "paid", "")

    def _end(self, charge, state, reason):
        charge.state, charge.reason = state, reason
        charge.transaction = "T" + charge.payment["attempt"][:8] if state == "paid" else ""
        if state != "closed":
            charge.pushed = False
            charge.pause_ms = _FIRST_PAUSE_MS
            for copy in range(self.push_copies):
                delay = self.push_delay_ms * (1 + 3 * copy)
                self.agenda.after(delay * 1000, self._push, charge, charge.state)

    def receipt(self, charge):
        """Its signed receipt, as JSON."""
        payment = charge.payment
        said = {"version": 1, "device": DEVICE, "key": 1}
        for name in ("register", "order", "attempt", "amount", "currency"):
            said[name] = payment[name]
        said["state"], said["transaction"] = charge.state, charge.transaction
        said["reason"], said["mac"] = charge.reason, b""
        said["mac"] = self._key.mac(receipt.Receipt(said).encoded()).hex()
        return json.dumps(said).encode()

    # Results, on their way.

    def _push(self, charge, state):
        if charge.pushed or charge.state != state:
            return
        if not self.pushing:
            self._later(charge, state)
            return
        Push(self, charge, state).begin(self._net, self.agenda)

    def _later(self, charge, state):
        self.agenda.after(charge.pause_ms * 1000, self._push, charge, state)
        charge.pause_ms = min(_LONGEST_PAUSE_MS, charge.pause_ms * 2)

    def pushed(self, charge, state, answer):
        """What the display answered to a push; b"" for nothing."""
        taken = b" 200 " in answer[:16] or b"receipt_replayed" in answer
        if taken and self.deaf:
            self.deaf -= 1
            taken = False
        if taken and charge.state == state:
            charge.pushed = True
            self.on_pushed()
        elif not charge.pushed:
            self._later(charge, state)

    # Questions.

    def answer(self, body):
        """Status and body of the answer to a question."""
        try:
            payment, verb = self._read(json.loads(body))
        except (BadQuestion, ValueError, KeyError):
            return 400, b"{}"
        charge = self.open(payment)
        if verb == "close" and charge.state == "open":
            self._end(charge, "closed", "")
        if charge.state == "open":
            return 202, b'{"state": "open"}'
        return 200, self.receipt(charge)

    def _read(self, question):
        """The payment and the verb of a question; raises BadQuestion."""
        code, verb = question["code"], question["verb"]
        signed = b"tillqr query" + verb.encode() + code.encode()
        data = _unpacked(code)
        expected = self._key.mac(b"tillqr code" + data[:-_MAC_SIZE])[:_MAC_SIZE]
        if self._key.mac(signed).hex() != question["mac"] or data[-_MAC_SIZE:] != expected:
            raise BadQuestion
        return _payment(data), verb


def _unpacked(code):
    """The bytes of base32."""
    value = bits = 0
    out = bytearray()
    for letter in code:
        value, bits = value << 5 | _ALPHABET.index(letter), bits + 5
        if bits >= 8:
            bits -= 8
            out.append(value >> bits & 0xFF)
            value &= (1 << bits) - 1
    return bytes(out)


def _payment(data):
    """What a code says is to be paid (PROTOCOL.md, 7)."""
    at = 3 + data[2] + 6 + 4 + 2
    payment = {"amount": int.from_bytes(data[at : at + 5], "big")}
    payment["currency"] = data[at + 5 : at + 8].decode()
    at += 8
    for name in ("register", "order"):
        payment[name] = data[at + 1 : at + 1 + data[at]].decode()
        at += 1 + data[at]
    payment["attempt"] = data[at : at + 12].hex()
    return payment


class Conversation:
    """A connection of the board to the backend: one request, one answer."""

    def __init__(self, backend):
        self._backend = backend
        self._request = b""
        self._answered = False
        self.connection = None

    def data(self, data):
        """A part of the request came."""
        self._request += data
        head, blank, body = self._request.partition(b"\r\n\r\n")
        length = head.find(b"Content-Length: ")
        if not blank or len(body) < int(head[length + 16 :].split(b"\r\n")[0]):
            return
        if not self._backend.answering or self._answered:
            return
        self._answered = True
        status, answer = self._backend.answer(body)
        delay = self._backend.answer_delay_ms() * 1000
        self._backend.agenda.after(delay, self._answer, status, answer)

    def _answer(self, status, answer):
        words = "HTTP/1.1 {} \r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
        self.connection.send(words.format(status, len(answer)).encode() + answer)
        self.connection.close()

    def ended(self):
        """The board closed it."""


class Push:
    """One try to bring a receipt to the board's endpoint."""

    def __init__(self, backend, charge, state):
        self._backend = backend
        self._charge = charge
        self._state = state
        self._answer = b""
        self._over = False

    def begin(self, net, agenda):
        """Dial, and send."""
        body = self._backend.receipt(self._charge)
        head = (
            "POST /result HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
        )
        connection = net.dial(self)
        connection.send(head.format(len(body)).encode() + body)
        agenda.after(_TIMEOUT_MS * 1000, self.ended)

    def data(self, data):
        """A part of the answer came."""
        self._answer += data
        if self._answer.find(b"\r\n\r\n") >= 0 and self._answer.endswith(b"}"):
            self.ended()

    def ended(self):
        """The board closed it, or it took too long."""
        if not self._over:
            self._over = True
            self._backend.pushed(self._charge, self._state, self._answer)
