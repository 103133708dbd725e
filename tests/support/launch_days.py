"""Random days of two clinicians who launch two patients into two targets, with browsers and targets that mix them up.

A plan is made of a seed and a number alone, so that it can be made again; what meets what within it is for the threads.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, urlsplit

import requests
from support.bodies import LINE, OLE
from support.keys import ec
from support.launch_oracle import Flight
from support.oracle import demand
from support.raw_target import RawTarget

from portal.domain import assertion
from portal.domain.client_registration import Client, PublicKey
from portal.domain.pkce import s256
from portal.store import registry
from portal.store.publishing import publish

if TYPE_CHECKING:
    from support.clinic import Clinic, Clinician, Press, Tab
    from support.launch_oracle import LaunchOracle
    from support.world import World

TARGETS, PATIENTS = ("demo-melding", "demo-andre"), (LINE, OLE)
WEIGHTS = {"push": 3, "authorize": 5, "confirm": 2, "redeem": 4, "take": 2, "read": 4, "introspect": 5, "end": 1}
"""How often each kind of step is taken, after the launch that every lane begins with."""
_SCOPE = "launch patient/Patient.r"
_CONFIRMED = re.compile(r'name="confirmed" value="([^"]+)"')


class Step(NamedTuple):
    """Something done to the latest launch of a lane; `right` is whether its own clinician and target do it."""

    what: str
    lane: int
    right: bool
    patient: int
    other: int

    def __str__(self) -> str:
        return f"{'' if self.right else 'wrong '}{self.what} {self.lane}"


Plan = list[list[Step]]


def plan(seed: str, number: int) -> Plan:
    """The steps of four lanes, two of one clinician and two of another; each begins with a launch."""
    random = Random(f"launches {seed}/{number}")  # noqa: S311  chosen to be made again
    lanes = []
    for lane in range(4):
        begun = Step("launch", lane, right=True, patient=random.randrange(2), other=random.randrange(2))
        usual = [_step(random, lane, what, seldom=0.1) for what in ("push", "authorize", "redeem", "read")]
        for what in random.choices(list(WEIGHTS), list(WEIGHTS.values()), k=random.choice([0, 1, 2, 3])):
            usual.insert(random.randrange(len(usual) + 1), _step(random, lane, what, seldom=0.5))
        lanes.append([begun, *usual])
    return lanes


def _step(random: Random, lane: int, what: str, seldom: float) -> Step:
    """What a lane does to its own launch; `seldom` it is done to another, or by another."""
    among = random.randrange(4) if random.random() < seldom / 2 else lane
    other = random.randrange(2) if random.random() < 2 * seldom else 0
    return Step(what, among, random.random() >= seldom, random.randrange(2), other)


def two_targets(world: World) -> list[RawTarget]:
    """Let the world have a second service that is launched with a context, and a target of its own."""
    catalogue = world.app.extensions["portal"].shelf.stock().catalogue
    (first,) = (service for service in catalogue.services if service.id == TARGETS[0])
    second = first.model_copy(update={"id": TARGETS[1]})
    both = catalogue.model_copy(update={"services": (*catalogue.services, second)})
    publish(world.settings, both, by="test", based_on=1)
    with world.database.read() as session:
        registered = registry.client(session, TARGETS[0])
    assert registered is not None
    public = {name: value for name, value in ec(TARGETS[1]).public.items() if name != "use"}
    changes = {"client_id": TARGETS[1], "service": TARGETS[1], "keys": (PublicKey.model_validate(public),)}
    changes |= {"redirect_uris": (f"http://127.0.0.1:9/{TARGETS[1]}/callback",)}
    world.put_in_force(Client.model_validate(registered.model_dump() | changes))
    return [RawTarget(world, name) for name in TARGETS]


@dataclass
class Day:
    """Two clinicians with two browsers each, in the first of which both of their patients are open; four lanes."""

    clinic: Clinic
    oracle: LaunchOracle
    targets: list[RawTarget]
    people: list[Clinician]
    tabs: list[Tab]
    presses: list[list[Press]]
    flights: list[list[Flight]]

    def walk(self, steps: list[Step]) -> None:
        """Do all steps of a lane; raises MixUpError."""
        for step in steps:
            if step.what == "launch":
                self._launch(step)
            elif self.flights[step.lane]:
                getattr(self, f"_{step.what}")(self.flights[step.lane][-1], step)

    def _launch(self, step: Step) -> None:
        who = step.lane // 2
        press, target = self.presses[who][step.patient], self.targets[step.other]
        address = f"{press.path}open/{target.client_id}"
        form: dict[str, str] = {}
        for _ in range(5):
            answer = self.tabs[2 * who].post(address, form)
            if "Refresh" in answer.headers:
                flight = Flight(self.people[who], press, target, self.clinic.handle_of(answer))
                self.flights[step.lane].append(flight)
                return
            if answer.status_code != 200:
                demand(answer.status_code in {404, 410}, f"a launch answers {answer.status_code}")
                return
            form = {"confirmed": _CONFIRMED.findall(answer.text)[0]}

    def _push(self, flight: Flight, step: Step) -> None:
        target = self._target(flight.target, step)
        flight.pushed.append((target, target.pushed(flight.handle, scope=_SCOPE)))

    def _authorize(self, flight: Flight, step: Step) -> None:
        if flight.pushed:
            target, request_uri = flight.pushed[-1]
            who, tab = self._browser(flight, step)
            answer = tab.get("/oauth/authorize", client_id=target.client_id, request_uri=request_uri)
            if answer.status_code == 200:
                self.oracle.asked(flight, target, who, answer.text)
            self._took(flight, target, who, answer.headers.get("Location", ""))

    def _confirm(self, flight: Flight, step: Step) -> None:
        if flight.pushed:
            target, request_uri = flight.pushed[-1]
            who, tab = self._browser(flight, step)
            answer = tab.post("/oauth/confirm", {"client_id": target.client_id, "request_uri": request_uri})
            self._took(flight, target, who, answer.headers.get("Refresh", "").removeprefix("0; url="))

    def _took(self, flight: Flight, target: RawTarget, who: Clinician, address: str) -> None:
        for code in parse_qs(urlsplit(address).query).get("code", ()):
            self.oracle.code(flight, target, who, address)
            flight.codes.append((target, code))

    def _redeem(self, flight: Flight, step: Step) -> None:
        if flight.codes:
            (target, code), over = flight.codes[-1], flight.ended
            by = self._target(target, step)
            answer = by.redeem(code, redirect_uri=target.callback)
            if answer.status_code == 200:
                self.oracle.told(flight, by, answer.json(), over=over)
                flight.given.append((by, answer.json()))

    def _take(self, flight: Flight, step: Step) -> None:
        """Where JSON is spoken; a target that names another person burns the launch."""
        target, over = self._target(flight.target, step), flight.ended
        said = {"client_assertion_type": assertion.TYPE, "client_assertion": target.assertion()}
        said |= {"launch": flight.handle, "sub": self.people[step.patient].person.sub}
        headers = {"Content-Type": "application/json", "DPoP": target.proof("/api/context")}
        answer = requests.post(target.url("/api/context"), json.dumps(said), headers=headers, timeout=30)
        if answer.status_code == 200:
            demand(self.people[step.patient] is flight.clinician, "the context for somebody else's sub")
            self.oracle.told(flight, target, answer.json(), over=over)

    def _read(self, flight: Flight, step: Step) -> None:
        if flight.given:
            target, given = flight.given[-1]
            known = [one["patient"] for flights in self.flights for each in flights for _, one in each.given]
            asked_for = given["patient"] if step.right else known[step.patient % len(known)]
            path, token = f"/fhir/Patient/{asked_for}", given["access_token"]
            headers = {"Authorization": f"{given['token_type']} {token}"}
            if given["token_type"] == "DPoP":
                headers["DPoP"] = target.proof(path, method="GET", ath=s256(token))
            answer = requests.get(target.url(path), headers=headers, timeout=30)
            if answer.status_code == 200:
                self.oracle.read(flight, answer.json(), asked_for)

    def _introspect(self, flight: Flight, step: Step) -> None:
        if flight.given:
            target, given = flight.given[-1]
            by = self._target(target, step)
            said = by.about("introspect", given["access_token"]).json()
            if said["active"]:
                self.oracle.introspected(flight, by, said)

    def _end(self, flight: Flight, _: Step) -> None:
        status, _said = self.clinic.call(flight.press.epj, "end", {"sessionId": flight.press.id})
        demand(status == 204, f"end answers {status}")
        for one in [one for flights in self.flights for one in flights if one.press is flight.press]:
            one.ended = True

    def _target(self, own: RawTarget, step: Step) -> RawTarget:
        return own if step.right else self.targets[1 - self.targets.index(own)]

    def _browser(self, flight: Flight, step: Step) -> tuple[Clinician, Tab]:
        """One of the two browsers of the launch's own clinician, or of the other one."""
        own = self.people.index(flight.clinician)
        who = own if step.right else 1 - own
        return self.people[who], self.tabs[2 * who + step.other]
