"""The camera does to a picture what optics does, and the campaign that uses it can fail."""

import dataclasses
import json
import math
import random
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import segno
from PIL import Image, ImageDraw, JpegImagePlugin

from host_sim import camera
from host_sim.camera import Frame, Glare, Shot, draw_shot, photograph
from tools import scan_campaign
from tools.scan_campaign import Tally, aim, paper, read, run

NO_GLARE = Glare(0.5, 0.5, 0.1, 0)
STILL = Shot(
    yaw=0,
    pitch=0,
    roll=0,
    focal=2000,
    scale=2,
    blur=0,
    dimming=1,
    glare=NO_GLARE,
    noise=0,
    grain=7,
    quality=95,
)
SIZE = (240, 320)
WHITE = Image.new("RGB", SIZE, "white")
BLACK = Image.new("RGB", SIZE)
TEXT = "HTTP://PAY.EXAMPLE/P/AEBAGBAFAYDQQCIKBMGA2DQPCAIREEYUCULBOGAZDINRYHI6D4"


def shot(**changes: object) -> Shot:
    """A perfect photograph but for the changes."""
    return dataclasses.replace(STILL, **changes)  # type: ignore[arg-type]


def pixels(picture: Image.Image, taken: Shot) -> np.ndarray:
    return np.asarray(photograph(picture, taken)).astype(float)


def middle(picture: Image.Image, taken: Shot) -> np.ndarray:
    """The middle of a photograph, 60 camera pixels wide: it sees nothing but the panel."""
    seen = pixels(picture, taken)
    y, x = seen.shape[0] // 2, seen.shape[1] // 2
    return seen[y - 30 : y + 30, x - 30 : x + 30]


@dataclasses.dataclass
class Screen:
    """A screen with a code, as the gallery makes them."""

    name: str
    image: Image.Image
    text: str
    box: tuple[int, int, int, int]
    modules: list[list[bool]]


def screen(pixels_a_module: int = 4, quiet: int = 4, ground: str = "white") -> Screen:
    """A panel's picture with a code in its middle."""
    code = segno.make(TEXT, version=5, error="m", boost_error=False, mode="alphanumeric")
    modules = [[bool(dark) for dark in row] for row in code.matrix]
    side = (len(modules) + 2 * quiet) * pixels_a_module
    left, top = (SIZE[0] - side) // 2, (SIZE[1] - side) // 2
    image = Image.new("RGB", SIZE, ground)
    pen = ImageDraw.Draw(image)
    pen.rectangle((left, top, left + side - 1, top + side - 1), "white")
    for y, row in enumerate(modules, quiet):
        for x, dark in enumerate(row, quiet):
            corner = (left + x * pixels_a_module, top + y * pixels_a_module)
            end = (corner[0] + pixels_a_module - 1, corner[1] + pixels_a_module - 1)
            if dark:
                pen.rectangle((*corner, *end), "black")
    return Screen("code", image, TEXT, (left, top, left + side, top + side), modules)


def test_shots_are_reproducible_from_a_seed() -> None:
    taken = draw_shot(random.Random(5))
    assert taken == draw_shot(random.Random(5)) != draw_shot(random.Random(6))
    picture = screen().image
    assert photograph(picture, taken).tobytes() == photograph(picture, taken).tobytes()


def test_parameters_cover_their_ranges_and_stay_in_them() -> None:
    shots = [draw_shot(random.Random(seed), side=135) for seed in range(1000)]
    drawn = {
        (-25, 25): [[s.yaw for s in shots], [s.pitch for s in shots]],
        (0, 360): [[s.roll for s in shots]],
        (0.2, 1): [[s.dimming for s in shots]],
        (0, 1): [[s.glare.x for s in shots], [s.glare.y for s in shots]],
        (250, 500): [[s.scale * 135 for s in shots]],
        camera.FOCAL: [[s.focal for s in shots]],
        camera.BLUR: [[s.blur for s in shots]],
        camera.GLARE_RADIUS: [[s.glare.radius for s in shots]],
        camera.GLARE_STRENGTH: [[s.glare.strength for s in shots]],
        camera.NOISE: [[s.noise for s in shots]],
        camera.QUALITY: [[float(s.quality) for s in shots]],
    }
    for (low, high), parameters in drawn.items():
        for values in parameters:
            assert low <= min(values) < low + (high - low) / 20
            assert high - (high - low) / 20 < max(values) <= high


