"""Whatever became of a report, its clinician is told in plain words, in her language, and what to do about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.pages import in_each_language, pages_app

from portal.domain.delivery import State
from portal.domain.receipt import ReceiptError, ReceiptStatus
from portal.domain.second_try import HEALS, SecondTry
from portal.store.outbox import Delivery
from portal.store.receipts import Shown
from portal.web.receipts.advice import advice, reasons, way
from portal.web.receipts.codes import CODES, reason
from portal.web.receipts.texts import NOT_YET, hint, state_text, step_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Codeset 8221, as facts/writeback §3.3 has it.
CODESET = [f"E{number}" for number in (10, 20, 21, 30, 31, 32, 35, 36, 53, 54)]
CODESET += ["S01", "S02", "S03", "T01", "T02", "T10", "T99", "X99"]
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
DELIVERY = Delivery(
    id="e-1",
    document_id="d-1",
    launch_id="l-1",
    context_id="c-1",
    service_id="dod",
    epj_id="epj",
    msg_id="m-1",
    state=State.SENT,
    attempts=1,
    tries=1,
    due_at=NOW,
    reference=None,
    receiver=None,
    apprec_id=None,
    apprec_status=None,
    sent_at=NOW,
    accepted_at=NOW,
    patient_ref="0" * 64,
)


class Kept(Shown):
    """One whose content is still here."""

    kept = True


def shown(state: State, *codes: str, kept: bool = True, status: str | None = None, **changes: Any) -> Shown:
    values: dict[str, Any] = {
        "delivery": replace(DELIVERY, state=state, apprec_status=status),
        "title": None,
        "context": None,
        "filed": False,
        "files_by_itself": False,
        "errors": tuple(ReceiptError(code, "journalens ord") for code in codes),
        "history": (),
        "asks": False,
        "overtaken": False,
    }
    return (Kept if kept else Shown)(**values | changes)


@pytest.fixture
def bokmal(tmp_path: Path) -> Iterator[None]:
    with pages_app(tmp_path).test_request_context("/?lang=nb"):
        yield


def in_words(one: Shown, after: timedelta = timedelta(0)) -> str:
    return " ".join(advice(one, NOW + after))


def test_every_code_of_the_codeset_has_words() -> None:
    assert set(CODESET) == CODES
    assert set(CODESET) > HEALS


@pytest.mark.parametrize("code", CODESET)
def test_a_code_is_said_in_every_language_and_says_what_to_do(code: str, tmp_path: Path) -> None:
    told = set()
    for _ in in_each_language(pages_app(tmp_path)):
        said = reason(ReceiptError(code, "journalens ord"))
        others = [reason(ReceiptError(other, "journalens ord")).said for other in CODESET if other != code]
        assert said.said not in others
        assert said.now
        assert bool(said.quote) is (code == "X99")
        told |= {(said.said, said.now)}
    assert len(told) == 3


@pytest.mark.parametrize("state", State)
def test_a_state_is_said_in_every_language(state: State, tmp_path: Path) -> None:
    told = set()
    for _ in in_each_language(pages_app(tmp_path)):
        assert state_text(state) not in [state_text(other) for other in State if other is not state]
        told.add(state_text(state))
    # Nynorsk has some of them in the same words.
    assert len(told) > 1


@pytest.mark.parametrize(
    ("error", "quote"),
    [
        (ReceiptError("X99", "Ring oss"), "Ring oss"),
        (ReceiptError("Z42", "Ring oss"), "Ring oss"),
        (ReceiptError("", "Ring oss"), "Ring oss"),
        (ReceiptError("Z42", ""), "Z42"),
        (ReceiptError("X99", ""), ""),
        (ReceiptError("", ""), ""),
        (ReceiptError("E35", "Pasienten finnes ikke"), ""),
    ],
)
@pytest.mark.usefixtures("bokmal")
def test_where_the_code_says_nothing_the_journal_is_quoted(error: ReceiptError, quote: str) -> None:
    said = reason(error)
    assert said.quote == quote
    assert (said.said == "Journalsystemet sa ikke hvorfor.") is (not quote and error.code != "E35")


@pytest.mark.usefixtures("bokmal")
def test_a_step_of_our_own_has_words_and_anybody_elses_keeps_its_code() -> None:
    assert step_text("queued", "again") == "Sendes på nytt"
    assert step_text("queued", "") == "Venter på å bli sendt"
    assert step_text("rejected_apprec", "E35") == "Avvist av journalsystemet (E35)"


@pytest.mark.parametrize("state", State)
@pytest.mark.usefixtures("bokmal")
def test_after_an_hour_a_hint_and_not_before(state: State) -> None:
    delivery = replace(DELIVERY, state=state)
    waits = state in {State.QUEUED, State.SENT, State.TRANSPORT_OK}
    assert hint(delivery, NOW + NOT_YET - timedelta(seconds=1)) is None
    assert bool(hint(delivery, NOW + NOT_YET)) is waits


@pytest.mark.usefixtures("bokmal")
def test_who_is_asked_is_not_told_that_we_are_trying() -> None:
    assert hint(replace(DELIVERY, state=State.QUEUED, due_at=None), NOW + timedelta(days=1)) is None


@pytest.mark.usefixtures("bokmal")
def test_a_correction_is_advised_only_where_a_new_message_may_follow() -> None:
    assert "Opprett pasienten" in in_words(shown(State.REJECTED_APPREC, "E35"))
    for one in (
        shown(State.REJECTED_APPREC, "E35", "T02"),
        shown(State.REJECTED_APPREC, "E35", overtaken=True),
        shown(State.REJECTED_APPREC, "E35", kept=False),
    ):
        assert way(one) is not SecondTry.NEW
        assert "Opprett pasienten" not in in_words(one)
        assert "kan ikke sendes på nytt" in in_words(one)


@pytest.mark.parametrize("state", [State.REJECTED_TRANSPORT, State.REJECTED_APPREC, State.OVERDUE, State.INVALID])
@pytest.mark.usefixtures("bokmal")
def test_what_went_wrong_says_what_to_do_by_hand(state: State) -> None:
    assert "ast ned PDF-en og legg den i journalen selv." in in_words(shown(state, "T02"))
    gone = in_words(shown(state, "T02", kept=False))
    assert "PDF" not in gone
    assert "Hent kopien i tjenesten" in gone
    assert in_words(shown(state, "T02", filed=True)) == ""


@pytest.mark.usefixtures("bokmal")
def test_a_journal_that_took_it_with_a_remark_is_quoted() -> None:
    one = shown(State.COMPLETED, "2", status=ReceiptStatus.OK_WITH_ERRORS)
    assert [said.quote for said in reasons(one)] == ["journalens ord"]
    assert in_words(one) == "Se etter i journalen at alt er kommet med."
    assert reasons(shown(State.COMPLETED, status=ReceiptStatus.OK)) == ()


@pytest.mark.usefixtures("bokmal")
def test_a_rejection_without_a_reason_says_so() -> None:
    assert [said.said for said in reasons(shown(State.REJECTED_APPREC))] == ["Journalsystemet sa ikke hvorfor."]


@pytest.mark.usefixtures("bokmal")
def test_who_is_asked_too_late_is_told_why_no_is_the_only_answer() -> None:
    assert "kan ikke legges i journalen etterpå" in in_words(shown(State.QUEUED, asks=True, overtaken=True))
