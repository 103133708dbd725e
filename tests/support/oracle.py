"""What must hold of every answer about a patient: the EPJ pressed this one, and no other shows, launches or redeems.

Two things that overlap in time may each have come first, and then either answer is right; what was over before a
request began leaves one answer alone.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from support.clinic import PATIENTS

from portal.domain.person_number import masked

if TYPE_CHECKING:
    import requests
    from support.clinic import Clinic, Clinician, EpjSession, Press

_MARKS = re.compile(r"\bZq[a-z]{5}\b")
_MASKED = re.compile(r"\b\d{6} \*{5}")
_CONTEXTS = re.compile(r"/k/([\w-]{43})/")
_NEWER = re.compile(r'data-newer="(true|false)"')
SHOWN, GONE = "shown", "gone"


class MixUpError(AssertionError):
    """A patient was shown, launched or redeemed where another was meant, or where none was."""


@dataclass(frozen=True)
class Moment:
    """When a request was sent or answered, and how far the EPJ session of its patient was then."""

    tick: int
    now: float
    begun: int
    done: int


@dataclass
class Oracle:
    """Knows what every EPJ pressed, and judges what everybody else says; thread-safe."""

    clinic: Clinic
    patient_ids: dict[str, Press] = field(default_factory=dict)
    people: set[Clinician] = field(default_factory=set)
    judged: Counter[str] = field(default_factory=Counter)
    """How often each kind of answer was met."""

    def moment(self, press: Press) -> Moment:
        return Moment(self.clinic.tick(), self.clinic.now(), press.epj.begun, press.epj.done)

    def number_of(self, press: Press) -> str:
        """Whose number a press is about."""
        return press.patient["number"]

    def name_of(self, press: Press) -> str:
        """The name that nobody else has."""
        return press.mark

    def owner_of(self, press: Press) -> Clinician:
        return press.epj.clinician

    def is_over(self, press: Press) -> bool:
        return press.ended is not None

    def is_ending(self, press: Press) -> bool:
        return press.ending is not None

    def newest_of(self, epj: EpjSession) -> Press | None:
        """The latest patient of the EPJ session that it has not ended."""
        return next((press for press in reversed(epj.presses) if not self.is_over(press)), None)

    def may_be(self, press: Press, who: Clinician, before: Moment, after: Moment) -> set[str]:
        """What a person may find at the address of a press between two moments."""
        if who is not self.owner_of(press) or press.opening is None or press.opening > after.tick:
            return {GONE}
        if (self.is_over(press) and (press.ended or 0) < before.tick) or before.now >= press.ends[1]:
            return {GONE}
        opened = press.opened is not None and press.opened < before.tick
        ending = self.is_ending(press) and (press.ending or 0) < after.tick
        return {SHOWN} if opened and not ending and after.now < press.ends[0] else {SHOWN, GONE}

    def is_dimmed(self, press: Press, before: Moment) -> bool | None:
        """Whether its EPJ session has turned to another patient; None when it has been turning since."""
        newest = self.newest_of(press.epj)
        if before.begun != before.done or press.epj.begun != before.begun:
            return None
        return newest is not None and self.number_of(newest) != self.number_of(press)

    def page(self, press: Press, who: Clinician, answer: requests.Response, before: Moment) -> str:
        """Judge a page at the address of a press: shown with this patient alone, or gone with none."""
        found = SHOWN if answer.status_code == 200 else GONE
        after = self.moment(press)
        demand(answer.status_code in {200, 404}, f"the page answers {answer.status_code}")
        demand(found in self.may_be(press, who, before, after), f"the page is {found}")
        self.names(answer, {press} if found == SHOWN else set())
        dimmed = self.is_dimmed(press, before)
        if found == SHOWN and dimmed is not None:
            said = _NEWER.search(answer.text)
            demand(said is not None and said[1] == str(dimmed).lower(), f"the page is not dimmed={dimmed}")
        self._count(found if found == GONE else f"{found}, dimmed={dimmed}")
        return found

    def names(self, answer: requests.Response, presses: set[Press]) -> None:
        """These patients and no others stand in an answer, wherever they could stand."""
        text = f"{answer.text}\n{answer.headers}"
        demand(set(_MARKS.findall(text)) == {self.name_of(press) for press in presses}, "a name that was not pressed")
        numbers = {masked(self.number_of(press)) for press in presses}
        demand(set(_MASKED.findall(text)) == numbers, "a number that was not pressed")
        demand(not any(patient["number"] in text for patient in PATIENTS), "a whole number")
        if answer.status_code == 200:
            demand(set(_CONTEXTS.findall(text)) <= {press.id for press in presses}, "another patient's address")

    def state(self, press: Press, who: Clinician, answer: requests.Response, before: Moment) -> None:
        """Judge what the page is told about itself."""
        after = self.moment(press)
        may = self.may_be(press, who, before, after)
        self.names(answer, set())
        if answer.status_code == 404:
            unopened = press.opened is None or press.opened > before.tick
            demand(who is not self.owner_of(press) or unopened, "the state of her own patient is unknown")
            return
        said = answer.json()
        demand((SHOWN if said["live"] else GONE) in may, f"the state says live={said['live']}")
        dimmed = self.is_dimmed(press, before)
        if said["live"] and dimmed is not None:
            demand(said["newer"] == dimmed, f"the state says newer={said['newer']}")
        self._count(f"state live={said['live']} newer={said['newer']}")

    def redeemed(self, press: Press, status: int, given: dict[str, Any], before: Moment) -> None:
        """Judge what the target was given for a launch from the page of a press."""
        may = self.may_be(press, self.owner_of(press), before, self.moment(press))
        if status != 200:
            demand(GONE in may, f"the launch was refused: {given.get('error')}")
            self._count("not redeemed")
            return
        demand(SHOWN in may, "the launch of a patient who is gone was redeemed")
        numbers = {item["type"]: item["identifier"]["value"] for item in given["fhirContext"]}
        demand(numbers["Patient"] == self.number_of(press), "the launch was redeemed to another patient")
        person = self.owner_of(press).person
        demand(numbers["Practitioner"] == person.hpr_number, "the launch was redeemed to another clinician")
        demand(given["sub"] == person.sub, "the launch was redeemed to another person")
        demand(given["patient"] not in self.patient_ids, "two launches share a patient id")
        self.patient_ids[given["patient"]] = press
        self._count("redeemed")

    def launched(self, press: Press, before: Moment, *, asked: bool) -> None:
        """Judge that a launch began: from a dimmed page only after a question."""
        after = self.moment(press)
        may = self.may_be(press, self.owner_of(press), before, after)
        demand(SHOWN in may, "a launch of a patient who is gone")
        demand(asked or not self.is_dimmed(press, before), "a launch from a dimmed page, without a question")
        self._count("launched")

    def _count(self, what: str) -> None:
        self.judged[what] += 1


def demand(holds: bool, otherwise: str) -> None:  # noqa: FBT001  reads as a sentence
    """Raise MixUpError unless it holds."""
    if not holds:
        raise MixUpError(otherwise)
