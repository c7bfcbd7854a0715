"""What the firmware takes: bytes, memory when loaded, the heap at rest, instructions to start.

`make size` prints a table of every module, writes build/bench/size.json, and fails if a goal is
missed. A bundled module's figures are what it adds to its bundle (tools/bundle.py). Memory with
pointers of 64 bits is measured on MicroPython's Unix port, with 32, as the chip has them, on its
WebAssembly port under Node; that one has no viper, so a viper function counts there as an empty
function and its machine code for the chip. The heap at rest is that of a simulated board with a
heap of 160 KB, resident parts loaded and the idle screen shown; the shims, which on the chip are
C and not in the heap, are counted apart. What a card reader takes of it is the difference between
two boards that reach their backend by TLS, as a reader needs. Instructions are callgrind's.
"""

import ast
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from host_sim.bench import Bench
from host_sim.board import HEAP_KB, ROOT, SHIMS_KB
from tools.bundle import BUNDLE
from tools.compile import compile_one, join

MICROPYTHON = Path(sys.executable).parent / "micropython"
HERE = Path(__file__).parent
CHIP = "xtensawin"
GOALS = {
    "mpy_resident_bytes": (0, 40_000),
    "heap_free_bytes": (52 * 1024, HEAP_KB * 1024),
    "shims_bytes": (0, SHIMS_KB * 1024),
    "reader_heap_bytes": (0, 18 * 1024),
}
"""The least and the most that figures may be."""
_START = (
    "tillqr.assembly",
    "tillqr.board.hardware",
    "tillqr.board.reserve",
    "tillqr.board.settings",
)
_PIXELS = "tillqr.panel.rgb444"
_SETTLE_SECONDS = 4
_COUNT_SECONDS = 60
_NPM = ROOT / "build" / "npm"


@dataclass
class Row:
    """One module."""

    name: str
    when: str
    mpy: int = 0
    ram32: int = 0
    ram64: int = 0


def main() -> int:
    """Measure, print, write; 0 if every goal is met."""
    for program, package in (("valgrind", "valgrind"), ("node", "nodejs"), ("npm", "npm")):
        if shutil.which(program) is None:
            print(f"size: {program} is needed (Debian: apt-get install {package})")
            return 2
    with tempfile.TemporaryDirectory() as directory:
        rows = measure_modules(Path(directory))
        figures = asyncio.run(at_rest(Path(directory) / "rest"))
        figures["reader_heap_bytes"] = asyncio.run(reader_heap(Path(directory)))
        figures["start_instructions"] = asyncio.run(_count_start(Path(directory)))
    resident = [row for row in rows if row.when == "resident"]
    figures["mpy_resident_bytes"] = sum(row.mpy for row in resident)
    figures["mpy_bytes"] = sum(row.mpy for row in rows)
    figures["ram32_resident_bytes"] = sum(row.ram32 for row in resident)
    figures["ram64_resident_bytes"] = sum(row.ram64 for row in resident)
    _print(rows, figures)
    target = ROOT / "build" / "bench" / "size.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    figures["modules"] = [vars(row) for row in rows]
    target.write_text(json.dumps(figures, indent=1) + "\n")
    missed = [name for name, (low, high) in GOALS.items() if not low <= figures[name] <= high]
    for name in missed:
        print(f"missed: {name} is {figures[name]:,}, wanted is {GOALS[name]}")
    return 1 if missed else 0


# Modules.


def measure_modules(work: Path) -> list[Row]:
    """A row for each module of the firmware, in the order in which they are loaded."""
    made, packages, _ = join()
    rows: list[Row] = []
    for bundle, text in made.bundles.items():
        origin = {new: name for one, name, _, new in made.names if one == bundle}
        before: list[ast.stmt] = []
        so_far = Row(bundle, "")
        for name, part in _parts(ast.parse(text), origin).items():
            before += part
            total = _measure(
                work, bundle, "", {**made.bundles, bundle: ast.unparse(ast.Module(before, []))}
            )
            grown = (total.mpy - so_far.mpy, total.ram32 - so_far.ram32, total.ram64 - so_far.ram64)
            when = "resident" if bundle == BUNDLE else f"with {bundle.removeprefix('tillqr.')}"
            rows.append(Row(name, when, *grown))
            so_far = total
    modules = {**made.others, **made.bundles}
    for name in made.others:
        if name not in packages:
            when = "resident" if name == _PIXELS else "when needed"
            rows.append(_measure(work, name, "at the start" if name in _START else when, modules))
    return rows


def _measure(work: Path, name: str, when: str, modules: dict[str, str]) -> Row:
    """A module behind all that it imports."""
    text = modules[name]
    mpy = _mpy_size(work, text)
    machine_code = mpy - _mpy_size(work, _without_viper(text))
    ram64, ram32 = (_loaded(work, bits, modules, name) for bits in (64, 32))
    return Row(name, when, mpy, ram32 + machine_code, ram64)


def _parts(tree: ast.Module, origin: dict[str, str]) -> dict[str, list[ast.stmt]]:
    """The bundle's statements by the module that they are from; imports go to the first."""
    parts: dict[str, list[ast.stmt]] = {}
    imports: list[ast.stmt] = []
    for statement in tree.body:
        found = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
        stored = [node.id for node in found if isinstance(node.ctx, ast.Store)]
        stored.insert(0, getattr(statement, "name", ""))
        names = [origin[word] for word in stored if word in origin]
        if names:
            parts.setdefault(names[0], []).append(statement)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            imports.append(statement)
        else:
            parts[list(parts)[-1]].append(statement)
    first = next(iter(parts))
    parts[first] = imports + parts[first]
    return parts


