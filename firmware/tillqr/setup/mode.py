"""Set-up mode's tasks: the panel, the till link, the access point with its page.

Each way ends in a reset, after which the board is set up or says what it still lacks. The console
is open meanwhile, so tools/provision can come that way too. What carries out a message or a
request is loaded for as long as that takes.
"""

import asyncio
import gc
import os
import sys
import time

import machine
import network
from micropython import const

from tillqr.net import http
from tillqr.till import message
from tillqr.till.link import Link
from tillqr.till.port import TillPort
from tillqr.unload import unload

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Coroutine

    from esp32 import NVS
    from network import WLAN

    from tillqr.board.counters import Counters
    from tillqr.panel.face import Face

BAUD = const(115200)
"""Of the till line in set-up mode, whatever the settings say."""
PORT = const(80)
_STATIONS = const(4)
_CLIENTS = const(4)  # connections; one more is turned away
_DEADLINE_S = const(5)  # of each, for everything
_COUNTERS_ROOM = const(480)
_LAST_WORDS_MS = const(1000)  # for the answer that something was stored
_LONG_MS = const(60_000)
_LET_GO = (
    "tillqr.board.provision",
    "tillqr.board.settings",
    "tillqr.net.secure",
    "tillqr.qr.encoder",
    "tillqr.qr.functions",
    "tillqr.qr.tables",
    "tillqr.setup.access",
    "tillqr.setup.form",
    "tillqr.setup.found",
    "tillqr.setup.gate",
    "tillqr.setup.page",
    "tillqr.setup.till",
)


class SetupMode:
    """What a board does that is not set up."""

    def __init__(
        self, face: "Face", counters: "Counters", nvs: "NVS", reason: str, port: int
    ) -> None:
        """reason: why it isn't, unless it lacks something; port: where the page is served."""
        from tillqr.setup import found

        self._face = face
        self._counters = counters
        self._nvs = nvs
        self._port = port
        self._serial = machine.unique_id().hex()
        self._over = asyncio.Event()  # something was stored, or a task ended
        self._tasks: list = []
        self._clients = 0
        self._known = found.right_ones()
        self._languages = found.languages()
        self.reason = face.view.note = found.lacking(nvs) or reason
        """Why the board isn't set up, in words for staff."""

    async def run(self, access_point: "WLAN", uart: machine.UART) -> None:
        """Run until something was stored, or a task ended; then reset."""
        _add_messages()
        _let_go()
        boot = os.urandom(8).hex()
        count = self._counters.add
        self._link = Link("display", boot, BAUD, self._deliver, _settled, count)
        till_port = TillPort(uart, self._link)
        for task in (
            self._face.run(),
            till_port.receive(),
            till_port.transmit(),
            self._open(access_point),
        ):
            self._tasks.append(asyncio.create_task(self._guard(task)))
        await self._over.wait()
        await asyncio.sleep_ms(_LAST_WORDS_MS)
        machine.reset()

    async def _guard(self, task: "Coroutine[object, object, None]") -> None:
        try:
            await task
        except Exception as error:  # noqa: BLE001  (a task's boundary: nothing passes unseen)
            sys.print_exception(error)
        self._over.set()

    def _store(self, document: dict) -> str:
        """Store a provisioning document, or a piece of the CA's certificate: "", or what is wrong
        with it. Raises OSError."""
        gc.collect()  # a module is loaded best where memory is in one piece
        from tillqr.board import provision
        from tillqr.board.settings import BadSettings

        try:
            if "ca" in document:
                provision.store_ca(document["ca"])
                return ""
            provision.store(document, self._nvs)
        except BadSettings as bad:
            return str(bad)
        except OSError:
            self._counters.add("setup_storage")
            raise
        self._over.set()
        return ""

    # The till line.

    def _deliver(self, kind: int, content: dict) -> None:
        """Carry out a message from the register; raises message.Refusal."""
        try:
            self._carry_out(kind, content)
        finally:
            _let_go()

    def _carry_out(self, kind: int, content: dict) -> None:
        from tillqr.setup import till

        if till.carry_out(kind, content, self._store):
            counters = self._counters.report(_COUNTERS_ROOM)
            boot = self._link.boot
            info = till.info(boot, self._serial, self._known, counters, self.reason)
            self._link.send(message.INFO, info, True)

    # The page.

    async def _open(self, access_point: "WLAN") -> None:
        """Serve the page at an access point of our own; without one the till line is left."""
        try:
            self._show_access(access_point)
            await asyncio.start_server(self._serve, "0.0.0.0", self._port)
        except OSError:
            self._counters.add("setup_no_page")
            self._face.view.access = None
            self._face.show("setup")
        while True:
            await asyncio.sleep_ms(_LONG_MS)

    def _show_access(self, access_point: "WLAN") -> None:
        """Open the access point, and show the way to it."""
        from tillqr.qr import Encoder
        from tillqr.setup import access, gate

        made = access.Access()
        made.ssid = "tillqr-" + self._serial[-4:]
        made.password = access.make_password(os.urandom(access.PASSWORD_SIZE))
        access_point.active(True)
        access_point.config(
            ssid=made.ssid,
            security=network.AUTH_WPA2_PSK,
            key=made.password,
            max_clients=_STATIONS,
        )
        made.address = access_point.ifconfig()[0]
        if self._port != PORT:
            made.address += ":{}".format(self._port)
        view = self._face.view
        self._access = view.access = made
        view.code = Encoder().encode(access.wifi_code(made.ssid, made.password), "M")
        self._gate = gate.GateState()
        gate.renew(self._gate, os.urandom)
        self._show_pin()

    def _show_pin(self) -> None:
        if self._access.pin != self._gate.pin:
            self._access.pin = self._gate.pin
            self._face.show("setup")

    async def _serve(self, reader: "StreamReader", writer: "StreamWriter") -> None:
        self._clients += 1
        count = self._counters.add
        try:
            if self._clients <= _CLIENTS:
                await asyncio.wait_for(self._talk(reader, writer), _DEADLINE_S)
            else:
                count("http_turned_away")
        except asyncio.TimeoutError:
            count("http_timeout")
        except MemoryError:
            count("http_no_memory")
        except OSError:
            count("http_broken")
        finally:
            self._clients -= 1
            await http.close(writer)

    async def _talk(self, reader: "StreamReader", writer: "StreamWriter") -> None:
        try:
            status, body = self._answer(await http.read_message(reader))
        except http.HttpError as error:
            self._counters.add("http_refused")
            status, body = error.status, [error.name.encode()]
        finally:
            _let_go()
            self._show_pin()
        head = "HTTP/1.1 {} \r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n"
        head += "Cache-Control: no-store\r\nX-Frame-Options: DENY\r\nConnection: close\r\n\r\n"
        writer.write(head.format(status, sum(map(len, body))).encode())
        for piece in body:
            writer.write(piece)
            await writer.drain()

    def _answer(self, request: http.Message) -> "tuple[int, list[bytes]]":
        gc.collect()  # a module is loaded best where memory is in one piece
        from tillqr.setup.page import SetupPage

        count = self._counters.add
        page = SetupPage(self._gate, os.urandom, self._store, self._languages, count)
        return page.answer(request, time.ticks_ms(), self.reason, self._known)


def _add_messages() -> None:
    from tillqr.setup import till

    till.add()


def _settled(_kind: int, _content: dict, _reason: str, _detail: str) -> None:
    """What became of a message of ours: INFO is not missed."""


def _let_go() -> None:
    """Forget what was loaded to carry something out."""
    unload(*_LET_GO)
