"""Every case that the sandbox judges by what it saw of an EPJ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.conformance import browser, calls, course, on_faults
from portal.domain.conformance.case import Case, CaseId, judged
from portal.domain.conformance.diary import Diary
from portal.domain.conformance.observed import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.domain.conformance.case import Judged
    from portal.domain.conformance.observed import Observed
    from portal.domain.registration import Epj

_SESSIONS = "NHN: kjernejournal autentiseringsflyt"
_BY_SERVER = (
    Case(CaseId.CREATE, f"Contract: session/create; {_SESSIONS}", calls.created),
    Case(CaseId.BOUND, "RFC 9449 §7.1; NHN: sikkerhetsprofil, DPoP and never Bearer", calls.bound),
    Case(CaseId.FRESH, "RFC 9449 §4.3, §11.1; NHN: formatering av DPoP-bevis", calls.fresh),
    Case(CaseId.SOURCE, f"Contract: X-SOURCE-SYSTEM; {_SESSIONS}", calls.named),
    Case(CaseId.CHALLENGE, f"RFC 7636 §4.1, §7.1; {_SESSIONS}", calls.challenged),
    Case(CaseId.IN_TIME, "Contract: life of a start code; NHN: SFM Session/create, code used once", browser.in_time),
    Case(CaseId.VERIFIER, "RFC 7636 §4.5", browser.proven),
    Case(CaseId.WAY, "Contract: context in; RFC 9700 §4.3.1", browser.unseen),
    Case(CaseId.REFRESH, f"Contract: life of a context; {_SESSIONS}, refresh at 0.8 of the life", course.kept_alive),
    Case(CaseId.AFTER_END, f"Contract: life of a context; {_SESSIONS}", course.quiet_after_end),
    Case(CaseId.CHANGE, f"ATT-4; Contract: mix-ups; {_SESSIONS}, bytt pasient", course.changed),
    Case(CaseId.OLDER, "ATT-4; Contract: mix-ups", course.older_ended),
    Case(CaseId.END, f"Contract: session/end; {_SESSIONS}", course.closed),
    Case(CaseId.REPLY_TO, "Contract: reply_to; NHN: Adresseregisteret", calls.addressed),
    Case(CaseId.LANDING, "Contract: session/create, service", calls.landed),
    Case(CaseId.ON_NONCE, "RFC 9449 §8, §9", on_faults.nonce),
    Case(CaseId.ON_UNAVAILABLE, "RFC 9110 §10.2.3, §15.6.4", on_faults.unavailable),
    Case(CaseId.ON_CONTEXT_ENDED, "Contract: life of a context", on_faults.context_ended),
    Case(CaseId.ON_START_EXPIRED, "Contract: life of a start code", on_faults.start_expired),
)
_BY_SMART = (Case(CaseId.LAUNCH, "SMART App Launch 2.2: App Launch", browser.launched),)
_BY_BROWSER = (
    Case(CaseId.PERSON, "ATT-11; Contract: context in", browser.same_person),
    Case(CaseId.PROFILE, "Contract: one session per embedded browser profile", browser.remembered),
)
ORDERED = {
    CaseId.ON_NONCE: Fault.NONCE,
    CaseId.ON_UNAVAILABLE: Fault.UNAVAILABLE,
    CaseId.ON_CONTEXT_ENDED: Fault.CONTEXT_ENDED,
    CaseId.ON_START_EXPIRED: Fault.START_EXPIRED,
}
"""The fault that must be ordered before a case can be seen."""


def judge(observed: Sequence[Observed], epj: Epj) -> list[Judged]:
    """Judge the cases of the doors that an EPJ has registered, by what was seen of it, oldest first."""
    cases = _BY_SERVER if epj.helseid_client_ids else ()
    return judged((*cases, *(_BY_SMART if epj.smart else ()), *_BY_BROWSER), Diary(observed))
