"""A portal under siege, with a HelseID that lies as it is told, and one with both doors open to journals.

What a portal remembers by itself is what HelseID says about itself, its keys and its time: tests that attack these take
a portal of their own, the rest of a module shares one.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from support.doors import doors
from support.helseid import ANNA
from support.siege import besieged
from support.trap import trap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.doors import Doors
    from support.siege import Siege

    from portal.demo.browser import Browser


@pytest.fixture(scope="module")
def siege_of_module(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    folder = tmp_path_factory.mktemp("siege")
    with besieged(f"sqlite:///{shutil.copy(migrated_sqlite, folder / 'portal.db')}", folder) as under:
        yield under


@pytest.fixture
def siege(siege_of_module: Siege) -> Siege:
    """Shared by a module; HelseID is honest and the time is right when a test begins."""
    siege_of_module.begin_anew()
    return siege_of_module


@pytest.fixture
def lone_siege(sqlite_url: str, tmp_path: Path) -> Iterator[Siege]:
    """A portal that has never heard of HelseID."""
    with besieged(sqlite_url, tmp_path) as under:
        yield under


@pytest.fixture
def siege_on_each(database_url: str, tmp_path: Path) -> Iterator[Siege]:
    """As `lone_siege`, once on each kind of database: for what the database itself decides."""
    with besieged(database_url, tmp_path) as under:
        yield under


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The origin of a server that nobody may ask."""
    with trap() as origin:
        yield origin


@pytest.fixture
def at(sqlite_url: str, tmp_path: Path) -> Iterator[Doors]:
    """A portal with both doors open."""
    with doors(sqlite_url, tmp_path) as both:
        yield both


@pytest.fixture
def browser(at: Doors) -> Browser:
    """Anna's, who is signed in."""
    anna = at.world.browser()
    at.world.log_in(anna, ANNA)
    return anna
