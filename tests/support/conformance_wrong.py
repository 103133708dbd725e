"""For each rule a day of an EPJ that is wrong in this alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.conformance_day import EXPIRED, HERE, OPENED, Day, about, arrived, refused

from portal.domain.conformance.case import CaseId, Why
from portal.domain.conformance.observed import Fault, opaque

if TYPE_CHECKING:
    from collections.abc import Callable

PROOF_AGAIN = refused(401, "invalid_dpop_proof", "jti was seen before", proof=opaque("first"), nonce=True)
DOWN = refused(503, "unavailable", fault=Fault.UNAVAILABLE)
WRONG: list[tuple[CaseId, Why, Callable[[Day], Day]]] = [
    (CaseId.CREATE, Why.REFUSED, lambda day: day.did("x", 1, "create", refused(422, "patient_number_invalid"))),
    (CaseId.CREATE, Why.REFUSED, lambda day: day.did("x", 1, "create", refused(401, "invalid_token", "exp"))),
    (
        CaseId.BOUND,
        Why.NOT_DPOP,
        lambda day: day.did("x", 1, "create", refused(401, "invalid_token", scheme="bearer")),
    ),
    (CaseId.BOUND, Why.NOT_DPOP, lambda day: day.did("x", 1, "end", refused(401, "invalid_token", "cnf.jkt"))),
    (CaseId.FRESH, Why.REFUSED, lambda day: day.did("x", 650, "refresh", PROOF_AGAIN)),
    (
        CaseId.SOURCE,
        Why.REFUSED,
        lambda day: day.did("x", 1, "create", refused(400, "bad_request", "X-SOURCE-SYSTEM")),
    ),
    (
        CaseId.CHALLENGE,
        Why.CHALLENGE_AGAIN,
        lambda day: day.changed("create b", challenge=opaque("challenge", "a")),
    ),
    (CaseId.IN_TIME, Why.LATE, lambda day: day.changed("start a", 70, status=410, code="start_expired")),
    (CaseId.IN_TIME, Why.CODE_AGAIN, lambda day: day.did("x", 5, "start", EXPIRED | {"session": opaque("a")})),
    (
        CaseId.VERIFIER,
        Why.WRONG_VERIFIER,
        lambda day: day.did("x", 1, "start", arrived("a", status=400, code="start_code_invalid")),
    ),
    (CaseId.WAY, Why.BY_QUERY, lambda day: day.changed("start b", how="query")),
    (
        CaseId.PERSON,
        Why.OTHER_PERSON,
        lambda day: day.did("x", 4, "proceed", HERE | {"status": 403, "code": "other_person"}),
    ),
    (
        CaseId.PROFILE,
        Why.LOGIN_AGAIN_WITHOUT_COOKIES,
        lambda day: day.did("x", 702.5, "proceed", day.steps["login a"][2] | {"session": opaque("b")}),
    ),
    (
        CaseId.PROFILE,
        Why.LOGIN_AGAIN,
        lambda day: day.did("x", 702.5, "proceed", OPENED | {"session": opaque("b"), "step": "login"}),
    ),
    (CaseId.REFRESH, Why.REFRESH_LATE, lambda day: day.changed("create a", life=740)),
    (CaseId.REFRESH, Why.LEFT_TO_EXPIRE, lambda day: day.changed("create a", life=700).without("refresh a")),
    (
        CaseId.REFRESH,
        Why.REFUSED,
        lambda day: day.did("x", 650, "refresh", about("a", 410, code="context_ended", matches=False)),
    ),
    (
        CaseId.AFTER_END,
        Why.REFRESH_AFTER_END,
        lambda day: day.did("x", 750, "refresh", about("a", 410, code="context_ended")),
    ),
    (
        CaseId.CHANGE,
        Why.REFRESH_WITH_PATIENT,
        lambda day: day.did("x", 650, "refresh", refused(422, "invalid_body", "claims: extra_forbidden")),
    ),
    (
        CaseId.CHANGE,
        Why.NEW_LOGIN,
        lambda day: day.changed("create b", epj_session=opaque("epj", "sid-2"), another_patient=None),
    ),
    (
        CaseId.OLDER,
        Why.OLDER_KEPT,
        lambda day: day.changed("end a", 760).did("x", 750, "refresh", about("a", 200, life=1800)),
    ),
    (CaseId.OLDER, Why.OLDER_LEFT, lambda day: day.without("end a")),
    (CaseId.END, Why.REFUSED, lambda day: day.did("x", 799, "end", refused(422, "invalid_body", "sessionId"))),
    (CaseId.END, Why.END_OF_NOTHING, lambda day: day.changed("end b", matches=False)),
    (CaseId.REPLY_TO, Why.REFUSED, lambda day: day.did("x", 1, "create", refused(422, "reply_to_elsewhere"))),
    (CaseId.LANDING, Why.REFUSED, lambda day: day.did("x", 1, "create", refused(422, "service_unknown"))),
    (
        CaseId.LAUNCH,
        Why.REFUSED,
        lambda day: day.changed("callback", status=502, code="smart_token_invalid", rule="id_token, nonce"),
    ),
    (CaseId.ON_NONCE, Why.NO_NONCE, lambda day: day.changed("create c", nonce=False)),
    (CaseId.ON_NONCE, Why.SAME_PROOF, lambda day: day.did("create c", 882, "create", PROOF_AGAIN)),
    (
        CaseId.ON_NONCE,
        Why.REFUSED,
        lambda day: day.did("x", 881.5, "create", refused(401, "use_dpop_nonce", nonce=True)),
    ),
    (
        CaseId.ON_UNAVAILABLE,
        Why.TOO_MANY,
        lambda day: day.did("x", 890.1, "create", DOWN).did("y", 890.2, "create", DOWN).did("z", 890.3, "create", DOWN),
    ),
    (
        CaseId.ON_CONTEXT_ENDED,
        Why.REFRESH_OF_ENDED,
        lambda day: day.did("x", 925, "refresh", about("f", 410, code="context_ended")),
    ),
    (
        CaseId.ON_START_EXPIRED,
        Why.SAME_CODE,
        lambda day: day.did("x", 904, "start", EXPIRED | {"session": opaque("d")}),
    ),
]
