"""A board's file system and NVS for tests of what is stored there; runs on CPython and on
MicroPython."""

import binascii
import json
import os

from tillqr.board import provision
from tillqr.board import settings as board_settings
from tillqr.board.settings import BadSettings

from tests.support import SETTINGS, copy

KEY = "0f" * 32
PASSWORD = "correct horse"


class Cut(Exception):
    """The power failed."""


class Flash:
    """What outlives a power cut, and the power: it fails before the step `fails_at`."""

    def __init__(self, late=False):
        """late: whether NVS keeps only what was committed, or each blob at once."""
        self.late = late
        self.blobs = {}
        self.staged = {}
        self.steps = 0
        self.fails_at = -1

    def step(self):
        self.steps += 1
        if self.steps == self.fails_at:
            raise Cut()

    def set_blob(self, name, value):
        self.step()
        self.staged[name] = bytes(value)
        if not self.late:
            self.blobs = dict(self.staged)

    def erase_key(self, name):
        self.step()
        if name not in self.staged:
            raise OSError(-4354, "ESP_ERR_NVS_NOT_FOUND")
        del self.staged[name]
        if not self.late:
            self.blobs = dict(self.staged)

    def commit(self):
        self.step()
        self.blobs = dict(self.staged)

    def get_blob(self, name, buffer):
        if name not in self.blobs:
            raise OSError(-4354, "ESP_ERR_NVS_NOT_FOUND")
        blob = self.blobs[name]
        buffer[: len(blob)] = blob
        return len(blob)

    # What provision.py uses of `os` and of the built-ins.

    def stat(self, path):
        return os.stat(path)

    def remove(self, path):
        self.step()
        os.remove(path)

    def rename(self, old, new):
        self.step()
        os.rename(old, new)

    def open(self, path, mode="r"):
        if "w" in mode:
            self.step()
        return open(path, mode)


class Board:
    """A directory as a board's file system, with a Flash."""

    def __init__(self, settings=None, late=False):
        self.flash = Flash(late)
        self._settings = settings

    def __enter__(self):
        self._home = os.getcwd()
        # A name of its own: the same tests may run on the other runtime at this moment.
        self._place = "build/board-" + binascii.hexlify(os.urandom(8)).decode()
        for path in ("build", self._place, self._place + "/texts"):
            try:
                os.mkdir(path)
            except OSError:
                pass
        os.chdir(self._place)
        with open("texts/en.txt", "w") as file:
            file.write("\n")
        if self._settings is not None:
            with open("settings.json", "w") as file:
                file.write(json.dumps(self._settings))
        provision.os = self.flash
        provision.open = self.flash.open
        return self

    def __exit__(self, *_):
        provision.os = os
        provision.open = open
        for name in self.files():
            os.remove(name)
        os.remove("texts/en.txt")
        os.rmdir("texts")
        os.chdir(self._home)
        os.rmdir(self._place)

    def store(self, given):
        provision.store(given, self.flash)

    def files(self):
        return sorted([name for name in os.listdir() if name != "texts"])

    def state(self):
        """Settings, key and password as the board would start with them; None: not set up."""
        try:
            settings = board_settings.load("settings.json")
            board_settings.device_keys(self.flash, settings.key_number)
        except BadSettings:
            return None
        password = board_settings.password(self.flash, "wifi_password")
        return (settings.device, settings.wifi_ssid, self.flash.blobs["device_key"], password)


def document(settings=None, **secrets):
    given = copy(SETTINGS)
    given.update(settings or {})
    kept = {"device_key": KEY, "wifi_password": PASSWORD}
    kept.update(secrets)
    return {"settings": given, "secrets": kept}
