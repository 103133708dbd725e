from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from support.fhir_journal import HTML, TOKEN, FhirJournal
from support.loopback import Says, http_server
from support.notes import NOTE

from portal.adapters.transport.contract import Handed, Parcel
from portal.adapters.transport.fhir import Fhir
from portal.domain.smart import document_reference
from portal.domain.smart.access import Access
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCESS = Access(TOKEN, None, datetime(2026, 1, 15, 9, 5, tzinfo=UTC), "Patient/p-1", "Practitioner/d-1", None)
OWN_ID = document_reference.id_of(NOTE.msg_id)
FILED = Handed(OWN_ID, filed=True)
NOTHING = Says(b"", 204)
OTHER = Says({"resourceType": "DocumentReference", "id": "42"}, 201)


@pytest.fixture
def journal() -> FhirJournal:
    return FhirJournal()


@contextmanager
def standing(journal: FhirJournal, longest: float = 5.0) -> Iterator[tuple[Fhir, Parcel]]:
    with http_server(journal.answer) as origin:
        document = document_reference.build(NOTE, ACCESS, "J00-1")
        yield Fhir(longest), Parcel(f"{origin}/fhir", NOTE, document, TOKEN)


@pytest.fixture
def way(journal: FhirJournal) -> Iterator[tuple[Fhir, Parcel]]:
    with standing(journal) as way:
        yield way


def refused(way: tuple[Fhir, Parcel], does: str = "send") -> UpstreamError:
    fhir, parcel = way
    with pytest.raises(UpstreamError) as caught:
        getattr(fhir, does)(parcel)
    assert TOKEN not in str(caught.value)
    return caught.value


def test_a_document_is_put_under_our_id_and_is_filed(journal: FhirJournal, way: tuple[Fhir, Parcel]) -> None:
    fhir, parcel = way
    assert fhir.find(parcel) is None
    assert fhir.send(parcel) == FILED
    assert fhir.find(parcel) == FILED
    assert list(journal.documents) == [OWN_ID]
    assert journal.methods() == ["GET", "PUT", "GET"]
    put = journal.asked[1]
    assert put.path == f"/fhir/DocumentReference/{OWN_ID}"
    assert put.headers["authorization"] == f"Bearer {TOKEN}"


def test_a_repeat_is_the_same_document(journal: FhirJournal, way: tuple[Fhir, Parcel]) -> None:
    fhir, parcel = way
    assert fhir.send(parcel) == fhir.send(parcel) == FILED
    assert len(journal.documents) == 1


def test_a_base_may_end_with_a_slash(journal: FhirJournal, way: tuple[Fhir, Parcel]) -> None:
    fhir, parcel = way
    assert fhir.send(replace(parcel, address=f"{parcel.address}/")) == FILED
    assert journal.asked[0].path == f"/fhir/DocumentReference/{OWN_ID}"


def test_a_document_of_ten_megabytes_goes_through_and_comes_back(way: tuple[Fhir, Parcel]) -> None:
    fhir, parcel = way
    large = replace(NOTE, pdf=b"%PDF-" + b"x" * (10 * 1024 * 1024))
    whole = document_reference.build(large, ACCESS, "J00-1")
    assert fhir.send(replace(parcel, message=whole)) == FILED


@pytest.mark.parametrize("answer", [NOTHING, HTML, OTHER, Says(b"", 200), Says({}, 200)])
def test_another_answer_is_believed_only_when_the_journal_then_shows_the_document(
    journal: FhirJournal, way: tuple[Fhir, Parcel], answer: Says
) -> None:
    journal.answers["PUT"] = answer
    assert way[0].send(way[1]) == FILED
    assert journal.methods() == ["PUT", "GET"]


@pytest.mark.parametrize("answer", [NOTHING, HTML, OTHER, Says(b"", 200), Says({}, 200)])
def test_a_yes_to_what_is_not_there_is_a_no(journal: FhirJournal, way: tuple[Fhir, Parcel], answer: Says) -> None:
    journal.refuses["PUT"] = answer
    error = refused(way)
    assert (error.code, error.retryable) == ("upstream_refused", False)
    assert journal.methods() == ["PUT", "GET"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 412, 413, 422])
def test_a_no_is_final(journal: FhirJournal, way: tuple[Fhir, Parcel], status: int) -> None:
    journal.refuses["PUT"] = Says({"resourceType": "OperationOutcome"}, status)
    error = refused(way)
    assert (error.code, error.detail, error.retryable) == ("upstream_refused", f"status {status}", False)


@pytest.mark.parametrize("status", [401, 403, 410])
def test_a_no_to_a_question_is_final_too(journal: FhirJournal, way: tuple[Fhir, Parcel], status: int) -> None:
    journal.refuses["GET"] = Says({"resourceType": "OperationOutcome"}, status)
    assert not refused(way, "find").retryable


@pytest.mark.parametrize("status", [302, 408, 425, 429, 500, 502, 503, 504])
@pytest.mark.parametrize(("does", "method"), [("send", "PUT"), ("find", "GET")])
def test_trouble_may_pass(journal: FhirJournal, way: tuple[Fhir, Parcel], does: str, method: str, status: int) -> None:
    journal.refuses[method] = Says(b"", status, {"Location": "http://127.0.0.1:9/"})
    assert refused(way, does).retryable


def test_a_question_that_is_answered_with_something_else_is_no_answer(
    journal: FhirJournal, way: tuple[Fhir, Parcel]
) -> None:
    way[0].send(way[1])
    for answer in (HTML, NOTHING, OTHER):
        journal.answers["GET"] = answer
        error = refused(way, "find")
        assert (error.code, error.retryable) == ("upstream_malformed", True)


def test_an_answer_that_was_lost_is_found(journal: FhirJournal) -> None:
    with standing(journal, 0.3) as way:
        journal.slow = 1.0
        error = refused(way)
        assert (error.code, error.retryable) == ("upstream_unreachable", True)
        journal.slow = 0.0
        assert way[0].find(way[1]) == FILED
    assert len(journal.documents) == 1


def test_a_token_that_opens_nothing_is_refused(journal: FhirJournal, way: tuple[Fhir, Parcel]) -> None:
    journal.open_to = {"another"}
    assert not refused(way).retryable
    assert not refused(way, "find").retryable
    assert journal.documents == {}


def test_a_journal_has_no_news(way: tuple[Fhir, Parcel]) -> None:
    fhir, parcel = way
    fhir.send(parcel)
    assert fhir.news(parcel.address, "") == ([], "")


def test_a_parcel_does_not_show_its_token(way: tuple[Fhir, Parcel]) -> None:
    assert TOKEN not in repr(way[1])
