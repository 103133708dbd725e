from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.keys import rsa, signed

from portal.domain import logout_token
from portal.domain.logout_token import LoggedOut
from portal.errors import OAuthError

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
ISSUER, CLIENT = "https://helseid-sts.test", "inngangsportalen"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
RIGHT: dict[str, Any] = {"iss": ISSUER, "aud": CLIENT, "iat": AT, "exp": AT + 120, "jti": "j-1", "sid": "s-1"}
RIGHT |= {"events": {EVENT: {}}}


def said(header: dict[str, Any] | None = None, **claims: Any) -> LoggedOut:
    whole = {name: value for name, value in (RIGHT | claims).items() if value is not None}
    token = signed({"alg": "RS256", "kid": "rsa-1", "typ": "logout+jwt"} | (header or {}), whole, rsa().private)
    return logout_token.check(token, keys=[rsa().public], issuer=ISSUER, client_id=CLIENT, now=NOW)


def test_one_session_or_every_one_of_a_person() -> None:
    end = NOW + timedelta(seconds=120)
    assert said() == LoggedOut("s-1", None, "j-1", end)
    assert said(sid=None, sub="anna") == LoggedOut(None, "anna", "j-1", end)
    assert said({"typ": "JWT"}, sub="anna") == LoggedOut("s-1", "anna", "j-1", end)


@pytest.mark.parametrize(
    ("claims", "rule"),
    [
        pytest.param({"iss": "https://helseid-sts.evil"}, "iss", id="another issuer"),
        pytest.param({"aud": "another"}, "aud", id="for another client"),
        pytest.param({"aud": [CLIENT, "another"]}, "aud", id="also for another client"),
        pytest.param({"iat": None}, "iat", id="no iat"),
        pytest.param({"iat": AT + 60}, "iat", id="from the future"),
        pytest.param({"exp": AT}, "exp", id="expired"),
        pytest.param({"exp": None}, "exp", id="no end"),
        pytest.param({"exp": AT + 3601}, "exp", id="for more than an hour"),
        pytest.param({"jti": None}, "jti", id="no jti: it could be sent again"),
        pytest.param({"sid": None}, "sid", id="neither sid nor sub"),
        pytest.param({"sid": ["s-1"]}, "sid", id="sid is a list"),
        pytest.param({"events": None}, "events", id="no events"),
        pytest.param({"events": [EVENT]}, "events", id="events is a list"),
        pytest.param({"events": {EVENT: True}}, "events", id="the event is no object"),
        pytest.param({"events": {"other": {}}}, "events", id="another event"),
        pytest.param({"nonce": "n"}, "nonce", id="an id token in disguise"),
    ],
)
def test_what_a_logout_token_must_not_be(claims: dict[str, Any], rule: str) -> None:
    with pytest.raises(OAuthError) as caught:
        said(**claims)
    assert (caught.value.code, caught.value.detail) == ("invalid_request", f"logout_token: {rule}")


@pytest.mark.parametrize("header", [{"typ": "at+jwt"}, {"kid": "rsa-2"}, {"alg": "PS256"}])
def test_an_access_token_or_another_signature_ends_nothing(header: dict[str, Any]) -> None:
    with pytest.raises(OAuthError):
        said(header)
