"""What was seen of one target, in order, and which case a refusal tells of."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from portal.domain.conformance.case import Why, failed
from portal.domain.conformance.target.case import CaseId
from portal.domain.conformance.target.observed import SERVER, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from portal.domain.conformance.case import Finding
    from portal.domain.conformance.target.observed import Observed

_BY_EVENT = {
    "push": CaseId.REQUEST,
    "authorize": CaseId.REQUEST,
    "token": CaseId.LAUNCH,
    "context": CaseId.LAUNCH,
    "put": CaseId.WRITEBACK,
    "failure": CaseId.FAILURE,
}
_OURS = 500  # from here on it is not the target's fault
_THE_CLINICIAN_S = frozenset({"access_denied", "login_required", "interaction_required"})


class Diary:
    """Everything that was seen, oldest first."""

    def __init__(self, observed: Sequence[Observed]) -> None:
        self._observed = tuple(observed)
        self._places = {id(one): place for place, one in enumerate(self._observed)}

    def of(self, *events: str) -> list[Observed]:
        """Return what happened of these kinds."""
        return [one for one in self._observed if one.event in events]

    def accepted(self, *events: str) -> list[Observed]:
        """As `of`, that went as the target wanted."""
        return [one for one in self.of(*events) if one.accepted]

    def faulted(self, fault: Fault) -> list[Observed]:
        """Return what was struck by an ordered fault."""
        return [one for one in self._observed if one.facts.fault == fault and one.event != "fault"]

    def after(self, one: Observed, *events: str) -> list[Observed]:
        """Return what happened later of these kinds, about any launch."""
        return [other for other in self._observed[self._places[id(one)] + 1 :] if other.event in events]

    def later(self, one: Observed, *events: str) -> list[Observed]:
        """As `after`, about the same launch."""
        return [other for other in self.after(one, *events) if _same_launch(one, other)]

    def asks(self) -> list[Observed]:
        """Return each authorization request as it was made: pushed, or brought by the browser in plain parameters."""
        return [one for one in self.of("push", "authorize") if self.is_ask(one)]

    def is_ask(self, one: Observed) -> bool:
        """Whether this is the target's own asking for a launch, and not the browser that brings it on."""
        return one.event in {"push", "context"} or one.facts.pushed is False

    def is_before(self, one: Observed, other: Observed) -> bool:
        """Whether the launch of `other` had been made when `one` happened."""
        made = [launch for launch in self.of("launch") if _same_launch(launch, other)]
        return any(self._places[id(launch)] < self._places[id(one)] for launch in made)

    def is_struck(self, launch: str | None) -> bool:
        """Whether a fault has met this launch already: one is enough."""
        return launch is not None and any(one.facts.fault and one.facts.launch == launch for one in self._observed)

    def moved_on(self, one: Observed) -> bool:
        """Whether another launch has got all the way since."""
        return any(other.accepted and other.facts.launch != one.facts.launch for other in self.after(one, *DONE))

    def by_context(self) -> bool:
        """Whether the target takes its launches up at /api/context, without OAuth."""
        return bool(self.of("context")) and not self.asks()

    def refused(self, case: CaseId) -> Iterator[Finding]:
        """Give the refusals that are this case's."""
        for one in self.of("authorize", *SERVER):
            if not one.accepted and self._blames(one) == case:
                yield failed(Why.REFUSED, code=one.facts.code or str(one.facts.status), rule=one.facts.rule or "")

    def _blames(self, one: Observed) -> CaseId | None:
        code, rule = one.facts.code or "", one.facts.rule or ""
        if self._is_nobody_s(one):
            return None
        if code == "invalid_client":
            return CaseId.CLIENT
        if code == "invalid_dpop_proof":
            return CaseId.PROOF
        if code == "invalid_token":
            return CaseId.BOUND if one.facts.scheme == "bearer" else None
        if "code_challenge" in rule:
            return CaseId.CHALLENGE
        return self._by_event(one)

    def _by_event(self, one: Observed) -> CaseId | None:
        if one.event == "authorize" and one.facts.pushed is False and "request_uri" in (one.facts.rule or ""):
            return CaseId.PUSHED
        if one.event == "put" and one.facts.code == "other_patient":
            return CaseId.PATIENT
        if one.event == "token" and self._is_over(one):
            return CaseId.CODE
        return _BY_EVENT.get(one.event)

    def _is_nobody_s(self, one: Observed) -> bool:
        """A refusal that we ordered, that is our own trouble, or that a clinician caused, or whoever visits by hand."""
        facts = one.facts
        parked = one.event == "authorize" and facts.code is None
        made_up = facts.launch is None and (
            facts.code == "launch_unknown" or (facts.rule or "").startswith("launch is")
        )
        ordered = facts.fault or self._is_about_an_order(one) or facts.code == "use_dpop_nonce"
        return bool(parked or made_up or ordered or facts.status >= _OURS or facts.code in _THE_CLINICIAN_S)

    def _is_about_an_order(self, one: Observed) -> bool:
        """What comes of a launch after a fault met it is judged by the fault's own case."""
        struck = [other for other in self._observed[: self._places[id(one)]] if other.event != "fault"]
        met = [other for other in struck if other.facts.fault]
        mixed = one.facts.code == "other_patient" and any(other.facts.fault is Fault.OTHER_PATIENT for other in met)
        about = any(_same_launch(one, other) or same_code(one, other) for other in met)
        return one.event != "failure" and (mixed or about)

    def _is_over(self, one: Observed) -> bool:
        """Whether the code was redeemed before, or is too old."""
        before = [other for other in self._observed[: self._places[id(one)]] if same_code(other, one)]
        redeemed = any(other.event == "token" and other.accepted for other in before)
        return redeemed or any(other.event == "authorize" and one.at - other.at > CODE_LIFE for other in before)


DONE = ("token", "context")
"""What a target does to get the context."""
CODE_LIFE = timedelta(seconds=60)


def same_code(one: Observed, other: Observed) -> bool:
    """Whether both are about the same authorization code."""
    return one.facts.grant is not None and one.facts.grant == other.facts.grant


def _same_launch(one: Observed, other: Observed) -> bool:
    return one.facts.launch is not None and one.facts.launch == other.facts.launch
