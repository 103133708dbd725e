"""N random interleavings of what clinicians do in EPJs and browsers: no patient ever stands where another was meant.

A failure names its interleaving; SEED=<seed> ONLY=<number> plays that one again, N times.
"""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from support.bodies import LINE, OLE
from support.clinic import PATIENTS, quiet_clinic
from support.databases import BACKENDS
from support.helseid import ANNA, BO
from support.interleaving import Lane, Plan, Step, plan
from support.oracle import MixUpError, Oracle

from portal.lifetimes import Lifetimes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from support.clinic import Clinic, Clinician, EpjSession, Press

pytestmark = pytest.mark.hostile

N, ONLY = int(os.environ.get("N", "100")), os.environ.get("ONLY")
SHARDS = 4
"""Independent portals that share the interleavings, so that each core has one."""
LIVES = Lifetimes(context=timedelta(seconds=5))
SHIFT = 8 * 60
"""Seconds that the clinicians go on with one token from HelseID."""


class Days:
    """Two clinicians in two browsers that stay logged in, and their EPJ sessions, anew when tokens get old."""

    def __init__(self, oracle: Oracle) -> None:
        self.clinic, self.oracle = oracle.clinic, oracle
        self.people = [self.clinic.clinician(person) for person in (ANNA, BO)]
        self.tabs = [(self.clinic.tab(self._at(lane)), self.clinic.tab(self._at(lane ^ 2))) for lane in range(4)]
        self._epjs: list[EpjSession] = []
        self._since = 0.0

    def play(self, planned: Plan, name: str) -> None:
        """One interleaving; raises MixUpError that names it."""
        lanes = self._lanes()
        walking = [(lane, steps) for lane, steps in zip(lanes, planned, strict=True) if steps]
        barrier = Barrier(len(walking))
        with ThreadPoolExecutor(len(walking)) as pool:
            walks = [pool.submit(lane.walk, steps, lanes, barrier) for lane, steps in walking]
        try:
            for walk in walks:
                walk.result()
            for lane in lanes:
                lane.settle()
        except Exception as error:
            named = "\n".join([str(error), name, *_told(planned, lanes)])
            raise MixUpError(named) from error

    def _lanes(self) -> list[Lane]:
        if self.clinic.now() > self._since + SHIFT:
            self._epjs = [self.clinic.epj_session(self._at(lane)) for lane in range(4)]
            self._since = self.clinic.now()
        return [self._lane(number) for number in range(4)]

    def _lane(self, number: int) -> Lane:
        epj, other, (tab, strange_tab) = self._epjs[number], self._epjs[number ^ 1], self.tabs[number]
        return Lane(self.clinic, self.oracle, epj, tab, other, self._at(number ^ 2), strange_tab)

    def _at(self, lane: int) -> Clinician:
        return self.people[lane // 2]


def _told(planned: Plan, lanes: list[Lane]) -> Iterator[str]:
    for number, (steps, lane) in enumerate(zip(planned, lanes, strict=True)):
        done = len(lane.done)
        yield f"lane {number}: {' · '.join(map(str, steps[:done]))} | {' · '.join(map(str, steps[done:]))}"


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> str:
    given = request.config.getoption("--hypothesis-seed")
    return str(secrets.randbelow(1_000_000) if given is None else given)


@pytest.fixture
def clinic_on_each(database_url: str, tmp_path: Path) -> Iterator[Clinic]:
    with quiet_clinic(database_url, tmp_path, lifetimes=LIVES) as clinic:
        yield clinic


@pytest.fixture
def clinic(sqlite_url: str, tmp_path: Path) -> Iterator[Clinic]:
    with quiet_clinic(sqlite_url, tmp_path, lifetimes=LIVES) as clinic:
        yield clinic


def _mine(shard: int) -> Sequence[int]:
    numbers = range(shard, max(N, SHARDS), SHARDS)
    return [int(ONLY)] * len(numbers) if ONLY else numbers


@pytest.mark.parametrize("shard", range(SHARDS // len(BACKENDS)))
def test_no_interleaving_mixes_up_two_patients(
    clinic_on_each: Clinic, database_url: str, seed: str, shard: int
) -> None:
    oracle, shard = Oracle(clinic_on_each), shard * len(BACKENDS) + database_url.startswith("sqlite")
    days = Days(oracle)
    for number in _mine(shard):
        days.play(plan(seed, number), f"interleaving {number}; play it again with SEED={seed} ONLY={number}")
    judged = sum(oracle.judged.values())
    print(f"seed {seed}, shard {shard}: {judged} answers judged: {oracle.judged}")  # noqa: T201  what was met
    assert judged >= 2 * len(_mine(shard))


class Swapped(Oracle):
    """Expects another patient than the EPJ pressed."""

    def number_of(self, press: Press) -> str:
        return LINE["number"] if press.patient is OLE else OLE["number"]


class Renamed(Oracle):
    """Expects the same patient's name from another press."""

    def name_of(self, press: Press) -> str:
        return press.mark[:-1] + "z"


class Lent(Oracle):
    """Expects the stranger to be let in."""

    def owner_of(self, press: Press) -> Clinician:
        (other,) = self.people - {press.epj.clinician}
        return other


class Backwards(Oracle):
    """Expects the oldest patient to be the newest."""

    def newest_of(self, epj: EpjSession) -> Press | None:
        return epj.presses[0]


class Unending(Oracle):
    """Expects patients who have ended to stay."""

    def is_over(self, press: Press) -> bool:  # noqa: ARG002  whichever it is
        return False

    is_ending = is_over


def _one_day() -> Plan:
    """A patient, launched; another one, and both pages; the second one ends, and both pages again."""
    line, ole = PATIENTS.index(LINE), PATIENTS.index(OLE)
    done = ["switch", "look", "state", "redeem", "switch", "look", "state", "launch"]
    lanes = []
    for lane in (0, 2):
        steps = [Step(what, lane, 0, line if at == 0 else ole, 0) for at, what in enumerate(done)]
        steps += [Step(what, lane, 1, ole, 0) for what in ("look", "redeem", "peek", "end", "look", "state")]
        lanes += [[*steps, Step("look", lane, 0, line, 0)], []]
    return lanes


def test_one_day_as_it_was_pressed_is_right(clinic: Clinic) -> None:
    oracle = Oracle(clinic)
    Days(oracle).play(_one_day(), "one day")
    assert (oracle.judged["launched"], oracle.judged["redeemed"]) == (6, 4)


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (Swapped, "a number that was not pressed"),
        (Renamed, "a name that was not pressed"),
        (Lent, "the page is shown"),
        (Backwards, "the page is not dimmed=False"),
        (Unending, "the page is gone"),
    ],
)
def test_an_oracle_that_expects_something_else_finds_that_it_is_not_so(
    clinic: Clinic, wrong: type[Oracle], found: str
) -> None:
    oracle = wrong(clinic)
    days = Days(oracle)
    oracle.people |= set(days.people)
    with pytest.raises(MixUpError, match=found):
        days.play(_one_day(), "one day")
