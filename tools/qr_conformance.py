"""Hold every kind of QR symbol against encoders and a reader that are not ours.

    python -m tools.qr_conformance [--sample N] [--runtime micropython|cpython|both]

Every version x level x mask with six texts is encoded by the firmware's encoder, on MicroPython
with viper and, a sample of it, on CPython. Each symbol must equal segno's and libqrcodegen's for
the same segments, module by module, and zxing-cpp must read its text from rendered pixels. Then
2,000 random texts: the stream must be as short as the shortest of all ways to cut the text, the
symbol no larger than libqrcodegen's and libqrencode's, and the mask the one with the lowest penalty
by a plain transcription of the standard.

"""

from __future__ import annotations

import argparse
import ctypes
import random
import sys
from collections.abc import Iterable, Iterator
from multiprocessing import Pool
from multiprocessing.pool import Pool as PoolType
from typing import Any

from tools.qr_oracles import (
    ALNUM,
    COUNT_BITS,
    LEVELS,
    Job,
    Segment,
    Symbol,
    encode,
    libqrcodegen,
    libqrcodegen_matrix,
    libqrcodegen_version,
    libqrencode_version,
    penalty,
    planned_segments,
    read_pixels,
    segno_mask,
    segno_matrix,
    shortest_stream,
)

# --- what is tried ----------------------------------------------------------------------------


def _capacity(version: int, level: str) -> int:
    """Data bits, from segno's tables."""
    from segno import consts

    capacity: Any = consts.SYMBOL_CAPACITY[version]
    return capacity[getattr(consts, f"ERROR_LEVEL_{level}")]


def _bits(segments: Iterable[Segment], version: int) -> int:
    group = (version > 9) + (version > 26)
    total = 0
    for mode, text in segments:
        n = len(text)
        payload = {
            "numeric": (10 * n + 2) // 3,
            "alphanumeric": (11 * n + 1) // 2,
            "byte": 8 * n,
        }
        total += 4 + COUNT_BITS[mode][group] + payload[mode]
    return total


def _avoids_segno_padding(segments: tuple[Segment, ...], version: int, level: str) -> bool:
    room = _capacity(version, level) - _bits(segments, version)
    return room >= 0 and (room <= 4 or (_bits(segments, version) + 4) % 8 != 0)


def jobs(seed: int = 1) -> Iterator[Job]:
    """Every version, level and mask, twice: full of octets, half full of digits, mixed."""
    rng = random.Random(seed)
    for version in range(1, 41):
        for level in LEVELS:
            for segments in (*_texts(rng, version, level), *_texts(rng, version, level)):
                for mask in range(8):
                    yield Job(segments, level, version, mask)


