"""Door B whole: from a click in an EPJ that is somebody else's certified provider to the right patient, or to none."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from support.bodies import LINE, OLE
from support.counterpart import is_login_page, walk
from support.helseid import ANNA, BO
from support.keys import ec
from support.smart_counterpart import AT_OFFICE, OFFICE, SECRET, SmartEpj
from support.staging import living

from portal.demo.browser import Hop
from portal.store import contexts, registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.world import World

    from portal.demo.browser import Browser, Page
    from portal.demo.helseid.config import Person
    from portal.domain.context import Context

pytestmark = pytest.mark.interop

PLAIN = "Practitioner/anna"


@dataclass
class Door:
    """A portal, and an EPJ that opens patients there by SMART."""

    world: World
    epj: SmartEpj

    def launched(self, launch: str, method: str = "GET") -> Hop:
        """Where the journal sends the browser."""
        sent = {"iss": self.epj.fhir, "launch": launch}
        if method == "POST":
            return Hop("POST", f"{self.world.origin}/launch", sent, self.epj.address)
        return Hop("GET", f"{self.world.origin}/launch?{urlencode(sent)}")

    def arrive(self, browser: Browser, launch: str, person: Person | None = None) -> Page:
        """Follow a launch to its end; with a person it must stop at HelseID's login, and she logs in."""
        page = browser.follow(self.launched(launch))
        assert is_login_page(page) is (person is not None), page.text
        return browser.submit(page, page.form(), person=person.sub) if person else page

    def callback(self, browser: Browser, launch: str) -> Hop:
        """What the EPJ's server sends the browser to, before it goes there."""
        hop = walk(browser, self.launched(launch), f"{self.world.origin}/launch/callback")
        assert isinstance(hop, Hop), hop.text
        return hop

    def context(self, page: Page) -> Context:
        """What was kept of the patient whose page it is."""
        with self.world.database.read() as session:
            found = contexts.find(session, self.world.app.extensions["portal"].vault, page.url.split("/")[-2])
        assert found is not None
        return found


@contextmanager
def opened(url: str, folder: Path, *told: Any, **more: Any) -> Iterator[Door]:
    with (
        living(url, folder, smart_secrets={"smart-epj": SECRET}) as world,
        SmartEpj(world.origin, *told, **more) as epj,
    ):
        with world.database.write() as session:
            registry.propose_epj(session, epj.registered(), "en")
            registry.approve_epj(session, "smart-epj", "to")
        yield Door(world, epj)


@pytest.fixture
def door(sqlite_url: str, tmp_path: Path) -> Iterator[Door]:
    with opened(sqlite_url, tmp_path) as running:
        yield running


def shows(door: Door, page: Page, who: dict[str, str], person: Person = ANNA) -> bool:
    """Whether it is this patient's page, under the person's own name, and says where it came from."""
    parts = (f"{who['given']} {who['family']}", f"{who['number'][:6]} *****", "SmartEPJ", person.name)
    return page.url.startswith(f"{door.world.origin}/k/") and all(part in page.text for part in parts)


def says_nothing(page: Page) -> bool:
    """Whether it is a refusal that holds nothing of any patient."""
    traces = [who[name] for who in (LINE, OLE) for name in ("family", "number", "birth_date")]
    traces += [who["number"][:6] for who in (LINE, OLE)]
    return page.status >= 400 and not any(trace in page.response.text for trace in traces)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("authentication", ["private_key_jwt", "client_secret_basic"])
def test_the_right_patient_opens_after_a_visible_login(
    sqlite_url: str, tmp_path: Path, authentication: str, method: str
) -> None:
    with opened(sqlite_url, tmp_path, authentication) as door:
        browser = door.world.browser()
        asked = browser.follow(door.launched(door.epj.press("ole"), method))
        assert is_login_page(asked)
        page = browser.submit(asked, asked.form(), person=ANNA.sub)
    assert shows(door, page, OLE)
    assert str(OFFICE.child) in page.text
    assert not any(who["number"] in url for who in (LINE, OLE) for url in browser.visited)


