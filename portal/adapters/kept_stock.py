"""The public part of the catalogue on this host's own disk, so that its page stands when the database does not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from portal.domain.stock import Stock

if TYPE_CHECKING:
    from pathlib import Path


class KeptStock:
    """One file with what was kept last; it is replaced in one step, so a reader never sees half of one."""

    def __init__(self, directory: Path) -> None:
        self._latest = directory / "public-catalogue.json"

    def read(self) -> Stock | None:
        """What is on disk; None when there is nothing, or nothing that can be read."""
        try:
            return Stock.model_validate_json(self._latest.read_bytes())
        except (OSError, ValueError):
            return None

    def keep(self, stock: Stock) -> None:
        """Replace what is on disk; raises OSError, and what was there stands."""
        document = stock.model_dump_json(exclude_defaults=True)
        self._latest.parent.mkdir(parents=True, exist_ok=True)
        draft = self._latest.with_suffix(f".{os.getpid()}.tmp")
        with draft.open("w", encoding="utf-8") as file:
            file.write(document)
            file.flush()
            # Without it, a power cut after the replacement can leave an empty file.
            os.fsync(file.fileno())
        draft.replace(self._latest)
