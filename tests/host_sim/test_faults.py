"""A backend with faults, and pushes switched off and on, as displays meet them over HTTP."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from tests.host_sim.made import NONCE, code, endpoint, question, serving, until


async def test_each_fault_is_what_its_name_says(tmp_path: Path) -> None:
    asked = question("ask", code())
    async with serving(tmp_path) as (gateway, client):
        faults = gateway.faults
        faults.errors = True
        assert (await client.post("/ask", json=asked)).status_code == 500
        faults.errors, faults.garbage = False, True
        junk = await client.post("/ask", json=asked)
        assert junk.status_code == 200
        with pytest.raises(ValueError, match=r"Expecting|control|Invalid"):
            junk.json()
        faults.garbage, faults.slow = False, 0.5
        began = time.monotonic()
        assert (await client.post("/ask", json=asked)).status_code == 202
        assert time.monotonic() - began >= 0.5
        faults.slow, faults.silent = 0.0, True
        with pytest.raises(httpx.ReadTimeout):
            await client.post("/ask", json=asked, timeout=0.5)
        assert (await client.get(f"/P/{code()}")).status_code == 200  # phones are served
        faults.silent = False
        assert (await client.post("/ask", json=asked)).status_code == 202


async def test_a_silent_backend_can_be_ended(tmp_path: Path) -> None:
    async with serving(tmp_path) as (gateway, client):
        gateway.faults.silent = True
        waiting = asyncio.create_task(client.post("/ask", json=question("ask", code())))
        await asyncio.sleep(0.2)
        began = time.monotonic()
    with pytest.raises(httpx.HTTPError):
        await waiting
    assert time.monotonic() - began < 5


async def test_pushes_are_switched_off_and_on(tmp_path: Path) -> None:
    async with endpoint() as display, serving(tmp_path, push=False) as (gateway, client):
        await client.get(f"/P/{code(display.port)}")
        await client.post(f"/charges/{NONCE}/pay")
        await asyncio.sleep(0.3)
        assert display.heard == []
        await gateway.push(True)
        await until(lambda: display.heard)
        await until(lambda: gateway.store.unpushed() == [])
        display.answers = [(500, "{}")] * 100
        after = "bb" * 12
        await client.get(f"/P/{code(display.port, nonce=after)}")
        await client.post(f"/charges/{after}/pay")
        await until(lambda: len(display.heard) > 2)
        await gateway.push(False)
        heard = len(display.heard)
        await asyncio.sleep(1)
        assert len(display.heard) == heard
        display.answers.clear()
        await gateway.push(True)
        await gateway.push(True)  # twice makes no second push
        await until(lambda: gateway.store.unpushed() == [])
        assert len(display.heard) == heard + 1


async def test_nothing_is_pushed_to_a_display_without_an_endpoint(tmp_path: Path) -> None:
    async with serving(tmp_path) as (gateway, client):
        await client.get(f"/P/{code(0)}")
        await client.post(f"/charges/{NONCE}/pay")
        await asyncio.sleep(0.3)
        assert gateway._pusher._tasks == {}
        assert gateway.store.unpushed() == [NONCE]
        asked = await client.post("/ask", json=question("ask", code(0)))
        assert asked.json()["state"] == "paid"
