"""A world of its own for each journey, on each kind of database."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.helseid import ANNA
from support.journal import Journal
from support.loopback import http_server
from support.staging import living

from portal.store import registry
from portal.worker.tools import tools_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
    taking = Journal(world)
    with http_server(taking.answer) as address:
        taking.address = address
        with world.database.write() as session:
            registry.disable_epj(session, "epj")
            registry.propose_epj(session, world.epj.model_copy(update={"transport_address": address}), "en")
            registry.approve_epj(session, "epj", "to")
        yield taking


@pytest.fixture
def tools(world: World, journal: Journal) -> Iterator[Tools]:
    """A worker with the world's clock."""
    settings = world.settings.model_copy(update={"egress_allow": (journal.address,)})
    made = tools_of(settings)
    yield replace(made, now=world.clock, jitter=lambda: 1.0)
    made.database.close()


@pytest.fixture
def anna(world: World) -> tuple[Browser, Page]:
    """Anna with a patient open."""
    browser = world.browser()
    return browser, world.open_patient(browser, ANNA)
