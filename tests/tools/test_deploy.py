"""Updating a running board: mpremote against MicroPython itself, on a pseudo-terminal."""

import contextlib
import os
import pty
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import deploy, firmware, prompt

_MACHINE = "def reset():\n    open(RESET, 'w').close()\n"


class Board:
    """MicroPython's prompt on a serial port; its files are in a directory of the test's."""

    def __init__(self, files: Path, modules: Path) -> None:
        self.files = files
        self.was_reset = modules / "was_reset"
        files.mkdir()
        modules.mkdir()
        machine = _MACHINE.replace("RESET", repr(str(self.was_reset)))
        (modules / "machine.py").write_text(machine)
        self._line, self._held = pty.openpty()
        tty.setraw(self._held)
        self.port = os.ttyname(self._held)
        console, inside = pty.openpty()
        tty.setraw(inside)
        micropython = Path(sys.executable).parent / "micropython"
        self._process = subprocess.Popen(
            [micropython, "-i", "-X", "heapsize=160k"],
            env={**os.environ, "MICROPYPATH": f"{modules}:.frozen"},
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
        )
        os.close(inside)
        for source, target in ((self._line, console), (console, self._line)):
            threading.Thread(target=_pump, args=(source, target), daemon=True).start()

    def unplug(self) -> None:
        self._process.kill()
        self._process.wait()
        for end in (self._line, self._held):
            with contextlib.suppress(OSError):
                os.close(end)


def _pump(source: int, target: int) -> None:
    try:
        while data := os.read(source, 4096):
            os.write(target, data)
    except OSError:
        return  # one end is closed


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    board = Board(tmp_path / "files", tmp_path / "modules")
    yield board
    board.unplug()


def run(built: Path, board: Board) -> int:
    words = ["--board", "t_display", "--port", board.port, "--build", str(built)]
    return deploy.main(words, str(board.files))


def on(board: Board) -> dict[str, bytes]:
    paths = [path for path in board.files.rglob("*") if path.is_file()]
    return {path.relative_to(board.files).as_posix(): path.read_bytes() for path in paths}


def wait_for_reset(board: Board) -> None:
    deadline = time.monotonic() + 5
    while not board.was_reset.exists():
        assert time.monotonic() < deadline, "the board was not reset"
        time.sleep(0.01)


def test_an_empty_board_gets_everything(built: Path, board: Board) -> None:
    assert run(built, board) == 0
    assert on(board) == firmware.load(built / "t_display").files
    wait_for_reset(board)


def test_only_what_changed_is_written(
    built: Path, board: Board, capsys: pytest.CaptureFixture
) -> None:
    files = firmware.load(built / "t_display").files
    for path, body in files.items():
        (board.files / path).parent.mkdir(parents=True, exist_ok=True)
        (board.files / path).write_bytes(body)
    mine = {"settings.json": b"{}", "journal/1": b"paid"}
    (board.files / "journal").mkdir()
    for path, body in mine.items():
        (board.files / path).write_bytes(body)
    changed = next(path for path in files if path.endswith(".mpy"))
    (board.files / changed).write_bytes(b"old")
    (board.files / "texts/zh.txt").write_bytes(b"old")
    (board.files / "gone/deeper").mkdir(parents=True)
    (board.files / "gone/deeper/gone.mpy").write_bytes(b"old")
    untouched = (board.files / "fonts.tqf").stat().st_mtime_ns
    assert run(built, board) == 0
    assert on(board) == {**files, **mine}
    assert not (board.files / "gone").exists()  # it would hide a module of that name
    assert (board.files / "fonts.tqf").stat().st_mtime_ns == untouched
    said = capsys.readouterr().out
    assert f"1 written, 2 removed, {len(files) - 1} were the same" in said


def test_the_file_that_starts_the_rest_is_written_last() -> None:
    right = {"board.json": b"1", "main.py": b"2", "tillqr/a.mpy": b"3", "zebra": b"4"}
    write, _ = deploy.changes(right, {})
    assert write == ["board.json", "tillqr/a.mpy", "zebra", "main.py"]


def test_a_locked_board_says_how_to_open_it(
    built: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt, "_SECONDS", 0.5)
    line, held = pty.openpty()  # a board that listens to nobody
    tty.setraw(held)
    words = ["--board", "t_display", "--port", os.ttyname(held), "--build", str(built)]
    assert deploy.main(words) == 1
    os.close(line)
    said = capsys.readouterr()
    assert "gives no prompt: its console is locked" in said.err
    assert "hold the QR key as soon as the panel says that it is starting" in said.err
    assert "Nothing on the board was changed." in said.err
    assert said.out == ""


def test_a_board_that_goes_away_half_way(
    built: Path, board: Board, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "_make_directories", lambda *_: board.unplug())
    assert run(built, board) == 3
    said = capsys.readouterr().err
    assert "the board stopped answering" in said
    assert "Run it again: it goes on where it stopped." in said


def test_a_board_that_keeps_nothing(
    built: Path, board: Board, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = deploy.SerialTransport.fs_writefile
    monkeypatch.setattr(
        deploy.SerialTransport,
        "fs_writefile",
        lambda self, path, data, **more: write(self, path, data[:-1], **more),
    )
    assert run(built, board) == 3
    assert "the board did not keep" in capsys.readouterr().err
    assert not board.was_reset.exists()


def test_a_port_that_is_not_there(built: Path, capsys: pytest.CaptureFixture) -> None:
    words = ["--board", "t_display", "--port", "/dev/ttyUSB99", "--build", str(built)]
    assert deploy.main(words) == 1
    assert "there is no serial port /dev/ttyUSB99" in capsys.readouterr().err
