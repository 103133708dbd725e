from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from support.owner import ID, registration
from support.sealed_rows import NOW

from portal.domain.client_registration import Client
from portal.domain.conformance.observed import opaque
from portal.domain.conformance.target.observed import Facts, Fault
from portal.errors import RequestRejected
from portal.store import registry, sandbox_targets, target_observations
from portal.store.tables.sandbox import TargetObservationRow

if TYPE_CHECKING:
    from datetime import datetime

    from portal.domain.conformance.target.observed import Event
    from portal.store.database import Database

MONTH = timedelta(days=30)


def register(database: Database, client_id: str = ID, now: datetime = NOW) -> None:
    client = Client.model_validate(registration(client_id=client_id, service=client_id))
    with database.write() as session:
        sandbox_targets.register(session, client, "the-secret", now)


def test_a_registered_target_is_in_force_and_its_secret_is_a_hash(database: Database) -> None:
    register(database)
    with database.read() as session:
        assert [client.client_id for client in sandbox_targets.in_force(session, NOW)] == [ID]
        assert sandbox_targets.is_secret(session, ID, "the-secret")
        assert not sandbox_targets.is_secret(session, ID, "another")
        assert not sandbox_targets.is_secret(session, "annen", "the-secret")
        assert session.connection().exec_driver_sql("SELECT secret_hash FROM sandbox_target").scalar() != "the-secret"


def test_a_name_is_free_once_its_target_was_left_for_30_days(database: Database) -> None:
    register(database)
    with pytest.raises(RequestRejected):
        register(database, now=NOW + MONTH - timedelta(seconds=1))
    register(database, now=NOW + MONTH)
    register(database, "annen")
    with database.write() as session:
        sandbox_targets.touch(session, ID, NOW + 2 * MONTH)
        assert sandbox_targets.forget_unused(session, NOW + 2 * MONTH) == 1
        assert registry.client(session, "annen") is None
        assert registry.client(session, ID) is not None


def note(database: Database, event: Event, facts: Facts, client_id: str = ID, days: float = 0) -> None:
    with database.write() as session:
        target_observations.note(session, client_id, event, facts, NOW + timedelta(days=days))


def test_what_was_noted_is_seen_in_order_by_target_and_of_a_flood_the_newest(database: Database) -> None:
    for status in (201, 202, 203):
        note(database, "put", Facts(status=status, launch=opaque("l")))
    note(database, "put", Facts(status=200), "annen")
    with database.read() as session:
        assert [one.facts.status for one in target_observations.of_target(session, ID)] == [201, 202, 203]
        assert [one.facts.status for one in target_observations.of_target(session, ID, most=2)] == [202, 203]


def test_orders_are_those_of_this_target_since_then_and_rotations_are_everybody_s(database: Database) -> None:
    first, second = Facts(fault=Fault.EXPIRED, order=opaque("1")), Facts(fault=Fault.KEY_ROTATION, order=opaque("2"))
    note(database, "fault", first, days=-1)
    note(database, "fault", second)
    note(database, "fault", second.model_copy(update={"order": opaque("3")}), "annen")
    with database.read() as session:
        since = NOW - timedelta(hours=1)
        assert target_observations.orders(session, ID, since) == {opaque("2"): Fault.KEY_ROTATION}
        assert list(target_observations.orders(session, ID, NOW - MONTH)) == [opaque("1"), opaque("2")]
        assert target_observations.rotations(session, since) == [opaque("2"), opaque("3")]


def test_starting_over_forgets_one_target(database: Database) -> None:
    note(database, "put", Facts(status=200))
    note(database, "put", Facts(status=200), "annen")
    with database.write() as session:
        target_observations.forget(session, ID)
    with database.read() as session:
        assert session.scalars(select(TargetObservationRow.client_id)).all() == ["annen"]
