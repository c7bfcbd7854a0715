"""The QR encoder under test, run as the board runs it, and encoders and a reader that are not ours.

segno 1.6 puts a zero codeword behind a terminator that ends on a codeword boundary, which ISO/IEC
18004 clause 7.4.10 does not ask for: texts for it are
cut so that this does not arise.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import itertools
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FIRMWARE = ROOT / "firmware"
SHIMS = ROOT / "host_sim" / "shims" / "cpython"
LEVELS = "LMQH"
ALNUM = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
COUNT_BITS = {"numeric": (10, 12, 14), "alphanumeric": (9, 11, 13), "byte": (8, 16, 16)}

# What the encoder under test runs: one symbol a line, fields separated by tabs.
DRIVER = """
import sys
sys.path[:0] = sys.argv[2:]
if sys.implementation.name != "micropython":
    import micropython
from tillqr import qr
encoder = qr.Encoder()
with open(sys.argv[1], "rb") as jobs:
    for line in jobs:
        text, level, version, mask = line.decode().rstrip("\\n").split("\\t")
        version = int(version) or None
        encoder.version_for(text, level, version)
        modes = bytes(memoryview(encoder.words))[12 : 12 + encoder._count]
        bits = encoder._bits
        code = encoder.encode(text, level, version, None if mask == "-" else int(mask), False)
        rows = "".join("".join("%02x" % b for b in code.row(y)) for y in range(code.size))
        modes = "".join(str(mode) for mode in modes)
        print(code.version, code.level, code.mask, bits, modes, rows)
"""


class Segment(NamedTuple):
    mode: str
    text: str


class Job(NamedTuple):
    """One symbol to be made; `version` 0 and `mask` None leave the choice to the encoder."""

    segments: tuple[Segment, ...]
    level: str
    version: int
    mask: int | None

    @property
    def text(self) -> str:
        return "".join(segment.text for segment in self.segments)


class Symbol(NamedTuple):
    version: int
    level: str
    mask: int
    bits: int
    """Length of the stream of segments."""
    modes: str
    """The mode of each octet: 0 numeric, 1 alphanumeric, 2 byte."""
    matrix: list[bytes]
    """Rows of 0 and 1."""


# --- the encoder under test -------------------------------------------------------------------


def encode(jobs: Iterable[Job], runtime: str) -> Iterator[Symbol]:
    """Encode with the firmware on `runtime`, "cpython" or "micropython"."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="utf-8") as file:
        for job in jobs:
            mask = "-" if job.mask is None else job.mask
            file.write(f"{job.text}\t{job.level}\t{job.version}\t{mask}\n")
        file.flush()
        script = Path(file.name).with_suffix(".py")
        script.write_text(DRIVER)
        try:
            command = [sys.executable, str(script), file.name, str(FIRMWARE), str(SHIMS)]
            if runtime == "micropython":
                micropython = str(Path(sys.executable).parent / "micropython")
                command = [micropython, "-X", "heapsize=1m", str(script), file.name, str(FIRMWARE)]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            for line in process.stdout:
                yield _symbol(line)
            if process.wait():
                raise RuntimeError(f"the encoder failed on {runtime}")
        finally:
            script.unlink()


def _symbol(line: str) -> Symbol:
    version, level, mask, bits, modes, rows = line.split()
    size = 4 * int(version) + 17
    packed = bytes.fromhex(rows)
    stride = (size + 7) // 8
    matrix = []
    for y in range(size):
        row = packed[y * stride : (y + 1) * stride]
        matrix.append(bytes(row[x >> 3] >> (7 - x % 8) & 1 for x in range(size)))
    return Symbol(int(version), level, int(mask), int(bits), modes, matrix)


def _octets(segment: Segment) -> bytes:
    return segment.text.encode("utf-8", "surrogateescape")


def planned_segments(text: str, modes: str) -> tuple[Segment, ...]:
    """The segments that the encoder's plan, a mode for each octet of `text`, makes."""
    octets = text.encode()
    segments = [] if text.isascii() else [Segment("eci", "26")]
    at = 0
    for mode, run in itertools.groupby(modes):
        end = at + len(list(run))
        name = ("numeric", "alphanumeric", "byte")[int(mode)]
        segments.append(Segment(name, octets[at:end].decode("utf-8", "surrogateescape")))
        at = end
    return tuple(segments)


# --- oracles ----------------------------------------------------------------------------------


def _segno_content(segments: Iterable[Segment]) -> Any:
    from segno import consts

    return [(_octets(s), getattr(consts, f"MODE_{s.mode.upper()}")) for s in segments]


def segno_mask(segments: Iterable[Segment], version: int, level: str) -> int:
    """The mask that segno chooses, without the format information, for the same segments."""
    import segno

    return segno.make(
        _segno_content(segments), error=level, version=version, boost_error=False, micro=False
    ).mask


def segno_matrix(job: Job) -> list[bytes]:
    import segno

    symbol = segno.make(
        _segno_content(job.segments),
        error=job.level,
        version=job.version,
        mask=job.mask,
        boost_error=False,
        micro=False,
    )
    return [bytes(row) for row in symbol.matrix]


class _CSegment(ctypes.Structure):
    _fields_ = (
        ("mode", ctypes.c_int),
        ("count", ctypes.c_int),
        ("data", ctypes.c_void_p),
        ("bits", ctypes.c_int),
    )


