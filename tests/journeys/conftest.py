"""A world of its own for each journey, on each kind of database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.helseid import ANNA
from support.journal import taking, working
from support.staging import living

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.journal import Journal
    from support.world import Profile, World

    from portal.demo.browser import Browser, Page
    from portal.worker.tools import Tools


_PAIRS = {("postgresql", "strict"), ("sqlite", "classic")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Go through each profile on one kind of database: what the two decide has nothing to do with each other."""
    items[:] = [item for item in items if _is_paired(item)]


def _is_paired(item: pytest.Item) -> bool:
    given = getattr(item, "callspec", None)
    parameters = given.params if given else {}
    both = (parameters.get("database_url"), parameters.get("profile"))
    return None in both or both in _PAIRS


@pytest.fixture
def profile() -> Profile:
    """What the targets are registered in; modules about launches go through both."""
    return "strict"


@pytest.fixture
def world(database_url: str, tmp_path: Path, profile: Profile) -> Iterator[World]:
    with living(database_url, tmp_path, profile) as running:
        yield running


@pytest.fixture
def journal(world: World) -> Iterator[Journal]:
    """The EPJ's journal at the address that it registered."""
    with taking(world) as served:
        yield served


@pytest.fixture
def tools(world: World, journal: Journal) -> Iterator[Tools]:
    """A worker with the world's clock."""
    with working(world, journal) as made:
        yield made


@pytest.fixture
def anna(world: World) -> tuple[Browser, Page]:
    """Anna with a patient open."""
    browser = world.browser()
    return browser, world.open_patient(browser, ANNA)
