"""What operators see of write-back: how much waits, for how long, and which service has gone silent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update
from support.bodies import LINE
from support.journal import turn
from support.loopback import Says

from portal.domain.norwegian_time import OSLO
from portal.store import documents, outbox
from portal.store.tables.journal import DeliveryRow
from portal.store.tables.launches import LaunchRow

if TYPE_CHECKING:
    from support.journal import Journal
    from support.world import World

    from portal.demo.browser import Browser, Page
    from portal.worker.tools import Tools

SERVICE = "demo-melding"
Labels = dict[str, str]


def figure(world: World, name: str, **labels: str) -> float | None:
    """One figure of the page; None when it is not told."""
    page = world.egress.send("GET", f"{world.origin}/metrics").body.decode()
    assert LINE["number"] not in page
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return sample.value
    return None


def test_the_age_of_the_oldest_in_the_queue_counts_from_when_it_was_last_wanted(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    assert figure(world, "portal_oldest_queued_seconds") == 0
    world.put(world.launch(*anna))
    journal.says = Says({}, 503)
    world.clock.ahead += timedelta(minutes=20)
    turn(tools)
    assert figure(world, "portal_oldest_queued_seconds") == pytest.approx(1200, abs=60)
    journal.says = Says({}, 400)
    world.clock.ahead += timedelta(minutes=20)
    turn(tools)
    assert figure(world, "portal_oldest_queued_seconds") == 0
    assert figure(world, "portal_deliveries_waiting", state="rejected_transport") == 1
    assert figure(world, "portal_incidents_open", kind="sending") == 1
    with world.database.write() as session:
        session.execute(update(DeliveryRow).values(filed_at=world.clock()))
    assert figure(world, "portal_deliveries_waiting", state="rejected_transport") == 0


def test_how_long_receipts_take_is_told_by_epj_for_an_hour(
    world: World, anna: tuple[Browser, Page], tools: Tools, journal: Journal
) -> None:
    given = world.launch(*anna)
    told = {"epj": world.epj.id, "quantile": "0.9"}
    for number in range(2):
        world.put(given, f"d-{number}")
        turn(tools)
    assert figure(world, "portal_receipt_seconds_last_hour", **told) is None
    world.clock.ahead += timedelta(minutes=10)
    journal.reply("1")
    turn(tools)
    assert figure(world, "portal_receipt_seconds_last_hour", **told) == pytest.approx(600, abs=60)
    world.clock.ahead += timedelta(minutes=61)
    assert figure(world, "portal_receipt_seconds_last_hour", **told) is None


def at(world: World, weekday: int, hour: int) -> None:
    """Let it be the next such day and hour in Norway."""
    now = world.clock().astimezone(OSLO)
    day = now + timedelta(days=(weekday - now.weekday()) % 7 or 7)
    world.clock.ahead += datetime(day.year, day.month, day.day, hour, 30, tzinfo=OSLO) - now


def test_a_service_that_is_launched_and_gives_nothing_back_is_silent_in_its_hours(
    world: World, anna: tuple[Browser, Page]
) -> None:
    for _ in range(5):
        given = world.launch(*anna)
    for weekday, hour, silent in ((2, 12, 1), (2, 18, 0), (5, 12, 0)):
        at(world, weekday, hour)
        with world.database.write() as session:
            just_now = world.clock() - timedelta(minutes=30)
            session.execute(update(LaunchRow).values(created_at=just_now, redeemed_at=just_now))
        assert figure(world, "portal_writeback_silent", service=SERVICE) == silent
    at(world, 2, 12)
    with world.database.write() as session:
        session.execute(update(LaunchRow).values(created_at=world.clock(), redeemed_at=world.clock()))
    assert figure(world, "portal_writeback_silent", service=SERVICE) == 1
    with world.database.write() as session:
        document = documents.Document(
            id="d",
            client_id=SERVICE,
            document_id="d",
            launch_id=given["trace_id"],
            digest="0" * 64,
            title="t",
            text="t",
            pdf=b"%PDF-",
            corrects=None,
            accepted_at=world.clock(),
        )
        vault = world.app.extensions["portal"].vault
        documents.accept(session, vault, document, delivery_id="e", msg_id="m", epj_id=world.epj.id)
    assert figure(world, "portal_writeback_silent", service=SERVICE) == 0


def test_four_launches_are_no_silence(world: World, anna: tuple[Browser, Page]) -> None:
    for _ in range(4):
        world.launch(*anna)
    at(world, 2, 12)
    with world.database.write() as session:
        session.execute(update(LaunchRow).values(created_at=world.clock()))
    assert figure(world, "portal_writeback_silent", service=SERVICE) == 0


def test_a_report_that_waits_for_an_answer_waits_for_a_person_and_not_in_the_queue(
    world: World, anna: tuple[Browser, Page]
) -> None:
    world.put(world.launch(*anna))
    with world.database.write() as session:
        session.execute(update(DeliveryRow).values(due_at=None))
        assert outbox.count_by_state(session) == {"queued": 1}
    assert figure(world, "portal_deliveries_waiting", state="queued") == 1
    assert figure(world, "portal_oldest_queued_seconds") == 0