def _texts(rng: random.Random, version: int, level: str) -> Iterator[tuple[Segment, ...]]:
    room = _capacity(version, level)
    full = (room - 4 - COUNT_BITS["byte"][(version > 9) + (version > 26)]) // 8
    yield (Segment("byte", "".join(rng.choices("abcdefghijklmnopqrstuvwxyz,;", k=full))),)
    half = max(1, room // 3 // 2)
    while True:
        digits = (Segment("numeric", "".join(rng.choices("0123456789", k=half))),)
        if _avoids_segno_padding(digits, version, level):
            break
        half -= 1
    yield digits
    yield _mixed(rng, version, level)


def _mixed(rng: random.Random, version: int, level: str) -> tuple[Segment, ...]:
    """As many segments as fit, each too long to be anything but what it is."""
    segments: tuple[Segment, ...] = ()
    letters = {
        "byte": "abcdefghijklmnopqrstuvwxyz,;",
        "numeric": "0123456789",
        "alphanumeric": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    }
    modes = ["byte", "numeric", "alphanumeric", "numeric"] * 3
    for i, mode in enumerate(modes):
        if segments and segments[-1].mode == mode:
            continue
        length = 20 + 3 * version
        # an odd length here and there, so that the last digits or characters stand alone
        for n in range(length + i % 3, length + 12):
            more = (*segments, Segment(mode, "".join(rng.choices(letters[mode], k=n))))
            if _bits(more, version) > _capacity(version, level):
                break
            if _avoids_segno_padding(more, version, level):
                segments = more
                break
        else:
            continue
        if _bits(more, version) > _capacity(version, level):
            break
    while not segments:
        text = "".join(rng.choices(letters["alphanumeric"], k=rng.randrange(1, 9)))
        single = (Segment("alphanumeric", text),)
        if _avoids_segno_padding(single, version, level):
            segments = single
    return segments


def random_texts(count: int, seed: int = 2) -> list[str]:
    """Texts of runs of digits, of alphanumeric characters and of others, 1 to 120 long."""
    rng = random.Random(seed)
    sets = ("0123456789", ALNUM, "abcdefghijklmnopqrstuvwxyz,;=&?_", ALNUM[10:36])
    texts = []
    for _ in range(count):
        length = rng.randrange(1, 121)
        text = ""
        while len(text) < length:
            text += "".join(rng.choices(rng.choice(sets), k=rng.randrange(1, 18)))
        if rng.randrange(10) == 0:
            foreign = rng.choice(("Größe", "東京", "€", "ёлка", "\U0001f600"))
            text = text[: length // 2] + foreign + text
        texts.append(text[:length])
    return texts


# --- the checks -------------------------------------------------------------------------------


def check_symbol(pair: tuple[Job, Symbol]) -> str:
    """Complaint about one symbol whose version, level and mask were given, or nothing."""
    job, symbol = pair
    if (symbol.version, symbol.level, symbol.mask) != (job.version, job.level, job.mask):
        return "not what was asked for"
    if symbol.matrix != segno_matrix(job):
        return "not segno's matrix"
    library = libqrcodegen()
    if library is not None and symbol.matrix != libqrcodegen_matrix(library, job):
        return "not libqrcodegen's matrix"
    if read_pixels(symbol.matrix) != job.text:
        return "zxing-cpp does not read it"
    return ""


def check_choice(pair: tuple[str, str, Symbol]) -> tuple[str, bool, bool]:
    """(complaint, segno's mask?, libqrcodegen's mask?) of a symbol made with free choice."""
    text, level, symbol = pair
    group = (symbol.version > 9) + (symbol.version > 26)
    if symbol.bits != shortest_stream(text, group):
        return f"{symbol.bits} bits, {shortest_stream(text, group)} suffice", False, False
    library = libqrcodegen()
    if library is None:
        return "libqrcodegen is missing", False, False
    if text.isascii() and symbol.version > libqrcodegen_version(library, text, level):
        return "libqrcodegen's symbol is smaller", False, False
    if text.isascii() and symbol.version > (libqrencode_version(text, level) or 41):
        return "libqrencode's symbol is smaller", False, False
    if read_pixels(symbol.matrix) != text:
        return "zxing-cpp does not read it", False, False
    return _check_mask(library, text, symbol)


def _check_mask(library: ctypes.CDLL, text: str, symbol: Symbol) -> tuple[str, bool, bool]:
    """Compare the mask with the penalties of all eight symbols, which libqrcodegen draws."""
    segments = planned_segments(text, symbol.modes)
    job = Job(segments, symbol.level, symbol.version, None)
    masked = [libqrcodegen_matrix(library, job._replace(mask=mask)) for mask in range(8)]
    if symbol.matrix != masked[symbol.mask]:
        return "not libqrcodegen's matrix", False, False
    scores = [penalty(matrix) for matrix in masked]
    if scores.index(min(scores)) != symbol.mask:
        return f"mask {symbol.mask} has not the lowest penalty of {scores}", False, False
    theirs = masked.index(libqrcodegen_matrix(library, job))
    if segments[0].mode == "eci":
        return "", False, theirs == symbol.mask
    segnos = segno_mask(segments, symbol.version, symbol.level)
    return "", segnos == symbol.mask, theirs == symbol.mask


class Report:
    """Counts what was checked and keeps the first complaints."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def complain(self, what: str) -> None:
        self.complaints.append(what)
        if len(self.complaints) <= 10:
            print("  FAIL", what)


def check_symbols(sample: list[Job], runtime: str, pool: PoolType, report: Report) -> None:
    pairs = zip(sample, encode(sample, runtime), strict=True)
    results = pool.imap(check_symbol, pairs, chunksize=16)
    for job, complaint in zip(sample, results, strict=True):
        if complaint:
            report.complain(f"{job.version}-{job.level} mask {job.mask} on {runtime}: {complaint}")
    print(f"{len(sample)} symbols of given version, level and mask on {runtime}: checked")


def check_choices(texts: list[str], runtime: str, pool: PoolType, report: Report) -> None:
    levels = [LEVELS[i % 4] for i in range(len(texts))]
    sample = [
        Job((Segment("byte", text),), level, 0, None)
        for text, level in zip(texts, levels, strict=True)
    ]
    triples = zip(texts, levels, encode(sample, runtime), strict=True)
    segno_agrees = libqrcodegen_agrees = 0
    for text, (complaint, like_segno, like_libqrcodegen) in zip(
        texts, pool.imap(check_choice, triples, chunksize=16), strict=True
    ):
        if complaint:
            report.complain(f"{text!r} on {runtime}: {complaint}")
        segno_agrees += like_segno
        libqrcodegen_agrees += like_libqrcodegen
    print(
        f"{len(texts)} texts on {runtime}: stream, size and mask checked; segno chooses the same "
        f"mask for {segno_agrees}, libqrcodegen for {libqrcodegen_agrees}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="QR conformance against foreign implementations")
    parser.add_argument("--sample", type=int, default=1, help="check one symbol in SAMPLE")
    parser.add_argument("--texts", type=int, default=2000, help="random texts")
    parser.add_argument("--cpython-sample", type=int, default=40, help="one in so many on CPython")
    parser.add_argument("--runtime", choices=("micropython", "cpython", "both"), default="both")
    options = parser.parse_args()
    if libqrcodegen() is None:
        print("libqrcodegen is missing: apt-get install libqrcodegen1")
        return 2
    every = list(jobs())
    texts = random_texts(options.texts)
    report = Report()
    with Pool(2) as pool:
        if options.runtime != "cpython":
            check_symbols(every[:: options.sample], "micropython", pool, report)
            check_choices(texts, "micropython", pool, report)
        if options.runtime != "micropython":
            step = options.sample * options.cpython_sample + 1  # odd, so that masks take turns
            check_symbols(every[::step], "cpython", pool, report)
            check_choices(texts[:: options.cpython_sample], "cpython", pool, report)
    print(f"{len(report.complaints)} failures")
    return 1 if report.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
