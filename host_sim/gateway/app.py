"""The backend's HTTP interface, and what joins it to the broker.

GET  /P/{code}                   the page that the phone opens (makes the charge)
GET  /provider?text=...          the page of a charge that the backend made, by its code's text
POST /charges/{attempt}/pay      the payer pays
POST /charges/{attempt}/decline  the payer or the bank declines; form field `reason`
GET  /charges/{attempt}          what became of it, as JSON
POST /ask                        a display asks, signed; the answer is a receipt or a charge
"""

import asyncio
import contextlib
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from urllib.parse import parse_qs

import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from host_sim.gateway import carry, codes, pages
from host_sim.gateway.broker import Link, Login
from host_sim.gateway.faults import GARBAGE, Faults
from host_sim.gateway.ledger import Answer, Ledger
from host_sim.gateway.provider import Provider, wechat_like
from host_sim.gateway.push import Pusher
from host_sim.gateway.reasons import REASONS
from host_sim.gateway.store import Store
from host_sim.gateway.sun import SunCards
from host_sim.gateway.taps import Taps

_MAX_BODY = 4096
_log = logging.getLogger(__name__)


def _nothing(_: str) -> None:
    """Told of an event when nobody listens."""


def _as_said(address: str, port: int) -> tuple[str, int]:
    """Where a display takes results: where its code says so."""
    return address, port


async def _never() -> bool:
    """Whether who asked over the broker is gone: that is not known."""
    return False


