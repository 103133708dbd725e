"""What a clinician does about a report: reads why, sends it once more, downloads it, ticks it off. Hers alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from support.bodies import LINE, PDF
from support.helseid import ANNA, BO
from support.journal import turn

from portal.domain.delivery import SILENCE, State
from portal.store import audit
from portal.store.tables.journal import DeliveryRow, DocumentRow

if TYPE_CHECKING:
    from support.journal import Journal
    from support.world import World

    from portal.demo.browser import Browser, Page
    from portal.worker.tools import Tools


@pytest.fixture
def browser(world: World, anna: tuple[Browser, Page]) -> Browser:
    """Anna's, when she has sent one report."""
    assert world.put(world.launch(*anna)).status == 202
    return anna[0]


def receipts(world: World, browser: Browser) -> Page:
    page = browser.open(f"{world.origin}/kvitteringer")
    assert page.status == 200
    return page


def buttons(page: Page) -> list[str]:
    """What can be pressed on the first card."""
    article = page.tree.xpath("//article")[0]
    return [str(one.text_content()).partition(":")[0] for one in article.xpath(".//button | .//a")]


def newest(world: World) -> DeliveryRow:
    with world.database.read() as session:
        replaced = select(DeliveryRow.replaces).where(DeliveryRow.replaces.is_not(None))
        return session.scalars(select(DeliveryRow).where(DeliveryRow.id.not_in(replaced))).one()


def set_to(world: World, state: State, **values: Any) -> None:
    with world.database.write() as session:
        row = session.scalars(select(DeliveryRow)).one()
        row.state, row.due_at = state, None
        for name, value in values.items():
            setattr(row, name, value)


def acts(world: World, action: str) -> list[dict[str, Any]]:
    with world.database.read() as session:
        return [row for row in audit.export(session) if row["action"] == action]


def press(page: Page, browser: Browser, does: str) -> Page:
    return browser.submit(page, page.form(f"/{does}"))


def post(world: World, browser: Browser, delivery_id: str, does: str, **fields: str) -> int:
    """Press a button that the page need not have."""
    page = browser.open(f"{world.origin}/kvitteringer")
    form = page.tree.xpath("//form[@action='/mine/sprak']")[0]
    form.attrib["action"] = f"/kvitteringer/{delivery_id}/{does}"
    return browser.submit(page, form, **fields).status


def test_the_patient_is_made_in_the_journal_and_a_new_message_gets_there(
    world: World, journal: Journal, tools: Tools, browser: Browser
) -> None:
    turn(tools)
    journal.reply("2", ("E35", "Pasienten finnes ikke i mottakersystemet"))
    turn(tools)
    page = receipts(world, browser)
    assert "Pasienten finnes ikke i journalsystemet." in page.text
    assert "Opprett pasienten i journalsystemet, og send ny melding." in page.text
    assert buttons(page) == ["Send ny melding", "Ført i journalen", "Last ned PDF"]
    rejected = newest(world)
    page = press(page, browser, "igjen")
    assert "Venter på å bli sendt" in page.text
    assert buttons(page) == ["Ført i journalen", "Last ned PDF"]
    sent = newest(world)
    assert (sent.replaces, sent.document_id) == (rejected.id, rejected.document_id)
    assert sent.msg_id != rejected.msg_id
    journal.messages.clear()
    turn(tools)
    assert set(journal.messages) == {sent.msg_id}
    journal.reply("1")
    turn(tools)
    assert newest(world).state == State.COMPLETED
    (act,) = acts(world, "delivery_sent_again")
    assert (act["outcome"], act["actor"]) == ("new", f"person {ANNA.sub}")
    assert act["patient_ref"]


def test_the_journals_own_words_are_shown_as_they_are(
    world: World, journal: Journal, tools: Tools, browser: Browser
) -> None:
    turn(tools)
    journal.reply("2", ("X99", "Se <b>feltet</b> «navn» & prøv"))
    turn(tools)
    page = receipts(world, browser)
    (quote,) = page.tree.xpath("//article//blockquote")
    assert quote.text == "Se <b>feltet</b> «navn» & prøv"
    assert "Send ny melding" in buttons(page)


def test_what_a_new_message_would_not_heal_is_not_sent_again_whatever_is_posted(
    world: World, journal: Journal, tools: Tools, browser: Browser
) -> None:
    turn(tools)
    journal.reply("2", ("T02", "XML validerer ikke"))
    turn(tools)
    page = receipts(world, browser)
    assert "så den kan ikke sendes på nytt" in page.text
    assert "XML validerer ikke" not in page.text
    assert buttons(page) == ["Ført i journalen", "Last ned PDF"]
    assert post(world, browser, newest(world).id, "igjen") == 200
    assert newest(world).state == State.REJECTED_APPREC
    assert acts(world, "delivery_sent_again") == []


