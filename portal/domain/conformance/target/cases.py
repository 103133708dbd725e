"""Every case that the sandbox judges by what it saw of a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.conformance.case import Case, judged
from portal.domain.conformance.target import handling, requests
from portal.domain.conformance.target.case import CaseId
from portal.domain.conformance.target.diary import Diary
from portal.domain.conformance.target.observed import Fault
from portal.domain.conformance.target.on_faults import judge as on

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from portal.domain.client_registration import Client
    from portal.domain.conformance.case import Judged
    from portal.domain.conformance.target.observed import Observed

_MIX_UPS = "RFC 9207 §2.4; RFC 9700 §4.4"
_FAILURES = "Contract: launch-failure"
_EVERY_WAY = (
    Case(CaseId.LAUNCH, "SMART App Launch 2.2: App Launch; Contract: token response, /api/context", requests.launched),
    Case(CaseId.CLIENT, "RFC 7523 §3; FAPI 2.0 §5.3.3.1; SMART App Launch 2.2: asymmetric", requests.proven),
    Case(CaseId.BACK_CHANNEL, "Contract: back channel only; RFC 6749 §2.1", requests.behind),
)
_OAUTH = (
    Case(CaseId.REQUEST, "SMART App Launch 2.2: App Launch, authorize; RFC 6749 §4.1.1", requests.asked),
    Case(CaseId.CHALLENGE, "RFC 7636 §4.1, §7.1; FAPI 2.0 §5.3.3.2", requests.challenged),
    Case(CaseId.STATE, "SMART App Launch 2.2: App Launch, state; RFC 6749 §10.12", requests.stated),
    Case(CaseId.CODE, "RFC 6749 §4.1.2, §4.1.3; Contract: life of a code", requests.once),
)
_PUSHED = Case(CaseId.PUSHED, "RFC 9126 §2, §4; FAPI 2.0 §5.3.3.2", requests.pushed)
_PROOF = Case(CaseId.PROOF, "RFC 9449 §4.3, §11.1", requests.fresh)
_BOUND = Case(CaseId.BOUND, "RFC 9449 §7.1, §7.2", requests.bound)
_BANNER = Case(CaseId.BANNER, "SMART App Launch 2.2: need_patient_banner; ATT-4", handling.shown)
_WRITEBACK = (
    Case(CaseId.PATIENT, "ATT-4; Contract: write-back, patient", handling.own_patient),
    Case(CaseId.WRITEBACK, "Contract: write-back", handling.written),
)
_FAILURE = Case(CaseId.FAILURE, _FAILURES, handling.told)
_DEAD = (
    Case(CaseId.ON_EXPIRED, f"Contract: life of a launch; {_FAILURES}", on(Fault.EXPIRED)),
    Case(CaseId.ON_REPLAYED, f"Contract: a launch is used once; {_FAILURES}", on(Fault.REPLAYED)),
    Case(CaseId.ON_OTHER_CLIENT, f"Contract: a launch is for one client; {_FAILURES}", on(Fault.OTHER_CLIENT)),
)
_ANSWERS = (
    Case(CaseId.ON_HELSEID_DOWN, f"RFC 6749 §4.1.2.1; {_FAILURES}", on(Fault.HELSEID_DOWN)),
    Case(CaseId.ON_DENIED, f"RFC 6749 §4.1.2.1; RFC 9207 §2; {_FAILURES}", on(Fault.DENIED)),
    Case(CaseId.ON_WRONG_ISSUER, f"{_MIX_UPS}; {_FAILURES}", on(Fault.WRONG_ISSUER)),
    Case(CaseId.ON_WRONG_STATE, "RFC 6749 §10.12; RFC 9700 §4.7", on(Fault.WRONG_STATE)),
    Case(CaseId.ON_UNAVAILABLE, "RFC 9110 §10.2.3, §15.6.4", on(Fault.UNAVAILABLE)),
)
_PARKED = Case(CaseId.ON_PARKED, "Contract: parked authorize", on(Fault.PARKED))
_NONCE = Case(CaseId.ON_NONCE, "RFC 9449 §8", on(Fault.NONCE))
_KEYS = Case(CaseId.ON_KEY_ROTATION, "OpenID Connect Core §10.1.1", on(Fault.KEY_ROTATION))
_PERSON = Case(
    CaseId.ON_OTHER_PERSON, f"ATT-11; Contract: sub, compare then trust; {_FAILURES}", on(Fault.OTHER_PERSON)
)
_PATIENTS = Case(
    CaseId.ON_OTHER_PATIENT, "ATT-4; SMART App Launch 2.2: a launch has one context", on(Fault.OTHER_PATIENT)
)
ORDERED = {
    CaseId.ON_EXPIRED: Fault.EXPIRED,
    CaseId.ON_REPLAYED: Fault.REPLAYED,
    CaseId.ON_OTHER_CLIENT: Fault.OTHER_CLIENT,
    CaseId.ON_HELSEID_DOWN: Fault.HELSEID_DOWN,
    CaseId.ON_DENIED: Fault.DENIED,
    CaseId.ON_WRONG_ISSUER: Fault.WRONG_ISSUER,
    CaseId.ON_WRONG_STATE: Fault.WRONG_STATE,
    CaseId.ON_UNAVAILABLE: Fault.UNAVAILABLE,
    CaseId.ON_PARKED: Fault.PARKED,
    CaseId.ON_NONCE: Fault.NONCE,
    CaseId.ON_KEY_ROTATION: Fault.KEY_ROTATION,
    CaseId.ON_OTHER_PERSON: Fault.OTHER_PERSON,
    CaseId.ON_OTHER_PATIENT: Fault.OTHER_PATIENT,
}
"""The fault that must be ordered before a case can be seen."""
DECLARED = frozenset({CaseId.BANNER})
"""What nobody but the owner can see."""


def judge(observed: Sequence[Observed], client: Client) -> list[Judged]:
    """Judge the cases of what a target has registered, and of the way it goes, by what was seen; oldest first."""
    diary = Diary(observed)
    return judged(_cases(client, by_context=diary.by_context()), diary)


def _cases(client: Client, *, by_context: bool) -> Iterator[Case[Diary]]:
    yield from _EVERY_WAY
    if not by_context:
        yield from (*_OAUTH, *((_PUSHED, _PROOF) if client.is_strict else ()))
    if client.writeback:
        yield from (*_WRITEBACK, *((_BOUND,) if client.is_strict else ()))
    if client.launch_url:
        yield from (_BANNER, _FAILURE, *_DEAD)
    if not by_context:
        yield from _of_answers(client)
    if client.writeback:
        yield _PATIENTS


def _of_answers(client: Client) -> Iterator[Case[Diary]]:
    yield from (*_ANSWERS, *((_NONCE,) if client.is_strict else ()))
    if client.launch_url:
        yield from (_PARKED, _KEYS if client.sign_on else _PERSON)
