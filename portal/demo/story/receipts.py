"""What comes back from the journal: AppRec OK, Avvist, late; and the three lamps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.demo import people
from portal.demo.epj.config import Reply
from portal.demo.epj.mailbox import PATIENT_UNKNOWN
from portal.demo.epj.smart.documents import Fault
from portal.demo.story.checks import becomes, holds
from portal.demo.story.play import choose_fault, choose_reply, launch_from_list, send_report
from portal.domain.delivery import State

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from portal.demo.epj.config import Patient
    from portal.demo.story.play import Play

SENT, RECEIVED, FILED = "Sendt", "Mottatt i journalsystemet", "I journalen"
ADVICE = "Opprett pasienten i journalsystemet, og send ny melding."


def is_acknowledged(play: Play) -> str:
    """AppRec OK closes the delivery, for the target and for the clinician."""
    receipt = f"{play.reports['solvi']}/kvittering"
    done = f"//*[@data-state='{State.COMPLETED}']"
    becomes(lambda: play.anna.glance(receipt).tree.xpath(done), "the target sees that the journal has it")
    holds(_lamps(play, people.SOLVI) == {SENT, RECEIVED}, "two lamps of three are lit")
    return "AppRec OK comes back; /kvitteringer lights sendt and mottatt, not yet i journalen"


def is_ticked_off(play: Play) -> str:
    """The third lamp is the clinician's own."""
    page = play.anna.open(f"{play.at.portal}/kvitteringer")
    (form,) = [form for form in _article(page.tree, people.SOLVI).iter("form") if str(form.action).endswith("/fort")]
    play.anna.submit(page, form)
    holds(_lamps(play, people.SOLVI) == {SENT, RECEIVED, FILED}, "the third lamp is lit")
    return "Anna's own tick lights the third lamp"


def is_rejected(play: Play) -> str:
    """AppRec Avvist: nothing is lit that is not so, and a person is told."""
    choose_reply(play, people.TRYGVE, Reply.REJECTED)
    launch_from_list(play, people.TRYGVE)
    send_report(play, people.TRYGVE, "Demomelding som journalen avviser.")
    becomes(lambda: ADVICE in _article_text(play, people.TRYGVE), "the page says what to do")
    holds(f"({PATIENT_UNKNOWN.code})" in _article_text(play, people.TRYGVE), "the page shows the journal's reason")
    holds(RECEIVED not in _lamps(play, people.TRYGVE), "mottatt is not lit")
    return "AppRec Avvist (E35): mottatt stays dark, the page shows the code and says what to do"


def is_filed(play: Play) -> str:
    """The journal that opened Ingeborg by SMART takes the report itself (FHIR R4 DocumentReference)."""
    launch_from_list(play, people.INGEBORG)
    send_report(play, people.INGEBORG, "Demomelding som legges rett i journalen.")
    becomes(lambda: _lamps(play, people.INGEBORG) == {SENT, RECEIVED, FILED}, "all three lamps are lit")
    journal = play.anna.open(f"{play.at.epj}/")
    (article,) = journal.tree.xpath("//article[@id='ingeborg']")
    holds(len(article.xpath(".//li[@data-document]")) == 1, "it stands in Ingeborg's journal")
    return "a report from a SMART launch is filed by FHIR: three lamps, without a message"


def comes_late(play: Play) -> str:
    """A late AppRec is still an AppRec; the message went because the journal would not have the document."""
    choose_fault(play, Fault.REFUSES)
    choose_reply(play, people.INGEBORG, Reply.LATE)
    launch_from_list(play, people.INGEBORG)
    send_report(play, people.INGEBORG, "Demomelding som journalen svarer sent på.")
    becomes(lambda: _lamps(play, people.INGEBORG) == {SENT}, "sendt is lit alone while the journal is silent")
    becomes(lambda: _lamps(play, people.INGEBORG) == {SENT, RECEIVED}, "the late AppRec lights mottatt")
    play.anna.open(f"{play.at.portal}/kvitteringer")
    return "the journal takes no document: a message goes; its late AppRec: sendt alone, then mottatt"


def _article_text(play: Play, patient: Patient) -> str:
    page = play.anna.glance(f"{play.at.portal}/kvitteringer")
    return str(_article(page.tree, patient).text_content())


def _lamps(play: Play, patient: Patient) -> set[str]:
    page = play.anna.glance(f"{play.at.portal}/kvitteringer")
    lit = _article(page.tree, patient).xpath(".//li[@data-color='success']")
    return {" ".join(lamp.text_content().split()).lstrip("✓ ") for lamp in lit}


def _article(page: HtmlElement, patient: Patient) -> HtmlElement:
    """The one that waits, or the newest."""
    initials = f"{patient.given[0]}.{patient.family[0]}."
    found = [
        article
        for article in page.iter("article")
        if initials in article.text_content() or patient.family in article.text_content()
    ]
    holds(found, f"a delivery about {patient.given} is listed")
    return found[0]
