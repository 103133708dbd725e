"""facts/security §4.9, H215: whatever stands in a name is text, wherever the name stands."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest
from support.bodies import LINE
from support.doors import Doors, doors
from support.helseid import ANNA
from support.lying_epj import NUMBER

from portal.demo.browser import Hop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from portal.demo.browser import Browser, Page

pytestmark = pytest.mark.hostile

NAMES = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</title><script src=//evil.example></script>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</p></section></main><h1>Ole Havørn</h1>",
    "{{ 7 * 7 }}{% raw %}",
    "%(name)s %s {0} ${7*7}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!-- --><!",
    "]]><x",
    "javascript:alert(1)",
    "\u202eenirø\u202c",
    "Å" * 100,
]


@pytest.fixture(scope="module")
def at(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("doors")
    (folder / "portal.db").write_bytes(migrated_sqlite.read_bytes())
    with doors(f"sqlite:///{folder / 'portal.db'}", folder) as both:
        yield both


@pytest.fixture
def plain(at: Doors, browser: Browser) -> list[str]:
    """The elements and attributes of a patient's pages with a name that means no harm."""
    return [_shape(page) for page in _pages(browser, _open(at, browser, LINE["family"], LINE["given"]))]


def _open(at: Doors, browser: Browser, family: str, given: str) -> Page:
    patient = LINE | {"family": family, "given": given}
    return at.world.start(browser, at.world.open_session(at.world.epj_token(ANNA), patient, reply_to=None))


def _pages(browser: Browser, listed: Page) -> list[Page]:
    """The pages of a patient: the list, a search in it, and the one before a launch."""
    assert listed.status == 200, listed.text
    return [browser.step(Hop("GET", f"{listed.url}{path}")) for path in ("", "?q=demo", "open/demo-melding")]


def _shape(page: Page) -> str:
    """Every element and attribute; addresses of the patient and numbers of seconds are left out."""
    assert page.status == 200
    skipped = {"href", "action", "data-state", "value"}
    elements = [
        (one.tag, [(name, value) for name, value in one.attrib.items() if name not in skipped])
        for one in page.tree.iter()
    ]
    return re.sub(r"\d+", "", str(elements))


@pytest.mark.parametrize("name", NAMES, ids=[ascii(one)[:30] for one in NAMES])
@pytest.mark.parametrize("part", ["family", "given"])
def test_H215_a_name_at_door_A_is_text(at: Doors, browser: Browser, plain: list[str], name: str, part: str) -> None:
    names = {"family": LINE["family"], "given": LINE["given"]} | {part: name}
    pages = _pages(browser, _open(at, browser, **names))
    for page, shape in zip(pages, plain, strict=True):
        assert html.escape(name, quote=False) in page.response.text.replace("&#34;", '"').replace("&#39;", "'")
        assert " ".join(name.split()) in page.text
        assert _shape(page) == shape


@pytest.mark.parametrize("name", NAMES, ids=[ascii(one)[:30] for one in NAMES])
def test_H215_a_name_at_door_B_is_text(at: Doors, browser: Browser, plain: list[str], name: str) -> None:
    at.epj.resources["Patient/p-1"]["name"] = [{"family": name, "given": ["Ola"]}]
    waiting = at.launch(browser)
    listed = browser.follow(Hop("GET", f"{at.world.origin}{waiting.response.headers['Location']}"))
    for page, shape in zip(_pages(browser, listed), plain, strict=True):
        assert html.escape(name, quote=False) in page.response.text.replace("&#34;", '"').replace("&#39;", "'")
        assert _shape(page) == shape


@pytest.mark.parametrize("name", NAMES, ids=[ascii(one)[:30] for one in NAMES])
def test_H215_the_initials_of_a_name_are_text(at: Doors, browser: Browser, name: str) -> None:
    _open(at, browser, name, name)
    page = browser.step(Hop("GET", f"{at.world.origin}/go/demo-melding"))
    assert page.status == 200
    assert not page.tree.xpath("//main//script | //main//img | //main//svg")
    assert f"{name[0]}.{name[0]}." in page.text
    assert LINE["number"] not in page.response.text


def test_H216_a_name_that_is_a_number_stands_in_no_address_and_no_log(at: Doors, browser: Browser) -> None:
    at.lines.forget()
    listed = _open(at, browser, NUMBER, NUMBER)
    for page in _pages(browser, listed):
        assert not [link for link in page.links() if NUMBER in link]
        assert NUMBER not in str(page.response.headers)
    assert NUMBER not in "".join(at.lines.said)