class Gateway:
    """The backend of a set of displays."""

    def __init__(
        self,
        devices: list[codes.Device],
        database: str,
        on_event: Callable[[str], None] = _nothing,
        *,
        push: bool = True,
        carry: bool = False,
        broker: Login | None = None,
        provider: Provider = wechat_like,
        cards: SunCards | None = None,
    ) -> None:
        """database: an SQLAlchemy URL; on_event hears each thing that happens, in words.

        push: whether results are pushed as they come, over the broker if there is one, else to the
        display's endpoint; carry: whether the payer's page takes them there; provider: makes the
        text of charges that the backend makes; cards: the shop's own, none by default.
        """
        self.devices = {device.name: device for device in devices}
        self.store = Store(database)
        self.ledger = Ledger(self.devices, self.store, provider, on_event)
        self.taps = Taps(self.devices, self.ledger, cards, time.time, on_event)
        self.faults = Faults()
        self.carry = carry
        self.route: Callable[[str, int], tuple[str, int]] = _as_said
        """Where a push goes to; another way than straight to the display, where a test wants it."""
        self._push = push
        self._on_event = on_event
        self._pusher = Pusher(self._delivered)
        self.link = Link(broker, self._asked) if broker else None
        """The connection to the broker, if there is one."""
        self._tasks: set[asyncio.Task[None]] = set()

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = [
            Route("/P/{code}", self._open),
            Route("/provider", self._provider),
            Route("/charges/{attempt}/pay", self._pay, methods=["POST"]),
            Route("/charges/{attempt}/decline", self._decline, methods=["POST"]),
            Route("/charges/{attempt}", self._query),
            Route("/ask", self._ask, methods=["POST"]),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await self.push(self._push)
        if self.link:
            self.link.start()
        yield
        await self._pusher.stop()
        if self.link:
            await self.link.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.store.close()

    # Results, on their way to the displays.

    async def push(self, on: bool) -> None:
        """Push results or don't, from now on; those that were not pushed are when it is on."""
        self._push = on
        if on:
            for attempt in self.store.unpushed():
                self._deliver(attempt)
        else:
            await self._pusher.stop()
            if self.link:
                self.link.withdraw_all()

    def _deliver(self, attempt: str) -> None:
        """Push the result of a charge that has ended, unless results aren't pushed."""
        if not self._push:
            return
        charge = self.store.get(attempt)
        assert charge is not None
        receipt = self.ledger.receipt(attempt)
        if self.link:
            self._publish(receipt)
        elif charge["port"]:
            self._pusher.push(receipt, *self.route(charge["address"], charge["port"]))

    def _publish(self, receipt: dict) -> None:
        assert self.link is not None
        attempt = receipt["attempt"]
        self.link.send(receipt["device"], "result", receipt, lambda: self._published(attempt))

    def _published(self, attempt: str) -> None:
        self.store.pushed(attempt)
        self._on_event(f"result of {attempt} is with the broker")

    def _delivered(self, attempt: str) -> None:
        self.store.pushed(attempt)
        self._on_event(f"result of {attempt} delivered to the display")

    # Phones.

    async def _open(self, request: Request) -> Response:
        try:
            charge = self.ledger.open_code(request.path_params["code"])
        except codes.BadCode as bad:
            return HTMLResponse(pages.refused_page(f"Refused: {bad}."), 400)
        return HTMLResponse(self._page(charge))

    async def _provider(self, request: Request) -> Response:
        charge = self.store.of_text(request.query_params.get("text", ""))
        if charge is None:
            return HTMLResponse(pages.refused_page("There is no such charge."), 404)
        return RedirectResponse(f"/charges/{charge['attempt']}?page=1", 303)

    async def _pay(self, request: Request) -> Response:
        return self._settle(request, "paid", "T" + secrets.token_hex(8), "")

    async def _decline(self, request: Request) -> Response:
        form = parse_qs((await _body(request)).decode("ascii", "replace"))
        reason = form.get("reason", ["declined"])[0]
        if reason not in REASONS:
            return HTMLResponse(pages.refused_page("There is no such reason."), 400)
        return self._settle(request, "failed", "", reason)

    def _settle(self, request: Request, state: str, transaction: str, reason: str) -> Response:
        """End the charge if it is open, push the result, show what became of it."""
        attempt = request.path_params["attempt"]
        charge = self.store.get(attempt)
        if charge is None:
            return HTMLResponse(pages.refused_page("There is no such charge."), 404)
        if not self.ledger.settle(attempt, state, transaction, reason):
            return HTMLResponse(self._page(self.store.get(attempt)), 409)
        self._deliver(attempt)
        return RedirectResponse(f"/charges/{attempt}?page=1", 303)

    async def _query(self, request: Request) -> Response:
        charge = self.store.get(request.path_params["attempt"])
        if charge is None:
            return JSONResponse({"error": "unknown_attempt"}, 404)
        if "page" in request.query_params:
            return HTMLResponse(self._page(charge))
        names = ("attempt", "state", "transaction", "reason", "amount", "currency", "order")
        return JSONResponse({name: charge[name] for name in names})

    def _page(self, charge: sa.RowMapping | None) -> str:
        """The page of a charge."""
        assert charge is not None
        if charge["state"] == "open":
            return pages.charge_page(dict(charge))
        carried = ""
        if self.carry and charge["state"] in ("paid", "failed") and charge["port"]:
            receipt = self.ledger.receipt(charge["attempt"])
            carried = carry.carried(receipt, charge["address"], charge["port"])
        return pages.ended_page(dict(charge), carried)

    # Displays.

    async def _ask(self, request: Request) -> Response:
        body = await _body(request)
        await self.faults.delay(request.is_disconnected)
        if self.faults.errors:
            return JSONResponse({"error": "out_of_order"}, 500)
        if self.faults.garbage:
            return Response(GARBAGE, media_type="application/json")
        try:
            answer = self._answer_to(json.loads(body))
        except (ValueError, RecursionError) as bad:  # BadCode, or no JSON
            return JSONResponse({"error": "bad_question", "detail": str(bad)}, 400)
        if answer.kind == "open":
            return JSONResponse({"state": "open"}, 202)
        return JSONResponse(answer.content)

    def _answer_to(self, question: object, of: str | None = None) -> Answer:
        """The answer to a display's question or word on a tap; raises BadCode."""
        if isinstance(question, dict) and "tap" in question:
            return self.taps.answer(question, of)
        return self.ledger.answer(question, of)

    def _asked(self, device: str, question: object) -> None:
        """A display has asked over the broker."""
        self._spawn(self._answer(device, question))

    async def _answer(self, device: str, question: object) -> None:
        assert self.link is not None
        await self.faults.delay(_never)
        if self.faults.errors:
            return
        if self.faults.garbage:
            self.link.send(device, "answer", GARBAGE)
            return
        try:
            answer = self._answer_to(question, device)
        except codes.BadCode as bad:
            _log.warning("a question on till/%s/charge was dropped: %s", device, bad)
            self._on_event(f"a question of {device} was dropped: {bad}")
            return
        if answer.kind == "receipt":
            self._publish(answer.content)
        else:
            self.link.send(device, "answer", answer.content)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _body(request: Request) -> bytes:
    """The request's body, at most _MAX_BODY bytes of it."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            raise HTTPException(413)
    return body
