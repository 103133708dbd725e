"""N random interleavings of launches: no target ever gets another patient than the one that its clinician sent.

A failure names its interleaving; SEED=<seed> ONLY=<number> plays that one again, N times.
"""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from support.bodies import LINE, OLE
from support.clinic import quiet_clinic
from support.databases import BACKENDS
from support.helseid import ANNA, BO
from support.launch_days import PATIENTS, Day, Step, plan, two_targets
from support.launch_oracle import Flight, LaunchOracle
from support.oracle import MixUpError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.clinic import Clinic, Clinician, EpjSession, Press
    from support.launch_days import Plan
    from support.raw_target import RawTarget
    from support.world import Profile

pytestmark = pytest.mark.hostile

N, ONLY = int(os.environ.get("N", "32")), os.environ.get("ONLY")
SHIFT = 5 * 60
"""Seconds that the clinicians go on with one token from HelseID."""


class Days:
    """Two clinicians who stay logged in, in two browsers each; every day has its own patients."""

    def __init__(self, clinic: Clinic, oracle: LaunchOracle) -> None:
        self.clinic, self.oracle, self.targets = clinic, oracle, two_targets(clinic.world)
        self.people = [clinic.clinician(person) for person in (ANNA, BO)]
        browsers = [clinic.clinician(person) for person in (ANNA, BO)]
        self.tabs = [clinic.tab(one) for pair in zip(self.people, browsers, strict=True) for one in pair]
        self._epjs: list[EpjSession] = []
        self._since = 0.0

    def play(self, planned: Plan, name: str) -> None:
        """One interleaving; raises MixUpError that names it."""
        presses = [[self._opened(who, patient) for patient in PATIENTS] for who in range(2)]
        day = Day(self.clinic, self.oracle, self.targets, self.people, self.tabs, presses, [[] for _ in planned])
        with ThreadPoolExecutor(len(planned)) as pool:
            walks = [pool.submit(day.walk, steps) for steps in planned]
        try:
            for walk in walks:
                walk.result()
        except Exception as error:
            told = [f"lane {lane}: {' · '.join(map(str, steps))}" for lane, steps in enumerate(planned)]
            raise MixUpError("\n".join([str(error), name, *told])) from error

    def _opened(self, who: int, patient: dict[str, str]) -> Press:
        if self.clinic.now() > self._since + SHIFT:
            self._epjs = [self.clinic.epj_session(person) for person in self.people]
            self._since = self.clinic.now()
        press = self.clinic.named(self._epjs[who], patient)
        self.clinic.create(press)
        arrived = self.tabs[2 * who].arrive(press)
        assert self.tabs[2 * who].get(arrived.headers["Location"]).headers["Location"] == press.path
        return press


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> str:
    given = request.config.getoption("--hypothesis-seed")
    return str(secrets.randbelow(1_000_000) if given is None else given)


@pytest.fixture
def clinic(database_url: str, tmp_path: Path, profile: Profile) -> Iterator[Clinic]:
    with quiet_clinic(database_url, tmp_path, profile=profile) as clinic:
        yield clinic


def test_no_interleaving_gives_a_target_a_foreign_patient(clinic: Clinic, seed: str) -> None:
    oracle = LaunchOracle()
    days, many = Days(clinic, oracle), max(N // (2 * len(BACKENDS)), 1)
    for number in [int(ONLY)] * many if ONLY else range(many):
        days.play(plan(seed, number), f"interleaving {number}; play it again with SEED={seed} ONLY={number}")
    print(f"seed {seed}: {many} interleavings, {dict(oracle.judged)}")  # noqa: T201  what was met
    assert oracle.judged["told"] >= many / 2
    assert oracle.judged["read"] > 0


class Swapped(LaunchOracle):
    """Expects the other patient."""

    def number_of(self, flight: Flight) -> str:
        return LINE["number"] if flight.press.patient is OLE else OLE["number"]


class Lent(LaunchOracle):
    """Expects the other clinician."""

    def __init__(self, people: list[Clinician]) -> None:
        super().__init__()
        self.people = people

    def clinician_of(self, flight: Flight) -> Clinician:
        return self.people[1 - self.people.index(flight.clinician)]


class Crossed(LaunchOracle):
    """Expects the other target."""

    def __init__(self, targets: list[RawTarget]) -> None:
        super().__init__()
        self.targets = targets

    def target_of(self, flight: Flight) -> RawTarget:
        return self.targets[1 - self.targets.index(flight.target)]


def _one_day() -> Plan:
    """Each clinician launches a patient into a target, and all goes well."""
    done = ("launch", "push", "authorize", "redeem", "read", "introspect")
    return [
        [Step(what, lane, right=True, patient=lane // 2, other=0) for what in done] if lane % 2 == 0 else []
        for lane in range(4)
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("profile", ["strict"], indirect=True)
def test_an_oracle_that_expects_something_else_finds_that_it_is_not_so(clinic: Clinic) -> None:
    right = LaunchOracle()
    days = Days(clinic, right)
    days.play(_one_day(), "one day")
    assert dict(right.judged) == {"code": 2, "told": 2, "read": 2, "introspected": 2}
    for wrong, found in (
        (Swapped(), "a foreign patient"),
        (Lent(days.people), "a code in somebody else's browser"),
        (Crossed(days.targets), "a code for another target's launch"),
    ):
        days.oracle = wrong
        with pytest.raises(MixUpError, match=found):
            days.play(_one_day(), "one day")
