"""A sample of `make qr-conformance`: QR symbols against segno, libqrcodegen and zxing-cpp."""

import random

import pytest
import segno
import zxingcpp
from PIL import Image
from tillqr import qr

from tools import qr_conformance as conformance
from tools import qr_oracles as oracles

RUNTIMES = ("cpython", "micropython")


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_symbols_equal_the_oracles(runtime: str) -> None:
    sample = random.Random(6).sample(list(conformance.jobs()), 40 if runtime == "cpython" else 120)
    assert {job.mask for job in sample} == set(range(8))
    assert {job.level for job in sample} == set("LMQH")
    for job, symbol in zip(sample, oracles.encode(sample, runtime), strict=True):
        assert conformance.check_symbol((job, symbol)) == "", job


@pytest.mark.skipif(
    oracles.libqrcodegen() is None, reason="Debian's libqrcodegen1 is not installed"
)
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_choices_are_the_best(runtime: str) -> None:
    texts = conformance.random_texts(24 if runtime == "cpython" else 120, seed=9)
    levels = [oracles.LEVELS[i % 4] for i in range(len(texts))]
    jobs = [
        oracles.Job((oracles.Segment("byte", text),), level, 0, None)
        for text, level in zip(texts, levels, strict=True)
    ]
    symbols = oracles.encode(jobs, runtime)
    for triple in zip(texts, levels, symbols, strict=True):
        complaint, _, _ = conformance.check_choice(triple)
        assert complaint == "", triple[0]


def test_octets_that_are_no_text() -> None:
    data = random.Random(4).randbytes(90)
    code = qr.encode(data, "Q")
    side = 4 * (code.size + 8)
    pixels = Image.new("L", (code.size + 8, code.size + 8), 255)
    for y in range(code.size):
        for x in range(code.size):
            if code.module(x, y):
                pixels.putpixel((x + 4, y + 4), 0)
    found = zxingcpp.read_barcodes(pixels.resize((side, side), Image.Resampling.NEAREST))
    assert [barcode.bytes for barcode in found] == [data]


def test_boost_costs_no_version() -> None:
    for length in range(1, 200, 7):
        text = "a" * length
        code = qr.encode(text, "L")
        theirs = segno.make(text, error="L", micro=False)
        assert (code.version, code.level) == (theirs.version, theirs.error)
