"""The public page on this host's own disk, so that it stands when the database does not."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class PageFiles:
    """One file per revision; `latest` is replaced in one step, so a reader sees a whole revision or the one before."""

    def __init__(self, directory: Path) -> None:
        self._latest = directory / "public-pages.json"

    def revision(self) -> int | None:
        """The revision on disk."""
        kept = self._read()
        return kept["revision"] if kept else None

    def keep(self, revision: int, pages: Mapping[tuple[str, str], str]) -> None:
        """Replace what is on disk."""
        self._latest.parent.mkdir(parents=True, exist_ok=True)
        document = {
            "revision": revision,
            "pages": {f"{zone}/{language}": html for (zone, language), html in pages.items()},
        }
        draft = self._latest.with_suffix(f".{os.getpid()}.tmp")
        draft.write_text(json.dumps(document), encoding="utf-8")
        draft.replace(self._latest)

    def page(self, zone: str, language: str) -> str | None:
        """The page for one zone and language, if any was ever fetched."""
        kept = self._read()
        return kept["pages"].get(f"{zone}/{language}") if kept else None

    def _read(self) -> Any:
        try:
            return json.loads(self._latest.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
