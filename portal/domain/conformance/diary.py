"""What was seen of one EPJ, in order, and which case a refused call tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.conformance.case import CaseId, Why, failed
from portal.domain.conformance.observed import SERVER, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from portal.domain.conformance.case import Finding
    from portal.domain.conformance.observed import Observed

_BY_EVENT = {"create": CaseId.CREATE, "catalogue": CaseId.CREATE, "refresh": CaseId.REFRESH, "end": CaseId.END}
_OURS = 500  # from here on it is not the EPJ's fault


class Diary:
    """Everything that was seen, oldest first."""

    def __init__(self, observed: Sequence[Observed]) -> None:
        self._observed = tuple(observed)
        self._places = {id(one): place for place, one in enumerate(self._observed)}

    def of(self, *events: str) -> list[Observed]:
        """Return what happened of these kinds."""
        return [one for one in self._observed if one.event in events]

    def accepted(self, *events: str) -> list[Observed]:
        """As `of`, that went as the EPJ wanted."""
        return [one for one in self.of(*events) if one.accepted]

    def faulted(self, fault: Fault) -> list[Observed]:
        """Return the calls that were answered with an ordered fault."""
        return [one for one in self._observed if one.facts.fault == fault and one.event != "fault"]

    def after(self, one: Observed, *events: str) -> list[Observed]:
        """Return what the same EPJ session did later, of these kinds."""
        return [other for other in self._later(one) if other.event in events and _together(one, other)]

    def of_session(self, session: str | None, *events: str) -> list[Observed]:
        """As `of`, about one of our sessions."""
        return [one for one in self.of(*events) if session is not None and one.facts.session == session]

    def ending(self, session: str | None) -> Observed | None:
        """Return what ended a session: the EPJ's own call, or an ordered fault."""
        ends = (one for one in self.of_session(session, "end", "refresh") if _ends(one))
        return next(ends, None)

    def is_over(self, session: str | None, when: Observed) -> bool:
        """Whether a session had ended when something happened."""
        ending = self.ending(session)
        return ending is not None and when in self._later(ending)

    def refused(self, case: CaseId, why: Why = Why.REFUSED) -> Iterator[Finding]:
        """Give the refusals that are this case's."""
        for one in self.of(*SERVER):
            if self._blames(one) == case:
                yield failed(why, code=one.facts.code or str(one.facts.status), rule=one.facts.rule or "")

    def _blames(self, one: Observed) -> CaseId | None:
        facts = one.facts
        if facts.scheme != "dpop" or (facts.code, facts.rule) == ("invalid_token", "cnf.jkt"):
            return CaseId.BOUND
        if one.accepted or facts.fault or facts.status >= _OURS or facts.code == "use_dpop_nonce":
            return None
        if facts.rule == "X-SOURCE-SYSTEM":
            return CaseId.SOURCE
        if facts.code == "invalid_dpop_proof":
            return None if self._answers_nonce(one) else CaseId.FRESH
        if (facts.code or "").startswith("reply_to_"):
            return CaseId.REPLY_TO
        return self._by_event(one)

    def _by_event(self, one: Observed) -> CaseId | None:
        if one.facts.code == "service_unknown":
            return CaseId.LANDING
        if one.event == "refresh" and self.is_over(one.facts.session, one):
            return None
        if one.event == "refresh" and one.facts.code == "invalid_body":
            return CaseId.CHANGE
        return _BY_EVENT[one.event]

    def _answers_nonce(self, one: Observed) -> bool:
        asked = (self.after(call, call.event) for call in self.faulted(Fault.NONCE))
        return any(calls[0] is one for calls in asked if calls)

    def _later(self, one: Observed) -> tuple[Observed, ...]:
        return self._observed[self._places[id(one)] + 1 :]


def _together(one: Observed, other: Observed) -> bool:
    return one.facts.epj_session is not None and one.facts.epj_session == other.facts.epj_session


def _ends(one: Observed) -> bool:
    by_order = one.facts.fault is Fault.CONTEXT_ENDED
    return by_order or (one.event == "end" and one.accepted and bool(one.facts.matches))
