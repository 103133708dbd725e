"""What the scenes share: the stage, the people's browsers, and what people do again and again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from portal.demo import people
from portal.demo.browser import Browser, Hop
from portal.demo.story.checks import StoryFailed, holds
from portal.demo.trace import Trace

if TYPE_CHECKING:
    from portal.demo.browser import Page
    from portal.demo.epj.config import Patient, Reply
    from portal.demo.epj.smart.documents import Fault
    from portal.demo.ports import Addresses
    from portal.demo.stage import Stage

SERVICE = "demo-melding"
DOOR_A, DOOR_B = "portal", "smart"
HIDDEN = ("demo-jordmor", "demo-kommuneoverlege")  # not for doctors


@dataclass
class Play:
    """One playing of the story; `contexts` are the addresses of Anna's patients at the portal, by patient id."""

    stage: Stage
    anna: Browser
    bo: Browser
    cato: Browser
    trace: Trace
    contexts: dict[str, str] = field(default_factory=dict)
    reports: dict[str, str] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)

    @property
    def at(self) -> Addresses:
        """Where everything is."""
        return self.stage.addresses

    def browsers(self) -> tuple[Browser, ...]:
        """Every browser."""
        return self.anna, self.bo, self.cato


def begin(stage: Stage) -> Play:
    """Give everyone a browser."""
    pages = stage.left / "pages"
    trace = Trace(stage.private / "trace.log", stage.left / "logs" / "trace.log", stage.addresses)
    return Play(stage, Browser(pages, trace), Browser(pages, trace), Browser(pages, trace), trace)


def log_in(browser: Browser, url: str, person: dict[str, Any]) -> Page:
    """Open a page that needs a login, and choose the person at HelseID."""
    asked = browser.open(url)
    holds(asked.tree.xpath("//button[@name='person']"), "HelseID shows its login page")
    return browser.submit(asked, asked.form(), person=person["sub"])


def patient_button(play: Play, browser: Browser, patient: Patient, door: str = DOOR_A) -> Hop:
    """What the journal's button sends for a patient, by session/create or by SMART."""
    journal = browser.open(f"{play.at.epj}/")
    return browser.pressed(journal, journal.form(f"/pasienter/{patient.id}/{door}"))


def open_patient(play: Play, patient: Patient, door: str = DOOR_A) -> Page:
    """Anna opens a patient from her journal, and remembers where it went."""
    page = play.anna.follow(patient_button(play, play.anna, patient, door))
    holds(urlsplit(page.url).path.startswith("/k/"), "the browser lands on the patient's list")
    play.contexts[patient.id] = page.url
    return page


def launch_from_list(play: Play, patient: Patient) -> Page:
    """Anna clicks Demomelding in the patient's list, and follows to where it ends."""
    listed = play.anna.open(play.contexts[patient.id])
    page = play.anna.submit(listed, listed.form(f"/open/{SERVICE}"))
    play.reports[patient.id] = page.url
    return page


def clicked(play: Play, patient: Patient) -> Hop:
    """Anna clicks Demomelding in the patient's list; returns where the portal sends her, before she goes there."""
    listed = play.anna.open(play.contexts[patient.id])
    click = play.anna.pressed(listed, listed.form(f"/open/{SERVICE}"))
    onwards = play.anna.next(play.anna.step(click), click)
    if onwards is None or not onwards.url.startswith(play.at.target):
        raise StoryFailed("the portal sends the browser to the target")
    return onwards


def launch_handle(play: Play, patient: Patient) -> str:
    """Anna clicks Demomelding, but somebody else reads the address than Demomelding's own server."""
    handle = clicked(play, patient).query()["launch"]
    play.secrets.add(handle)
    return handle


def choose_reply(play: Play, patient: Patient, reply: Reply) -> None:
    """Decide how the journal answers the next message about a patient."""
    journal = play.anna.open(f"{play.at.epj}/")
    play.anna.submit(journal, journal.form(f"/pasienter/{patient.id}/apprec"), reply=reply)


def choose_fault(play: Play, fault: Fault) -> None:
    """Decide what goes wrong with documents that the portal files by FHIR."""
    journal = play.anna.open(f"{play.at.epj}/")
    play.anna.submit(journal, journal.form("/dokumenter"), fault=fault)


def send_report(play: Play, patient: Patient, text: str) -> Page:
    """Anna fills in the form that a launch opened, and sends it."""
    form = play.anna.open(play.reports[patient.id])
    return play.anna.submit(form, form.form(form_id="report"), text=text)


def tells_of_patients(page: Page) -> bool:
    """Whether a page tells anything of any patient."""
    return any(part in page.text for patient in people.PATIENTS for part in (patient.family, patient.number[:6]))
