"""N random attacks: no mutant of a token is believed, no query makes a session or a 500, no wish leads off the site."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.chance import tried
from support.keys import rsa
from support.liar import CLIENT, LOGOUT_EVENT, SID, SUB
from support.mutants import BROUGHT, queries, tokens
from support.visitor import CALLBACK

from portal.domain import id_token, logout_token
from portal.errors import OAuthError, SignInError
from portal.web.safe_next import safe_next

if TYPE_CHECKING:
    from support.siege import Siege

pytestmark = pytest.mark.hostile

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT, ISSUER, NONCE = int(NOW.timestamp()), "https://helseid-sts.test", "n-0S6_WzA2Mj"
HEADER = {"alg": "RS256", "kid": "rsa-1", "typ": "JWT"}
_COMMON = {"iss": ISSUER, "aud": CLIENT, "iat": AT, "exp": AT + 300, "sub": SUB, "sid": SID}
CLAIMS: dict[str, Any] = _COMMON | {"nonce": NONCE, "nbf": AT, "name": "Kari"}
LOGOUT: dict[str, Any] = _COMMON | {"jti": "j-1", "events": {LOGOUT_EVENT: {}}}


@given(token=tokens(HEADER, CLAIMS))
@tried()
def test_no_mutant_of_an_id_token_is_believed(token: str) -> None:
    with pytest.raises(SignInError) as caught:
        id_token.check(token, keys=[rsa().public], issuer=ISSUER, client_id=CLIENT, nonce=NONCE, now=NOW)
    assert caught.value.code == "login_token_invalid"
    assert len(caught.value.detail) < 60, "a rule is named, never a value"


@given(token=tokens(HEADER | {"typ": "logout+jwt"}, LOGOUT))
@tried()
def test_no_mutant_of_a_logout_token_ends_another_session(token: str) -> None:
    """What says less may still hold; it never names another session or another person."""
    try:
        said = logout_token.check(token, keys=[rsa().public], issuer=ISSUER, client_id=CLIENT, now=NOW)
    except OAuthError:
        return
    assert (said.sid, said.sub) in {(SID, None), (None, SUB), (SID, SUB)}


@given(pairs=queries())
@settings(tried(), suppress_health_check=[HealthCheck.too_slow])
def test_no_query_makes_a_session_or_a_500(siege_of_module: Siege, pairs: list[tuple[str, str]]) -> None:
    visitor = siege_of_module.visitor()
    given_out = {BROUGHT[name]: value for name, value in visitor.begin().items()}
    answer = visitor.bring([(name, given_out.get(value, value)) for name, value in pairs])
    assert answer.status_code in {303, 400, 403, 502}, answer.text
    if answer.status_code == 303:  # a number in `q` is taken out of the address (ADR 6)
        assert urlsplit(answer.headers["Location"])[:3] == ("", "", CALLBACK)
    assert visitor.session is None
    assert "Traceback" not in answer.text


def test_afterwards_nobody_has_come_in(siege_of_module: Siege) -> None:
    assert "ok" not in siege_of_module.audited()


_PIECES = (
    "/",
    "//",
    "\\",
    "..",
    ".",
    ";",
    "?",
    "#",
    "@",
    ":",
    "%2f",
    "%5c",
    "%00",
    "%0d%0a",
    "\t",
    " ",
    "evil.example",
)
_PATHS = ("mine", "k", "login", "http:", "https:", "javascript:", "[", "]", "xn--", "。", "／", "\u202e")
_wishes = st.lists(st.sampled_from(_PIECES + _PATHS) | st.text(max_size=4), max_size=8).map("".join) | st.text()
_OWN = re.compile(r"/(?![/\\])[!-~]*")


@given(wish=_wishes)
@tried()
def test_no_wish_leads_off_the_site(siege_of_module: Siege, wish: str) -> None:
    with siege_of_module.app.test_request_context("/login"):
        where = safe_next(wish)
    assert _OWN.fullmatch(where), where
    assert "?" not in where
