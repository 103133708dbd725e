from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from portal.domain.context import Context, Patient, Practitioner, ReplyTo
from portal.domain.identity import Organisation
from portal.domain.oids import FNR

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
REPLY_TO = ReplyTo(her_id="99000102", parent_her_id="99000101")
SOLVI = Patient("31817541278", FNR, family="Fjellrev", given="Sølvi", birth_date=date(1975, 1, 31))
CONTEXT = Context(
    id="4f2c",
    epj_id="eksempel-epj",
    sub="anna",
    practitioner=Practitioner("LE", "565501872"),
    patient=SOLVI,
    patient_ref="ref",
    organisation=Organisation("999977774", "999977775"),
    reply_to=REPLY_TO,
    encounter=None,
    service_id=None,
    created_at=NOW,
    expires_at=NOW + timedelta(hours=1),
)


def test_a_patient_is_named_as_people_say_it() -> None:
    assert SOLVI.name == "Sølvi Fjellrev"
    assert SOLVI.initials == "S.F."


def test_a_context_lives_until_it_expires() -> None:
    assert CONTEXT.is_live(NOW)
    assert CONTEXT.is_live(CONTEXT.expires_at - timedelta(microseconds=1))
    assert not CONTEXT.is_live(CONTEXT.expires_at)


def test_a_context_that_was_ended_does_not_live() -> None:
    assert not replace(CONTEXT, ended_at=NOW).is_live(NOW)


@pytest.mark.parametrize(
    ("reply_to", "hpr_number", "can"),
    [(REPLY_TO, "565501872", True), (None, "565501872", False), (REPLY_TO, None, False), (None, None, False)],
)
def test_messages_need_an_address_and_a_number(reply_to: ReplyTo | None, hpr_number: str | None, can: bool) -> None:  # noqa: FBT001  an expected value
    context = replace(CONTEXT, reply_to=reply_to, practitioner=Practitioner("LE", hpr_number))
    assert context.can_take_messages is can


def test_reports_come_as_messages_or_for_a_while_as_documents() -> None:
    neither = replace(CONTEXT, reply_to=None)
    documents = replace(neither, documents_until=NOW + timedelta(minutes=5))
    assert not neither.can_take_reports(NOW)
    assert replace(CONTEXT, reply_to=REPLY_TO).can_take_reports(NOW + timedelta(days=1))
    assert documents.can_take_reports(NOW + timedelta(minutes=5) - timedelta(microseconds=1))
    assert not documents.can_take_reports(NOW + timedelta(minutes=5))
    assert not documents.can_take_messages


@pytest.mark.parametrize(
    ("organisation", "label"),
    [(Organisation("999977774"), "999977774"), (Organisation("999977774", "999977775"), "999977774/999977775")],
)
def test_an_office_is_labelled_by_its_numbers(organisation: Organisation, label: str) -> None:
    assert organisation.label == label
