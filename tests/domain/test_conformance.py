"""One right day of an EPJ, and for each rule a day that is wrong in this alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from portal.domain.conformance import smart_cases
from portal.domain.conformance.case import CaseId, Outcome, Why
from portal.domain.conformance.cases import judge
from portal.domain.conformance.observed import Facts, Fault, Observed, opaque
from portal.domain.conformance.smart_server import Probed, Reply, may_be_asked
from portal.domain.registration import Epj, SmartServer
from portal.web.sandbox import reasons, titles
from portal.web.sandbox.reasons import told
from portal.web.sandbox.report import speaking

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from portal.domain.conformance.case import Finding

BEGINS = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
SMART = SmartServer(issuer="https://epj.example/fhir", client_id="portal")
BOTH_DOORS = Epj(id="epj", name="EksempelEPJ", helseid_client_ids=("epj",), smart=SMART)
CALL = {"scheme": "dpop", "epj_session": opaque("epj", "sid-1"), "person": opaque("epj", "anna")}
HERE = {"epj_session": opaque("epj", "sid-1"), "cookie": True}
OPENED = {"status": 303, "step": "opened", "landed": False, **HERE}
EXPIRED = {"status": 410, "code": "start_expired", "how": "post", **HERE}


def created(session: str, **more: Any) -> dict[str, Any]:
    facts = {"status": 201, "session": opaque(session), "challenge": opaque("challenge", session), "life": 1800}
    return CALL | facts | {"proof": opaque("proof", session), "nonce": False, "another_patient": False} | more


def refused(status: int, code: str, rule: str | None = None, **more: Any) -> dict[str, Any]:
    return CALL | {"status": status, "code": code, "rule": rule} | more


def about(session: str, status: int, **more: Any) -> dict[str, Any]:
    return CALL | {"status": status, "session": opaque(session), "matches": True} | more


def arrived(session: str, **more: Any) -> dict[str, Any]:
    return HERE | {"status": 303, "session": opaque(session), "how": "post"} | more


@dataclass
class Day:
    """What was seen, by name: when, what, and how it went."""

    steps: dict[str, tuple[float, str, dict[str, Any]]] = field(default_factory=dict)

    def did(self, name: str, at: float, event: str, facts: dict[str, Any]) -> Self:
        self.steps[name] = (at, event, facts)
        return self

    def changed(self, name: str, at: float | None = None, **facts: Any) -> Self:
        before, event, known = self.steps[name]
        return self.did(name, before if at is None else at, event, known | facts)

    def without(self, name: str) -> Self:
        del self.steps[name]
        return self

    def seen(self) -> list[Observed]:
        ordered = sorted(self.steps.values(), key=lambda step: step[0])
        return [
            Observed(BEGINS + timedelta(seconds=at), event, Facts(**facts))  # type: ignore[arg-type]  # a literal
            for at, event, facts in ordered
        ]


def right() -> Day:
    """Two patients after each other, then one of each ordered fault, and a launch by the other door."""
    day = Day().did("create a", 0, "create", created("a", reply_to=True, writeback=True))
    day.did("start a", 2, "start", arrived("a"))
    day.did("login a", 3, "proceed", HERE | {"status": 303, "session": opaque("a"), "step": "login", "cookie": False})
    day.did("open a", 9, "proceed", OPENED | {"session": opaque("a")})
    day.did("refresh a", 600, "refresh", about("a", 200, life=1800))
    day.did("create b", 700, "create", created("b", another_patient=True, service=True))
    day.did("end a", 701, "end", about("a", 204))
    day.did("start b", 702, "start", arrived("b", how="fragment"))
    day.did("open b", 703, "proceed", OPENED | {"session": opaque("b"), "landed": True})
    return with_faults(day.did("end b", 800, "end", about("b", 204)))


def with_faults(day: Day) -> Day:
    nonce = refused(401, "use_dpop_nonce", fault=Fault.NONCE, proof=opaque("first"), nonce=False)
    day.did("order", 880, "fault", {"fault": Fault.NONCE})
    day.did("asked for a nonce", 881, "create", nonce)
    day.did("create c", 882, "create", created("c", nonce=True))
    day.did("open c", 884, "proceed", OPENED | {"session": opaque("c")})
    day.did("down", 890, "create", refused(503, "unavailable", fault=Fault.UNAVAILABLE))
    day.did("create d", 901, "create", created("d", another_patient=True))
    day.did("end c", 902, "end", about("c", 204))
    day.did("too late", 903, "start", EXPIRED | {"session": opaque("d"), "fault": Fault.START_EXPIRED})
    day.did("create f", 910, "create", created("f"))
    day.did("start f", 911, "start", arrived("f"))
    day.did("open f", 912, "proceed", OPENED | {"session": opaque("f")})
    day.did("gone", 920, "refresh", about("f", 410, code="context_ended", fault=Fault.CONTEXT_ENDED))
    day.did("create g", 930, "create", created("g"))
    day.did("start g", 931, "start", arrived("g"))
    day.did("end g", 950, "end", about("g", 204))
    day.did("launch", 1000, "launch", {"status": 303})
    return day.did("callback", 1002, "callback", {"status": 303})


def findings(day: Day, epj: Epj = BOTH_DOORS) -> dict[CaseId, Finding]:
    return {one.case.id: one.finding for one in judge(day.seen(), epj)}


def of(found: dict[CaseId, Finding], outcome: Outcome) -> set[CaseId]:
    return {case for case, finding in found.items() if finding.outcome is outcome}


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


def test_a_right_day_meets_every_case() -> None:
    found = findings(right())
    assert of(found, Outcome.PASSED) == set(found)
    assert len(found) == 22


def test_before_anything_is_seen_nothing_is_right_or_wrong() -> None:
    found = findings(Day())
    assert of(found, Outcome.NOT_SEEN) == set(found)


@pytest.mark.parametrize(("case", "why", "alter"), WRONG, ids=[f"{case}-{why}" for case, why, _ in WRONG])
def test_a_day_that_is_wrong_in_one_thing_turns_that_case_red_alone(
    case: CaseId, why: Why, alter: Callable[[Day], Day]
) -> None:
    found = findings(alter(right()))
    assert of(found, Outcome.FAILED) == {case}
    assert found[case].why is why
    with speaking("nb"):
        assert told(found[case])


def test_every_case_has_a_wrong_day() -> None:
    assert {case for case, _, _ in WRONG} == set(findings(Day()))


def test_a_journal_is_judged_by_the_doors_that_it_has() -> None:
    by_server = findings(Day(), BOTH_DOORS.model_copy(update={"smart": None}))
    by_smart = findings(Day(), BOTH_DOORS.model_copy(update={"helseid_client_ids": ()}))
    assert CaseId.LAUNCH not in by_server
    assert set(by_smart) == {CaseId.LAUNCH, CaseId.PERSON, CaseId.PROFILE}


def test_a_fault_that_nobody_met_yet_is_not_judged() -> None:
    ordered = right().without("create c").without("open c").without("down").without("create d").without("end c")
    for name in ("too late", "create f", "start f", "open f", "gone", "create g", "start g", "end g"):
        ordered.without(name)
    found = findings(ordered)
    faults = {CaseId.ON_NONCE, CaseId.ON_UNAVAILABLE, CaseId.ON_CONTEXT_ENDED, CaseId.ON_START_EXPIRED}
    assert of(found, Outcome.NOT_SEEN) == faults


def test_a_login_long_after_the_patient_before_is_no_fault_of_the_profile() -> None:
    login = right().steps["login a"][2] | {"session": opaque("h")}
    found = findings(right().did("x", 5000, "proceed", login))
    assert found[CaseId.PROFILE].outcome is Outcome.PASSED


def test_the_next_patient_is_no_further_try_while_we_are_down() -> None:
    day = right().changed("create d", 891)
    for number in range(4):
        day.did(f"n{number}", 892 + number, "create", created(f"n{number}"))
    assert findings(day)[CaseId.ON_UNAVAILABLE].outcome is Outcome.PASSED


def test_an_address_that_gives_no_write_back_is_not_right_yet() -> None:
    found = findings(right().changed("create a", writeback=False))[CaseId.REPLY_TO]
    assert (found.outcome, found.why) == (Outcome.NOT_SEEN, Why.NO_WRITEBACK)


@pytest.mark.parametrize(
    "facts",
    [{"session": "31817541278"}, {"code": "31817541278"}, {"patient": "Line"}, {"challenge": "c" * 43}],
)
def test_there_is_no_room_for_what_may_not_be_noted(facts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Facts(**facts)


CONFIGURATION: dict[str, Any] = {
    "issuer": "https://epj.example",
    "jwks_uri": "https://epj.example/jwks",
    "authorization_endpoint": "https://epj.example/authorize",
    "token_endpoint": "https://epj.example/token",
    "grant_types_supported": ["authorization_code"],
    "capabilities": ["launch-ehr", "sso-openid-connect", "context-ehr-patient"],
    "code_challenge_methods_supported": ["S256"],
}
OURS, FOREIGN = "https://portal.example/launch/callback", "https://fremmed.invalid/callback"
TOLD = Reply(303, f"{OURS}?error=invalid_request&state=s")
TURNED_AWAY = Reply(401, body={"error": "invalid_client"})
SERVER = Probed(
    issuer=SMART.issuer,
    configuration=Reply(200, body=CONFIGURATION),
    metadata=Reply(200, body={"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}),
    redirect_uri=OURS,
    foreign=FOREIGN,
    jwks=Reply(200, body={"keys": [{"kty": "RSA", "kid": "1", "n": "n", "e": "AQAB"}]}),
    authorize={"plain": TOLD, "redirect": Reply(400), "aud": TOLD},
    token={"code": Reply(400, body={"error": "invalid_grant"}), "anonymous": TURNED_AWAY},
)


def says(**changes: Any) -> Probed:
    document = {name: value for name, value in (CONFIGURATION | changes).items() if value is not None}
    return replace(SERVER, configuration=Reply(200, body=document))


def authorize(flaw: str, reply: Reply) -> Probed:
    return replace(SERVER, authorize={**SERVER.authorize, flaw: reply})


def token(flaw: str, reply: Reply) -> Probed:
    return replace(SERVER, token={**SERVER.token, flaw: reply})


def jwks(*keys: Any) -> Probed:
    return replace(SERVER, jwks=Reply(200, body={"keys": list(keys)}))


WRONG_SERVERS: list[tuple[CaseId, Why, Probed]] = [
    (CaseId.SMART_CONFIGURATION, Why.STATUS, replace(SERVER, configuration=Reply(404))),
    (CaseId.SMART_CONFIGURATION, Why.UNREACHABLE, replace(SERVER, configuration=Reply(0))),
    (CaseId.SMART_CONFIGURATION, Why.NOT_JSON, replace(SERVER, configuration=Reply(200))),
    (CaseId.SMART_AUTHORIZATION, Why.MISSING, says(authorization_endpoint=None)),
    (CaseId.SMART_AUTHORIZATION, Why.ADDRESS, says(authorization_endpoint="http://127.0.0.1:1/authorize")),
    (CaseId.SMART_TOKEN, Why.MISSING, says(token_endpoint=7)),
    (CaseId.SMART_TOKEN, Why.ADDRESS, says(token_endpoint="http://epj.example/token")),
    (CaseId.SMART_GRANT, Why.LACKS, says(grant_types_supported=["client_credentials"])),
    (CaseId.SMART_GRANT, Why.MISSING, says(grant_types_supported=None)),
    (CaseId.SMART_CAPABILITIES, Why.LACKS, says(capabilities=["launch-ehr", "sso-openid-connect"])),
    (CaseId.SMART_PKCE, Why.LACKS, says(code_challenge_methods_supported=[])),
    (CaseId.SMART_PKCE, Why.OFFERS, says(code_challenge_methods_supported=["S256", "plain"])),
    (CaseId.SMART_ISSUER, Why.MISSING, says(issuer=None)),
    (CaseId.SMART_ISSUER, Why.ADDRESS, says(issuer="epj")),
    (CaseId.SMART_JWKS, Why.MISSING, says(jwks_uri=None)),
    (CaseId.SMART_JWKS, Why.ADDRESS, says(jwks_uri="ftp://epj.example/jwks")),
    (CaseId.SMART_JWKS, Why.NO_KEYS, jwks()),
    (CaseId.SMART_JWKS, Why.NO_KEYS, jwks({"kty": "RSA"})),
    (CaseId.SMART_JWKS, Why.PRIVATE_KEY, jwks({"kty": "EC", "kid": "1", "d": "secret"})),
    (CaseId.SMART_JWKS, Why.STATUS, replace(SERVER, jwks=Reply(500))),
    (CaseId.SMART_METADATA, Why.NOT_R4, replace(SERVER, metadata=Reply(200, body={"fhirVersion": "5.0.0"}))),
    (CaseId.SMART_METADATA, Why.STATUS, replace(SERVER, metadata=Reply(401))),
    (CaseId.SMART_PLAIN, Why.WENT_ON, authorize("plain", Reply(200))),
    (CaseId.SMART_PLAIN, Why.WENT_ON, authorize("plain", Reply(302, f"{OURS}?code=1"))),
    (CaseId.SMART_PLAIN, Why.WENT_ON, authorize("plain", Reply(302, "https://epj.example/login?error=none"))),
    (CaseId.SMART_REDIRECT, Why.SENT_ABROAD, authorize("redirect", Reply(302, f"{FOREIGN}?error=invalid_request"))),
    (CaseId.SMART_REDIRECT, Why.WENT_ON, authorize("redirect", TOLD)),
    (CaseId.SMART_AUD, Why.WENT_ON, authorize("aud", Reply(302, "https://epj.example/login"))),
    (CaseId.SMART_CODE, Why.GAVE_TOKEN, token("code", Reply(200, body={"access_token": "t"}))),
    (CaseId.SMART_CODE, Why.STATUS, token("code", Reply(403, body={"error": "invalid_grant"}))),
    (CaseId.SMART_CODE, Why.NO_ERROR_WORD, token("code", Reply(400))),
    (CaseId.SMART_ANONYMOUS, Why.STATUS, token("anonymous", Reply(200, body={}))),
    (CaseId.SMART_ANONYMOUS, Why.NO_ERROR_WORD, token("anonymous", Reply(401, body={"error": "invalid_grant"}))),
]


def server_findings(probed: Probed) -> dict[CaseId, Finding]:
    return {one.case.id: one.finding for one in smart_cases.judge(probed)}


def test_a_right_server_meets_every_case() -> None:
    found = server_findings(SERVER)
    assert of(found, Outcome.PASSED) == set(found)
    assert len(found) == 14


@pytest.mark.parametrize(("case", "why", "probed"), WRONG_SERVERS, ids=lambda value: str(value)[:30])
def test_a_server_that_is_wrong_in_one_thing_turns_that_case_red_alone(case: CaseId, why: Why, probed: Probed) -> None:
    found = server_findings(probed)
    assert of(found, Outcome.FAILED) == {case}
    assert found[case].why is why
    with speaking("nb"):
        assert told(found[case])


@pytest.mark.parametrize(
    ("case", "probed"),
    [
        (CaseId.SMART_AUTHORIZATION, replace(SERVER, authorize={**SERVER.authorize, "aud": Reply(0)})),
        (CaseId.SMART_TOKEN, replace(SERVER, token=dict.fromkeys(SERVER.token, Reply(404)))),
    ],
)
def test_an_endpoint_that_does_not_answer_is_red_with_what_was_asked_there(case: CaseId, probed: Probed) -> None:
    assert case in of(server_findings(probed), Outcome.FAILED)


def test_every_case_has_a_wrong_server() -> None:
    assert {case for case, _, _ in WRONG_SERVERS} == set(server_findings(SERVER))


def test_every_case_has_a_title_and_something_to_do_and_every_reason_words() -> None:
    with speaking("nb"):
        assert {case for case, text in titles.TEXTS.items() if str(text.title) and str(text.todo)} == set(CaseId)
        assert {why for why, text in reasons.TEXTS.items() if str(text)} == set(Why)
    told_of = {why for _, why, _ in WRONG} | {why for _, why, _ in WRONG_SERVERS}
    assert set(Why) - told_of == {Why.NO_WRITEBACK, Why.NOT_ASKED}


def test_what_could_not_be_asked_is_not_right() -> None:
    known_as_nobody = replace(SERVER, authorize={**SERVER.authorize, "plain": None, "aud": None})
    assert of(server_findings(known_as_nobody), Outcome.NOT_SEEN) == {CaseId.SMART_PLAIN, CaseId.SMART_AUD}


@pytest.mark.parametrize(
    ("address", "issuer", "may"),
    [
        ("https://epj.example/token", "https://epj.example/fhir", True),
        ("http://127.0.0.1:8/token", "http://localhost:9/fhir", True),
        ("http://127.0.0.1:8/token", "https://epj.example/fhir", False),
        ("http://localhost.example/token", "http://localhost:9/fhir", False),
        ("http://127.0.0.1.example/", "http://127.0.0.1/fhir", False),
        ("file:///etc/passwd", "http://127.0.0.1/fhir", False),
        (None, "https://epj.example/fhir", False),
    ],
)
def test_nobody_sends_us_elsewhere(address: Any, issuer: str, *, may: bool) -> None:
    assert may_be_asked(address, issuer) is may
