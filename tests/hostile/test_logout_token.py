"""POST /logout/backchannel: which tokens are believed (OpenID Connect Back-Channel Logout 1.0 §2.6)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hostile.backchannel import PATH, changes_nothing, say, signed_in
from support.forge import by_hand, encoded, weak_key
from support.keys import rsa, signed, unsigned, with_public_key_as_secret
from support.liar import CLIENT, LOGOUT_EVENT, MISSING, SID, SUB

if TYPE_CHECKING:
    from support.siege import Siege
pytestmark = pytest.mark.hostile


REFUSED: list[Any] = [
    pytest.param({"aud": "another"}, id="for another client"),
    pytest.param({"aud": [CLIENT, "another"]}, id="for another client too"),
    pytest.param({"aud": MISSING}, id="for nobody"),
    pytest.param({"iss": "https://evil.example"}, id="of another issuer"),
    pytest.param({"iss": MISSING}, id="of nobody"),
    pytest.param({"nonce": "n"}, id="with a nonce"),
    pytest.param({"nonce": None}, id="with a nonce that is null"),
    pytest.param({"events": MISSING}, id="without events"),
    pytest.param({"events": {}}, id="with no event"),
    pytest.param({"events": [LOGOUT_EVENT]}, id="with a list of events"),
    pytest.param({"events": LOGOUT_EVENT}, id="with an event's name"),
    pytest.param({"events": {LOGOUT_EVENT: True}}, id="with an event that is true"),
    pytest.param({"events": {LOGOUT_EVENT: []}}, id="with an event that is a list"),
    pytest.param({"events": {LOGOUT_EVENT.upper(): {}}}, id="with an event in capitals"),
    pytest.param({"events": {"http://schemas.openid.net/event/frontchannel-logout": {}}}, id="with another event"),
    pytest.param({"exp": MISSING}, id="without exp"),
    pytest.param({"exp": 1}, id="that has expired"),
    pytest.param({"exp": True}, id="whose exp is true"),
    pytest.param({"exp": 4_000_000_000}, id="that would have to be remembered for ever"),
    pytest.param({"iat": MISSING}, id="without iat"),
    pytest.param({"iat": "now"}, id="whose iat is a word"),
    pytest.param({"jti": MISSING}, id="without jti"),
    pytest.param({"jti": ""}, id="whose jti is empty"),
    pytest.param({"jti": ["x"]}, id="whose jti is a list"),
    pytest.param({"sid": MISSING, "sub": MISSING}, id="about nobody"),
    pytest.param({"sid": None, "sub": None}, id="about null"),
    pytest.param({"sid": [SID]}, id="whose sid is a list"),
    pytest.param({"sub": [SUB]}, id="whose sub is a list"),
    pytest.param({"sid": "", "sub": ""}, id="about nothing"),
]


@pytest.mark.parametrize("change", REFUSED)
def test_a_logout_token_is_refused(siege: Siege, change: dict[str, Any]) -> None:
    visitor = signed_in(siege)
    changes_nothing(siege, visitor, say(siege, siege.liar.logout_token(**change)))


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "at+jwt"},
        {"typ": "dpop+jwt"},
        {"typ": ["logout+jwt"]},
        {"kid": "unknown"},
        {"kid": MISSING},
        {"crit": ["exp"]},
        {"b64": False},
    ],
)
def test_a_logout_token_with_another_header_is_refused(siege: Siege, header: dict[str, Any]) -> None:
    visitor = signed_in(siege)
    changes_nothing(siege, visitor, say(siege, siege.liar.logout_token(header)))


@pytest.mark.parametrize("seconds", [61, 300, 86_400])
def test_a_logout_token_from_the_future_is_refused(siege: Siege, seconds: int) -> None:
    visitor = signed_in(siege)
    siege.liar.ahead = timedelta(seconds=seconds)
    changes_nothing(siege, visitor, say(siege, siege.liar.logout_token()))


FORGED: list[Any] = [
    pytest.param(lambda header, claims: unsigned(header | {"alg": "none"}, claims), id="alg none"),
    pytest.param(lambda header, claims: with_public_key_as_secret(header, claims, rsa().public), id="HS256"),
    pytest.param(lambda header, claims: signed(header | {"alg": "PS256"}, claims, rsa().private), id="PS256"),
    pytest.param(lambda header, claims: by_hand(header, claims, weak_key(2048)), id="another key"),
    pytest.param(lambda header, claims: by_hand(header, claims)[:-4], id="cut short"),
    pytest.param(lambda header, claims: by_hand(header, claims) + "=", id="padded"),
    pytest.param(lambda header, claims: f"{encoded(header)}.{encoded(claims)}.", id="without a signature"),
    pytest.param(lambda *_: "", id="empty"),
    pytest.param(lambda *_: "x" * 9_000, id="9 000 letters"),
    pytest.param(lambda header, _: by_hand(header, b'{"a":' * 500), id="deep"),
    pytest.param(lambda header, claims: by_hand(header, claims | {"x": "y" * 8_000}), id="long"),
]


@pytest.mark.parametrize("forge", FORGED)
def test_a_logout_token_that_HelseID_did_not_sign_is_refused(siege: Siege, forge: Any) -> None:
    visitor = signed_in(siege)
    siege.liar.forge = forge
    changes_nothing(siege, visitor, say(siege, siege.liar.logout_token()))


def test_an_id_token_is_no_logout_token_and_the_other_way_round(siege: Siege) -> None:
    """Cross-JWT confusion (Back-Channel Logout 1.0 §4.1)."""
    visitor = signed_in(siege)
    changes_nothing(siege, visitor, say(siege, siege.liar.id_token("n")))
    siege.liar.tokens["id_token"] = siege.liar.logout_token()
    siege.refused(siege.attack(), 502, "login_token_invalid")


def test_a_logout_token_stands_in_the_form_alone(siege: Siege) -> None:
    visitor, token = signed_in(siege), siege.liar.logout_token()
    places: list[dict[str, Any]] = [
        {"path": f"{PATH}?logout_token={token}"},
        {"json": {"logout_token": token}},
        {"data": f"logout_token={token}", "headers": {"Content-Type": "text/plain"}},
        {"data": token},
        {"headers": {"Authorization": f"Bearer {token}", "Cookie": f"logout_token={token}"}},
    ]
    for place in places:
        answer = siege.visitor().ask(str(place.pop("path", PATH)), "POST", **place)
        changes_nothing(siege, visitor, answer)


def test_CVE_2026_9689_two_logout_tokens_are_none(siege: Siege) -> None:
    """Keycloak's class: duplicate parameters are 400 everywhere (facts/security §2)."""
    visitor, token = signed_in(siege), siege.liar.logout_token()
    for pair in ([token, "x"], ["x", token], [token, token]):
        answer = siege.visitor().ask(PATH, "POST", data=[("logout_token", one) for one in pair])
        changes_nothing(siege, visitor, answer)
