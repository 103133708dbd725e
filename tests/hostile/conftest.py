"""Portals to attack: with a HelseID that lies, with both doors open to journals, with targets, with a desk for PDFs.

What a portal remembers by itself is what HelseID says about itself, its keys and its time: tests that attack these take
a portal of their own, the rest of a module shares one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from support.databases import copied
from support.doors import doors
from support.gate import gate as open_gate
from support.helseid import ANNA
from support.siege import besieged
from support.trap import trap
from support.uploads import desk as open_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.doors import Doors
    from support.gate import Gate
    from support.siege import Siege
    from support.uploads import Desk
    from support.world import Profile

    from portal.demo.browser import Browser


@pytest.fixture(scope="module")
def siege_of_module(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    folder = tmp_path_factory.mktemp("siege")
    with besieged(copied(migrated_sqlite, folder), folder) as under:
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


@pytest.fixture(scope="module", params=["strict", "classic"])
def profile(request: pytest.FixtureRequest) -> Profile:
    """What the targets are registered in; a module that is about one of them says so."""
    return cast("Profile", request.param)


@pytest.fixture(scope="module")
def gate_of_module(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory, profile: Profile) -> Iterator[Gate]:
    folder = tmp_path_factory.mktemp("gate")
    with open_gate(copied(migrated_sqlite, folder), folder, profile) as gate:
        yield gate


@pytest.fixture
def gate(gate_of_module: Gate) -> Gate:
    """Shared by a module; the time is right when a test begins, and what was said and done before is forgotten."""
    gate_of_module.begin_anew()
    return gate_of_module


@pytest.fixture
def lone_gate(sqlite_url: str, tmp_path: Path, profile: Profile) -> Iterator[Gate]:
    """For tests that change what is registered."""
    with open_gate(sqlite_url, tmp_path, profile) as gate:
        yield gate


@pytest.fixture
def gate_on_each(database_url: str, tmp_path: Path, profile: Profile) -> Iterator[Gate]:
    """As `lone_gate`, once on each kind of database: for what the database itself decides."""
    with open_gate(database_url, tmp_path, profile) as gate:
        yield gate


@pytest.fixture(scope="module")
def desk_of_module(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with open_desk(copied(migrated_sqlite, folder), folder) as opened:
        yield opened


@pytest.fixture
def desk(desk_of_module: Desk) -> Desk:
    """Shared by a module; its log is empty when a test begins."""
    desk_of_module.lines.forget()
    return desk_of_module
