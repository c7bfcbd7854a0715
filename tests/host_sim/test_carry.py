"""The payer's page takes the receipt to the display: in a real browser, and by the model."""

import json
from pathlib import Path

import httpx
import pytest

from host_sim import phone as phones
from host_sim.gateway import carry
from host_sim.gateway.app import Gateway
from host_sim.phone import Phone
from tests.host_sim.browser import browser
from tests.host_sim.made import NONCE, Endpoint, code, endpoint, serving, until

STATE = "document.getElementById('carried')?.dataset.state"
NASTY = "</script><!--<b>&\"'=é"
REPLAYED = '{"error": "receipt_replayed"}'


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that a test can wait for."""
    monkeypatch.setattr(carry, "CARRY_PAUSES", (0.1, 0.1))
    monkeypatch.setattr(phones, "CARRY_PAUSES", (0.1, 0.1))


def is_plain(display: Endpoint) -> bool:
    """Whether all that came could come from another host's page without a preflight."""
    return all(kind.startswith("text/plain") for kind, _ in display.heard)


async def test_a_browser_pays_and_carries(tmp_path: Path) -> None:
    async with (
        endpoint() as display,
        serving(tmp_path, push=False, carry=True) as (gateway, client),
        browser(tmp_path / "profile") as tab,
    ):
        # Busy at first, as an endpoint with all connections in use is.
        display.answers = [(503, "{}")]
        await tab.open(f"{client.base_url}/P/{code(display.port)}")
        await tab.press("form[action$='/pay'] button")
        await tab.until(STATE, "taken")
        assert await tab.value("document.getElementById('by-hand').offsetParent === null")
        receipt = gateway.ledger.receipt(NONCE)
        assert display.receipts() == [receipt, receipt]
        assert is_plain(display)
        # A phone's word is no proof: the backend itself has not pushed it.
        assert gateway.store.unpushed() == [NONCE]


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ([(409, REPLAYED)], "taken"),
        ([(401, '{"error": "receipt_bad_mac"}')], "refused"),
        ([(503, "{}")] * 3, "unreachable"),
        ([(503, "no JSON")] * 2 + [(200, "{}")], "taken"),
    ],
)
async def test_browser_and_model_judge_alike(
    answers: list[tuple[int, str]], state: str, tmp_path: Path
) -> None:
    async with (
        endpoint() as display,
        serving(tmp_path, push=False, carry=True) as (_, client),
        browser(tmp_path / "profile") as tab,
    ):
        await client.get(f"/P/{code(display.port)}")
        await client.post(f"/charges/{NONCE}/decline", data={"reason": "declined"})
        page = f"{client.base_url}/charges/{NONCE}?page=1"
        display.answers = list(answers)
        await tab.open(page)
        await tab.until(STATE, state)
        in_the_browser = len(display.heard)
        display.answers = list(answers)
        phone = Phone()
        await phone.open(page)
        await phone.close()
        assert phone.carried == state
        assert len(display.heard) == 2 * in_the_browser == 2 * len(answers)
        assert display.heard[0][1] == display.heard[-1][1]


async def test_a_display_that_is_not_there_leaves_the_button(tmp_path: Path) -> None:
    display = Endpoint()
    await display.start()
    display.stop()  # now nobody listens there
    async with (
        serving(tmp_path, push=False, carry=True) as (_, client),
        browser(tmp_path / "profile") as tab,
    ):
        await client.get(f"/P/{code(display.port)}")
        await client.post(f"/charges/{NONCE}/pay")
        await tab.open(f"{client.base_url}/charges/{NONCE}?page=1")
        await tab.until(STATE, "unreachable")
        await display.start()
        await tab.press("#by-hand button")
        await until(lambda: display.heard)
        display.stop()


async def nasty_page(gateway: Gateway, client: httpx.AsyncClient, display: Endpoint) -> str:
    """The page of a charge that was paid with a transaction which could be taken for markup."""
    await client.get(f"/P/{code(display.port)}")
    gateway.ledger.settle(NONCE, "paid", NASTY)
    return f"{client.base_url}/charges/{NONCE}?page=1"


async def test_without_scripts_the_button_carries(tmp_path: Path) -> None:
    async with (
        endpoint() as display,
        serving(tmp_path, push=False, carry=True) as (gateway, client),
        browser(tmp_path / "profile") as tab,
    ):
        page = await nasty_page(gateway, client, display)
        await tab.without_scripts()
        await tab.open(page)
        await tab.press("#by-hand button")
        await until(lambda: display.heard)
        phone = Phone(javascript=False)
        await phone.carry_by_hand(await phone.open(page))
        await phone.close()
        browsers, models = display.heard
        assert browsers[1] == models[1]
        assert json.loads(browsers[1]) == {**gateway.ledger.receipt(NONCE), "form": "="}
        assert is_plain(display)


async def test_no_text_of_a_receipt_becomes_markup(tmp_path: Path) -> None:
    async with (
        endpoint() as display,
        serving(tmp_path, push=False, carry=True) as (gateway, client),
        browser(tmp_path / "profile") as tab,
    ):
        await tab.open(await nasty_page(gateway, client, display))
        await tab.until(STATE, "taken")
        assert display.receipts() == [gateway.ledger.receipt(NONCE)]
        assert await tab.value("document.querySelectorAll('b, script').length") == 2


async def test_what_a_page_carries_and_when(tmp_path: Path) -> None:
    async with serving(tmp_path, push=False, carry=True) as (gateway, client):
        nowhere, closed = "aa" * 12, "bb" * 12
        await client.get(f"/P/{code(0, nonce=nowhere)}")  # the display has no endpoint
        await client.get(f"/P/{code(80, nonce=closed)}")
        gateway.ledger.settle(nowhere, "paid", "T1")
        gateway.ledger.settle(closed, "closed")
        assert "receipt" not in (await client.get(f"/P/{code(80)}")).text
        for attempt in (nowhere, closed):
            assert "receipt" not in (await client.get(f"/charges/{attempt}?page=1")).text
        gateway.ledger.settle(NONCE, "paid", "T1")
        assert "receipt" in (await client.get(f"/charges/{NONCE}?page=1")).text
        gateway.carry = False
        assert "receipt" not in (await client.get(f"/charges/{NONCE}?page=1")).text
