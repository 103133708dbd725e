"""What must hold of all that a launch gives: the right target, for the right clinician, of the right patient, once."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from support.oracle import demand

if TYPE_CHECKING:
    from support.clinic import Clinician, Press
    from support.raw_target import RawTarget

_MARKS = re.compile(r"\bZq[a-z]{5}\b")


@dataclass(eq=False)
class Flight:
    """One launch, and all that came of it; requests, codes and tokens are with the target that has them."""

    clinician: Clinician
    press: Press
    target: RawTarget
    handle: str
    ended: bool = False
    pushed: list[tuple[RawTarget, str]] = field(default_factory=list)
    codes: list[tuple[RawTarget, str]] = field(default_factory=list)
    given: list[tuple[RawTarget, dict[str, Any]]] = field(default_factory=list)


class LaunchOracle:
    """Judges every answer that gives something; thread-safe. Raises MixUpError (support/oracle)."""

    def __init__(self) -> None:
        self.judged: Counter[str] = Counter()
        self._told: dict[str, Flight] = {}
        self._lock = Lock()

    def number_of(self, flight: Flight) -> str:
        return flight.press.patient["number"]

    def target_of(self, flight: Flight) -> RawTarget:
        return flight.target

    def clinician_of(self, flight: Flight) -> Clinician:
        return flight.clinician

    def code(self, flight: Flight, target: RawTarget, who: Clinician, address: str) -> None:
        """A code was given to a target, in somebody's browser."""
        demand(target is self.target_of(flight), "a code for another target's launch")
        demand(who is self.clinician_of(flight), "a code in somebody else's browser")
        demand(address.startswith(f"{target.callback}?"), "a code at another address")
        self.judged["code"] += 1

    def asked(self, flight: Flight, target: RawTarget, who: Clinician, page: str) -> None:
        """A page asks whether a launch is to go on."""
        demand(target is self.target_of(flight), "a question about another target's launch")
        demand(who is self.clinician_of(flight), "somebody else is asked")
        demand(set(_MARKS.findall(page)) <= {flight.press.mark}, "the question names another patient")
        self.judged["asked"] += 1

    def told(self, flight: Flight, target: RawTarget, given: dict[str, Any], *, over: bool) -> None:
        """A target's server was told a context; `over` is whether the patient was closed before it asked."""
        demand(not over, "the launch of a patient who is gone")
        demand(target is self.target_of(flight), "the context of another target's launch")
        self._of(flight, given["fhirContext"])
        demand(given["sub"] == self.clinician_of(flight).person.sub, "a foreign person")
        with self._lock:
            demand(given["patient"] not in self._told, "two launches share a patient id")
            demand(flight not in self._told.values(), "one launch was told twice")
            self._told[given["patient"]] = flight
        self.judged["told"] += 1

    def read(self, flight: Flight, patient: dict[str, Any], asked_for: str) -> None:
        """A target has read a patient with the token of a launch."""
        with self._lock:
            demand(self._told[asked_for] is flight, "a patient with another launch's token")
        numbers = {item["value"] for item in patient["identifier"]}
        demand((numbers, patient["id"]) == ({self.number_of(flight)}, asked_for), "a foreign patient")
        demand(flight.press.mark in json.dumps(patient), "a foreign name")
        self.judged["read"] += 1

    def introspected(self, flight: Flight, target: RawTarget, said: dict[str, Any]) -> None:
        """A target was told what a token stands for."""
        demand(target is self.target_of(flight), "another target was told of a token")
        self._of(flight, said["fhirContext"])
        self.judged["introspected"] += 1

    def _of(self, flight: Flight, told: list[dict[str, Any]]) -> None:
        numbers = {item["type"]: item["identifier"]["value"] for item in told}
        demand(numbers["Patient"] == self.number_of(flight), "a foreign patient")
        demand(numbers["Practitioner"] == self.clinician_of(flight).person.hpr_number, "a foreign clinician")
