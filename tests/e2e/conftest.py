"""The whole cast over TLS, a real Chromium, and a workstation for each test."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright
from support.secure_stage import secure_stage
from support.workstation import Workstation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

    from portal.demo.ports import Addresses

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
)


@pytest.fixture(scope="session")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """Where everything is."""
    with secure_stage(tmp_path_factory.mktemp("stage")) as addresses:
        yield addresses


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser, without a profile."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def workstation(chromium: Browser, at: Addresses) -> Iterator[Callable[..., Workstation]]:
    """Make workstations; afterwards none of them may have leaked a patient or met something that was stopped."""
    made: list[Workstation] = []

    def make(**options: Any) -> Workstation:
        # The test's own authorities are no part of Debian's trust store.
        wanted: dict[str, Any] = {"locale": "nb-NO", "ignore_https_errors": True} | options
        context = chromium.new_context(**wanted)
        context.set_default_timeout(15_000)
        made.append(Workstation(at, context))
        return made[-1]

    yield make
    for one in made:
        one.context.close()
    assert [url for one in made for url in one.leaked()] == []
    assert [text for one in made for text in one.complaints] == []
