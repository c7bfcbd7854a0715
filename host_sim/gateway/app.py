"""The backend's HTTP interface.

GET  /P/{code}                   the page that the phone opens (makes the charge)
POST /charges/{attempt}/pay      the payer pays
POST /charges/{attempt}/decline  the payer or the bank declines; form field `reason`
GET  /charges/{attempt}          what became of it, as JSON
POST /ask                        a display asks, signed; the answer is a receipt
"""

import contextlib
import json
import secrets
from collections.abc import AsyncIterator, Callable
from urllib.parse import parse_qs

import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from tillqr.sale import money

from host_sim.gateway import codes, pages, receipts
from host_sim.gateway.push import Pusher
from host_sim.gateway.reasons import REASONS
from host_sim.gateway.store import Store

_MAX_BODY = 4096


def _nothing(_: str) -> None:
    """Told of an event when nobody listens."""


class Gateway:
    """The backend of a set of displays."""

    def __init__(
        self,
        devices: list[codes.Device],
        database: str,
        on_event: Callable[[str], None] = _nothing,
    ) -> None:
        """database: an SQLAlchemy URL; on_event hears each thing that happens, in words."""
        self.devices = {device.name: device for device in devices}
        self.store = Store(database)
        self._on_event = on_event
        self._pusher = Pusher(self._delivered)

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = [
            Route("/P/{code}", self._open),
            Route("/charges/{attempt}/pay", self._pay, methods=["POST"]),
            Route("/charges/{attempt}/decline", self._decline, methods=["POST"]),
            Route("/charges/{attempt}", self._query),
            Route("/ask", self._ask, methods=["POST"]),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        for attempt in self.store.unpushed():
            self._push(attempt)
        yield
        await self._pusher.stop()
        self.store.close()

    def _delivered(self, attempt: str) -> None:
        self.store.pushed(attempt)
        self._on_event(f"result of {attempt} delivered to the display")

    async def _open(self, request: Request) -> Response:
        try:
            payment = codes.read(request.path_params["code"], self.devices)
            money.exponent(payment.currency)
        except codes.BadCode as bad:
            return HTMLResponse(pages.refused_page(f"Refused: {bad}."), 400)
        except money.UnknownCurrency:
            return HTMLResponse(pages.refused_page("The currency is not known."), 400)
        charge = self.store.open(payment)
        self._on_event(f"charge {payment.attempt} opened by the phone")
        return HTMLResponse(_charge_page(charge))

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
        if not self.store.settle(attempt, state, transaction, reason):
            return HTMLResponse(_charge_page(self.store.get(attempt)), 409)
        self._on_event(f"charge {attempt} {state} {reason}".rstrip())
        self._push(attempt)
        return RedirectResponse(f"/charges/{attempt}?page=1", 303)

    async def _query(self, request: Request) -> Response:
        charge = self.store.get(request.path_params["attempt"])
        if charge is None:
            return JSONResponse({"error": "unknown_attempt"}, 404)
        if "page" in request.query_params:
            return HTMLResponse(_charge_page(charge))
        names = ("attempt", "state", "transaction", "reason", "amount", "currency", "order")
        return JSONResponse({name: charge[name] for name in names})

    async def _ask(self, request: Request) -> Response:
        try:
            question = json.loads(await _body(request))
            payment, verb = codes.query_verb(question, self.devices)
        except ValueError as bad:  # BadCode, or no JSON
            return JSONResponse({"error": "bad_question", "detail": str(bad)}, 400)
        self.store.open(payment)
        if verb == "close" and self.store.settle(payment.attempt, "closed"):
            self._on_event(f"charge {payment.attempt} closed: the display gave it up")
        charge = self.store.get(payment.attempt)
        if charge is None or charge["state"] == "open":
            return JSONResponse({"state": "open"}, 202)
        return JSONResponse(self._receipt(charge))

    def _receipt(self, charge: sa.RowMapping) -> dict:
        names = codes.Payment.__dataclass_fields__
        payment = codes.Payment(**{name: charge[name] for name in names})
        device = self.devices[payment.device]
        return receipts.sign(
            payment, device, charge["state"], charge["transaction"], charge["reason"]
        )

    def _push(self, attempt: str) -> None:
        charge = self.store.get(attempt)
        assert charge is not None
        self._pusher.push(self._receipt(charge), charge["address"], charge["port"])


def _charge_page(charge: sa.RowMapping | None) -> str:
    assert charge is not None
    show = pages.charge_page if charge["state"] == "open" else pages.ended_page
    return show(dict(charge))


async def _body(request: Request) -> bytes:
    """The request's body, at most _MAX_BODY bytes of it."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            raise HTTPException(413)
    return body
