"""Random days at work: what each clinician does in each EPJ, all at the same time.

A plan is made of a seed and a number alone, so that it can be made again; what meets what within it is for the threads.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from support.clinic import PATIENTS, TARGET
from support.oracle import GONE, SHOWN, MixUpError, demand

if TYPE_CHECKING:
    from threading import Barrier

    import requests
    from support.clinic import Clinic, Clinician, EpjSession, Press, Tab
    from support.oracle import Oracle

BY_EPJ = {"switch": 3, "refresh": 2, "end": 2, "other session": 1, "wrong browser": 1, "wait": 2}
BY_BROWSER = {"look": 4, "state": 4, "confirm": 1, "launch": 4, "redeem": 1, "peek": 1, "steal": 1}
WEIGHTS = BY_EPJ | BY_BROWSER
"""How often each kind of step is taken."""
JUMP, JUMPS = timedelta(seconds=3), 2
"""A context that nobody refreshes lives through one jump; what is on its way to a server, through all of them."""
_CONFIRMED = re.compile(r'name="confirmed" value="([^"]+)"')


class Step(NamedTuple):
    """Something done in one lane, to the patient that lane `lane` opened as its `which`-th; `patient` is a new one."""

    what: str
    lane: int
    which: int
    patient: int
    pause: float

    def __str__(self) -> str:
        if self.what in {"switch", "wrong browser"}:
            return f"{self.what} to {PATIENTS[self.patient]['given']}"
        return f"{self.what} {self.lane}.{self.which}"


Plan = list[list[Step]]


def plan(seed: str, number: int) -> Plan:
    """The steps of each lane: two EPJ sessions of one clinician, and two of another, of whom each has one at least."""
    random = Random(f"{seed}/{number}")  # noqa: S311  chosen to be made again
    lanes = [[_step(random, lane, "switch")] for lane in range(4)]
    resting = random.choices([(1, 3), (1,), (3,), ()], [6, 2, 2, 1])[0]
    for lane, steps in enumerate(lanes):
        what = random.choices(list(WEIGHTS), list(WEIGHTS.values()), k=random.choice([1, 1, 2]))
        steps += [_step(random, lane, one) for one in what]
    for step in [step for steps in lanes for step in steps if step.what == "wait"][JUMPS:]:
        lanes[step.lane].remove(step)
    return [[] if lane in resting else steps for lane, steps in enumerate(lanes)]


def _step(random: Random, lane: int, what: str) -> Step:
    # What her other EPJ session has opened stands in another tab of the same browser.
    lane = lane ^ 1 if what in BY_BROWSER and random.random() < 0.3 else lane
    pause = random.choice([0, 0.001, 0.004, 0.015])
    return Step(what, lane, random.randrange(2), random.randrange(len(PATIENTS)), pause)


@dataclass
class Lane:
    """One EPJ session of a clinician and a tab of her browser; her `other` EPJ session; a `stranger` and a tab."""

    clinic: Clinic
    oracle: Oracle
    epj: EpjSession
    tab: Tab
    other: EpjSession
    stranger: Clinician
    strange_tab: Tab
    opened: list[Press] = field(default_factory=list)
    done: list[Step] = field(default_factory=list)

    def walk(self, steps: list[Step], lanes: list[Lane], barrier: Barrier) -> None:
        """Do all steps; the first patients come to the browsers at the same time. Raises MixUpError."""
        self.done.append(steps[0])
        press = self._press(steps[0])
        barrier.wait(60)
        self._open(press, steps[0].pause)
        for step in steps[1:]:
            time.sleep(step.pause)
            self.done.append(step)
            self._do(step, lanes[step.lane].opened)

    def settle(self) -> None:
        """Now that nothing happens any more, one answer alone is right for a patient; the first of two is looked at."""
        if len(self.opened) > 1:
            self._look(self.opened[-2])
        elif self.opened:
            self._state(self.opened[-1])

    def _do(self, step: Step, among: list[Press]) -> None:
        if step.what == "switch":
            self._open(self._press(step), step.pause)
        elif step.what == "wrong browser":
            self._bring(self._press(step), step.pause)
        elif step.what == "wait":
            self.clinic.jump(JUMP)
        elif step.which < len(among):
            getattr(self, f"_{step.what.replace(' ', '_')}")(among[step.which])

    def _press(self, step: Step) -> Press:
        """The EPJ opens a patient."""
        press = self.clinic.named(self.epj, PATIENTS[step.patient])
        self.epj.begun += 1
        self.epj.presses.append(press)
        before = self.clinic.now()
        self.clinic.create(press)
        press.ends = self._life(before)
        self.epj.done += 1
        return press

    def _open(self, press: Press, pause: float) -> None:
        """And a tab of her browser shows it."""
        press.opening = self.clinic.tick()
        answer = self._arrive(press, self.tab, pause)
        if answer.status_code == 410 and self.clinic.now() >= press.ends[0]:
            return
        demand(answer.headers.get("Location") == press.path, f"/start leads to another page ({answer.status_code})")
        press.opened = self.clinic.tick()
        self.opened.append(press)

    def _bring(self, press: Press, pause: float) -> None:
        """But the code comes to somebody else's browser."""
        answer = self._arrive(press, self.strange_tab, pause)
        demand(answer.status_code in {403, 410}, f"/start in somebody else's browser answers {answer.status_code}")
        self.oracle.names(answer, set())
        self._look(press)

    def _arrive(self, press: Press, tab: Tab, pause: float) -> requests.Response:
        answer = tab.arrive(press)
        self.oracle.names(answer, set())
        time.sleep(pause)
        return tab.get(answer.headers["Location"])

    def _look(self, press: Press) -> None:
        before = self.oracle.moment(press)
        self.oracle.page(press, self.epj.clinician, self.tab.get(press.path), before)

    def _confirm(self, press: Press) -> None:
        before = self.oracle.moment(press)
        self.oracle.page(press, self.epj.clinician, self.tab.get(f"{press.path}open/{TARGET}"), before)

    def _state(self, press: Press) -> None:
        before = self.oracle.moment(press)
        self.oracle.state(press, self.epj.clinician, self.tab.get(f"{press.path}state"), before)

    def _peek(self, press: Press) -> None:
        """Somebody else has got hold of the address."""
        before = self.oracle.moment(press)
        self.oracle.page(press, self.stranger, self.strange_tab.get(press.path), before)

    def _steal(self, press: Press) -> None:
        """And presses a button there."""
        before = self.oracle.moment(press)
        self.oracle.page(press, self.stranger, self.strange_tab.post(f"{press.path}open/{TARGET}", {}), before)

    def _launch(self, press: Press) -> str | None:
        """Press a service's button, and yes if she is asked; the handle of the launch, None if there is none."""
        form: dict[str, str] = {}
        for _ in range(5):
            before = self.oracle.moment(press)
            answer = self.tab.post(f"{press.path}open/{TARGET}", form)
            if "Refresh" in answer.headers:
                self.oracle.launched(press, before, asked=bool(form))
                return self.clinic.handle_of(answer)
            if self.oracle.page(press, self.epj.clinician, answer, before) == GONE:
                return None
            form = {"confirmed": _CONFIRMED.findall(answer.text)[0]}
        raise MixUpError("asked five times over")

    def _redeem(self, press: Press) -> None:
        """Launch, and let the target redeem it."""
        handle = self._launch(press)
        if handle is not None:
            before = self.oracle.moment(press)
            self.oracle.redeemed(press, *self.clinic.redeem(self.tab, handle), before)

    def _refresh(self, press: Press) -> None:
        before, was = self.oracle.moment(press), press.ends
        press.ends = (was[0], float("inf"))
        status, _ = self.clinic.call(press.epj, "refresh", {"sessionId": press.id})
        press.ends = self._life(before.now) if status == 200 else was
        may = self.oracle.may_be(replace(press, ends=was), press.epj.clinician, before, self.oracle.moment(press))
        demand((SHOWN if status == 200 else GONE) in may, f"refresh answers {status}")

    def _end(self, press: Press) -> None:
        press.epj.begun += 1
        press.ending = self.clinic.tick()
        status, _ = self.clinic.call(press.epj, "end", {"sessionId": press.id})
        press.ended = self.clinic.tick()
        press.epj.done += 1
        demand(status == 204, f"end answers {status}")

    def _other_session(self, press: Press) -> None:
        """Another EPJ session may neither keep nor end it."""
        for what, expected in (("refresh", 410), ("end", 204)):
            status, _ = self.clinic.call(self.other, what, {"sessionId": press.id})
            demand(status == expected, f"{what} by another EPJ session answers {status}")

    def _life(self, since: float) -> tuple[float, float]:
        life = self.clinic.world.settings.lifetimes.context.total_seconds()
        return since + life, self.clinic.now() + life