def seen_from_pinhole(x: float, y: float, taken: Shot) -> complex:
    """Where a pinhole camera sees a point of the panel (pixels from its middle), from the middle.

    By angles instead of matrices: the point turns about the upright axis, then the level one.
    """
    yaw, pitch = math.radians(taken.yaw), math.radians(taken.pitch)
    across, away = x * math.cos(yaw), -x * math.sin(yaw)
    reach, angle = math.hypot(y, away), math.atan2(away, y) + pitch
    down, away = reach * math.cos(angle), reach * math.sin(angle)
    nearness = taken.focal / (taken.focal / taken.scale + away)
    return (
        complex(across, down)
        * nearness
        * complex(math.cos(math.radians(taken.roll)), math.sin(math.radians(taken.roll)))
    )


@pytest.mark.parametrize(
    "angles", [(25, 0, 0), (0, 25, 0), (0, 0, 70), (-25, 20, 200), (25, -25, 315)]
)
def test_perspective_moves_points_as_a_pinhole_does(angles: tuple[int, int, int]) -> None:
    taken = shot(yaw=angles[0], pitch=angles[1], roll=angles[2], focal=1500)
    found = [centre(mark, taken) for mark in ((-100, -140), (100, -140), (100, 140), (-100, 140))]
    for i, (x, y) in enumerate(((-100, -140), (100, -140), (100, 140), (-100, 140))):
        expected = seen_from_pinhole(x, y, taken) - seen_from_pinhole(-100, -140, taken)
        assert abs(found[i] - found[0] - expected) < 0.3


def centre(mark: tuple[int, int], taken: Shot) -> complex:
    """Where a white mark of 6 x 6 pixels, so far from the panel's middle, is photographed."""
    left, top = mark[0] + SIZE[0] // 2 - 3, mark[1] + SIZE[1] // 2 - 3
    marked = BLACK.copy()
    marked.paste("white", (left, top, left + 6, top + 6))
    light = np.clip(pixels(marked, taken) - pixels(BLACK, taken) - 30, 0, None)
    y, x = np.indices(light.shape) + 0.5
    return complex((light * x).sum(), (light * y).sum()) / light.sum()


def test_perspective_makes_the_nearer_side_larger() -> None:
    frame = Frame(SIZE, shot(yaw=25))
    left = frame.place((0, 320))[1] - frame.place((0, 0))[1]
    right = frame.place((240, 320))[1] - frame.place((240, 0))[1]
    assert left < 640 < right


