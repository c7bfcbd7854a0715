"""The bench: a board, the backend that it is provisioned for, and eyes on its panel."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image, ImageChops

from host_sim import broker as brokers
from host_sim import certificates, phone
from host_sim.air import OWN_SSID, AccessPoint, Air
from host_sim.board import ROOT, Board
from host_sim.gateway.app import Gateway
from host_sim.gateway.broker import Login
from host_sim.gateway.codes import Device
from host_sim.gateway.sun import SunCards
from host_sim.rights import BACKEND_USER
from host_sim.road import ROADS
from host_sim.service import LOOPBACK, HttpService, free_port
from host_sim.time_server import TimeServer

DEVICE = "D0001"
SHOP = "Corner Shop"
_STABLE_SECONDS = 0.12


class BenchTimeout(RuntimeError):
    """What was waited for did not come; the text says what."""


class Bench:
    """A display with all that it needs, on one event loop."""

    def __init__(
        self,
        runtime: str = "micropython",
        board: str = "devkit_240x320",
        directory: Path = ROOT / "build" / "bench-board",
        on_event: Callable[[str], None] = lambda _: None,
        backend_port: int = 0,
        image: Path | None = None,
        probe: Path | None = None,
        blank: bool = False,
        console: bool = False,
        road: str = "http",
        broker: str = "amqtt",
        certificate: str = "right",
        reader: str = "",
        cards: SunCards | None = None,
        **settings: object,
    ) -> None:
        """directory: where the board's files and the backend's database are; image, probe,
        console: as Board's; blank: whether the board was never provisioned; road: one of ROADS;
        broker: one of BROKERS, where the road has one; certificate: what servers with TLS show, one
        of SERVED; reader: the bus of a card reader, as Board's; cards: the shop's own, which the
        backend knows; settings replace those that the bench provisions, and None leaves one out.

        Raises BrokerError if the broker is not installed.
        """
        directory.mkdir(parents=True, exist_ok=True)
        self._road = ROADS[road]
        self.key = secrets.token_bytes(32)
        self._words = {name: secrets.token_urlsafe(12) for name in (DEVICE, BACKEND_USER)}
        self._cards = cards
        self._make_servers(directory, broker, certificate, on_event, backend_port)
        self.endpoint_port = free_port()
        self.setup_port = free_port()
        self._changed = asyncio.Event()
        self.on_picture: Callable[[], None] = lambda: None
        password = secrets.token_hex(8)
        self.settings = self._provisioned(settings)
        """What settings.json is to have; it is written at `start`."""
        self.secrets = {"device_key": self.key.hex(), "wifi_password": password}
        """As a provisioning document has them."""
        vault = {"device_key": self.key, "wifi_password": password.encode()}
        self.machine_key = secrets.token_bytes(32)
        """What a card machine at the display signs with."""
        if self.settings.get("machine") == "link":
            self.secrets["machine_key"] = self.machine_key.hex()
            vault["machine_key"] = self.machine_key
        if self.broker:
            self.secrets["broker_password"] = self._words[DEVICE]
            vault["broker_password"] = self._words[DEVICE].encode()
        self.board = Board(
            runtime,
            board,
            directory / "board",
            {} if blank else self.settings,
            {} if blank else vault,
            self._panel_changed,
            image,
            probe,
            Air([AccessPoint(OWN_SSID, password)]),
            self.setup_port,
            console,
            self.authority.der if self._road.tls and not blank else b"",
            reader,
        )

    def _make_servers(
        self,
        directory: Path,
        broker: str,
        certificate: str,
        on_event: Callable[[str], None],
        backend_port: int,
    ) -> None:
        """All that the board talks to; they serve from `start` on."""
        road = self._road
        self.time_server = TimeServer()
        self.authority = certificates.Authority()
        """The CA that the board is provisioned with, where the road needs one."""
        right = certificate == "right"
        self._trust = self.authority.trusting() if right else certificates.trusting_all()
        self._shown = certificates.served(certificate, self.authority) if road.tls else None
        self.broker: brokers.Broker | None = None
        self.login: Login | None = None
        """The backend's, at the broker, if there is one."""
        if road.broker:
            place = directory / "broker"
            self.broker = brokers.make(broker, place, self._words, self._shown)
            self.login = Login(
                self.broker.url, self._words[BACKEND_USER], BACKEND_USER, self._trust
            )
        self.gateway = Gateway(
            [Device(DEVICE, self.key)],
            f"sqlite:///{directory}/gateway.db",
            on_event,
            push=road.push,
            carry=road.carry,
            broker=self.login,
            cards=self._cards,
        )
        self.backend = self._service(backend_port)

    def _service(self, port: int) -> HttpService:
        context = self._shown.context() if self._shown and self._road.https else None
        return HttpService(self.gateway.app(), port, context)

    def _provisioned(self, settings: dict) -> dict:
        """The road's settings, with those that a test wants otherwise."""
        made = {
            "device": DEVICE,
            "shop": SHOP,
            "backend": self._url("https" if self._road.https else "http", self.backend.port),
            "wifi_ssid": OWN_SSID,
            "key_number": 1,
            "port": self.endpoint_port,
            "till_baud": 115200,
            "qr_seconds": 120,
        }
        if self.broker:
            made["broker"] = self._url(self._road.broker, self.broker.port)
        if self._road.tls or settings.get("rotating") == "on":
            made["time_server"] = self.time_server.address
        return {name: value for name, value in (made | settings).items() if value is not None}

    @staticmethod
    def _url(scheme: str, port: int) -> str:
        """As the board is told it, whether or not what serves there speaks TLS."""
        return f"{scheme}://{LOOPBACK}:{port}"

    async def __aenter__(self) -> "Bench":
        await self.start()
        return self

    async def __aexit__(self, _: object, error: BaseException | None, *__: object) -> None:
        """An error is told what became of the board: a test can't run again with other eyes."""
        if error is not None:
            lit = "lit" if self.picture().getbbox() else "dark"
            error.add_note(f"the panel is {lit}; {self.board.last_words()}")
        await self.stop()

    async def start(self) -> None:
        """Start the broker and the backend, and switch the board on; raises BrokerError."""
        await self.time_server.start()
        if self.broker:
            await self.broker.start()
        await self.backend.start()
        await self.board.start()

    async def stop(self) -> None:
        """Switch everything off."""
        await self.board.stop()
        await self.backend.stop()
        if self.broker:
            await self.broker.stop()
        self.time_server.stop()

    async def stop_backend(self) -> None:
        """End the backend; its charges stay in its database."""
        await self.backend.stop()

    async def start_backend(self) -> None:
        """Start the backend again, where it was."""
        self.backend = self._service(self.backend.port)
        await self.backend.start()

    def phone(self, javascript: bool = True) -> phone.Phone:
        """A customer's phone, which trusts this bench's CA and can have a scheme's code opened."""
        return phone.Phone(self._trust, self.backend.url, javascript)

    def _panel_changed(self) -> None:
        self._changed.set()
        self.on_picture()

    @property
    def endpoint(self) -> str:
        """Where the board takes results."""
        return f"http://127.0.0.1:{self.endpoint_port}"

    @property
    def setup_page(self) -> str:
        """Where the board serves its set-up page to whoever joined its own network."""
        return f"http://127.0.0.1:{self.setup_port}"

    def picture(self) -> Image.Image:
        """What is on the panel now."""
        return self.board.panel.image()

    async def next_picture(
        self, before: Image.Image | None = None, seconds: float = 20
    ) -> Image.Image:
        """The panel's picture once it is lit, differs from `before`, and stands still."""
        with _deadline(seconds, "the panel shows nothing new"):
            async with asyncio.timeout(seconds):
                while True:
                    self._changed.clear()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._changed.wait(), _STABLE_SECONDS)
                        continue
                    picture = self.picture()
                    if picture.getbbox() and (before is None or not same(picture, before)):
                        return picture

    async def code_on_panel(self, seconds: float = 20) -> str:
        """The text of the QR code on the panel, read from its pixels."""
        with _deadline(seconds, "no QR code is on the panel"):
            async with asyncio.timeout(seconds):
                while True:
                    await asyncio.sleep(0)  # so that whoever calls in a loop lets the panel change
                    with contextlib.suppress(phone.PhoneError):
                        return phone.read_code(self.picture())
                    self._changed.clear()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._changed.wait(), 1)

    async def code_gone(self, seconds: float) -> None:
        """Wait until no QR code is on the panel any more."""
        with _deadline(seconds, "the QR code is still on the panel"):
            async with asyncio.timeout(seconds):
                with contextlib.suppress(phone.PhoneError):
                    while phone.read_code(self.picture()):
                        await asyncio.sleep(0.05)


def same(one: Image.Image, other: Image.Image) -> bool:
    """Whether two pictures are the same, pixel for pixel."""
    return one.size == other.size and ImageChops.difference(one, other).getbbox() is None


@contextlib.contextmanager
def _deadline(seconds: float, words: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise BenchTimeout(f"{words} after {seconds:g} s") from None