def test_who_is_logged_in_already_is_asked_nothing(door: Door) -> None:
    browser = door.world.browser()
    door.world.log_in(browser, ANNA)
    before = len(browser.visited)
    assert shows(door, door.arrive(browser, door.epj.press("line")), LINE)
    assert not [url for url in browser.visited[before:] if url.startswith(door.world.provider.issuer)]


def test_who_is_logged_in_at_helseid_alone_is_asked_nothing_either(door: Door) -> None:
    browser = door.world.browser()
    door.world.log_in(browser, ANNA)
    browser.cookies.clear(domain="127.0.0.1", path="/", name="portal-session")
    assert shows(door, door.arrive(browser, door.epj.press("line")), LINE)


@pytest.mark.parametrize(
    ("user", "more"),
    [
        pytest.param("PractitionerRole/anna", {}, id="role"),
        pytest.param("{fhir}/PractitionerRole/anna", {}, id="role, absolute"),
        pytest.param(PLAIN, {"encounter": "consultation"}, id="person with an encounter"),
        pytest.param(PLAIN, {"fhirContext": AT_OFFICE}, id="person with an office"),
        pytest.param(f"{{fhir}}/{PLAIN}", {"fhirContext": AT_OFFICE}, id="person, absolute"),
    ],
)
def test_her_number_and_her_office_are_found_from_a_role_and_from_a_person(
    door: Door, user: str, more: dict[str, Any]
) -> None:
    launch = door.epj.press("line", user.format(fhir=door.epj.fhir), **more)
    page = door.arrive(door.world.browser(), launch, ANNA)
    assert shows(door, page, LINE)
    kept = door.context(page)
    assert kept.practitioner.hpr_number == ANNA.hpr_number
    assert kept.organisation == OFFICE
    assert kept.encounter == more.get("encounter")


def test_a_person_without_an_office_is_refused_and_the_vendor_told_why(door: Door) -> None:
    page = door.arrive(door.world.browser(), door.epj.press("line", PLAIN))
    assert says_nothing(page)
    assert "Journalen sa ikke hvilket kontor du er på" in page.text


def test_somebody_else_s_encounter_stops_the_launch(door: Door) -> None:
    page = door.arrive(door.world.browser(), door.epj.press("ole", encounter="consultation"))
    assert says_nothing(page)


def test_a_second_patient_asks_nothing_and_dims_the_page_of_the_first(door: Door) -> None:
    browser = door.world.browser()
    first = door.arrive(browser, door.epj.press("line"), ANNA)
    door.world.clock.ahead += timedelta(seconds=1)
    second = door.arrive(browser, door.epj.press("ole"))
    assert shows(door, second, OLE)
    again = browser.open(first.url)
    assert shows(door, again, LINE)
    assert again.tree.xpath("//*[@data-newer='true']")
    assert "Havørn" not in again.text
    assert not browser.open(second.url).tree.xpath("//*[@data-newer='true']")


def test_a_role_and_its_person_are_one_and_the_same_epj_session(door: Door) -> None:
    browser = door.world.browser()
    first = door.arrive(browser, door.epj.press("line", "PractitionerRole/anna"), ANNA)
    door.world.clock.ahead += timedelta(seconds=1)
    door.arrive(browser, door.epj.press("ole", PLAIN, fhirContext=AT_OFFICE))
    assert browser.open(first.url).tree.xpath("//*[@data-newer='true']")


def test_a_colleague_s_patient_dims_nothing(door: Door) -> None:
    anna, bo = door.world.browser(), door.world.browser()
    first = door.arrive(anna, door.epj.press("line"), ANNA)
    door.world.clock.ahead += timedelta(seconds=1)
    assert shows(door, door.arrive(bo, door.epj.press("ole", "PractitionerRole/bo"), BO), OLE, BO)
    assert not anna.open(first.url).tree.xpath("//*[@data-newer='true']")
    assert says_nothing(bo.open(first.url))


def test_another_person_at_the_browser_is_refused(door: Door) -> None:
    browser = door.world.browser()
    door.world.log_in(browser, BO)
    page = door.arrive(browser, door.epj.press("line"))
    assert (page.status, says_nothing(page)) == (403, True)
    assert BO.name in page.text


