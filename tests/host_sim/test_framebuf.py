"""The framebuf stand-in on CPython draws what MicroPython's own framebuf draws."""

import random
import subprocess
import sys
from pathlib import Path

import framebuf

_SIZE = (24, 17)

_SCRIPT = """
import framebuf, sys
target = bytearray(6 * 17)
canvas = framebuf.FrameBuffer(target, 24, 17, framebuf.GS2_HMSB)
stamp = bytearray(range(7, 7 + 3 * 5))
glyph = framebuf.FrameBuffer(stamp, 12, 5, framebuf.GS2_HMSB)
for line in sys.stdin.read().split("\\n"):
    words = line.split()
    if not words:
        continue
    numbers = [int(word) for word in words[1:]]
    if words[0] == "fill":
        canvas.fill_rect(*numbers)
    else:
        canvas.blit(glyph, *numbers)
    print(target.hex())
"""


def _operations() -> list[str]:
    chance = random.Random(7)
    lines = []
    for _ in range(400):
        x, y = chance.randint(-15, 28), chance.randint(-9, 20)
        if chance.random() < 0.5:
            size = (chance.randint(0, 30), chance.randint(0, 20))
            lines.append(f"fill {x} {y} {size[0]} {size[1]} {chance.randint(0, 3)}")
        else:
            lines.append(f"blit {x} {y} {chance.choice((-1, 0, 3))}")
    return lines


def test_same_as_micropython() -> None:
    operations = _operations()
    micropython = Path(sys.executable).parent / "micropython"
    run = subprocess.run(
        [micropython, "-c", _SCRIPT],
        input="\n".join(operations),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    expected = run.stdout.split()
    assert len(expected) == len(operations)
    target = bytearray(6 * 17)
    canvas = framebuf.FrameBuffer(target, *_SIZE, framebuf.GS2_HMSB)
    glyph = framebuf.FrameBuffer(bytearray(range(7, 22)), 12, 5, framebuf.GS2_HMSB)
    for operation, after in zip(operations, expected, strict=True):
        name, *words = operation.split()
        numbers = [int(word) for word in words]
        if name == "fill":
            canvas.fill_rect(*numbers)
        else:
            canvas.blit(glyph, *numbers)
        assert target.hex() == after, operation
