"""The panel in a browser: a page that shows it enlarged, with its keys, and opens its code.

    GET  /              the page
    GET  /panel.png     the panel's picture
    GET  /events        server-sent events: one for each change of the panel or of a key's label
    GET  /code          what the QR code on the panel says, as JSON {"text", "url"} (or nulls)
    POST /press/{key}   presses a key

It is for this machine alone: requests under another host name (DNS rebinding) or sent by another
site's page are refused.
"""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from host_sim import phone

_HOSTS = ["127.0.0.1", "localhost"]
_NO_STORE = {"Cache-Control": "no-store"}
_POLICY = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; connect-src 'self'; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    **_NO_STORE,
}


@dataclass(frozen=True)
class Key:
    """Something that a person can press."""

    name: str
    """What POST /press calls it."""
    letter: str
    """The key on the keyboard that does the same."""
    label: Callable[[], str]
    """What it is called now."""
    press: Callable[[], None]


class PanelView:
    """The page and what it needs; `changed` tells it to look again, `close` ends its streams."""

    def __init__(
        self,
        title: str,
        picture: Callable[[], Image.Image],
        keys: Sequence[Key],
        command: str = "",
    ) -> None:
        """picture: what is on the panel now; command: how a register is attached, to be shown."""
        self._title = title
        self._picture = picture
        self._keys = {key.name: key for key in keys}
        self._command = command
        self._version = 0
        self._wake = asyncio.Event()
        self._closed = False

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = [
            Route("/", self._page),
            Route("/panel.png", self._png),
            Route("/events", self._stream),
            Route("/code", self._code),
            Route("/press/{key}", self._press, methods=["POST"]),
        ]
        guard = Middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS, www_redirect=False)
        return Starlette(routes=routes, middleware=[guard])

    def changed(self) -> None:
        """The panel or a label is another now."""
        self._version += 1
        self._wake_streams()

    def close(self) -> None:
        """End all streams, so that the service can stop at once."""
        self._closed = True
        self._wake_streams()

    def _wake_streams(self) -> None:
        wake, self._wake = self._wake, asyncio.Event()
        wake.set()

    async def events(self) -> AsyncIterator[str]:
        """What is now, and then each change, as server-sent events, until `close`."""
        while not self._closed:
            wake = self._wake
            labels = {name: key.label() for name, key in self._keys.items()}
            event = {"version": self._version, "labels": labels}
            yield f"data: {json.dumps(event)}\n\n"
            await wake.wait()

    async def _page(self, _: Request) -> Response:
        width, height = self._picture().size
        page = _page(self._title, width, height, list(self._keys.values()), self._command)
        return HTMLResponse(page, headers=_POLICY)

    async def _png(self, _: Request) -> Response:
        file = io.BytesIO()
        self._picture().save(file, "PNG")
        return Response(file.getvalue(), media_type="image/png", headers=_NO_STORE)

    async def _stream(self, _: Request) -> Response:
        return StreamingResponse(self.events(), media_type="text/event-stream", headers=_NO_STORE)

    async def _code(self, _: Request) -> Response:
        try:
            text = phone.read_code(self._picture())
        except phone.PhoneError:
            return JSONResponse({"text": None, "url": None}, headers=_NO_STORE)
        # Only what a phone would open as a web page becomes a link.
        url = text if text.lower().startswith(("http://", "https://")) else None
        return JSONResponse({"text": text, "url": url}, headers=_NO_STORE)

    async def _press(self, request: Request) -> Response:
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
            return JSONResponse({"error": "foreign_origin"}, 403)
        key = self._keys.get(request.path_params["key"])
        if key is None:
            return JSONResponse({"error": "unknown_key"}, 404)
        key.press()
        return Response(status_code=204)


