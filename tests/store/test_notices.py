from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from support.sealed_rows import NOW

from portal.domain.service_parts import Stop
from portal.lifetimes import Lifetimes
from portal.store import notices, retention
from portal.store.notices import Notice

if TYPE_CHECKING:
    from portal.store.database import Database

HOUR = timedelta(hours=1)


def stop(begins: int = 0, ends: int = 2, text: str = "Nede.") -> Stop:
    """A fault between two hours from now."""
    times = {"from": (NOW + begins * HOUR).isoformat(), "to": (NOW + ends * HOUR).isoformat()}
    return Stop.model_validate({"kind": "fault", **times, "message": {"nb": text, "nn": text, "en": "Down."}})


FAULT = Notice("dodsmelding", "n-1", stop(), "client dodsmelding")


def post(database: Database, *posted: Notice) -> None:
    with database.write() as session:
        for notice in posted:
            notices.post(session, notice)


def standing(database: Database, hours: float = 1) -> notices.Stops:
    with database.read() as session:
        return notices.standing(session, NOW + hours * HOUR)


def test_a_notice_stands_from_when_it_is_posted_until_its_planned_end(database: Database) -> None:
    post(database, FAULT, replace(FAULT, id="n-2", stop=stop(5, 6)), replace(FAULT, service_id="msis"))
    assert standing(database) == {"dodsmelding": (stop(), stop(5, 6)), "msis": (stop(),)}
    assert standing(database, 2) == {"dodsmelding": (stop(5, 6),)}


def test_the_owner_changes_it_under_its_id_and_another_service_has_its_own(database: Database) -> None:
    post(database, FAULT, replace(FAULT, service_id="msis"), replace(FAULT, stop=stop(0, 9, "Lenger.")))
    assert standing(database, 3) == {"dodsmelding": (stop(0, 9, "Lenger."),)}
    with database.read() as session:
        assert len(notices.listed(session)) == 2


def test_what_was_ended_is_over_and_may_be_put_up_again(database: Database) -> None:
    post(database, FAULT)
    with database.write() as session:
        assert notices.end(session, "dodsmelding", "n-1", NOW)
        assert not notices.end(session, "dodsmelding", "n-1", NOW)
        assert not notices.end(session, "msis", "n-1", NOW)
    assert standing(database) == {}
    with database.read() as session:
        assert notices.listed(session) == [replace(FAULT, ended_at=NOW)]
    post(database, FAULT)
    assert standing(database) == {"dodsmelding": (stop(),)}


def test_a_notice_is_forgotten_long_after_its_end(database: Database) -> None:
    post(database, FAULT)
    over = NOW + 2 * HOUR + Lifetimes().notice
    assert retention.run(database, over - HOUR, Lifetimes()).notices == 0
    assert retention.run(database, over, Lifetimes()).notices == 1
