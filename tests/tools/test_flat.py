"""Modules out of their packages: they find each other, and what can't be followed is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.flat import flatten
from tools.shorten import Clash

PACKAGES = {"tillqr", "tillqr.net", "tillqr.board"}
MODULES = {
    "tillqr": "VERSION = 3\n",
    "tillqr.net": "",
    "tillqr.board": "",
    "tillqr.net.http": "from tillqr import VERSION\n\ndef get():\n    return VERSION\n",
    "tillqr.net.web": "from tillqr.net import http as pages\n\nclass Web:\n    got = pages.get()\n",
    "tillqr.net.both": "from tillqr.net.http import get\nfrom tillqr.net import http, web\n",
    "tillqr.board.start": (
        "from tillqr.net.web import Web\n"
        "from tillqr.net import both\n"
        "late = __import__('tillqr.net.both', None, None, ['x'])\n"
        "print(Web.got, both.get(), both.web.Web is Web, late is both)\n"
    ),
}


def test_modules_find_each_other(tmp_path: Path) -> None:
    flat = flatten(MODULES, PACKAGES, ["tillqr.board.start"])
    assert set(flat) == {"tillqr", "tillqr.board", "tillqr.board.start", "http", "web", "both"}
    for name, text in flat.items():
        parts = name.split(".") if name.startswith("tillqr") else ["tillqr", name]
        place = tmp_path.joinpath(*parts)
        place = place / "__init__.py" if name in PACKAGES else place.with_suffix(".py")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    run = "import sys; sys.path.insert(0, 'tillqr'); import tillqr.board.start"
    for python in (sys.executable, Path(sys.executable).parent / "micropython"):
        command = [str(python), "-c", run]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.stdout == "3 3 True True\n", done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "from tillqr import net\n",
        "import tillqr.net.http\n",
        "from tillqr.net import absent\n",
        "name = 'tillqr.net.' + kind\n",
        "name = 'tillqr.net'\n",
    ],
)
def test_what_cannot_be_followed_is_refused(text: str) -> None:
    with pytest.raises(Clash):
        flatten({**MODULES, "tillqr.net.more": text}, PACKAGES, ["tillqr.board.start"])


def test_two_modules_of_one_name_are_refused() -> None:
    with pytest.raises(Clash):
        flatten({**MODULES, "tillqr.board.http": ""}, PACKAGES, ["tillqr.board.start"])
