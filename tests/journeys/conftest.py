"""A world of its own for each journey, on each kind of database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.world import living

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.world import World


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with living(database_url, tmp_path) as running:
        yield running
