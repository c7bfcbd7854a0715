"""What a board is set up with: settings, documents, certificates, the set-up page; neutral.

Files are written where the process is.
"""

import os

from tillqr.board import provision, settings
from tillqr.net import http
from tillqr.setup import form, gate, till
from tillqr.setup import page as setup_page
from tillqr.till import message

from tools.fuzz.parsers import Counts, Parser, demand, digest, keep, shape
from tools.fuzz.parsers.streams import Stream, finish

PIN = "123456"
_FILES = ("settings.json", "ca.new", "ca.der")
_NAMES = ("device", "shop", "backend", "wifi_ssid", "language", "theme", "broker", "time_server")
_NUMBERS = ("key_number", "port", "till_baud", "qr_seconds", "sleep_minutes")
_MOST_CA = 2048
_BY_TLS = "ca must be one certificate"


till.add()
keep(setup_page, "tillqr.setup.form")


def files(octets: bytes) -> str:
    """A settings file."""
    with open(_FILES[0], "wb") as file:
        file.write(octets)
    try:
        made = settings.load(_FILES[0])
    except settings.BadSettings as bad:
        return digest(str(bad))
    demand(all(type(getattr(made, name)) is int for name in _NUMBERS), "a number is none")
    return "settings " + shape([getattr(made, name) for name in _NAMES + _NUMBERS])


def documents(octets: bytes) -> str:
    """Messages that set a board up, with a zero byte between them."""
    _clear()
    said = []
    for payload in octets.split(b"\0")[:12]:
        try:
            content = message.parse(till.PROVISION, payload[:1024])
            till.carry_out(till.PROVISION, content, _store)
            said.append("stored")
        except message.Refusal as refusal:
            said.append(refusal.reason + " " + _same(refusal.detail))
    demand(_size("ca.new") <= _MOST_CA and _size("ca.der") <= _MOST_CA, "a certificate is too long")
    return " ".join(said)


def _same(detail: str) -> str:
    """What both runtimes say: objects have no order on one, so any of the wrong names is told."""
    if detail.startswith("there is no "):
        return "unknown name"
    return digest(detail)


def _store(document: dict) -> str:
    """As setup.mode does, but that settings are only checked, and that it isn't told what TLS makes
    of a certificate: each runtime has its own."""
    try:
        if "ca" in document:
            provision.store_ca(document["ca"])
        else:
            provision.check(document, {}, lambda language: language in ("en", "zh"))
    except settings.BadSettings as bad:
        return "" if str(bad).startswith(_BY_TLS) else str(bad)
    return ""


def _clear() -> None:
    for name in _FILES:
        try:
            os.remove(name)
        except OSError:
            pass


def _size(name: str) -> int:
    try:
        return os.stat(name)[6]
    except OSError:
        return 0


def forms(octets: bytes) -> str:
    """The form of the set-up page, alone."""
    try:
        return "form " + digest(shape(form.parse(octets[: http.MAX_BODY])))
    except ValueError:
        return "no form"


def page(octets: bytes) -> str:
    """A request to the set-up page, by somebody who may know the PIN."""
    state, counts = gate.GateState(), Counts()
    state.pin = PIN
    site = setup_page.SetupPage(state, bytes, _store, ["en", "zh"], counts)
    try:
        request = finish(http.read_message(Stream(octets)))  # type: ignore[arg-type]
        status, pieces = site.answer(request, 1, "No shop yet", {})
    except http.HttpError as error:
        return "{} {}".format(error.status, error.name)
    words = b"".join(pieces)
    demand(words.count(b"<script") == 0, "what was sent is taken for HTML")
    return "{} {} {}".format(status, digest(words.decode()), counts.words())


PARSERS = {
    "files": Parser(files, 1024, 40),
    "documents": Parser(documents, 1024, 60),
    "forms": Parser(forms, http.MAX_BODY, 20),
    "page": Parser(page, 1024 + 256 + http.MAX_BODY, 40),
}
