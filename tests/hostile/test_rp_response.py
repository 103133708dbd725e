"""The conformance suite's modules for what a relying party is answered (facts/security §1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.liar import MISSING, USERINFO
from support.loopback import Says

if TYPE_CHECKING:
    from support.siege import Siege
pytestmark = pytest.mark.hostile


def _bring(siege: Siege, drop: str = "", **changes: str) -> Any:
    visitor = siege.visitor()
    brought = {name: value for name, value in (visitor.begin() | changes).items() if name != drop}
    answer = visitor.bring(brought)
    siege.nobody_came_in(visitor)
    assert siege.token_calls() == 0
    return answer


def test_RP_invalid_state(siege: Siege) -> None:
    siege.refused(_bring(siege, state="x" * 43), 400, "login_state_unknown")


def test_RP_missing_state(siege: Siege) -> None:
    siege.refused(_bring(siege, drop="state"), 400, "login_response_malformed")


def test_RP_invalid_iss_in_the_authorization_response(siege: Siege) -> None:
    siege.refused(_bring(siege, iss="https://evil.example"), 502, "login_issuer_mismatch")


def test_RP_missing_iss_in_the_authorization_response(siege: Siege) -> None:
    siege.refused(_bring(siege, drop="iss"), 502, "login_issuer_mismatch")


def test_RP_two_iss_in_the_authorization_response(siege: Siege) -> None:
    visitor = siege.visitor()
    brought = visitor.begin()
    for second in (brought["iss"], "https://evil.example"):
        siege.refused(visitor.bring([*brought.items(), ("iss", second)]), 400, "login_response_malformed")
    siege.nobody_came_in(visitor)
    assert siege.token_calls() == 0


def test_RP_missing_code(siege: Siege) -> None:
    siege.refused(_bring(siege, drop="code"), 400, "login_response_malformed")


def test_RP_an_implicit_or_hybrid_response_counts_for_nothing(siege: Siege) -> None:
    """CVE-2026-82462 (pac4j): a callback with an access token alone made a session."""
    tokens = {"access_token": "at-forged", "id_token": siege.liar.id_token("n"), "token_type": "Bearer"}
    siege.refused(_bring(siege, drop="code", **tokens), 400, "login_response_malformed")


def test_RP_a_JARM_response_counts_for_nothing(siege: Siege) -> None:
    """CVE-2023-6927 (Keycloak): form_post.jwt went another way than the checks."""
    siege.refused(_bring(siege, drop="code", response=siege.liar.id_token("n")), 400, "login_response_malformed")


@pytest.mark.parametrize("change", [{"token_type": "Bearer"}, {"token_type": MISSING}, {"token_type": ["DPoP"]}])
def test_RP_a_token_that_is_not_bound_to_our_key_is_refused(siege: Siege, change: dict[str, Any]) -> None:
    siege.liar.tokens = change
    siege.refused(siege.attack(), 503, "helseid_down", None)
    assert siege.liar.count(USERINFO) == 0, "an unbound token is shown to nobody"


@pytest.mark.parametrize("token", [MISSING, None, "", 7, ["x"], {"x": 1}])
@pytest.mark.parametrize("name", ["access_token", "id_token"])
def test_RP_a_token_that_is_missing_or_none(siege: Siege, name: str, token: Any) -> None:
    siege.liar.tokens = {name: token}
    siege.refused(siege.attack(), 503, "helseid_down")


@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "a\nb", "æ", "a\0b", "x" * 200_000, "a b"])
def test_RP_an_access_token_that_fits_no_header_breaks_nothing(siege: Siege, token: str) -> None:
    siege.liar.tokens = {"access_token": token}
    siege.liar.overrides[USERINFO] = lambda _: Says({"error": "invalid_token"}, 401)
    visitor = siege.visitor()
    answer = visitor.log_in()
    assert siege.reason(answer) in {"helseid_down", "login_not_completed"}
    siege.refused(answer, answer.status_code, siege.reason(answer))
    assert all("x-evil" not in asked.headers for asked in siege.liar.asked)


@pytest.mark.parametrize("sub", [MISSING, "somebody-else"])
def test_RP_userinfo_with_another_or_no_sub(siege: Siege, sub: Any) -> None:
    siege.liar.person["sub"] = sub
    siege.refused(siege.attack(), 502, "login_token_invalid", "sub")
