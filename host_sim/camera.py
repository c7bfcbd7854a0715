"""A simulated phone's camera: what its sensor sees of a panel that somebody holds it to.

`draw_shot` draws how a phone is held and what the light does; `photograph` is a pure function of
a picture and such a shot. Two pictures photographed with one shot differ in nothing else: both
get the same geometry, glare and grain of noise.

All is done on code values, not on light, and in grey: readers of codes take a camera's luma
plane. On code values dimming to 20 % is the harsher: of the light it would leave half the value.
"""

import io
import math
import random
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageFilter

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]

TILT = 25.0
"""Yaw and pitch, degrees to either side."""
ACROSS = (250.0, 500.0)
"""Camera pixels across the panel's shorter side. People move, and apps zoom, until a code fills a
good part of the view. With the focal lengths below, 2.4 inches of 240 x 320 (pixels of 0.153 mm)
are then 11 to 46 cm away, 1.54 inches of 240 x 240 (0.116 mm) 8 to 34 cm, and 1.14 inches of
240 x 135 (0.110 mm) 5 to 18 cm: nearer than a lens focuses, so the perspective is the stronger."""
FOCAL = (1500.0, 3100.0)
"""Focal length, camera pixels. A phone's main camera sees some 65 degrees across. In a preview of
1920 pixels that is 960 / tan(32.5 degrees) = 1500; zoomed in, as scanning apps do on a small code,
until the preview's pixels are the 4000 of the sensor's row, it is 3100."""
BLUR = (0.4, 1.4)
"""Sigma of the blur, camera pixels: from in focus (a lens and demosaicing leave half a pixel) to
a focus or a hand that is off by three pixels, some 2.4 sigma."""
DIMMING = (0.2, 1.0)
"""What is left of the panel's brightness; the counter's stays."""
GLARE_RADIUS = (0.03, 0.15)
"""Sigma of the glare, shorter sides of the panel. The spot is some four sigma wide: from 3 mm, a
spotlight of 2 cm that is a metre from the glass and seen from 20 cm, to half the panel."""
GLARE_STRENGTH = (0.0, 1.2)
"""What the glare adds in its middle, white levels: nothing to a lamp that blinds the sensor."""
NOISE = (1.0, 8.0)
"""Sigma of the noise, code values of 255: a bright shop to a dim bar at a high gain."""
QUALITY = (50, 95)
"""JPEG quality: a messenger's to a camera's."""

_WHITE = 255
_COUNTER = 110
"""Mid-grey."""
_HOUSING = 12
"""Black plastic."""
_BEZEL = 20
"""Housing around the glass, panel pixels: the 2 to 3 mm of a bare module."""
_MARGIN = 0.04
"""Counter around the housing, of the photograph's side; the rest of the frame is left away."""
_CRISPNESS = 2
"""A panel's pixels are squares. Drawn so many times larger, they stay squares when sampled."""


@dataclass(frozen=True)
class Glare:
    """A lamp's reflection on the glass: a round spot whose edge fades as a Gaussian does."""

    x: float
    """Middle, widths of the panel from its left."""
    y: float
    """Middle, heights of the panel from its top."""
    radius: float
    """Sigma, shorter sides of the panel."""
    strength: float
    """What it adds in the middle, white levels."""


@dataclass(frozen=True)
class Shot:
    """How one photograph is taken; the constants above say what range each is drawn from."""

    yaw: float
    """Degrees that the panel is turned about its upright axis; above 0 its right side is nearer."""
    pitch: float
    """Degrees that the panel is turned about its level axis; above 0 its top is nearer."""
    roll: float
    """Degrees that the panel is turned clockwise in the photograph: any angle."""
    focal: float
    """Focal length, camera pixels."""
    scale: float
    """Camera pixels a panel pixel, in the panel's middle."""
    blur: float
    """Sigma, camera pixels."""
    dimming: float
    """The share of the panel's brightness that is left."""
    glare: Glare
    noise: float
    """Sigma, code values of 255."""
    grain: int
    """Seed of the noise."""
    quality: int
    """Of the JPEG file."""

    @property
    def distance(self) -> float:
        """From the lens to the panel's middle, panel pixels."""
        return self.focal / self.scale


def draw_shot(rng: random.Random, side: int = 240) -> Shot:
    """Draw a shot of a panel whose shorter side has so many pixels; each parameter evenly."""
    return Shot(
        yaw=rng.uniform(-TILT, TILT),
        pitch=rng.uniform(-TILT, TILT),
        roll=rng.uniform(0, 360),
        focal=rng.uniform(*FOCAL),
        scale=rng.uniform(*ACROSS) / side,
        blur=rng.uniform(*BLUR),
        dimming=rng.uniform(*DIMMING),
        glare=Glare(
            rng.random(), rng.random(), rng.uniform(*GLARE_RADIUS), rng.uniform(*GLARE_STRENGTH)
        ),
        noise=rng.uniform(*NOISE),
        grain=rng.getrandbits(32),
        quality=rng.randint(*QUALITY),
    )


