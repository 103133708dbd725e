"""The journal stand-in takes documents as a journal should, and goes wrong as it is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from support.notes import NOTE

from portal.demo.epj.smart.documents import Fault
from portal.domain.smart import document_reference
from portal.domain.smart.access import Access

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.journal_system import Epj

    from portal.demo.browser import Browser

OWN_ID = document_reference.id_of(NOTE.msg_id)


@pytest.fixture(autouse=True)
def _empty(epj: Epj) -> Iterator[None]:
    yield
    epj.journal.cabinet.fault = Fault.NONE
    epj.journal.cabinet.filed.clear()


def document(epj: Epj, tokens: dict[str, Any], **changes: Any) -> dict[str, Any]:
    access = Access("", None, epj.clock(), f"Patient/{tokens['patient']}", "Practitioner/x", None)
    made: dict[str, Any] = json.loads(document_reference.build(replace(NOTE), access, "J00-1"))
    return made | changes


def put(epj: Epj, tokens: dict[str, Any], own_id: str = OWN_ID, **changes: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {tokens['access_token']}", "Content-Type": "application/fhir+json"}
    body = document(epj, tokens, **changes)
    return requests.put(f"{epj.fhir}/DocumentReference/{own_id}", json=body, headers=headers, timeout=5)


def test_a_document_is_filed_under_the_id_that_it_came_with(epj: Epj, anna: Browser) -> None:
    tokens = epj.tokens(anna)
    reference = f"DocumentReference/{OWN_ID}"
    assert epj.read(tokens, reference).status_code == 404
    first, second = put(epj, tokens), put(epj, tokens)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json() == epj.read(tokens, reference).json() == document(epj, tokens)
    assert first.headers["Content-Type"] == "application/fhir+json"
    assert list(epj.journal.cabinet.filed) == [OWN_ID]


def test_it_stands_in_its_patient_s_journal_with_its_pdf(epj: Epj, anna: Browser) -> None:
    put(epj, epj.tokens(anna, "trygve"))
    journal = anna.open(f"{epj.origin}/")
    (line,) = journal.tree.xpath("//article[@id='trygve']//li[@data-document]")
    assert NOTE.text.split()[0] in line.text_content()
    assert "via FHIR" in line.text_content()
    assert anna.open(f"{epj.origin}{line.find('a').get('href')}").response.content == NOTE.pdf
    assert not journal.tree.xpath("//article[@id='solvi']//li[@data-document]")


def test_what_was_not_granted_is_refused(epj: Epj, anna: Browser) -> None:
    reads_only = epj.tokens(anna, scope="openid launch launch/patient patient/DocumentReference.rs")
    assert put(epj, reads_only).status_code == 403
    writes_only = epj.tokens(anna, scope="openid launch launch/patient patient/DocumentReference.cu")
    assert put(epj, writes_only).status_code == 201
    assert epj.read(writes_only, f"DocumentReference/{OWN_ID}").status_code == 403


def test_another_patient_s_journal_is_closed(epj: Epj, anna: Browser) -> None:
    solvi, trygve = epj.tokens(anna, "solvi"), epj.tokens(anna, "trygve")
    subject = {"reference": f"Patient/{trygve['patient']}"}
    assert put(epj, solvi, subject=subject).status_code == 403
    put(epj, trygve)
    assert epj.read(solvi, f"DocumentReference/{OWN_ID}").status_code == 404


def test_a_dead_token_opens_nothing(epj: Epj, anna: Browser) -> None:
    tokens = epj.tokens(anna)
    epj.clock.ahead += timedelta(minutes=6)
    assert put(epj, tokens).status_code == 401
    assert put(epj, {**tokens, "access_token": ""}).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"resourceType": "Binary"},
        {"id": "another"},
        {"status": "superseded"},
        {"content": []},
        {"content": [{"attachment": {"contentType": "application/pdf", "title": "t", "data": "%"}}]},
        {"content": [{"attachment": {"contentType": "text/html", "title": "t", "data": "eA=="}}]},
        {"subject": None},
    ],
)
def test_what_is_no_document_is_refused(epj: Epj, anna: Browser, changes: dict[str, Any]) -> None:
    assert put(epj, epj.tokens(anna), **changes).status_code == 422
    assert epj.journal.cabinet.filed == {}


@pytest.mark.parametrize(
    ("fault", "status", "filed"), [(Fault.REFUSES, 403, 0), (Fault.FAILS, 500, 0), (Fault.HTML, 200, 1)]
)
def test_it_goes_wrong_as_it_is_told(epj: Epj, anna: Browser, fault: Fault, status: int, filed: int) -> None:
    tokens = epj.tokens(anna)
    epj.journal.cabinet.fault = fault
    answer = put(epj, tokens)
    assert (answer.status_code, len(epj.journal.cabinet.filed)) == (status, filed)
    assert answer.headers["Content-Type"].startswith("text/html" if fault is Fault.HTML else "application/fhir+json")


def test_it_can_file_and_never_answer(epj: Epj, anna: Browser) -> None:
    tokens = epj.tokens(anna)
    epj.journal.cabinet.fault, epj.journal.cabinet.hangs = Fault.HANGS, 0.3
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    url = f"{epj.fhir}/DocumentReference/{OWN_ID}"
    with pytest.raises(requests.Timeout):
        requests.put(url, json=document(epj, tokens), headers=headers, timeout=0.1)
    assert list(epj.journal.cabinet.filed) == [OWN_ID]


def test_whoever_sits_at_the_journal_chooses_what_goes_wrong(epj: Epj, anna: Browser) -> None:
    journal = anna.open(f"{epj.origin}/")
    anna.submit(journal, journal.form("/dokumenter"), fault="refuses")
    assert epj.journal.cabinet.fault is Fault.REFUSES
    assert put(epj, epj.tokens(anna)).status_code == 403