def test_silence_says_to_wait_and_then_what_to_do_and_the_same_message_is_sent_again(
    world: World, journal: Journal, tools: Tools, browser: Browser
) -> None:
    turn(tools)
    assert "Ingen kvittering ennå" not in receipts(world, browser).text
    world.clock.ahead += timedelta(hours=1)
    assert "Ingen kvittering ennå" in world_page(world).text
    world.clock.ahead += SILENCE
    turn(tools)
    again = world.browser()
    world.log_in(again, ANNA)
    page = receipts(world, again)
    assert "Ingen kvittering er kommet" in page.text
    assert "Se først etter om den ligger i journalen." in page.text
    assert buttons(page) == ["Send på nytt", "Ført i journalen", "Last ned PDF"]
    page = press(page, again, "igjen")
    assert "Send på nytt" not in buttons(page)
    turn(tools)
    assert len(journal.messages) == 1
    assert (newest(world).state, newest(world).replaces) == (State.SENT, None)


def world_page(world: World) -> Page:
    """The receipts in a fresh login: the one before is long over."""
    browser = world.browser()
    world.log_in(browser, ANNA)
    return receipts(world, browser)


def test_an_older_report_is_not_sent_after_a_newer_one(world: World, anna: tuple[Browser, Page]) -> None:
    browser, listed = anna
    given = world.launch(browser, listed)
    world.put(given, "d-1")
    set_to(world, State.OVERDUE, settled_at=world.clock())
    world.put(given, "d-2", corrects="d-1")
    (older,) = rows(world, "d-1")
    page = receipts(world, browser)
    assert page.form(f"{older.id}/igjen") is not None
    with world.database.write() as session:
        newer = session.scalars(select(DeliveryRow).where(DeliveryRow.id != older.id)).one()
        newer.state, newer.attempts, newer.sent_at = State.SENT, 1, world.clock()
    page = receipts(world, browser)
    assert "En nyere utgave er sendt, så denne kan ikke sendes på nytt." in page.text
    assert [form.action for form in page.tree.forms if "igjen" in form.action] == []
    assert post(world, browser, older.id, "igjen") == 200
    assert rows(world, "d-1")[0].state == State.OVERDUE


def rows(world: World, document_id: str) -> list[DeliveryRow]:
    with world.database.read() as session:
        of_it = select(DocumentRow.id).where(DocumentRow.document_id == document_id)
        return list(session.scalars(select(DeliveryRow).where(DeliveryRow.document_id.in_(of_it))))


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (State.QUEUED, "Venter på svar fra deg"),
        (State.SENT, "Sendt, venter på kvittering"),
        (State.TRANSPORT_OK, "Levert, venter på kvittering"),
        (State.COMPLETED, "Mottatt i journalsystemet"),
        (State.REJECTED_TRANSPORT, "Kunne ikke sendes Last ned PDF-en"),
        (State.REJECTED_APPREC, "Journalsystemet sa ikke hvorfor."),
        (State.OVERDUE, "Ingen kvittering er kommet"),
        (State.INVALID, "Feilen ligger hos oss"),
        (State.CANCELLED, "Ikke lagt i journalen"),
    ],
)
def test_every_state_is_said_and_the_pdf_is_there(world: World, browser: Browser, state: State, says: str) -> None:
    set_to(world, state)
    page = receipts(world, browser)
    assert says in page.text
    assert "Last ned PDF" in buttons(page)


def test_the_pdf_is_the_very_bytes_under_a_name_that_tells_nothing(world: World, browser: Browser) -> None:
    page = receipts(world, browser)
    (link,) = page.tree.xpath("//article//a/@href")
    answer = browser.open(f"{world.origin}{link}").response
    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    kind, _, name = answer.headers["Content-Disposition"].partition("; ")
    assert kind == "attachment"
    assert not any(part.lower() in name.lower() for part in LINE.values())
    assert [act["actor"] for act in acts(world, "document_downloaded")] == [f"person {ANNA.sub}"]


def test_what_is_not_kept_any_more_cannot_be_downloaded_or_sent(world: World, browser: Browser) -> None:
    set_to(world, State.OVERDUE)
    delivery = newest(world)
    with world.database.write() as session:
        document = session.scalars(select(DocumentRow)).one()
        document.sealed = document.sealed_pdf = None
    page = receipts(world, browser)
    assert buttons(page) == ["Ført i journalen"]
    assert "Hent kopien i tjenesten" in page.text
    assert browser.open(f"{world.origin}/kvitteringer/{delivery.id}/pdf").status == 404
    assert post(world, browser, delivery.id, "igjen") == 200
    assert newest(world).state == State.OVERDUE


@pytest.mark.parametrize("does", ["fort", "svar", "igjen"])
def test_somebody_elses_report_does_not_exist(world: World, browser: Browser, does: str) -> None:
    set_to(world, State.OVERDUE)
    delivery = newest(world)
    other = world.browser()
    world.log_in(other, BO)
    assert receipts(world, other).tree.xpath("//article") == []
    assert other.open(f"{world.origin}/kvitteringer/{delivery.id}/pdf").status == 404
    assert post(world, other, delivery.id, does, svar="ja") == 404
    assert post(world, browser, "finnes-ikke", does, svar="ja") == 404
    assert (newest(world).state, newest(world).filed_at) == (State.OVERDUE, None)


def test_the_tick_takes_the_advice_away(world: World, browser: Browser) -> None:
    set_to(world, State.OVERDUE)
    page = press(receipts(world, browser), browser, "fort")
    assert buttons(page) == ["Last ned PDF"]
    assert "Se først etter" not in page.text
    assert page.tree.xpath("//main//h2/text()")[0] == "Ferdig"
    assert len(acts(world, "filed_by_hand")) == 1
