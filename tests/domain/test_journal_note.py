from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.notes import NOTE

from portal.domain.bodies import PDF_LIMIT
from portal.domain.context import ReplyTo
from portal.domain.identity import Organisation
from portal.domain.journal_note import check
from portal.domain.oids import DNR
from portal.errors import MessageRejected

NOW = NOTE.generated_at
BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("msg_id", {"msg_id": ""}),
    ("msg_id", {"msg_id": NOTE.msg_id.upper()}),
    ("msg_id", {"msg_id": "{" + NOTE.msg_id + "}"}),
    ("generated_at", {"generated_at": datetime(2026, 1, 15, 10)}),  # noqa: DTZ001  the fault that is tested
    ("generated_at", {"generated_at": NOW + timedelta(minutes=6)}),
    ("document_id", {"document_id": ""}),
    ("document_id", {"document_id": "a b"}),
    ("sender.name", {"sender": replace(NOTE.sender, name=" ")}),
    ("sender.organisation_number", {"sender": replace(NOTE.sender, organisation_number="31000004")}),
    ("sender.her_id", {"sender": replace(NOTE.sender, her_id="")}),
    ("sender.her_id", {"sender": replace(NOTE.sender, her_id=NOTE.sender.parent_her_id)}),
    ("sender.phone", {"sender": replace(NOTE.sender, phone="ring oss")}),
    ("receiver.organisation_number", {"organisation": Organisation("x")}),
    ("receiver.her_id", {"reply_to": ReplyTo("0", "99000101")}),
    ("receiver.her_id", {"reply_to": ReplyTo("99000102", "")}),
    ("practitioner.name", {"practitioner_name": ""}),
    ("practitioner.name", {"practitioner_name": "Syntetisk\x00Testlege"}),
    ("practitioner.hpr_number", {"hpr_number": "LE"}),
    ("patient.name", {"patient": replace(NOTE.patient, family="")}),
    ("patient.name", {"patient": replace(NOTE.patient, given="Linje\nskift")}),
    ("patient.number", {"patient": replace(NOTE.patient, number="123")}),
    ("patient.number", {"patient": replace(NOTE.patient, number="01817512485")}),
    ("patient.number", {"patient": replace(NOTE.patient, system=DNR)}),
    ("patient.number", {"debugging": False}),
    ("title", {"title": ""}),
    ("title", {"title": "kvittering\r\n.pdf"}),
    ("text", {"text": " \n"}),
    ("text", {"text": "👍"}),
    ("pdf", {"pdf": b"<html>"}),
    ("pdf", {"pdf": b""}),
    ("pdf.size", {"pdf": b"%PDF-" + bytes(PDF_LIMIT)}),
]


def test_a_whole_note_passes() -> None:
    check(NOTE, NOW)


def test_the_clocks_of_two_hosts_may_differ_a_little() -> None:
    check(NOTE, NOW - timedelta(minutes=5))


@pytest.mark.parametrize(("rule", "changes"), BROKEN, ids=[f"{rule}-{n}" for n, (rule, _) in enumerate(BROKEN)])
def test_each_rule_is_named(rule: str, changes: dict[str, Any]) -> None:
    with pytest.raises(MessageRejected) as rejected:
        check(replace(NOTE, **changes), NOW)

    assert (rejected.value.code, rejected.value.detail) == ("message_invalid", rule)


def test_every_broken_rule_is_named_and_no_value() -> None:
    patient = replace(NOTE.patient, number="01817512485")

    with pytest.raises(MessageRejected) as rejected:
        check(replace(NOTE, text="", pdf=b"hemmelig", patient=patient), NOW)

    assert rejected.value.detail == "patient.number, text, pdf"