def test_the_photograph_holds_the_panel_with_its_surroundings() -> None:
    for seed in range(50):
        taken = draw_shot(random.Random(seed))
        frame = Frame(SIZE, taken)
        corners = [frame.place(corner) for corner in ((0, 0), (240, 0), (240, 320), (0, 320))]
        assert all(0 < x < frame.size[0] and 0 < y < frame.size[1] for x, y in corners)
    flat = pixels(WHITE, STILL)
    assert abs(flat[2, 2] - 110) < 3 and flat[flat.shape[0] // 2, 40] < 20


def test_dimming_scales_the_panel_and_not_the_counter() -> None:
    for dimming in (0.2, 0.5, 1):
        assert abs(middle(WHITE, shot(dimming=dimming)).mean() - 255 * dimming) < 1
        assert abs(pixels(WHITE, shot(dimming=dimming))[2, 2] - 110) < 3


def test_blur_spreads_an_edge_as_a_gaussian_does() -> None:
    half = WHITE.copy()
    half.paste("black", (0, 0, 120, 320))
    for sigma in (1.0, 1.4):
        slope = np.diff(middle(half, shot(blur=sigma)).mean(axis=0))
        x = np.arange(len(slope))
        spread = math.sqrt(((x - (slope * x).sum() / 255) ** 2 * slope).sum() / 255)
        # a panel pixel sampled half way into the next, one camera pixel wide, adds a little
        assert sigma <= spread < math.hypot(sigma, 0.6)


def test_glare_saturates_in_its_middle_and_fades() -> None:
    lamp = shot(glare=Glare(0.5, 0.5, 0.1, 1.2))  # sigma: 0.1 * 240 * 2 = 48 camera pixels
    spot = middle(BLACK, lamp)
    assert spot[20:40, 20:40].min() > 250
    assert middle(BLACK, STILL).max() < 5
    seen = pixels(BLACK, lamp)
    y, x = seen.shape[0] // 2, seen.shape[1] // 2
    assert abs(seen[y, x + 96] - 1.2 * 255 * math.exp(-2)) < 5


def test_glare_is_where_the_shot_says() -> None:
    seen = pixels(BLACK, shot(glare=Glare(0.25, 0.75, 0.05, 1)))
    y, x = np.unravel_index(seen[60:-60, 60:-60].argmax(), seen[60:-60, 60:-60].shape)
    frame = Frame(SIZE, STILL)
    where = frame.place((60, 240))
    assert math.dist((x + 60, y + 60), where) < 8


def test_noise_has_its_sigma_and_its_own_grain() -> None:
    grey = Image.new("RGB", SIZE, (128, 128, 128))
    for sigma in (2, 8):
        assert abs(middle(grey, shot(noise=sigma)).std() - sigma) < 0.15 * sigma + 0.3
    one, same, other = (middle(grey, shot(noise=8, grain=grain)) for grain in (1, 1, 2))
    assert (one == same).all() and abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.1


def test_the_sensor_saturates_at_both_ends() -> None:
    assert middle(WHITE, shot(noise=8)).max() == 255
    assert middle(BLACK, shot(noise=8)).min() == 0


def test_a_photograph_has_been_through_jpeg() -> None:
    picture = screen().image
    rough, fine = (photograph(picture, shot(quality=quality)) for quality in (50, 95))
    assert isinstance(rough, JpegImagePlugin.JpegImageFile)
    assert sum(rough.quantization[0]) > 5 * sum(fine.quantization[0])  # type: ignore[attr-defined]
    assert np.abs(np.asarray(rough).astype(int) - np.asarray(fine)).max() > 20


def share_read(picture: Image.Image, shots: int = 30) -> float:
    """The share of shots in which a picture of the code is read."""
    taken = [draw_shot(random.Random(seed)) for seed in range(shots)]
    return sum(read(picture, one) == [TEXT] for one in taken) / shots


def test_a_good_code_is_read_in_nearly_all_shots() -> None:
    assert share_read(screen().image) >= 0.9


def test_a_code_with_one_pixel_a_module_is_not_read_in_most_shots() -> None:
    assert share_read(screen(pixels_a_module=1).image) <= 0.3


def test_a_code_without_quiet_zone_is_not_read_in_most_shots() -> None:
    assert share_read(screen(quiet=0, ground="black").image) <= 0.3


def test_paper_is_the_same_code_in_the_same_place() -> None:
    for good in (screen(), screen(quiet=2)):
        assert np.array_equal(np.asarray(paper(good)), np.asarray(good.image.convert("L")))
    with pytest.raises(ValueError, match="code: 37 modules"):
        paper(dataclasses.replace(screen(), box=(0, 0, 181, 181)))


def test_a_campaign_finds_a_screen_that_is_worse_than_paper() -> None:
    good, bad = screen(), screen(quiet=0, ground="black")
    assert run("a board", [good], 6).of_paper == 1
    tally = run("a board", [bad], 10)
    assert tally.paper_read >= 8 and tally.read == tally.both == 0
    assert len(tally.lost) == tally.paper_read and not tally.passed


def test_a_campaign_fails_on_a_code_that_says_something_else() -> None:
    wrong = dataclasses.replace(screen(), text=TEXT + "A")
    tally = run("a board", [wrong], 3)
    assert tally.misread and tally.read == 0 and not tally.passed
    assert not dataclasses.replace(Tally(1, 1, 1, 1), misread=(4,)).passed
    assert not Tally(shots=5).passed


def test_the_goal_is_counted_in_shots_that_paper_survives() -> None:
    tally = Tally(shots=2000, read=998, paper_read=1000, both=998)
    assert tally.of_paper == 0.998 and not tally.passed
    assert (tally + Tally(1000, 1000, 1000, 1000)).passed


def test_a_campaign_does_not_depend_on_its_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_campaign, "_CHUNK", 3)
    boards = {"one": [screen(), screen(3)], "two": [screen()]}
    whole = {name: run(name, codes, 8, 5) for name, codes in boards.items()}
    assert scan_campaign.campaign(boards, shots=8, jobs=2, first_seed=5) == whole
    assert aim("one", boards["one"], 5) == aim("one", boards["one"], 5)
    assert aim("one", boards["one"], 5)[0] != aim("two", boards["one"], 5)[0]


def test_the_command_writes_its_record_and_fails_below_the_goal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = {"good": [screen()], "bad": [screen(quiet=0, ground="black")]}
    gallery = SimpleNamespace(boards=lambda: list(codes), code_pictures=codes.__getitem__)
    monkeypatch.setitem(sys.modules, "tools.gallery", gallery)
    monkeypatch.setattr(scan_campaign, "BUILD", tmp_path)
    command = ["scan_campaign", "--shots", "2", "--jobs", "1"]
    monkeypatch.setattr(sys, "argv", [*command, "--boards", "good"])
    assert scan_campaign.main() == 0
    monkeypatch.setattr(sys, "argv", [*command, "--keep", str(tmp_path / "lost")])
    assert scan_campaign.main() == 1
    record = json.loads((tmp_path / "scan.json").read_text())
    assert record["bad"]["shots"] == 2 and record["bad"]["read"] == 0
    assert record["good"]["of_paper"] == 1
    assert len(list((tmp_path / "lost").iterdir())) == 2 * len(record["bad"]["lost"])
    assert "MISSED" in capsys.readouterr().out
