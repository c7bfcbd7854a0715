"""The customer's phone: reads the code off the panel's pixels, opens the URL in it, and pays."""

from html.parser import HTMLParser

import httpx
import zxingcpp
from PIL import Image

_BEZEL = 16
"""Black pixels around the panel: its housing."""


class PhoneError(RuntimeError):
    """The phone can't go on; the text says why."""


def read_code(picture: Image.Image) -> str:
    """The text of the one QR code in a picture; raises PhoneError."""
    framed = Image.new("RGB", (picture.width + 2 * _BEZEL, picture.height + 2 * _BEZEL), "black")
    framed.paste(picture, (_BEZEL, _BEZEL))
    found = zxingcpp.read_barcodes(
        framed, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    )
    if len(found) != 1:
        raise PhoneError(f"{len(found)} QR codes are in the picture, not one")
    return found[0].text


class _Forms(HTMLParser):
    """Collects where a page's forms lead."""

    def __init__(self) -> None:
        super().__init__()
        self.actions: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "form":
            self.actions.append(dict(attributes).get("action") or "")


class Phone:
    """A phone with a browser."""

    def __init__(self) -> None:
        self._browser = httpx.AsyncClient(follow_redirects=True, timeout=10, trust_env=False)

    async def close(self) -> None:
        """Put the phone away."""
        await self._browser.aclose()

    async def open(self, url: str) -> httpx.Response:
        """Open a page; raises PhoneError if the backend refuses it."""
        response = await self._browser.get(url)
        if response.status_code != 200:
            raise PhoneError(f"the backend answered {response.status_code} to {url}")
        return response

    async def pay(self, page: httpx.Response) -> httpx.Response:
        """Press the page's "Pay now"."""
        return await self._submit(page, "/pay", {})

    async def decline(self, page: httpx.Response, reason: str) -> httpx.Response:
        """Choose a reason and press "Decline"."""
        return await self._submit(page, "/decline", {"reason": reason})

    async def _submit(self, page: httpx.Response, ending: str, data: dict) -> httpx.Response:
        forms = _Forms()
        forms.feed(page.text)
        for action in forms.actions:
            if action.endswith(ending):
                return await self._browser.post(page.url.join(action), data=data)
        raise PhoneError(f"the page has no form that ends in {ending}")
