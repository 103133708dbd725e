"""The host's copy of the public catalogue: whole or not there, and never the reason that the portal stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.catalogue import a_catalogue
from support.staging import settings_for

from portal.adapters import catalogue_file
from portal.adapters.kept_stock import KeptStock
from portal.app import create_app
from portal.domain.stock import stock_of
from portal.store.publishing import publish

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "http://127.0.0.1:9"
GONE = "postgresql://127.0.0.1:9/gone"
FIRST, SECOND = (stock_of(number, a_catalogue({"title": {"nb": "Blåresept"}}), {}, {}) for number in (1, 2))
FILE = "public-catalogue.json"
BROKEN = [
    b"",
    b"{",
    b"\xff\xfe",
    b"[]",
    b"{}",
    b'{"revision": "x", "catalogue": {}}',
    b'{"revision": 1, "pages": {"helsenett/nb": "<p>"}}',
]


@pytest.fixture
def files(tmp_path: Path) -> KeptStock:
    return KeptStock(tmp_path / "state")


@pytest.fixture
def blocked(tmp_path: Path) -> Path:
    """A folder that nobody can make, whoever they are."""
    (tmp_path / "file").touch()
    return tmp_path / "file" / "state"


def test_what_was_kept_is_read_again_and_replaced_whole(files: KeptStock, tmp_path: Path) -> None:
    for kept in (FIRST, SECOND):
        files.keep(kept)
        assert files.read() == kept
    assert [path.name for path in (tmp_path / "state").iterdir()] == [FILE]


def test_nothing_was_kept_yet(files: KeptStock) -> None:
    assert files.read() is None


@pytest.mark.parametrize("content", BROKEN)
def test_what_is_broken_is_nothing_and_can_be_replaced(files: KeptStock, tmp_path: Path, content: bytes) -> None:
    files.keep(FIRST)
    (tmp_path / "state" / FILE).write_bytes(content)
    assert files.read() is None
    files.keep(FIRST)
    assert files.read() == FIRST


def test_a_disk_that_cannot_be_written_says_so(blocked: Path) -> None:
    with pytest.raises(OSError, match="Not a directory"):
        KeptStock(blocked).keep(FIRST)
    assert KeptStock(blocked).read() is None


@pytest.fixture
def published(sqlite_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A database with the shipped catalogue."""
    shipped = catalogue_file.read(request.config.rootpath / "link_catalog.yaml")
    publish(settings_for(ORIGIN, ORIGIN, sqlite_url, tmp_path / "elsewhere", {}), shipped, by="test", based_on=None)
    return sqlite_url


def status_and_tag(database_url: str, state: Path) -> tuple[int, str | None]:
    """What a host that starts now answers at the front page."""
    app = create_app(settings_for(ORIGIN, ORIGIN, database_url, state, {}))
    answer = app.test_client().get("/", base_url=ORIGIN)
    app.extensions["portal"].database.close()
    return answer.status_code, answer.headers.get("ETag")


@pytest.mark.parametrize("content", BROKEN)
def test_a_host_starts_with_a_broken_copy(published: str, tmp_path: Path, content: bytes) -> None:
    copy = tmp_path / "state" / FILE
    copy.parent.mkdir()
    copy.write_bytes(content)
    assert status_and_tag(GONE, copy.parent) == (503, None)
    fetched = status_and_tag(published, copy.parent)
    assert fetched[0] == 200
    assert status_and_tag(GONE, copy.parent) == fetched


def test_a_host_that_cannot_write_serves_what_the_database_has(published: str, blocked: Path) -> None:
    assert status_and_tag(published, blocked)[0] == 200
    assert status_and_tag(GONE, blocked)[0] == 503


def test_every_worker_of_a_host_finds_a_new_revision(published: str, tmp_path: Path) -> None:
    settings = settings_for(ORIGIN, ORIGIN, published, tmp_path / "state", {})
    workers = [create_app(settings), create_app(settings)]
    before = [worker.test_client().get("/", base_url=ORIGIN).headers["ETag"] for worker in workers]
    shelf = workers[0].extensions["portal"].shelf.stock().catalogue
    publish(settings, shelf.model_copy(update={"services": shelf.services[:1]}), by="test", based_on=1)
    after = []
    for worker in workers:
        worker.extensions["public_pages"].refresh()
        after.append(worker.test_client().get("/", base_url=ORIGIN).headers["ETag"])
        worker.extensions["portal"].database.close()
    assert before[0] == before[1] != after[0] == after[1]
