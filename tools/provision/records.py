"""Records of what was provisioned: a JSON file a display, for the backend. They hold keys.

A file is readable by its owner alone. While a display is being given its key the record is
`NAME.json.part`; if that ends badly it stays, so that the next try uses the same key: the
display may have it.

A change of keys is written to the record itself before the display hears of it: the backend knows
both keys from then on, whichever of them the display has.
"""

import dataclasses
import datetime
import json
import os
from pathlib import Path

from tools.provision import ca
from tools.provision.plan import Plan


class RecordError(RuntimeError):
    """A record can't be read or written; the text says why."""


class Records:
    """A directory of records."""

    def __init__(self, directory: Path) -> None:
        """Makes the directory if there is none; raises RecordError."""
        self._directory = directory
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise RecordError(f"can't make {directory}: {error.strerror}") from None

    def path(self, device: str) -> Path:
        """Where a display's record is."""
        return self._directory / f"{device}.json"

    def has(self, device: str) -> bool:
        """Whether a display was provisioned."""
        return self.path(device).exists()

    def has_ca(self, device: str) -> bool:
        """Whether a display was given a CA's certificate; raises RecordError."""
        return self.has(device) and "ca" in self._read(self.path(device))

    def begin(self, plan: Plan, key: bytes) -> None:
        """Note what a display is about to be given; raises RecordError."""
        record: dict[str, object] = {
            "device": plan.device,
            "key": key.hex(),
            "key_number": plan.settings["key_number"],
            "shop": plan.settings.get("shop", ""),
            "currency": plan.currency,
            "backend": plan.settings["backend"],
        }
        if plan.settings.get("broker"):
            record["broker"] = plan.settings["broker"]
        earlier = self._read(self.path(plan.device)) if self.has(plan.device) else {}
        if plan.ca:
            record["ca"] = ca.fingerprint(plan.ca)
        elif "ca" in earlier:
            record["ca"] = earlier["ca"]  # which it keeps
        if "previous" in earlier and earlier["key"] == key.hex():
            record["previous"] = earlier["previous"]  # which stays in force beside it
        self._write(self._part(plan.device), record)

    def begun_key(self, device: str) -> bytes | None:
        """The key of a try that did not end well; raises RecordError."""
        part = self._part(device)
        return bytes.fromhex(self._read(part)["key"]) if part.exists() else None

    def with_its_key(self, plan: Plan) -> tuple[Plan, bytes]:
        """A plan with the number of the key that the display has, and that key; raises
        RecordError."""
        if not self.has(plan.device):
            raise RecordError(f"there is no {self.path(plan.device)}: which key is to be kept?")
        record = self._read(self.path(plan.device))
        settings = {**plan.settings, "key_number": record["key_number"]}
        return dataclasses.replace(plan, settings=settings), bytes.fromhex(record["key"])

    def begin_change(self, device: str, key: bytes) -> dict:
        """Note that a display is about to get another key beside the one that it has; the record.

        A change that did not end well goes on, with the key that was made for it. Raises
        RecordError.
        """
        part = self._part(device)
        if part.exists():
            record = self._read(part)
            if "previous" not in record:
                raise RecordError(
                    f"{device} was being set up anew, and may have the key in {part}: run that "
                    "same `make provision` again, or delete the file if the board was never reached"
                )
        else:
            record = self._with_key(device, key)
        self._write(part, record)
        self._write(self.path(device), record)
        return record

    def _with_key(self, device: str, key: bytes) -> dict:
        """A display's record with another key, and the present one as the one before."""
        if not self.has(device):
            raise RecordError(f"there is no {self.path(device)}: whose key is to change?")
        record = self._read(self.path(device))
        previous = {"key": record["key"], "key_number": record["key_number"]}
        number = (record["key_number"] + 1) % 256
        return {**record, "key": key.hex(), "key_number": number, "previous": previous}

    def finish(self, device: str, serial: str, firmware: str) -> Path:
        """The display has it; the record's path. Raises RecordError."""
        part = self._part(device)
        try:
            record = self._read(part)
            record.update(serial=serial, firmware=firmware)
            now = datetime.datetime.now(datetime.UTC)
            record["provisioned_at"] = now.isoformat(timespec="seconds")
            self._write(part, record)
            part.replace(self.path(device))
        except OSError as error:
            raise RecordError(f"{part} could not be finished: {error}") from None
        return self.path(device)

    def _part(self, device: str) -> Path:
        return self._directory / f"{device}.json.part"

    @staticmethod
    def _read(path: Path) -> dict:
        """A record that has at least a name, a key and its number; raises RecordError."""
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            right = record["device"] and bytes.fromhex(record["key"])
            right = right and 0 <= record["key_number"] <= 255
        except (OSError, ValueError, KeyError, TypeError):
            right = False
        if not right:
            raise RecordError(f"{path} is broken: remove it if no display has its key")
        return dict(record)

    @staticmethod
    def _write(path: Path, record: dict) -> None:
        new = path.with_suffix(".new")
        try:
            new.unlink(missing_ok=True)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        except OSError as error:
            raise RecordError(f"can't write {path}: {error.strerror}") from None
