"""The backend's keys and what it signs: changes of keys, codes that change, charges of its own."""

import hmac
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from host_sim.gateway import codes, receipts, tokens
from host_sim.gateway.codes import Device, Payment
from host_sim.phone import Phone, PhoneError
from tests import vectors
from tests.host_sim.made import DEVICE, NONCE, code, endpoint, question, serving, until

NEW = DEVICE.with_key(b"n" * 16, 2)


def test_the_made_code_is_the_vectors_code() -> None:
    wanted = codes.read(vectors.load("codes")[0].split(" ")[-1], {"D0001": DEVICE})
    assert codes.read(code(80), {"D0001": DEVICE}) == Payment(
        **{**vars(wanted), "address": "127.0.0.1"}
    )


def test_the_token_vectors() -> None:
    for line in vectors.load("tokens"):
        key, seconds, said = line.split(" ")
        assert tokens.token(key.encode(), float(seconds)) == said
        assert tokens.token(key.encode(), float(seconds) // 30 * 30 + 29.9) == said


def test_a_token_lasts_to_the_end_of_the_next_30_seconds() -> None:
    said = tokens.token(DEVICE.key, 3000)
    assert tokens.token(DEVICE.key, 3030) != said
    for now, fresh in ((2999.9, False), (3000, True), (3059.9, True), (3060, False)):
        assert tokens.is_fresh(said, DEVICE.key, now) == fresh
        read = codes.read(code(token=said), {"D0001": DEVICE})
        if fresh:
            assert codes.read(code(token=said), {"D0001": DEVICE}, now) == read
        else:
            with pytest.raises(codes.BadCode, match="has changed"):
                codes.read(code(token=said), {"D0001": DEVICE}, now)
    with pytest.raises(codes.BadCode, match="has changed"):
        codes.read(code(token="é" + said[:6]), {"D0001": DEVICE}, 3000)


def test_versions_say_whether_there_is_a_token() -> None:
    for made in (code(token="short"), code(token="far too long"), code(shop="x" * 8)):
        body = bytearray(codes.base64.b32decode(made + "=" * (-len(made) % 8))[:-10])
        if body[0] == 1:
            body[0] = 2  # then the shop's name is no token
        body += hmac.digest(DEVICE.key, b"tillqr code" + bytes(body), "sha256")[:10]
        with pytest.raises(codes.BadCode):
            codes.read(codes.base64.b32encode(body).decode().rstrip("="), {"D0001": DEVICE})


async def test_a_photograph_of_a_code_opens_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as (gateway, client):
        made = code(token=tokens.token(DEVICE.key, 3000))
        gateway.ledger.clock = lambda: 3060.0
        answer = await client.get(f"/P/{made}")
        assert answer.status_code == 400
        assert "Do not pay" in answer.text
        assert (await client.get(f"/charges/{NONCE}")).status_code == 404
        # A question about it is answered at any time.
        asked = await client.post("/ask", json=question("close", made))
        assert asked.json()["state"] == "closed"


def test_a_code_of_either_key_is_read_and_of_no_other() -> None:
    devices = {"D0001": NEW}
    assert codes.read(code(device=DEVICE), devices).key_number == 1
    assert codes.read(code(device=NEW), devices).key_number == 2
    newest = NEW.with_key(b"3" * 16, 3)
    with pytest.raises(codes.BadCode, match="not known"):
        codes.read(code(device=DEVICE), {"D0001": newest})
    assert codes.read(code(device=NEW), {"D0001": newest}).key_number == 2
    with pytest.raises(codes.BadCode, match="tampered"):  # the old number, with the new key
        codes.read(code(device=Device("D0001", NEW.key, 1)), devices)


def test_a_question_may_be_of_the_new_key_about_a_code_of_the_old_one() -> None:
    about = code(device=DEVICE)
    for key in (DEVICE.key, NEW.key):
        assert codes.query_verb(question("ask", about, key), {"D0001": NEW})[1] == "ask"
    with pytest.raises(codes.BadCode):
        codes.query_verb(question("ask", about, NEW.key), {"D0001": DEVICE})


@pytest.mark.parametrize(
    ("made_by", "sign_with", "number"),
    [
        (DEVICE, "code", 1),
        (NEW, "code", 2),
        (DEVICE, "present", 2),
        (NEW, "previous", 1),
    ],
)
async def test_which_key_signs(
    made_by: Device, sign_with: str, number: int, tmp_path: Path
) -> None:
    async with serving(tmp_path, (NEW,)) as (gateway, client):
        gateway.ledger.sign_with = sign_with  # type: ignore[assignment]
        asked = question("close", code(device=made_by), made_by.key)
        receipt = (await client.post("/ask", json=asked)).json()
    key = {1: DEVICE.key, 2: NEW.key}[number]
    assert receipt["key"] == number
    assert receipt["mac"] == hmac.digest(key, receipts.encoded(receipt), "sha256").hex()


async def test_a_code_whose_key_is_gone_is_answered_with_the_present_one(tmp_path: Path) -> None:
    async with serving(tmp_path) as (gateway, client):
        await client.get(f"/P/{code()}")
        gateway.devices["D0001"] = NEW.with_key(b"3" * 16, 3)
        gateway.ledger.settle(NONCE, "failed", "", "declined")
        assert gateway.ledger.receipt(NONCE)["key"] == 3


def test_the_charge_vectors_are_signed_alike() -> None:
    payment = codes.read(vectors.load("codes")[0].split(" ")[-1], {"D0001": DEVICE})
    for line in vectors.load("charges"):
        wanted = json.loads(line)
        assert receipts.sign_charge(payment, DEVICE, wanted["text"]) == wanted


def test_the_question_vectors_are_put_alike() -> None:
    about = vectors.load("codes")[0].split(" ")[-1]
    for line in vectors.load("queries"):
        verb, mac = line.split(" ")
        assert question(verb, about)["mac"] == mac
        assert codes.query_verb(question(verb, about), {"D0001": DEVICE})[1] == verb


async def test_a_charge_made_here_is_paid_by_its_text(tmp_path: Path) -> None:
    async with serving(tmp_path) as (gateway, client), endpoint() as display:
        asked = question("open", code(display.port))
        made = await client.post("/ask", json=asked)
        assert made.status_code == 200
        text = made.json()["text"]
        assert text.startswith("weixin://")
        assert (await client.post("/ask", json=asked)).json() == made.json()
        phone = Phone(provider=str(client.base_url).rstrip("/"))
        with pytest.raises(PhoneError):
            await phone.open(text[:-1])
        await phone.pay(await phone.open(text))
        await phone.close()
        await until(lambda: display.heard)
        assert display.receipts()[0]["state"] == "paid"
        # What has ended is told as it ended, not made anew.
        assert (await client.post("/ask", json=asked)).json()["state"] == "paid"
        assert gateway.store.unpushed() == []


@pytest.mark.parametrize("text", ["", "x" * 513, "caf\xe9", "a\nb"])
async def test_a_provider_whose_text_no_display_may_have(text: str, tmp_path: Path) -> None:
    async with serving(tmp_path, provider=lambda _: text) as (gateway, _):
        with pytest.raises(ValueError, match="no display may have"):
            gateway.ledger.answer(question("open", code()))


async def test_a_currency_that_is_not_known_makes_no_charge(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client):
        for verb in codes.VERBS:
            asked = question(verb, code(currency="EUX"))
            assert (await client.post("/ask", json=asked)).status_code == 400
        assert (await client.get(f"/P/{code(currency='EUX')}")).status_code == 400


async def test_a_database_of_before_is_brought_up_to_date(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/g.db")
    before = (
        "CREATE TABLE charges (attempt VARCHAR(24) PRIMARY KEY, device VARCHAR(12), serial "
        'VARCHAR(12), address VARCHAR(15), port INTEGER, register VARCHAR(8), "order" VARCHAR(20), '
        "amount BIGINT, currency VARCHAR(3), shop VARCHAR(20), state VARCHAR(8), "
        '"transaction" VARCHAR(40), reason VARCHAR(24), pushed BOOLEAN)'
    )
    row = (
        f"INSERT INTO charges VALUES ('{NONCE}', 'D0001', '', '127.0.0.1', 80, '3', '1001', 1234, "
        "'EUR', '', 'paid', 'T1', '', 1)"
    )
    with engine.begin() as connection:
        connection.execute(sa.text(before))
        connection.execute(sa.text(row))
    async with serving(tmp_path) as (gateway, _):
        assert gateway.ledger.receipt(NONCE)["transaction"] == "T1"
        assert gateway.store.of_text("") is None
