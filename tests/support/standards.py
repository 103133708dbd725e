"""The official schemas and samples, when the machine has them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_directory = os.environ.get("DIALOGMELDING_XSD_DIR")
needs_standards = pytest.mark.skipif(
    not _directory, reason="DIALOGMELDING_XSD_DIR is not set: the official schemas are not at hand"
)


def at_hand() -> bool:
    """Whether there are any, for tests that hold more where they are."""
    return bool(_directory)


def standards() -> Path:
    """The directory that holds them; for tests marked `needs_standards`."""
    return Path(os.environ["DIALOGMELDING_XSD_DIR"])


def sample(name: str) -> bytes:
    """An official sample message, by file name."""
    return next(standards().rglob(name)).read_bytes()
