from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from support import sealed_rows
from support.sealed_rows import CLIENT, NOW

from portal.domain.launch import Launch
from portal.domain.launch_failure import Code, Failure
from portal.store import launch_failures, launches
from portal.store.launches import ACCESS, WRITEBACK, Token
from portal.store.tables.launches import TokenRow

if TYPE_CHECKING:
    from portal.store.database import Database

LAUNCH = Launch("l-1", "c-1", CLIENT.service, CLIENT.client_id, "sub-1", "s" * 64, "p-1", NOW)
UNTIL = NOW + timedelta(minutes=5)
MOMENT = timedelta(microseconds=1)
TOKEN = Token(ACCESS, "l-1", CLIENT.client_id, "j" * 43, "launch", UNTIL)
GRANT = replace(TOKEN, kind=WRITEBACK)
SECRET = "a-secret-of-256-bits"


@pytest.fixture
def granted(database: Database) -> Database:
    """Two launches from one context; the first has an access token and a write-back grant, the second a token."""
    sealed_rows.register(database)
    with database.write() as session:
        sealed_rows.open_context(session, sealed_rows.vault())
        launches.begin(session, LAUNCH)
        launches.begin(session, replace(LAUNCH, id="l-2"))
        session.flush()
        launches.grant(session, SECRET, TOKEN)
        launches.grant(session, f"{SECRET}-grant", GRANT)
        launches.grant(session, f"{SECRET}-other", replace(TOKEN, launch_id="l-2"))
    return database


def holder(database: Database, secret: str = SECRET, kind: str = ACCESS, *, early: timedelta = MOMENT) -> Token | None:
    with database.read() as session:
        return launches.holder(session, secret, kind, UNTIL - early)


def test_a_launch_is_found_as_it_began(granted: Database) -> None:
    with granted.read() as session:
        assert launches.find(session, "l-1") == LAUNCH
        assert launches.find(session, "l-3") is None


def test_success_counts_the_launches_of_a_time_that_targets_took_up(granted: Database) -> None:
    with granted.write() as session:
        launches.redeem(session, "l-1", NOW)
        launches.begin(session, replace(LAUNCH, id="l-3", client_id=None, service_id="lenke"))
    with granted.read() as session:
        assert launches.success(session, NOW, UNTIL) == {CLIENT.service: (2, 1)}
        assert launches.success(session, NOW - MOMENT, NOW) == launches.success(session, NOW + MOMENT, UNTIL) == {}


def test_a_launch_that_failed_after_its_target_got_the_context_was_not_taken_up(granted: Database) -> None:
    with granted.write() as session:
        for launch_id, later in (("l-1", MOMENT), ("l-2", -MOMENT)):
            launches.redeem(session, launch_id, NOW)
            for code in (Code.INTERNAL, Code.OTHER):
                launch_failures.note(session, Failure(launch_id, CLIENT.service, code, NOW + later))
    with granted.read() as session:
        assert launches.success(session, NOW, UNTIL) == {CLIENT.service: (2, 1)}


def test_a_launch_without_patient_or_client_is_a_launch(granted: Database) -> None:
    plain = replace(LAUNCH, id="l-3", context_id=None, client_id=None, patient_id=None)
    with granted.write() as session:
        launches.begin(session, plain)
    with granted.read() as session:
        assert launches.find(session, "l-3") == plain


def test_a_token_stands_for_what_was_granted(granted: Database) -> None:
    assert holder(granted) == TOKEN
    assert holder(granted, f"{SECRET}-grant", WRITEBACK) == GRANT
    assert holder(granted, "another") is None


def test_a_token_is_of_one_kind(granted: Database) -> None:
    assert holder(granted, kind=WRITEBACK) is None
    assert holder(granted, f"{SECRET}-grant") is None


def test_a_token_ends_at_its_moment(granted: Database) -> None:
    assert holder(granted, early=MOMENT)
    assert holder(granted, early=timedelta(0)) is None


def test_revoking_takes_everything_that_the_launch_gave_and_nothing_else(granted: Database) -> None:
    with granted.write() as session:
        launches.revoke_all_of(session, "l-1", NOW)
    assert holder(granted) is None
    assert holder(granted, f"{SECRET}-grant", WRITEBACK) is None
    assert holder(granted, f"{SECRET}-other")


def test_what_was_revoked_stays_revoked_when_it_was(granted: Database) -> None:
    for later in (timedelta(0), timedelta(minutes=1)):
        with granted.write() as session:
            launches.revoke_all_of(session, "l-1", NOW + later)
    with granted.read() as session:
        revoked = session.scalars(select(TokenRow.revoked_at).where(TokenRow.launch_id == "l-1")).all()
    assert revoked == [NOW, NOW]


def test_the_secret_itself_is_not_stored(granted: Database) -> None:
    with granted.read() as session:
        rows = session.scalars(select(TokenRow)).all()
        stored = [str(getattr(row, column.key)) for row in rows for column in TokenRow.__table__.columns]
    assert len(rows) == 3
    assert not any(SECRET in value for value in stored)