def photograph(picture: Image.Image, shot: Shot, paper: bool = False) -> Image.Image:
    """What the camera makes of a panel that shows the picture: a grey image, cropped around it.

    paper: the picture is printed on a white page, which goes on where the panel has its housing.
    """
    frame = Frame(picture.size, shot)
    around = round(_WHITE * shot.dimming) if paper else _HOUSING
    seen = frame.take(_scene(picture, shot.dimming, around))
    seen = seen.filter(ImageFilter.GaussianBlur(shot.blur))
    light = np.asarray(seen, np.float32) + frame.glare()
    light += _noise(shot.grain, shot.noise, light.shape)
    np.clip(light, 0, _WHITE, out=light)  # the sensor saturates
    return _as_jpeg(Image.fromarray(light.astype(np.uint8)), shot.quality)


class Frame:
    """Where a panel's points are in a shot's photograph: a pinhole camera."""

    def __init__(self, size: tuple[int, int], shot: Shot) -> None:
        """size: the panel's, in its pixels; the attribute `size` is the photograph's."""
        self._panel = size
        self._shot = shot
        self._origin = (0.0, 0.0)
        self._turn = _rotation(shot)
        corners = [self.place(point) for point in self._housing()]
        lows = [min(axis) for axis in zip(*corners, strict=True)]
        spans = [max(axis) - min(axis) for axis in zip(*corners, strict=True)]
        margin = _MARGIN * max(spans)
        self._origin = (lows[0] - margin, lows[1] - margin)
        self.size = (math.ceil(spans[0] + 2 * margin), math.ceil(spans[1] + 2 * margin))

    def place(self, point: Point) -> Point:
        """Where a point of the panel (pixels from its left top corner) is in the photograph."""
        flat = np.array([point[0] - self._panel[0] / 2, point[1] - self._panel[1] / 2, 0])
        x, y, z = (float(value) for value in self._turn @ flat)
        enlarged = self._shot.focal / (self._shot.distance + z)
        return (x * enlarged - self._origin[0], y * enlarged - self._origin[1])

    def take(self, scene: Image.Image) -> Image.Image:
        """Project a scene, the panel with its housing, onto the counter."""
        right, bottom = scene.size
        own: Quad = ((0, 0), (right, 0), (right, bottom), (0, bottom))
        a, b, c, d = (self.place(point) for point in self._housing())
        return scene.transform(
            self.size,
            Image.Transform.PERSPECTIVE,
            _coefficients((a, b, c, d), own),
            Image.Resampling.BILINEAR,
            fillcolor=_COUNTER,
        )

    def glare(self) -> np.ndarray:
        """What the glare adds at each pixel of the photograph, code values."""
        spot = self._shot.glare
        middle = self.place((spot.x * self._panel[0], spot.y * self._panel[1]))
        sigma = spot.radius * min(self._panel) * self._shot.scale
        x, y = (
            np.exp(-(((np.arange(span) + 0.5 - at) / sigma) ** 2) / 2).astype(np.float32)
            for span, at in zip(self.size, middle, strict=True)
        )
        return np.outer(y, x * np.float32(spot.strength * _WHITE))

    def _housing(self) -> Quad:
        right, bottom = self._panel[0] + _BEZEL, self._panel[1] + _BEZEL
        return ((-_BEZEL, -_BEZEL), (right, -_BEZEL), (right, bottom), (-_BEZEL, bottom))


def _rotation(shot: Shot) -> np.ndarray:
    """The matrix that turns the panel in front of the camera: x right, y down, z away from it."""
    yaw, pitch, roll = (math.radians(angle) for angle in (shot.yaw, shot.pitch, shot.roll))
    about_y = [[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]]
    about_x = [
        [1, 0, 0],
        [0, math.cos(pitch), -math.sin(pitch)],
        [0, math.sin(pitch), math.cos(pitch)],
    ]
    about_z = [[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]]
    return np.array(about_z) @ np.array(about_x) @ np.array(about_y)


def _coefficients(seen: Quad, own: Quad) -> list[float]:
    """Pillow's eight numbers of the projection that takes the corners `seen` back to `own`.

    own = ((a x + b y + c) / (g x + h y + 1), (d x + e y + f) / (g x + h y + 1)), linear in a to h.
    """
    rows, values = [], []
    for (x, y), (u, v) in zip(seen, own, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
        values += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows), np.array(values))]


def _scene(picture: Image.Image, dimming: float, around: int) -> Image.Image:
    """The panel, dimmed, and what is around it."""
    lit = picture.convert("L").point([round(value * dimming) for value in range(256)])
    size = (picture.width + 2 * _BEZEL, picture.height + 2 * _BEZEL)
    scene = Image.new("L", size, around)
    scene.paste(lit, (_BEZEL, _BEZEL))
    return scene.resize((size[0] * _CRISPNESS, size[1] * _CRISPNESS), Image.Resampling.NEAREST)


def _noise(grain: int, sigma: float, shape: tuple[int, int]) -> np.ndarray:
    """Gaussian noise: a piece of one long draw, which costs a tenth of a draw of its own."""
    long, size = _long_noise(), shape[0] * shape[1]
    if size >= len(long):
        raise ValueError(f"a photograph of {shape[1]} x {shape[0]} pixels is too large")
    start = grain % (len(long) - size)
    return long[start : start + size].reshape(shape) * np.float32(sigma)


@lru_cache(maxsize=1)
def _long_noise() -> np.ndarray:
    return np.random.default_rng(1).standard_normal(1 << 22, np.float32)


def _as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    """The image after a round trip through JPEG."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(io.BytesIO(file.getvalue()))
