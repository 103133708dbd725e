"""Deliveries and what could not be read, as an operator sees to them from the command line."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update
from support import sealed_rows
from support.sealed_rows import EPJ, NOW, NUMBER

from portal.domain.delivery import State, Step
from portal.settings import Settings
from portal.store import inbox, outbox
from portal.store.tables.journal import DeliveryRow
from portal.store.tables.log import AuditRow
from portal.store.vault import vault_of

if TYPE_CHECKING:
    from support.operator import Operator

    from portal.store.database import Database

ME = pwd.getpwuid(os.getuid()).pw_name
SECRETS = (NUMBER, "Testpasient", "Syntetisk", "Kvittering", "Sendt")
DOCUMENT = f"<Feil>Ærlig talt, {NUMBER}</Feil>".encode()


@pytest.fixture
def failed(on_sqlite: Operator, sqlite: Database) -> Operator:
    """An operator with one Delivery, `e-1`, that its transport has refused."""
    sealed_rows.register(sqlite)
    box = vault_of(Settings.from_env(on_sqlite.environ))
    with sqlite.write() as session:
        sealed_rows.open_context(session, box)
        sealed_rows.launch(session)
        sealed_rows.put_document(session, box, State.REJECTED_TRANSPORT, NOW)
        refused = outbox.find(session, "e-1")
        assert refused
        outbox.move(session, refused, Step(State.REJECTED_TRANSPORT, None, "upstream_refused"), NOW)
        session.execute(update(DeliveryRow).values(transport="simulator", reference="ref\x1b[31m-1", attempts=3))
    return on_sqlite


def state(database: Database) -> str:
    with database.read() as session:
        return session.get_one(DeliveryRow, "e-1").state


def test_a_delivery_is_found_shown_and_proposed_by_one_but_not_approved(failed: Operator, sqlite: Database) -> None:
    listed = failed.run("deliveries", "list", "--state", "rejected_transport", "--older-than", "3d").stdout
    when = NOW.isoformat(timespec="seconds")
    line = ["e-1", "rejected_transport", "upstream_refused", "demo-melding", EPJ.id, "3", when, when, ""]
    assert listed == "\t".join(line) + "\n"
    assert failed.run("deliveries", "list", "--epj", "other").stdout == ""
    assert failed.run("deliveries", "retry", "--code", "upstream_refused").stdout == "e-1 retry_proposed\n"
    shown = failed.run("deliveries", "show", "e-1").stdout
    lines = dict(line.split("\t", 1) for line in shown.splitlines())
    assert (lines["reference"], lines["receiver_her_id"]) == ("ref?[31m-1", "99000102")
    assert (lines["msg_id"], lines["retry_proposed_by"]) == ("m-1", ME)
    assert f"{when}\trejected_transport\tupstream_refused\n" in shown
    assert not [secret for secret in SECRETS if secret in shown + listed]
    assert failed.run("deliveries", "approve", "e-1", status=1).stderr == "e-1: four_eyes\n"
    assert state(sqlite) == State.REJECTED_TRANSPORT
    assert failed.audited() == [(f"operator {ME}", "delivery_retry_proposed", "delivery e-1")]


def test_what_somebody_else_has_proposed_is_sent_again(failed: Operator, sqlite: Database) -> None:
    with sqlite.write() as session:
        session.execute(update(DeliveryRow).values(retry_by="somebody-else"))
    assert failed.run("deliveries", "approve", "--all").stdout == "e-1 retry_approved\n"
    assert state(sqlite) == State.QUEUED
    with sqlite.read() as session:
        row = session.scalars(select(AuditRow).where(AuditRow.action == "delivery_retry_approved")).one()
        assert (row.actor, row.subject, row.basis) == (f"operator {ME}", "delivery e-1", "launch l-1")
        assert len(row.patient_ref or "") == 64
    assert failed.run("deliveries", "approve", "--all").stdout == ""


def test_a_rejected_message_is_answered_with_why_not(failed: Operator, sqlite: Database) -> None:
    with sqlite.write() as session:
        session.execute(update(DeliveryRow).values(state=State.REJECTED_APPREC))
    said = failed.run("deliveries", "retry", "e-1", "e-9", status=1).stderr
    assert said.splitlines()[0].startswith("e-1: its receiver has rejected this message")
    assert said.splitlines()[1] == "e-9: there is no such delivery"
    assert failed.run("deliveries", "retry", "--epj", EPJ.id).stdout == ""
    assert failed.audited() == []


@pytest.mark.parametrize(
    ("arguments", "status", "fault"),
    [
        (("retry",), 1, "name deliveries, or say by"),
        (("approve",), 1, "name deliveries, or --all"),
        (("list", "--older-than", "soon"), 2, "30m, 4h, 3d"),
        (("show", "--", "-none"), 1, "-none: there is no such delivery"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    on_sqlite: Operator, arguments: tuple[str, ...], status: int, fault: str
) -> None:
    assert fault in on_sqlite.run("deliveries", *arguments, status=status).stderr


def test_what_could_not_be_read_is_shown_on_request_alone_and_dropped(on_sqlite: Operator, sqlite: Database) -> None:
    with sqlite.write() as session:
        box = vault_of(Settings.from_env(on_sqlite.environ))
        inbox.quarantine(session, box, "simulator http://127.0.0.1:9", DOCUMENT, "not an AppRec", NOW)
    line = f"1\tsimulator http://127.0.0.1:9\t{NOW.isoformat(timespec='seconds')}\tnot an AppRec\n"
    assert on_sqlite.run("deliveries", "quarantine", "list").stdout == line
    assert on_sqlite.run("deliveries", "quarantine", "show", "1").stdout == line
    assert on_sqlite.audited() == []
    assert on_sqlite.run("deliveries", "quarantine", "show", "1", "--raw").stdout.encode() == DOCUMENT
    assert on_sqlite.run("deliveries", "quarantine", "drop", "1").stdout == "1 dropped\n"
    assert on_sqlite.run("deliveries", "quarantine", "show", "1", status=1).stdout == ""
    acts = [(action, subject) for _, action, subject in on_sqlite.audited()]
    assert acts == [("quarantine_read", "quarantine 1"), ("quarantine_dropped", "quarantine 1")]
