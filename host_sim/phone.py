"""The customer's phone: reads the code off the panel's pixels, opens the URL in it, and pays."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from html.parser import HTMLParser

import httpx
import zxingcpp
from PIL import Image

from host_sim.gateway.carry import CARRY_PAUSES

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


@dataclass
class _Form:
    """A form of a page."""

    action: str
    fields: dict[str, str]


class _Page(HTMLParser):
    """What a browser needs of a page: its forms, and the receipt that its script carries."""

    def __init__(self, page: httpx.Response) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self.receipt = ""
        self.receipt_to = ""
        self._in_receipt = False
        self.feed(page.text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attributes}
        self._in_receipt = tag == "script" and said.get("id") == "receipt"
        if tag == "form":
            self.forms.append(_Form(said.get("action", ""), {}))
        elif tag == "input" and self.forms:
            self.forms[-1].fields[said.get("name", "")] = said.get("value", "")
        elif self._in_receipt:
            self.receipt_to = said["data-to"]

    def handle_data(self, data: str) -> None:
        if self._in_receipt:
            self.receipt += data

    def handle_endtag(self, tag: str) -> None:
        self._in_receipt = self._in_receipt and tag != "script"

    def form(self, ending: str) -> _Form:
        """The form whose action ends so; raises PhoneError."""
        for form in self.forms:
            if form.action.endswith(ending):
                return form
        raise PhoneError(f"the page has no form that ends in {ending}")


class Phone:
    """A phone with a browser."""

    def __init__(
        self,
        trust: ssl.SSLContext | None = None,
        provider: str = "",
        javascript: bool = True,
    ) -> None:
        """trust: what HTTPS is verified with, by default the usual CAs; provider: the backend at
        which codes are opened that are no URLs, as a payment app opens its own; javascript: whether
        pages' scripts run."""
        self._browser = httpx.AsyncClient(
            follow_redirects=True, timeout=10, trust_env=False, verify=trust or True
        )
        self._provider = provider
        self._javascript = javascript
        self.carried = ""
        """What became of the receipt that a page's script carried last: "taken", "refused",
        "unreachable", or "" if none did."""

    async def close(self) -> None:
        """Put the phone away."""
        await self._browser.aclose()

    async def open(self, code: str) -> httpx.Response:
        """Open what a code says; raises PhoneError if the backend refuses it."""
        if code.lower().startswith(("http://", "https://")):
            response = await self._browser.get(code)
        else:
            response = await self._browser.get(f"{self._provider}/provider", params={"text": code})
        if response.status_code != 200:
            raise PhoneError(f"the backend answered {response.status_code} to {code}")
        return await self._shown(response)

    async def pay(self, page: httpx.Response) -> httpx.Response:
        """Press the page's "Pay now"."""
        return await self._submit(page, "/pay", {})

    async def decline(self, page: httpx.Response, reason: str) -> httpx.Response:
        """Choose a reason and press "Decline"."""
        return await self._submit(page, "/decline", {"reason": reason})

    async def carry(self, page: httpx.Response) -> str:
        """Do what the script of an ended charge's page does; what `carried` is to say."""
        read = _Page(page)
        for pause in (0, *CARRY_PAUSES):
            await asyncio.sleep(pause)
            with contextlib.suppress(httpx.HTTPError):
                answer = await self._post_text(read.receipt_to, read.receipt)
                if answer.status_code == 200 or "receipt_replayed" in answer.text:
                    return "taken"
                if answer.status_code < 500:
                    return "refused"
        return "unreachable"

    async def carry_by_hand(self, page: httpx.Response) -> httpx.Response:
        """Press the button that takes the receipt to the display without a script, as a form of
        text/plain is sent (HTML, 4.10.21.8)."""
        form = _Page(page).form("/result")
        body = "".join(f"{name}={value}\r\n" for name, value in form.fields.items())
        return await self._post_text(form.action, body)

    async def _post_text(self, url: str, body: str) -> httpx.Response:
        headers = {"Content-Type": "text/plain;charset=UTF-8"}
        return await self._browser.post(url, content=body.encode(), headers=headers)

    async def _submit(self, page: httpx.Response, ending: str, data: dict) -> httpx.Response:
        form = _Page(page).form(ending)
        return await self._shown(await self._browser.post(page.url.join(form.action), data=data))

    async def _shown(self, page: httpx.Response) -> httpx.Response:
        """A page, once its script has run."""
        if self._javascript and _Page(page).receipt:
            self.carried = await self.carry(page)
        return page