def _mpy_size(work: Path, text: str) -> int:
    target = work / "size.mpy"
    compile_one(text, target, "resident", CHIP)
    return target.stat().st_size


def _without_viper(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
        if any("viper" in ast.unparse(one) for one in decorators):
            assert isinstance(node, ast.FunctionDef)
            node.decorator_list, node.body, node.returns = [], [ast.Pass()], None
            for parameter in node.args.args:
                parameter.annotation = None
    return ast.unparse(tree)


def _loaded(work: Path, bits: int, modules: dict[str, str], name: str) -> int:
    """Bytes that the heap grows by when a module is imported; its own imports are there before."""
    tree = work / f"tree{bits}-{hash(tuple(modules.values()))}"
    for module, text in () if tree.exists() else modules.items():
        place = Path(*module.split("."))
        words = text if bits == 64 else _without_viper(text)
        if any(other.startswith(f"{module}.") for other in modules):
            place /= "__init__"
            words = words if module == "tillqr" else ""  # it would load what is to be measured
        options = () if bits == 64 else ("-msmall-int-bits=31",)
        compile_one(words, tree / place.with_suffix(".mpy"), place.name, "host", options)
    wanted = _imports(modules, name)
    arguments = json.dumps({"first": wanted, "then": name})
    if bits == 64:
        paths = os.pathsep.join((str(tree), ".frozen"))
        command = [str(MICROPYTHON), "-X", "heapsize=2m", str(HERE / "load.py"), arguments]
        environment = {**os.environ, "MICROPYPATH": paths}
    else:
        command = ["node", str(_web_assembly() / "load.mjs"), str(HERE / "load.py"), arguments]
        environment = dict(os.environ)
    run = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise SystemExit(f"size: {name} can't be loaded:\n{run.stdout}{run.stderr[-2000:]}")
    return int(run.stdout)


def _imports(modules: dict[str, str], name: str) -> list[str]:
    """What of the firmware a module imports at once, in order."""
    found: list[str] = []
    for node in ast.parse(modules[name]).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tillqr"):
            inner = f"{node.module}.{node.names[0].name}"
            found.append(inner if inner in modules else str(node.module))
    return list(dict.fromkeys(found))


def _web_assembly() -> Path:
    """Where MicroPython's WebAssembly port is installed, with the script that runs it."""
    _NPM.mkdir(parents=True, exist_ok=True)
    for file in ("package.json", "load.mjs"):
        shutil.copyfile(HERE / file, _NPM / file)
    if not (_NPM / "node_modules").exists():
        subprocess.run(["npm", "install", "--silent", "--no-audit"], cwd=_NPM, check=True)
    return _NPM


# A whole board.


async def at_rest(work: Path, road: str = "http", reader: str = "") -> dict:
    """What is free of a board's heap when the idle screen is shown, and the modules in it.

    road, reader: as Bench's.
    """
    probe = HERE / "rest.py"
    async with Bench("micropython", directory=work, probe=probe, road=road, reader=reader) as bench:
        return dict(json.loads(await _said(bench, _SETTLE_SECONDS + 30)))


async def reader_heap(work: Path) -> int:
    """The bytes of a board's heap that a card reader takes at rest."""
    plain = await at_rest(work / "plain", road="https")
    tapped = await at_rest(work / "tapped", road="https", reader="hsu")
    return int(plain["heap_free_bytes"] - tapped["heap_free_bytes"])


async def _count_start(work: Path) -> int:
    """Instructions from the start of MicroPython to the idle screen."""
    out = work / "callgrind.out"
    prefix = ("valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={out}")
    subprocess.run([*prefix, str(MICROPYTHON), "-c", ""], check=True)
    nothing = _total(out)  # the wheel's launcher is a Python program
    out.unlink()
    bench = Bench("micropython", directory=work / "start", probe=HERE / "start.py")
    bench.board.prefix = prefix
    async with bench:
        await _said(bench, _COUNT_SECONDS)
        async with asyncio.timeout(_COUNT_SECONDS):
            while not out.exists() or not _total(out):
                await asyncio.sleep(0.2)
    return _total(out) - nothing


def _total(out: Path) -> int:
    """What callgrind counted; 0 if it has not written that yet."""
    lines = out.read_text().splitlines()
    found = (line.split()[1] for line in lines if line.startswith(("summary:", "totals:")))
    return int(next(found, "0"))


async def _said(bench: Bench, seconds: float) -> str:
    """The line of JSON that a probe prints."""
    async with asyncio.timeout(seconds):
        while True:
            for line in bench.board.log.read_text().splitlines():
                if line.startswith("{"):
                    return line
            await asyncio.sleep(0.1)


def _print(rows: Iterable[Row], figures: dict) -> None:
    print(f"{'module':<30} {'.mpy':>7} {'RAM, 32 bits':>13} {'RAM, 64 bits':>13}  loaded")
    for row in rows:
        name = row.name.removeprefix("tillqr.")
        print(f"{name:<30} {row.mpy:>7,} {row.ram32:>13,} {row.ram64:>13,}  {row.when}")
    print(f"loaded at rest: {', '.join(figures.pop('at_rest'))}")
    for name, figure in figures.items():
        low, high = GOALS.get(name, (0, 0))
        goal = f"   goal: {low:,} to {high:,}" if high else ""
        print(f"{name:<24} {figure:>13,}{goal}")


if __name__ == "__main__":
    sys.exit(main())
