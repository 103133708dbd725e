"""facts/helseid §3: every line of what a resource server must check of an EPJ's token, at session/create."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.epj_server import AUDIENCE, SCOPE, EpjServer
from support.forge import by_hand, encoded, public_jwk, weak_key
from support.keys import ec, rsa, signed, unsigned, with_public_key_as_secret
from support.liar import MISSING

from portal.domain.epj_session import ORGNR_CHILD, ORGNR_PARENT
from portal.domain.identity import HPR_NUMBER, PID, SECURITY_LEVEL

if TYPE_CHECKING:
    from support.siege import Siege

pytestmark = pytest.mark.hostile


@pytest.fixture
def epj(siege: Siege) -> EpjServer:
    return EpjServer(siege)


def _is_refused(epj: EpjServer, token: str, status: int = 401, code: str = "invalid_token") -> None:
    proof = epj.proof(token)
    epj.refused(epj.call(token, proof), status, code, token, proof)


def _is_let_in(epj: EpjServer, token: str) -> None:
    assert epj.call(token, epj.proof(token)).status == 201
    assert epj.opened() == 1


def test_signature_by_another_key_under_the_same_name(epj: EpjServer) -> None:
    _is_refused(epj, by_hand(epj.header(), epj.claims(), weak_key(2048)))


def test_signature_by_a_key_that_HelseID_does_not_have(epj: EpjServer) -> None:
    for kid in ("rsa-2", "", None, 1, MISSING):
        _is_refused(epj, by_hand(epj.header(kid=kid), epj.claims(), weak_key(2048)))


def test_signature_by_the_key_that_the_token_brings(epj: EpjServer, elsewhere: str) -> None:
    own = weak_key(2048)
    for header in ({"jwk": public_jwk(own, "rsa-1")}, {"jku": f"{elsewhere}/jwks"}, {"x5u": f"{elsewhere}/x5u"}):
        _is_refused(epj, by_hand(epj.header(**header), epj.claims(), own))


def test_signature_of_other_bytes(epj: EpjServer) -> None:
    header, _, signature = epj.token().split(".")
    _is_refused(epj, f"{header}.{encoded(epj.claims(sub='another'))}.{signature}")
    _is_refused(epj, f"{header}.{encoded(epj.claims())}.")
    _is_refused(epj, f"{header}.{encoded(epj.claims())}.{encoded(bytes(256))}")


def test_alg_none(epj: EpjServer) -> None:
    for alg in ("none", "None", "NONE", ""):
        _is_refused(epj, unsigned(epj.header(alg=alg), epj.claims()))
        header, claims, _ = unsigned(epj.header(alg=alg), epj.claims()).split(".")
        _is_refused(epj, f"{header}.{claims}.")


def test_alg_HS256_with_the_public_key_as_secret(epj: EpjServer) -> None:
    _is_refused(epj, with_public_key_as_secret(epj.header(), epj.claims(), rsa().public))


@pytest.mark.parametrize("alg", ["RS384", "RS512", "PS256"])
def test_alg_that_HelseID_does_not_use(epj: EpjServer, alg: str) -> None:
    _is_refused(epj, signed(epj.header(alg=alg), epj.claims(), rsa().private))


def test_alg_ES256_by_the_EPJ_s_own_key(epj: EpjServer) -> None:
    _is_refused(epj, signed(epj.header(alg="ES256", kid="epj"), epj.claims(), ec("epj").private))


@pytest.mark.parametrize("typ", ["at+jwt", "JWT"])
def test_typ_of_an_access_token(epj: EpjServer, typ: str) -> None:
    _is_let_in(epj, epj.token({"typ": typ}))


@pytest.mark.parametrize("typ", ["dpop+jwt", "logout+jwt", "client-authentication+jwt", "id+jwt", "", 1, MISSING])
def test_typ_of_something_else(epj: EpjServer, typ: Any) -> None:
    _is_refused(epj, epj.token({"typ": typ}))


@pytest.mark.parametrize("iss", ["https://evil.example", "{}/", "{}?", "{} ", "", None, 1, ["{}"], MISSING])
def test_iss_is_HelseID_to_the_letter(epj: EpjServer, iss: Any) -> None:
    iss = iss.replace("{}", epj.siege.liar.origin) if isinstance(iss, str) else iss
    _is_refused(epj, epj.token(iss=iss))


@pytest.mark.parametrize(
    "aud",
    ["nhn:kjernejournal", "", AUDIENCE.upper(), AUDIENCE[:-1], f"{AUDIENCE} ", f"{AUDIENCE} x", None, {}, MISSING],
)
def test_aud_is_us(epj: EpjServer, aud: Any) -> None:
    _is_refused(epj, epj.token(aud=aud))


@pytest.mark.parametrize("others", [["nhn:kjernejournal"], [AUDIENCE], [""]])
def test_aud_is_us_alone(epj: EpjServer, others: list[str]) -> None:
    _is_refused(epj, epj.token(aud=[AUDIENCE, *others]))
    _is_refused(epj, epj.token(aud=[*others, AUDIENCE]))


def test_aud_as_a_list_of_us_is_us(epj: EpjServer) -> None:
    _is_let_in(epj, epj.token(aud=[AUDIENCE]))


def test_exp_has_a_leeway_of_seconds(epj: EpjServer) -> None:
    at = int(epj.siege.clock().timestamp())
    _is_refused(epj, epj.token(exp=at - 6))
    _is_let_in(epj, epj.token(exp=at - 1))


def test_nbf_has_a_leeway_of_seconds(epj: EpjServer) -> None:
    at = int(epj.siege.clock().timestamp())
    _is_refused(epj, epj.token(nbf=at + 60))
    _is_let_in(epj, epj.token(nbf=at + 3))


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("time", ["2026-11-20", "1795000000", True, None, -1, 1e300, float("nan"), [], {}])
def test_a_time_that_is_none(epj: EpjServer, name: str, time: Any) -> None:
    _is_refused(epj, epj.token(**{name: time}))


def test_exp_missing(epj: EpjServer) -> None:
    _is_refused(epj, epj.token(exp=MISSING))


@pytest.mark.parametrize("scope", [MISSING, None, 1, {}, [1], [SCOPE, 1]])
def test_scope_that_is_none(epj: EpjServer, scope: Any) -> None:
    _is_refused(epj, epj.token(scope=scope))


@pytest.mark.parametrize(
    "scope", ["", [], "openid", ["openid"], [f"openid {SCOPE}"], f"{SCOPE}x", f"x{SCOPE}", [SCOPE.upper()], AUDIENCE]
)
def test_scope_without_ours(epj: EpjServer, scope: Any) -> None:
    _is_refused(epj, epj.token(scope=scope), 403, "insufficient_scope")


@pytest.mark.parametrize("scope", [SCOPE, f"openid {SCOPE}", f"{SCOPE} openid", [SCOPE]])
def test_scope_as_a_string_or_as_an_array(epj: EpjServer, scope: Any) -> None:
    _is_let_in(epj, epj.token(scope=scope))


@pytest.mark.parametrize("missing", [PID, "sub", "sid"])
def test_a_machine_s_token_is_nobody_s(epj: EpjServer, missing: str) -> None:
    _is_refused(epj, epj.token(**{missing: MISSING}), 403, "user_token_required")


@pytest.mark.parametrize("name", [PID, "sub", "sid", "client_id"])
@pytest.mark.parametrize("value", ["", 1, None, ["x"], {}])
def test_a_person_who_is_not_named_by_text(epj: EpjServer, name: str, value: Any) -> None:
    _is_refused(epj, epj.token(**{name: value}))


def test_client_id_missing(epj: EpjServer) -> None:
    _is_refused(epj, epj.token(client_id=MISSING))


@pytest.mark.parametrize("client_id", ["portal", "stranger", "EPJ", "epj "])
def test_client_id_of_nobody_s_EPJ(epj: EpjServer, client_id: str) -> None:
    _is_refused(epj, epj.token(client_id=client_id), 403, "epj_unknown")


@pytest.mark.parametrize("level", [4, 4.0, True, None, ["4"]])
def test_security_level_that_is_no_text(epj: EpjServer, level: Any) -> None:
    _is_refused(epj, epj.token(**{SECURITY_LEVEL: level}))


@pytest.mark.parametrize("level", ["3", "2", "1", "0", "5", "40", "04", " 4", "4.0", "four", "٤", MISSING])
def test_security_level_too_low_or_unknown(epj: EpjServer, level: Any) -> None:
    _is_refused(epj, epj.token(**{SECURITY_LEVEL: level}), 403, "security_level_too_low")


@pytest.mark.parametrize("number", [MISSING, None, 999977774, "", "99997777", "9999777744", " 999977774", "99997777x"])
def test_orgnr_parent_missing_or_no_number(epj: EpjServer, number: Any) -> None:
    _is_refused(epj, epj.token(**{ORGNR_PARENT: number}), 422, "organisation_missing")


def test_orgnr_child_may_be_missing(epj: EpjServer) -> None:
    _is_let_in(epj, epj.token(**{ORGNR_CHILD: MISSING}))


@pytest.mark.parametrize("number", [1, None, ["565501872"], ""])
def test_HPR_number_that_is_no_text(epj: EpjServer, number: Any) -> None:
    _is_refused(epj, epj.token(**{HPR_NUMBER: number}))


@pytest.mark.parametrize(
    "cnf", [MISSING, None, "x", {}, {"jkt": ""}, {"jkt": 1}, {"jkt": "x" * 42}, {"x5t#S256": "x" * 43}]
)
def test_a_token_that_is_bound_to_no_key(epj: EpjServer, cnf: Any) -> None:
    _is_refused(epj, epj.token(cnf=cnf))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Basic", "DPoP,Bearer", "", "Bearer DPoP"])
def test_scheme_is_DPoP_alone(epj: EpjServer, scheme: str) -> None:
    token = epj.token()
    proof = epj.proof(token)
    epj.refused(epj.call(token, proof, Authorization=f"{scheme} {token}"), 401, "invalid_token", token, proof)


@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP"])
def test_scheme_in_any_case(epj: EpjServer, scheme: str) -> None:
    """RFC 9110 §11.1."""
    token = epj.token()
    assert epj.call(token, epj.proof(token), Authorization=f"{scheme} {token}").status == 201


@pytest.mark.parametrize(
    "sent", ["DPoP", "DPoP ", "", "{}", "DPoP {} {}", "DPoP {},{}", "DPoP  {}", "DPoP {}x", "DPoP x"]
)
def test_a_header_that_holds_no_token(epj: EpjServer, sent: str) -> None:
    token = epj.token()
    proof = epj.proof(token)
    epj.refused(epj.call(token, proof, Authorization=sent.replace("{}", token)), 401, "invalid_token", token, proof)


def test_a_token_in_the_address_is_none(epj: EpjServer) -> None:
    token = epj.token()
    answer = epj.siege.visitor().ask(
        f"/api/session/create?access_token={token}", "POST", headers={"X-SOURCE-SYSTEM": "EPJ"}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    epj.siege.nothing_is_told(answer)
    assert token not in "".join(epj.siege.lines.said)


@pytest.mark.parametrize("extension", [{"crit": ["exp"]}, {"crit": ["b64"], "b64": False}, {"b64": True}])
def test_an_extension_that_we_do_not_know(epj: EpjServer, extension: dict[str, Any]) -> None:
    _is_refused(epj, epj.token(extension))


@pytest.mark.parametrize(
    "claims", [b"", b"[]", b"null", b"{", b'{"iss":"x","iss":"y"}', b"\xff", b"{}", b'{"a":' * 500]
)
def test_a_body_that_is_no_object(epj: EpjServer, claims: bytes) -> None:
    token = by_hand(epj.header(), claims)
    epj.refused(epj.call(token, epj.proof(token)), 401, "invalid_token", token)


def test_a_token_of_9_kB(epj: EpjServer) -> None:
    token = epj.token(extra="x" * 7_000)
    _is_refused(epj, token)
