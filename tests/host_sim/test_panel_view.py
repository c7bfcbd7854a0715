"""The panel's page: what it shows, what it takes, and whom it refuses."""

import asyncio
import io
import json
from typing import Any

import httpx
import pytest
import segno
from PIL import Image

from host_sim.panel_view import Key, PanelView

CODE = "HTTP://127.0.0.1:8080/P/AEAQKRBQGAYDDJGPCI2FM6D7"


def with_code(text: str) -> Image.Image:
    """A panel that shows a QR code."""
    file = io.BytesIO()
    segno.make_qr(text).save(file, kind="png", scale=4)
    panel = Image.new("RGB", (240, 320), "white")
    panel.paste(Image.open(file), (20, 40))
    return panel


class Browser:
    """Sends requests to the application, without a socket."""

    def __init__(self, view: PanelView) -> None:
        self._transport = httpx.ASGITransport(view.app())

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return asyncio.run(self._send("GET", path, headers))

    def post(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return asyncio.run(self._send("POST", path, headers))

    async def _send(self, method: str, path: str, headers: dict[str, str] | None) -> httpx.Response:
        base = "http://127.0.0.1:8081"
        async with httpx.AsyncClient(transport=self._transport, base_url=base) as client:
            return await client.request(method, path, headers=headers)


class Panel:
    """A view of a panel that a test paints."""

    def __init__(self) -> None:
        self.picture = Image.new("RGB", (240, 320), (1, 2, 3))
        self.pressed: list[str] = []
        self.wifi = "Wi-Fi on"
        keys = [
            Key("qr_key", "q", lambda: "QR key", lambda: self.pressed.append("qr_key")),
            Key("wifi", "w", lambda: self.wifi, lambda: self.pressed.append("wifi")),
        ]
        self.view = PanelView("a <display>", lambda: self.picture, keys, "pay --port /dev/pts/7")
        self.browser = Browser(self.view)


@pytest.fixture
def panel() -> Panel:
    return Panel()


def test_the_page_has_the_panel_a_button_a_key_and_the_command(panel: Panel) -> None:
    page = panel.browser.get("/")
    assert page.status_code == 200
    assert "<title>a &lt;display&gt;</title>" in page.text
    assert 'src="/panel.png" width="240" height="320"' in page.text
    assert "image-rendering:pixelated" in page.text
    assert page.text.count("<button") == 2
    assert 'name="wifi" value="w"' in page.text
    assert "pay --port /dev/pts/7" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_picture_is_the_panel_pixel_for_pixel(panel: Panel) -> None:
    answer = panel.browser.get("/panel.png")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "no-store"
    shown = Image.open(io.BytesIO(answer.content))
    assert shown.tobytes() == panel.picture.tobytes()


def test_no_code(panel: Panel) -> None:
    assert panel.browser.get("/code").json() == {"text": None, "url": None}


def test_a_code_that_a_phone_opens(panel: Panel) -> None:
    panel.picture = with_code(CODE)
    assert panel.browser.get("/code").json() == {"text": CODE, "url": CODE}


def test_only_web_addresses_become_links(panel: Panel) -> None:
    panel.picture = with_code("javascript:alert(1)")
    answer = panel.browser.get("/code").json()
    assert answer == {"text": "javascript:alert(1)", "url": None}


def test_pressing_a_key(panel: Panel) -> None:
    assert panel.browser.post("/press/qr_key").status_code == 204
    own = {"Origin": "http://127.0.0.1:8081"}
    assert panel.browser.post("/press/wifi", headers=own).status_code == 204
    assert panel.pressed == ["qr_key", "wifi"]


def test_a_key_that_is_not_there(panel: Panel) -> None:
    assert panel.browser.post("/press/any_key").status_code == 404
    assert panel.browser.get("/press/qr_key").status_code == 405
    assert panel.pressed == []


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:9999", "null"])
def test_another_sites_page_presses_nothing(panel: Panel, origin: str) -> None:
    answer = panel.browser.post("/press/qr_key", headers={"Origin": origin})
    assert answer.status_code == 403
    assert panel.pressed == []


@pytest.mark.parametrize("path", ["/", "/panel.png", "/code"])
def test_another_host_name_sees_nothing(panel: Panel, path: str) -> None:
    answer = panel.browser.get(path, headers={"Host": "rebound.example:8081"})
    assert answer.status_code == 400


def data_of(event: str) -> dict[str, Any]:
    assert event.startswith("data: ")
    assert event.endswith("\n\n")
    return json.loads(event[6:])


async def test_a_stream_tells_what_is_then_each_change_then_ends(panel: Panel) -> None:
    events = panel.view.events()
    first = data_of(await anext(events))
    assert first["labels"] == {"qr_key": "QR key", "wifi": "Wi-Fi on"}

    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    assert not waiting.done()
    panel.wifi = "Wi-Fi off"
    panel.view.changed()
    second = data_of(await waiting)
    assert second["version"] > first["version"]
    assert second["labels"]["wifi"] == "Wi-Fi off"

    panel.view.close()
    assert [event async for event in events] == []


async def test_a_change_between_two_events_is_not_missed(panel: Panel) -> None:
    events = panel.view.events()
    first = data_of(await anext(events))
    panel.view.changed()
    async with asyncio.timeout(1):
        assert data_of(await anext(events))["version"] == first["version"] + 1


def test_the_stream_is_server_sent_events(panel: Panel) -> None:
    panel.view.close()  # so that it ends
    answer = panel.browser.get("/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
