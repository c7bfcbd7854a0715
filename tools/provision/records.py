"""Records of what was provisioned: a JSON file a display, for the backend. They hold keys.

A file is readable by its owner alone. While a display is being given its key the record is
`NAME.json.part`; if that ends badly it stays, so that the next try uses the same key: the
display may have it.
"""

import datetime
import json
import os
from pathlib import Path

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

    def begin(self, plan: Plan, key: bytes) -> None:
        """Note what a display is about to be given; raises RecordError."""
        record = {
            "device": plan.device,
            "key": key.hex(),
            "key_number": plan.settings["key_number"],
            "shop": plan.settings.get("shop", ""),
            "currency": plan.currency,
            "backend": plan.settings["backend"],
        }
        self._write(self._part(plan.device), record)

    def begun_key(self, device: str) -> bytes | None:
        """The key of a try that did not end well; raises RecordError."""
        part = self._part(device)
        if not part.exists():
            return None
        try:
            return bytes.fromhex(json.loads(part.read_text())["key"])
        except (OSError, ValueError, KeyError, TypeError):
            raise RecordError(f"{part} is broken: remove it if no display has its key") from None

    def finish(self, device: str, serial: str, firmware: str) -> Path:
        """The display has it; the record's path. Raises RecordError."""
        part = self._part(device)
        try:
            record = json.loads(part.read_text())
            record.update(serial=serial, firmware=firmware)
            now = datetime.datetime.now(datetime.UTC)
            record["provisioned_at"] = now.isoformat(timespec="seconds")
            self._write(part, record)
            part.replace(self.path(device))
        except (OSError, ValueError) as error:
            raise RecordError(f"{part} could not be finished: {error}") from None
        return self.path(device)

    def _part(self, device: str) -> Path:
        return self._directory / f"{device}.json.part"

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
