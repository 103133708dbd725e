from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fhirclient.models.documentreference import DocumentReference
from support.notes import NOTE

from portal.domain import person_number
from portal.domain.smart import document_reference
from portal.domain.smart.access import Access
from portal.domain.smart.reference import is_id

ACCESS = Access(
    "at-1", None, datetime(2026, 1, 15, 9, 5, tzinfo=UTC), "Patient/p-1", "Practitioner/d-1", "Encounter/e-1"
)


def built(access: Access = ACCESS, kind: str = "J00-1", **changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(document_reference.build(replace(NOTE, **changes), access, kind))
    return document


def test_the_document_holds_in_the_models_of_fhirclient() -> None:
    read = DocumentReference(built(), strict=True)
    assert (read.status, read.subject.reference, read.author[0].reference) == (
        "current",
        "Patient/p-1",
        "Practitioner/d-1",
    )
    assert read.context.encounter[0].reference == "Encounter/e-1"
    assert read.date.date == NOTE.generated_at
    assert read.description == NOTE.text
    (coding,) = read.type.coding
    assert (coding.system, coding.code, coding.display) == (
        "urn:oid:2.16.578.1.12.4.1.1.9602",
        "J00-1",
        "Attester, melding og erklæringer",
    )
    (content,) = read.content
    attached = content.attachment
    assert (attached.contentType, attached.language, attached.title) == ("application/pdf", "nb-NO", NOTE.title)
    assert b64decode(attached.data) == NOTE.pdf


def test_its_id_is_made_from_the_message_s_and_is_nobody_s_number() -> None:
    msg_id = "31817541-2783-4181-8175-412783181754"
    assert person_number.stands_in("31817541278")
    own_id = document_reference.id_of(msg_id)
    assert own_id == document_reference.id_of(msg_id) == built(msg_id=msg_id)["id"]
    assert is_id(own_id)
    assert len({document_reference.id_of(one) for one in (msg_id, NOTE.msg_id)}) == 2
    assert built()["masterIdentifier"]["value"] == f"urn:uuid:{NOTE.msg_id}"


def test_the_same_note_is_always_the_same_bytes() -> None:
    assert document_reference.build(NOTE, ACCESS, "J00-1") == document_reference.build(replace(NOTE), ACCESS, "J00-1")


def test_no_number_and_no_token_stands_in_it() -> None:
    whole = document_reference.build(NOTE, ACCESS, "J00-1").decode()
    assert [one for one in (NOTE.patient.number, NOTE.hpr_number, "at-1") if one in whole] == []


def test_without_a_consultation_there_is_none() -> None:
    assert "context" not in built(replace(ACCESS, encounter=None))


def test_another_type_stands_by_its_code_and_by_its_name_when_that_is_known() -> None:
    assert built(kind="B02-2")["type"]["coding"][0]["display"] == "Journalnotat"
    assert "display" not in built(kind="Z99-1")["type"]["coding"][0]
    DocumentReference(built(kind="Z99-1"), strict=True)


def test_text_is_what_every_journal_can_show() -> None:
    told = built(text="Dose ≤ 5 μg – «se PDF»\u202e", title="Kvittering “A”")
    assert told["description"] == "Dose <= 5 µg - «se PDF»"
    assert told["content"][0]["attachment"]["title"] == 'Kvittering "A"'


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "DocumentReference",
        {},
        {"resourceType": "DocumentReference"},
        {"resourceType": "DocumentReference", "id": "another"},
        {"resourceType": "OperationOutcome", "id": document_reference.id_of(NOTE.msg_id)},
        {"resourceType": "Bundle", "entry": [{"resource": built()}]},
    ],
)
def test_what_is_not_the_document_is_not_taken_for_it(answer: Any) -> None:
    assert not document_reference.is_it(answer, NOTE.msg_id)
    assert document_reference.is_it(built(), NOTE.msg_id)
