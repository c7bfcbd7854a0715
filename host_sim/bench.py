"""The bench: a board, the backend that it is provisioned for, and eyes on its panel."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image, ImageChops

from host_sim import phone
from host_sim.air import OWN_SSID, AccessPoint, Air
from host_sim.board import ROOT, Board
from host_sim.gateway.app import Gateway
from host_sim.gateway.codes import Device
from host_sim.service import HttpService, free_port

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
        **settings: object,
    ) -> None:
        """directory: where the board's files and the backend's database are; image, probe,
        console: as Board's; blank: whether the board was never provisioned; settings replace
        those that the bench provisions, and None leaves one out."""
        directory.mkdir(parents=True, exist_ok=True)
        self.key = secrets.token_bytes(32)
        device = Device(DEVICE, self.key)
        self.gateway = Gateway([device], f"sqlite:///{directory}/gateway.db", on_event)
        self.backend = HttpService(self.gateway.app(), backend_port)
        self.endpoint_port = free_port()
        self.setup_port = free_port()
        self._changed = asyncio.Event()
        self.on_picture: Callable[[], None] = lambda: None
        provisioned = {
            "device": DEVICE,
            "shop": SHOP,
            "backend": self.backend.url,
            "wifi_ssid": OWN_SSID,
            "key_number": 1,
            "port": self.endpoint_port,
            "till_baud": 115200,
            "qr_seconds": 120,
            **settings,
        }
        password = secrets.token_hex(8)
        self.settings = {name: value for name, value in provisioned.items() if value is not None}
        """What settings.json is to have."""
        self.secrets = {"device_key": self.key.hex(), "wifi_password": password}
        """As a provisioning document has them."""
        vault = {"device_key": self.key, "wifi_password": password.encode()}
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
        )

    async def __aenter__(self) -> "Bench":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the backend and switch the board on."""
        await self.backend.start()
        await self.board.start()

    async def stop(self) -> None:
        """Switch everything off."""
        await self.board.stop()
        await self.backend.stop()

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
