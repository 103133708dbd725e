from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from portal.domain.audit import GENESIS, AuditEvent, Batch, link

KEY = bytes(range(32))
AT = datetime(2026, 11, 20, 8, 30, 0, 250, tzinfo=UTC)
EVENT = AuditEvent(
    at=AT,
    action="context_activated",
    outcome="ok",
    actor="sub-1",
    organisation="310000124",
    patient_ref="a" * 64,
    subject="context c-1",
    basis="session/create",
)
OTHER = replace(EVENT, action="launch_redeemed")
BATCH = Batch(1, AT)
GOLDEN = "139e42f8348b99253d5ab537ca13b39a312d930aa4c3cd568ea04c1340f422c7"  # of EVENT and OTHER
CHANGES: list[dict[str, Any]] = [
    {"at": AT + timedelta(microseconds=1)},
    {"action": "context_ended"},
    {"outcome": "other_person"},
    {"actor": "sub-2"},
    {"organisation": None},
    {"patient_ref": None},
    {"subject": "context c-2"},
    {"basis": ""},
]


def test_a_link_never_changes_its_spelling() -> None:
    assert EVENT.canonical() == (
        b'{"action":"context_activated","actor":"sub-1","at":"2026-11-20T08:30:00.000250+00:00",'
        b'"basis":"session/create","organisation":"310000124","outcome":"ok",'
        b'"patient_ref":"' + b"a" * 64 + b'","subject":"context c-1"}'
    )
    assert link(KEY, GENESIS, BATCH, [EVENT, OTHER]) == GOLDEN


def test_the_same_moment_is_spelled_the_same_everywhere() -> None:
    in_oslo = replace(EVENT, at=AT.astimezone(timezone(timedelta(hours=1))))
    assert in_oslo.canonical() == EVENT.canonical()


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_every_field_counts(change: dict[str, Any]) -> None:
    assert link(KEY, GENESIS, BATCH, [replace(EVENT, **change)]) != link(KEY, GENESIS, BATCH, [EVENT])


def test_text_cannot_wander_from_one_field_or_row_to_the_next() -> None:
    joined = replace(EVENT, action="a", outcome='b","subject":"c', subject="")
    apart = replace(EVENT, action="a", outcome="b", subject="c")
    assert joined.canonical() != apart.canonical()
    assert b"\n" not in replace(EVENT, basis="one\n1 two").canonical()


@pytest.mark.parametrize(
    ("key", "previous", "batch", "events"),
    [
        (bytes(32), GENESIS, BATCH, [EVENT, OTHER]),
        (KEY, "0" * 64, BATCH, [EVENT, OTHER]),
        (KEY, GENESIS, Batch(2, AT), [EVENT, OTHER]),
        (KEY, GENESIS, Batch(1, AT + timedelta(seconds=1)), [EVENT, OTHER]),
        (KEY, GENESIS, BATCH, [OTHER, EVENT]),
        (KEY, GENESIS, BATCH, [EVENT]),
        (KEY, GENESIS, BATCH, [EVENT, OTHER, OTHER]),
    ],
    ids=["key", "previous", "number", "time", "order", "one less", "one more"],
)
def test_a_link_hangs_on_everything(key: bytes, previous: str, batch: Batch, events: list[AuditEvent]) -> None:
    assert link(key, previous, batch, events) != GOLDEN
