from __future__ import annotations

import pytest

from portal.domain import incident
from portal.domain.delivery import State, Step
from portal.domain.incident import BY_WAY, NOTHING, Kind, Signs, Trouble

QUEUED = State.QUEUED


@pytest.mark.parametrize(
    ("before", "state", "code", "tries", "trouble"),
    [
        (QUEUED, State.REJECTED_TRANSPORT, "upstream_refused", 1, Kind.SENDING),
        (QUEUED, State.QUEUED, "upstream_unreachable", 6, None),
        (QUEUED, State.QUEUED, "upstream_unreachable", 7, Kind.SENDING),
        (QUEUED, State.INVALID, "message_invalid", 1, Kind.INVALID),
        (State.SENT, State.OVERDUE, "no_receipt", 1, Kind.OVERDUE),
        (State.SENT, State.SENT, "", 1, None),
        (State.REJECTED_APPREC, State.REJECTED_APPREC, "address_unchanged", 1, Kind.APPREC),
        (State.REJECTED_APPREC, State.REJECTED_APPREC, "address_changed", 1, None),
    ],
)
def test_what_a_worker_meets_is_trouble_or_not(
    before: State, state: State, code: str, tries: int, trouble: Kind | None
) -> None:
    signs = incident.of_turn(before, Step(state, None, code), tries)
    assert signs == (Signs(Trouble(trouble, code)) if trouble else NOTHING)


def test_what_is_handed_over_ends_the_trouble_with_handing_over_and_no_other() -> None:
    assert incident.of_turn(QUEUED, Step(State.SENT, None), 9) == Signs(over=frozenset({Kind.SENDING, Kind.INVALID}))


def test_a_transport_that_gives_up_is_trouble_until_one_is_acknowledged() -> None:
    given_up = Step(State.REJECTED_TRANSPORT, None, "abandoned")
    assert incident.of_verdict(given_up).of == Trouble(Kind.TRANSPORT, "abandoned")
    assert incident.of_verdict(Step(State.TRANSPORT_OK, None)).over == {Kind.TRANSPORT}


@pytest.mark.parametrize("code", ["T01", "T02", "T10", "T99", "S01", "S02", "S03", "E10"])
def test_what_the_journal_says_of_our_message_is_the_operators(code: str) -> None:
    signs = incident.of_receipt(Step(State.REJECTED_APPREC, None, code))
    assert signs.of == Trouble(Kind.APPREC, code)
    assert Kind.APPREC not in signs.over


@pytest.mark.parametrize("code", ["E20", "E21", "E30", "E31", "E32", "E35", "E36", "E53", "E54", "X99", ""])
def test_what_the_journal_says_of_the_patient_is_the_clinicians(code: str) -> None:
    assert incident.of_receipt(Step(State.REJECTED_APPREC, None, code)).of is None


def test_any_receipt_ends_silence_and_only_a_good_one_what_was_wrong_with_us() -> None:
    good, bad = Step(State.COMPLETED, None), Step(State.REJECTED_APPREC, None, "E35")
    for step in (good, bad):
        signs = incident.of_receipt(step)
        assert {Kind.OVERDUE, Kind.UNREADABLE, Kind.CONTRADICTING, Kind.TRANSPORT} <= signs.over
        assert (Kind.APPREC in signs.over) is (step is good)


def test_a_key_names_kind_place_and_code_within_its_limit() -> None:
    trouble = Trouble(Kind.SENDING, "upstream_refused")
    key = incident.key(trouble, "simulator http://127.0.0.1:9")
    assert key == "sending simulator http://127.0.0.1:9 upstream_refused"
    assert key.startswith(incident.scope(Kind.SENDING, "simulator http://127.0.0.1:9"))
    assert not key.startswith(incident.scope(Kind.SENDING, "simulator http://127.0.0.1"))
    long = incident.key(Trouble(Kind.CONTRADICTING, "c" * 60), "x" * 500)
    assert len(long) <= incident.LONGEST_KEY
    assert long.endswith(f" {'c' * 60}")
    assert long.startswith(incident.scope(Kind.CONTRADICTING, "x" * 500))


@pytest.mark.parametrize("kind", Kind)
def test_a_key_tells_its_kind(kind: Kind) -> None:
    assert incident.kind_of(incident.key(Trouble(kind, "code"), "place")) is kind
    assert (kind in BY_WAY) is (kind in {Kind.SENDING, Kind.TRANSPORT, Kind.UNREADABLE})
