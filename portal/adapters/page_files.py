"""The public page on this host's own disk, so that it stands when the database does not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Kept(NamedTuple):
    """One revision: its number, and its HTML by zone and language."""

    revision: int
    pages: Mapping[tuple[str, str], str]


class _Document(BaseModel):
    model_config = ConfigDict(strict=True)

    revision: int
    pages: dict[str, str]


class PageFiles:
    """One file with the revision that was kept last; it is replaced in one step, so a reader never sees half of one."""

    def __init__(self, directory: Path) -> None:
        self._latest = directory / "public-pages.json"

    def read(self) -> Kept | None:
        """What is on disk; None when there is nothing, or nothing that can be read."""
        try:
            found = _Document.model_validate_json(self._latest.read_bytes())
        except (OSError, ValueError):
            return None
        pages = {name.partition("/")[::2]: html for name, html in found.pages.items()}
        return Kept(found.revision, pages)

    def keep(self, kept: Kept) -> None:
        """Replace what is on disk; raises OSError, and what was there stands."""
        named = {f"{zone}/{language}": html for (zone, language), html in kept.pages.items()}
        document = _Document(revision=kept.revision, pages=named).model_dump_json()
        self._latest.parent.mkdir(parents=True, exist_ok=True)
        draft = self._latest.with_suffix(f".{os.getpid()}.tmp")
        with draft.open("w", encoding="utf-8") as file:
            file.write(document)
            file.flush()
            # Without it, a power cut after the replacement can leave an empty file.
            os.fsync(file.fileno())
        draft.replace(self._latest)