def test_another_person_who_logs_in_is_refused_and_the_right_one_goes_on(door: Door) -> None:
    browser = door.world.browser()
    refused = door.arrive(browser, door.epj.press("line"), BO)
    assert (refused.status, says_nothing(refused)) == (403, True)
    asked = browser.submit(refused, refused.tree.xpath("//main//form[@action='/logout']")[0])
    assert shows(door, browser.submit(asked, asked.form(), person=ANNA.sub), LINE)


def test_a_launch_handle_opens_one_patient_once(door: Door) -> None:
    launch, browser, other = door.epj.press("line"), door.world.browser(), door.world.browser()
    for one in (browser, other):
        door.world.log_in(one, ANNA)
    assert shows(door, door.arrive(browser, launch), LINE)
    for one in (browser, other):
        assert says_nothing(door.arrive(one, launch))


def test_a_callback_opens_one_patient_once(door: Door) -> None:
    browser = door.world.browser()
    door.world.log_in(browser, ANNA)
    callback = door.callback(browser, door.epj.press("line"))
    first = browser.follow(callback)
    assert shows(door, first, LINE)
    assert says_nothing(browser.follow(callback))
    assert shows(door, browser.open(first.url), LINE)


def test_a_callback_is_of_no_use_to_another_browser(door: Door) -> None:
    attacker, victim = door.world.browser(), door.world.browser()
    door.world.log_in(victim, ANNA)
    callback = door.callback(attacker, door.epj.press("line"))
    assert says_nothing(victim.follow(callback))


@pytest.mark.parametrize("iss", [pytest.param("http://127.0.0.1:9", id="another"), pytest.param(None, id="none")])
def test_an_answer_in_another_server_s_name_or_in_none_is_refused(door: Door, iss: str | None) -> None:
    browser = door.world.browser()
    door.world.log_in(browser, ANNA)
    callback = door.callback(browser, door.epj.press("line"))
    answer = {name: value for name, value in (callback.query() | {"iss": iss}).items() if value}
    assert says_nothing(browser.follow(Hop("GET", f"{callback.url.partition('?')[0]}?{urlencode(answer)}")))


def test_the_epj_may_start_again_with_new_keys_between_two_launches(door: Door) -> None:
    browser = door.world.browser()
    door.arrive(browser, door.epj.press("line"), ANNA)
    door.epj.restart()
    assert shows(door, door.arrive(browser, door.epj.press("ole")), OLE)


def test_a_signature_whose_key_is_nowhere_to_be_found_is_refused(door: Door) -> None:
    browser = door.world.browser()
    door.arrive(browser, door.epj.press("line"), ANNA)
    door.epj.restart(publish=False)
    page = door.arrive(browser, door.epj.press("ole"))
    assert (page.status, says_nothing(page)) == (502, True)


def test_an_epj_that_does_not_know_our_key_lets_us_read_nothing(sqlite_url: str, tmp_path: Path) -> None:
    stranger = ec("stranger", "P-384", "ES384").public | {"kid": "smart"}
    with opened(sqlite_url, tmp_path, our_keys=(stranger,)) as door:
        page = door.arrive(door.world.browser(), door.epj.press("line"))
    assert (page.status, says_nothing(page)) == (502, True)


def test_an_epj_that_is_down_says_so_and_the_next_click_opens_the_patient(door: Door) -> None:
    browser = door.world.browser()
    door.world.log_in(browser, ANNA)
    callback = door.callback(browser, door.epj.press("line"))
    door.epj.stop()
    page = browser.follow(callback)
    assert (page.status, says_nothing(page)) == (503, True)
    door.epj.start()
    assert shows(door, door.arrive(browser, door.epj.press("line")), LINE)


def test_an_epj_that_is_not_in_force_is_never_asked(door: Door) -> None:
    with door.world.database.write() as session:
        registry.disable_epj(session, "smart-epj")
    browser = door.world.browser()
    page = browser.follow(door.launched(door.epj.press("line")))
    assert (page.status, says_nothing(page)) == (400, True)
    assert not [url for url in browser.visited if url.startswith(door.epj.address)]
