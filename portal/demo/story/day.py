"""A doctor's day: from the journal through the portal to the target, and back into the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from portal.demo import people
from portal.demo.epj.message import read
from portal.demo.story import catalogue
from portal.demo.story.checks import becomes, holds
from portal.demo.story.play import DOOR_B, HIDDEN, SERVICE, launch_from_list, log_in, open_patient, send_report
from portal.domain.delivery import State
from portal.domain.person_number import masked

if TYPE_CHECKING:
    from portal.demo.story.play import Play

TEXT = "Demomelding om hoste – sendt til register. «Se vedlagt PDF.»"


def logs_in(play: Play) -> str:
    """Login with HelseID, at the journal."""
    journal = log_in(play.anna, f"{play.at.epj}/", people.ANNA)
    holds("Anna Fastlege" in journal.text, "the journal knows who logged in")
    return "Anna logs in at the journal with HelseID (PAR, S256, private_key_jwt, DPoP)"


def opens_the_patient(play: Play) -> str:
    """session/create, /start, and the portal's own silent login."""
    page = open_patient(play, people.SOLVI)
    holds(page.status == 200, "the list is shown")  # noqa: PLR2004  RFC 9110
    for part in ("Sølvi Fjellrev", masked(people.SOLVI.number), "Anna Fastlege"):
        holds(part in page.text, f"the page shows {part}")
    return "session/create: Sølvi is open at the portal; the login there asked nothing"


def sees_her_list(play: Play) -> str:
    """What she may use, and nothing else."""
    page = play.anna.open(play.contexts["solvi"])
    holds(any(link.endswith(f"/open/{SERVICE}") for link in page.links()), "Demomelding has a button")
    shown = catalogue.listed(page)
    holds(shown == catalogue.for_a_doctor(play.stage), "the list is what the catalogue has for a doctor")
    titles = catalogue.demo_services(play.stage)
    holds(not shown & {titles[hidden] for hidden in HIDDEN}, "nothing for midwives and municipal doctors is there")
    return f"the list: the {len(shown)} services for a doctor, Demomelding with a button; nothing for others"


def launches(play: Play) -> str:
    """One click; the target's own login is silent and the context comes server to server."""
    page = launch_from_list(play, people.SOLVI)
    holds(page.url.startswith(f"{play.at.target}/meldinger/"), "the target shows its form, and HelseID showed none")
    facts = {name: page.tree.get_element_by_id(name).text_content() for name in ("patient", "practitioner")}
    holds(facts["patient"] == masked(people.SOLVI.number), "the target has the patient")
    holds(facts["practitioner"] == people.ANNA["hpr_number"], "the target has the practitioner")
    office = page.tree.get_element_by_id("organisation").text_content()
    holds(office in people.OFFICE.values(), "the target has the organisation")
    numbers = [*(patient.number for patient in people.PATIENTS), people.ANNA["hpr_number"], people.ANNA["pid"]]
    for url in play.anna.visited:
        holds(not any(number in unquote(url) for number in numbers), f"no number in {urlsplit(url).path}")
    return "a launch: silent HelseID login; patient, HPR number and office in the token response; no number in any URL"


def opens_the_next_patient(play: Play) -> str:
    """Another patient in the same journal dims the first one's pages."""
    open_patient(play, people.TRYGVE)
    first = play.anna.open(play.contexts["solvi"])
    holds(first.tree.xpath("//*[@data-newer='true']"), "Sølvi's page says that a newer patient is open")
    holds("Havørn" not in first.text, "Sølvi's page says nothing of Trygve")
    return "the next patient: Trygve has an address of his own, Sølvi's page says so"


def asks_first(play: Play) -> str:
    """Nothing is opened for the patient that the journal has left, unless she says so."""
    listed = play.anna.open(play.contexts["solvi"])
    asked = play.anna.submit(listed, listed.form(f"/open/{SERVICE}"))
    holds(asked.url.startswith(play.at.portal), "the portal does not send her on")
    holds("likevel" in asked.text and "Sølvi Fjellrev" in asked.text, "it asks whether it is for Sølvi all the same")
    page = play.anna.submit(asked, asked.form(f"/open/{SERVICE}"))
    facts = page.tree.get_element_by_id("patient").text_content()
    holds(facts == masked(people.SOLVI.number), "her answer opens it for Sølvi")
    return "a launch from the dimmed page: it asks first, and then it is for Sølvi"


def opens_by_smart(play: Play) -> str:
    """SMART App Launch 2.2: the journal's own server tells who is open, and HelseID's HPR number must be the same."""
    page = open_patient(play, people.INGEBORG, DOOR_B)
    for part in ("Ingeborg Røyskatt", masked(people.INGEBORG.number), "Anna Fastlege"):
        holds(part in page.text, f"the page shows {part}")
    trygve = play.anna.open(play.contexts["trygve"])
    holds(not trygve.tree.xpath("//*[@data-newer='true']"), "another EPJ session dims nobody else's page")
    return "SMART: Ingeborg is read from the journal's FHIR server; the login there and here asked nothing"


def writes_back(play: Play) -> str:
    """The report about the first patient is sent while the second one is open."""
    receipt = send_report(play, people.SOLVI, TEXT)
    (state,) = receipt.tree.xpath("//*[@id='state']")
    holds(state.get("data-state") in {State.QUEUED, State.SENT, State.COMPLETED}, "the portal took the document")
    lamps = [lamp.text_content() for lamp in state.iter("dd")]
    holds(lamps[0] in {"ja", "ikke ennå"} and lamps[2] == "ikke bekreftet", "the target shows where the document is")
    return "write-back: the target puts Sølvi's PDF after Anna opened Trygve"


def arrives(play: Play) -> str:
    """Byte for byte, and about the right patient."""
    left = play.stage.left
    becomes(lambda: list((left / "pdf").iterdir()), "a Dialogmelding reaches the journal")
    sent = play.anna.glance(f"{play.reports['solvi']}/kvittering.pdf").response.content
    (received,) = (left / "pdf").iterdir()
    holds(received.read_bytes() == sent, "the PDF is byte for byte the one that was sent")
    note = read((left / "messages" / f"{received.stem}.xml").read_bytes())
    holds(note.patient_number == people.SOLVI.number, "the message is about Sølvi")
    holds("hoste" in note.text, "the text stands in the message")
    journal = play.anna.open(f"{play.at.epj}/")
    (article,) = journal.tree.xpath("//article[@id='solvi']")
    holds(article.xpath(f".//li[@data-message='{received.stem}']"), "it stands in Sølvi's journal")
    return "a Dialogmelding reaches the journal: right patient, PDF byte for byte the same"


def goes_home(play: Play) -> str:
    """Logout at the portal ends the HelseID session too (OpenID Connect RP-Initiated Logout §2)."""
    page = play.cato.open(f"{play.at.portal}/mine")
    (form,) = [form for form in page.tree.forms if form.action == "/logout" and "switch" not in form.fields]
    holds("Du er logget ut" in play.cato.submit(page, form).text, "the portal says that he is logged out")
    asked = play.cato.open(f"{play.at.portal}/mine")
    holds(asked.tree.xpath("//button[@name='person']"), "HelseID asks who it is")
    return "Cato logs out, of HelseID too: the next visit asks who it is"