_STYLE = """
:root{color-scheme:dark}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;align-items:center;
gap:20px;padding:24px 16px;background:#17191c;color:#d5d8dc;
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{margin:0;font-size:15px;font-weight:500;color:#9aa0a8}
.stage{display:flex;flex-wrap:wrap;gap:28px 40px;justify-content:center;align-items:center}
.device{padding:22px 22px 30px;border-radius:26px;background:linear-gradient(#34383e,#25282d);
box-shadow:0 0 0 1px #444951,0 18px 50px #0009,inset 0 1px 0 #fff2}
.glass{display:block;border-radius:4px;background:#000;image-rendering:pixelated;
box-shadow:0 0 0 8px #0b0c0e}
.side{width:270px;display:flex;flex-direction:column;gap:10px}
button,.open{display:flex;justify-content:space-between;align-items:center;width:100%;
padding:12px 16px;border:1px solid #444951;border-radius:10px;background:#25282d;
color:inherit;font:inherit;text-align:left;text-decoration:none;cursor:pointer}
button:hover{background:#2f3339}button:active{background:#3a3f46}
button:focus-visible,.open:focus-visible{outline:2px solid #7fb2ff;outline-offset:2px}
button span{display:inline-block}button span::first-letter{text-transform:uppercase}
kbd{font:13px ui-monospace,"DejaVu Sans Mono",monospace;color:#9aa0a8;border:1px solid #444951;
border-radius:5px;padding:0 7px}
.open{background:#1d5fbf;border-color:#1d5fbf;color:#fff;font-weight:600;margin-top:14px}
.open:hover{background:#2a6fd3}
.open:not([href]){background:none;border-style:dashed;border-color:#444951;color:#9aa0a8;
font-weight:400;cursor:default}
.note{margin:14px 0 0;color:#9aa0a8;font-size:13px}
.note code{display:block;margin-top:6px;padding:10px 12px;border-radius:8px;background:#0f1113;
color:#d5d8dc;font:12px/1.6 ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere;
user-select:all}
.gone .device{opacity:.35}#state:empty{display:none}
#state{color:#ffb4a8}
"""

_SCRIPT = """
const glass = document.getElementById('glass');
const link = document.getElementById('open');
const state = document.getElementById('state');
const device = document.querySelector('.device');
const width = +glass.getAttribute('width'), height = +glass.getAttribute('height');

function fit() {  // whole device pixels only, so that modules stay square
  const ratio = window.devicePixelRatio || 1;
  const most = Math.min((innerHeight - 160) / height, (innerWidth - 90) / width, 3);
  const scale = Math.max(1, Math.floor(most * ratio)) / ratio;
  glass.style.width = width * scale + 'px';
  glass.style.height = height * scale + 'px';
}

async function readCode() {
  const code = await (await fetch('/code')).json();
  if (code.url) { link.href = code.url; } else { link.removeAttribute('href'); }
  link.textContent = code.url ? 'Open the code' : 'No code on the panel';
  link.title = code.text || '';
}

function press(name) { fetch('/press/' + name, {method: 'POST'}); }

const buttons = [...document.querySelectorAll('button')];
for (const button of buttons) { button.onclick = () => press(button.name); }
addEventListener('keydown', event => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const button = buttons.find(one => one.value === event.key);
  if (button) press(button.name);
});

const events = new EventSource('/events');
events.onopen = () => { document.body.classList.remove('gone'); state.textContent = ''; };
events.onerror = () => {
  document.body.classList.add('gone');
  state.textContent = 'The bench is not running. This page comes back with it.';
};
events.onmessage = message => {
  const now = JSON.parse(message.data);
  glass.src = '/panel.png?' + now.version + '.' + Date.now();
  for (const button of buttons) { button.firstChild.textContent = now.labels[button.name]; }
  readCode().catch(() => {});
};
addEventListener('resize', fit);
fit();
"""


def _button(key: Key) -> str:
    letter = escape(key.letter)
    return (
        f'<button name="{escape(key.name)}" value="{letter}">'
        f"<span>{escape(key.label())}</span><kbd>{letter}</kbd></button>"
    )


def _page(title: str, width: int, height: int, keys: Sequence[Key], command: str) -> str:
    attach = ""
    if command:
        attach = f'<p class="note">Pay from a second terminal:<code>{escape(command)}</code></p>'
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<link rel="icon" href="data:,"><title>{escape(title)}</title><style>{_STYLE}</style>'
        f'<body><h1>{escape(title)}</h1><div class="stage"><div class="device">'
        f'<img id="glass" class="glass" src="/panel.png" width="{width}" height="{height}" '
        'alt="The display\'s panel"></div><div class="side">'
        f"{''.join(_button(key) for key in keys)}"
        '<a id="open" class="open" target="_blank" rel="noopener noreferrer">'
        "No code on the panel</a>"
        f'{attach}<p id="state" class="note" role="status"></p></div></div>'
        f"<script>{_SCRIPT}</script></body></html>"
    )
