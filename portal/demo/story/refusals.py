"""What must be refused, and that the right one still succeeds afterwards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from portal.demo import people
from portal.demo.browser import Hop
from portal.demo.environment import SHORT_LIFE
from portal.demo.story import catalogue
from portal.demo.story.checks import StoryFailed, holds, refused
from portal.demo.story.play import (
    HIDDEN,
    clicked,
    launch_handle,
    log_in,
    open_patient,
    patient_button,
    tells_of_patients,
)
from portal.demo.story.rig import Rig

if TYPE_CHECKING:
    from portal.demo.browser import Page
    from portal.demo.story.play import Play

OK, UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 200, 401, 403, 404


def second_redeem(play: Play) -> str:
    """A code holds once, and its second use ends what the first one gave (RFC 6749 §4.1.2)."""
    rig = Rig(play)
    code, begun = rig.code(people.INGEBORG)
    launched = rig.keep(rig.target.redeem(code, begun.verifier))
    refused(lambda: rig.target.redeem(code, begun.verifier), "invalid_grant", "a code is not redeemed twice")
    answer = rig.put(launched, "etter-gjenbruk")
    holds(answer.status == UNAUTHORIZED, "the first redeem's write-back grant is revoked")
    return "refused: a second redeem of the code; what the first one gave is revoked"


def other_client(play: Play) -> str:
    """Another client's attempt burns nothing."""
    rig = Rig(play)
    code, begun = rig.code(people.INGEBORG)
    refused(lambda: rig.other.redeem(code, begun.verifier), "invalid_grant", "another client does not redeem the code")
    launched = rig.keep(rig.target.redeem(code, begun.verifier))
    holds(launched.fhirContext, "the right client still gets the context")
    return "refused: another client's redeem; the right client still succeeds"


def expired(play: Play) -> str:
    """The real clock, with lives of two seconds."""
    rig = Rig(play)
    handle = launch_handle(play, people.INGEBORG)
    code, begun = rig.code(people.INGEBORG)
    time.sleep(SHORT_LIFE + 0.3)
    refused(lambda: rig.target.redeem(code, begun.verifier), "invalid_grant", "an expired code is not redeemed")
    late = rig.target.begin(handle)
    answer = rig.answer_to(late)
    holds("code" not in answer and answer["error"] == "invalid_request", "an expired launch gives no code")
    holds((answer["state"], answer["iss"]) == (late.state, play.at.portal), "the refusal says whose it is (RFC 9207)")
    return "refused: a code and a launch that have expired"


def other_patient(play: Play) -> str:
    """A grant is for the patient of its launch alone."""
    rig = Rig(play)
    ingeborg, trygve = rig.redeem(people.INGEBORG), rig.redeem(people.TRYGVE)
    holds(ingeborg.patient != trygve.patient, "two launches name their patients differently")
    answer = rig.put(ingeborg, "feil-pasient", patient=trygve.patient or "")
    holds(answer.status == FORBIDDEN, "a document about another patient is refused")
    holds(answer.json()["code"] == "other_patient", "and the answer says why")
    return "refused: a write-back for another patient"


def other_person(play: Play) -> str:
    """The journal opened the patient for Bo, but Anna is at the browser (ATT-11)."""
    log_in(play.bo, f"{play.at.epj}/", people.BO)
    hop = patient_button(play, play.bo, people.SOLVI)
    handed_over = play.bo.next(play.bo.step(hop), hop)
    if handed_over is None:
        raise StoryFailed("the journal hands Bo's patient over")
    page = play.anna.follow(handed_over)
    holds(page.status == FORBIDDEN, "the portal says that somebody else opened the patient")
    holds("Bytt bruker" in page.text and not tells_of_patients(page), "nothing of the patient is shown")
    return "refused: a login by another person than the journal's; one button to change user, nothing of the patient"


def other_person_at_the_target(play: Play) -> str:
    """Between the click and the target's own login, somebody else takes over the browser's HelseID session."""
    hop = clicked(play, people.INGEBORG)
    while not hop.url.startswith(play.at.helseid):
        hop = play.anna.next(play.anna.step(hop), hop) or hop
    _sign_out_at_helseid(play)
    asked = play.anna.follow(hop)
    page = play.anna.submit(asked, asked.form(), person=people.BO["sub"])
    holds(page.url.startswith(play.at.portal), "the target sends whom the portal did not launch for back to it")
    holds(page.status == NOT_FOUND and not tells_of_patients(page), "nothing of the patient is shown")
    return "refused: another person than the portal's at the target's own login; nothing of the patient"


def signed_out_elsewhere(play: Play) -> str:
    """Who logs out at HelseID is out of the portal too: HelseID's server tells it (back-channel)."""
    _sign_out_at_helseid(play)
    log_in(play.anna, f"{play.at.portal}/mine", people.ANNA)
    holds(open_patient(play, people.TRYGVE).status == OK, "she is logged in, with Trygve open")
    _sign_out_at_helseid(play)
    page = log_in(play.anna, play.contexts["trygve"], people.ANNA)
    holds(page.status == NOT_FOUND and not tells_of_patients(page), "Trygve was closed with her session")
    return "logged out at HelseID: the portal hears of it; she must log in anew, and her patients are closed"


def _sign_out_at_helseid(play: Play) -> None:
    sign_out = play.anna.open(f"{play.at.helseid}/connect/endsession")
    play.anna.submit(sign_out, sign_out.form(), confirm="yes")


def hidden_service(play: Play) -> str:
    """A service that is not in the list cannot be opened either."""
    holds(set(HIDDEN) <= catalogue.demo_services(play.stage).keys(), "the services are in the catalogue")
    for service in HIDDEN:
        for base in (play.at.portal, play.contexts["ingeborg"].rstrip("/")):
            page = play.anna.follow(Hop("POST", f"{base}/open/{service}", {}, play.at.portal))
            holds(page.status == NOT_FOUND, f"{service} is not opened")
            holds(_heading(page) == "Tjenesten finnes ikke", f"the portal's page says that there is no {service}")
    return "refused: opening a service that she may not use"


def outsider(play: Play) -> str:
    """Someone without an HPR number logs in, and is offered nothing that needs one."""
    page = log_in(play.cato, f"{play.at.portal}/mine", people.CATO)
    holds("Cato Utenfor" in page.text, "he is logged in")
    shown = catalogue.listed(page)
    holds(shown and not any(title.startswith("Demo") for title in shown), "no service for doctors is shown")
    hop = Hop("GET", play.contexts["ingeborg"])
    holds(play.cato.follow(hop).status == NOT_FOUND, "another's patient does not exist for him")
    return "refused: a person without HPR sees no service for doctors, and nobody else's patient"


def closed_patient(play: Play) -> str:
    """The journal closes its patients, and the portal forgets them; the SMART server's goes on."""
    journal = play.anna.open(f"{play.at.epj}/")
    for form in [form for form in journal.tree.forms if str(form.action).endswith("/lukk")]:
        play.anna.submit(journal, form)
    for name in ("solvi", "trygve"):
        page = play.anna.open(play.contexts[name])
        holds(page.status == NOT_FOUND and not tells_of_patients(page), f"the page of {name} is gone")
    holds(play.anna.open(play.contexts["ingeborg"]).status == OK, "Ingeborg's page is not")
    return "session/end: the journal closes its patients, and their pages are gone"


def _heading(page: Page) -> str:
    return " ".join(heading.text_content() for heading in page.tree.iter("h1"))
