from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from support import sealed_rows
from support.sealed_rows import NOW

from portal.domain.conformance.observed import Facts, Fault, opaque
from portal.lifetimes import Lifetimes
from portal.store import observations, one_time, retention
from portal.store.tables.launches import ContextRow
from portal.store.tables.registers import EpjObservationRow

if TYPE_CHECKING:
    from portal.domain.conformance.observed import Event, Observed
    from portal.store.database import Database
    from portal.store.vault import Vault

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def box(database: Database) -> Vault:
    """The vault of a database with one open context, `c-1`."""
    sealed_rows.register(database)
    box = sealed_rows.vault()
    with database.write() as session:
        sealed_rows.open_context(session, box)
    return box


def note(database: Database, event: Event, facts: Facts | None = None, *, epj_id: str = "epj", days: float = 0) -> None:
    with database.write() as session:
        observations.note(session, epj_id, event, facts or Facts(status=200), NOW + days * DAY)


def seen(database: Database, epj_id: str = "epj") -> list[Observed]:
    with database.read() as session:
        return observations.of_epj(session, epj_id)


def known(database: Database, context_id: str) -> observations.Known | None:
    with database.read() as session:
        return observations.known(session, context_id)


def test_what_was_noted_is_seen_in_order_by_epj(database: Database) -> None:
    facts = Facts(status=201, session=opaque("s"), nonce=False, life=1800)
    note(database, "create", facts)
    note(database, "end")
    note(database, "create", epj_id="another")
    assert [(one.at, one.event, one.facts) for one in seen(database)] == [
        (NOW, "create", facts),
        (NOW, "end", Facts(status=200)),
    ]
    assert len(seen(database, "another")) == 1


def test_of_a_flood_the_newest_are_judged(database: Database) -> None:
    note(database, "create")
    note(database, "refresh")
    note(database, "end")
    with database.read() as session:
        assert [one.event for one in observations.of_epj(session, "epj", most=2)] == ["refresh", "end"]


def test_starting_over_forgets_one_epj(database: Database) -> None:
    note(database, "create")
    note(database, "create", epj_id="another")
    with database.write() as session:
        observations.forget(session, "epj")
    assert seen(database) == []
    assert len(seen(database, "another")) == 1


def test_orders_are_those_of_this_epj_since_then(database: Database) -> None:
    first, second = Facts(fault=Fault.NONCE, order=opaque("1")), Facts(fault=Fault.UNAVAILABLE, order=opaque("2"))
    note(database, "fault", first, days=-1)
    note(database, "fault", second)
    note(database, "fault", first, epj_id="another")
    note(database, "create", Facts(status=503, fault=Fault.UNAVAILABLE))
    with database.read() as session:
        assert observations.orders(session, "epj", NOW - DAY) == {opaque("2"): Fault.UNAVAILABLE}
        assert list(observations.orders(session, "epj", NOW - 2 * DAY)) == [opaque("1"), opaque("2")]


def test_observations_live_for_fourteen_days(database: Database) -> None:
    note(database, "create")
    for days, left in ((13.9, 1), (14, 0)):
        retention.run(database, NOW + days * DAY, Lifetimes())
        assert len(seen(database)) == left


def test_a_context_is_known_without_its_patient(database: Database, box: Vault) -> None:
    found = known(database, "c-1")
    assert found == observations.Known("epj", opaque("c-1"), opaque("epj", "sid-1"), another_patient=None)
    assert known(database, "c-2") is None
    with database.read() as session:
        reference = session.scalar(select(ContextRow.patient_ref))
    assert box
    assert str(reference)[:12] not in str(found)


@pytest.mark.parametrize(("reference", "another"), [(None, False), ("f" * 64, True)])
def test_a_context_is_of_another_patient_than_the_one_before(
    database: Database, box: Vault, reference: str | None, *, another: bool
) -> None:
    later = {"created_at": NOW + MINUTE} | ({"patient_ref": reference} if reference else {})
    with database.write() as session:
        sealed_rows.open_context(session, box, "c-2", **later)
    found = known(database, "c-2")
    assert found is not None
    assert found.another_patient is another


def test_the_context_of_a_code_is_found_when_it_was_spent_and_when_it_is_too_old(
    database: Database, box: Vault
) -> None:
    for kind, code in (("start", "the-code"), ("other", "another-kind")):
        sealed = box.seal("c-1", "start")
        with database.write() as session:
            one_time.put(session, kind, code, payload=sealed, expires_at=NOW + MINUTE, keep_until=NOW + DAY)
    for when in (NOW, NOW + 2 * MINUTE):
        with database.write() as session:
            one_time.spend(session, "start", "the-code", now=when)
            assert observations.context_of_code(session, box, "the-code") == "c-1"
            assert observations.context_of_code(session, box, "another-kind") is None
            assert observations.context_of_code(session, box, "no-code") is None


def test_nothing_but_facts_is_in_a_row(database: Database) -> None:
    note(database, "end", Facts(status=204, session=opaque("s"), matches=True))
    with database.read() as session:
        row = session.scalars(select(EpjObservationRow)).one()
    assert row.facts == {"status": 204, "session": opaque("s"), "matches": True}
