"""The journal stand-in, and a clinician who is signed in there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.journal_system import standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.journal_system import Epj

    from portal.demo.browser import Browser


@pytest.fixture(scope="module")
def standing_epj(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Epj]:
    with standing(tmp_path_factory.mktemp("epj")) as epj:
        yield epj


@pytest.fixture
def epj(standing_epj: Epj) -> Iterator[Epj]:
    """The journal, its clock right and its portal up again when the test is over."""
    yield standing_epj
    standing_epj.clock.ahead, standing_epj.portal.is_up = timedelta(0), True


@pytest.fixture
def anna(epj: Epj) -> Browser:
    return epj.browser()
