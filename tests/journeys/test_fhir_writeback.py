"""Path 4, into the journal itself: a report from a SMART launch is filed by FHIR, or goes as a message."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.bodies import PDF
from support.fhir_clinic import FhirClinic, fhir_clinic
from support.loopback import Says

from portal.store import audit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALL, NONE, SENT = [True, True, True], [False, False, False], [True, False, False]


@pytest.fixture
def clinic(database_url: str, tmp_path: Path) -> Iterator[FhirClinic]:
    with fhir_clinic(database_url, tmp_path) as at:
        yield at


def test_a_report_is_filed_and_all_three_lamps_are_lit_at_once(clinic: FhirClinic) -> None:
    given = clinic.report()
    assert clinic.turn()
    assert clinic.state(given) == ("completed", ALL)
    assert clinic.codes(given) == [("queued", ""), ("completed", "filed")]
    assert (clinic.way(), clinic.journal.posts) == ("fhir", [])
    (document,) = clinic.filed.documents.values()
    assert document["subject"] == {"reference": "Patient/p-1"}
    assert document["author"] == [{"reference": "Practitioner/d-1"}]
    assert document["context"] == {"encounter": [{"reference": "Encounter/e-1"}]}
    assert not clinic.turn()
    clinic.nothing_is_told()


def test_the_clinician_sees_the_three_lamps(clinic: FhirClinic) -> None:
    clinic.report()
    clinic.turn()
    page = clinic.browser.open(f"{clinic.at.world.origin}/kvitteringer")
    assert len(page.tree.xpath("//main//*[@data-color='success']")) == 3


def test_it_is_filed_in_a_journal_that_takes_no_messages(clinic: FhirClinic) -> None:
    clinic.without_address()
    clinic.register(transport=None, transport_address=None)
    given = clinic.report()
    clinic.turn()
    assert clinic.state(given) == ("completed", ALL)


def test_what_a_journal_without_messages_refuses_waits_for_a_person(clinic: FhirClinic) -> None:
    clinic.without_address()
    given = clinic.report()
    clinic.filed.refuses["PUT"] = Says({}, 403)
    clinic.turn()
    assert clinic.state(given) == ("rejected_transport", NONE)
    assert clinic.journal.posts == []


def test_an_address_is_no_way_where_no_transport_is_registered(clinic: FhirClinic) -> None:
    clinic.register(transport=None, transport_address=None)
    given = clinic.report()
    clinic.filed.refuses["PUT"] = Says({}, 403)
    clinic.turn()
    assert clinic.state(given) == ("rejected_transport", NONE)


@pytest.mark.parametrize("status", [401, 403, 405, 422])
def test_a_journal_that_says_no_gets_the_message_at_once(clinic: FhirClinic, status: int) -> None:
    given = clinic.report()
    clinic.filed.refuses["PUT"] = Says({"resourceType": "OperationOutcome"}, status)
    assert clinic.turn()
    assert clinic.state(given) == ("sent", SENT)
    assert (clinic.way(), clinic.filed.documents) == ("simulator", {})
    assert len(clinic.journal.posts) == 1
    clinic.nothing_is_told()


def test_without_the_scope_nothing_is_kept_and_the_message_goes(clinic: FhirClinic) -> None:
    given = clinic.report(scope="openid fhirUser launch patient/DocumentReference.rs")
    assert clinic.doors_kept() == 0
    clinic.turn()
    assert clinic.state(given) == ("sent", SENT)
    assert clinic.filed.asked == []


def test_a_clinician_who_is_the_patient_herself_has_documents_and_no_messages(clinic: FhirClinic) -> None:
    clinic.of_herself()
    assert "writeback_token" not in clinic.launch(scope="openid fhirUser launch")
    given = clinic.report()
    clinic.filed.refuses["PUT"] = Says({}, 403)
    clinic.turn()
    assert clinic.state(given) == ("rejected_transport", NONE)
    assert clinic.journal.posts == []
    clinic.nothing_is_told()


def test_when_the_token_is_dead_the_message_goes(clinic: FhirClinic) -> None:
    given = clinic.report()
    clinic.at.world.clock.ahead += timedelta(minutes=5)
    clinic.turn()
    assert clinic.state(given) == ("sent", SENT)
    assert (clinic.filed.asked, len(clinic.journal.posts)) == ([], 1)


def test_a_dead_token_is_renewed_once(clinic: FhirClinic) -> None:
    given = clinic.report(refresh_token="rt-1")
    clinic.at.world.clock.ahead += timedelta(minutes=6)
    clinic.at.epj.open_to.discard("at-1")
    before = len(clinic.at.epj.asked_for("/auth/token"))
    clinic.turn()
    assert clinic.state(given) == ("completed", ALL)
    assert len(clinic.at.epj.asked_for("/auth/token")) == before + 1
    clinic.at.world.put(given, "d-2")
    clinic.turn()
    assert len(clinic.at.epj.asked_for("/auth/token")) == before + 1
    assert len(clinic.filed.documents) == 2
    clinic.nothing_is_told()


def test_when_it_cannot_be_renewed_the_message_goes(clinic: FhirClinic) -> None:
    given = clinic.report(refresh_token="rt-spent")
    clinic.at.world.clock.ahead += timedelta(minutes=6)
    clinic.turn()
    assert clinic.state(given) == ("sent", SENT)
    assert clinic.doors_kept() == 0


def test_while_the_journal_s_token_endpoint_is_silent_nothing_goes(clinic: FhirClinic) -> None:
    given = clinic.report(refresh_token="rt-1")
    clinic.at.world.clock.ahead += timedelta(minutes=6)
    clinic.at.epj.overrides["/auth/token"] = lambda _: Says({}, 503)
    clinic.turn()
    assert clinic.state(given) == ("queued", NONE)
    assert clinic.journal.posts == []
    clinic.at.epj.overrides.clear()
    clinic.at.world.clock.ahead += timedelta(seconds=30)
    clinic.turn()
    assert clinic.state(given) == ("completed", ALL)


def test_an_answer_that_was_lost_makes_one_document_and_no_message(clinic: FhirClinic) -> None:
    given = clinic.report()
    clinic.filed.slow = 2 * 0.5
    clinic.turn()
    assert clinic.state(given) == ("queued", NONE)
    clinic.filed.slow = 0
    clinic.at.world.clock.ahead += timedelta(seconds=2)
    clinic.turn()
    assert clinic.state(given) == ("completed", ALL)
    assert clinic.filed.methods() == ["PUT", "GET"]
    assert (len(clinic.filed.documents), clinic.journal.posts) == (1, [])


def test_a_journal_in_trouble_is_asked_before_the_document_is_put_again(clinic: FhirClinic) -> None:
    given = clinic.report()
    clinic.filed.refuses["PUT"] = Says(b"", 500)
    clinic.turn()
    assert clinic.state(given) == ("queued", NONE)
    del clinic.filed.refuses["PUT"]
    clinic.at.world.clock.ahead += timedelta(seconds=2)
    clinic.turn()
    assert clinic.filed.methods() == ["PUT", "GET", "PUT"]
    assert (clinic.state(given), len(clinic.filed.documents)) == (("completed", ALL), 1)


def test_when_the_token_dies_in_the_trouble_the_message_goes(clinic: FhirClinic) -> None:
    given = clinic.report()
    clinic.filed.refuses["PUT"] = Says(b"", 500)
    clinic.turn()
    clinic.at.world.clock.ahead += timedelta(minutes=5)
    clinic.turn()
    assert clinic.state(given) == ("sent", SENT)
    assert len(clinic.journal.posts) == 1


def test_a_context_that_has_ended_opens_no_journal_and_keeps_nothing(clinic: FhirClinic) -> None:
    given = clinic.report(refresh_token="rt-1")
    assert clinic.doors_kept() == 1
    page = clinic.browser.open(f"{clinic.at.world.origin}/mine")
    clinic.browser.submit(page, next(form for form in page.tree.forms if form.action == "/logout"))
    assert clinic.doors_kept() == 0
    clinic.turn()
    assert clinic.way() == "simulator"
    assert (clinic.filed.asked, given["writeback_token"] != "") == ([], True)


def test_an_epj_that_takes_documents_no_more_gets_the_message(clinic: FhirClinic) -> None:
    given = clinic.report()
    clinic.register(smart=clinic.at.epj.registered())
    clinic.turn()
    assert clinic.state(given) == ("sent", SENT)


def test_write_back_is_off_before_the_click_where_no_way_is_open(clinic: FhirClinic) -> None:
    clinic.without_address()
    assert "writeback_token" in clinic.launch()
    clinic.at.world.clock.ahead += timedelta(minutes=1)
    assert "writeback_token" not in clinic.launch(scope="openid")


def test_a_worker_that_reads_no_documents_sends_the_message(clinic: FhirClinic) -> None:
    given = clinic.report()
    without = {name: way for name, way in clinic.tools.transports.items() if name != "fhir"}
    clinic.tools = replace(clinic.tools, transports=without)
    clinic.turn()
    assert clinic.state(given) == ("sent", SENT)


def test_it_is_audited_as_every_delivery_is(clinic: FhirClinic) -> None:
    clinic.report()
    clinic.turn()
    with clinic.at.world.database.read() as session:
        lines = [line for line in audit.export(session) if line.get("action") == "delivery_completed"]
    assert [line["outcome"] for line in lines] == ["filed"]
    assert PDF not in str(lines).encode()