def libqrcodegen() -> ctypes.CDLL | None:
    """Debian's libqrcodegen, if it is installed."""
    name = ctypes.util.find_library("qrcodegen")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    for function in ("makeNumeric", "makeAlphanumeric", "makeBytes", "makeEci"):
        getattr(library, f"qrcodegen_{function}").restype = _CSegment
    for function in ("encodeSegmentsAdvanced", "getModule", "encodeText"):
        getattr(library, f"qrcodegen_{function}").restype = ctypes.c_bool
    return library


def libqrcodegen_matrix(library: ctypes.CDLL, job: Job) -> list[bytes]:
    segments = (_CSegment * len(job.segments))()
    keep = []
    for i, segment in enumerate(job.segments):
        data = _octets(segment)
        buffer = ctypes.create_string_buffer(4 * len(data) + 8)
        keep.append(buffer)
        if segment.mode == "numeric":
            segments[i] = library.qrcodegen_makeNumeric(data, buffer)
        elif segment.mode == "alphanumeric":
            segments[i] = library.qrcodegen_makeAlphanumeric(data, buffer)
        elif segment.mode == "eci":
            segments[i] = library.qrcodegen_makeEci(ctypes.c_long(int(segment.text)), buffer)
        else:
            segments[i] = library.qrcodegen_makeBytes(data, ctypes.c_size_t(len(data)), buffer)
    scratch = ctypes.create_string_buffer(3918)
    code = ctypes.create_string_buffer(3918)
    mask = -1 if job.mask is None else job.mask
    made = library.qrcodegen_encodeSegmentsAdvanced(
        segments,
        ctypes.c_size_t(len(segments)),
        LEVELS.index(job.level),
        job.version or 1,
        job.version or 40,
        mask,
        ctypes.c_bool(False),
        scratch,
        code,
    )
    if not made:
        raise RuntimeError("libqrcodegen refused")
    size = library.qrcodegen_getSize(code)
    module = library.qrcodegen_getModule
    return [bytes(module(code, x, y) for x in range(size)) for y in range(size)]


def libqrcodegen_version(library: ctypes.CDLL, text: str, level: str) -> int:
    """Version of the symbol that its own choice of one mode for the text leads to."""
    scratch = ctypes.create_string_buffer(3918)
    code = ctypes.create_string_buffer(3918)
    if not library.qrcodegen_encodeText(
        text.encode(), scratch, code, LEVELS.index(level), 1, 40, 0, ctypes.c_bool(False)
    ):
        return 41
    return (library.qrcodegen_getSize(code) - 17) // 4


def libqrencode_version(text: str, level: str) -> int | None:
    """Version of the symbol that libqrencode's own segments lead to; None without the library."""
    name = ctypes.util.find_library("qrencode")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    library.QRcode_encodeString.restype = ctypes.POINTER(ctypes.c_int)
    library.QRcode_free.argtypes = (ctypes.POINTER(ctypes.c_int),)
    code = library.QRcode_encodeString(text.encode(), 0, LEVELS.index(level), 2, 1)
    if not code:
        return 41
    version = code[0]
    library.QRcode_free(code)
    return version


def read_pixels(matrix: list[bytes]) -> str | None:
    """What zxing-cpp reads from the symbol, 3 pixels a module, four light modules around it."""
    import zxingcpp
    from PIL import Image

    size = len(matrix)
    image = Image.new("L", (size, size), 255)
    image.putdata([0 if module else 255 for row in matrix for module in row])
    framed = Image.new("L", (size + 8, size + 8), 255)
    framed.paste(image, (4, 4))
    framed = framed.resize((3 * (size + 8), 3 * (size + 8)), Image.Resampling.NEAREST)
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    found = zxingcpp.read_barcodes(framed, formats=formats)
    return found[0].text if len(found) == 1 else None


def shortest_stream(text: str, group: int) -> int:
    """Bits of the shortest stream of `text`, by every way to cut its octets into segments."""
    best = [0 if text.isascii() else 12]
    text = text.encode().decode("latin-1")
    for end in range(1, len(text) + 1):
        least = 1 << 30
        numeric = alnum = True
        for start in range(end - 1, -1, -1):
            numeric = numeric and text[start] in ALNUM[:10]
            alnum = alnum and text[start] in ALNUM
            n = end - start
            before = best[start] + 4
            least = min(least, before + COUNT_BITS["byte"][group] + 8 * n)
            if alnum:
                least = min(least, before + COUNT_BITS["alphanumeric"][group] + (11 * n + 1) // 2)
            if numeric:
                least = min(least, before + COUNT_BITS["numeric"][group] + (10 * n + 2) // 3)
        best.append(least)
    return best[-1]


def penalty(matrix: list[bytes]) -> int:
    """Penalty of a symbol, as 7.8.3.1 words it; outside the symbol is light."""
    size = len(matrix)
    columns = [bytes(column) for column in zip(*matrix, strict=True)]
    total = 0
    finder = b"\1\0\1\1\1\0\1"
    light = b"\0\0\0\0"
    for line in matrix + columns:
        for run in line.replace(b"\0\1", b"\0 \1").replace(b"\1\0", b"\1 \0").split(b" "):
            if len(run) >= 5:
                total += len(run) - 2
        wide = light + line + light
        at = wide.find(finder)
        while at >= 0:
            if wide[at - 4 : at] == light or wide[at + 7 : at + 11] == light:
                total += 40
            at = wide.find(finder, at + 1)
    for upper, lower in itertools.pairwise(matrix):
        for x in range(size - 1):
            if upper[x] == upper[x + 1] == lower[x] == lower[x + 1]:
                total += 3
    dark = sum(map(sum, matrix))
    return total + abs(20 * dark - 10 * size * size) // (size * size) * 10
