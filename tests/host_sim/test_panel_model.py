"""The panel model shows what a real ST7789 would, and notices misuse."""

import pytest

from host_sim.board import profile
from host_sim.panel import PanelModel

PINS = {"cs": 5, "dc": 27, "reset": 33}


class Driver:
    """Speaks to a model as a driver would."""

    def __init__(self, **panel: object) -> None:
        self.changes = 0
        geometry = {**profile("devkit_240x320")["panel"], **panel}
        self.model = PanelModel(geometry, PINS, self._changed)
        self.model.pin(PINS["reset"], 0)
        self.model.pin(PINS["reset"], 1)
        self.model.pin(PINS["cs"], 0)
        self.model.backlight(65535)

    def _changed(self) -> None:
        self.changes += 1

    def command(self, code: int, *data: int) -> "Driver":
        self.model.pin(PINS["dc"], 0)
        self.model.spi(bytes((code,)))
        self.model.pin(PINS["dc"], 1)
        if data:
            self.model.spi(bytes(data))
        return self

    def on(self) -> "Driver":
        return self.command(0x11).command(0x3A, 0x53).command(0x21).command(0x29)

    def window(self, left: int, top: int, right: int, bottom: int) -> "Driver":
        self.command(0x2A, left >> 8, left & 255, right >> 8, right & 255)
        return self.command(0x2B, top >> 8, top & 255, bottom >> 8, bottom & 255)


def test_dark_until_awake_on_and_lit() -> None:
    driver = Driver()
    driver.window(0, 0, 1, 0).command(0x3A, 0x53).command(0x2C, 0xFF, 0xFF, 0xFF)
    assert driver.model.image().getbbox() is None
    driver.command(0x11).command(0x21)
    assert driver.model.image().getbbox() is None
    driver.command(0x29)
    assert driver.model.image().getbbox() == (0, 0, 2, 1)
    driver.model.backlight(0)
    assert driver.model.image().getbbox() is None
    driver.model.backlight(1)
    driver.command(0x10)
    assert driver.model.image().getbbox() is None


def test_12_and_16_bit_pixels() -> None:
    driver = Driver().on()
    driver.window(0, 0, 1, 0).command(0x2C, 0xF0, 0x00, 0x0F)
    image = driver.model.image()
    assert image.getpixel((0, 0)) == (255, 0, 0)
    assert image.getpixel((1, 0)) == (0, 0, 255)
    driver.command(0x3A, 0x55).window(5, 7, 5, 7).command(0x2C, 0x07, 0xE0)
    assert driver.model.image().getpixel((5, 7)) == (0, 255, 0)
    assert driver.model.violations == []


def test_writes_wrap_at_the_window_and_go_on_in_pieces() -> None:
    driver = Driver().on().window(10, 20, 11, 21)
    driver.command(0x2C, 0xFF)
    driver.model.spi(bytes((0xF0, 0x00, 0x00, 0x0F, 0xFF)))
    image = driver.model.image()
    white = [(x, y) for y in (20, 21) for x in (10, 11) if image.getpixel((x, y)) == (255,) * 3]
    assert white == [(10, 20), (11, 21)]


def test_the_wrong_inversion_shows() -> None:
    driver = Driver().on().window(0, 0, 1, 0).command(0x2C, 0xFF, 0xFF, 0xFF).command(0x20)
    assert driver.model.image().getpixel((0, 0)) == (0, 0, 0)
    assert driver.model.image().getpixel((9, 9)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("rotation", "madctl", "size"),
    [(0, 0x00, (240, 320)), (1, 0x60, (320, 240)), (2, 0xC0, (240, 320)), (3, 0xA0, (320, 240))],
)
def test_each_rotation_is_upright_with_its_madctl(
    rotation: int, madctl: int, size: tuple[int, int]
) -> None:
    driver = Driver(rotation=rotation, width=size[0], height=size[1]).on()
    driver.command(0x36, madctl).window(2, 1, 3, 1).command(0x2C, 0xFF, 0xFF, 0xFF)
    image = driver.model.image()
    assert image.size == size
    assert image.getbbox() == (2, 1, 4, 2)


def test_misuse_is_noticed() -> None:
    cases = {
        "SPI bytes while CS is high": lambda d: (d.model.pin(5, 1), d.command(0x29)),
        "SPI bytes while the panel is held in reset": lambda d: (d.model.pin(33, 0), d.command(0)),
        "unknown command 0xf7": lambda d: d.command(0xF7),
        "column window 5 to 240 of 240": lambda d: d.window(5, 0, 240, 0),
        "row window 9 to 8 of 320": lambda d: d.window(0, 9, 0, 8),
        "a memory write ended inside a pixel": lambda d: (d.command(0x2C, 0xFF), d.command(0)),
        "pixels in colour mode 0x66": lambda d: d.command(0x3A, 0x66).command(0x2C, 1, 2, 3),
    }
    for words, misuse in cases.items():
        driver = Driver().on()
        misuse(driver)
        assert words in driver.model.violations, driver.model.violations
