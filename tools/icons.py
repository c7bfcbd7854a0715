"""The panel's icons, drawn as vectors: a full disc with the sign cut out of it, or plain lines.

`drawn(size)` gives them as 8-bit pictures by code point, in the private use area:

    E001 tick, E002 cross, E003 exclamation mark, E004 hourglass, E005 no network, E006 gear,
    E007 card machine, E010 to E013 contactless waves that spread
"""

import math
from collections.abc import Callable

from PIL import Image, ImageDraw

_FINE = 8  # drawn this many times larger, then averaged
_GRID = 100  # the drawings' own units across


class _Pen:
    """Draws in units of a hundredth of the icon."""

    def __init__(self, size: int) -> None:
        self.image = Image.new("L", (size * _FINE, size * _FINE), 0)
        self._draw = ImageDraw.Draw(self.image)
        self._unit = size * _FINE / _GRID

    def disc(self, x: float, y: float, radius: float, fill: int = 255) -> None:
        """A full circle."""
        self._draw.ellipse(self._box(x, y, radius), fill=fill)

    def line(self, points: list[tuple[float, float]], width: float, fill: int = 0) -> None:
        """Lines with round ends and joints."""
        scaled = [(x * self._unit, y * self._unit) for x, y in points]
        self._draw.line(scaled, fill=fill, width=round(width * self._unit), joint="curve")
        for x, y in points:
            self.disc(x, y, width / 2, fill)

    def shape(self, points: list[tuple[float, float]], fill: int = 0) -> None:
        """A full polygon."""
        self._draw.polygon([(x * self._unit, y * self._unit) for x, y in points], fill=fill)

    def arc(
        self,
        x: float,
        y: float,
        radius: float,
        angles: tuple[float, float],
        width: float,
        fill: int,
    ) -> None:
        """Part of a circle's line, with round ends; angles in degrees, clockwise from the right."""
        box = self._box(x, y, radius + width / 2)
        self._draw.arc(box, *angles, fill=fill, width=round(width * self._unit))
        for angle in angles:
            turn = math.radians(angle)
            self.disc(x + radius * math.cos(turn), y + radius * math.sin(turn), width / 2, fill)

    def card(self, box: tuple[float, float, float, float], radius: float, fill: int) -> None:
        """A full rectangle with round corners."""
        left, top, right, bottom = (value * self._unit for value in box)
        self._draw.rounded_rectangle((left, top, right, bottom), radius * self._unit, fill=fill)

    def _box(self, x: float, y: float, radius: float) -> tuple[float, float, float, float]:
        unit = self._unit
        return (x - radius) * unit, (y - radius) * unit, (x + radius) * unit, (y + radius) * unit


def _tick(pen: _Pen) -> None:
    pen.disc(50, 50, 46)
    pen.line([(29, 52), (44, 67), (72, 36)], 10)


def _cross(pen: _Pen) -> None:
    pen.disc(50, 50, 46)
    pen.line([(34, 34), (66, 66)], 10)
    pen.line([(66, 34), (34, 66)], 10)


def _exclamation(pen: _Pen) -> None:
    pen.line([(50, 12), (92, 86), (8, 86), (50, 12)], 10, 255)
    pen.shape([(50, 12), (92, 86), (8, 86)], 255)
    pen.line([(50, 40), (50, 60)], 9)
    pen.disc(50, 75, 5.5, 0)


def _hourglass(pen: _Pen) -> None:
    pen.disc(50, 50, 46)
    pen.line([(35, 25), (65, 25)], 6)
    pen.line([(35, 75), (65, 75)], 6)
    pen.shape([(38, 26), (62, 26), (62, 34), (52, 50), (62, 66), (62, 74)], 0)
    pen.shape([(38, 26), (38, 34), (48, 50), (38, 66), (38, 74), (62, 74), (62, 26)], 0)
    pen.shape([(43, 33), (57, 33), (50, 45)], 255)


def _no_network(pen: _Pen) -> None:
    for radius in (58, 38, 18):
        pen.arc(50, 82, radius, (225, 315), 10, 255)
    pen.disc(50, 82, 8)
    pen.line([(16, 14), (84, 88)], 20, 0)
    pen.line([(16, 14), (84, 88)], 8, 255)


def _gear(pen: _Pen) -> None:
    for tooth in range(8):
        turn = math.radians(45 * tooth + 22.5)
        end = (50 + 40 * math.cos(turn), 50 + 40 * math.sin(turn))
        pen.line([(50, 50), end], 15, 255)
    pen.disc(50, 50, 34)
    pen.disc(50, 50, 15, 0)


def _machine(pen: _Pen) -> None:
    pen.card((24, 4, 76, 96), 9, 255)
    pen.card((33, 14, 67, 38), 3, 0)
    for row in range(3):
        for column in range(3):
            pen.disc(38 + 12 * column, 52 + 14 * row, 4.4, 0)


def _waves(count: int) -> Callable[[_Pen], None]:
    def draw(pen: _Pen) -> None:
        pen.disc(24, 50, 8)
        for wave in range(3):
            if wave < count:
                pen.arc(14, 50, 30 + 21 * wave, (-42, 42), 9, 255)

    return draw


_ICONS: dict[int, Callable[[_Pen], None]] = {
    0xE001: _tick,
    0xE002: _cross,
    0xE003: _exclamation,
    0xE004: _hourglass,
    0xE005: _no_network,
    0xE006: _gear,
    0xE007: _machine,
    0xE010: _waves(0),
    0xE011: _waves(1),
    0xE012: _waves(2),
    0xE013: _waves(3),
}


def drawn(size: int) -> dict[int, Image.Image]:
    """Every icon at `size` pixels."""
    made = {}
    for code, draw in _ICONS.items():
        pen = _Pen(size)
        draw(pen)
        made[code] = pen.image.resize((size, size), Image.Resampling.BOX)
    return made
