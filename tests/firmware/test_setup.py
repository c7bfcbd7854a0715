"""Set-up mode's parts: PIN, Wi-Fi code, form, page, and what the till line hears."""

from tillqr.net import http
from tillqr.setup import access, form, gate, till
from tillqr.setup.page import SetupPage
from tillqr.till import answers, frame, message

from tests import vectors
from tests.support import Counts, raises

PAUSE = 30_000


class Random:
    """Not that random: each call gives the next number."""

    def __init__(self):
        self.next = 0

    def __call__(self, size):
        self.next += 1
        return self.next.to_bytes(size, "big")


random = Random()


def test_a_password_is_readable_and_long_enough():
    password = access.make_password(bytes(range(access.PASSWORD_SIZE)))
    assert len(password) == access.PASSWORD_SIZE >= 8
    assert all(character not in "il1o0IO" for character in password)
    assert access.make_password(b"\xff" * 11) != access.make_password(b"\x00" * 11)


def test_the_wifi_code_escapes_what_means_something():
    assert access.wifi_code("tillqr-5678", "abc") == "WIFI:T:WPA;S:tillqr-5678;P:abc;;"
    # The example of ZXing's wiki, "Barcode contents".
    assert access.wifi_code('"foo;bar\\baz"', "x") == 'WIFI:T:WPA;S:\\"foo\\;bar\\\\baz\\";P:x;;'
    assert access.wifi_code("a,b:c", "p") == "WIFI:T:WPA;S:a\\,b\\:c;P:p;;"


def gate_state():
    state = gate.GateState()
    gate.renew(state, random)
    return state


def test_the_right_pin_opens_and_wrong_ones_do_not():
    state = gate_state()
    assert len(state.pin) == 6 and state.pin.isdigit()
    for wrong in ("", state.pin[:5], state.pin + "0", "\u0661" * 6):
        assert not gate.opens(state, wrong, 0, random)
    assert gate.opens(state, state.pin, 0, random)


def test_each_digit_counts():
    for place in range(6):
        state = gate_state()
        digit = "1" if state.pin[place] != "1" else "2"
        wrong = state.pin[:place] + digit + state.pin[place + 1 :]
        assert not gate.opens(state, wrong, 0, random)


def test_five_wrong_pins_make_another_and_a_pause():
    state = gate_state()
    first = state.pin
    for number in range(5):
        assert gate.wait_ms(state, 1000) == 0 and state.pin == first
        assert not gate.opens(state, "wrong", 1000 + number, random)
    second = state.pin
    assert second != first and 0 < gate.wait_ms(state, 1005) <= PAUSE
    assert not gate.opens(state, second, 1005, random), "the right one, too early"
    assert not gate.opens(state, first, 1004 + PAUSE, random)
    assert gate.opens(state, second, 1004 + PAUSE, random)


def test_a_right_pin_forgives():
    state = gate_state()
    first = state.pin
    for _ in range(3):
        for _ in range(4):
            gate.opens(state, "wrong", 0, random)
        assert gate.opens(state, first, 0, random)


def test_the_pause_ends_when_the_clock_wraps():
    state = gate_state()
    now = 2**30 - 1000
    for _ in range(5):
        gate.opens(state, "wrong", now, random)
    assert gate.wait_ms(state, 5000) == PAUSE - 6000
    assert gate.wait_ms(state, (now + PAUSE) % 2**30) == 0


def test_forms():
    fields = form.parse(b"pin=123456&wifi_ssid=Caf%C3%A9+1&wifi_password=a%26b%3Dc%25&x=y&shop=")
    assert fields == {
        "pin": "123456",
        "wifi_ssid": "Caf\u00e9 1",
        "wifi_password": "a&b=c%",
        "shop": "",
    }
    assert form.parse(b"") == {}
    for bad in (
        b"pin=1&pin=2",
        b"pin=%",
        b"pin=%4",
        b"pin=%zz",
        b"pin=%ff",
        b"pin=\xff",
        b"pin=%+1",
    ):
        raises(ValueError, form.parse, bad)


def test_a_page_shows_texts_as_texts():
    values = {"shop": "<b>\"'&", "wifi_ssid": '"><script>', "language": "de"}
    html = b"".join(form.page("<i>", values, ["de", "en"])).decode()
    assert "<script>" not in html and "<b>" not in html and "<i>" not in html
    assert "&lt;b&gt;&quot;&#39;&amp;" in html
    assert "<option selected>de</option><option>en</option>" in html
    assert "{}" not in html and "{{" not in html


class Store:
    """Keeps documents, or says what is wrong, or fails."""

    def __init__(self, wrong="", error=None):
        self.wrong = wrong
        self.error = error
        self.documents = []

    def __call__(self, document):
        if self.error is not None:
            raise self.error
        if not self.wrong:
            self.documents.append(document)
        return self.wrong


def request(first, body=b"", kind=b"application/x-www-form-urlencoded"):
    head = first + b"\r\nContent-Type: " + kind + b"\r\nContent-Length: %d" % len(body)
    made = http.Message(head)
    made.body = body
    return made


