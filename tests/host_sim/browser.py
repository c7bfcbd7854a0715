"""A real browser, headless: Chromium, driven over its DevTools protocol."""

import asyncio
import contextlib
import itertools
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import websockets

_START_SECONDS = 30.0
_PORT_FILE = "DevToolsActivePort"


class Tab:
    """One page of the browser."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def _command(self, method: str, **parameters: Any) -> dict:
        number = next(self._numbers)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(await self._socket.recv())
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return dict(answer["result"])

    async def open(self, url: str) -> None:
        """Go to a page."""
        await self._command("Page.navigate", url=url)

    async def without_scripts(self) -> None:
        """Let no page's script run from now on."""
        await self._command("Emulation.setScriptExecutionDisabled", value=True)

    async def value(self, expression: str) -> Any:
        """What an expression is in the page, or None where it can't be told."""
        answer = await self._command("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")

    async def until(self, expression: str, wanted: object = True, seconds: float = 20) -> None:
        """Wait until an expression has a value."""
        found: object = None
        try:
            async with asyncio.timeout(seconds):
                while (found := await self.value(expression)) != wanted:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{expression} is {found!r}, not {wanted!r}") from None

    async def press(self, selector: str) -> None:
        """Press a button, once it is there."""
        found = f"document.querySelector({json.dumps(selector)})"
        await self.until(f"!!{found}")
        await self.value(f"{found}.click()")


@contextlib.asynccontextmanager
async def browser(directory: Path) -> AsyncIterator[Tab]:
    """A browser with one page and a profile in a directory of its own."""
    program = shutil.which("chromium")
    assert program, "chromium is not installed (Debian: apt install chromium)"
    process = await asyncio.create_subprocess_exec(
        program,
        "--headless",
        "--no-sandbox",  # the tests may be root's, and it sees their own pages only
        "--disable-gpu",
        "--no-first-run",
        "--remote-debugging-port=0",
        f"--user-data-dir={directory}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        address = await _page_of(process, directory / _PORT_FILE)
        async with websockets.connect(address, max_size=None) as socket:
            yield Tab(socket)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _page_of(process: asyncio.subprocess.Process, port_file: Path) -> str:
    """The address at which the browser's page is driven."""
    async with asyncio.timeout(_START_SECONDS), httpx.AsyncClient(trust_env=False) as client:
        while process.returncode is None:
            with contextlib.suppress(OSError, ValueError, IndexError, httpx.HTTPError):
                port = int(port_file.read_text().splitlines()[0])
                pages = (await client.get(f"http://127.0.0.1:{port}/json/list")).json()
                found = [page for page in pages if page["type"] == "page"]
                return str(found[0]["webSocketDebuggerUrl"])
            await asyncio.sleep(0.05)
    raise AssertionError(f"chromium ended with status {process.returncode}")
