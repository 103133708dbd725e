"""The demo's target without OAuth: its own login with HelseID, `/api/context`, and back into the journal.

The whole demo runs, each in a process of its own, and the portal as it is deployed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from portal.demo import people, ports, registrations
from portal.demo.browser import Browser, Hop
from portal.demo.epj.message import read
from portal.demo.stage import DATABASE, set_up
from portal.demo.standin_files import TARGET_AT_PORTAL
from portal.demo.story import play as acts
from portal.demo.story.checks import becomes
from portal.domain.person_number import masked
from portal.store import registry
from portal.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.demo.browser import Page
    from portal.demo.epj.config import Patient
    from portal.demo.stage import Stage
    from portal.demo.story.play import Play

pytestmark = pytest.mark.interop

WITHOUT_OAUTH = "/launch/helseid"


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with set_up(ports.ephemeral(), None, {}) as running:
        register(running, "get")
        yield running


@pytest.fixture
def play(stage: Stage) -> Play:
    """Anna is logged in at her journal."""
    begun = acts.begin(stage)
    acts.log_in(begun.anna, f"{begun.at.epj}/", people.ANNA)
    return begun


def register(stage: Stage, method: str) -> None:
    """Let the target be launched where it does without OAuth."""
    database = Database(f"sqlite:///{stage.private / DATABASE}")
    with database.write() as session:
        before = registry.client(session, TARGET_AT_PORTAL)
        assert before is not None
        changed = {"launch_url": f"{stage.addresses.target}{WITHOUT_OAUTH}", "launch_method": method}
        registry.propose_client(session, before.model_copy(update=changed), registrations.PROPOSER)
        registry.approve_client(session, TARGET_AT_PORTAL, registrations.APPROVER)
    database.close()


def clicked(play: Play, patient: Patient) -> Hop:
    """Anna opens a patient and clicks; where the portal sends her, before she goes there."""
    acts.open_patient(play, patient)
    return acts.clicked(play, patient)


def is_about(page: Page, patient: Patient) -> bool:
    """Whether it is the target's form, for this patient and by Anna."""
    facts = {name: page.tree.get_element_by_id(name).text_content() for name in ("patient", "practitioner")}
    return facts == {"patient": masked(patient.number), "practitioner": people.ANNA["hpr_number"]}


def never_used_oauth_here(play: Play, browser: Browser) -> bool:
    return not [url for url in browser.visited if url.startswith(f"{play.at.portal}/oauth/")]


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_click_opens_the_form_for_the_right_patient(play: Play, method: str) -> None:
    register(play.stage, method)
    launch = clicked(play, people.SOLVI)
    register(play.stage, "get")
    page = play.anna.follow(launch)
    assert launch.method == method.upper()
    assert is_about(page, people.SOLVI)
    assert never_used_oauth_here(play, play.anna)
    numbers = [*(patient.number for patient in people.PATIENTS), people.ANNA["hpr_number"]]
    assert not [url for url in play.anna.visited if any(number in unquote(url) for number in numbers)]


def test_what_is_sent_there_stands_in_the_patient_s_journal(play: Play) -> None:
    play.reports["trygve"] = play.anna.follow(clicked(play, people.TRYGVE)).url
    before = set((play.stage.left / "messages").iterdir())
    receipt = acts.send_report(play, people.TRYGVE, "Sendt uten OAuth.")
    assert receipt.tree.xpath("//*[@id='state']")
    becomes(lambda: set((play.stage.left / "messages").iterdir()) - before, "a message reaches the journal")
    (message,) = set((play.stage.left / "messages").iterdir()) - before
    note = read(message.read_bytes())
    assert (note.patient_number, "Sendt uten OAuth." in note.text) == (people.TRYGVE.number, True)


def test_in_a_browser_where_nobody_is_logged_in_she_logs_in_first(play: Play) -> None:
    launch = clicked(play, people.SOLVI)
    asked = play.cato.follow(launch)
    assert asked.tree.xpath("//button[@name='person']")
    page = play.cato.submit(asked, asked.form(), person=people.ANNA["sub"])
    assert is_about(page, people.SOLVI)


def test_another_person_who_logs_in_there_gets_nothing_and_the_launch_is_burned(play: Play) -> None:
    launch = clicked(play, people.SOLVI)
    asked = play.bo.follow(launch)
    page = play.bo.submit(asked, asked.form(), person=people.BO["sub"])
    assert (page.status >= 400, acts.tells_of_patients(page)) == (True, False)
    again = play.anna.follow(launch)
    assert not acts.tells_of_patients(again)
    assert not again.tree.xpath("//*[@id='report']")


def test_a_launch_is_good_once_and_what_it_gave_goes_on(play: Play) -> None:
    launch = clicked(play, people.SOLVI)
    first = play.anna.follow(launch)
    again = play.anna.follow(launch)
    assert not again.tree.xpath("//*[@id='report']")
    assert is_about(play.anna.open(first.url), people.SOLVI)


def test_a_launch_from_another_portal_is_taken_to_none(play: Play) -> None:
    launch = clicked(play, people.SOLVI)
    elsewhere = Hop("GET", launch.url.replace("%2Ffhir", "%2Felsewhere"))
    assert play.anna.follow(elsewhere).status == 400
    assert is_about(play.anna.follow(launch), people.SOLVI)