class Page:
    """A set-up page whose PIN is 123456."""

    def __init__(self, store=None):
        self.state = gate.GateState()
        self.state.pin = "123456"
        self.counts = Counts()
        self.store = store or Store()
        languages = ["de", "en"]
        self.page = SetupPage(self.state, random, self.store, languages, self.counts)

    def answer(self, sent):
        status, pieces = self.page.answer(sent, 0, "No Wi-Fi network yet", {"shop": "Corner Shop"})
        assert max(map(len, pieces)) < 300, "memory is seldom in long pieces"
        return status, b"".join(pieces)

    def post(self, body):
        return self.answer(request(b"POST / HTTP/1.1", body))


GOOD = b"pin=123456&wifi_ssid=shop&wifi_password=correct+horse&shop=Corner+Shop&language=en"


def test_the_form_is_shown():
    status, html = Page().answer(request(b"GET / HTTP/1.1"))
    assert status == 200 and b"No Wi-Fi network yet" in html and b"<form" in html
    assert b"Corner Shop" in html and b">de<" in html and b">en<" in html


def test_a_form_with_the_pin_is_stored():
    page = Page()
    status, html = page.post(GOOD)
    assert status == 200 and b"Saved" in html
    settings = {"wifi_ssid": "shop", "shop": "Corner Shop", "language": "en"}
    secrets = {"wifi_password": "correct horse"}
    assert page.store.documents == [{"settings": settings, "secrets": secrets}]


def test_without_the_pin_nothing_is_stored():
    for body in (GOOD.replace(b"123456", b"123457"), GOOD.replace(b"pin=", b"x=")):
        page = Page()
        status, html = page.post(body)
        assert status == 403 and page.store.documents == []
        assert b"correct" not in html, "a password is not sent back"
        assert page.counts.names == ["setup_wrong_pin"]


def test_after_five_wrong_pins_not_even_the_right_one_is_taken():
    page = Page()
    wrong = GOOD.replace(b"123456", b"123457")
    assert [page.post(wrong)[0] for _ in range(5)] == [403] * 4 + [429]
    for pin in ("123456", page.state.pin):
        status, html = page.post(GOOD.replace(b"123456", pin.encode()))
        assert status == 429 and b"30 seconds" in html and page.state.pin.encode() not in html
    assert page.store.documents == []


def test_what_is_wrong_is_said():
    status, html = Page(Store("shop must be <short>")).post(GOOD)
    assert status == 400 and b"shop must be &lt;short&gt;" in html and b"correct" not in html
    assert Page(Store(error=OSError(28))).post(GOOD)[0] == 500


def test_other_requests_are_refused():
    for sent, wanted in (
        (request(b"GET /x HTTP/1.1"), 404),
        (request(b"PUT / HTTP/1.1"), 405),
        (request(b"POST / HTTP/1.1", GOOD, b"text/plain"), 415),
        (request(b"POST / HTTP/1.1", b"pin=%"), 400),
        (http.Message(b"POST / HTTP/1.1\r\nHost: x"), 411),
    ):
        assert raises(http.HttpError, Page().answer, sent).status == wanted


def test_info_says_why():
    answers.add()
    for kind in (message.QUERY, message.HELLO):
        assert till.carry_out(kind, {}, None)
    for known, device in (({}, "-"), ({"device": "D0001", "shop": "Corner Shop"}, "D0001")):
        info = till.info("b00t", "a4cf12345678", known, {"frame_crc": 1}, "No device key yet")
        assert info == message.parse(message.INFO, message.build(info)), "nothing is dropped"
        assert (info["state"], info["reason"]) == ("setup", "No device key yet")
        assert info["device"] == device


def test_a_document_is_stored_before_it_is_acknowledged():
    till.add()
    document = {"settings": {"shop": "Corner Shop"}, "secrets": {"device_key": "00" * 32}}
    parsed = message.parse(till.PROVISION, message.build(document))
    assert parsed == document
    store = Store()
    assert not till.carry_out(till.PROVISION, parsed, store)
    assert store.documents == [document]
    for store, reason, detail in (
        (Store("shop must be a text"), "field", "shop must be a text"),
        (Store(error=OSError(28)), "storage", ""),
    ):
        refusal = raises(message.Refusal, till.carry_out, till.PROVISION, parsed, store)
        assert (refusal.reason, refusal.detail) == (reason, detail)


def test_a_sale_is_refused():
    for kind in (message.CART, message.PAY, message.CANCEL):
        assert raises(message.Refusal, till.carry_out, kind, {}, None).reason == "setup"
    assert raises(message.Refusal, till.carry_out, message.RESULT, {}, None).reason == "type"


def test_frame_vectors():
    till.add()
    for line in vectors.load("set-up frames"):
        kind, sequence, rest = line.split(" ", 2)
        end = rest.rfind(" ")
        payload, data = rest[:end].encode(), rest[end + 1 :]
        assert bytes(frame.build(int(kind), int(sequence), payload)).hex() == data
        assert int(kind) == till.PROVISION and message.parse(till.PROVISION, payload)


def test_refused_vectors():
    till.add()
    for line in vectors.load("refused in set-up mode"):
        kind, rest = line.split(" ", 1)
        end = rest.rfind("}") + 1
        reason, detail = rest[end + 1 :].split(" ")

        def take(kind, payload):
            till.carry_out(kind, message.parse(kind, payload), None)

        refusal = raises(message.Refusal, take, int(kind), rest[:end].encode())
        assert (refusal.reason, refusal.detail or "-") == (reason, detail)
